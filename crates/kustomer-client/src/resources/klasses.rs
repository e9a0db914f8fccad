//! Klasses.

use kustomer_api::history::StateQuery;
use kustomer_api::klass::{
    CreateKlass, DeleteKlass, GetKlass, GetKlassByName, GetKlassHistory, GetKlasses, KlassInput, ListKlasses,
    RestoreKlass, UpdateKlass,
};
use kustomer_api::restore::RestoreInput;

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on klasses, the types of custom objects.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::klass::{KlassInput, ListKlasses};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.klasses().create(&KlassInput::named("order").icon("shopping")).await?;
    /// let order = client.klasses().get_by_name("order").await?.data;
    /// client.klasses().update("order", &KlassInput::default().display_name("Purchase")).await?;
    /// for klass in client.klasses().list(&ListKlasses::default()).await?.data {
    ///     println!("{:?}", klass.attributes.name.value());
    /// }
    /// client.klasses().delete(&order.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    Klasses
}

past! { Klasses: GetKlass, GetKlassHistory; id: &str => |_, id| id.to_owned() }

impl Klasses<'_> {
    /// Lists one page of klasses, those that are enabled unless `status` says otherwise; [`walk`](Call::walk) goes over
    /// all pages.
    pub fn list(&self, query: &ListKlasses) -> Call<GetKlasses> {
        self.client.call((), query, &())
    }

    /// Creates a klass; it needs a name. A name that another klass has, in the singular or the plural, is a 409.
    pub fn create(&self, input: &KlassInput) -> Call<CreateKlass> {
        self.client.call((), &(), input)
    }

    /// Reads a klass by its id.
    pub fn get(&self, id: &str) -> Call<GetKlass> {
        self.client.call(id.to_owned(), &StateQuery::default(), &())
    }

    /// Reads a klass by its name, singular or plural. Only Kustodian has this operation.
    pub fn get_by_name(&self, name: &str) -> Call<GetKlassByName> {
        self.client.call(name.to_owned(), &(), &())
    }

    /// Changes the attributes sent of the klass with this id or name, and keeps the others. The name itself stays.
    pub fn update(&self, id_or_name: &str, input: &KlassInput) -> Call<UpdateKlass> {
        self.client.call(id_or_name.to_owned(), &(), input)
    }

    /// Deletes the klass with this id or name; a 409 while it has kobjects.
    pub fn delete(&self, id_or_name: &str) -> Call<DeleteKlass> {
        self.client.call(id_or_name.to_owned(), &(), &())
    }

    /// Restores a deleted klass. Kustodian has this; Kustomer does not.
    pub fn restore(&self, id: &str) -> Call<RestoreKlass> {
        self.client.call(id.to_owned(), &(), &RestoreInput::default())
    }

    /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
    pub fn restore_at_rev(&self, id: &str, rev: u64) -> Call<RestoreKlass> {
        self.client.call(id.to_owned(), &(), &RestoreInput::of_rev(rev))
    }
}
