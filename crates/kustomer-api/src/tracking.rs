//! What visitors of sites and apps do, before and after it is known who they are (`docs/contract/behaviour.md` §16).

mod reads;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::reads::{
    CUSTOMER_EVENT, CUSTOMER_SESSION, CustomerEvent, CustomerEventAttributes, CustomerSession,
    CustomerSessionAttributes, EVENT_TYPE, GetAllCustomerEvents, GetAllEventsByCustomerForSession, GetCustomerSessions,
    GetaCustomerEvent, IDENTIFIED, ListCustomerEvents, OF_EVENT, SESSION_TYPE,
};
use crate::custom::CustomAttributes;
use crate::customer::{Gender, Location};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Resource};
use crate::operation::contract;
use crate::schema::{DATE_TIME, EMAIL, Format, Object, PHONE, Property, ReadOnly, Schema, resource_schema};
use crate::{Field, Timestamp};

/// How many members `meta` may have.
pub const MAX_META: usize = 100;

/// The most bytes of JSON that `meta` may take; Kustomer documents no limit.
pub const MAX_META_BYTES: usize = 8 * 1024;

/// The most characters that the id of a visitor or of a session may have; Kustomer documents no limit.
pub const MAX_ID: usize = 256;

/// The name of an event.
pub const EVENT_NAME: Format = Format {
    name: "event-name",
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_.-]+$"),
    max: None,
    example: "Order-Completed",
    about: "the name of an event has ASCII letters, digits, - _ and . alone, at least two of them, and begins with a letter",
    check: is_event_name,
};

fn is_event_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.len() > 1
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The id of a visitor or of a session, which a client chooses.
pub const VISIT_ID: Format = Format {
    name: "visit-id",
    pattern: Some(r"^[^\u0000-\u001f\u007f-\u009f]+$"),
    max: None,
    example: "5c7d1a1f9a1b2c0010a1b2c3",
    about: "it has no control characters",
    check: |text| !text.is_empty() && !text.chars().any(char::is_control),
};

/// Something that a visitor did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct TrackingEventInput {
    /// The visitor's id, at most [`MAX_ID`] characters; one is made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// The id of the visit, at most [`MAX_ID`] characters; the one under way, or a new one after 30 minutes of silence,
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What happened: 2 to 255 letters, digits, `-`, `_` and `.`, the first a letter.
    pub name: String,
    /// The details of the event, at most [`MAX_META`] members. Keys with the suffix of a custom attribute hold such a
    /// value, others hold text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl TrackingEventInput {
    /// An event with a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// Who a visitor is. By external id, e-mail address or phone number the customer is found, or made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct IdentityInput {
    /// With `false` the visitor's id is not tied to the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remember: Option<bool>,
    /// The visitor's id, at most [`MAX_ID`] characters; one is made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// The id of the visit, at most [`MAX_ID`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The name, at most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id of a company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The id in another system, 1 to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// When the person signed up somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_up_at: Option<Timestamp>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday_at: Option<Timestamp>,
    /// `m` or `f`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// At most 16 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where the person lives or works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// At most 20 names or ids of tags; they are added to those that the customer has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// At most 100 custom attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomAttributes>,
}

/// The identity of a visitor, and an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct IdentityEventInput {
    /// Who.
    pub identity: IdentityInput,
    /// What.
    pub event: TrackingEventInput,
}

static META_VALUE: Schema = Schema::any();
const META: Schema = Schema::map(&META_VALUE).of_bytes(MAX_META_BYTES).about(
    "At most 100 members and 8 KiB. A key with the suffix of a custom attribute holds such a value, any other key text.",
);
const ID: Schema = Schema::format_of(1, MAX_ID, VISIT_ID);

/// The body of `createTrackingEvent`.
pub static TRACKING_EVENT_INPUT: Schema = Schema::object(&Object {
    name: "TrackingEventInput",
    open: false,
    properties: &[
        Property::optional("trackingId", ID),
        Property::optional("sessionId", ID),
        Property::required("name", Schema::format_of(2, 255, EVENT_NAME)),
        Property::optional("meta", META),
    ],
});

/// The body of `createTrackingIdentity`.
pub static IDENTITY_INPUT: Schema = Schema::object(&Object {
    name: "IdentityInput",
    open: false,
    properties: &[
        Property::optional(
            "remember",
            Schema::boolean().about("With `false` the visitor's id is not tied to the customer."),
        ),
        Property::optional("trackingId", ID),
        Property::optional("sessionId", ID),
        Property::optional("name", Schema::text_of(0, 256)),
        Property::optional("company", Schema::text_of(0, 256)),
        Property::optional("externalId", Schema::text_of(1, 256)),
        Property::optional("username", Schema::text_of(0, 256)),
        Property::optional("signedUpAt", Schema::format(DATE_TIME)),
        Property::optional("birthdayAt", Schema::format(DATE_TIME)),
        Property::optional("gender", Schema::one_of(Gender::VALUES)),
        Property::optional("locale", Schema::text_of(0, 16)),
        Property::optional("timeZone", Schema::text_of(0, 64)),
        Property::optional("email", Schema::format(EMAIL)),
        Property::optional("phone", Schema::format(PHONE)),
        Property::optional("location", crate::customer::LOCATION),
        Property::optional("tags", crate::customer::TAGS),
        Property::optional("custom", Schema::custom()),
    ],
})
.with_read_only(ANSWERED_OF_IDENTITY);

