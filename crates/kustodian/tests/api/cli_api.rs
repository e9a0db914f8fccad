//! `kustodian api`: any path of the API from the command line.

use std::process::Command;

use serde_json::{Value, json};

use crate::server::{Server, TOKEN};

fn api(server: &Server, arguments: &[&str]) -> (String, String, bool) {
    let mut call = Command::new(env!("CARGO_BIN_EXE_kustodian"));
    let output = call
        .arg("api")
        .args(arguments)
        .env("KUSTODIAN_URL", &server.url)
        .env("KUSTODIAN_TOKEN", TOKEN)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

fn answer(server: &Server, arguments: &[&str]) -> Value {
    let (out, err, succeeded) = api(server, arguments);
    assert!(succeeded, "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_record_is_created_read_changed_and_listed_by_its_paths() {
    let server = Server::start();
    let created = answer(&server, &["/companies", "-f", "name=Acme", "-f", "employeeCount=12"]);
    assert_eq!(created["data"]["attributes"]["employeeCount"], 12);
    let path = created["data"]["links"]["self"].as_str().unwrap();
    for form in
        [path, path.strip_prefix("/v1").unwrap(), path.strip_prefix('/').unwrap(), &format!("{}{path}", server.url)]
    {
        assert_eq!(answer(&server, &[form]), created, "{form}");
    }
    let changed = answer(&server, &["put", path, "--json", r#"{"name":"Initech"}"#]);
    assert_eq!(changed["data"]["attributes"]["name"], "Initech");
    let listed = answer(&server, &["GET", "companies", "-q", "filter=initech"]);
    assert_eq!(listed["data"], json!([changed["data"]]));
    let (out, _, succeeded) = api(&server, &["-i", "HEAD", path]);
    assert!(succeeded && out.starts_with("HTTP 200") && out.contains("etag: "), "{out}");
}

#[test]
fn a_list_is_followed_to_its_end_a_record_a_line() {
    let server = Server::start();
    for number in 0..5 {
        answer(&server, &["/companies", "-f", &format!("name=company {number}")]);
    }
    let (out, err, succeeded) = api(&server, &["/companies?pageSize=2", "--paginate"]);
    assert!(succeeded, "{err}");
    let names: Vec<Value> =
        out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["attributes"]["name"].clone()).collect();
    assert_eq!(names, ["company 0", "company 1", "company 2", "company 3", "company 4"]);
}

#[test]
fn a_refusal_is_printed_as_it_came_and_fails() {
    let server = Server::start();
    let (out, err, succeeded) = api(&server, &["/companies", "-f", "name=ab"]);
    assert!(!succeeded && err.contains("name"), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["errors"][0]["status"], 400);
    for elsewhere in ["http://127.0.0.1:1/v1/customers", "../../admin"] {
        let (out, err, succeeded) = api(&server, &[elsewhere]);
        assert!(!succeeded && out.is_empty() && err.contains("leads to another server"), "{out} {err}");
    }
}

#[test]
fn one_value_of_an_answer_is_picked_for_scripts() {
    let server = Server::start();
    let created = api(&server, &["/companies", "-f", "name=Acme", "--pick", "/data/attributes/name"]);
    assert_eq!(created, ("Acme\n".to_owned(), String::new(), true));
    let (out, _, _) = api(&server, &["/companies", "--pick", "/meta"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!({ "page": 1, "pageSize": 100 }));
    let (_, err, succeeded) = api(&server, &["/companies", "--pick", "/data/7"]);
    assert!(!succeeded && err.contains("nothing at /data/7"), "{err}");
    let (out, err, succeeded) = api(&server, &["/nothing", "--pick", "/data"]);
    assert!(!succeeded && out.contains("errors") && !err.is_empty(), "{out}{err}");
}
