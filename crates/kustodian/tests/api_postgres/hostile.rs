//! What somebody may send who means no good, to a server on SQLite and to one on PostgreSQL: both answer with the same
//! status, which is never a fault of the server's.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use crate::seed::Chance;
use crate::server::{Server, TOKEN, binary};

/// A request: method, path, headers besides the usual ones, body. `<id>` is replaced by the id of a customer.
struct Request {
    method: Method,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Request {
    fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: None }
    }

    fn send(method: Method, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Some(body.into()) }
    }

    fn post(path: &str, body: &Value) -> Self {
        Self::send(Method::POST, path, body.to_string())
    }
}

struct Side {
    server: Server,
    id: String,
}

impl Side {
    fn on(url: &str) -> Self {
        let server = Server::at(url, &[]);
        let id = server.create(json!({ "name": "Ada" }))["id"].as_str().unwrap().to_owned();
        Self { server, id }
    }

    /// Status and body.
    fn ask(&self, request: &Request) -> (u16, String) {
        let path = request.path.replace("<id>", &self.id);
        let mut call = self.server.request(request.method.clone(), &path).bearer_auth(TOKEN);
        for (name, value) in &request.headers {
            call = call.header(*name, value.as_slice());
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").body(body.clone());
        }
        // A connection that rested may be closed by the server at the moment it is used, and one on which a large body is
        // refused before it is read is closed while it is sent: then the answer may be lost.
        let mut attempts = (0..6).map(|_| call.try_clone().unwrap().send());
        let response = attempts.find_map(Result::ok).expect("no attempt is answered");
        (response.status().as_u16(), response.text().unwrap())
    }
}

/// Text in which nothing repeats, so that no database makes it shorter.
fn noise(chance: &mut Chance, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..length).map(|_| char::from(LETTERS[chance.below(LETTERS.len())])).collect()
}

/// The same in characters of four bytes.
fn wide_noise(chance: &mut Chance, length: usize) -> String {
    (0..length)
        .map(|_| char::from_u32(0x1_0400 + u32::try_from(chance.below(0x4000)).unwrap()).unwrap_or('x'))
        .collect()
}

/// Keys of custom attributes, and whether they are legal.
fn keys(chance: &mut Chance) -> Vec<(String, bool)> {
    vec![
        ("a\0Str".to_owned(), false),
        ("\0Str".to_owned(), false),
        (format!("{}Str", noise(chance, 700)), false),
        (format!("{}Str", noise(chance, 20_000)), false),
        (format!("{}Str", noise(chance, 253)), false),
        (format!("{}Str", wide_noise(chance, 700)), false),
        ("a bStr".to_owned(), false),
        ("a.bStr".to_owned(), false),
        ("a$bStr".to_owned(), false),
        ("a\"Str".to_owned(), false),
        ("a\\Str".to_owned(), false),
        ("a\nStr".to_owned(), false),
        ("\u{202e}aStr".to_owned(), false),
        ("\u{1F600}Str".to_owned(), false),
        ("\u{ffff}Str".to_owned(), false),
        (format!("{}Str", noise(chance, 252)), true),
        ("app_one-two9Str".to_owned(), true),
        ("gr\u{f6}\u{df}eStr".to_owned(), true),
        ("\u{540d}Str".to_owned(), true),
    ]
}

/// Texts for places where text is expected.
fn texts(chance: &mut Chance) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{feff}",
        "%00",
        "'",
        "\"",
        "\\",
        "\\u0000",
        "a,b",
        "{}",
        "$1",
        "<\0>@acme.example",
        "nul\0@acme.example",
        "https://a.example/\0",
    ]
    .map(str::to_owned)
    .into();
    for length in [64, 256, 1_024, 90_000] {
        texts.push(noise(chance, length));
        texts.push(wide_noise(chance, length));
    }
    // Folding makes eighteen letters of each of these.
    texts.push("\u{fdfa}".repeat(256));
    texts.push("\u{130}".repeat(256));
    texts.push(format!("{}@acme.example", noise(chance, 300)));
    texts.push(format!("https://acme.example/{}", noise(chance, 60_000)));
    texts
}

