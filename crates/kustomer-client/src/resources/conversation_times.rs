//! Conversation times.

use kustomer_api::Id;
use kustomer_api::conversation::Conversation;
use kustomer_api::conversation_time::{
    ConversationTime, GetConversationTimeById, GetConversationTimeByIds, GetConversationTimeHistory,
    GetConversationTimes, GetConversationTimesByConversationId,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListById, PageQuery};

use super::{group, joined, operations, past};
use crate::call::Call;

group! {
    /// The operations on conversation times: what users do in conversations, and how long each time took them.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let conversation = "5c7d1a1f9a1b2c0010a1b2c3";
    /// let mut times = client.conversation_times().list_of_conversation(conversation, &PageQuery::default()).walk();
    /// while let Some(time) = times.next().await? {
    ///     println!("{:?} ms", time.attributes.handle_time.value());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ConversationTimes
}

past! { CONVERSATION_TIMES_PAST: ConversationTimes of ConversationTime: GetConversationTimeById, GetConversationTimeHistory }

operations! {
    CONVERSATION_TIMES: impl ConversationTimes {
        /// Lists one page of the org's conversation times; [`walk`](Call::walk) reads all. Kustodian has this; Kustomer does
        /// not.
        pub fn list(&self, query: &ListById) -> Call<GetConversationTimes> {
            self.client.call((), query, &())
        }

        /// Lists one page of the times that users spent on a conversation, oldest first.
        pub fn list_of_conversation(
            &self,
            conversation: impl Into<Id<Conversation>>,
            page: &PageQuery,
        ) -> Call<GetConversationTimesByConversationId> {
            self.client.at([conversation.into().into()], page, &())
        }

        /// Reads a conversation time by its id.
        pub fn get(&self, id: impl Into<Id<ConversationTime>>) -> Call<GetConversationTimeById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Reads several conversation times, at most 100, in the order of their ids; ids that name none are passed over.
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<ConversationTime>>>,
            page: &PageQuery,
        ) -> Call<GetConversationTimeByIds> {
            self.client.at([joined(ids)], page, &())
        }
    }
}
