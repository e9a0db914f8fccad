//! What visitors of sites and apps do (`docs/contract/behaviour.md` §16): which visit an event belongs to, whose it is, and
//! what of it is kept. Events are no records: they have no history and no place in the feed, only rows of their own, because
//! there are thousands of them a second.
//!
//! A visitor is known by the hash of the id that the client chose or was given. What a visitor does is grouped into
//! sessions, and a session belongs to the customer that the visitor is, as soon as that is known; so events need not be
//! touched when it becomes known. A visitor who turns out to be another customer starts a new record: earlier events
//! stay with the former one.

mod events;
mod meta;
mod port;
mod presence;

use kustomer_api::{ObjectId, Timestamp};
use sha2::{Digest as _, Sha256};

pub use events::{customer_event, details, identity, session, tracked_event};
pub use meta::check_meta;
pub use port::{Retention, SessionRow, TrackedQuery, TrackedRow, Tracks};
pub use presence::Online;

use crate::store::OrgKey;

/// How long a visitor must do nothing for a session to be over, in milliseconds: 30 minutes.
pub const SILENCE_MILLIS: i64 = 30 * 60 * 1_000;

/// How many events are kept of a visitor before it is known who that is.
pub const MAX_UNIDENTIFIED: u64 = 1_000;

/// The id that a visitor is stored under.
pub fn visitor_id(org: OrgKey, tracking_id: &str) -> ObjectId {
    hashed(&["visitor", &org.0.to_string(), tracking_id])
}

fn hashed(parts: &[&str]) -> ObjectId {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 12];
    id.copy_from_slice(&hash.finalize()[..12]);
    ObjectId::from_bytes(id)
}

/// A known visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visitor {
    /// The customer that it is.
    pub customer: Option<ObjectId>,
    /// How often it turned out to be another customer.
    pub epoch: i64,
    /// How many events were kept before it was known who it is.
    pub unidentified: u64,
    /// Its newest session.
    pub session: Option<Visit>,
}

/// A session of a visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The id that it is stored under.
    pub id: ObjectId,
    /// The id that the client chose, or was given.
    pub name: String,
    /// When its last event happened.
    pub last_at: Timestamp,
}

/// Something that is learnt of a visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The visitor.
    pub visitor: ObjectId,
    /// When.
    pub at: Timestamp,
    /// The id of the session that the client chose.
    pub session: Option<String>,
    /// The id that a new session is given.
    pub new_session: ObjectId,
    /// The customer that the visitor is found to be.
    pub customer: Option<ObjectId>,
    /// The event.
    pub event: Option<NewEvent>,
}

/// An event to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// What else is known of it, as JSON.
    pub details: String,
}

/// The result of a sighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The visitor from now on.
    pub visitor: Visitor,
    /// Whether the visitor's row has to be written.
    pub is_changed: bool,
    /// The customer that sessions without one now belong to.
    pub attached: Option<ObjectId>,
    /// The session that the event is kept in; `None` when nothing is kept.
    pub kept_in: Option<Visit>,
    /// Whether that session is not the one that the visitor had.
    pub is_new_session: bool,
}

/// The answer that the reporter of a sighting needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The customer that the visitor is.
    pub customer: Option<ObjectId>,
    /// Whether a session began.
    pub is_new_session: bool,
}

impl Outcome {
    /// The answer to the reporter.
    pub fn seen(&self) -> Seen {
        Seen { customer: self.visitor.customer, is_new_session: self.is_new_session }
    }
}

/// Decides the result of a sighting.
pub fn see(known: Option<&Visitor>, sighting: &Sighting) -> Outcome {
    let mut visitor = known.cloned().unwrap_or_default();
    let mut attached = None;
    if let Some(customer) = sighting.customer {
        match visitor.customer {
            Some(former) if former == customer => {}
            Some(_) => {
                // The former customer's events stay there: sessions of the same names are others from now on.
                visitor.epoch += 1;
                visitor.session = None;
            }
            None => attached = Some(customer),
        }
        visitor.customer = Some(customer);
        visitor.unidentified = 0;
    }
    let is_kept = sighting.event.is_some() && (visitor.customer.is_some() || visitor.unidentified < MAX_UNIDENTIFIED);
    let (mut kept_in, mut is_new_session) = (None, false);
    if is_kept {
        if visitor.customer.is_none() {
            visitor.unidentified += 1;
        }
        let visit = visit(&visitor, sighting);
        is_new_session = visitor.session.as_ref().is_none_or(|session| session.id != visit.id);
        visitor.session = Some(visit.clone());
        kept_in = Some(visit);
    }
    let is_same = |known: &Visitor| {
        let session = |visitor: &Visitor| visitor.session.as_ref().map(|session| session.id);
        (known.customer, known.epoch, known.unidentified, session(known))
            == (visitor.customer, visitor.epoch, visitor.unidentified, session(&visitor))
    };
    let is_changed = known.is_none_or(|known| !is_same(known));
    Outcome { visitor, is_changed, attached, kept_in, is_new_session }
}

