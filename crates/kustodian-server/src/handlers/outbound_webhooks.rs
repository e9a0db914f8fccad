//! Outbound webhooks.

use kustodian_core::feed::{FeedQuery, Payload};
use kustodian_core::kind::Kind;
use kustodian_core::outbound_webhook::{self, Log, MAX_WEBHOOKS, Schemes, kinds_of};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::{event, inbound_webhook, permission, resource};
use kustomer_api::outbound_webhook::{
    CreateOutboundWebhook, DeleteOutboundWebhook, GetOutboundWebhookById, GetOutboundWebhookEvents,
    GetOutboundWebhookTransactions, GetOutboundWebhooks, RedeliverOutboundWebhook, UpdateOutboundWebhook,
    WebhookEvents,
};
use kustomer_api::validation::Fault;
use kustomer_api::{Endpoint, ObjectId};
use std::fmt::Write as _;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{events, plain};
use crate::paging::Numbered;
use crate::webhooks;

const KIND: Kind = Kind::OutboundWebhook;

pub(crate) async fn get_outbound_webhooks(call: Call<GetOutboundWebhooks>) -> Result<Answer, Refusal> {
    plain::list(&call, KIND).await
}

pub(crate) async fn get_outbound_webhook_by_id(call: Call<GetOutboundWebhookById>) -> Result<Answer, Refusal> {
    plain::get(&call, KIND, call.path, call.query).await
}

/// Those of kinds that the caller may read.
pub(crate) async fn get_outbound_webhook_events(call: Call<GetOutboundWebhookEvents>) -> Result<Answer, Refusal> {
    let readable = permission::readable_kinds(call.caller());
    let names =
        outbound_webhook::event_names().filter(|name| kinds_of(&[name]).iter().all(|kind| readable.contains(kind)));
    let mut events: Vec<String> = names.map(str::to_owned).collect();
    if readable.contains(&Kind::InboundWebhook) {
        let raising = find_all(&call, Kind::InboundWebhook, inbound_webhook::MAX_WEBHOOKS).await?;
        events.extend(raising.iter().map(|webhook| inbound_webhook::event_name(webhook.id)));
    }
    let answered = WebhookEvents { events };
    Ok(Answer::Json(resource::render(&answered)?))
}

pub(crate) async fn create_outbound_webhook(call: Call<CreateOutboundWebhook>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check_events(&call, input.events.as_deref().unwrap_or_default())?;
    check_count(&call, KIND, MAX_WEBHOOKS, outbound_webhook::too_many).await?;
    let token = call.app().services.ids.secret().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let id = call.next_id();
    let changes = outbound_webhook::create(&call.act().context(), id, call.next_event(), input, token, schemes(&call))?;
    if !call.is_rehearsal() {
        webhooks::begin(call.app(), call.org(), id, call.now()).await?;
    }
    plain::create(&call, changes).await
}

pub(crate) async fn update_outbound_webhook(call: Call<UpdateOutboundWebhook>) -> Result<Answer, Refusal> {
    let (input, act, event, schemes) = (call.input()?, call.act(), call.next_event(), schemes(&call));
    check_events(&call, input.events.as_deref().unwrap_or_default())?;
    let (caller, status) = (call.caller().clone(), call.app().settings.missing_role_status);
    let decide = move |stored: Option<Stored>| {
        // A user who may not read its events must not change their destination, also if somebody else created it.
        if let (None, Some(stored)) = (&input.events, &stored) {
            for kind in kinds_of(&outbound_webhook::events_of(stored)?) {
                permission::require_read(&caller, UpdateOutboundWebhook::OPERATION, kind, status)?;
            }
        }
        outbound_webhook::update(&act.context(), stored.as_ref(), event, input, schemes)
    };
    let answer = plain::update(&call, KIND, call.path, decide).await;
    call.app().webhooks.wake();
    answer
}

pub(crate) async fn delete_outbound_webhook(call: Call<DeleteOutboundWebhook>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| outbound_webhook::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, KIND, call.path, decide).await
}

