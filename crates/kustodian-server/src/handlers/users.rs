//! Users: read by id, by several ids, and the one behind the credential.

use kustodian_core::change::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustomer_api::user::{GetCurrentUser, GetMultipleUsersByIds, GetUserById};
use kustomer_api::validation::Fault;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::Numbered;

pub(crate) async fn get_current_user(call: Call<GetCurrentUser>) -> Result<Answer, Refusal> {
    let user = find(&call, call.caller().token.user).await?.ok_or_else(|| Refusal::not_found("id"))?;
    Ok(Answer::ok(user.document, user.rev))
}

pub(crate) async fn get_user_by_id(call: Call<GetUserById>) -> Result<Answer, Refusal> {
    let user = find(&call, call.path).await?.ok_or_else(|| Refusal::not_found("id"))?;
    Ok(Answer::ok(user.document, user.rev))
}

/// How many users one request may name.
const MAX_IDS: usize = 100;

/// Ids that name nobody are passed over: the list holds who was found, in the order asked for.
pub(crate) async fn get_multiple_users_by_ids(call: Call<GetMultipleUsersByIds>) -> Result<Answer, Refusal> {
    let mut ids: Vec<ObjectId> = Vec::new();
    for id in call.path.split(',').filter_map(|id| id.trim().parse().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() > MAX_IDS {
            let title = format!("ids names more than {MAX_IDS} users");
            return Err(Refusal::bad_input(vec![Fault::of_parameter("ids", title)]));
        }
    }
    let named: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
    let mut found = Vec::new();
    for id in ids {
        found.extend(find(&call, id).await?);
    }
    let page = Numbered::of(call.query);
    let (shown, has_next) = page.of_all(&found);
    let documents: Vec<String> = shown.iter().map(|user| user.document.clone()).collect();
    let path = format!("/v1/users/{}", named.join(","));
    Ok(Answer::Json(page.uncounted(&path, &documents, has_next)))
}

async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    let user = call.store().find(call.org(), Kind::User, id).await.map_err(unavailable)?;
    Ok(user.filter(|user| !user.deleted))
}
