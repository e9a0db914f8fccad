//! Klasses.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::klass::{
    CreateKlass, DeleteKlass, GetKlass, GetKlassByName, GetKlassHistory, GetKlasses, Klass, KlassInput, ListKlasses,
    RestoreKlass, UpdateKlass,
};
use kustomer_api::restore::RestoreInput;

use super::{group, operations, past};
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

past! { KLASSES_PAST: Klasses of Klass: GetKlass, GetKlassHistory }

operations! {
    KLASSES: impl Klasses {
        /// Lists one page of klasses, those that are enabled unless `status` says otherwise; [`walk`](Call::walk) reads
        /// all pages.
        pub fn list(&self, query: &ListKlasses) -> Call<GetKlasses> {
            self.client.call((), query, &())
        }

        /// Creates a klass; it needs a name. A name that another klass has, in the singular or the plural, is a 409.
        pub fn create(&self, input: &KlassInput) -> Call<CreateKlass> {
            self.client.call((), &(), input)
        }

        /// Reads a klass by its id.
        pub fn get(&self, id: impl Into<Id<Klass>>) -> Call<GetKlass> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Reads a klass by its name, singular or plural. Only Kustodian has this operation.
        pub fn get_by_name(&self, name: &str) -> Call<GetKlassByName> {
            self.client.call(name.to_owned(), &(), &())
        }

        /// Changes the attributes sent of the klass with this id or name, and keeps the others. The name itself stays.
        pub fn update(&self, id_or_name: impl Into<Id<Klass>>, input: &KlassInput) -> Call<UpdateKlass> {
            self.client.at([id_or_name.into().into()], &(), input)
        }

        /// Deletes the klass with this id or name; a 409 while it has kobjects.
        pub fn delete(&self, id_or_name: impl Into<Id<Klass>>) -> Call<DeleteKlass> {
            self.client.at([id_or_name.into().into()], &(), &())
        }

        /// Restores a deleted klass. Kustodian has this; Kustomer does not.
        pub fn restore(&self, id: impl Into<Id<Klass>>) -> Call<RestoreKlass> {
            self.client.at([id.into().into()], &(), &RestoreInput::default())
        }

        /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
        pub fn restore_at_rev(&self, id: impl Into<Id<Klass>>, rev: u64) -> Call<RestoreKlass> {
            self.client.at([id.into().into()], &(), &RestoreInput::of_rev(rev))
        }
    }
}
