//! Tags: names or ids come in, ids go out, unknown names become tags (`docs/contract/behaviour.md` §7.1).

use kustomer_api::envelope::SelfLink;
use kustomer_api::error::code;
use kustomer_api::tag::{Tag, TagAttributes};
use kustomer_api::{Field, ObjectId};
use serde_json::Map;

use crate::change::{Cause, ChangeSet, Columns, Event, EventSeed, Put};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::customer::Context;
use crate::kind::Kind;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::OrgKey;

impl Record for TagAttributes {
    fn claims(tag: &Tag, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        tag.attributes.name.value().map(|name| name_claim(org, name, owner)).into_iter().collect()
    }
}

fn name_claim(org: OrgKey, name: &str, owner: ObjectId) -> Claim {
    Claim { kind: ClaimKind::TagName, key: name_key(org, name), owner, place: ClaimPlace::attribute("name") }
}

/// How a client names a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mention {
    /// By its id; it must exist.
    Id(ObjectId),
    /// By its name; it is made when it does not exist.
    Name(String),
}

impl Mention {
    /// The meaning of a text: 24 hexadecimal characters are an id, anything else a name.
    pub fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

/// The claim on a tag's name. Names count as they are written, upper and lower case apart.
pub fn name_key(org: OrgKey, name: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::TagName, name)
}

/// A tag that is to be made, with the ids it and its event will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTag {
    /// Its name.
    pub name: String,
    /// The id it gets.
    pub id: ObjectId,
    /// What its event is given by chance.
    pub event: EventSeed,
}

/// Tags a client named, resolved: the ids to store, each once and in the order named, and the tags to make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The ids that the record stores.
    pub ids: Vec<ObjectId>,
    /// What must be made with it.
    pub new: Vec<NewTag>,
}

impl Resolved {
    /// Takes in a tag that exists.
    pub fn add(&mut self, id: ObjectId) {
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    /// Takes in a tag that must be made.
    pub fn add_new(&mut self, tag: NewTag) {
        self.add(tag.id);
        self.new.push(tag);
    }

    /// The new tag's ids, when the name was to be made before in the same list.
    pub fn find_new(&self, name: &str) -> Option<&NewTag> {
        self.new.iter().find(|tag| tag.name == name)
    }
}

/// The refusal of a tag id that does not exist in the org.
pub fn unknown_id(id: ObjectId) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, "tags", format!("There is no tag with the id {id}: send its name to make it"))
}

/// Puts the making of these tags into a set of changes.
///
/// # Errors
/// 500 when one cannot be rendered.
pub fn create(context: &Context<'_>, tags: &[NewTag], changes: &mut ChangeSet) -> Result<(), Refusal> {
    for NewTag { name, id, event } in tags {
        let tag = Tag {
            kind: Kind::Tag.as_str().to_owned(),
            id: id.into(),
            attributes: TagAttributes {
                name: name.as_str().into(),
                deleted: false.into(),
                created_at: context.now.into(),
                updated_at: context.now.into(),
                modified_at: context.now.into(),
                rev: Field::Value(1),
                extra: Map::new(),
            },
            relationships: resource::made_by(context.org, context.actor),
            links: Some(SelfLink::new(Kind::Tag.path_of(*id))),
            extra: Map::new(),
        };
        let put = Put {
            kind: Kind::Tag,
            id: *id,
            rev: 1,
            expects: None,
            deleted: false,
            created_at: context.now,
            updated_at: context.now,
            document: resource::render(&tag)?,
            search: None,
            former: None,
            home: None,
            columns: Columns::default(),
        };
        changes.claims.push(name_claim(context.org.key, name, *id));
        let cause = Cause {
            seed: *event,
            name: Kind::Tag.spec().events.create,
            actor: Some(context.actor),
            client: context.client,
            // The client chose that text for the write of another record, whose erasure does not reach this event.
            request_id: "",
        };
        changes.events.push(Event::of(cause, &put, None));
        changes.puts.push(put);
    }
    Ok(())
}
