//! Sessions and API keys, the roles there are, and how people sign in.

use kustodian_core::auth_settings;
use kustodian_core::directory::{Org, Token};
use kustodian_core::permission::{self, Caller};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Note;
use kustodian_core::token::TokenRequest;
use kustodian_core::{grant, resource, token};
use kustomer_api::auth::{
    ApiKeyInput, CUSTOMER_SETTINGS_TYPE, CreateApiKey, CustomerAuthSettings, CustomerAuthSettingsAttributes,
    DeleteApiKey, DeleteAuthTokenById, DeleteCurrentAuthToken, GetApiKeys, GetAuthCustomerSettings, GetAuthRoles,
    GetAuthSettings, GetAuthTokenById, GetAuthTokens, GetCurrentAuthToken, ROLE_TYPE, Roles, RotateApiKey,
    UpdateAuthSettings,
};
use kustomer_api::envelope::{Relationships, ResourceId, SelfLink};
use kustomer_api::error::code;
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId, Timestamp, role};
use serde_json::Map;

use crate::answer::{Answer, unavailable};
use crate::call::{Call, Visit};
use crate::grants;
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
    let kept = sign_in::settings(call.store(), org).await?;
    Ok(Answer::ok(resource::render(&auth_settings::show(org, kept))?))
}

pub(crate) async fn update_auth_settings(call: Call<UpdateAuthSettings>) -> Result<Answer, Refusal> {
    let (input, caller) = (call.input()?, call.caller());
    let kept = sign_in::settings(call.store(), &caller.org).await?;
    let kept = auth_settings::update(kept, input, caller.token.user, call.now())?;
    if !call.is_rehearsal() {
        let value = serde_json::to_vec(&kept).map_err(|_| resource::fault("The settings could not be written"))?;
        let note = Note { name: sign_in::settings_name(&caller.org), value };
        call.store().keep_note(note).await.map_err(unavailable)?;
        call.app().whitelists.forget();
    }
    Ok(Answer::ok(resource::render(&auth_settings::show(&caller.org, kept))?))
}

pub(crate) async fn get_public_auth_settings(visit: Visit) -> Result<Answer, Refusal> {
    let services = &visit.app.services;
    let orgs = services.directory.list_orgs().await.map_err(unavailable)?;
    let Some(org) = permission::org_of_host(&orgs, &visit.host) else {
        let detail = "the host names no org: ask at <org>.api.<host>, unless the server has a single org";
        return Err(Refusal::not_found("Host").with_detail(detail));
    };
    let kept = sign_in::settings(&*services.store, org).await?;
    Ok(Answer::ok(resource::render(&auth_settings::show_public(org, kept))?))
}

pub(crate) async fn get_auth_customer_settings(call: Call<GetAuthCustomerSettings>) -> Result<Answer, Refusal> {
    let (org, services) = (&call.caller().org, &call.app().services);
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let settings = CustomerAuthSettings {
        kind: CUSTOMER_SETTINGS_TYPE.to_owned(),
        id: org.id.into(),
        attributes: CustomerAuthSettingsAttributes {
            secret: token::customer_secret(org, &key)?.into(),
            cors_whitelist: auth_settings::origins(sign_in::settings(call.store(), org).await?).into(),
            created_at: org.created_at.into(),
            updated_at: org.created_at.into(),
            extra: Map::new(),
        },
        relationships: Relationships::from([("org".to_owned(), resource::org_relationship(org))]),
        links: Some(SelfLink::new("/v1/auth/customer/settings".to_owned())),
        extra: Map::new(),
    };
    Ok(Answer::ok(resource::render(&settings)?))
}

pub(crate) async fn get_api_keys(call: Call<GetApiKeys>) -> Result<Answer, Refusal> {
    let tokens = call.app().services.directory.list_tokens(Some(call.org())).await.map_err(unavailable)?;
    let keys = tokens.into_iter().map(|(_, token)| token).filter(|token| token.session.is_none()).collect();
    list(&call, keys, call.query, "/v1/auth/keys")
}

pub(crate) async fn create_api_key(call: Call<CreateApiKey>) -> Result<Answer, Refusal> {
    let (caller, services) = (call.caller(), &call.app().services);
    let request = request(call.input()?, caller, call.now())?;
    let key = services.directory.signing_key(services.ids.secret()).await.map_err(unavailable)?;
    let ids = (call.next_id(), call.next_id());
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

/// Keeps a key that was made, and answers it with its secret.
async fn keep<E: Endpoint>(call: &Call<E>, issued: token::Issued) -> Result<Answer, Refusal> {
    let mut shown = token::show(&call.caller().org, &issued.new.token);
    if !call.is_rehearsal() {
        let directory = &call.app().services.directory;
        directory.create_token(issued.new).await.map_err(|error| match error {
            kustodian_core::directory::DirectoryError::Store(error) => unavailable(error),
            kustodian_core::directory::DirectoryError::Exists => {
                Refusal::new(409, code::CONFLICT, "id", "The user of the key has changed meanwhile: try again")
            }
        })?;
        call.app().tokens.forget_all();
        shown.attributes.token = issued.secret.into();
    }
    Ok(Answer::created(resource::render(&shown)?))
}

/// For how long the former key stays valid, unless it is said, in seconds.
const OVERLAP: u64 = 24 * 60 * 60;

pub(crate) async fn rotate_api_key(call: Call<RotateApiKey>) -> Result<Answer, Refusal> {
    let input = call.input()?;
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
    let issued = token::rotate(&former, org, call.next_id(), &key, ends, now)?;
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
