//! Whatever is written: the records are exactly what the events alone say they are, and every state that was answered
//! is read again as it was.

use std::collections::{BTreeMap, HashMap};

use kustodian_core::history::replay;
use kustodian_core::kind::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::events;
use crate::place::REPLAY_CASES;
use crate::server::Server;

/// A write in small numbers, so that records and identities meet often. Which one: a place among those made so far.
#[derive(Debug, Clone)]
enum Write {
    Create(Body),
    Patch(usize, Body),
    /// Whether to replace the whole.
    Put(usize, Body, bool),
    Delete(usize),
    Restore(usize),
    Erase(usize),
}

#[derive(Debug, Clone)]
enum Body {
    Name(u8),
    Contact(u8),
    Custom(u32, u8),
    Identity(u8),
    Place(u8),
    Less,
    Nothing,
}

impl Body {
    fn json(&self) -> Value {
        match self {
            Self::Name(text) => json!({ "name": format!("v{text}"), "company": "5c7d1a1f9a1b2c0010a1b2c3" }),
            Self::Contact(text) => {
                json!({ "emails": [{ "email": format!("v{text}@b.c") }], "tags": [format!("v{text}")] })
            }
            Self::Custom(number, text) => {
                json!({ "custom": { "aNum": f64::from(*number) / 7.0, "bStr": format!("v{text}") }, "gender": null })
            }
            Self::Identity(text) => json!({ "company": null, "externalId": format!("v{text}"), "tags": [] }),
            Self::Place(text) => {
                json!({ "locations": [{ "name": "HQ", "latitude": 1.0 / f64::from(1 + text), "longitude": 2 }] })
            }
            Self::Less => json!({ "birthdayAt": null, "phones": [], "custom": { "bStr": null } }),
            Self::Nothing => json!({}),
        }
    }
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (0..5_u8).prop_map(Body::Name),
        (0..5_u8).prop_map(Body::Contact),
        (0..1_000_u32, 0..5_u8).prop_map(|(number, text)| Body::Custom(number, text)),
        (0..5_u8).prop_map(Body::Identity),
        (0..9_u8).prop_map(Body::Place),
        Just(Body::Less),
        Just(Body::Nothing),
    ]
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let which = || 0..4_usize;
    let write = prop_oneof![
        3 => body().prop_map(Write::Create),
        8 => (which(), body()).prop_map(|(which, body)| Write::Patch(which, body)),
        3 => (which(), body(), any::<bool>()).prop_map(|(which, body, whole)| Write::Put(which, body, whole)),
        2 => which().prop_map(Write::Delete),
        3 => which().prop_map(Write::Restore),
        1 => which().prop_map(Write::Erase),
    ];
    // More than lie between two states that are kept whole, now and then of one customer alone.
    vec(write, 1..70)
}

/// A customer as it was answered.
#[derive(Default)]
struct Answered {
    path: String,
    /// The answer at each revision; `None` where it was deleted.
    states: BTreeMap<u64, Option<String>>,
    is_erased: bool,
}

impl Answered {
    fn last(&self) -> u64 {
        self.states.last_key_value().map_or(0, |(rev, _)| *rev)
    }
}

/// Does the writes; some are refused.
fn write(server: &Server, writes: &[Write]) -> Vec<Answered> {
    let mut customers: Vec<Answered> = Vec::new();
    for write in writes {
        let which = match write {
            Write::Create(body) => {
                let answer = server.post("/v1/customers", body.json());
                if answer.status == 201 {
                    let path = answer.data()["links"]["self"].as_str().unwrap().to_owned();
                    customers.push(Answered { path, states: [(1, Some(answer.text))].into(), is_erased: false });
                } else {
                    assert_eq!(answer.status, 409, "{}", answer.body);
                }
                continue;
            }
            Write::Patch(which, _) | Write::Put(which, ..) => *which,
            Write::Delete(which) | Write::Restore(which) | Write::Erase(which) => *which,
        };
        let Some(customer) = customers.get_mut(which) else { continue };
        let path = customer.path.as_str();
        let answer = match write {
            Write::Patch(_, body) => server.patch(path, body.json()),
            Write::Put(_, body, whole) => server.put(&format!("{path}?replace={whole}"), body.json()),
            Write::Delete(_) => server.delete(path),
            Write::Restore(_) => server.post(&format!("{path}/restore"), json!({})),
            Write::Erase(_) | Write::Create(_) => server.post(&format!("{path}/erase"), json!({})),
        };
        match answer.status {
            200 => {
                let rev = answer.attributes()["rev"].as_u64().unwrap();
                assert!(rev == customer.last() || rev == customer.last() + 1, "{}", answer.body);
                customer.states.insert(rev, Some(answer.text));
            }
            204 => {
                customer.is_erased |= matches!(write, Write::Erase(_));
                customer.states.insert(customer.last() + 1, None);
            }
            status => assert!(matches!(status, 404 | 409), "{}", answer.body),
        }
    }
    customers
}

