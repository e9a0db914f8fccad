//! The two operations that search (`docs/contract/behaviour.md` §9.6, §9.7).

use std::borrow::Cow;

use super::{ARCHIVE_SEARCH, SEARCH, Search};
use crate::ObjectId;
use crate::company::{COMPANY, Company};
use crate::conversation::{CONVERSATION, Conversation};
use crate::conversation_time::CONVERSATION_TIME;
use crate::customer::{CUSTOMER, Customer};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Page, ResourceId};
use crate::kobject::{KOBJECT, KObject};
use crate::message::{MESSAGE, Message};
use crate::note::{NOTE, Note};
use crate::operation::contract;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean, read_object_id, read_page_size};
use crate::schema::{OBJECT_ID, Schema};
use crate::validation::Fault;

/// Up to how many matches `meta.total` is exact unless asked for more; it may be an estimate above.
pub const EXACT_TOTAL: u64 = 10_000;

/// The part of the matches to return. Nothing set returns the first 100 records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SearchPage {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Ids instead of records.
    pub ids_only: bool,
    /// Count all matches, however many there are: `meta.total` is never an estimate then.
    pub exact_total: bool,
    /// `*` to begin a walk over all matches, then `meta.cursor` of the former page. Not with `page`.
    pub cursor: Option<String>,
    /// The saved search to run instead of the body.
    pub id: Option<ObjectId>,
}

crate::macros::query_methods! {
    SearchPage { paging: paging, ids_only: own bool, exact_total: own bool, cursor: text String, id: some ObjectId }
}

/// On a search, unlike on lists, 0 counts without records: no known client begins a search so.
const PAGE_SIZE: Parameter = Parameter {
    name: "pageSize",
    schema: Schema::integer_within(0, i64::MAX),
    about: "How many resources a page holds; 100 by default, 1,000 for anything greater. `meta.pageSize` holds the number that was used. 0 only counts; not with `cursor`.",
};

