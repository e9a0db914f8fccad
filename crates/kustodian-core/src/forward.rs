//! Forwards: a conversation that is sent by e-mail to somebody who is not its customer, at once or by a timer. A forward has
//! words of the messages, so the conversation is its home, to whichever customer that moves. It adds no message.

mod quoted;

use kustomer_api::attachment::AttachmentInput;
use kustomer_api::conversation::Conversation;
use kustomer_api::draft::{DraftChannel, DraftStatus, Recipients, Sender};
use kustomer_api::envelope::Relationships;
use kustomer_api::error::code;
use kustomer_api::forward::{Forward, ForwardAttributes, ForwardInput};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

pub use self::quoted::Quoted;
pub(crate) use self::quoted::requoted;
use crate::attachment::{self, Attaching, Owner};
use crate::change::{ChangeSet, Columns, EventSeed, Name, column_text};
use crate::conversation::{self, CUSTOMER, relate, related};
use crate::customer::Context;
use crate::delivery::{self, Content};
use crate::draft::{How, check_reachable};
use crate::kind::{DUE_AT, Kind};
use crate::lifecycle::{self, By};
use crate::message::CONVERSATION;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{Loaded, Stored};
use crate::timer::Elapsed;
use crate::{missing, resource};

impl Record for ForwardAttributes {
    fn columns(forward: &Forward) -> Columns {
        let related = |name: &str| related(&forward.relationships, name).map(column_text);
        let due = due(&forward.attributes).map(|due| due.to_string());
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

    fn timed_with(forward: &Forward) -> Vec<Name> {
        names(&forward.relationships)
    }

    fn elapse(elapsed: &Elapsed<'_>, loaded: &Loaded, stored: &Stored) -> Result<ChangeSet, Refusal> {
        let forward: Forward = resource::read(&stored.document)?;
        let author = related(&forward.relationships, "createdBy").and_then(|id| id.parse().ok());
        let context = &elapsed.context(author.unwrap_or(elapsed.org.id));
        let how = How { draws: elapsed.draws, sends_email: elapsed.sends_email };
        let own = attachment::ids_in(&forward.relationships).into_iter().zip(elapsed.draws.beside.clone());
        let own = Attaching::of(own).found(|name| loaded.get(name));
        let mut beside = ChangeSet::default();
        let about = related(&forward.relationships, CONVERSATION).and_then(|id| id.parse().ok());
        let sent = Subject::of(about, |name| loaded.get(name))
            .and_then(|subject| send(context, how, subject, (stored.id, &forward.attributes, &own), &mut beside));
        let edit = |record: &mut Forward| {
            match sent {
                Ok(delivery) => mark_sent(record, delivery, context.now),
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

/// The records that sending a forward reads.
fn names(relationships: &Relationships) -> Vec<Name> {
    let name = |kind: Kind| Some((kind, related(relationships, kind.as_str())?.parse().ok()?));
    let own = attachment::ids_in(relationships).into_iter().map(|id| (Kind::Attachment, id));
    [Kind::Customer, Kind::Conversation].into_iter().filter_map(name).chain(own).collect()
}

/// The same, out of its record.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn names_of(stored: &Stored) -> Result<Vec<Name>, Refusal> {
    let forward: Forward = resource::read(&stored.document)?;
    Ok(names(&forward.relationships))
}

/// The forwarded conversation, as it is under its lock.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The customer of the conversation.
    pub customer: ObjectId,
    /// Its record. A conversation that has just moved may have another customer than the forward: that one is there.
    pub owner: Option<&'a Stored>,
    /// The conversation.
    pub conversation: &'a Stored,
}

impl<'a> Subject<'a> {
    /// A conversation, with its customer, out of loaded records.
    ///
    /// # Errors
    /// 404 when it is not there.
    pub fn of(about: Option<ObjectId>, loaded: impl Fn(Name) -> Option<&'a Stored>) -> Result<Self, Refusal> {
        let conversation = conversation::alive(about.and_then(|id| loaded((Kind::Conversation, id))))?;
        let customer = conversation::customer_of(conversation)?;
        let customer = customer.ok_or_else(|| conversation::gone(Some(conversation)))?;
        Ok(Self { customer, owner: loaded((Kind::Customer, customer)), conversation })
    }
}

/// Creates a forward of a conversation; one with `status: sent` is sent with it. `own` are the attachments that it is to
/// have beside those of the conversation.
///
/// # Errors
/// 400 when the input cannot be stored or sent.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    subject: Subject<'_>,
    how: How<'_>,
    (own, quoted): (Attaching, Quoted),
    mut input: ForwardInput,
) -> Result<ChangeSet, Refusal> {
    let status = input.status.take();
    check_send_at(&input, status.as_ref(), context.now)?;
    let mut forward = ForwardAttributes::default();
    write(&mut forward, input, status.as_ref(), quoted);
    let path = Kind::Forward.path_of(id);
    let mut beside = own.commit(context, owner(id, &path, Some(subject.conversation.id)))?;
    let sent = match forward.status.value() {
        Some(DraftStatus::Sent) => Some(send(context, how, subject, (id, &forward, &own), &mut beside)?),
        _ => None,
    };
    let mut changes = lifecycle::create_with(context, id, how.draws.events[0], forward, |record| {
        own.relate(&mut record.relationships, &path);
        relate(&mut record.relationships, Kind::Customer, subject.customer);
        relate(&mut record.relationships, Kind::Conversation, subject.conversation.id);
        if let Some(delivery) = sent {
            mark_sent(record, delivery, context.now);
        }
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = Some(subject.conversation.id);
    }
    changes.merge(beside);
    Ok(changes)
}

/// Changes a forward that was not sent yet; `status: sent` sends it.
///
/// # Errors
/// 404 when it is not there; 409 when it was sent, or `rev` is another; 400 when the input cannot be stored, or not be
/// sent.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    subject: Subject<'_>,
    how: How<'_>,
    (own, quoted): (Attaching, Quoted),
    mut input: ForwardInput,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    resource::check_rev(stored, input.rev.as_ref())?;
    let former: Forward = resource::read(&stored.document)?;
    check_open(&former.attributes)?;
    let status = input.status.take();
    // An answer that is sent back changes nothing, though its time may have come.
    if input.send_at == former.attributes.send_at {
        input.send_at = Field::Absent;
    }
    check_send_at(&input, status.as_ref(), context.now)?;
    let mut forward = former.attributes;
    write(&mut forward, input, status.as_ref(), quoted);
    let path = Kind::Forward.path_of(stored.id);
    let mut beside = own.commit(context, owner(stored.id, &path, Some(subject.conversation.id)))?;
    let sent = match forward.status.value() {
        Some(DraftStatus::Sent) => Some(send(context, how, subject, (stored.id, &forward, &own), &mut beside)?),
        _ => None,
    };
    let edit = |record: &mut Forward| {
        own.relate(&mut record.relationships, &path);
        // The moments and marks of the record itself are kept.
        forward.modified_at = std::mem::take(&mut record.attributes.modified_at);
        record.attributes = forward;
        if let Some(delivery) = sent {
            mark_sent(record, delivery, context.now);
        }
        Ok(())
    };
    let mut changes = lifecycle::update_record(context, stored, how.draws.events[0], By::User, edit)?.changes;
    changes.merge(beside);
    Ok(changes)
}

/// Makes an attachment of a forward that was not sent yet.
///
/// # Errors
/// 404 when the forward is not there; 409 when it was sent; 400 and 413 as of an attachment that is made.
pub fn add_attachment(
    context: &Context<'_>,
    stored: Option<&Stored>,
    made: (ObjectId, [EventSeed; 2]),
    file: (AttachmentInput, u64),
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let forward: Forward = resource::read(&stored.document)?;
    check_open(&forward.attributes)?;
    let about = related(&forward.relationships, CONVERSATION).and_then(|id| id.parse().ok());
    let path = Kind::Forward.path_of(stored.id);
    let list = |_: &mut ForwardAttributes, _: &[ObjectId]| ();
    attachment::add(context, stored, made, file, owner(stored.id, &path, about), list)
}

/// Deletes an attachment of a forward that was not sent yet, with its bytes.
///
/// # Errors
/// 404 when the forward is not there, or has no such attachment; 409 when it was sent.
pub fn remove_attachment(
    context: &Context<'_>,
    stored: Option<&Stored>,
    attachment: Option<&Stored>,
    events: [EventSeed; 2],
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let forward: Forward = resource::read(&stored.document)?;
    check_open(&forward.attributes)?;
    attachment::remove(context, stored, attachment, events, |_: &mut ForwardAttributes, _| ())
}

/// The forward, when it is there.
///
/// # Errors
/// 404 otherwise.
pub fn alive(stored: Option<&Stored>) -> Result<&Stored, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Forward, stored))
}

