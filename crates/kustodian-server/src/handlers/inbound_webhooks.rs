//! Inbound webhooks, and posts to them.

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use kustodian_core::change::{ChangeSet, Kept};
use kustodian_core::customer::{Context, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::feed::{HistoryQuery, Payload};
use kustodian_core::inbound_webhook::{self, Encoding, Hash, MAX_WEBHOOKS, Person, Received};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, ListQuery, Pages, Stored, decide_on};
use kustodian_core::{rate_limit, record_limit, resource};
use kustomer_api::Endpoint;
use kustomer_api::error::code;
use kustomer_api::inbound_webhook::{
    CreateInboundWebhook, DeleteInboundWebhook, EraseInboundWebhookPosts, GetInboundWebhookAddress,
    GetInboundWebhookById, GetInboundWebhooks, MAX_RECEIVED, Raised, UpdateInboundWebhook,
};

use crate::answer::{self, Answer, unavailable};
use crate::call::{Call, Visit};
use crate::files::form::{Form, Source};
use crate::handlers::{homes, outbound_webhooks, plain};
use crate::parts::HELD;
use crate::past::{self, State};
use crate::rehearsal;

const KIND: Kind = Kind::InboundWebhook;

/// The maximum number of query arguments of a post.
const MAX_ARGUMENTS: usize = 100;

pub(crate) async fn get_inbound_webhooks(call: Call<GetInboundWebhooks>) -> Result<Answer, Refusal> {
    plain::list(&call, KIND).await
}

pub(crate) async fn get_inbound_webhook_by_id(call: Call<GetInboundWebhookById>) -> Result<Answer, Refusal> {
    plain::get(&call, KIND, call.path, call.query).await
}

pub(crate) async fn get_inbound_webhook_address(call: Call<GetInboundWebhookAddress>) -> Result<Answer, Refusal> {
    let services = &call.app().services;
    let stored = call.store().find(call.org(), KIND, call.path).await.map_err(unavailable)?;
    let Some(stored) = stored.as_ref().filter(|stored| !stored.deleted) else {
        return Err(plain::not_there(&call, KIND, stored.as_ref()));
    };
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let address = inbound_webhook::address(call.caller().org.id, stored, &key)?;
    Ok(Answer::Json(resource::render(&address)?))
}

pub(crate) async fn create_inbound_webhook(call: Call<CreateInboundWebhook>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    outbound_webhooks::check_count(&call, KIND, MAX_WEBHOOKS, inbound_webhook::too_many).await?;
    let changes = inbound_webhook::create(&call.act().context(), call.next_id(), call.next_event(), input)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_inbound_webhook(call: Call<UpdateInboundWebhook>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| inbound_webhook::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, KIND, call.path, decide).await
}

pub(crate) async fn delete_inbound_webhook(call: Call<DeleteInboundWebhook>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| inbound_webhook::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, KIND, call.path, decide).await
}

pub(crate) async fn erase_inbound_webhook_posts(mut call: Call<EraseInboundWebhookPosts>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| inbound_webhook::erase_posts(&act.context(), stored.as_ref(), event);
    plain::change(&call, KIND, call.path, decide).await?;
    if !call.is_rehearsal() {
        call.step_aside();
        call.app().scrubber.scrub(&call.app().services.store).await;
    }
    Ok(Answer::Empty)
}

/// How many webhooks, and how many posts of one, are read at a time.
const BATCH: u32 = 100;

/// Erases the posts about a person who is erased, to deleted webhooks too, and all later posts to the same webhook.
pub(crate) async fn erase_posts_about<E: Endpoint>(call: &Call<E>, person: &Person) -> Result<(), Refusal> {
    let mut pages = Pages::with_deleted(call.store(), call.org(), ListQuery::of(KIND, BATCH, HELD));
    while let Some(listed) = pages.next().await.map_err(unavailable)? {
        for stored in listed {
            let Some(first) = find_post_about(call, &stored, person).await? else { continue };
            let before = past::find_last_state(call.store(), call.org(), KIND, stored.id, first - 1).await?;
            let kept = before.map(|State { rev, document }| Kept { rev, document });
            let (act, event) = (call.act(), call.next_event());
            let forget = move |stored: Stored| inbound_webhook::forget(&act.context(), &stored, event, kept);
            homes::commit(call, (KIND, stored.id), forget).await?;
        }
    }
    Ok(())
}

