//! `kustodian copy`: a whole database carried between engines, while it is served and after interruptions.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::laws::{self, with_pasts};
use crate::place::Place;
use crate::server::{Answer, Server, TOKEN, binary, full_customer};

/// Customers made before the first pass.
const CUSTOMERS: usize = 1_200;

fn copy(from: &str, to: &str, more: &[&str]) -> Output {
    binary().args(["copy", "--from", from, "--to", to]).args(more).output().unwrap()
}

/// Copies, and returns the output: per table its name, rows and checksum.
#[track_caller]
fn copied(from: &str, to: &str, more: &[&str]) -> Value {
    let output = copy(from, to, &[more, &["--output", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "one line: {error}");
    assert!(error.contains(words), "{error:?} should speak of {words:?}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn file(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// A database with an org and nothing else.
fn with_org(url: &str, org: &str) {
    let output = binary().args(["org", "create", org, "--database", url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Rows of numbers.
pub(crate) fn query(url: &str, sql: &str) -> Vec<Vec<Option<i64>>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
    })
}

fn email(number: usize) -> String {
    format!("c{number}@acme.example")
}

fn customer(number: usize) -> Value {
    json!({
        "name": format!("Customer {number}"),
        "externalId": format!("x{number}"),
        "emails": [{ "email": email(number) }],
        "phones": [{ "phone": format!("+1800{number:07}") }],
        "sharedEmails": [{ "email": "desk@acme.example" }],
        "tags": [format!("tag {}", number % 7)],
        "custom": { "numberNum": number, "noteStr": "a \"quote\", a \\, two\nlines, \u{1F600}" },
    })
}

/// Makes customers, several at a time; some are changed, some deleted, some of those restored.
fn populate(server: &Server) {
    std::thread::scope(|scope| {
        for worker in 0..6 {
            scope.spawn(move || {
                for number in (worker..CUSTOMERS).step_by(6) {
                    let path = path_of(&server.create(customer(number)));
                    if number % 3 == 0 {
                        server.patch(&path, json!({ "name": format!("Renamed {number}") })).expect(200);
                    }
                    if number % 10 == 0 {
                        server.delete(&path).expect(204);
                    }
                    if number % 20 == 0 {
                        server.post(&format!("{path}/restore"), json!({})).expect(200);
                    }
                }
            });
        }
    });
    server.create(full_customer());
}

fn path_of(customer: &Value) -> String {
    customer["links"]["self"].as_str().unwrap().to_owned()
}

/// Everything the API answers about a database: lists with their totals, each customer by each identity, tags, users, keys.
fn answers(server: &Server, tokens: &[&str]) -> Vec<(String, String)> {
    let mut paths = vec!["/v1/customers?pageSize=0".to_owned(), "/v1/users?pageSize=500".to_owned()];
    paths.extend((1..=4).map(|page| format!("/v1/customers?pageSize=500&page={page}")));
    paths.extend((1..=4).map(|page| format!("/v1/customers?pageSize=500&sort=-updatedAt&page={page}")));
    paths.push("/v1/tags?pageSize=500".to_owned());
    paths.push("/v1/auth/tokens/current".to_owned());
    let numbers = (0..CUSTOMERS).chain(10_000..10_003);
    paths.extend(numbers.flat_map(|number| {
        [
            format!("/v1/customers/externalId=x{number}"),
            format!("/v1/customers/email={}", email(number)),
            format!("/v1/customers/phone=%2B1800{number:07}"),
        ]
    }));
    let of_others = tokens.iter().flat_map(|token| {
        ["/v1/customers", "/v1/tags", "/v1/auth/tokens/current"].map(|path| {
            let answer = server.call_as(token, reqwest::Method::GET, path, None);
            (path.to_owned(), format!("{} {}", answer.status, answer.text))
        })
    });
    let mut told: Vec<(String, String)> = of_others.collect();
    let share = paths.len().div_ceil(4);
    std::thread::scope(|scope| {
        let readers: Vec<_> = paths
            .chunks(share)
            .map(|paths| {
                scope.spawn(move || {
                    let read = |path: &String| {
                        let answer = server.get(path);
                        (path.clone(), format!("{} {}", answer.status, answer.text))
                    };
                    paths.iter().map(read).collect::<Vec<_>>()
                })
            })
            .collect();
        told.extend(readers.into_iter().flat_map(|reader| reader.join().unwrap()));
    });
    told
}

/// [`answers`], with the request ids that error bodies carry left out of the comparison.
#[track_caller]
fn same(before: &[(String, String)], after: &[(String, String)]) {
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        let is_refusal = before.1.starts_with('4') && before.1.get(..3) == after.1.get(..3);
        assert!(before == after || is_refusal, "{}\n{}\n{}", before.0, before.1, after.1);
    }
    let found = before.iter().filter(|(_, answer)| answer.starts_with("200")).count();
    assert!(found > CUSTOMERS, "{found} answers were no refusals");
}

#[test]
fn a_served_database_moves_to_postgresql_and_back_and_no_answer_differs() {
    let folder = tempfile::tempdir().unwrap();
    let (from, target) = (file(folder.path(), "a.db"), Place::lasting());
    let mut server = Server::at(&from, &[]);
    populate(&server);
    let second = server.token("demo", &["org"]);
    server.org("acme");
    let foreign = server.token("acme", &["org"]);
    let tokens = [second.as_str(), foreign.as_str()];
    let in_acme = |server: &Server, body: Value| {
        server.call_as(&foreign, reqwest::Method::POST, "/v1/customers", Some(body)).expect(201);
    };
    in_acme(&server, customer(1));

    // The first pass, while writes continue.
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (server, is_over) = (&server, &is_over);
        scope.spawn(move || {
            for number in 20_000.. {
                let path = path_of(&server.create(customer(number)));
                server.patch(&path, json!({ "name": "changed meanwhile" })).expect(200);
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let tables = copied(&from, target.url(), &[]);
        is_over.store(true, Ordering::Relaxed);
        let customers = tables.as_array().unwrap().iter().find(|table| table["table"] == "customers").unwrap();
        assert!(customers["rows"].as_u64().unwrap() > CUSTOMERS as u64, "{tables}");
    });

    // What the second pass has to find: an address that moves, in both directions of ids; a new customer, a deletion,
    // a restoration, a new tag, a new org.
    let by_email = |number: usize| server.get(&format!("/v1/customers/email={}", email(number))).expect(200);
    for (giver, taker) in [(1, 2), (5, 4)] {
        let (giving, taking) = (path_of(by_email(giver).data()), path_of(by_email(taker).data()));
        server.patch(&giving, json!({ "emails": [] })).expect(200);
        server.patch(&taking, json!({ "emails": [{ "email": email(giver) }] })).expect(200);
    }
    server.delete(&path_of(by_email(7).data())).expect(204);
    let gone = path_of(by_email(8).data());
    server.delete(&gone).expect(204);
    server.post(&format!("{gone}/restore"), json!({})).expect(200);
    server.create(json!({ "externalId": "x10000", "tags": ["a new tag"] }));
    in_acme(&server, customer(2));
    copied(&from, target.url(), &["--resume"]);

    // The last pass, when nothing can change any more.
    server.create(customer(10_001));
    server.org("later");
    assert!(server.stop().success());
    let mut server = Server::at(&from, &["--read-only"]);
    server.post("/v1/customers", json!({})).expect(503);
    let tables = copied(&from, target.url(), &["--resume"]);
    assert_eq!(copied(&from, target.url(), &["--resume"]), tables, "a pass with nothing to do changes nothing");
    let before = answers(&server, &tokens);
    assert!(server.stop().success());

    let mut server = Server::at(target.url(), &[]);
    same(&before, &answers(&server, &tokens));
    let positions =
        "SELECT count(*), min(position), max(position), count(DISTINCT position) FROM positions GROUP BY org";
    for row in query(target.url(), positions) {
        assert_eq!(row[1..], [Some(1), row[0], row[0]], "positions are dense: {row:?}");
    }
    goes_on(&server);
    let before = answers(&server, &tokens);
    assert!(server.stop().success());
    refused(&copy(&from, target.url(), &["--resume"]), "the target was written after the last pass");

    let back = file(folder.path(), "back.db");
    copied(target.url(), &back, &[]);
    let server = Server::at(&back, &[]);
    same(&before, &answers(&server, &tokens));
    server.post("/v1/customers", customer(10_002)).expect(409);
    server.create(customer(10_003));
    server.org("last");
}

#[test]
fn records_of_every_kind_move_to_postgresql_and_back_with_their_pasts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut world, lives) = with_pasts(Server::at(&file(folder.path(), "a.db"), &[]));
    let before = laws::told(&world.server, &lives);
    assert!(world.server.stop().success());
    let target = Place::lasting();
    copied(world.server.database(), target.url(), &[]);
    assert_eq!(laws::told(&Server::at(target.url(), &[]), &lives), before);
    let back = file(folder.path(), "back.db");
    copied(target.url(), &back, &[]);
    assert_eq!(laws::told(&Server::at(&back, &[]), &lives), before);
}

/// A copy is a database like any other: taken identities stay taken, free ones stay free, and all counts continue.
fn goes_on(server: &Server) {
    let total = || server.get("/v1/customers?pageSize=0").body["meta"]["total"].as_u64().unwrap();
    let before = total();
    server.post("/v1/customers", json!({ "emails": [{ "email": email(1) }] })).expect(409);
    server.create(json!({ "emails": [{ "email": email(7) }] }));
    server.create(json!({ "emails": [{ "email": email(2) }] }));
    server.create(customer(10_002));
    server.org("a-new-org");
    assert_eq!(total(), before + 3);
    let sql = "SELECT (SELECT count(*) FROM events WHERE org = 1), position FROM feeds WHERE org = 1";
    let last = || query(server.database(), sql).remove(0);
    let is_placed = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let row = last();
        row[0] == row[1]
    });
    assert!(is_placed, "new events continue where the copied ones end: {:?}", last());
}

