//! The attachments that a record is written with: its body names them, and they get it as their owner in the change set
//! of the record.

use kustomer_api::ObjectId;
use kustomer_api::attachment::AttachmentInput;
use kustomer_api::envelope::{Related, RelatedId, Relationship, Relationships, Resource, SelfLink};
use kustomer_api::error::code;
use serde_json::Value;

use super::{Owner, attach, create_for, delete, detach, named_by, owner_of, refused};
use crate::change::{ChangeSet, EventSeed, Name};
use crate::customer::Context;
use crate::file::File;
use crate::kind::Kind;
use crate::lifecycle::{self, By, Lifecycle};
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// The relationship of a record to its attachments, and the member of bodies that names them.
pub const ATTACHMENTS: &str = "attachments";

/// The most attachments that a record has.
pub const MAX: usize = 100;

/// The attachments that a record is to have, and those that it had and is to have no more.
#[derive(Debug, Clone, Default)]
pub struct Attaching {
    named: Vec<Item>,
    left: Vec<Item>,
    from: Option<ObjectId>,
}

#[derive(Debug, Clone)]
struct Item {
    id: ObjectId,
    /// The seed of the event of its change.
    event: EventSeed,
    /// The attachment as it is under its lock.
    stored: Option<Stored>,
}

impl Item {
    fn new(id: ObjectId, event: EventSeed) -> Self {
        Self { id, event, stored: None }
    }
}

impl Attaching {
    /// Those that a list in a body names, each once.
    ///
    /// # Errors
    /// 400 for an item that names none.
    pub fn read(list: &[Value], mut event: impl FnMut() -> EventSeed) -> Result<Self, Refusal> {
        let mut named: Vec<Item> = Vec::new();
        for (at, item) in list.iter().enumerate() {
            let id = named_by(item).ok_or_else(|| {
                refused(&format!("/{ATTACHMENTS}/{at}"), "names no attachment: send its id, or an object with _id")
            })?;
            if named.iter().all(|other| other.id != id) {
                named.push(Item::new(id, event()));
            }
        }
        Ok(Self { named, ..Self::default() })
    }

    /// These, each with the seed of the event of its change.
    pub fn of(named: impl IntoIterator<Item = (ObjectId, EventSeed)>) -> Self {
        Self { named: named.into_iter().map(|(id, event)| Item::new(id, event)).collect(), ..Self::default() }
    }

    /// The same, of a record that has these now.
    #[must_use]
    pub fn instead_of(mut self, former: &[ObjectId], mut event: impl FnMut() -> EventSeed) -> Self {
        let is_named = |id: &ObjectId| self.named.iter().any(|item| item.id == *id);
        self.left = former.iter().filter(|id| !is_named(id)).map(|id| Item::new(*id, event())).collect();
        self
    }

    /// The same for a sent draft or forward: its attachments move.
    #[must_use]
    pub(crate) fn sent_from(self, from: ObjectId) -> Self {
        Self { from: Some(from), ..self }
    }

    /// The records that this changes.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.named.iter().chain(&self.left).map(|item| (Kind::Attachment, item.id))
    }

    /// The ids of those that the record is to have.
    pub fn ids(&self) -> Vec<ObjectId> {
        self.named.iter().map(|item| item.id).collect()
    }

    /// The same with the attachments as they are under their locks.
    #[must_use]
    pub fn found<'a>(mut self, find: impl Fn(Name) -> Option<&'a Stored>) -> Self {
        for item in self.named.iter_mut().chain(&mut self.left) {
            item.stored = find((Kind::Attachment, item.id)).cloned();
        }
        self
    }

    /// Ties the record at a path to those it is to have.
    pub(crate) fn relate(&self, relationships: &mut Relationships, path: &str) {
        relate(relationships, path, &self.ids());
    }

    /// What follows for the attachments.
    pub(crate) fn commit(&self, context: &Context<'_>, owner: Owner<'_>) -> Result<ChangeSet, Refusal> {
        let owner = Owner { from: self.from, ..owner };
        let mut changes = ChangeSet::default();
        for (at, item) in self.named.iter().enumerate() {
            let pointer = format!("/{ATTACHMENTS}/{at}");
            let attached = attach(context, item.stored.as_ref(), item.event, owner, &pointer)?;
            changes.merge(attached.unwrap_or_default());
        }
        for item in &self.left {
            let former = self.from.unwrap_or(owner.id);
            changes.merge(detach(context, item.stored.as_ref(), item.event, former)?.unwrap_or_default());
        }
        Ok(changes)
    }

    /// Lets attachments pass that can be sent: their bytes are there, and not more than `most` in all.
    ///
    /// # Errors
    /// 400 otherwise.
    pub(crate) fn check_sendable(&self, most: Option<u64>) -> Result<(), Refusal> {
        let mut total = 0_u64;
        for (at, item) in self.named.iter().enumerate() {
            let pointer = format!("/{ATTACHMENTS}/{at}");
            let stored = item.stored.as_ref().filter(|stored| !stored.deleted);
            let stored = stored.ok_or_else(|| refused(&pointer, "names no attachment: create it first"))?;
            let file = File::of(&stored.document)?;
            if file.is_redacted {
                return Err(refused(&pointer, &format!("({}) was redacted: leave it out", file.name)));
            }
            if file.sum.is_none() {
                let what = format!("({}) has no bytes yet: upload them before it is sent", file.name);
                return Err(refused(&pointer, &what));
            }
            total = total.saturating_add(file.content_length);
        }
        match most {
            Some(most) if total > most => {
                let title =
                    format!("The attachments have {total} bytes, and an e-mail takes {most}: send fewer of them");
                Err(Refusal::new(400, code::BAD_PARAM, ATTACHMENTS, title).with_meta("pointer", "/attachments"))
            }
            _ => Ok(()),
        }
    }
}

