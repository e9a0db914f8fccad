//! What a change of a record that belongs to a customer does to the customer (`docs/contract/behaviour.md` §12, §13).

use kustomer_api::customer::Customer;
use kustomer_api::kobject::{TYPE, kobjects_relationship};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Value, json};

use super::Context;
use super::lifecycle::put_of;
use crate::change::{Cause, ChangeSet, Event, EventSeed};
use crate::kind::Kind;
use crate::klass::plural;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// How many items `recentItems` has at most; Kustomer documents no limit.
const MAX_RECENT_ITEMS: usize = 20;

/// What happened to a record of the customer.
#[derive(Debug, Clone, Copy)]
pub enum Effect<'a> {
    /// A kobject was created for the customer.
    KObjectCreated {
        /// The kobject.
        id: ObjectId,
        /// The name of its klass.
        klass: &'a str,
        /// Its `createdAt`.
        at: Timestamp,
    },
    /// A kobject of the customer was deleted.
    KObjectDeleted {
        /// The kobject.
        id: ObjectId,
    },
}

/// Adds the update of the customer to `changes`: one revision and one event, whose `modifiedAt` and `modifiedBy` stay,
/// as nobody changed the customer itself.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub(crate) fn affect(
    context: &Context<'_>,
    stored: &Stored,
    seed: EventSeed,
    effect: Effect<'_>,
    changes: &mut ChangeSet,
) -> Result<(), Refusal> {
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let mut after = before.clone();
    apply(&mut after, context.now, stored.id, effect);
    after.attributes.rev = Field::Value(stored.rev + 1);
    after.attributes.updated_at = context.now.into();
    let put = put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
    let Context { actor, client, request_id, .. } = *context;
    let name = Kind::Customer.spec().events.update;
    let cause = Cause { seed, name, actor: Some(actor), client, request_id };
    changes.events.push(Event::of(cause, &put, Some(resource::changes(&before, &after)?)));
    changes.puts.push(put);
    Ok(())
}

fn apply(customer: &mut Customer, now: Timestamp, id: ObjectId, effect: Effect<'_>) {
    let attributes = &mut customer.attributes;
    match effect {
        Effect::KObjectCreated { id: kobject, klass, at } => {
            attributes.last_activity_at = now.into();
            // An old kobject that is imported is no newer activity.
            let last = attributes.last_customer_activity_at.value().copied().map_or(at, |last| last.max(at));
            attributes.last_customer_activity_at = last.into();
            let item =
                json!({ "type": TYPE, "id": kobject.to_string(), "updatedAt": now, "meta": { "klassName": klass } });
            let mut items = std::mem::take(&mut attributes.recent_items).into_value().unwrap_or_default();
            items.insert(0, item);
            items.truncate(MAX_RECENT_ITEMS);
            attributes.recent_items = items.into();
            let plural = plural(klass);
            let link = format!("{}/klasses/{plural}", Kind::Customer.path_of(id));
            customer.relationships.entry(plural).or_insert_with(|| kobjects_relationship(link));
        }
        Effect::KObjectDeleted { id: kobject } => {
            attributes.last_activity_at = now.into();
            let kobject = kobject.to_string();
            if let Some(items) = attributes.recent_items.as_mut_value() {
                items.retain(|item| item.get("id").and_then(Value::as_str) != Some(&kobject));
            }
        }
    }
}
