//! Teams.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::{resource, team};
use kustomer_api::team::{
    AddTeamMember, CreateTeam, DeleteTeam, GetTeamById, GetTeams, RemoveTeamMember, Team, TeamInput,
    UpdateTeamAttributes, UpdateTeamById,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::family::Former;
use crate::handlers::{plain, users};

pub(crate) async fn get_teams(call: Call<GetTeams>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Team).await
}

pub(crate) async fn get_team_by_id(call: Call<GetTeamById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Team, call.path, call.query).await
}

pub(crate) async fn create_team(call: Call<CreateTeam>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check_members(&call, None, input.members.as_deref()).await?;
    check_grants(&call, None, input.role_groups.as_deref(), input.members.as_deref()).await?;
    let changes = team::create(&call.act().context(), call.next_id(), call.next_event(), input)?;
    let created = plain::create(&call, changes).await;
    call.app().slas.forget(call.org());
    created
}

/// Empties the caches that hold the members of teams.
fn forget<E: Endpoint>(call: &Call<E>) {
    call.app().tokens.forget_all();
    call.app().slas.forget(call.org());
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
    check_members(call, Some(id), input.members.as_deref()).await?;
    check_grants(call, Some(id), input.role_groups.as_deref(), input.members.as_deref()).await?;
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::update(&act.context(), stored.as_ref(), event, input);
    let updated = plain::update(call, Kind::Team, id, decide).await;
    forget(call);
    updated
}

pub(crate) async fn delete_team(call: Call<DeleteTeam>) -> Result<Answer, Refusal> {
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::delete(&act.context(), stored.as_ref(), event);
    let deleted = plain::delete(&call, Kind::Team, call.path, decide).await;
    forget(&call);
    deleted
}

pub(crate) async fn add_team_member(call: Call<AddTeamMember>) -> Result<Answer, Refusal> {
    let (members, act, event) = (call.input()?.members, call.act(), call.next_event());
    check_members(&call, Some(call.path), Some(&members)).await?;
    check_grants(&call, Some(call.path), None, Some(&members)).await?;
    let decide = move |stored: Option<Stored>| team::add_members(&act.context(), stored.as_ref(), event, &members);
    let updated = plain::update(&call, Kind::Team, call.path, decide).await;
    forget(&call);
    updated
}

pub(crate) async fn remove_team_member(call: Call<RemoveTeamMember>) -> Result<Answer, Refusal> {
    let (members, act, event) = (call.input()?.members, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| team::remove_members(&act.context(), stored.as_ref(), event, &members);
    let updated = plain::update(&call, Kind::Team, call.path, decide).await;
    forget(&call);
    updated
}

/// A caller who gives role groups to members, or members to a team with role groups, must have the roles of these
/// groups. Restoring a deleted team gives them to all of its members.
async fn check_grants<E: Endpoint>(
    call: &Call<E>,
    id: Option<ObjectId>,
    groups: Option<&[String]>,
    members: Option<&[String]>,
) -> Result<(), Refusal> {
    let stored = match id {
        Some(id) => call.store().find(call.org(), Kind::Team, id).await.map_err(unavailable)?,
        None => None,
    };
    let former = match &stored {
        Some(stored) => resource::read::<Team>(&stored.document)?.attributes,
        None => Default::default(),
    };
    let had_members = former.members.value().cloned().unwrap_or_default();
    let had_groups = former.role_groups.value().cloned().unwrap_or_default();
    let is_new = |member: &String| !had_members.contains(&member.to_ascii_lowercase());
    let adds_members = members.is_some_and(|members| members.iter().any(is_new));
    let is_back = stored.is_some_and(|stored| stored.deleted);
    let groups = groups.unwrap_or(&had_groups);
    let already: &[String] = if adds_members || is_back { &[] } else { &had_groups };
    if adds_members || is_back {
        // One that was deleted meanwhile grants nothing.
        let mut live = Vec::new();
        for named in groups {
            let Ok(id) = named.parse() else { continue };
            let found = call.store().find(call.org(), Kind::RoleGroup, id).await.map_err(unavailable)?;
            if !had_groups.contains(named) || found.is_some_and(|group| !group.deleted) {
                live.push(named.clone());
            }
        }
        return users::check_groups(call, &live, already).await;
    }
    users::check_groups(call, groups, already).await
}

/// Members must be users of the org (`docs/contract/behaviour.md` §17), unless the team with the id `of` has them already.
async fn check_members<E: Endpoint>(
    call: &Call<E>,
    of: Option<ObjectId>,
    members: Option<&[String]>,
) -> Result<(), Refusal> {
    let members = members.unwrap_or_default();
    let of = of.filter(|_| !members.is_empty());
    let has = Former::find(call, Kind::Team, of).await?.ids("/attributes/members");
    for member in members.iter().filter(|member| !has.contains(&member.to_ascii_lowercase())) {
        let id: ObjectId = member.parse().map_err(|_| team::unknown_member(member))?;
        let user = call.store().find(call.org(), Kind::User, id).await.map_err(unavailable)?;
        user.filter(|user| !user.deleted).ok_or_else(|| team::unknown_member(member))?;
    }
    Ok(())
}
