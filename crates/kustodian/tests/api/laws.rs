//! What holds of every kind of record: each law is asked of `Kind::ALL`. A kind without a record in the world does not
//! compile.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::place::rows;
use crate::roles::served;
use crate::server::{Answer, Server, binary};
use crate::world::{
    self, Record, World, Written, create, deletion, is_written, operation, restoration, send, updates, written,
};

/// The kinds that operations create and change, on a server that has their owners.
fn written_kinds(server: &Server) -> Vec<Kind> {
    world::prepare(server);
    Kind::ALL.into_iter().filter(|kind| is_written(*kind)).collect()
}

/// The answers of every revision of a record, with what each request was.
struct Life {
    record: Record,
    states: Vec<(u64, String)>,
}

/// Creates a record, changes it by each of its operations, deletes and restores it.
fn live(server: &Server, kind: Kind, mark: &str) -> Life {
    let Written { list, success, body, change } = written(server, kind, mark).unwrap();
    let created = server.post(list, body).expect(success);
    let path = created.data()["links"]["self"].as_str().unwrap().to_owned();
    let id = created.data()["id"].as_str().unwrap().to_owned();
    let mut states = vec![(1, created.text)];
    for update in updates(kind) {
        let answer = server.call(update.method.clone(), &path, Some(change.clone())).expect(200);
        states.push((answer.attributes()["rev"].as_u64().unwrap(), answer.text));
    }
    if let (Some((method, body)), Some((restore, rest, restored))) = (deletion(kind), restoration(kind)) {
        server.call(method, &path, body);
        let answer = server.call(restore, &format!("{path}{rest}"), Some(restored)).expect(200);
        states.push((answer.attributes()["rev"].as_u64().unwrap(), answer.text));
    }
    Life { record: Record { kind, id, path, list: list.to_owned() }, states }
}

/// Every id of a list, page by page.
fn listed(server: &Server, list: &str) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Some(world::paged(list, "pageSize=2")));
    while let Some(path) = next {
        let page = server.get(&path).expect(200);
        ids.extend(world::items(&page).iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        next = page.body["links"]["next"].as_str().map(str::to_owned);
    }
    ids
}

#[test]
fn every_kind_is_read_listed_and_has_a_past() {
    let World { server, records } = World::new();
    let served: BTreeSet<&str> = served(&server).iter().map(|operation| operation.name).collect();
    let document = server.get("/openapi.json").expect(200).body;
    for Record { kind, id, path, list } in &records {
        let read = kind.spec().read_operation;
        let history = operation(&Method::GET, &format!("{}/history", read.path)).expect(path);
        assert!(served.contains(read.name) && served.contains(history.name), "{path}");
        assert_eq!((history.roles, history.tag), (read.roles, read.tag), "{path}");
        // Of two operations at one path the document describes the first.
        let described = document["paths"].as_object().unwrap().values().map(|item| &item["get"]);
        if let Some(described) = described.into_iter().find(|described| described["operationId"] == read.name) {
            let parameters = described["parameters"].as_array().unwrap();
            for past in ["rev", "asOf"] {
                assert!(parameters.iter().any(|parameter| parameter["name"] == past), "{past} of {}", read.name);
            }
        }
        assert!(listed(&server, list).contains(id), "{list}");
        let now = server.get(path).expect(200);
        assert_eq!((&now.data()["id"], &now.data()["links"]["self"]), (&json!(id), &json!(path)));
        let entries = server.get(&format!("{path}/history")).expect(200);
        let newest = &entries.data()[0]["attributes"]["rev"];
        assert_eq!(server.get(&format!("{path}?rev={newest}")).expect(200).text, now.text);
        assert_eq!(server.get(&format!("{path}?asOf=9999-01-01")).expect(200).text, now.text);
        let before = server.get(&format!("{path}?asOf=2001-01-01")).expect(404);
        assert_eq!(before.parameter(), "asOf", "{path}");
        assert_eq!(server.get(&format!("{path}?rev=77")).expect(404).parameter(), "rev", "{path}");
        assert_eq!(server.get(&format!("{path}?rev=0")).expect(400).parameter(), "rev", "{path}");
        assert_eq!(server.get(&format!("{path}?rev=1&asOf=2001-01-01")).expect(400).parameter(), "asOf", "{path}");
    }
}

