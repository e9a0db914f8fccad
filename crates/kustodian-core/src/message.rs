//! Messages of conversations (`docs/contract/behaviour.md` §12.2). A message is stored beside its conversation, its home.

use kustomer_api::conversation::{Conversation, ConversationAttributes, Direction};
use kustomer_api::error::code;
use kustomer_api::message::{MAX_META_KEYS, Message, MessageAttributes, MessageInput, MessageStatus};
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::attachment::{Attaching, Owner};
use crate::change::{ChangeSet, Columns, EventSeed, column_text};
use crate::claim::{Claim, ClaimKind};
use crate::contact::compose;
use crate::conversation::{self, CUSTOMER, Fold, Seeds, Waiting, external_id_claim, relate, related};
use crate::conversation_time::{self, Action, Scene};
use crate::customer::{self, Context, Effect};
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{OrgKey, Stored};
use crate::{custom, missing, resource};

/// The column that holds the id of the conversation.
pub const CONVERSATION: &str = "conversation";

impl Record for MessageAttributes {
    fn claims(message: &Message, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let external_id = message.attributes.external_id.value();
        external_id.map(|id| external_id_claim(ClaimKind::MessageExternalId, org, id, owner)).into_iter().collect()
    }

    fn columns(message: &Message) -> Columns {
        let related = |name: &str| related(&message.relationships, name).map(column_text);
        Columns::of([(CUSTOMER, related(CUSTOMER)), (CONVERSATION, related(CONVERSATION))])
    }

    fn search_row(message: &Message) -> Result<Option<SearchRow>, Refusal> {
        if message.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        Ok(Some(SearchRow::of_message(resource::id_of(message)?, message)))
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

/// The records that show the words of a message, as they are under their locks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// Its conversation.
    pub conversation: Option<&'a Stored>,
    /// The customer of that.
    pub customer: Option<&'a Stored>,
}

/// What to write on a message.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent.
    pub input: MessageInput,
    /// Whether the caller may set who wrote it and when (`org.admin`).
    pub may_backdate: bool,
    /// The attachments that it is to have; `None` leaves them as they are.
    pub attachments: Option<Attaching>,
    /// Whether a message that is created is spam.
    pub spam: bool,
}

/// The conversation of a new message.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// Into a conversation, as it is under its lock.
    Conversation(&'a Stored),
    /// Into a new conversation, which gets this id.
    New(ObjectId),
}

