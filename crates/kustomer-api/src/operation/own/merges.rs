//! Operations on merges of customers that Kustomer does not have.

use http::Method;

use super::super::{Operation, contract};
use super::EVENT_READ;

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $roles:expr, $also:expr) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: 200,
            roles: $roles,
            also: $also,
            tag: contract::GET_CUSTOMER_MERGE.tag,
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the org's merges.
    GET_CUSTOMER_MERGES = "getCustomerMerges", GET "/customers/merges", contract::GET_CUSTOMER_MERGE.roles, &[]
}

operation! {
    /// Undoes a merge. Who may merge may undo.
    UNDO_CUSTOMER_MERGE = "undoCustomerMerge", POST "/customers/merges/{id}/undo",
    contract::CREATE_CUSTOMER_MERGE.roles, &[]
}

operation! {
    /// What happened to a merge.
    GET_CUSTOMER_MERGE_HISTORY = "getCustomerMergeHistory", GET "/customers/merges/{id}/history",
    contract::GET_CUSTOMER_MERGE.roles, EVENT_READ
}

operation! {
    /// Customers who may be the same person.
    GET_CUSTOMER_DUPLICATES = "getCustomerDuplicates", GET "/customers/{id}/duplicates",
    contract::GET_CUSTOMER_BY_ID.roles, &[]
}
