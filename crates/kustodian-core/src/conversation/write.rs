//! Create, update, move and delete: each decides on the conversation and on its customer together.

use kustomer_api::conversation::{
    Conversation, ConversationAttributes, ConversationInput, ConversationStatus, Direction, MessageMark, Queue,
    Response,
};
use kustomer_api::customer::Sentiment;
use kustomer_api::envelope::Relationship;
use kustomer_api::error::code;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::Number;

use super::{MERGED_FROM, alive, counted, due, messages, relate, status};
use crate::change::{ChangeSet, EventSeed, Name};
use crate::contact::compose;
use crate::conversation_time::{self, Action, Draw, Scene};
use crate::customer::{self, Context, Effect};
use crate::kind::Kind;
use crate::lifecycle::{self, By, Updated};
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{custom, missing, resource, tag};

const QUEUE: &str = "queue";
const CAMPAIGN: &str = "campaign";
const ENDED_BY: &str = "endedBy";
const MAX_TAGS: usize = 20;

/// What to write on a conversation.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent.
    pub input: ConversationInput,
    /// The tags sent, resolved; `None` when none were sent.
    pub tags: Option<tag::Resolved>,
    /// Users and teams that it is assigned to, which must be there when this is committed.
    pub assigned: Vec<Name>,
}

/// What chance gives to the writes of a record that touch its conversation and its customer.
#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    /// For the event of the record itself.
    pub event: EventSeed,
    /// For the event of the conversation, when it is not the record itself.
    pub conversation_event: EventSeed,
    /// For the event of the customer.
    pub customer_event: EventSeed,
    /// For the time that a user spends on it.
    pub time: Draw,
}

/// Creates a conversation of a customer, as it is under its lock.
///
/// # Errors
/// 400 when the input cannot be stored.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    seeds: Seeds,
    customer: &Stored,
    write: Write,
) -> Result<ChangeSet, Refusal> {
    let context = &context.among(customer.updated_at);
    let Write { mut input, tags, assigned } = write;
    let tags = tags.unwrap_or_default();
    let status = input.status.take();
    let links = Links::take(&mut input)?;
    let mut conversation = fresh_with(context);
    apply(&mut conversation, input, Some(tags.ids))?;
    if conversation.imported_at.value().is_some()
        && let Some(created_at) = conversation.created_at.value()
    {
        conversation.last_activity_at = Field::Value(*created_at);
    }
    if let Some(status) = status {
        // One that is created done was done then.
        status::set(&mut conversation, status, context.now, Some(context.actor));
    }
    context.keep(&mut conversation)?;
    let shown = conversation.clone();
    let mut changes = insert(context, id, seeds.event, customer.id, conversation, |record| links.write(record))?;
    changes.asserts.extend(assigned);
    let effect = Effect::Conversation { id, before: None, after: Some(&shown), at: context.now };
    customer::affect(context, customer, seeds.customer_event, &[effect], &mut changes)?;
    tag::create(context, &tags.new, &mut changes)?;
    Ok(changes)
}

/// The change that stores a new conversation, its customer aside.
pub(crate) fn insert(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    customer: ObjectId,
    conversation: ConversationAttributes,
    complete: impl FnOnce(&mut Conversation),
) -> Result<ChangeSet, Refusal> {
    lifecycle::create_with(context, id, event, conversation, |record| {
        relate(&mut record.relationships, Kind::Customer, customer);
        let messages = Relationship::to_many(format!("{}/messages", Kind::Conversation.path_of(id)));
        record.relationships.insert("messages".to_owned(), messages);
        complete(record);
    })
}

