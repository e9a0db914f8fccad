//! Media.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::media::{
    CreateMedia, GetMedia, GetMediaHistory, GetMediabyId, GetMultipleMediaByIds, MediaInput, UpdateMedia,
};
use kustomer_api::query::PageQuery;

use super::{group, joined, operations, past};
use crate::call::Call;

group! {
    /// The operations on media.
    Media
}

past! { MEDIA_PAST: Media of kustomer_api::media::Media: GetMediabyId, GetMediaHistory }

operations! {
    MEDIA: impl Media {
        /// Makes media; `meta.upload` of the answer says where to send the bytes.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::media::MediaInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let input = MediaInput::of("receipt.txt", "text/plain", 15);
        /// let made = client.media().create(&input).await?;
        /// let upload = made.meta.and_then(|meta| meta.upload).ok_or("no upload")?;
        /// println!("send the bytes as the body of a PUT to {}", upload.url);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &MediaInput) -> Call<CreateMedia> {
            self.client.call((), &(), input)
        }

        /// Reads media by its id; `links.related` leads to the bytes, for a while.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let read = client.media().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", read.links.and_then(|links| links.extra.get("related").cloned()));
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<kustomer_api::media::Media>>) -> Call<GetMediabyId> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes the attributes sent and keeps the others; `redacted` removes the bytes for ever.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::media::MediaInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let id = "5c7d1a1f9a1b2c0010a1b2c3";
        /// client.media().update(id, &MediaInput::default().redacted(true)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<kustomer_api::media::Media>>, input: &MediaInput) -> Call<UpdateMedia> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Lists one page of the org's media; [`walk`](Call::walk) reads all. Kustodian has this; Kustomer does not.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.media().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetMedia> {
            self.client.call((), query, &())
        }

        /// Reads several media by their ids, at most 100.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let ids = ["5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4"];
        /// println!("{}", client.media().get_many(&ids, &PageQuery::default()).await?.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<kustomer_api::media::Media>>>,
            query: &PageQuery,
        ) -> Call<GetMultipleMediaByIds> {
            self.client.at([joined(ids)], query, &())
        }
    }
}
