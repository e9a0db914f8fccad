//! The outbox of deliveries, which Kustomer does not have.

use kustomer_api::ObjectId;
use kustomer_api::delivery::{GetDelivery, GetDeliveryHistory, GetOutbox};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on the outbox: what leaves or would leave for customers.
    Outbox
}

past! { Outbox: GetDelivery, GetDeliveryHistory }

impl Outbox<'_> {
    /// Lists one page of deliveries, newest first; [`walk`](Call::walk) goes over all.
    pub fn list(&self, query: &PageQuery) -> Call<GetOutbox> {
        self.client.call((), query, &())
    }

    /// Reads a delivery by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetDelivery> {
        self.client.call(id, &StateQuery::default(), &())
    }
}
