//! Two orgs in one database: an id of the other org takes the path of a missing one.

use reqwest::Method;
use serde_json::json;

use crate::server::Server;

#[test]
fn nothing_of_another_org_can_be_read_changed_or_clashed_with() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    let secret = "nobody else may read this";
    let body = json!({ "name": secret, "externalId": "x", "emails": [{ "email": "a@b.c" }], "phones": [{ "phone": "1800" }], "tags": ["mine"] });
    let customer = server.create(body.clone());
    let path = customer["links"]["self"].as_str().unwrap();
    let tag = customer["attributes"]["tags"][0].as_str().unwrap();
    let user = customer["relationships"]["createdBy"]["data"]["id"].as_str().unwrap();
    let org = customer["relationships"]["org"]["data"]["id"].as_str().unwrap();

    for path in [
        path,
        "/v1/customers/externalId=x",
        "/v1/customers/email=a@b.c",
        "/v1/customers/phone=1800",
        &format!("{path}/messages"),
        &format!("/v1/tags/{tag}"),
        &format!("/v1/users/{user}"),
        &format!("/v1/orgs/{org}"),
    ] {
        let answer = server.call_as(&other, Method::GET, path, None).expect(404);
        assert!(!answer.text.contains(secret));
        // To the other org it is as if it never was: the same bytes but for the request.
        let missing = server.call_as(&other, Method::GET, "/v1/customers/5c7d1a1f9a1b2c0010a1b2c3", None);
        assert_eq!(answer.error()["title"], missing.error()["title"]);
    }
    for (method, path) in [
        (Method::PATCH, path.to_owned()),
        (Method::PUT, path.to_owned()),
        (Method::DELETE, path.to_owned()),
        (Method::POST, format!("{path}/restore")),
    ] {
        server.call_as(&other, method, &path, Some(json!({ "name": "stolen" }))).expect(404);
    }
    for list in ["/v1/customers", "/v1/customers?cursor=*", "/v1/tags", &format!("/v1/users/{user},{user}")] {
        assert_eq!(server.call_as(&other, Method::GET, list, None).expect(200).data(), &json!([]), "{list}");
    }
    let foreign_tag = server.call_as(&other, Method::POST, "/v1/customers", Some(json!({ "tags": [tag] })));
    assert_eq!(foreign_tag.expect(400).parameter(), "tags");
    let twin = server.call_as(&other, Method::POST, "/v1/customers", Some(body)).expect(201);
    assert_ne!(twin.attributes()["tags"][0], tag);
    assert_eq!(server.get(path).expect(200).attributes()["name"], secret);
}
