//! Sensitive custom attributes: where their values can appear, who sees them, and the effect of a mask that is sent
//! back.

use kustomer_api::Operation;
use kustomer_api::metadata::MASK;
use kustomer_api::role::{self, SENSITIVE_READ};
use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::exporting::export_as;
use crate::ran::Ran;
use crate::roles::{aim, is_about_credentials, served};
use crate::server::{Answer, Server, TOKEN, binary};

/// Two values that nothing else holds.
const WORD: &str = "zqsecretword";
const NUMBER: u64 = 918_273_645;

fn secrets() -> Value {
    json!({ "secretStr": WORD, "secretNum": NUMBER, "openStr": "seen by all" })
}

fn reveals(answer: &Answer) -> bool {
    answer.text.contains(WORD) || answer.text.contains(&NUMBER.to_string())
}

/// Says that the secrets of a kind of record are sensitive.
fn hide(server: &Server, name: &str) {
    let said =
        json!({ "secretStr": { "sensitive": { "enabled": true } }, "secretNum": { "hasSensitiveAttributes": true } });
    server.put(&format!("/v1/metadata/{name}"), json!({ "properties": said })).expect(200);
}

fn hide_all(server: &Server) {
    ["customer", "company", "conversation", "message"].iter().for_each(|name| hide(server, name));
}

/// A key that may do all that any operation asks for, and sees no sensitive attribute.
pub(crate) fn reader(server: &Server) -> String {
    // Each operation has a role that is not beneath `org.permission`.
    let others =
        role::umbrellas().into_iter().filter(|umbrella| umbrella.contains('.') && *umbrella != "org.permission");
    // That of tracking is beneath nothing.
    let roles: Vec<&str> = others.chain(["org.tracking"]).collect();
    assert!(!role::any_grants(&roles, SENSITIVE_READ));
    server.token("demo", &roles)
}

/// Writes the secrets on the record that a path names, and hides those of the klass that it names.
fn plant(server: &Server, path: &str) {
    let words: Vec<&str> = path.split(['/', '?']).collect();
    if let Some(at) = words.iter().position(|word| *word == "klasses") {
        let Some(klass) = words.get(at + 1).filter(|word| word.starts_with("order-")) else { return };
        hide(server, &format!("kobject.{klass}"));
        let kobjects = server.get(&format!("/v1/klasses/{klass}")).expect(200).ids();
        for id in kobjects {
            server.put(&format!("/v1/klasses/{klass}/{id}"), json!({ "custom": secrets() })).expect(200);
        }
    }
    for kind in ["customers", "companies", "conversations", "messages"] {
        let at = words.iter().position(|word| *word == kind);
        let Some(id) = at.and_then(|at| words.get(at + 1)).and_then(|ids| ids.split(',').next()) else { continue };
        if id.len() == 24 {
            server.put(&format!("/v1/{kind}/{id}"), json!({ "custom": secrets() })).expect(200);
        }
    }
}

/// The properties of the body of an operation; null when it has none.
pub(crate) fn properties_of_body(document: &Value, name: &str) -> Value {
    let items = document["paths"].as_object().unwrap().values();
    let mut described = items.flat_map(|item| item.as_object().unwrap().values());
    let Some(described) = described.find(|described| described["operationId"] == name) else { return Value::Null };
    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
    let schema = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    schema.map_or(Value::Null, |schema| schema["properties"].clone())
}

/// Whether the body of an operation takes custom attributes.
fn takes_custom(document: &Value, name: &str) -> bool {
    properties_of_body(document, name).get("custom").is_some()
}

/// The values that a walk over all operations hides, and how a test writes and knows them.
pub(crate) struct Planted<'a> {
    /// Writes them on the record that a path names.
    pub(crate) plant: &'a dyn Fn(&str),
    /// The body of an operation with them.
    pub(crate) body: &'a dyn Fn(&Operation, Option<Value>) -> Option<Value>,
    /// Whether an answer has any of them.
    pub(crate) reveals: fn(&Answer) -> bool,
    /// Paths beside the lists of records, for a key that may read all.
    pub(crate) also: &'a [&'a str],
}

