//! The common parts of the fuzz targets: a small org, a client's wishes as bytes, and laws of every answer.

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::{Context, Write};
use kustodian_core::directory::Org;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Stored};
use kustodian_core::tag::{Mention, NewTag, Resolved};
use kustomer_api::customer::CustomerInput;
use kustomer_api::validation::MAX_FAULTS;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::Value;

/// An id of twelve equal bytes.
pub fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

/// What an event is given by chance.
pub fn seed() -> EventSeed {
    EventSeed { id: id(2), salt: Salt([3; 16]) }
}

/// The org everything happens in.
pub fn org() -> Org {
    Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) }
}

/// Who acts, `later` milliseconds after the first act.
pub fn context(org: &Org, later: u32) -> Context<'_> {
    let now = Timestamp::from_millis(1_700_000_000_000 + i64::from(later));
    Context { org, actor: id(7), now, client: "api", request_id: "r", slas: None, import: None }
}

/// A body that was accepted, with its tags resolved as if every id existed and no name did.
pub fn write(mut input: CustomerInput) -> Write {
    let tags = input.tags.take().map(|named| {
        let mut resolved = Resolved::default();
        for (index, text) in (100..).zip(named) {
            match Mention::of(&text) {
                Mention::Id(id) => resolved.add(id),
                Mention::Name(name) if resolved.find_new(&name).is_some() => {}
                Mention::Name(name) => resolved.add_new(NewTag { name, id: id(index), event: seed() }),
            }
        }
        resolved
    });
    Write { input, tags, ..Write::default() }
}

/// The record as a store would give it back.
pub fn stored(changes: &ChangeSet) -> Stored {
    let put = &changes.puts[0];
    Stored {
        id: put.id,
        rev: put.rev,
        deleted: put.deleted,
        created_at: put.created_at,
        updated_at: put.updated_at,
        document: put.document.clone(),
    }
}

/// A refusal of input is the client's fault, never the server's, and reports the fault and its place.
pub fn check_refusal(refusal: &Refusal, body: &[u8]) {
    assert!((400..500).contains(&refusal.status), "{refusal:?} is no client's fault");
    assert!((1..=MAX_FAULTS).contains(&refusal.errors.len()), "{refusal:?} has no fault, or too many");
    for error in &refusal.errors {
        assert_eq!(error.status, Some(refusal.status), "{error:?}");
        for words in [&error.code, &error.title, &error.message] {
            assert!(words.as_ref().is_some_and(|words| !words.is_empty()), "{error:?}");
        }
    }
    let told = serde_json::to_string(&refusal.clone().into_body()).expect("a refusal is JSON");
    assert!(told.len() <= 64 * 1024, "an answer of {} bytes to a body of {}", told.len(), body.len());
    check_pointers(refusal, body);
}

/// Each pointer leads to the fault, unless just that is missing from the body, or is there twice.
fn check_pointers(refusal: &Refusal, body: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    let rule = |rule: &str| refusal.errors.iter().any(|error| error.detail.as_deref().unwrap_or("").ends_with(rule));
    if rule("uniqueKeys") || refusal.errors.len() == MAX_FAULTS {
        return;
    }
    for error in &refusal.errors {
        let place = error.meta.get("pointer").and_then(Value::as_str);
        let is_missing = error.detail.as_deref().is_some_and(|detail| detail.ends_with("/required"));
        match place {
            // The body itself is of another type, or the record would outgrow its limits.
            None => assert!(!body.is_object() || error.source.is_some(), "{error:?} names no place"),
            Some(place) if is_missing || place.contains('…') => {}
            Some(place) => assert!(body.pointer(place).is_some(), "{place} leads nowhere in {body}"),
        }
    }
}
