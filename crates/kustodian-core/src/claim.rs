//! Claims: facts that one record holds for the whole org, such as an e-mail address or a tag's name.

use std::fmt;

use kustomer_api::ObjectId;
use kustomer_api::error::code;
use sha2::{Digest, Sha256};

use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::store::OrgKey;

macro_rules! claim_kinds {
    ($($(#[$doc:meta])* $claim:ident = $word:literal of $kind:ident),+ $(,)?) => {
        /// The kind of a claimed value. The words are in the database; do not change them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ClaimKind {
            $($(#[$doc])* $claim,)+
        }

        impl ClaimKind {
            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$claim => $word,)+
                }
            }

            /// The claims with this word.
            pub fn named(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$claim),)+
                    _ => None,
                }
            }

            /// The kind of the records that hold it.
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$claim => Kind::$kind,)+
                }
            }
        }
    };
}

claim_kinds! {
    /// A customer's e-mail address.
    Email = "email" of Customer,
    /// A customer's phone number.
    Phone = "phone" of Customer,
    /// A customer's WhatsApp number.
    Whatsapp = "whatsapp" of Customer,
    /// A customer's external id.
    ExternalId = "externalId" of Customer,
    /// A customer's name on a social network.
    SocialName = "socialName" of Customer,
    /// A customer's id on a social network.
    SocialId = "socialId" of Customer,
    /// The address that a user signs in with.
    UserEmail = "userEmail" of User,
    /// A tag's name.
    TagName = "tagName" of Tag,
    /// A company's external id.
    CompanyExternalId = "companyExternalId" of Company,
    /// A klass's name, singular or plural.
    KlassName = "klassName" of Klass,
    /// A kobject's external id, within its klass.
    KObjectExternalId = "kobjectExternalId" of KObject,
    /// A conversation's external id.
    ConversationExternalId = "conversationExternalId" of Conversation,
    /// A message's external id.
    MessageExternalId = "messageExternalId" of Message,
    /// A note's external id.
    NoteExternalId = "noteExternalId" of Note,
    /// The draft of a note about a conversation.
    NoteDraft = "noteDraft" of Draft,
    /// Being the default brand.
    DefaultBrand = "defaultBrand" of Brand,
    /// Being the default schedule.
    DefaultSchedule = "defaultSchedule" of Schedule,
    /// A sender on a channel.
    SpamSender = "spamSender" of SpamSender,
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
    /// The kind of the claimed value.
    pub kind: ClaimKind,
    /// Which one it is.
    pub key: ClaimKey,
    /// The record.
    pub owner: ObjectId,
    /// Where the record names it.
    pub place: ClaimPlace,
}

impl Claim {
    /// 409 for a claim that another record holds: names the attribute and the item, and the holder when it is given.
    /// (`docs/contract/behaviour.md` §3.3: the status is implied there, the body is ours.)
    pub fn conflict(&self, holder: Option<ObjectId>) -> Refusal {
        let (kind, attribute, pointer) = (self.kind.kind().as_str(), self.place.attribute, self.place.pointer());
        let scope = if self.kind == ClaimKind::KObjectExternalId { "its klass" } else { "the org" };
        let title = format!("Another {kind} holds this value of {attribute}: {pointer} must be unique in {scope}");
        let refusal = Refusal::new(409, code::CONFLICT, attribute, title).with_meta("pointer", pointer);
        match holder {
            Some(holder) => refusal.with_meta(kind, holder.to_string()),
            None => refusal,
        }
    }
}

/// The attribute that asks for a claim, so that a conflict can name it without deciding the write again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimPlace {
    /// The attribute.
    pub attribute: &'static str,
    /// Which item of it, when it is a list.
    pub index: Option<usize>,
}

impl ClaimPlace {
    /// An attribute with one value.
    pub const fn attribute(attribute: &'static str) -> Self {
        Self { attribute, index: None }
    }

    /// An item of a list.
    pub const fn item(attribute: &'static str, index: usize) -> Self {
        Self { attribute, index: Some(index) }
    }

    /// The JSON pointer into the attributes.
    ///
    /// ```
    /// use kustodian_core::claim::ClaimPlace;
    ///
    /// assert_eq!(ClaimPlace::item("emails", 1).pointer(), "/emails/1");
    /// assert_eq!(ClaimPlace::attribute("externalId").pointer(), "/externalId");
    /// ```
    pub fn pointer(self) -> String {
        match self.index {
            Some(index) => format!("/{}/{index}", self.attribute),
            None => format!("/{}", self.attribute),
        }
    }
}

/// The claims that a record gives up and takes when it has `held` and is to have `wanted`.
pub fn difference(held: &[Claim], wanted: &[Claim]) -> (Vec<Claim>, Vec<Claim>) {
    let is_in = |claim: &&Claim, list: &[Claim]| list.iter().any(|other| other.key == claim.key);
    let frees = held.iter().filter(|claim| !is_in(claim, wanted)).copied().collect();
    let claims = wanted.iter().filter(|claim| !is_in(claim, held)).copied().collect();
    (frees, claims)
}
