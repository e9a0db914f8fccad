//! Outbound webhooks.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::outbound_webhook::{
    CreateOutboundWebhook, DeleteOutboundWebhook, GetOutboundWebhookById, GetOutboundWebhookEvents,
    GetOutboundWebhookHistory, GetOutboundWebhookTransactions, GetOutboundWebhooks, OutboundWebhook,
    OutboundWebhookInput, RedeliverOutboundWebhook, Redelivery, UpdateOutboundWebhook,
};
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on outbound webhooks.
    OutboundWebhooks
}

past! { OUTBOUND_WEBHOOKS_PAST: OutboundWebhooks of OutboundWebhook: GetOutboundWebhookById, GetOutboundWebhookHistory }

operations! {
    OUTBOUND_WEBHOOKS: impl OutboundWebhooks {
        /// Lists one page of the org's webhooks; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetOutboundWebhooks> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a webhook by its id.
        pub fn get(&self, id: impl Into<Id<OutboundWebhook>>) -> Call<GetOutboundWebhookById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Lists the names of the events that a webhook can be sent.
        pub fn events(&self) -> Call<GetOutboundWebhookEvents> {
            self.client.call((), &(), &())
        }

        /// Makes a webhook: events from now on are sent to its URL.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::outbound_webhook::OutboundWebhookInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let to = "https://hooks.acme.example/kustomer";
        /// let input = OutboundWebhookInput::new("Warehouse", to, ["kustomer.customer.update"]);
        /// let webhook = client.outbound_webhooks().create(&input).await?.data;
        /// println!("{:?} verifies its signatures", webhook.attributes.token.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &OutboundWebhookInput) -> Call<CreateOutboundWebhook> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others. Only Kustodian has this.
        pub fn update(
            &self,
            id: impl Into<Id<OutboundWebhook>>,
            input: &OutboundWebhookInput,
        ) -> Call<UpdateOutboundWebhook> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a webhook for ever.
        pub fn delete(&self, id: impl Into<Id<OutboundWebhook>>) -> Call<DeleteOutboundWebhook> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Lists one page of the last attempts to deliver events to a webhook, newest first.
        pub fn transactions(
            &self,
            id: impl Into<Id<OutboundWebhook>>,
            query: &PageQuery,
        ) -> Call<GetOutboundWebhookTransactions> {
            self.client.at([id.into().into()], query, &())
        }

        /// Sends a webhook events again. Only Kustodian has this.
        pub fn redeliver(
            &self,
            id: impl Into<Id<OutboundWebhook>>,
            redelivery: &Redelivery,
        ) -> Call<RedeliverOutboundWebhook> {
            self.client.at([id.into().into()], &(), redelivery)
        }
    }
}
