//! Inbound webhooks. Kustomer serves the address that is posted to without documenting it among its operations
//! (`docs/contract/behaviour.md` §15.5); the others are ours.

use http::Method;

use super::super::Operation;
use super::EVENT_READ;

/// A post to a hook. The hash in the path is the credential.
pub static CREATE_WEB_HOOK_TRANSACTION: Operation = Operation {
    name: "createWebHookTransaction",
    method: Method::POST,
    path: "/hooks/web/{hash}",
    success: 200,
    roles: &[],
    also: &[],
    tag: "hooks",
    public: true,
    deprecated: false,
};

macro_rules! operation {
    (
        $(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $success:literal, $verb:literal
        $(, also $also:expr)?
    ) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: $success,
            roles: &[concat!("org.permission.hook.", $verb), "org.admin.hooks", "org.hooks"],
            also: operation!(@also $($also)?),
            tag: "inbound-webhooks",
            public: false,
            deprecated: false,
        };
    };
    (@also) => { &[] };
    (@also $also:expr) => { $also };
}

operation! {
    /// Lists the org's inbound webhooks.
    GET_INBOUND_WEBHOOKS = "getInboundWebhooks", GET "/inbound-webhooks", 200, "read"
}

operation! {
    /// One inbound webhook.
    GET_INBOUND_WEBHOOK = "getInboundWebhookById", GET "/inbound-webhooks/{id}", 200, "read"
}

operation! {
    /// The secret address of an inbound webhook, for those who may make one.
    GET_INBOUND_WEBHOOK_ADDRESS = "getInboundWebhookAddress", GET "/inbound-webhooks/{id}/address", 200, "create"
}

operation! {
    /// Makes an inbound webhook.
    CREATE_INBOUND_WEBHOOK = "createInboundWebhook", POST "/inbound-webhooks", 201, "create"
}

operation! {
    /// Changes an inbound webhook; `deleted` deletes and restores it.
    UPDATE_INBOUND_WEBHOOK = "updateInboundWebhook", PUT "/inbound-webhooks/{id}", 200, "update"
}

operation! {
    /// Deletes an inbound webhook.
    DELETE_INBOUND_WEBHOOK = "deleteInboundWebhook", DELETE "/inbound-webhooks/{id}", 204, "delete"
}

/// Erases the posts to an inbound webhook. As of all that cannot be undone, the role is one that no other operation on
/// these records grants.
pub static ERASE_INBOUND_WEBHOOK_POSTS: Operation = Operation {
    name: "eraseInboundWebhookPosts",
    method: Method::DELETE,
    path: "/inbound-webhooks/{id}/received",
    success: 204,
    roles: super::ERASE_CUSTOMER.roles,
    also: &[],
    tag: "inbound-webhooks",
    public: false,
    deprecated: false,
};

operation! {
    /// The post to an inbound webhook.
    GET_INBOUND_WEBHOOK_HISTORY = "getInboundWebhookHistory", GET "/inbound-webhooks/{id}/history", 200, "read",
    also EVENT_READ
}