#[test]
fn a_copy_killed_at_any_stage_continues_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let from = file(folder.path(), "a.db");
    let mut server = Server::at(&from, &[]);
    populate(&server);
    let moved = path_of(server.get(&format!("/v1/customers/email={}", email(1))).expect(200).data());
    let (forth, back) = (Place::lasting(), file(folder.path(), "back.db"));
    let mut change = 0;
    let mut killed_at_every_stage = |from: &str, to: &str, server: Option<&Server>| {
        for stage in ["copying customers", "copying claims", "copying events", "catching up events", "verifying"] {
            let mut command = binary();
            command.args(["copy", "--progress", "--from", from, "--to", to]);
            if stage != "copying customers" {
                command.arg("--resume");
            }
            let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
            let seen: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with(stage)).collect();
            process.kill().unwrap();
            process.wait().unwrap();
            assert!(seen.iter().all(|line| !line.starts_with("error")), "{stage}: {seen:?}");
            // Each time an identity is given up and another taken, by a record that was carried before.
            if let Some(server) = server {
                change += 1;
                let emails = json!([{ "email": format!("moved{change}@acme.example") }]);
                server.patch(&moved, json!({ "emails": emails })).expect(200);
                server.create(json!({ "externalId": format!("meanwhile {change}") }));
            }
        }
        refused(&copy(from, to, &[]), "continue with --resume");
        copied(from, to, &["--resume"])
    };
    let tables = killed_at_every_stage(&from, forth.url(), Some(&server));
    let before = answers(&server, &[]);
    assert!(server.stop().success());
    assert_eq!(killed_at_every_stage(forth.url(), &back, None), tables);
    let mut target = Server::at(forth.url(), &[]);
    same(&before, &answers(&target, &[]));
    assert!(target.stop().success());
    same(&before, &answers(&Server::at(&back, &[]), &[]));
}