/// Asks every operation as `reader`, then every list, record, history, the feed, the audit log and every bulk job. Returns
/// the names of operations that refused, as looking for values shows them.
pub(crate) fn walk(server: &Server, reader: &str, planted: &Planted<'_>) -> Vec<&'static str> {
    let mut refused = Vec::new();
    for operation in served(server).into_iter().filter(|operation| !is_about_credentials(operation)) {
        let (method, path, body) = aim(server, operation);
        (planted.plant)(&path);
        let answer = server.call_as(reader, method, &path, (planted.body)(operation, body));
        if answer.status == 403 {
            let title = answer.error()["title"].as_str().unwrap();
            assert!(title.contains(SENSITIVE_READ[0]), "{}: {title}", operation.name);
            refused.push(operation.name);
            continue;
        }
        let answer = answer.expect(operation.success);
        if operation.name == "createUnmaskingWindowByCustomer" {
            assert!((planted.reveals)(&answer), "a window that was asked for shows them: {}", answer.text);
            server.delete(&path).expect(204);
            continue;
        }
        assert!(!(planted.reveals)(&answer), "{} {path}: {}", operation.name, answer.text);
    }

    // Now that there are many events: each kind's history, the feed and the log.
    wait_for("the secrets in the feed", || (planted.reveals)(&server.get("/v1/events?last=500&pageSize=500")));
    let mut revealing = 0;
    let mut ask = |path: &str| {
        let (seen, hidden) =
            (server.get(path).expect(200), server.call_as(reader, Method::GET, path, None).expect(200));
        assert!(!(planted.reveals)(&hidden), "{path}: {}", hidden.text);
        revealing += usize::from((planted.reveals)(&seen));
        seen
    };
    let klass = server.get("/v1/klasses?pageSize=500").expect(200);
    let klasses = klass
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|klass| format!("/v1/klasses/{}", klass["attributes"]["name"].as_str().unwrap()));
    let lists = ["customers", "companies", "conversations", "messages"].map(|kind| format!("/v1/{kind}"));
    let also = planted.also.iter().map(ToString::to_string);
    for list in lists.into_iter().chain(also).chain(klasses) {
        let records = ask(&format!("{list}?pageSize=500"));
        for record in records.data().as_array().unwrap().iter().rev().take(5) {
            let path = record["links"]["self"].as_str().unwrap();
            ask(path);
            ask(&format!("{path}/history"));
            ask(&format!("{path}?rev=1"));
            ask(&format!("{path}?asOf=9999-01-01"));
        }
    }
    ask("/v1/events?last=500&pageSize=500");
    ask("/v1/audit-logs?count=500");
    let jobs = ask("/v1/bulk?pageSize=500");
    for job in jobs.data().as_array().unwrap() {
        let path = job["links"]["self"].as_str().unwrap();
        for rest in ["", "/batches", "/history", "?rev=1"] {
            ask(&format!("{path}{rest}"));
        }
    }
    assert!(revealing > 50, "{revealing} answers had something to hide");
    refused
}

#[test]
fn no_answer_of_any_operation_shows_a_sensitive_value_to_who_may_not_see_it() {
    let server = Server::on_file();
    hide_all(&server);
    let reader = reader(&server);
    let document = server.get("/openapi.json").expect(200).body;
    let body = |operation: &Operation, body: Option<Value>| {
        let body = match takes_custom(&document, operation.name) {
            true => {
                let mut body = body.unwrap_or(json!({}));
                body["custom"] = secrets();
                Some(body)
            }
            false => body,
        };
        let makes_many = operation.path.ends_with("/bulk") && operation.method == Method::POST;
        match makes_many && !operation.path.contains("notes") {
            true => Some(json!([{ "custom": secrets(), "_clientRef": "a" }, { "custom": 1, "_clientRef": "b" }])),
            false => body,
        }
    };
    let planted = Planted { plant: &|path| plant(&server, path), body: &body, reveals, also: &[] };
    assert_eq!(walk(&server, &reader, &planted), [] as [&str; 0]);
}

