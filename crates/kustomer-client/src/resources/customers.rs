//! Customers.

use kustomer_api::ObjectId;
use kustomer_api::customer::{
    CreateCustomer, CreateUnmaskingWindowByCustomer, Customer, CustomerInput, DeleteCustomer,
    DeleteUnmaskingWindowByCustomer, EraseCustomer, GetCustomerByEmail, GetCustomerByExternalId, GetCustomerById,
    GetCustomerByPhone, GetCustomerHistory, GetCustomers, GetMultipleCustomersByIds, ListCustomers, ReadCustomer,
    ReadCustomers, ReplaceQuery, RestoreCustomer, UpdateCustomer, UpdateCustomerAttributes,
};
use kustomer_api::customer_merge::{
    CreateCustomerMerge, GetCustomerDuplicates, MergeInput, MergeQuery, PreviewCustomerMerge,
};
use kustomer_api::query::{Include, PageQuery};
use kustomer_api::restore::RestoreInput;
use kustomer_api::tracking::{
    GetAllCustomerEvents, GetAllEventsByCustomerForSession, GetCustomerSessions, GetaCustomerEvent, ListCustomerEvents,
};

use super::{bulk, group, past};
use crate::call::Call;
use crate::pages::Walk;

group! {
    /// The operations on customers.
    Customers
}

past! { Customers: GetCustomerById, GetCustomerHistory }
bulk! { Customers: CustomerInput, BulkCreateCustomers, BulkBatchUpdateCustomers, BulkDeleteCustomers }

