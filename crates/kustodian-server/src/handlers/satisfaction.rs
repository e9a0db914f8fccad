//! Settings of satisfaction surveys.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::satisfaction;
use kustodian_core::store::Stored;
use kustomer_api::satisfaction::{CreateSatisfaction, GetSatisfaction, GetSatisfactionById, UpdateSatisfaction};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_satisfaction(call: Call<GetSatisfaction>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Satisfaction).await
}

pub(crate) async fn get_satisfaction_by_id(call: Call<GetSatisfactionById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Satisfaction, call.path, call.query).await
}

pub(crate) async fn create_satisfaction(call: Call<CreateSatisfaction>) -> Result<Answer, Refusal> {
    let changes = satisfaction::create(&call.act().context(), call.next_id(), call.next_event(), call.input()?)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_satisfaction(call: Call<UpdateSatisfaction>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| satisfaction::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::Satisfaction, call.path, decide).await
}
