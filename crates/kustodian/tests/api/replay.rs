//! Whatever is written: the records are exactly what the events alone say they are.

use std::collections::BTreeMap;

use kustodian_core::change::Kind;
use kustodian_core::history::replay;
use serde_json::{Value, json};

use crate::events;
use crate::seed::Chance;
use crate::server::Server;

/// A write that chance decides, on one of a few customers; it may be refused.
fn write(server: &Server, chance: &mut Chance, paths: &mut Vec<String>) {
    let text = format!("v{}", chance.below(5));
    let body = match chance.below(6) {
        0 => json!({ "name": text, "company": "5c7d1a1f9a1b2c0010a1b2c3" }),
        1 => json!({ "emails": [{ "email": format!("{text}@b.c") }], "tags": [text] }),
        2 => json!({ "custom": { "aNum": chance.below(1_000) as f64 / 7.0, "bStr": text }, "gender": null }),
        3 => json!({ "company": null, "externalId": text, "tags": [] }),
        4 => json!({ "locations": [{ "name": text, "latitude": 1.0 / (1 + chance.below(9)) as f64, "longitude": 2 }] }),
        _ => json!({ "birthdayAt": null, "phones": [] }),
    };
    if paths.is_empty() || chance.below(8) == 0 {
        let answer = server.post("/v1/customers", body);
        paths.extend(answer.data()["links"]["self"].as_str().map(str::to_owned));
        return;
    }
    let path = chance.of(paths).clone();
    let path = path.as_str();
    let answer = match chance.below(12) {
        0 | 1 => server.delete(path),
        2..=4 => server.post(&format!("{path}/restore"), json!({})),
        5 if chance.below(3) == 0 => server.post(&format!("{path}/erase"), json!({})),
        6 => server.put(&format!("{path}?replace=true"), body),
        _ => server.patch(path, body),
    };
    assert!(answer.status < 500, "{}", answer.body);
}

#[test]
fn the_events_alone_give_exactly_the_records_there_are() {
    let server = Server::on_file();
    let mut chance = Chance::new();
    let mut paths = Vec::new();
    for _ in 0..300 {
        write(&server, &mut chance, &mut paths);
    }
    let count = server.get("/v1/audit-logs?count=1").expect(200);
    let marker = server.create(json!({ "name": "the last" }));
    paths.push(marker["links"]["self"].as_str().unwrap().to_owned());

    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    let mut replayed: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<String> = None;
    loop {
        let page = events::after(&server, last.as_deref(), 50);
        for event in page.data().as_array().unwrap() {
            let id = event["dataId"].as_str().unwrap().to_owned();
            let kind =
                Kind::ALL.into_iter().find(|kind| event["name"].as_str().unwrap().contains(kind.as_str())).unwrap();
            match (replayed.get(&id), &event["changes"]) {
                (Some(before), changes) if !changes.is_null() => {
                    let after = replay(kind, before, &changes.to_string()).unwrap();
                    assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), event["data"], "the changes lead there");
                    replayed.insert(id.clone(), after);
                }
                // What was made, or erased. Of an erased record only the end is told.
                _ => drop(replayed.insert(id.clone(), event["data"].to_string())),
            }
            told.insert(id, event["data"].clone());
            last = Some(event["id"].as_str().unwrap().to_owned());
        }
        if told.contains_key(marker["id"].as_str().unwrap()) {
            break;
        }
    }
    assert!(count.body["meta"]["total"].as_u64().unwrap() > 100, "most writes did something");
    for path in paths {
        let id = path.rsplit('/').next().unwrap();
        let (event, replayed) = (&told[id], serde_json::from_str::<Value>(&replayed[id]).unwrap());
        assert_eq!(event, &replayed);
        if event["attributes"]["deleted"] == true {
            server.get(&path).expect(404);
        } else {
            assert_eq!(server.get(&path).expect(200).data(), event);
        }
    }
    let tags = server.get("/v1/tags").expect(200);
    for tag in tags.data().as_array().unwrap() {
        assert_eq!(&told[tag["id"].as_str().unwrap()], tag);
    }
    assert_eq!(tags.data().as_array().unwrap().len(), told.values().filter(|record| record["type"] == "tag").count());
}
