//! Sessions and API keys, the roles there are, and how people sign in.

use kustodian_core::directory::{DirectoryError, Org, Token};
use kustodian_core::kind::Kind;
use kustodian_core::permission::{self, Caller};
use kustodian_core::receipt::HEADER;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::token::TokenRequest;
use kustodian_core::{auth_settings, grant, resource, token};
use kustomer_api::auth::{
    ApiKeyInput, CreateApiKey, DeleteApiKey, DeleteAuthTokenById, DeleteCurrentAuthToken, GetApiKeys,
    GetAuthCustomerSettings, GetAuthRoles, GetAuthSettings, GetAuthSettingsHistory, GetAuthTokenById, GetAuthTokens,
    GetCurrentAuthToken, ROLE_TYPE, Roles, RotateApiKey, UpdateAuthSettings,
};
use kustomer_api::envelope::ResourceId;
use kustomer_api::error::code;
use kustomer_api::history::StateQuery;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId, Timestamp, role};
use serde_json::Map;

use crate::answer::{Answer, unavailable};
use crate::call::{Call, Visit};
use crate::grants;
use crate::handlers::{history, plain};
use crate::paging::Numbered;
use crate::sign_in;

pub(crate) async fn get_current_auth_token(call: Call<GetCurrentAuthToken>) -> Result<Answer, Refusal> {
    let caller = call.caller();
    let token = call.app().tokens.with_last_use(Token::clone(&caller.token));
    Ok(Answer::ok(resource::render(&token::show(&caller.org, &token))?))
}

pub(crate) async fn get_auth_tokens(call: Call<GetAuthTokens>) -> Result<Answer, Refusal> {
    let caller = call.caller();
    let directory = &call.app().services.directory;
    let tokens = directory.list_tokens_of(caller.org.key, caller.token.user).await.map_err(unavailable)?;
    list(&call, tokens, call.query, "/v1/auth/tokens")
}

/// A page of the tokens that were not revoked.
fn list<E: Endpoint>(call: &Call<E>, tokens: Vec<Token>, paging: PageQuery, path: &str) -> Result<Answer, Refusal> {
    let (org, cache) = (&call.caller().org, &call.app().tokens);
    let live: Vec<_> = tokens.into_iter().filter(|token| token.revoked_at.is_none()).collect();
    let page = Numbered::of(paging);
    let (shown, has_next) = page.of_all(&live);
    let show = |token: &Token| resource::render(&token::show(org, &cache.with_last_use(token.clone())));
    let documents: Result<Vec<String>, Refusal> = shown.iter().map(show).collect();
    Ok(Answer::Json(page.uncounted(path, documents?, has_next)))
}

pub(crate) async fn get_auth_token_by_id(call: Call<GetAuthTokenById>) -> Result<Answer, Refusal> {
    let token = find(&call, call.path).await?;
    Ok(Answer::ok(resource::render(&token::show(&call.caller().org, &call.app().tokens.with_last_use(token)))?))
}

/// A token of the org that was not revoked.
async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Token, Refusal> {
    let found = call.app().services.directory.find_token_by_id(call.org(), id).await.map_err(unavailable)?;
    found.filter(|token| token.revoked_at.is_none()).ok_or_else(|| Refusal::not_found("id"))
}

pub(crate) async fn delete_auth_token_by_id(call: Call<DeleteAuthTokenById>) -> Result<Answer, Refusal> {
    let token = find(&call, call.path).await?;
    revoke(&call, token.id).await
}

pub(crate) async fn delete_current_auth_token(call: Call<DeleteCurrentAuthToken>) -> Result<Answer, Refusal> {
    revoke(&call, call.caller().token.id).await
}

async fn revoke<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Answer, Refusal> {
    if !call.is_rehearsal() {
        call.app().services.directory.revoke_token(id, call.now()).await.map_err(unavailable)?;
        call.app().tokens.forget_all();
    }
    Ok(Answer::Empty)
}

pub(crate) async fn get_auth_roles(_call: Call<GetAuthRoles>) -> Result<Answer, Refusal> {
    let known = role::all().into_iter().chain(role::umbrellas()).collect::<std::collections::BTreeSet<_>>();
    let role = |role: &str| ResourceId { kind: ROLE_TYPE.to_owned(), id: role.to_owned(), extra: Map::new() };
    Ok(Answer::Json(resource::render(&Roles { data: known.into_iter().map(role).collect() })?))
}