/// Creates a message: one revision of its conversation and one of its customer follow.
///
/// # Errors
/// 400 when the input cannot be stored; 404 when the conversation is not there; 409 when it takes no messages.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    seeds: Seeds,
    customer: &Stored,
    place: Place<'_>,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let context = &match place {
        Place::Conversation(stored) => context.among(stored.updated_at),
        Place::New(_) => *context,
    }
    .among(customer.updated_at);
    let Write { mut input, may_backdate, attachments, spam } = write;
    let author = Author::take(&mut input.created_by, &mut input.modified_by, may_backdate);
    if !may_backdate {
        input.created_at = None;
    }
    let waiting = Waiting::take(&mut input.queue)?;
    let attachments = attachments.unwrap_or_default();
    let path = Kind::Message.path_of(id);
    let mut message = fresh();
    let imported_at = input.imported_at;
    let imported = imported_at.is_some();
    let channel = input.channel.as_ref().map(|channel| channel.as_str().to_owned()).unwrap_or_default();
    let direction = input.direction.clone().unwrap_or(Direction::In);
    apply(&mut message, input)?;
    let created_at = message.created_at.value().copied().unwrap_or(context.now);
    let sent_at = message.sent_at.value().copied().unwrap_or(created_at);
    message.spam = spam.into();
    message.sent_at = sent_at.into();
    message.direction = direction.clone().into();
    if message.status.is_absent() {
        let status = if direction == Direction::Out { MessageStatus::Sent } else { MessageStatus::Received };
        message.status = status.into();
    }
    let mut fold = Fold {
        id,
        direction_type: kustomer_api::message::DirectionType::InitialIn,
        direction,
        channel,
        sent_at,
        created_at,
        preview: message.preview.value().cloned(),
        subject: message.subject.value().cloned(),
        auto: message.auto.value().copied().unwrap_or_default(),
        imported,
        is_dated: context.is_dated(),
        created_by: author.created_by().unwrap_or(context.actor),
    };
    let add = |fold: &mut Fold, conversation: &mut ConversationAttributes| {
        let kept = context.import_of(Kind::Message).and_then(|import| import.read("directionType"));
        fold.direction_type = kept.unwrap_or_else(|| conversation::direction_type_of(conversation, &fold.direction));
        conversation::add_message(conversation, fold, context.now)
    };
    let (conversation_id, is_new, with, theirs) = match place {
        Place::Conversation(stored) => {
            let stored = conversation::alive(Some(stored))?;
            let edit = |record: &mut Conversation| {
                waiting.write(record);
                add(&mut fold, &mut record.attributes)
            };
            let updated = lifecycle::update_record(context, stored, seeds.conversation_event, By::Consequence, edit)?;
            (stored.id, Some(updated.before.attributes), updated.after.attributes, updated.changes)
        }
        Place::New(new) => {
            let mut conversation = conversation::fresh_with(context);
            conversation.direction = fold.direction.clone().into();
            conversation.spam = spam.into();
            if imported {
                conversation.imported_at = imported_at.filter(|_| context.is_dated()).unwrap_or(context.now).into();
                conversation.created_at = sent_at.into();
                conversation.last_activity_at = sent_at.into();
            }
            add(&mut fold, &mut conversation)?;
            let shown = conversation.clone();
            let insert =
                conversation::insert(context, new, seeds.conversation_event, customer.id, conversation, |record| {
                    waiting.write(record);
                })?;
            (new, None, shown, insert)
        }
    };
    message.direction_type = fold.direction_type.clone().into();
    let mut changes = lifecycle::create_with(context, id, seeds.event, message, |record| {
        relate(&mut record.relationships, Kind::Customer, customer.id);
        relate(&mut record.relationships, Kind::Conversation, conversation_id);
        attachments.relate(&mut record.relationships, &path);
        author.write(record);
    })?;
    if let Some(put) = changes.puts.first_mut() {
        put.home = Some(conversation_id);
    }
    changes.merge(theirs);
    changes.merge(attachments.commit(context, owner(id, &path, Some(conversation_id)))?);
    // Imported messages are no activity of today.
    let at = if fold.imported { fold.sent_at } else { context.now };
    let effects = [
        Effect::Conversation { id: conversation_id, before: is_new.as_ref(), after: Some(&with), at },
        Effect::Message { conversation: conversation_id, attributes: &with, message: &fold },
    ];
    customer::affect(context, customer, seeds.customer_event, &effects, &mut changes)?;
    if fold.direction == Direction::Out && !fold.imported && !fold.auto {
        let scene = Scene {
            conversation: conversation_id,
            customer: Some(customer.id),
            last_activity: is_new.as_ref().and_then(|before| before.last_activity_at.value().copied()),
            attributes: &with,
        };
        changes.merge(conversation_time::of(context, seeds.time, Action::Message, scene)?);
    }
    Ok(changes)
}

/// Changes a message: scalars, lists and `meta` sent replace those stored, custom attributes are merged by their keys. With
/// `replace` the others that a client can write are dropped. Its conversation and its customer show the new words where they
/// show the former ones.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another; 400 when the input cannot be stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    shown: Shown<'_>,
    seeds: Seeds,
    write: Write,
    replace: bool,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let Write { mut input, may_backdate, attachments, .. } = write;
    resource::check_rev(stored, input.rev.as_ref())?;
    if let Some(named) = input.conversation.take()
        && conversation::conversation_of(stored)?.map(|id| id.to_string()).as_deref() != Some(&named.to_lowercase())
    {
        let title = "conversation is another than that of the message, which cannot be moved: leave it out";
        return Err(Refusal::new(400, code::BAD_PARAM, CONVERSATION, title).with_meta("pointer", "/conversation"));
    }
    let author = Author::take(&mut input.created_by, &mut input.modified_by, may_backdate);
    let modified_at = input.modified_at.take().filter(|_| may_backdate);
    if !may_backdate {
        input.created_at = None;
    }
    let path = Kind::Message.path_of(stored.id);
    let edit = |record: &mut Message| {
        if let Some(attachments) = &attachments {
            attachments.relate(&mut record.relationships, &path);
        }
        if replace {
            bare(&mut record.attributes);
        }
        let sent_at = record.attributes.sent_at;
        apply(&mut record.attributes, input)?;
        if record.attributes.sent_at.is_null() {
            // A sent message has a time of sending: lists and counts use it.
            record.attributes.sent_at = sent_at;
        }
        if let Some(at) = modified_at {
            record.attributes.modified_at = at.into();
        }
        author.write(record);
        Ok(())
    };
    let updated = lifecycle::update_record(context, stored, seeds.event, By::User, edit)?;
    let mut changes = updated.changes;
    if let Some(attachments) = attachments {
        let conversation = conversation::conversation_of(stored)?;
        changes.merge(attachments.commit(context, owner(stored.id, &path, conversation))?);
    }
    let (before, after) = (&updated.before.attributes, &updated.after.attributes);
    if (before.preview.value(), before.subject.value()) != (after.preview.value(), after.subject.value()) {
        changes.merge(show_words(context, (stored.id, before), after, shown, seeds)?);
    }
    Ok(changes)
}

