//! Operations Kustomer serves without documenting them, or that only Kustodian has. Their roles are chosen after the
//! pattern of the documented ones and listed in `docs/compatibility.md`.

mod attachments;
mod bulk;
mod drafts;
mod forwards;
mod inbound_webhooks;
mod merges;
mod outbound_webhooks;
mod people;
mod settings;
mod times;

use http::Method;

pub use self::attachments::*;
pub use self::bulk::*;
pub use self::drafts::*;
pub use self::forwards::*;
pub use self::inbound_webhooks::*;
pub use self::merges::*;
pub use self::outbound_webhooks::*;
pub use self::people::*;
pub use self::settings::*;
pub use self::times::*;

use super::{Operation, contract};

/// All of them.
pub static OPERATIONS: &[&Operation] = &[
    &GET_MULTIPLE_CUSTOMERS_BY_IDS,
    &RESTORE_CUSTOMER,
    &ERASE_CUSTOMER,
    &GET_CUSTOMER_HISTORY,
    &GET_CUSTOMER_MERGES,
    &UNDO_CUSTOMER_MERGE,
    &GET_CUSTOMER_MERGE_HISTORY,
    &GET_CUSTOMER_DUPLICATES,
    &GET_COMPANY_HISTORY,
    &GET_TAG_HISTORY,
    &GET_TEAM_HISTORY,
    &GET_SHORTCUT_HISTORY,
    &GET_USER_HISTORY,
    &GET_ROLE_GROUP_HISTORY,
    &GET_AUTH_SETTINGS_HISTORY,
    &GET_API_KEYS,
    &CREATE_API_KEY,
    &ROTATE_API_KEY,
    &DELETE_API_KEY,
    &RESTORE_KLASS,
    &RESTORE_KOBJECT,
    &GET_KLASS_HISTORY,
    &GET_KOBJECT_HISTORY,
    &GET_MULTIPLE_CONVERSATIONS_BY_IDS,
    &GET_CONVERSATION_HISTORY,
    &GET_CONVERSATION_TIMES,
    &GET_CONVERSATION_TIME_BY_ID,
    &GET_CONVERSATION_TIME_HISTORY,
    &GET_MESSAGE_HISTORY,
    &GET_NOTE_HISTORY,
    &GET_EVENTS,
    &GET_TAGS,
    &GET_TAG_BY_ID,
    &GET_KLASS_BY_NAME,
    &GET_CURRENT_ORG,
    &GET_ORG_BY_ID,
    &GET_SHORTCUTS,
    &GET_SHORTCUT_BY_ID,
    &CREATE_SHORTCUT,
    &UPDATE_SHORTCUT,
    &DELETE_SHORTCUT,
    &GET_DRAFTS,
    &CREATE_DRAFT,
    &GET_DRAFT_BY_ID,
    &GET_DRAFT_HISTORY,
    &GET_OUTBOX,
    &GET_DELIVERY,
    &GET_DELIVERY_HISTORY,
    &GET_ATTACHMENTS,
    &GET_MULTIPLE_ATTACHMENTS_BY_IDS,
    &GET_ATTACHMENT_HISTORY,
    &GET_MESSAGE_ATTACHMENTS,
    &GET_NOTE_ATTACHMENTS,
    &GET_FORWARDS,
    &CREATE_FORWARD,
    &GET_FORWARD_HISTORY,
    &GET_MEDIA,
    &GET_MULTIPLE_MEDIA_BY_IDS,
    &GET_MEDIA_HISTORY,
    &GET_BULK_JOBS,
    &GET_BULK_JOB,
    &GET_BULK_BATCHES,
    &GET_BULK_HISTORY,
    &GET_METADATA,
    &GET_METADATA_HISTORY,
    &GET_OUTBOUND_WEBHOOKS,
    &GET_OUTBOUND_WEBHOOK,
    &GET_OUTBOUND_WEBHOOK_EVENTS,
    &GET_OUTBOUND_WEBHOOK_TRANSACTIONS,
    &CREATE_OUTBOUND_WEBHOOK,
    &UPDATE_OUTBOUND_WEBHOOK,
    &REDELIVER_OUTBOUND_WEBHOOK,
    &DELETE_OUTBOUND_WEBHOOK,
    &GET_OUTBOUND_WEBHOOK_HISTORY,
    &CREATE_WEB_HOOK_TRANSACTION,
    &GET_INBOUND_WEBHOOKS,
    &GET_INBOUND_WEBHOOK,
    &GET_INBOUND_WEBHOOK_ADDRESS,
    &CREATE_INBOUND_WEBHOOK,
    &UPDATE_INBOUND_WEBHOOK,
    &DELETE_INBOUND_WEBHOOK,
    &ERASE_INBOUND_WEBHOOK_POSTS,
    &GET_INBOUND_WEBHOOK_HISTORY,
    &GET_BRAND_HISTORY,
    &GET_SCHEDULE_HISTORY,
    &GET_SPAM_SENDER_BY_ID,
    &GET_SPAM_SENDER_HISTORY,
    &GET_SATISFACTION_BY_ID,
    &CREATE_SATISFACTION,
    &UPDATE_SATISFACTION,
    &GET_SATISFACTION_HISTORY,
    &GET_SLAS,
    &CREATE_SLA,
    &UPDATE_SLA,
    &GET_SLA_HISTORY,
    &GET_ROUTING_QUEUES,
    &GET_ROUTING_QUEUE_BY_ID,
    &CREATE_ROUTING_QUEUE,
    &UPDATE_ROUTING_QUEUE,
    &DELETE_ROUTING_QUEUE,
    &GET_ROUTING_QUEUE_HISTORY,
    &GET_SAVED_SEARCHES,
    &GET_SAVED_SEARCH_BY_ID,
    &CREATE_SAVED_SEARCH,
    &UPDATE_SAVED_SEARCH,
    &DELETE_SAVED_SEARCH,
    &GET_SAVED_SEARCH_EXECUTION,
    &EXECUTE_SAVED_SEARCH,
    &GET_SAVED_SEARCH_HISTORY,
];