#[test]
fn a_mask_that_is_sent_back_leaves_the_value_as_it_is() {
    let server = Server::on_file();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    hide_all(&server);
    hide(&server, "kobject.order");
    let reader = reader(&server);
    let customer = server.create(json!({}))["id"].clone();
    for (list, body) in [
        ("/v1/customers", json!({})),
        ("/v1/companies", json!({ "name": "Acme" })),
        ("/v1/conversations", json!({ "customer": customer })),
        ("/v1/messages", json!({ "customer": customer, "channel": "chat", "app": "web", "direction": "in" })),
        ("/v1/klasses/order", json!({ "title": "a" })),
    ] {
        let mut body = body;
        body["custom"] = secrets();
        let made = server.call_as(&reader, Method::POST, list, Some(body.clone())).expect(201);
        let path = made.data()["links"]["self"].as_str().unwrap();
        let masked = json!({ "secretStr": MASK, "secretNum": MASK, "openStr": "seen by all" });
        assert_eq!(made.attributes()["custom"], masked, "{list}");
        assert_eq!(server.get(path).expect(200).attributes()["custom"], secrets(), "{list}");
        let read = server.call_as(&reader, Method::GET, path, None).expect(200);
        assert_eq!(read.attributes()["custom"], masked);

        let mut changed = masked.clone();
        changed["openStr"] = json!("changed");
        let update = json!({ "custom": changed });
        for replace in ["", "?replace=true"] {
            // Only these three are replaced.
            let takes_replace = ["/v1/customers", "/v1/conversations", "/v1/messages"].contains(&list);
            if replace.is_empty() || takes_replace {
                let path = format!("{path}{replace}");
                let mut update = update.clone();
                if list == "/v1/messages" && !replace.is_empty() {
                    update["preview"] = json!("again");
                }
                let answer = server.call_as(&reader, Method::PUT, &path, Some(update)).expect(200);
                assert_eq!(answer.attributes()["custom"], changed, "{path}");
            }
            let custom = server.get(path).expect(200).attributes()["custom"].clone();
            assert_eq!((&custom["secretStr"], &custom["secretNum"]), (&json!(WORD), &json!(NUMBER)), "{list}{replace}");
        }
        // Another value is written, and null takes it back, which is no secret.
        let other = json!({ "custom": { "secretStr": null, "secretNum": 7 } });
        let answer = server.call_as(&reader, Method::PUT, path, Some(other)).expect(200);
        assert_eq!(answer.attributes()["custom"]["secretStr"], Value::Null);
        assert_eq!(server.get(path).expect(200).attributes()["custom"]["secretNum"], 7);
        // A mask where there is nothing is nothing.
        body["custom"] = json!({ "secretStr": MASK, "secretNum": MASK });
        let blank = server.call_as(&reader, Method::POST, list, Some(body)).expect(201);
        assert_eq!(blank.attributes()["custom"], json!({}), "{list}");
    }
    // However it is escaped.
    let path = server.create(json!({ "custom": secrets() }))["links"]["self"].as_str().unwrap().to_owned();
    let escaped = r#"{"custom":{"secretStr":"\u002a*******"}}"#;
    let sent = server.request(Method::PATCH, &path).bearer_auth(&reader).header("Content-Type", "application/json");
    Answer::of(sent.body(escaped)).expect(200);
    assert_eq!(server.get(&path).expect(200).attributes()["custom"]["secretStr"], WORD);
    // Where nothing is sensitive it is a text.
    let plain = server.create(json!({ "custom": { "openStr": MASK } }));
    assert_eq!(plain["attributes"]["custom"]["openStr"], MASK);
}

#[test]
fn nobody_searches_by_values_that_it_may_not_see() {
    let server = Server::on_file();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    hide_all(&server);
    hide(&server, "kobject.order");
    let customer = server.create(json!({ "custom": secrets() }))["id"].as_str().unwrap().to_owned();
    let reader = reader(&server);
    let all: Vec<&str> = SENSITIVE_READ.iter().take(1).chain(&["org.user"]).copied().collect();
    let trusted = server.token("demo", &all);
    let search = |token: &str, body: Value| server.call_as(token, Method::POST, "/v1/customers/search", Some(body));
    for criterion in [
        json!({ "customer_custom_secretStr": { "equals": WORD } }),
        json!({ "customer_custom_secretNum": { "gt": 1 } }),
        json!({ "customer_custom_secretStr": { "set": null } }),
        json!({ "customer_any_text": { "contains": WORD } }),
        json!({ "company_custom_secretStr": { "equals": WORD } }),
        json!({ "kobject_custom_order_secretNum": { "gt": 1 } }),
        json!({ "conversation_any_text": { "contains": WORD } }),
    ] {
        let body = json!({ "and": [criterion] });
        let refused = search(&reader, body.clone()).expect(403);
        let title = refused.error()["title"].as_str().unwrap();
        assert!(title.contains(SENSITIVE_READ[0]), "{title}");
        search(&trusted, body).expect(200);
    }
    let found = json!({ "and": [{ "customer_custom_openStr": { "equals": "seen by all" } }] });
    let found = search(&reader, found).expect(200);
    assert_eq!(found.ids(), [customer.as_str()]);
    assert!(!reveals(&found));
    let counted = json!({ "aggs": { "a": { "terms": { "field": "customer_custom_secretStr" } } } });
    search(&reader, counted.clone()).expect(403);
    search(&trusted, counted).expect(200);

    // The role shows the values, and so does the end of the description.
    let path = format!("/v1/customers/{customer}");
    assert!(reveals(&server.call_as(&trusted, Method::GET, &path, None).expect(200)));
    let open = json!({ "sensitive": null, "hasSensitiveAttributes": false });
    let open = json!({ "properties": { "secretStr": open, "secretNum": open } });
    server.put("/v1/metadata/customer", open).expect(200);
    assert!(reveals(&server.call_as(&reader, Method::GET, &path, None).expect(200)));
    // Another server knows within a second.
    let beside = server.beside();
    assert!(reveals(&beside.call_as(&reader, Method::GET, &path, None).expect(200)));
    hide(&server, "customer");
    assert!(!reveals(&server.call_as(&reader, Method::GET, &path, None).expect(200)));
    wait_for("the other server to hide it", || {
        !reveals(&beside.call_as(&reader, Method::GET, &path, None).expect(200))
    });
}