/// Shows the new words of a message where its conversation and its customer show the former ones: of the newest message.
fn show_words(
    context: &Context<'_>,
    (id, before): (ObjectId, &MessageAttributes),
    after: &MessageAttributes,
    shown: Shown<'_>,
    seeds: Seeds,
) -> Result<ChangeSet, Refusal> {
    let mut changes = ChangeSet::default();
    let is_there = |stored: &&Stored| matches!(missing::erased_at(stored), Ok(None));
    let Some(stored) = shown.conversation.filter(is_there) else { return Ok(changes) };
    let Conversation { attributes, .. } = resource::read(&stored.document)?;
    if conversation::newest_message(&attributes) != Some(id) {
        return Ok(changes);
    }
    let [preview, subject] = [&after.preview, &after.subject].map(|text| text.value().map(String::as_str));
    let words = conversation::preview_of(preview, subject);
    if attributes.preview.value() != Some(&words) {
        let edit = |record: &mut Conversation| {
            record.attributes.preview = words.into();
            Ok(())
        };
        let updated = lifecycle::update_record(context, stored, seeds.conversation_event, By::Consequence, edit)?;
        changes.merge(updated.changes);
    }
    let sent_at = before.sent_at.value().copied();
    if let (Some(customer), Some(sent_at)) = (shown.customer.filter(is_there), sent_at)
        && customer::shows_message(customer, stored.id, sent_at)?
    {
        let effects = [Effect::MessageChanged { preview, subject }];
        customer::affect(context, customer, seeds.customer_event, &effects, &mut changes)?;
    }
    Ok(changes)
}

/// The owner of a message's attachments.
fn owner(id: ObjectId, path: &str, conversation: Option<ObjectId>) -> Owner<'_> {
    Owner { kind: Kind::Message.as_str(), id, path, conversation, customer: None, from: None }
}

fn alive(stored: Option<&Stored>) -> Result<&Stored, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Message, stored))
}

/// Who wrote and who changed a record, when the caller may say so.
pub(crate) struct Author {
    created_by: Option<String>,
    modified_by: Option<String>,
}

impl Author {
    /// Takes them out of a body. Of a caller who may not say so they are dropped, as the contract has it.
    pub(crate) fn take(created_by: &mut Option<String>, modified_by: &mut Field<String>, may: bool) -> Self {
        let modified_by = std::mem::take(modified_by).into_value();
        Self { created_by: created_by.take().filter(|_| may), modified_by: modified_by.filter(|_| may) }
    }

    /// The user who wrote it, if the body says so.
    fn created_by(&self) -> Option<ObjectId> {
        self.created_by.as_deref()?.parse().ok()
    }

    pub(crate) fn write<A>(self, record: &mut kustomer_api::envelope::Resource<A>) {
        for (name, id) in [("createdBy", self.created_by), ("modifiedBy", self.modified_by)] {
            if let Some(user) = id.and_then(|id| id.parse().ok()) {
                record.relationships.insert(name.to_owned(), resource::user_relationship(user));
            }
        }
    }
}

/// A message of which nothing was sent.
fn fresh() -> MessageAttributes {
    let mut message = MessageAttributes { auto: false.into(), spam: false.into(), ..MessageAttributes::default() };
    bare(&mut message);
    message
}

/// Drops what an update can write; when it was sent stays.
fn bare(message: &mut MessageAttributes) {
    message.external_id = Field::Absent;
    message.size = Field::Value(0.into());
    message.preview = Field::Absent;
    message.subject = Field::Absent;
    message.related = Field::Absent;
    message.error = Field::Absent;
    message.error_at = Field::Absent;
    message.meta = Field::Value(Default::default());
    message.custom = Field::Value(Default::default());
    message.sentiment = Field::Value(Default::default());
    message.reactions = Field::Absent;
    message.lang = Field::Absent;
}

fn apply(message: &mut MessageAttributes, mut input: MessageInput) -> Result<(), Refusal> {
    if let Field::Value(external_id) = &mut input.external_id {
        compose(external_id);
    }
    if let Some(keys) = input.meta.as_ref().map(serde_json::Map::len).filter(|keys| *keys > MAX_META_KEYS) {
        let title = format!("meta has {keys} keys, at most {MAX_META_KEYS}: send fewer");
        return Err(Refusal::new(400, code::BAD_PARAM, "meta", title).with_meta("pointer", "/meta"));
    }
    let custom = custom::merge(input.custom.take(), std::mem::take(&mut message.custom))?;
    input.apply(message);
    message.custom = custom;
    Ok(())
}
