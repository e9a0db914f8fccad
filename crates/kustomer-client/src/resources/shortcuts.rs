//! Shortcuts.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::shortcut::{
    CreateShortcut, DeleteShortcut, GetShortcutById, GetShortcutHistory, GetShortcuts, Shortcut, ShortcutInput,
    UpdateShortcut,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on shortcuts.
    Shortcuts
}

past! { SHORTCUTS_PAST: Shortcuts of Shortcut: GetShortcutById, GetShortcutHistory }

operations! {
    SHORTCUTS: impl Shortcuts {
        /// Lists one page of the org's shortcuts; [`walk`](Call::walk) reads all.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.shortcuts().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetShortcuts> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a shortcut by its id.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let shortcut = client.shortcuts().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", shortcut.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Shortcut>>) -> Call<GetShortcutById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a shortcut; it needs a name.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::shortcut::ShortcutInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let shortcut = client.shortcuts().create(&ShortcutInput::named("Support")).await?.data;
        /// println!("{}", shortcut.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &ShortcutInput) -> Call<CreateShortcut> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::shortcut::ShortcutInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let shortcut = client.shortcuts().update("5c7d1a1f9a1b2c0010a1b2c3", &ShortcutInput::named("Sales")).await?.data;
        /// println!("{}", shortcut.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<Shortcut>>, input: &ShortcutInput) -> Call<UpdateShortcut> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a shortcut.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.shortcuts().delete("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete(&self, id: impl Into<Id<Shortcut>>) -> Call<DeleteShortcut> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
