//! SLAs: how soon customers are answered. What an SLA says is its newest version; those before are kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::attribute::attribute_values;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::operation::{contract, own};
use crate::query::{Faults, ListRecords, Parameter, QueryArguments};
use crate::resource::resource;
use crate::schema::{Object, Property, Schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// How many versions an SLA may have; Kustomer documents no limit.
pub const MAX_VERSIONS: usize = 50;

/// The most bytes of JSON that `criteria` may take; Kustomer documents no limit.
pub const MAX_CRITERIA_BYTES: usize = 16 * 1024;

resource! {
    /// An SLA.
    Sla = "sla";

    /// The attributes of an SLA.
    answer SlaAttributes = SLA;

    /// The attributes to create an SLA with, or to change in its next version. Absent ones stay as they are.
    input SlaInput { create: SLA_INPUT, update: SLA_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// A description, at most 1,024 characters.
        description: String | null = optional(Schema::text_of(0, 1_024));
        /// Which hours count: those of the default schedule, or all.
        hours: SlaHours = optional(Schema::one_of(SlaHours::VALUES));
        /// The measured metrics, and the time limit of each by the priority of the conversation.
        metrics: SlaMetrics = optional(METRICS);
        /// Which conversations it is about: criteria of a search for conversations under `and`, `or` and `not`, all of them
        /// without; at most [`MAX_CRITERIA_BYTES`] of JSON.
        criteria: Map<String, Value> = optional(CRITERIA) => CRITERIA;
        /// Where it is among the SLAs, from 0 to 1,000,000: of those whose criteria are met the lowest applies, then the
        /// oldest. Those without a position come last. Kustomer keeps an order too, and documents no attribute for it.
        position: u64 | null = optional(Schema::integer_within(0, 1_000_000));
        /// The number of the version that counts, from 1.
        current_version: u64, read_only("every change makes another version");
        /// All versions, oldest first, at most [`MAX_VERSIONS`].
        versions: Vec<SlaVersion>, read_only("every change makes another version");
    }

    system { deleted: on_update, rev: on_update, }
}

open_enum! {
    /// Which hours count for an SLA.
    SlaHours {
        /// Those of the default schedule, its holidays left out.
        Business = "business",
        /// All hours.
        Calendar = "calendar",
    }
}

/// What an SLA measures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SlaMetrics {
    /// The time until the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response: Option<SlaMetric>,
    /// The time for which a message from the customer is without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_unresponded_message: Option<SlaMetric>,
    /// The time for which a conversation is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_conversation_open_time: Option<SlaMetric>,
    /// The time for which the customer waits, over all messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_customer_wait_time: Option<SlaMetric>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One thing that an SLA measures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SlaMetric {
    /// Whether it counts.
    pub enabled: bool,
    /// How long it may take, in milliseconds, by the priority of the conversation, from 1 to 5. It is not measured at a
    /// priority without a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<BTreeMap<String, Number>>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What an SLA says in one of its versions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SlaVersion {
    /// Its id.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// A description.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub description: Field<String>,
    /// Its number, from 1.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub version: Field<u64>,
    /// Which hours count.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub hours: Field<SlaHours>,
    /// The measured metrics, with their time limits.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub metrics: Field<SlaMetrics>,
    /// Which conversations it is about.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub criteria: Field<Map<String, Value>>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// The id of the user who made it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_by: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The type of a version that is answered beside its SLA.
pub const VERSION_TYPE: &str = "sla_version";

/// A version as it is answered beside its SLA.
pub type IncludedVersion = Resource<Map<String, Value>>;

attribute_values! {
    SlaMetrics: METRICS;
    SlaVersion: Schema::object(&Object {
        name: "SlaVersion",
        open: true,
        properties: &[
            Property::required("id", Schema::text()),
            Property::optional("version", Schema::integer()),
            Property::optional("metrics", METRICS),
            Property::optional("criteria", CRITERIA),
        ],
    });
}

static ANY: Schema = Schema::any();
const CRITERIA: Schema = Schema::map(&ANY).of_bytes(MAX_CRITERIA_BYTES).about("At most 16 KiB of JSON.");
const TIME: Schema = Schema::number_within(0.0, 1e12);
const METRIC: Schema = Schema::object(&Object {
    name: "SlaMetric",
    open: false,
    properties: &[
        Property::required("enabled", Schema::boolean()),
        Property::optional(
            "times",
            Schema::object(&Object {
                name: "SlaTimes",
                open: false,
                properties: &[
                    Property::optional("1", TIME),
                    Property::optional("2", TIME),
                    Property::optional("3", TIME),
                    Property::optional("4", TIME),
                    Property::optional("5", TIME),
                ],
            }),
        ),
    ],
});
const METRICS: Schema = Schema::object(&Object {
    name: "SlaMetrics",
    open: false,
    properties: &[
        Property::optional("firstResponse", METRIC),
        Property::optional("longestUnrespondedMessage", METRIC),
        Property::optional("totalConversationOpenTime", METRIC),
        Property::optional("totalCustomerWaitTime", METRIC),
    ],
});

impl SlaInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// Which versions to answer beside an SLA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Versions {
    /// The one that counts.
    #[default]
    Active,
    /// All of them.
    All,
}

