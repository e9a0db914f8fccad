//! Operations on drafts and on the outbox. Kustomer has those of drafts under customers alone, and no outbox.

use http::Method;

use super::super::{Operation, contract};

/// The roles that let one see drafts, and what became of them.
const DRAFT_READ: &[&str] = contract::GET_ALL_DRAFTS_BY_CUSTOMER.roles;

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $success:literal, $roles:expr) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: $success,
            roles: $roles,
            also: &[],
            tag: contract::UPDATE_DRAFT.tag,
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the org's drafts.
    GET_DRAFTS = "getDrafts", GET "/drafts", 200, DRAFT_READ
}

operation! {
    /// Writes a draft to the customer that the body names.
    CREATE_DRAFT = "createDraft", POST "/drafts", 201, contract::CREATE_DRAFT_BY_CUSTOMER.roles
}

operation! {
    /// One draft.
    GET_DRAFT_BY_ID = "getDraftById", GET "/drafts/{id}", 200, DRAFT_READ
}

operation! {
    /// Lists the org's deliveries.
    GET_OUTBOX = "getOutbox", GET "/outbox", 200, DRAFT_READ
}

operation! {
    /// One delivery.
    GET_DELIVERY = "getDelivery", GET "/outbox/{id}", 200, DRAFT_READ
}
