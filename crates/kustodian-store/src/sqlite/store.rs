//! The port to the records.

use async_trait::async_trait;
use kustodian_core::change::{ChangeSet, Kind};
use kustodian_core::claim::ClaimKey;
use kustodian_core::store::{CommitError, Decide, ListQuery, Listing, OrgKey, Store, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio::sync::oneshot;

use super::job::{Job, Source};
use super::{Sqlite, listing, records};

// Single records are read on the calling thread: that takes some microseconds, less than handing it to another.
#[async_trait]
impl Store for Sqlite {
    async fn find(&self, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, StoreError> {
        self.readers.read(|connection| records::find(connection, org, kind, id))
    }

    async fn find_by_claim(&self, org: OrgKey, kind: Kind, key: ClaimKey) -> Result<Option<Stored>, StoreError> {
        self.readers.read(|connection| records::find_by_claim(connection, org, kind, key))
    }

    async fn find_owners(&self, org: OrgKey, keys: &[ClaimKey]) -> Result<Vec<Option<ObjectId>>, StoreError> {
        self.readers.read(|connection| keys.iter().map(|key| records::find_owner(connection, org, *key)).collect())
    }

    async fn list(&self, org: OrgKey, query: ListQuery) -> Result<Listing, StoreError> {
        self.read_long(move |connection| listing::list(connection, org, &query)).await
    }

    async fn commit(&self, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::change(org, Source::Ready(changes), reply))?;
        self.wait(answer).await?
    }

    async fn commit_locked(
        &self,
        org: OrgKey,
        kind: Kind,
        id: ObjectId,
        decide: Decide,
    ) -> Result<ChangeSet, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::change(org, Source::Open { kind, id, decide }, reply))?;
        self.wait(answer).await?
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.readers.read(|connection| connection.prepare_cached("SELECT count(*) FROM orgs")?.exists([]))?;
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Probe(reply))?;
        self.wait(answer).await?
    }
}
