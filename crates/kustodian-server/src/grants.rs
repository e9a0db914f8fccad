//! Which roles a user has now: looked up with the token, each time that is looked up, so that a change of a user, a role
//! group or a team counts on every server within a second.

use std::sync::Arc;
use std::time::Instant;

use kustodian_core::directory::{Org, Token};
use kustodian_core::grant;
use kustodian_core::kind::Kind;
use kustodian_core::permission::Known;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{ListQuery, OrgKey, Pages, Store, Stored};
use kustodian_core::team::{GRANTING, IS_GRANTING};
use kustomer_api::ObjectId;
use kustomer_api::user::User;

use crate::answer::unavailable;
use crate::app::App;
use crate::authentication::RolesNow;
use crate::paging::FULL;

/// How many teams are read at a time.
const READ_TOGETHER: u32 = 100;

/// A user with the role groups that count for it.
pub(crate) struct Holder {
    pub(crate) user: User,
    pub(crate) groups: Vec<Stored>,
}

/// A token as it counts now.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn known(store: &dyn Store, org: Org, token: Token) -> Result<Known, Refusal> {
    let holder = find(store, org.key, token.user).await?;
    let (token, is_deactivated) = match holder {
        Some((holder, is_deleted)) => (grant::granted(token, &holder.user, &holder.groups)?, is_deleted),
        // A session is of somebody; a key made before machine users were kept is its own.
        None => {
            let is_nobody = token.session.is_some();
            (token, is_nobody)
        }
    };
    Ok(Known { org: Arc::new(org), token: Arc::new(token), is_deactivated })
}

/// The roles that a user has now, with whichever credential, as they were looked up within the last second; none when nobody
/// can act as the user any longer.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn roles_now(app: &App, org: OrgKey, user: ObjectId) -> Result<RolesNow, Refusal> {
    if let Some(roles) = app.tokens.find_roles((org, user)) {
        return Ok(roles);
    }
    let (since, now) = (Instant::now(), app.services.clock.now());
    let holder = find(&*app.services.store, org, user).await?;
    let roles = match &holder {
        Some((_, true)) => None,
        holder => {
            let tokens = app.services.directory.list_tokens_of(org, user).await.map_err(unavailable)?;
            let (user, groups) = match holder {
                Some((holder, _)) => (Some(&holder.user), holder.groups.as_slice()),
                None => (None, [].as_slice()),
            };
            grant::roles_now(user, groups, &tokens, now)?
        }
    };
    let roles: RolesNow = roles.map(Into::into);
    app.tokens.remember_roles((org, user), since, roles.clone());
    Ok(roles)
}

/// A user with role groups, and whether it is deactivated.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn find(store: &dyn Store, org: OrgKey, id: ObjectId) -> Result<Option<(Holder, bool)>, Refusal> {
    let (stored, teams) = tokio::join!(store.find(org, Kind::User, id), granting_teams(store, org));
    let (Some(stored), teams) = (stored.map_err(unavailable)?, teams?) else { return Ok(None) };
    let user: User = resource::read(&stored.document)?;
    let mut groups = Vec::new();
    for id in grant::groups_of(&user, &teams)? {
        groups.extend(store.find(org, Kind::RoleGroup, id).await.map_err(unavailable)?);
    }
    Ok(Some((Holder { user, groups }, stored.deleted)))
}

/// The teams of an org that grant role groups.
async fn granting_teams(store: &dyn Store, org: OrgKey) -> Result<Vec<Stored>, Refusal> {
    let mut teams = Vec::new();
    let mut pages =
        Pages::of(store, org, ListQuery::of(Kind::Team, READ_TOGETHER, FULL).narrowed(GRANTING, IS_GRANTING));
    while let Some(found) = pages.next().await.map_err(unavailable)? {
        teams.extend(found);
    }
    Ok(teams)
}
