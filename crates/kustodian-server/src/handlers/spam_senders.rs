//! Senders whose messages are always spam, or never.

use kustodian_core::claim::ClaimKind;
use kustodian_core::identities::Identities;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::spam::{Said, Senders};
use kustodian_core::store::{CommitError, ListQuery, Pages, Stored};
use kustodian_core::{resource, spam};
use kustomer_api::error::code;
use kustomer_api::spam_sender::{DeleteSpamSender, GetSpamSenderById, GetSpamSenders, UpsertSpamSender};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{homes, plain};
use crate::paging::FULL;

pub(crate) async fn get_spam_senders(call: Call<GetSpamSenders>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::SpamSender).await
}

pub(crate) async fn get_spam_sender_by_id(call: Call<GetSpamSenderById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::SpamSender, call.path, call.query).await
}

pub(crate) async fn upsert_spam_sender(call: Call<UpsertSpamSender>) -> Result<Answer, Refusal> {
    let (input, act, id, event) = (call.input()?, call.act(), call.next_id(), call.next_event());
    let lacking = |name| Refusal::new(400, code::BAD_PARAM, name, format!("{name} is needed"));
    let channel = input.channel.as_ref().ok_or_else(|| lacking("channel"))?;
    let sender = input.sender.as_deref().ok_or_else(|| lacking("sender"))?;
    let key = spam::key(call.org(), channel, spam::address_in(sender));
    for _ in 0..plain::ATTEMPTS {
        let found = call.store().find_by_claim(call.org(), Kind::SpamSender, key).await.map_err(unavailable)?;
        let (act, input) = (act.clone(), input.clone());
        let committed = match found {
            Some(found) => {
                let decide = move |stored: Option<Stored>| {
                    let stored = stored.as_ref().ok_or_else(|| Refusal::not_found("id"))?;
                    spam::put(&act.context(), Some(stored), id, event, input)
                };
                match plain::commit_change(&call, Kind::SpamSender, found.id, decide).await {
                    Ok(changes) if changes.puts.is_empty() => return Ok(Answer::ok(found.document)),
                    committed => committed,
                }
            }
            None => {
                resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
                let changes = spam::put(&act.context(), None, id, event, input)?;
                call.commit(call.ready()(changes, 0)?).await
            }
        };
        match committed {
            Ok(changes) => {
                call.app().spam.forget(call.org());
                return plain::written(changes, Answer::ok);
            }
            // Another request has put the sender on a list meanwhile, or has taken it off.
            Err(CommitError::Claimed { claim, .. }) if claim.kind == ClaimKind::SpamSender => {}
            Err(CommitError::Refused(refusal)) if refusal.status == 404 => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn delete_spam_sender(call: Call<DeleteSpamSender>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| spam::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, Kind::SpamSender, call.path, decide).await
}

/// How many are read at a time.
const BATCH: u32 = 100;

/// Erases the senders with the addresses, numbers and names that a customer has or had, those taken off its lists
/// included; not of those that another customer has by now.
pub(crate) async fn erase_senders_of<E: Endpoint>(
    call: &Call<E>,
    customer: ObjectId,
    identities: &Identities,
) -> Result<(), Refusal> {
    let senders = Senders::from(identities);
    let query = ListQuery::of(Kind::SpamSender, BATCH, FULL);
    let mut pages = Pages::with_deleted(call.store(), call.org(), query);
    while let Some(listed) = pages.next().await.map_err(unavailable)? {
        for stored in listed {
            if let Some(said) = senders.find(&stored)?
                && !is_of_another(call, customer, &said).await?
            {
                let (act, event) = (call.act(), call.next_event());
                let erase = move |stored: Stored| Kind::SpamSender.erase(&act.context(), &stored, event);
                homes::commit(call, (Kind::SpamSender, said.id), erase).await?;
            }
        }
    }
    Ok(())
}

async fn is_of_another<E: Endpoint>(call: &Call<E>, customer: ObjectId, said: &Said) -> Result<bool, Refusal> {
    let keys = said.claims_of_others(call.org());
    let owners = call.store().find_owners(call.org(), &keys).await.map_err(unavailable)?;
    Ok(owners.into_iter().flatten().any(|owner| owner != customer))
}
