//! The limit of the records that a key creates of one customer (`docs/contract/behaviour.md` §5). A request is counted
//! before it is decided, so one that is refused afterwards counts, too; a dry run, and a repeat with an idempotency key, do
//! not.

use kustodian_core::conversation;
use kustodian_core::kind::Kind;
use kustodian_core::rate_limit::{self, Creation};
use kustodian_core::refusal::Refusal;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{self, unavailable};
use crate::call::Call;
use crate::handlers::family;

/// Of whom a record is to be created.
pub(crate) enum Of {
    /// Of this customer.
    Customer(ObjectId),
    /// Of the customer of this conversation.
    Conversation(ObjectId),
    /// Of nobody: it is not limited.
    Nobody,
}

/// Counts a record that is about to be created.
///
/// # Errors
/// 429 when the key has created as many of the customer as it may.
pub(crate) async fn count<E: Endpoint>(call: &Call<E>, kind: Kind, of: Of, is_import: bool) -> Result<(), Refusal> {
    let Some(limit) = call.app().settings.creation_limit.filter(|_| !is_import && !call.is_rehearsal()) else {
        return Ok(());
    };
    let customer = match of {
        Of::Customer(customer) => Some(customer),
        Of::Conversation(id) => {
            let found = family::find(call, Kind::Conversation, id).await.map_err(unavailable)?;
            found.as_ref().map(conversation::customer_of).transpose()?.flatten()
        }
        Of::Nobody => None,
    };
    let Some(customer) = customer else { return Ok(()) };
    let creation = Creation { token: call.caller().token.id, kind, customer };
    call.app().take_creation(creation, limit, call.now()).map_err(|standing| {
        let refusal = rate_limit::creations_exceeded(creation, standing);
        answer::wait_for_reset(refusal, standing.wait(call.now()))
    })
}
