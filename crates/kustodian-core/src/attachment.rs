//! Attachments: files that belong to messages, notes, drafts and forwards. An attachment is made first, and gets an owner
//! when something names it; so it is its own home, and columns say what it belongs to.

mod attaching;

use kustomer_api::attachment::{Attachment, AttachmentAttributes, AttachmentInput};
use kustomer_api::envelope::Relationship;
use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::Value;

pub use self::attaching::{ATTACHMENTS, Attaching, MAX, ids_in, ids_of};
pub(crate) use self::attaching::{add, remove};
use crate::change::{ChangeSet, Columns, EventSeed, Narrowed};
use crate::customer::Context;
use crate::file::{self, OfFile as _, Received};
use crate::kind::Kind;
use crate::lifecycle::By;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{conversation, lifecycle, missing, resource};

/// The column with the id of its owner.
pub const OWNER: &str = "owner";

/// The column with the id of its owner's conversation.
pub const CONVERSATION: &str = "conversation";

/// The column that holds the id of the customer it belongs to.
pub const CUSTOMER: &str = "customer";

/// The types of the records that attachments belong to, which are the names of the relationships to them.
pub const OWNERS: [&str; 4] = ["message", "note", "draft", "forward"];

file::of_file!(AttachmentAttributes);

impl Record for AttachmentAttributes {
    fn columns(attachment: &Attachment) -> Columns {
        let related = |name: &str| attachment.relationships.get(name)?.id().map(ToOwned::to_owned);
        Columns::of([
            (OWNER, OWNERS.into_iter().find_map(related)),
            (CONVERSATION, related(CONVERSATION)),
            (CUSTOMER, related(CUSTOMER)),
            (file::SHA256, attachment.attributes.sha256.value().cloned()),
        ])
    }

    fn receive(
        context: &Context<'_>,
        stored: Option<&Stored>,
        event: EventSeed,
        received: Received,
    ) -> Result<ChangeSet, Refusal> {
        file::receive::<Self>(context, stored, event, received)
    }

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(None);
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
    }
}

/// What an attachment belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// Its type: one of [`OWNERS`].
    pub kind: &'a str,
    /// Its id.
    pub id: ObjectId,
    /// Its path.
    pub path: &'a str,
    /// The conversation it is in.
    pub conversation: Option<ObjectId>,
    /// The customer it belongs to; that of a conversation is looked for there.
    pub customer: Option<ObjectId>,
    /// The draft or forward that it is sent from, whose attachments go over to it.
    pub from: Option<ObjectId>,
}

/// The list of the attachments of a record, whatever its kind: ids are of one record in an org.
pub fn of_owner(id: ObjectId) -> Narrowed {
    Narrowed { kind: Kind::Attachment, column: OWNER, value: id.to_string() }
}

/// The id that an item of a list of attachments names: the item itself, or its member `_id` or `id`, as bodies of messages
/// hold either. `None` when it names none.
///
/// ```
/// use kustodian_core::attachment::named_by;
/// use serde_json::json;
///
/// let id = "5c7d1a1f9a1b2c0010a1b2c3";
/// assert_eq!(named_by(&json!(id)), id.parse().ok());
/// assert_eq!(named_by(&json!({ "_id": id, "name": "a.txt" })), id.parse().ok());
/// assert_eq!(named_by(&json!({ "name": "a.txt" })), None);
/// ```
pub fn named_by(item: &Value) -> Option<ObjectId> {
    let id = item.as_str().or_else(|| ["_id", "id"].into_iter().find_map(|name| item.get(name)?.as_str()));
    id.and_then(|id| id.parse().ok())
}

/// Makes an attachment, whose bytes are still to come.
///
/// # Errors
/// 400 for the name of a program or a media type that is none; 413 for more than `max` bytes.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: AttachmentInput,
    max: u64,
) -> Result<ChangeSet, Refusal> {
    lifecycle::create(context, id, event, described(input, max)?)
}

/// Makes an attachment that belongs to something from the beginning.
///
/// # Errors
/// As of [`create`].
pub fn create_for(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: AttachmentInput,
    max: u64,
    owner: Owner<'_>,
) -> Result<ChangeSet, Refusal> {
    lifecycle::create_with(context, id, event, described(input, max)?, |attachment| relate(attachment, owner))
}

fn described(input: AttachmentInput, max: u64) -> Result<AttachmentAttributes, Refusal> {
    let mut attributes = AttachmentAttributes::default();
    input.apply(&mut attributes);
    file::check(&mut attributes, max)?;
    file::await_bytes(&mut attributes);
    Ok(attributes)
}

/// Gives an attachment, as it is under its lock, to the record that names it. One of the sent draft or forward moves
/// over to it; nothing changes when it is there already. `None` when nothing changes.
///
/// # Errors
/// 400 when it is not there, or belongs to something else; `pointer` says where in the body it is named.
pub fn attach(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    owner: Owner<'_>,
    pointer: &str,
) -> Result<Option<ChangeSet>, Refusal> {
    let stored = stored.filter(|stored| !stored.deleted);
    let Some(stored) = stored else {
        return Err(refused(pointer, "names no attachment: create it first"));
    };
    let attachment: Attachment = resource::read(&stored.document)?;
    match owner_in(&attachment) {
        Some((_, id)) if id == owner.id => return Ok(None),
        Some((_, id)) if Some(id) == owner.from => {}
        None => {}
        Some((kind, _)) => {
            let what = format!("belongs to another {kind}: create an attachment for this one");
            return Err(refused(pointer, &what));
        }
    }
    let edit = |attachment: &mut Attachment| {
        relate(attachment, owner);
        Ok(())
    };
    lifecycle::update_record(context, stored, event, by(context), edit).map(|updated| Some(updated.changes))
}

