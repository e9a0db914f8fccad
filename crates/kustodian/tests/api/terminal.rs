//! Values of records and servers never control the terminal of their reader.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::server::{Server, TOKEN, binary};

const STEERING: &str = "a\u{1b}[2J\u{7f}\u{85}\u{9b}31m\u{202e}\u{2066}\u{200f}z";

fn ran(url: &str, arguments: &[&str]) -> String {
    let output = binary().args(arguments).env("KUSTODIAN_URL", url).env("KUSTODIAN_TOKEN", TOKEN).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn steers_nothing(printed: &str) {
    let steers = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t')) || "\u{202e}\u{2066}\u{200f}".contains(character)
    };
    assert!(!printed.contains(steers), "{printed:?}");
}

#[test]
fn a_record_is_printed_without_what_steers_a_terminal() {
    let server = Server::start();
    let created = server.create(json!({ "name": STEERING, "custom": { "noteStr": STEERING } }));
    let id = created["id"].as_str().unwrap();
    for arguments in [
        &["customers", "get", id, "--output", "json"][..],
        &["customers", "get", id],
        &["customers", "list", "--output", "json"],
        &["customers", "list"],
        &["customers", "history", id, "--output", "json"],
        &["customers", "history", id],
        &["tail", "--no-follow", "--output", "json"],
        &["tail", "--no-follow"],
        &["audit", "list", "--output", "json", "--type", "customer"],
    ] {
        steers_nothing(&ran(&server.url, arguments));
    }
    let json = ran(&server.url, &["customers", "get", id, "--output", "json"]);
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["data"]["attributes"]["name"], STEERING, "escaped, not changed");
}

#[test]
fn a_hostile_server_cannot_steer_the_terminal_of_tail() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The first cannot be read, as its date is none; the second is printed.
    let answers = [STEERING, "2026-01-31T13:45:00.000Z"].map(|created_at| {
        let event = json!({
            "id": STEERING, "name": STEERING, "org": "o", "partition": "o", "dataId": format!("{STEERING}\nforged line"),
            "data": { "type": "customer", "id": "x" }, "createdAt": created_at, "client": STEERING, "persist": true,
            "changes": { "attributes": { STEERING: { "op": "add", "after": 1 } }, "relationships": {} },
        });
        json!({ "data": [event], "meta": {}, "links": { "self": "/v1/events" } }).to_string()
    });
    // Each is asked for in both forms.
    let answers = answers.into_iter().flat_map(|body| [body.clone(), body]);
    let answering = std::thread::spawn(move || {
        for (body, stream) in answers.zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
    });
    for (is_readable, form) in [(false, "json"), (false, "table"), (true, "json"), (true, "table")] {
        let output = binary()
            .args(["tail", "--no-follow", "--output", form])
            .env("KUSTODIAN_URL", &url)
            .env("KUSTODIAN_TOKEN", TOKEN)
            .output()
            .unwrap();
        assert_eq!((output.status.success(), !output.stdout.is_empty()), (is_readable, is_readable), "{form}");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert!(!printed.is_empty());
        steers_nothing(&printed);
        assert!(!printed.lines().any(|line| line.starts_with("forged")), "{printed}");
    }
    answering.join().unwrap();
}
