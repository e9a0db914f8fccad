//! Bulk jobs.

use kustomer_api::ObjectId;
use kustomer_api::bulk::{GetBulkBatches, GetBulkHistory, GetBulkJob, GetBulkJobs};
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;

use super::{group, past};
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
    /// let ada = CustomerInput { name: "Ada Lovelace".into(), ..CustomerInput::default() };
    /// let job = client.customers().bulk_create([BulkItem::new(&ada).with_ref("row 1")]).await?.data;
    /// let job = client.bulk().get(job.id.parse()?).await?.data;
    /// for result in job.attributes.results.value().into_iter().flatten() {
    ///     println!("{:?}: {:?} {:?}", result.client_ref, result.status, result.object_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    BulkJobs
}

past! { BulkJobs: GetBulkJob, GetBulkHistory }

impl BulkJobs<'_> {
    /// Lists one page of the jobs that are complete; [`walk`](Call::walk) goes over all. Kustodian has this;
    /// Kustomer does not.
    pub fn list(&self, page: &PageQuery) -> Call<GetBulkJobs> {
        self.client.call((), page, &())
    }

    /// Reads a job by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetBulkJob> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Lists one page of the batches of a job.
    pub fn batches(&self, id: ObjectId, page: &PageQuery) -> Call<GetBulkBatches> {
        self.client.call(id, page, &())
    }
}

/// Gives a group the bulk operations on its records.
macro_rules! bulk {
    ($group:ident: $input:ty, $create:ident, $update:ident $(, $delete:ident)?) => {
        bulk! { $group: $input, $create, $update $(, $delete)?; path: |_| () }
    };
    ($group:ident: $input:ty, $create:ident, $update:ident $(, $delete:ident)?; path: $path:expr) => {
        impl $group<'_> {
            /// Creates up to 100 records in one request, each on its own: what the job answers says what became of each.
            pub fn bulk_create(
                &self,
                items: impl IntoIterator<Item = kustomer_api::bulk::BulkItem>,
            ) -> crate::call::Call<kustomer_api::bulk::$create> {
                let path: fn(&Self) -> _ = $path;
                self.client.call(path(self), &(), &items.into_iter().collect())
            }

            /// Creates any number of records, 100 in a request, and gives what became of each, in their order. The next request is
            /// sent when the outcomes of the former have been taken. References of the items are replaced.
            pub fn bulk_create_all<I>(
                &self,
                items: I,
            ) -> impl futures_util::Stream<Item = crate::bulked::BulkOutcome> + Send + Unpin + use<I>
            where
                I: IntoIterator<Item = kustomer_api::bulk::BulkItem, IntoIter: Send + 'static>,
            {
                let (client, path): (_, fn(&Self) -> _) = (self.client.clone(), $path);
                let path = path(self);
                crate::bulked::outcomes(self.client.clone(), items.into_iter(), move |items| {
                    client.call::<kustomer_api::bulk::$create>(path.clone(), &(), &items)
                })
            }

            /// Updates any number of records, 100 in a request, as [`bulk_create_all`](Self::bulk_create_all) creates them. Each
            /// item has an id.
            pub fn bulk_update_all<I>(
                &self,
                items: I,
            ) -> impl futures_util::Stream<Item = crate::bulked::BulkOutcome> + Send + Unpin + use<I>
            where
                I: IntoIterator<Item = kustomer_api::bulk::BulkItem, IntoIter: Send + 'static>,
            {
                let (client, path): (_, fn(&Self) -> _) = (self.client.clone(), $path);
                let path = path(self);
                crate::bulked::outcomes(self.client.clone(), items.into_iter(), move |items| {
                    let ids = kustomer_api::bulk::BulkIds::default();
                    client.call::<kustomer_api::bulk::$update>(path.clone(), &ids, &items)
                })
            }

            /// Updates up to 100 records in one request, each on its own. Each item has an id
            /// ([`BulkItem::with_id`](kustomer_api::bulk::BulkItem::with_id)).
            pub fn bulk_update(
                &self,
                items: impl IntoIterator<Item = kustomer_api::bulk::BulkItem>,
            ) -> crate::call::Call<kustomer_api::bulk::$update> {
                let path: fn(&Self) -> _ = $path;
                self.client.call(path(self), &kustomer_api::bulk::BulkIds::default(), &items.into_iter().collect())
            }

            /// Makes the same change to up to 100 records in one request, to each on its own.
            pub fn bulk_update_same(
                &self,
                ids: impl IntoIterator<Item = kustomer_api::ObjectId>,
                input: &$input,
            ) -> crate::call::Call<kustomer_api::bulk::$update> {
                let path: fn(&Self) -> _ = $path;
                let query = kustomer_api::bulk::BulkIds { ids: ids.into_iter().collect() };
                self.client.call(path(self), &query, &kustomer_api::bulk::BulkItems::same(input))
            }

            $(
                /// Deletes up to 100 records in one request, each on its own.
                pub fn bulk_delete(
                    &self,
                    ids: impl IntoIterator<Item = kustomer_api::ObjectId>,
                ) -> crate::call::Call<kustomer_api::bulk::$delete> {
                    let path: fn(&Self) -> _ = $path;
                    let query = kustomer_api::bulk::BulkIds { ids: ids.into_iter().collect() };
                    self.client.call(path(self), &query, &())
                }
            )?
        }
    };
}

pub(crate) use bulk;