/// The roles that let one see what happened: those of the contract's event operations.
pub const EVENT_READ: &[&str] = &["org.user.event.read", "org.permission.event.read"];

/// The roles that let one see customers.
const CUSTOMER_READ: &[&str] = &["org.user.customer.read", "org.permission.customer.read"];

/// Several customers by their ids. The contract has the same for users and conversations.
pub static GET_MULTIPLE_CUSTOMERS_BY_IDS: Operation = Operation {
    name: "getMultipleCustomersByIds",
    method: Method::GET,
    path: "/customers/{ids}",
    success: 200,
    roles: CUSTOMER_READ,
    also: &[],
    tag: "customers",
    public: false,
    deprecated: false,
};

/// Brings a deleted customer back.
pub static RESTORE_CUSTOMER: Operation = Operation {
    name: "restoreCustomer",
    method: Method::POST,
    path: "/customers/{id}/restore",
    success: 200,
    roles: &["org.user.customer.write", "org.permission.customer.update"],
    also: &[],
    tag: "customers",
    public: false,
    deprecated: false,
};

/// Restores a deleted klass, by its id.
pub static RESTORE_KLASS: Operation = Operation {
    name: "restoreKlass",
    method: Method::POST,
    path: "/klasses/{id}/restore",
    success: 200,
    roles: contract::UPDATE_KLASS.roles,
    also: &[],
    tag: contract::UPDATE_KLASS.tag,
    public: false,
    deprecated: false,
};

/// Restores a deleted kobject.
pub static RESTORE_KOBJECT: Operation = Operation {
    name: "restoreKObject",
    method: Method::POST,
    path: "/klasses/{name}/{id}/restore",
    success: 200,
    roles: contract::UPDATE_KOBJECT.roles,
    also: &[],
    tag: contract::UPDATE_KOBJECT.tag,
    public: false,
    deprecated: false,
};

/// Erases a customer for ever. What cannot be undone wants a role that no other operation on customers grants.
pub static ERASE_CUSTOMER: Operation = Operation {
    name: "eraseCustomer",
    method: Method::POST,
    path: "/customers/{id}/erase",
    success: 204,
    roles: &["org.admin"],
    also: &[],
    tag: "customers",
    public: false,
    deprecated: false,
};

/// Declares the operation that lists what happened to a record of a kind. It asks for the roles of the kind's read, and
/// for those of events besides.
macro_rules! history {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $path:literal, $read:expr) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::GET,
            path: $path,
            success: 200,
            roles: $read.roles,
            also: EVENT_READ,
            tag: $read.tag,
            public: false,
            deprecated: false,
        };
    };
}

history! {
    /// What happened to a customer.
    GET_CUSTOMER_HISTORY = "getCustomerHistory", "/customers/{id}/history", contract::GET_CUSTOMER_BY_ID
}

history! {
    /// What happened to a company.
    GET_COMPANY_HISTORY = "getCompanyHistory", "/companies/{id}/history", contract::GET_COMPANY_BY_ID
}

history! {
    /// What happened to a tag.
    GET_TAG_HISTORY = "getTagHistory", "/tags/{id}/history", GET_TAG_BY_ID
}

