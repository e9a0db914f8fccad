//! Former states of a record, and its history. Kustomer has no readable history; names and shapes are ours.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::envelope::Resource;
use crate::event::{CHANGES, Changes};
use crate::query::{Faults, Parameter, QueryArguments, read_moment};
use crate::schema::{DATE_TIME, Property, Schema, resource_schema};
use crate::validation::Fault;
use crate::{Field, Timestamp};

/// The `type` of an entry of a history.
pub const HISTORY_ENTRY_TYPE: &str = "history_entry";

/// An entry of a record's history: who changed what, when and from where. Its id is the event's; its link leads to the
/// record as it was then.
pub type HistoryEntry = Resource<HistoryEntryAttributes>;

/// The attributes of an entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct HistoryEntryAttributes {
    /// `kustomer.customer.update`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub event_name: Field<String>,
    /// The revision it led to.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// When.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// Who; null when the system did it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_id: Field<String>,
    /// From where: `api`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub client: Field<String>,
    /// The id of the request that asked for it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub request_id: Field<String>,
    /// What changed, before and after; null when the record was created.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub changes: Field<Changes>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An entry as answered.
pub static HISTORY_ENTRY: Schema = resource_schema!(
    "HistoryEntry",
    "HistoryEntryAttributes",
    [
        Property::required("eventName", Schema::text()),
        Property::required("rev", Schema::integer()),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::required("userId", Schema::text().or_null()),
        Property::required("client", Schema::text()),
        Property::required("requestId", Schema::text()),
        Property::required("changes", CHANGES),
    ]
);

/// Which state of a record to read; nothing set reads the present one. Only Kustodian has the others; they ask for an
/// event-read role besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct StateQuery {
    /// The state with this revision, from 1. Not with `as_of`.
    pub rev: Option<u64>,
    /// The state at this moment. Not with `rev`.
    pub as_of: Option<Timestamp>,
}

crate::macros::query_methods! {
    StateQuery { rev: some u64, as_of: text Timestamp }
}

impl QueryArguments for StateQuery {
    const PARAMETERS: &'static [Parameter] = &[
        Parameter {
            name: "rev",
            schema: Schema::integer_within(1, i64::MAX),
            about: "Reads the record as it was at this revision. Needs `org.user.event.read` or `org.permission.event.read` besides.",
        },
        Parameter {
            name: "asOf",
            schema: Schema::format(DATE_TIME),
            about: "Reads the record as it was at this moment. Needs `org.user.event.read` or `org.permission.event.read` besides.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let rev = self.rev.map(|rev| (Cow::Borrowed("rev"), rev.to_string()));
        let as_of = self.as_of.map(|moment| (Cow::Borrowed("asOf"), moment.to_string()));
        rev.into_iter().chain(as_of).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                "rev" => query.rev = faults.take(read_rev(value)),
                "asOf" => query.as_of = faults.take(read_moment(name, value)),
                _ => {}
            }
        }
        if query.rev.is_some() && query.as_of.is_some() {
            faults.push(Fault::of_parameter("asOf", "rev and asOf cannot be combined: send one of them"));
        }
        faults.or(query)
    }
}

fn read_rev(value: &str) -> Result<u64, Fault> {
    // A number that the database cannot hold is no revision either; it is reported as missing, not as malformed.
    let rev = value.parse().ok().filter(|rev| (1..=i64::MAX.unsigned_abs()).contains(rev));
    rev.ok_or_else(|| Fault::of_parameter("rev", "rev must be a whole number from 1"))
}

/// Declares the endpoint of a kind's history.
macro_rules! history {
    ($name:ident = $operation:expr, $about:literal) => {
        $crate::history::history!($name = $operation, $about; path: $crate::ObjectId);
    };
    ($name:ident = $operation:expr, $about:literal; path: $path:ty $(= $example:literal)?) => {
        $crate::endpoint::endpoint! {
            #[doc = concat!("`", stringify!($name), "`, which Kustomer does not have.")]
            $name = $operation, $about;
            path: $path $(= $example)?, query: $crate::query::PageQuery, body: (),
            answer: $crate::envelope::Page<$crate::history::HistoryEntry>:
                $crate::endpoint::Answer::Counted(&$crate::history::HISTORY_ENTRY)
        }
    };
}

pub(crate) use history;
