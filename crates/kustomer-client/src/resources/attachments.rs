//! Attachments.

use kustomer_api::Id;
use kustomer_api::attachment::{
    Attachment, AttachmentInput, CreateAttachment, GetAttachmentHistory, GetAttachments, GetAttachmentsById,
    GetMultipleAttachmentsByIds, UpsertAttachment,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;

use super::{group, joined, operations, past};
use crate::call::Call;

group! {
    /// The operations on attachments.
    Attachments
}

past! { ATTACHMENTS_PAST: Attachments of Attachment: GetAttachmentsById, GetAttachmentHistory }

operations! {
    ATTACHMENTS: impl Attachments {
        /// Makes an attachment; `meta.upload` of the answer says where to send the bytes.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::attachment::AttachmentInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let input = AttachmentInput::of("receipt.txt", "text/plain", 15);
        /// let made = client.attachments().create(&input).await?;
        /// let upload = made.meta.and_then(|meta| meta.upload).ok_or("no upload")?;
        /// println!("send the bytes as the body of a PUT to {}", upload.url);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &AttachmentInput) -> Call<CreateAttachment> {
            self.client.call((), &(), input)
        }

        /// Reads an attachment by its id; `links.related` leads to the bytes, for a while.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let read = client.attachments().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", read.links.and_then(|links| links.extra.get("related").cloned()));
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Attachment>>) -> Call<GetAttachmentsById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes the attributes sent and keeps the others, or makes an attachment with this id; `redacted` removes the
        /// bytes for ever.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::attachment::AttachmentInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let id = "5c7d1a1f9a1b2c0010a1b2c3";
        /// client.attachments().update(id, &AttachmentInput::default().redacted(true)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<Attachment>>, input: &AttachmentInput) -> Call<UpsertAttachment> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Lists one page of the org's attachments; [`walk`](Call::walk) reads all. Kustodian has this; Kustomer does not.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.attachments().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetAttachments> {
            self.client.call((), query, &())
        }

        /// Reads several attachments by their ids, at most 100.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let ids = ["5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4"];
        /// println!("{}", client.attachments().get_many(&ids, &PageQuery::default()).await?.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<Attachment>>>,
            query: &PageQuery,
        ) -> Call<GetMultipleAttachmentsByIds> {
            self.client.at([joined(ids)], query, &())
        }
    }
}
