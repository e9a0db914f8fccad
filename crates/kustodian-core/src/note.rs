//! Notes (`docs/contract/behaviour.md` §12.3). A note about a conversation is stored beside it, its home.

use kustomer_api::conversation::ConversationAttributes;
use kustomer_api::envelope::{RelatedId, Relationship};
use kustomer_api::note::{Mention, Note, NoteAttributes, NoteInput};
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::attachment::{Attaching, Owner};
use crate::change::{ChangeSet, Columns, EventSeed, column_text};
use crate::claim::{Claim, ClaimKind};
use crate::contact::compose;
use crate::conversation::{self, CUSTOMER, Seeds, external_id_claim, relate, related};
use crate::conversation_time::{self, Action, Scene};
use crate::customer::Context;
use crate::kind::Kind;
use crate::lifecycle::{self, By, Updated};
use crate::message::{Author, CONVERSATION};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{OrgKey, Stored};
use crate::{missing, resource};

const MENTIONS: &str = "userMentions";

impl Record for NoteAttributes {
    fn claims(note: &Note, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let external_id = note.attributes.external_id.value();
        external_id.map(|id| external_id_claim(ClaimKind::NoteExternalId, org, id, owner)).into_iter().collect()
    }

    fn columns(note: &Note) -> Columns {
        let related = |name: &str| related(&note.relationships, name).map(column_text);
        Columns::of([(CUSTOMER, related(CUSTOMER)), (CONVERSATION, related(CONVERSATION))])
    }

    fn search_row(note: &Note) -> Result<Option<SearchRow>, Refusal> {
        if note.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        Ok(Some(SearchRow::of_note(resource::id_of(note)?, note)))
    }

    fn follow(
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        conversation::follow::<Self>(context, stored, seed, customer)
    }

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(None);
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
    }
}

/// What to write on a note.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent. Mentioned users must exist; the caller has looked them up.
    pub input: NoteInput,
    /// Whether the caller may set who wrote it and when (`org.admin`).
    pub may_backdate: bool,
    /// The attachments that it is to have; `None` leaves them as they are.
    pub attachments: Option<Attaching>,
}

/// The records that a new note belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A conversation, as it is under its lock, and the customer that it belongs to.
    Conversation(&'a Stored, ObjectId),
    /// A customer, which must be there when this is committed.
    Customer(ObjectId),
    /// Neither.
    None,
}

/// Creates a note: one revision of its conversation follows.
///
/// # Errors
/// 400 when the input cannot be stored; 404 when the conversation is not there.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    seeds: Seeds,
    subject: Subject<'_>,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let Write { mut input, may_backdate, attachments } = write;
    let author = Author::take(&mut input.created_by, &mut input.modified_by, may_backdate);
    if !may_backdate {
        input.created_at = None;
    }
    let attachments = attachments.unwrap_or_default();
    let path = Kind::Note.path_of(id);
    let context = &match subject {
        Subject::Conversation(stored, _) => context.among(stored.updated_at),
        _ => *context,
    };
    let mentions = input.user_mentions.take().unwrap_or_default();
    let is_imported = input.imported_at.is_some();
    let at = input.created_at.filter(|_| is_imported).unwrap_or(context.now);
    let mut note = NoteAttributes::default();
    apply(&mut note, input);
    let mut changes = lifecycle::create_with(context, id, seeds.event, note, |record| {
        mention(record, &mentions);
        attachments.relate(&mut record.relationships, &path);
        match subject {
            Subject::Conversation(stored, customer) => {
                relate(&mut record.relationships, Kind::Customer, customer);
                relate(&mut record.relationships, Kind::Conversation, stored.id);
            }
            Subject::Customer(customer) => relate(&mut record.relationships, Kind::Customer, customer),
            Subject::None => {}
        }
        author.write(record);
    })?;
    let home = match subject {
        Subject::Conversation(stored, _) => Some(stored.id),
        Subject::Customer(customer) => Some(customer),
        Subject::None => None,
    };
    if let Some(put) = changes.puts.first_mut() {
        put.home = home;
    }
    match subject {
        Subject::Conversation(stored, customer) => {
            let stored = conversation::alive(Some(stored))?;
            let updated = counted(context, stored, seeds.conversation_event, true, at)?;
            changes.merge(updated.changes);
            if !is_imported {
                let scene = Scene {
                    conversation: stored.id,
                    customer: Some(customer),
                    last_activity: updated.before.attributes.last_activity_at.value().copied(),
                    attributes: &updated.after.attributes,
                };
                changes.merge(conversation_time::of(context, seeds.time, Action::Note, scene)?);
            }
        }
        Subject::Customer(customer) => changes.asserts.push((Kind::Customer, customer)),
        Subject::None => {}
    }
    let (conversation, customer) = match subject {
        Subject::Conversation(stored, _) => (Some(stored.id), None),
        Subject::Customer(customer) => (None, Some(customer)),
        Subject::None => (None, None),
    };
    changes.merge(attachments.commit(context, owner(id, &path, conversation, customer))?);
    Ok(changes)
}

