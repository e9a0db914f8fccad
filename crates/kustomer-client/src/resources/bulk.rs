//! Bulk jobs.

use std::borrow::Cow;

use kustomer_api::bulk::{Bulk, BulkIds, GetBulkBatches, GetBulkHistory, GetBulkJob, GetBulkJobs};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, Id};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on bulk jobs. The groups of the records make them: see
    /// [`Customers::bulk_create`](super::Customers::bulk_create).
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::bulk::BulkItem;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let ada = CustomerInput::new().name("Ada Lovelace");
    /// let job = client.customers().bulk_create([BulkItem::new(&ada).with_ref("row 1")]).await?.data;
    /// let job = client.bulk().get(&job.id).await?.data;
    /// for result in job.attributes.results.value().into_iter().flatten() {
    ///     println!("{:?}: {:?} {:?}", result.client_ref, result.status, result.object_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    BulkJobs
}

past! { BULK_PAST: BulkJobs of Bulk: GetBulkJob, GetBulkHistory }

operations! {
    BULK: impl BulkJobs {
        /// Lists one page of the jobs that are complete; [`walk`](Call::walk) reads all. Kustodian has this;
        /// Kustomer does not.
        pub fn list(&self, page: &PageQuery) -> Call<GetBulkJobs> {
            self.client.call((), page, &())
        }

        /// Reads a job by its id.
        pub fn get(&self, id: impl Into<Id<Bulk>>) -> Call<GetBulkJob> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Lists one page of the batches of a job.
        pub fn batches(&self, id: impl Into<Id<Bulk>>, page: &PageQuery) -> Call<GetBulkBatches> {
            self.client.at([id.into().into()], page, &())
        }
    }
}

/// Gives a group the bulk operations on its records. `path` writes what names their klass.
macro_rules! bulk {
    ($list:ident: $group:ident of $record:ty: $input:ty, $create:ident, $update:ident $(, $delete:ident)?) => {
        bulk! { $list: $group of $record: $input, $create, $update $(, $delete)?; within: |_: &Self| None }
    };
    (
        $list:ident: $group:ident of $record:ty: $input:ty, $create:ident, $update:ident $(, $delete:ident)?;
        within: $within:expr
    ) => {
        use kustomer_api::bulk::{$create, $update $(, $delete)?};

        $crate::resources::operations! {
            $list: impl $group {
                /// Creates up to 100 records in one request, each separately: the job's answer has the outcome of each.
                pub fn bulk_create(
                    &self,
                    items: impl IntoIterator<Item = kustomer_api::bulk::BulkItem>,
                ) -> Call<$create> {
                    let within: fn(&Self) -> Option<String> = $within;
                    self.client.at(within(self), &(), &items.into_iter().collect())
                }

                /// Updates up to 100 records in one request, each on its own. Each item has an id
                /// ([`BulkItem::with_id`](kustomer_api::bulk::BulkItem::with_id)).
                pub fn bulk_update(
                    &self,
                    items: impl IntoIterator<Item = kustomer_api::bulk::BulkItem>,
                ) -> Call<$update> {
                    let within: fn(&Self) -> Option<String> = $within;
                    self.client.at(within(self), &kustomer_api::bulk::BulkIds::default(), &items.into_iter().collect())
                }

                /// Makes the same change to up to 100 records in one request, to each on its own.
                pub fn bulk_update_same(
                    &self,
                    ids: impl IntoIterator<Item = impl Into<kustomer_api::Id<$record>>>,
                    input: &$input,
                ) -> Call<$update> {
                    let within: fn(&Self) -> Option<String> = $within;
                    let none = kustomer_api::bulk::BulkIds::default();
                    let same = kustomer_api::bulk::BulkItems::same(input);
                    self.client.at(within(self), &none, &same).with_ids($crate::resources::joined(ids))
                }

                $(
                    /// Deletes up to 100 records in one request, each on its own.
                    pub fn bulk_delete(
                        &self,
                        ids: impl IntoIterator<Item = impl Into<kustomer_api::Id<$record>>>,
                    ) -> Call<$delete> {
                        let within: fn(&Self) -> Option<String> = $within;
                        let none = kustomer_api::bulk::BulkIds::default();
                        self.client.at(within(self), &none, &()).with_ids($crate::resources::joined(ids))
                    }
                )?
            }
        }

        impl $group<'_> {
            /// Creates any number of records, 100 in a request, and gives what became of each, in their order. The next
            /// request is sent when the outcomes of the former have been taken. References of the items are replaced.
            pub fn bulk_create_all<I>(
                &self,
                items: I,
            ) -> impl futures_util::Stream<Item = crate::bulked::BulkOutcome> + Send + Unpin + use<I>
            where
                I: IntoIterator<Item = kustomer_api::bulk::BulkItem, IntoIter: Send + 'static>,
            {
                let within: fn(&Self) -> Option<String> = $within;
                let (client, within) = (self.client.clone(), within(self));
                crate::bulked::outcomes(self.client.clone(), items.into_iter(), move |first, items| {
                    client.at::<$create>(within.clone(), &(), &crate::bulked::referred(first, items))
                })
            }

            /// Updates any number of records, 100 in a request, as [`bulk_create_all`](Self::bulk_create_all) creates them.
            /// Each item has an id.
            pub fn bulk_update_all<I>(
                &self,
                items: I,
            ) -> impl futures_util::Stream<Item = crate::bulked::BulkOutcome> + Send + Unpin + use<I>
            where
                I: IntoIterator<Item = kustomer_api::bulk::BulkItem, IntoIter: Send + 'static>,
            {
                let within: fn(&Self) -> Option<String> = $within;
                let (client, within) = (self.client.clone(), within(self));
                crate::bulked::outcomes(self.client.clone(), items.into_iter(), move |first, items| {
                    let items = crate::bulked::referred(first, items);
                    client.at::<$update>(within.clone(), &kustomer_api::bulk::BulkIds::default(), &items)
                })
            }

            $(
                /// Deletes any number of records, 100 in a request, as [`bulk_create_all`](Self::bulk_create_all) creates them.
                pub fn bulk_delete_all<I>(
                    &self,
                    ids: I,
                ) -> impl futures_util::Stream<Item = crate::bulked::BulkOutcome> + Send + Unpin + use<I>
                where
                    I: IntoIterator<Item: Into<kustomer_api::Id<$record>> + Send + 'static, IntoIter: Send + 'static>,
                {
                    let within: fn(&Self) -> Option<String> = $within;
                    let (client, within) = (self.client.clone(), within(self));
                    crate::bulked::outcomes(self.client.clone(), ids.into_iter(), move |_, ids| {
                        let none = kustomer_api::bulk::BulkIds::default();
                        client.at::<$delete>(within.clone(), &none, &()).with_ids($crate::resources::joined(ids))
                    })
                }
            )?
        }
    };
}

impl<E: Endpoint<Query = BulkIds>> Call<E> {
    /// Names the records in the query.
    pub(super) fn with_ids(self, ids: String) -> Self {
        self.with_query(vec![(Cow::Borrowed("ids"), ids)])
    }
}

pub(crate) use bulk;