/// Bodies of a customer with a text in each place that takes one.
fn bodies(text: &str) -> Vec<Value> {
    let whole = [
        "name",
        "externalId",
        "username",
        "locale",
        "timeZone",
        "defaultLang",
        "avatarUrl",
        "gender",
        "company",
        "createdAt",
    ];
    let mut bodies: Vec<Value> = whole.iter().map(|name| json!({ *name: text })).collect();
    bodies.extend([
        json!({ "externalIds": [{ "externalId": text }] }),
        json!({ "sharedExternalIds": [{ "externalId": text }] }),
        json!({ "emails": [{ "email": text }] }),
        json!({ "emails": [{ "email": "type@acme.example", "type": text }] }),
        json!({ "sharedEmails": [{ "email": text }] }),
        json!({ "phones": [{ "phone": text }] }),
        json!({ "whatsapps": [{ "phone": text }] }),
        json!({ "facebookIds": [{ "pageId": text, "userId": text, "name": text }] }),
        json!({ "instagramIds": [{ "pageId": text, "threadId": text, "username": text }] }),
        json!({ "socials": [{ "type": "twitter", "username": text }] }),
        json!({ "socials": [{ "type": "twitter", "username": "a", "userid": text }] }),
        json!({ "urls": [{ "url": text }] }),
        json!({ "locations": [{ "name": text, "address": text, "cityName": text, "zipCode": text }] }),
        json!({ "tags": [text] }),
        json!({ "custom": { "oneStr": text } }),
        json!({ "custom": { "oneTxt": text, "oneUrl": text } }),
        json!({ "custom": { "oneAt": text } }),
        json!({ "custom": { text: text } }),
        json!({ text: text }),
    ]);
    bodies
}

/// Searches for the text with this number in each place that takes one, each attribute with two operators.
fn searches(number: usize, text: &str) -> Vec<Value> {
    let attributes = [
        "customer_name",
        "customer_email",
        "customer_phone",
        "customer_externalId",
        "customer_tags",
        "customer_any_text",
        "customer_company_id",
        "customer_locale",
        "customer_custom_oneStr",
        "customer_custom_oneTxt",
        "customer_created_by",
        "customer_id",
        "customer_gender",
        "customer_social_username",
    ];
    let operators = ["equals", "contains", "starts_with", "not_equals", "contains_any", "in"];
    let mut searches = Vec::new();
    for (place, attribute) in attributes.into_iter().enumerate() {
        for operator in [operators[(number + place) % 6], operators[(number + place + 3) % 6]] {
            let operand = if operator == "in" || operator == "contains_any" { json!([text]) } else { json!(text) };
            searches.push(json!({ "and": [{ attribute: { operator: operand } }] }));
        }
    }
    searches.extend([
        json!({ "and": [{ text: { "equals": "a" } }] }),
        json!({ "and": [{ format!("customer_custom_{text}Str"): { "equals": "a" } }] }),
        json!({ "and": [{ "customer_name": { text: "a" } }] }),
        json!({ "sort": [{ text: "asc" }] }),
        json!({ "sort": [{ "customer_name": text }] }),
        json!({ "queryContext": text }),
        json!({ "timeZone": text }),
        json!({ "and": [{ "customer_created_at": { "gte": text } }] }),
        json!({ "aggs": { text: { "terms": { "field": "customer_custom_oneStr" } } } }),
        json!({ "aggs": { "one": { "terms": { "field": text } } } }),
    ]);
    searches
}

