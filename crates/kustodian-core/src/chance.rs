//! Time and chance, which rules are given and never take.

use kustomer_api::{ObjectId, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers and secrets.
pub trait Ids: Send + Sync + 'static {
    /// An id that was never given before; one made later sorts later.
    fn next(&self) -> ObjectId;
    /// 32 bytes nobody can guess.
    fn secret(&self) -> [u8; 32];
}
