//! Schedules. One that becomes the default is committed with the one that was.

use kustodian_core::claim::ClaimKind;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::schedule::{self, Former};
use kustodian_core::store::{CommitError, Stored};
use kustomer_api::Endpoint;
use kustomer_api::schedule::{
    CreateSchedule, DeleteScheduleById, GetAllSchedules, GetDefaultSchedule, GetScheduleById, IncludeHolidays,
    UpdateScheduleById,
};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::{default, included, plain};

async fn find_default<E: Endpoint>(call: &Call<E>) -> Result<Option<Stored>, Refusal> {
    default::find(call, ClaimKind::DefaultSchedule, schedule::create_default).await
}

pub(crate) async fn get_all_schedules(call: Call<GetAllSchedules>) -> Result<Answer, Refusal> {
    find_default(&call).await?;
    plain::list(&call, Kind::Schedule).await
}

pub(crate) async fn get_default_schedule(call: Call<GetDefaultSchedule>) -> Result<Answer, Refusal> {
    let found = find_default(&call).await?.ok_or_else(|| Refusal::not_found("default"))?;
    with_holidays(Answer::ok(found.document), call.query)
}

pub(crate) async fn get_schedule_by_id(call: Call<GetScheduleById>) -> Result<Answer, Refusal> {
    let answer = plain::get(&call, Kind::Schedule, call.path, call.query.state).await?;
    with_holidays(answer, call.query.include)
}

fn with_holidays(answer: Answer, include: IncludeHolidays) -> Result<Answer, Refusal> {
    if include.0 { included::with(answer, schedule::included) } else { Ok(answer) }
}

pub(crate) async fn create_schedule(call: Call<CreateSchedule>) -> Result<Answer, Refusal> {
    resource::check_if_match_of_new(call.header(http::header::IF_MATCH))?;
    let (input, act, id, event) = (call.input()?, call.act(), call.next_id(), call.next_event());
    for _ in 0..plain::ATTEMPTS {
        let former = find_former(&call, input.default).await?;
        let changes = schedule::create(&act.context(), id, event, input.clone(), former.as_ref())?;
        match call.commit(call.ready()(changes, 0)?).await {
            Ok(changes) => {
                call.app().slas.forget(call.org());
                return plain::written(changes, Answer::ok);
            }
            Err(error) if is_about_default(&error) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn update_schedule_by_id(call: Call<UpdateScheduleById>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    for _ in 0..plain::ATTEMPTS {
        let former = find_former(&call, input.default).await?;
        let (act, input) = (act.clone(), input.clone());
        let decide = move |stored: Option<Stored>| {
            schedule::update(&act.context(), stored.as_ref(), event, input, former.as_ref())
        };
        match plain::commit_change(&call, Kind::Schedule, call.path, decide).await {
            Ok(changes) if changes.puts.is_empty() => return plain::present(&call, Kind::Schedule, call.path).await,
            Ok(changes) => {
                call.app().slas.forget(call.org());
                return plain::written(changes, Answer::ok);
            }
            Err(error) if is_about_default(&error) => {}
            Err(error) => return Err(call.not_committed(error)),
        }
    }
    Err(plain::too_busy())
}

pub(crate) async fn delete_schedule_by_id(call: Call<DeleteScheduleById>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| schedule::delete(&act.context(), stored.as_ref(), event);
    plain::written(plain::change(&call, Kind::Schedule, call.path, decide).await?, Answer::ok)
}

/// The schedule that is the default, when another is to become it.
async fn find_former<E: Endpoint>(call: &Call<E>, default: Option<bool>) -> Result<Option<Former>, Refusal> {
    if default != Some(true) {
        return Ok(None);
    }
    let stored = find_default(call).await?;
    Ok(stored.map(|stored| Former { stored, event: call.next_event() }))
}

/// Whether another request has made another schedule the default meanwhile, or has changed the one that was. Then it is
/// decided again.
fn is_about_default(error: &CommitError) -> bool {
    match error {
        CommitError::Claimed { claim, .. } => claim.kind == ClaimKind::DefaultSchedule,
        CommitError::Stale { .. } => true,
        _ => false,
    }
}
