//! Users: listed, read by id, by several ids, and the one behind the credential.

use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{ListQuery, SortKey, Start, Stored};
use kustomer_api::query::{Include, QueryArguments};
use kustomer_api::user::{GetCurrentUser, GetMultipleUsersByIds, GetUserById, GetUsers, ListUsers, User};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain;
use crate::paging::{FULL, Numbered};

const PATH: &str = "/v1/users";

/// How many users are read at a time while a condition is looked for. Nobody filters customers here: an org has as many
/// users as people and API keys.
const BATCH: u32 = 500;

pub(crate) async fn get_users(call: Call<GetUsers>) -> Result<Answer, Refusal> {
    let page = Numbered::of(call.query.paging);
    let shape = ListUsers { paging: Default::default(), ..call.query.clone() };
    let is_plain = shape == ListUsers::default();
    let mut start = if is_plain { Start::Offset(page.offset()) } else { Start::Offset(0) };
    let limit = if is_plain { page.size + 1 } else { BATCH };
    let wanted = page.size as usize + 1;
    let (mut to_skip, mut found) = (if is_plain { 0 } else { page.offset() }, Vec::new());
    loop {
        let query = ListQuery {
            kind: Kind::User,
            of: Vec::new(),
            deleted: false,
            sort: SortKey::Id,
            descending: false,
            within: Vec::new(),
            start,
            limit,
            bytes: FULL,
            count: false,
        };
        let records = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
        let is_cut = fitting(records.iter().map(|record| record.document.len()), FULL) < records.len();
        let is_last = is_plain || !is_cut && records.len() < limit as usize;
        if let Some(last) = records.last() {
            start = Start::After { value: 0, id: last.id };
        }
        for record in records {
            if !is_plain && !passes(&shape, &record)? {
                continue;
            }
            if to_skip > 0 {
                to_skip -= 1;
            } else if found.len() < wanted {
                found.push(record.document);
            }
        }
        // A page has as many users as people and API keys have, and nobody may write large ones.
        if is_last || found.len() >= wanted {
            break;
        }
    }
    let has_next = page.size > 0 && found.len() > page.size as usize;
    found.truncate(page.size as usize);
    Ok(Answer::Json(page.uncounted_where(PATH, &shape.write(), found, has_next)))
}

/// Whether an active user, which all listed ones are, meets the condition.
fn passes(asked: &ListUsers, record: &Stored) -> Result<bool, Refusal> {
    let user: User = resource::read(&record.document)?;
    let user = user.attributes;
    let has_type = asked.user_type.as_ref().is_none_or(|kind| user.user_type.value() == Some(kind));
    let has_email = |email: &String| user.email.value().is_some_and(|own| own.eq_ignore_ascii_case(email));
    // Nobody is invited, and who was deactivated is not among those listed.
    let is_active = !asked.pending.unwrap_or_default() && !asked.deleted.unwrap_or_default();
    Ok(is_active && has_type && asked.email.as_ref().is_none_or(has_email))
}

pub(crate) async fn get_current_user(call: Call<GetCurrentUser>) -> Result<Answer, Refusal> {
    plain::present(&call, Kind::User, call.caller().token.user).await
}

pub(crate) async fn get_user_by_id(call: Call<GetUserById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::User, call.path, call.query).await
}

pub(crate) async fn get_multiple_users_by_ids(call: Call<GetMultipleUsersByIds>) -> Result<Answer, Refusal> {
    plain::list_named(&call, Kind::User, call.query, Include::default()).await
}
