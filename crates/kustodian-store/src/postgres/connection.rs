//! A connection that takes several statements in one trip.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use futures_util::TryStreamExt;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, Error, Row, RowStream, Statement};

use super::trace::Tap;
use super::values::Value;

/// How many statements a connection keeps prepared at most; further ones are sent unnamed.
const STATEMENTS: usize = 512;

/// A connection to PostgreSQL.
pub(super) struct Connection {
    client: Client,
    /// Where all that is sent is noted; nowhere while serving.
    tap: Option<Tap>,
    /// By their SQL; `None` where sessions are not ours alone, so that only unnamed statements survive.
    statements: Option<Mutex<HashMap<String, Statement>>>,
}

/// Something to send.
pub(super) enum Step<'a> {
    /// A command without values, such as BEGIN.
    Command(&'a str),
    /// A statement with its values.
    Statement(Cow<'a, str>, Vec<Value<'a>>),
    /// A statement whose rows are kept up to the one that exceeds a number of bytes. Those behind it are dropped as they
    /// arrive, since the answers of one trip are read to their end.
    Page(String, Vec<Value<'a>>, Limit),
}

/// How many bytes the rows of a page may have.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) bytes: usize,
    /// How many bytes of a row count.
    pub(super) length: fn(&Row) -> usize,
}

impl Limit {
    const NONE: Self = Self { bytes: usize::MAX, length: |_| 0 };
}

impl<'a> Step<'a> {
    /// The SQL and its values.
    fn parts(&self) -> (&str, &[Value<'a>]) {
        match self {
            Step::Command(sql) => (sql, &[]),
            Step::Statement(sql, values) => (sql, values),
            Step::Page(sql, values, _) => (sql, values),
        }
    }
}

/// The answer of a statement.
#[derive(Default)]
pub(super) struct Answer {
    /// The rows it returns.
    pub(super) rows: Vec<Row>,
    /// How many rows it wrote or returned.
    pub(super) affected: u64,
}

/// The first failure among several steps.
#[derive(Debug)]
pub(super) struct Failed {
    /// Why.
    pub(super) error: Error,
    /// Whether all steps were sent and answered. Otherwise the connection may be within a transaction.
    pub(super) is_complete: bool,
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// A statement with its values.
pub(super) fn statement<'a>(sql: &'a str, values: Vec<Value<'a>>) -> Step<'a> {
    Step::Statement(Cow::Borrowed(sql), values)
}

impl Connection {
    pub(super) fn new(client: Client, keeps_statements: bool) -> Self {
        Self { client, tap: None, statements: keeps_statements.then(Mutex::default) }
    }

    /// The same, recording statements from now on.
    pub(super) fn tapped(self, tap: Tap) -> Self {
        Self { tap: Some(tap), ..self }
    }

    /// What its statement is stopped with, from another connection.
    pub(super) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Sends commands without values; their answers are not kept.
    pub(super) async fn command(&self, sql: &str) -> Result<(), Error> {
        self.note([(sql, [].as_slice())]);
        self.client.batch_execute(sql).await
    }

    /// Sends one statement, prepared once for all its executions where sessions allow for it.
    pub(super) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Answer, Error> {
        let prepared = self.prepare(sql, values).await?;
        self.note([(sql, values)]);
        self.send(prepared, sql, values, Limit::NONE).await
    }

