//! Accounts that messages are sent from.

use kustomer_api::outbound_account::GetOutboundAccounts;
use kustomer_api::query::PageQuery;

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations on accounts that messages are sent from.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// for account in client.outbound_accounts().list(&PageQuery::default()).await?.data {
    ///     println!("{:?}", account.attributes.account.value());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    OutboundAccounts
}

operations! {
    OUTBOUND_ACCOUNTS: impl OutboundAccounts {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetOutboundAccounts> {
            self.client.call((), query, &())
        }
    }
}
