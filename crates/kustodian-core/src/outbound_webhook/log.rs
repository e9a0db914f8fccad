//! The last attempts to deliver events to a webhook, kept beside its queue. It has nothing of the events.

use std::collections::VecDeque;

use kustomer_api::envelope::{Relationship, Relationships, SelfLink};
use kustomer_api::outbound_webhook::{TRANSACTION_TYPE, WebhookTransaction, WebhookTransactionAttributes};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::kind::Kind;
use crate::store::{Note, OrgKey};

/// How many attempts are kept.
const MAX_KEPT: usize = 100;

/// The longest reason, in bytes.
const MAX_ERROR: usize = 200;

/// The last attempts, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log(VecDeque<Transaction>);

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its own id.
    pub id: String,
    /// The id of the event.
    pub event_id: String,
    /// The name of the event.
    pub event: String,
    /// The position of the event.
    pub position: u64,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// The status that the receiver answered.
    pub status: Option<u16>,
    /// Why the event was not delivered.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub duration: u64,
    /// When it began, in milliseconds since 1970.
    pub began_at: i64,
    /// When it is tried again, in milliseconds since 1970.
    pub next_at: Option<i64>,
}

impl Log {
    /// The prefix of the names of these notes.
    pub const PREFIX: &'static str = "webhook-log:";

    /// The name of a webhook's note.
    pub fn name_of(org: OrgKey, webhook: ObjectId) -> String {
        format!("{}{}:{webhook}", Self::PREFIX, org.0)
    }

    /// As it is kept.
    pub fn note(&self, org: OrgKey, webhook: ObjectId) -> Note {
        // Such a structure is always written.
        Note { name: Self::name_of(org, webhook), value: serde_json::to_vec(self).unwrap_or_default() }
    }

    /// Out of a note; empty when it is none of these, or of a later version.
    pub fn read(note: &Note) -> Self {
        serde_json::from_slice(&note.value).unwrap_or_default()
    }

    /// Adds an attempt. The oldest go.
    pub fn add(&mut self, mut transaction: Transaction) {
        if let Some(error) = &mut transaction.error {
            let end = (0..=MAX_ERROR.min(error.len())).rev().find(|end| error.is_char_boundary(*end));
            error.truncate(end.unwrap_or_default());
        }
        self.0.push_back(transaction);
        while self.0.len() > MAX_KEPT {
            self.0.pop_front();
        }
    }

    /// The attempts as answered, newest first.
    pub fn newest_first(&self, webhook: ObjectId) -> impl Iterator<Item = WebhookTransaction> {
        self.0.iter().rev().map(move |transaction| transaction.answered(webhook))
    }
}

impl Transaction {
    fn answered(&self, webhook: ObjectId) -> WebhookTransaction {
        let moment = |millis: i64| Timestamp::from_millis(millis);
        let kind = Kind::OutboundWebhook;
        let relationships = Relationships::from([(
            kind.as_str().to_owned(),
            Relationship::to_one(kind.as_str(), webhook, kind.path_of(webhook)),
        )]);
        WebhookTransaction {
            kind: TRANSACTION_TYPE.to_owned(),
            id: self.id.as_str().into(),
            attributes: WebhookTransactionAttributes {
                event_id: self.event_id.as_str().into(),
                event: self.event.as_str().into(),
                position: self.position.into(),
                attempt: u64::from(self.attempt).into(),
                success: self.error.is_none().into(),
                status: self.status.map_or(Field::Null, |status| Field::Value(status.into())),
                error: self.error.as_deref().map_or(Field::Null, Into::into),
                duration: self.duration.into(),
                created_at: moment(self.began_at).into(),
                next_attempt_at: self.next_at.map_or(Field::Null, |next| moment(next).into()),
                extra: Map::new(),
            },
            relationships,
            links: Some(SelfLink::new(format!("{}/transactions", kind.path_of(webhook)))),
            extra: Map::new(),
        }
    }
}
