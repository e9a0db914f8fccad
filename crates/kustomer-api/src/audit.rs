//! Audit logs: who did what to which record, newest first (`docs/contract/behaviour.md` §18).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Page, Resource};
use crate::event::{CHANGES, Changes};
use crate::operation::contract;
use crate::query::{Faults, Parameter, QueryArguments, read_moment, read_object_id, read_page_size};
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The `type` of an entry.
pub const TYPE: &str = "audit_log";

/// An entry of the audit log.
pub type AuditLog = Resource<AuditLogAttributes>;

/// What an entry says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct AuditLogAttributes {
    /// `kustomer.customer.update`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub event_name: Field<String>,
    /// The last word of the name: `update`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub event_verb: Field<String>,
    /// The org's id.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub org: Field<String>,
    /// Who did it; null when the system did.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_id: Field<String>,
    /// `user`, `machine` or `system`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub user_type: Field<String>,
    /// The record's id.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub object_id: Field<String>,
    /// The record's type.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub object_type: Field<String>,
    /// Where it came from: `api`, …
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub client: Field<String>,
    /// The address it came from. Kustodian keeps none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub ip: Field<String>,
    /// What changed; relationships by their bare ids. Null when the record was made, and once erased.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub changes: Field<Changes>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it was reported.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub published_at: Field<Timestamp>,
    /// When it will be gone; null when never.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub expires_at: Field<Timestamp>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An entry as answered.
pub static AUDIT_LOG: Schema = Schema::object(&Object {
    name: "AuditLog",
    open: true,
    properties: &[
        Property::required("type", Schema::text()),
        Property::required("id", Schema::text()),
        Property::required(
            "attributes",
            Schema::object(&Object {
                name: "AuditLogAttributes",
                open: true,
                properties: &[
                    Property::required("eventName", Schema::text()),
                    Property::required("eventVerb", Schema::text()),
                    Property::required("org", Schema::text()),
                    Property::required("userId", Schema::text().or_null()),
                    Property::required("userType", Schema::one_of(&["user", "machine", "system"])),
                    Property::required("objectId", Schema::text()),
                    Property::required("objectType", Schema::text()),
                    Property::required("client", Schema::text()),
                    Property::required("changes", CHANGES),
                    Property::required("createdAt", Schema::format(DATE_TIME)),
                    Property::required("publishedAt", Schema::format(DATE_TIME)),
                    Property::required("expiresAt", Schema::format(DATE_TIME).or_null()),
                ],
            }),
        ),
        Property::required("relationships", Schema::object(&AUDIT_LOG_RELATIONSHIPS)),
    ],
});

static AUDIT_LOG_RELATIONSHIPS: Object = Object {
    name: "AuditLogRelationships",
    open: true,
    properties: &[Property::required("user", Schema::object(&AUDIT_LOG_USER))],
};

/// The user who did it. For an action of the system it is a user without an id.
static AUDIT_LOG_USER: Object = Object {
    name: "AuditLogUser",
    open: true,
    properties: &[
        Property::optional("links", crate::schema::SELF_LINK),
        Property::optional(
            "data",
            Schema::object(&Object {
                name: "AuditLogUserId",
                open: true,
                properties: &[
                    Property::required("type", Schema::text()),
                    Property::required("id", Schema::text().or_null()),
                ],
            }),
        ),
    ],
};

endpoint! {
    /// `getAuditLogs`.
    GetAuditLogs = &contract::GET_AUDIT_LOGS, "Lists who did what to which record, newest first.";
    path: (), query: ListAuditLogs, body: (), answer: Page<AuditLog>: Answer::Logged(&AUDIT_LOG)
}

/// The types of records an audit log can be filtered by: those of the contract, and the others that Kustodian
/// stores.
pub const OBJECT_TYPES: &[&str] = &[
    "bill_subscription",
    "business_rule",
    "company",
    "conversation",
    "conversation_time",
    "customer",
    "customer_merge",
    "message",
    "search",
    "role_group",
    "shortcut",
    "user",
    "work_item",
    "ip_rule",
    "work_session",
    "shopify_rest",
    "klass",
    "kobject",
    "tag",
    "team",
    "note",
    "draft",
    "delivery",
    "bulk",
    "forward",
    "attachment",
    "media",
    "metadata",
    "inbound_webhook",
    "outbound_webhook",
    "brand",
    "schedule",
    "spam_sender",
    "auth_settings",
    "satisfaction",
    "sla",
    "queue",
];

/// The default `count`.
pub const DEFAULT_COUNT: u32 = 100;