#[test]
fn written_records_are_read_to_the_byte_now_and_at_every_revision() {
    let server = Server::start();
    for kind in written_kinds(&server) {
        let Life { record: Record { path, id, list, .. }, states } = live(&server, kind, "of a long life");
        let newest = &states.last().unwrap().1;
        assert_eq!(&server.get(&path).expect(200).text, newest, "{path}");
        assert!(listed(&server, &list).contains(&id), "{list}");
        for (rev, state) in &states {
            assert_eq!(&server.get(&format!("{path}?rev={rev}")).expect(200).text, state, "{path} {rev}");
        }
        let history = server.get(&format!("{path}/history?pageSize=500")).expect(200);
        let entries = history.data().as_array().unwrap();
        let total = states.last().unwrap().0;
        assert_eq!((entries.len() as u64, &history.body["meta"]["total"]), (total, &json!(total)), "{path}");
        for (entry, rev) in entries.iter().zip((1..=total).rev()) {
            assert_eq!(entry["attributes"]["rev"], rev);
            assert_eq!(entry["links"]["self"], format!("{path}?rev={rev}"));
            assert_eq!(entry["relationships"][kind.as_str()]["links"]["self"], *path);
        }
        let name = |entry: &Value| entry["attributes"]["eventName"].as_str().unwrap().to_owned();
        assert_eq!(name(entries.last().unwrap()), kind.spec().events.create);
        if restoration(kind).is_some() {
            assert_eq!(
                (name(&entries[0]), name(&entries[1])),
                (kind.spec().events.restore.to_owned(), kind.spec().events.delete.to_owned(),)
            );
            let deleted = server.get(&format!("{path}?rev={}", total - 1)).expect(404);
            assert!(deleted.error()["title"].as_str().unwrap().contains("was deleted then"), "{path}");
        }
    }
}

#[test]
fn a_state_is_spared_a_client_that_has_it_and_only_the_state_named_is_changed() {
    let server = Server::start();
    for kind in written_kinds(&server) {
        let Written { list, success, body, change } = written(&server, kind, "of one state").unwrap();
        let refused = send(&server, Method::POST, list, ("if-match", "W/\"1-1\""), Some(&body)).expect(412);
        assert_eq!(refused.parameter(), "If-Match", "{list}");
        let created = send(&server, Method::POST, list, ("if-match", "*"), Some(&body)).expect(success);
        let (path, etag) = (created.data()["links"]["self"].as_str().unwrap(), created.header("etag"));
        assert_eq!(send(&server, Method::GET, path, ("if-none-match", etag), None).expect(304).text, "");
        for update in updates(kind) {
            let etag = server.get(path).expect(200).header("etag").to_owned();
            let rev = server.get(path).expect(200).attributes()["rev"].as_u64().unwrap();
            let method = || update.method.clone();
            let mut late = change.clone();
            late["rev"] = json!(rev + 7);
            assert_eq!(server.call(method(), path, Some(late)).expect(409).parameter(), "rev", "{}", update.name);
            let mut timely = change.clone();
            timely["rev"] = json!(rev);
            send(&server, method(), path, ("if-match", &etag), Some(&timely)).expect(200);
            send(&server, method(), path, ("if-match", &etag), Some(&change)).expect(412);
            send(&server, Method::GET, path, ("if-none-match", &etag), None).expect(200);
        }
        if let Some((method, body)) = deletion(kind) {
            send(&server, method.clone(), path, ("if-match", etag), body.as_ref()).expect(412);
            let live = server.get(path).expect(200);
            let (live, rev) = (live.header("etag").to_owned(), live.attributes()["rev"].as_u64().unwrap());
            let deleted = send(&server, method, path, ("if-match", &live), body.as_ref());
            let Some((method, rest, body)) = restoration(kind) else { continue };
            let restored = format!("{path}{rest}");
            send(&server, method.clone(), &restored, ("if-match", &live), Some(&body)).expect(412);
            let with_rev = |rev: u64| {
                let mut body = body.clone();
                body["rev"] = json!(rev);
                Some(body)
            };
            let late = server.call(method.clone(), &restored, with_rev(rev)).expect(409);
            assert_eq!(late.parameter(), "rev", "{restored}");
            server.get(path).expect(404);
            let etag = deleted.header("etag");
            send(&server, method.clone(), &restored, ("if-match", etag), with_rev(rev + 1).as_ref()).expect(200);
            // A record that is not deleted has a revision, too.
            server.call(method, &restored, with_rev(rev + 1)).expect(409);
        }
    }
}

