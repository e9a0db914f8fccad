//! The operations on webhooks.

use super::{
    OUTBOUND_WEBHOOK, OUTBOUND_WEBHOOK_CHANGES, OUTBOUND_WEBHOOK_INPUT, OutboundWebhook, OutboundWebhookInput,
    REDELIVERY, Redelivery, WEBHOOK_EVENTS, WEBHOOK_TRANSACTION, WebhookEvents, WebhookTransaction,
};
use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::{ListRecords, PageQuery};

endpoint! {
    /// `getOutboundWebhooks`.
    GetOutboundWebhooks = &own::GET_OUTBOUND_WEBHOOKS, "Lists the org's webhooks.";
    path: (), query: ListRecords, body: (), answer: Page<OutboundWebhook>: Answer::Uncounted(&OUTBOUND_WEBHOOK)
}

endpoint! {
    /// `getOutboundWebhookById`.
    GetOutboundWebhookById = &own::GET_OUTBOUND_WEBHOOK, "Reads a webhook by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<OutboundWebhook>: Answer::One(&OUTBOUND_WEBHOOK)
}

endpoint! {
    /// `getOutboundWebhookEvents`.
    GetOutboundWebhookEvents = &own::GET_OUTBOUND_WEBHOOK_EVENTS, "Lists the names of the events that a webhook can be sent.";
    path: (), query: (), body: (), answer: WebhookEvents: Answer::Plain(&WEBHOOK_EVENTS)
}

endpoint! {
    /// `getOutboundWebhookTransactions`.
    GetOutboundWebhookTransactions = &own::GET_OUTBOUND_WEBHOOK_TRANSACTIONS,
    "Lists the last attempts to deliver events to a webhook, newest first.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<WebhookTransaction>: Answer::Uncounted(&WEBHOOK_TRANSACTION)
}

endpoint! {
    /// `createOutboundWebhook`.
    CreateOutboundWebhook = &own::CREATE_OUTBOUND_WEBHOOK, "Makes a webhook: events from now on are sent to its URL.";
    path: (), query: (), body: OutboundWebhookInput: &OUTBOUND_WEBHOOK_INPUT,
    example: r#"{"name":"Warehouse","url":"https://hooks.acme.example/kustomer","events":["kustomer.customer.update"]}"#,
    answer: Document<OutboundWebhook>: Answer::One(&OUTBOUND_WEBHOOK)
}

endpoint! {
    /// `updateOutboundWebhook`, which only Kustodian has.
    UpdateOutboundWebhook = &own::UPDATE_OUTBOUND_WEBHOOK, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: OutboundWebhookInput: &OUTBOUND_WEBHOOK_CHANGES, example: r#"{"enabled":false}"#,
    answer: Document<OutboundWebhook>: Answer::One(&OUTBOUND_WEBHOOK)
}

endpoint! {
    /// `redeliverOutboundWebhook`, which only Kustodian has.
    RedeliverOutboundWebhook = &own::REDELIVER_OUTBOUND_WEBHOOK,
    "Sends a webhook events again, by their ids or all since a moment.";
    path: ObjectId, query: (), body: Redelivery: &REDELIVERY, example: r#"{"since":"2026-01-31T00:00:00.000Z"}"#,
    answer: Document<OutboundWebhook>: Answer::One(&OUTBOUND_WEBHOOK)
}

endpoint! {
    /// `deleteOutboundWebhook`.
    DeleteOutboundWebhook = &own::DELETE_OUTBOUND_WEBHOOK, "Deletes a webhook for ever.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(
    GetOutboundWebhookHistory = &own::GET_OUTBOUND_WEBHOOK_HISTORY,
    "Lists what happened to a webhook, deleted ones included, newest first."
);
