//! Forwards.

use kustomer_api::Id;
use kustomer_api::attachment::{Attachment, AttachmentInput};
use kustomer_api::conversation::Conversation;
use kustomer_api::forward::{
    CreateForward, CreateForwardAttachment, CreateForwardByConversation, DeleteForwardAttachment, Forward,
    ForwardInput, GetAllForwardsByConversation, GetForwardAttachment, GetForwardAttachments, GetForwardHistory,
    GetForwards, GetaDraftForwardById, UpdateDraftForward,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on forwards: conversations that are sent to somebody else.
    Forwards
}

past! { FORWARDS_PAST: Forwards of Forward: GetaDraftForwardById, GetForwardHistory }

operations! {
    FORWARDS: impl Forwards {
        /// Lists one page of the org's forwards, by id; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &ListRecords) -> Call<GetForwards> {
            self.client.call((), query, &())
        }

        /// Lists one page of the forwards of a conversation.
        pub fn list_of_conversation(
            &self,
            id: impl Into<Id<Conversation>>,
            query: &PageQuery,
        ) -> Call<GetAllForwardsByConversation> {
            self.client.at([id.into().into()], query, &())
        }

        /// Writes a forward of the conversation that the input names.
        pub fn create(&self, input: &ForwardInput) -> Call<CreateForward> {
            self.client.call((), &(), input)
        }

        /// Writes a forward of a conversation. With `status` sent it is sent at once, with `send_at` then.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::draft::{Address, DraftStatus};
        /// use kustomer_client::forward::ForwardInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let forward = ForwardInput::to_address("depot@acme.example")
        ///     .from(Address::of("help@shop.example"))
        ///     .body("Please read this.")
        ///     .status(DraftStatus::Sent);
        /// let sent = client.forwards().create_in("5c7d1a1f9a1b2c0010a1b2c3", &forward).await?;
        /// println!("{:?}", sent.data.attributes.sent_at);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create_in(
            &self,
            conversation: impl Into<Id<Conversation>>,
            input: &ForwardInput,
        ) -> Call<CreateForwardByConversation> {
            self.client.at([conversation.into().into()], &(), input)
        }

        /// Reads a forward by its id.
        pub fn get(&self, id: impl Into<Id<Forward>>) -> Call<GetaDraftForwardById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes a forward that was not sent yet.
        pub fn update(&self, id: impl Into<Id<Forward>>, input: &ForwardInput) -> Call<UpdateDraftForward> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Lists one page of the attachments of a forward beside those of its conversation.
        pub fn attachments(&self, id: impl Into<Id<Forward>>, query: &PageQuery) -> Call<GetForwardAttachments> {
            self.client.at([id.into().into()], query, &())
        }

        /// Makes an attachment of a forward that was not sent; its bytes are the body of a PUT to `links.related` of the
        /// answer.
        pub fn add_attachment(
            &self,
            id: impl Into<Id<Forward>>,
            input: &AttachmentInput,
        ) -> Call<CreateForwardAttachment> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Reads an attachment of a forward.
        pub fn attachment(
            &self,
            record: impl Into<Id<Forward>>,
            id: impl Into<Id<Attachment>>,
        ) -> Call<GetForwardAttachment> {
            self.client.at([record.into().into(), id.into().into()], &(), &())
        }

        /// Deletes an attachment of a forward that was not sent, with its bytes.
        pub fn delete_attachment(
            &self,
            record: impl Into<Id<Forward>>,
            id: impl Into<Id<Attachment>>,
        ) -> Call<DeleteForwardAttachment> {
            self.client.at([record.into().into(), id.into().into()], &(), &())
        }
    }
}