pub(crate) async fn get_auth_settings(call: Call<GetAuthSettings>) -> Result<Answer, Refusal> {
    let org = &call.caller().org;
    if call.query != StateQuery::default() {
        return match is_written(&call).await? {
            true => history::get_former(&call, Kind::AuthSettings, org.id, call.query).await,
            false => Err(history::former_of_unwritten(&call, Kind::AuthSettings, call.query)),
        };
    }
    match sign_in::stored_settings(&call.app().services, org).await? {
        Some(stored) => Ok(Answer::ok(stored.document)),
        None => Ok(Answer::ok(resource::render(&auth_settings::unwritten(org))?)),
    }
}

pub(crate) async fn get_auth_settings_history(call: Call<GetAuthSettingsHistory>) -> Result<Answer, Refusal> {
    let id = call.caller().org.id;
    match is_written(&call).await? {
        true => history::list_of(&call, Kind::AuthSettings, id).await,
        false => Ok(history::list_of_unwritten(&call, &Kind::AuthSettings.path_of(id))),
    }
}

/// Whether there is a record of the settings.
async fn is_written<E: Endpoint>(call: &Call<E>) -> Result<bool, Refusal> {
    let id = call.caller().org.id;
    Ok(call.store().find(call.org(), Kind::AuthSettings, id).await.map_err(unavailable)?.is_some())
}

pub(crate) async fn update_auth_settings(call: Call<UpdateAuthSettings>) -> Result<Answer, Refusal> {
    let (act, event, input) = (call.act(), call.next_event(), call.input()?);
    let id = act.org.id;
    if !call.is_rehearsal() {
        sign_in::adopt_settings(&call.app().services, &act.org).await?;
    }
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let decide = move |stored: Option<Stored>| {
        auth_settings::put(&act.context(), stored.as_ref(), event, input, if_match.as_deref())
    };
    let updated = plain::update(&call, Kind::AuthSettings, id, decide).await;
    call.app().whitelists.forget();
    updated
}

pub(crate) async fn get_public_auth_settings(visit: Visit) -> Result<Answer, Refusal> {
    let services = &visit.app.services;
    let orgs = services.directory.list_orgs().await.map_err(unavailable)?;
    let Some(org) = permission::org_of_host(&orgs, &visit.host) else {
        let detail = "the host names no org: ask at <org>.api.<host>, unless the server has a single org";
        return Err(Refusal::not_found("Host").with_detail(detail));
    };
    let settings = sign_in::settings(services, org).await?;
    Ok(Answer::ok(resource::render(&auth_settings::show_public(settings))?))
}

pub(crate) async fn get_auth_customer_settings(call: Call<GetAuthCustomerSettings>) -> Result<Answer, Refusal> {
    let (org, services) = (&call.caller().org, &call.app().services);
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let settings = sign_in::settings(services, org).await?;
    let shown = auth_settings::show_to_customers(org, settings, token::customer_secret(org, &key)?);
    Ok(Answer::ok(resource::render(&shown)?))
}

pub(crate) async fn get_api_keys(call: Call<GetApiKeys>) -> Result<Answer, Refusal> {
    let tokens = call.app().services.directory.list_tokens(Some(call.org())).await.map_err(unavailable)?;
    let keys = tokens.into_iter().map(|(_, token)| token).filter(|token| token.session.is_none()).collect();
    list(&call, keys, call.query, "/v1/auth/keys")
}

pub(crate) async fn create_api_key(call: Call<CreateApiKey>) -> Result<Answer, Refusal> {
    let (caller, services) = (call.caller(), &call.app().services);
    check_not_made(&call).await?;
    let request = request(call.input()?, caller, call.now())?;
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let ids = (id_of_key(&call), call.next_id());
    let issued = token::issue(request, &caller.org, ids.0, ids.1, call.next_event(), &key, call.now())?;
    keep(&call, issued).await
}

/// The key to make: no more, from no more addresses and for no longer than the key that makes it.
fn request(input: ApiKeyInput, caller: &Caller, now: Timestamp) -> Result<TokenRequest, Refusal> {
    let refuse = |status: u16, code: &str, what: &str, title: &str| {
        Refusal::new(status, code, what, title).with_meta("pointer", format!("/{what}"))
    };
    let held = &caller.token.roles;
    grant::check_roles(&input.roles, held)?;
    let roles: Vec<String> = input.roles.into_iter().filter(|role| grant::covers(held, role)).collect();
    if roles.is_empty() {
        let title = "The key would have no role: send one that you hold yourself";
        return Err(refuse(403, code::FORBIDDEN, "roles", title));
    }
    if input.expires_at.is_some_and(|at| at <= now) {
        return Err(refuse(400, code::BAD_PARAM, "expiresAt", "expiresAt is in the past"));
    }
    let bad_range = || refuse(400, code::BAD_PARAM, "cidr", "cidr is no range of addresses, such as 203.0.113.0/24");
    let cidr = input.cidr.map(|cidr| cidr.parse().map_err(|_| bad_range())).transpose()?;
    let is_key = caller.token.session.is_none();
    let bound = caller.token.expires_at.filter(|_| is_key);
    let expires_at = match (input.expires_at, bound) {
        (Some(at), Some(bound)) => Some(at.min(bound)),
        (at, bound) => at.or(bound),
    };
    let cidr = match (cidr, caller.token.cidr) {
        (_, Some(own)) => Some(own),
        (cidr, None) => cidr,
    };
    Ok(TokenRequest { name: input.name, roles, expires_at, cidr, secret: None })
}

