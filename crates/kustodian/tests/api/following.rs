//! History, feed and audit from the Rust client and the command line, through restarts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kustomer_client::audit::ListAuditLogs;
use kustomer_client::customer::{Customer, CustomerInput};
use kustomer_client::event::ListEvents;
use kustomer_client::query::PageQuery;
use kustomer_client::{Client, ObjectId};
use serde_json::{Value, json};

use crate::place;
use crate::server::{Server, TOKEN, binary};

/// One address for servers that come and go: bytes are carried to whichever is there.
pub(crate) struct Gate {
    pub(crate) url: String,
    target: Arc<Mutex<String>>,
    /// How many bytes of answers are carried before the rest of an answer is lost, once; 0 for all.
    left: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Arc::new(Mutex::new(server.url.clone()));
        let (known, left) = (Arc::clone(&target), Arc::<AtomicUsize>::default());
        let allowed = Arc::clone(&left);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let address = known.lock().unwrap().trim_start_matches("http://").to_owned();
                // Nobody behind it: the connection is closed.
                if let (Ok(outside), Ok(inside)) = (stream, TcpStream::connect(address)) {
                    carry(outside.try_clone().unwrap(), inside.try_clone().unwrap(), Arc::default());
                    carry(inside, outside, Arc::clone(&allowed));
                }
            }
        });
        Self { url, target, left }
    }

    pub(crate) fn lead_to(&self, server: &Server) {
        self.target.lock().unwrap().clone_from(&server.url);
    }

    /// Loses an answer after so many bytes of answers: its end is never carried, until the server ends.
    pub(crate) fn lose_an_answer_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// Whether it has lost one.
    pub(crate) fn has_lost_it(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, left: Arc<AtomicUsize>) {
    std::thread::spawn(move || {
        let (mut chunk, mut is_lost) = ([0; 4096], false);
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            let allowed = left.load(Ordering::SeqCst);
            if allowed > 0 {
                left.store(allowed.saturating_sub(count), Ordering::SeqCst);
                is_lost = allowed <= count;
            }
            if is_lost {
                continue;
            }
            if to.write_all(&chunk[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

fn of_customers() -> ListEvents {
    ListEvents { object_type: Some("customer".to_owned()), ..ListEvents::default() }
}

fn id_of(customer: &Value) -> ObjectId {
    customer["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_stream_continues_through_restarts_after_the_last_event() {
    let server = Server::on_file();
    let gate = Gate::before(&server);
    let client = Client::builder().base_url(&gate.url).token(TOKEN).build().unwrap();
    server.create(json!({ "name": "0" }));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let stream = client.events().stream(of_customers()).into_blocking_iter();
            let name = |event: Result<kustomer_client::event::Event, _>| {
                let customer: Customer = event.unwrap().record().unwrap().unwrap();
                customer.attributes.name.into_value().unwrap()
            };
            stream.take(4).map(name).collect::<Vec<_>>()
        });
        let mut server = server;
        for name in ["1", "2", "3"] {
            server = if name == "2" { server.restart() } else { server.kill_and_restart() };
            gate.lead_to(&server);
            server.create(json!({ "name": name }));
        }
        assert_eq!(reader.join().unwrap(), ["0", "1", "2", "3"]);
    });
}

#[test]
fn a_stream_continues_after_an_event_whose_record_was_erased_and_through_a_restart() {
    let server = Server::on_file();
    let gate = Gate::before(&server);
    let client = Client::builder().base_url(&gate.url).token(TOKEN).build().unwrap();
    let erased = server.create(json!({ "name": "to be erased" }));
    let erase = format!("{}/erase", erased["links"]["self"].as_str().unwrap());
    let mut stream = client.events().stream(of_customers()).into_blocking_iter().map(Result::unwrap);
    let first = stream.next().unwrap();
    assert_eq!(first.record::<Value>().unwrap(), Some(erased.clone()));

    server.post(&erase, json!({})).expect(204);
    let server = server.kill_and_restart();
    gate.lead_to(&server);
    let after = server.create(json!({ "name": "after" }));
    let rest = [stream.next().unwrap(), stream.next().unwrap(), stream.next().unwrap()];
    assert_eq!([&*rest[0].name, &*rest[1].name], ["kustomer.customer.delete", "kustomer.customer.erase"]);
    assert_eq!(rest[2].record::<Value>().unwrap(), Some(after));

    // A reader that kept the first event's id, and returns when nothing of it is left.
    let server = server.restart();
    gate.lead_to(&server);
    let again = Client::builder().base_url(&gate.url).token(TOKEN).build().unwrap();
    let kept = ListEvents { after: Some(first.id.parse().unwrap()), ..of_customers() };
    let resumed = again.events().stream(kept).into_blocking_iter().map(Result::unwrap).take(3);
    assert_eq!(resumed.collect::<Vec<_>>(), rest);
    let told = again.events().stream(of_customers()).into_blocking_iter().next().unwrap().unwrap();
    assert_eq!((told.id, told.data), (first.id, None), "of an erased event only its name is shown");
}

#[test]
fn a_stream_returns_errors_that_a_retry_cannot_fix() {
    let server = Server::start();
    let client = Client::builder().base_url(&server.url).token(TOKEN).build().unwrap();
    let unknown = ListEvents { after: Some("5c7d1a1f9a1b2c0010a1b2c3".parse().unwrap()), ..of_customers() };
    let error = client.events().stream(unknown).into_blocking_iter().next().unwrap().unwrap_err();
    assert_eq!(error.status(), Some(400));
    let nobody = Client::builder().base_url(&server.url).token("nobody").build().unwrap();
    let error = nobody.events().stream(of_customers()).into_blocking_iter().next().unwrap().unwrap_err();
    assert_eq!(error.status(), Some(401));
}

#[test]
fn the_client_reads_the_past_and_erases() {
    let server = Server::start();
    let client = Client::builder().base_url(&server.url).token(TOKEN).build().unwrap();
    let customers = client.customers();
    let id = id_of(&server.create(json!({ "name": "Ada" })));
    let updated = customers.update(id, &CustomerInput::new().name("Ada King")).send_blocking().unwrap().data;
    crate::events::first(&server, 2);

    let first = customers.at_rev(id, 1).send_blocking().unwrap().data;
    assert_eq!(first.attributes.name.value().unwrap(), "Ada");
    let then = *updated.attributes.updated_at.value().unwrap();
    assert_eq!(customers.as_of(id, then).send_blocking().unwrap().data, updated);
    let entries: Vec<_> =
        customers.history(id, &PageQuery::default()).walk().into_blocking_iter().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 2);
    let changes = entries[0].attributes.changes.value().unwrap();
    assert_eq!(changes.attributes["name"].before.value(), Some(&json!("Ada")));
    let log: Vec<_> = client
        .audit_logs()
        .list(&ListAuditLogs { count: Some(1), object_type: Some("customer".to_owned()), ..ListAuditLogs::default() })
        .walk()
        .into_blocking_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(log.len(), 2, "the walk reads page after page");
    let events: Vec<_> =
        client.events().list(&of_customers()).walk().into_blocking_iter().map(Result::unwrap).collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].record::<Customer>().unwrap(), Some(updated));

    customers.erase(id).send_blocking().unwrap();
    assert!(customers.at_rev(id, 1).send_blocking().unwrap_err().is_not_found());
}

