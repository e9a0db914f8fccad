//! Inbound webhooks: an address that other systems post to, which raises an event (`docs/contract/behaviour.md` §15.5).
//! Kustomer has no documented operation that makes one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::{Object, Property, Schema};
use crate::{ObjectId, Timestamp};

/// The maximum size of a post to an inbound webhook, in bytes.
pub const MAX_RECEIVED: usize = 400_000;

resource! {
    /// An inbound webhook.
    InboundWebhook = "inbound_webhook";

    /// The attributes of an inbound webhook.
    answer InboundWebhookAttributes = INBOUND_WEBHOOK;

    /// The attributes to create an inbound webhook with, or to change. Absent ones stay as they are.
    input InboundWebhookInput { create: INBOUND_WEBHOOK_INPUT, update: INBOUND_WEBHOOK_CHANGES }

    attributes {
        /// The name, 1 to 255 characters.
        name: String = required(Schema::text_of(1, 255));
        /// Whether it accepts posts; true by default.
        enabled: bool = optional(Schema::boolean());
        /// Which hash is the valid one: how many there have been.
        hash_number: u64, read_only("the server counts it; send rotateHash to replace the hash");
        /// The last post: `body`, `contentType`, `headers`, `query`; null before the first one.
        received: Map<String, Value> | null, read_only("it is posted to the address of the webhook");
        /// When that was.
        received_at: Timestamp | null, read_only("it is posted to the address of the webhook");
    }

    sent {
        /// True replaces the hash: a post to the former address is refused from then on.
        rotate_hash: bool = on_update(Schema::boolean(), "a new webhook has a new hash");
    }

    system { deleted: on_update, rev: on_update, }
}

impl InboundWebhookInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// The address of an inbound webhook. Everyone who knows it may post.
/// `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct InboundWebhookAddress {
    /// The secret part, 80 hexadecimal digits.
    pub hash: String,
    /// The path: `/v1/hooks/web/` and the hash.
    pub path: String,
}

impl std::fmt::Debug for InboundWebhookAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("InboundWebhookAddress").finish_non_exhaustive()
    }
}

/// The same as answered: without an envelope.
pub static INBOUND_WEBHOOK_ADDRESS: Schema = Schema::object(&Object {
    name: "InboundWebhookAddress",
    open: true,
    properties: &[Property::optional("hash", Schema::text()), Property::optional("path", Schema::text())],
});

/// What came of something posted: the event that it raised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Raised {
    /// The id of the event.
    pub id: String,
    /// Its name: `kustomer.hooks.web.<id of the webhook>.receive`.
    pub name: String,
}

/// The same as answered: without an envelope.
pub static RAISED: Schema = Schema::object(&Object {
    name: "RaisedEvent",
    open: true,
    properties: &[Property::optional("id", Schema::text()), Property::optional("name", Schema::text())],
});

endpoint! {
    /// `createWebHookTransaction`, which Kustomer serves without documenting it among its operations.
    CreateWebHookTransaction = &own::CREATE_WEB_HOOK_TRANSACTION,
    "Raises an event with the posted body: JSON, a form or XML of at most 400,000 bytes.";
    path: String = "5c7d", query: (), body: (), answer: Raised: Answer::Plain(&RAISED)
}

endpoint! {
    /// `getInboundWebhooks`, which only Kustodian has.
    GetInboundWebhooks = &own::GET_INBOUND_WEBHOOKS, "Lists the org's inbound webhooks.";
    path: (), query: ListRecords, body: (), answer: Page<InboundWebhook>: Answer::Uncounted(&INBOUND_WEBHOOK)
}

endpoint! {
    /// `getInboundWebhookById`, which only Kustodian has.
    GetInboundWebhookById = &own::GET_INBOUND_WEBHOOK, "Reads an inbound webhook by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<InboundWebhook>: Answer::One(&INBOUND_WEBHOOK)
}

endpoint! {
    /// `getInboundWebhookAddress`, which only Kustodian has.
    GetInboundWebhookAddress = &own::GET_INBOUND_WEBHOOK_ADDRESS, "Reads the secret address of an inbound webhook.";
    path: ObjectId, query: (), body: (), answer: InboundWebhookAddress: Answer::Plain(&INBOUND_WEBHOOK_ADDRESS)
}

endpoint! {
    /// `createInboundWebhook`, which only Kustodian has.
    CreateInboundWebhook = &own::CREATE_INBOUND_WEBHOOK, "Makes an inbound webhook.";
    path: (), query: (), body: InboundWebhookInput: &INBOUND_WEBHOOK_INPUT, example: r#"{"name":"Shop"}"#,
    answer: Document<InboundWebhook>: Answer::One(&INBOUND_WEBHOOK)
}

endpoint! {
    /// `updateInboundWebhook`, which only Kustodian has.
    UpdateInboundWebhook = &own::UPDATE_INBOUND_WEBHOOK,
        "Changes the attributes sent and keeps the others; `rotateHash` replaces the address, `deleted` deletes and restores.";
    path: ObjectId, query: (), body: InboundWebhookInput: &INBOUND_WEBHOOK_CHANGES, example: r#"{"rotateHash":true}"#,
    answer: Document<InboundWebhook>: Answer::One(&INBOUND_WEBHOOK)
}

endpoint! {
    /// `deleteInboundWebhook`, which only Kustodian has.
    DeleteInboundWebhook = &own::DELETE_INBOUND_WEBHOOK,
        "Deletes an inbound webhook: posts to it are refused; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

endpoint! {
    /// `eraseInboundWebhookPosts`, which only Kustodian has.
    EraseInboundWebhookPosts = &own::ERASE_INBOUND_WEBHOOK_POSTS,
        "Erases for ever all that was posted to an inbound webhook, a deleted one too: when something was posted stays in its history.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(
    GetInboundWebhookHistory = &own::GET_INBOUND_WEBHOOK_HISTORY,
    "Lists the posts to an inbound webhook and its changes, deleted ones included, newest first."
);