#[test]
fn a_deleted_record_is_gone_and_those_who_may_restore_it_learn_how() {
    let server = Server::on_file();
    for kind in written_kinds(&server) {
        let Some((method, body)) = deletion(kind) else { continue };
        let Record { id, path, list, .. } = create(&server, kind, "deleted once");
        server.call(method.clone(), &path, body.clone());
        let told = server.get(&path).expect(404);
        let back = restoration(kind);
        assert!(!listed(&server, &list).contains(&id), "{list}");
        for update in updates(kind) {
            let Written { change, .. } = written(&server, kind, "any").unwrap();
            server.call(update.method.clone(), &path, Some(change)).expect(404);
        }
        server.call(method, &path, body).expect(404);
        let history = server.get(&format!("{path}/history")).expect(200);
        assert_eq!(history.data()[0]["attributes"]["eventName"], kind.spec().events.delete);
        server.get(&format!("{path}?rev=1")).expect(200);
        let Some((restore, rest, restored)) = back else { continue };
        let detail = told.error()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("{restore} {path}{rest}")), "{path}: {detail}");
        assert!(told.error()["meta"]["deletedAt"].is_string(), "{path}");
        let of_reads = kind.spec().read_operation.roles.iter().take(1).copied();
        let reader = server.token("demo", &["org.user.other.read"].into_iter().chain(of_reads).collect::<Vec<_>>());
        let plain = server.call_as(&reader, Method::GET, &path, None).expect(404);
        assert_eq!(plain.error().get("detail"), None, "{path}");
        server.call(restore, &format!("{path}{rest}"), Some(restored)).expect(200);
        server.get(&path).expect(200);
        assert!(listed(&server, &list).contains(&id), "{list}");
    }
}

#[test]
fn a_write_that_is_sent_again_is_answered_again() {
    let server = Server::start();
    for kind in written_kinds(&server) {
        let Written { list, body, change, .. } = written(&server, kind, "sent twice").unwrap();
        let mut writes = Vec::new();
        let again = |method: Method, path: &str, body: Option<Value>, writes: &mut Vec<_>| {
            let key = format!("{}-{}", kind.as_str(), writes.len());
            let answer = send(&server, method.clone(), path, ("idempotency-key", &key), body.as_ref());
            assert!(answer.status < 300, "{method} {path}: {}", answer.body);
            let text = answer.text.clone();
            writes.push((key, method, path.to_owned(), body, answer.status, text));
            answer
        };
        let created = again(Method::POST, list, Some(body), &mut writes);
        let path = created.data()["links"]["self"].as_str().unwrap();
        for update in updates(kind) {
            again(update.method.clone(), path, Some(change.clone()), &mut writes);
        }
        if let (Some((method, body)), Some((restore, rest, restored))) = (deletion(kind), restoration(kind)) {
            again(method, path, body, &mut writes);
            again(restore, &format!("{path}{rest}"), Some(restored), &mut writes);
        }
        let newest = server.get(path).expect(200).text;
        for (key, method, path, body, status, text) in &writes {
            let replayed = send(&server, method.clone(), path, ("idempotency-key", key), body.as_ref());
            assert_eq!((replayed.status, &replayed.text), (*status, text), "{method} {path}");
            assert_eq!(replayed.header("idempotent-replayed"), "true", "{method} {path}");
            let other = json!({ "name": "something else" });
            send(&server, method.clone(), path, ("idempotency-key", key), Some(&other)).expect(422);
        }
        assert_eq!(server.get(path).expect(200).text, newest, "{path}");
    }
}

