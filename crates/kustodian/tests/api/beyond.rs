//! Paths that Kustomer has beyond the contract's 166 operations, and lists of types that are not served.

use kustomer_api::operation::beyond;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

const ID: &str = "5c7d1a1f9a1b2c0010a1b2c3";

fn ask(server: &Server, method: &Method, path: &str) -> Answer {
    Answer::of(server.request(method.clone(), path).bearer_auth(TOKEN))
}

#[test]
fn a_path_beyond_the_contract_answers_501_with_its_name() {
    // By default those that list answer an empty list.
    let server = Server::start_with(&["--absent-types", "refuse"]);
    for operation in beyond::OPERATIONS {
        let path = operation.path.replace("{id}", ID).replace("{hash}", "5c7d");
        let refused = ask(&server, &operation.method, &format!("/v1{path}?versions=all")).expect(501);
        assert_eq!(refused.error()["meta"]["operations"], json!([operation.name]), "{path}");
    }
    let refused = server.get("/v1/kb/articles?status=enabled").expect(501);
    assert!(refused.error()["title"].as_str().unwrap().contains("getKbArticles"), "{}", refused.text);
    server.get("/v1/kobjects").expect(404);
}

#[test]
fn the_org_is_read_without_its_id() {
    let server = Server::start();
    let current = server.get("/v1/orgs/current").expect(200);
    let path = current.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(path).expect(200).body, current.body);
}

#[test]
fn lists_of_absent_types_are_empty_unless_a_refusal_is_asked_for() {
    let paths = ["/v1/kb/articles?status=enabled"];
    for rule in ["refuse", "empty-searches"] {
        let refusing = Server::start_with(&["--absent-types", rule]);
        for path in paths {
            refusing.get(path).expect(501);
        }
    }
    let server = Server::start();
    for path in paths {
        let list = server.get(path).expect(200);
        assert_eq!((list.data(), &list.body["meta"]), (&json!([]), &json!({ "pageSize": 100, "page": 1 })), "{path}");
        assert_eq!(list.body["links"]["next"], Value::Null);
    }
    let list = server.get("/v1/kb/articles?pageSize=2000&page=3").expect(200);
    assert_eq!(list.body["links"]["self"], "/v1/kb/articles?page=3&pageSize=1000");
    // Operations that are no lists, and writes, keep their answer.
    server.get(&format!("/v1/kb/articles/{ID}")).expect(501);
    server.get(&format!("/v1/satisfaction-responses/{ID}")).expect(501);
}

#[test]
fn several_customers_are_read_by_their_ids() {
    let server = Server::start();
    let made: Vec<Value> = (0..3).map(|number| server.create(json!({ "externalId": number.to_string() }))).collect();
    let ids: Vec<&str> = made.iter().map(|customer| customer["id"].as_str().unwrap()).collect();
    server.delete(&format!("/v1/customers/{}", ids[1])).expect(204);
    let list = server.get(&format!("/v1/customers/{},{ID},{},{},{}", ids[2], ids[1], ids[0], ids[2])).expect(200);
    assert_eq!(list.data(), &json!([made[2], made[0]]), "in the order asked for, each once, none that is deleted");
    let page = server.get(&format!("/v1/customers/{},{}?pageSize=1", ids[0], ids[2])).expect(200);
    let next = server.get(page.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!((page.ids(), next.ids()), (vec![ids[0].to_owned()], vec![ids[2].to_owned()]));
    let once = server.get(&format!("/v1/customers/{},{}", ids[0], ids[0])).expect(200);
    assert_eq!(server.get(once.body["links"]["self"].as_str().unwrap()).expect(200).ids(), [ids[0]]);
    let many = vec![ID; 1].into_iter().chain(ids.iter().copied()).collect::<Vec<_>>();
    assert_eq!(server.get(&format!("/v1/customers/{}", many.join(","))).expect(200).ids().len(), 2);
    let too_many: Vec<String> = (0..101).map(|number| format!("{number:024x}")).collect();
    assert_eq!(server.get(&format!("/v1/customers/{}", too_many.join(","))).expect(400).parameter(), "ids");
}
