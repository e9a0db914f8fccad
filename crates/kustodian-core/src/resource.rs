//! What all resources share: how they are rendered, linked, tagged with a revision and compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use kustomer_api::ObjectId;
use kustomer_api::envelope::{Relationship, Relationships, Resource, SelfLink};
use kustomer_api::error::code;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value, json};
use sha2::{Digest as _, Sha256};

use crate::directory::Org;
use crate::refusal::Refusal;
use crate::store::Stored;

/// Renders a resource object to store and to answer.
///
/// # Errors
/// 500 when it cannot be written as JSON, which no resource of ours can fail at.
pub fn render(resource: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(resource).map_err(|_| fault("A record could not be written"))
}

/// Reads a resource object as it was stored.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn read<'a, T: serde::Deserialize<'a>>(document: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(document).map_err(|_| fault("A stored record could not be read"))
}

/// The id of a resource object as it was stored.
///
/// # Errors
/// 500 when it has none.
pub fn id_of<A>(resource: &Resource<A>) -> Result<ObjectId, Refusal> {
    resource.id.parse().map_err(|_| fault("A stored record has no id"))
}

/// The path of a record, as its document says it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn path_in(document: &str) -> Result<String, Refusal> {
    #[derive(serde::Deserialize)]
    struct Linked {
        links: SelfLink,
    }
    read(document).map(|linked: Linked| linked.links.this)
}

/// The id of a resource object as it was stored.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn id_in(document: &str) -> Result<String, Refusal> {
    #[derive(serde::Deserialize)]
    struct Identified {
        id: String,
    }
    read(document).map(|identified: Identified| identified.id)
}

/// 500: a fault of ours. The answer says no more; the log does.
pub fn fault(title: &str) -> Refusal {
    Refusal::new(500, code::INTERNAL, "", title)
}

/// The weak entity tag of a document or of a whole body, in the recorded form `W/"<hex len>-<hash>"`
/// (`docs/contract/behaviour.md` §2). The hash is the first 128 bits of SHA-256 in Base64, or of BLAKE3 for pages and other
/// long texts: what two tags share, their bytes share, whichever record, server or restored backup they come from, and nobody
/// can construct two documents with one tag.
///
/// ```
/// use kustodian_core::resource::etag;
///
/// assert_eq!(etag(b"{}"), r#"W/"2-RBNvo1WzZ4oRRq0W9+hkng""#);
/// ```
pub fn etag(content: &[u8]) -> String {
    let mut tag = format!("W/\"{:x}-", content.len());
    match content.len() {
        LONG.. => STANDARD_NO_PAD.encode_string(&blake3::hash(content).as_bytes()[..16], &mut tag),
        _ => STANDARD_NO_PAD.encode_string(&Sha256::digest(content)[..16], &mut tag),
    }
    tag.push('"');
    tag
}

/// From how many bytes on BLAKE3 is faster than SHA-256 for certain, of which processors have instructions of their own: it hashes
/// kilobytes side by side.
const LONG: usize = 16 * 1_024;

/// Lets a change pass whose `If-Match`, if there is one, names the state that is stored.
///
/// # Errors
/// 412 when it names others.
pub fn check_if_match(stored: &Stored, if_match: Option<&str>) -> Result<(), Refusal> {
    match if_match {
        Some(header) if !names_etag(header, &etag(stored.document.as_bytes())) => Err(Refusal::precondition_failed()),
        _ => Ok(()),
    }
}

/// The last whole number of those that JSON readers keep apart.
const MAX_REV: f64 = 9_007_199_254_740_991.0;

/// Lets an update pass that names no revision, or the stored one. `rev` is a number on the wire; 3 and 3.0 are the same
/// revision.
///
/// # Errors
/// 409 when it names another; 400 when it is no whole number.
pub fn check_rev(stored: &Stored, rev: Option<&Number>) -> Result<(), Refusal> {
    let is_whole = |rev: &Number| rev.as_f64().is_some_and(|rev| rev.fract() == 0.0 && (0.0..=MAX_REV).contains(&rev));
    match rev {
        Some(rev) if !is_whole(rev) => {
            let title = format!("rev is a whole number, and {rev} is none");
            Err(Refusal::new(400, code::BAD_PARAM, "rev", &title).with_meta("pointer", "/rev"))
        }
        Some(rev) if rev.as_f64() != Some(stored.rev as f64) => Err(Refusal::stale_rev(&rev.to_string(), stored.rev)),
        _ => Ok(()),
    }
}

