//! `kustodian audit verify` on a database that was carried to the other engine: the chain moves with it.

use std::process::Output;

use serde_json::{Value, json};

use crate::place::{self, Place};
use crate::server::{Server, binary};

fn verify(database: &str, more: &[&str]) -> Output {
    let fixed = ["audit", "verify", "--output", "json", "--database", database];
    binary().args(fixed).args(more).output().unwrap()
}

#[track_caller]
fn sound(database: &str, more: &[&str]) -> Value {
    let output = verify(database, more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn copy(from: &str, to: &str) {
    let output = binary().args(["copy", "--from", from, "--to", to]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Damages a database, and expects that to be found.
#[track_caller]
fn is_found(database: &str, what: &str, write: impl FnOnce()) {
    write();
    let output = verify(database, &[]);
    assert_eq!(output.status.code(), Some(1), "{what} was not found");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!told["findings"].as_array().unwrap().is_empty(), "{what}: {told}");
}

#[test]
fn a_copy_on_the_other_engine_verifies_with_the_same_ends_and_so_does_a_copy_of_that() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada", "tags": ["vip"] }));
    let (id, path) = (customer["id"].as_str().unwrap(), customer["links"]["self"].as_str().unwrap());
    for number in 0..70 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let erased = server.create(json!({ "name": "Grace" }));
    server.post(&format!("{}/erase", erased["links"]["self"].as_str().unwrap()), json!({})).expect(204);
    crate::events::first(&server, 75);
    let told = sound(server.database(), &[]);
    assert_eq!(told["erased"], 2);
    let end = told["orgs"][0]["end"].as_str().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let on_sqlite = format!("sqlite:{}", file.display());
    copy(server.database(), &on_sqlite);
    assert_eq!(sound(&on_sqlite, &["--expect", end]), told);
    let back = Place::lasting();
    copy(&on_sqlite, back.url());
    assert_eq!(sound(back.url(), &["--expect", end]), told);

    let change = |id: String| format!("UPDATE events SET at = at + 1 WHERE record = {id} AND rev = 40");
    is_found(back.url(), "an event's time", || drop(place::rows(back.url(), &change(place::id_in_events(id)))));
    is_found(&on_sqlite, "an event's time", || {
        let change = change(format!("x'{id}'"));
        assert_eq!(rusqlite::Connection::open(&file).unwrap().execute(&change, []).unwrap(), 1);
    });
}
