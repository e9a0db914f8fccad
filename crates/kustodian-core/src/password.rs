//! Which passwords will do. They are hashed outside, as that takes time and chance.

use kustomer_api::user::{MAX_PASSWORD, MIN_PASSWORD};

/// How many different characters a password has at least.
const MIN_DIFFERENT: usize = 5;

/// Why a password will not do; `None` when it will. A long one does whatever it is made of, but for the words that anybody
/// would try first.
///
/// ```
/// use kustodian_core::password::weakness;
///
/// assert_eq!(weakness("correct horse battery", "ada@acme.example", "acme"), None);
/// assert!(weakness("too short", "ada@acme.example", "acme").is_some());
/// assert!(weakness("aaaaaaaaaaaaaaaa", "ada@acme.example", "acme").is_some());
/// assert!(weakness("Ada@acme.example", "ada@acme.example", "acme").is_some());
/// ```
pub fn weakness(password: &str, email: &str, org: &str) -> Option<String> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Some(format!("The password is shorter than {MIN_PASSWORD} characters: a few words will do"));
    }
    if length > MAX_PASSWORD {
        return Some(format!("The password is longer than {MAX_PASSWORD} characters"));
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT {
        return Some(format!("The password has fewer than {MIN_DIFFERENT} different characters"));
    }
    let password = password.to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    let known = [email, name, org].map(str::to_lowercase);
    // The rest of it without the words that everybody knows.
    let left = known.iter().filter(|word| word.len() >= 3).fold(password, |left, word| left.replace(word, ""));
    (left.chars().count() < MIN_PASSWORD / 2)
        .then(|| "The password is little more than the address or the name of the org".to_owned())
}
