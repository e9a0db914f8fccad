//! Queues, where conversations wait for users.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::routing_queue::{
    CreateRoutingQueue, DeleteRoutingQueue, GetRoutingQueueById, GetRoutingQueueHistory, GetRoutingQueues,
    RoutingQueue, RoutingQueueInput, UpdateRoutingQueue,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on queues, where conversations wait for users.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::routing_queue::RoutingQueueInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.routing_queues().create(&RoutingQueueInput::named("Returns")).await?;
    /// # Ok(())
    /// # }
    /// ```
    RoutingQueues
}

past! { ROUTING_QUEUES_PAST: RoutingQueues of RoutingQueue: GetRoutingQueueById, GetRoutingQueueHistory }

operations! {
    ROUTING_QUEUES: impl RoutingQueues {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetRoutingQueues> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a queue by its id.
        pub fn get(&self, id: impl Into<Id<RoutingQueue>>) -> Call<GetRoutingQueueById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a queue.
        pub fn create(&self, input: &RoutingQueueInput) -> Call<CreateRoutingQueue> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        pub fn update(&self, id: impl Into<Id<RoutingQueue>>, input: &RoutingQueueInput) -> Call<UpdateRoutingQueue> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a queue; an update restores it.
        pub fn delete(&self, id: impl Into<Id<RoutingQueue>>) -> Call<DeleteRoutingQueue> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