/// Which entries. Nothing set lists the newest 100.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListAuditLogs {
    /// How many, 1 to 1,000, which a greater one counts as; 100 when absent or 0.
    pub count: Option<u32>,
    /// Only entries newer than this one; those nearest to it.
    pub after: Option<ObjectId>,
    /// Only entries older than this one.
    pub before: Option<ObjectId>,
    /// Only of records of this type, one of [`OBJECT_TYPES`].
    pub object_type: Option<String>,
    /// Only of this record. Needs `object_type`.
    pub object_id: Option<ObjectId>,
    /// Only what this user did.
    pub user_id: Option<ObjectId>,
    /// Types beside `object_type`.
    pub include: Vec<String>,
    /// Only from this moment on.
    pub start: Option<Timestamp>,
    /// Only up to this moment, itself included.
    pub end: Option<Timestamp>,
}

crate::macros::query_methods! {
    ListAuditLogs {
        count: some u32, after: some ObjectId, before: some ObjectId, object_type: text String,
        object_id: some ObjectId, user_id: some ObjectId, include: list String, start: text Timestamp,
        end: text Timestamp,
    }
}

impl QueryArguments for ListAuditLogs {
    const PARAMETERS: &'static [Parameter] = &[
        Parameter {
            name: "count",
            schema: Schema::integer_within(0, i64::MAX),
            about: "How many entries; 100 by default and for 0, 1,000 for anything greater. `meta.count` holds the number that was used.",
        },
        Parameter {
            name: "after",
            schema: Schema::format(OBJECT_ID),
            about: "Only entries newer than the one with this id.",
        },
        Parameter {
            name: "before",
            schema: Schema::format(OBJECT_ID),
            about: "Only entries older than the one with this id.",
        },
        Parameter {
            name: "filter[objectType]",
            schema: Schema::one_of(OBJECT_TYPES),
            about: "Only of records of this type.",
        },
        Parameter {
            name: "filter[objectId]",
            schema: Schema::format(OBJECT_ID),
            about: "Only of this record; needs `filter[objectType]`.",
        },
        Parameter { name: "filter[userId]", schema: Schema::format(OBJECT_ID), about: "Only what this user did." },
        Parameter {
            name: "filter[include]",
            schema: Schema::text(),
            about: "Types beside `filter[objectType]`, joined by commas.",
        },
        Parameter { name: "filter[start]", schema: Schema::format(DATE_TIME), about: "Only from this moment on." },
        Parameter {
            name: "filter[end]",
            schema: Schema::format(DATE_TIME),
            about: "Only up to this moment, itself included.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let id = |id: Option<ObjectId>| id.map(|id| id.to_string());
        let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        let pairs = [
            ("count", self.count.map(|count| count.to_string())),
            ("after", id(self.after)),
            ("before", id(self.before)),
            ("filter[objectType]", self.object_type.clone()),
            ("filter[objectId]", id(self.object_id)),
            ("filter[userId]", id(self.user_id)),
            ("filter[include]", (!self.include.is_empty()).then(|| self.include.join(","))),
            ("filter[start]", moment(self.start)),
            ("filter[end]", moment(self.end)),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?))).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                "count" => query.count = faults.take(read_page_size(name, value)).filter(|count| *count > 0),
                "after" => query.after = faults.take(read_object_id(name, value)),
                "before" => query.before = faults.take(read_object_id(name, value)),
                "filter[objectType]" => query.object_type = faults.take(read_type(name, value)),
                "filter[objectId]" => query.object_id = faults.take(read_object_id(name, value)),
                "filter[userId]" => query.user_id = faults.take(read_object_id(name, value)),
                "filter[include]" => {
                    for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                        query.include.extend(faults.take(read_type(name, word)));
                    }
                }
                "filter[start]" => query.start = faults.take(read_moment(name, value)),
                "filter[end]" => query.end = faults.take(read_moment(name, value)),
                _ if name.starts_with("filter") => {
                    faults.push(Fault::of_parameter(name, format!("{name} is no filter of audit logs")));
                }
                _ => {}
            }
        }
        if query.object_id.is_some() && query.object_type.is_none() {
            faults.push(Fault::of_parameter("filter[objectId]", "filter[objectId] needs filter[objectType]"));
        }
        faults.or(query)
    }
}

fn read_type(name: &str, value: &str) -> Result<String, Fault> {
    if OBJECT_TYPES.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(Fault::of_parameter(name, format!("{name} must be one of {}", OBJECT_TYPES.join(", "))))
}
