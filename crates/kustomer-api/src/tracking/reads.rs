//! The sessions and events of a customer who was tracked as a visitor.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, PathArguments, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::event::{CHANGES, Changes};
use crate::operation::contract;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a session.
pub const SESSION_TYPE: &str = "session";

/// A visit: the events of a visitor until 30 minutes of silence, or under one id that the client chose.
pub type CustomerSession = Resource<CustomerSessionAttributes>;

/// The attributes of a session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerSessionAttributes {
    /// Its id, as the client chose it or as it was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub session_id: Field<String>,
    /// When its first event happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub first_event_at: Field<Timestamp>,
    /// When its last event happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_event_at: Field<Timestamp>,
    /// How many events it has.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub count: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A session as answered.
pub static CUSTOMER_SESSION: Schema = resource_schema!(
    "CustomerSession",
    "CustomerSessionAttributes",
    [
        Property::required("sessionId", Schema::text()),
        Property::required("firstEventAt", Schema::format(DATE_TIME)),
        Property::required("lastEventAt", Schema::format(DATE_TIME)),
        Property::required("count", Schema::integer()),
    ]
);

/// The `type` of an event of a customer.
pub const EVENT_TYPE: &str = "customer_event";

/// The name of every event that was tracked.
pub const IDENTIFIED: &str = "kustomer.tracking.identified.event";

/// The prefix of the name of a tracked event in `trackingEvent`.
pub const OF_EVENT: &str = "tracking.";

/// Something that a customer did, or that happened to the record of a customer.
pub type CustomerEvent = Resource<CustomerEventAttributes>;

/// The attributes of an event of a customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerEventAttributes {
    /// [`IDENTIFIED`] for a tracked event; `kustomer.customer.update`, … for an event of the record.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// `tracking`.
    #[serde(default, skip_serializing_if = "Field::is_absent", rename = "type")]
    pub kind: Field<String>,
    /// `tracking.` and the name that was tracked.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tracking_event: Field<String>,
    /// Null.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub app: Field<String>,
    /// When it was published: when it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub published_at: Field<Timestamp>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When it happened; null for a tracked event.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// Empty: addresses are not looked up.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub location: Field<Map<String, Value>>,
    /// The details that were tracked with it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub meta: Field<Map<String, Value>>,
    /// The id of the session.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub session_id: Field<String>,
    /// The address that it was sent from.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub real_ip: Field<String>,
    /// What changed of the record, before and after.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub changes: Field<Changes>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

static ANY: Schema = Schema::any();

/// An event of a customer as answered.
pub static CUSTOMER_EVENT: Schema = resource_schema!(
    "CustomerEvent",
    "CustomerEventAttributes",
    [
        Property::required("name", Schema::text()),
        Property::optional("type", Schema::text()),
        Property::optional("trackingEvent", Schema::text()),
        Property::optional("app", Schema::text().or_null()),
        Property::required("publishedAt", Schema::format(DATE_TIME)),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::required("updatedAt", Schema::format(DATE_TIME)),
        Property::required("modifiedAt", Schema::format(DATE_TIME).or_null()),
        Property::required("location", Schema::map(&ANY).or_null()),
        Property::required("meta", Schema::map(&ANY).or_null()),
        Property::optional("sessionId", Schema::text()),
        Property::optional("realIp", Schema::text()),
        Property::optional("changes", CHANGES),
    ]
);

endpoint! {
    /// `getCustomerSessions`.
    GetCustomerSessions = &contract::GET_CUSTOMER_SESSIONS,
    "Lists the sessions of a customer, the one that began last first.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<CustomerSession>: Answer::Uncounted(&CUSTOMER_SESSION)
}

endpoint! {
    /// `getAllEventsByCustomerForSession`.
    GetAllEventsByCustomerForSession = &contract::GET_ALL_EVENTS_BY_CUSTOMER_FOR_SESSION,
    "Lists the events of a customer in a session, oldest first.";
    path: (ObjectId, String), query: PageQuery, body: (),
    answer: Page<CustomerEvent>: Answer::Uncounted(&CUSTOMER_EVENT)
}

endpoint! {
    /// `getAllCustomerEvents`.
    GetAllCustomerEvents = &contract::GET_ALL_CUSTOMER_EVENTS,
    "Lists the tracked events of a customer and the events of its record, oldest first.";
    path: ObjectId, query: ListCustomerEvents, body: (),
    answer: Page<CustomerEvent>: Answer::Uncounted(&CUSTOMER_EVENT)
}

endpoint! {
    /// `getaCustomerEvent`.
    GetaCustomerEvent = &contract::GETA_CUSTOMER_EVENT,
    "Reads something that a customer did, or that happened to the record of the customer.";
    path: (ObjectId, ObjectId), query: (), body: (), answer: Document<CustomerEvent>: Answer::One(&CUSTOMER_EVENT)
}

impl PathArguments for (ObjectId, String) {
    fn write(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.clone()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [id, name] => Some((id.parse().ok()?, name.clone())),
            _ => None,
        }
    }
}

impl PathArguments for (ObjectId, ObjectId) {
    fn write(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [of, id] => Some((of.parse().ok()?, id.parse().ok()?)),
            _ => None,
        }
    }
}

/// How many names a list of events may be narrowed to.
const MAX_NAMES: usize = 20;

/// How many characters these names have together.
const MAX_NAMES_LENGTH: usize = 2_048;

/// Which events of a customer to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListCustomerEvents {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Only events with one of these names; all when empty.
    pub names: Vec<String>,
}

crate::macros::query_methods! {
    ListCustomerEvents { paging: paging, names: list String }
}

impl QueryArguments for ListCustomerEvents {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "name",
            schema: Schema::text_of(0, MAX_NAMES_LENGTH),
            about: "Lists events with one of these names alone, with commas between them, at most 20.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        if !self.names.is_empty() {
            pairs.push((Cow::Borrowed("name"), self.names.join(",")));
        }
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut paging, mut faults) = (PageQuery::default(), Faults::default());
        for (name, value) in pairs {
            paging.accept(&mut faults, name, value);
        }
        let mut names: Vec<String> = Vec::new();
        for (_, value) in pairs.iter().filter(|(name, _)| name == "name") {
            let sent = value.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.extend(sent.map(ToOwned::to_owned));
            if value.chars().count() > MAX_NAMES_LENGTH {
                let title = format!("name is longer than {MAX_NAMES_LENGTH} characters");
                faults.push(Fault::of_parameter("name", title));
            }
        }
        if names.len() > MAX_NAMES {
            let title = format!("name has more than {MAX_NAMES} names: send fewer");
            faults.push(Fault::of_parameter("name", title));
        }
        faults.or(Self { paging, names })
    }
}
