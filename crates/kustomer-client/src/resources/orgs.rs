//! Orgs.

use kustomer_api::ObjectId;
use kustomer_api::org::{GetCurrentOrg, GetOrgById};

use super::group;
use crate::call::Call;

group! {
    /// The operations on orgs.
    Orgs
}

impl Orgs<'_> {
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
    /// let org = client.orgs().get("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?.data;
    /// println!("{:?}", org.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id: ObjectId) -> Call<GetOrgById> {
        self.client.call(id, &(), &())
    }
}
