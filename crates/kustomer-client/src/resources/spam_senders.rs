//! Senders whose messages are always spam, or never.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::spam_sender::{
    DeleteSpamSender, GetSpamSenderById, GetSpamSenderHistory, GetSpamSenders, SpamSender, SpamSenderInput,
    UpsertSpamSender,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on senders whose messages are always spam, or never.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::message::Channel;
    /// use kustomer_client::spam_sender::{SpamList, SpamSenderInput};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let input = SpamSenderInput::new("offers@spam.example", Channel::Email, SpamList::Blacklist);
    /// client.spam_senders().put(&input).await?;
    /// # Ok(())
    /// # }
    /// ```
    SpamSenders
}

past! { SPAM_SENDERS_PAST: SpamSenders of SpamSender: GetSpamSenderById, GetSpamSenderHistory }

operations! {
    SPAM_SENDERS: impl SpamSenders {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetSpamSenders> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a sender. Only Kustodian has this operation.
        pub fn get(&self, id: impl Into<Id<SpamSender>>) -> Call<GetSpamSenderById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Puts a sender on a list, or moves it to the other one.
        pub fn put(&self, input: &SpamSenderInput) -> Call<UpsertSpamSender> {
            self.client.call((), &(), input)
        }

        /// Takes a sender off its list.
        pub fn delete(&self, id: impl Into<Id<SpamSender>>) -> Call<DeleteSpamSender> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
