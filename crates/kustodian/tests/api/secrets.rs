//! Keys, passwords and what identifies customers: shown to nobody who did not bring them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use crate::server::{Server, TOKEN, binary, http};

/// Words in what identifies a customer; none of them may be in a log.
const NAME: &str = "Wilhelmina Harker zq7x";
const EMAIL: &str = "mina-zq7x@acme.example";
const PHONE: &str = "+4420718971897";
const NOTE: &str = "she keeps a diary zq7x";
/// A caller's secret that is not known here.
const STRANGERS: &str = "a-key-of-somebody-else-zq7x";

/// Starts a server that logs everything to a file, and gives its URL.
pub(crate) fn serve_logging(database: &str, log: &std::path::Path) -> (std::process::Child, String) {
    let mut process = binary()
        .args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--log", "trace", "--access-log", "text"])
        .env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .stderr(fs::File::create(log).unwrap())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("listening on ")?.1.trim().to_owned()));
    (process, url.unwrap_or_else(|| panic!("no server: {}", fs::read_to_string(log).unwrap())))
}

#[test]
fn a_log_of_everything_holds_no_key_and_no_word_of_a_customer() {
    let place = Place::lasting();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let database = crate::place::with_password(place.url(), "hunter2-zq7x");
    let (mut process, url) = serve_logging(&database, &log);
    let client = http().build().unwrap();
    let call = |token: &str, method: Method, path: &str, body: Value| {
        let request = client.request(method, format!("{url}{path}")).bearer_auth(token).json(&body);
        request.send().unwrap()
    };
    let whole = json!({
        "name": NAME, "emails": [{ "email": EMAIL }], "phones": [{ "phone": PHONE }], "tags": ["diarist-zq7x"],
        "externalId": "crm-zq7x", "custom": { "noteStr": NOTE },
    });
    let created: Value = call(TOKEN, Method::POST, "/v1/customers", whole.clone()).json().unwrap();
    let path = created["data"]["links"]["self"].as_str().unwrap();
    for (token, method, path, body, status) in [
        (TOKEN, Method::POST, "/v1/customers", whole.clone(), 409),
        (TOKEN, Method::POST, "/v1/customers", json!({ "nam": NAME, "emails": [{ "email": NOTE }] }), 400),
        (TOKEN, Method::PATCH, path, json!({ "name": NAME, "custom": { "noteStr": NOTE, "xNum": NAME } }), 400),
        (TOKEN, Method::PATCH, path, json!({ "username": NAME, "rev": 7 }), 409),
        (TOKEN, Method::PUT, path, whole.clone(), 200),
        (TOKEN, Method::GET, &format!("/v1/customers/email={EMAIL}"), json!({}), 200),
        (TOKEN, Method::GET, &format!("/v1/customers/phone={PHONE}"), json!({}), 200),
        (TOKEN, Method::GET, "/v1/customers/externalId=crm-zq7x-nobody", json!({}), 404),
        (TOKEN, Method::GET, &format!("/v1/customers?cursor={EMAIL}"), json!({}), 400),
        (TOKEN, Method::GET, &format!("/v1/nothing/{EMAIL}"), json!({}), 404),
        (STRANGERS, Method::GET, path, json!({}), 401),
        (TOKEN, Method::GET, "/v1/events", json!({}), 200),
        (TOKEN, Method::GET, &format!("{path}/history"), json!({}), 200),
        (TOKEN, Method::DELETE, path, json!({}), 204),
        (TOKEN, Method::POST, &format!("{path}/restore"), json!({}), 200),
        (TOKEN, Method::POST, &format!("{path}/erase"), json!({}), 204),
    ] {
        let answer = call(token, method.clone(), path, body);
        assert_eq!(answer.status(), status, "{method} {path}: {}", answer.text().unwrap());
    }
    let metrics = client.get(format!("{url}/metrics")).send().unwrap().text().unwrap();
    let made = binary()
        .args(["token", "create", "--org", "demo", "--name", "second", "--role", "org", "--log", "trace"])
        .env("KUSTODIAN_DATABASE", &database)
        .output()
        .unwrap();
    let second = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert_eq!(call(&second, Method::GET, "/v1/users/current", json!({})).status(), 200);
    Command::new("kill").arg(process.id().to_string()).status().unwrap();
    process.wait().unwrap();

    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains("createCustomer"), "it was logged at all: {log}");
    for (what, text) in
        [("log", &log), ("metrics", &metrics), ("log of the CLI", &String::from_utf8_lossy(&made.stderr).into())]
    {
        let signature = second.rsplit('.').next().unwrap();
        for secret in [TOKEN, STRANGERS, &second, signature, NAME, EMAIL, PHONE, "4420718971897", NOTE, "zq7x"] {
            let at = text.find(secret).map(|at| text[..at].rsplit('\n').next().unwrap().len() + secret.len());
            let line = text.lines().find(|line| line.contains(secret)).unwrap_or_default();
            assert!(at.is_none(), "the {what} holds {secret:?}: {line}");
        }
    }
}