history! {
    /// What happened to a team.
    GET_TEAM_HISTORY = "getTeamHistory", "/teams/{id}/history", contract::GET_TEAM_BY_ID
}

history! {
    /// What happened to a shortcut.
    GET_SHORTCUT_HISTORY = "getShortcutHistory", "/shortcuts/{id}/history", GET_SHORTCUT_BY_ID
}

history! {
    /// What happened to a user.
    GET_USER_HISTORY = "getUserHistory", "/users/{id}/history", contract::GET_USER_BY_ID
}

history! {
    /// What happened to a klass.
    GET_KLASS_HISTORY = "getKlassHistory", "/klasses/{id}/history", contract::GET_KLASS
}

history! {
    /// What happened to a kobject.
    GET_KOBJECT_HISTORY = "getKObjectHistory", "/klasses/{name}/{id}/history", contract::GET_KOBJECT
}

history! {
    /// What happened to a conversation.
    GET_CONVERSATION_HISTORY = "getConversationHistory", "/conversations/{id}/history", contract::GET_CONVERSATION
}

history! {
    /// What happened to a message.
    GET_MESSAGE_HISTORY = "getMessageHistory", "/messages/{id}/history", contract::GET_MESSAGE
}

history! {
    /// What happened to a note.
    GET_NOTE_HISTORY = "getNoteHistory", "/notes/{id}/history", contract::GET_NOTE_BY_ID
}

/// Several conversations by their ids: the contract has it as another form of `getConversation`.
pub static GET_MULTIPLE_CONVERSATIONS_BY_IDS: Operation = Operation {
    name: "getMultipleConversationsByIds",
    method: Method::GET,
    path: "/conversations/{ids}",
    success: 200,
    roles: contract::GET_CONVERSATION.roles,
    also: &[],
    tag: contract::GET_CONVERSATION.tag,
    public: false,
    deprecated: false,
};

history! {
    /// What happened to a draft.
    GET_DRAFT_HISTORY = "getDraftHistory", "/drafts/{id}/history", GET_DRAFT_BY_ID
}

history! {
    /// What happened to a delivery.
    GET_DELIVERY_HISTORY = "getDeliveryHistory", "/outbox/{id}/history", GET_DELIVERY
}

history! {
    /// What happened to a forward.
    GET_FORWARD_HISTORY = "getForwardHistory", "/forwards/{id}/history", contract::GETA_DRAFT_FORWARD_BY_ID
}

history! {
    /// What happened to an attachment.
    GET_ATTACHMENT_HISTORY = "getAttachmentHistory", "/attachments/{id}/history", contract::GET_ATTACHMENTS_BY_ID
}

history! {
    /// What happened to media.
    GET_MEDIA_HISTORY = "getMediaHistory", "/media/{id}/history", contract::GET_MEDIABY_ID
}

history! {
    /// What happened to a bulk job.
    GET_BULK_HISTORY = "getBulkHistory", "/bulk/{id}/history", GET_BULK_JOB
}

/// Lists the metadata that was written.
pub static GET_METADATA: Operation = Operation {
    name: "getMetadata",
    method: Method::GET,
    path: "/metadata",
    success: 200,
    roles: contract::GET_CUSTOM_ATTRIBUTE_METADATA.roles,
    also: &[],
    tag: contract::GET_CUSTOM_ATTRIBUTE_METADATA.tag,
    public: false,
    deprecated: false,
};

history! {
    /// What happened to the metadata of a kind of record.
    GET_METADATA_HISTORY = "getMetadataHistory", "/metadata/{resource}/history", contract::GET_CUSTOM_ATTRIBUTE_METADATA
}

/// What happened to all records of the kinds whose own roles the caller holds.
pub static GET_EVENTS: Operation = Operation {
    name: "getEvents",
    method: Method::GET,
    path: "/events",
    success: 200,
    roles: EVENT_READ,
    also: &[],
    tag: "events",
    public: false,
    deprecated: false,
};

/// Lists the org's tags.
pub static GET_TAGS: Operation = Operation {
    name: "getTags",
    method: Method::GET,
    path: "/tags",
    success: 200,
    roles: &["org.user.tag.read", "org.permission.tag.read"],
    also: &[],
    tag: "tags",
    public: false,
    deprecated: false,
};

/// One tag.
pub static GET_TAG_BY_ID: Operation = Operation {
    name: "getTagById",
    method: Method::GET,
    path: "/tags/{id}",
    success: 200,
    roles: &["org.user.tag.read", "org.permission.tag.read"],
    also: &[],
    tag: "tags",
    public: false,
    deprecated: false,
};

