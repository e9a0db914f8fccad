//! The attributes of a customer that are answered and cannot be written. This is their only list: the refusal of a write and
//! `docs/compatibility.md` use it, and a test compares it with the answer.

use crate::schema::ReadOnly;

/// The attributes that are answered and never written. The answered attributes of another server can be sent to
/// `createCustomer` without these.
pub static READ_ONLY: &[ReadOnly] = &[
    ReadOnly::new("displayName", "it is derived from name, or else from the first identity: write those"),
    ReadOnly::new("firstName", "it is derived from name: write name"),
    ReadOnly::new("lastName", "it is derived from name: write name"),
    ReadOnly::new("displayColor", "it is picked when the customer is created"),
    ReadOnly::new("displayIcon", "it is picked when the customer is created"),
    ReadOnly::new("companyName", "it is derived from company: write company"),
    ReadOnly::new("sharedWhatsapps", "the API has no way to write it"),
    ReadOnly::new("smoochIds", "the API has no way to write it"),
    ReadOnly::new("activeUsers", "it is derived from who views the customer"),
    ReadOnly::new("watchers", "it is derived from who follows the customer"),
    ReadOnly::new("recentLocation", "it is derived from tracking"),
    ReadOnly::new("presence", "it is derived from chat sessions"),
    ReadOnly::new("updatedAt", "the server sets it with every change"),
    ReadOnly::new("modifiedAt", "the server sets it with every change by a user"),
    ReadOnly::new("lastMessageAt", FROM_MESSAGES),
    ReadOnly::new("lastMessageIn", FROM_MESSAGES),
    ReadOnly::new("lastMessageOut", FROM_MESSAGES),
    ReadOnly::new("lastMessageUnrespondedTo", FROM_MESSAGES),
    ReadOnly::new("preview", FROM_MESSAGES),
    ReadOnly::new("lastConversation", FROM_CONVERSATIONS),
    ReadOnly::new("conversationCounts", FROM_CONVERSATIONS),
    ReadOnly::new("progressiveStatus", FROM_CONVERSATIONS),
    ReadOnly::new("recentItems", "it is derived from the customer's custom objects"),
    ReadOnly::new("lostValues", "it is derived from the customers that were merged into this one"),
    ReadOnly::new("satisfactionLevel", "it is derived from the customer's satisfaction responses"),
    ReadOnly::new("verified", "it is derived from the identities, which have a verified each: write those"),
    ReadOnly::new("deleted", "delete and restore the customer to change it"),
    ReadOnly::new("erasedAt", "the server sets it when the customer is erased"),
    ReadOnly::new("unmaskingWindow", "it is opened by an operation of its own"),
    ReadOnly::new("roleGroupVersions", "the API has no way to write it"),
    ReadOnly::new("accessOverride", "the API has no way to write it"),
];

const FROM_MESSAGES: &str = "it is derived from the customer's messages";
const FROM_CONVERSATIONS: &str = "it is derived from the customer's conversations";
