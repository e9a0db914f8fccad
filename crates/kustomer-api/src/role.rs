//! Roles: dot-separated words, most general first (`docs/contract/behaviour.md` §1.6).

use std::collections::BTreeSet;

use crate::operation;
use crate::search::nearest;

/// Whether a credential that holds `held` may do what asks for `required`.
///
/// A role grants itself and everything beneath it, so `org` grants all and `org.user` grants `org.user.customer.read`.
/// `org.admin` and `org.user` are siblings: neither grants the other. A trailing `.*` on the held role reads as its
/// parent. In `required`, the last word before a verb may be the placeholder `kobject_*`, which any `kobject_<klass>`
/// word satisfies.
///
/// ```
/// use kustomer_api::role::grants;
///
/// assert!(grants("org.user", "org.user.customer.read"));
/// assert!(grants("org.user.*", "org.user.customer.read"));
/// assert!(!grants("org.user.customer", "org.user.customers.read"));
/// assert!(!grants("org.admin", "org.user.customer.read"));
/// ```
pub fn grants(held: &str, required: &str) -> bool {
    let held = held.strip_suffix(".*").unwrap_or(held);
    if held.is_empty() {
        return false;
    }
    let mut required = required.split('.');
    held.split('.').all(|word| {
        required.next().is_some_and(|asked| {
            word == asked || (asked == ANY_KLASS && word.starts_with(OF_KLASS) && word.len() > OF_KLASS.len())
        })
    })
}

/// Whether a credential that holds `held` may give `given` to others: all that `given` opens, `held` opens.
///
/// It differs from [`grants`] in the placeholder `kobject_*`, which in a role that is held or given means every klass.
///
/// ```
/// use kustomer_api::role::covers;
///
/// assert!(covers("org.user", "org.user.customer.read"));
/// assert!(covers("org.permission.kobject.kobject_*.read", "org.permission.kobject.kobject_order.read"));
/// assert!(!covers("org.permission.kobject.kobject_order.read", "org.permission.kobject.kobject_*.read"));
/// assert!(!covers("org.user", "org.*"));
/// ```
pub fn covers(held: &str, given: &str) -> bool {
    let (held, given) = (held.strip_suffix(".*").unwrap_or(held), given.strip_suffix(".*").unwrap_or(given));
    if held.is_empty() {
        return false;
    }
    let mut given = given.split('.');
    held.split('.').all(|word| {
        given.next().is_some_and(|given| {
            word == given || (word == ANY_KLASS && given.starts_with(OF_KLASS) && given.len() > OF_KLASS.len())
        })
    })
}

/// A placeholder in a required role: the word of any klass, such as `kobject_order`, satisfies it.
pub const ANY_KLASS: &str = "kobject_*";

/// Whether any of the `held` roles grants any of the `required` ones. An operation that requires none is open to every
/// valid credential.
pub fn any_grants<H: AsRef<str>>(held: &[H], required: &[&str]) -> bool {
    required.is_empty() || held.iter().any(|held| required.iter().any(|required| grants(held.as_ref(), required)))
}

/// The roles that let one see the values of sensitive attributes.
pub const SENSITIVE_READ: &[&str] = &["org.permission.sensitive.read", "org.permission.sensitive_attribute.read"];

/// The role of keys that sites and apps give to their visitors; it opens tracking alone.
pub const TRACKING: &str = "org.tracking";

/// Roles of what Kustomer serves beyond the documented operations (`docs/contract/behaviour.md` §1.6).
const BEYOND_THE_CONTRACT: [&str; 23] = [
    "org.admin.billing",
    "org.admin.hook.write",
    "org.admin.outbound_webhooks",
    "org.admin.role_group.write",
    "org.admin.security",
    "org.admin.user",
    "org.hooks",
    "org.outbound_webhooks",
    "org.permission.bulk.read",
    "org.permission.hook.create",
    "org.permission.outbound_webhook.create",
    "org.permission.outbound_webhook.delete",
    "org.permission.outbound_webhook.read",
    "org.permission.outbound_webhook.update",
    "org.permission.role_group.write",
    "org.permission.security",
    "org.permission.sensitive.read",
    "org.permission.sensitive_attribute.read",
    "org.permission.user.create",
    "org.permission.user.read",
    TRACKING,
    "org.user.bulk.read",
    "org.user.read",
];

