//! Messages.

use kustomer_api::Id;
use kustomer_api::attachment::{Attachment, GetAttachmentByMessageAndAttachmentId, GetMessageAttachments};
use kustomer_api::conversation::Conversation;
use kustomer_api::customer::Customer;
use kustomer_api::customer::ReplaceQuery;
use kustomer_api::history::StateQuery;
use kustomer_api::message::{
    CreateMessage, CreateMessageByCustomer, CreateMessageFromConversation, GetMessage, GetMessageByExternalId,
    GetMessageHistory, GetMessages, GetMessagesByConversation, GetMessagesByCustomer, Message, MessageInput,
    RedactMessage, RedactionInput, UpdateMessage, UpdateMessageAttributes,
};
use kustomer_api::query::{IncludeAttachments, ListById, ListWithAttachments, PageQuery};

use super::{bulk, group, operations, past};
use crate::call::Call;

group! {
    /// The operations on messages. Creating one records it; nothing is sent.
    Messages
}

past! { MESSAGES_PAST: Messages of Message: GetMessage, GetMessageHistory }
bulk! { MESSAGES_BULK: Messages of Message: MessageInput, BulkCreateMessages, BulkBatchUpdateMessages }

operations! {
    MESSAGES: impl Messages {
        /// Lists one page of messages, by id; [`walk`](Call::walk) reads all pages.
        pub fn list(&self, query: &ListById) -> Call<GetMessages> {
            self.client.call((), &(*query).into(), &())
        }

        /// Lists one page of a customer's messages; [`walk`](Call::walk) reads all.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.messages().list_of_customer("5c7d1a1f9a1b2c0010a1b2c3", &PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            query: &PageQuery,
        ) -> Call<GetMessagesByCustomer> {
            self.client.at([customer.into().into()], &(*query).into(), &())
        }

        /// Lists one page of the messages of a conversation.
        pub fn list_of_conversation(
            &self,
            id: impl Into<Id<Conversation>>,
            query: &PageQuery,
        ) -> Call<GetMessagesByConversation> {
            self.client.at([id.into().into()], &(*query).into(), &())
        }

        /// The same with the attachments of the messages in `included`.
        pub fn list_with_attachments(
            &self,
            conversation: impl Into<Id<Conversation>>,
            query: &PageQuery,
        ) -> Call<GetMessagesByConversation> {
            let query = ListWithAttachments::default().paging(*query).include(IncludeAttachments(true));
            self.client.at([conversation.into().into()], &query, &())
        }

        /// Lists one page of the attachments of a message. Kustodian has this; Kustomer does not.
        pub fn attachments(&self, id: impl Into<Id<Message>>, query: &PageQuery) -> Call<GetMessageAttachments> {
            self.client.at([id.into().into()], query, &())
        }

        /// Reads an attachment of a message.
        pub fn attachment(
            &self,
            record: impl Into<Id<Message>>,
            id: impl Into<Id<Attachment>>,
        ) -> Call<GetAttachmentByMessageAndAttachmentId> {
            self.client.at([record.into().into(), id.into().into()], &(), &())
        }

        /// Creates a message in the conversation that the input names, or in a new one of the customer that it names; it
        /// needs a direction.
        pub fn create(&self, input: &MessageInput) -> Call<CreateMessage> {
            self.client.call((), &(), input)
        }

        /// Creates a message in a conversation; one from the customer (the default) opens it again. A conversation that has
        /// ended or is locked is a 409.
        pub fn create_in(
            &self,
            conversation: impl Into<Id<Conversation>>,
            input: &MessageInput,
        ) -> Call<CreateMessageFromConversation> {
            self.client.at([conversation.into().into()], &(), input)
        }

        /// Creates a message of a customer, in a new conversation unless the input names one.
        pub fn create_for_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            input: &MessageInput,
        ) -> Call<CreateMessageByCustomer> {
            self.client.at([customer.into().into()], &(), input)
        }

        /// Reads a message by its id.
        pub fn get(&self, id: impl Into<Id<Message>>) -> Call<GetMessage> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Reads a message by its external id.
        pub fn get_by_external_id(&self, external_id: &str) -> Call<GetMessageByExternalId> {
            self.client.call(external_id.to_owned(), &(), &())
        }

        /// Changes the attributes sent and keeps the others. Custom attributes are merged by their keys, `meta` is replaced.
        pub fn update(&self, id: impl Into<Id<Message>>, input: &MessageInput) -> Call<UpdateMessageAttributes> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes the attributes sent and drops the others that can be written.
        pub fn replace(&self, id: impl Into<Id<Message>>, input: &MessageInput) -> Call<UpdateMessage> {
            self.client.at([id.into().into()], &ReplaceQuery::default().replace(true), input)
        }

        /// Replaces the words or `meta` of a message, or removes the bytes of its attachments: for ever, also from what its
        /// conversation and its customer show of it, and from the past of all of them. It needs `org.admin.message.write`.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::message::RedactionInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let input = RedactionInput::of_preview("My card is [redacted]");
        /// client.messages().redact("5c7d1a1f9a1b2c0010a1b2c3", &input).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn redact(&self, id: impl Into<Id<Message>>, input: &RedactionInput) -> Call<RedactMessage> {
            self.client.at([id.into().into()], &(), input)
        }
    }
}
