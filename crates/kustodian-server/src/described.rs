//! What orgs say of custom attributes, as writes ask for it: kept for a second, so that an org which says nothing pays a
//! look at a map.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kustodian_core::change::Name;
use kustodian_core::kind::Kind;
use kustodian_core::kobject::Ties;
use kustodian_core::metadata::{self, Reference, Rules, Target};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Store};
use kustomer_api::company::CompanyInput;
use kustomer_api::conversation::ConversationInput;
use kustomer_api::custom::CustomAttributes;
use kustomer_api::customer::CustomerInput;
use kustomer_api::kobject::KObjectInput;
use kustomer_api::message::MessageInput;
use kustomer_api::validation::{Fault, MAX_FAULTS};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;

/// How long rules are believed without asking the database: what another server changes counts within this time.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// Rules that were looked up a moment ago.
#[derive(Default)]
pub(crate) struct Described {
    known: RwLock<HashMap<(OrgKey, ObjectId), Known>>,
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
            // What has not changed need not be read again.
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

    /// Forgets what was changed here, so that the next write of this server is held to it.
    pub(crate) fn forget(&self, org: OrgKey, id: ObjectId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&(org, id));
    }
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

/// The body of a write of records of a kind other than kobjects, its custom attributes held to the org's metadata. `record`
/// is the one that is changed.
///
/// # Errors
/// 400 that names each offending attribute.
pub(crate) async fn input<E>(call: &Call<E>, kind: Kind, record: Option<ObjectId>) -> Result<E::Body, Refusal>
where
    E: Endpoint,
    E::Body: HoldsCustom,
{
    let input = call.input()?;
    check(call, kind.as_str(), record.map(|id| (kind, id)), &input).await?;
    Ok(input)
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
    for reference in checked.references {
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
