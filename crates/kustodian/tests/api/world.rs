//! An org with a record of every kind, and the way each is written: the world of the laws over all kinds.

use kustodian_core::kind::Kind;
use kustomer_api::operation::{self, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

/// A record, as its create answered it or as it was first read.
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// Its own path.
    pub(crate) path: String,
    /// The path of its list.
    pub(crate) list: String,
}

/// A create of a record, and a change that is none of its values before.
pub(crate) struct Written {
    pub(crate) list: &'static str,
    pub(crate) success: u16,
    pub(crate) body: Value,
    pub(crate) change: Value,
}

/// The list of the kobjects of the world's klass.
const KOBJECTS: &str = "/v1/klasses/orders";

/// The records that were answered: those of a list, or the one of its kind.
pub(crate) fn items(answer: &Answer) -> Vec<Value> {
    match answer.data() {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// A list with arguments of its query; the record of a kind of which an org has one takes none.
pub(crate) fn paged(list: &str, query: &str) -> String {
    let is_single = Kind::ALL.into_iter().map(Kind::spec).any(|spec| spec.is_single() && spec.path == list);
    if is_single { list.to_owned() } else { format!("{list}?{query}") }
}

/// The list of a kind's records; where an org has one, that one.
pub(crate) fn list_of(kind: Kind) -> &'static str {
    if kind == Kind::KObject { KOBJECTS } else { kind.spec().path }
}

/// Creates what records of other kinds belong to.
pub(crate) fn prepare(server: &Server) {
    if server.get("/v1/klasses/name=order").status == 404 {
        server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    }
}

/// The id of the customer that conversations and messages belong to, unless a test says otherwise.
pub(crate) fn owner(server: &Server) -> String {
    let found = server.get("/v1/customers/externalId=owner");
    let customer =
        if found.status == 404 { server.create(json!({ "externalId": "owner" })) } else { found.data().clone() };
    customer["id"].as_str().unwrap().to_owned()
}

/// The kinds whose records no operation both creates and changes by what its body holds.
const NOT_WRITTEN: [Kind; 9] = [
    Kind::User,
    Kind::Tag,
    Kind::AuthSettings,
    Kind::Delivery,
    Kind::ConversationTime,
    Kind::Bulk,
    Kind::CustomerMerge,
    Kind::Metadata,
    Kind::SpamSender,
];

/// Whether operations create and change records of a kind, with values of its own. A bulk job is created by its items, a tag
/// by the record that names it first, a user by a key or an invitation, and its update answers 201, a delivery by a
/// sent message, a conversation time by what a user does, metadata, a sender of spam and an org's settings by the
/// update that says something first; a merge is created once and undone.
pub(crate) fn is_written(kind: Kind) -> bool {
    !NOT_WRITTEN.contains(&kind)
}

/// How records of a kind are created, with `mark` as a word of theirs; `None` for a kind that no operation creates.
pub(crate) fn written(server: &Server, kind: Kind, mark: &str) -> Option<Written> {
    let written = |list, body, change| Some(Written { list, success: 201, body, change });
    let name = json!({ "name": mark });
    let renamed = json!({ "name": format!("{mark} again") });
    match kind {
        Kind::User
        | Kind::Tag
        | Kind::AuthSettings
        | Kind::Delivery
        | Kind::ConversationTime
        | Kind::Bulk
        | Kind::CustomerMerge
        | Kind::Metadata
        | Kind::SpamSender => None,
        Kind::Brand => {
            let body = json!({ "name": mark, "iconUrl": "https://acme.example/icon.png" });
            written("/v1/brands", body, renamed)
        }
        Kind::Schedule => {
            let hours = json!({ "0": null, "1": [[480, 1020]], "2": null, "3": null, "4": null, "5": [], "6": null });
            let holidays = json!([{ "name": mark, "startDate": "2026-12-25", "endDate": "2026-12-26" }]);
            let body = json!({ "name": mark, "hours": hours, "timezone": "Europe/Berlin", "holidays": holidays });
            return Some(Written { list: "/v1/schedules", success: 200, body, change: renamed });
        }
        Kind::InboundWebhook => written("/v1/inbound-webhooks", name.clone(), renamed),
        Kind::RoutingQueue => written("/v1/routing/queues", json!({ "name": mark, "description": mark }), renamed),
        Kind::SavedSearch => {
            let query = json!({ "and": [{ "customer_name": { "contains": mark } }] });
            written("/v1/customers/searches", json!({ "name": mark, "query": query }), renamed)
        }
        Kind::Satisfaction => written("/v1/satisfaction", json!({ "name": mark, "ratingPrompt": mark }), renamed),
        Kind::Sla => written("/v1/slas", json!({ "name": mark, "criteria": { "and": [] } }), renamed),
        Kind::Team => written("/v1/teams", json!({ "name": mark, "icon": "sun" }), renamed),
        Kind::RoleGroup => {
            let body = json!({ "name": mark, "roles": ["org.user.customer.read"] });
            return Some(Written { list: "/v1/role-groups", success: 200, body, change: renamed });
        }
        Kind::Shortcut => written("/v1/shortcuts", json!({ "name": mark, "payload": { "text": mark } }), renamed),
        Kind::Customer => {
            let email = format!("{}@acme.example", mark.replace(' ', "."));
            let body = json!({ "name": mark, "emails": [{ "email": email }], "custom": { "markStr": mark } });
            written("/v1/customers", body, renamed)
        }
        // An id and a name of a klass share one place in paths: a name has no blanks.
        Kind::Klass => {
            let name = mark.replace(' ', "_");
            let body = json!({ "name": name, "icon": "shopping" });
            return Some(Written { list: "/v1/klasses", success: 200, body, change: json!({ "displayName": mark }) });
        }
        Kind::KObject => {
            let body = json!({ "title": mark, "externalId": mark, "data": { "mark": mark } });
            let change = json!({ "title": format!("{mark} again") });
            return Some(Written { list: KOBJECTS, success: 201, body, change });
        }
        Kind::Conversation => {
            let body = json!({ "customer": owner(server), "name": mark, "externalId": mark });
            written("/v1/conversations", body, renamed)
        }
        Kind::Message => {
            let body = json!({
                "customer": owner(server), "channel": "email", "app": "postmark", "direction": "in",
                "preview": mark, "externalId": mark, "custom": { "markStr": mark },
            });
            let change = json!({ "preview": format!("{mark} again") });
            return Some(Written { list: "/v1/messages", success: 201, body, change });
        }
        Kind::Note => {
            let body = json!({ "body": mark, "externalId": mark });
            let change = json!({ "body": format!("{mark} again") });
            return Some(Written { list: "/v1/notes", success: 201, body, change });
        }
        Kind::Draft => {
            let body = json!({ "customer": owner(server), "channel": "email", "subject": mark, "body": mark });
            let change = json!({ "channel": "email", "body": format!("{mark} again") });
            return Some(Written { list: "/v1/drafts", success: 201, body, change });
        }
        Kind::Forward => {
            let begun = server.post("/v1/conversations", json!({ "customer": owner(server) })).expect(201);
            let to = json!([{ "email": "depot@acme.example" }]);
            let body = json!({ "conversation": begun.data()["id"], "channel": "email", "to": to, "body": mark });
            let change = json!({ "body": format!("{mark} again") });
            return Some(Written { list: "/v1/forwards", success: 201, body, change });
        }
        Kind::Attachment | Kind::Media => {
            let body = json!({ "name": format!("{mark}.txt"), "contentType": "text/plain", "contentLength": 5 });
            written(kind.spec().path, body, json!({ "name": format!("{mark} again.txt") }))
        }
        Kind::OutboundWebhook => {
            let events = ["kustomer.customer.create"];
            let body = json!({ "name": mark, "url": "https://127.0.0.1:9/", "events": events, "enabled": false });
            written("/v1/outbound-webhooks", body, renamed)
        }
        Kind::Company => {
            let body = json!({ "name": mark, "externalId": mark, "custom": { "markStr": mark } });
            written("/v1/companies", body, json!({ "employeeCount": 7, "name": format!("{mark} again") }))
        }
    }
    .map(|written| Written { body: merged(&name, written.body), ..written })
}

fn merged(left: &Value, mut right: Value) -> Value {
    for (name, value) in left.as_object().unwrap() {
        right.as_object_mut().unwrap().entry(name).or_insert(value.clone());
    }
    right
}

/// The operation with this method and path among those that are served.
pub(crate) fn operation(method: &Method, path: &str) -> Option<&'static Operation> {
    operation::all().find(|operation| operation.method == *method && operation.path == path)
}

