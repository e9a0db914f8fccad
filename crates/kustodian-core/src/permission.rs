//! Who may do what: a credential is admitted or not (401), and has the role or has not (403).

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use kustomer_api::error::code;
use kustomer_api::{Operation, Timestamp, role};

use crate::directory::{Org, Token};
use crate::kind::Kind;
use crate::refusal::Refusal;

/// An admitted credential and the org it is bound to.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The org.
    pub org: Arc<Org>,
    /// The credential.
    pub token: Arc<Token>,
}

/// A credential that was looked up.
#[derive(Debug, Clone)]
pub struct Known {
    /// The org.
    pub org: Arc<Org>,
    /// The credential, with all the roles that it has now.
    pub token: Arc<Token>,
    /// Whether its user was deactivated.
    pub is_deactivated: bool,
}

/// Admits a credential that is known, not revoked, not expired, and used from an address it may be used from.
///
/// # Errors
/// 401 otherwise. Kustomer's own words are not recorded but for "Expired token" (`docs/contract/behaviour.md` §1.4).
pub fn admit(known: Option<&Known>, from: IpAddr, now: Timestamp) -> Result<Caller, Refusal> {
    let Known { org, token, is_deactivated } =
        known.ok_or_else(|| unauthorized("The token is not known: check it, or make a new one"))?;
    if token.revoked_at.is_some() {
        return Err(unauthorized("The token was revoked: make a new one"));
    }
    if *is_deactivated {
        return Err(unauthorized("The user of the token was deactivated"));
    }
    if token.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(unauthorized("Expired token: make a new one"));
    }
    if token.cidr.is_some_and(|cidr| !contains(cidr, from.to_canonical())) {
        return Err(unauthorized("The token may not be used from this address: it is bound to a range of addresses"));
    }
    Ok(Caller { org: Arc::clone(org), token: Arc::clone(token) })
}

/// Whether an address is in a range. A range of IPv6 holds the IPv4 addresses that it maps, so that `::/0` is every
/// address and `::ffff:203.0.113.0/120` is `203.0.113.0/24`.
fn contains(range: IpNet, address: IpAddr) -> bool {
    match (range, address) {
        (IpNet::V6(range), IpAddr::V4(address)) => range.contains(&address.to_ipv6_mapped()),
        _ => range.contains(&address),
    }
}

/// The refusal of a request whose credential is missing or not good.
pub fn unauthorized(title: &str) -> Refusal {
    Refusal::new(401, code::UNAUTHORIZED, "Authorization", title)
}

/// Lets a key pass whose org is the one that the host names, or where the host names none: `acme.api.…` names the org
/// `acme` (`docs/contract/behaviour.md` §1.1); addresses and other names of the server name no org.
///
/// # Errors
/// 401 for a key of another org.
pub fn check_host(org: &Org, host: &str) -> Result<(), Refusal> {
    let mut labels = host.split('.');
    match (labels.next(), labels.next()) {
        (Some(named), Some(api)) if api.eq_ignore_ascii_case("api") && !named.eq_ignore_ascii_case(&org.name) => {
            let title = "The token belongs to another org than the one the Host names: use the org's own host name";
            Err(Refusal::new(401, code::UNAUTHORIZED, "Host", title))
        }
        _ => Ok(()),
    }
}

/// The org that a host names (`acme.api.…`), or the only one where the host names none; `None` when there are several, or
/// none of that name.
pub fn org_of_host<'a>(orgs: &'a [Org], host: &str) -> Option<&'a Org> {
    let mut labels = host.split('.');
    match (labels.next(), labels.next()) {
        (Some(named), Some(api)) if api.eq_ignore_ascii_case("api") => {
            orgs.iter().find(|org| org.name.eq_ignore_ascii_case(named))
        }
        _ => {
            if let [only] = orgs {
                Some(only)
            } else {
                None
            }
        }
    }
}

/// Lets a caller pass who holds any of the operation's roles, and where it asks for two, any of the others as well.
///
/// # Errors
/// `missing_role_status` otherwise: 403, or 401 for clients of the older documents (§3.3).
pub fn authorize(caller: &Caller, operation: &Operation, missing_role_status: u16) -> Result<(), Refusal> {
    if operation.roles.is_empty() && is_published(caller) {
        let title = format!(
            "{} is closed to keys whose only role is {}: a site publishes them",
            operation.name,
            role::TRACKING
        );
        return Err(Refusal::new(missing_role_status, code::FORBIDDEN, "Authorization", title));
    }
    require(caller, operation.name, operation.roles, missing_role_status)?;
    require(caller, operation.name, operation.also, missing_role_status)
}

/// Whether everybody may have read the caller's key: sites and apps send a key for tracking to each of their visitors.
/// An operation that asks for no role would let any visitor revoke the key or change its user.
fn is_published(caller: &Caller) -> bool {
    let roles = &caller.token.roles;
    !roles.is_empty() && roles.iter().all(|held| held == role::TRACKING)
}

