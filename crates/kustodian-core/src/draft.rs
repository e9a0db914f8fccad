//! Drafts: messages and notes before they are sent, at once or by a timer. A draft is stored beside its customer.

mod checks;
mod outgoing;

use kustomer_api::attachment::AttachmentInput;
use kustomer_api::draft::{Draft, DraftAttributes, DraftChannel, DraftInput, DraftStatus, Recipients};
use kustomer_api::envelope::Relationships;
use kustomer_api::error::code;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

use self::checks::{check_body, check_editable, check_headers, check_open, check_send_at};
use self::outgoing::Sent;
use crate::attachment::{self, Attaching, Owner};
use crate::change::{ChangeSet, Columns, EventSeed, Name, column_text};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::conversation::{self, CUSTOMER, relate, related};
use crate::customer::{Context, merged_into};
use crate::kind::{DUE_AT, Kind};
use crate::lifecycle::{self, By};
use crate::message::CONVERSATION;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::{Draws, Elapsed};
use crate::{missing, resource};

impl Record for DraftAttributes {
    fn claims(draft: &Draft, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let is_note = draft.attributes.channel.value() == Some(&DraftChannel::Note);
        if !is_note || is_final(&draft.attributes) {
            return Vec::new();
        }
        let claim = |conversation: &str| Claim {
            kind: ClaimKind::NoteDraft,
            key: ClaimKey::new(org, ClaimKind::NoteDraft, conversation),
            owner,
            place: ClaimPlace::attribute(CONVERSATION),
        };
        related(&draft.relationships, CONVERSATION).map(claim).into_iter().collect()
    }

    fn columns(draft: &Draft) -> Columns {
        let related = |name: &str| related(&draft.relationships, name).map(column_text);
        let due = due(&draft.attributes).map(|due| due.to_string());
        Columns::of([(CUSTOMER, related(CUSTOMER)), (CONVERSATION, related(CONVERSATION)), (DUE_AT, due)])
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

    fn timed_with(draft: &Draft) -> Vec<Name> {
        names(&draft.relationships)
    }

    fn elapse(elapsed: &Elapsed<'_>, loaded: &Loaded, stored: &Stored) -> Result<ChangeSet, Refusal> {
        let draft: Draft = resource::read(&stored.document)?;
        let author = related(&draft.relationships, "createdBy").and_then(|id| id.parse().ok());
        let context = &elapsed.context(author.unwrap_or(elapsed.org.id));
        let how = How { draws: elapsed.draws, sends_email: elapsed.sends_email };
        let attachments = attachment::ids_in(&draft.relationships).into_iter().zip(elapsed.draws.beside.clone());
        let attachments = Attaching::of(attachments).found(|name| loaded.get(name));
        let mut beside = ChangeSet::default();
        let what = (stored.id, &draft.attributes, attachments);
        let sent = Parties::of(&draft.relationships, loaded)
            .and_then(|parties| outgoing::send(context, how, parties, what, &mut beside));
        let edit = |record: &mut Draft| {
            match sent {
                Ok(sent) => mark_sent(record, sent, context.now),
                Err(refusal) if refusal.status >= 500 => return Err(refusal),
                Err(refusal) => {
                    beside = ChangeSet::default();
                    mark_failed(&mut record.attributes, &refusal.to_string(), context.now);
                }
            }
            Ok(())
        };
        let mut changes = lifecycle::update_record(context, stored, elapsed.draws.events[0], By::System, edit)?.changes;
        changes.merge(beside);
        Ok(changes)
    }
}

/// The records that sending a draft reads and changes.
fn names(relationships: &Relationships) -> Vec<Name> {
    let name = |kind: Kind| Some((kind, related(relationships, kind.as_str())?.parse().ok()?));
    let attachments = attachment::ids_in(relationships).into_iter().map(|id| (Kind::Attachment, id));
    [Kind::Customer, Kind::Conversation].into_iter().filter_map(name).chain(attachments).collect()
}

/// The same, out of its record.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn names_of(stored: &Stored) -> Result<Vec<Name>, Refusal> {
    let draft: Draft = resource::read(&stored.document)?;
    Ok(names(&draft.relationships))
}

