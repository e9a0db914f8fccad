//! SLAs.

use kustomer_api::Id;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::sla::{
    CreateSla, GetSlaById, GetSlaHistory, GetSlas, ListSlas, ReadSla, Sla, SlaInput, UpdateSla, Versions,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on sLAs.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::sla::{SlaInput, Versions};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let sla = client.slas().create(&SlaInput::named("E-mail")).await?.data;
    /// let sla = client.slas().get(&sla.id, Some(Versions::All)).await?;
    /// println!("{} versions", sla.included.len());
    /// # Ok(())
    /// # }
    /// ```
    Slas
}

past! { SLAS_PAST: Slas of Sla: GetSlaById, GetSlaHistory }

operations! {
    SLAS: impl Slas {
        /// Lists one page of them; [`walk`](Call::walk) reads all. Only Kustodian documents this operation.
        pub fn list(&self, query: &PageQuery) -> Call<GetSlas> {
            let list = ListRecords::default().paging(*query);
            self.client.call((), &ListSlas::default().list(list), &())
        }

        /// Reads an SLA by its id, with versions beside it.
        pub fn get(&self, id: impl Into<Id<Sla>>, versions: Option<Versions>) -> Call<GetSlaById> {
            self.client.at([id.into().into()], &ReadSla::default().versions(versions), &())
        }

        /// Makes an SLA; it needs a name. Only Kustodian has this operation.
        pub fn create(&self, input: &SlaInput) -> Call<CreateSla> {
            self.client.call((), &(), input)
        }

        /// Gives an SLA another version. Only Kustodian has this operation.
        pub fn update(&self, id: impl Into<Id<Sla>>, input: &SlaInput) -> Call<UpdateSla> {
            self.client.at([id.into().into()], &(), input)
        }
    }
}
