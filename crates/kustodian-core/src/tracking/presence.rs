//! Who is online: a note beside the records of each customer that is, which says when to look whether it still is.

use kustomer_api::{ObjectId, Timestamp};

use crate::store::{Note, OrgKey};

/// A customer that is online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Online {
    /// The org.
    pub org: OrgKey,
    /// The customer.
    pub customer: ObjectId,
    /// When to look whether it still is.
    pub look_at: Timestamp,
}

impl Online {
    /// The prefix of the names of these notes.
    pub const PREFIX: &'static str = "online/";

    /// Its note.
    pub fn note(&self) -> Note {
        let name = format!("{}{}/{}", Self::PREFIX, self.org.0, self.customer);
        Note { name, value: self.look_at.as_millis().to_string().into_bytes() }
    }

    /// Out of a note; `None` when it is none of this version.
    ///
    /// ```
    /// use kustodian_core::store::OrgKey;
    /// use kustodian_core::tracking::Online;
    /// use kustomer_api::{ObjectId, Timestamp};
    ///
    /// let online = Online {
    ///     org: OrgKey(7),
    ///     customer: ObjectId::from_bytes([1; 12]),
    ///     look_at: Timestamp::from_millis(5),
    /// };
    /// assert_eq!(Online::read(&online.note()), Some(online));
    /// ```
    pub fn read(note: &Note) -> Option<Self> {
        let (org, customer) = note.name.strip_prefix(Self::PREFIX)?.split_once('/')?;
        let millis = std::str::from_utf8(&note.value).ok()?.parse().ok()?;
        let look_at = Timestamp::from_millis(millis);
        Some(Self { org: OrgKey(org.parse().ok()?), customer: customer.parse().ok()?, look_at })
    }
}
