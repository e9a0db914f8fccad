//! What a customer shows of its conversations, worked out again out of them: after one of them was moved to another customer, or a
//! merge was undone, which returns some of them with the messages of the meantime.

use std::collections::BTreeSet;

use kustomer_api::conversation::{Conversation, ConversationStatus};
use kustomer_api::customer::{ConversationCounts, Customer, CustomerAttributes};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

use super::Context;
use super::effects::{recount, sent_at_of, show_conversation, show_marks};
use super::lifecycle::put_of;
use crate::change::{Cause, ChangeSet, Event, EventSeed};
use crate::conversation::counted;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// The conversations of a customer, as far as the customer shows them.
#[derive(Debug, Default)]
pub struct Recount {
    statuses: Vec<ConversationStatus>,
    own: BTreeSet<ObjectId>,
    /// What a customer shows who has these conversations alone.
    shown: CustomerAttributes,
}

impl Recount {
    /// Adds a conversation, a deleted one too: its messages still count for the last message.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn add(&mut self, stored: &Stored) -> Result<(), Refusal> {
        let Conversation { attributes, .. } = resource::read(&stored.document)?;
        self.own.insert(stored.id);
        if attributes.erased_at.value().is_some() {
            return Ok(());
        }
        self.statuses.extend(counted(&attributes));
        show_conversation(&mut self.shown, stored.id, &attributes);
        show_marks(&mut self.shown, &attributes);
        Ok(())
    }

    /// Corrects what a customer shows, where it shows something else: how many conversations it has, when the last messages
    /// were sent, and the newest one, when that is in a conversation of another customer or a newer one exists. The system
    /// does it.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn correct(
        self,
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
    ) -> Result<Option<ChangeSet>, Refusal> {
        let context = &context.not_before(stored.updated_at);
        let before: Customer = resource::read(&stored.document)?;
        let mut after = before.clone();
        after.attributes.conversation_counts = Field::Value(ConversationCounts::default());
        recount(&mut after.attributes, None, None);
        for status in &self.statuses {
            recount(&mut after.attributes, None, Some(status.clone()));
        }
        self.show(&mut after.attributes);
        if after == before {
            return Ok(None);
        }
        after.attributes.rev = Field::Value(stored.rev + 1);
        after.attributes.updated_at = context.now.into();
        let put = put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
        let name = Kind::Customer.spec().events.update;
        let cause = Cause { seed, name, actor: context.doer(), client: context.client, request_id: context.request_id };
        let event = Event::of(cause, &put, Some(resource::changes(&before, &after)?));
        Ok(Some(ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() }))
    }

    fn show(self, customer: &mut CustomerAttributes) {
        let Self { own, shown, .. } = self;
        let last = customer.last_conversation.value().and_then(|last| last.id.as_deref()?.parse().ok());
        let is_of_another = last.is_some_and(|last: ObjectId| !own.contains(&last));
        if is_of_another || shown.last_message_at != customer.last_message_at {
            // The customer may show more of the same message than its conversation keeps.
            let said_at =
                |preview: &Field<Map<String, Value>>| preview.value().and_then(|it| it.get("previewAt")).cloned();
            if said_at(&customer.preview) != said_at(&shown.preview) || is_of_another {
                customer.preview = Field::Value(shown.preview.into_value().unwrap_or_default());
            }
            customer.last_conversation = Field::Value(shown.last_conversation.into_value().unwrap_or_default());
        }
        customer.last_message_at = shown.last_message_at;
        customer.last_message_in = shown.last_message_in;
        customer.last_message_out = shown.last_message_out;
        customer.last_message_unresponded_to = shown.last_message_unresponded_to;
    }
}

/// Whether a customer may still show something of a conversation that was moved to another one: it shows it as the last one,
/// or no later messages than that one has.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn may_show(customer: &Stored, conversation: &Stored) -> Result<bool, Refusal> {
    let customer: Customer = resource::read(&customer.document)?;
    let moved: Conversation = resource::read(&conversation.document)?;
    let shown = customer.attributes;
    let mut of_moved = CustomerAttributes::default();
    show_marks(&mut of_moved, &moved.attributes);
    let last = shown.last_conversation.value().and_then(|last| last.id.as_deref());
    let is_as_late = |mark: Option<Timestamp>, of_moved: Option<Timestamp>| mark.is_some() && mark <= of_moved;
    Ok(last == Some(&conversation.id.to_string())
        || is_as_late(shown.last_message_at.value().copied(), of_moved.last_message_at.value().copied())
        || is_as_late(sent_at_of(&shown.last_message_in), sent_at_of(&of_moved.last_message_in))
        || is_as_late(sent_at_of(&shown.last_message_out), sent_at_of(&of_moved.last_message_out)))
}
