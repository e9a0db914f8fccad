//! Bulk jobs: many writes in one request, each decided on its own.
//!
//! New records that count in no other are committed together with the record of the job. The items of any other job are
//! kept in a note ([`Work`]) before the first item is written, and each item leaves a receipt in its own commit, so that
//! a job whose server ended is taken up again and nothing is done twice. The record of the job is
//! made when every item is done or has failed. It has the outcomes and none of the items: who erases a customer
//! need not look into jobs.

mod items;
mod work;

use kustomer_api::bulk::{
    Bulk, BulkAttributes, BulkBatch, BulkBatchAttributes, BulkBatches, BulkPayload, BulkRequest, BulkResult,
    BulkResultStatus, BulkStatus, BulkUser, Verb,
};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value};

pub use self::items::{Item, items, items_named};
pub use self::work::{PREFIX, Work};
use crate::change::{ChangeSet, Columns, EventSeed};
use crate::customer::Context;
use crate::kind::DUE_AT;
use crate::lifecycle;
use crate::missing;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{Loaded, Stored};
use crate::timer::Elapsed;

/// How long a job is kept: 30 days.
const LIFETIME_MILLIS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The error of an item when another record holds a value of it (`docs/contract/behaviour.md` §11).
const DUPLICATE: &str = "duplicate detected";

/// How many errors of an item are reported.
const MAX_ERRORS: usize = 5;

impl Record for BulkAttributes {
    fn columns(job: &Bulk) -> Columns {
        Columns::of([(DUE_AT, job.attributes.expires_at.value().map(ToString::to_string))])
    }

    /// Forgets a job. References may be names of people.
    fn elapse(elapsed: &Elapsed<'_>, _loaded: &Loaded, stored: &Stored) -> Result<ChangeSet, Refusal> {
        if missing::erased_at(stored)?.is_some() {
            return Ok(ChangeSet::default());
        }
        let mark = |attributes: &mut Self, now: Timestamp| attributes.erased_at = now.into();
        lifecycle::erase(&elapsed.context(elapsed.org.id), stored, elapsed.draws.events[0], mark)
    }
}

/// The record of a job whose items are all done or have failed.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn complete(
    context: &Context<'_>,
    event: EventSeed,
    work: &Work,
    results: Vec<BulkResult>,
) -> Result<ChangeSet, Refusal> {
    let expires_at = Timestamp::from_millis(context.now.as_millis().saturating_add(LIFETIME_MILLIS));
    let failures = results.iter().filter(|result| result.status == Some(BulkResultStatus::Error)).count() as u64;
    let written = results.iter().filter(|result| result.status != Some(BulkResultStatus::Error));
    let job = BulkAttributes {
        ids: written.filter_map(|result| result.object_id.clone()).collect::<Vec<_>>().into(),
        success_count: Field::Value(results.len() as u64 - failures),
        failure_count: Field::Value(failures),
        results: results.into(),
        expires_at: expires_at.into(),
        ..attributes(context, work, BulkStatus::Complete)
    };
    lifecycle::create(context, work.id, event, job)
}

/// A job that is not complete, as it is answered.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn pending(context: &Context<'_>, event: EventSeed, work: &Work) -> Result<String, Refusal> {
    let status = if work.tries == 0 { BulkStatus::Queued } else { BulkStatus::Running };
    let job = BulkAttributes { ids: Vec::new().into(), ..attributes(context, work, status) };
    let put = lifecycle::create(context, work.id, event, job)?.puts.into_iter().next();
    put.map(|put| with_data(&put.document, &work.body)).ok_or_else(|| resource::fault("A job was not rendered"))
}

fn attributes(context: &Context<'_>, work: &Work, status: BulkStatus) -> BulkAttributes {
    let is_complete = status == BulkStatus::Complete;
    let verb = match work.verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Delete => "delete",
    };
    let request = BulkRequest {
        data: Value::Array(Vec::new()).into(),
        path: work.path.clone().into(),
        user: BulkUser {
            id: work.user.to_string().into(),
            user_type: "machine".to_owned().into(),
            roles: work.roles.clone().into(),
            org_name: context.org.name.clone().into(),
            subject: work.token.to_string().into(),
            org: context.org.id.to_string().into(),
            extra: Map::new(),
        }
        .into(),
        request_id: work.request_id.clone().into(),
        service: "sobjects".to_owned().into(),
        method: work.method.clone().into(),
        extra: Map::new(),
    };
    BulkAttributes {
        context: format!("api.sobjects.{}.bulk-{verb}", work.records).into(),
        status: status.into(),
        v2: true.into(),
        payload: BulkPayload { api: request.into(), extra: Map::new() }.into(),
        batches: BulkBatches {
            complete: Field::Value(u64::from(is_complete)),
            total: Field::Value(1),
            extra: Map::new(),
        }
        .into(),
        completed: is_complete.into(),
        created_at: work.begun_at.into(),
        ..BulkAttributes::default()
    }
}

/// The place of the input in the document of a job: the request is the first that has data.
const NO_DATA: &str = "\"api\":{\"data\":[]";

/// The document of a job with the input, as the request is answered. `body` is JSON.
pub fn with_data(document: &str, body: &str) -> String {
    let data = if body.trim().is_empty() { "{}" } else { body.trim() };
    match document.split_once(NO_DATA) {
        Some((before, after)) => [before, "\"api\":{\"data\":", data, after].concat(),
        None => document.to_owned(),
    }
}