/// Makes an attachment of a record that is stored, as it is under its lock; `list` keeps the ids among its attributes. What
/// is put first is the attachment.
///
/// # Errors
/// 400 when the record has as many as it can have, and as of [`create_for`].
pub(crate) fn add<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    made: (ObjectId, [EventSeed; 2]),
    (input, max): (AttachmentInput, u64),
    owner: Owner<'_>,
    list: fn(&mut A, &[ObjectId]),
) -> Result<ChangeSet, Refusal> {
    let mut ids = ids_of(stored)?;
    let (id, [event, of_record]) = made;
    if ids.len() >= MAX {
        let title = format!("The {} has {MAX} attachments, and takes no more", A::KIND.as_str());
        return Err(Refusal::new(400, code::BAD_PARAM, ATTACHMENTS, title));
    }
    ids.push(id);
    let mut changes = create_for(context, id, event, input, max, owner)?;
    changes.merge(rewrite(context, stored, of_record, &ids, list)?);
    Ok(changes)
}

/// Deletes an attachment of a record that is stored, both as they are under their locks. The first put is the
/// attachment.
///
/// # Errors
/// 404 when the record has no such attachment.
pub(crate) fn remove<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    attachment: Option<&Stored>,
    [event, of_record]: [EventSeed; 2],
    list: fn(&mut A, &[ObjectId]),
) -> Result<ChangeSet, Refusal> {
    let attachment = attachment.filter(|attachment| !attachment.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    if owner_of(attachment)? != Some(stored.id) {
        return Err(Refusal::not_found("id"));
    }
    let ids: Vec<ObjectId> = ids_of(stored)?.into_iter().filter(|id| *id != attachment.id).collect();
    let mut changes = delete(context, attachment, event)?;
    changes.merge(rewrite(context, stored, of_record, &ids, list)?);
    Ok(changes)
}

fn rewrite<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    ids: &[ObjectId],
    list: fn(&mut A, &[ObjectId]),
) -> Result<ChangeSet, Refusal> {
    let edit = |record: &mut Resource<A>| {
        list(&mut record.attributes, ids);
        relate(&mut record.relationships, &A::KIND.path_of(stored.id), ids);
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::User, edit).map(|updated| updated.changes)
}

/// Ties the record at a path to attachments; a record without any has no such tie.
pub(crate) fn relate(relationships: &mut Relationships, path: &str, ids: &[ObjectId]) {
    if ids.is_empty() {
        relationships.remove(ATTACHMENTS);
        return;
    }
    let related = |id: &ObjectId| RelatedId::new(Kind::Attachment.as_str(), id.to_string().into());
    let links = Some(SelfLink::new(format!("{path}/{ATTACHMENTS}")));
    let tie = Relationship { links, ..Relationship::to_these(ids.iter().map(related).collect()) };
    relationships.insert(ATTACHMENTS.to_owned(), tie);
}

/// The attachments that a record has, read from its document.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn ids_of(stored: &Stored) -> Result<Vec<ObjectId>, Refusal> {
    #[derive(serde::Deserialize)]
    struct Record {
        #[serde(default)]
        relationships: Relationships,
    }
    let record: Record = resource::read(&stored.document)?;
    Ok(ids_in(&record.relationships))
}

/// The same, out of its relationships.
pub fn ids_in(relationships: &Relationships) -> Vec<ObjectId> {
    match relationships.get(ATTACHMENTS).and_then(|tie| tie.data.value()) {
        Some(Related::Many(related)) => related.iter().filter_map(|related| related.id.value()?.parse().ok()).collect(),
        Some(Related::One(_)) | None => Vec::new(),
    }
}
