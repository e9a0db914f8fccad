//! Conversations (`docs/contract/behaviour.md` §12.1). A conversation belongs to a customer, and may move to another one.

mod messages;
mod responses;
mod status;
mod write;

use kustomer_api::conversation::{Conversation, ConversationAttributes, ConversationStatus};
use kustomer_api::envelope::{Relationship, Relationships, Resource};
use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::{Map, Value};

pub(crate) use self::messages::{
    Fold, NAME_CHARACTERS, PREVIEW_CHARACTERS, add_message, add_note, beginning, direction_type_of, first_waiting,
    newest_message, preview_of,
};
pub use self::responses::{Responses, late_message};
pub use self::write::{Seeds, Write, create, delete, elapse, move_to, tag, untag, update};
pub(crate) use self::write::{Waiting, fresh_with, insert};
use crate::change::{ChangeSet, Columns, EventSeed, Name, column_text};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::contact::composed;
use crate::conversation_time::Draw;
use crate::customer::Context;
use crate::kind::{DUE_AT, Kind};
use crate::lifecycle::{self, By, Lifecycle};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::Elapsed;
use crate::{missing, resource, sla};

/// The column that holds the id of the customer.
pub const CUSTOMER: &str = "customer";

/// The relationship to the customer that a conversation was of before merges.
pub const MERGED_FROM: &str = "mergedFrom";

impl Record for ConversationAttributes {
    fn claims(conversation: &Conversation, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let external_id = conversation.attributes.external_id.value();
        external_id.map(|id| external_id_claim(ClaimKind::ConversationExternalId, org, id, owner)).into_iter().collect()
    }

    fn columns(conversation: &Conversation) -> Columns {
        let customer = related(&conversation.relationships, CUSTOMER).map(column_text);
        Columns::of([(CUSTOMER, customer), (DUE_AT, due(&conversation.attributes).map(|due| due.to_string()))])
    }

    fn settle(
        context: &Context<'_>,
        before: Option<&Conversation>,
        conversation: &mut Conversation,
    ) -> Result<(), Refusal> {
        sla::settle(context, before, conversation)
    }

    fn search_row(conversation: &Conversation) -> Result<Option<SearchRow>, Refusal> {
        if conversation.attributes.erased_at.value().is_some() {
            return Ok(None);
        }
        Ok(Some(SearchRow::of_conversation(resource::id_of(conversation)?, conversation)))
    }

    /// Of a customer that was merged, and back when the merge is undone: the customer that it was of is kept until then.
    fn follow(
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        let from = customer_of(stored)?;
        if missing::erased_at(stored)?.is_some() || from == Some(customer) {
            return Ok(None);
        }
        let edit = |record: &mut Conversation| {
            let first = related(&record.relationships, MERGED_FROM).and_then(|id| id.parse().ok()).or(from);
            match first.filter(|first| *first != customer) {
                Some(first) => {
                    let kind = Kind::Customer;
                    let tie = Relationship::to_one(kind.as_str(), first, kind.path_of(first));
                    record.relationships.insert(MERGED_FROM.to_owned(), tie);
                }
                None => drop(record.relationships.remove(MERGED_FROM)),
            }
            relate(&mut record.relationships, Kind::Customer, customer);
            Ok(())
        };
        lifecycle::update_record(context, stored, seed, By::Consequence, edit).map(|updated| Some(updated.changes))
    }

    fn delete_owned(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if stored.deleted {
            return Ok(None);
        }
        lifecycle::delete::<Self>(context, Some(stored), seed).map(Some)
    }

    fn erase(context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(None);
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(context, stored, seed, mark).map(Some)
    }

    fn timed_with(conversation: &Conversation) -> Vec<Name> {
        let customer = related(&conversation.relationships, CUSTOMER).and_then(|id| id.parse().ok());
        customer.map(|id| (Kind::Customer, id)).into_iter().collect()
    }

    fn elapse(elapsed: &Elapsed<'_>, loaded: &Loaded, stored: &Stored) -> Result<ChangeSet, Refusal> {
        let customer = customer_of(stored)?.and_then(|id| loaded.get((Kind::Customer, id)));
        let [event, conversation_event, customer_event, time_event, ..] = elapsed.draws.events;
        let time = Draw { id: elapsed.draws.ids[0], event: time_event };
        let seeds = Seeds { event, conversation_event, customer_event, time };
        let ended = write::elapse(&elapsed.context(elapsed.org.id), stored, customer, seeds)?;
        Ok(ended.unwrap_or_default())
    }
}

/// When something is to happen to a conversation by itself: a snooze ends, or an SLA is not met. `None` when nothing is.
pub fn due(conversation: &ConversationAttributes) -> Option<Timestamp> {
    [status::due(conversation), sla::due(conversation)].into_iter().flatten().min()
}

/// The claim on an external id, with accents composed.
pub fn external_id_key(kind: ClaimKind, org: OrgKey, external_id: &str) -> ClaimKey {
    ClaimKey::new(org, kind, &composed(external_id))
}