/// A text as it is in a path or a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Requests with a text in each place of a path, a query and a header that takes one.
fn addresses(text: &str) -> Vec<Request> {
    let encoded = encoded(text);
    let paths = [
        "customers/{}",
        "customers/email={}",
        "customers/phone={}",
        "customers/externalId={}",
        "customers/{}/messages",
        "tags/{}",
        "users/{}",
        "users/{},{}",
        "teams/{}",
        "shortcuts/{}",
        "orgs/{}",
        "auth/tokens/{}",
        "events/{}",
        "customers/<id>/history?cursor={}",
        "customers/<id>?rev={}",
        "customers/<id>?asOf={}",
        "customers?sort={}",
        "customers?cursor={}",
        "customers?page={}",
        "customers?pageSize={}",
        "customers?filter[createdAt][gt]={}",
        "customers?filter[{}][gt]=1",
        "customers?{}=1",
        "customers?deleted={}",
        "tags?filter={}",
        "tags?deleted={}",
        "tags?name={}",
        "users?userType={}",
        "users?email={}",
        "teams?filter={}",
        "shortcuts?filter={}",
        "events?after={}",
        "events?kind={}",
        "events?actor={}",
        "events?record={}",
        "events?from={}",
        "events?cursor={}",
        "audit-logs?userId={}",
        "audit-logs?filter={}",
        "audit-logs?cursor={}",
        "{}",
    ];
    let mut requests: Vec<Request> =
        paths.iter().map(|path| Request::get(format!("/v1/{}", path.replace("{}", &encoded)))).collect();
    let search = json!({ "and": [] });
    requests.push(Request::post(&format!("/v1/customers/search?id={encoded}"), &search));
    requests.push(Request::post(&format!("/v1/customers/search?pageSize={encoded}&page={encoded}"), &search));
    requests
}

fn with_header(name: &'static str, value: Vec<u8>) -> Vec<Request> {
    let mut write = Request::post("/v1/customers", &json!({ "name": "Ada" }));
    write.headers.push((name, value.clone()));
    let mut read = Request::get("/v1/customers/<id>");
    read.headers.push((name, value));
    vec![write, read]
}

