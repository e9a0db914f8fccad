//! The effect of a company's new name on its customers: they show it as `companyName`.

use kustomer_api::Field;
use kustomer_api::customer::Customer;

use crate::change::{Cause, ChangeSet, Event, EventSeed};
use crate::customer::{Context, KnownCompany};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// Gives a customer the present name of its company; nothing when it shows that name already, or is not of the company.
/// Nobody changed the customer itself, so `modifiedAt` and `modifiedBy` stay, and the event names no user.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn follow(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    company: &KnownCompany,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored else { return Ok(ChangeSet::default()) };
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let linked = before.relationships.get("company").and_then(|company| company.id());
    let is_of_it = linked.is_some_and(|id| id.parse() == Ok(company.id));
    if !is_of_it || before.attributes.company_name.value() == Some(&company.name) {
        return Ok(ChangeSet::default());
    }
    let mut after = before.clone();
    after.attributes.company_name = company.name.as_str().into();
    after.attributes.updated_at = context.now.into();
    after.attributes.rev = Field::Value(stored.rev + 1);
    let put = crate::customer::put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
    let (client, request_id) = (context.client, context.request_id);
    let cause = Cause { seed, name: Kind::Customer.spec().events.update, actor: None, client, request_id };
    let event = Event::of(cause, &put, Some(resource::changes(&before, &after)?));
    Ok(ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() })
}