/// Every revision, and every moment at which something happened, as it was answered then.
fn check_states(server: &Server, customer: &Answered) {
    let path = &customer.path;
    if customer.is_erased {
        for rev in customer.states.keys() {
            let refused = server.get(&format!("{path}?rev={rev}")).expect(404);
            assert!(refused.error()["title"].as_str().unwrap().contains("was erased on"), "revision {rev}");
        }
        return;
    }
    for (rev, state) in &customer.states {
        let read = server.get(&format!("{path}?rev={rev}"));
        match state {
            Some(state) => assert_eq!(&read.expect(200).text, state, "revision {rev}"),
            None => drop(read.expect(404)),
        }
    }
    server.get(&format!("{path}?rev={}", customer.last() + 1)).expect(404);
    let history = server.get(&format!("{path}/history?pageSize=500")).expect(200);
    let mut at: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in history.data().as_array().unwrap().iter().rev() {
        // Several may have happened in one millisecond; the last of them counts.
        let told = &entry["attributes"];
        at.insert(told["createdAt"].as_str().unwrap(), told["rev"].as_u64().unwrap());
    }
    assert_eq!(at.values().max(), Some(&customer.last()));
    for (moment, rev) in at {
        let read = server.get(&format!("{path}?asOf={moment}"));
        match &customer.states[&rev] {
            Some(state) => assert_eq!(&read.expect(200).text, state, "as of {moment}"),
            None => drop(read.expect(404)),
        }
    }
}

/// The state of each record by the events alone: by its last event, and by following what each one changed.
fn told_and_replayed(server: &Server) -> (HashMap<String, Value>, HashMap<String, Value>) {
    let marker = server.create(json!({ "name": "the last" }));
    let marker = marker["id"].as_str().unwrap();
    let (mut told, mut replayed): (HashMap<String, Value>, HashMap<String, String>) = Default::default();
    let mut last: Option<String> = None;
    while !told.contains_key(marker) {
        let page = events::after(server, last.as_deref(), 50);
        for event in page.data().as_array().unwrap() {
            let id = event["dataId"].as_str().unwrap().to_owned();
            let name = event["name"].as_str().unwrap();
            let kind = Kind::ALL.into_iter().find(|kind| name.contains(kind.as_str())).unwrap();
            match (replayed.get(&id), &event["changes"]) {
                (Some(before), changes) if !changes.is_null() => {
                    let after = replay(kind, before, &changes.to_string()).unwrap();
                    assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), event["data"], "the changes lead there");
                    replayed.insert(id.clone(), after);
                }
                // The created or erased record. Of an erased record only the end is reported.
                _ => drop(replayed.insert(id.clone(), event["data"].to_string())),
            }
            told.insert(id, event["data"].clone());
            last = Some(event["id"].as_str().unwrap().to_owned());
        }
    }
    told.remove(marker);
    let parsed = |(id, text): (String, String)| (id, serde_json::from_str(&text).unwrap());
    (told, replayed.into_iter().map(parsed).collect())
}

fn check(writes: &[Write]) {
    let server = Server::on_file_with(&["--unknown-companies", "keep"]);
    let customers = write(&server, writes);
    customers.iter().for_each(|customer| check_states(&server, customer));

    let (told, replayed) = told_and_replayed(&server);
    for customer in &customers {
        let event = &told[customer.path.rsplit('/').next().unwrap()];
        let read = server.get(&customer.path);
        if event["attributes"]["deleted"] == true {
            read.expect(404);
        } else {
            assert_eq!(read.expect(200).data(), event);
        }
    }
    assert!(told.iter().all(|(id, record)| replayed[id] == *record));
    assert_eq!(told.values().filter(|record| record["type"] == "customer").count(), customers.len());
    let tags = server.get("/v1/tags?pageSize=500").expect(200);
    for tag in tags.data().as_array().unwrap() {
        assert_eq!(&told[tag["id"].as_str().unwrap()], tag);
    }
    assert_eq!(tags.data().as_array().unwrap().len(), told.values().filter(|record| record["type"] == "tag").count());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: REPLAY_CASES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_events_alone_give_exactly_the_records_there_are_and_every_state_they_had(writes in writes()) {
        check(&writes);
    }
}