/// A klass by its name: a path without `name=` lists the klass's kobjects.
pub static GET_KLASS_BY_NAME: Operation = Operation {
    name: "getKlassByName",
    method: Method::GET,
    path: "/klasses/name={name}",
    success: 200,
    roles: &["org.user.klass.read", "org.admin.klass.read", "org.permission.klass.read"],
    also: &[],
    tag: "klasses",
    public: false,
    deprecated: false,
};

/// The org of the credential, without its id.
pub static GET_CURRENT_ORG: Operation = Operation {
    name: "getCurrentOrg",
    method: Method::GET,
    path: "/orgs/current",
    success: 200,
    roles: GET_ORG_BY_ID.roles,
    also: &[],
    tag: "orgs",
    public: false,
    deprecated: false,
};

/// The org of the credential; every other org answers 404.
pub static GET_ORG_BY_ID: Operation = Operation {
    name: "getOrgById",
    method: Method::GET,
    path: "/orgs/{id}",
    success: 200,
    roles: &["org.user.org.read", "org.permission.org.read"],
    also: &[],
    tag: "orgs",
    public: false,
    deprecated: false,
};

/// Lists the org's shortcuts.
pub static GET_SHORTCUTS: Operation = Operation {
    name: "getShortcuts",
    method: Method::GET,
    path: "/shortcuts",
    success: 200,
    roles: &["org.user.shortcut.read", "org.permission.shortcut.read"],
    also: &[],
    tag: "shortcuts",
    public: false,
    deprecated: false,
};

/// One shortcut.
pub static GET_SHORTCUT_BY_ID: Operation = Operation {
    name: "getShortcutById",
    method: Method::GET,
    path: "/shortcuts/{id}",
    success: 200,
    roles: &["org.user.shortcut.read", "org.permission.shortcut.read"],
    also: &[],
    tag: "shortcuts",
    public: false,
    deprecated: false,
};

/// Makes a shortcut.
pub static CREATE_SHORTCUT: Operation = Operation {
    name: "createShortcut",
    method: Method::POST,
    path: "/shortcuts",
    success: 201,
    roles: &["org.user.shortcut.write", "org.permission.shortcut.create"],
    also: &[],
    tag: "shortcuts",
    public: false,
    deprecated: false,
};

/// Changes a shortcut.
pub static UPDATE_SHORTCUT: Operation = Operation {
    name: "updateShortcut",
    method: Method::PUT,
    path: "/shortcuts/{id}",
    success: 200,
    roles: &["org.user.shortcut.write", "org.permission.shortcut.update"],
    also: &[],
    tag: "shortcuts",
    public: false,
    deprecated: false,
};

/// Deletes a shortcut.
pub static DELETE_SHORTCUT: Operation = Operation {
    name: "deleteShortcut",
    method: Method::DELETE,
    path: "/shortcuts/{id}",
    success: 204,
    roles: &["org.user.shortcut.delete", "org.permission.shortcut.delete"],
    also: &[],
    tag: "shortcuts",
    public: false,
    deprecated: false,
};

/// Lists the org's attachments.
pub static GET_ATTACHMENTS: Operation = Operation {
    name: "getAttachments",
    method: Method::GET,
    path: "/attachments",
    success: 200,
    roles: contract::GET_ATTACHMENTS_BY_ID.roles,
    also: &[],
    tag: contract::GET_ATTACHMENTS_BY_ID.tag,
    public: false,
    deprecated: false,
};

/// Several attachments by their ids: `getAttachmentsById` takes them joined by commas.
pub static GET_MULTIPLE_ATTACHMENTS_BY_IDS: Operation = Operation {
    name: "getMultipleAttachmentsByIds",
    method: Method::GET,
    path: "/attachments/{ids}",
    success: 200,
    roles: contract::GET_ATTACHMENTS_BY_ID.roles,
    also: &[],
    tag: contract::GET_ATTACHMENTS_BY_ID.tag,
    public: false,
    deprecated: false,
};

/// Lists the org's media.
pub static GET_MEDIA: Operation = Operation {
    name: "getMedia",
    method: Method::GET,
    path: "/media",
    success: 200,
    roles: contract::GET_MEDIABY_ID.roles,
    also: &[],
    tag: contract::GET_MEDIABY_ID.tag,
    public: false,
    deprecated: false,
};

/// Several media by their ids: `getMediabyId` takes them joined by commas.
pub static GET_MULTIPLE_MEDIA_BY_IDS: Operation = Operation {
    name: "getMultipleMediaByIds",
    method: Method::GET,
    path: "/media/{ids}",
    success: 200,
    roles: contract::GET_MEDIABY_ID.roles,
    also: &[],
    tag: contract::GET_MEDIABY_ID.tag,
    public: false,
    deprecated: false,
};
