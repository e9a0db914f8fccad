//! How an event is reported: in the feed's envelope (`docs/contract/behaviour.md` §15.3), and as an entry of a history.

use kustomer_api::conversation::{ConversationEvent, ConversationEventAttributes, EVENT_TYPE};
use kustomer_api::envelope::{Relationship, Relationships, SelfLink};
use kustomer_api::error::code;
use kustomer_api::event::Changes;
use kustomer_api::history::{HISTORY_ENTRY_TYPE, HistoryEntry, HistoryEntryAttributes};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::directory::Org;
use crate::feed::Recorded;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;

/// An event in its envelope, as JSON. `document` is the record as the event left it; without one the event is written as
/// an erased one. As recorded in 2025, an event that created its record has `orgName` and no `changes`.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn envelope(org: &Org, event: &Recorded, document: Option<&str>) -> Result<String, Refusal> {
    let changes = event.changes.as_deref().filter(|_| document.is_some());
    let (name, client) = (resource::render(&event.name)?, resource::render(&event.client)?);
    let user = event.actor.map_or_else(|| "null".to_owned(), |actor| format!("\"{actor}\""));
    let position = event.position.map_or_else(|| "null".to_owned(), |position| position.to_string());
    let data = document.unwrap_or("null");
    let (org_name, told) = if event.rev == FIRST_REV {
        (format!(r#""orgName":{},"#, resource::render(&org.name)?), String::new())
    } else {
        (String::new(), format!(r#""changes":{},"#, changes.unwrap_or("null")))
    };
    let custom_changed = changes.map(changes_custom).transpose()?.unwrap_or_default();
    Ok(format!(
        r#"{{"id":"{}","name":{name},"org":"{org}",{org_name}"partition":"{org}","data":{data},"createdAt":"{}",{told}"persist":true,"client":{client},"dataId":"{}","meta":{{"customChanged":{custom_changed}}},"snsFilters":[],"rev":{},"position":{position},"userId":{user}}}"#,
        event.id,
        event.at,
        event.record,
        event.rev,
        org = org.id,
    ))
}

/// The revision that creates a record.
const FIRST_REV: u64 = 1;

fn changes_custom(changes: &str) -> Result<bool, Refusal> {
    #[derive(Deserialize)]
    struct Names {
        #[serde(default)]
        attributes: HashMap<String, IgnoredAny>,
    }
    let names: Names = resource::read(changes)?;
    Ok(names.attributes.contains_key("custom"))
}

/// An event as an entry of its record's history. `path` is that of the record.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn history_entry(event: &Recorded, path: &str) -> Result<HistoryEntry, Refusal> {
    let changes: Option<Changes> = event.changes.as_deref().map(resource::read).transpose()?;
    let kind = event.kind.as_str();
    let record = Relationship::to_one(kind, event.record, path.to_owned());
    let mut relationships = Relationships::from([(kind.to_owned(), record)]);
    if let Some(actor) = event.actor {
        relationships.insert("user".to_owned(), resource::user_relationship(actor));
    }
    Ok(HistoryEntry {
        kind: HISTORY_ENTRY_TYPE.to_owned(),
        id: event.id.into(),
        attributes: HistoryEntryAttributes {
            event_name: event.name.as_str().into(),
            rev: event.rev.into(),
            created_at: event.at.into(),
            user_id: event.actor.map_or(Field::Null, |actor| actor.to_string().into()),
            client: event.client.as_str().into(),
            request_id: event.request_id.as_str().into(),
            changes: changes.map_or(Field::Null, Field::Value),
            extra: Map::new(),
        },
        relationships,
        links: Some(SelfLink::new(format!("{path}?rev={}", event.rev))),
        extra: Map::new(),
    })
}

/// An event as one of its conversation, in the shape of the contract. `customer` is that of the conversation now.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn conversation_event(
    org: &Org,
    event: &Recorded,
    customer: Option<ObjectId>,
) -> Result<ConversationEvent, Refusal> {
    let changes: Option<Changes> = event.changes.as_deref().map(resource::read).transpose()?;
    let path = event.kind.path_of(event.record);
    let mut relationships = Relationships::from([("org".to_owned(), resource::org_relationship(org))]);
    let mut relate = |kind: Kind, id: ObjectId| {
        relationships.insert(kind.as_str().to_owned(), Relationship::to_one(kind.as_str(), id, kind.path_of(id)));
    };
    relate(Kind::Conversation, event.record);
    if let Some(customer) = customer {
        relate(Kind::Customer, customer);
    }
    if let Some(actor) = event.actor {
        for name in ["createdBy", "modifiedBy"] {
            relationships.insert(name.to_owned(), resource::user_relationship(actor));
        }
    }
    Ok(ConversationEvent {
        kind: EVENT_TYPE.to_owned(),
        id: event.id.into(),
        attributes: ConversationEventAttributes {
            name: event.name.as_str().into(),
            kind: "tracking".into(),
            published_at: event.at.into(),
            created_at: event.at.into(),
            updated_at: event.at.into(),
            modified_at: event.at.into(),
            changes: changes.map_or(Field::Absent, Field::Value),
            location: Field::Null,
            meta: Field::Null,
            extra: Map::new(),
        },
        relationships,
        links: Some(SelfLink::new(format!("{path}?rev={}", event.rev))),
        extra: Map::new(),
    })
}

/// Which events of a record are wanted. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those of this name.
    pub name: Option<String>,
    /// Those that changed this attribute or relationship.
    pub changed: Option<String>,
}

impl Wanted {
    /// Whether every event is wanted.
    pub fn is_any(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this event is wanted.
    ///
    /// # Errors
    /// 500 when the stored data cannot be read.
    pub fn takes(&self, event: &Recorded) -> Result<bool, Refusal> {
        if self.name.as_ref().is_some_and(|name| *name != event.name) {
            return Ok(false);
        }
        let Some(wanted) = &self.changed else { return Ok(true) };
        let changed: Option<Changed<'_>> = event.changes.as_deref().map(resource::read).transpose()?;
        Ok(changed.is_some_and(|changed| {
            let mut names = changed.attributes.keys().chain(changed.relationships.keys());
            names.any(|name| name == wanted)
        }))
    }
}

/// The names of what an event changed, without the values.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Changed<'a> {
    #[serde(borrow)]
    attributes: BTreeMap<Cow<'a, str>, IgnoredAny>,
    #[serde(borrow)]
    relationships: BTreeMap<Cow<'a, str>, IgnoredAny>,
}

/// The kind of records a filter of events names.
///
/// # Errors
/// 400 when there is none of this name.
pub fn kind_named(parameter: &str, name: &str) -> Result<Kind, Refusal> {
    Kind::named(name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        let title = format!("{parameter} must be one of {}", known.join(", "));
        Refusal::bad_input(vec![Fault::of_parameter(parameter, title)])
    })
}

/// 400 for a cursor that is no event of the org.
pub fn unknown(parameter: &str, id: ObjectId) -> Refusal {
    let title = format!("{parameter} must be the id of an event of this org: there is none with the id {id}");
    Refusal::new(400, code::BAD_PARAM, parameter, title).with_meta("event", json!(id))
}
