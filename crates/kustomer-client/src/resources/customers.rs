//! Customers.

use kustomer_api::Id;
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
    CustomerEvent, GetAllCustomerEvents, GetAllEventsByCustomerForSession, GetCustomerSessions, GetaCustomerEvent,
    ListCustomerEvents,
};

use super::{bulk, group, joined, operations, past};
use crate::call::Call;
use crate::pages::Walk;

group! {
    /// The operations on customers.
    Customers
}

past! { CUSTOMERS_PAST: Customers of Customer: GetCustomerById, GetCustomerHistory }
bulk! { CUSTOMERS_BULK: Customers of Customer: CustomerInput, BulkCreateCustomers, BulkBatchUpdateCustomers, BulkDeleteCustomers }

operations! {
    CUSTOMERS: impl Customers {
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
        /// let customer = client.customers().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", customer.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Customer>>) -> Call<GetCustomerById> {
            self.client.at([id.into().into()], &ReadCustomer::default(), &())
        }

        /// Reads a customer by its id with its company beside, in `included`. Look-ups and lists take `include` as well.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let answer = client.customers().get_with_company("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// println!("{:?} of {:?}", answer.data.attributes.name.value(), answer.included.first());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get_with_company(&self, id: impl Into<Id<Customer>>) -> Call<GetCustomerById> {
            self.client.at([id.into().into()], &ReadCustomer::default().include(Include::COMPANY), &())
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
        /// let page = client.customers().get_many(&["5c7d1a1f9a1b2c0010a1b2c3"], &PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get_many(
            &self,
            ids: impl IntoIterator<Item = impl Into<Id<Customer>>>,
            query: &PageQuery,
        ) -> Call<GetMultipleCustomersByIds> {
            self.client.at([joined(ids)], &ReadCustomers::default().paging(*query), &())
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
        /// let newest = CustomerSort::descending(CustomerSortKey::CreatedAt);
        /// let page = client.customers().list(&ListCustomers::default().sort(newest)).await?;
        /// println!("{} of {:?}", page.data.len(), page.meta.total);
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &ListCustomers) -> Call<GetCustomers> {
            self.client.call((), query, &())
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
        /// let changed = client.customers().update("5c7d1a1f9a1b2c0010a1b2c3", &CustomerInput::new().custom(custom)).await?.data;
        /// println!("{:?}", changed.attributes.rev.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<Customer>>, input: &CustomerInput) -> Call<UpdateCustomerAttributes> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes a customer (PUT): like [`update`](Self::update) unless `query` asks to remove the attributes that are
        /// not sent.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::customer::{CustomerInput, ReplaceQuery};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let input = CustomerInput::new().name("Ada King");
        /// client.customers().put("5c7d1a1f9a1b2c0010a1b2c3", &input, ReplaceQuery::default().replace(true)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn put(
            &self,
            id: impl Into<Id<Customer>>,
            input: &CustomerInput,
            query: ReplaceQuery,
        ) -> Call<UpdateCustomer> {
            self.client.at([id.into().into()], &query, input)
        }

        /// Deletes a customer and frees its identities.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.customers().delete("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete(&self, id: impl Into<Id<Customer>>) -> Call<DeleteCustomer> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Brings a deleted customer back. Kustodian has this; Kustomer does not.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.customers().restore("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn restore(&self, id: impl Into<Id<Customer>>) -> Call<RestoreCustomer> {
            self.client.at([id.into().into()], &(), &RestoreInput::default())
        }

        /// The same, only if the record has this revision, which is that of its deletion: a 409 otherwise.
        pub fn restore_at_rev(&self, id: impl Into<Id<Customer>>, rev: u64) -> Call<RestoreCustomer> {
            self.client.at([id.into().into()], &(), &RestoreInput::of_rev(rev))
        }

        /// Reads a customer by its id; one that was merged is answered as the customer that it went into. Kustodian has
        /// this; Kustomer does not.
        pub fn get_following_merges(&self, id: impl Into<Id<Customer>>) -> Call<GetCustomerById> {
            self.client.at([id.into().into()], &ReadCustomer::default().follow_merge(true), &())
        }

        /// Merges a customer into another one. The source answers 404 from then on; what belongs to it follows.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let (source, target) = ("5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4");
        /// for lost in client.customers().preview_merge(source, target).await?.meta.losing {
        ///     println!("{} of {} would be lost: {}", lost.attribute, lost.customer, lost.value);
        /// }
        /// let merge = client.customers().merge(source, target).await?.data;
        /// println!("{}", merge.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn merge(
            &self,
            source: impl Into<Id<Customer>>,
            target: impl Into<Id<Customer>>,
        ) -> Call<CreateCustomerMerge> {
            self.client.call((), &MergeQuery::default(), &MergeInput::new(source.into(), target.into()))
        }

        /// Shows the target as a merge would leave it, and every value that would be lost. Stores nothing. Kustodian has
        /// this; Kustomer does not.
        pub fn preview_merge(
            &self,
            source: impl Into<Id<Customer>>,
            target: impl Into<Id<Customer>>,
        ) -> Call<PreviewCustomerMerge> {
            self.client.call((), &MergeQuery::default().dry_run(true), &MergeInput::new(source.into(), target.into()))
        }

        /// Lists one page of the sessions of a customer, the one that began last first.
        pub fn sessions(&self, id: impl Into<Id<Customer>>, page: &PageQuery) -> Call<GetCustomerSessions> {
            self.client.at([id.into().into()], page, &())
        }

        /// Lists one page of the events of a customer in a session, oldest first. The session is named by its `sessionId`,
        /// or by its id.
        pub fn session_events(
            &self,
            id: impl Into<Id<Customer>>,
            session: &str,
            page: &PageQuery,
        ) -> Call<GetAllEventsByCustomerForSession> {
            self.client.at([id.into().into(), session.to_owned()], page, &())
        }

        /// Lists one page of the events of a customer's record, then of its tracked events.
        pub fn events(&self, id: impl Into<Id<Customer>>, query: &ListCustomerEvents) -> Call<GetAllCustomerEvents> {
            self.client.at([id.into().into()], query, &())
        }

        /// Reads one of the events of a customer.
        pub fn event(
            &self,
            id: impl Into<Id<Customer>>,
            event: impl Into<Id<CustomerEvent>>,
        ) -> Call<GetaCustomerEvent> {
            self.client.at([id.into().into(), event.into().into()], &(), &())
        }

        /// Shows the sensitive attributes of a customer, and of what belongs to it, to the caller for eight hours.
        pub fn open_unmasking_window(&self, id: impl Into<Id<Customer>>) -> Call<CreateUnmaskingWindowByCustomer> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Masks them again, whichever key opened the window.
        pub fn close_unmasking_window(&self, id: impl Into<Id<Customer>>) -> Call<DeleteUnmaskingWindowByCustomer> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Lists one page of customers who may be the same person, with the reasons. Kustodian has this; Kustomer does not.
        pub fn duplicates(&self, id: impl Into<Id<Customer>>, page: &PageQuery) -> Call<GetCustomerDuplicates> {
            self.client.at([id.into().into()], page, &())
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
        /// client.customers().erase("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn erase(&self, id: impl Into<Id<Customer>>) -> Call<EraseCustomer> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}

impl Customers<'_> {
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
}
