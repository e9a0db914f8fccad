//! Customers, users, teams and what they use.

use kustomer_api::Endpoint;
use kustomer_api::search::CustomerSearchIds;
use serde_json::{Value, json};

use super::{Walker, id, through};
use crate::roles::PASSWORD;
use crate::server::full_customer;

/// Customers with everything, with nothing, changed, replaced, deleted, restored and erased.
pub(super) fn write_customers(walker: &mut Walker<'_>) {
    let create = |walker: &mut Walker<'_>, body| walker.ask("createCustomer", "/v1/customers", Some(body)).body;
    let full = create(walker, full_customer());
    let least = create(walker, json!({}));
    let former = create(walker, json!({ "name": "Former", "tags": ["vip"], "emails": [{ "email": "f@b.c" }] }));
    let path = |customer: &Value| customer["data"]["links"]["self"].as_str().unwrap().to_owned();

    let cleared = json!({ "name": null, "birthdayAt": null, "emails": [], "custom": { "scoreNum": null } });
    walker.get("getCustomerByEmail", "/v1/customers/email=ada@acme.example");
    walker.get("getCustomerByPhone", "/v1/customers/phone=+18005551212");
    walker.get("getCustomerByExternalId", "/v1/customers/externalId=crm-1815");
    walker.ask("updateCustomerAttributes", &path(&full), Some(cleared));
    walker.ask("updateCustomer", &path(&full), Some(json!({ "name": "Ada", "locations": [{ "latitude": 2 }] })));
    walker.ask("updateCustomer", &format!("{}?replace=true", path(&least)), Some(json!({ "gender": "f" })));
    walker.ask("deleteCustomer", &path(&full), None);
    walker.ask("restoreCustomer", &format!("{}/restore", path(&full)), None);
    walker.ask("eraseCustomer", &format!("{}/erase", path(&former)), None);
    walker.ask("deleteCustomer", &path(&least), None);

    walker.get("getMultipleCustomersByIds", &format!("{},{}", path(&full), full["data"]["id"].as_str().unwrap()));
    walker.walk("getCustomers", "/v1/customers?pageSize=1");
    walker.walk("getCustomers", "/v1/customers?cursor=*&pageSize=1&sort=-updatedAt");
    walker.get("getMessagesByCustomer", &format!("{}/messages", path(&full)));
    let counted = json!({
        "and": [{ "customer_name": { "contains": "a" } }],
        "sort": [{ "customer_updated_at": "desc" }],
        "aggs": { "byGender": { "terms": { "field": "customer_gender" } } },
    });
    for body in [json!({}), counted] {
        walker.ask("customerSearch", "/v1/customers/search?cursor=*&pageSize=1", Some(body.clone()));
        walker.ask("customerSearch", "/v1/customers/search?page=1&total=exact", Some(body));
    }
    walker.ask("customerArchiveSearch", "/v1/customers/archive/search", Some(json!({})));
    let ids = walker.server.post("/v1/customers/search?idsOnly=true", json!({})).expect(200);
    assert_eq!(through::<<CustomerSearchIds as Endpoint>::Answer>(&ids.text).unwrap(), ids.body);
}