/// Lets a record be made, unless `If-Match` names a state: it has none yet. `*` is met by the list it is made in.
///
/// # Errors
/// 412 for any other value.
pub fn check_if_match_of_new(if_match: Option<&str>) -> Result<(), Refusal> {
    match if_match {
        Some(header) if header.trim() != "*" => {
            let detail = "a record that is made has no state that an ETag could name; leave If-Match out";
            Err(Refusal::precondition_failed().with_detail(detail))
        }
        _ => Ok(()),
    }
}

/// Whether `etag` is among those a header names (`If-Match`, `If-None-Match`), compared weakly because all are weak.
///
/// ```
/// use kustodian_core::resource::names_etag;
///
/// assert!(names_etag(r#"W/"a-1", "b-2""#, r#"W/"b-2""#));
/// assert!(names_etag("*", r#"W/"b-2""#));
/// assert!(!names_etag(r#"W/"b-3""#, r#"W/"b-2""#));
/// ```
pub fn names_etag(header: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|candidate| opaque(candidate) == opaque(etag))
}

/// The tie to the org, which every resource has.
pub fn org_relationship(org: &Org) -> Relationship {
    Relationship::to_one(kustomer_api::org::TYPE, org.id, format!("/v1/orgs/{}", org.id))
}

/// The tie to a user.
pub fn user_relationship(user: ObjectId) -> Relationship {
    Relationship::to_one(kustomer_api::user::TYPE, user, format!("/v1/users/{user}"))
}

/// The ties of a record that `actor` makes.
pub fn made_by(org: &Org, actor: ObjectId) -> Relationships {
    Relationships::from([
        ("org".to_owned(), org_relationship(org)),
        ("createdBy".to_owned(), user_relationship(actor)),
        ("modifiedBy".to_owned(), user_relationship(actor)),
    ])
}

/// What differs between two states of a resource, as an event reports it (`docs/contract/behaviour.md` §15.3):
/// `{"attributes":{<name>:{"op":"add"|"replace"|"remove","before":…,"after":…}},"relationships":{…}}`. Of an attribute that
/// is a map before and after, such as `custom`, both hold the keys that differ: a record of a megabyte may change in one of
/// them, many times.
///
/// ```
/// use kustodian_core::resource::changes;
/// use serde_json::json;
///
/// let record = |score: u8| json!({ "attributes": { "custom": { "tierStr": "gold", "scoreNum": score } } });
/// let change: serde_json::Value = serde_json::from_str(&changes(&record(1), &record(2)).unwrap()).unwrap();
/// let custom = json!({ "op": "replace", "before": { "scoreNum": 1 }, "after": { "scoreNum": 2 } });
/// assert_eq!(change["attributes"], json!({ "custom": custom }));
/// ```
///
/// # Errors
/// 500 when a state cannot be written as JSON.
pub fn changes(before: &impl Serialize, after: &impl Serialize) -> Result<String, Refusal> {
    let [before, after] = [serde_json::to_value(before), serde_json::to_value(after)]
        .map(|state| state.map_err(|_| fault("A record could not be compared")));
    let (before, after) = (before?, after?);
    let part = |name: &str, replaced: Replaced| {
        Value::Object(difference(members(&before, name), members(&after, name), replaced))
    };
    // A relationship is reported whole, as recorded (§10): its id alone would not say to what.
    render(&json!({ "attributes": part("attributes", by_key), "relationships": part("relationships", whole) }))
}