/// Changes a conversation: scalars and lists sent replace those stored, custom attributes are merged by their keys. With
/// `replace` the others that a client can write are dropped.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another; 400 when the input cannot be
/// stored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    customer: Option<&Stored>,
    seeds: Seeds,
    write: Write,
    replace: bool,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| missing::missing(Kind::Conversation, None))?;
    let Write { mut input, tags, assigned } = write;
    resource::check_rev(stored, input.rev.as_ref())?;
    let (ids, new_tags) = tags.map(|tags| (tags.ids, tags.new)).unzip();
    // An answer has the type among its attributes, and who it was among its relationships.
    let is_ended_by_same = input.ended_by_type.is_some();
    let links = Links::take(&mut input)?;
    let (status, snooze) = (input.status.take(), input.snooze.take());
    let context = &customer.map_or(*context, |customer| context.not_before(customer.updated_at));
    let edit = |record: &mut Conversation| {
        let conversation = &mut record.attributes;
        if replace {
            bare(conversation);
            record.relationships.retain(|name, _| name != QUEUE && (name != ENDED_BY || is_ended_by_same));
        }
        let was_ended = conversation.ended.value().copied().unwrap_or_default();
        if was_ended && input.ended == Some(false) {
            forget_end(record);
        }
        let conversation = &mut record.attributes;
        let is_ended_at_sent = input.ended_at.is_some();
        apply(conversation, input, ids)?;
        let is_ended = conversation.ended.value().copied().unwrap_or_default();
        if is_ended && !was_ended && !is_ended_at_sent {
            conversation.ended_at = context.now.into();
        }
        status::write(conversation, status, snooze, context.now, Some(context.actor))?;
        messages::active(conversation, context.now);
        links.write(record);
        Ok(())
    };
    let updated = lifecycle::update_record(context, stored, seeds.event, By::User, edit)?;
    let time = Action::of_status(&updated.before.attributes, &updated.after.attributes)
        .map(|action| {
            let scene = Scene {
                conversation: stored.id,
                customer: customer.map(|customer| customer.id),
                last_activity: updated.before.attributes.last_activity_at.value().copied(),
                attributes: &updated.after.attributes,
            };
            conversation_time::of(context, seeds.time, action, scene)
        })
        .transpose()?;
    let mut changes = with_customer(context, stored, updated, customer, seeds)?;
    changes.merge(time.unwrap_or_default());
    changes.asserts.extend(assigned);
    tag::create(context, &new_tags.unwrap_or_default(), &mut changes)?;
    Ok(changes)
}

/// Moves a conversation to another customer. Its messages and notes follow by changes of their own.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another.
pub fn move_to(
    context: &Context<'_>,
    stored: Option<&Stored>,
    from: Option<&Stored>,
    to: &Stored,
    seeds: Seeds,
    to_event: EventSeed,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let context =
        &[from, Some(to)].into_iter().flatten().fold(*context, |at, customer| at.not_before(customer.updated_at));
    let edit = |record: &mut Conversation| {
        relate(&mut record.relationships, Kind::Customer, to.id);
        record.relationships.remove(MERGED_FROM);
        messages::active(&mut record.attributes, context.now);
        Ok(())
    };
    let Updated { mut changes, before, after } =
        lifecycle::update_record(context, stored, seeds.event, By::User, edit)?;
    if let Some(from) = from {
        let effect =
            Effect::Conversation { id: stored.id, before: Some(&before.attributes), after: None, at: context.now };
        customer::affect(context, from, seeds.customer_event, &[effect], &mut changes)?;
    }
    let effect = Effect::Conversation { id: stored.id, before: None, after: Some(&after.attributes), at: context.now };
    customer::affect(context, to, to_event, &[effect], &mut changes)?;
    Ok(changes)
}

/// Deletes a conversation; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(
    context: &Context<'_>,
    stored: Option<&Stored>,
    customer: Option<&Stored>,
    seeds: Seeds,
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let context = &customer.map_or(*context, |customer| context.not_before(customer.updated_at));
    let edit = |record: &mut Conversation| {
        record.attributes.deleted = true.into();
        Ok(())
    };
    let updated = lifecycle::update_record(context, stored, seeds.event, By::User, edit)?;
    with_customer(context, stored, updated, customer, seeds)
}

/// Adds tags, each once, at the end.
///
/// # Errors
/// 404 when the conversation is not there; 400 when it would have too many.
pub fn tag(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    tags: tag::Resolved,
) -> Result<ChangeSet, Refusal> {
    let mut changes = edit_tags(context, stored, event, |held| {
        for id in tags.ids.iter().map(ObjectId::to_string) {
            if !held.contains(&id) {
                held.push(id);
            }
        }
    })?;
    tag::create(context, &tags.new, &mut changes)?;
    Ok(changes)
}

/// Removes tags; those that it does not have are passed over.
///
/// # Errors
/// 404 when the conversation is not there.
pub fn untag(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    tags: &[ObjectId],
) -> Result<ChangeSet, Refusal> {
    edit_tags(context, stored, event, |held| held.retain(|id| !tags.iter().any(|tag| *id == tag.to_string())))
}