#[test]
fn a_rehearsed_write_of_any_kind_stores_nothing() {
    let server = Server::start();
    for kind in written_kinds(&server) {
        let Written { list, success, body, change } = written(&server, kind, "rehearsed").unwrap();
        let rehearsed = server.post(&format!("{list}?validateOnly=true"), body).expect(success);
        server.get(rehearsed.data()["links"]["self"].as_str().unwrap()).expect(404);
        let path = create(&server, kind, "written").path;
        let before = |path: &str| {
            let history = server.get(&format!("{path}/history")).expect(200).text;
            (server.get(path).text, history, listed(&server, list))
        };
        let state = before(&path);
        for update in updates(kind) {
            let answer = server.call(update.method.clone(), &format!("{path}?validateOnly=true"), Some(change.clone()));
            assert_eq!(answer.expect(200).attributes()["rev"], 2, "{}", update.name);
        }
        if let Some((method, body)) = deletion(kind) {
            let answer = server.call(method, &format!("{path}?validateOnly=true"), body);
            assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.body);
        }
        assert_eq!(before(&path), state, "{path}");
    }
}

#[test]
fn to_another_org_a_record_of_any_kind_is_as_if_it_never_was() {
    let World { server, records } = World::new();
    server.org("other");
    let other = server.token("other", &["org"]);
    // Of the same name, so that a kobject is looked for among its own.
    server.call_as(&other, Method::POST, "/v1/klasses", Some(json!({ "name": "order" }))).expect(200);
    let nobody = "5c7d1a1f9a1b2c0010a1b2c3";
    // Each org has one of a single kind: isolation.rs.
    for Record { kind, id, path, list } in records.iter().filter(|record| !record.kind.spec().is_single()) {
        let mut requests = vec![
            (Method::GET, String::new(), None),
            (Method::GET, "?rev=1".to_owned(), None),
            (Method::GET, "?asOf=9999-01-01".to_owned(), None),
            (Method::GET, "/history".to_owned(), None),
        ];
        let change = written(&server, *kind, "stolen").map(|written| written.change);
        requests.extend(updates(*kind).iter().map(|update| (update.method.clone(), String::new(), change.clone())));
        requests.extend(deletion(*kind).map(|(method, body)| (method, String::new(), body)));
        requests.extend(restoration(*kind).map(|(method, rest, body)| (method, rest.to_owned(), Some(body))));
        let before = (server.get(path).text, server.get(&format!("{path}/history")).text);
        for (method, rest, body) in requests {
            let answers = [path.clone(), path.replace(id.as_str(), nobody)]
                .map(|path| server.call_as(&other, method.clone(), &format!("{path}{rest}"), body.clone()).expect(404));
            let [foreign, missing] = answers.map(|answer| answer.text.replace(id.as_str(), nobody));
            assert_eq!(foreign, missing, "{method} {path}{rest}");
        }
        let seen = server.call_as(&other, Method::GET, &format!("{list}?pageSize=500"), None).expect(200);
        assert!(!seen.ids().contains(id), "{list}");
        assert_eq!((server.get(path).text, server.get(&format!("{path}/history")).text), before, "{path}");
    }
}

