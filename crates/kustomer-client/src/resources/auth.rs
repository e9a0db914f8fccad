//! Credentials and roles.

use kustomer_api::ObjectId;
use kustomer_api::auth::{GetAuthRoles, GetAuthTokenById, GetAuthTokens, GetCurrentAuthToken};
use kustomer_api::query::PageQuery;

use super::group;
use crate::call::Call;

group! {
    /// The operations on credentials and roles.
    Auth
}

impl Auth<'_> {
    /// Reads the token's own record; needs no role.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let token = client.auth().current_token().await?.data;
    /// println!("{:?}", token.attributes.roles.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn current_token(&self) -> Call<GetCurrentAuthToken> {
        self.client.call((), &(), &())
    }

    /// Lists the tokens of the current user.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let page = client.auth().tokens(&PageQuery::default()).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tokens(&self, query: &PageQuery) -> Call<GetAuthTokens> {
        self.client.call((), query, &())
    }

    /// Reads a token of the org by its id; needs the role `org.admin`.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, ObjectId};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let id: ObjectId = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
    /// println!("{:?}", client.auth().token(id).await?.data.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn token(&self, id: ObjectId) -> Call<GetAuthTokenById> {
        self.client.call(id, &(), &())
    }

    /// Lists the roles of the token.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// for role in client.auth().roles().await?.data {
    ///     println!("{}", role.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn roles(&self) -> Call<GetAuthRoles> {
        self.client.call((), &(), &())
    }
}
