//! `kustodian backup`, `restore` and `check` on a database that is served: acknowledged data is in the backup.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;
use crate::server::{Answer, Server, TOKEN, binary};

const WRITERS: usize = 8;

fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
pub(crate) fn goes_well(arguments: &[&str]) -> Value {
    let output = run(&[arguments, &["--output", "json"]].concat());
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stdout} {stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// Without a terminal, the last line about each table says that all of it is done.
#[track_caller]
fn each_step_ends(stderr: &str) {
    let mut last = BTreeMap::new();
    for line in stderr.lines() {
        let counts = line.rsplit_once(": ").and_then(|(step, counts)| Some((step, counts.split_once(" of ")?)));
        if let Some((step, (done, total))) = counts
            && let (Ok(done), Ok(total)) = (done.parse::<u64>(), total.parse::<u64>())
        {
            last.insert(step.to_owned(), (done, total));
        }
    }
    let unfinished: Vec<_> = last.iter().filter(|(_, (done, total))| done < total).collect();
    assert!(unfinished.is_empty(), "{unfinished:?} in {stderr}");
}

#[track_caller]
pub(crate) fn is_refused(arguments: &[&str], words: &str) {
    let output = run(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let complaints: Vec<&str> = error.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(complaints.len(), 1, "one line: {error}");
    assert_eq!(error.lines().last(), complaints.first().copied(), "{error}");
    assert!(complaints[0].contains(words), "{arguments:?} should speak of {words:?}: {error}");
}

pub(crate) fn rows(printed: &Value, table: &str) -> u64 {
    let tables = printed["tables"].as_array().unwrap();
    tables.iter().find(|row| row["table"] == table).unwrap()["rows"].as_u64().unwrap()
}

fn body(writer: usize, number: usize) -> Value {
    json!({
        "externalId": format!("{writer}-{number}"),
        "emails": [{ "email": format!("{writer}.{number}@acme.example") }],
        "tags": [format!("tag {}", number % 5)],
        "custom": { "noteStr": "a \"quote\", two\nlines, \u{1F600}" },
    })
}

/// Every answer to a write, by the customer's path and revision.
type Acknowledged = BTreeMap<String, BTreeMap<u64, String>>;

fn note(acknowledged: &Mutex<Acknowledged>, answer: Answer) -> String {
    let path = answer.data()["links"]["self"].as_str().unwrap().to_owned();
    let rev = answer.attributes()["rev"].as_u64().unwrap();
    acknowledged.lock().unwrap().entry(path.clone()).or_default().insert(rev, answer.text);
    path
}

/// Writes without a pause: makes customers, and changes every other one.
fn write(server: &Server, writer: usize, acknowledged: &Mutex<Acknowledged>, is_over: &AtomicBool) {
    for number in 0.. {
        let path = note(acknowledged, server.post("/v1/customers", body(writer, number)).expect(201));
        if number % 2 == 0 {
            note(acknowledged, server.patch(&path, json!({ "name": "changed" })).expect(200));
        }
        if is_over.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Does `work` while writers write; returns the acknowledged writes before it and at the end.
fn under_load(server: &Server, work: impl FnOnce()) -> (Acknowledged, Acknowledged) {
    let (acknowledged, is_over) = (Mutex::default(), AtomicBool::new(false));
    let before = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (acknowledged, is_over) = (&acknowledged, &is_over);
            scope.spawn(move || write(server, writer, acknowledged, is_over));
        }
        while acknowledged.lock().unwrap().len() < 200 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let before = acknowledged.lock().unwrap().clone();
        // The writers have to end in any case.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        is_over.store(true, Ordering::Relaxed);
        outcome.map_or_else(|panic| std::panic::resume_unwind(panic), |()| before)
    });
    (before, acknowledged.into_inner().unwrap())
}

/// A restored server has everything acknowledged before and nothing else, and it continues.
fn is_true(server: &Server, key: &str, customers: u64, before: &Acknowledged, after: &Acknowledged) {
    let mut seen = 0;
    for (path, revisions) in after {
        let answer = server.call_as(key, Method::GET, path, None);
        let expected = before.get(path).and_then(|revisions| revisions.keys().max());
        if answer.status == 404 {
            assert_eq!(expected, None, "{path} was acknowledged before the backup began");
            continue;
        }
        let rev = answer.attributes()["rev"].as_u64().unwrap();
        assert_eq!(Some(&answer.text), revisions.get(&rev), "{path}");
        assert!(
            expected.is_none_or(|expected| *expected <= rev),
            "{path}: {expected:?} was acknowledged, {rev} is here"
        );
        let external_id = answer.attributes()["externalId"].as_str().unwrap();
        assert_eq!(server.get(&format!("/v1/customers/externalId={external_id}")).expect(200).text, answer.text);
        seen += 1;
    }
    assert_eq!(seen, customers);
    assert_eq!(server.get("/v1/customers?pageSize=0").body["meta"]["total"], customers);
    server.post("/v1/customers", body(0, 0)).expect(409);
    server.create(json!({ "externalId": "afterwards", "tags": ["tag 1", "a new tag"] }));
    server.org("later");
    server.token("later", &["org"]);
}

#[test]
fn a_backup_under_load_is_restored_elsewhere_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    let file = file.to_str().unwrap();
    let server = Server::on_file();
    let key = server.token("demo", &["org"]);
    let mut printed = Value::Null;
    let (before, after) =
        under_load(&server, || printed = goes_well(&["backup", file, "--database", server.database()]));
    assert_eq!(printed["findings"], json!([]));
    assert_eq!(printed["bytes"], std::fs::metadata(file).unwrap().len());
    let customers = rows(&printed, "customers");
    assert!(customers >= before.len() as u64, "{customers}");

    let place = Place::lasting();
    let restored = goes_well(&["restore", file, "--database", place.url()]);
    assert_eq!(restored["tables"], printed["tables"]);
    is_true(&Server::at(place.url(), &[]), &key, customers, &before, &after);
    assert_eq!(goes_well(&["check", "--database", place.url()])["findings"], json!([]));

    // Whichever engine it came from, it is a database that can be served as it is.
    let served = folder.path().join("served.db");
    goes_well(&["restore", file, "--database", &format!("sqlite:{}", served.display())]);
    is_true(&Server::at(&format!("sqlite:{}", served.display()), &[]), &key, customers, &before, &after);
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_alone_and_stands_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    let server = Server::on_file();
    server.create(json!({}));
    let told = run(&["backup", "--progress", file.to_str().unwrap(), "--database", server.database()]);
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("verifying customers: 1 of 1"), "{told}");
    each_step_ends(&told);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["backup.db"]);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// Starts a backup, kills it once it reports `stage`, and shows whether it was still at work then.
