//! The credential itself, the user's other ones, and its roles.

use kustodian_core::refusal::Refusal;
use kustodian_core::{resource, token};
use kustomer_api::auth::{GetAuthRoles, GetAuthTokenById, GetAuthTokens, GetCurrentAuthToken, ROLE_TYPE, Roles};
use kustomer_api::envelope::ResourceId;
use serde_json::Map;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::Numbered;

pub(crate) async fn get_current_auth_token(call: Call<GetCurrentAuthToken>) -> Result<Answer, Refusal> {
    let caller = call.caller();
    Ok(Answer::ok(resource::render(&token::show(&caller.org, &caller.token))?))
}

pub(crate) async fn get_auth_tokens(call: Call<GetAuthTokens>) -> Result<Answer, Refusal> {
    let caller = call.caller();
    let directory = &call.app().services.directory;
    let tokens = directory.list_tokens_of(caller.org.key, caller.token.user).await.map_err(unavailable)?;
    let live: Vec<_> = tokens.into_iter().filter(|token| token.revoked_at.is_none()).collect();
    let page = Numbered::of(call.query);
    let (shown, has_next) = page.of_all(&live);
    let documents: Result<Vec<String>, Refusal> =
        shown.iter().map(|token| resource::render(&token::show(&caller.org, token))).collect();
    Ok(Answer::Json(page.uncounted("/v1/auth/tokens", documents?, has_next)))
}

pub(crate) async fn get_auth_token_by_id(call: Call<GetAuthTokenById>) -> Result<Answer, Refusal> {
    let org = &call.caller().org;
    let found = call.app().services.directory.find_token_by_id(org.key, call.path).await.map_err(unavailable)?;
    let token = found.filter(|token| token.revoked_at.is_none()).ok_or_else(|| Refusal::not_found("id"))?;
    Ok(Answer::ok(resource::render(&token::show(org, &token))?))
}

pub(crate) async fn get_auth_roles(call: Call<GetAuthRoles>) -> Result<Answer, Refusal> {
    let role = |role: &String| ResourceId { kind: ROLE_TYPE.to_owned(), id: role.clone(), extra: Map::new() };
    let roles = Roles { data: call.caller().token.roles.iter().map(role).collect() };
    Ok(Answer::Json(resource::render(&roles)?))
}
