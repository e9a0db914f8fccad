//! Messages.

use kustomer_api::ObjectId;
use kustomer_api::attachment::{GetAttachmentByMessageAndAttachmentId, GetMessageAttachments, OfRecord};
use kustomer_api::customer::ReplaceQuery;
use kustomer_api::history::StateQuery;
use kustomer_api::message::{
    CreateMessage, CreateMessageByCustomer, CreateMessageFromConversation, GetMessage, GetMessageByExternalId,
    GetMessageHistory, GetMessages, GetMessagesByConversation, GetMessagesByCustomer, MessageInput, RedactMessage,
    RedactionInput, UpdateMessage, UpdateMessageAttributes,
};
use kustomer_api::query::{IncludeAttachments, ListById, ListWithAttachments, PageQuery};

use super::{bulk, group, past};
use crate::call::Call;

group! {
    /// The operations on messages. Creating one records it; nothing is sent.
    Messages
}

past! { Messages: GetMessage, GetMessageHistory }
bulk! { Messages: MessageInput, BulkCreateMessages, BulkBatchUpdateMessages }

impl Messages<'_> {
    /// Lists one page of messages, by id; [`walk`](Call::walk) goes over all pages.
    pub fn list(&self, query: &ListById) -> Call<GetMessages> {
        self.client.call((), &(*query).into(), &())
    }

    /// Lists one page of a customer's messages; [`walk`](Call::walk) goes over all.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let page = client.messages().list_of_customer("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &PageQuery::default()).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_of_customer(&self, customer: ObjectId, query: &PageQuery) -> Call<GetMessagesByCustomer> {
        self.client.call(customer, &(*query).into(), &())
    }

    /// Lists one page of the messages of a conversation.
    pub fn list_of_conversation(&self, id: ObjectId, query: &PageQuery) -> Call<GetMessagesByConversation> {
        self.client.call(id, &(*query).into(), &())
    }

    /// The same with the attachments of the messages in `included`.
    pub fn list_with_attachments(&self, conversation: ObjectId, query: &PageQuery) -> Call<GetMessagesByConversation> {
        let query = ListWithAttachments { paging: *query, include: IncludeAttachments(true) };
        self.client.call(conversation, &query, &())
    }

    /// Lists one page of the attachments of a message. Kustodian has this; Kustomer does not.
    pub fn attachments(&self, id: ObjectId, query: &PageQuery) -> Call<GetMessageAttachments> {
        self.client.call(id, query, &())
    }

    /// Reads an attachment of a message.
    pub fn attachment(&self, record: ObjectId, id: ObjectId) -> Call<GetAttachmentByMessageAndAttachmentId> {
        self.client.call(OfRecord { record, id }, &(), &())
    }

    /// Creates a message in the conversation that the input names, or in a new one of the customer that it names; it needs a
    /// direction.
    pub fn create(&self, input: &MessageInput) -> Call<CreateMessage> {
        self.client.call((), &(), input)
    }

    /// Creates a message in a conversation; one from the customer (the default) opens it again. A conversation that has
    /// ended or is locked is a 409.
    pub fn create_in(&self, conversation: ObjectId, input: &MessageInput) -> Call<CreateMessageFromConversation> {
        self.client.call(conversation, &(), input)
    }

    /// Creates a message of a customer, in a new conversation unless the input names one.
    pub fn create_for_customer(&self, customer: ObjectId, input: &MessageInput) -> Call<CreateMessageByCustomer> {
        self.client.call(customer, &(), input)
    }

    /// Reads a message by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetMessage> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Reads a message by its external id.
    pub fn get_by_external_id(&self, external_id: &str) -> Call<GetMessageByExternalId> {
        self.client.call(external_id.to_owned(), &(), &())
    }

    /// Changes the attributes sent and keeps the others. Custom attributes are merged by their keys, `meta` is replaced.
    pub fn update(&self, id: ObjectId, input: &MessageInput) -> Call<UpdateMessageAttributes> {
        self.client.call(id, &(), input)
    }

    /// Changes the attributes sent and drops the others that can be written.
    pub fn replace(&self, id: ObjectId, input: &MessageInput) -> Call<UpdateMessage> {
        self.client.call(id, &ReplaceQuery { replace: true }, input)
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
    /// client.messages().redact("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &input).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn redact(&self, id: ObjectId, input: &RedactionInput) -> Call<RedactMessage> {
        self.client.call(id, &(), input)
    }
}
