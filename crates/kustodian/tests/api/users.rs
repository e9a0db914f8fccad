//! `GET /v1/users/{id}`, `/v1/users/{ids}`, `/v1/users/current`.

use serde_json::json;

use crate::server::Server;

#[test]
fn the_machine_user_behind_a_key_is_read_by_id_and_among_several() {
    let server = Server::start();
    let me = server.get("/v1/users/current").expect(200);
    let id = me.data()["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/users/{id}")).expect(200).body, me.body);
    let several = server.get(&format!("/v1/users/{id},5c7d1a1f9a1b2c0010a1b2c3,{id}")).expect(200);
    assert_eq!(several.ids(), [id.to_owned()], "each once, and nobody for an id nobody has");
    assert_eq!(several.body["meta"], json!({ "page": 1, "pageSize": 100 }));
    server.get("/v1/users/5c7d1a1f9a1b2c0010a1b2c3").expect(404);
}
