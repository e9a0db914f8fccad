//! What must hold of a database, whatever was done to the processes around it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::load::{Change, Entry, Known, Ledger, rev_of};

/// Everything that matters in a database with one org.
#[derive(Default)]
pub(super) struct Snapshot {
    pub(super) customers: Vec<Record>,
    /// Ids of the tags that are not deleted.
    pub(super) tags: Vec<String>,
    /// Owner and kind of each claim.
    pub(super) claims: Vec<(String, String)>,
    pub(super) events: Vec<Event>,
    /// The last position given, as the org's feed says.
    pub(super) last_position: u64,
    /// How many customers are not deleted, as the counter says.
    pub(super) live: u64,
    /// The engine's findings about its own files.
    pub(super) damage: Vec<String>,
}

pub(super) struct Record {
    pub(super) id: String,
    pub(super) rev: u64,
    pub(super) deleted: bool,
    pub(super) document: String,
}

pub(super) struct Event {
    pub(super) kind: String,
    pub(super) record: String,
    pub(super) rev: u64,
    pub(super) position: u64,
}

/// The findings of one comparison.
#[derive(Default)]
pub(super) struct Findings {
    /// Acknowledged changes that were there with their exact content.
    pub(super) held: u64,
    /// Lost or wrong records.
    pub(super) lost: Vec<String>,
}

/// Compares a database with itself and with the answers to the clients. Changes that were answered to nobody are
/// settled in the ledgers as they turned out.
pub(super) fn compare(snapshot: &Snapshot, ledgers: &mut [Ledger]) -> Findings {
    let mut findings = Findings::default();
    findings.lost.extend(snapshot.damage.iter().cloned());
    let parsed: Vec<Value> =
        snapshot.customers.iter().map(|record| serde_json::from_str(&record.document).unwrap_or(Value::Null)).collect();
    check_events(snapshot, &mut findings.lost);
    check_identities(snapshot, &parsed, &mut findings.lost);
    let live = snapshot.customers.iter().filter(|record| !record.deleted).count();
    if snapshot.live != live as u64 {
        findings.lost.push(format!("{live} customers are there, {} are counted", snapshot.live));
    }
    let named = |document: &Value| document["attributes"]["name"].as_str().map(str::to_owned);
    let records = snapshot.customers.iter().zip(&parsed);
    let by_name: HashMap<String, (&Record, &Value)> =
        records.filter_map(|(record, document)| Some((named(document)?, (record, document)))).collect();
    // The load names all that it makes; other requests of a scenario need not.
    let there = parsed.iter().filter(|document| named(document).is_some()).count();
    if by_name.len() != there {
        let names = by_name.len();
        findings.lost.push(format!("{there} customers are there under {names} names: some were made twice"));
    }
    for ledger in ledgers.iter_mut() {
        ledger.entries.retain_mut(|entry| {
            let found = by_name.get(&entry.name).copied();
            match settle(entry, found) {
                Ok(true) => findings.held += 1,
                Ok(false) => return false,
                Err(loss) => {
                    findings.lost.push(format!("{}: {loss}", entry.name));
                    return false;
                }
            }
            true
        });
    }
    findings
}

/// Compares one customer and settles unanswered changes; returns whether it is there at all.
fn settle(entry: &mut Entry, found: Option<(&Record, &Value)>) -> Result<bool, String> {
    let asked = entry.asked.take();
    let Some((record, parsed)) = found else {
        return match entry.known {
            Known::Nothing => Ok(false),
            _ => Err("acknowledged, and gone".to_owned()),
        };
    };
    let (known_rev, was_deleted) = match &entry.known {
        Known::Nothing => (0, false),
        Known::Live { document, .. } => (rev_of(document), false),
        Known::Deleted { rev, .. } => (*rev, true),
    };
    let is_as_known = match &entry.known {
        Known::Nothing => false,
        Known::Live { document, .. } => !record.deleted && record.document == *document,
        Known::Deleted { rev, .. } => record.deleted && record.rev == *rev,
    };
    let is_as_asked = record.rev == known_rev + 1
        && match asked {
            Some(Change::Create(sent) | Change::Update(sent)) => !record.deleted && holds(&parsed["attributes"], &sent),
            Some(Change::Delete) => record.deleted && !was_deleted,
            Some(Change::Restore) => !record.deleted && was_deleted,
            None => false,
        };
    if !is_as_known && !is_as_asked {
        let state = if record.deleted { "deleted" } else { "live" };
        return Err(format!(
            "it is neither as acknowledged (rev {known_rev}) nor as asked, but {state} {}",
            record.document
        ));
    }
    let id = record.id.clone();
    entry.known = match record.deleted {
        true => Known::Deleted { id, rev: record.rev },
        false => Known::Live { id, document: record.document.clone() },
    };
    Ok(true)
}

/// Whether a document has everything that was sent. Tags are sent by name and kept by id.
fn holds(kept: &Value, sent: &Value) -> bool {
    match (kept, sent) {
        (Value::Object(kept), Value::Object(sent)) => {
            sent.iter().all(|(name, sent)| name == "tags" || kept.get(name).is_some_and(|kept| holds(kept, sent)))
        }
        (Value::Array(kept), Value::Array(sent)) => {
            kept.len() == sent.len() && kept.iter().zip(sent).all(|(kept, sent)| holds(kept, sent))
        }
        (kept, sent) => kept == sent,
    }
}

