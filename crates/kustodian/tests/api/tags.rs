//! `GET /v1/tags`, `/v1/tags/{id}`.

use serde_json::json;

use crate::server::Server;

#[test]
fn tags_are_listed_page_by_page_and_read_by_id() {
    let server = Server::start();
    let names: Vec<String> = (0..5).map(|number| format!("tag {number}")).collect();
    let customer = server.create(json!({ "tags": names }));
    let ids = customer["attributes"]["tags"].clone();
    let mut found = Vec::new();
    let mut next = Some("/v1/tags?pageSize=2".to_owned());
    while let Some(path) = next {
        let answer = server.get(&path).expect(200);
        found.extend(answer.ids());
        assert!(answer.body["meta"].get("total").is_none(), "this list does not count");
        next = answer.body["links"]["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(json!(found), ids);
    let tag = server.get(&format!("/v1/tags/{}", found[0])).expect(200);
    assert_eq!(
        (&tag.data()["type"], &tag.attributes()["name"], &tag.attributes()["rev"]),
        (&json!("tag"), &json!("tag 0"), &json!(1))
    );
    for missing in ["5c7d1a1f9a1b2c0010a1b2c3", "vip"] {
        server.get(&format!("/v1/tags/{missing}")).expect(404).error();
    }
    assert_eq!(server.get("/v1/tags?page=x").expect(400).parameter(), "page");
}
