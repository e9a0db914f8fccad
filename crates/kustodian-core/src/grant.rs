//! Which roles a credential has: its own, and those of the role groups of its user, given to the user or to a team of the
//! user's.

use kustomer_api::error::code;
use kustomer_api::team::Team;
use kustomer_api::user::User;
use kustomer_api::validation::Fault;
use kustomer_api::{ObjectId, Timestamp, role};

use crate::directory::Token;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{resource, role_group, user};

/// Whether someone who holds `held` may give `given` to others.
pub fn covers(held: &[String], given: &str) -> bool {
    held.iter().any(|held| role::covers(held, given))
}

/// Whether all that `given` opens, `held` opens.
pub fn covers_all(held: &[String], given: &[String]) -> bool {
    given.iter().all(|given| covers(held, given))
}

/// Lets pass the names of roles that open something, and those that are there already.
///
/// # Errors
/// 400 that names each of the others, and the role that was probably meant.
pub fn check_roles(sent: &[String], former: &[String]) -> Result<(), Refusal> {
    let opens_nothing = |name: &String| !former.contains(name) && !role::opens_something(name);
    let faults: Vec<Fault> = sent
        .iter()
        .enumerate()
        .filter(|(_, name)| opens_nothing(name))
        .map(|(index, name)| {
            let meant = role::nearest_role(name).map(|role| format!(": did you mean {role}?")).unwrap_or_default();
            let title = format!("roles[{index}] is a role that opens nothing{meant}");
            Fault { pointer: format!("/roles/{index}"), ..Fault::of_parameter("roles", title) }
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// The role groups of a user: the user's own, and those of the teams among `teams` that the user is a member of.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn groups_of(user: &User, teams: &[Stored]) -> Result<Vec<ObjectId>, Refusal> {
    let mut groups: Vec<ObjectId> = ids(user.attributes.role_groups.value());
    for team in teams.iter().filter(|team| !team.deleted) {
        let team: Team = resource::read(&team.document)?;
        let is_member = |members: &Vec<String>| members.iter().any(|member| member.eq_ignore_ascii_case(&user.id));
        if team.attributes.members.value().is_some_and(is_member) {
            groups.extend(ids(team.attributes.role_groups.value()));
        }
    }
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}

fn ids(named: Option<&Vec<String>>) -> Vec<ObjectId> {
    named.into_iter().flatten().filter_map(|id| id.parse().ok()).collect()
}

/// The token as it counts now: a session has the roles that the person has, a key those that it was made with; both have
/// those of `groups`.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn granted(token: Token, user: &User, groups: &[Stored]) -> Result<Token, Refusal> {
    let own = if token.session.is_some() { user.attributes.roles.value().cloned() } else { None };
    let mut roles = own.unwrap_or_else(|| token.roles.clone());
    add(&mut roles, groups)?;
    Ok(Token { roles, ..token })
}

/// All the roles of a user.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn roles_of(user: &User, groups: &[Stored]) -> Result<Vec<String>, Refusal> {
    let mut roles = user.attributes.roles.value().cloned().unwrap_or_default();
    add(&mut roles, groups)?;
    Ok(roles)
}

/// The roles that a user has now, whichever credential it acts with: a person those of its record, a user with keys
/// those of the keys that can still be used; both have those of `groups`. None when nobody can act as the user any
/// longer.
///
/// # Errors
/// 500 when a document is not what this version stores.
pub fn roles_now(
    user: Option<&User>,
    groups: &[Stored],
    tokens: &[Token],
    now: Timestamp,
) -> Result<Option<Vec<String>>, Refusal> {
    let is_usable = |token: &&Token| {
        token.session.is_none()
            && token.revoked_at.is_none()
            && token.expires_at.is_none_or(|expires_at| expires_at > now)
    };
    let is_person = user.is_some_and(|user| !user::is_machine(&user.attributes));
    let mut roles = Vec::new();
    if let Some(user) = user.filter(|_| is_person) {
        roles = user.attributes.roles.value().cloned().unwrap_or_default();
    } else {
        let mut usable = tokens.iter().filter(is_usable).peekable();
        if usable.peek().is_none() {
            return Ok(None);
        }
        usable.for_each(|token| roles.extend(token.roles.iter().cloned()));
    }
    add(&mut roles, groups)?;
    Ok(Some(roles))
}

fn add(roles: &mut Vec<String>, groups: &[Stored]) -> Result<(), Refusal> {
    for group in groups {
        for role in role_group::roles_of(group)? {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
    }
    Ok(())
}

/// Lets pass a caller who may give a role group to a user or a team: the group is there, and the caller holds its roles.
///
/// # Errors
/// 400 for a group that is not there, 403 for one with a role that the caller lacks.
pub fn check_group(held: &[String], id: &str, group: Option<&Stored>) -> Result<(), Refusal> {
    let Some(group) = group.filter(|group| !group.deleted) else {
        let title = format!("There is no role group with the id {id} in the org");
        return Err(Refusal::new(400, code::BAD_PARAM, "roleGroups", title).with_meta("pointer", "/roleGroups"));
    };
    match role_group::roles_of(group)?.iter().find(|role| !covers(held, role)) {
        None => Ok(()),
        Some(role) => {
            let title = format!("Only who holds the role {role} may give the role group {id} to somebody");
            Err(Refusal::new(403, code::FORBIDDEN, "roleGroups", title).with_meta("pointer", "/roleGroups"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::OrgKey;

    fn key(role: &str, expires_at: Option<i64>, revoked_at: Option<i64>) -> Token {
        let id = ObjectId::from_bytes([1; 12]);
        Token {
            id,
            org: OrgKey(1),
            user: id,
            name: "key".to_owned(),
            roles: vec![role.to_owned()],
            last_chars: "abcd".to_owned(),
            cidr: None,
            created_at: Timestamp::from_millis(0),
            expires_at: expires_at.map(Timestamp::from_millis),
            revoked_at: revoked_at.map(Timestamp::from_millis),
            session: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_machine_has_the_roles_of_the_keys_that_can_still_be_used() {
        let now = Timestamp::from_millis(1_000);
        let roles = |tokens: &[Token]| roles_now(None, &[], tokens, now).unwrap();
        let (revoked, expired) = (key("a", None, Some(1)), key("b", Some(1_000), None));
        assert_eq!(roles(&[]), None);
        assert_eq!(roles(&[revoked.clone(), expired.clone()]), None);
        let usable = key("c", Some(1_001), None);
        assert_eq!(roles(&[revoked, expired, usable.clone()]), Some(vec!["c".to_owned()]));
        let session = crate::directory::Session { ip_address: String::new(), user_agent: None };
        assert_eq!(roles(&[Token { session: Some(session), ..usable }]), None);
    }
}