#[test]
fn a_page_that_is_sent_while_it_is_read_is_masked_to_its_end() {
    let server = Server::on_file();
    hide(&server, "company");
    let reader = reader(&server);
    // More than is held of an answer: five of a megabyte.
    let filler: serde_json::Map<String, Value> =
        (0..90).map(|number| (format!("f{number}Txt"), json!("x".repeat(1_024)))).collect();
    for number in 0..6 {
        let made =
            server.post("/v1/companies", json!({ "name": format!("Acme {number}"), "custom": secrets() })).expect(201);
        let path = made.data()["links"]["self"].as_str().unwrap().to_owned();
        for part in 0..9 {
            let custom: serde_json::Map<String, Value> =
                filler.iter().map(|(key, value)| (format!("p{part}{key}"), value.clone())).collect();
            server.put(&path, json!({ "custom": custom })).expect(200);
        }
    }
    let list = "/v1/companies?pageSize=100";
    let (seen, hidden) = (server.get(list).expect(200), server.call_as(&reader, Method::GET, list, None).expect(200));
    assert!(seen.text.len() > 4 * 1024 * 1024 && seen.text.matches(WORD).count() == 6);
    assert!(!reveals(&hidden) && hidden.text.matches(MASK).count() == 12);
    assert_eq!(hidden.data().as_array().unwrap().len(), 6);
}

