//! The port to what visitors do.

use async_trait::async_trait;
use kustomer_api::{ObjectId, Timestamp};

use super::{Seen, Sighting};
use crate::store::{OrgKey, StoreError};

/// A session of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The id that it is stored under.
    pub id: ObjectId,
    /// The id that the client chose, or was given.
    pub name: String,
    /// When its first event happened.
    pub first_at: Timestamp,
    /// When its last event happened.
    pub last_at: Timestamp,
    /// How many events it has.
    pub count: u64,
}

/// An event of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedRow {
    /// Its id.
    pub id: ObjectId,
    /// When.
    pub at: Timestamp,
    /// Its name.
    pub name: String,
    /// What else is known of it, as JSON.
    pub details: String,
    /// The name of its session.
    pub session: String,
}

/// Which events of customers to read: in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedQuery {
    /// Of these customers.
    pub customers: Vec<ObjectId>,
    /// Of the session with this name, or this id.
    pub session: Option<String>,
    /// The one with this id.
    pub id: Option<ObjectId>,
    /// How many to pass over.
    pub offset: u64,
    /// How many at most.
    pub limit: u32,
}

/// The age at which data expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Sessions whose last event is older than this go.
    pub before: Timestamp,
    /// Those of visitors nobody knows that began before this go.
    pub unidentified_before: Timestamp,
}

/// Keeps what visitors do, as rows of its own. An acknowledged sighting survives whatever happens to the server, as a commit
/// does.
#[async_trait]
pub trait Tracks {
    /// Stores a sighting of a visitor; `None` when its customer does not exist or is deleted.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn track(&self, org: OrgKey, sighting: Sighting) -> Result<Option<Seen>, StoreError>;

    /// The customer that a visitor is, as far as that is known.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_visitor(&self, org: OrgKey, visitor: ObjectId) -> Result<Option<ObjectId>, StoreError>;

    /// A page of the sessions of customers, those that began last first.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_sessions(
        &self,
        org: OrgKey,
        customers: Vec<ObjectId>,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError>;

    /// A page of the events of customers.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_tracked(&self, org: OrgKey, query: TrackedQuery) -> Result<Vec<TrackedRow>, StoreError>;

    /// Erases everything that was tracked of a customer, and who the visitors were.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn forget_tracked(&self, org: OrgKey, customer: ObjectId) -> Result<(), StoreError>;

    /// Removes some expired data; returns whether there may be more.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn sweep_tracked(&self, org: OrgKey, retention: Retention) -> Result<bool, StoreError>;
}
