//! Users.

use kustomer_api::ObjectId;
use kustomer_api::query::PageQuery;
use kustomer_api::user::{GetCurrentUser, GetMultipleUsersByIds, GetUserById, GetUserHistory, GetUsers, ListUsers};

use kustomer_api::history::StateQuery;

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on users.
    Users
}

past! { Users: GetUserById, GetUserHistory }

impl Users<'_> {
    /// Lists one page of the org's users, those behind API keys included; [`walk`](Call::walk) goes over all.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::user::ListUsers;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let page = client.users().list(&ListUsers::default()).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, query: &ListUsers) -> Call<GetUsers> {
        self.client.call((), query, &())
    }

    /// Reads the user behind the token; needs no role.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let me = client.users().current().await?.data;
    /// println!("{:?}", me.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn current(&self) -> Call<GetCurrentUser> {
        self.client.call((), &(), &())
    }

    /// Reads a user by its id.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let user = client.users().get("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?.data;
    /// println!("{:?}", user.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id: ObjectId) -> Call<GetUserById> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Reads several users by their ids.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let page = client.users().get_many(&["5c7d1a1f9a1b2c0010a1b2c3".parse()?], &PageQuery::default()).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many(&self, ids: &[ObjectId], query: &PageQuery) -> Call<GetMultipleUsersByIds> {
        let ids: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
        self.client.call(ids.join(","), query, &())
    }
}
