//! What visitors do, and who they are.

use http::HeaderValue;
use http::header::{COOKIE, ORIGIN};
use kustodian_core::change::ChangeSet;
use kustodian_core::customer::{self, CompanyNames, Identifying, Known, UpdateOptions, Write};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Stored, decide_on};
use kustodian_core::tag::Resolved;
use kustodian_core::tracking::{self, NewEvent, Sighting, check_meta, details, visitor_id};
use kustodian_core::{record_limit, resource, unchanged};
use kustomer_api::tracking::{
    CreateTrackingEvent, CreateTrackingIdentity, CreateTrackingIdentityEvent, IDENTITY_TYPE, IdentityInput, MAX_ID,
    TrackingEventInput, VISIT_ID,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{companies, merges, plain, tags};
use crate::{described, presence};

/// The cookie that keeps the id of a visitor in a browser.
const VISITOR_COOKIE: &str = "kustodian_tracking";

/// How many seconds a browser keeps it: a year.
const COOKIE_LIFETIME: u32 = 365 * 24 * 60 * 60;

/// How many tags one write may send, and so a customer may gather here.
const MAX_TAGS: usize = 20;

pub(crate) async fn create_tracking_event(call: Call<CreateTrackingEvent>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check(&input, "")?;
    let visitor = Visitor::of(&call, &[&input.tracking_id]);
    let tracking_id = visitor.id.clone().unwrap_or_else(|| call.next_id().to_string());
    if !call.is_rehearsal() {
        let session = input.session_id.clone();
        let event = Some(event(&call, input)?);
        track(&call, &tracking_id, session, None, event).await?;
    }
    visitor.remember(&call, &tracking_id);
    Ok(Answer::Empty)
}

pub(crate) async fn create_tracking_identity(call: Call<CreateTrackingIdentity>) -> Result<Answer, Refusal> {
    let identity = described::unmasked(&call, IDENTITY_TYPE, Kind::Customer, described::Write::New).await?;
    identified(&call, identity, None).await
}

pub(crate) async fn create_tracking_identity_event(call: Call<CreateTrackingIdentityEvent>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check(&input.event, "/event")?;
    identified(&call, input.identity, Some(input.event)).await
}

fn check(event: &TrackingEventInput, place: &str) -> Result<(), Refusal> {
    event.meta.as_ref().map_or(Ok(()), |meta| check_meta(meta, place))
}

/// Which visitor a request is about.
struct Visitor {
    /// The id that was sent, or that the browser has.
    id: Option<String>,
    is_browser: bool,
    /// Whether the browser has it in a cookie, or the program got it in an answer.
    is_known: bool,
}

impl Visitor {
    /// The first of the ids that were sent, else that of the cookie.
    fn of<E: Endpoint>(call: &Call<E>, sent: &[&Option<String>]) -> Self {
        let sent = sent.iter().find_map(|id| id.as_deref()).map(ToOwned::to_owned);
        let is_browser = call.header(ORIGIN).is_some();
        let id = sent.or_else(|| in_cookie(call.header(COOKIE)?));
        Self { is_known: id.is_some(), id, is_browser }
    }

    /// Has a browser keep an id that was made for it.
    fn remember<E: Endpoint>(&self, call: &Call<E>, tracking_id: &str) {
        if self.is_browser && !self.is_known && !call.is_rehearsal() {
            let secure = if call.app().settings.https { "; SameSite=None; Secure" } else { "; SameSite=Lax" };
            let cookie = format!(
                "{VISITOR_COOKIE}={tracking_id}; Path=/v1/tracking; Max-Age={COOKIE_LIFETIME}; HttpOnly{secure}"
            );
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                call.set_cookie(cookie);
            }
        }
    }
}

fn in_cookie(cookies: &str) -> Option<String> {
    let mut pairs = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    let (_, id) = pairs.find(|(name, _)| *name == VISITOR_COOKIE)?;
    ((VISIT_ID.check)(id) && id.len() <= MAX_ID).then(|| id.to_owned())
}

fn event<E: Endpoint>(call: &Call<E>, input: TrackingEventInput) -> Result<NewEvent, Refusal> {
    let id = match call.pledge() {
        // The same request again is the same event.
        Some(pledge) => {
            let mut id = [0; 12];
            id.copy_from_slice(&pledge.key.as_bytes()[..12]);
            ObjectId::from_bytes(id)
        }
        None => call.next_id(),
    };
    let from = call.from().map(|from| from.to_string()).unwrap_or_default();
    Ok(NewEvent { id, name: input.name, details: details(&from, input.meta)? })
}