/// The owner of a forward's attachments: they are erased with its conversation.
fn owner(id: ObjectId, path: &str, conversation: Option<ObjectId>) -> Owner<'_> {
    Owner { kind: Kind::Forward.as_str(), id, path, conversation, customer: None, from: None }
}

/// When a forward is to be sent by itself.
fn due(forward: &ForwardAttributes) -> Option<Timestamp> {
    forward.send_at.value().copied().filter(|_| forward.status.value() == Some(&DraftStatus::Scheduled))
}

/// Lets a forward pass that was not sent.
fn check_open(forward: &ForwardAttributes) -> Result<(), Refusal> {
    match forward.status.value() {
        Some(status @ (DraftStatus::Sent | DraftStatus::Failed)) => {
            let title = format!("The forward is {status}, and changes no more: write another one");
            Err(Refusal::new(409, code::CONFLICT, "status", title))
        }
        _ => Ok(()),
    }
}

/// Lets a moment pass that is to come, and that does not contradict the status.
fn check_send_at(input: &ForwardInput, status: Option<&DraftStatus>, now: Timestamp) -> Result<(), Refusal> {
    let Some(send_at) = input.send_at.value() else { return Ok(()) };
    let (title, advice) = match status {
        Some(DraftStatus::Sent | DraftStatus::Failed) => (
            "A forward is sent at once or at a time, not both",
            "send status alone to send it at once, or sendAt alone to send it then",
        ),
        _ if *send_at <= now => {
            ("sendAt is a moment in the future", "send status with the value sent to send it at once")
        }
        _ => return Ok(()),
    };
    Err(Refusal::bad_input(vec![Fault::of_attribute("sendAt", title, advice)]))
}