/// The id of the key to make.
fn id_of_key<E: Endpoint>(call: &Call<E>) -> ObjectId {
    call.pledge().map_or_else(|| call.next_id(), |pledge| pledge.id())
}

/// Lets a request pass that was not done before with the same idempotency key.
///
/// # Errors
/// 409 that names the key which was made then: its secret is not kept, so that it cannot be answered again.
async fn check_not_made<E: Endpoint>(call: &Call<E>) -> Result<(), Refusal> {
    let Some(pledge) = call.pledge() else { return Ok(()) };
    let found = call.app().services.directory.find_token_by_id(call.org(), pledge.id()).await.map_err(unavailable)?;
    let Some(made) = found else { return Ok(()) };
    let title = format!("A key was made before with this {HEADER}, and its secret is not kept");
    let detail = format!("DELETE /v1/auth/keys/{} revokes it; make another one with another {HEADER}", made.id);
    Err(Refusal::new(409, code::CONFLICT, HEADER, title).with_detail(detail).with_meta("key", made.id.to_string()))
}

/// Keeps a key that was made, and answers it with its secret.
async fn keep<E: Endpoint>(call: &Call<E>, issued: token::Issued) -> Result<Answer, Refusal> {
    let mut shown = token::show(&call.caller().org, &issued.new.token);
    if !call.is_rehearsal() {
        match call.app().services.directory.create_token(issued.new).await {
            Ok(()) => {}
            Err(DirectoryError::Store(error)) => return Err(unavailable(error)),
            Err(DirectoryError::Exists) => {
                // Another request with the same idempotency key was first.
                check_not_made(call).await?;
                let title = "The user of the key has changed meanwhile: try again";
                return Err(Refusal::new(409, code::CONFLICT, "id", title));
            }
        }
        call.app().tokens.forget_all();
        shown.attributes.token = issued.secret.into();
    }
    Ok(Answer::created(resource::render(&shown)?))
}

/// For how long the former key stays valid, unless it is said, in seconds.
const OVERLAP: u64 = 24 * 60 * 60;

pub(crate) async fn rotate_api_key(call: Call<RotateApiKey>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    check_not_made(&call).await?;
    let (org, services, now) = (&call.caller().org, &call.app().services, call.now());
    let former = find_key(&call, call.path).await?;
    if former.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::new(409, code::CONFLICT, "id", "The key has expired: make another one"));
    }
    // Its secret lets one act as its user.
    let all = all_roles(&call, org, &former).await?;
    if !grant::covers_all(&call.caller().token.roles, &all) {
        return Err(Refusal::new(403, code::FORBIDDEN, "id", "Only who holds all roles of a key may replace it"));
    }
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let overlap = i64::try_from(input.overlap_seconds.unwrap_or(OVERLAP)).unwrap_or(i64::MAX).saturating_mul(1_000);
    let ends = Timestamp::from_millis(now.as_millis().saturating_add(overlap));
    let issued = token::rotate(&former, org, id_of_key(&call), &key, ends, now)?;
    keep(&call, issued).await
}

async fn all_roles<E: Endpoint>(call: &Call<E>, org: &Org, key: &Token) -> Result<Vec<String>, Refusal> {
    let known = grants::known(call.store(), org.clone(), key.clone()).await?;
    Ok(known.token.roles.clone())
}

/// An API key of the org that was not revoked.
async fn find_key<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Token, Refusal> {
    Some(find(call, id).await?).filter(|token| token.session.is_none()).ok_or_else(|| Refusal::not_found("id"))
}

pub(crate) async fn delete_api_key(call: Call<DeleteApiKey>) -> Result<Answer, Refusal> {
    let key = find_key(&call, call.path).await?;
    revoke(&call, key.id).await
}
