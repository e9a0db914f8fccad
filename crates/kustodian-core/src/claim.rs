//! Claims: facts that one record holds for the whole org, such as an e-mail address or a tag's name.

use std::fmt;

use kustomer_api::ObjectId;
use sha2::{Digest, Sha256};

use crate::store::OrgKey;

/// What a claim is about. The words stand in the database; do not change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClaimKind {
    /// A customer's e-mail address.
    Email,
    /// A customer's phone number.
    Phone,
    /// A customer's WhatsApp number.
    Whatsapp,
    /// A customer's external id.
    ExternalId,
    /// A customer's name on a social network.
    SocialName,
    /// A customer's id on a social network.
    SocialId,
    /// A tag's name.
    TagName,
}

impl ClaimKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Whatsapp => "whatsapp",
            Self::ExternalId => "externalId",
            Self::SocialName => "socialName",
            Self::SocialId => "socialId",
            Self::TagName => "tagName",
        }
    }
}

/// Identifies a claim: a hash of org, kind and value, so that keys are short and spread evenly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey([u8; 16]);

impl ClaimKey {
    /// The key of the claim on `value`, which the caller has normalised.
    pub fn new(org: OrgKey, kind: ClaimKind, value: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(org.0.to_be_bytes());
        hash.update(kind.as_str());
        hash.update([0]);
        hash.update(value);
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        Self(key)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ClaimKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A claim that a record holds or wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What it is about.
    pub kind: ClaimKind,
    /// Which one it is.
    pub key: ClaimKey,
    /// The record.
    pub owner: ObjectId,
}