/// Lets a caller pass whose roles open the kobjects of a klass to the operation: a role for all klasses, or that of this
/// one, where the operation has one for each.
///
/// # Errors
/// As of [`authorize`].
pub fn authorize_klass(
    caller: &Caller,
    operation: &Operation,
    klass: &str,
    missing_role_status: u16,
) -> Result<(), Refusal> {
    if !operation.roles.iter().any(|asked| asked.contains(role::ANY_KLASS)) {
        return Ok(());
    }
    let asked: Vec<String> =
        operation.roles.iter().map(|asked| asked.replace(role::ANY_KLASS, &format!("kobject_{klass}"))).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let what = format!("{} of the klass {klass}", operation.name);
    // The placeholder in a role means every klass.
    let held: Vec<String> =
        caller.token.roles.iter().map(|held| held.replace(role::ANY_KLASS, &format!("kobject_{klass}"))).collect();
    if role::any_grants(&held, &asked) { Ok(()) } else { Err(missing_role(&what, &asked, missing_role_status)) }
}

/// Lets a caller pass who holds any of `roles`, or anybody when there are none; `what` needs them.
///
/// # Errors
/// As of [`authorize`].
pub fn require(caller: &Caller, what: &str, roles: &[&str], missing_role_status: u16) -> Result<(), Refusal> {
    if role::any_grants(&caller.token.roles, roles) {
        return Ok(());
    }
    Err(missing_role(what, roles, missing_role_status))
}

fn missing_role(what: &str, roles: &[&str], status: u16) -> Refusal {
    let title = format!("{what} needs one of the roles {}", roles.join(", "));
    Refusal::new(status, code::FORBIDDEN, "Authorization", title)
}

/// The kinds of records that a caller may read. What shows records of several kinds shows these only.
pub fn readable_kinds(caller: &Caller) -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| may_read(caller, *kind)).collect()
}

/// Whether a caller may read the records of a kind.
pub fn may_read(caller: &Caller, kind: Kind) -> bool {
    opens(&caller.token.roles, kind)
}

/// Whether these roles open the records of a kind to be read.
pub fn opens(held: &[String], kind: Kind) -> bool {
    let Operation { roles, also, .. } = kind.spec().read_operation;
    // The role of one klass does not open the kobjects of all.
    let is_of_one_klass =
        |held: &&String| held.split('.').any(|word| word.starts_with("kobject_") && word != role::ANY_KLASS);
    let held: Vec<&String> = held.iter().filter(|held| !is_of_one_klass(held)).collect();
    role::any_grants(&held, roles) && role::any_grants(&held, also)
}

/// The kinds of records that `operation` shows to a caller: those it names, or all that the caller may read when it names
/// none.
///
/// # Errors
/// When the caller names a kind that it may not read: as of [`authorize`].
pub fn shown_kinds(
    caller: &Caller,
    operation: &Operation,
    named: Vec<Kind>,
    missing_role_status: u16,
) -> Result<Vec<Kind>, Refusal> {
    if named.is_empty() {
        return Ok(readable_kinds(caller));
    }
    for kind in &named {
        require_read(caller, operation, *kind, missing_role_status)?;
    }
    Ok(named)
}