/// The body of `createTrackingIdentityEvent`.
pub static IDENTITY_EVENT_INPUT: Schema = Schema::object(&Object {
    name: "IdentityEventInput",
    open: false,
    properties: &[Property::required("identity", IDENTITY_INPUT), Property::required("event", TRACKING_EVENT_INPUT)],
})
.with_read_only(ANSWERED_OF_IDENTITY_EVENT);

/// The attributes of an identity that are answered alone.
static ANSWERED_OF_IDENTITY: &[ReadOnly] = &[
    ReadOnly::new("status", MADE),
    ReadOnly::new("statusAt", MADE),
    ReadOnly::new("createdAt", MADE),
    ReadOnly::new("updatedAt", MADE),
];

/// All attributes of an identity: in this body they are inside `identity`.
static ANSWERED_OF_IDENTITY_EVENT: &[ReadOnly] = &[
    ReadOnly::new("trackingId", INSIDE),
    ReadOnly::new("email", INSIDE),
    ReadOnly::new("status", MADE),
    ReadOnly::new("statusAt", MADE),
    ReadOnly::new("createdAt", MADE),
    ReadOnly::new("updatedAt", MADE),
];

const MADE: &str = "the server sets it";
const INSIDE: &str = "send it inside identity";

/// The `type` of an identity.
pub const IDENTITY_TYPE: &str = "identity";

/// Who a visitor is, as answered.
pub type Identity = Resource<IdentityAttributes>;

/// The attributes of an identity. Its relationship `customer` names the customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct IdentityAttributes {
    /// The visitor's id: send it with the events that follow.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tracking_id: Field<String>,
    /// The e-mail address that was sent, else the first of the customer; null when there is none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub email: Field<String>,
    /// `updated`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub status: Field<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub status_at: Field<Timestamp>,
    /// When.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An identity as answered.
pub static IDENTITY: Schema = resource_schema!(
    "Identity",
    "IdentityAttributes",
    [
        Property::required("trackingId", Schema::text()),
        Property::required("email", Schema::text().or_null()),
        Property::required("status", Schema::text()),
        Property::required("statusAt", Schema::format(DATE_TIME)),
        Property::required("createdAt", Schema::format(DATE_TIME)),
        Property::required("updatedAt", Schema::format(DATE_TIME)),
    ]
);

crate::macros::builders! {
    TrackingEventInput { tracking_id: String, session_id: String, meta: Map<String, Value>; name: String }
}

crate::macros::builders! {
    IdentityInput {
        remember: bool, tracking_id: String, session_id: String, name: String, company: String, external_id: String,
        username: String, signed_up_at: Timestamp, birthday_at: Timestamp, gender: Gender, locale: String, time_zone: String,
        email: String, phone: String, location: Location, tags: Vec<String>, custom: CustomAttributes
    }
}

crate::macros::builders! {
    IdentityEventInput { ; identity: IdentityInput, event: TrackingEventInput }
}

impl IdentityEventInput {
    /// What somebody did, and who it was.
    pub fn new(identity: IdentityInput, event: TrackingEventInput) -> Self {
        Self { identity, event }
    }
}

endpoint! {
    /// `createTrackingEvent`.
    CreateTrackingEvent = &contract::CREATE_TRACKING_EVENT,
    "Records an event of a visitor. It is shown with the customer as soon as the visitor is known.";
    path: (), query: (), body: TrackingEventInput: &TRACKING_EVENT_INPUT,
    example: r#"{"trackingId":"visitor-1","name":"Order-Completed","meta":{"totalNum":12.5}}"#,
    answer: (): Answer::Empty
}

endpoint! {
    /// `createTrackingIdentity`.
    CreateTrackingIdentity = &contract::CREATE_TRACKING_IDENTITY,
    "Identifies a visitor: finds or creates the customer, and links the visitor's id and former events to it.";
    path: (), query: (), body: IdentityInput: &IDENTITY_INPUT,
    example: r#"{"trackingId":"visitor-1","externalId":"crm-4711","name":"Grace Hopper"}"#,
    answer: Document<Identity>: Answer::One(&IDENTITY)
}

endpoint! {
    /// `createTrackingIdentityEvent`.
    CreateTrackingIdentityEvent = &contract::CREATE_TRACKING_IDENTITY_EVENT,
    "Identifies a visitor, and records an event.";
    path: (), query: (), body: IdentityEventInput: &IDENTITY_EVENT_INPUT,
    example: r#"{"identity":{"externalId":"crm-4711"},"event":{"name":"Order-Completed","meta":{"totalNum":12.5}}}"#,
    answer: Document<Identity>: Answer::One(&IDENTITY)
}