#[test]
fn a_password_in_the_address_of_a_database_is_shown_to_nobody() {
    let refused = |output: &Output| {
        let told = [&output.stdout[..], &output.stderr[..]].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(!output.status.success() && !told.trim().is_empty(), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    };
    for database in [
        "postgres://ada:hunter2@127.0.0.1:1/kustodian",
        "postgres://ada:hunter2@127.0.0.1:1/kustodian?sslmode=require",
        "postgres://ada:hunter2@127.0.0.1:99999/kustodian",
        "postgres://ada:hunter2@/kustodian?no=such",
        "postgres://ada:hunter2@[::1/kustodian",
        "postgresql://ada:hunter2%zz@127.0.0.1:1/kustodian",
        "mysql://ada:hunter2@127.0.0.1:1/kustodian",
        "postgres:ada:hunter2@127.0.0.1",
    ] {
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["token", "list"], &["migrate"]] {
            let mut with_flag = binary();
            refused(&with_flag.args(command).args(["--log", "trace", "--database", database]).output().unwrap());
            let mut with_variable = binary();
            refused(&with_variable.args(command).env("KUSTODIAN_DATABASE", database).output().unwrap());
        }
    }
    for name in ["KUSTODIAN_DATABASE", "KUSTODIAN_BOOTSTRAP_TOKEN"] {
        let help = binary().args(["serve", "--help"]).env(name, "hunter2").output().unwrap();
        assert!(help.status.success() && !String::from_utf8(help.stdout).unwrap().contains("hunter2"), "{name}");
    }
}

#[test]
fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let server = Server::start();
    for (method, path) in [
        (Method::GET, "/v1/customers"),
        (Method::HEAD, "/v1/customers"),
        (Method::GET, "/v1/customers/5c7d1a1f9a1b2c0010a1b2c3"),
        (Method::OPTIONS, "/v1/customers"),
        (Method::POST, "/v1/auth/tokens"),
        (Method::GET, "/v1/nothing"),
        (Method::GET, "/"),
        (Method::GET, "/favicon.ico"),
        (Method::GET, "/docs"),
        (Method::GET, "/docs/"),
        (Method::GET, "/docs/docs.js"),
        (Method::GET, "/docs/swagger-ui-bundle.js"),
        (Method::GET, "/docs/swagger-ui.css"),
        (Method::GET, "/docs/nothing"),
        (Method::POST, "/docs"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/metrics"),
        (Method::DELETE, "/metrics"),
        (Method::GET, "/healthz"),
        (Method::GET, "/readyz"),
    ] {
        for token in [TOKEN, STRANGERS] {
            let answer = server.request(method.clone(), path).bearer_auth(token).send().unwrap();
            let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
            let told = format!("{method} {path}: {:?}", answer.headers());
            assert_eq!(header("x-content-type-options"), "nosniff", "{told}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{told}");
            // Of plain HTTP a browser ignores it.
            assert_eq!(header("strict-transport-security"), "", "{told}");
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src '") && policy.contains("frame-ancestors 'none'"), "{told}");
            assert!(
                !answer.headers().contains_key("server") && !answer.headers().contains_key("x-powered-by"),
                "{told}"
            );
        }
    }
    // The same holds for a request that is refused while it is parsed.
    let refused = server.raw(b"GET / HTTP/9.9\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    for header in ["x-content-type-options", "referrer-policy", "content-security-policy"] {
        assert!(refused.contains(&format!("\r\n{header}: ")), "{refused}");
    }
}
