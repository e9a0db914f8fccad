//! Role groups.

use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::role_group;
use kustodian_core::store::Stored;
use kustomer_api::role_group::{CreateRoleGroup, DeleteRoleGroup, GetAllRoleGroups, GetRoleGroupById, UpdateRoleGroup};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::plain;

pub(crate) async fn get_all_role_groups(call: Call<GetAllRoleGroups>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::RoleGroup).await
}

pub(crate) async fn get_role_group_by_id(call: Call<GetRoleGroupById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::RoleGroup, call.path, call.query).await
}

pub(crate) async fn create_role_group(call: Call<CreateRoleGroup>) -> Result<Answer, Refusal> {
    let (input, held) = (call.input()?, &call.caller().token.roles);
    let changes = role_group::create(&call.act().context(), call.next_id(), call.next_event(), input, held)?;
    plain::create(&call, changes).await
}

pub(crate) async fn update_role_group(call: Call<UpdateRoleGroup>) -> Result<Answer, Refusal> {
    let (act, event, input, held) = (call.act(), call.next_event(), call.input()?, call.caller().token.roles.clone());
    let decide = move |stored: Option<Stored>| role_group::update(&act.context(), stored.as_ref(), event, input, &held);
    let updated = plain::update(&call, Kind::RoleGroup, call.path, decide).await;
    call.app().tokens.forget_all();
    updated
}

pub(crate) async fn delete_role_group(call: Call<DeleteRoleGroup>) -> Result<Answer, Refusal> {
    let (act, event, held) = (call.act(), call.next_event(), call.caller().token.roles.clone());
    let decide = move |stored: Option<Stored>| role_group::delete(&act.context(), stored.as_ref(), event, &held);
    let deleted = plain::delete(&call, Kind::RoleGroup, call.path, decide).await;
    call.app().tokens.forget_all();
    deleted
}
