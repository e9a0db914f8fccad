//! Users: listed, read, invited, changed; the one behind the credential, and the teams of one.

use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::password_link::{self, Purpose};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, Start, Stored};
use kustodian_core::user::Editor;
use kustodian_core::{grant, password, resource, user};
use kustomer_api::error::code;
use kustomer_api::query::{Include, PageQuery, QueryArguments};
use kustomer_api::team::Team;
use kustomer_api::user::{
    CreateInviteNewUser, GetCurrentUser, GetMultipleUsersByIds, GetUserById, GetUsers, GetUsersTeams, ListUsers,
    ResetUsersPassword, UpdateCurrentUser, UpdateUserById, User, UserInput,
};
use kustomer_api::{Endpoint, ObjectId};
use serde_json::Value;

use crate::answer::{Answer, unavailable};
use crate::call::{Call, Visit};
use crate::grants::{self, Holder};
use crate::handlers::plain;
use crate::paging::{FULL, Numbered, Pairs};
use crate::{sign_in, vault};

const PATH: &str = "/v1/users";

/// How many records are read at a time while a condition is looked for. Nobody filters customers here: an org has as many
/// users as people and API keys.
const BATCH: u32 = 500;

pub(crate) async fn get_users(call: Call<GetUsers>) -> Result<Answer, Refusal> {
    let page = Numbered::of(call.query.paging);
    let shape = ListUsers { paging: PageQuery::default(), ..call.query.clone() };
    let passes = (shape != ListUsers::default()).then_some(|record: &Stored| passes(&shape, record));
    let which = (Kind::User, shape.deleted.unwrap_or_default());
    list_passing(&call, which, page, passes, PATH, &shape.write()).await
}

pub(crate) async fn get_users_teams(call: Call<GetUsersTeams>) -> Result<Answer, Refusal> {
    let id = call.path;
    let stored = call.store().find(call.org(), Kind::User, id).await.map_err(unavailable)?;
    if stored.as_ref().is_none_or(|stored| stored.deleted) {
        return Err(plain::not_there(&call, Kind::User, stored.as_ref()));
    }
    let named = id.to_string();
    let has_member = |record: &Stored| {
        let team: Team = resource::read(&record.document)?;
        Ok(team.attributes.members.value().is_some_and(|members| members.contains(&named)))
    };
    let page = Numbered::of(call.query);
    list_passing(&call, (Kind::Team, false), page, Some(has_member), &format!("{PATH}/{id}/teams"), &Pairs::new()).await
}

/// A page of the records of a kind that pass, deleted ones or the others; of all when nothing is asked of them.
async fn list_passing<E: Endpoint>(
    call: &Call<E>,
    (kind, deleted): (Kind, bool),
    page: Numbered,
    passes: Option<impl Fn(&Stored) -> Result<bool, Refusal>>,
    path: &str,
    conditions: &Pairs,
) -> Result<Answer, Refusal> {
    let mut start = if passes.is_none() { Start::Offset(page.offset()) } else { Start::Offset(0) };
    let limit = if passes.is_none() { page.size + 1 } else { BATCH };
    let wanted = page.size as usize + 1;
    let (mut to_skip, mut found) = (if passes.is_none() { 0 } else { page.offset() }, Vec::new());
    loop {
        let query = ListQuery { deleted, start, ..ListQuery::of(kind, limit, FULL) };
        let records = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
        let is_cut = fitting(records.iter().map(|record| record.document.len()), FULL) < records.len();
        let is_last = passes.is_none() || !is_cut && records.len() < limit as usize;
        if let Some(last) = records.last() {
            start = Start::after(last.id);
        }
        for record in records {
            if let Some(passes) = &passes
                && !passes(&record)?
            {
                continue;
            }
            if to_skip > 0 {
                to_skip -= 1;
            } else if found.len() < wanted {
                found.push(record.document);
            }
        }
        // A page has as many records as people and API keys have, and nobody may write large ones.
        if is_last || found.len() >= wanted {
            break;
        }
    }
    let has_next = page.size > 0 && found.len() > page.size as usize;
    found.truncate(page.size as usize);
    Ok(Answer::Json(page.uncounted_where(path, conditions, found, has_next)))
}

