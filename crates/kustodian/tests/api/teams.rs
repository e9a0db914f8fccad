//! `/v1/teams`, `/v1/teams/{id}`, `/v1/teams/{id}/members`.

use reqwest::Method;
use serde_json::json;

use crate::server::Server;

fn me(server: &Server) -> String {
    server.get("/v1/users/current/").expect(200).data()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_team_is_made_read_changed_listed_deleted_and_restored() {
    let server = Server::start();
    let me = me(&server);
    let made = server.post("/v1/teams", json!({ "name": "Support", "icon": "sun", "members": [me] })).expect(201);
    let (path, id) = (made.data()["links"]["self"].as_str().unwrap(), made.data()["id"].as_str().unwrap());
    assert_eq!((&made.data()["type"], &made.attributes()["members"]), (&json!("team"), &json!([me])));
    assert_eq!(server.get(path).expect(200).body, made.body);
    assert_eq!(made.data()["relationships"]["createdBy"]["data"]["id"], json!(me));

    let changed = server.patch(path, json!({ "displayName": "The desk", "icon": null })).expect(200);
    let attributes = changed.attributes();
    assert_eq!((&attributes["name"], &attributes["displayName"]), (&json!("Support"), &json!("The desk")));
    assert_eq!((&attributes["icon"], &attributes["rev"]), (&json!(null), &json!(2)));
    assert_eq!(server.put(path, json!({ "name": "Sales" })).expect(200).attributes()["displayName"], "The desk");
    assert_eq!(server.put(path, json!({ "icon": "x" })).expect(400).parameter(), "name");

    assert_eq!(server.get("/v1/teams").expect(200).ids(), [id]);
    server.delete(path).expect(204);
    server.get(path).expect(404);
    server.delete(path).expect(404);
    server.patch(path, json!({ "name": "Ghosts" })).expect(404);
    assert_eq!(server.get("/v1/teams").expect(200).data(), &json!([]));
    assert_eq!(server.patch(path, json!({ "deleted": null })).expect(200).attributes()["deleted"], false);
    assert_eq!(server.get("/v1/teams").expect(200).ids(), [id]);

    crate::events::first(&server, 5);
    let events = server.get("/v1/events?filter[objectType]=team").expect(200);
    let told: Vec<&str> =
        events.data().as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(told, ["create", "update", "update", "delete", "restore"].map(|word| format!("kustomer.team.{word}")));
}

#[test]
fn members_are_users_of_the_org_and_come_and_go() {
    let server = Server::start();
    let me = me(&server);
    let made = server.post("/v1/teams", json!({ "name": "Support" })).expect(201);
    let path = format!("{}/members", made.data()["links"]["self"].as_str().unwrap());
    for _ in 0..2 {
        let added = server.post(&path, json!({ "members": [me] })).expect(200);
        assert_eq!(added.attributes()["members"], json!([me]));
    }
    let removed = server.call(Method::DELETE, &path, Some(json!({ "members": [me] }))).expect(200);
    assert_eq!(removed.attributes()["members"], json!([]));
    let stranger = json!({ "members": ["5c7d1a1f9a1b2c0010a1b2c3"] });
    assert_eq!(server.post(&path, stranger.clone()).expect(400).parameter(), "members");
    let made = server.post("/v1/teams", json!({ "name": "x", "members": stranger["members"] }));
    assert_eq!(made.expect(400).parameter(), "members");
    assert_eq!(server.post("/v1/teams", json!({})).expect(400).parameter(), "name");
    server.post("/v1/teams/5c7d1a1f9a1b2c0010a1b2c3/members", json!({ "members": [me] })).expect(404);
}

#[test]
fn teams_are_listed_page_by_page() {
    let server = Server::start();
    let made: Vec<String> = (0..5)
        .map(|number| {
            let team = server.post("/v1/teams", json!({ "name": format!("team {number}") })).expect(201);
            team.data()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let (mut found, mut next) = (Vec::new(), Some("/v1/teams?pageSize=2".to_owned()));
    while let Some(path) = next {
        let page = server.get(&path).expect(200);
        found.extend(page.ids());
        next = page.body["links"]["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(found, made);
}

#[test]
fn another_org_sees_no_team() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    let team = server.post("/v1/teams", json!({ "name": "Support" })).expect(201);
    let path = team.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.call_as(&other, Method::GET, "/v1/teams", None).expect(200).data(), &json!([]));
    server.call_as(&other, Method::GET, path, None).expect(404);
    server.call_as(&other, Method::PATCH, path, Some(json!({ "name": "stolen" }))).expect(404);
    server.call_as(&other, Method::DELETE, path, None).expect(404);
    let mine = me(&server);
    let made = server.call_as(&other, Method::POST, "/v1/teams", Some(json!({ "name": "x", "members": [mine] })));
    assert_eq!(made.expect(400).parameter(), "members");
}
