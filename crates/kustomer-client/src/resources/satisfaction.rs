//! Settings of satisfaction surveys.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::satisfaction::{
    CreateSatisfaction, GetSatisfaction, GetSatisfactionById, GetSatisfactionHistory, SatisfactionInput,
    UpdateSatisfaction,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on settings of satisfaction surveys.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::satisfaction::SatisfactionInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.satisfaction().create(&SatisfactionInput::named("After e-mail").enabled(true)).await?;
    /// # Ok(())
    /// # }
    /// ```
    Satisfaction
}

past! { SATISFACTION_PAST: Satisfaction of kustomer_api::satisfaction::Satisfaction: GetSatisfactionById, GetSatisfactionHistory }

operations! {
    SATISFACTION: impl Satisfaction {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetSatisfaction> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads settings by their id. Only Kustodian has this operation.
        pub fn get(&self, id: impl Into<Id<kustomer_api::satisfaction::Satisfaction>>) -> Call<GetSatisfactionById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes settings; they need a name. Only Kustodian has this operation.
        pub fn create(&self, input: &SatisfactionInput) -> Call<CreateSatisfaction> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others. Only Kustodian has this operation.
        pub fn update(&self, id: impl Into<Id<kustomer_api::satisfaction::Satisfaction>>, input: &SatisfactionInput) -> Call<UpdateSatisfaction> {
            self.client.at([id.into().into()], &(), input)
        }
    }
}
