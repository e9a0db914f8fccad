//! The outbox of deliveries, which Kustomer does not have.

use kustomer_api::Id;
use kustomer_api::delivery::{Delivery, GetDelivery, GetDeliveryHistory, GetOutbox, ListOutbox};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on the outbox: what leaves or would leave for customers.
    Outbox
}

past! { OUTBOX_PAST: Outbox of Delivery: GetDelivery, GetDeliveryHistory }

operations! {
    OUTBOX: impl Outbox {
        /// Lists one page of deliveries, newest first; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetOutbox> {
            self.client.call((), &ListOutbox::default().paging(*query), &())
        }

        /// Reads a delivery by its id.
        pub fn get(&self, id: impl Into<Id<Delivery>>) -> Call<GetDelivery> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }
    }
}