/// Every role that an operation asks for, and those of what Kustomer serves beyond them, in order. Roles are open:
/// Kustomer may have more.
///
/// ```
/// assert!(kustomer_api::role::all().contains("org.user.customer.read"));
/// ```
pub fn all() -> BTreeSet<&'static str> {
    let asked = operation::all().flat_map(|operation| operation.roles.iter().chain(operation.also).copied());
    asked.chain(BEYOND_THE_CONTRACT).collect()
}

/// The roles that grant all beneath them and have one or two words: `org`, `org.admin`, `org.permission`, `org.user`.
///
/// ```
/// assert!(kustomer_api::role::umbrellas().contains("org.user"));
/// ```
pub fn umbrellas() -> BTreeSet<&'static str> {
    let parents = |role: &'static str| role.match_indices('.').take(2).map(|(end, _)| &role[..end]);
    all().into_iter().flat_map(parents).collect()
}

/// Whether holding `role` opens anything: it is one of [`all`], a parent of one, or the role of one klass.
///
/// ```
/// use kustomer_api::role::opens_something;
///
/// assert!(opens_something("org.user"));
/// assert!(opens_something("org.permission.kobject.kobject_order.read"));
/// assert!(!opens_something("org.user.customers.read"));
/// ```
pub fn opens_something(role: &str) -> bool {
    all().iter().any(|known| grants(role, known))
}

/// The role that was probably meant by one that opens nothing.
///
/// ```
/// use kustomer_api::role::nearest_role;
///
/// assert_eq!(nearest_role("org.user.customers.read").as_deref(), Some("org.user.customer.read"));
/// let of_klass = nearest_role("org.permission.kobject.kobject_order.write");
/// assert_eq!(of_klass.as_deref(), Some("org.permission.kobject.kobject_order.update"));
/// ```
pub fn nearest_role(role: &str) -> Option<String> {
    match role.split('.').find(|word| word.strip_prefix(OF_KLASS).is_some_and(|klass| !klass.is_empty())) {
        Some(word) => nearest_of_klass(role, word),
        None => {
            let parents = all().into_iter().filter_map(|role| role.rsplit_once('.')).map(|(parent, _)| parent);
            nearest(role, all().into_iter().chain(parents)).map(str::to_owned)
        }
    }
}

/// The prefix of the word of a klass.
const OF_KLASS: &str = "kobject_";

/// The role of a klass that was probably meant: that with the same verb, where there is one; `write` is `update` there.
fn nearest_of_klass(role: &str, word: &str) -> Option<String> {
    let verb = role.rsplit('.').next().map(|verb| if verb == "write" { "update" } else { verb })?;
    let of_klasses = || all().into_iter().filter(|role| role.contains(ANY_KLASS));
    let same = of_klasses().find(|role| role.rsplit('.').next() == Some(verb));
    let meant = same.or_else(|| nearest(&role.replace(word, ANY_KLASS), of_klasses()))?;
    Some(meant.replace(ANY_KLASS, word))
}

/// The longest role accepted, in bytes.
pub const MAX_LENGTH: usize = 255;

/// Whether `text` can be a role: words of letters, digits, `_`, `-` and `*`, joined by dots.
///
/// ```
/// use kustomer_api::role::is_valid;
///
/// assert!(is_valid("org.permission.kobject.kobject_order.read"));
/// assert!(!is_valid("org..user"));
/// assert!(!is_valid(""));
/// ```
pub fn is_valid(text: &str) -> bool {
    text.len() <= MAX_LENGTH
        && text.split('.').all(|word| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_grants_the_roles_beneath_it_and_no_others() {
        assert!(grants("org", "org.permission.customer.create"));
        assert!(grants("org.permission", "org.permission.customer.create"));
        assert!(grants("org.permission.customer.create", "org.permission.customer.create"));
        assert!(!grants("org.permission.customer.create.more", "org.permission.customer.create"));
        assert!(!grants("org.permission.customer.update", "org.permission.customer.create"));
        assert!(!grants("or", "org"));
        assert!(!grants("", "org"));
    }

    #[test]
    fn the_klass_placeholder_is_satisfied_by_any_klass() {
        let required = "org.permission.kobject.kobject_*.read";
        assert!(grants("org.permission.kobject.kobject_order.read", required));
        assert!(grants("org.permission.kobject", required));
        assert!(!grants("org.permission.kobject.kobject_order.update", required));
        assert!(!grants("org.permission.kobject.kobject_.read", required));
    }

    #[test]
    fn an_operation_without_roles_is_open_to_every_valid_credential() {
        assert!(any_grants::<&str>(&[], &[]));
        assert!(!any_grants::<&str>(&[], &["org.user"]));
    }
}