#[test]
fn the_losses_of_a_merge_and_the_items_of_a_bulk_job_are_masked_too() {
    let server = Server::on_file();
    hide_all(&server);
    let reader = reader(&server);
    let [source, target] = [secrets(), json!({ "secretStr": "other", "secretNum": 1 })]
        .map(|custom| server.create(json!({ "custom": custom })));
    let both = json!({ "source": source["id"], "target": target["id"] });
    let path = "/v1/customers/merges?dryRun=true";
    assert!(reveals(&server.post(path, both.clone()).expect(200)));
    let hidden = server.call_as(&reader, Method::POST, path, Some(both.clone())).expect(200);
    assert!(!reveals(&hidden), "{}", hidden.text);

    let merged = server.post("/v1/customers/merges", both).expect(201);
    let target = format!("/v1/customers/{}", target["id"].as_str().unwrap());
    for path in
        [target.clone(), format!("{target}/history"), "/v1/customers".to_owned(), "/v1/events?last=100".to_owned()]
    {
        let shown = server.get(&path).expect(200);
        for lost in ["secretStr", "secretNum"] {
            assert!(shown.text.contains(&format!(r#""attribute":"custom.{lost}""#)), "{path}: {}", shown.text);
        }
        assert!(shown.text.contains(&NUMBER.to_string()) && shown.text.contains(WORD), "{path}: {}", shown.text);
        let hidden = server.call_as(&reader, Method::GET, &path, None).expect(200);
        assert!(!reveals(&hidden), "{path}: {}", hidden.text);
    }
    let by_number = json!({ "and": [{ "customer_custom_secretNum": { "gt": NUMBER - 1 } }] });
    assert_eq!(server.post("/v1/customers/search", by_number.clone()).expect(200).ids().len(), 1);
    server.call_as(&reader, Method::POST, "/v1/customers/search", Some(by_number)).expect(403);
    // A replacing update keeps the attributes that nobody can send.
    let replaced = server.put(&format!("{target}?replace=true"), json!({ "name": "Ada" })).expect(200);
    assert!(reveals(&replaced), "{}", replaced.text);
    server.post(&format!("/v1/customers/merges/{}/undo", merged.data()["id"].as_str().unwrap()), json!({})).expect(200);

    for body in [
        format!(r#"[{{"name":"e","custom":{{"secretStr":"{WORD}"}}}}]"#),
        format!(r#"[{{"name":"e","custom":{{"\u0073ecretStr":"{WORD}"}}}}]"#),
        format!(r#"[{{"name":"e","c\u0075stom":{{"secretStr":"{WORD}"}}}}]"#),
    ] {
        let sent = server.request(Method::POST, "/v1/customers/bulk").bearer_auth(&reader);
        let job = Answer::of(sent.header("Content-Type", "application/json").body(body)).expect(201);
        assert!(!reveals(&job), "{}", job.text);
        assert_eq!(job.attributes()["successCount"], 1);
    }
    let choice = json!({ "properties": { "secretStr": { "enumeration": [WORD] } } });
    server.put("/v1/metadata/customer", choice).expect(200);
    let job = server.post("/v1/customers/bulk", json!([{ "custom": { "secretStr": "zqwrong" } }])).expect(201);
    let read = server.get(job.data()["links"]["self"].as_str().unwrap()).expect(200);
    assert!(read.attributes()["failureCount"] == 1 && !read.text.contains("zqwrong"), "{}", read.text);
}

#[test]
fn files_and_documents_for_who_may_not_see_sensitive_values_have_masks() {
    let server = Server::on_file();
    hide_all(&server);
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    hide(&server, "kobject.order");
    let reader = reader(&server);
    let customer = server.create(json!({ "name": "Ada", "custom": secrets() }))["id"].clone();
    let said = json!({ "customer": customer, "channel": "chat", "app": "web", "direction": "in", "custom": secrets() });
    for (list, body) in [
        ("companies", json!({ "name": "Acme", "custom": secrets() })),
        ("klasses/order", json!({ "title": "One", "custom": secrets() })),
        ("conversations", json!({ "customer": customer, "custom": secrets() })),
        ("messages", said),
    ] {
        server.post(&format!("/v1/{list}"), body).expect(201);
    }
    let shows = |text: &str| text.contains(WORD) || text.contains(&NUMBER.to_string());

    // Exports, as JSON Lines and as tables.
    for format in ["jsonl", "csv"] {
        let written = |token: &str| -> Vec<(String, String)> {
            let folder = tempfile::tempdir().unwrap();
            export_as(token, &server, "all", folder.path(), &["--format", format]).well();
            let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> =
                files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect();
            files.retain(|(_, text)| text.contains("seen by all"));
            files
        };
        let (seen, hidden) = (written(TOKEN), written(&reader));
        assert_eq!((seen.len(), hidden.len()), (5, 5), "a file for each kind");
        seen.iter().for_each(|(name, text)| assert!(shows(text), "{name}"));
        hidden.iter().for_each(|(name, text)| assert!(!shows(text) && text.contains(MASK), "{name}: {text}"));
    }
    // The feed as it is printed.
    let printed = |token: &str, output: &str| {
        let mut command = binary();
        command.args(["tail", "--no-follow", "--from-start", "--output", output]);
        Ran::of(command.env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", token)).well()
    };
    assert!(shows(&printed(TOKEN, "json")));
    assert!(!shows(&printed(&reader, "json")) && !shows(&printed(&reader, "table")));
    // The description of the API, samples included.
    for path in ["/openapi.json", "/docs"] {
        let page = server.request(Method::GET, path).send().unwrap().text().unwrap();
        assert!(page.len() > 100 && !shows(&page), "{path}");
    }
    // Rows that are refused, with the reasons.
    let choice = json!({ "properties": { "secretStr": { "enumeration": ["gold", WORD] } } });
    server.put("/v1/metadata/customer", choice).expect(200);
    let folder = tempfile::tempdir().unwrap();
    let (file, rejects) = (folder.path().join("rows.jsonl"), folder.path().join("rejects.jsonl"));
    std::fs::write(&file, r#"{ "name": "Bob", "secretStr": "zqguess", "secretNum": 7 }"#).unwrap();
    let mut command = binary();
    command.args(["import", "customers"]).arg(&file).arg("--reject").arg(&rejects);
    let ran = Ran::of(command.env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", &reader));
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let refused: Value = serde_json::from_str(&std::fs::read_to_string(&rejects).unwrap()).unwrap();
    let reason = refused["import_reason"].as_str().unwrap();
    assert!(reason.contains("secretStr") && !reason.contains("zqguess"), "it does not repeat the value: {reason}");
    assert!(
        !shows(&ran.stdout) && !ran.stdout.contains("zqguess") && !ran.stderr.contains("zqguess"),
        "{}",
        ran.stderr
    );
}