/// Writes a body and its quotes over a forward.
fn write(forward: &mut ForwardAttributes, input: ForwardInput, status: Option<&DraftStatus>, quoted: Quoted) {
    input.apply(forward);
    forward.status = match (status, forward.send_at.value()) {
        (Some(DraftStatus::Sent), _) => DraftStatus::Sent,
        (Some(DraftStatus::Failed), _) => DraftStatus::Failed,
        (_, Some(_)) => DraftStatus::Scheduled,
        (_, None) => DraftStatus::Draft,
    }
    .into();
    forward.quoted = quoted.text.into();
    forward.quoted_attachments = Field::Value(quoted.attachments.iter().map(ObjectId::to_string).collect());
}

/// Adds to `changes` the delivery that sending a forward makes.
fn send(
    context: &Context<'_>,
    how: How<'_>,
    subject: Subject<'_>,
    (id, forward, own): (ObjectId, &ForwardAttributes, &Attaching),
    changes: &mut ChangeSet,
) -> Result<ObjectId, Refusal> {
    subject.owner.map_or(Ok(()), check_reachable)?;
    own.check_sendable(how.sends_email.then_some(delivery::MAX_ATTACHED))?;
    let to = forward.to.value().filter(|to| !to.is_empty()).cloned();
    let to = to.ok_or_else(|| lacks("to", "A forward needs a recipient"))?;
    let from = forward.from.value().cloned();
    if how.sends_email && from.is_none() {
        return Err(lacks("from", "An e-mail needs a sender"));
    }
    let attachments: Vec<String> = own.ids().iter().map(ObjectId::to_string).collect();
    let attachments = [attachments, forward.quoted_attachments.value().cloned().unwrap_or_default()].concat();
    let body = forward.body.value().map(|body| format!("{body}\n\n")).unwrap_or_default();
    let content = Content {
        channel: DraftChannel::Email,
        app: forward.app.value().cloned().unwrap_or_else(|| "postmark".to_owned()),
        to: Some(Recipients::Addresses(to)),
        from: from.map(Sender::Address),
        cc: Field::Absent,
        bcc: Field::Absent,
        subject: title_of(forward, subject)?,
        body: Field::Value(body + forward.quoted.value().map(String::as_str).unwrap_or_default()),
        html_body: Field::Absent,
        reply_to: forward.reply_to.clone(),
        headers: Field::Absent,
        meta: Field::Absent,
        attachments: if attachments.is_empty() { Field::Absent } else { Field::Value(attachments) },
    };
    let [delivery, ..] = how.draws.ids;
    let of = delivery::Of {
        draft: (Kind::Forward, id),
        customer: subject.customer,
        conversation: subject.conversation.id,
        message: None,
        home: subject.conversation.id,
    };
    changes.merge(delivery::create(context, delivery, how.draws.events[1], of, content, how.sends_email)?);
    Ok(delivery)
}

/// That of the forward, or that of the conversation as one that is forwarded.
fn title_of(forward: &ForwardAttributes, subject: Subject<'_>) -> Result<Field<String>, Refusal> {
    if let Some(subject) = forward.subject.value() {
        return Ok(Field::Value(subject.clone()));
    }
    let conversation: Conversation = resource::read(&subject.conversation.document)?;
    Ok(conversation.attributes.name.value().map_or(Field::Absent, |name| Field::Value(format!("Fwd: {name}"))))
}

fn mark_sent(record: &mut Forward, delivery: ObjectId, now: Timestamp) {
    record.attributes.status = DraftStatus::Sent.into();
    record.attributes.sent_at = now.into();
    relate(&mut record.relationships, Kind::Delivery, delivery);
}

/// Marks a forward that could not be sent, with the reason.
pub(crate) fn mark_failed(forward: &mut ForwardAttributes, reason: &str, now: Timestamp) {
    forward.status = DraftStatus::Failed.into();
    forward.error = Map::from_iter([("message".to_owned(), Value::String(reason.to_owned()))]).into();
    forward.error_at = now.into();
}

/// 400 for what sending needs and the forward has not.
fn lacks(member: &str, what: &str) -> Refusal {
    let title = format!("{what}: send {member}");
    Refusal::new(400, code::BAD_PARAM, member, title).with_meta("pointer", format!("/{member}"))
}
