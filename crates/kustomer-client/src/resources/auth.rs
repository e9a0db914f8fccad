//! Credentials and roles.

use kustomer_api::auth::{
    ApiKeyInput, AuthSettingsInput, AuthToken, CreateApiKey, CreateToken, DeleteApiKey, DeleteAuthTokenById,
    DeleteCurrentAuthToken, GetApiKeys, GetAuthCustomerSettings, GetAuthRoles, GetAuthSettings, GetAuthSettingsHistory,
    GetAuthTokenById, GetAuthTokens, GetCurrentAuthToken, GetPublicAuthSettings, RotateApiKey, RotationInput, SignIn,
    UpdateAuthSettings,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;
use kustomer_api::{Id, Timestamp};

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations on credentials and roles.
    Auth
}

operations! {
    AUTH: impl Auth {
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
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let id = "5c7d1a1f9a1b2c0010a1b2c3";
        /// println!("{:?}", client.auth().token(id).await?.data.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn token(&self, id: impl Into<Id<AuthToken>>) -> Call<GetAuthTokenById> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Lists the roles that the server knows.
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

        /// Signs a person in: the answer has a session token.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::auth::SignIn;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let ada = SignIn::with_password("acme", "ada@acme.example", "a long pass phrase");
        /// let session = client.auth().sign_in(&ada).await?.data;
        /// println!("{:?}", session.attributes.expires_at.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn sign_in(&self, input: &SignIn) -> Call<CreateToken> {
            self.client.call((), &(), input)
        }

        /// Revokes the token itself: signs out.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.auth().sign_out().await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn sign_out(&self) -> Call<DeleteCurrentAuthToken> {
            self.client.call((), &(), &())
        }

        /// Revokes a token of the org.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.auth().delete_token("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete_token(&self, id: impl Into<Id<AuthToken>>) -> Call<DeleteAuthTokenById> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Reads how people sign in, and how long sessions last.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// println!("{:?}", client.auth().settings().await?.data.attributes.app.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn settings(&self) -> Call<GetAuthSettings> {
            self.client.call((), &StateQuery::default(), &())
        }

        /// Reads how people signed in at a revision of the settings, from 1. Kustodian has this; Kustomer does not.
        pub fn settings_at_rev(&self, rev: u64) -> Call<GetAuthSettings> {
            self.client.call((), &StateQuery::default().rev(rev), &())
        }

        /// Reads how people signed in at a moment. Kustodian has this; Kustomer does not.
        pub fn settings_as_of(&self, moment: impl Into<Timestamp>) -> Call<GetAuthSettings> {
            self.client.call((), &StateQuery::default().as_of(moment), &())
        }

        /// Lists one page of what happened to the settings, newest first; [`walk`](Call::walk) reads all pages.
        /// Kustodian has this; Kustomer does not.
        pub fn settings_history(&self, query: &PageQuery) -> Call<GetAuthSettingsHistory> {
            self.client.call((), query, &())
        }

        /// Sets how people sign in, and how long sessions last.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::auth::{AuthSettingsInput, SignInSwitch};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let closed = SignInSwitch::of(false);
        /// let closed = AuthSettingsInput::default().kustomer(closed.clone()).google(closed);
        /// client.auth().update_settings(&closed).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update_settings(&self, input: &AuthSettingsInput) -> Call<UpdateAuthSettings> {
            self.client.call((), &(), input)
        }

        /// Reads which ways of signing in are open, of the org that the host names or of the only one.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// println!("{:?}", client.auth().public_settings().await?.data.attributes.kustomer.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn public_settings(&self) -> Call<GetPublicAuthSettings> {
            self.client.call((), &(), &())
        }

        /// Reads the secret that signs the tokens of customers.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let secret = client.auth().customer_settings().await?.data.attributes.secret;
        /// println!("{}", secret.value().map_or(0, String::len));
        /// # Ok(())
        /// # }
        /// ```
        pub fn customer_settings(&self) -> Call<GetAuthCustomerSettings> {
            self.client.call((), &(), &())
        }

        /// Lists one page of the org's API keys.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.auth().keys(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn keys(&self, query: &PageQuery) -> Call<GetApiKeys> {
            self.client.call((), query, &())
        }

        /// Makes an API key, which only the answer holds.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::auth::ApiKeyInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let import = ApiKeyInput::new("import", ["org.user.customer"]);
        /// let key = client.auth().create_key(&import).await?.data.attributes.token;
        /// println!("{}", key.value().map_or(0, String::len));
        /// # Ok(())
        /// # }
        /// ```
        pub fn create_key(&self, input: &ApiKeyInput) -> Call<CreateApiKey> {
            self.client.call((), &(), input)
        }

        /// Makes another key of the same user; the former one stays valid for a while.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::auth::RotationInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let hour = RotationInput::default().overlap_seconds(3_600_u64);
        /// let key = client.auth().rotate_key("5c7d1a1f9a1b2c0010a1b2c3", &hour).await?.data;
        /// println!("{}", key.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn rotate_key(&self, id: impl Into<Id<AuthToken>>, input: &RotationInput) -> Call<RotateApiKey> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Revokes an API key.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.auth().delete_key("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete_key(&self, id: impl Into<Id<AuthToken>>) -> Call<DeleteApiKey> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
