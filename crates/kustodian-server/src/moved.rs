//! The customers that a conversation was moved from. They showed its messages, and their past still does.

use kustodian_core::change::Kept;
use kustodian_core::conversation;
use kustodian_core::customer::SYSTEM;
use kustodian_core::feed::{HistoryQuery, Payload};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Store, Stored};
use kustomer_api::{ObjectId, Timestamp};

use crate::answer::unavailable;
use crate::past::{self, Changes, State};

/// The customers that users moved a conversation from, its present one aside, each once.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn former_customers(
    store: &dyn Store,
    org: OrgKey,
    stored: &Stored,
) -> Result<Vec<ObjectId>, Refusal> {
    let owner = conversation::customer_of(stored)?;
    let mut customers = Vec::new();
    let mut pages = Changes::of(store, org, (Kind::Conversation, stored.id), 2..=stored.rev);
    while let Some(events) = pages.next().await? {
        // Customers that a conversation followed a merge from are read from the merges.
        let moves = events.iter().filter(|event| event.client != SYSTEM).filter_map(|event| event.changes.as_deref());
        for changes in moves.filter(|changes| changes.contains(MOVES)) {
            for customer in conversation::customers_in(changes)? {
                if Some(customer) != owner && !customers.contains(&customer) {
                    customers.push(customer);
                }
            }
        }
    }
    Ok(customers)
}

/// What every change has that moves a conversation.
const MOVES: &str = "\"customer\"";

/// The last state of a customer from before a conversation was created; `None` for a later customer.
///
/// # Errors
/// As [`former_customers`].
pub(crate) async fn before(
    store: &dyn Store,
    org: OrgKey,
    customer: ObjectId,
    conversation: &Stored,
) -> Result<Option<Kept>, Refusal> {
    let Some(made_at) = made_at(store, org, conversation).await? else { return Ok(None) };
    let at = Timestamp::from_millis(made_at.as_millis() - 1);
    let rev = store.find_rev_at(org, Kind::Customer, customer, at).await.map_err(unavailable)?;
    let Some(rev) = rev else { return Ok(None) };
    let state = past::find_last_state(store, org, Kind::Customer, customer, rev).await?;
    Ok(state.map(|State { rev, document }| Kept { rev, document }))
}

/// When a conversation was stored first: its `createdAt` may be any.
async fn made_at(store: &dyn Store, org: OrgKey, conversation: &Stored) -> Result<Option<Timestamp>, Refusal> {
    let query = HistoryQuery {
        kind: Kind::Conversation,
        record: conversation.id,
        from: 1,
        to: 1,
        descending: false,
        limit: 1,
        payload: Payload::None,
        bytes: crate::parts::HELD,
    };
    let events = store.history(org, query).await.map_err(unavailable)?;
    Ok(events.first().map(|event| event.at))
}
