//! What a customer was, and what happened to it.

use kustodian_core::customer;
use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::{event, permission, resource};
use kustomer_api::customer::{Customer, GetCustomerById, GetCustomerHistory, StateQuery};
use kustomer_api::error::code;
use kustomer_api::operation::own::EVENT_READ;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::{self, LARGEST, Numbered};
use crate::past;

pub(crate) async fn get_customer_history(call: Call<GetCustomerHistory>) -> Result<Answer, Refusal> {
    let stored = find_unerased(&call, call.path).await?;
    let page = Numbered::of(call.query);
    // Revisions count without gaps from 1, and the newest stands first.
    let to = stored.rev.saturating_sub(page.offset());
    let query = HistoryQuery {
        kind: Kind::Customer,
        record: stored.id,
        from: 1,
        to,
        descending: true,
        limit: page.size,
        payload: Payload::Changes,
        bytes: LARGEST,
    };
    let events = if to == 0 || page.size == 0 {
        Vec::new()
    } else {
        call.store().history(call.org(), query).await.map_err(unavailable)?
    };
    paging::check_is_whole(events.iter().map(Recorded::payload_len))?;
    let entries: Result<Vec<String>, Refusal> =
        events.iter().map(|event| resource::render(&event::history_entry(event)?)).collect();
    let path = format!("/v1/customers/{}/history", stored.id);
    Ok(Answer::Json(page.counted(&path, &Vec::new(), entries?, stored.rev)))
}

/// The customer as it was at a revision or a moment. Deleted ones can be read as of when they lived.
pub(crate) async fn get_former_customer(call: Call<GetCustomerById>) -> Result<Answer, Refusal> {
    let StateQuery { rev, as_of } = call.query;
    let parameter = if rev.is_some() { "rev" } else { "asOf" };
    let what = format!("The parameter {parameter} of {}", GetCustomerById::OPERATION.name);
    permission::require(call.caller(), &what, EVENT_READ, call.app().settings.missing_role_status)?;

    let stored = find_unerased(&call, call.path).await?;
    let rev = match (rev, as_of) {
        (Some(rev), _) => rev,
        (None, Some(moment)) => {
            let found = call.store().find_rev_at(call.org(), Kind::Customer, stored.id, moment).await;
            found.map_err(unavailable)?.ok_or_else(|| absent(parameter, &format!("was not made by {moment}")))?
        }
        (None, None) => stored.rev,
    };
    let states = past::find_states(call.store(), call.org(), Kind::Customer, stored.id, rev, rev).await?;
    let Some(state) = states.into_iter().find(|state| state.rev == rev) else {
        // It was erased this very moment, or never had that revision.
        let stored = find_unerased(&call, call.path).await?;
        return Err(absent(parameter, &format!("has no revision {rev}: its newest is {}", stored.rev)));
    };
    let customer: Customer = resource::read(&state.document)?;
    if customer.attributes.deleted.value() == Some(&true) {
        return Err(absent(parameter, &format!("was deleted then, by its revision {rev}")));
    }
    Ok(Answer::ok(state.document))
}

async fn find_unerased<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Stored, Refusal> {
    let stored = call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)?;
    match stored {
        Some(stored) if customer::erased_at(&stored)?.is_none() => Ok(stored),
        stored => Err(customer::missing(stored.as_ref())),
    }
}

fn absent(parameter: &str, what: &str) -> Refusal {
    Refusal::new(404, code::NOT_FOUND, parameter, format!("Not Found: the customer {what}"))
}
