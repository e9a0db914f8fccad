//! What is left to do once a company has another name: its customers show it as `companyName`. It is done record by
//! record after the answer, and noted in the database until it is done, so that a server that ends leaves it to the next.

use kustomer_api::customer::Customer;
use kustomer_api::{Field, ObjectId, Timestamp};

use crate::change::{Cause, ChangeSet, Event, EventSeed};
use crate::customer::{Context, KnownCompany};
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{Note, OrgKey, Stored};

/// What the names of these notes begin with.
pub const PREFIX: &str = "renamed:";

/// The note that a company may have another name than its customers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renamed {
    /// The org.
    pub org: OrgKey,
    /// The company.
    pub company: ObjectId,
    /// When it was renamed, or was about to be.
    pub noted: Timestamp,
    /// When to look at its customers. Whoever does so moves this on, and others leave the note alone until then.
    pub due: Timestamp,
}

impl Renamed {
    /// As it is kept. No two notes are equal, so that a further rename is never taken for one that is done: `nonce` is an
    /// id not used before.
    pub fn note(&self, nonce: ObjectId) -> Note {
        let Self { org, company, noted, due } = self;
        let value = format!("{} {} {nonce}", noted.as_millis(), due.as_millis());
        Note { name: format!("{PREFIX}{}:{company}", org.0), value: value.into_bytes() }
    }

    /// Out of a note; `None` when it is none of these.
    ///
    /// ```
    /// use kustodian_core::rename::Renamed;
    /// use kustodian_core::store::OrgKey;
    ///
    /// let id = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
    /// let moment = "2026-01-02T03:04:05.678Z".parse()?;
    /// let renamed = Renamed { org: OrgKey(1), company: id, noted: moment, due: moment };
    /// assert_eq!(Renamed::read(&renamed.note(id)), Some(renamed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(note: &Note) -> Option<Self> {
        let (org, company) = note.name.strip_prefix(PREFIX)?.split_once(':')?;
        let mut words = std::str::from_utf8(&note.value).ok()?.split(' ');
        let mut moment = || Some(Timestamp::from_millis(words.next()?.parse().ok()?));
        let (noted, due) = (moment()?, moment()?);
        Some(Self { org: OrgKey(org.parse().ok()?), company: company.parse().ok()?, noted, due })
    }
}

/// Gives a customer the present name of its company; nothing when it shows that name already, or is not of the company.
/// Nobody changed the customer itself, so `modifiedAt` and `modifiedBy` stay, and the event names no user.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn follow(
    context: &Context<'_>,
    stored: Option<&Stored>,
    seed: EventSeed,
    company: &KnownCompany,
) -> Result<ChangeSet, Refusal> {
    let Some(stored) = stored else { return Ok(ChangeSet::default()) };
    let context = &context.not_before(stored.updated_at);
    let before: Customer = resource::read(&stored.document)?;
    let linked = before.relationships.get("company").and_then(|company| company.id());
    let is_of_it = linked.is_some_and(|id| id.parse() == Ok(company.id));
    if !is_of_it || before.attributes.company_name.value() == Some(&company.name) {
        return Ok(ChangeSet::default());
    }
    let mut after = before.clone();
    after.attributes.company_name = company.name.as_str().into();
    after.attributes.updated_at = context.now.into();
    after.attributes.rev = Field::Value(stored.rev + 1);
    let put = crate::customer::put_of(context, &after, stored.id, Some((stored.rev, &before)))?;
    let (client, request_id) = (context.client, context.request_id);
    let cause = Cause { seed, name: Kind::Customer.spec().events.update, actor: None, client, request_id };
    let event = Event::of(cause, &put, Some(resource::changes(&before, &after)?));
    Ok(ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() })
}
