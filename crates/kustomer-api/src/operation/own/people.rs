//! Operations on API keys and role groups. Kustomer makes keys in its web application alone.

use http::Method;

use super::super::{Operation, contract};
use super::EVENT_READ;

macro_rules! of_keys {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $success:literal) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: $success,
            roles: contract::GET_AUTH_TOKENS.roles,
            also: &[],
            tag: contract::GET_AUTH_TOKENS.tag,
            public: false,
            deprecated: false,
        };
    };
}

of_keys! {
    /// Lists the org's API keys.
    GET_API_KEYS = "getApiKeys", GET "/auth/keys", 200
}

of_keys! {
    /// Makes an API key.
    CREATE_API_KEY = "createApiKey", POST "/auth/keys", 201
}

of_keys! {
    /// Makes another key of the same user.
    ROTATE_API_KEY = "rotateApiKey", POST "/auth/keys/{id}/rotate", 201
}

of_keys! {
    /// Revokes an API key.
    DELETE_API_KEY = "deleteApiKey", DELETE "/auth/keys/{id}", 204
}

/// What happened to a role group.
pub static GET_ROLE_GROUP_HISTORY: Operation = Operation {
    name: "getRoleGroupHistory",
    method: Method::GET,
    path: "/role-groups/{id}/history",
    success: 200,
    roles: contract::GET_ROLE_GROUP_BY_ID.roles,
    also: EVENT_READ,
    tag: contract::GET_ROLE_GROUP_BY_ID.tag,
    public: false,
    deprecated: false,
};

/// What happened to the settings of how people sign in.
pub static GET_AUTH_SETTINGS_HISTORY: Operation = Operation {
    name: "getAuthSettingsHistory",
    method: Method::GET,
    path: "/auth/settings/history",
    success: 200,
    roles: contract::GET_AUTH_SETTINGS.roles,
    also: EVENT_READ,
    tag: contract::GET_AUTH_SETTINGS.tag,
    public: false,
    deprecated: false,
};