fn ran(server: &Server, arguments: &[&str]) -> Output {
    let mut command = binary();
    command.args(arguments).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    command.stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn well(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn fails_with(output: &Output, words: &str) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains(words) && complaint.trim_end().lines().count() == 1, "{complaint}");
}

#[test]
fn tail_prints_former_events_and_ends_when_it_need_not_follow() {
    let server = Server::start();
    for number in 0..3 {
        server.create(json!({ "name": number.to_string() }));
    }
    crate::events::first(&server, 3);
    let tail = |arguments: &[&str]| -> Vec<Value> {
        let fixed = ["tail", "--no-follow", "--type", "customer", "--output", "json"];
        let printed = well(ran(&server, &[&fixed[..], arguments].concat()));
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = tail(&["--from-start"]);
    assert_eq!(all.len(), 3);
    assert_eq!(tail(&[]), all);
    assert_eq!(tail(&["-n", "2"]), all[1..]);
    assert_eq!(tail(&["--after", all[1]["id"].as_str().unwrap()]), all[2..]);
    let lines = well(ran(&server, &["tail", "--no-follow", "-n", "1"]));
    assert!(
        lines.contains("kustomer.customer.create") && lines.contains(all[2]["dataId"].as_str().unwrap()),
        "{lines}"
    );
    fails_with(&ran(&server, &["tail", "--no-follow", "--type", "nothing"]), "filter[objectType]");
}

#[test]
fn tail_continues_through_a_restart() {
    let server = Server::on_file();
    let gate = Gate::before(&server);
    let mut tail = binary()
        .args(["tail", "--from-start", "--type", "customer", "--output", "json", "--url", &gate.url])
        .env("KUSTODIAN_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let before = server.create(json!({ "name": "before" }));
    assert_eq!(next()["data"], before);
    let server = server.kill_and_restart();
    gate.lead_to(&server);
    let after = server.create(json!({ "name": "after" }));
    assert_eq!(next()["data"], after);
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[test]
fn the_command_line_shows_the_past_and_erases_only_when_it_was_meant() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let (id, path) = (customer["id"].as_str().unwrap(), customer["links"]["self"].as_str().unwrap());
    server.patch(path, json!({ "name": "Ada King" })).expect(200);
    crate::events::first(&server, 2);
    let shown = well(ran(&server, &["customers", "get", id, "--rev", "1", "--output", "json"]));
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["data"], customer);
    let made = customer["attributes"]["createdAt"].as_str().unwrap();
    well(ran(&server, &["customers", "get", id, "--as-of", made]));
    fails_with(&ran(&server, &["customers", "get", id, "--as-of", "2020-01-31"]), "was not made by");
    let history = well(ran(&server, &["customers", "history", id]));
    assert!(history.contains("kustomer.customer.update") && history.contains("\"Ada King\""), "{history}");
    let log = well(ran(&server, &["audit", "list", "--type", "customer", "--id", id]));
    assert!(log.contains("kustomer.customer.create") && log.contains("displayName"), "{log}");

    fails_with(&ran(&server, &["customers", "erase", id]), "--yes");
    server.get(path).expect(200);
    well(ran(&server, &["customers", "erase", id, "--yes"]));
    fails_with(&ran(&server, &["customers", "get", id]), "was erased on");
}

#[test]
fn audit_verify_prints_an_end_to_keep_and_finds_rewritten_events() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 0..40 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let other = server.create(json!({ "name": "Grace" }));
    crate::events::first(&server, 42);
    let verify = |more: &[&str]| {
        let fixed = ["audit", "verify", "--output", "json", "--database", server.database()];
        binary().args(fixed).args(more).output().unwrap()
    };
    let sound: Value = serde_json::from_str(&well(verify(&[]))).unwrap();
    assert_eq!(sound["findings"], json!([]));
    let end = sound["orgs"][0]["end"].as_str().unwrap().to_owned();
    assert_eq!(end.split_once(':').unwrap().1.len(), 64);

    server.post(&format!("{path}/erase"), json!({})).expect(204);
    let sound: Value = serde_json::from_str(&well(verify(&["--expect", &end]))).unwrap();
    assert_eq!((&sound["findings"], &sound["erased"]), (&json!([]), &json!(42)), "erasing leaves the chain whole");
    let (position, hash) = end.split_once(':').unwrap();
    let another = format!("{position}:{}{}", if hash.starts_with('0') { '1' } else { '0' }, &hash[1..]);
    assert_eq!(verify(&["--expect", &another]).status.code(), Some(1));

    let other = other["id"].as_str().unwrap();
    place::rows(
        server.database(),
        &format!("UPDATE events SET name = 'kustomer.customer.update' WHERE record = {}", place::id_in_events(other)),
    );
    let found = verify(&[]);
    assert_eq!(found.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert!(!found["findings"].as_array().unwrap().is_empty(), "{found}");
}

#[test]
fn a_restored_backup_verifies_with_the_kept_end_and_changes_to_it_are_found() {
    let server = Server::on_file();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    for number in 0..40 {
        server.patch(path, json!({ "custom": { "stepNum": number } })).expect(200);
    }
    let erased = server.create(json!({ "name": "Grace" }));
    server.post(&format!("{}/erase", erased["links"]["self"].as_str().unwrap()), json!({})).expect(204);
    crate::events::first(&server, 44);
    let verify = |database: &str, more: &[&str]| {
        binary().args(["audit", "verify", "--output", "json", "--database", database]).args(more).output().unwrap()
    };
    let sound: Value = serde_json::from_str(&well(verify(server.database(), &[]))).unwrap();
    let end = sound["orgs"][0]["end"].as_str().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    let file = file.to_str().unwrap();
    well(binary().args(["backup", file, "--database", server.database()]).output().unwrap());
    let place = place::Place::lasting();
    well(binary().args(["restore", file, "--database", place.url()]).output().unwrap());
    let restored = well(verify(place.url(), &["--expect", end]));
    assert_eq!(serde_json::from_str::<Value>(&restored).unwrap(), sound);

    // Later events continue the same chain.
    let second = Server::at(place.url(), &[]);
    second.patch(path, json!({ "name": "Ada King" })).expect(200);
    crate::events::first(&second, 45);
    let output = verify(place.url(), &["--expect", end]);
    assert!(output.stderr.is_empty(), "progress is printed on a terminal alone");
    assert_eq!(serde_json::from_str::<Value>(&well(output)).unwrap()["erased"], 2);
    let id = place::id_in_events(customer["id"].as_str().unwrap());
    place::rows(place.url(), &format!("UPDATE events SET actor = NULL WHERE record = {id} AND rev = 20"));
    assert_eq!(verify(place.url(), &[]).status.code(), Some(1));
}