/// The operations that change a record of a kind by what its body holds.
pub(crate) fn updates(kind: Kind) -> Vec<&'static Operation> {
    if !is_written(kind) {
        return Vec::new();
    }
    let path = kind.spec().read_operation.path;
    [Method::PATCH, Method::PUT].iter().filter_map(|method| operation(method, path)).collect()
}

/// The request that deletes a record: `DELETE`, or an update. `None` for a kind of which nothing is deleted.
pub(crate) fn deletion(kind: Kind) -> Option<(Method, Option<Value>)> {
    if !is_written(kind) {
        return None;
    }
    match operation(&Method::DELETE, kind.spec().read_operation.path) {
        Some(_) => Some((Method::DELETE, None)),
        None => kind.spec().restored_by.map(|by| (by.method.clone(), Some(json!({ "deleted": true })))),
    }
}

/// The request that restores a record: method, what follows its path, and body.
pub(crate) fn restoration(kind: Kind) -> Option<(Method, &'static str, Value)> {
    kind.spec().restored_by.map(|by| match by.path.strip_prefix(kind.spec().read_operation.path) {
        Some("") => (by.method.clone(), "", json!({ "deleted": false })),
        rest => (by.method.clone(), rest.unwrap(), json!({})),
    })
}

impl Record {
    /// The id of its row, which its document shows too, unless records of its kind are named.
    pub(crate) fn row(&self, server: &Server) -> String {
        let history = server.get(&format!("{}/history", self.path)).expect(200);
        let record = &history.data()[0]["relationships"][self.kind.as_str()]["data"];
        record["id"].as_str().unwrap().to_owned()
    }
}