/// The same of two documents as they are stored. Members with equal bytes in both are not read: a change of a record
/// leaves most of it as it is.
///
/// ```
/// use kustodian_core::resource::{changes, changes_between};
/// use serde_json::json;
///
/// let record = |score: u8| json!({ "id": "x", "attributes": { "name": "Ada", "custom": { "a": 1, "scoreNum": score } } });
/// let (before, after) = (record(1), record(2));
/// assert_eq!(changes_between(&before.to_string(), &after.to_string()), changes(&before, &after));
/// ```
///
/// # Errors
/// 500 when one of them is none of ours.
pub fn changes_between(before: &str, after: &str) -> Result<String, Refusal> {
    let (before, after): (Parts<'_>, Parts<'_>) = (read(before)?, read(after)?);
    render(&json!({
        "attributes": differing(before.attributes, after.attributes, by_key)?,
        "relationships": differing(before.relationships, after.relationships, whole)?,
    }))
}

/// The difference between the members of two documents.
fn differing<'a>(
    mut before: Members<'a>,
    mut after: Members<'a>,
    replaced: Replaced,
) -> Result<Map<String, Value>, Refusal> {
    before.retain(|name, was| {
        let is_alike = after.get(name).is_some_and(|is| is.get() == was.get());
        if is_alike {
            after.remove(name);
        }
        !is_alike
    });
    let values = |members: Members<'_>| -> Result<Map<String, Value>, Refusal> {
        members.into_iter().map(|(name, text)| Ok((name.0.into_owned(), read(text.get())?))).collect()
    };
    Ok(difference(Some(&values(before)?), Some(&values(after)?), replaced))
}

/// The id that a stored document names as its relationship of this name; `None` when it names none.
///
/// # Errors
/// 500 when the document is none of ours.
pub(crate) fn related_in(document: &str, name: &str) -> Result<Option<ObjectId>, Refusal> {
    #[derive(serde::Deserialize)]
    struct Related<'a> {
        #[serde(borrow, default)]
        relationships: Members<'a>,
    }
    let Related { relationships } = read(document)?;
    let Some((_, tie)) = relationships.iter().find(|(known, _)| known.0 == name) else { return Ok(None) };
    let tie: Relationship = read(tie.get())?;
    Ok(tie.id().and_then(|id| id.parse().ok()))
}

/// The parts of a document that change, their members not read yet.
#[derive(serde::Deserialize)]
struct Parts<'a> {
    #[serde(borrow, default)]
    attributes: Members<'a>,
    #[serde(borrow, default)]
    relationships: Members<'a>,
}

type Members<'a> = BTreeMap<Name<'a>, &'a RawValue>;

/// The name of a member, which is borrowed unless something in it is escaped.
#[derive(serde::Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// How a change shows a value before and after.
type Replaced = fn(&Value, &Value) -> (Value, Value);

fn whole(was: &Value, is: &Value) -> (Value, Value) {
    (was.clone(), is.clone())
}

fn by_key(was: &Value, is: &Value) -> (Value, Value) {
    let (Value::Object(before), Value::Object(after)) = (was, is) else { return whole(was, is) };
    (beyond(before, after), beyond(after, before))
}

/// The members of a map that another has not, or otherwise.
fn beyond(map: &Map<String, Value>, other: &Map<String, Value>) -> Value {
    let differs = |(key, value): &(&String, &Value)| other.get(*key) != Some(*value);
    Value::Object(map.iter().filter(differs).map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn members<'a>(resource: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    resource.get(name).and_then(Value::as_object)
}

fn difference(
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
    replaced: Replaced,
) -> Map<String, Value> {
    let mut changes = Map::new();
    for (name, was) in before.into_iter().flatten() {
        match after.and_then(|after| after.get(name)) {
            None => changes.insert(name.clone(), json!({ "op": "remove", "before": was })),
            Some(is) if is != was => {
                let (was, is) = replaced(was, is);
                changes.insert(name.clone(), json!({ "op": "replace", "before": was, "after": is }))
            }
            Some(_) => None,
        };
    }
    for (name, is) in after.into_iter().flatten() {
        if !before.is_some_and(|before| before.contains_key(name)) {
            changes.insert(name.clone(), json!({ "op": "add", "after": is }));
        }
    }
    changes
}
