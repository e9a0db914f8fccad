//! Outbound webhooks. Kustomer serves most of these without documenting them among its operations
//! (`docs/contract/behaviour.md` §15); `update`, `redeliver` and the history are ours.

use http::Method;

use super::super::Operation;
use super::EVENT_READ;

/// The roles of §15.1 for a verb.
macro_rules! roles {
    ($verb:literal) => {
        &["org.admin.outbound_webhooks", "org.outbound_webhooks", concat!("org.permission.outbound_webhook.", $verb)]
    };
}

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $success:literal, $verb:literal) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: $success,
            roles: roles!($verb),
            also: &[],
            tag: "outbound-webhooks",
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the org's webhooks.
    GET_OUTBOUND_WEBHOOKS = "getOutboundWebhooks", GET "/outbound-webhooks", 200, "read"
}

operation! {
    /// One webhook.
    GET_OUTBOUND_WEBHOOK = "getOutboundWebhookById", GET "/outbound-webhooks/{id}", 200, "read"
}

operation! {
    /// The names of the events that a webhook can be sent.
    GET_OUTBOUND_WEBHOOK_EVENTS = "getOutboundWebhookEvents", GET "/outbound-webhooks/events", 200, "read"
}

operation! {
    /// The last deliveries of a webhook.
    GET_OUTBOUND_WEBHOOK_TRANSACTIONS = "getOutboundWebhookTransactions",
    GET "/outbound-webhooks/{id}/transactions", 200, "read"
}

operation! {
    /// Makes a webhook.
    CREATE_OUTBOUND_WEBHOOK = "createOutboundWebhook", POST "/outbound-webhooks", 201, "create"
}

operation! {
    /// Changes a webhook.
    UPDATE_OUTBOUND_WEBHOOK = "updateOutboundWebhook", PUT "/outbound-webhooks/{id}", 200, "update"
}

operation! {
    /// Sends a webhook events that it was sent before.
    REDELIVER_OUTBOUND_WEBHOOK = "redeliverOutboundWebhook", POST "/outbound-webhooks/{id}/redeliveries", 200, "update"
}

operation! {
    /// Deletes a webhook.
    DELETE_OUTBOUND_WEBHOOK = "deleteOutboundWebhook", DELETE "/outbound-webhooks/{id}", 204, "delete"
}

/// What happened to a webhook.
pub static GET_OUTBOUND_WEBHOOK_HISTORY: Operation = Operation {
    name: "getOutboundWebhookHistory",
    method: Method::GET,
    path: "/outbound-webhooks/{id}/history",
    success: 200,
    roles: roles!("read"),
    also: EVENT_READ,
    tag: "outbound-webhooks",
    public: false,
    deprecated: false,
};
