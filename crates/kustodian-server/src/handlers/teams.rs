//! Teams.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::team;
use kustomer_api::team::{
    AddTeamMember, CreateTeam, DeleteTeam, GetTeamById, GetTeams, RemoveTeamMember, TeamInput, UpdateTeamAttributes,
    UpdateTeamById,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_teams(call: Call<GetTeams>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Team).await
}

pub(crate) async fn get_team_by_id(call: Call<GetTeamById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Team, call.path, call.query).await
}

pub(crate) async fn create_team(call: Call<CreateTeam>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check_members(&call, input.members.as_deref()).await?;
    let changes = team::create(&call.act().context(), call.next_id(), call.next_event(), input)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_team_by_id(call: Call<UpdateTeamById>) -> Result<Answer, Refusal> {
    let (id, input) = (call.path, call.input()?);
    update(&call, id, input).await
}

pub(crate) async fn update_team_attributes(call: Call<UpdateTeamAttributes>) -> Result<Answer, Refusal> {
    let (id, input) = (call.path, call.input()?);
    update(&call, id, input).await
}

async fn update<E: Endpoint>(call: &Call<E>, id: ObjectId, input: TeamInput) -> Result<Answer, Refusal> {
    check_members(call, input.members.as_deref()).await?;
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::update(&act.context(), stored.as_ref(), event, input);
    plain::update(call, Kind::Team, id, decide).await
}

pub(crate) async fn delete_team(call: Call<DeleteTeam>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::delete(&act.context(), stored.as_ref(), event);
    plain::delete(&call, Kind::Team, call.path, decide).await
}

pub(crate) async fn add_team_member(call: Call<AddTeamMember>) -> Result<Answer, Refusal> {
    let (members, act, event) = (call.input()?.members, call.act(), call.next_event());
    check_members(&call, Some(&members)).await?;
    let decide = move |stored: Option<Stored>| team::add_members(&act.context(), stored.as_ref(), event, &members);
    plain::update(&call, Kind::Team, call.path, decide).await
}

pub(crate) async fn remove_team_member(call: Call<RemoveTeamMember>) -> Result<Answer, Refusal> {
    let (members, act, event) = (call.input()?.members, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::remove_members(&act.context(), stored.as_ref(), event, &members);
    plain::update(&call, Kind::Team, call.path, decide).await
}

/// Members must be users of the org (`docs/contract/behaviour.md` §17).
async fn check_members<E: Endpoint>(call: &Call<E>, members: Option<&[String]>) -> Result<(), Refusal> {
    for member in members.unwrap_or_default() {
        let id: ObjectId = member.parse().map_err(|_| team::unknown_member(member))?;
        let user = call.store().find(call.org(), Kind::User, id).await.map_err(unavailable)?;
        user.filter(|user| !user.deleted).ok_or_else(|| team::unknown_member(member))?;
    }
    Ok(())
}