/// Changes a note; `deleted` deletes it or restores it. `conversation` is its own, as it is under its lock.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another; 400 when the input cannot be stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    conversation: Option<&Stored>,
    seeds: Seeds,
    write: Write,
    replace: bool,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| missing::missing(Kind::Note, None))?;
    let Write { mut input, may_backdate, attachments } = write;
    resource::check_rev(stored, input.rev.as_ref())?;
    if let Some(named) = input.conversation.take()
        && conversation::conversation_of(stored)?.map(|id| id.to_string()).as_deref() != Some(&named.to_lowercase())
    {
        let title = "conversation is another than that of the note, which cannot be moved: leave it out";
        return Err(Refusal::new(400, kustomer_api::error::code::BAD_PARAM, CONVERSATION, title)
            .with_meta("pointer", "/conversation"));
    }
    let author = Author::take(&mut input.created_by, &mut input.modified_by, may_backdate);
    let modified_at = input.modified_at.take().filter(|_| may_backdate);
    if !may_backdate {
        input.created_at = None;
    }
    let mentions = input.user_mentions.take();
    let context = &conversation.map_or(*context, |conversation| context.not_before(conversation.updated_at));
    let path = Kind::Note.path_of(stored.id);
    let edit = |record: &mut Note| {
        if let Some(attachments) = &attachments {
            attachments.relate(&mut record.relationships, &path);
        }
        if replace {
            record.attributes.external_id = Field::Absent;
            record.attributes.lang = Field::Absent;
            mention(record, &[]);
        }
        apply(&mut record.attributes, input);
        if let Some(mentions) = mentions {
            mention(record, &mentions);
        }
        if let Some(at) = modified_at {
            record.attributes.modified_at = at.into();
        }
        author.write(record);
        Ok(())
    };
    let updated = lifecycle::update_record(context, stored, seeds.event, By::User, edit)?;
    let is_deleted = updated.after.attributes.deleted.value().copied().unwrap_or_default();
    let mut changes = updated.changes;
    // Of a deleted conversation too: it may be restored. An erased one counts nothing.
    if let Some(conversation) = conversation.filter(|_| stored.deleted != is_deleted)
        && missing::erased_at(conversation)?.is_none()
    {
        changes.merge(counted(context, conversation, seeds.conversation_event, !is_deleted, context.now)?.changes);
    }
    if let Some(attachments) = attachments {
        let about = conversation::conversation_of(stored)?;
        let customer = conversation::customer_of(stored)?.filter(|_| about.is_none());
        changes.merge(attachments.commit(context, owner(stored.id, &path, about, customer))?);
    }
    Ok(changes)
}

/// The owner of a note's attachments.
fn owner(id: ObjectId, path: &str, conversation: Option<ObjectId>, customer: Option<ObjectId>) -> Owner<'_> {
    Owner { kind: Kind::Note.as_str(), id, path, conversation, customer, from: None }
}

/// Deletes a note; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(
    context: &Context<'_>,
    stored: Option<&Stored>,
    conversation: Option<&Stored>,
    seeds: Seeds,
) -> Result<ChangeSet, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Note, stored))?;
    let input = NoteInput { deleted: true.into(), ..NoteInput::default() };
    update(context, stored, conversation, seeds, Write { input, ..Write::default() }, false)
}

/// The change of a conversation that has a note more or less since a moment.
fn counted(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    is_added: bool,
    at: Timestamp,
) -> Result<Updated<ConversationAttributes>, Refusal> {
    let edit = |record: &mut kustomer_api::conversation::Conversation| {
        conversation::add_note(&mut record.attributes, is_added, (!context.is_dated()).then_some(at));
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::Consequence, edit)
}

/// Writes who is mentioned: a tie to a list of users and teams.
fn mention(record: &mut Note, mentions: &[Mention]) {
    let data = mentions.iter().flat_map(|mention| {
        let user = mention.user.iter().map(|id| RelatedId::new(Kind::User.as_str(), id.to_lowercase().into()));
        user.chain(mention.team.iter().map(|id| RelatedId::new(Kind::Team.as_str(), id.to_lowercase().into())))
    });
    record.relationships.insert(MENTIONS.to_owned(), Relationship::to_these(data.collect()));
}

fn apply(note: &mut NoteAttributes, mut input: NoteInput) {
    if let Field::Value(external_id) = &mut input.external_id {
        compose(external_id);
    }
    input.apply(note);
}
