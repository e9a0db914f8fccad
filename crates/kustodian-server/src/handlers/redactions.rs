//! Redactions of messages.

use kustodian_core::change::{EventSeed, Kept, Name};
use kustodian_core::conversation::{conversation_of, customer_of};
use kustodian_core::kind::Kind;
use kustodian_core::message::CONVERSATION;
use kustodian_core::redaction::{self, Past, Redaction};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, Pages, Stored};
use kustodian_core::{missing, resource};
use kustomer_api::message::{Message, RedactMessage, RedactionInput};
use kustomer_api::{Endpoint, ObjectId, Timestamp};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::files::Removal;
use crate::handlers::{family, merges};
use crate::moved;
use crate::past::{self, Changes, State};

/// How many drafts or deliveries are read together.
const PAGE: u32 = 100;

pub(crate) async fn redact_message(mut call: Call<RedactMessage>) -> Result<Answer, Refusal> {
    let (id, input) = (call.path, call.input()?);
    let found = family::find(&call, Kind::Message, id).await.map_err(unavailable)?;
    let stored = found.as_ref().filter(|stored| !stored.deleted);
    let stored = stored.ok_or_else(|| missing::missing(Kind::Message, found.as_ref()))?;
    let conversation = conversation_of(stored)?.ok_or_else(|| resource::fault("A message is of no conversation"))?;
    let shows_words = input.preview.is_some() || input.meta.is_some();
    let sent_by = if shows_words { sent_by(&call, conversation, id).await? } else { Vec::new() };
    let (customer, others) = match shows_words {
        true => shown_by(&call, conversation).await?,
        false => (None, Vec::new()),
    };
    let past = match input.preview.is_some() {
        true => {
            let customers = customer.into_iter().chain(others.iter().copied());
            let customers = customers.map(|id| (Kind::Customer, id));
            past_of(&call, stored, std::iter::once((Kind::Conversation, conversation)).chain(customers)).await?
        }
        false => Past::default(),
    };
    let redaction = Redaction { message: id, input: input.clone(), sent_by, shown_by: others, past };

    let others = redaction.names()?;
    let removal = removal_of(&call, &input).await?;
    // One each, and one each for the conversation and its customer.
    let events: Vec<EventSeed> = (0..others.len() + 2).map(|_| call.next_event()).collect();
    let (act, letting_go) = (call.act(), removal.clone());
    let decide = move |family: &family::Family| {
        for name in redaction.attachments()? {
            letting_go.find(family.get((Kind::Attachment, name)));
        }
        let shown = family.shown();
        redaction::redact(&act.context(), |name| family.get(name), shown, &redaction, &mut events.into_iter())
    };
    let committed = family::commit(&call, conversation, &others, decide).await;
    if !call.is_rehearsal() {
        removal.finish(call.app()).await;
    }
    let changes = committed.map_err(|error| call.not_committed(error))?;
    let written = changes.puts.first().zip(changes.events.first());
    let (put, event) = written.ok_or_else(|| resource::fault("Nothing was written"))?;
    if !call.is_rehearsal() {
        // The records no longer have it. Their former bytes on the disk are swept, too.
        call.step_aside();
        call.app().scrubber.scrub(&call.app().services.store).await;
    }
    Ok(Answer::created(redaction::answer(&put.document, &input, event.id)?))
}

/// Notes the bytes that are about to be removed, when anything is.
async fn removal_of(call: &Call<RedactMessage>, input: &RedactionInput) -> Result<Removal, Refusal> {
    let mut records = Vec::new();
    for text in input.attachments.iter().flatten().filter(|_| !call.is_rehearsal()) {
        let Ok(id) = text.parse() else { continue };
        records.extend(family::find(call, Kind::Attachment, id).await.map_err(unavailable)?);
    }
    Removal::prepare(call.app(), &call.act().org, Kind::Attachment, &records).await
}

/// The customer of a conversation; and with it the customers that it was moved from, and those that went into one of them or
/// that one of them went into, when there are any.
async fn shown_by<E: Endpoint>(
    call: &Call<E>,
    conversation: ObjectId,
) -> Result<(Option<ObjectId>, Vec<ObjectId>), Refusal> {
    let found = family::find(call, Kind::Conversation, conversation).await.map_err(unavailable)?;
    let Some(stored) = found else { return Ok((None, Vec::new())) };
    let owner = customer_of(&stored)?;
    let former = moved::former_customers(call.store(), call.org(), &stored).await?;
    let mut others = Vec::new();
    for customer in owner.into_iter().chain(former.iter().copied()) {
        others.extend(merges::related(call, customer).await?);
    }
    others.extend(former);
    others.sort_unstable();
    others.dedup();
    Ok((owner, others))
}

/// The former words of a message, and the last states of records from before it was made. Those states never change, so they
/// are read without locks.
async fn past_of<E: Endpoint>(
    call: &Call<E>,
    message: &Stored,
    records: impl Iterator<Item = Name>,
) -> Result<Past, Refusal> {
    let (store, org) = (call.store(), call.org());
    let (mut past, mut made_at) = (Past::default(), None);
    let mut pages = Changes::of(store, org, (Kind::Message, message.id), 1..=message.rev);
    while let Some(events) = pages.next().await? {
        made_at = made_at.or_else(|| events.first().filter(|event| event.rev == 1).map(|event| event.at));
        for changes in events.iter().filter_map(|event| event.changes.as_deref()) {
            for words in redaction::words_of(changes)? {
                if !past.words.contains(&words) {
                    past.words.push(words);
                }
            }
        }
    }
    let Some(made_at) = made_at else { return Ok(past) };
    let before = Timestamp::from_millis(made_at.as_millis() - 1);
    let present: Message = resource::read(&message.document)?;
    let present = present.attributes.preview.into_value();
    for (kind, id) in records {
        let Some(rev) = store.find_rev_at(org, kind, id, before).await.map_err(unavailable)? else { continue };
        // Those right before the message may have been erased with another message.
        let last = past::find_last_state(store, org, kind, id, rev).await?;
        let Some(State { rev, document }) = last else { continue };
        // Should clocks of servers differ, all of the past is erased.
        if !past.words.iter().chain(&present).any(|words| redaction::shows(&document, words)) {
            past.kept.insert((kind, id), Kept { rev, document });
        }
    }
    Ok(past)
}

/// The drafts and deliveries of a conversation that a message was sent by, which were written together with it, and the
/// forwards that may quote it.
async fn sent_by<E: Endpoint>(call: &Call<E>, conversation: ObjectId, message: ObjectId) -> Result<Vec<Name>, Refusal> {
    let mut names = Vec::new();
    for kind in [Kind::Draft, Kind::Delivery, Kind::Forward] {
        let query = ListQuery::of(kind, PAGE, crate::parts::HELD).narrowed(CONVERSATION, conversation);
        let mut pages = Pages::with_deleted(call.store(), call.org(), query);
        while let Some(found) = pages.next().await.map_err(unavailable)? {
            for stored in &found {
                if redaction::may_show(kind, stored, message)? {
                    names.push((kind, stored.id));
                }
            }
        }
    }
    Ok(names)
}
