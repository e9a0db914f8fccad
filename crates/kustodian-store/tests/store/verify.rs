//! Verifying a database: an untouched one is sound, and whatever is written past the engine is found.

use std::sync::Arc;
use std::time::Duration;

use crate::place::{Place, id_in_events};
use crate::setting::{at, make_org, next_id};
use kustodian_core::chain::{Link, Salt};
use kustodian_core::change::{Cause, ChangeSet, Erasure, Event, EventSeed, Put};
use kustodian_core::customer::{self, Context, UpdateOptions, Write};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::{Options, Problem, Verification, Where, open, verify};
use kustomer_api::ObjectId;
use tokio::time::sleep;

/// A tag's document as the engine would store it; its name holds the revision.
fn document(id: ObjectId, name: &str) -> String {
    let stored = serde_json::json!({ "type": "tag", "id": id, "attributes": { "name": name } }).to_string();
    // In the order of the type.
    kustodian_core::history::replay(Kind::Tag, &stored, "{}").unwrap()
}

/// What makes revision `rev` of a tag out of the one before.
fn written(id: ObjectId, rev: u64, name: &'static str) -> ChangeSet {
    let value = |rev: u64| format!("name {rev}");
    let put = Put {
        kind: Kind::Tag,
        rev,
        expects: (rev > 1).then(|| rev - 1),
        updated_at: at(1_000 + i64::try_from(rev).unwrap()),
        document: document(id, &value(rev)),
        ..crate::setting::put(id, rev)
    };
    let changes = (rev > 1).then(|| {
        let difference = serde_json::json!({ "op": "replace", "before": value(rev - 1), "after": value(rev) });
        serde_json::json!({ "attributes": { "name": difference } }).to_string()
    });
    let event = Event::of(cause(name), &put, changes);
    ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() }
}

