//! `DELETE /v1/customers/{id}` and `POST /v1/customers/{id}/restore`.

use serde_json::json;

use crate::server::Server;

#[test]
fn a_deleted_customer_is_gone_for_readers_and_its_identities_are_free() {
    let server = Server::start();
    let customer = server.create(json!({ "externalId": "x", "emails": [{ "email": "a@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    let deleted = server.delete(path).expect(204);
    assert_eq!(deleted.text, "");
    for path in [path, "/v1/customers/externalId=x", "/v1/customers/email=a@b.c", &format!("{path}/messages")] {
        server.get(path).expect(404);
    }
    server.delete(path).expect(404);
    server.patch(path, json!({})).expect(404);
    server.create(json!({ "externalId": "x", "emails": [{ "email": "a@b.c" }] }));
}

#[test]
fn a_restored_customer_has_its_former_attributes_and_identities() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "emails": [{ "email": "a@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.delete(path).expect(204);
    let restored = server.post(&format!("{path}/restore"), json!({})).expect(200);
    assert_eq!((&restored.attributes()["name"], &restored.attributes()["rev"]), (&json!("Ada"), &json!(3)));
    assert_eq!(restored.attributes()["deleted"], false);
    assert_eq!(server.get("/v1/customers/email=a@b.c").expect(200).data()["id"], customer["id"]);

    let again = server.post(&format!("{path}/restore"), json!({})).expect(200);
    assert_eq!(again.attributes()["rev"], 3, "restoring twice is no change");
    server.post("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/restore", json!({})).expect(404);
}

#[test]
fn a_customer_whose_address_was_taken_meanwhile_cannot_be_restored() {
    let server = Server::start();
    let customer = server.create(json!({ "emails": [{ "email": "a@b.c" }] }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.delete(path).expect(204);
    let other = server.create(json!({ "emails": [{ "email": "a@b.c" }] }));
    let refused = server.post(&format!("{path}/restore"), json!({})).expect(409);
    assert_eq!((refused.parameter(), &refused.error()["meta"]["customer"]), ("emails", &other["id"]));
    server.get(path).expect(404);
}
