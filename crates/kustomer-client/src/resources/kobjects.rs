//! Kobjects.

use kustomer_api::ObjectId;
use kustomer_api::company::FindCompanyKObjects;
use kustomer_api::history::StateQuery;
use kustomer_api::kobject::{
    ByExternalId, ById, CreateCustomerKObject, CreateKObject, DeleteKObject, FindCustomerKObjects, GetKObject,
    GetKObjectHistory, GetKObjects, GetKlassesByNameAndExternalId, KObjectInput, ListKObjects, OfRecord,
    RestoreKObject, UpdateKObject,
};
use kustomer_api::query::PageQuery;
use kustomer_api::restore::RestoreInput;

use super::{bulk, past};
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
/// let customer = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
/// let input = KObjectInput::titled("Order 1815").external_id("shop-1815");
/// let order = orders.create_for_customer(customer, &input).await?.data;
/// orders.update(order.id.parse()?, &KObjectInput::default().description("two boxes")).await?;
/// let same = orders.get_by_external_id("shop-1815").await?.data;
/// let of_customer = orders.list_of_customer(customer, &PageQuery::default()).await?.data;
/// println!("{:?}, {} in all", same.attributes.title.value(), of_customer.len());
/// orders.delete(order.id.parse()?).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct KObjects<'a> {
    client: &'a Client,
    klass: &'a str,
}

past! { KObjects: GetKObject, GetKObjectHistory; id: ObjectId => Self::by_id }
bulk! { KObjects: KObjectInput, BulkCreateKObjects, BulkBatchUpdateKObjects, BulkDeleteKObjects; path: |group| group.klass.to_owned() }

impl<'a> KObjects<'a> {
    pub(crate) fn new(client: &'a Client, klass: &'a str) -> Self {
        Self { client, klass }
    }

    /// Lists one page of the kobjects; [`walk`](Call::walk) goes over all pages.
    pub fn list(&self, query: &ListKObjects) -> Call<GetKObjects> {
        self.client.call(self.klass.to_owned(), query, &())
    }

    /// Lists one page of the kobjects of a customer.
    pub fn list_of_customer(&self, customer: ObjectId, page: &PageQuery) -> Call<FindCustomerKObjects> {
        self.client.call(self.of(customer), page, &())
    }

    /// Lists one page of the kobjects of a company.
    pub fn list_of_company(&self, company: ObjectId, page: &PageQuery) -> Call<FindCompanyKObjects> {
        self.client.call(self.of(company), page, &())
    }

    /// Creates a kobject; it needs a title. An external id that another kobject of the klass has is a 409.
    pub fn create(&self, input: &KObjectInput) -> Call<CreateKObject> {
        self.client.call(self.klass.to_owned(), &(), input)
    }

    /// Creates a kobject for a customer, who shows it among its recent items.
    pub fn create_for_customer(&self, customer: ObjectId, input: &KObjectInput) -> Call<CreateCustomerKObject> {
        self.client.call(self.of(customer), &(), input)
    }

    /// Reads a kobject by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetKObject> {
        self.client.call(self.by_id(id), &StateQuery::default(), &())
    }

    /// Reads a kobject by its external id.
    pub fn get_by_external_id(&self, external_id: &str) -> Call<GetKlassesByNameAndExternalId> {
        let path = ByExternalId { klass: self.klass.to_owned(), external_id: external_id.to_owned() };
        self.client.call(path, &(), &())
    }

    /// Changes the attributes sent and keeps the others. Custom attributes are merged by their keys, `data` is replaced.
    pub fn update(&self, id: ObjectId, input: &KObjectInput) -> Call<UpdateKObject> {
        self.client.call(self.by_id(id), &(), input)
    }

    /// Restores a deleted kobject. Kustodian has this; Kustomer does not.
    pub fn restore(&self, id: ObjectId) -> Call<RestoreKObject> {
        self.client.call(self.by_id(id), &(), &RestoreInput::default())
    }

    /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
    pub fn restore_at_rev(&self, id: ObjectId, rev: u64) -> Call<RestoreKObject> {
        self.client.call(self.by_id(id), &(), &RestoreInput::of_rev(rev))
    }

    /// Deletes a kobject.
    pub fn delete(&self, id: ObjectId) -> Call<DeleteKObject> {
        self.client.call(self.by_id(id), &(), &())
    }

    fn by_id(&self, id: ObjectId) -> ById {
        ById { klass: self.klass.to_owned(), id }
    }

    fn of(&self, id: ObjectId) -> OfRecord {
        OfRecord { id, klass: self.klass.to_owned() }
    }
}