/// The revision of the first post to a webhook that is about a person.
async fn find_post_about<E: Endpoint>(
    call: &Call<E>,
    webhook: &Stored,
    person: &Person,
) -> Result<Option<u64>, Refusal> {
    let mut from = 1;
    while from <= webhook.rev {
        let query = HistoryQuery {
            kind: KIND,
            record: webhook.id,
            from,
            to: webhook.rev,
            descending: false,
            limit: BATCH,
            payload: Payload::Changes,
            bytes: HELD,
        };
        let events = call.store().history(call.org(), query).await.map_err(unavailable)?;
        let Some(last) = events.last() else { break };
        from = last.rev + 1;
        for event in &events {
            let changes = event.changes.as_deref();
            if changes.map(|changes| inbound_webhook::shows(changes, person)).transpose()?.unwrap_or_default() {
                return Ok(Some(event.rev));
            }
        }
    }
    Ok(None)
}

/// The hash in the path is the credential: nothing else is read before it is verified.
pub(crate) async fn create_web_hook_transaction(visit: Visit) -> Result<Answer, Refusal> {
    let services = &visit.app.services;
    let hash = visit.path_values.first().and_then(|hash| Hash::read(hash)).ok_or_else(inbound_webhook::unknown)?;
    let orgs = services.directory.list_orgs().await.map_err(unavailable)?;
    let org = orgs.into_iter().find(|org| org.id == hash.org).ok_or_else(inbound_webhook::unknown)?;
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let stored = services.store.find(org.key, KIND, hash.webhook).await.map_err(unavailable)?;
    hash.check(stored.as_ref(), &key)?;
    let (is_granted, standing) = visit.app.take_from_budget(org.key, visit.now);
    if !is_granted {
        return Err(answer::wait_for_reset(rate_limit::exceeded(standing), standing.wait(visit.now)));
    }
    let received = received(&visit).await?;
    let changes = commit(&visit, org, hash, key, received).await?;
    let event = changes.events.first().ok_or_else(|| resource::fault("Nothing was raised"))?;
    let raised = Raised { id: event.id.to_string(), name: event.name.clone().into_owned() };
    Ok(Answer::Json(resource::render(&raised)?))
}

async fn commit(visit: &Visit, org: Org, hash: Hash, key: [u8; 32], received: Received) -> Result<ChangeSet, Refusal> {
    let (services, event) = (&visit.app.services, visit.app.services.ids.next_event());
    let (now, request_id, max_record) = (visit.now, visit.request_id.clone(), visit.app.settings.max_record);
    let org_key = org.key;
    let decide = move |stored: Option<Stored>| {
        let context = Context {
            org: &org,
            actor: org.id,
            now,
            client: SYSTEM,
            request_id: &request_id,
            slas: None,
            import: None,
        };
        let former = stored.as_ref().map_or(0, |stored| stored.document.len());
        let changes = inbound_webhook::receive(&context, stored.as_ref(), event, (&hash, &key), received)?;
        record_limit::check(&changes, former, max_record)?;
        Ok(changes)
    };
    let name = (KIND, hash.webhook);
    let committed = match visit.is_rehearsal {
        true => rehearsal::commit_locked(&*services.store, org_key, vec![name], decide_on(name, decide)).await,
        false => services.store.commit_locked(org_key, vec![name], decide_on(name, decide)).await,
    };
    committed.map_err(|error: CommitError| answer::not_committed(error, |_| false))
}

async fn received(visit: &Visit) -> Result<Received, Refusal> {
    let content_type =
        visit.headers.get(CONTENT_TYPE).map(|sent| String::from_utf8_lossy(sent.as_bytes()).into_owned());
    let encoding = Encoding::of(content_type.as_deref())?;
    let body = match encoding {
        Encoding::Multipart if visit.body.len() <= MAX_RECEIVED => read_parts(&visit.headers, &visit.body).await?,
        _ => inbound_webhook::read(encoding, &visit.body)?,
    };
    let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = visit.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)));
    let query: Vec<_> =
        url::form_urlencoded::parse(visit.query.as_bytes()).into_owned().take(MAX_ARGUMENTS + 1).collect();
    if query.len() > MAX_ARGUMENTS {
        let title = format!("The query has more than {MAX_ARGUMENTS} arguments");
        return Err(Refusal::new(400, code::BAD_PARAM, "query", title));
    }
    Ok(Received { body, content_type, headers: headers.collect(), query })
}

/// A body that is there whole.
struct Whole(Option<Bytes>);

impl Source for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        Ok(self.0.take().filter(|body| !body.is_empty()))
    }
}

/// The fields of a multipart form, each a text. A file that is none is kept in base64.
async fn read_parts(headers: &HeaderMap, body: &Bytes) -> Result<serde_json::Value, Refusal> {
    let mut form = Form::new(headers, Whole(Some(body.clone())))?;
    let mut fields = Vec::new();
    while let Some(name) = form.next().await? {
        let bytes = form.bytes(MAX_RECEIVED).await?;
        let text = String::from_utf8(bytes).unwrap_or_else(|binary| STANDARD.encode(binary.as_bytes()));
        fields.push((name, text));
    }
    Ok(inbound_webhook::fields(fields))
}
