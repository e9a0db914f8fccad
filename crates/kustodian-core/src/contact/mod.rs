//! What records are reached by, and how it is compared: shared by customers and companies.

mod items;
mod merge;

use std::borrow::Cow;

use kustomer_api::customer::Social;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

pub use items::ItemIds;
pub(crate) use items::{Items, list};
pub(crate) use merge::{Identified, compose, merge};

/// With accents composed (NFC), as every identity is stored: an `é` of one character and one of two are the same.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// An e-mail address as it is stored: in lower case, with accents composed.
pub(crate) fn email_address(text: &str) -> String {
    composed(&fold(&composed(text))).into_owned()
}

/// The unique part of a social profile: its name on its network.
pub(crate) fn social_name(item: &Social) -> String {
    format!("{}:{}", item.kind, fold(&item.username))
}

/// What else is unique about it, when it was sent: its id on its network.
pub(crate) fn social_id(item: &Social) -> Option<String> {
    let userid = item.userid.as_deref().filter(|userid| !userid.is_empty())?;
    Some(format!("{}:{userid}", item.kind))
}

/// Upper and lower case aside.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The digits of a number: `+1 (800) 555-1212` and `18005551212` are the same.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
