//! Two orgs in one database: an id of the other org takes the path of a missing one, wherever it is.

use kustomer_api::Operation;
use reqwest::Method;
use serde_json::{Value, json};

use crate::roles::served;
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
        let body = if path.ends_with("/restore") { json!({}) } else { json!({ "name": "stolen" }) };
        server.call_as(&other, method, &path, Some(body)).expect(404);
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

/// A word in everything the org `demo` keeps, and in nothing else.
const MARK: &str = "fdb97531-of-demo-alone";

/// What takes its place where the same is asked for of what never was.
const NOBODYS: &str = "0aced864-of-nobody-xxx";

#[test]
fn an_id_of_another_org_is_like_a_missing_one_in_every_place() {
    let server = Server::on_file();
    server.org("other");
    let other = server.token("other", &["org"]);
    let foreign = fill(&server);
    let document = server.get("/openapi.json").expect(200).body;
    let before = everything(&server);

    let mut asked = 0;
    // Requests that name a record first: later writes make records of the caller's own with the same words.
    for names_the_record in [true, false] {
        for operation in served(&server) {
            for (at, id) in foreign.ids.iter().enumerate() {
                let words = if at == 0 { &foreign.words[..] } else { &[] };
                let aims = aims(&server, &other, &document, operation, id, words);
                for pair in aims.into_iter().filter(|[aim, _]| aim.names_the_record == names_the_record) {
                    ask(&server, &other, operation, &foreign, id, &pair);
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 500, "only {asked} requests were made");
    assert_eq!(everything(&server), before, "the org is as it was");
}

/// Makes two requests, one with values of the other org and one with values of nobody, which must not be distinguished.
fn ask(server: &Server, token: &str, operation: &Operation, foreign: &Foreign, id: &str, pair: &[Aim; 2]) {
    let [(shown, told), (missing, otherwise)] = pair.each_ref().map(|aim| {
        let answer = server.call_as(token, operation.method.clone(), &aim.path, aim.body.clone());
        let told = format!("{}: {} {:?}: {}", operation.name, aim.path, aim.body, answer.text);
        assert!(answer.status < 500, "{told}");
        // Texts that the caller sent itself may be in a link of the answer.
        let shown = answer.text.replace("%40", "@");
        let shown = aim.values.iter().fold(shown, |text, sent| text.replace(sent, ""));
        assert!(!shown.contains(MARK), "{told}");
        let strangers = foreign.ids.iter().filter(|known| *known != id);
        strangers.for_each(|known| assert!(!answer.text.contains(known.as_str()), "{known} in {told}"));
        (answer, told)
    });
    assert_eq!(shown.status, missing.status, "{told} — but {otherwise}");
    // A conflict names a record of the caller's own, each request another.
    if matches!(shown.status, 400 | 404) {
        let values = pair[0].values.iter().zip(&pair[1].values);
        let text = values.fold(shown.text, |text, (foreign, nobodys)| text.replace(foreign, nobodys));
        assert_eq!(text, missing.text, "{told}");
    }
    if pair[0].names_the_record {
        // A body that lacks something may be refused before anything is looked up; that was compared just now.
        assert!(matches!(shown.status, 400 | 404), "{told}");
    }
}

/// The ids of the org `demo`, and other words by which its records could be found.
struct Foreign {
    ids: Vec<String>,
    words: Vec<String>,
}

/// Fills the org `demo` with marked records of every kind: changed, deleted, brought back.
fn fill(server: &Server) -> Foreign {
    let email = format!("{MARK}@acme.example");
    let body = json!({
        "name": MARK, "externalId": MARK, "emails": [{ "email": email }], "phones": [{ "phone": "+44201815" }],
        "tags": [MARK], "custom": { "noteStr": MARK },
    });
    let customer = server.create(body);
    let deleted = server.create(json!({ "name": format!("deleted {MARK}") }));
    let path = |customer: &Value| customer["links"]["self"].as_str().unwrap().to_owned();
    server.patch(&path(&customer), json!({ "username": MARK })).expect(200);
    server.delete(&path(&deleted)).expect(204);
    let token = server.get("/v1/auth/tokens/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    crate::events::first(server, 2);
    let events: Vec<String> = server.get("/v1/events").expect(200).ids();
    let page = server.get("/v1/customers?cursor=*&pageSize=1").expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut ids = vec![
        text(&customer["id"]),
        text(&deleted["id"]),
        text(&customer["attributes"]["tags"][0]),
        text(&customer["relationships"]["createdBy"]["data"]["id"]),
        text(&customer["relationships"]["org"]["data"]["id"]),
        token,
    ];
    ids.extend(events.into_iter().take(2));
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 8, "{ids:?}");
    let cursor = page.body["meta"]["cursor"].as_str().map(str::to_owned);
    Foreign { ids, words: [Some(MARK.to_owned()), Some(email), cursor].into_iter().flatten().collect() }
}

/// The records that the org `demo` itself sees.
fn everything(server: &Server) -> Vec<String> {
    let mut tokens = server.get("/v1/auth/tokens").expect(200).body;
    for token in tokens["data"].as_array_mut().unwrap() {
        // Looking is using.
        token["attributes"].as_object_mut().unwrap().remove("lastAccessedAt");
    }
    let lists = ["/v1/customers", "/v1/tags", "/v1/auth/settings", "/v1/users/current", "/v1/events?pageSize=500"];
    let seen = lists.map(|path| server.get(path).expect(200).text);
    seen.into_iter().chain([tokens.to_string()]).collect()
}

/// A request with values that are not the caller's.
struct Aim {
    path: String,
    body: Option<Value>,
    values: Vec<String>,
    /// Whether the path names nothing but what does not exist for the caller.
    names_the_record: bool,
}

/// Every request for an operation in which `id` is somewhere, or one of `words` in the place of a word; each beside
/// the same request with values that nobody has.
fn aims(
    server: &Server,
    token: &str,
    document: &Value,
    operation: &Operation,
    id: &str,
    words: &[String],
) -> Vec<[Aim; 2]> {
    let described =
        &document["paths"][operation.path.replace("{ids}", "{id}")][operation.method.as_str().to_lowercase()];
    let wants_body = matches!(operation.method, Method::POST | Method::PUT | Method::PATCH);
    let empty = || wants_body.then(|| json!({}));
    // A record of the caller's own, for places beside the path.
    let own = if described.get("parameters").is_some() && operation.path.contains("{id") && operation.tag == "customers"
    {
        let body = Some(json!({ "tags": ["own"] }));
        let own = server.call_as(token, Method::POST, "/v1/customers", body).expect(201);
        operation.path.replace("{id}", own.data()["id"].as_str().unwrap())
    } else {
        operation.path.to_owned()
    };
    let both = |aim: &dyn Fn(&str) -> Aim, foreign: &str| [aim(foreign), aim(&nobodys(foreign))];

    let mut aims = Vec::new();
    if operation.path.contains('{') {
        let named = |value: &str| {
            let several = format!("{value},{value}");
            let path = operation.path.replace("{ids}", &several);
            let path = path.split('/').map(|segment| match segment.find('{') {
                Some(at) => format!("{}{value}", &segment[..at]),
                None => segment.to_owned(),
            });
            Aim {
                path: format!("/v1{}", path.collect::<Vec<_>>().join("/")),
                body: empty(),
                values: vec![value.to_owned()],
                names_the_record: !operation.path.contains("{ids}"),
            }
        };
        aims.push(both(&named, id));
        if !operation.path.contains("{id") {
            aims.extend(words.iter().map(|word| both(&named, word)));
        }
    }
    for parameter in described["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
        let parameter = parameter["name"].as_str().unwrap();
        let asked = |value: &str| Aim {
            path: format!(
                "/v1{}?{parameter}={value}{}",
                own,
                if parameter == "filter[objectId]" { OF_CUSTOMERS } else { "" }
            ),
            body: empty(),
            values: vec![value.to_owned()],
            names_the_record: false,
        };
        aims.push(both(&asked, id));
        aims.extend(words.iter().map(|word| both(&asked, word)));
    }
    if let Some(schema) = described.pointer("/requestBody/content/application~1json/schema") {
        for (at, _) in bodies(document, schema, id).iter().enumerate() {
            let sent = |value: &str| Aim {
                path: format!("/v1{}", own),
                body: bodies(document, schema, value).into_iter().nth(at),
                values: vec![value.to_owned()],
                names_the_record: false,
            };
            aims.push(both(&sent, id));
        }
    }
    aims
}

/// A record's events are asked for by its type as well.
const OF_CUSTOMERS: &str = "&filter[objectType]=customer";

/// A value of the same form that nobody has: an id of another time, another word.
fn nobodys(value: &str) -> String {
    let is_id = value.len() == 24 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { format!("0123456789ab{}", &value[12..]) } else { value.replace(MARK, NOBODYS) }
}

/// A body for each member of a schema, with `id` wherever a text can be; and searches for it.
fn bodies(document: &Value, schema: &Value, id: &str) -> Vec<Value> {
    let schema = resolved(document, schema);
    let searches = ["customer_id", "customer_tags", "customer_external_id", "customer_email", "any_text"]
        .map(|name| json!({ "and": { name: { "equals": id } } }));
    if schema["properties"].get("queryContext").is_some() {
        return searches.to_vec();
    }
    let members = schema["properties"].as_object().into_iter().flatten();
    let bodies = members.map(|(name, member)| json!({ name: sample(document, member, id) }));
    bodies.filter(|body| body.to_string().contains(id)).collect()
}

/// The simplest value with `id` for its texts.
fn sample(document: &Value, schema: &Value, id: &str) -> Value {
    let schema = resolved(document, schema);
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("array") => json!([sample(document, &schema["items"], id)]),
        Some("object") if schema.get("patternProperties").is_some() => json!({ "noteStr": id }),
        Some("object") => {
            let members = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            members.map(|name| (name.to_owned(), sample(document, &schema["properties"][name], id))).collect()
        }
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        _ => schema["enum"].get(0).cloned().unwrap_or_else(|| json!(id)),
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["anyOf"][0]["$ref"].as_str());
    reference.and_then(|reference| document.pointer(reference.trim_start_matches('#'))).unwrap_or(schema)
}