/// On whose behalf an attachment changes: that of a draft that a timer sends on nobody's.
fn by(context: &Context<'_>) -> By {
    if context.doer().is_some() { By::User } else { By::System }
}

/// 400 for an attachment that a body names.
fn refused(pointer: &str, what: &str) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, ATTACHMENTS, format!("{pointer} {what}")).with_meta("pointer", pointer)
}

/// What an attachment belongs to: a type of [`OWNERS`] and an id.
fn owner_in(attachment: &Attachment) -> Option<(&'static str, ObjectId)> {
    OWNERS.into_iter().find_map(|kind| Some((kind, attachment.relationships.get(kind)?.id()?.parse().ok()?)))
}

/// The record that an attachment belongs to, read from its document.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn owner_of(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    Ok(owner_in(&resource::read(&stored.document)?).map(|(_, id)| id))
}

/// Takes an attachment, as it is under its lock, from the record that has it. It stays with the conversation or the
/// customer, and is erased with them. `None` when that record has it no more.
pub(crate) fn detach(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    owner: ObjectId,
) -> Result<Option<ChangeSet>, Refusal> {
    let Some(stored) = stored.filter(|stored| !stored.deleted) else { return Ok(None) };
    if owner_of(stored)? != Some(owner) {
        return Ok(None);
    }
    let edit = |attachment: &mut Attachment| {
        OWNERS.iter().for_each(|kind| drop(attachment.relationships.remove(*kind)));
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::User, edit).map(|updated| Some(updated.changes))
}

/// Deletes an attachment: its bytes are gone, as no deleted record names any.
pub(crate) fn delete(context: &Context<'_>, stored: &Stored, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::update(context, Some(stored), event, |attributes: &mut AttachmentAttributes| {
        attributes.deleted = true.into();
        file::await_bytes(attributes);
        Ok(())
    })
}

/// A new attachment with the bytes of another one, as that is under its lock, for another owner: the bytes are kept once.
///
/// # Errors
/// 404 when the other is not there.
pub fn duplicate(
    context: &Context<'_>,
    stored: Option<&Stored>,
    id: ObjectId,
    event: EventSeed,
    owner: Owner<'_>,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.filter(|stored| !stored.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    let other: Attachment = resource::read(&stored.document)?;
    let AttachmentAttributes { name, content_type, content_length, uploaded, redacted, redacted_at, sha256, .. } =
        other.attributes;
    let attributes = AttachmentAttributes {
        name,
        content_type,
        content_length,
        uploaded,
        redacted,
        redacted_at,
        sha256,
        ..AttachmentAttributes::default()
    };
    let mut changes = lifecycle::create_with(context, id, event, attributes, |attachment| relate(attachment, owner))?;
    changes.asserts.push((Kind::Attachment, stored.id));
    Ok(changes)
}

fn relate(attachment: &mut Attachment, owner: Owner<'_>) {
    for kind in OWNERS.into_iter().chain([CONVERSATION, CUSTOMER]) {
        attachment.relationships.remove(kind);
    }
    let tie = Relationship::to_one(owner.kind, owner.id, owner.path.to_owned());
    attachment.relationships.insert(owner.kind.to_owned(), tie);
    // A conversation may move to another customer: its attachments go with it, and are erased with it.
    let customer = owner.customer.filter(|_| owner.conversation.is_none());
    for (kind, id) in [(Kind::Conversation, owner.conversation), (Kind::Customer, customer)] {
        if let Some(id) = id {
            conversation::relate(&mut attachment.relationships, kind, id);
        }
    }
}

/// Changes an attachment, or makes it with this id when there is none. `redacted` removes its bytes for ever; another
/// `contentLength` awaits other bytes.
///
/// # Errors
/// 404 when there is none, and something is missing to make it; 409 when `rev` is another, or a redaction is taken back; 413
/// for more than `max` bytes.
pub fn upsert(
    context: &Context<'_>,
    stored: Option<&Stored>,
    id: ObjectId,
    event: EventSeed,
    input: AttachmentInput,
    max: u64,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored else {
        let lacking = [
            ("name", input.name.is_none()),
            ("contentType", input.content_type.is_none()),
            ("contentLength", input.content_length.is_none()),
        ];
        if let Some((name, _)) = lacking.into_iter().find(|(_, is_lacking)| *is_lacking) {
            let detail = format!(
                "send name, contentType and contentLength to make an attachment with this id; {name} is missing"
            );
            return Err(Refusal::not_found("id").with_detail(detail));
        }
        return create(context, id, event, input, max);
    };
    resource::check_rev(stored, input.rev.as_ref())?;
    file::update(context, Some(stored), event, max, |attributes: &mut AttachmentAttributes| input.apply(attributes))
}

/// Removes the bytes of an attachment for ever; `None` when they were removed before.
///
/// # Errors
/// 404 when it is not there.
pub fn redact(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
    if stored.is_some_and(|stored| file::File::of(&stored.document).is_ok_and(|file| file.is_redacted)) {
        return Ok(None);
    }
    let redact = |attributes: &mut AttachmentAttributes| *attributes.parts().redacted = true.into();
    file::update(context, stored, event, u64::MAX, redact).map(Some)
}
