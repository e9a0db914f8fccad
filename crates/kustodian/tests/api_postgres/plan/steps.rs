//! The requests of a plan, in order: every operation in each of its forms that sends something else.

/// One request.
pub(super) struct Step {
    /// The operation, as the contract names it.
    pub(super) operation: &'static str,
    /// Which form of it.
    pub(super) what: &'static str,
    pub(super) method: &'static str,
    /// With `{name}` in place of a value of an earlier answer.
    pub(super) path: &'static str,
    /// JSON, likewise; empty for none.
    pub(super) body: &'static str,
    /// The status it must answer.
    pub(super) status: u16,
    /// A name for a value of the answer, and the JSON pointer to it.
    pub(super) keeps: Option<(&'static str, &'static str)>,
    /// The value of `Idempotency-Key`; empty for nothing.
    pub(super) key: &'static str,
    /// How many of these requests are sent at the same time.
    pub(super) together: usize,
}

impl Step {
    pub(super) const fn get(operation: &'static str, what: &'static str, path: &'static str) -> Self {
        Self { operation, what, method: "GET", path, body: "", status: 200, keeps: None, key: "", together: 1 }
    }

    const fn post(operation: &'static str, what: &'static str, path: &'static str, body: &'static str) -> Self {
        Self { body, ..Self::get(operation, what, path).by("POST") }
    }

    const fn by(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    const fn answering(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn under(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    const fn at_once(self, together: usize) -> Self {
        Self { together, ..self }
    }

    const fn keeping(self, name: &'static str, pointer: &'static str) -> Self {
        Self { keeps: Some((name, pointer)), ..self }
    }
}

const CREATE: &str = "createCustomer";
const PATCH: &str = "updateCustomerAttributes";
const LIST: &str = "getCustomers";
const SEARCH: &str = "customerSearch";
const BY_EMAIL: &str = r#"{"and":{"customer_email":{"equals":"a@acme.example"}}}"#;
const IN_ORDER: &str = r#"{"and":{},"sort":{"customer_updated_at":"desc"}}"#;
const ALL: &str = "/v1/customers";
const ONE: &str = "/v1/customers/{customer}";

/// What sends nothing but the question whose key it is.
pub(super) static ROLES: Step = Step::get("getAuthRoles", "", "/v1/auth/roles");

/// All of them.
pub(super) static STEPS: &[Step] = &[
    Step::post(CREATE, "no identity, no tag", ALL, r#"{"name":"A"}"#).answering(201),
    Step::post(CREATE, "five identities", ALL, IDENTIFIED).answering(201).keeping("customer", "/data/id"),
    Step::post(CREATE, "a new tag", ALL, r#"{"tags":["t1"]}"#).answering(201).keeping("tag", "/data/attributes/tags/0"),
    Step::post(CREATE, "a tag there is, by name", ALL, r#"{"tags":["t1"]}"#).answering(201),
    Step::post(CREATE, "a tag there is, by id", ALL, r#"{"tags":["{tag}"]}"#).answering(201),
    Step::post(CREATE, "an identity that is taken", ALL, r#"{"externalId":"x1"}"#).answering(409),
    Step::post(CREATE, "with an idempotency key", ALL, r#"{"name":"K"}"#).answering(201).under("plan-1"),
    Step::post(CREATE, "with the same key again", ALL, r#"{"name":"K"}"#).answering(201).under("plan-1"),
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
    Step::post(PATCH, "eight at the same time, all together", ONE, r#"{"name":"E"}"#).by("PATCH").at_once(8),
    Step::post("updateCustomer", "", ONE, r#"{"name":"D"}"#).by("PUT"),
    Step::post("updateCustomer", "replacing all", "/v1/customers/{customer}?replace=true", IDENTIFIED).by("PUT"),
    Step::get(LIST, "first page and total", "/v1/customers?pageSize=2"),
    Step::get(LIST, "a page further down", "/v1/customers?pageSize=2&page=2&sort=-updatedAt"),
    Step::get(LIST, "by cursor, first page", "/v1/customers?cursor=*&pageSize=2")
        .keeping("cursor", "/meta/cursor/next"),
    Step::get("getMessagesByCustomer", "", "/v1/customers/{customer}/messages"),
    Step::get("getCustomerById", "a revision", "/v1/customers/{customer}?rev=2"),
    Step::get("getCustomerById", "as of a moment", "/v1/customers/{customer}?asOf=9999-01-01"),
    Step::get("getCustomerHistory", "", "/v1/customers/{customer}/history"),
    Step::get("getEvents", "the feed", "/v1/events?pageSize=2"),
    Step::get("getAuditLogs", "", "/v1/audit-logs"),
    Step::post(SEARCH, "by a word", "/v1/customers/search", r#"{"and":{"customer_name":{"contains":"a"}}}"#),
    Step::post(SEARCH, "by an identity", "/v1/customers/search", BY_EMAIL),
    Step::post(SEARCH, "everything, in an order", "/v1/customers/search", IN_ORDER),
    Step::post("customerArchiveSearch", "", "/v1/customers/archive/search", r#"{"and":{}}"#),
    Step::get("deleteCustomer", "five identities", ONE).by("DELETE").answering(204),
    Step::post("restoreCustomer", "five identities", "/v1/customers/{customer}/restore", "{}"),
    Step::post("eraseCustomer", "five identities", "/v1/customers/{customer}/erase", "{}").answering(204),
    Step::get("getTags", "", "/v1/tags"),
    Step::get("getTagById", "", "/v1/tags/{tag}"),
    Step::get("getCurrentUser", "", "/v1/users/current").keeping("user", "/data/id"),
    Step::get("getUserById", "", "/v1/users/{user}"),
    Step::get("getUsers", "", "/v1/users"),
    Step::post("createTeam", "", "/v1/teams", r#"{"name":"A","icon":"sun"}"#)
        .answering(201)
        .keeping("team", "/data/id"),
    Step::get("getTeamById", "", "/v1/teams/{team}"),
    Step::get("getTeams", "", "/v1/teams"),
    Step::post("updateTeamAttributes", "", "/v1/teams/{team}", r#"{"name":"B"}"#).by("PATCH"),
    Step::post("createShortcut", "", "/v1/shortcuts", r#"{"name":"A"}"#).answering(201).keeping("shortcut", "/data/id"),
    Step::get("getShortcuts", "", "/v1/shortcuts"),
    Step::post("updateShortcut", "", "/v1/shortcuts/{shortcut}", r#"{"name":"B"}"#).by("PUT"),
    Step::get("getCurrentAuthToken", "", "/v1/auth/tokens/current").keeping("token", "/data/id"),
    Step::get("getAuthTokens", "", "/v1/auth/tokens"),
    Step::get("getAuthTokenById", "", "/v1/auth/tokens/{token}"),
    Step::get("getAuthRoles", "", "/v1/auth/roles"),
];

/// A customer that holds five identities.
const IDENTIFIED: &str = r#"{"name":"A","externalId":"x1","emails":[{"email":"a@acme.example"}],
    "phones":[{"phone":"+18005551212"}],"socials":[{"type":"twitter","userid":"1","username":"a"}]}"#;
