//! What an import says of a record that a create does not take: its id, its times, and what follows from a past that the
//! server does not have. A body with `importedAt` may have it if its sender has the role `org.admin`.

use kustomer_api::envelope::{Relationship, Resource};
use kustomer_api::schema::{Kind as SchemaKind, Object, Schema};
use kustomer_api::validation::{self, Fault};
use kustomer_api::{ObjectId, Timestamp, company, conversation, customer, kobject, message, note};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::change::Event;
use crate::customer::Context;
use crate::kind::Kind;
use crate::members::Members;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;

const IMPORTED_AT: &str = "importedAt";
const UPDATED_AT: &str = "updatedAt";
const STATUS: &str = "status";
const STATUS_AT: &str = "statusAt";

/// The users who made and last changed a record, and who ended a conversation, who may be the customer.
const USERS: [&str; 3] = ["createdBy", "modifiedBy", ENDED_BY];
const ENDED_BY: &str = "endedBy";

/// The times of every record that an import keeps.
const TIMES: [&str; 2] = [UPDATED_AT, "modifiedAt"];

/// The members of an import that name users.
pub fn users(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Conversation => &USERS,
        _ => &USERS[..2],
    }
}

/// Attributes that the import of a record keeps, in addition to those that a create takes: its times, and those with the mark
/// in the declaration of the answer.
pub fn kept(kind: Kind) -> impl Iterator<Item = &'static str> {
    let attributes = answer_of(kind).and_then(object_of).and_then(|answer| property(answer, "attributes"));
    let object = attributes.and_then(object_of).filter(|_| input_of(kind).is_some());
    let marked = object.into_iter().flat_map(|object| object.properties).filter(|property| property.kept);
    object.into_iter().flat_map(|_| TIMES).chain(marked.map(|property| property.name))
}

/// What an import keeps of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    kind: Kind,
    /// The id that was sent, of a kind whose create takes none.
    pub id: Option<ObjectId>,
    attributes: Map<String, Value>,
    users: Vec<(&'static str, ObjectId)>,
    /// When the record was created, if the import says when it last changed: the records that show it changed then.
    at: Option<Timestamp>,
    now: Timestamp,
}

impl Imported {
    /// Takes it out of a body, and gives the rest of the body; `None` for a body that does not mark an import, or has nothing
    /// of it.
    ///
    /// # Errors
    /// 400 that names each offending attribute.
    pub fn take(kind: Kind, body: &[u8], now: Timestamp) -> Result<Option<(Self, String)>, Refusal> {
        // A body that cannot be read is refused where all bodies are.
        let Ok(members) = serde_json::from_slice::<Members<'_>>(body) else { return Ok(None) };
        if members.text(IMPORTED_AT).is_none() {
            return Ok(None);
        }
        let takes_itself = |name: &str| input_of(kind).is_some_and(|object| has(object, name));
        let has_past = members.get(STATUS_AT).is_some() || kind == Kind::KObject;
        let names: Vec<&str> =
            kept(kind).filter(|name| *name != STATUS || has_past).filter(|name| members.get(name).is_some()).collect();
        let users: Vec<&'static str> =
            users(kind).iter().copied().filter(|name| !takes_itself(name) && members.get(name).is_some()).collect();
        let id = (!takes_itself("id")).then(|| members.get("id")).flatten();
        if names.is_empty() && users.is_empty() && id.is_none() {
            return Ok(None);
        }
        let mut faults = Vec::new();
        let mut imported = Self { kind, id: None, attributes: Map::new(), users: Vec::new(), at: None, now };
        for name in &names {
            let text = members.get(name).map(|raw| raw.get()).unwrap_or_default();
            if let Some(schema) = schema_of(kind, name) {
                faults.extend(faults_of(name, schema, text));
            }
            imported.attributes.insert((*name).to_owned(), serde_json::from_str(text).unwrap_or_default());
        }
        let mut id_in = |name: &'static str| {
            let id = members.text(name).and_then(|text| text.parse().ok());
            if id.is_none() {
                faults.push(Fault::of_attribute(name, "An id has 24 hexadecimal characters", ""));
            }
            id
        };
        imported.users = users.iter().filter_map(|name| id_in(name).map(|id| (*name, id))).collect();
        imported.id = id.and_then(|_| id_in("id"));
        let moment = |name: &str| members.text(name).and_then(|text| text.parse::<Timestamp>().ok());
        if let Some(updated_at) = moment(UPDATED_AT).filter(|_| names.contains(&UPDATED_AT)) {
            if updated_at > now {
                // Later revisions would have its time, too.
                faults.push(Fault::of_attribute(UPDATED_AT, "The moment is in the future", "send one that has been"));
            }
            imported.at = Some(moment("createdAt").unwrap_or(updated_at).min(updated_at));
        }
        if !faults.is_empty() {
            return Err(Refusal::bad_input(faults));
        }
        let left_out: Vec<&str> = names.into_iter().chain(users).chain(id.map(|_| "id")).collect();
        Ok(Some((imported, members.without(&left_out))))
    }

    /// A kept attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// A kept attribute.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.attributes.get(name)?).ok()
    }

    fn write<A: Record>(&self, attributes: &mut A) -> Result<(), Refusal> {
        let fault = |_| resource::fault("The attributes of an import could not be written");
        let mut all = serde_json::to_value(&*attributes).map_err(fault)?;
        if let Value::Object(all) = &mut all {
            all.extend(self.attributes.clone());
        }
        *attributes = serde_json::from_value(all).map_err(fault)?;
        Ok(())
    }
}