impl QueryArguments for SearchPage {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PAGE_SIZE,
        Parameter { name: "idsOnly", schema: Schema::boolean(), about: "Gives types and ids alone, which is quicker." },
        Parameter {
            name: "total",
            schema: Schema::one_of(&["exact"]),
            about: "`exact` counts all matches; otherwise `meta.total` may be an estimate above 10,000.",
        },
        Parameter {
            name: "cursor",
            schema: Schema::text(),
            about: "`*` begins a walk over all matches; continue with the `meta.cursor` of each answer and the same body. Not with `page`.",
        },
        Parameter {
            name: "id",
            schema: Schema::format(OBJECT_ID),
            about: "Runs the saved search with this id instead of the body.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        let set = |name, is_set: bool, value: &str| is_set.then(|| (Cow::Borrowed(name), value.to_owned()));
        pairs.extend(set("idsOnly", self.ids_only, "true"));
        pairs.extend(set("total", self.exact_total, "exact"));
        pairs.extend(self.cursor.clone().map(|cursor| (Cow::Borrowed("cursor"), cursor)));
        pairs.extend(self.id.map(|id| (Cow::Borrowed("id"), id.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                "pageSize" => query.paging.page_size = faults.take(read_page_size(name, value)),
                _ if query.paging.accept(&mut faults, name, value) => {}
                "idsOnly" => query.ids_only = faults.take(read_boolean(name, value)).unwrap_or_default(),
                "total" if value == "exact" => query.exact_total = true,
                "total" => faults.push(Fault::of_parameter(name, "total must be exact")),
                "cursor" => query.cursor = Some(value.clone()),
                "id" => query.id = faults.take(read_object_id(name, value)),
                _ => {}
            }
        }
        if query.cursor.is_some() && query.paging.page.is_some() {
            faults.push(Fault::of_parameter("cursor", "cursor and page cannot be combined"));
        }
        if query.cursor.is_some() && query.paging.page_size == Some(0) {
            faults.push(Fault::of_parameter("pageSize", "pageSize must be at least 1 with cursor"));
        }
        faults.or(query)
    }
}

const SEARCH_EXAMPLE: &str = r#"{"and":[{"customer_name":{"contains":"hopper"}},{"customer_custom_scoreNum":{"gte":100}}],"not":[{"customer_gender":{"equals":"m"}}],"sort":[{"customer_updated_at":"desc"}]}"#;

const COMPANY_SEARCH_EXAMPLE: &str =
    r#"{"queryContext":"company","and":[{"company_name":{"contains":"acme"}}],"sort":[{"company_updated_at":"desc"}]}"#;

const KOBJECT_SEARCH_EXAMPLE: &str = r#"{"queryContext":"kobject","and":[{"kobject_created_at":{"gte":"2026-01-01"}},{"customer_email":{"contains":"@acme.example"}}]}"#;

const CONVERSATION_SEARCH_EXAMPLE: &str = r#"{"queryContext":"conversation","and":[{"conversation_status":{"equals":"open"}},{"customer_email":{"contains":"@acme.example"}}],"sort":[{"conversation_created_at":"asc"}]}"#;

const MESSAGE_SEARCH_EXAMPLE: &str =
    r#"{"queryContext":"message","and":[{"message_body":{"contains":"invoice"}}],"sort":[{"message_sent_at":"desc"}]}"#;

const NOTE_SEARCH_EXAMPLE: &str =
    r#"{"queryContext":"note","and":[{"note_body":{"contains":"refund"}}],"sort":[{"note_updated_at":"desc"}]}"#;

/// The types that a search may find.
pub(crate) const FOUND: &[&Schema] =
    &[&CUSTOMER, &COMPANY, &KOBJECT, &CONVERSATION, &MESSAGE, &NOTE, &CONVERSATION_TIME];

/// The types that a search of the archive may find.
const FOUND_IN_ARCHIVE: &[&Schema] = &[&CUSTOMER, &COMPANY, &KOBJECT, &CONVERSATION, &MESSAGE];

const ARCHIVE_SEARCH_EXAMPLE: &str =
    r#"{"and":[{"customer_created_at":{"gte":"2020-01-01"}}],"sort":[{"customer_created_at":"desc"}]}"#;

endpoint! {
    /// `customerSearch`.
    CustomerSearch = &contract::CUSTOMER_SEARCH,
    "Finds customers, or with queryContext companies, kobjects, conversations, messages, notes or conversation times, by their attributes and those of what belongs to them; sees every write that was acknowledged before.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: SEARCH_EXAMPLE, answer: Page<Customer>: Answer::Found(FOUND)
}

endpoint! {
    /// `customerSearch` for companies.
    CompanySearch = &contract::CUSTOMER_SEARCH, "Finds companies by their attributes.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: COMPANY_SEARCH_EXAMPLE,
    answer: Page<Company>: Answer::Found(const { &[&COMPANY] })
}

endpoint! {
    /// `customerSearch` for kobjects.
    KObjectSearch = &contract::CUSTOMER_SEARCH, "Finds kobjects by their attributes.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: KOBJECT_SEARCH_EXAMPLE,
    answer: Page<KObject>: Answer::Found(const { &[&KOBJECT] })
}

endpoint! {
    /// `customerSearch` for conversations.
    ConversationSearch = &contract::CUSTOMER_SEARCH, "Finds conversations by their attributes.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: CONVERSATION_SEARCH_EXAMPLE,
    answer: Page<Conversation>: Answer::Found(const { &[&CONVERSATION] })
}

endpoint! {
    /// `customerSearch` for messages.
    MessageSearch = &contract::CUSTOMER_SEARCH, "Finds messages by their attributes.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: MESSAGE_SEARCH_EXAMPLE,
    answer: Page<Message>: Answer::Found(const { &[&MESSAGE] })
}

endpoint! {
    /// `customerSearch` for notes.
    NoteSearch = &contract::CUSTOMER_SEARCH, "Finds notes by their attributes.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: NOTE_SEARCH_EXAMPLE,
    answer: Page<Note>: Answer::Found(const { &[&NOTE] })
}

endpoint! {
    /// `customerSearch` with `idsOnly`.
    CustomerSearchIds = &contract::CUSTOMER_SEARCH, "Finds records and gives their ids.";
    path: (), query: SearchPage, body: Search: &SEARCH, example: SEARCH_EXAMPLE, answer: Page<ResourceId>: Answer::Found(FOUND)
}

endpoint! {
    /// `customerArchiveSearch`.
    CustomerArchiveSearch = &contract::CUSTOMER_ARCHIVE_SEARCH,
    "Finds customers, companies, kobjects, conversations or messages by the few attributes of the archive. There is no archive beside the records: it finds the same.";
    path: (), query: SearchPage, body: Search: &ARCHIVE_SEARCH, example: ARCHIVE_SEARCH_EXAMPLE,
    answer: Page<Customer>: Answer::Found(FOUND_IN_ARCHIVE)
}
