//! Users.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;
use kustomer_api::user::{
    CreateInviteNewUser, GetCurrentUser, GetMultipleUsersByIds, GetUserById, GetUserHistory, GetUsers, GetUsersTeams,
    ListUsers, PasswordReset, ResetUsersPassword, UpdateCurrentUser, UpdateUserById, User, UserInput,
};

use super::{group, joined, operations, past};
use crate::call::Call;

group! {
    /// The operations on users.
    Users
}

past! { USERS_PAST: Users of User: GetUserById, GetUserHistory }

operations! {
    USERS: impl Users {
        /// Lists one page of the org's users, those behind API keys included; [`walk`](Call::walk) reads all.
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
        /// let user = client.users().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", user.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<User>>) -> Call<GetUserById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
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
        /// let page = client.users().get_many(&["5c7d1a1f9a1b2c0010a1b2c3"], &PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<User>>>,
            query: &PageQuery,
        ) -> Call<GetMultipleUsersByIds> {
            self.client.at([joined(ids)], query, &())
        }

        /// Invites a person, who sets a password by the link that is sent. Roles that the caller lacks are left out.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::user::UserInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let ada = UserInput::invited("Ada Lovelace", "ada@acme.example").roles(vec!["org.user".to_owned()]);
        /// println!("{}", client.users().invite(&ada).await?.data.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn invite(&self, input: &UserInput) -> Call<CreateInviteNewUser> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others; `deleted` deactivates and restores.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::user::UserInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.users().update("5c7d1a1f9a1b2c0010a1b2c3", &UserInput::default().deleted(true)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<User>>, input: &UserInput) -> Call<UpdateUserById> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes the user behind the token; needs no role.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::Field;
        /// use kustomer_client::user::UserInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let named = UserInput::default().display_name(Field::Value("Ada".to_owned()));
        /// client.users().update_current(&named).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update_current(&self, input: &UserInput) -> Call<UpdateCurrentUser> {
            self.client.call((), &(), input)
        }

        /// Lists one page of the teams that a user is a member of.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.users().teams("5c7d1a1f9a1b2c0010a1b2c3", &PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn teams(&self, id: impl Into<Id<User>>, query: &PageQuery) -> Call<GetUsersTeams> {
            self.client.at([id.into().into()], query, &())
        }

        /// Sends a link that sets a new password, if there is such a user.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::user::PasswordReset;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let of = PasswordReset::new("acme", "ada@acme.example");
        /// client.users().reset_password(&of).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn reset_password(&self, of: &PasswordReset) -> Call<ResetUsersPassword> {
            self.client.call((), &(), of)
        }
    }
}
