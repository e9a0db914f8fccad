//! Checking a database: an untouched one agrees with itself, and whatever is written past the engine is reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed, Put};
use kustodian_core::company;
use kustodian_core::customer::{Context, Write};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustodian_core::tracking::{NewEvent, Sighting, visitor_id};
use kustodian_store::{Checked, Finding, Options, check, open};
use kustomer_api::ObjectId;

use crate::place::{Place, SEARCHES_MISLED, id_in_events};
use crate::setting::{at, changes, make_org, next_id, put};

/// How many companies there are.
const COMPANIES: u32 = 3;

/// A tag that is stored as the engine would store it, with the claim on its name.
fn tag(org: OrgKey, id: ObjectId, name: &str) -> ChangeSet {
    let (created_at, updated_at) = (at(1_000), at(1_001));
    let attributes = serde_json::json!({
        "name": name, "deleted": false, "createdAt": created_at, "updatedAt": updated_at, "rev": 1,
    });
    let stored = serde_json::json!({ "type": "tag", "id": id, "attributes": attributes }).to_string();
    // In the order of the type.
    let document = kustodian_core::history::replay(Kind::Tag, &stored, "{}").unwrap();
    let claims = Kind::Tag.claims_of(org, id, &document).unwrap();
    assert_eq!(claims.len(), 1);
    ChangeSet { claims, ..changes(vec![Put { kind: Kind::Tag, document, ..put(id, 1) }]) }
}

/// A customer with a name, an address and a custom attribute, as the rules make it.
fn customer(org: &Org, id: ObjectId, number: u32) -> ChangeSet {
    let body = format!(
        r#"{{"name":"the first {number}","emails":[{{"email":"{number}@acme.example"}}],"custom":{{"scoreNum":{number}.5}}}}"#
    );
    let context = Context {
        org,
        actor: next_id(),
        now: at(5_000),
        client: "test",
        request_id: "request",
        slas: None,
        import: None,
    };
    let event = EventSeed { id: next_id(), salt: Salt([7; 16]) };
    let input = serde_json::from_str(&body).unwrap();
    kustodian_core::customer::create(&context, id, event, Write { input, ..Write::default() }).unwrap()
}