/// All that is answered of the records of every kind.
pub(crate) fn told(server: &Server, lives: &[(String, u64)]) -> Vec<(String, u16, String)> {
    let mut told = Vec::new();
    let mut ask = |path: String| {
        let Answer { status, text, .. } = server.get(&path);
        told.push((path, status, text));
    };
    for (path, newest) in lives {
        ask(path.clone());
        ask(format!("{path}/history?pageSize=500"));
        (1..=*newest).for_each(|rev| ask(format!("{path}?rev={rev}")));
    }
    Kind::ALL.iter().for_each(|kind| ask(world::paged(world::list_of(*kind), "pageSize=500")));
    told.into_iter()
        .map(|(path, status, text)| (path, status, if status == 200 { text } else { String::new() }))
        .collect()
}

/// A world in which every kind that is written has a record with a past; each path with its newest revision.
pub(crate) fn with_pasts(server: Server) -> (World, Vec<(String, u64)>) {
    let world = World::on(server);
    let mut lives: Vec<(String, u64)> = world.records.iter().map(|record| (record.path.clone(), 1)).collect();
    for kind in written_kinds(&world.server) {
        let Life { record, states } = live(&world.server, kind, "of the past");
        lives.push((record.path, states.last().unwrap().0));
    }
    (world, lives)
}

#[test]
fn a_backup_holds_records_of_every_kind_with_their_pasts() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup").display().to_string();
    let (world, lives) = with_pasts(Server::on_file());
    let before = told(&world.server, &lives);
    assert!(before.iter().filter(|(_, status, _)| *status == 200).count() > 3 * Kind::ALL.len());
    goes_well(&["backup", &backup, "--database", world.server.database()]);
    let target = crate::place::Place::lasting();
    goes_well(&["restore", &backup, "--database", target.url()]);
    assert_eq!(told(&Server::at(target.url(), &[]), &lives), before);
}

#[test]
fn a_check_finds_a_record_of_any_kind_that_was_written_past_the_engine() {
    let World { mut server, records } = World::new();
    let named: Vec<(Kind, String)> = records.iter().map(|record| (record.kind, record.row(&server))).collect();
    assert!(server.stop().success());
    let check = || {
        let arguments = ["check", "--output", "json", "--database", server.database()];
        let output = binary().args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(check().0, "{}", check().1);
    for (kind, id) in &named {
        let write = |by: &str| {
            let table = kind.spec().table;
            rows(server.database(), &format!("UPDATE {table} SET updated_at = updated_at {by} WHERE id = '{id}'"));
        };
        write("+ 1");
        let (is_sound, told) = check();
        assert!(!is_sound && told.contains(id.as_str()), "{}: {told}", kind.as_str());
        write("- 1");
        assert!(check().0, "{}", kind.as_str());
    }
}

#[test]
fn an_erased_record_leaves_no_word_in_any_answer() {
    let server = Server::on_file();
    for kind in Kind::ALL {
        let erase = format!("{}/erase", kind.spec().read_operation.path);
        let Some(erase) = operation(&Method::POST, &erase) else { continue };
        let Life { record, .. } = live(&server, kind, "zqerasedword");
        server.post(&format!("{}/erase", record.path), json!({})).expect(erase.success);
        let gone = [String::new(), "?rev=1".to_owned(), "?asOf=9999-01-01".to_owned(), "/history".to_owned()];
        for rest in gone {
            let told = server.get(&format!("{}{rest}", record.path)).expect(404);
            let word = format!("Not Found: the {} was erased on", kind.as_str());
            assert!(told.error()["title"].as_str().unwrap().starts_with(&word), "{rest}: {}", told.body);
        }
        crate::erase::wait_for("the erasure in the feed", || {
            server.get("/v1/events?pageSize=500&last=500").expect(200).text.contains(kind.spec().events.erase)
        });
        for list in [record.list.as_str(), "/v1/events?pageSize=500", "/v1/audit-logs?count=500"] {
            assert!(!server.get(list).expect(200).text.contains("zqerasedword"), "{list}");
        }
    }
}