fn killed_at(stage: &str, file: &Path, database: &str) -> bool {
    let mut command = binary();
    command.args(["backup", "--force", "--progress", "--database", database]).arg(file);
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let seen = lines.by_ref().any(|line| line.starts_with(stage));
    process.kill().unwrap();
    !process.wait().unwrap().success() && seen
}

#[test]
fn a_backup_killed_in_the_middle_leaves_no_file_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    let server = Server::on_file();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let server = &server;
            scope.spawn(move || (0..100).for_each(|number| drop(server.create(body(writer, number)))));
        }
    });
    let url = format!("sqlite:{}", file.display());
    for stage in ["copying", "verifying pages", "verifying customers", "verifying claims"] {
        let hit = (0..20).any(|_| {
            let was_at_work = killed_at(stage, &file, server.database());
            if file.exists() {
                // It was quicker than the kill: then it is whole.
                assert_eq!(goes_well(&["check", "--database", &url])["findings"], json!([]), "{stage}");
                std::fs::remove_file(&file).unwrap();
                return false;
            }
            was_at_work
        });
        assert!(hit, "no kill in the middle of {stage}");
    }
    goes_well(&["backup", file.to_str().unwrap(), "--database", server.database()]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["backup.db"], "what the killed ones left is gone");
}

#[test]
fn nothing_is_restored_over_records() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    let file = file.to_str().unwrap();
    let server = Server::on_file();
    let kept = server.create(json!({ "name": "Ada" }));
    goes_well(&["backup", file, "--database", server.database()]);
    is_refused(&["restore", file, "--database", server.database()], "holds records");
    let server = server.restart();
    assert_eq!(server.get(kept["links"]["self"].as_str().unwrap()).expect(200).data(), &kept);
    assert_eq!(server.call_as(TOKEN, Method::GET, "/v1/customers?pageSize=0", None).body["meta"]["total"], 1);
}