/// An org with a record of every kind.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) records: Vec<Record>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Server::on_file())
    }

    pub(crate) fn on(server: Server) -> Self {
        let records = Kind::ALL.map(|kind| create(&server, kind, &format!("first {}", kind.as_str()))).into();
        Self { server, records }
    }

    pub(crate) fn record(&self, kind: Kind) -> &Record {
        self.records.iter().find(|record| record.kind == kind).unwrap()
    }
}

/// Creates a record of a kind.
pub(crate) fn create(server: &Server, kind: Kind, mark: &str) -> Record {
    prepare(server);
    let (list, data) = match (written(server, kind, mark), kind) {
        // About a conversation, which is its home.
        (Some(Written { list, body, .. }), Kind::Note) => {
            let conversation = server.post(&format!("/v1/customers/{}/conversations", owner(server)), json!({}));
            let path = format!("{}/notes", conversation.expect(201).data()["links"]["self"].as_str().unwrap());
            (list, server.post(&path, body).expect(201).data().clone())
        }
        // Of a customer, which is its home.
        (Some(Written { body, .. }), Kind::KObject) => {
            let customer = server.create(json!({}))["links"]["self"].as_str().unwrap().to_owned();
            (KOBJECTS, server.post(&format!("{customer}/klasses/order"), body).expect(201).data().clone())
        }
        (Some(Written { list, success, body, .. }), _) => {
            (list, server.post(list, body).expect(success).data().clone())
        }
        (None, Kind::User) => {
            let key = server.token("demo", &["org.user.customer.read"]);
            let users = server.get("/v1/users?pageSize=500").expect(200);
            let current = server.call_as(&key, Method::GET, "/v1/users/current", None).expect(200);
            assert!(users.ids().iter().any(|id| current.data()["id"] == **id));
            ("/v1/users", current.data().clone())
        }
        (None, Kind::Tag) => {
            let tag = server.create(json!({ "tags": [mark] }))["attributes"]["tags"][0].clone();
            ("/v1/tags", server.get(&format!("/v1/tags/{}", tag.as_str().unwrap())).expect(200).data().clone())
        }
        (None, Kind::Delivery) => {
            let draft = json!({ "customer": owner(server), "channel": "chat", "body": mark, "status": "sent" });
            let sent = server.post("/v1/drafts", draft).expect(201);
            let path = sent.data()["relationships"]["delivery"]["links"]["self"].as_str().unwrap().to_owned();
            ("/v1/outbox", server.get(&path).expect(200).data().clone())
        }
        (None, Kind::ConversationTime) => {
            let customer = server.create(json!({}))["id"].clone();
            let opened = server.post("/v1/conversations", json!({ "customer": customer })).expect(201);
            let path = opened.data()["links"]["self"].as_str().unwrap();
            server.patch(path, json!({ "status": "done" })).expect(200);
            ("/v1/conversations/times", server.get(&format!("{path}/times")).expect(200).data()[0].clone())
        }
        (None, Kind::Bulk) => {
            let made = server.post("/v1/customers/bulk", json!([{ "name": mark, "_clientRef": mark }])).expect(201);
            let path = made.data()["links"]["self"].as_str().unwrap();
            ("/v1/bulk", server.get(path).expect(200).data().clone())
        }
        (None, Kind::CustomerMerge) => {
            let [source, target] = ["source", "target"].map(|end| server.create(json!({ "name": end }))["id"].clone());
            let merged = server.post(kind.spec().path, json!({ "source": source, "target": target })).expect(201);
            (kind.spec().path, merged.data().clone())
        }
        // Of the kobjects of a klass: that of other kinds is there in every org.
        (None, Kind::Metadata) => {
            let klass = format!("described_{}", mark.replace(' ', "_"));
            server.post("/v1/klasses", json!({ "name": klass })).expect(200);
            let about = json!({ "properties": { "markStr": { "displayName": mark } } });
            ("/v1/metadata", server.put(&format!("/v1/metadata/kobject.{klass}"), about).expect(200).data().clone())
        }
        (None, Kind::SpamSender) => {
            let sender = format!("{}@spam.example", mark.replace(' ', "."));
            let listed = json!({ "sender": sender, "channel": "email", "list": "blacklist" });
            (kind.spec().path, server.put(kind.spec().path, listed).expect(200).data().clone())
        }
        (None, Kind::AuthSettings) => {
            let body = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } });
            (kind.spec().path, server.put(kind.spec().path, body).expect(200).data().clone())
        }
        (None, kind) => panic!("nothing creates a {}", kind.as_str()),
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Record { kind, id: text(&data["id"]), path: text(&data["links"]["self"]), list: list.to_owned() }
}

/// Sends a request with a header.
pub(crate) fn send(server: &Server, method: Method, path: &str, header: (&str, &str), body: Option<&Value>) -> Answer {
    let request = server.request(method, path).bearer_auth(TOKEN).header(header.0, header.1);
    Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
}
