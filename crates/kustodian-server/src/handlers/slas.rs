//! SLAs.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::sla;
use kustodian_core::store::Stored;
use kustomer_api::query::{ListRecords, QueryArguments};
use kustomer_api::sla::{CreateSla, GetSlaById, GetSlas, ListSlas, UpdateSla};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::included;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;

pub(crate) async fn get_slas(call: Call<GetSlas>) -> Result<Answer, Refusal> {
    let ListRecords { paging, deleted } = call.query.list;
    let conditions = ListSlas { list: ListRecords { deleted, ..ListRecords::default() }, ..call.query }.write();
    let which = Which { deleted: deleted.unwrap_or_default(), ..Which::default() };
    plain::list_narrowed(&call, Kind::Sla, which, Numbered::of(paging), &conditions).await
}

pub(crate) async fn get_sla_by_id(call: Call<GetSlaById>) -> Result<Answer, Refusal> {
    let answer = plain::get(&call, Kind::Sla, call.path, call.query.state).await?;
    match call.query.versions {
        Some(versions) => included::with(answer, |document| sla::included(document, versions)),
        None => Ok(answer),
    }
}

pub(crate) async fn create_sla(call: Call<CreateSla>) -> Result<Answer, Refusal> {
    let changes = sla::create(&call.act().context(), call.next_id(), call.next_event(), call.input()?)?;
    let answer = plain::create(&call, changes).await;
    call.app().slas.forget(call.org());
    answer
}

pub(crate) async fn update_sla(call: Call<UpdateSla>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| sla::update(&act.context(), stored.as_ref(), event, input);
    let answer = plain::update(&call, Kind::Sla, call.path, decide).await;
    call.app().slas.forget(call.org());
    answer
}
