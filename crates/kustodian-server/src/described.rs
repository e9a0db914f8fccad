//! What orgs say of attributes, as writes ask for it: kept for a second, so that an org which says nothing pays a
//! look-up in a map.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use kustodian_core::change::Name;
use kustodian_core::customer::Room;
use kustodian_core::kind::Kind;
use kustodian_core::kobject::Ties;
use kustodian_core::metadata::{self, Hiding, Masks, Reference, Rules, Shown, Target, Window};
use kustodian_core::permission;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, OrgKey, Pages, Store};
use kustomer_api::company::CompanyInput;
use kustomer_api::conversation::ConversationInput;
use kustomer_api::custom::CustomAttributes;
use kustomer_api::customer::CustomerInput;
use kustomer_api::kobject::KObjectInput;
use kustomer_api::message::MessageInput;
use kustomer_api::metadata::MASK;
use kustomer_api::role::{self, SENSITIVE_READ};
use kustomer_api::validation::{Fault, MAX_FAULTS};
use kustomer_api::{Endpoint, ObjectId, Timestamp};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::family::may_backdate;
use crate::paging::FULL;

/// How long rules are trusted without asking the database. Changes of another server take effect within this time.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// The windows of users, and when they were read.
type Windows = HashMap<(OrgKey, ObjectId), (Instant, Arc<[Window]>)>;

/// Rules that were looked up a moment ago.
#[derive(Default)]
pub(crate) struct Described {
    known: RwLock<HashMap<(OrgKey, ObjectId), Known>>,
    masks: RwLock<HashMap<OrgKey, (Instant, Arc<Masks>)>>,
    windows: RwLock<Windows>,
}

#[derive(Clone)]
struct Known {
    since: Instant,
    rev: u64,
    rules: Arc<Rules>,
}

impl Described {
    /// What an org says of the attributes of the records that metadata of this name is about.
    async fn rules(&self, store: &dyn Store, org: OrgKey, name: &str) -> Result<Arc<Rules>, Refusal> {
        let key = (org, metadata::id_of(name));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.since.elapsed() < BELIEVED) {
            return Ok(Arc::clone(&known.rules));
        }
        let since = Instant::now();
        let stored = store.find(org, Kind::Metadata, key.1).await.map_err(unavailable)?;
        let (rev, rules) = match (stored, known) {
            (None, _) => (0, Arc::default()),
            // Unchanged metadata need not be read again.
            (Some(stored), Some(known)) if known.rev == stored.rev => (known.rev, known.rules),
            (Some(stored), _) => (stored.rev, Arc::new(Rules::of(&stored.document)?)),
        };
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_REMEMBERED {
            all.clear();
        }
        all.insert(key, Known { since, rev, rules: Arc::clone(&rules) });
        Ok(rules)
    }

    /// The masks of an org's records for those who may not see sensitive values.
    pub(crate) async fn masks(&self, store: &dyn Store, org: OrgKey) -> Result<Arc<Masks>, Refusal> {
        let known = self.masks.read().unwrap_or_else(PoisonError::into_inner).get(&org).cloned();
        if let Some((_, masks)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            return Ok(masks);
        }
        let since = Instant::now();
        let masks = Arc::new(find_masks(store, org).await?);
        let mut all = self.masks.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_REMEMBERED {
            all.clear();
        }
        all.insert(org, (since, Arc::clone(&masks)));
        Ok(masks)
    }

    /// The customers of whom nothing is hidden from a user for a while. When the database cannot say so, there are none.
    pub(crate) async fn shown(&self, store: &dyn Store, org: OrgKey, user: ObjectId, now: Timestamp) -> Arc<Shown> {
        let key = (org, user);
        let known = self.windows.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let windows = match known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            Some((_, windows)) => windows,
            None => {
                let since = Instant::now();
                let Ok(notes) = store.list_notes(&Window::of_user(org, user)).await else { return Arc::default() };
                let windows: Arc<[Window]> = notes.iter().filter_map(Window::read).collect();
                let mut all = self.windows.write().unwrap_or_else(PoisonError::into_inner);
                if all.len() >= MAX_REMEMBERED {
                    all.clear();
                }
                all.insert(key, (since, Arc::clone(&windows)));
                windows
            }
        };
        let open = windows.iter().filter(|window| window.is_open(now));
        Arc::new(open.map(|window| window.customer).collect())
    }

    /// Forgets the windows of a user, which were changed here.
    pub(crate) fn forget_windows(&self, org: OrgKey, user: ObjectId) {
        self.windows.write().unwrap_or_else(PoisonError::into_inner).remove(&(org, user));
    }

    /// Forgets the cached rules, so that the next request of this server uses the changed ones.
    pub(crate) fn forget(&self, org: OrgKey, id: ObjectId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&(org, id));
        self.masks.write().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }
}

/// How much metadata with sensitive attributes is read at a time.
const READ_TOGETHER: u32 = 100;

