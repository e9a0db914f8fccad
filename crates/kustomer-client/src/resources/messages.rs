//! Messages.

use kustomer_api::ObjectId;
use kustomer_api::message::GetMessagesByCustomer;
use kustomer_api::query::PageQuery;

use super::group;
use crate::call::Call;

group! {
    /// The operations on messages.
    Messages
}

impl Messages<'_> {
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
        self.client.call(customer, query, &())
    }
}