/// The session that an event belongs to.
fn visit(visitor: &Visitor, sighting: &Sighting) -> Visit {
    let current = visitor.session.as_ref();
    let last_at = |session: &Visit| session.last_at.max(sighting.at);
    let is_under_way = |session: &&Visit| sighting.at.as_millis() - session.last_at.as_millis() < SILENCE_MILLIS;
    let goes_on = match &sighting.session {
        Some(name) => current.filter(|session| session.name == *name),
        None => current.filter(is_under_way),
    };
    if let Some(session) = goes_on {
        return Visit { last_at: last_at(session), ..session.clone() };
    }
    let name = sighting.session.clone().unwrap_or_else(|| sighting.new_session.to_string());
    let id = hashed(&["session", &sighting.visitor.to_string(), &visitor.epoch.to_string(), &name]);
    Visit { id, name, last_at: sighting.at }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1_000;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes([number; 12])
    }

    fn sighting(minute: i64) -> Sighting {
        Sighting {
            visitor: id(1),
            at: Timestamp::from_millis(minute * MINUTE),
            session: None,
            new_session: id(u8::try_from(minute % 200).unwrap() + 2),
            customer: None,
            event: Some(NewEvent { id: id(9), name: "any".to_owned(), details: String::new() }),
        }
    }

    /// The outcomes of sightings, one after the other.
    fn all(sightings: &[Sighting]) -> Vec<Outcome> {
        let mut known: Option<Visitor> = None;
        let see_next = |sighting: &Sighting| {
            let outcome = see(known.as_ref(), sighting);
            known = Some(outcome.visitor.clone());
            outcome
        };
        sightings.iter().map(see_next).collect()
    }

    fn session(outcome: &Outcome) -> ObjectId {
        outcome.kept_in.as_ref().unwrap().id
    }

    #[test]
    fn a_session_ends_after_thirty_minutes_of_silence() {
        let seen = all(&[sighting(0), sighting(29), sighting(58), sighting(88)]);
        assert_eq!(session(&seen[0]), session(&seen[2]), "each event within 30 minutes of the one before");
        assert_ne!(session(&seen[2]), session(&seen[3]), "30 minutes of silence end it");
        let began: Vec<bool> = seen.iter().map(|seen| seen.is_new_session).collect();
        assert_eq!(began, [true, false, false, true]);
    }

    #[test]
    fn a_session_that_the_client_names_continues_whatever_the_silence() {
        let named = |minute| Sighting { session: Some("visit".to_owned()), ..sighting(minute) };
        let seen = all(&[named(0), named(100), sighting(110), named(200)]);
        assert!(seen.iter().all(|later| session(later) == session(&seen[0])));
        let other = Sighting { session: Some("other".to_owned()), ..sighting(201) };
        assert_ne!(session(&see(Some(&seen[3].visitor), &other)), session(&seen[0]));
    }

    #[test]
    fn earlier_events_are_attached_once_the_visitor_is_known() {
        let known = Sighting { customer: Some(id(7)), event: None, ..sighting(1) };
        let seen = all(&[sighting(0), known.clone(), known, sighting(2)]);
        assert_eq!(seen[1].attached, Some(id(7)));
        assert_eq!((seen[2].attached, seen[2].is_changed), (None, false), "it is known already");
        assert_eq!(session(&seen[3]), session(&seen[0]), "the visit continues");
    }

    #[test]
    fn another_customer_on_the_same_device_begins_sessions_of_its_own() {
        let named = |minute| Sighting { session: Some("visit".to_owned()), ..sighting(minute) };
        let as_customer = |number, minute| Sighting { customer: Some(id(number)), ..named(minute) };
        let seen = all(&[as_customer(7, 0), as_customer(8, 1), named(2), as_customer(7, 3)]);
        assert_eq!((seen[1].attached, seen[1].is_new_session), (None, true));
        assert_eq!(session(&seen[1]), session(&seen[2]));
        let [first, second, third] = [0, 1, 3].map(|at: usize| session(&seen[at]));
        assert!(first != second && second != third && first != third);
    }

    #[test]
    fn a_visitor_nobody_knows_leaves_a_limited_number_of_events() {
        let mut known = Visitor { unidentified: MAX_UNIDENTIFIED - 1, ..Visitor::default() };
        known = see(Some(&known), &sighting(0)).visitor;
        assert_eq!(see(Some(&known), &sighting(1)).kept_in, None);
        let identified = Sighting { customer: Some(id(7)), ..sighting(2) };
        assert!(see(Some(&known), &identified).kept_in.is_some());
    }

    #[test]
    fn a_clock_that_steps_back_ends_no_session() {
        let seen = all(&[sighting(50), sighting(10)]);
        assert_eq!(session(&seen[0]), session(&seen[1]));
        assert_eq!(seen[1].kept_in.as_ref().unwrap().last_at.as_millis(), 50 * MINUTE);
    }

    #[test]
    fn the_same_id_is_another_visitor_in_another_org() {
        assert_ne!(visitor_id(OrgKey(1), "a"), visitor_id(OrgKey(2), "a"));
        assert_ne!(visitor_id(OrgKey(1), "a"), visitor_id(OrgKey(1), "b"));
    }
}
