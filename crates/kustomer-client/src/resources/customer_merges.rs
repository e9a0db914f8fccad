//! Merges of customers.

use kustomer_api::Id;
use kustomer_api::customer::Customer;
use kustomer_api::customer_merge::{
    CustomerMerge, GetCustomerMerge, GetCustomerMergeHistory, GetCustomerMerges, GetCustomerMergesByCustomer,
    MergeQuery, UndoCustomerMerge,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListById, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on merges of customers. [`Customers::merge`](super::Customers::merge) makes one.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let (source, target) = ("5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4");
    /// let merge = client.customers().merge(source, target).await?.data;
    /// let undone = client.customer_merges().undo(&merge.id).await?;
    /// println!("{:?} stay where they are", undone.meta.map(|meta| meta.kept));
    /// # Ok(())
    /// # }
    /// ```
    CustomerMerges
}

past! { CUSTOMER_MERGES_PAST: CustomerMerges of CustomerMerge: GetCustomerMerge, GetCustomerMergeHistory }

operations! {
    CUSTOMER_MERGES: impl CustomerMerges {
        /// Lists one page of the org's merges; [`walk`](Call::walk) reads all. Kustodian has this; Kustomer does not.
        pub fn list(&self, query: &ListById) -> Call<GetCustomerMerges> {
            self.client.call((), query, &())
        }

        /// Lists one page of the merges of a customer: those that it went into another by, then those that others went into
        /// it by.
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            page: &PageQuery,
        ) -> Call<GetCustomerMergesByCustomer> {
            self.client.at([customer.into().into()], page, &())
        }

        /// Reads a merge by its id.
        pub fn get(&self, id: impl Into<Id<CustomerMerge>>) -> Call<GetCustomerMerge> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Undoes a merge: unchanged values return to the source. Kustodian has this; Kustomer does not.
        pub fn undo(&self, id: impl Into<Id<CustomerMerge>>) -> Call<UndoCustomerMerge> {
            self.client.at([id.into().into()], &MergeQuery::default(), &())
        }

        /// Shows what undoing a merge would do, and stores nothing: both customers as they would be are in `meta`.
        pub fn preview_undo(&self, id: impl Into<Id<CustomerMerge>>) -> Call<UndoCustomerMerge> {
            self.client.at([id.into().into()], &MergeQuery::default().dry_run(true), &())
        }
    }
}