/// When a draft is to be sent by itself.
fn due(draft: &DraftAttributes) -> Option<Timestamp> {
    draft.send_at.value().copied().filter(|_| draft.status.value() == Some(&DraftStatus::Scheduled))
}

/// Whether nothing of a draft changes any more.
fn is_final(draft: &DraftAttributes) -> bool {
    matches!(draft.status.value(), Some(DraftStatus::Sent | DraftStatus::Failed))
}

/// Whom a draft is to, as they are under their locks.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// The customer.
    pub customer: &'a Stored,
    /// The conversation that it is sent in; a new one when absent.
    pub conversation: Option<&'a Stored>,
}

impl<'a> Parties<'a> {
    /// A customer, and the conversation that the draft names.
    ///
    /// # Errors
    /// 400 when the conversation is not there, or is another customer's.
    pub fn with(customer: &'a Stored, named: Option<ObjectId>, loaded: &'a Loaded) -> Result<Self, Refusal> {
        let Some(id) = named else { return Ok(Self { customer, conversation: None }) };
        let conversation = loaded.get((Kind::Conversation, id)).filter(|stored| !stored.deleted);
        let conversation =
            conversation.ok_or_else(|| conversation::unknown(Kind::Conversation, CONVERSATION, &id.to_string()))?;
        if conversation::customer_of(conversation)? != Some(customer.id) {
            let title = format!("The conversation {id} is of another customer than the draft");
            return Err(Refusal::new(400, code::BAD_PARAM, CONVERSATION, title).with_meta("pointer", "/conversation"));
        }
        Ok(Self { customer, conversation: Some(conversation) })
    }

    /// Those that a draft is tied to.
    fn of(relationships: &Relationships, loaded: &'a Loaded) -> Result<Self, Refusal> {
        let id = |kind: Kind| related(relationships, kind.as_str()).and_then(|id| id.parse::<ObjectId>().ok());
        let customer = id(Kind::Customer).and_then(|id| loaded.get((Kind::Customer, id)));
        let customer = customer.ok_or_else(|| {
            Refusal::new(404, code::NOT_FOUND, CUSTOMER, "The customer is not there any more: nothing was sent")
        })?;
        Self::with(customer, id(Kind::Conversation), loaded)
    }
}

/// Lets a customer pass to whom something can be sent, or about whom.
///
/// # Errors
/// 400 when it was deleted; 503 when it was merged, and what belongs to it has not followed yet.
pub(crate) fn check_reachable(customer: &Stored) -> Result<(), Refusal> {
    if !customer.deleted {
        return Ok(());
    }
    if merged_into(customer)?.is_some() {
        let title = "The customer was merged into another, whose it becomes in a moment: try again then";
        return Err(Refusal::new(503, code::UNAVAILABLE, CUSTOMER, title));
    }
    let title = format!("The customer {} was deleted: nothing was sent", customer.id);
    Err(Refusal::new(400, code::BAD_PARAM, CUSTOMER, title))
}

/// The channel by which a sent draft leaves.
#[derive(Debug, Clone, Copy)]
pub struct How<'a> {
    /// What chance gives.
    pub draws: &'a Draws,
    /// Whether e-mail leaves this machine.
    pub sends_email: bool,
}

/// The owner of a draft's attachments: they are erased with its customer, whatever happens to the conversation.
fn owner(id: ObjectId, path: &str, customer: Option<ObjectId>) -> Owner<'_> {
    Owner { kind: Kind::Draft.as_str(), id, path, conversation: None, customer, from: None }
}

/// Writes the ids of attachments among the attributes.
fn list(draft: &mut DraftAttributes, ids: &[ObjectId]) {
    draft.attachments = Field::Value(ids.iter().map(ObjectId::to_string).collect());
}