#[test]
fn a_copy_of_a_copy_has_the_same_checksums_on_every_engine() {
    let folder = tempfile::tempdir().unwrap();
    let from = file(folder.path(), "a.db");
    let mut server = Server::at(&from, &[]);
    server.create(full_customer());
    assert!(server.stop().success());
    let (first, second) = (Place::lasting(), Place::lasting());
    let files = [file(folder.path(), "b.db"), file(folder.path(), "c.db")];
    let hops = [from.as_str(), &files[0], first.url(), second.url(), &files[1]];
    let tables: Vec<Value> = hops.windows(2).map(|hop| copied(hop[0], hop[1], &[])).collect();
    assert!(tables.iter().all(|table| *table == tables[0]), "{tables:?}");
    let table = copy(&from, &file(folder.path(), "d.db"), &[]);
    let text = String::from_utf8(table.stdout).unwrap();
    let row = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("TABLE").contains("CHECKSUM") && row("customers").split_whitespace().nth(1) == Some("1"), "{text}");
}

#[test]
fn receipts_move_along_and_all_kinds_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (from, back, target) = (file(folder.path(), "a.db"), file(folder.path(), "back.db"), Place::lasting());
    let mut server = Server::at(&from, &[]);
    server.post("/v1/teams", json!({ "name": "Desk", "icon": "sun" })).expect(201);
    server.post("/v1/shortcuts", json!({ "name": "Greeting" })).expect(201);
    let once = |server: &Server| {
        let request = server.request(reqwest::Method::POST, "/v1/customers").bearer_auth(TOKEN);
        Answer::of(request.header("Idempotency-Key", "once").json(&json!({ "name": "Ada" }))).expect(201).text
    };
    let made = once(&server);
    assert!(server.stop().success());
    copied(&from, target.url(), &[]);
    copied(target.url(), &back, &[]);
    for url in [target.url(), &back] {
        assert_eq!(once(&Server::at(url, &[])), made);
    }
    let counts = "SELECT live FROM live_counts WHERE kind IN ('team', 'shortcut')";
    assert_eq!(query(target.url(), counts), [[Some(1)], [Some(1)]]);
    let counted = rusqlite::Connection::open(back.strip_prefix("sqlite:").unwrap()).unwrap();
    assert_eq!(counted.query_row(&counts.replace("live F", "sum(live) F"), [], |row| row.get(0)), Ok(2));
}