impl<'a> Context<'a> {
    /// The import of a record of this kind.
    pub(crate) fn import_of(&self, kind: Kind) -> Option<&'a Imported> {
        self.import.filter(|import| import.kind == kind)
    }

    /// Whether a record is imported that says when it last changed.
    pub fn is_dated(&self) -> bool {
        self.import.is_some_and(|import| import.at.is_some())
    }

    /// The same at the moment when an imported record was created, for the records that show it. Otherwise it is not before
    /// `moment`, when another of these records last changed: each of them keeps its own order of times.
    pub(crate) fn among(self, moment: Timestamp) -> Self {
        match self.import.and_then(|import| import.at) {
            Some(at) => Self { now: at, ..self },
            None => self.not_before(moment),
        }
    }

    /// The same for a record that changes because of another one. It keeps its times if that is imported with its own: it was
    /// imported with them, or is newer.
    pub(crate) fn following(self, moment: Timestamp) -> Self {
        if self.is_dated() { Self { now: moment, ..self } } else { self.not_before(moment) }
    }

    /// Writes what an import keeps of a record's attributes.
    pub(crate) fn keep<A: Record>(&self, attributes: &mut A) -> Result<(), Refusal> {
        self.import_of(A::KIND).map_or(Ok(()), |import| import.write(attributes))
    }

    /// The same of a whole record.
    pub(crate) fn keep_record<A: Record>(&self, record: &mut Resource<A>) -> Result<(), Refusal> {
        self.keep(&mut record.attributes)?;
        for (name, user) in self.import_of(A::KIND).into_iter().flat_map(|import| &import.users) {
            let by = self.import_of(A::KIND).and_then(|import| import.text("endedByType")).unwrap_or("user");
            let relationship =
                if *name == ENDED_BY { Relationship::named(by, *user) } else { resource::user_relationship(*user) };
            record.relationships.insert((*name).to_owned(), relationship);
        }
        Ok(())
    }

    /// An event happens when it is recorded, whatever time its record says.
    pub(crate) fn date(&self, event: Event) -> Event {
        match self.import {
            Some(import) => Event { at: import.now.max(event.at), ..event },
            None => event,
        }
    }
}

fn input_of(kind: Kind) -> Option<&'static Object> {
    let schema: &'static Schema = match kind {
        Kind::Company => &company::COMPANY_INPUT,
        Kind::Customer => &customer::CUSTOMER_INPUT,
        Kind::KObject => &kobject::KOBJECT_INPUT,
        Kind::Conversation => &conversation::CONVERSATION_INPUT,
        Kind::Message => &message::MESSAGE_INPUT,
        Kind::Note => &note::NOTE_INPUT,
        _ => return None,
    };
    object_of(schema)
}

fn object_of(schema: &'static Schema) -> Option<&'static Object> {
    match &schema.kind {
        SchemaKind::Object(object) => Some(object),
        _ => None,
    }
}

fn has(object: &Object, name: &str) -> bool {
    object.properties.iter().any(|property| property.name == name)
}

fn answer_of(kind: Kind) -> Option<&'static Schema> {
    Some(match kind {
        Kind::Company => &company::COMPANY,
        Kind::Customer => &customer::CUSTOMER,
        Kind::KObject => &kobject::KOBJECT,
        Kind::Conversation => &conversation::CONVERSATION,
        Kind::Message => &message::MESSAGE,
        Kind::Note => &note::NOTE,
        _ => return None,
    })
}

fn property(object: &'static Object, name: &str) -> Option<&'static Schema> {
    object.properties.iter().find(|property| property.name == name).map(|property| &property.schema)
}

/// The type of an attribute in answers.
fn schema_of(kind: Kind, name: &str) -> Option<&'static Schema> {
    property(object_of(property(object_of(answer_of(kind)?)?, "attributes")?)?, name)
}

