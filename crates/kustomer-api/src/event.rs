//! Events: what happened to records, as the feed reports it (`docs/contract/behaviour.md` §15.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::Page;
use crate::macros::open_enum;
use crate::operation::own;
use crate::query::{
    Faults, MAX_PAGE_SIZE, PageQuery, Parameter, QueryArguments, read_number, read_object_id, read_page_size,
};
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// Something that happened to a record.
///
/// ```
/// use kustomer_api::customer::Customer;
/// use kustomer_api::event::Event;
///
/// let event: Event = serde_json::from_str(
///     r#"{"id":"5c7d1a1f9a1b2c0010a1b2c4","name":"kustomer.customer.update","org":"5c7d1a1f9a1b2c0010a1b2c0",
///         "createdAt":"2026-01-02T03:04:05.678Z","dataId":"5c7d1a1f9a1b2c0010a1b2c3","rev":2,
///         "data":{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"name":"Ada"}},
///         "changes":{"attributes":{"name":{"op":"add","after":"Ada"}},"relationships":{}}}"#,
/// )?;
/// let customer: Option<Customer> = event.record()?;
/// assert_eq!(customer.unwrap().attributes.name.value().map(String::as_str), Some("Ada"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Event {
    /// Its id: continue a feed after it.
    pub id: String,
    /// `kustomer.customer.create`, …
    pub name: String,
    /// The org's id.
    pub org: String,
    /// The org's name, when the event made the record; absent on every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// The org's id too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The whole record as the event left it; `None` once erased. See [`record`](Self::record).
    #[serde(default)]
    pub data: Option<Value>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What changed; absent, or null from older servers, when the event made the record; null once erased.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub changes: Field<Changes>,
    /// True.
    #[serde(default)]
    pub persist: bool,
    /// Where it came from: `api`, …
    #[serde(default)]
    pub client: String,
    /// The record's id.
    pub data_id: String,
    /// `{"customChanged":…}`: whether a custom attribute changed.
    #[serde(default)]
    pub meta: Map<String, Value>,
    /// Empty.
    #[serde(default)]
    pub sns_filters: Vec<Value>,
    /// The revision the event led to; only Kustodian reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// Its place in the org's feed, from 1 and without gaps; only Kustodian reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The user who did it, null when the system did; only Kustodian reports it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_id: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Event {
    /// The record as the event left it, as a [`Customer`](crate::customer::Customer), [`Tag`](crate::tag::Tag), …;
    /// `None` once erased.
    ///
    /// # Errors
    /// When it is none of that type.
    pub fn record<T: DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        self.data.as_ref().map(T::deserialize).transpose()
    }
}

/// What changed, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Changes {
    /// Attributes, derived ones included.
    #[serde(default)]
    pub attributes: BTreeMap<String, Change>,
    /// Relationships.
    #[serde(default)]
    pub relationships: BTreeMap<String, Change>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How one thing changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Change {
    /// The name of the action.
    pub op: ChangeOp,
    /// The value before; absent if there was none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub before: Field<Value>,
    /// The value after; absent if there is none any more.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub after: Field<Value>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_enum! {
    /// The change of an attribute or a relationship.
    ChangeOp {
        /// It was not there before.
        Add = "add",
        /// It was something else.
        Replace = "replace",
        /// It is not there any more.
        Remove = "remove",
    }
}

static ANY: Schema = Schema::any();

/// `{"op":…,"before":…,"after":…}`.
static CHANGE: Schema = Schema::object(&Object {
    name: "Change",
    open: true,
    properties: &[
        Property::required("op", Schema::one_of(ChangeOp::VALUES)),
        Property::optional("before", Schema::any()),
        Property::optional("after", Schema::any()),
    ],
});

static CHANGES_OBJECT: Object = Object {
    name: "Changes",
    open: true,
    properties: &[
        Property::required("attributes", Schema::map(&CHANGE)),
        Property::required("relationships", Schema::map(&CHANGE)),
    ],
};

/// What changed, by name; null once erased, and in a history when the record was made.
pub(crate) const CHANGES: Schema = Schema::object(&CHANGES_OBJECT).or_null();

