//! Events.

use kustomer_api::event::{GetEvents, ListEvents};

use super::{group, operations};
use crate::call::Call;
use crate::events::EventStream;

group! {
    /// The operations on events: what happened to all records, each event once and in order. Kustodian has them;
    /// Kustomer does not.
    Events
}

operations! {
    EVENTS: impl Events {
        /// Lists one page of the feed; [`walk`](Call::walk) continues to its end. A call that waits takes longer than
        /// others: give it a [`timeout`](Call::timeout).
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::event::ListEvents;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let mut events = client.events().list(&ListEvents::default()).walk();
        /// while let Some(event) = events.next().await? {
        ///     println!("{} {}", event.name, event.data_id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &ListEvents) -> Call<GetEvents> {
            self.client.call((), query, &())
        }
    }
}

impl Events<'_> {
    /// Follows the feed for as long as it is asked: from what `query` says on, then what happens.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::Customer;
    /// use kustomer_client::event::ListEvents;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let mut events = client.events().stream(ListEvents::default());
    /// loop {
    ///     let event = events.next().await?;
    ///     let customer: Option<Customer> = event.record()?;
    ///     println!("{} {:?}", event.name, customer.map(|customer| customer.attributes.display_name));
    ///     // Keep `event.id`: a later program continues after it.
    /// }
    /// # }
    /// ```
    pub fn stream(&self, query: ListEvents) -> EventStream {
        EventStream::new(self.client.clone(), query)
    }
}