#[test]
fn a_message_redacted_between_two_passes_is_redacted_in_the_target_and_earlier_states_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (from, file, target) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"), Place::lasting());
    let mut server = Server::at(&from, &[]);
    let customer = path_of(&server.create(json!({ "name": "Former" })));
    server.patch(&customer, json!({ "name": "Latter" })).expect(200);
    let said = |words: &str| {
        let message = json!({ "channel": "chat", "app": "chat", "direction": "in", "preview": words });
        let message = server.post(&format!("{customer}/messages"), message).expect(201);
        message.data()["links"]["self"].as_str().unwrap().to_owned()
    };
    let messages = [said("zqfirst"), said("zqsecond")];
    let targets = [target.url(), &file];
    for to in targets {
        copied(&from, to, &[]);
    }
    for message in &messages {
        server.post(&format!("{message}/redactions"), json!({ "preview": "gone" })).expect(201);
        assert_eq!(server.get(&format!("{customer}?rev=1")).expect(200).attributes()["name"], "Former", "{message}");
    }
    assert!(server.stop().success());
    for to in targets {
        // Which ends with a comparison of every event.
        copied(&from, to, &["--resume"]);
        let mut server = Server::at(to, &[]);
        assert_eq!(server.get(&format!("{customer}?rev=1")).expect(200).attributes()["name"], "Former");
        assert!(!server.get(&format!("{customer}/history")).expect(200).text.contains("zq"));
        assert!(server.stop().success());
        let verified = binary().args(["audit", "verify", "--database", to]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

#[test]
fn a_record_erased_between_two_passes_is_erased_in_the_target_and_needs_a_scrub_there() {
    let folder = tempfile::tempdir().unwrap();
    let (from, file, target) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"), Place::lasting());
    let mut server = Server::at(&from, &[]);
    let customer = server.create(json!({ "name": "zqformer" }));
    server.patch(&path_of(&customer), json!({ "name": "zqlatter" })).expect(200);
    let pending = |url: &str| {
        let output = binary().args(["check", "--output", "json", "--database", url]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["scrubPending"].as_bool().unwrap()
    };
    let targets = [target.url(), &file];
    for to in targets {
        copied(&from, to, &[]);
        assert!(!pending(to));
    }
    server.post(&format!("{}/erase", path_of(&customer)), json!({})).expect(204);
    assert!(server.stop().success());
    for to in targets {
        copied(&from, to, &["--resume"]);
        assert!(pending(to), "{to}");
        let server = Server::at(to, &[]);
        server.get(&path_of(&customer)).expect(404);
        let told = crate::events::first(&server, 3);
        assert!(!json!(told).to_string().contains("zq"), "{told:?}");
    }
}

#[test]
fn one_copy_at_a_time_writes_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let [from, written] = ["a.db", "b.db"].map(|name| file(folder.path(), name));
    with_org(&from, "demo");
    let target = Place::lasting();
    for url in [target.url(), &written] {
        copied(&from, url, &[]);
    }
    // What another copy holds for as long as it lives.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let other = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(target.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.execute("SELECT pg_advisory_lock(x'636f7079'::bigint)", &[]).await.unwrap();
        client
    });
    refused(&copy(&from, target.url(), &["--resume"]), "another copy writes the target");
    drop(other);
    copied(&from, target.url(), &["--resume"]);
    let other = rusqlite::Connection::open(written.strip_prefix("sqlite:").unwrap()).unwrap();
    other.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    other.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
    refused(&copy(&from, &written, &["--resume"]), "locked");
    drop(other);
    copied(&from, &written, &["--resume"]);
}