async fn find_masks(store: &dyn Store, org: OrgKey) -> Result<Masks, Refusal> {
    let mut documents: Vec<String> = Vec::new();
    let query = ListQuery::of(Kind::Metadata, READ_TOGETHER, FULL).narrowed(metadata::MASKED, metadata::IS_MASKED);
    let mut pages = Pages::of(store, org, query);
    while let Some(found) = pages.next().await.map_err(unavailable)? {
        documents.extend(found.into_iter().map(|stored| stored.document));
    }
    Masks::of(documents.iter().map(String::as_str))
}

/// Puts masks in the place of what an answer has and its reader may not see. An answer that has nothing of that stays as it
/// is, to the byte.
pub(crate) fn hide(masks: Arc<Masks>, shown: &Arc<Shown>, answer: Answer) -> Answer {
    if masks.is_empty() {
        return answer;
    }
    let hidden = |text: String| masks.hide(&text, shown).unwrap_or(text);
    match answer {
        Answer::Document { status, document } => Answer::Document { status, document: hidden(document) },
        Answer::Linked { status, document, meta, etag } => {
            Answer::Linked { status, document: hidden(document), meta, etag }
        }
        // Nothing of it is sent but its tag, from which a value could be guessed.
        Answer::Deleted { document } => Answer::Deleted { document: hidden(document) },
        Answer::Json(body) => Answer::Json(hidden(body)),
        Answer::Long { first, rest } => {
            let mut hiding = Hiding::new(masks, Arc::clone(shown));
            let mut hide = move |text: String| {
                let mut out = String::with_capacity(text.len());
                hiding.hide(&text, &mut out);
                out
            };
            let first = hide(first);
            Answer::Long { first, rest: rest.map_ok(hide).boxed() }
        }
        Answer::Empty => Answer::Empty,
    }
}

/// Whether a write may have masked forms: the mask, or null where its caller sees null in place of values.
pub(crate) async fn may_be_masked<E: Endpoint>(call: &Call<E>) -> Result<bool, Refusal> {
    if holds_mask(call.body()) {
        return Ok(true);
    }
    if role::any_grants(&call.caller().token.roles, SENSITIVE_READ) {
        return Ok(false);
    }
    Ok(!call.app().described.masks(call.store(), call.org()).await?.is_empty())
}

/// Whether a body may hold a mask, which may be escaped.
fn holds_mask(body: &[u8]) -> bool {
    let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    holds(MASK.as_bytes()) || holds(b"\\u")
}

/// The body of a write that may hold custom attributes.
pub(crate) trait HoldsCustom {
    /// Those that were sent.
    fn custom(&self) -> Option<&CustomAttributes>;
}

macro_rules! holds_custom {
    ($($input:ty),+) => { $(
        impl HoldsCustom for $input {
            fn custom(&self) -> Option<&CustomAttributes> {
                self.custom.as_ref()
            }
        }
    )+ };
}

holds_custom!(CustomerInput, CompanyInput, ConversationInput, MessageInput, KObjectInput);

/// Which record a write changes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Write {
    /// None: it makes one.
    New,
    /// This one, which keeps attributes that are not sent.
    Change(ObjectId),
    /// This one, which drops attributes that are not sent.
    Replacement(ObjectId),
}

impl Write {
    /// Of a record that is changed or replaced.
    pub(crate) fn of(id: ObjectId, replace: bool) -> Self {
        if replace { Self::Replacement(id) } else { Self::Change(id) }
    }

    fn name(self, kind: Kind) -> Option<Name> {
        match self {
            Self::New => None,
            Self::Change(id) | Self::Replacement(id) => Some((kind, id)),
        }
    }
}

/// The body of a write of records of a kind other than kobjects, its custom attributes checked against the org's metadata.
///
/// # Errors
/// 400 that names each offending attribute.
pub(crate) async fn input<E>(call: &Call<E>, kind: Kind, write: Write) -> Result<E::Body, Refusal>
where
    E: Endpoint,
    E::Body: HoldsCustom,
{
    let input = unmasked(call, kind.as_str(), kind, write).await?;
    check(call, kind.as_str(), write.name(kind), &input).await?;
    Ok(input)
}