fn faults_of(name: &str, schema: &'static Schema, text: &str) -> Vec<Fault> {
    let value = serde_json::from_str::<serde_json_borrow::Value<'_>>(text).unwrap_or(serde_json_borrow::Value::Null);
    let faults = validation::check(schema, &value).into_iter();
    faults.map(|fault| Fault::of_attribute(name, fault.title, fault.advice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00.000Z".parse().unwrap()
    }

    fn take(kind: Kind, body: &str) -> Result<Option<(Imported, String)>, String> {
        let said = |refusal: Refusal| refusal.errors[0].message.clone().unwrap();
        Imported::take(kind, body.as_bytes(), now()).map_err(said)
    }

    #[test]
    fn every_kept_attribute_is_answered_and_has_no_other_meaning_in_a_create() {
        for kind in Kind::ALL {
            for name in kept(kind) {
                assert!(schema_of(kind, name).is_some(), "{kind:?} {name}");
                let is_taken = input_of(kind).is_some_and(|object| has(object, name));
                // Messages and notes take the two moments, which a create replaces.
                assert!(!is_taken || name == STATUS || TIMES.contains(&name), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn the_marks_of_every_imported_kind_are_found() {
        let of = |kind| kept(kind).collect::<Vec<_>>();
        assert_eq!(of(Kind::Company), TIMES);
        assert_eq!(of(Kind::Customer)[2..], ["recentLocation", "presence", "lostValues", "satisfactionLevel"]);
        assert!(of(Kind::Conversation).contains(&"subStatus") && of(Kind::Message).contains(&"redactedAt"));
        assert_eq!(of(Kind::Tag), [""; 0]);
    }

    #[test]
    fn a_body_without_the_mark_of_an_import_stays_as_it_is() {
        for body in ["{", "[]", "{}", r#"{"updatedAt":"2020-01-01T00:00:00Z"}"#, r#"{"importedAt":null,"id":"x"}"#] {
            assert_eq!(take(Kind::Customer, body), Ok(None), "{body}");
        }
        assert_eq!(take(Kind::Customer, r#"{"importedAt":"2020-01-01T00:00:00Z","name":"Ada"}"#), Ok(None));
    }

    #[test]
    fn id_times_and_users_are_taken_and_the_rest_stays_as_it_was_written() {
        let body = r#"{"id":"5c7d1a1f9a1b2c0010a1b2c1","importedAt":"2021-01-01T00:00:00Z","custom":{"aNum":1.50},
            "createdAt":"2020-01-01T00:00:00Z","updatedAt":"2020-02-01T00:00:00Z","createdBy":"5c7d1a1f9a1b2c0010a1b2c2"}"#;
        let (imported, rest) = take(Kind::Customer, body).unwrap().unwrap();
        let expected =
            r#"{"importedAt":"2021-01-01T00:00:00Z","custom":{"aNum":1.50},"createdAt":"2020-01-01T00:00:00Z"}"#;
        assert_eq!(rest, expected);
        assert_eq!(imported.id.unwrap().to_string(), "5c7d1a1f9a1b2c0010a1b2c1");
        assert_eq!(imported.at, "2020-01-01T00:00:00.000Z".parse().ok());
        assert_eq!(imported.users.len(), 1);
    }

    #[test]
    fn wrong_values_are_refused_with_their_places() {
        for (member, said) in [
            (r#""updatedAt":"soon""#, "/updatedAt"),
            (r#""updatedAt":"2026-06-01T00:00:00.001Z""#, "The moment is in the future at /updatedAt"),
            (r#""modifiedAt":5"#, "/modifiedAt"),
            (r#""id":"x""#, "An id has 24 hexadecimal characters at /id"),
            (r#""modifiedBy":7"#, "/modifiedBy"),
        ] {
            let body = format!(r#"{{"importedAt":"2021-01-01T00:00:00Z",{member}}}"#);
            let refused = take(Kind::Company, &body).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn a_status_is_kept_only_with_its_past() {
        let body = |more: &str| format!(r#"{{"importedAt":"2021-01-01T00:00:00Z","status":"done","spam":true{more}}}"#);
        let (imported, rest) = take(Kind::Conversation, &body("")).unwrap().unwrap();
        assert!(imported.text(STATUS).is_none() && rest.contains("done"));
        let (imported, rest) =
            take(Kind::Conversation, &body(r#","statusAt":"2020-01-01T00:00:00Z""#)).unwrap().unwrap();
        assert!(imported.text(STATUS).is_some() && !rest.contains("done"));
    }
}