#[test]
fn hostile_requests_are_answered_alike_and_never_with_a_fault_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let (file, place, copied) = (folder.path().join("a.db"), Place::lasting(), Place::bare());
    let file = format!("sqlite:{}", file.display());
    let (mut lite, post) = (Side::on(&file), Side::on(place.url()));
    let chance = &mut Chance::new();
    let compare = |request: &Request| {
        let ((status, text), (other, other_text)) = (lite.ask(request), post.ask(request));
        let told = || {
            let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
            let line = format!("{} {} {body}", request.method, request.path);
            line.chars().take(2_000).collect::<String>()
        };
        assert_eq!(status, other, "SQLite on the left: {}\n{text}\n{other_text}", told());
        assert!(status < 500 || status == 501, "{status} {text}: {}", told());
        (status, text)
    };

    for (key, is_legal) in keys(chance) {
        let body = json!({ "custom": { key.as_str(): "x" } });
        for request in [
            Request::post("/v1/customers", &body),
            Request::send(Method::PATCH, "/v1/customers/<id>", body.to_string()),
        ] {
            let (status, text) = compare(&request);
            assert_eq!(matches!(status, 200 | 201), is_legal, "{key:?}: {text}");
            if !is_legal {
                let answer: Value = serde_json::from_str(&text).unwrap();
                let named = answer["errors"][0]["source"]["parameter"].as_str().unwrap().trim_end_matches('…');
                assert!(status == 400 && !named.is_empty() && key.starts_with(named), "{key:?}: {text}");
            }
        }
        let search = json!({ "and": [{ format!("customer_custom_{key}"): { "equals": "x" } }] });
        let (status, text) = compare(&Request::post("/v1/customers/search", &search));
        assert_eq!(status, if is_legal { 200 } else { 400 }, "{key:?}: {text}");
    }
    for (number, text) in texts(chance).into_iter().enumerate() {
        for body in bodies(&text) {
            compare(&Request::post("/v1/customers", &body));
        }
        if text.len() < 8_000 {
            for body in searches(number, &text) {
                compare(&Request::post("/v1/customers/search", &body));
            }
            for request in addresses(&text) {
                compare(&request);
            }
        }
        let body = json!({ "name": text, "displayName": text, "shortcut": text, "text": text, "members": [text] });
        for kind in ["teams", "shortcuts", "tags", "users", "companies"] {
            compare(&Request::post(&format!("/v1/{kind}"), &body));
        }
    }
    for body in [
        r#"{"name":"\ud800"}"#.as_bytes(),
        br#"{"name":"\udc00\ud800"}"#,
        br#"{"custom":{"\ud800Str":"x"}}"#,
        br#"{"custom":{"aStr":"\ud800"}}"#,
        b"{\"name\":\"\xff\xfe\"}",
        b"{\"name\":\"\x00\"}",
        b"\x00",
        br#"{"tags":["\u0000"]}"#,
    ] {
        compare(&Request::send(Method::POST, "/v1/customers", body));
        compare(&Request::send(Method::PATCH, "/v1/customers/<id>", body));
        compare(&Request::send(Method::POST, "/v1/customers/search", body));
    }
    for name in [
        "idempotency-key",
        "x-request-id",
        "if-match",
        "if-none-match",
        "user-agent",
        "x-http-method-override",
        "accept",
    ] {
        for value in [
            vec![0xff; 40],
            vec![b'a'; 300],
            noise(chance, 6_000).into_bytes(),
            vec![b' '; 3],
            "\u{e9}".into(),
            b"\"".to_vec(),
        ] {
            for request in with_header(name, value) {
                compare(&request);
            }
        }
    }

    // What one engine took in all this, the other one takes when it is moved there.
    assert!(lite.server.stop().success());
    let done = binary().args(["copy", "--from", &file, "--to", copied.url()]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A database of a version that had no rules for the keys of custom attributes.
#[test]
fn keys_that_were_accepted_before_there_were_rules_are_moved_and_are_not_found_by() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let file = format!("sqlite:{}", path.display());
    let mut server = Server::at(&file, &[]);
    let id = server.create(json!({ "name": "Ada", "custom": { "zzzStr": "kept" } }))["id"].as_str().unwrap().to_owned();
    assert!(server.stop().success());

    let long = format!("{}Str", noise(&mut Chance::new(), 4_000));
    let connection = rusqlite::Connection::open(&path).unwrap();
    let document: Vec<u8> = connection.query_row("SELECT document FROM customers", [], |row| row.get(0)).unwrap();
    let document = kustodian_store::packed_text(&document).unwrap();
    let document = document.replace("\"zzzStr\":\"kept\"", &format!(r#""a\u0000Str":"kept","{long}":"kept""#));
    connection.execute("UPDATE customers SET document = ?1", [&document]).unwrap();
    connection.execute("UPDATE search_slots SET attribute = ?1", ["a\0Str"]).unwrap();
    connection.execute("INSERT INTO search_slots SELECT org, ?1, 2 FROM search_slots", [&long]).unwrap();
    connection.execute("UPDATE customer_search SET c2 = c1", []).unwrap();
    drop(connection);

    let backup = folder.path().join("backup.db");
    let (copied, restored) = (Place::bare(), Place::bare());
    let commands = [
        vec!["copy", "--from", &file, "--to", copied.url()],
        vec!["backup", backup.to_str().unwrap(), "--database", &file],
        // Its events report the attribute that it was made with.
        vec!["restore", backup.to_str().unwrap(), "--database", restored.url(), "--despite-findings"],
    ];
    for arguments in commands {
        let done = binary().args(&arguments).output().unwrap();
        // A backup is made all the same, and says so.
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() || told.contains("is a true copy"), "{arguments:?}: {told}");
    }
    for place in [&copied, &restored] {
        let server = Server::at(place.url(), &[]);
        let custom = server.get(&format!("/v1/customers/{id}")).expect(200).attributes()["custom"].clone();
        assert_eq!(custom, json!({ "a\0Str": "kept", long.as_str(): "kept" }));
        let search = json!({ "and": [{ "customer_any_text": { "contains": "kept" } }] });
        assert_eq!(server.post("/v1/customers/search", search).expect(200).ids(), [id.as_str()]);
        // Such an attribute can be dropped, and others are written beside it.
        server.patch(&format!("/v1/customers/{id}"), json!({ "custom": { "newStr": "b" } })).expect(200);
        server.put(&format!("/v1/customers/{id}?replace=true"), json!({ "custom": { "newStr": "c" } })).expect(200);
        let custom = server.get(&format!("/v1/customers/{id}")).expect(200).attributes()["custom"].clone();
        assert_eq!(custom, json!({ "newStr": "c" }));
    }
}

/// The search entries of customers are never carried: the target works them out of their documents.
#[test]
fn a_backup_whose_search_index_is_damaged_is_found_by_what_its_customers_hold() {
    let folder = tempfile::tempdir().unwrap();
    let (path, place) = (folder.path().join("a.db"), Place::bare());
    let file = format!("sqlite:{}", path.display());
    let mut server = Server::at(&file, &[]);
    for name in ["Ada", "Grace"] {
        server.create(json!({ "name": name }));
    }
    assert!(server.stop().success());
    let run = |arguments: &[&str]| {
        let done = binary().args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let backup = folder.path().join("backup.db");
    run(&["backup", backup.to_str().unwrap(), "--database", &file]);
    let connection = rusqlite::Connection::open(&backup).unwrap();
    assert_eq!(connection.execute("UPDATE customer_search SET name = 'nobody'", []).unwrap(), 2);
    drop(connection);
    run(&["restore", backup.to_str().unwrap(), "--database", place.url()]);
    run(&["check", "--database", place.url()]);
    let server = Server::at(place.url(), &[]);
    let search = json!({ "and": [{ "customer_name": { "equals": "ada" } }] });
    assert_eq!(server.post("/v1/customers/search", search).expect(200).ids().len(), 1);
}

/// The body with a zero within each of its texts in turn, and as a member of its own.
fn with_zeros(body: &Value) -> Vec<Value> {
    fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(at.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| texts(item, &format!("{at}/{index}"), found));
            }
            Value::Object(members) => {
                let place = |name: &String| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                members.iter().for_each(|(name, member)| texts(member, &place(name), found));
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    texts(body, "", &mut places);
    let with_zero = |place: &String| {
        let mut body = body.clone();
        let text = body.pointer_mut(place).unwrap();
        *text = format!("{}\0b", text.as_str().unwrap()).into();
        body
    };
    let mut bodies: Vec<Value> = places.iter().map(with_zero).collect();
    if let Value::Object(members) = body {
        let mut members = members.clone();
        members.insert("a\0b".to_owned(), "\0".into());
        bodies.push(members.into());
    }
    bodies
}

#[test]
fn a_zero_in_any_text_of_any_operation_is_no_fault_of_the_server() {
    let place = Place::lasting();
    let server = Server::at(place.url(), &["--lenient-query"]);
    let mut asked = 0;
    let mut ask = |method: &Method, path: &str, body: Option<&Value>| {
        let answer = server.call(method.clone(), path, body.cloned());
        asked += 1;
        let body = body.map(Value::to_string).unwrap_or_default();
        assert!(answer.status < 500 || answer.status == 501, "{method} {path} {body}: {}", answer.text);
    };
    for declaration in kustodian_server::declarations() {
        let operation = declaration.operation;
        if ["deleteCurrentAuthToken", "createToken"].contains(&operation.name) {
            continue;
        }
        let (method, path, least) = crate::roles::aim(&server, operation);
        let example = declaration.body_example.map(|example| serde_json::from_str(example).unwrap());
        let body: Option<Value> = example.or(least);
        // In each parameter of the path, alone, behind a letter, and twice.
        for (index, segment) in operation.path.split('/').enumerate().filter(|(_, segment)| segment.contains('{')) {
            let fixed = segment.split('{').next().unwrap();
            for zero in ["%00", "a%00b", "%00,%00"] {
                let mut segments: Vec<&str> = operation.path.split('/').collect();
                let replaced = format!("{fixed}{zero}");
                segments[index] = &replaced;
                let path = segments.join("/");
                let others =
                    path.split('/').map(|segment| if segment.contains('{') { crate::roles::NOBODY } else { segment });
                ask(&method, &format!("/v1{}", others.collect::<Vec<_>>().join("/")), body.as_ref());
            }
        }
        let names = declaration.query.iter().map(|parameter| parameter.name).chain(["a%00b"]);
        let separator = if path.contains('?') { '&' } else { '?' };
        names.for_each(|name| ask(&method, &format!("{path}{separator}{name}=a%00b"), body.as_ref()));
        for body in body.iter().flat_map(with_zeros) {
            ask(&method, &path, Some(&body));
        }
    }
    assert!(asked > 1_000, "{asked} requests");
    server.get("/v1/customers").expect(200);
}