/// The body of a write, with the record's values in place of masks. `name` is that of the metadata. To a caller who does
/// not see them, moments and numbers are null: null leaves them too.
///
/// # Errors
/// 400 that names each offending attribute.
pub(crate) async fn unmasked<E: Endpoint>(
    call: &Call<E>,
    name: &str,
    kind: Kind,
    write: Write,
) -> Result<E::Body, Refusal> {
    if !may_be_masked(call).await? {
        return read(call, kind, write, None).await;
    }
    let masks = call.app().described.masks(call.store(), call.org()).await?;
    let may_see = role::any_grants(&call.caller().token.roles, SENSITIVE_READ);
    if !masks.has(name) {
        return read(call, kind, write, None).await;
    }
    let stored = match write {
        Write::Change(id) | Write::Replacement(id) => {
            call.store().find(call.org(), kind, id).await.map_err(unavailable)?
        }
        Write::New => None,
    };
    let stored = stored.as_ref().map(|stored| stored.document.as_str());
    let sees = may_see
        || match stored {
            Some(document) => {
                let user = call.caller().token.user;
                let shown = call.app().described.shown(call.store(), call.org(), user, call.now()).await;
                shown.takes(document)
            }
            None => false,
        };
    match masks.restore(name, call.body(), stored, matches!(write, Write::Change(_)), sees)? {
        None => read(call, kind, write, None).await,
        Some(body) => read(call, kind, write, Some(&body)).await,
    }
}

/// The body of a write, or a text in its place. The lists of a customer may be longer than the schema says, where there is
/// room for them.
async fn read<E: Endpoint>(
    call: &Call<E>,
    kind: Kind,
    write: Write,
    instead: Option<&[u8]>,
) -> Result<E::Body, Refusal> {
    let refusal = match instead.map_or_else(|| call.input(), |body| call.input_in(body)) {
        Err(refusal) if kind == Kind::Customer && refusal.status == 400 => refusal,
        read => return read,
    };
    let body = instead.unwrap_or_else(|| call.body());
    let stored = match write.name(kind) {
        Some((kind, id)) => call.store().find(call.org(), kind, id).await.map_err(unavailable)?,
        None => None,
    };
    let stored = stored.filter(|stored| !stored.deleted);
    let stored = stored.as_ref().map(|stored| stored.document.as_str());
    match Room::of(body, stored, may_backdate(call)) {
        Some(room) => call.input_with_room(body, &|attribute| room.within(attribute)),
        None => Err(refusal),
    }
}

/// Lets a caller pass who may see some attributes of the records of a kind, or of a klass: a search for a record by them
/// shows their values.
///
/// # Errors
/// 403, or the status that takes its place, for a caller without the role where one of them is sensitive.
pub(crate) async fn authorize_look_up<E: Endpoint>(
    call: &Call<E>,
    name: &str,
    attributes: &[&str],
) -> Result<(), Refusal> {
    match hidden_of(call, name, attributes).await? {
        None => Ok(()),
        Some(attribute) => {
            let what = format!("A look-up by {attribute}, which is sensitive,");
            permission::require(call.caller(), &what, SENSITIVE_READ, call.app().settings.missing_role_status)
        }
    }
}

/// The first of some attributes that is hidden from the caller.
pub(crate) async fn hidden_of<'a, E: Endpoint>(
    call: &Call<E>,
    name: &str,
    attributes: &[&'a str],
) -> Result<Option<&'a str>, Refusal> {
    if role::any_grants(&call.caller().token.roles, SENSITIVE_READ) {
        return Ok(None);
    }
    let masks = call.app().described.masks(call.store(), call.org()).await?;
    Ok(attributes.iter().copied().find(|attribute| masks.hides_standard(Some(name), attribute)))
}

/// Holds the custom attributes of a write to the org's metadata with a name.
///
/// # Errors
/// 400 that names each offending attribute.
pub(crate) async fn check<E: Endpoint>(
    call: &Call<E>,
    name: &str,
    record: Option<Name>,
    input: &impl HoldsCustom,
) -> Result<(), Refusal> {
    let Some(custom) = input.custom().filter(|custom| !custom.is_empty()) else { return Ok(()) };
    let app = call.app();
    let rules = app.described.rules(call.store(), call.org(), name).await?;
    let checked = rules.check(custom, app.settings.enforce_enumerations);
    let mut faults = checked.faults;
    // The records that an import refers to may be imported after it.
    let references = checked.references.into_iter().filter(|_| call.import().is_none());
    for reference in references {
        faults.extend(missing(call.store(), call.org(), reference).await?);
    }
    if let (Some((kind, id)), false) = (record, faults.is_empty()) {
        let stored = call.store().find(call.org(), kind, id).await.map_err(unavailable)?;
        if let Some(stored) = stored {
            metadata::spare_unchanged(&mut faults, custom, &stored.document)?;
        }
    }
    faults.truncate(MAX_FAULTS);
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// The fault of a reference whose record is not there.
async fn missing(store: &dyn Store, org: OrgKey, reference: Reference) -> Result<Option<Fault>, Refusal> {
    let kind = match &reference.target {
        Target::Kind(kind) => *kind,
        Target::KObject(_) => Kind::KObject,
    };
    let found = store.find(org, kind, reference.id).await.map_err(unavailable)?.filter(|found| !found.deleted);
    let is_there = match (found, &reference.target) {
        (Some(found), Target::KObject(klass)) => Ties::of(&found)?.klass == *klass,
        (found, _) => found.is_some(),
    };
    Ok((!is_there).then_some(reference.fault))
}
