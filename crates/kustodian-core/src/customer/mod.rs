//! The rules of the customer (`docs/contract/behaviour.md` §7, §8).

mod company;
mod derive;
mod effects;
mod erase;
mod identity;
mod lifecycle;
mod losing;
mod lost;
mod merge;
mod merging;
mod recount;
mod room;
mod split;
mod tracked;
mod union;
mod window;
mod write;

pub use company::{
    CompanyNames, KnownCompany, Named, UnknownCompanies, check_company_is_id, company_of, unknown_company,
};
pub(crate) use effects::{Effect, affect, redact, shows_message};
pub use effects::{forget_shown, shown_conversation};
pub use erase::{erase, is_deleted_only};
pub use identity::Lookup;
pub(crate) use lifecycle::put_of;
pub use lifecycle::{create, delete, restore, update};
pub(crate) use lost::{CUSTOM, may_be_lost, searched_as};
pub use merging::{
    Merged, Past, SOURCE, Seeds as MergeSeeds, TARGET, Undone, merge, merged_into, source_of, target_of, undo,
};
pub use recount::{Recount, may_show};
pub use room::Room;
pub use tracked::{Identifying, Known, Presence, attend, has_identity, identify, seen};
pub use window::{WINDOW_MILLIS, close_window, open_window, window_of};

use kustomer_api::customer::CustomerInput;
use kustomer_api::{ObjectId, Timestamp};

pub use crate::contact::ItemIds;
use crate::directory::Org;
use crate::imported::Imported;
use crate::sla::InForce;
use crate::tag;

/// Who acts, where, when, and from which request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The org.
    pub org: &'a Org,
    /// The user.
    pub actor: ObjectId,
    /// The moment.
    pub now: Timestamp,
    /// From where, for the event: `api`, …
    pub client: &'static str,
    /// The request, for the event.
    pub request_id: &'a str,
    /// The SLAs that conversations are measured by; clocks do not change without them.
    pub slas: Option<&'a InForce>,
    /// What the import of a record keeps, if one is imported.
    pub import: Option<&'a Imported>,
}

/// The client of what no user does: such events name no actor, and records keep who modified them last.
pub const SYSTEM: &str = "system";

impl Context<'_> {
    /// The user who does it; `None` when the system does.
    pub(crate) fn doer(&self) -> Option<ObjectId> {
        (self.client != SYSTEM).then_some(self.actor)
    }

    /// The same, but not before `moment`: a record's revisions never go back in time, although a clock may.
    #[must_use]
    pub fn not_before(self, moment: Timestamp) -> Self {
        Self { now: self.now.max(moment), ..self }
    }
}

/// What to write on a customer.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// The attributes sent.
    pub input: CustomerInput,
    /// The tags sent, resolved; `None` when none were sent.
    pub tags: Option<tag::Resolved>,
    /// The company that `company` names, if it is known; it must still be there when the write is committed.
    pub company: Option<KnownCompany>,
    /// How the items of the lists sent are stored and answered.
    pub item_ids: ItemIds,
}

/// How to update.
#[derive(Debug, Clone, Default)]
pub struct UpdateOptions {
    /// Drop the attributes that were not sent.
    pub replace: bool,
    /// What an absent `company` does when attributes are kept.
    pub omitted_company: OmittedCompany,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

/// What an update without `company` does to the company. Kustomer's text says it unlinks, on PUT and PATCH alike, which
/// nobody has verified (`docs/contract/behaviour.md` §8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OmittedCompany {
    /// It stays.
    #[default]
    Keep,
    /// It is unlinked.
    Unlink,
}