/// Stores a sighting of a visitor; returns whether its customer exists. With each new session the record
/// of the customer says when it was seen.
async fn track<E: Endpoint>(
    call: &Call<E>,
    tracking_id: &str,
    session: Option<String>,
    customer: Option<ObjectId>,
    event: Option<NewEvent>,
) -> Result<bool, Refusal> {
    let sighting = Sighting {
        visitor: visitor_id(call.org(), tracking_id),
        at: call.now(),
        session,
        new_session: call.next_id(),
        customer,
        event,
    };
    let Some(seen) = call.store().track(call.org(), sighting).await.map_err(unavailable)? else { return Ok(false) };
    if let (Some(customer), true) = (seen.customer, seen.is_new_session)
        && let Err(error) = note_seen(call, customer).await
    {
        // The event is kept; the record says so with the next session.
        tracing::debug!(%error, "a customer was seen, which its record does not say yet");
    }
    Ok(true)
}

async fn note_seen<E: Endpoint>(call: &Call<E>, customer: ObjectId) -> Result<(), Refusal> {
    let (act, seed, at) = (call.act(), call.next_event(), call.now());
    let name = (Kind::Customer, merges::resolve(call.store(), call.org(), customer).await?);
    let (services, patience) = (&call.app().services, presence::Patience::of(&call.app().settings));
    presence::note(services, call.org(), name.1, at, patience).await.map_err(unavailable)?;
    let decide = decide_on(name, move |stored| customer::seen(&act.context(), stored.as_ref(), seed, at));
    let noted = call.store().commit_locked(call.org(), vec![name], decide).await;
    noted.map(drop).map_err(|error| call.not_committed(error))
}

/// Finds or creates the customer, links the visitor to it, and stores the event.
async fn identified<E: Endpoint>(
    call: &Call<E>,
    identity: IdentityInput,
    did: Option<TrackingEventInput>,
) -> Result<Answer, Refusal> {
    let of_event = did.as_ref().and_then(|event| event.tracking_id.clone());
    let visitor = Visitor::of(call, &[&identity.tracking_id, &of_event]);
    let session = identity.session_id.clone().or_else(|| did.as_ref()?.session_id.clone());
    let did = did.map(|did| event(call, did)).transpose()?;
    let known = match &visitor.id {
        Some(id) => call.store().find_visitor(call.org(), visitor_id(call.org(), id)).await.map_err(unavailable)?,
        None => None,
    };
    let made = call.next_id();
    for _ in 0..plain::ATTEMPTS {
        let Some(found) = find_or_make(call, &identity, known).await? else { continue };
        let of_customer = || if visitor.is_browser { made } else { found.id };
        let tracking_id = visitor.id.clone().unwrap_or_else(|| of_customer().to_string());
        let is_remembered = identity.remember != Some(false);
        if !call.is_rehearsal() {
            // One that is not to be remembered is another visitor, of this once.
            let of_once = made.to_string();
            let kept_as = if is_remembered { &tracking_id } else { &of_once };
            if (is_remembered || did.is_some())
                && !track(call, kept_as, session.clone(), Some(found.id), did.clone()).await?
            {
                continue;
            }
        }
        if is_remembered {
            visitor.remember(call, &tracking_id);
        }
        let email = identity.email.clone().or(found.email);
        let answer = tracking::identity(&call.caller().org, &tracking_id, email.as_deref(), found.id, call.now());
        return Ok(Answer::created(resource::render(&answer)?));
    }
    Err(plain::too_busy())
}

/// The customer that an identity is about.
struct Found {
    id: ObjectId,
    email: Option<String>,
}

