//! Time and chance, which rules are given and never take.

use kustomer_api::{ObjectId, Timestamp};

use crate::chain::Salt;
use crate::change::EventSeed;

/// Gives the time.
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
    /// 16 bytes nobody can guess.
    fn salt(&self) -> Salt {
        let secret = self.secret();
        let mut salt = [0; 16];
        salt.copy_from_slice(&secret[..16]);
        Salt(salt)
    }
    /// The random parts of a new event.
    fn next_event(&self) -> EventSeed {
        EventSeed { id: self.next(), salt: self.salt() }
    }
}