/// Creates a draft; one with `status: sent` is sent with it. `attachments` are those that it is to have.
///
/// # Errors
/// 400 when the input cannot be stored or sent; 409 when its conversation takes no messages.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    parties: Parties<'_>,
    how: How<'_>,
    attachments: Attaching,
    mut input: DraftInput,
) -> Result<ChangeSet, Refusal> {
    let status = input.status.take();
    check_body(&input)?;
    check_send_at(&input, status.as_ref(), context.now)?;
    check_headers(&input)?;
    let mut draft = DraftAttributes::default();
    if input.attachments.take().is_some() {
        list(&mut draft, &attachments.ids());
    }
    apply(&mut draft, input);
    draft.status = status_of(&draft, status.as_ref()).into();
    let path = Kind::Draft.path_of(id);
    let mut beside = ChangeSet::default();
    let sent = if draft.status.value() == Some(&DraftStatus::Sent) {
        Some(outgoing::send(context, how, parties, (id, &draft, attachments.clone()), &mut beside)?)
    } else {
        beside.merge(attachments.commit(context, owner(id, &path, Some(parties.customer.id)))?);
        None
    };
    let mut changes = lifecycle::create_with(context, id, how.draws.events[0], draft, |record| {
        attachments.relate(&mut record.relationships, &path);
        relate(&mut record.relationships, Kind::Customer, parties.customer.id);
        if let Some(conversation) = parties.conversation {
            relate(&mut record.relationships, Kind::Conversation, conversation.id);
        }
        if let Some(sent) = sent {
            mark_sent(record, sent, context.now);
        }
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = Some(parties.customer.id);
    }
    changes.merge(beside);
    Ok(changes)
}

/// Changes a draft that was not sent yet. `parties` are those of the changed draft, `attachments` those that it is to have,
/// and those that it had before; `status: sent` sends it.
///
/// # Errors
/// 404 when it is not there; 409 when it was sent, `rev` is another, or its conversation takes no messages; 400 when what
/// was sent cannot be stored, or not be sent.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    parties: Parties<'_>,
    how: How<'_>,
    attachments: Attaching,
    mut input: DraftInput,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    resource::check_rev(stored, input.rev.as_ref())?;
    let former: Draft = resource::read(&stored.document)?;
    check_editable(&former.attributes, &input)?;
    let status = input.status.take();
    // An answer that is sent back changes nothing, though its time may have come.
    if input.send_at == former.attributes.send_at {
        input.send_at = Field::Absent;
    }
    check_send_at(&input, status.as_ref(), context.now)?;
    check_headers(&input)?;
    let mut draft = former.attributes;
    if input.attachments.take().is_some() {
        list(&mut draft, &attachments.ids());
    }
    apply(&mut draft, input);
    draft.status = status_of(&draft, status.as_ref()).into();
    let path = Kind::Draft.path_of(stored.id);
    let mut beside = ChangeSet::default();
    let sent = if draft.status.value() == Some(&DraftStatus::Sent) {
        Some(outgoing::send(context, how, parties, (stored.id, &draft, attachments.clone()), &mut beside)?)
    } else {
        beside.merge(attachments.commit(context, owner(stored.id, &path, Some(parties.customer.id)))?);
        None
    };
    let edit = |record: &mut Draft| {
        attachments.relate(&mut record.relationships, &path);
        // The moments and marks of the record itself are kept.
        draft.modified_at = std::mem::take(&mut record.attributes.modified_at);
        record.attributes = draft;
        if let Some(conversation) = parties.conversation {
            relate(&mut record.relationships, Kind::Conversation, conversation.id);
        }
        if let Some(sent) = sent {
            mark_sent(record, sent, context.now);
        }
        Ok(())
    };
    let mut changes = lifecycle::update_record(context, stored, how.draws.events[0], By::User, edit)?.changes;
    changes.merge(beside);
    Ok(changes)
}