/// Updates or creates the customer; `None` when another request interfered.
async fn find_or_make<E: Endpoint>(
    call: &Call<E>,
    identity: &IdentityInput,
    visitor: Option<ObjectId>,
) -> Result<Option<Found>, Refusal> {
    let identifying = Identifying::of(identity);
    let mut holders: Vec<(Identifying, Option<Stored>)> = Vec::new();
    for one in identifying {
        let holder = holder(call, &one).await?;
        holders.push((one, holder));
    }
    let stored = match holders.iter().find_map(|(_, holder)| holder.clone()) {
        Some(stored) => Some(stored),
        None => of_visitor(call, visitor, holders.is_empty()).await?,
    };
    let is_other = |holder: &Option<Stored>| {
        holder.as_ref().is_some_and(|holder| stored.as_ref().is_none_or(|stored| stored.id != holder.id))
    };
    let held: Vec<Identifying> =
        holders.into_iter().filter(|(_, holder)| is_other(holder)).map(|(one, _)| one).collect();
    let known = stored.as_ref().map(Known::of).transpose()?;
    let input = customer::identify(identity, known.as_ref(), &held);
    let record = stored.as_ref().map(|stored| (Kind::Customer, stored.id));
    described::check(call, Kind::Customer.as_str(), record, &input).await?;
    if call.app().settings.company_names == CompanyNames::Refuse {
        customer::check_company_is_id(&input)?;
    }
    let sent = tags::resolve(call, identity.tags.clone()).await?;
    let company = companies::find_named(call, &input.company, None).await?;
    let (act, seed, identity) = (call.act(), call.next_event(), identity.clone());
    let (max, item_ids, new) = (call.app().settings.max_record, call.app().settings.item_ids, call.next_id());
    let decide = move |stored: Option<Stored>| {
        let known = stored.as_ref().map(Known::of).transpose()?;
        let input = customer::identify(&identity, known.as_ref(), &held);
        let tags = sent.map(|sent| with_tags(known.as_ref(), sent));
        let write = Write { input, tags, company, item_ids };
        let changes = match &stored {
            None => customer::create(&act.context(), new, seed, write)?,
            Some(_) => customer::update(&act.context(), stored.as_ref(), seed, write, &UpdateOptions::default())?,
        };
        record_limit::check(&changes, stored.as_ref().map_or(0, |stored| stored.document.len()), max)?;
        // A repeated identity changes nothing.
        Ok(if unchanged::is_unchanged(&changes)? { ChangeSet::default() } else { changes })
    };
    let found = Found {
        id: stored.as_ref().map_or(new, |stored| stored.id),
        email: known.as_ref().and_then(Known::email).map(ToOwned::to_owned),
    };
    let changes = decide.clone()(stored)?;
    if changes.puts.is_empty() {
        return Ok(Some(found));
    }
    let name = (Kind::Customer, found.id);
    let committed = match call.commit(changes).await {
        Err(CommitError::Stale { kind: Kind::Customer, .. }) if record.is_some() => {
            call.commit_locked(vec![name], decide_on(name, decide)).await
        }
        committed => committed,
    };
    match committed {
        Ok(_) => Ok(Some(found)),
        // Somebody else was identified, or deleted, in the same moment: all is looked up again.
        Err(CommitError::Stale { .. } | CommitError::Claimed { .. }) => Ok(None),
        Err(CommitError::Refused(refusal)) if refusal.status == 404 => Ok(None),
        Err(error) => Err(call.not_committed(error)),
    }
}

/// The customer that has something that identifies.
async fn holder<E: Endpoint>(call: &Call<E>, one: &Identifying) -> Result<Option<Stored>, Refusal> {
    let find = |key| call.store().find_by_claim(call.org(), Kind::Customer, key);
    let mut found = find(one.by.key(call.org(), &one.value)).await.map_err(unavailable)?;
    if let (None, Some(key)) = (&found, one.by.key_as_written(call.org(), &one.value)) {
        found = find(key).await.map_err(unavailable)?;
    }
    Ok(found.filter(|found| !found.deleted))
}

/// The customer that the visitor is known to be, unless what identifies it now says that it is another: somebody else on the
/// same device.
async fn of_visitor<E: Endpoint>(
    call: &Call<E>,
    visitor: Option<ObjectId>,
    is_anonymous: bool,
) -> Result<Option<Stored>, Refusal> {
    let Some(customer) = visitor else { return Ok(None) };
    let id = merges::resolve(call.store(), call.org(), customer).await?;
    let stored = call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)?;
    let Some(stored) = stored.filter(|stored| !stored.deleted) else { return Ok(None) };
    let is_same = is_anonymous || !customer::has_identity(&stored)?;
    Ok(is_same.then_some(stored))
}

/// The tags that a customer has with more of them, up to as many as one write may send.
fn with_tags(known: Option<&Known>, sent: Resolved) -> Resolved {
    let mut all = Resolved::default();
    known.map_or(&[] as &[String], Known::tags).iter().filter_map(|id| id.parse().ok()).for_each(|id| all.add(id));
    let room = MAX_TAGS.saturating_sub(all.ids.len());
    let more: Vec<ObjectId> = sent.ids.into_iter().filter(|id| !all.ids.contains(id)).take(room).collect();
    all.new = sent.new.into_iter().filter(|tag| more.contains(&tag.id)).collect();
    all.ids.extend(more);
    all
}
