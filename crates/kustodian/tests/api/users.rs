//! `GET /v1/users`, `/v1/users/{id}`, `/v1/users/{ids}`, `/v1/users/current`.

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

#[test]
fn users_are_listed_with_those_behind_keys_and_by_condition() {
    let server = Server::on_file();
    server.token("demo", &["org.user"]);
    let all = server.get("/v1/users").expect(200);
    assert_eq!(all.ids().len(), 2);
    let first = server.get("/v1/users?pageSize=1").expect(200);
    let second = server.get(first.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!([first.ids(), second.ids()].concat(), all.ids());
    assert!(second.body["links"]["next"].is_null());

    let email = all.data()[1]["attributes"]["email"].as_str().unwrap().to_uppercase();
    assert_eq!(server.get(&format!("/v1/users?email={email}")).expect(200).ids(), all.ids()[1..]);
    let machines = server.get("/v1/users?userType=machine&pageSize=1&page=2").expect(200);
    assert_eq!(machines.ids(), all.ids()[1..]);
    assert_eq!(machines.body["links"]["prev"], "/v1/users?page=1&pageSize=1&userType=machine");
    for nobody in ["userType=limited", "pending=true", "deleted=true", "email=x"] {
        assert_eq!(server.get(&format!("/v1/users?{nobody}")).expect(200).data(), &json!([]), "{nobody}");
    }
    assert_eq!(server.get("/v1/users?userType=robot").expect(400).parameter(), "userType");

    server.org("other");
    let other = server.token("other", &["org"]);
    let theirs = server.call_as(&other, reqwest::Method::GET, "/v1/users", None).expect(200);
    assert!(theirs.ids().len() == 1 && !all.ids().contains(&theirs.ids()[0]));
}