/// Lets a caller pass to whom `operation` may show records of a kind.
///
/// # Errors
/// When the caller may not read them: as of [`authorize`].
pub fn require_read(
    caller: &Caller,
    operation: &Operation,
    kind: Kind,
    missing_role_status: u16,
) -> Result<(), Refusal> {
    if may_read(caller, kind) {
        return Ok(());
    }
    let what = format!("{} for records of the type {}", operation.name, kind.as_str());
    let Operation { roles, also, .. } = kind.spec().read_operation;
    Err(missing_role(&what, &[*roles, *also].concat(), missing_role_status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::OrgKey;
    use kustomer_api::ObjectId;

    fn known(change: impl FnOnce(&mut Token)) -> Known {
        let id = ObjectId::from_bytes([1; 12]);
        let org = Org { key: OrgKey(1), id, name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let mut token = Token {
            id,
            org: org.key,
            user: id,
            name: "key".to_owned(),
            roles: vec!["org.user.customer.read".to_owned()],
            last_chars: "abcd".to_owned(),
            cidr: None,
            created_at: Timestamp::from_millis(0),
            expires_at: None,
            revoked_at: None,
            session: None,
            last_used_at: None,
        };
        change(&mut token);
        Known { org: Arc::new(org), token: Arc::new(token), is_deactivated: false }
    }

    fn status_from(address: &str, change: impl FnOnce(&mut Token)) -> u16 {
        admit(Some(&known(change)), address.parse().unwrap(), Timestamp::from_millis(1_000))
            .map_or_else(|refusal| refusal.status, |_| 200)
    }

    #[test]
    fn a_credential_is_admitted_until_it_is_revoked_or_expires() {
        let home = "127.0.0.1";
        assert_eq!(status_from(home, |_| ()), 200);
        assert_eq!(status_from(home, |token| token.revoked_at = Some(Timestamp::from_millis(1))), 401);
        assert_eq!(status_from(home, |token| token.expires_at = Some(Timestamp::from_millis(1_000))), 401);
        assert_eq!(status_from(home, |token| token.expires_at = Some(Timestamp::from_millis(1_001))), 200);
        let deactivated = Known { is_deactivated: true, ..known(|_| ()) };
        assert_eq!(
            admit(Some(&deactivated), home.parse().unwrap(), Timestamp::from_millis(0)).unwrap_err().status,
            401
        );
        assert_eq!(admit(None, home.parse().unwrap(), Timestamp::from_millis(0)).unwrap_err().status, 401);
    }

    #[test]
    fn a_credential_bound_to_a_range_is_refused_elsewhere() {
        let bind = |token: &mut Token| token.cidr = Some("203.0.113.0/24".parse().unwrap());
        assert_eq!(status_from("203.0.113.9", bind), 200);
        assert_eq!(status_from("::ffff:203.0.113.9", bind), 200);
        assert_eq!(status_from("203.0.114.9", bind), 401);
    }

    #[test]
    fn a_range_of_ipv6_holds_the_ipv4_addresses_that_it_maps() {
        let status =
            |range: &'static str, from| status_from(from, move |token| token.cidr = Some(range.parse().unwrap()));
        for (range, inside, outside) in [
            ("::ffff:203.0.113.0/120", "203.0.113.9", "203.0.114.9"),
            ("::ffff:0:0/96", "198.51.100.1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8::1", "203.0.113.9"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
        ] {
            assert_eq!((status(range, inside), status(range, outside)), (200, 401), "{range}");
        }
        for from in ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"] {
            assert_eq!(status("::/0", from), 200, "{from}");
        }
    }

    #[test]
    fn a_host_that_names_another_org_is_refused() {
        let Known { org, .. } = known(|_| ());
        for host in
            ["acme.api.kustomerapp.com", "ACME.API.localhost", "api.kustomerapp.com", "localhost", "10.0.0.1", ""]
        {
            assert!(check_host(&org, host).is_ok(), "{host}");
        }
        for host in ["other.api.kustomerapp.com", "acme2.api.localhost:8080"] {
            assert_eq!(check_host(&org, host).unwrap_err().status, 401, "{host}");
        }
    }

    #[test]
    fn a_missing_role_is_refused_with_the_status_asked_for_and_names_the_roles() {
        let caller = admit(Some(&known(|_| ())), "127.0.0.1".parse().unwrap(), Timestamp::from_millis(0)).unwrap();
        let read = Operation::named("getCustomers").unwrap();
        let create = Operation::named("createCustomer").unwrap();
        assert!(authorize(&caller, read, 403).is_ok());
        let refusal = authorize(&caller, create, 403).unwrap_err();
        assert_eq!(refusal.status, 403);
        assert!(refusal.to_string().contains("org.permission.customer.create"), "{refusal}");
        assert_eq!(authorize(&caller, create, 401).unwrap_err().status, 401);
    }

    #[test]
    fn a_caller_is_shown_the_kinds_that_its_roles_open_and_refused_those_it_names_beyond_them() {
        let shown = |roles: &[&str], named: &[Kind]| {
            let token = known(|token| token.roles = roles.iter().map(|role| (*role).to_owned()).collect());
            let caller = admit(Some(&token), "127.0.0.1".parse().unwrap(), Timestamp::from_millis(0)).unwrap();
            shown_kinds(&caller, Operation::named("getEvents").unwrap(), named.to_vec(), 403)
        };
        assert_eq!(shown(&["org"], &[]).unwrap(), Kind::ALL);
        // Every key may read teams.
        assert_eq!(shown(&["org.user.event.read"], &[]).unwrap(), [Kind::Team, Kind::RoleGroup]);
        assert_eq!(shown(&["org.permission.tag.read"], &[]).unwrap(), [Kind::Tag, Kind::Team, Kind::RoleGroup]);
        assert_eq!(shown(&["org.user.tag"], &[Kind::Tag]).unwrap(), [Kind::Tag]);
        let refusal = shown(&["org.user.tag"], &[Kind::Tag, Kind::User]).unwrap_err();
        assert_eq!(refusal.status, 403);
        assert!(refusal.to_string().contains("user needs one of the roles org.user.read"), "{refusal}");
    }

    #[test]
    fn an_operation_that_tells_two_things_asks_for_both_roles() {
        let history = Operation::named("getCustomerHistory").unwrap();
        let status = |roles: &[&str]| {
            let token = known(|token| token.roles = roles.iter().map(|role| (*role).to_owned()).collect());
            let caller = admit(Some(&token), "127.0.0.1".parse().unwrap(), Timestamp::from_millis(0)).unwrap();
            authorize(&caller, history, 403).map_or_else(|refusal| refusal.status, |()| 200)
        };
        assert_eq!(status(&["org.user.customer.read"]), 403);
        assert_eq!(status(&["org.user.event.read"]), 403);
        assert_eq!(status(&["org.user.customer.read", "org.permission.event.read"]), 200);
        assert_eq!(status(&["org.user"]), 200);
    }
}
