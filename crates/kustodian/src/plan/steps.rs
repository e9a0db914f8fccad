//! What is asked of the server for a plan, in order: every operation in each of its forms that sends something else.

/// One request.
pub(super) struct Step {
    /// The operation, as the contract names it.
    pub(super) operation: &'static str,
    /// Which form of it.
    pub(super) what: &'static str,
    pub(super) method: &'static str,
    /// With `{name}` where an earlier answer's value goes.
    pub(super) path: &'static str,
    /// JSON, likewise; empty for none.
    pub(super) body: &'static str,
    /// The status it must answer.
    pub(super) status: u16,
    /// A name for a value of the answer, and where in it that stands.
    pub(super) keeps: Option<(&'static str, &'static str)>,
}

impl Step {
    pub(super) const fn get(operation: &'static str, what: &'static str, path: &'static str) -> Self {
        Self { operation, what, method: "GET", path, body: "", status: 200, keeps: None }
    }

    const fn post(operation: &'static str, what: &'static str, path: &'static str, body: &'static str) -> Self {
        Self { operation, what, method: "POST", path, body, status: 200, keeps: None }
    }

    const fn by(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn keeping(self, name: &'static str, pointer: &'static str) -> Self {
        Self { keeps: Some((name, pointer)), ..self }
    }
}

const CREATE: &str = "createCustomer";
const PATCH: &str = "updateCustomerAttributes";
const LIST: &str = "getCustomers";
const ALL: &str = "/v1/customers";
const ONE: &str = "/v1/customers/{customer}";

/// All of them.
pub(super) const STEPS: &[Step] = &[
    Step::post(CREATE, "no identity, no tag", ALL, r#"{"name":"A"}"#).answering(201),
    Step::post(CREATE, "five identities", ALL, IDENTIFIED).answering(201).keeping("customer", "/data/id"),
    Step::post(CREATE, "a new tag", ALL, r#"{"tags":["t1"]}"#).answering(201).keeping("tag", "/data/attributes/tags/0"),
    Step::post(CREATE, "a tag there is, by name", ALL, r#"{"tags":["t1"]}"#).answering(201),
    Step::post(CREATE, "a tag there is, by id", ALL, r#"{"tags":["{tag}"]}"#).answering(201),
    Step::post(CREATE, "an identity that is taken", ALL, r#"{"externalId":"x1"}"#).answering(409),
    Step::get("getCustomerById", "", ONE),
    Step::get("getCustomerById", "there is none", "/v1/customers/5c7d1a1f9a1b2c0010a1b2c3").answering(404),
    Step::get("getCustomerByEmail", "", "/v1/customers/email=a@acme.example"),
    Step::get("getCustomerByEmail", "there is none", "/v1/customers/email=b@acme.example").answering(404),
    Step::get("getCustomerByPhone", "", "/v1/customers/phone=%2B18005551212"),
    Step::get("getCustomerByExternalId", "", "/v1/customers/externalId=x1"),
    Step::post(PATCH, "no identity", ONE, r#"{"name":"B"}"#).by("PATCH"),
    Step::post(PATCH, "an identity for another", ONE, r#"{"externalId":"x2"}"#).by("PATCH"),
    Step::post(PATCH, "a new tag", ONE, r#"{"tags":["t2"]}"#).by("PATCH"),
    Step::post(PATCH, "a stale rev", ONE, r#"{"name":"C","rev":1}"#).by("PATCH").answering(409),
    Step::post("updateCustomer", "", ONE, r#"{"name":"D"}"#).by("PUT"),
    Step::post("updateCustomer", "replacing all", "/v1/customers/{customer}?replace=true", IDENTIFIED).by("PUT"),
    Step::get(LIST, "first page and total", "/v1/customers?pageSize=2"),
    Step::get(LIST, "a page further down", "/v1/customers?pageSize=2&page=2&sort=-updatedAt"),
    Step::get(LIST, "total alone", "/v1/customers?pageSize=0"),
    Step::get(LIST, "by cursor, first page", "/v1/customers?cursor=*&pageSize=2")
        .keeping("cursor", "/meta/cursor/next"),
    Step::get("getMessagesByCustomer", "", "/v1/customers/{customer}/messages"),
    Step::get("deleteCustomer", "five identities", ONE).by("DELETE").answering(204),
    Step::post("restoreCustomer", "five identities", "/v1/customers/{customer}/restore", "{}"),
    Step::get("getTags", "", "/v1/tags"),
    Step::get("getTagById", "", "/v1/tags/{tag}"),
    Step::get("getCurrentUser", "", "/v1/users/current").keeping("user", "/data/id"),
    Step::get("getUserById", "", "/v1/users/{user}"),
    Step::get("getCurrentAuthToken", "", "/v1/auth/tokens/current").keeping("token", "/data/id"),
    Step::get("getAuthTokens", "", "/v1/auth/tokens"),
    Step::get("getAuthTokenById", "", "/v1/auth/tokens/{token}"),
    Step::get("getAuthRoles", "", "/v1/auth/roles"),
];

/// A customer that holds five identities.
const IDENTIFIED: &str = r#"{"name":"A","externalId":"x1","emails":[{"email":"a@acme.example"}],
    "phones":[{"phone":"+18005551212"}],"socials":[{"type":"twitter","userid":"1","username":"a"}]}"#;
