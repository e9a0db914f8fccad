//! Inbound webhooks: addresses that other systems post to.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::inbound_webhook::{
    CreateInboundWebhook, CreateWebHookTransaction, DeleteInboundWebhook, EraseInboundWebhookPosts,
    GetInboundWebhookAddress, GetInboundWebhookById, GetInboundWebhookHistory, GetInboundWebhooks, InboundWebhook,
    InboundWebhookInput, UpdateInboundWebhook,
};
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on inbound webhooks, addresses that other systems post to. Only Kustodian has them.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::inbound_webhook::InboundWebhookInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let webhook = client.inbound_webhooks().create(&InboundWebhookInput::named("Shop")).await?.data;
    /// println!("post to {}", client.inbound_webhooks().address(&webhook.id).await?.path);
    /// # Ok(())
    /// # }
    /// ```
    InboundWebhooks
}

past! { INBOUND_WEBHOOKS_PAST: InboundWebhooks of InboundWebhook: GetInboundWebhookById, GetInboundWebhookHistory }

operations! {
    INBOUND_WEBHOOKS: impl InboundWebhooks {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetInboundWebhooks> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads one by its id.
        pub fn get(&self, id: impl Into<Id<InboundWebhook>>) -> Call<GetInboundWebhookById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Reads its secret address.
        pub fn address(&self, id: impl Into<Id<InboundWebhook>>) -> Call<GetInboundWebhookAddress> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Makes one.
        pub fn create(&self, input: &InboundWebhookInput) -> Call<CreateInboundWebhook> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others; `rotate_hash` replaces its address.
        pub fn update(&self, id: impl Into<Id<InboundWebhook>>, input: &InboundWebhookInput) -> Call<UpdateInboundWebhook> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes one; an update restores it.
        pub fn delete(&self, id: impl Into<Id<InboundWebhook>>) -> Call<DeleteInboundWebhook> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Erases for ever all that was posted to one; when something was posted stays in its history.
        pub fn erase_posts(&self, id: impl Into<Id<InboundWebhook>>) -> Call<EraseInboundWebhookPosts> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Raises the event of a webhook, by its hash, with nothing in it. A body is posted by
        /// [`post_json`](crate::Client::post_json) to the [`address`](Self::address), whose path begins below `/v1`.
        pub fn raise(&self, hash: impl Into<String>) -> Call<CreateWebHookTransaction> {
            self.client.at([hash.into()], &(), &())
        }
    }
}
