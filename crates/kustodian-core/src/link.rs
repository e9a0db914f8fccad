//! Links to the bytes of files: signed and valid for a while, so that their user needs no API key.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use kustomer_api::error::code;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::json;
use sha2::Sha256;

use crate::kind::Kind;
use crate::refusal::Refusal;

type Hmac256 = Hmac<Sha256>;

/// The use of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To send the bytes.
    Upload,
    /// To read them.
    Download,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}

/// What signs links: a key that belongs to the database, so that its links hold on every server and after a restart.
#[derive(Clone)]
pub struct Signer(Hmac256);

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Signer")
    }
}

/// The target of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Its use.
    pub purpose: Purpose,
    /// The id of the org.
    pub org: ObjectId,
    /// The kind of the record.
    pub kind: Kind,
    /// The id of the record.
    pub id: &'a str,
}

impl Signer {
    /// Signs with a key made of the one that signs tokens, so that neither is worth anything in the place of the other.
    ///
    /// # Errors
    /// Never, as every key does.
    pub fn new(signing_key: &[u8; 32]) -> Result<Self, Refusal> {
        let fault = |_| crate::resource::fault("The links could not be signed");
        let mut derive = Hmac256::new_from_slice(signing_key).map_err(fault)?;
        derive.update(b"links to files");
        Hmac256::new_from_slice(&derive.finalize().into_bytes()).map(Self).map_err(fault)
    }

    /// The signature of a link that is good until `expires`, in seconds since 1970.
    pub fn sign(&self, target: Target<'_>, expires: i64) -> String {
        let mac = self.mac(target, expires).finalize().into_bytes();
        mac.iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// Lets a link pass that was signed for this target and has not expired.
    ///
    /// # Errors
    /// 403 otherwise.
    pub fn check(&self, target: Target<'_>, expires: &str, signature: &str, now: Timestamp) -> Result<(), Refusal> {
        let forged = || {
            let title = "The link is not one of this server, or was changed: read the record again for another";
            Refusal::new(403, code::FORBIDDEN, "signature", title)
        };
        let moment: i64 = expires.parse().map_err(|_| forged())?;
        let bytes = bytes_of(signature).ok_or_else(forged)?;
        // In constant time.
        self.mac(target, moment).verify_slice(&bytes).map_err(|_| forged())?;
        if moment.saturating_mul(1_000) <= now.as_millis() {
            let title = "The link has expired: read the record again for another";
            return Err(Refusal::new(403, code::FORBIDDEN, "expires", title));
        }
        Ok(())
    }

    fn mac(&self, target: Target<'_>, expires: i64) -> Hmac256 {
        let Target { purpose, org, kind, id } = target;
        let mut mac = self.0.clone();
        // None of them has a line break.
        mac.update(format!("{}\n{org}\n{}\n{id}\n{expires}", purpose.as_str(), kind.as_str()).as_bytes());
        mac
    }
}

/// The fields of the form that a file is sent with: those that the storage of Kustomer takes, for clients that expect
/// their names.
pub fn form_fields(
    signer: &Signer,
    target: Target<'_>,
    content_type: &str,
    now: Timestamp,
    expires: i64,
) -> BTreeMap<String, String> {
    let Target { org, kind, id, .. } = target;
    let key = format!("{org}/{}/{id}", kind.as_str());
    let expiration = Timestamp::from_millis(expires.saturating_mul(1_000)).to_string();
    let policy = json!({ "expiration": expiration, "conditions": [{ "bucket": BUCKET }, { "key": key }] });
    let date: String = now.to_string().chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
    let date = date.split('.').next().map(|date| format!("{date}Z")).unwrap_or_default();
    let day = date.split('T').next().unwrap_or_default().to_owned();
    BTreeMap::from(
        [
            ("key", key),
            ("acl", "private".to_owned()),
            ("Content-Type", content_type.to_owned()),
            ("X-Amz-Meta-Attachment-Id", id.to_owned()),
            ("bucket", BUCKET.to_owned()),
            ("X-Amz-Algorithm", "KUSTODIAN-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{org}/{day}")),
            ("X-Amz-Date", date),
            ("Policy", STANDARD.encode(policy.to_string())),
            ("X-Amz-Signature", signer.sign(target, expires)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

/// The name of the place where files go.
const BUCKET: &str = "kustodian";

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5c7d1a1f9a1b2c0010a1b2c3";

    fn target() -> Target<'static> {
        Target { purpose: Purpose::Download, org: ObjectId::from_bytes([7; 12]), kind: Kind::Attachment, id: ID }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_000 * seconds)
    }

    #[test]
    fn a_link_is_good_until_it_expires() {
        let signer = Signer::new(&[1; 32]).unwrap();
        let signature = signer.sign(target(), 100);
        assert_eq!(signer.check(target(), "100", &signature, at(99)), Ok(()));
        assert_eq!(signer.check(target(), "100", &signature, at(100)).unwrap_err().status, 403);
    }

    #[test]
    fn a_link_opens_nothing_else_than_it_was_signed_for() {
        let signer = Signer::new(&[1; 32]).unwrap();
        let signature = signer.sign(target(), 100);
        let others = [
            Target { purpose: Purpose::Upload, ..target() },
            Target { org: ObjectId::from_bytes([8; 12]), ..target() },
            Target { kind: Kind::Media, ..target() },
            Target { id: "5c7d1a1f9a1b2c0010a1b2c4", ..target() },
        ];
        for other in others {
            assert_eq!(signer.check(other, "100", &signature, at(1)).unwrap_err().status, 403, "{other:?}");
        }
        for expires in ["101", "", "1e2", "999999999999999999999999"] {
            assert_eq!(signer.check(target(), expires, &signature, at(1)).unwrap_err().status, 403, "{expires}");
        }
        let mut forged = signature.clone();
        let last = if signature.ends_with('0') { "1" } else { "0" };
        forged.replace_range(63.., last);
        for signature in [forged.as_str(), "", "zz", &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(signer.check(target(), "100", signature, at(1)).unwrap_err().status, 403, "{signature}");
        }
        let another = Signer::new(&[2; 32]).unwrap();
        assert_eq!(another.check(target(), "100", &signature, at(1)).unwrap_err().status, 403);
    }
}
