//! Tags.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::tag::{GetTagById, GetTagHistory, GetTags, Tag};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on tags.
    Tags
}

past! { TAGS_PAST: Tags of Tag: GetTagById, GetTagHistory }

operations! {
    TAGS: impl Tags {
        /// Lists one page of the org's tags; [`walk`](Call::walk) reads all.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.tags().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetTags> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a tag by its id.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let tag = client.tags().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", tag.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Tag>>) -> Call<GetTagById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }
    }
}