/// Every revision of every customer has its event, and the positions are those from 1 on without a hole.
fn check_events(snapshot: &Snapshot, lost: &mut Vec<String>) {
    let mut positions: Vec<u64> = snapshot.events.iter().map(|event| event.position).collect();
    positions.sort_unstable();
    if let Some((at, hole)) = (1..).zip(&positions).find(|(expected, position)| expected != *position) {
        lost.push(format!("the positions of the events have a hole or a double: at {at} is {hole}"));
    }
    if snapshot.last_position != positions.len() as u64 {
        lost.push(format!("{} events are there, the feed says {}", positions.len(), snapshot.last_position));
    }
    let mut revisions: HashMap<&str, Vec<u64>> = HashMap::new();
    for event in snapshot.events.iter().filter(|event| event.kind == "customer") {
        revisions.entry(&event.record).or_default().push(event.rev);
    }
    for record in &snapshot.customers {
        let mut revisions = revisions.remove(record.id.as_str()).unwrap_or_default();
        revisions.sort_unstable();
        if !revisions.iter().copied().eq(1..=record.rev) {
            lost.push(format!("customer {} is at revision {} with events {revisions:?}", record.id, record.rev));
        }
        let written = rev_of(&record.document);
        if written != record.rev {
            lost.push(format!("customer {} is at revision {}, its document at {written}", record.id, record.rev));
        }
    }
    lost.extend(revisions.keys().map(|record| format!("events of customer {record}, which is not there")));
}

/// No two live customers share an identity, and the claims are those of live records.
fn check_identities(snapshot: &Snapshot, parsed: &[Value], lost: &mut Vec<String>) {
    const LISTS: [(&str, &str, &str); 4] = [
        ("emails", "email", "email"),
        ("phones", "phone", "phone"),
        ("externalIds", "externalId", "externalId"),
        ("socials", "username", "socialName"),
    ];
    let mut holders: HashMap<(&str, String), &str> = HashMap::new();
    let mut wanted: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (record, document) in snapshot.customers.iter().zip(parsed).filter(|(record, _)| !record.deleted) {
        for (list, member, kind) in LISTS {
            for item in document["attributes"][list].as_array().into_iter().flatten() {
                let value = item[member].as_str().unwrap_or_default().to_lowercase();
                *wanted.entry((&record.id, kind)).or_default() += 1;
                if let Some(other) = holders.insert((kind, value.clone()), &record.id) {
                    lost.push(format!("customers {other} and {} both hold {kind} {value}", record.id));
                }
            }
        }
    }
    for tag in &snapshot.tags {
        *wanted.entry((tag, "tagName")).or_default() += 1;
    }
    let mut held: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (owner, kind) in &snapshot.claims {
        *held.entry((owner, kind)).or_default() += 1;
    }
    for (claim, count) in &wanted {
        let held = held.remove(claim).unwrap_or(0);
        if held != *count {
            lost.push(format!("{claim:?} should be claimed {count} times and is {held} times"));
        }
    }
    lost.extend(held.keys().map(|claim| format!("{claim:?} is claimed by nobody live")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: &str, rev: u64, email: &str) -> Record {
        let emails = serde_json::json!([{ "email": email }]);
        let document = serde_json::json!({ "id": id, "attributes": { "name": id, "rev": rev, "emails": emails } });
        Record { id: id.to_owned(), rev, deleted: false, document: document.to_string() }
    }

    fn event(record: &str, rev: u64, position: u64) -> Event {
        Event { kind: "customer".to_owned(), record: record.to_owned(), rev, position }
    }

    fn sound() -> Snapshot {
        Snapshot {
            customers: vec![customer("a", 2, "a@b.c"), customer("b", 1, "b@b.c")],
            claims: vec![("a".to_owned(), "email".to_owned()), ("b".to_owned(), "email".to_owned())],
            events: vec![event("a", 1, 1), event("b", 1, 2), event("a", 2, 3)],
            last_position: 3,
            live: 2,
            ..Snapshot::default()
        }
    }

    fn faults(change: impl FnOnce(&mut Snapshot)) -> String {
        let mut snapshot = sound();
        change(&mut snapshot);
        compare(&snapshot, &mut []).lost.join("\n")
    }

    #[test]
    fn a_sound_database_is_found_sound() {
        assert_eq!(faults(|_| {}), "");
    }

    #[test]
    fn a_lost_event_is_found() {
        assert!(faults(|snapshot| drop(snapshot.events.pop())).contains("with events [1]"));
        assert!(faults(|snapshot| snapshot.events[1].position = 3).contains("a hole or a double"));
        assert!(faults(|snapshot| drop(snapshot.customers.pop())).contains("which is not there"));
    }

    #[test]
    fn an_identity_held_twice_or_by_nobody_is_found() {
        let twice = faults(|snapshot| snapshot.customers[1] = customer("b", 1, "A@b.c"));
        assert!(twice.contains("both hold email a@b.c"), "{twice}");
        assert!(faults(|snapshot| drop(snapshot.claims.pop())).contains("is 0 times"));
        assert!(faults(|snapshot| snapshot.customers[0].deleted = true).contains("claimed by nobody live"));
    }
}