pub(crate) fn external_id_claim(kind: ClaimKind, org: OrgKey, external_id: &str, owner: ObjectId) -> Claim {
    Claim { kind, key: external_id_key(kind, org, external_id), owner, place: ClaimPlace::attribute("externalId") }
}

/// The id of a related record.
pub(crate) fn related<'a>(relationships: &'a Relationships, name: &str) -> Option<&'a str> {
    relationships.get(name)?.id()
}

/// Ties a record to another one, of the kind that the tie is named after.
pub(crate) fn relate(relationships: &mut Relationships, kind: Kind, id: ObjectId) {
    relationships.insert(kind.as_str().to_owned(), Relationship::to_one(kind.as_str(), id, kind.path_of(id)));
}

/// The customer of a conversation, a message or a note, read from its record; a note may have none.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn customer_of(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    related_in(stored, CUSTOMER)
}

/// The customer that a conversation was of before merges, read from its record; `None` for one that no merge has moved.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn merged_from(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    related_in(stored, MERGED_FROM)
}

/// The customers that a change of a conversation names, before and after it; none of a change that does not move it.
///
/// # Errors
/// 500 when the change cannot be read.
pub fn customers_in(changes: &str) -> Result<Vec<ObjectId>, Refusal> {
    let changes: Map<String, Value> = resource::read(changes)?;
    let tie = changes.get("relationships").and_then(|relationships| relationships.get(CUSTOMER));
    let ids = ["before", "after"].map(|side| tie?.get(side)?.pointer("/data/id")?.as_str()?.parse().ok());
    Ok(ids.into_iter().flatten().collect())
}

/// The conversation of a message or a note, read from its record; a note may have none.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn conversation_of(stored: &Stored) -> Result<Option<ObjectId>, Refusal> {
    related_in(stored, Kind::Conversation.as_str())
}

pub(crate) fn related_in(stored: &Stored, name: &str) -> Result<Option<ObjectId>, Refusal> {
    resource::related_in(&stored.document, name)
}

/// Ties a record of a conversation to the customer that the conversation has moved to; nothing when it is tied already.
pub(crate) fn follow<A: Lifecycle>(
    context: &Context<'_>,
    stored: &Stored,
    event: EventSeed,
    customer: ObjectId,
) -> Result<Option<ChangeSet>, Refusal> {
    if missing::erased_at(stored)?.is_some() || customer_of(stored)? == Some(customer) {
        return Ok(None);
    }
    let edit = |record: &mut Resource<A>| {
        relate(&mut record.relationships, Kind::Customer, customer);
        Ok(())
    };
    lifecycle::update_record(context, stored, event, By::Consequence, edit).map(|updated| Some(updated.changes))
}

/// How the customer counts a conversation: by its status; not at all when it is deleted.
pub(crate) fn counted(attributes: &ConversationAttributes) -> Option<ConversationStatus> {
    let deleted = attributes.deleted.value().copied().unwrap_or_default();
    (!deleted).then(|| attributes.status.value().cloned().unwrap_or(ConversationStatus::Open))
}

/// The conversation, when it is there.
///
/// # Errors
/// 404 otherwise.
pub fn alive(stored: Option<&Stored>) -> Result<&Stored, Refusal> {
    stored.filter(|stored| !stored.deleted).ok_or_else(|| missing::missing(Kind::Conversation, stored))
}

/// 404 for a conversation that is not there.
pub fn gone(stored: Option<&Stored>) -> Refusal {
    missing::missing(Kind::Conversation, stored)
}

/// 400 for the id of no record of a kind, in a member of the body.
pub fn unknown(kind: Kind, member: &str, id: &str) -> Refusal {
    let kind = kind.as_str();
    let title = format!("There is no {kind} with the id {id}: send the id of one that exists");
    Refusal::new(400, code::BAD_PARAM, member, title).with_meta("pointer", format!("/{member}"))
}

/// 400 for a body that names another record than the path.
pub fn other(member: &str, id: ObjectId) -> Refusal {
    let title = format!("{member} is another than the one in the path, {id}: leave it out");
    Refusal::new(400, code::BAD_PARAM, member, title).with_meta("pointer", format!("/{member}"))
}

/// Lets a new record of a conversation pass whose body names no customer, or that of the conversation.
///
/// # Errors
/// 400 when it names another.
pub fn check_owner(named: Option<ObjectId>, owner: ObjectId) -> Result<(), Refusal> {
    match named {
        Some(named) if named != owner => {
            let title = format!("The conversation belongs to the customer {owner}: leave customer out");
            Err(Refusal::new(400, code::BAD_PARAM, CUSTOMER, title).with_meta("pointer", "/customer"))
        }
        _ => Ok(()),
    }
}

/// 400 for a body that lacks a member.
pub fn needed(member: &str, why: &str) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, member, format!("{member} is required: {why}"))
        .with_meta("pointer", format!("/{member}"))
}

/// 409 for an id that a client chose and that another record has.
pub fn taken(id: ObjectId, holder: Kind) -> Refusal {
    let title = format!("A {} has the id {id}: send another one, or none", holder.as_str());
    Refusal::new(409, code::CONFLICT, "id", title).with_meta("pointer", "/id")
}
