//! The port to the records.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use kustodian_core::change::{ChangeSet, Kind};
use kustodian_core::claim::ClaimKey;
use kustodian_core::store::{CommitError, Decide, ListQuery, Listing, OrgKey, Store, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio::time::timeout;

use super::commit::Source;
use super::failure::{spoils_connection, store_error, unavailable};
use super::{Postgres, listing, records};

/// Also finds out whether this is a server that cannot write, as a standby is.
const CHECK: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean, \
     (SELECT count(*) FROM (SELECT 1 FROM orgs LIMIT 1) sample)";

/// Only a write tells whether the disk has room again.
const PROBE: &str = "INSERT INTO settings (name, value) VALUES ('writable', '') \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

#[async_trait]
impl Store for Postgres {
    async fn find(&self, org: OrgKey, kind: Kind, id: ObjectId) -> Result<Option<Stored>, StoreError> {
        records::find(&self.core.readers, org, kind, id).await
    }

    async fn find_by_claim(&self, org: OrgKey, kind: Kind, key: ClaimKey) -> Result<Option<Stored>, StoreError> {
        if !self.core.is_spread().await {
            return records::find_by_claim(&self.core.readers, org, kind, key).await;
        }
        // A subquery would keep citus from asking only the machine that has the record: two questions to one machine
        // each. Between them the record may give the claim away, as it may right after one.
        match self.find_owners(org, &[key]).await?.first() {
            Some(Some(owner)) => self.find(org, kind, *owner).await,
            _ => Ok(None),
        }
    }

    async fn find_owners(&self, org: OrgKey, keys: &[ClaimKey]) -> Result<Vec<Option<ObjectId>>, StoreError> {
        records::find_owners(&self.core.readers, org, keys).await
    }

    async fn list(&self, org: OrgKey, query: ListQuery) -> Result<Listing, StoreError> {
        let is_spread = self.core.is_spread().await;
        let lease = self.core.lists.take().await?;
        let limit = self.core.connector.statement_timeout();
        // Dropped by an error or by a caller who stops waiting, the connection is closed.
        match timeout(limit, listing::list(lease.connection(), org, &query, is_spread)).await {
            Ok(Ok(listing)) => {
                lease.give_back();
                Ok(listing)
            }
            Ok(Err(failed)) => {
                if failed.is_complete && !spoils_connection(&failed.error) {
                    lease.give_back();
                }
                Err(store_error(&failed.error))
            }
            Err(_) => Err(unavailable("PostgreSQL did not answer in time")),
        }
    }

    async fn commit(&self, org: OrgKey, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        Postgres::commit(self, org, Source::Ready(changes), None).await
    }

    async fn commit_locked(
        &self,
        org: OrgKey,
        kind: Kind,
        id: ObjectId,
        decide: Decide,
    ) -> Result<ChangeSet, CommitError> {
        Postgres::commit(self, org, Source::Open { kind, id, decide }, None).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        let answer = self.core.readers.read(CHECK, &[]).await?;
        let is_read_only = answer.rows.first().map(|row| row.try_get::<_, bool>(0)).transpose();
        if is_read_only.map_err(|error| store_error(&error))?.unwrap_or(true) {
            return Err(unavailable("this PostgreSQL server cannot write now"));
        }
        if self.core.is_write_failing.load(Ordering::Relaxed) {
            self.core.write(PROBE, &[]).await?;
            self.core.is_write_failing.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}
