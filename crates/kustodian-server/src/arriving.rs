//! Bodies that are still arriving: what all of them together may hold in memory. A client may open many connections, with
//! many streams each, and send each body but for its last byte.

use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;

use crate::answer;
use crate::places::{Held, Places};

/// The total size of the bodies that need a place, in bytes.
const TOGETHER: usize = 64 * 1024 * 1024;

/// Bodies announced with at most so many bytes need no place: connections are bounded themselves.
const SMALL: usize = 4 * 1024;

/// There are at least so many places, however large a body may be.
const LEAST: usize = 16;

/// The places for bodies that are arriving, shared by the orgs.
pub(crate) struct Arriving(Places);

impl Arriving {
    /// For bodies of at most `max_body` bytes.
    pub(crate) fn new(max_body: usize) -> Self {
        Self(Places::new((TOGETHER / max_body.max(1)).max(LEAST)))
    }

    /// A place for a body of an org, held until it has arrived. `announced` is its `Content-Length`.
    ///
    /// # Errors
    /// 503 when there is none now.
    pub(crate) fn take(&self, org: OrgKey, announced: Option<usize>) -> Result<Option<Held>, Refusal> {
        if announced.is_some_and(|length| length <= SMALL) {
            return Ok(None);
        }
        let too_many = || answer::try_again("Too many large bodies are arriving at the same time", 1);
        self.0.take(org).map(Some).ok_or_else(too_many)
    }
}