fn cause(name: &'static str) -> Cause<'static> {
    let seed = EventSeed { id: next_id(), salt: Salt([9; 16]) };
    Cause { seed, name, actor: Some(ObjectId::from_bytes([5; 12])), client: "api", request_id: "request" }
}

fn erasing(id: ObjectId, rev: u64) -> ChangeSet {
    let put =
        Put { deleted: true, document: document(id, "gone"), ..written(id, rev, "kustomer.tag.erase").puts.remove(0) };
    let event = Event::of(cause("kustomer.tag.erase"), &put, None);
    ChangeSet {
        erasures: vec![Erasure::whole(Kind::Tag, id)],
        puts: vec![put],
        events: vec![event],
        ..ChangeSet::default()
    }
}

/// A database with two orgs; in the first, a tag of 70 revisions, one of 3, and one of 4 that was erased.
struct Populated {
    place: Place,
    long: ObjectId,
    erased: ObjectId,
}

async fn settled(store: &Arc<dyn Store>, org: OrgKey, count: u64) {
    for _ in 0..1_000 {
        if store.feed_head(org).await.unwrap().position == count {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the feed did not reach {count}");
}

async fn populated() -> Option<Populated> {
    let place = Place::lasting().await?;
    let database = open(place.url(), Options::default()).await.unwrap();
    let store = database.store();
    let (first, second) =
        (make_org(&*database.directory(), "first").await.key, make_org(&*database.directory(), "second").await.key);
    let (long, short, erased) = (next_id(), next_id(), next_id());
    for (id, revs) in [(long, 70), (short, 3), (erased, 3)] {
        for rev in 1..=revs {
            store.commit(first, written(id, rev, "kustomer.tag.update")).await.unwrap();
        }
    }
    store.commit(first, erasing(erased, 4)).await.unwrap();
    store.commit(second, written(long, 1, "kustomer.tag.create")).await.unwrap();
    settled(&store, first, 77).await;
    settled(&store, second, 1).await;
    drop(store);
    database.close().await;
    Some(Populated { place, long, erased })
}

async fn verified(place: &Place, expect: Option<(u64, Link)>) -> Verification {
    let mut steps = 0;
    let told = verify(place.url(), expect, &mut |_| steps += 1).await.unwrap();
    assert!(steps > 0);
    told
}

#[tokio::test]
async fn an_untouched_database_is_sound_also_after_an_erasure() {
    let Some(Populated { place, .. }) = populated().await else { return };
    let told = verified(&place, None).await;
    assert!(told.is_sound(), "{:?}", told.findings);
    assert_eq!((told.events, told.erased), (78, 3));
    let ends: Vec<_> = told.orgs.iter().map(|org| (org.name.as_str(), org.position, org.waiting)).collect();
    assert_eq!(ends, [("first", 77, 0), ("second", 1, 0)]);

    let database = open(place.url(), Options::default()).await.unwrap();
    let heads = [&told.orgs[0], &told.orgs[1]].map(|org| (org.position, org.link));
    let head = database.store().feed_head(OrgKey(told.orgs[0].key)).await.unwrap();
    assert_eq!((head.position, head.link), heads[0]);
    database.close().await;
    for head in heads {
        assert!(verified(&place, Some(head)).await.is_sound());
    }
    for (position, link) in [(77, heads[1].1), (76, heads[0].1), (78, heads[0].1)] {
        let told = verified(&place, Some((position, link))).await;
        assert_eq!(told.findings.iter().map(|found| found.problem).collect::<Vec<_>>(), [Problem::Expected]);
    }
}

/// Changes made past the engine, in SQL that both engines speak; `{long}` and `{erased}` are records, `{long_event}` and
/// `{erased_event}` the same as events have them, `{no_event}` an id that no event has, `{places}` where positions and links are.
const TAMPERINGS: &[(&str, &str)] = &[
    ("an event's id", "UPDATE events SET id = {no_event} WHERE record = {long_event} AND rev = 5"),
    ("an event's org", "UPDATE events SET org = 2 WHERE record = {long_event} AND rev = 5"),
    ("an event's record", "UPDATE events SET record = {no_event} WHERE record = {long_event} AND rev = 5"),
    ("an event's kind", "UPDATE events SET kind = 'user' WHERE record = {long_event} AND rev = 5"),
    ("an event's revision", "UPDATE events SET rev = 99 WHERE record = {long_event} AND rev = 70"),
    ("an event's name", "UPDATE events SET name = 'kustomer.tag.delete' WHERE record = {long_event} AND rev = 70"),
    ("an event's time", "UPDATE events SET at = at + 1 WHERE record = {long_event} AND rev = 70"),
    ("who did it", "UPDATE events SET actor = NULL WHERE record = {long_event} AND rev = 1 AND org = 1"),
    ("whence", "UPDATE events SET client = 'cli' WHERE record = {erased_event} AND rev = 4"),
    ("a request", "UPDATE events SET request_id = '' WHERE record = {erased_event} AND rev = 4"),
    (
        "a difference",
        "UPDATE events SET changes = replace(changes, 'name 4', 'name 9') WHERE record = {long_event} AND rev = 5",
    ),
    ("a difference away", "UPDATE events SET changes = NULL WHERE record = {long_event} AND rev = 5"),
    (
        "a snapshot",
        "UPDATE events SET snapshot = replace(snapshot, 'name', 'eman') WHERE record = {long_event} AND rev = 64",
    ),
    ("a salt", "UPDATE events SET salt = digest WHERE record = {long_event} AND rev = 70"),
    ("a digest", "UPDATE events SET digest = link_of_another WHERE record = {long_event} AND rev = 70"),
    (
        "a payload erased by hand",
        "UPDATE events SET salt = NULL, changes = NULL, snapshot = NULL, request_id = '' WHERE record = {long_event} AND rev = 70",
    ),
    (
        "an old payload erased by hand",
        "UPDATE events SET salt = NULL, changes = NULL, snapshot = NULL, request_id = '' WHERE record = {long_event} AND rev = 1 AND org = 1",
    ),
    ("a payload that was erased", "UPDATE events SET changes = '{}' WHERE record = {erased_event} AND rev = 2"),
    (
        "an erasure with the name of something else",
        "UPDATE events SET name = 'kustomer.tag.update' WHERE record = {erased_event} AND rev = 4",
    ),
    (
        "a link",
        "UPDATE {places} SET link = other.link FROM (SELECT link FROM {places} WHERE position = 3) other WHERE org = 1 AND position = 40",
    ),
    (
        "the last link",
        "UPDATE {places} SET link = other.link FROM (SELECT link FROM {places} WHERE position = 3) other WHERE org = 1 AND position = 77",
    ),
    (
        "a record's document",
        "UPDATE tags SET document = replace(document, 'name 70', 'name 71') WHERE id = '{long}' AND org = 1",
    ),
    ("a record's revision", "UPDATE tags SET rev = 71 WHERE id = '{long}' AND org = 1"),
    ("a record away", "DELETE FROM tags WHERE id = '{long}' AND org = 1"),
    ("a record back", "UPDATE tags SET rev = 69 WHERE id = '{long}' AND org = 1"),
    ("where the chain ends", "UPDATE feeds SET position = 76 WHERE org = 1"),
    ("the link where it ends", "UPDATE feeds SET link = (SELECT link FROM feeds WHERE org = 2) WHERE org = 1"),
    ("the end away", "DELETE FROM feeds WHERE org = 1"),
    (
        "two places swapped",
        "UPDATE {places} SET position = -41 WHERE org = 1 AND position = 40; UPDATE {places} SET position = 40 WHERE org = 1 AND position = 41; UPDATE {places} SET position = 41 WHERE org = 1 AND position = -41",
    ),
    (
        "a first event away",
        "DELETE FROM events WHERE org = 1 AND record = {long_event} AND rev = 1; DELETE FROM {places} WHERE org = 1 AND position = 1",
    ),
    (
        "an event away",
        "DELETE FROM events WHERE org = 1 AND record = {long_event} AND rev = 30; DELETE FROM {places} WHERE org = 1 AND position = 30",
    ),
    (
        "the last event away",
        "DELETE FROM events WHERE org = 1 AND record = {erased_event} AND rev = 4; DELETE FROM {places} WHERE org = 1 AND position = 77",
    ),
    (
        "the last event away, and the end moved",
        "DELETE FROM events WHERE org = 1 AND record = {erased_event} AND rev = 4; DELETE FROM {places} WHERE org = 1 AND position = 77; UPDATE feeds SET position = 76, link = (SELECT link FROM {places} WHERE org = 1 AND position = 76) WHERE org = 1",
    ),
];

fn filled_in(sql: &str, long: ObjectId) -> String {
    sql.replace("{long}", &long.to_string())
        .replace("{long_event}", &id_in_events(&long.to_string()))
        .replace("{no_event}", &id_in_events("eeeeeeeeeeeeeeeeeeeeeeee"))
        .replace("{places}", crate::place::PLACES)
}

#[tokio::test]
async fn whatever_is_written_past_the_engine_is_found() {
    let Some(Populated { place, long, erased }) = populated().await else { return };
    for (what, sql) in TAMPERINGS.iter().chain(crate::place::TAMPERINGS) {
        let sql = filled_in(sql, long)
            .replace("{erased}", &erased.to_string())
            .replace("{erased_event}", &id_in_events(&erased.to_string()))
            .replace("link_of_another", "(SELECT link FROM feeds WHERE org = 2)");
        let copy = place.copy().await;
        assert!(copy.write(&sql).await > 0, "{what}: nothing was changed");
        let told = verified(&copy, None).await;
        assert!(!told.is_sound(), "{what} was not found");
        assert!(told.findings.len() < 10, "{what} is reported at length: {:?}", told.findings);
    }
    assert!(verified(&place.copy().await, None).await.is_sound());
}

/// The rest moved along, so that no position is missing or doubled; see `place::PUT_IN_BETWEEN` for the other way.
const MOVED_UP: &str = "DELETE FROM events WHERE org = 1 AND record = {long_event} AND rev = 30; \
     DELETE FROM {places} WHERE org = 1 AND position = 30; \
     UPDATE {places} SET position = -position WHERE org = 1 AND position > 30; \
     UPDATE {places} SET position = -position - 1 WHERE org = 1 AND position < 0; \
     UPDATE feeds SET position = 76 WHERE org = 1";

#[tokio::test]
async fn an_event_put_in_or_taken_out_is_found_also_when_the_rest_is_moved_along() {
    let Some(Populated { place, long, .. }) = populated().await else { return };
    for (what, sql, first) in [("taken out", MOVED_UP, 30), ("put in", crate::place::PUT_IN_BETWEEN, 41)] {
        let copy = place.copy().await;
        copy.write(&filled_in(sql, long)).await;
        let told = verified(&copy, None).await;
        let found = told.findings.first().expect(what);
        assert_eq!((&found.at, found.problem), (&Where::Position(first), Problem::Link), "{what}");
    }
}

/// All that an org's last event left, so that nothing points at it any more.
const CUT_OFF: &str = "DELETE FROM events WHERE org = 2; DELETE FROM {places} WHERE org = 2; \
     DELETE FROM tags WHERE org = 2; DELETE FROM feeds WHERE org = 2";

#[tokio::test]
async fn an_end_that_was_cut_off_without_a_trace_is_found_by_the_end_that_was_kept() {
    let Some(Populated { place, .. }) = populated().await else { return };
    let sound = verified(&place, None).await;
    let kept = (sound.orgs[1].position, sound.orgs[1].link);
    // PLACES may be the table of events itself: its rows are gone then already.
    assert!(place.write(&CUT_OFF.replace("{places}", crate::place::PLACES)).await > 0);
    assert!(verified(&place, None).await.is_sound(), "nothing in the database shows it");
    let found = verified(&place, Some(kept)).await;
    assert_eq!(found.findings.iter().map(|found| found.problem).collect::<Vec<_>>(), [Problem::Expected]);
}

/// A customer's life as the rules write it: made, and changed three times.
fn life(org: &Org, number: u32) -> ChangeSet {
    let id = next_id();
    let seed = || EventSeed { id: next_id(), salt: Salt(id.as_bytes().repeat(2)[..16].try_into().unwrap()) };
    let write = |body: serde_json::Value| Write { input: serde_json::from_value(body).unwrap(), ..Write::default() };
    let context = |later: i64| Context {
        org,
        actor: org.id,
        now: at(1_000 + later),
        client: "api",
        request_id: "request",
        slas: None,
        import: None,
    };
    let body = serde_json::json!({
        "name": format!("Ada {number}"), "emails": [{ "email": format!("ada.{number}@acme.example"), "type": "work" }],
        "phones": [{ "phone": format!("+1{number:010}") }], "locale": "en_GB", "timeZone": "Europe/London",
        "locations": [{ "name": "HQ", "address": "1 Main St", "countryCode": "GB", "latitude": 51.5, "longitude": -0.125 }],
        "custom": { "scoreNum": number, "loyaltyTierStr": "gold", "noteTxt": "called twice, wants an answer by Friday" },
    });
    let mut all = customer::create(&context(0), id, seed(), write(body)).unwrap();
    for step in 1..4 {
        let body = serde_json::json!({ "custom": { "scoreNum": step }, "gender": if step == 2 { "f" } else { "m" } });
        let stored = crate::setting::stored(all.puts.last().unwrap());
        let options = UpdateOptions::default();
        let next = customer::update(&context(step), Some(&stored), seed(), write(body), &options).unwrap();
        all.puts.extend(next.puts);
        all.events.extend(next.events);
    }
    // Nobody searches here.
    all.puts.iter_mut().for_each(|put| put.search = None);
    all
}

/// The most memory this process ever had, in kilobytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_end_matches("kB").trim().parse().unwrap()
}

/// The source of the rate in `docs/history.md`, as an optimized build shows it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes"]
#[expect(clippy::print_stdout, reason = "the measurement is the point")]
async fn a_million_events_are_verified_within_bounded_memory() {
    const EVENTS: u32 = 1_000_000;
    const LIVES_AT_ONCE: u32 = 50;
    let Some(place) = Place::lasting().await else { return };
    let database = open(place.url(), Options::default()).await.unwrap();
    let store = database.store();
    let org = make_org(&*database.directory(), "acme").await;
    for first in (0..EVENTS / 4).step_by(LIVES_AT_ONCE as usize) {
        let mut all = ChangeSet::default();
        for number in first..first + LIVES_AT_ONCE {
            let life = life(&org, number);
            all.puts.extend(life.puts);
            all.claims.extend(life.claims);
            all.events.extend(life.events);
        }
        store.commit(org.key, all).await.unwrap();
    }
    while store.feed_head(org.key).await.unwrap().position < u64::from(EVENTS) {
        sleep(Duration::from_secs(1)).await;
    }
    drop(store);
    database.close().await;

    let before = most_memory();
    let began = std::time::Instant::now();
    let told = verified(&place, None).await;
    let took = began.elapsed();
    assert!(told.is_sound(), "{:?}", told.findings.first());
    assert_eq!(told.events, u64::from(EVENTS));
    let rate = f64::from(EVENTS) / took.as_secs_f64();
    println!("{EVENTS} events in {took:.1?}: {rate:.0} a second; {before} kB before, {} kB at most", most_memory());
    assert!(most_memory() < before + 128 * 1024, "memory grows with the number of events");
}
