//! Settings of satisfaction surveys.

use kustomer_api::ObjectId;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::satisfaction::{
    CreateSatisfaction, GetSatisfaction, GetSatisfactionById, GetSatisfactionHistory, SatisfactionInput,
    UpdateSatisfaction,
};

use super::{group, past};
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

past! { Satisfaction: GetSatisfactionById, GetSatisfactionHistory }

impl Satisfaction<'_> {
    /// Lists one page of them; [`walk`](Call::walk) goes over all.
    pub fn list(&self, query: &PageQuery) -> Call<GetSatisfaction> {
        self.client.call((), &ListRecords { paging: *query, deleted: None }, &())
    }

    /// Reads settings by their id. Only Kustodian has this operation.
    pub fn get(&self, id: ObjectId) -> Call<GetSatisfactionById> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Makes settings; they need a name. Only Kustodian has this operation.
    pub fn create(&self, input: &SatisfactionInput) -> Call<CreateSatisfaction> {
        self.client.call((), &(), input)
    }

    /// Changes the attributes sent and keeps the others. Only Kustodian has this operation.
    pub fn update(&self, id: ObjectId, input: &SatisfactionInput) -> Call<UpdateSatisfaction> {
        self.client.call(id, &(), input)
    }
}
