//! Bulk operations: the job is noted, done, and answered with what became of each item.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use kustodian_core::bulk::{Work, batch, id_of, items};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustomer_api::bulk::{BulkEndpoint, BulkIds, GetBulkBatches, GetBulkJob, GetBulkJobs};
use kustomer_api::history::StateQuery;
use kustomer_api::{Endpoint, ObjectId};
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::answer::{Answer, unavailable};
use crate::bulk::{self, Job, LEASE, find_note, later};
use crate::call::{Call, served};
use crate::handlers::kobjects;
use crate::handlers::plain::{self, Which};
use crate::idempotency;
use crate::paging::Numbered;
use crate::routes::Served;
use crate::settings::BulkMode;

/// The records that the query of a bulk operation names.
pub(crate) trait Named {
    fn ids(&self) -> &[ObjectId];
}

impl Named for BulkIds {
    fn ids(&self) -> &[ObjectId] {
        &self.ids
    }
}

impl Named for () {
    fn ids(&self) -> &[ObjectId] {
        &[]
    }
}

/// Serves a bulk operation.
pub(crate) fn serve<E>() -> Served
where
    E: BulkEndpoint + 'static,
    E::Path: Send + Sync,
    E::Query: Named + Send + Sync,
{
    served::<E, _, _>(make_job).of_many()
}

/// How much of the time for an answer a job may take; then it is answered as it is, and continues.
const PATIENCE: f64 = 0.8;

