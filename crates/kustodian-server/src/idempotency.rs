//! Writes with an idempotency key: done once, and answered the same each time.
//!
//! A receipt is looked for before anything is decided, and again when the request was refused: of two equal requests at
//! once, the second may be refused because of the first. The commit itself makes sure that only one is done.

use std::sync::PoisonError;

use http::request::Parts;
use http::{Method, StatusCode};
use kustodian_core::change::ChangeSet;
use kustodian_core::feed::{HistoryQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::permission::Caller;
use kustodian_core::receipt::{Fingerprint, HEADER, Pledge, Receipt, ReceiptKey};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, OrgKey, Store};
use kustodian_core::{missing, redaction, resource};
use kustomer_api::error::code;
use kustomer_api::user::{UpdateCurrentUser, UpdateUserById};
use kustomer_api::{Endpoint as _, ObjectId, Operation, Timestamp};
use serde_json::{Map, Value};

use crate::answer::{Answer, not_committed, unavailable};
use crate::call::Unchanged;
use crate::paging::FULL;
use crate::past;

/// The receipt of a request with an idempotency key; `None` without one, and for a password. `query` is that of the write,
/// `validateOnly` aside.
///
/// # Errors
/// 400 when the header is there twice or cannot be a key.
pub(crate) fn pledge(
    operation: &Operation,
    caller: &Caller,
    now: Timestamp,
    (method, parts): (&Method, &Parts),
    query: &str,
    body: &[u8],
) -> Result<Option<Pledge>, Refusal> {
    let mut sent = parts.headers.get_all(HEADER).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(Refusal::new(400, code::BAD_PARAM, HEADER, format!("{HEADER} is there more than once: send one")));
    }
    if has_password(operation, body) {
        return Ok(None);
    }
    let key = ReceiptKey::new(caller.org.key, caller.token.user, key.as_bytes())?;
    let fingerprint = Fingerprint::new(method.as_str(), parts.uri.path(), query, body);
    Ok(Some(Pledge { key, fingerprint, now }))
}

/// Whether a request has a password in it. A receipt would keep a hash of it, which is guessed faster than that of the
/// password itself; and a password that is set twice is the same.
fn has_password(operation: &Operation, body: &[u8]) -> bool {
    let of_users = [UpdateUserById::OPERATION.name, UpdateCurrentUser::OPERATION.name].contains(&operation.name);
    let sent = || serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
    of_users && sent().contains_key("password")
}

/// The answer from when this was done before; `None` when it was not. Of a record that was redacted since it is what
/// the redactions left.
///
/// # Errors
/// 422 when the key was used for another request, unless the record was redacted since; 404 when it was erased, or redacted and
/// deleted; 503 or 500 when the database cannot answer.
pub(crate) async fn replay(
    store: &dyn Store,
    org: OrgKey,
    pledge: &Pledge,
    body: &[u8],
) -> Result<Option<Answer>, Refusal> {
    let Some(receipt) = store.find_receipt(org, pledge.key, pledge.now).await.map_err(unavailable)? else {
        return Ok(None);
    };
    let event = find_event(store, org, (receipt.kind, receipt.record, receipt.rev)).await?;
    let Some((event, salt)) = event.and_then(|event| event.salt.map(|salt| (event, salt))) else {
        // Without it the former request is not known.
        let stored = store.find(org, receipt.kind, receipt.record).await.map_err(unavailable)?;
        return match stored {
            Some(stored) if !stored.deleted && receipt.status != StatusCode::NO_CONTENT.as_u16() => {
                Ok(Some(Answer::Document { status: status_of(&receipt), document: stored.document }))
            }
            stored => Err(missing::missing(receipt.kind, stored.as_ref())),
        };
    };
    pledge.check(&receipt, salt)?;
    match answer(store, org, &receipt).await? {
        // It is no record, and is answered out of the message.
        Answer::Document { document, .. } if event.name == Kind::Message.spec().events.redact => {
            let input = serde_json::from_slice(body).map_err(|_| resource::fault("A redaction has no body"))?;
            Ok(Some(Answer::created(redaction::answer(&document, &input, event.id)?)))
        }
        answer => Ok(Some(answer)),
    }
}

/// Keeps a receipt for an update that changed no value and left no revision: it names the revision that was there. Another
/// request with the key may have kept one meanwhile.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn keep_unchanged(
    store: &dyn Store,
    org: OrgKey,
    pledge: &Pledge,
    status: u16,
    unchanged: &Unchanged,
) -> Result<(), Refusal> {
    let left = *unchanged.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((kind, record, rev)) = left else { return Ok(()) };
    // Without a salt the record was erased or redacted meanwhile, and a receipt could not be compared.
    let salt = find_event(store, org, (kind, record, rev)).await?.and_then(|event| event.salt);
    let Some(salt) = salt else { return Ok(()) };
    let receipts = vec![pledge.receipt((kind, record, rev), salt, status)];
    match store.commit(org, ChangeSet { receipts, ..ChangeSet::default() }).await {
        Ok(_) | Err(CommitError::Replayed(_)) => Ok(()),
        Err(error) => Err(not_committed(error, |_| false)),
    }
}

/// The event that a receipt names. It has no salt once its record was erased, or redacted later.
async fn find_event(
    store: &dyn Store,
    org: OrgKey,
    (kind, record, rev): (Kind, ObjectId, u64),
) -> Result<Option<Recorded>, Refusal> {
    let query = HistoryQuery {
        kind,
        record,
        from: rev,
        to: rev,
        descending: false,
        limit: 1,
        payload: Payload::None,
        bytes: FULL,
    };
    let events = store.history(org, query).await.map_err(unavailable)?;
    Ok(events.into_iter().next())
}

fn status_of(receipt: &Receipt) -> StatusCode {
    StatusCode::from_u16(receipt.status).unwrap_or(StatusCode::OK)
}

/// The answer as it was: the record at the revision it was given then.
async fn answer(store: &dyn Store, org: OrgKey, receipt: &Receipt) -> Result<Answer, Refusal> {
    let status = status_of(receipt);
    let Receipt { kind, record, rev, .. } = *receipt;
    let states = past::find_states(store, org, kind, record, rev, rev).await?;
    match states.into_iter().find(|state| state.rev == rev) {
        Some(state) if status == StatusCode::NO_CONTENT => Ok(Answer::deleted(state.document)),
        // An erasure leaves nothing.
        None if status == StatusCode::NO_CONTENT => Ok(Answer::Empty),
        Some(state) => Ok(Answer::Document { status, document: state.document }),
        None => {
            let stored = store.find(org, kind, record).await.map_err(unavailable)?;
            Err(missing::missing(kind, stored.as_ref()))
        }
    }
}
