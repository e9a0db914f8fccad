//! Operations on attachments under their records, which Kustomer does not have.

use http::Method;

use super::super::{Operation, contract};

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $path:literal, $like:expr) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::GET,
            path: $path,
            success: 200,
            roles: contract::GET_CONVERSATION_ATTACHMENTS.roles,
            also: &[],
            tag: $like.tag,
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the attachments of a message.
    GET_MESSAGE_ATTACHMENTS = "getMessageAttachments", "/messages/{id}/attachments", contract::GET_MESSAGE
}

operation! {
    /// Lists the attachments of a note.
    GET_NOTE_ATTACHMENTS = "getNoteAttachments", "/notes/{id}/attachments", contract::GET_NOTE_BY_ID
}