/// Makes an attachment of a draft that was not sent yet.
///
/// # Errors
/// 404 when the draft is not there; 409 when it was sent; 400 and 413 as of an attachment that is made.
pub fn add_attachment(
    context: &Context<'_>,
    stored: Option<&Stored>,
    made: (ObjectId, [EventSeed; 2]),
    file: (AttachmentInput, u64),
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let draft: Draft = resource::read(&stored.document)?;
    check_open(&draft.attributes)?;
    let customer = related(&draft.relationships, CUSTOMER).and_then(|id| id.parse().ok());
    let path = Kind::Draft.path_of(stored.id);
    attachment::add(context, stored, made, file, owner(stored.id, &path, customer), list)
}

/// Deletes an attachment of a draft that was not sent yet, with its bytes.
///
/// # Errors
/// 404 when the draft is not there, or has no such attachment; 409 when it was sent.
pub fn remove_attachment(
    context: &Context<'_>,
    stored: Option<&Stored>,
    attachment: Option<&Stored>,
    events: [EventSeed; 2],
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let draft: Draft = resource::read(&stored.document)?;
    check_open(&draft.attributes)?;
    attachment::remove(context, stored, attachment, events, list)
}

/// Deletes a draft, which stops its timer, and its attachments with it: nothing brings it back. Those that are not its own, as
/// they were sent with it, stay.
///
/// # Errors
/// 404 when it is not there.
pub fn delete<'a>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    attachments: impl IntoIterator<Item = (&'a Stored, EventSeed)>,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let mut changes = lifecycle::delete::<DraftAttributes>(context, Some(stored), event)?;
    for (attachment, event) in attachments.into_iter().filter(|(attachment, _)| !attachment.deleted) {
        if attachment::owner_of(attachment)? == Some(stored.id) {
            changes.merge(attachment::delete(context, attachment, event)?);
        }
    }
    Ok(changes)
}

/// The draft, when it is there.
///
/// # Errors
/// 404 otherwise.
pub fn alive(stored: Option<&Stored>) -> Result<&Stored, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Draft, stored))
}

/// The status that follows from a draft's attributes.
fn status_of(draft: &DraftAttributes, sent: Option<&DraftStatus>) -> DraftStatus {
    match (sent, draft.send_at.value()) {
        (Some(DraftStatus::Sent), _) => DraftStatus::Sent,
        (_, Some(_)) => DraftStatus::Scheduled,
        (_, None) => DraftStatus::Draft,
    }
}

/// Writes a body over a draft. One recipient alone becomes a list of one.
fn apply(draft: &mut DraftAttributes, mut input: DraftInput) {
    if let Some(Recipients::Address(address)) = input.to {
        input.to = Some(Recipients::Addresses(vec![address]));
    }
    let unscheduled = input.scheduled.take() == Some(false);
    input.apply(draft);
    if unscheduled {
        draft.send_at = Field::Null;
    }
    draft.scheduled = draft.send_at.value().is_some().into();
}

fn mark_sent(record: &mut Draft, sent: Sent, now: Timestamp) {
    record.attributes.status = DraftStatus::Sent.into();
    record.attributes.scheduled = false.into();
    record.attributes.sent_at = now.into();
    relate(&mut record.relationships, Kind::Conversation, sent.conversation);
    relate(&mut record.relationships, sent.as_kind, sent.record);
    if let Some(delivery) = sent.delivery {
        relate(&mut record.relationships, Kind::Delivery, delivery);
    }
}

/// Marks a draft that could not be sent, with the reason.
pub(crate) fn mark_failed(draft: &mut DraftAttributes, reason: &str, now: Timestamp) {
    draft.status = DraftStatus::Failed.into();
    draft.scheduled = false.into();
    draft.error = Map::from_iter([("message".to_owned(), Value::String(reason.to_owned()))]).into();
    draft.error_at = now.into();
}
