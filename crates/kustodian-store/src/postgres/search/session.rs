//! A conversation with the database that has a time limit, all as of one moment.

use std::time::{Duration, Instant};

use kustodian_core::refusal::Refusal;
use kustodian_core::search::Query;
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::ObjectId;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, Row};

use super::super::connection::{Connection, Failed, Step, statement};
use super::super::failure::{store_error, unavailable};
use super::super::values::{Id, Value};
use super::condition::Piece;
use crate::search::{LOST, may_ask_lost};

/// One snapshot. Compiling a query to machine code takes longer than any of these should; and the searched rows are in
/// memory more often than not.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; \
     SET LOCAL random_page_cost = 1.1; SET LOCAL cursor_tuple_fraction = 1";

/// $1 org, $2 its note of that. Within the snapshot: what a server remembers of an org may be some seconds old.
const MAY_HAVE_LOST: &str = "SELECT 1 FROM search_slots WHERE org = $1 AND attribute = $2";

/// Why a search stopped before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Its time is over.
    Time,
    /// The database failed.
    Failed(Trouble),
}

/// A failure of the database. The connection may be within a transaction.
#[derive(Debug)]
pub(in crate::postgres) struct Trouble(pub(in crate::postgres) StoreError);

impl From<Failed> for Trouble {
    fn from(failed: Failed) -> Self {
        Self(store_error(&failed.error))
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(Trouble(store_error(&error)))
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(Trouble(StoreError::Failed { reason: refusal.to_string() }))
    }
}

/// Whether it ended in time.
pub(super) fn in_time(result: Result<(), Halt>) -> Result<bool, Trouble> {
    match result {
        Ok(()) => Ok(true),
        Err(Halt::Time) => Ok(false),
        Err(Halt::Failed(trouble)) => Err(trouble),
    }
}

/// Statements without a time limit.
pub(super) fn anyway<T>(result: Result<T, Halt>) -> Result<T, Trouble> {
    result.map_err(|halt| match halt {
        Halt::Failed(trouble) => trouble,
        Halt::Time => Trouble(unavailable("a search was not answered in time")),
    })
}

/// A conversation. It ends with [`Session::end`].
pub(super) struct Session<'c> {
    connection: &'c Connection,
    pub(super) org: OrgKey,
    end: Instant,
    /// Whether a statement was stopped, which ended the snapshot.
    is_broken: bool,
    /// Whether the search asks for values that merges took, and customers of the org may have some.
    pub(super) may_have_lost: bool,
}

impl<'c> Session<'c> {
    pub(super) async fn begin(
        connection: &'c Connection,
        org: OrgKey,
        query: &Query,
        time: Duration,
    ) -> Result<Self, Trouble> {
        let end = Instant::now() + time;
        let mut steps = vec![Step::Command(BEGIN)];
        if may_ask_lost(query) {
            steps.push(statement(MAY_HAVE_LOST, vec![Value::Number(org.0), Value::Text(LOST)]));
        }
        let answers = connection.run_unnamed(&steps).await?;
        let may_have_lost = steps.len() > 1 && answers.last().is_some_and(|answer| !answer.rows.is_empty());
        Ok(Self { connection, org, end, is_broken: false, may_have_lost })
    }

    /// Whether time is left.
    pub(super) fn check_time(&self) -> Result<(), Halt> {
        if self.is_broken || Instant::now() >= self.end { Err(Halt::Time) } else { Ok(()) }
    }

    /// Asks, for as long as there is time.
    pub(super) async fn ask(&mut self, piece: &Piece) -> Result<Vec<Row>, Halt> {
        self.check_time()?;
        let left = self.end.saturating_duration_since(Instant::now());
        let limit = format!("SET LOCAL statement_timeout = {}", left.as_millis().max(1));
        self.send(&limit, piece).await
    }

    /// Asks for what must be known although time is over: a few records by their keys.
    pub(super) async fn ask_anyway(&mut self, piece: &Piece) -> Result<Vec<Row>, Halt> {
        if std::mem::take(&mut self.is_broken) {
            let again = [Step::Command("ROLLBACK"), Step::Command(BEGIN)];
            self.connection.run_unnamed(&again).await.map_err(|failed| Halt::Failed(failed.into()))?;
        }
        self.send("SET LOCAL statement_timeout = 5000", piece).await
    }

    async fn send(&mut self, limit: &str, piece: &Piece) -> Result<Vec<Row>, Halt> {
        let steps = [Step::Command(limit), Step::Statement(piece.numbered().into(), piece.bound())];
        match self.connection.run_unnamed(&steps).await {
            Ok(mut answers) => Ok(answers.pop().map(|answer| answer.rows).unwrap_or_default()),
            Err(failed) if failed.error.code() == Some(&SqlState::QUERY_CANCELED) => {
                self.is_broken = true;
                Err(Halt::Time)
            }
            Err(failed) => Err(Halt::Failed(failed.into())),
        }
    }

    /// Asks for ids.
    pub(super) async fn ids(&mut self, piece: &Piece) -> Result<Vec<ObjectId>, Halt> {
        Ok(read_ids(&self.ask(piece).await?)?)
    }

    /// Asks for one number; 0 where there is no row.
    pub(super) async fn number(&mut self, piece: &Piece) -> Result<u64, Halt> {
        let rows = self.ask(piece).await?;
        let number: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        Ok(u64::try_from(number).unwrap_or_default())
    }

    /// Opens a cursor; one at a time.
    pub(super) async fn open(&mut self, piece: &Piece) -> Result<(), Halt> {
        let declared = format!("DECLARE found NO SCROLL CURSOR FOR {}", piece.sql);
        self.ask(&Piece::new(declared, piece.values.clone())).await.map(|_| ())
    }

    /// The next rows of the cursor; none at its end.
    pub(super) async fn fetch(&mut self, count: usize) -> Result<Vec<Row>, Halt> {
        self.ask(&Piece::new(format!("FETCH {count} FROM found"), Vec::new())).await
    }

    /// Closes the cursor.
    pub(super) async fn close(&mut self) -> Result<(), Halt> {
        self.ask(&Piece::new("CLOSE found", Vec::new())).await.map(|_| ())
    }

    /// Ends the snapshot; the connection is at rest afterwards.
    pub(super) async fn end(self) -> Result<(), Trouble> {
        self.connection.run_unnamed(&[Step::Command("ROLLBACK")]).await?;
        Ok(())
    }
}

/// Ids out of the first column.
pub(super) fn read_ids(rows: &[Row]) -> Result<Vec<ObjectId>, Error> {
    rows.iter().map(|row| row.try_get::<_, Id>(0).map(|id| id.0)).collect()
}
