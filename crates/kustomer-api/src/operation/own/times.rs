//! Operations on conversation times. Kustomer lists those of a conversation, and reads some by their ids.

use http::Method;

use super::super::{Operation, contract};
use super::EVENT_READ;

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $path:literal, $also:expr) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::GET,
            path: $path,
            success: 200,
            roles: contract::GET_CONVERSATION_TIME_BY_IDS.roles,
            also: $also,
            tag: contract::GET_CONVERSATION_TIME_BY_IDS.tag,
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the org's conversation times.
    GET_CONVERSATION_TIMES = "getConversationTimes", "/conversations/times", &[]
}

operation! {
    /// One conversation time: the contract has it as another form of `getConversationTimeByIds`.
    GET_CONVERSATION_TIME_BY_ID = "getConversationTimeById", "/conversations/times/{id}", &[]
}

operation! {
    /// What happened to a conversation time.
    GET_CONVERSATION_TIME_HISTORY = "getConversationTimeHistory", "/conversations/times/{id}/history", EVENT_READ
}
