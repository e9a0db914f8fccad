//! The answers of a conversation, worked out again out of all its messages: one was recorded after others that were sent
//! later, as imports in any order do.

use kustomer_api::ObjectId;
use kustomer_api::conversation::{Conversation, ConversationAttributes, Response};
use kustomer_api::message::{DirectionType, Message};
use kustomer_api::search::Attribute;

use super::messages::{Fold, add_message};
use super::related;
use super::write::fresh_with;
use crate::change::{ChangeSet, EventSeed, Put};
use crate::customer::Context;
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::refusal::Refusal;
use crate::resource;
use crate::search::Value;
use crate::store::Stored;

/// The conversation of a message that was created with these changes, if it has later ones.
pub fn late_message(changes: &ChangeSet) -> Option<ObjectId> {
    let moment = |put: &Put, attribute: Attribute| match put.search.as_ref()?.values(attribute).first() {
        Some(Value::Moment(millis)) => Some(*millis),
        _ => None,
    };
    let is_new = |put: &&Put| put.kind == Kind::Message && put.expects.is_none();
    let sent_at = changes.puts.iter().filter(is_new).find_map(|put| moment(put, Attribute::MessageSentAt))?;
    let conversation = changes.puts.iter().find(|put| put.kind == Kind::Conversation)?;
    (sent_at < moment(conversation, Attribute::ConversationLastMessageAt)?).then_some(conversation.id)
}

/// The messages of a conversation, as far as they answer each other.
#[derive(Debug, Default)]
pub struct Responses(Vec<Fold>);

impl Responses {
    /// Adds a message, a deleted one too.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn add(&mut self, stored: &Stored) -> Result<(), Refusal> {
        let Message { attributes: of, relationships, .. } = resource::read(&stored.document)?;
        let created_at = of.created_at.value().copied();
        let (Some(sent_at), Some(direction)) = (of.sent_at.value().copied().or(created_at), of.direction.value())
        else {
            return Ok(());
        };
        let created_by = related(&relationships, "createdBy").and_then(|id| id.parse().ok());
        self.0.push(Fold {
            id: stored.id,
            direction: direction.clone(),
            direction_type: DirectionType::InitialIn,
            channel: String::new(),
            sent_at,
            created_at: created_at.unwrap_or(sent_at),
            preview: None,
            subject: None,
            auto: of.auto.value().copied().unwrap_or_default(),
            // Nothing but the answers is taken of what follows from it.
            imported: true,
            is_dated: false,
            created_by: created_by.unwrap_or(stored.id),
        });
        Ok(())
    }

    /// Corrects the answers that a conversation shows, where they are others. The system does it. Nothing is corrected where
    /// there is none: a conversation may be imported without its messages.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn correct(
        mut self,
        context: &Context<'_>,
        stored: &Stored,
        event: EventSeed,
    ) -> Result<Option<ChangeSet>, Refusal> {
        let Conversation { attributes: of, .. } = resource::read(&stored.document)?;
        self.0.sort_by_key(|message| (message.sent_at, message.id));
        let mut all = ConversationAttributes {
            created_at: of.created_at,
            assigned_users: of.assigned_users.clone(),
            assigned_teams: of.assigned_teams.clone(),
            ..fresh_with(context)
        };
        for message in &self.0 {
            add_message(&mut all, message, context.now)?;
        }
        let first = again(of.first_response.value(), all.first_response.value());
        let last = again(of.last_response.value(), all.last_response.value());
        if stored.deleted || (first.is_none() && last.is_none()) {
            return Ok(None);
        }
        let context = &context.not_before(stored.updated_at);
        let edit = |record: &mut Conversation| {
            if let Some(first) = first {
                record.attributes.first_response = first.into();
            }
            if let Some(last) = last {
                record.attributes.last_response = last.into();
            }
            Ok(())
        };
        lifecycle::update_record(context, stored, event, By::System, edit).map(|updated| Some(updated.changes))
    }
}

/// The answer that was found, if another one is shown, or the same with other times. Of the same message it may be known who
/// was assigned then.
fn again(shown: Option<&Response>, found: Option<&Response>) -> Option<Response> {
    let found = found.filter(|found| !found.id.is_absent())?;
    let same = shown.filter(|shown| shown.id == found.id);
    let again = same.map_or_else(
        || found.clone(),
        |same| Response { time: found.time, response_time: found.response_time, ..same.clone() },
    );
    (shown != Some(&again)).then_some(again)
}
