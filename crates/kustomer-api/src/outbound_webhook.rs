//! Outbound webhooks: events are sent to a URL as they happen (`docs/contract/behaviour.md` §15).

mod endpoints;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::endpoints::*;

use crate::attribute::attribute_values;
use crate::resource::resource;
use crate::schema::{
    DATE_TIME, OBJECT_ID, Object, Property, Schema, URI, all_read_only, attributes_of, resource_schema,
};
use crate::{Field, ObjectId, Timestamp};

/// How many kinds of events a webhook may ask for.
pub const MAX_EVENTS: usize = 500;

/// How many headers a webhook may add.
pub const MAX_HEADERS: usize = 20;

/// The longest URL, in characters.
pub const MAX_WEBHOOK_URL: usize = 2_048;

/// The header of a delivery that has the name of its event.
pub const EVENT_HEADER: &str = "x-kustomer-webhook-event";

/// The header of a delivery that has the HMAC-SHA256 of its body under the webhook's token, in lower-case hexadecimal
/// digits.
pub const SIGNATURE_HEADER: &str = "x-kustomer-webhook-signature";

resource! {
    /// A webhook.
    OutboundWebhook = "outbound_webhook";

    /// The attributes of a webhook.
    answer OutboundWebhookAttributes = OUTBOUND_WEBHOOK;

    /// The attributes to create a webhook with, or to change. Absent ones stay as they are.
    input OutboundWebhookInput { create: OUTBOUND_WEBHOOK_INPUT, update: OUTBOUND_WEBHOOK_CHANGES }

    attributes {
        /// The name, 1 to 255 characters.
        name: String = required(Schema::text_of(1, 255));
        /// Where events are sent, at most [`MAX_WEBHOOK_URL`] characters.
        url: String = required(Schema::format_of(1, MAX_WEBHOOK_URL, URI));
        /// The names of the events that are sent, at most [`MAX_EVENTS`].
        events: Vec<String> = required(EVENTS) => Schema::list(&EVENT);
        /// The headers that each delivery has besides, at most [`MAX_HEADERS`].
        headers: Vec<WebhookHeader> = optional(HEADERS);
        /// Whether events are sent. One that failed for too long is no longer: setting this again continues with the event
        /// that failed.
        enabled: bool = optional(Schema::boolean());
        /// The key of the signatures.
        token(secret): String, read_only("the server makes it with the webhook");
        /// Why it was disabled; null unless the server did.
        disabled_reason: String | null, read_only("the server sets it when deliveries fail for too long");
        /// When it was disabled; null unless the server did.
        disabled_at: Timestamp | null, read_only("the server sets it when deliveries fail for too long");
    }

    system { rev: on_update, }
}

static EVENT: Schema = Schema::text_of(1, 128);
const EVENTS: Schema = Schema::set_of(MAX_EVENTS, &EVENT).about("Names such as `kustomer.customer.update`.");
static HEADER: Schema = HEADER_ITEM;
const HEADERS: Schema = Schema::list_of(MAX_HEADERS, &HEADER);
const HEADER_ITEM: Schema = Schema::object(&Object {
    name: "WebhookHeader",
    open: false,
    properties: &[
        Property::required("name", Schema::text_of(1, 128)),
        Property::required("value", Schema::text_of(0, 2_048)),
    ],
});

/// A header of each delivery of a webhook. `Debug` does not show its value, which may be a key of the receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct WebhookHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl std::fmt::Debug for WebhookHeader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WebhookHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

attribute_values! {
    WebhookHeader: HEADER_ITEM;
}

impl OutboundWebhookInput {
    /// Sends events of these names to a URL.
    #[must_use]
    pub fn new<E: Into<String>>(
        name: impl Into<String>,
        url: impl Into<String>,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        Self {
            name: Some(name.into()),
            url: Some(url.into()),
            events: Some(events.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }
}

/// The events that a webhook can be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct WebhookEvents {
    /// Their names.
    pub events: Vec<String>,
}

/// The same, as answered: without an envelope, as recorded.
pub static WEBHOOK_EVENTS: Schema = Schema::object(&Object {
    name: "WebhookEvents",
    open: true,
    properties: &[Property::required("events", Schema::list(&NAME))],
});

static NAME: Schema = Schema::text();

/// The `type` of a transaction.
pub const TRANSACTION_TYPE: &str = "outbound_webhook_transaction";

/// An attempt to deliver an event.
pub type WebhookTransaction = crate::envelope::Resource<WebhookTransactionAttributes>;

/// The attributes of an attempt to deliver an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct WebhookTransactionAttributes {
    /// The id of the event.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub event_id: Field<String>,
    /// The name of the event.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub event: Field<String>,
    /// Its place in the org's feed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub position: Field<u64>,
    /// Which attempt it was, from 1.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub attempt: Field<u64>,
    /// Whether the receiver took it: it answered a status of 200 to 299.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub success: Field<bool>,
    /// The status that the receiver answered; null when it answered none.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub status: Field<u64>,
    /// Why the event was not delivered; null when it was.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub error: Field<String>,
    /// How long the attempt took, in milliseconds.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub duration: Field<u64>,
    /// When the attempt began.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it is tried again; null when it is not.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub next_attempt_at: Field<Timestamp>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An attempt as answered.
pub static WEBHOOK_TRANSACTION: Schema = resource_schema!(
    "OutboundWebhookTransaction",
    "OutboundWebhookTransactionAttributes",
    [
        Property::optional("eventId", Schema::format(OBJECT_ID)),
        Property::optional("event", Schema::text()),
        Property::optional("position", Schema::integer()),
        Property::optional("attempt", Schema::integer()),
        Property::optional("success", Schema::boolean()),
        Property::optional("status", Schema::integer().or_null()),
        Property::optional("error", Schema::text().or_null()),
        Property::optional("duration", Schema::integer()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("nextAttemptAt", Schema::format(DATE_TIME).or_null()),
    ]
);

/// How many events one request may have delivered again by their ids.
pub const MAX_REDELIVERED: usize = 100;

/// What to deliver again: events by their ids, or all since a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Redelivery {
    /// The ids of events, at most [`MAX_REDELIVERED`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Every event since then that the webhook asks for, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Redelivery {
    /// Events by their ids.
    #[must_use]
    pub fn of(events: impl IntoIterator<Item = ObjectId>) -> Self {
        Self { events: Some(events.into_iter().map(|id| id.to_string()).collect()), since: None }
    }

    /// Every event since a moment.
    #[must_use]
    pub fn since(moment: Timestamp) -> Self {
        Self { events: None, since: Some(moment) }
    }
}

/// The body of `redeliverOutboundWebhook`.
pub static REDELIVERY: Schema = Schema::object(&Object {
    name: "WebhookRedelivery",
    open: false,
    properties: &[
        Property::optional("events", Schema::set_of(MAX_REDELIVERED, &EVENT_ID)),
        Property::optional("since", Schema::format(DATE_TIME)),
    ],
})
.with_read_only(
    &const {
        all_read_only::<{ attributes_of(&OUTBOUND_WEBHOOK).len() }>(
            &OUTBOUND_WEBHOOK,
            "this operation sends events again: send it in an update of the webhook",
        )
    },
);

static EVENT_ID: Schema = Schema::format(OBJECT_ID);
