//! Whether a message that arrives is spam. Whether an org says anything of senders is kept for a second, so that one which
//! has no list costs one look-up in a map.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use kustodian_core::conversation;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::spam;
use kustodian_core::store::{ListQuery, OrgKey, Store};
use kustomer_api::conversation::Direction;
use kustomer_api::message::MessageInput;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::unavailable;
use crate::call::Call;
use crate::paging::FULL;

/// How long the answer is trusted. Changes of another server take effect within this time.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many orgs are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// The orgs that say something of senders.
#[derive(Default)]
pub(crate) struct Spam {
    known: RwLock<HashMap<OrgKey, (Instant, bool)>>,
}

impl Spam {
    async fn has_senders(&self, store: &dyn Store, org: OrgKey) -> Result<bool, Refusal> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&org).copied();
        if let Some((_, has)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            return Ok(has);
        }
        let since = Instant::now();
        let query = ListQuery::of(Kind::SpamSender, 1, FULL);
        let has = !store.list(org, query).await.map_err(unavailable)?.records.is_empty();
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_REMEMBERED {
            all.clear();
        }
        all.insert(org, (since, has));
        Ok(has)
    }

    /// Forgets the cached senders, so that the next message of this server is checked against the changed ones.
    pub(crate) fn forget(&self, org: OrgKey) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }
}

/// Whether a message is spam by the org's lists of senders: those that the channel names, else the addresses of the
/// customer, of whom the conversation is when the customer is not named.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn is_spam<E: Endpoint>(
    call: &Call<E>,
    message: &MessageInput,
    conversation: Option<ObjectId>,
    customer: Option<ObjectId>,
) -> Result<bool, Refusal> {
    let (store, org) = (call.store(), call.org());
    let Some(channel) = &message.channel else { return Ok(false) };
    let is_out = message.direction == Some(Direction::Out);
    if is_out || !call.app().spam.has_senders(store, org).await? {
        return Ok(false);
    }
    let mut senders = message.meta.as_ref().map(spam::senders_in).unwrap_or_default();
    if senders.is_empty() {
        let found = match conversation {
            Some(id) => store.find(org, Kind::Conversation, id).await.map_err(unavailable)?,
            None => None,
        };
        let of_conversation = found.as_ref().map(conversation::customer_of).transpose()?.flatten();
        if let Some(customer) = customer.or(of_conversation)
            && let Some(customer) = store.find(org, Kind::Customer, customer).await.map_err(unavailable)?
        {
            senders = spam::senders_of_customer(channel, &customer)?;
        }
    }
    let mut known = Vec::new();
    for sender in senders {
        let key = spam::key(org, channel, &sender);
        known.extend(store.find_by_claim(org, Kind::SpamSender, key).await.map_err(unavailable)?);
    }
    spam::is_spam(&known)
}
