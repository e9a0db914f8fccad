//! The pending work of a job, as it is noted in the database until the job is complete.

use kustomer_api::bulk::Verb;
use kustomer_api::{ObjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::chain::Salt;
use crate::kind::Kind;
use crate::receipt::{Fingerprint, Pledge, Receipt, ReceiptKey};
use crate::store::{Note, OrgKey};

/// The prefix of the names of these notes.
pub const PREFIX: &str = "bulk:";

/// A job that is not complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The org.
    pub org: OrgKey,
    /// The id of the job.
    pub id: ObjectId,
    /// When a server may take it. The server that works on it moves this on, and others leave it alone until then.
    pub due: Timestamp,
    /// How often a server has begun it.
    pub tries: u32,
    /// The name of the operation that is done for each item.
    pub single: String,
    /// What that does.
    pub verb: Verb,
    /// The records, in the plural.
    pub records: String,
    /// The method of the request.
    pub method: String,
    /// The path of the request.
    pub path: String,
    /// The status that the request is answered with.
    pub status: u16,
    /// The value in the path that the items have in common: the name of a klass.
    pub within: Option<String>,
    /// The records that the request named.
    pub ids: Vec<ObjectId>,
    /// The user.
    pub user: ObjectId,
    /// The API key.
    pub token: ObjectId,
    /// The roles it had.
    pub roles: Vec<String>,
    /// The id of the request.
    pub request_id: String,
    /// When it arrived.
    pub begun_at: Timestamp,
    /// The receipt of the request, if it had an idempotency key.
    pub pledge: Option<Pledge>,
    /// Whether an item that changes no value leaves no revision.
    pub skips_unchanged: bool,
    /// The body of the request.
    pub body: String,
}

/// The same, as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    due: i64,
    tries: u32,
    /// No two notes are equal: who has read one and replaces it finds out that another did so meanwhile.
    nonce: String,
    single: String,
    verb: String,
    records: String,
    method: String,
    path: String,
    status: u16,
    within: Option<String>,
    ids: Vec<String>,
    user: String,
    token: String,
    roles: Vec<String>,
    request_id: String,
    begun_at: i64,
    pledge: Option<(Vec<u8>, Vec<u8>)>,
    /// Absent in the notes of earlier versions.
    #[serde(default)]
    skips_unchanged: bool,
    body: String,
}

const VERBS: [(Verb, &str); 3] = [(Verb::Create, "create"), (Verb::Update, "update"), (Verb::Delete, "delete")];

impl Work {
    /// The name of a job's note.
    pub fn name_of(org: OrgKey, id: ObjectId) -> String {
        format!("{PREFIX}{}:{id}", org.0)
    }

    /// As it is kept; `nonce` is an id not used before.
    pub fn note(&self, nonce: ObjectId) -> Note {
        let verb = VERBS.iter().find(|(verb, _)| *verb == self.verb).map_or("", |(_, word)| *word);
        let written = Written {
            due: self.due.as_millis(),
            tries: self.tries,
            nonce: nonce.to_string(),
            single: self.single.clone(),
            verb: verb.to_owned(),
            records: self.records.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            status: self.status,
            within: self.within.clone(),
            ids: self.ids.iter().map(ObjectId::to_string).collect(),
            user: self.user.to_string(),
            token: self.token.to_string(),
            roles: self.roles.clone(),
            request_id: self.request_id.clone(),
            begun_at: self.begun_at.as_millis(),
            pledge: self.pledge.map(|pledge| (pledge.key.0.to_vec(), pledge.fingerprint.0.to_vec())),
            skips_unchanged: self.skips_unchanged,
            body: self.body.clone(),
        };
        // Such a structure is always written.
        Note { name: Self::name_of(self.org, self.id), value: serde_json::to_vec(&written).unwrap_or_default() }
    }

    /// Out of a note; `None` when it is none of these, or of a later version.
    pub fn read(note: &Note) -> Option<Self> {
        let (org, id) = note.name.strip_prefix(PREFIX)?.split_once(':')?;
        let written: Written = serde_json::from_slice(&note.value).ok()?;
        let begun_at = Timestamp::from_millis(written.begun_at);
        let pledge = match written.pledge {
            None => None,
            Some((key, fingerprint)) => Some(Pledge {
                key: ReceiptKey(key.try_into().ok()?),
                fingerprint: Fingerprint(fingerprint.try_into().ok()?),
                now: begun_at,
            }),
        };
        Some(Self {
            org: OrgKey(org.parse().ok()?),
            id: id.parse().ok()?,
            due: Timestamp::from_millis(written.due),
            tries: written.tries,
            single: written.single,
            verb: VERBS.iter().find(|(_, word)| *word == written.verb)?.0,
            records: written.records,
            method: written.method,
            path: written.path,
            status: written.status,
            within: written.within,
            ids: written.ids.iter().map(|id| id.parse()).collect::<Result<_, _>>().ok()?,
            user: written.user.parse().ok()?,
            token: written.token.parse().ok()?,
            roles: written.roles,
            request_id: written.request_id,
            begun_at,
            pledge,
            skips_unchanged: written.skips_unchanged,
            body: written.body,
        })
    }

    /// The receipt of the item at an index, so that it is done once however often the job is begun.
    pub fn pledge_of(&self, index: usize, now: Timestamp) -> Pledge {
        self.pledge_named(&format!("bulk {} {index}", self.id), now)
    }

    /// The receipt that is left before the items are done one by one, or with all of them in one commit: only one of the
    /// two happens.
    pub fn begun(&self, now: Timestamp) -> Receipt {
        // Nobody looks for the answer that it names.
        let pledge = self.pledge_named(&format!("bulk {} begun", self.id), now);
        pledge.receipt((Kind::Bulk, self.id, 1), Salt([0; 16]), self.status)
    }

    fn pledge_named(&self, name: &str, now: Timestamp) -> Pledge {
        let key = ReceiptKey::of_job(self.org, self.user, name);
        Pledge { key, fingerprint: Fingerprint::new(&self.method, name, "", b""), now }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn work() -> Work {
        let id = ObjectId::from_bytes([7; 12]);
        let moment = Timestamp::from_millis(1_700_000_000_000);
        let pledge = Pledge { key: ReceiptKey([255; 16]), fingerprint: Fingerprint([7; 32]), now: moment };
        Work {
            org: OrgKey(3),
            id,
            due: moment,
            tries: 1,
            single: "createKObject".to_owned(),
            verb: Verb::Create,
            records: "kobjects".to_owned(),
            method: "POST".to_owned(),
            path: "/v1/klasses/order/bulk".to_owned(),
            status: 201,
            within: Some("order".to_owned()),
            ids: vec![id],
            user: id,
            token: id,
            roles: vec!["org".to_owned()],
            request_id: "r".to_owned(),
            begun_at: moment,
            pledge: Some(pledge),
            skips_unchanged: true,
            body: "[\"ä\"]".to_owned(),
        }
    }

    #[test]
    fn a_note_reads_as_it_was_written() {
        let (work, nonce) = (work(), ObjectId::from_bytes([8; 12]));
        assert_eq!(Work::read(&work.note(nonce)), Some(work.clone()));
        let now = work.begun_at;
        assert_ne!(work.pledge_of(0, now).key, work.pledge_of(1, now).key);
        assert_ne!(work.begun(now).key, work.pledge_of(0, now).key);
    }
}
