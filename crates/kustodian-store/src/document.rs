//! What every engine knows of the form in which records and events are stored.

use kustodian_core::chain::{Digest, Leaf, Link, Salt};
use kustodian_core::receipt::{Fingerprint, ReceiptKey};

/// The form of the documents written by this version.
pub(crate) const DOCUMENT_FORMAT: i64 = 1;

/// Stored bytes with a wrong length.
#[derive(Debug, thiserror::Error)]
#[error("{0} bytes are stored where another number is right")]
pub(crate) struct WrongLength(usize);

/// A value that the database stores as a fixed number of bytes.
pub(crate) trait FromBytes: Sized {
    /// Out of its bytes.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WrongLength>;
}

macro_rules! from_bytes {
    ($($name:ident),*) => {$(
        impl FromBytes for $name {
            fn from_bytes(bytes: &[u8]) -> Result<Self, WrongLength> {
                bytes.try_into().map(Self).map_err(|_| WrongLength(bytes.len()))
            }
        }
    )*};
}

from_bytes!(Digest, Fingerprint, Leaf, Link, ReceiptKey, Salt);
