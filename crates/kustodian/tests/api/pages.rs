//! The parts around the API: health, metrics, the OpenAPI document and the page that renders it.

use std::collections::{BTreeMap, BTreeSet};

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
    // Prometheus ignores a type that it does not know; other readers refuse the whole answer.
    let types: BTreeMap<&str, &str> =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let known = ["counter", "gauge", "histogram"];
    assert!(types.len() > 20 && types.values().all(|kind| known.contains(kind)), "{types:?}");
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        assert!(types.contains_key(name) || of_histogram.is_some_and(|name| types[name] == "histogram"), "{name}");
    }
    let open = server.request(Method::GET, "/metrics").header("accept", "application/openmetrics-text").send().unwrap();
    assert!(open.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(open.text().unwrap().contains("# TYPE kustodian_build info\n"));
}

#[test]
fn the_document_describes_the_served_operations() {
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

/// The names of metrics in a text: words that begin as ours do.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("kustodian_") || word.starts_with("process_")).collect()
}

#[test]
fn the_dashboard_and_the_alerts_name_metrics_that_there_are() {
    let server = Server::on_file();
    server.create(json!({}));
    let metrics = server.request(Method::GET, "/metrics").send().unwrap().text().unwrap();
    let printed: BTreeSet<&str> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap_or_default())
        .collect();
    for (file, text) in [
        ("kustodian-alerts.yaml", include_str!("../../../../contrib/prometheus/kustodian-alerts.yaml")),
        ("kustodian.json", include_str!("../../../../contrib/grafana/kustodian.json")),
    ] {
        let named = metrics_in(text);
        let unknown: Vec<_> = named.difference(&printed).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}; printed are {printed:?}");
        assert!(named.len() > 5, "{file}: {named:?}");
    }
    // What the page says of alerts is what the file has.
    let page = include_str!("../../../../docs/metrics.md");
    let alerts = include_str!("../../../../contrib/prometheus/kustodian-alerts.yaml");
    for alert in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(page.contains(&format!("| `{alert}` |")), "docs/metrics.md lacks {alert}");
        let raised = include_str!("../../../../contrib/prometheus/kustodian-alerts-test.yaml");
        assert!(raised.contains(&format!("alertname: {alert},")), "kustodian-alerts-test.yaml raises no {alert}");
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../../../contrib/grafana/kustodian.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
}

/// The values of an attribute in HTML, with `&amp;` as it is meant.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let begin = format!(" {name}=\"");
    let parts = html.split(begin.as_str()).skip(1);
    parts.map(|part| part.split('"').next().unwrap_or_default().replace("&amp;", "&")).collect()
}

#[test]
fn every_link_of_the_guide_leads_somewhere() {
    let server = Server::start();
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut links: BTreeSet<(String, String)> = BTreeSet::new();
    let mut open = vec!["/docs/guide".to_owned()];
    while let Some(path) = open.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let answer = server.request(Method::GET, &path).send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let html = answer.text().unwrap();
        if kind.starts_with("text/html") && path.starts_with("/docs/guide") {
            assert!(
                !html.contains("<script") && attributes(&html, "src").iter().all(|src| src.starts_with('/')),
                "{path}"
            );
            for link in attributes(&html, "href").into_iter().chain(attributes(&html, "src")) {
                let (to, anchor) = link.split_once('#').unwrap_or((&link, ""));
                if to.is_empty() || to.starts_with('/') {
                    let to = if to.is_empty() { path.clone() } else { to.to_owned() };
                    links.insert((to.clone(), anchor.to_owned()));
                    open.push(to);
                } else {
                    assert!(
                        to.starts_with("https://") || to.starts_with("http://") || to == "data:,",
                        "{path}: {link}"
                    );
                }
            }
        }
        pages.insert(path, html);
    }
    for (page, anchor) in links.iter().filter(|(_, anchor)| !anchor.is_empty()) {
        assert!(pages[page].contains(&format!(" id=\"{anchor}\"")), "{page} has no heading {anchor}");
    }
    let guide = pages.keys().filter(|path| path.starts_with("/docs/guide/")).count();
    let summary = include_str!("../../../../docs/SUMMARY.md").matches("](").count();
    assert!(guide > summary, "{guide} pages and pictures, of {summary} in the summary");
    assert!(pages.contains_key("/docs") && pages.contains_key("/docs/guide/guide.css"));
}

#[test]
fn the_guide_is_kept_by_browsers_and_says_when_there_is_no_page() {
    let server = Server::start();
    let first = server.request(Method::GET, "/docs/guide").send().unwrap();
    let policy = first.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script"), "{policy}");
    let etag = first.headers()["etag"].clone();
    let held = server.request(Method::GET, "/docs/guide/").header("if-none-match", &etag).send().unwrap();
    assert_eq!((held.status().as_u16(), held.text().unwrap().as_str()), (304, ""));
    let head = server.request(Method::HEAD, "/docs/guide/search").send().unwrap();
    assert_eq!(head.status(), 200);
    let packed = server.request(Method::GET, "/docs/guide/search").header("accept-encoding", "gzip").send().unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");

    for path in ["/docs/guide/serach", "/docs/guide/a/b", "/docs/guide/..%2f..%2fetc%2fpasswd", "/docs/guide/SUMMARY"] {
        let missing = server.request(Method::GET, path).send().unwrap();
        assert_eq!(missing.status(), 404, "{path}");
        assert!(missing.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        let html = missing.text().unwrap();
        assert!(html.contains("There is no such page") && html.contains("href=\"/docs/guide/search\""), "{html}");
        assert!(!html.contains("serach"), "the path of the request is not repeated: {html}");
    }
    // Outside of the guide the answer is the API's.
    server.get("/docs/nothing").expect(404);
    server.post("/docs/guide", json!({})).expect(404);
}