async fn make_job<E>(mut call: Call<E>) -> Result<Answer, Refusal>
where
    E: BulkEndpoint,
    E::Query: Named,
{
    let app = Arc::clone(call.app());
    if let Some(answer) = find_job_of_key(&call).await? {
        return Ok(answer);
    }
    // A klass that there is not, or not for this key, is no fault of an item.
    if let Some(klass) = call.path_values().first() {
        kobjects::find_klass(&call, klass).await?;
    }
    let queued = app.settings.bulk_mode == BulkMode::Queued && !call.is_rehearsal();
    let id = match new_id(&call).await? {
        NewJob::Id(id) => id,
        NewJob::Done(answer) => return Ok(answer),
    };
    let work = work_of(&call, id, queued)?;
    let status = StatusCode::from_u16(E::OPERATION.success).unwrap_or(StatusCode::CREATED);
    let note = queued.then(|| work.note(call.next_id()));
    let job = Arc::new(Job::new(&app, call.caller().clone(), work, call.is_rehearsal())?);
    if let Some(note) = note {
        call.store().keep_note(note).await.map_err(unavailable)?;
        app.bulks.wake();
        return Ok(Answer::Document { status, document: job.pending()? });
    }
    // Its items are not counted as one write, and have places of their own.
    call.step_aside();
    let patience: Duration = app.settings.answer_timeout.mul_f64(PATIENCE);
    let (noted, is_noted) = oneshot::channel();
    // On its own: it continues when the client does not wait for it.
    let running = tokio::spawn({
        let (job, is_rehearsal) = (Arc::clone(&job), call.is_rehearsal());
        async move {
            let document = if is_rehearsal { job.run().await } else { job.begin(noted).await }?;
            Ok::<_, Refusal>(job.answered(&document))
        }
    });
    let mut running = std::pin::pin!(running);
    let is_due = async {
        sleep(patience).await;
        // Until then nobody but this task would do it.
        if is_noted.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let document = tokio::select! {
        done = &mut running => match done {
            Ok(Ok(document)) => document,
            failed => {
                let lost = || resource::fault("A bulk job ended unexpectedly");
                let refusal = failed.ok().and_then(Result::err).unwrap_or_else(lost);
                tracing::warn!(%refusal, "a bulk job is not complete");
                // One that is noted is tried again.
                if find_note(&app, call.org(), job.id()).await.map_err(unavailable)?.is_none() {
                    return Err(refusal);
                }
                job.pending()?
            }
        },
        () = is_due => job.pending()?,
    };
    Ok(Answer::Document { status, document })
}

/// The job that a request with the same idempotency key made and that is not complete.
async fn find_job_of_key<E: BulkEndpoint>(call: &Call<E>) -> Result<Option<Answer>, Refusal> {
    let Some(pledge) = call.pledge() else { return Ok(None) };
    let Some(note) = find_note(call.app(), call.org(), id_of(pledge.key.as_bytes())).await.map_err(unavailable)? else {
        return Ok(None);
    };
    let Some(work) = Work::read(&note) else { return Ok(None) };
    if let Some(former) = &work.pledge {
        pledge.check_pending(former)?;
    }
    let status = StatusCode::from_u16(E::OPERATION.success).unwrap_or(StatusCode::CREATED);
    Ok(Some(Answer::Document { status, document: bulk::pending(call.app(), &call.act().org, &work)? }))
}

/// A job to begin, if it is one.
enum NewJob {
    /// Under this id.
    Id(ObjectId),
    /// It was done meanwhile.
    Done(Answer),
}

/// The id of a new job: with an idempotency key the same for every request that has it.
async fn new_id<E: Endpoint>(call: &Call<E>) -> Result<NewJob, Refusal> {
    let Some(pledge) = call.pledge() else { return Ok(NewJob::Id(call.next_id())) };
    let id = id_of(pledge.key.as_bytes());
    if call.store().find(call.org(), Kind::Bulk, id).await.map_err(unavailable)?.is_none() {
        return Ok(NewJob::Id(id));
    }
    // Its receipt, which was committed with it, may count no longer: the key is as if it had never been used.
    let done = idempotency::replay(call.store(), call.org(), &pledge, call.body()).await?;
    Ok(done.map_or_else(|| NewJob::Id(call.next_id()), NewJob::Done))
}

fn work_of<E>(call: &Call<E>, id: ObjectId, queued: bool) -> Result<Work, Refusal>
where
    E: BulkEndpoint,
    E::Query: Named,
{
    let (caller, now) = (call.caller(), call.now());
    let body = std::str::from_utf8(call.body()).map(str::to_owned);
    let within = call.path_values().first().cloned();
    let path =
        within.as_ref().map_or_else(|| E::OPERATION.path.to_owned(), |name| E::OPERATION.path.replace("{name}", name));
    Ok(Work {
        org: call.org(),
        id,
        due: if queued { now } else { later(now, LEASE) },
        tries: u32::from(!queued),
        single: E::Single::OPERATION.name.to_owned(),
        verb: E::VERB,
        records: E::RECORDS.to_owned(),
        method: E::OPERATION.method.to_string(),
        path: format!("/v1{path}"),
        status: E::OPERATION.success,
        within,
        ids: call.query.ids().to_vec(),
        user: caller.token.user,
        token: caller.token.id,
        roles: caller.token.roles.clone(),
        request_id: call.request_id().to_string(),
        begun_at: now,
        pledge: call.pledge(),
        skips_unchanged: call.skips_unchanged(),
        body: match body {
            Ok(body) => body,
            // Refused with its reason.
            Err(_) => return Err(items(E::VERB, call.body()).err().unwrap_or_else(|| Refusal::not_found("body"))),
        },
    })
}

pub(crate) async fn get_bulk_jobs(call: Call<GetBulkJobs>) -> Result<Answer, Refusal> {
    let which = Which { descending: true, ..Which::default() };
    plain::list_narrowed(&call, Kind::Bulk, which, Numbered::of(call.query), &Vec::new()).await
}

pub(crate) async fn get_bulk_job(call: Call<GetBulkJob>) -> Result<Answer, Refusal> {
    if call.query == StateQuery::default() {
        return find(&call, call.path).await.map(Answer::ok);
    }
    plain::get(&call, Kind::Bulk, call.path, call.query).await
}

pub(crate) async fn get_bulk_batches(call: Call<GetBulkBatches>) -> Result<Answer, Refusal> {
    let batch = [batch(&find(&call, call.path).await?)?];
    let page = Numbered::of(call.query);
    let (shown, has_next) = page.of_all(&batch);
    let path = format!("{}/batches", Kind::Bulk.path_of(call.path));
    Ok(Answer::Json(page.uncounted(&path, shown.to_vec(), has_next)))
}

/// The document of a job, complete or not.
async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<String, Refusal> {
    // Looked for first: the record is written before the note is removed.
    let note = find_note(call.app(), call.org(), id).await.map_err(unavailable)?;
    let stored = call.store().find(call.org(), Kind::Bulk, id).await.map_err(unavailable)?;
    match (stored, note.as_ref().and_then(Work::read)) {
        (Some(stored), _) if !stored.deleted => Ok(stored.document),
        (None, Some(work)) => bulk::pending(call.app(), &call.act().org, &work),
        (stored, _) => Err(plain::not_there(call, Kind::Bulk, stored.as_ref())),
    }
}