/// Whether a user meets the condition; whether it is deactivated has been seen to.
fn passes(asked: &ListUsers, record: &Stored) -> Result<bool, Refusal> {
    let user: User = resource::read(&record.document)?;
    let user = user.attributes;
    let has_type = asked.user_type.as_ref().is_none_or(|kind| user.user_type.value() == Some(kind));
    let has_email = |email: &String| user.email.value().is_some_and(|own| own.eq_ignore_ascii_case(email));
    let is_pending = asked.pending.is_none_or(|pending| user::is_pending(&user) == pending);
    Ok(is_pending && has_type && asked.email.as_ref().is_none_or(has_email))
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

pub(crate) async fn create_invite_new_user(call: Call<CreateInviteNewUser>) -> Result<Answer, Refusal> {
    let input = call.input()?;
    let held = &call.caller().token.roles;
    check_groups(&call, input.role_groups.as_deref().unwrap_or_default(), &[]).await?;
    let (id, email) = (call.next_id(), input.email.clone().unwrap_or_default());
    let changes = user::invite(&call.act().context(), id, call.next_event(), input, held)?;
    let answer = plain::create(&call, changes).await?;
    // If the server ends in between, the inviting user sees no success, and a reset sends the same link.
    if !call.is_rehearsal() {
        let app = call.app();
        app.letters.note(app, &call.caller().org.name, &email, Purpose::Invitation).await?;
    }
    Ok(answer)
}

pub(crate) async fn update_user_by_id(call: Call<UpdateUserById>) -> Result<Answer, Refusal> {
    let (id, input) = (call.path, call.input()?);
    update(&call, id, input).await.map(Answer::created)
}

pub(crate) async fn update_current_user(call: Call<UpdateCurrentUser>) -> Result<Answer, Refusal> {
    let (id, input) = (call.caller().token.user, call.input()?);
    update(&call, id, input).await.map(Answer::ok)
}

/// Changes a user; the document as it is then.
async fn update<E: Endpoint>(call: &Call<E>, id: ObjectId, mut input: UserInput) -> Result<String, Refusal> {
    let (app, caller, store, org) = (call.app(), call.caller(), call.store(), call.org());
    let Some((Holder { user, groups }, _)) = grants::find(store, org, id).await? else {
        return Err(plain::not_there(call, Kind::User, None));
    };
    let former = user.attributes.role_groups.value().cloned().unwrap_or_default();
    check_groups(call, input.role_groups.as_deref().unwrap_or_default(), &former).await?;
    let new_password = match input.password.take() {
        Some(Value::String(password)) => Some(password),
        _ => None,
    };
    let current = input.current_password.take();
    let is_own = id == caller.token.user;
    if let Some(wanted) = &new_password {
        let email = input.email.as_deref().or(user.attributes.email.value().map(String::as_str)).unwrap_or_default();
        if let Some(weakness) = password::weakness(wanted, email, &caller.org.name) {
            return Err(refuse(400, code::BAD_PARAM, "password", &weakness));
        }
    }
    let changes_address = input.email.as_ref().is_some_and(|email| user.attributes.email.value() != Some(email));
    if is_own && (new_password.is_some() || changes_address) {
        check_current(call, id, current).await?;
    }
    let ends_sessions = new_password.is_some() || input.deleted.value() == Some(&true);
    let of_groups = grant::roles_of(&User { attributes: Default::default(), ..user }, &groups)?;
    let editor = Editor { held: caller.token.roles.clone(), is_own, of_groups, sets_password: new_password.is_some() };
    let hash = match new_password {
        Some(password) if !call.is_rehearsal() => {
            let mut salt = [0; 16];
            salt.copy_from_slice(&app.services.ids.secret()[..16]);
            Some(app.passwords.hash(password, salt).await?)
        }
        _ => None,
    };
    let (act, event) = (call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| user::update(&act.context(), stored.as_ref(), event, input, &editor);
    let changes = plain::change(call, Kind::User, id, decide).await?;
    if !call.is_rehearsal() {
        if changes_address || ends_sessions {
            sign_in::forget_link(app, &caller.org, id).await?;
        }
        let kept = is_own.then_some(caller.token.id);
        match hash {
            Some(hash) => sign_in::keep_password(app, &caller.org, id, hash, kept).await?,
            None if ends_sessions => sign_in::end_sessions(app, &caller.org, id, None).await?,
            None => {}
        }
    }
    app.tokens.forget_all();
    match changes.puts.into_iter().next() {
        Some(put) => Ok(put.document),
        None => {
            let stored = store.find(org, Kind::User, id).await.map_err(unavailable)?;
            stored.map(|stored| stored.document).ok_or_else(|| Refusal::not_found("id"))
        }
    }
}

/// A user who changes the own password or address shows the password first, if there is one; tried no more often than
/// in signing in.
async fn check_current<E: Endpoint>(call: &Call<E>, id: ObjectId, current: Option<String>) -> Result<(), Refusal> {
    let app = call.app();
    let name = password_link::password_name(call.org(), id);
    let Some(kept) = vault::find(call.store(), &name).await.map_err(unavailable)? else { return Ok(()) };
    let Some(current) = current else {
        let title = "currentPassword is needed to change an own password or address";
        return Err(refuse(400, code::BAD_PARAM, "currentPassword", title));
    };
    let (directory, account) = (&*app.services.directory, sign_in::account(&call.org().0.to_string(), &id.to_string()));
    app.doors.knock_alone(directory, &account, call.now()).await?;
    if app.passwords.is_right(current, Some(&kept.value)).await? {
        return app.doors.opened(directory, &account).await;
    }
    Err(refuse(403, code::FORBIDDEN, "currentPassword", "The current password is another one"))
}

fn refuse(status: u16, code: &str, what: &str, title: &str) -> Refusal {
    Refusal::new(status, code, what, title).with_meta("pointer", format!("/{what}"))
}

/// Lets pass role groups that the caller may give, and those that are given already.
pub(crate) async fn check_groups<E: Endpoint>(
    call: &Call<E>,
    sent: &[String],
    former: &[String],
) -> Result<(), Refusal> {
    for named in sent.iter().filter(|named| !former.contains(&named.to_ascii_lowercase())) {
        let found = match named.parse() {
            Ok(id) => call.store().find(call.org(), Kind::RoleGroup, id).await.map_err(unavailable)?,
            Err(_) => None,
        };
        grant::check_group(&call.caller().token.roles, named, found.as_ref())?;
    }
    Ok(())
}

/// Answers the same, after as much work, whether or not there is such a user: whether a letter is sent to anybody is found
/// out afterwards.
pub(crate) async fn reset_users_password(visit: Visit) -> Result<Answer, Refusal> {
    let sent = visit.input::<ResetUsersPassword>()?;
    let app = &visit.app;
    let account = sign_in::account(&format!("reset\0{}", sent.domain), &sent.email);
    app.doors.knock(&*app.services.directory, &account, visit.from, visit.now).await?;
    if !visit.is_rehearsal {
        app.letters.note(app, &sent.domain, &sent.email, Purpose::Reset).await?;
    }
    Ok(Answer::Empty)
}