/// An event as the feed reports it.
pub static EVENT: Schema = Schema::object(&Object {
    name: "Event",
    open: true,
    properties: &[
        Property::required("id", Schema::format(OBJECT_ID)),
        Property::required("name", Schema::text()),
        Property::required("org", Schema::format(OBJECT_ID)),
        Property::optional("orgName", Schema::text().about("The org's name, when the event made the record.")),
        Property::required("partition", Schema::format(OBJECT_ID)),
        Property::required(
            "data",
            Schema::map(&ANY).or_null().about("The whole record as the event left it; null once erased."),
        ),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::optional("changes", CHANGES.about("Absent when the event made the record; null once erased.")),
        Property::required("persist", Schema::boolean()),
        Property::required("client", Schema::text()),
        Property::required("dataId", Schema::format(OBJECT_ID)),
        Property::required("meta", Schema::map(&ANY)),
        Property::required("snsFilters", Schema::list(&ANY)),
        Property::required("rev", Schema::integer()),
        Property::required("position", Schema::integer()),
        Property::required("userId", Schema::text().or_null()),
    ],
});

endpoint! {
    /// `getEvents`, which Kustomer does not have.
    GetEvents = &own::GET_EVENTS,
    "Lists what happened to all records, each event once and in order; can wait for the next one.";
    path: (), query: ListEvents, body: (), answer: Page<Event>: Answer::Uncounted(&EVENT)
}

/// The longest an answer may wait for an event, in seconds.
pub const MAX_WAIT: u32 = 60;

/// Which part of the feed. Nothing set lists it from its beginning, 100 events a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListEvents {
    /// Only what came after this event; from the beginning when absent.
    pub after: Option<ObjectId>,
    /// Only this many of the last events, 1 to 1,000, and those after them. Not with `after`.
    pub last: Option<u32>,
    /// How many at most, 1 to 1,000, which a greater one counts as; 100 when absent or 0. An answer may hold less, but
    /// holds none only at the feed's end.
    pub page_size: Option<u32>,
    /// How many seconds to wait for an event at the feed's end, 0 to 60; 0 when absent.
    pub wait: Option<u32>,
    /// Only events of records of this type: `customer`, `tag`, …
    pub object_type: Option<String>,
    /// Only events of this record. Needs `object_type`.
    pub object_id: Option<ObjectId>,
}

crate::macros::query_methods! {
    ListEvents {
        after: some ObjectId, last: some u32, page_size: some u32, wait: some u32, object_type: text String,
        object_id: some ObjectId,
    }
}

impl QueryArguments for ListEvents {
    const PARAMETERS: &'static [Parameter] = &[
        Parameter {
            name: "after",
            schema: Schema::format(OBJECT_ID),
            about: "Only what came after the event with this id. From the beginning when absent.",
        },
        Parameter {
            name: "last",
            schema: Schema::integer_within(1, MAX_PAGE_SIZE as i64),
            about: "Begins so many events before the end, 1 to 1,000. Not with `after`.",
        },
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "wait",
            schema: Schema::integer_within(0, 60),
            about: "How many seconds to wait for an event at the feed's end, 0 to 60; 0 by default.",
        },
        Parameter {
            name: "filter[objectType]",
            schema: Schema::text(),
            about: "Only events of records of this type: `customer`, `tag`, `user`.",
        },
        Parameter {
            name: "filter[objectId]",
            schema: Schema::format(OBJECT_ID),
            about: "Only events of this record; needs `filter[objectType]`.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let pairs = [
            ("after", self.after.map(|id| id.to_string())),
            ("last", self.last.map(|count| count.to_string())),
            ("pageSize", self.page_size.map(|size| size.to_string())),
            ("wait", self.wait.map(|seconds| seconds.to_string())),
            ("filter[objectType]", self.object_type.clone()),
            ("filter[objectId]", self.object_id.map(|id| id.to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?))).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                "after" => query.after = faults.take(read_object_id(name, value)),
                "last" => query.last = faults.take(read_number(name, value, 1, MAX_PAGE_SIZE)),
                "pageSize" => query.page_size = faults.take(read_page_size(name, value)).filter(|size| *size > 0),
                "wait" => query.wait = faults.take(read_number(name, value, 0, MAX_WAIT)),
                "filter[objectType]" => query.object_type = Some(value.clone()),
                "filter[objectId]" => query.object_id = faults.take(read_object_id(name, value)),
                _ if name.starts_with("filter") => {
                    let title =
                        format!("{name} is no filter of events: there are filter[objectType] and filter[objectId]");
                    faults.push(Fault::of_parameter(name, title));
                }
                _ => {}
            }
        }
        if query.last.is_some() && query.after.is_some() {
            faults.push(Fault::of_parameter("last", "last and after cannot be combined: send one of them"));
        }
        if query.object_id.is_some() && query.object_type.is_none() {
            faults.push(Fault::of_parameter("filter[objectId]", "filter[objectId] needs filter[objectType]"));
        }
        faults.or(query)
    }
}