impl Customers<'_> {
    /// Creates a customer.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::{CustomerInput, Email};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let input = CustomerInput::new().name("Ada Lovelace").email(Email::new("ada@acme.example"));
    /// let created = client.customers().create(&input).await?.data;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, input: &CustomerInput) -> Call<CreateCustomer> {
        self.client.call((), &(), input)
    }

    /// Reads a customer by its id.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let customer = client.customers().get("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?.data;
    /// println!("{:?}", customer.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id: ObjectId) -> Call<GetCustomerById> {
        self.client.call(id, &ReadCustomer::default(), &())
    }

    /// Reads a customer by its id with its company beside, in `included`. Look-ups and lists take `include` as well.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let answer = client.customers().get_with_company("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?;
    /// println!("{:?} of {:?}", answer.data.attributes.name.value(), answer.included.first());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with_company(&self, id: ObjectId) -> Call<GetCustomerById> {
        self.client.call(id, &ReadCustomer { include: Include::COMPANY, ..ReadCustomer::default() }, &())
    }

    /// Reads several customers by their ids, at most 100.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::query::PageQuery;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let page = client.customers().get_many(&["5c7d1a1f9a1b2c0010a1b2c3".parse()?], &PageQuery::default()).await?;
    /// println!("{}", page.data.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many(&self, ids: &[ObjectId], query: &PageQuery) -> Call<GetMultipleCustomersByIds> {
        let ids: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
        self.client.call(ids.join(","), &ReadCustomers { paging: *query, ..ReadCustomers::default() }, &())
    }

    /// Reads the customer who holds an e-mail address, case aside.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let customer = client.customers().get_by_email("ada@acme.example").await?.data;
    /// println!("{}", customer.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_by_email(&self, email: &str) -> Call<GetCustomerByEmail> {
        self.client.call(email.to_owned(), &Include::default(), &())
    }

    /// Reads the customer who holds a phone number.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let customer = client.customers().get_by_phone("+18005551212").await?.data;
    /// println!("{}", customer.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_by_phone(&self, phone: &str) -> Call<GetCustomerByPhone> {
        self.client.call(phone.to_owned(), &Include::default(), &())
    }

    /// Reads the customer who holds an external id.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let customer = client.customers().get_by_external_id("crm-1815").await?.data;
    /// println!("{}", customer.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_by_external_id(&self, external_id: &str) -> Call<GetCustomerByExternalId> {
        self.client.call(external_id.to_owned(), &Include::default(), &())
    }

    /// Lists one page of customers.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::{CustomerSort, CustomerSortKey, ListCustomers};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let newest = CustomerSort { by: CustomerSortKey::CreatedAt, descending: true };
    /// let page = client.customers().list(&ListCustomers { sort: Some(newest), ..ListCustomers::default() }).await?;
    /// println!("{} of {:?}", page.data.len(), page.meta.total);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, query: &ListCustomers) -> Call<GetCustomers> {
        self.client.call((), query, &())
    }

    /// Walks over all customers that `query` lists, without a limit of depth, by cursor where the server has one.
    ///
    /// With a `page` set it begins there and uses page numbers.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::ListCustomers;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let mut customers = client.customers().all(ListCustomers::default());
    /// while let Some(customer) = customers.next().await? {
    ///     println!("{}", customer.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&self, mut query: ListCustomers) -> Walk<GetCustomers, Customer> {
        if query.cursor.is_none() && query.paging.page.is_none() {
            query.cursor = Some("*".to_owned());
        }
        self.list(&query).walk()
    }

    /// Changes the attributes sent and keeps the others (PATCH).
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::custom::CustomAttributes;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let mut custom = CustomAttributes::new();
    /// custom.set("loyaltyTierStr", "gold")?;
    /// let changed = client.customers().update("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &CustomerInput::new().custom(custom)).await?.data;
    /// println!("{:?}", changed.attributes.rev.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: ObjectId, input: &CustomerInput) -> Call<UpdateCustomerAttributes> {
        self.client.call(id, &(), input)
    }

    /// Changes a customer (PUT): like [`update`](Self::update) unless `query` says to drop what is not sent.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::{CustomerInput, ReplaceQuery};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let input = CustomerInput::new().name("Ada King");
    /// client.customers().put("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &input, ReplaceQuery { replace: true }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&self, id: ObjectId, input: &CustomerInput, query: ReplaceQuery) -> Call<UpdateCustomer> {
        self.client.call(id, &query, input)
    }

    /// Deletes a customer and frees its identities.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.customers().delete("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, id: ObjectId) -> Call<DeleteCustomer> {
        self.client.call(id, &(), &())
    }

    /// Brings a deleted customer back. Kustodian has this; Kustomer does not.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.customers().restore("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore(&self, id: ObjectId) -> Call<RestoreCustomer> {
        self.client.call(id, &(), &RestoreInput::default())
    }

    /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
    pub fn restore_at_rev(&self, id: ObjectId, rev: u64) -> Call<RestoreCustomer> {
        self.client.call(id, &(), &RestoreInput::of_rev(rev))
    }

    /// Reads a customer by its id; one that was merged is answered as the customer that it went into. Kustodian has this;
    /// Kustomer does not.
    pub fn get_following_merges(&self, id: ObjectId) -> Call<GetCustomerById> {
        self.client.call(id, &ReadCustomer { follow_merge: true, ..ReadCustomer::default() }, &())
    }

    /// Merges a customer into another one. The source answers 404 from then on; what belongs to it follows.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let (source, target) = ("5c7d1a1f9a1b2c0010a1b2c3".parse()?, "5c7d1a1f9a1b2c0010a1b2c4".parse()?);
    /// for lost in client.customers().preview_merge(source, target).await?.meta.losing {
    ///     println!("{} of {} would be lost: {}", lost.attribute, lost.customer, lost.value);
    /// }
    /// let merge = client.customers().merge(source, target).await?.data;
    /// println!("{}", merge.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn merge(&self, source: ObjectId, target: ObjectId) -> Call<CreateCustomerMerge> {
        self.client.call((), &MergeQuery::default(), &MergeInput::new(source, target))
    }

    /// Shows what a merge would make of the target and every value that would be lost, and stores nothing. Kustodian has
    /// this; Kustomer does not.
    pub fn preview_merge(&self, source: ObjectId, target: ObjectId) -> Call<PreviewCustomerMerge> {
        self.client.call((), &MergeQuery { dry_run: true }, &MergeInput::new(source, target))
    }

    /// Lists one page of the sessions of a customer, the one that began last first.
    pub fn sessions(&self, id: ObjectId, page: &PageQuery) -> Call<GetCustomerSessions> {
        self.client.call(id, page, &())
    }

    /// Lists one page of what a customer did in a session, oldest first. The session is named by its `sessionId`, or by its
    /// id.
    pub fn session_events(
        &self,
        id: ObjectId,
        session: &str,
        page: &PageQuery,
    ) -> Call<GetAllEventsByCustomerForSession> {
        self.client.call((id, session.to_owned()), page, &())
    }

    /// Lists one page of what happened to the record of a customer, then of what the customer did.
    pub fn events(&self, id: ObjectId, query: &ListCustomerEvents) -> Call<GetAllCustomerEvents> {
        self.client.call(id, query, &())
    }

    /// Reads one of the events of a customer.
    pub fn event(&self, id: ObjectId, event: ObjectId) -> Call<GetaCustomerEvent> {
        self.client.call((id, event), &(), &())
    }

    /// Shows the sensitive attributes of a customer, and of what belongs to it, to the caller for eight hours.
    pub fn open_unmasking_window(&self, id: ObjectId) -> Call<CreateUnmaskingWindowByCustomer> {
        self.client.call(id, &(), &())
    }

    /// Masks them again, whoever opened the window.
    pub fn close_unmasking_window(&self, id: ObjectId) -> Call<DeleteUnmaskingWindowByCustomer> {
        self.client.call(id, &(), &())
    }

    /// Lists one page of customers who may be the same person, with the reasons. Kustodian has this; Kustomer does not.
    pub fn duplicates(&self, id: ObjectId, page: &PageQuery) -> Call<GetCustomerDuplicates> {
        self.client.call(id, page, &())
    }

    /// Erases a customer for ever: its values leave the record, its history and the disk. Kustodian has this; Kustomer
    /// does not.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.customers().erase("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn erase(&self, id: ObjectId) -> Call<EraseCustomer> {
        self.client.call(id, &(), &())
    }
}