pub(super) fn track(walker: &mut Walker<'_>) {
    let identity = json!({ "externalId": "tracked", "trackingId": "visitor", "sessionId": "visit" });
    let event = json!({ "trackingId": "visitor", "sessionId": "visit", "name": "Seen", "meta": { "aNum": 1 } });
    walker.ask("createTrackingEvent", "/v1/tracking/event", Some(event.clone()));
    let identity = walker.ask("createTrackingIdentity", "/v1/tracking/identity", Some(identity));
    let both = json!({ "identity": { "externalId": "tracked" }, "event": event });
    walker.ask("createTrackingIdentityEvent", "/v1/tracking/identityEvent", Some(both));
    let customer = identity.data()["relationships"]["customer"]["data"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/customers/{customer}");
    walker.walk("getCustomerSessions", &format!("{path}/sessions?pageSize=1"));
    walker.walk("getAllEventsByCustomerForSession", &format!("{path}/sessions/visit/events?pageSize=1"));
    for event in walker.walk("getAllCustomerEvents", &format!("{path}/events?pageSize=1")) {
        walker.get("getaCustomerEvent", &format!("{path}/events/{}", id(&event)));
    }
    walker.ask("createUnmaskingWindowByCustomer", &format!("{path}/unmasking-windows"), Some(json!({})));
    walker.get("getCustomerById", &path);
    walker.ask("deleteUnmaskingWindowByCustomer", &format!("{path}/unmasking-windows"), None);
}

pub(super) fn write_teams_and_shortcuts(walker: &mut Walker<'_>) {
    let me = walker.get("getCurrentUser", "/v1/users/current").data().clone();
    let members = json!({ "members": [id(&me)] });
    let team = walker.ask("createTeam", "/v1/teams", Some(json!({ "name": "Support", "icon": "sun" })));
    let path = format!("/v1/teams/{}", id(team.data()));
    walker.ask("updateTeamById", &path, Some(json!({ "name": "Sales" })));
    walker.ask("updateTeamAttributes", &path, Some(json!({ "icon": null })));
    walker.ask("addTeamMember", &format!("{path}/members"), Some(members.clone()));
    walker.get("getTeamById", &path);
    walker.ask("removeTeamMember", &format!("{path}/members"), Some(members));
    walker.walk("getTeams", "/v1/teams");
    walker.ask("deleteTeam", &path, None);

    let shortcut = walker.ask("createShortcut", "/v1/shortcuts", Some(json!({ "name": "Hello" })));
    let path = format!("/v1/shortcuts/{}", id(shortcut.data()));
    walker.ask("updateShortcut", &path, Some(json!({ "name": "Good day" })));
    walker.get("getShortcutById", &path);
    walker.walk("getShortcuts", "/v1/shortcuts");
    walker.ask("deleteShortcut", &path, None);

    write_webhooks(walker);
    for tag in walker.walk("getTags", "/v1/tags?pageSize=1") {
        walker.get("getTagById", &format!("/v1/tags/{}", id(&tag)));
    }
}

pub(super) fn read_users_and_keys(walker: &mut Walker<'_>) {
    walker.server.token("demo", &["org.user.customer.read"]);
    let users = walker.walk("getUsers", "/v1/users?pageSize=1");
    for user in &users {
        walker.get("getUserById", &format!("/v1/users/{}", id(user)));
        let org = user["relationships"]["org"]["data"]["id"].as_str().unwrap();
        walker.get("getOrgById", &format!("/v1/orgs/{org}"));
    }
    walker.get("getCurrentOrg", "/v1/orgs/current");
    let ids: Vec<&str> = users.iter().map(id).collect();
    walker.get("getMultipleUsersByIds", &format!("/v1/users/{}", ids.join(",")));
    walker.get("getCurrentAuthToken", "/v1/auth/tokens/current");
    for token in walker.walk("getAuthTokens", "/v1/auth/tokens") {
        walker.get("getAuthTokenById", &format!("/v1/auth/tokens/{}", id(&token)));
    }
    walker.get("getAuthRoles", "/v1/auth/roles");
    let group =
        walker.ask("createRoleGroup", "/v1/role-groups", Some(json!({ "name": "Readers", "roles": ["org.user"] })));
    let path = format!("/v1/role-groups/{}", id(group.data()));
    walker.ask("updateRoleGroup", &path, Some(json!({ "description": "May read" })));
    walker.get("getRoleGroupById", &path);
    walker.walk("getAllRoleGroups", "/v1/role-groups");
    let invited = json!({ "name": "Ada", "email": "ada@acme.example", "roleGroups": [id(group.data())] });
    let person = walker.ask("createInviteNewUser", "/v1/users", Some(invited));
    let user = format!("/v1/users/{}", id(person.data()));
    walker.ask("updateUserById", &user, Some(json!({ "password": PASSWORD, "mobile": "5550100" })));
    walker.ask("updateCurrentUser", "/v1/users/current", Some(json!({ "emailSignature": "Yours" })));
    walker.server.post("/v1/teams", json!({ "name": "Of Ada", "members": [id(person.data())] })).expect(201);
    assert_eq!(walker.walk("getUsersTeams", &format!("{user}/teams")).len(), 1);
    walker.ask("deleteRoleGroup", &path, None);
    let signed_in = json!({ "domain": "demo", "email": "ada@acme.example", "password": PASSWORD });
    let session = walker.ask("createToken", "/v1/auth/tokens", Some(signed_in));
    walker.ask("deleteAuthTokenById", &format!("/v1/auth/tokens/{}", id(session.data())), None);
    let reset = json!({ "domain": "demo", "email": "ada@acme.example" });
    walker.ask("resetUsersPassword", "/v1/users/passwordreset", Some(reset));
    walker.get("getAuthSettings", "/v1/auth/settings");
    let open = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } });
    walker.ask("updateAuthSettings", "/v1/auth/settings", Some(open));
    walker.get("getPublicAuthSettings", "/v1/p/auth/settings");
    walker.get("getAuthCustomerSettings", "/v1/auth/customer/settings");
    let key = walker.ask("createApiKey", "/v1/auth/keys", Some(json!({ "name": "any", "roles": ["org"] })));
    let path = format!("/v1/auth/keys/{}", id(key.data()));
    let next = walker.ask("rotateApiKey", &format!("{path}/rotate"), Some(json!({})));
    walker.walk("getApiKeys", "/v1/auth/keys?pageSize=2");
    walker.ask("deleteApiKey", &path, None);
    // Signing out ends the key that asks.
    let next = next.attributes()["token"].as_str().unwrap().to_owned();
    let out = walker.server.call_as(&next, reqwest::Method::DELETE, "/v1/auth/tokens/current", None).expect(204);
    assert!(out.whole.is_empty() && walker.asked.insert("deleteCurrentAuthToken"));
}

