//! Operations on forwards that Kustomer does not have.

use http::Method;

use super::super::{Operation, contract};

/// Lists the org's forwards.
pub static GET_FORWARDS: Operation = Operation {
    name: "getForwards",
    method: Method::GET,
    path: "/forwards",
    success: 200,
    roles: contract::GETA_DRAFT_FORWARD_BY_ID.roles,
    also: &[],
    tag: contract::GETA_DRAFT_FORWARD_BY_ID.tag,
    public: false,
    deprecated: false,
};

/// Writes a forward of the conversation that the body names.
pub static CREATE_FORWARD: Operation = Operation {
    name: "createForward",
    method: Method::POST,
    path: "/forwards",
    success: 201,
    roles: contract::CREATE_FORWARD_BY_CONVERSATION.roles,
    also: &[],
    tag: contract::GETA_DRAFT_FORWARD_BY_ID.tag,
    public: false,
    deprecated: false,
};