fn edit_tags(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    edit: impl FnOnce(&mut Vec<String>),
) -> Result<ChangeSet, Refusal> {
    let stored = alive(stored)?;
    let edit = |record: &mut Conversation| {
        let mut tags = std::mem::take(&mut record.attributes.tags).into_value().unwrap_or_default();
        edit(&mut tags);
        if tags.len() > MAX_TAGS {
            let title =
                format!("The conversation would have {} tags, at most {MAX_TAGS}: remove some first", tags.len());
            return Err(Refusal::new(400, code::BAD_PARAM, "tags", title));
        }
        record.attributes.tags = tags.into();
        messages::active(&mut record.attributes, context.now);
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::User, edit).map(|updated| updated.changes)
}

/// Ends an elapsed snooze, and records an elapsed time of an SLA, by the system; `None` when neither is due.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn elapse(
    context: &Context<'_>,
    stored: &Stored,
    customer: Option<&Stored>,
    seeds: Seeds,
) -> Result<Option<ChangeSet>, Refusal> {
    let record: Conversation = resource::read(&stored.document)?;
    let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= context.now);
    if stored.deleted || !is_due(due(&record.attributes)) {
        return Ok(None);
    }
    let wakes = is_due(status::due(&record.attributes));
    let context = &customer.map_or(*context, |customer| context.not_before(customer.updated_at));
    let edit = |record: &mut Conversation| {
        if wakes {
            status::elapse(&mut record.attributes, context.now);
            messages::active(&mut record.attributes, context.now);
        }
        Ok(())
    };
    let updated = lifecycle::update_record(context, stored, seeds.event, By::System, edit)?;
    let mut changes = with_customer(context, stored, updated, customer, seeds)?;
    changes.events.iter_mut().for_each(|event| event.actor = None);
    Ok(Some(changes))
}

/// Adds the update of the customer, if its counts have changed.
fn with_customer(
    context: &Context<'_>,
    stored: &Stored,
    updated: Updated<ConversationAttributes>,
    customer: Option<&Stored>,
    seeds: Seeds,
) -> Result<ChangeSet, Refusal> {
    let Updated { mut changes, before, after } = updated;
    if let Some(customer) = customer.filter(|_| counted(&before.attributes) != counted(&after.attributes)) {
        let effect = Effect::Conversation {
            id: stored.id,
            before: Some(&before.attributes),
            after: Some(&after.attributes),
            at: context.now,
        };
        customer::affect(context, customer, seeds.customer_event, &[effect], &mut changes)?;
    }
    Ok(changes)
}

/// A conversation of which nothing was sent.
pub(crate) fn fresh_with(context: &Context<'_>) -> ConversationAttributes {
    let mut conversation = ConversationAttributes {
        channels: Vec::new().into(),
        status: ConversationStatus::Open.into(),
        direction: Direction::In.into(),
        message_count: Field::Value(0),
        note_count: Field::Value(0),
        inbound_message_count: Field::Value(0),
        outbound_message_count: Field::Value(0),
        done_count: Field::Value(0),
        reopen_count: Field::Value(0),
        reopen_from_done_count: Field::Value(0),
        snooze_count: Field::Value(0),
        first_response: Response::default().into(),
        last_message_in: MessageMark::default().into(),
        spam: false.into(),
        last_activity_at: context.now.into(),
        role_group_versions: Vec::new().into(),
        ..ConversationAttributes::default()
    };
    bare(&mut conversation);
    conversation
}

/// Removes the attributes that a client can write; the status stays.
fn bare(conversation: &mut ConversationAttributes) {
    conversation.name = String::new().into();
    conversation.external_id = Field::Absent;
    conversation.priority = Field::Value(3);
    conversation.reply_channel = Field::Absent;
    conversation.sub_status = Field::Absent;
    conversation.tags = Vec::new().into();
    conversation.suggested_tags = Vec::new().into();
    conversation.suggested_shortcuts = Field::Absent;
    conversation.assigned_users = Vec::new().into();
    conversation.assigned_teams = Vec::new().into();
    conversation.satisfaction = Number::from(0).into();
    conversation.satisfaction_level = Field::Absent;
    conversation.sentiment = Sentiment::default().into();
    conversation.custom = Field::Value(Default::default());
    conversation.default_lang = Field::Absent;
    conversation.external_queue = Field::Absent;
    conversation.ended = Field::Absent;
    conversation.ended_at = Field::Absent;
    conversation.ended_reason = Field::Absent;
    conversation.ended_by_type = Field::Absent;
    conversation.locked = Field::Absent;
}

