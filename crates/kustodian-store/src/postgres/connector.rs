//! Making connections, and not trying in vain: while the server is away nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kustodian_core::store::StoreError;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::Connection;
use super::failure::{unavailable, words};
use super::trace::{Side, Tracer};
use super::url::Place;
use crate::options::Options;

/// How long after a failure nobody tries; doubled with every further one, up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a server lets a transaction wait for us before it ends it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(30);

/// How many connections citus opens to each worker for one of ours. It makes and drops them for each statement that asks
/// several shards: with one, creates were three to four times as fast, searches twice. Where there is no citus, PostgreSQL
/// keeps the setting and does nothing with it.
const EXECUTOR_POOL: &str = "citus.max_adaptive_executor_pool_size";

/// "commit", as a number. Where tables are spread, each commit shares it, and the reader of a snapshot of several machines
/// holds it alone for that moment: else one machine may show a commit that another does not show yet.
pub(super) const COMMITTING: i64 = 0x636f_6d6d_6974;

/// Makes connections.
pub(super) struct Connector {
    place: Place,
    tls: MakeRustlsConnect,
    begin: String,
    /// The same for a commit that a snapshot of several machines must see whole.
    begin_commit: String,
    session: String,
    /// Where all that is sent is noted; nowhere while serving.
    tracer: Option<Arc<Tracer>>,
    outage: Mutex<Option<Outage>>,
}

/// The server did not answer.
struct Outage {
    until: Instant,
    pause: Duration,
    reason: String,
}

impl Connector {
    pub(super) fn new(place: Place, tls: MakeRustlsConnect, options: &Options) -> Self {
        let statement = place.statement_timeout.min(options.commit_timeout).as_millis().max(1);
        let limits = |scope: &str| {
            let limits = format!(
                "SET {scope} statement_timeout = {statement}; SET {scope} lock_timeout = {statement}; \
                 SET {scope} idle_in_transaction_session_timeout = {}",
                IDLE_IN_TRANSACTION.as_millis()
            );
            // The URL's `options=-c …` go first.
            let is_chosen = place.config.get_options().is_some_and(|options| options.contains(EXECUTOR_POOL));
            if is_chosen { limits } else { format!("{limits}; SET {scope} {EXECUTOR_POOL} = 1") }
        };
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        let begin = if place.shares_sessions { format!("{begin}; {}", limits("LOCAL")) } else { begin.to_owned() };
        Self {
            begin_commit: format!("{begin}; SELECT pg_advisory_xact_lock_shared({COMMITTING})"),
            begin,
            session: if place.shares_sessions { String::new() } else { limits("SESSION") },
            place,
            tls,
            tracer: None,
            outage: Mutex::new(None),
        }
    }

    /// The same, recording statements over its connections from now on.
    #[cfg(feature = "trace")]
    pub(super) fn traced(self, tracer: Arc<Tracer>) -> Self {
        Self { tracer: Some(tracer), ..self }
    }

    /// The command that begins a transaction that writes.
    pub(super) fn begin(&self) -> &str {
        &self.begin
    }

    /// The command that begins a transaction that writes records or positions. Where tables are spread it holds
    /// [`COMMITTING`] until every machine shows the commit.
    pub(super) fn begin_commit(&self, is_spread: bool) -> &str {
        if is_spread { &self.begin_commit } else { &self.begin }
    }

    /// How long a statement may take.
    pub(super) fn statement_timeout(&self) -> Duration {
        self.place.statement_timeout
    }

    /// Whether a pooler hands a session to others between our transactions.
    pub(super) fn shares_sessions(&self) -> bool {
        self.place.shares_sessions
    }

    /// How many connections to hold at most.
    pub(super) fn pool_size(&self) -> usize {
        self.place.pool_size
    }

    /// The database, to show.
    pub(super) fn name(&self) -> &str {
        &self.place.name
    }

    /// A new connection for work that nobody waits for; else as [`Connector::connect_for_requests`].
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        self.connect_as(Side::Background).await
    }

    /// A new connection; refused at once while the server is known to be away, but for one caller now and then who
    /// tries.
    pub(super) async fn connect_for_requests(&self) -> Result<Connection, StoreError> {
        self.connect_as(Side::Request).await
    }

    async fn connect_as(&self, side: Side) -> Result<Connection, StoreError> {
        self.may_try()?;
        match self.try_connect_as(side).await {
            Ok(connection) => {
                *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok(connection)
            }
            Err(error) => {
                let reason = format!("no connection to the {}: {}", self.place.name, words(&error));
                self.note(&reason);
                Err(unavailable(reason))
            }
        }
    }

    /// A new connection, whatever is known.
    pub(super) async fn try_connect(&self) -> Result<Connection, Error> {
        self.try_connect_as(Side::Background).await
    }

    async fn try_connect_as(&self, side: Side) -> Result<Connection, Error> {
        let config = &self.place.config;
        let client = if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(drive(connection));
            client
        } else {
            let (client, connection) = config.connect(self.tls.clone()).await?;
            tokio::spawn(drive(connection));
            client
        };
        let connection = Connection::new(client, !self.place.shares_sessions);
        if !self.session.is_empty() {
            connection.command(&self.session).await?;
        }
        Ok(match &self.tracer {
            Some(tracer) => connection.tapped(tracer.tap(side)),
            None => connection,
        })
    }

    /// Stops the statement that the server works on for a connection.
    pub(super) async fn cancel(&self, connection: &Connection) -> Result<(), Error> {
        let token = connection.cancel_token();
        match self.place.config.get_ssl_mode() {
            SslMode::Disable => token.cancel_query(NoTls).await,
            _ => token.cancel_query(self.tls.clone()).await,
        }
    }

    fn may_try(&self) -> Result<(), StoreError> {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outage) = outage.as_mut() else { return Ok(()) };
        let now = Instant::now();
        if now < outage.until {
            return Err(unavailable(outage.reason.clone()));
        }
        // The others still fail fast while this one tries.
        outage.until = now + self.place.config.get_connect_timeout().copied().unwrap_or(LONGEST_PAUSE);
        Ok(())
    }

    fn note(&self, reason: &str) {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = outage.as_ref().map_or(SHORTEST_PAUSE, |outage| (outage.pause * 2).min(LONGEST_PAUSE));
        if outage.is_none() {
            tracing::error!("{reason}");
        }
        *outage = Some(Outage { until: Instant::now() + pause, pause, reason: reason.to_owned() });
    }
}

/// Lets a connection do its work until it ends, which its users learn by their requests.
async fn drive(connection: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!("a connection ended: {}", words(&error));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tls;
    use super::*;

    #[test]
    fn citus_opens_one_connection_to_a_worker_unless_the_url_says_otherwise() {
        let sets = |url: &str| {
            let options = Options::default();
            let place = Place::parse(url, &options).unwrap();
            let tls = tls::connector(&place).unwrap();
            let Connector { session, begin, .. } = Connector::new(place, tls, &options);
            [session, begin].map(|sql| sql.contains("citus.max_adaptive_executor_pool_size = 1"))
        };
        assert_eq!(sets("postgres://a@b/c"), [true, false]);
        assert_eq!(sets("postgres://a@b/c?pooler=transaction"), [false, true]);
        assert_eq!(sets("postgres://a@b/c?options=-c%20citus.max_adaptive_executor_pool_size%3D4"), [false, false]);
    }
}