/// What became of an item that was done: `document` is the record as it was written, if one was.
///
/// # Errors
/// 500 when the document has no id.
pub fn done(verb: Verb, item: &Item, document: Option<&str>) -> Result<BulkResult, Refusal> {
    let object_id = match (document, item.id) {
        (Some(document), _) => Some(resource::id_in(document)?),
        (None, id) => id.map(|id| id.to_string()),
    };
    let status = match verb {
        Verb::Create => BulkResultStatus::Created,
        Verb::Update => BulkResultStatus::Updated,
        Verb::Delete => BulkResultStatus::Deleted,
    };
    Ok(BulkResult { client_ref: item.client_ref.clone(), object_id, status: Some(status), ..BulkResult::default() })
}

/// What becomes of an item that makes a record with this id.
pub fn created(item: &Item, id: Option<ObjectId>) -> BulkResult {
    BulkResult {
        client_ref: item.client_ref.clone(),
        object_id: id.map(|id| id.to_string()),
        status: Some(BulkResultStatus::Created),
        ..BulkResult::default()
    }
}

/// What became of an item that was refused.
pub fn failed(item: &Item, refusal: Refusal) -> BulkResult {
    let is_duplicate = refusal.status == 409 && item.id.is_none();
    let mut errors = refusal.into_body().errors;
    errors.truncate(MAX_ERRORS);
    let words = errors.iter().filter_map(|error| error.message.clone().or_else(|| error.title.clone()));
    let error = if is_duplicate { DUPLICATE.to_owned() } else { words.collect::<Vec<_>>().join("; ") };
    BulkResult {
        client_ref: item.client_ref.clone(),
        object_id: item.id.map(|id| id.to_string()),
        status: Some(BulkResultStatus::Error),
        error: Some(error),
        errors: errors.iter().filter_map(|error| serde_json::to_value(error).ok()).collect(),
        extra: Map::new(),
    }
}

/// The one batch of a job, as answered.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn batch(document: &str) -> Result<String, Refusal> {
    let job: Bulk = resource::read(document)?;
    let attributes = job.attributes;
    let results = attributes.results.into_value().unwrap_or_default();
    let errors: Vec<String> = results.iter().filter_map(|result| result.error.clone()).collect();
    let has_references = results.iter().any(|result| result.client_ref.is_some());
    let is_complete = attributes.completed.value() == Some(&true);
    let batch = BulkBatch {
        kind: kustomer_api::bulk::BATCH_TYPE.to_owned(),
        id: String::from(job.id).into(),
        attributes: BulkBatchAttributes {
            status: attributes.status,
            object_ids: attributes.ids,
            success_count: attributes.success_count,
            failure_count: attributes.failure_count,
            completed_at: if is_complete { attributes.updated_at } else { Field::Absent },
            errors: errors.into(),
            results: if has_references { results.into() } else { Field::Absent },
            extra: Map::new(),
        },
        relationships: job.relationships,
        links: job.links,
        extra: Map::new(),
    };
    resource::render(&batch)
}

/// The id of the job that a request with an idempotency key makes: the same again, so that two such requests at the same
/// time do one job.
pub fn id_of(key: &[u8; 16]) -> ObjectId {
    let mut bytes = [0; 12];
    bytes.copy_from_slice(&key[..12]);
    ObjectId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Salt;
    use crate::directory::Org;
    use crate::store::OrgKey;
    use crate::timer::Draws;

    #[test]
    fn the_input_is_put_into_the_document_of_a_job() {
        let document = r#"{"payload":{"api":{"data":[],"path":"/v1/customers/bulk"}}}"#;
        for (body, data) in [(" [1] ", "[1]"), ("", "{}")] {
            let expected = format!(r#"{{"payload":{{"api":{{"data":{data},"path":"/v1/customers/bulk"}}}}}}"#);
            assert_eq!(with_data(document, body), expected);
        }
    }

    #[test]
    fn a_job_is_deleted_after_a_month_with_its_references() {
        let id = |byte| ObjectId::from_bytes([byte; 12]);
        let org = Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let now = Timestamp::from_millis(1_800_000_000_000);
        let context =
            Context { org: &org, actor: id(7), now, client: "api", request_id: "r1", slas: None, import: None };
        let seed = |byte| EventSeed { id: id(byte), salt: Salt([byte; 16]) };
        let work = work::tests::work();
        let item = Item { client_ref: Some("ada@acme.example".to_owned()), ..Item::default() };
        let results =
            vec![done(Verb::Create, &item, Some(r#"{"id":"x"}"#)).unwrap(), failed(&item, Refusal::not_found("id"))];
        let put = complete(&context, seed(1), &work, results).unwrap().puts.remove(0);
        assert!(put.document.contains("ada@acme.example") && put.document.contains(NO_DATA), "{}", put.document);
        let due: Timestamp = put.columns.get(DUE_AT).unwrap().parse().unwrap();
        assert_eq!(due.as_millis() - now.as_millis(), LIFETIME_MILLIS);
        let (created_at, updated_at) = (put.created_at, put.updated_at);
        let stored =
            Stored { id: put.id, rev: put.rev, deleted: false, created_at, updated_at, document: put.document.clone() };
        let draws = Draws { ids: [id(2); 4], events: [seed(3); 7], beside: Vec::new() };
        let elapsed = Elapsed { org: &org, now: due, draws: &draws, sends_email: false, slas: None };
        let mut forgotten = BulkAttributes::elapse(&elapsed, &Loaded::default(), &stored).unwrap();
        let put = forgotten.puts.remove(0);
        assert!(put.deleted && !put.document.contains("acme"), "{}", put.document);
        assert_eq!(put.columns.get(DUE_AT), None);
        assert!(!forgotten.erasures[0].wants_scrub());
    }
}
