//! Receipts: what a write that was sent with an idempotency key led to, kept for a while so that the same request sent
//! again is answered and not done again. Kustomer documents no such key (`docs/contract/behaviour.md` §9); this is an
//! extension, and a request without the header knows nothing of it.

use std::fmt;

use kustomer_api::{ObjectId, Timestamp};
use sha2::{Digest, Sha256};

use crate::change::{ChangeSet, Kind};
use crate::refusal::Refusal;
use crate::store::OrgKey;

/// The header that carries an idempotency key.
pub const HEADER: &str = "Idempotency-Key";

/// How long a receipt is kept, in milliseconds: 24 hours. Afterwards its key is as if it had never been used.
pub const LIFETIME: i64 = 24 * 60 * 60 * 1_000;

/// How many characters a key has at most.
pub const MAX_KEY_LENGTH: usize = 255;

/// Identifies a receipt: a hash of org, user and idempotency key, so that nobody meets another's, and the key itself,
/// which may tell something, is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReceiptKey(pub [u8; 16]);

impl ReceiptKey {
    /// The key of the receipt for what `user` sent with the idempotency key `key`.
    ///
    /// # Errors
    /// 400 unless `key` has 1 to [`MAX_KEY_LENGTH`] visible ASCII characters.
    pub fn new(org: OrgKey, user: ObjectId, key: &[u8]) -> Result<Self, Refusal> {
        if !(1..=MAX_KEY_LENGTH).contains(&key.len()) || !key.iter().all(u8::is_ascii_graphic) {
            let title = format!("{HEADER} must have 1 to {MAX_KEY_LENGTH} visible ASCII characters");
            return Err(Refusal::new(400, kustomer_api::error::code::BAD_PARAM, HEADER, title));
        }
        let mut hash = Sha256::new();
        hash.update(org.0.to_be_bytes());
        hash.update("idempotency");
        hash.update([0]);
        hash.update(user.as_bytes());
        hash.update(key);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Ok(Self(bytes))
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What was asked for: a hash of method, path, query and body, to tell a request that is repeated from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request. The order of the parameters in its query does not matter; every byte of its body
    /// does.
    pub fn new(method: &str, path: &str, query: &str, body: &[u8]) -> Self {
        let mut parameters: Vec<&str> = query.split('&').filter(|parameter| !parameter.is_empty()).collect();
        parameters.sort_unstable();
        let query = parameters.join("&");
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), query.as_bytes(), body] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// What a write led to. It names a revision of a record and holds nothing of it: what was answered is rebuilt from the
/// record's history, and goes with it when the record is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which one it is.
    pub key: ReceiptKey,
    /// What was asked for.
    pub fingerprint: Fingerprint,
    /// The kind of the record that was answered with.
    pub kind: Kind,
    /// Its id.
    pub record: ObjectId,
    /// The revision it was given.
    pub rev: u64,
    /// The status that was answered with.
    pub status: u16,
    /// From when on it counts as absent.
    pub expires_at: Timestamp,
}

impl Receipt {
    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(self.expires_at.as_millis().saturating_sub(LIFETIME))
    }

    /// Whether it still counts at a moment.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// A request with an idempotency key, which is to leave a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pledge {
    /// The receipt's key.
    pub key: ReceiptKey,
    /// What is asked for.
    pub fingerprint: Fingerprint,
    /// When.
    pub now: Timestamp,
}

impl Pledge {
    /// Adds to `changes` the receipt for the first record they write, which is the one that is answered with; nothing
    /// when they write none: asking again for what changes nothing is harmless.
    pub fn sign(&self, changes: &mut ChangeSet, status: u16) {
        let Some(put) = changes.puts.first() else { return };
        changes.receipts = vec![Receipt {
            key: self.key,
            fingerprint: self.fingerprint,
            kind: put.kind,
            record: put.id,
            rev: put.rev,
            status,
            expires_at: Timestamp::from_millis(self.now.as_millis().saturating_add(LIFETIME)),
        }];
    }

    /// Whether a receipt found under this key is for the same request.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub fn check(&self, found: &Receipt) -> Result<(), Refusal> {
        if found.fingerprint == self.fingerprint {
            return Ok(());
        }
        let title = format!("This {HEADER} was sent with another request before: send a new key with a new request");
        Err(Refusal::new(422, kustomer_api::error::code::BAD_PARAM, HEADER, title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(org: i64, user: u8, key: &str) -> ReceiptKey {
        ReceiptKey::new(OrgKey(org), ObjectId::from_bytes([user; 12]), key.as_bytes()).unwrap()
    }

    #[test]
    fn a_key_is_of_one_org_and_one_user() {
        assert_eq!(key(1, 1, "k"), key(1, 1, "k"));
        assert_ne!(key(1, 1, "k"), key(2, 1, "k"));
        assert_ne!(key(1, 1, "k"), key(1, 2, "k"));
        assert_ne!(key(1, 1, "k"), key(1, 1, "K"));
    }

    #[test]
    fn a_key_has_1_to_255_visible_ascii_characters() {
        let made = |key: &[u8]| ReceiptKey::new(OrgKey(1), ObjectId::from_bytes([1; 12]), key);
        for refused in [b"".as_slice(), b"two words", "schl\u{fc}ssel".as_bytes(), &[b'x'; 256]] {
            assert_eq!(made(refused).unwrap_err().status, 400);
        }
        assert!(made(&[b'x'; 255]).is_ok());
    }

    #[test]
    fn a_fingerprint_tells_requests_apart_but_not_orders_of_parameters() {
        let print = Fingerprint::new("POST", "/v1/customers", "a=1&b=2", b"{}");
        assert_eq!(print, Fingerprint::new("POST", "/v1/customers", "b=2&a=1", b"{}"));
        assert_ne!(print, Fingerprint::new("PUT", "/v1/customers", "a=1&b=2", b"{}"));
        assert_ne!(print, Fingerprint::new("POST", "/v1/customers", "a=1&b=2", b"{ }"));
        assert_ne!(print, Fingerprint::new("POST", "/v1/customersa=1&b=2", "", b"{}"));
    }

    #[test]
    fn a_receipt_counts_for_24_hours() {
        let now = Timestamp::from_millis(1_000);
        let receipt = Receipt {
            key: key(1, 1, "k"),
            fingerprint: Fingerprint([0; 32]),
            kind: Kind::Customer,
            record: ObjectId::from_bytes([1; 12]),
            rev: 1,
            status: 201,
            expires_at: Timestamp::from_millis(1_000 + LIFETIME),
        };
        assert_eq!(receipt.made_at(), now);
        assert!(receipt.is_valid_at(Timestamp::from_millis(1_000 + LIFETIME - 1)));
        assert!(!receipt.is_valid_at(receipt.expires_at));
    }
}
