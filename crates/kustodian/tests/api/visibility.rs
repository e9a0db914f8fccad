//! The records of each kind that a key sees: by the kind's own `GET`, in the feed, in the audit log and in histories.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::events;
use crate::server::{Answer, Server, TOKEN};
use crate::world::{Record, World};

/// The roles of the feed and of the audit log.
const SHOWS: [&str; 2] = ["org.user.event.read", "org.user.audit_logs.read"];

/// An org with a record of every kind, and what keys are shown of it.
struct Population {
    world: World,
}

impl Population {
    fn new() -> Self {
        Self { world: World::new() }
    }

    fn server(&self) -> &Server {
        &self.world.server
    }

    fn path(&self, kind: Kind) -> &str {
        &self.world.record(kind).path
    }

    fn token(&self, roles: &[&str]) -> String {
        self.server().token("demo", &[&SHOWS, roles].concat())
    }

    fn get(&self, token: &str, path: &str) -> Answer {
        self.server().call_as(token, Method::GET, path, None)
    }

    /// The kinds whose own `GET` answers this key.
    fn read_by(&self, token: &str) -> BTreeSet<&'static str> {
        let is_read = |path: &str| match self.get(token, path).status {
            200 => true,
            403 => false,
            status => panic!("{path}: {status}"),
        };
        let records = self.world.records.iter();
        records.filter(|record| is_read(&record.path)).map(|record| record.kind.as_str()).collect()
    }

    /// Every item of a list, page by page.
    fn walk(&self, token: &str, first: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), Some(first.to_owned()));
        while let Some(path) = next {
            let page = self.get(token, &path).expect(200);
            items.extend(page.data().as_array().unwrap().iter().cloned());
            next = page.body["links"]["next"].as_str().map(str::to_owned);
        }
        items
    }
}

fn kind_of(event: &Value) -> &str {
    event["name"].as_str().unwrap().split('.').nth(1).unwrap()
}

/// The roles of each key beside those of the feed and of the log, and the records that are read with it. A key of one kind reads
/// every record. A key of all other kinds reads those of that kind, which it must not see.
fn keys(world: &World) -> Vec<(Vec<&'static str>, Vec<&Record>)> {
    let of = |kinds: &dyn Fn(Kind) -> bool| {
        let kinds = Kind::ALL.into_iter().filter(|kind| kinds(*kind));
        kinds.filter_map(|kind| kind.spec().read_operation.roles.last().copied()).collect::<Vec<_>>()
    };
    let records = |kinds: &dyn Fn(Kind) -> bool| world.records.iter().filter(|record| kinds(record.kind)).collect();
    let mut keys = vec![(of(&|_| false), records(&|_| true)), (of(&|_| true), records(&|_| true))];
    for one in Kind::ALL {
        keys.push((of(&|kind| kind == one), records(&|_| true)));
        keys.push((of(&|kind| kind != one), records(&|kind| kind == one)));
    }
    keys
}

#[test]
fn feed_audit_log_and_history_show_a_key_the_kinds_that_its_own_reads_answer_and_no_other() {
    let population = Population::new();
    let kinds = |items: &[Value]| items.iter().map(|event| kind_of(event).to_owned()).collect::<BTreeSet<_>>();
    wait_for("every kind in the feed", || kinds(&population.walk(TOKEN, "/v1/events")).len() == Kind::ALL.len());
    for (roles, records) in keys(&population.world) {
        let token = population.token(&roles);
        let read: BTreeSet<String> = population.read_by(&token).into_iter().map(str::to_owned).collect();
        // A key that sees few events gets each in a page of its own; the pages of others end anywhere between hidden ones.
        let size = if roles.len() > 1 { 7 } else { 1 };
        assert_eq!(
            kinds(&population.walk(&token, &format!("/v1/events?pageSize={size}"))),
            read,
            "the feed for {roles:?}"
        );
        assert_eq!(kinds(&population.walk(&token, "/v1/events?last=500&pageSize=500")), read, "its end for {roles:?}");
        let entries = population.walk(&token, &format!("/v1/audit-logs?count={size}"));
        let types = entries.iter().map(|entry| entry["attributes"]["objectType"].as_str().unwrap().to_owned());
        assert_eq!(types.collect::<BTreeSet<_>>(), read, "the audit log for {roles:?}");
        if !read.contains("user") {
            // A user is made with each key, and its event may get its position while this reads.
            let total = &population.get(&token, "/v1/audit-logs?count=1").body["meta"]["total"];
            assert_eq!(*total, entries.len(), "the total for {roles:?}");
        }
        for Record { kind, path, .. } in records {
            let status = if read.contains(kind.as_str()) { 200 } else { 403 };
            for list in ["events", "audit-logs"] {
                let named = population.get(&token, &format!("/v1/{list}?filter[objectType]={}", kind.as_str()));
                assert_eq!(named.status, status, "{list} of {} for {roles:?}", kind.as_str());
            }
            for past in ["/history", "?rev=1", "?asOf=9999-01-01"] {
                let found = population.get(&token, &format!("{path}{past}"));
                assert_eq!(found.status, status, "{path}{past} for {roles:?}");
            }
        }
    }
}

#[test]
fn cursors_move_past_unreadable_events_and_only_readable_ones_wake_a_key() {
    let population = Population::new();
    let server = population.server();
    let token = population.token(&["org.user.tag.read"]);
    let names = |page: &Answer| -> Vec<String> {
        page.data().as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let customer = population.path(Kind::Customer);
    let touch = |times: usize| {
        for _ in 0..times {
            server.patch(customer, json!({ "name": "any" })).expect(200);
        }
    };
    let shown = ["kustomer.tag.create", "kustomer.team.create", "kustomer.role_group.create"];
    let walked = || population.walk(&token, "/v1/events?pageSize=1");
    wait_for("the events in the feed", || walked().len() == 3);
    let last = walked()[2]["id"].as_str().unwrap().to_owned();
    touch(12);
    // All that happened since is hidden: the feed is at its end, and a wait ends with its time.
    let end = population.get(&token, &format!("/v1/events?after={last}&wait=1")).expect(200);
    assert_eq!((end.data(), &end.body["links"]["next"]), (&json!([]), &Value::Null));
    assert_eq!(names(&population.get(&token, "/v1/events?last=500").expect(200)), shown);
    assert_eq!(names(&population.get(&token, "/v1/events?last=1").expect(200)), shown[2..]);

    // An event that is hidden by now, as after roles were taken away, is a cursor all the same.
    let hidden = events::after(server, Some(&last), 1);
    let hidden = hidden.data()[0]["id"].as_str().unwrap();
    std::thread::scope(|scope| {
        let wait = |after: &str| population.get(&token, &format!("/v1/events?after={after}&wait=20")).expect(200);
        let waiters = [last.as_str(), hidden].map(|after| scope.spawn(move || wait(after)));
        touch(5);
        server.create(json!({ "tags": ["new"] }));
        for waiter in waiters {
            assert_eq!(names(&waiter.join().unwrap()), ["kustomer.tag.create"]);
        }
    });
    let logged = population.walk(&token, "/v1/audit-logs?count=1");
    let types: Vec<&Value> = logged.iter().map(|entry| &entry["attributes"]["objectType"]).collect();
    assert_eq!(types, ["tag", "role_group", "team", "tag"]);
}