/// Removes how a conversation ended, as it continues.
fn forget_end(record: &mut Conversation) {
    record.attributes.ended_at = Field::Absent;
    record.attributes.ended_reason = Field::Absent;
    record.attributes.ended_by_type = Field::Absent;
    record.relationships.remove(ENDED_BY);
}

fn apply(
    conversation: &mut ConversationAttributes,
    mut input: ConversationInput,
    tags: Option<Vec<ObjectId>>,
) -> Result<(), Refusal> {
    if let Field::Value(external_id) = &mut input.external_id {
        compose(external_id);
    }
    for id in [&mut input.assigned_users, &mut input.assigned_teams].into_iter().flatten().flatten() {
        id.make_ascii_lowercase();
    }
    input.tags = tags.map(|ids| ids.iter().map(ObjectId::to_string).collect());
    let custom = custom::merge(input.custom.take(), std::mem::take(&mut conversation.custom))?;
    input.apply(conversation);
    conversation.custom = custom;
    Ok(())
}

/// The queue that a body has a conversation wait in.
pub(crate) struct Waiting {
    queue: Option<Option<String>>,
    external_queue: Option<String>,
}

impl Waiting {
    /// Takes it out of a body.
    ///
    /// # Errors
    /// 400 when `queue` names neither a queue nor another system.
    pub(crate) fn take(queue: &mut Option<Queue>) -> Result<Self, Refusal> {
        let queue = queue.take();
        if queue.as_ref().is_some_and(|queue| queue.id.is_absent() && queue.external.is_none()) {
            let title = "queue needs id or external: send one of them";
            return Err(Refusal::new(400, code::BAD_PARAM, QUEUE, title).with_meta("pointer", "/queue"));
        }
        let queue = queue.unwrap_or_default();
        let id = match queue.id {
            Field::Absent => None,
            Field::Null => Some(None),
            Field::Value(id) => Some(Some(id)),
        };
        Ok(Self { queue: id, external_queue: queue.external })
    }

    pub(crate) fn write(self, record: &mut Conversation) {
        if let Some(queue) = self.external_queue {
            record.attributes.external_queue = queue.into();
        }
        let relationships = &mut record.relationships;
        match self.queue {
            Some(Some(id)) => {
                let kind = Kind::RoutingQueue;
                let tie = match id.parse::<ObjectId>() {
                    Ok(id) => Relationship::to_one(kind.as_str(), id, kind.path_of(id)),
                    Err(_) => Relationship::named(kind.as_str(), id),
                };
                relationships.insert(QUEUE.to_owned(), tie);
            }
            Some(None) => drop(relationships.remove(QUEUE)),
            None => {}
        }
    }
}

/// The references of a body to other records.
struct Links {
    waiting: Waiting,
    campaign: Option<String>,
    ended_by: Option<(String, String)>,
}

impl Links {
    /// Takes them out of a body.
    ///
    /// # Errors
    /// 400 when `queue` names neither a queue nor another system.
    fn take(input: &mut ConversationInput) -> Result<Self, Refusal> {
        let by = input.ended_by_type.as_ref().map_or("user", |by| by.as_str()).to_owned();
        Ok(Self {
            waiting: Waiting::take(&mut input.queue)?,
            campaign: input.campaign.take(),
            ended_by: input.ended_by.take().map(|id| (by, id)),
        })
    }

    fn write(self, record: &mut Conversation) {
        self.waiting.write(record);
        let relationships = &mut record.relationships;
        // There are no routes to campaigns, so these ties have no links.
        if let Some(id) = self.campaign {
            relationships.insert(CAMPAIGN.to_owned(), Relationship::named(CAMPAIGN, id));
        }
        if let Some((by, id)) = self.ended_by {
            relationships.insert(ENDED_BY.to_owned(), Relationship::named(&by, id));
        }
    }
}
