//! Drafts.

use kustomer_api::Id;
use kustomer_api::attachment::{
    Attachment, AttachmentInput, CreateDraftAttachment, DeleteDraftAttachment, GetDraftAttachment, GetDraftAttachments,
};
use kustomer_api::customer::Customer;
use kustomer_api::draft::{
    CreateDraft, CreateDraftByCustomer, DeleteDraft, Draft, DraftInput, GetAllDraftsByCustomer, GetDraftById,
    GetDraftHistory, GetDrafts, UpdateDraft,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on drafts: messages and notes before they are sent.
    Drafts
}

past! { DRAFTS_PAST: Drafts of Draft: GetDraftById, GetDraftHistory }

operations! {
    DRAFTS: impl Drafts {
        /// Lists one page of the org's drafts, by id; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &ListRecords) -> Call<GetDrafts> {
            self.client.call((), query, &())
        }

        /// Lists one page of the drafts to a customer.
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            query: &PageQuery,
        ) -> Call<GetAllDraftsByCustomer> {
            self.client.at([customer.into().into()], &(*query).into(), &())
        }

        /// Writes a draft to the customer that the input names, or to that of its conversation.
        pub fn create(&self, input: &DraftInput) -> Call<CreateDraft> {
            self.client.call((), &(), input)
        }

        /// Writes a draft to a customer. With `status` sent it is sent at once, with `send_at` then.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::draft::{DraftInput, DraftStatus, Sender, Address};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let draft = DraftInput::email("Your order", "It is on its way.")
        ///     .from(Sender::Address(Address::of("help@shop.example")))
        ///     .status(DraftStatus::Sent);
        /// let sent = client.drafts().create_for_customer("5c7d1a1f9a1b2c0010a1b2c3", &draft).await?;
        /// println!("{:?}", sent.data.attributes.sent_at);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create_for_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            input: &DraftInput,
        ) -> Call<CreateDraftByCustomer> {
            self.client.at([customer.into().into()], &(), input)
        }

        /// Reads a draft by its id.
        pub fn get(&self, id: impl Into<Id<Draft>>) -> Call<GetDraftById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes a draft that was not sent yet; the input names its channel.
        pub fn update(&self, id: impl Into<Id<Draft>>, input: &DraftInput) -> Call<UpdateDraft> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Lists one page of the attachments of a draft.
        pub fn attachments(&self, id: impl Into<Id<Draft>>, query: &PageQuery) -> Call<GetDraftAttachments> {
            self.client.at([id.into().into()], query, &())
        }

        /// Makes an attachment of a draft that was not sent; its bytes are the body of a PUT to `links.related` of the
        /// answer.
        pub fn add_attachment(&self, id: impl Into<Id<Draft>>, input: &AttachmentInput) -> Call<CreateDraftAttachment> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Reads an attachment of a draft.
        pub fn attachment(
            &self,
            record: impl Into<Id<Draft>>,
            id: impl Into<Id<Attachment>>,
        ) -> Call<GetDraftAttachment> {
            self.client.at([record.into().into(), id.into().into()], &(), &())
        }

        /// Deletes an attachment of a draft that was not sent, with its bytes.
        pub fn delete_attachment(
            &self,
            record: impl Into<Id<Draft>>,
            id: impl Into<Id<Attachment>>,
        ) -> Call<DeleteDraftAttachment> {
            self.client.at([record.into().into(), id.into().into()], &(), &())
        }

        /// Deletes a draft, which unschedules it.
        pub fn delete(&self, id: impl Into<Id<Draft>>) -> Call<DeleteDraft> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