    /// As [`Connection::run`], each statement planned for exactly its values.
    pub(super) async fn run_unnamed(&self, steps: &[Step<'_>]) -> Result<Vec<Answer>, Failed> {
        self.note(steps.iter().map(Step::parts));
        all_in_order(steps.iter().map(|step| self.start(step, None)).collect()).await
    }

    /// Sends all of `steps` in one trip and waits for every answer, so that the connection is at rest afterwards.
    pub(super) async fn run(&self, steps: &[Step<'_>]) -> Result<Vec<Answer>, Failed> {
        // All of them first: a statement that still had to be prepared would be overtaken by those after it.
        let mut statements = Vec::with_capacity(steps.len());
        for step in steps {
            statements.push(match step {
                Step::Command(_) => None,
                Step::Statement(..) | Step::Page(..) => {
                    let (sql, values) = step.parts();
                    self.prepare(sql, values).await.map_err(|error| Failed { error, is_complete: false })?
                }
            });
        }
        self.note(steps.iter().map(Step::parts));
        let steps = steps.iter().zip(statements);
        all_in_order(steps.map(|(step, prepared)| self.start(step, prepared)).collect()).await
    }

    fn start<'a>(&'a self, step: &'a Step<'a>, prepared: Option<Statement>) -> Answering<'a> {
        match step {
            Step::Command(sql) => Box::pin(async { self.client.batch_execute(sql).await.map(|()| Answer::default()) }),
            Step::Statement(sql, values) => Box::pin(self.send(prepared, sql, values, Limit::NONE)),
            Step::Page(sql, values, limit) => Box::pin(self.send(prepared, sql, values, *limit)),
        }
    }

    /// Sends one statement that is planned for exactly these values.
    pub(super) async fn unnamed(&self, sql: &str, values: &[Value<'_>]) -> Result<Answer, Error> {
        self.note([(sql, values)]);
        self.send(None, sql, values, Limit::NONE).await
    }

    /// Records the statements of one trip.
    fn note<'a>(&self, sent: impl IntoIterator<Item = (&'a str, &'a [Value<'a>])>) {
        if let Some(tap) = &self.tap {
            tap.note(sent);
        }
    }

    async fn send(
        &self,
        prepared: Option<Statement>,
        sql: &str,
        values: &[Value<'_>],
        limit: Limit,
    ) -> Result<Answer, Error> {
        match prepared {
            Some(prepared) => collect(self.client.query_raw(&prepared, values).await?, limit).await,
            None => {
                let typed = values.iter().map(|value| (value, value.sql_type()));
                collect(self.client.query_typed_raw(sql, typed).await?, limit).await
            }
        }
    }

    async fn prepare(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Statement>, Error> {
        let Some(statements) = &self.statements else { return Ok(None) };
        {
            let known = statements.lock().unwrap_or_else(PoisonError::into_inner);
            if known.contains_key(sql) || known.len() >= STATEMENTS {
                return Ok(known.get(sql).cloned());
            }
        }
        let types: Vec<Type> = values.iter().map(Value::sql_type).collect();
        let prepared = self.client.prepare_typed(sql, &types).await?;
        statements.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), prepared.clone());
        Ok(Some(prepared))
    }
}

/// Reads all rows, and keeps them up to the limit.
async fn collect(rows: RowStream, limit: Limit) -> Result<Answer, Error> {
    let mut stream = pin!(rows);
    let (mut rows, mut kept) = (Vec::new(), 0_usize);
    while let Some(row) = stream.try_next().await? {
        if kept <= limit.bytes {
            kept = kept.saturating_add((limit.length)(&row));
            rows.push(row);
        }
    }
    Ok(Answer { rows, affected: stream.rows_affected().unwrap_or(0) })
}

/// Starts every future before waiting for the first: a statement is sent when its future is first polled. One that
/// fails before it is sent keeps back those after it, or a COMMIT would keep the others' work without it.
async fn all_in_order(mut waiting: Vec<Answering<'_>>) -> Result<Vec<Answer>, Failed> {
    let mut early: Vec<Option<Result<Answer, Error>>> = Vec::with_capacity(waiting.len());
    poll_fn(|context| {
        for future in &mut waiting {
            let answer = match future.as_mut().poll(context) {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            };
            let is_failed = matches!(answer, Some(Err(_)));
            early.push(answer);
            if is_failed {
                break;
            }
        }
        Poll::Ready(())
    })
    .await;
    let is_complete = early.len() == waiting.len();
    let mut answers = Vec::with_capacity(waiting.len());
    let mut failed = None;
    for (future, early) in waiting.into_iter().zip(early) {
        let answer = match early {
            Some(answer) => answer,
            None => future.await,
        };
        match answer {
            Ok(answer) => answers.push(answer),
            Err(error) => failed = failed.or(Some(Failed { error, is_complete })),
        }
    }
    match failed {
        Some(failed) => Err(failed),
        None => Ok(answers),
    }
}