/// A company, as the rules make it.
fn company(org: &Org, number: u32) -> ChangeSet {
    let body =
        format!(r#"{{"name":"the first company {number}","externalId":"crm-{number}","custom":{{"tierStr":"gold"}}}}"#);
    let context = Context {
        org,
        actor: next_id(),
        now: at(5_000),
        client: "test",
        request_id: "request",
        slas: None,
        import: None,
    };
    let event = EventSeed { id: next_id(), salt: Salt([7; 16]) };
    let write = company::Write { input: serde_json::from_str(&body).unwrap(), ..company::Write::default() };
    company::create(&context, next_id(), event, write).unwrap()
}

/// A database with more tags and customers than are read at a time.
async fn populated() -> Option<(Place, ObjectId)> {
    let place = Place::lasting().await?;
    let database = open(place.url(), Options::default()).await.unwrap();
    let store = database.store();
    let made = make_org(&*database.directory(), "acme").await;
    let org = made.key;
    let first = next_id();
    store.commit(org, tag(org, first, "the first")).await.unwrap();
    for number in 0..600 {
        store.commit(org, tag(org, next_id(), &format!("tag {number}"))).await.unwrap();
    }
    for number in 0..COMPANIES {
        store.commit(org, company(&made, number)).await.unwrap();
    }
    let visitor = next_id();
    // As many at a time as a cluster commits within the time for a write.
    for first in (0..1_100).step_by(50) {
        let mut some = ChangeSet::default();
        for number in first..first + 50 {
            let id = if number == 0 { visitor } else { next_id() };
            let ChangeSet { puts, claims, events, .. } = customer(&made, id, number);
            some.puts.extend(puts);
            some.claims.extend(claims);
            some.events.extend(events);
        }
        store.commit(org, some).await.unwrap();
    }
    // A visitor that is a customer with two visits, and one that nobody knows.
    for (name, customer, session) in
        [("a", Some(visitor), "one"), ("a", None, "one"), ("a", None, "two"), ("b", None, "one")]
    {
        let event = NewEvent { id: next_id(), name: "Viewed".to_owned(), details: "{}".to_owned() };
        let sighting = Sighting {
            visitor: visitor_id(org, name),
            at: at(6_000),
            session: Some(session.to_owned()),
            new_session: next_id(),
            customer,
            event: Some(event),
        };
        store.track(org, sighting).await.unwrap().unwrap();
    }
    drop(store);
    database.close().await;
    Some((place, first))
}

async fn checked(place: &Place) -> Checked {
    check(place.url(), &mut |_| {}).await.unwrap()
}

#[tokio::test]
async fn an_untouched_database_agrees_with_itself() {
    let Some((place, _)) = populated().await else { return };
    let checked = checked(&place).await;
    assert_eq!(checked.findings, []);
    assert_eq!((checked.orgs[0].name.as_str(), checked.orgs[0].position), ("acme", 1_701 + u64::from(COMPANIES)));
}

/// A conversation of a user.
fn conversation(number: u32) -> ChangeSet {
    let (kind, id) = (Kind::Conversation, next_id());
    let attributes = serde_json::json!({
        "name": format!("the conversation {number}"), "status": "open", "assignedUsers": [id], "deleted": false,
        "createdAt": at(1_000), "updatedAt": at(1_001), "rev": 1,
    });
    let stored = serde_json::json!({ "type": "conversation", "id": id, "attributes": attributes }).to_string();
    let document = kustodian_core::history::replay(kind, &stored, "{}").unwrap();
    let search = kind.search_row_of(&document).unwrap().map(Arc::new);
    changes(vec![Put { kind, document, search, home: Some(id), ..put(id, 1) }])
}

#[tokio::test]
async fn conversations_of_an_older_version_get_the_terms_of_pairs() {
    let Some(place) = Place::lasting().await else { return };
    let database = open(place.url(), Options::default()).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    // More than are indexed at a time.
    for number in 0..1_100 {
        database.store().commit(org, conversation(number)).await.unwrap();
    }
    database.close().await;
    assert_eq!(checked(&place).await.findings, []);
    let older = format!("DELETE FROM search_terms WHERE term LIKE '&%'; {}", crate::place::BEFORE_PAIRS);
    assert!(place.write(&older).await >= 1_100);
    let database = open(place.url(), Options::default()).await.unwrap();
    database.close().await;
    assert_eq!(checked(&place).await.findings, []);
}

#[tokio::test]
async fn changes_made_without_the_engine_are_reported() {
    let Some((place, first)) = populated().await else { return };
    let of_first = format!("owner = '{first}'");
    for (sql, words) in [
        (format!("DELETE FROM claims WHERE {of_first}"), vec!["unclaimed"]),
        (format!("UPDATE claims SET owner = 'ffffffffffffffffffffffff' WHERE {of_first}"), vec!["unclaimed", "stray"]),
        (format!("UPDATE claims SET kind = 'email' WHERE {of_first}"), vec!["unclaimed", "stray"]),
        ("UPDATE live_counts SET live = live + 1 WHERE kind = 'tag'".to_owned(), vec!["count"]),
        ("DELETE FROM live_counts".to_owned(), vec!["count"]),
        (format!("UPDATE tags SET updated_at = 5 WHERE id = '{first}'"), vec!["column"]),
        (format!("UPDATE tags SET document = '{{}}' WHERE id = '{first}'"), vec!["stray", "unreadable", "event"]),
        (format!("DELETE FROM tags WHERE id = '{first}'"), vec!["stray", "count", "event"]),
        (format!("UPDATE events SET name = 'x' WHERE record = {}", id_in_events(&first.to_string())), vec!["event"]),
        ("DELETE FROM visits WHERE customer IS NOT NULL".to_owned(), vec!["tracked"]),
        ("DELETE FROM visits".to_owned(), vec!["tracked"]),
        ("DELETE FROM tracked".to_owned(), vec!["tracked"]),
        ("UPDATE visits SET count = count + 1 WHERE customer IS NULL".to_owned(), vec!["tracked"]),
        ("UPDATE visits SET customer = 'ffffffffffffffffffffffff'".to_owned(), vec!["tracked"]),
        ("UPDATE visitors SET customer = 'ffffffffffffffffffffffff'".to_owned(), vec!["tracked"]),
        ("UPDATE tracked SET details = '[]'".to_owned(), vec!["tracked"]),
    ] {
        let place = place.copy().await;
        assert!(place.write(&sql).await > 0, "{sql}");
        let findings = checked(&place).await.findings;
        for word in &words {
            assert!(findings.iter().any(|finding| finding.word() == *word), "{sql}: {word}: {findings:?}");
        }
        assert!(findings.iter().all(|finding| words.contains(&finding.word())), "{sql}: {findings:?}");
        assert!(findings.iter().all(|finding| !finding.to_string().contains("the first")), "{findings:?}");
    }
}

#[tokio::test]
async fn what_searches_know_of_a_record_is_compared_with_its_document() {
    let Some((place, _)) = populated().await else { return };
    for (sql, parts) in SEARCHES_MISLED {
        let place = place.copy().await;
        assert!(place.write(sql).await > 0, "{sql}");
        let findings = checked(&place).await.findings;
        let told: BTreeSet<&str> = findings
            .iter()
            .map(|finding| match finding {
                Finding::Index { part, .. } => part.as_str(),
                other => panic!("{sql}: {other:?}"),
            })
            .collect();
        assert_eq!(told, parts.iter().copied().collect(), "{sql}");
        assert!(findings.iter().all(|finding| !finding.to_string().contains("the first")), "{findings:?}");
        kustodian_store::reindex(place.url(), Options::default(), |_| {}).await.unwrap();
        assert_eq!(checked(&place).await.findings, [], "{sql}");
    }
}

#[tokio::test]
async fn findings_end_however_much_is_wrong() {
    let Some((place, _)) = populated().await else { return };
    place.write("DELETE FROM claims").await;
    let findings = checked(&place).await.findings;
    assert!(findings.len() <= 202, "{}", findings.len());
    assert_eq!(findings.last().map(|finding| finding.word()), Some("more"));
}