#[test]
fn a_copy_that_cannot_be_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let [from, other, used, fresh] = ["a.db", "other.db", "used.db", "fresh.db"].map(|name| file(folder.path(), name));
    with_org(&from, "demo");
    with_org(&other, "demo");
    with_org(&used, "demo");
    let target = Place::lasting();

    refused(&copy(&file(folder.path(), "none.db"), &fresh, &[]), "there is no database");
    assert!(!folder.path().join("fresh.db").exists(), "nothing is made for a source that is not there");
    let empty = Place::bare();
    refused(&copy(empty.url(), &fresh, &[]), "run kustodian migrate on it");
    refused(&copy("sqlite::memory:", &fresh, &[]), "a temporary database cannot be copied");
    refused(&copy(&from, "sqlite::memory:", &[]), "a temporary database cannot be copied");
    refused(&copy(&from, &used, &[]), "holds records that no copy put there");
    refused(&copy(&from, &from, &[]), "holds records that no copy put there");
    refused(&copy(&from, target.url(), &["--resume"]), "no copy in the target to resume");
    copied(&from, target.url(), &[]);
    refused(&copy(&from, target.url(), &[]), "continue with --resume");
    refused(&copy(&other, target.url(), &["--resume"]), "a copy of another database");
    let unreachable = copy(&from, "postgres://me:s3cret@127.0.0.1:1/x", &[]);
    refused(&unreachable, "no connection to");
    assert!(!String::from_utf8_lossy(&unreachable.stderr).contains("s3cret"));
}