pub(crate) async fn get_outbound_webhook_transactions(
    call: Call<GetOutboundWebhookTransactions>,
) -> Result<Answer, Refusal> {
    let stored = find(&call, call.path).await?;
    let note = webhooks::find_note(call.app(), &Log::name_of(call.org(), stored.id)).await.map_err(unavailable)?;
    let log = note.as_ref().map(Log::read).unwrap_or_default();
    let documents = log.newest_first(stored.id).map(|transaction| resource::render(&transaction));
    let documents: Vec<String> = documents.collect::<Result<_, _>>()?;
    let page = Numbered::of(call.query);
    let (shown, has_next) = page.of_all(&documents);
    let path = format!("{}/transactions", KIND.path_of(stored.id));
    Ok(Answer::Json(page.uncounted(&path, shown.to_vec(), has_next)))
}

pub(crate) async fn redeliver_outbound_webhook(call: Call<RedeliverOutboundWebhook>) -> Result<Answer, Refusal> {
    let (input, stored) = (call.input()?, find(&call, call.path).await?);
    check_events(&call, &outbound_webhook::events_of(&stored)?)?;
    let fault = |name: &str, title: &str| Refusal::bad_input(vec![Fault::of_attribute(name, title.to_owned(), "")]);
    match (input.events, input.since) {
        (Some(ids), None) => {
            let mut positions = Vec::new();
            for id in ids.iter().filter_map(|id| id.parse().ok()) {
                positions.push(find_position(&call, id).await?);
            }
            if !call.is_rehearsal() {
                let asked = |queue: &mut outbound_webhook::Queue| queue.redeliver(positions.iter().copied());
                if webhooks::change_queue(call.app(), &stored, call.org(), asked).await? > 0 {
                    return Err(crate::answer::try_again("Too many events wait to be sent again", 5));
                }
            }
        }
        (None, Some(since)) => {
            let query = FeedQuery { from: Some(since), limit: 1, payload: Payload::None, ..FeedQuery::default() };
            let first = call.store().feed(call.org(), query).await.map_err(unavailable)?.events;
            let first = first.first().and_then(|event| event.position);
            if let (Some(first), false) = (first, call.is_rehearsal()) {
                let rewind = |queue: &mut outbound_webhook::Queue| queue.rewind(first.saturating_sub(1));
                webhooks::change_queue(call.app(), &stored, call.org(), rewind).await?;
            }
        }
        (Some(_), Some(_)) => return Err(fault("since", "Send either events or since, not both")),
        (None, None) => return Err(fault("events", "Send the ids of events, or since: a moment")),
    }
    Ok(Answer::ok(stored.document))
}

/// The position of an event that the caller may read.
async fn find_position<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<u64, Refusal> {
    let found = call.store().find_event(call.org(), id).await.map_err(unavailable)?;
    let kind = found.map(|found| found.kind).ok_or_else(|| event::unknown("events", id))?;
    if !outbound_webhook::sent_kinds().any(|sent| sent == kind) || !permission::may_read(call.caller(), kind) {
        return Err(event::unknown("events", id));
    }
    events::find_position(call, "events", id).await
}

async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Stored, Refusal> {
    match call.store().find(call.org(), KIND, id).await.map_err(unavailable)? {
        Some(stored) if !stored.deleted => Ok(stored),
        stored => Err(plain::not_there(call, KIND, stored.as_ref())),
    }
}

/// Nobody has records sent elsewhere that he may not read.
fn check_events<E: Endpoint>(call: &Call<E>, events: &[String]) -> Result<(), Refusal> {
    let status = call.app().settings.missing_role_status;
    for kind in kinds_of(events) {
        permission::require_read(call.caller(), E::OPERATION, kind, status)?;
    }
    Ok(())
}

/// Lets another record of a kind be made when the org has fewer than `max`.
pub(super) async fn check_count<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    max: usize,
    too_many: fn() -> Refusal,
) -> Result<(), Refusal> {
    if find_all(call, kind, max).await?.len() >= max { Err(too_many()) } else { Ok(()) }
}

/// The records of a kind that an org has at most `max` of.
async fn find_all<E: Endpoint>(call: &Call<E>, kind: Kind, max: usize) -> Result<Vec<Stored>, Refusal> {
    let query = kustodian_core::store::ListQuery {
        sort: kustodian_core::store::SortKey::Id,
        start: kustodian_core::store::Start::Offset(0),
        ..kustodian_core::store::ListQuery::of(kind, u32::try_from(max).unwrap_or(u32::MAX), usize::MAX)
    };
    Ok(call.store().list(call.org(), query).await.map_err(unavailable)?.records)
}

fn schemes<E: Endpoint>(call: &Call<E>) -> Schemes {
    Schemes { allow_http: call.app().settings.webhook_allow_http }
}
