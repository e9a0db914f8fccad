//! Receipts: the results of writes with an idempotency key, kept for a while so that the same request sent
//! again is answered and not done again. Kustomer documents no such key (`docs/contract/behaviour.md` §9); this is an
//! extension, and a request without the header knows nothing of it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use kustomer_api::{ObjectId, Timestamp};
use sha2::{Digest, Sha256};

use crate::chain::Salt;
use crate::change::{ChangeSet, Event};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::store::OrgKey;

/// The header that carries an idempotency key.
pub const HEADER: &str = "Idempotency-Key";

/// How long a receipt is kept, in milliseconds: 24 hours. Afterwards its key is as if it had never been used.
pub const LIFETIME: i64 = 24 * 60 * 60 * 1_000;

/// How many characters a key has at most.
pub const MAX_KEY_LENGTH: usize = 255;

/// Identifies a receipt: a hash of org, user and idempotency key, so that nobody meets another's, and the key itself,
/// which may reveal something, is not stored.
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
        Ok(Self::hashed(org, "idempotency", user, key))
    }

    /// The key of the receipt for one item of a bulk job, which no client can send.
    pub fn of_job(org: OrgKey, user: ObjectId, item: &str) -> Self {
        Self::hashed(org, "bulk", user, item.as_bytes())
    }

    fn hashed(org: OrgKey, purpose: &str, user: ObjectId, key: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(org.0.to_be_bytes());
        hash.update(purpose);
        hash.update([0]);
        hash.update(user.as_bytes());
        hash.update(key);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self(bytes)
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

/// The request: a hash of method, path, query and body, to distinguish a request that is repeated from another one.
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

    /// The hash that a receipt keeps: an HMAC-SHA-256 under the salt of the event of the write. The salt is deleted when
    /// the record is erased, and with it the possibility to guess the input.
    #[must_use]
    pub fn salted(self, salt: Salt) -> Self {
        // Any salt is a key.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&salt.0) else { return Self([0; 32]) };
        mac.update(&self.0);
        Self(mac.finalize().into_bytes().into())
    }
}

/// The result of a write. It names a revision of a record and holds nothing of it: the answer is rebuilt from the
/// record's history, and is deleted with it when the record is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which one it is.
    pub key: ReceiptKey,
    /// The request, [salted](Fingerprint::salted) with the event of `rev`.
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
    /// The request.
    pub fingerprint: Fingerprint,
    /// When.
    pub now: Timestamp,
}

impl Pledge {
    /// Adds to `changes` the receipt for the first record they write, which is the one that is answered with; nothing
    /// when they write none: asking again for what changes nothing is harmless. Every record that a request writes has
    /// an event.
    pub fn sign(&self, changes: &mut ChangeSet, status: u16) {
        let Some(put) = changes.puts.first() else { return };
        let is_its_own = |event: &&Event| (event.kind, event.record, event.rev) == (put.kind, put.id, put.rev);
        let Some(event) = changes.events.iter().find(is_its_own) else { return };
        changes.receipts = vec![self.receipt((put.kind, put.id, put.rev), event.salt, status)];
    }

    /// The receipt that names a revision of a record, whose event has this salt.
    pub fn receipt(&self, (kind, record, rev): (Kind, ObjectId, u64), salt: Salt, status: u16) -> Receipt {
        Receipt {
            key: self.key,
            fingerprint: self.fingerprint.salted(salt),
            kind,
            record,
            rev,
            status,
            expires_at: Timestamp::from_millis(self.now.as_millis().saturating_add(LIFETIME)),
        }
    }

    /// The id of a record made with a secret, of which no receipt is left: the same idempotency key again leads to that
    /// record.
    pub fn id(&self) -> ObjectId {
        let mut id = [0; 12];
        id.copy_from_slice(&self.key.0[..12]);
        ObjectId::from_bytes(id)
    }

    /// Whether a receipt found under this key is for the same request. Takes the salt of the event that the receipt
    /// names.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub fn check(&self, found: &Receipt, salt: Salt) -> Result<(), Refusal> {
        // Receipts that an earlier build left are not salted; they expire a day after the update.
        if [self.fingerprint.salted(salt), self.fingerprint].contains(&found.fingerprint) {
            return Ok(());
        }
        Err(Self::other_request())
    }

    /// Whether a request that is still worked on, and that pledged the same key, is the same one.
    ///
    /// # Errors
    /// 422 when it is another.
    pub fn check_pending(&self, other: &Self) -> Result<(), Refusal> {
        if self.fingerprint == other.fingerprint { Ok(()) } else { Err(Self::other_request()) }
    }

    fn other_request() -> Refusal {
        let title = format!("This {HEADER} was sent with another request before: send a new key with a new request");
        Refusal::new(422, kustomer_api::error::code::BAD_PARAM, HEADER, title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Cause, Columns, EventSeed, Put};

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
    fn a_receipt_keeps_nothing_that_can_be_guessed_without_the_salt_of_its_event() {
        let print = Fingerprint::new("POST", "/v1/customers", "", b"{}");
        let pledge = Pledge { key: key(1, 1, "k"), fingerprint: print, now: Timestamp::from_millis(0) };
        let salt = Salt([7; 16]);
        let mut changes = ChangeSet::default();
        pledge.sign(&mut changes, 201);
        assert!(changes.receipts.is_empty(), "nothing was written");
        let put = Put {
            kind: Kind::Tag,
            id: ObjectId::from_bytes([1; 12]),
            rev: 1,
            expects: None,
            deleted: false,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            document: "{}".to_owned(),
            search: None,
            former: None,
            home: None,
            columns: Columns::default(),
        };
        let seed = EventSeed { id: put.id, salt };
        let cause = Cause { seed, name: "kustomer.tag.create", actor: None, client: "api", request_id: "" };
        changes.events.push(Event::of(cause, &put, None));
        changes.puts.push(put);
        pledge.sign(&mut changes, 201);
        let [receipt] = changes.receipts.as_slice() else { panic!("{:?}", changes.receipts) };
        assert_ne!(receipt.fingerprint, print);
        assert!(pledge.check(receipt, salt).is_ok());
        assert_eq!(pledge.check(receipt, Salt([8; 16])).unwrap_err().status, 422);
        let other = Pledge { fingerprint: Fingerprint::new("POST", "/v1/customers", "", b"{ }"), ..pledge };
        assert_eq!(other.check(receipt, salt).unwrap_err().status, 422);
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
