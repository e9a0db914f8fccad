//! Kobjects.

use kustomer_api::Id;
use kustomer_api::company::Company;
use kustomer_api::company::FindCompanyKObjects;
use kustomer_api::customer::Customer;
use kustomer_api::history::StateQuery;
use kustomer_api::kobject::{
    ByExternalId, CreateCustomerKObject, CreateKObject, DeleteKObject, FindCustomerKObjects, GetKObject,
    GetKObjectHistory, GetKObjects, GetKlassesByNameAndExternalId, KObject, KObjectInput, ListKObjects, RestoreKObject,
    UpdateKObject,
};
use kustomer_api::query::PageQuery;
use kustomer_api::restore::RestoreInput;

use super::{bulk, operations, past};
use crate::Client;
use crate::call::Call;

/// The operations on the kobjects of a klass.
///
/// ```no_run
/// use kustomer_client::Client;
/// use kustomer_client::kobject::{KObjectInput, ListKObjects};
/// use kustomer_client::query::PageQuery;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
/// let orders = client.kobjects("order");
/// let customer = "5c7d1a1f9a1b2c0010a1b2c3";
/// let input = KObjectInput::titled("Order 1815").external_id("shop-1815");
/// let order = orders.create_for_customer(customer, &input).await?.data;
/// orders.update(&order.id, &KObjectInput::default().description("two boxes")).await?;
/// let same = orders.get_by_external_id("shop-1815").await?.data;
/// let of_customer = orders.list_of_customer(customer, &PageQuery::default()).await?.data;
/// println!("{:?}, {} in all", same.attributes.title.value(), of_customer.len());
/// orders.delete(&order.id).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct KObjects<'a> {
    client: &'a Client,
    klass: &'a str,
}

past! { KOBJECTS_PAST: KObjects of KObject: GetKObject, GetKObjectHistory; within: |group: &Self| Some(group.klass.to_owned()) }
bulk! { KOBJECTS_BULK: KObjects of KObject: KObjectInput, BulkCreateKObjects, BulkBatchUpdateKObjects, BulkDeleteKObjects; within: |group: &Self| Some(group.klass.to_owned()) }

operations! {
    KOBJECTS: impl KObjects {
        /// Lists one page of the kobjects; [`walk`](Call::walk) reads all pages.
        pub fn list(&self, query: &ListKObjects) -> Call<GetKObjects> {
            self.client.call(self.klass.to_owned(), query, &())
        }

        /// Lists one page of the kobjects of a customer.
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            page: &PageQuery,
        ) -> Call<FindCustomerKObjects> {
            self.client.at([customer.into().into(), self.klass.to_owned()], page, &())
        }

        /// Lists one page of the kobjects of a company.
        pub fn list_of_company(&self, company: impl Into<Id<Company>>, page: &PageQuery) -> Call<FindCompanyKObjects> {
            self.client.at([company.into().into(), self.klass.to_owned()], page, &())
        }

        /// Creates a kobject; it needs a title. An external id that another kobject of the klass has is a 409.
        pub fn create(&self, input: &KObjectInput) -> Call<CreateKObject> {
            self.client.call(self.klass.to_owned(), &(), input)
        }

        /// Creates a kobject for a customer, who shows it among its recent items.
        pub fn create_for_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            input: &KObjectInput,
        ) -> Call<CreateCustomerKObject> {
            self.client.at([customer.into().into(), self.klass.to_owned()], &(), input)
        }

        /// Reads a kobject by its id.
        pub fn get(&self, id: impl Into<Id<KObject>>) -> Call<GetKObject> {
            self.client.at([self.klass.to_owned(), id.into().into()], &StateQuery::default(), &())
        }

        /// Reads a kobject by its external id.
        pub fn get_by_external_id(&self, external_id: &str) -> Call<GetKlassesByNameAndExternalId> {
            let path = ByExternalId { klass: self.klass.to_owned(), external_id: external_id.to_owned() };
            self.client.call(path, &(), &())
        }

        /// Changes the attributes sent and keeps the others. Custom attributes are merged by their keys, `data` is replaced.
        pub fn update(&self, id: impl Into<Id<KObject>>, input: &KObjectInput) -> Call<UpdateKObject> {
            self.client.at([self.klass.to_owned(), id.into().into()], &(), input)
        }

        /// Restores a deleted kobject. Kustodian has this; Kustomer does not.
        pub fn restore(&self, id: impl Into<Id<KObject>>) -> Call<RestoreKObject> {
            self.client.at([self.klass.to_owned(), id.into().into()], &(), &RestoreInput::default())
        }

        /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
        pub fn restore_at_rev(&self, id: impl Into<Id<KObject>>, rev: u64) -> Call<RestoreKObject> {
            self.client.at([self.klass.to_owned(), id.into().into()], &(), &RestoreInput::of_rev(rev))
        }

        /// Deletes a kobject.
        pub fn delete(&self, id: impl Into<Id<KObject>>) -> Call<DeleteKObject> {
            self.client.at([self.klass.to_owned(), id.into().into()], &(), &())
        }
    }
}

impl Client {
    /// The operations on the kobjects of a klass, which is named in the singular or the plural.
    pub fn kobjects<'a>(&'a self, klass: &'a str) -> KObjects<'a> {
        KObjects { client: self, klass }
    }
}
