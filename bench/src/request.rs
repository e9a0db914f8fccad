//! The requests: what each kind of work sends, in the words of the server that is asked.

use std::io::Write as _;

use crate::body;

/// A customer that exists.
#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) id: String,
    /// Its number, see [`body::json`].
    pub(crate) number: u64,
}

/// The kind of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Create,
    ReadById,
    ReadByEmail,
    ReadByExternalId,
    /// A page of 100.
    List,
    /// One customer by the value of a custom attribute.
    Search,
    Update,
    /// Nine reads by id to one update.
    Mixed,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::ReadById => "read by id",
            Self::ReadByEmail => "read by e-mail",
            Self::ReadByExternalId => "read by external id",
            Self::List => "page of 100",
            Self::Search => "search",
            Self::Update => "update",
            Self::Mixed => "90 reads, 10 updates",
        }
    }

    /// The kind of the request with this number: of mixed work every tenth writes.
    pub(crate) const fn of(self, number: u64) -> Self {
        match self {
            Self::Mixed if number.is_multiple_of(10) => Self::Update,
            Self::Mixed => Self::ReadById,
            other => other,
        }
    }
}

/// Whose words are spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// The server's, which the floor imitates.
    Kustodian,
    /// The server's, of conversations: a create opens one of a customer.
    Conversations,
    /// The server's, of messages: they are created and listed in a conversation.
    Messages,
    /// The server's, of bulk operations: a create makes [`BULK_ITEMS`] customers.
    Bulk,
    /// The server's, of identities: a create says that a visitor is a customer.
    Visitors,
    /// The server's, of events: a create is something that such a visitor did.
    Tracking,
    PocketBase,
}

/// The customers that a bulk operation creates.
pub(crate) const BULK_ITEMS: u64 = 100;

impl Api {
    /// How an answer to a request that did its work begins.
    pub(crate) const fn status(self, work: Work) -> &'static [u8] {
        match (self, work) {
            (Self::Kustodian | Self::Conversations | Self::Messages | Self::Bulk | Self::Visitors, Work::Create) => {
                b"HTTP/1.1 201"
            }
            (Self::Tracking, Work::Create) => b"HTTP/1.1 204",
            _ => b"HTTP/1.1 200",
        }
    }

    /// Where the new id is in the answer to a create.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Kustodian | Self::Conversations | Self::Messages | Self::Bulk | Self::Visitors | Self::Tracking => {
                "/data/id"
            }
            Self::PocketBase => "/id",
        }
    }

    /// Replaces `out` by a whole request. `number` is fresh: created and set values are made from it.
    pub(crate) fn write(self, work: Work, token: &str, known: &Customer, number: u64, out: &mut Vec<u8>) {
        let (method, path, body) = match self {
            Self::Kustodian => kustodian(work, known, number),
            Self::Conversations => conversations(work, known, number),
            Self::Messages => messages(work, known, number),
            Self::Bulk => bulk(work, known, number),
            Self::Visitors => visitors(work, known, number),
            Self::Tracking => tracking(work, known, number),
            Self::PocketBase => pocketbase(work, known, number),
        };
        out.clear();
        // Writing to memory does not fail.
        let _ = write!(out, "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n");
        if let Some(body) = body {
            let _ = write!(out, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        } else {
            out.extend_from_slice(b"\r\n");
        }
    }
}

type Request = (&'static str, String, Option<String>);

fn kustodian(work: Work, known: &Customer, number: u64) -> Request {
    let id = &known.id;
    match work {
        Work::Create => ("POST", "/v1/customers".to_owned(), Some(body::json(number))),
        Work::ReadById | Work::Mixed => ("GET", format!("/v1/customers/{id}"), None),
        Work::ReadByEmail => {
            ("GET", format!("/v1/customers/email={}", body::email(known.number).replace('@', "%40")), None)
        }
        Work::ReadByExternalId => {
            ("GET", format!("/v1/customers/externalId={}", body::external_id(known.number)), None)
        }
        Work::List => ("GET", "/v1/customers?pageSize=100".to_owned(), None),
        Work::Search => {
            let number = known.number;
            let tree = format!(r#"{{"and":[{{"customer_custom_orderCountNum":{{"equals":{number}}}}}]}}"#);
            ("POST", "/v1/customers/search".to_owned(), Some(tree))
        }
        Work::Update => ("PATCH", format!("/v1/customers/{id}"), Some(format!(r#"{{"name":"Ada Renamed {number}"}}"#))),
    }
}

fn conversations(work: Work, known: &Customer, number: u64) -> Request {
    match work {
        Work::Create => ("POST", format!("/v1/customers/{}/conversations", known.id), Some("{}".to_owned())),
        other => kustodian(other, known, number),
    }
}

fn messages(work: Work, known: &Customer, number: u64) -> Request {
    let id = &known.id;
    match work {
        Work::Create => ("POST", format!("/v1/conversations/{id}/messages"), Some(body::message_json(number))),
        Work::List => ("GET", format!("/v1/conversations/{id}/messages?pageSize=100"), None),
        other => kustodian(other, known, number),
    }
}

fn bulk(work: Work, known: &Customer, number: u64) -> Request {
    /// Beyond the numbers of customers that are created one by one.
    const FIRST: u64 = 1_000_000_000;
    match work {
        Work::Create => {
            let first = FIRST + number * BULK_ITEMS;
            let items: Vec<String> = (first..first + BULK_ITEMS).map(body::json).collect();
            ("POST", "/v1/customers/bulk".to_owned(), Some(format!("[{}]", items.join(","))))
        }
        other => kustodian(other, known, number),
    }
}

fn visitors(work: Work, known: &Customer, number: u64) -> Request {
    match work {
        Work::Create => {
            let external_id = body::external_id(known.number);
            let body = format!(r#"{{"trackingId":"{}","externalId":"{external_id}"}}"#, known.id);
            ("POST", "/v1/tracking/identity".to_owned(), Some(body))
        }
        other => kustodian(other, known, number),
    }
}

fn tracking(work: Work, known: &Customer, number: u64) -> Request {
    match work {
        Work::Create => {
            let body = format!(
                r#"{{"trackingId":"{}","name":"Page-Viewed","meta":{{"pathStr":"/plans/{}","secondsNum":{}}}}}"#,
                known.id,
                number % 1_000,
                number % 60
            );
            ("POST", "/v1/tracking/event".to_owned(), Some(body))
        }
        other => kustodian(other, known, number),
    }
}

fn pocketbase(work: Work, known: &Customer, number: u64) -> Request {
    const RECORDS: &str = "/api/collections/customers/records";
    let id = &known.id;
    let one = |filter: String| ("GET", format!("{RECORDS}?perPage=1&skipTotal=1&filter={filter}"), None);
    match work {
        Work::Create => ("POST", RECORDS.to_owned(), Some(body::flat_json(number))),
        Work::ReadById | Work::Mixed => ("GET", format!("{RECORDS}/{id}"), None),
        Work::ReadByEmail => one(format!("(email='{}')", body::email(known.number).replace('@', "%40"))),
        Work::ReadByExternalId => one(format!("(externalId='{}')", body::external_id(known.number))),
        // Our list is in the order of making, too, and reports its total.
        Work::List => ("GET", format!("{RECORDS}?perPage=100&sort=created"), None),
        Work::Search => one(format!("(custom.orderCountNum={})", known.number)),
        Work::Update => ("PATCH", format!("{RECORDS}/{id}"), Some(format!(r#"{{"name":"Ada Renamed {number}"}}"#))),
    }
}
