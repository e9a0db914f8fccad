//! Sending rows to a server, a bulk job for each batch.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use kustodian_core::chance::Ids as _;
use kustodian_core::unchanged;
use kustodian_server::{SystemClock, SystemIds};
use kustomer_api::bulk::{BulkAttributes, BulkResult, BulkResultStatus, MAX_ITEMS};
use kustomer_api::company::ListCompanies;
use kustomer_api::{ObjectId, Timestamp};
use kustomer_client::{Client, Error, Method, Retry};
use serde::Deserialize;
use serde_json::Value;

use super::batch::{Batch, Entry};
use super::ids::Waiting;
use super::item::{Item, change, lasting, with_reference};
use super::kinds::Imported;
use crate::failure::Failure;

/// The outcome of an item that conflicts with a record.
const CLASH: &str = "duplicate detected";

/// How long a job may take that the server works on later.
const MOST_WAITS: u32 = 600;
const WAIT: Duration = Duration::from_secs(1);

/// What to do with a row whose external id or e-mail address a record has already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflict {
    /// Passes over the row.
    Skip,
    /// Changes the record as the row says.
    Update,
    /// Refuses the row.
    #[default]
    Fail,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It created the record with this id.
    Created(String),
    /// It changed the one with this id.
    Updated(String),
    /// It was passed over. The id is that of the record that it clashes with, where it was looked for.
    Skipped(Option<String>),
    /// It was refused, for this reason.
    Refused(String),
}

/// Where rows are sent to.
pub(crate) struct Sender<'a> {
    pub(crate) client: &'a Client,
    pub(crate) kind: Imported,
    pub(crate) klass: Option<&'a str>,
    pub(crate) on_conflict: OnConflict,
    /// Names the run: the beginning of the key of each of its requests.
    pub(crate) run: &'a str,
    /// Whether the ids of records matter that rows are passed over for.
    pub(crate) wants_ids: bool,
    /// Set when the server takes a part of the import.
    pub(crate) has_begun: &'a AtomicBool,
}

/// As much of the answer as is needed.
#[derive(Debug, Deserialize)]
struct Job {
    id: String,
    attributes: BulkAttributes,
}

