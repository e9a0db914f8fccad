//! The link by which a person sets a password: of an invitation, or after the former one was forgotten. It works once. What
//! is kept is the hash of its secret, one for each user, so that a newer link takes the place of an older one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kustomer_api::{ObjectId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::directory::Org;
use crate::store::{Note, OrgKey};

/// The purpose of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// A person is invited.
    Invitation,
    /// A password was forgotten.
    Reset,
}

impl Purpose {
    /// How long a link is good, in milliseconds.
    pub const fn lifetime(self) -> i64 {
        match self {
            Self::Invitation => 7 * 24 * 60 * 60 * 1_000,
            Self::Reset => 60 * 60 * 1_000,
        }
    }
}

/// Where the page is that a link leads to.
pub const PAGE: &str = "/set-password";

#[derive(Serialize, Deserialize)]
struct Kept {
    hash: String,
    expires: Timestamp,
}

/// A link that was made.
#[derive(Clone)]
pub struct Made {
    /// What to keep.
    pub note: Note,
    /// The path to open, which is a secret.
    pub path: String,
}

/// The name of the note with a user's link.
pub fn note_name(org: OrgKey, user: ObjectId) -> String {
    format!("password-link/{}/{user}", org.0)
}

/// The name of the note with a user's password, hashed.
pub fn password_name(org: OrgKey, user: ObjectId) -> String {
    format!("password/{}/{user}", org.0)
}

/// Makes a link out of a secret that nobody can guess. `None` when it cannot be written.
pub fn make(secret: [u8; 32], org: &Org, user: ObjectId, purpose: Purpose, now: Timestamp) -> Option<Made> {
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let expires = Timestamp::from_millis(now.as_millis() + purpose.lifetime());
    let value = serde_json::to_vec(&Kept { hash: hash(&secret), expires }).ok()?;
    let note = Note { name: note_name(org.key, user), value };
    Some(Made { note, path: format!("{PAGE}/{}/{user}/{secret}", org.name) })
}

/// Whether `note` is of a link with this secret that is still good.
pub fn is_good(note: &Note, secret: &str, now: Timestamp) -> bool {
    // Hashes are compared: the time of that says nothing about the secret.
    serde_json::from_slice(&note.value).is_ok_and(|kept: Kept| kept.hash == hash(secret) && kept.expires > now)
}

fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_with_its_secret_until_it_expires() {
        let id = ObjectId::from_bytes([1; 12]);
        let org = Org { key: OrgKey(1), id, name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let now = Timestamp::from_millis(0);
        let Made { note, path } = make([7; 32], &org, id, Purpose::Reset, now).unwrap();
        let secret = path.rsplit('/').next().unwrap();
        let end = Purpose::Reset.lifetime();
        assert!(is_good(&note, secret, now) && is_good(&note, secret, Timestamp::from_millis(end - 1)));
        assert!(!is_good(&note, secret, Timestamp::from_millis(end)) && !is_good(&note, "other", now));
        assert!(!String::from_utf8_lossy(&note.value).contains(secret), "the secret is not kept");
    }
}
