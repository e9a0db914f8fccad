//! What is around the API: health, metrics, the OpenAPI document and the page that renders it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

#[test]
fn health_readiness_and_metrics_need_no_key() {
    let server = Server::start();
    for path in ["/healthz", "/readyz"] {
        Answer::of(server.request(Method::GET, path)).expect(200);
    }
    server.create(json!({}));
    let metrics = server.request(Method::GET, "/metrics").send().unwrap();
    assert!(metrics.headers()["content-type"].to_str().unwrap().contains("text"), "{:?}", metrics.headers());
    let metrics = metrics.text().unwrap();
    assert!(metrics.contains(r#"kustodian_requests_total{operation="createCustomer",status="201"} 1"#), "{metrics}");
    let commits = metrics.lines().find_map(|line| line.strip_prefix("kustodian_store_commits_total "));
    assert!(commits.is_some_and(|commits| commits.parse::<u64>().unwrap() > 0), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[test]
fn the_document_describes_what_is_served() {
    let server = Server::start();
    let document = Answer::of(server.request(Method::GET, "/openapi.json")).expect(200).body;
    assert_eq!(document["openapi"], "3.1.0");
    let create = &document["paths"]["/customers"]["post"];
    assert_eq!(create["operationId"], "createCustomer");
    assert_eq!(create["x-roles"], json!(["org.user.customer.write", "org.permission.customer.create"]));
    assert_eq!(
        create["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/CustomerInput"
    );
    let properties = document["components"]["schemas"]["CustomerInput"]["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 33);
    // Where an id and a name share a path, both answers are described; several ids are no more than a note.
    let schema_at = |path: &str| {
        let read = document["paths"][path]["get"].clone();
        let schema = read["responses"]["200"]["content"]["application/json"]["schema"].clone();
        (read["x-also"].clone(), schema)
    };
    let (also, klasses) = schema_at("/klasses/{name}");
    let data: Vec<&Value> = klasses["oneOf"].as_array().unwrap().iter().map(|one| &one["properties"]["data"]).collect();
    assert_eq!(also, json!(["getKlass"]));
    assert_eq!(data[0]["items"]["$ref"], "#/components/schemas/KObject");
    assert_eq!(data[1]["$ref"], "#/components/schemas/Klass");
    let (also, users) = schema_at("/users/{id}");
    assert_eq!(
        (also, users["properties"]["data"]["$ref"].as_str()),
        (json!(["getMultipleUsersByIds"]), Some("#/components/schemas/User"))
    );
}

#[test]
fn the_page_asks_nobody_but_its_own_server() {
    let server = Server::start();
    let page = server.request(Method::GET, "/docs").send().unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    let html = page.text().unwrap();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    let mut seen = 0;
    for part in html.split(['"']).filter(|part| part.starts_with("/docs/") || *part == "/openapi.json") {
        let asset = server.request(Method::GET, part).send().unwrap();
        assert_eq!(asset.status(), 200, "{part}");
        seen += 1;
    }
    assert!(seen >= 3, "{html}");
}