impl Sender<'_> {
    /// What became of each row of a batch, in their order.
    ///
    /// # Errors
    /// When the server refuses the whole batch, or does not answer.
    pub(crate) async fn send(&self, batch: &Batch) -> Result<Vec<Outcome>, Failure> {
        let results = match batch.body() {
            Some(body) => self.job(Method::POST, first_line(batch.entries()), "c", body).await?,
            None => Vec::new(),
        };
        let of_entry = |entry: &Entry| match &entry.known {
            Some(id) => Outcome::Refused(format!("{CLASH}: its record was imported before, and has the id {id}")),
            None => outcome(&results, entry.row.line),
        };
        let mut outcomes: Vec<Outcome> = batch.entries().iter().map(of_entry).collect();
        let is_clash = |outcome: &Outcome| matches!(outcome, Outcome::Refused(reason) if reason.starts_with(CLASH));
        match self.on_conflict {
            OnConflict::Fail => {}
            OnConflict::Skip => {
                for (entry, outcome) in
                    batch.entries().iter().zip(&mut outcomes).filter(|(_, outcome)| is_clash(outcome))
                {
                    *outcome = Outcome::Skipped(if self.wants_ids { self.find(entry).await? } else { None });
                }
            }
            OnConflict::Update => {
                let clashing: Vec<usize> = (0..outcomes.len()).filter(|at| is_clash(&outcomes[*at])).collect();
                self.update(batch.entries(), &clashing, &mut outcomes).await?;
            }
        }
        Ok(outcomes)
    }

    /// Changes the records that rows clash with.
    async fn update(&self, entries: &[Entry], clashing: &[usize], outcomes: &mut [Outcome]) -> Result<(), Failure> {
        let (mut changes, mut changed) = (Vec::new(), Vec::new());
        for at in clashing.iter().copied() {
            let Some(entry) = entries.get(at) else { continue };
            match self.find(entry).await? {
                Some(id) => {
                    let mut item = entry.item.clone();
                    item.extend(entry.later.clone());
                    let item = with_reference(&change(self.kind, &item, &id), entry.row.line);
                    changes.push(Value::Object(item).to_string());
                    changed.push(at);
                }
                None => {
                    let reason =
                        format!("{CLASH}, and no record has its external id or e-mail address: another value clashes");
                    outcomes[at] = Outcome::Refused(reason);
                }
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        let body = format!("[{}]", changes.join(","));
        let results = self.job(Method::PUT, first_line(entries), "u", body).await?;
        for at in changed {
            outcomes[at] = outcome(&results, entries[at].row.line);
        }
        Ok(())
    }

    /// Gives the records that a batch has created what only an update takes. The rows whose record does not get it, with the
    /// reason.
    ///
    /// # Errors
    /// When the server refuses the whole batch, or does not answer.
    pub(crate) async fn complete(
        &self,
        batch: &Batch,
        outcomes: &[Outcome],
        since: Timestamp,
    ) -> Result<Vec<(u64, String)>, Failure> {
        let (mut changes, mut lines) = (Vec::new(), Vec::new());
        for (entry, outcome) in batch.entries().iter().zip(outcomes) {
            let Outcome::Created(id) = outcome else { continue };
            let mut later = lasting(entry.later.clone(), since);
            if !later.is_empty() {
                later.insert("id".to_owned(), Value::from(id.as_str()));
                changes.push(Value::Object(with_reference(&later, entry.row.line)).to_string());
                lines.push(entry.row.line);
            }
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let body = format!("[{}]", changes.join(","));
        let results = self.job(Method::PUT, first_line(batch.entries()), "l", body).await?;
        let refused = |line: u64| match outcome(&results, line) {
            Outcome::Refused(reason) => Some((line, reason)),
            _ => None,
        };
        Ok(lines.into_iter().filter_map(refused).collect())
    }

    /// The id of the record that the server answers for this id: that of a merged customer leads to another. `None` when it
    /// has none, or the record is deleted.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) async fn present(&self, id: ObjectId) -> Result<Option<String>, Failure> {
        let answer = self.client.request(Method::GET, &format!("{}/{id}", self.kind.path(self.klass))).await;
        let own = |answer: Value| answer.pointer("/data/id").and_then(Value::as_str).map(ToOwned::to_owned);
        id_of(answer.map(|answer| own(answer).unwrap_or_else(|| id.to_string())))
    }

    /// The id of the record that a row is about: that of an earlier import, or the one with its external id or an e-mail
    /// address of it.
    async fn find(&self, entry: &Entry) -> Result<Option<String>, Failure> {
        if entry.known.is_some() {
            return Ok(entry.known.clone());
        }
        let (client, item) = (self.client, &entry.item);
        let found = match item.get("externalId").and_then(Value::as_str) {
            None => None,
            Some(external_id) => match self.kind {
                Imported::Customers => {
                    id_of(client.customers().get_by_external_id(external_id).await.map(|one| one.data.id.into()))?
                }
                Imported::Companies => {
                    let query = ListCompanies { external_id: Some(external_id.to_owned()), ..ListCompanies::default() };
                    client.companies().list(&query).await?.data.into_iter().next().map(|one| one.id.into())
                }
                Imported::Kobjects => {
                    let kobjects = client.kobjects(self.klass.unwrap_or_default());
                    id_of(kobjects.get_by_external_id(external_id).await.map(|one| one.data.id.into()))?
                }
                Imported::Conversations => {
                    id_of(client.conversations().get_by_external_id(external_id).await.map(|one| one.data.id.into()))?
                }
                Imported::Messages => {
                    id_of(client.messages().get_by_external_id(external_id).await.map(|one| one.data.id.into()))?
                }
                // The API finds no note so; metadata is not sent so.
                Imported::Notes | Imported::Metadata => None,
            },
        };
        if found.is_some() {
            return Ok(found);
        }
        let emails = item.get("emails").and_then(Value::as_array).filter(|_| self.kind == Imported::Customers);
        for email in emails.into_iter().flatten().filter_map(|email| email.get("email")?.as_str()) {
            let found = id_of(client.customers().get_by_email(email).await.map(|one| one.data.id.into()))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        match item.get("id").and_then(Value::as_str).and_then(|id| id.parse::<ObjectId>().ok()) {
            None => Ok(None),
            Some(id) => self.present(id).await,
        }
    }

    /// Writes references of records: whether each was written.
    ///
    /// # Errors
    /// When the server refuses all of them, or does not answer.
    pub(crate) async fn refer(&self, waiting: &[(Waiting, Item)]) -> Result<Vec<bool>, Failure> {
        // Each is a job's item of its own: one that cannot be written yet does not keep the others.
        let key = SystemIds::new(SystemClock)?.next();
        let mut written = Vec::with_capacity(waiting.len());
        for of_list in waiting.chunk_by(|(one, _), (other, _)| one.path == other.path) {
            for part in of_list.chunks(MAX_ITEMS) {
                let items = part.iter().zip(1..).map(|((one, change), at)| {
                    let mut item = with_reference(change, at);
                    item.insert("id".to_owned(), Value::from(one.id.as_str()));
                    Value::Object(item).to_string()
                });
                let body = format!("[{}]", items.collect::<Vec<_>>().join(","));
                let (path, at) = (part.first().map_or("", |(one, _)| one.path.as_str()), written.len());
                let results = self.job_at(Method::PUT, path, &format!("import-{key}-{at}"), body).await?;
                let is_written = |at| !matches!(outcome(&results, at), Outcome::Refused(_));
                written.extend((1..).take(part.len()).map(is_written));
            }
        }
        Ok(written)
    }

    /// Makes a job, and waits until it is complete: what became of its items.
    async fn job(&self, method: Method, line: u64, part: &str, body: String) -> Result<Vec<BulkResult>, Failure> {
        let key = format!("{}-{line}{part}", self.run);
        self.job_at(method, &self.kind.path(self.klass), &key, body).await
    }

    async fn job_at(&self, method: Method, list: &str, key: &str, body: String) -> Result<Vec<BulkResult>, Failure> {
        let path = format!("{list}/bulk");
        let retry = Retry::default().attempts(10).longest_wait(Duration::from_secs(60));
        let call = self.client.request(method.clone(), &path).json(body).retry(retry);
        // A file that is imported again writes what changed.
        let call = call.header(unchanged::HEADER, unchanged::ASKS);
        let answer = call.header("idempotency-key", key).await;
        let answer = answer.map_err(|error| Failure::of_call(&method, &path, error))?;
        self.has_begun.store(true, Ordering::Relaxed);
        let mut job = read_job(answer)?;
        for _ in 0..MOST_WAITS {
            if job.attributes.completed.value().is_some_and(|completed| *completed) {
                return self.results(job).await;
            }
            tokio::time::sleep(WAIT).await;
            job = read_job(self.client.request(Method::GET, &format!("/bulk/{}", job.id)).await?)?;
        }
        Err(Failure::new(format!("the server has not done the job {} yet: continue later with --resume", job.id)))
    }

    /// What became of the items of a job: out of the job, or out of its batches.
    async fn results(&self, job: Job) -> Result<Vec<BulkResult>, Failure> {
        if let Some(results) = job.attributes.results.value() {
            return Ok(results.clone());
        }
        let answer = self.client.request(Method::GET, &format!("/bulk/{}/batches", job.id)).await?;
        let batches = answer.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut results = Vec::new();
        for of_batch in batches.into_iter().filter_map(|batch| batch.pointer("/attributes/results").cloned()) {
            let read: Vec<BulkResult> = serde_json::from_value(of_batch).map_err(|error| no_job(&error))?;
            results.extend(read);
        }
        Ok(results)
    }
}

fn first_line(entries: &[Entry]) -> u64 {
    entries.first().map_or(0, |entry| entry.row.line)
}

fn outcome(results: &[BulkResult], line: u64) -> Outcome {
    let reference = line.to_string();
    let result = results.iter().find(|result| result.client_ref.as_deref() == Some(reference.as_str()));
    let id = result.and_then(|result| result.object_id.clone()).unwrap_or_default();
    match result.map(|result| (&result.status, &result.error)) {
        Some((Some(BulkResultStatus::Created), None)) => Outcome::Created(id),
        Some((Some(BulkResultStatus::Updated), None)) => Outcome::Updated(id),
        Some((_, Some(error))) => {
            // Which value it is.
            let what = result.and_then(|result| result.errors.first()?.get("title")?.as_str().map(ToOwned::to_owned));
            let what = what.filter(|_| error == CLASH).map_or(String::new(), |what| format!(": {what}"));
            Outcome::Refused(format!("{error}{what}"))
        }
        _ => Outcome::Refused("the server does not say what became of it".to_owned()),
    }
}

fn read_job(mut answer: Value) -> Result<Job, Failure> {
    serde_json::from_value(answer["data"].take()).map_err(|error| no_job(&error))
}

fn no_job(error: &serde_json::Error) -> Failure {
    Failure::new(format!("the server's answer is no bulk job: {error}"))
}

/// The id that a look-up found; `None` when there is none.
fn id_of(answer: Result<String, Error>) -> Result<Option<String>, Failure> {
    match answer {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
