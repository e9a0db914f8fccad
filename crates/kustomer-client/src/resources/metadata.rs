//! Metadata.

use kustomer_api::history::StateQuery;
use kustomer_api::metadata::{
    GetCustomAttributeMetadata, GetMetadata, GetMetadataHistory, MetadataInput, UpdateCustomAttributeMetadata,
};
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on metadata: the org's descriptions of the custom attributes of a kind of record. It is named by the
    /// kind, such as `customer`, or by the klass of kobjects, such as `kobject.order`.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::metadata::{AttributeMetadata, MetadataInput};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let tier = AttributeMetadata::chosen_from(["gold", "silver"]).display_name("Loyalty");
    /// client.metadata().put("customer", &MetadataInput::default().property("tierStr", tier)).await?;
    /// let metadata = client.metadata().get("customer").await?.data;
    /// println!("{:?}", metadata.attributes.properties.value());
    /// # Ok(())
    /// # }
    /// ```
    Metadata
}

past! { METADATA_PAST: Metadata of kustomer_api::metadata::Metadata: GetCustomAttributeMetadata, GetMetadataHistory }

operations! {
    METADATA: impl Metadata {
        /// Lists one page of the metadata that was written; [`walk`](Call::walk) reads all. Only Kustodian has this
        /// operation.
        pub fn list(&self, query: &PageQuery) -> Call<GetMetadata> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads the metadata of a kind of record. What nobody has written yet is empty.
        pub fn get(&self, name: &str) -> Call<GetCustomAttributeMetadata> {
            self.client.call(name.to_owned(), &StateQuery::default(), &())
        }

        /// Describes the attributes sent, and keeps the description of others.
        pub fn put(&self, name: &str, input: &MetadataInput) -> Call<UpdateCustomAttributeMetadata> {
            self.client.call(name.to_owned(), &(), input)
        }
    }
}
