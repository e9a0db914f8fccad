//! A database for a while, in a schema of its own within another, with all that is sent to it noted.

use std::sync::Arc;

use super::connector::Connector;
use super::failure::words;
use super::trace::{Tracer, Trip};
use super::url::Place;
use super::{Postgres, connector, first};
use crate::address::Address;
use crate::failure::OpenError;
use crate::options::Options;
use crate::{Database, Engine};

/// An empty database in a schema of its own, beside the tables that are there, which it neither reads nor writes. It
/// notes every statement it is sent. The schema stays until [`Scratch::remove`].
pub struct Scratch {
    database: Database,
    tracer: Arc<Tracer>,
    owner: Connector,
    schema: String,
}

/// What the names of such schemas begin with.
const PREFIX: &str = "kustodian_plan_";

impl Scratch {
    /// Makes the schema `kustodian_plan_NAME` in the PostgreSQL database at `url`, with all tables. `as_spread` sends
    /// the statements that would be sent if the tables were spread over several machines; they run on one, too.
    ///
    /// # Errors
    /// When the database does not do, `name` has other characters than lower-case letters and digits, or the user has
    /// no right to make schemas in it.
    pub async fn make(url: &str, name: &str, as_spread: bool) -> Result<Self, OpenError> {
        let options = Options::default();
        let wrong = |reason: &str| OpenError::PostgresUrl { reason: reason.to_owned() };
        let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(wrong("the name of a scratch schema has lower-case letters and digits only"));
        }
        let schema = format!("{PREFIX}{name}");
        if !matches!(Address::parse(url)?, Address::Postgres(_)) {
            return Err(wrong("there is a plan for PostgreSQL alone: give a postgres:// URL"));
        }
        let mut place = Place::parse(url, &options)?;
        if place.shares_sessions {
            return Err(wrong("a plan needs sessions of its own: connect directly, past the pooler"));
        }
        let (owner, connection) = first(connector(Place::parse(url, &options)?, &options)?).await?;
        connection.command(&format!("CREATE SCHEMA {schema}")).await.map_err(|error| OpenError::Failed {
            what: format!("a schema in the {}", owner.name()),
            reason: format!("{}: plan as a user with the right CREATE in it", words(&error)),
        })?;
        drop(connection);
        let given = place.config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
        place.config.options(format!("{given}-c search_path={schema}"));
        let tracer = Arc::<Tracer>::default();
        let made = Self::start(place, &options, Arc::clone(&tracer), as_spread).await;
        match made {
            Ok(engine) => {
                let database = Database { engine: Engine::Postgres(Arc::new(engine)) };
                Ok(Self { database, tracer, owner, schema })
            }
            Err(error) => {
                // The first failure is the one to tell.
                drop(drop_schema(&owner, &schema).await);
                Err(error)
            }
        }
    }

    async fn start(
        place: Place,
        options: &Options,
        tracer: Arc<Tracer>,
        as_spread: bool,
    ) -> Result<Postgres, OpenError> {
        let (connector, connection) = first(connector(place, options)?.traced(tracer)).await?;
        Postgres::start(connector, connection, options, as_spread).await
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// All that was sent since this was asked last, in order.
    pub fn take_trips(&self) -> Vec<Trip> {
        self.tracer.take()
    }

    /// Closes the database and removes the schema with everything in it.
    ///
    /// # Errors
    /// When the server does not do it; the error names the schema.
    pub async fn remove(self) -> Result<(), OpenError> {
        let Self { database, tracer: _, owner, schema } = self;
        database.close().await;
        drop_schema(&owner, &schema).await
    }
}

async fn drop_schema(owner: &Connector, schema: &str) -> Result<(), OpenError> {
    let failed = |error: tokio_postgres::Error| OpenError::Failed {
        what: format!("the {}", owner.name()),
        reason: format!("{}: remove its schema {schema}", words(&error)),
    };
    let connection = owner.try_connect().await.map_err(failed)?;
    connection.command(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.map_err(failed)
}
