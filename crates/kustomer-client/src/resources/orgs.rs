//! Orgs.

use kustomer_api::Id;
use kustomer_api::org::{GetCurrentOrg, GetOrgById, Org};

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations on orgs.
    Orgs
}

operations! {
    ORGS: impl Orgs {
        /// Reads the org of the token.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let org = client.orgs().current().await?.data;
        /// println!("{:?}", org.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn current(&self) -> Call<GetCurrentOrg> {
            self.client.call((), &(), &())
        }

        /// Reads the org of the token; every other one answers 404.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let org = client.orgs().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", org.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Org>>) -> Call<GetOrgById> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