fn write_webhooks(walker: &mut Walker<'_>) {
    let inbound = walker.ask("createInboundWebhook", "/v1/inbound-webhooks", Some(json!({ "name": "Shop" })));
    let path = format!("/v1/inbound-webhooks/{}", id(inbound.data()));
    let address = walker.get("getInboundWebhookAddress", &format!("{path}/address")).body["path"].clone();
    walker.ask("createWebHookTransaction", address.as_str().unwrap(), Some(json!({ "order": 7 })));
    walker.get("getInboundWebhookById", &path);
    walker.walk("getInboundWebhooks", "/v1/inbound-webhooks");
    walker.get("getInboundWebhookHistory", &format!("{path}/history"));
    walker.ask("updateInboundWebhook", &path, Some(json!({ "rotateHash": true })));
    let names = walker.get("getOutboundWebhookEvents", "/v1/outbound-webhooks/events").body["events"].clone();
    let webhook = json!({ "name": "Warehouse", "url": "https://127.0.0.1:9/", "events": names });
    let webhook = walker.ask("createOutboundWebhook", "/v1/outbound-webhooks", Some(webhook));
    let path = format!("/v1/outbound-webhooks/{}", id(webhook.data()));
    walker.get("getOutboundWebhookById", &path);
    walker.walk("getOutboundWebhooks", "/v1/outbound-webhooks");
    walker.walk("getOutboundWebhookTransactions", &format!("{path}/transactions?pageSize=1"));
    walker.get("getOutboundWebhookHistory", &format!("{path}/history"));
    let since = json!({ "since": "2100-01-01T00:00:00.000Z" });
    walker.ask("redeliverOutboundWebhook", &format!("{path}/redeliveries"), Some(since));
    walker.ask("updateOutboundWebhook", &path, Some(json!({ "enabled": false })));
    walker.ask("deleteOutboundWebhook", &path, None);
    walker.ask("deleteInboundWebhook", &format!("/v1/inbound-webhooks/{}", id(inbound.data())), None);
    walker.ask("eraseInboundWebhookPosts", &format!("/v1/inbound-webhooks/{}/received", id(inbound.data())), None);
}