/// Which state of an SLA to read, and which versions to answer beside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReadSla {
    /// As it is, or as it was.
    pub state: StateQuery,
    /// Which versions; the one that counts when absent.
    pub versions: Option<Versions>,
}

crate::macros::query_methods! {
    ReadSla { state: own StateQuery, versions: some Versions }
}

impl From<StateQuery> for ReadSla {
    fn from(state: StateQuery) -> Self {
        Self { state, ..Self::default() }
    }
}

impl ReadSla {
    const VERSIONS: Parameter = Parameter {
        name: "versions",
        schema: Schema::one_of(&["active", "all"]),
        about: "Which versions are answered beside, in `included`: `active`, the one that counts, or `all`.",
    };
}

impl QueryArguments for ReadSla {
    const PARAMETERS: &'static [Parameter] = &[StateQuery::PARAMETERS[0], StateQuery::PARAMETERS[1], Self::VERSIONS];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let word = |versions| match versions {
            Versions::Active => "active",
            Versions::All => "all",
        };
        let versions = self.versions.map(|versions| (Cow::Borrowed(Self::VERSIONS.name), word(versions).to_owned()));
        self.state.write().into_iter().chain(versions).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self { state: StateQuery::read(pairs)?, versions: None }, Faults::default());
        for (name, value) in pairs.iter().filter(|(name, _)| name == Self::VERSIONS.name) {
            let read = match value.as_str() {
                "active" => Ok(Versions::Active),
                "all" => Ok(Versions::All),
                _ => Err(Fault::of_parameter(name, "versions must be active or all")),
            };
            query.versions = faults.take(read);
        }
        faults.or(query)
    }
}

/// Which SLAs to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListSlas {
    /// Which page, and which records.
    pub list: ListRecords,
    /// Clients send it; the attributes have all versions whatever it is.
    pub versions: Option<Versions>,
}

crate::macros::query_methods! {
    ListSlas { list: own ListRecords, versions: some Versions }
}

impl QueryArguments for ListSlas {
    const PARAMETERS: &'static [Parameter] =
        &[ListRecords::PARAMETERS[0], ListRecords::PARAMETERS[1], ListRecords::DELETED, ReadSla::VERSIONS];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let versions = ReadSla { versions: self.versions, ..ReadSla::default() };
        self.list.write().into_iter().chain(versions.write()).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let versions: Vec<_> = pairs.iter().filter(|(name, _)| name == ReadSla::VERSIONS.name).cloned().collect();
        Ok(Self { list: ListRecords::read(pairs)?, versions: ReadSla::read(&versions)?.versions })
    }
}

endpoint! {
    /// `getSlas`, which Kustomer serves without documenting it.
    GetSlas = &own::GET_SLAS, "Lists the org's SLAs, with all their versions.";
    path: (), query: ListSlas, body: (), answer: Page<Sla>: Answer::Uncounted(&SLA)
}

endpoint! {
    /// `getSlaById`.
    GetSlaById = &contract::GET_SLA_BY_ID, "Reads an SLA with its versions, as it is or as it was.";
    path: ObjectId, query: ReadSla, body: (), answer: Document<Sla>: Answer::One(&SLA)
}

endpoint! {
    /// `createSla`, which Kustomer does not document.
    CreateSla = &own::CREATE_SLA, "Makes an SLA, with its first version.";
    path: (), query: (), body: SlaInput: &SLA_INPUT,
    example: r#"{"name":"E-mail","hours":"business","metrics":{"firstResponse":{"enabled":true,"times":{"3":14400000}}}}"#,
    answer: Document<Sla>: Answer::One(&SLA)
}

endpoint! {
    /// `updateSla`, which Kustomer does not document.
    UpdateSla = &own::UPDATE_SLA, "Gives an SLA another version; `deleted` deletes and restores it.";
    path: ObjectId, query: (), body: SlaInput: &SLA_CHANGES, example: r#"{"hours":"calendar"}"#,
    answer: Document<Sla>: Answer::One(&SLA)
}

history!(GetSlaHistory = &own::GET_SLA_HISTORY, "Lists what happened to an SLA, deleted ones included, newest first.");
