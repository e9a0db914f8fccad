//! Operations Kustomer serves without documenting them, or that only Kustodian has. Their roles are chosen after the
//! pattern of the documented ones and listed in `docs/compatibility.md`.

use http::Method;

use super::Operation;

/// All of them.
pub static OPERATIONS: &[&Operation] = &[&RESTORE_CUSTOMER, &GET_TAGS, &GET_TAG_BY_ID, &GET_ORG_BY_ID];

/// Brings a deleted customer back.
pub static RESTORE_CUSTOMER: Operation = Operation {
    name: "restoreCustomer",
    method: Method::POST,
    path: "/customers/{id}/restore",
    success: 200,
    roles: &["org.user.customer.write", "org.permission.customer.update"],
    tag: "customers",
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
    tag: "tags",
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
    tag: "orgs",
    public: false,
    deprecated: false,
};
