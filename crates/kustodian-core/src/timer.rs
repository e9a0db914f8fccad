//! Timers that survive every server: a column of the record says when its timer elapses ([`kind::DUE_AT`]). A server
//! that finds one that has elapsed takes the decision about it ([`Kind::elapse`]) under the record's lock, so that of
//! several servers one acts.
//!
//! [`kind::DUE_AT`]: crate::kind::DUE_AT
//! [`Kind::elapse`]: crate::kind::Kind::elapse

use kustomer_api::{ObjectId, Timestamp};

use crate::chance::Ids;
use crate::change::EventSeed;
use crate::customer::{Context, SYSTEM};
use crate::directory::Org;
use crate::sla::InForce;

/// The arguments of a decision about a timer, beside the records.
#[derive(Debug, Clone, Copy)]
pub struct Elapsed<'a> {
    /// The org.
    pub org: &'a Org,
    /// The moment.
    pub now: Timestamp,
    /// What chance gives.
    pub draws: &'a Draws,
    /// Whether e-mail leaves this machine.
    pub sends_email: bool,
    /// The SLAs that conversations are measured by.
    pub slas: Option<&'a InForce>,
}

impl<'a> Elapsed<'a> {
    /// The system acts; records that it creates are of `author`.
    pub fn context(&self, author: ObjectId) -> Context<'a> {
        Context {
            org: self.org,
            actor: author,
            now: self.now,
            client: SYSTEM,
            request_id: "",
            slas: self.slas,
            import: None,
        }
    }
}

/// Ids and seeds for all that one decision may create.
#[derive(Debug, Clone)]
pub struct Draws {
    /// For new records.
    pub ids: [ObjectId; 4],
    /// For events.
    pub events: [EventSeed; 7],
    /// For the events of records beside those: one for each that is locked.
    pub beside: Vec<EventSeed>,
}

impl Draws {
    /// Drawn from `ids`, for a decision about so many records beside.
    pub fn of(ids: &dyn Ids, beside: usize) -> Self {
        Self {
            ids: std::array::from_fn(|_| ids.next()),
            events: std::array::from_fn(|_| ids.next_event()),
            beside: (0..beside).map(|_| ids.next_event()).collect(),
        }
    }
}

/// How long to leave a timer alone after so many failures in a row: seconds at first, an hour at most.
///
/// ```
/// use std::time::Duration;
///
/// use kustodian_core::timer::pause_after;
///
/// assert_eq!(pause_after(1), Duration::from_secs(4));
/// assert_eq!(pause_after(3), Duration::from_secs(16));
/// assert_eq!(pause_after(1_000), Duration::from_secs(3_600));
/// ```
pub fn pause_after(failures: u32) -> std::time::Duration {
    std::time::Duration::from_secs(2_u64.saturating_pow(failures.saturating_add(1)).min(3_600))
}
