//! Conversations.

use kustomer_api::Id;
use kustomer_api::attachment::GetConversationAttachments;
use kustomer_api::conversation::{
    AppendTagsToConversation, Conversation, ConversationInput, CreateConversation, CreateConversationForCustomer,
    DeleteConversation, GetConversation, GetConversationByExternalId, GetConversationEvents, GetConversationHistory,
    GetConversations, GetConversationsByCustomer, GetMultipleConversationsByIds, ListConversationEvents,
    ListOfCustomer, RemoveTagsFromConversation, UpdateConversation, UpdateConversationAttributes,
};
use kustomer_api::customer::Customer;
use kustomer_api::customer::ReplaceQuery;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListById, PageQuery};

use super::{bulk, group, joined, operations, past};
use crate::call::Call;

group! {
    /// The operations on conversations.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::conversation::{ConversationInput, ConversationStatus};
    /// use kustomer_client::message::{Channel, MessageInput};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let customer = "5c7d1a1f9a1b2c0010a1b2c3";
    /// let input = ConversationInput::default().name("Order 1815 is late");
    /// let conversation = client.conversations().create_for_customer(customer, &input).await?.data;
    /// let id = conversation.id;
    /// let message = MessageInput::new(Channel::Email, "postmark").preview("It is on its way.");
    /// client.messages().create_in(&id, &message).await?;
    /// let done = ConversationInput::default().status(ConversationStatus::Done);
    /// let conversation = client.conversations().update(id, &done).await?.data;
    /// println!("{:?}", conversation.attributes.done_count.value());
    /// # Ok(())
    /// # }
    /// ```
    Conversations
}

past! { CONVERSATIONS_PAST: Conversations of Conversation: GetConversation, GetConversationHistory }
bulk! { CONVERSATIONS_BULK: Conversations of Conversation: ConversationInput, BulkCreateConversations, BulkBatchUpdateConversations }

operations! {
    CONVERSATIONS: impl Conversations {
        /// Lists one page of conversations, by id; [`walk`](Call::walk) reads all pages.
        pub fn list(&self, query: &ListById) -> Call<GetConversations> {
            self.client.call((), query, &())
        }

        /// Lists one page of the conversations of a customer.
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            query: &ListOfCustomer,
        ) -> Call<GetConversationsByCustomer> {
            self.client.at([customer.into().into()], query, &())
        }

        /// Lists one page of the attachments of a conversation: of its messages and notes.
        pub fn attachments(
            &self,
            id: impl Into<Id<Conversation>>,
            query: &PageQuery,
        ) -> Call<GetConversationAttachments> {
            self.client.at([id.into().into()], query, &())
        }

        /// Creates a conversation of the customer that the input names. An external id that another conversation has, or an
        /// id that another record has, is a 409.
        pub fn create(&self, input: &ConversationInput) -> Call<CreateConversation> {
            self.client.call((), &(), input)
        }

        /// Creates a conversation of a customer.
        pub fn create_for_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            input: &ConversationInput,
        ) -> Call<CreateConversationForCustomer> {
            self.client.at([customer.into().into()], &(), input)
        }

        /// Lists one page of what happened to a conversation.
        pub fn events(
            &self,
            id: impl Into<Id<Conversation>>,
            query: &ListConversationEvents,
        ) -> Call<GetConversationEvents> {
            self.client.at([id.into().into()], query, &())
        }

        /// Reads a conversation by its id.
        pub fn get(&self, id: impl Into<Id<Conversation>>) -> Call<GetConversation> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Reads several conversations, at most 100, in the order of their ids; ids that name none are passed over.
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<Conversation>>>,
            page: &PageQuery,
        ) -> Call<GetMultipleConversationsByIds> {
            self.client.at([joined(ids)], page, &())
        }

        /// Reads a conversation by its external id.
        pub fn get_by_external_id(&self, external_id: &str) -> Call<GetConversationByExternalId> {
            self.client.call(external_id.to_owned(), &(), &())
        }

        /// Changes the attributes sent and keeps the others. Custom attributes are merged by their keys. A customer alone
        /// ([`ConversationInput::move_to`]) moves the conversation with its messages and notes.
        pub fn update(
            &self,
            id: impl Into<Id<Conversation>>,
            input: &ConversationInput,
        ) -> Call<UpdateConversationAttributes> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes the attributes sent and drops the others that can be written; the status stays.
        pub fn replace(&self, id: impl Into<Id<Conversation>>, input: &ConversationInput) -> Call<UpdateConversation> {
            self.client.at([id.into().into()], &ReplaceQuery::default().replace(true), input)
        }

        /// Deletes a conversation; an update with `deleted: false` restores it.
        pub fn delete(&self, id: impl Into<Id<Conversation>>) -> Call<DeleteConversation> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Adds tags, by name or id; names that no tag has create one.
        pub fn add_tags(&self, id: impl Into<Id<Conversation>>, tags: &[String]) -> Call<AppendTagsToConversation> {
            self.client.at([id.into().into()], &(), &tags.to_vec())
        }

        /// Removes tags, by name or id.
        pub fn remove_tags(
            &self,
            id: impl Into<Id<Conversation>>,
            tags: &[String],
        ) -> Call<RemoveTagsFromConversation> {
            self.client.at([id.into().into()], &(), &tags.to_vec())
        }
    }
}
