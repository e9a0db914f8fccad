//! Drafts.

use kustomer_api::ObjectId;
use kustomer_api::attachment::{
    AttachmentInput, CreateDraftAttachment, DeleteDraftAttachment, GetDraftAttachment, GetDraftAttachments, OfRecord,
};
use kustomer_api::draft::{
    CreateDraft, CreateDraftByCustomer, DeleteDraft, DraftInput, GetAllDraftsByCustomer, GetDraftById, GetDraftHistory,
    GetDrafts, UpdateDraft,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on drafts: what is written to customers before it is sent.
    Drafts
}

past! { Drafts: GetDraftById, GetDraftHistory }

impl Drafts<'_> {
    /// Lists one page of the org's drafts, by id; [`walk`](Call::walk) goes over all.
    pub fn list(&self, query: &ListRecords) -> Call<GetDrafts> {
        self.client.call((), query, &())
    }

    /// Lists one page of the drafts to a customer.
    pub fn list_of_customer(&self, customer: ObjectId, query: &PageQuery) -> Call<GetAllDraftsByCustomer> {
        self.client.call(customer, &(*query).into(), &())
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
    /// let sent = client.drafts().create_for_customer("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &draft).await?;
    /// println!("{:?}", sent.data.attributes.sent_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_for_customer(&self, customer: ObjectId, input: &DraftInput) -> Call<CreateDraftByCustomer> {
        self.client.call(customer, &(), input)
    }

    /// Reads a draft by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetDraftById> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Changes a draft that was not sent yet; the input names its channel.
    pub fn update(&self, id: ObjectId, input: &DraftInput) -> Call<UpdateDraft> {
        self.client.call(id, &(), input)
    }

    /// Lists one page of the attachments of a draft.
    pub fn attachments(&self, id: ObjectId, query: &PageQuery) -> Call<GetDraftAttachments> {
        self.client.call(id, query, &())
    }

    /// Makes an attachment of a draft that was not sent; its bytes are the body of a PUT to `links.related` of the answer.
    pub fn add_attachment(&self, id: ObjectId, input: &AttachmentInput) -> Call<CreateDraftAttachment> {
        self.client.call(id, &(), input)
    }

    /// Reads an attachment of a draft.
    pub fn attachment(&self, record: ObjectId, id: ObjectId) -> Call<GetDraftAttachment> {
        self.client.call(OfRecord { record, id }, &(), &())
    }

    /// Deletes an attachment of a draft that was not sent, with its bytes.
    pub fn delete_attachment(&self, record: ObjectId, id: ObjectId) -> Call<DeleteDraftAttachment> {
        self.client.call(OfRecord { record, id }, &(), &())
    }

    /// Deletes a draft, which unschedules it.
    pub fn delete(&self, id: ObjectId) -> Call<DeleteDraft> {
        self.client.call(id, &(), &())
    }
}
