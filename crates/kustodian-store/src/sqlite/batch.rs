//! One transaction of the writer: change sets taken one by one, each seeing those before it.

use std::collections::HashMap;
use std::sync::Arc;

use kustodian_core::chain;
use kustodian_core::change::{ChangeSet, Erasure, Event, Name, Narrowed, Put};
use kustodian_core::claim::{Claim, ClaimKey};
use kustodian_core::feed::Head;
use kustodian_core::kind::Kind;
use kustodian_core::receipt::Receipt;
use kustodian_core::store::{CommitError, OrgKey};
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::event_columns::{self, RequestId, ShortId};
use super::events::find_head;
use super::listing;
use super::packed::Packed;
use super::prepared::{Prepared, PreparedEvent, PreparedPut, PreparedSearch};
use super::receipts;
use super::records::find_owner;
use super::search::{Difference, FoundBy, Made, Writing, former_terms, index, mark};
use super::sql::{
    COUNT_LIVE, ERASE_EVENTS, FREE_CLAIM, INSERT_EVENT, KEEP_WHOLE, MOVE_HEAD, TAKE_CLAIM, WANT_SCRUB, statements,
};
use super::values::Hex;
use crate::document::DOCUMENT_FORMAT;

/// A transaction in the making. The caller begins and ends it; [`Batch::finish`] is before the end.
pub(super) struct Batch<'c> {
    connection: &'c Connection,
    /// The end of the feed of each org touched.
    heads: HashMap<OrgKey, Head>,
    /// How many live records each list gains.
    gains: HashMap<(OrgKey, Kind), i64>,
    /// The search entries of customers that the index knows.
    search: Writing,
    /// The last key that the index knows, once asked for.
    indexed: Option<i64>,
    /// Customers that the index is to know after this.
    made: Vec<Made>,
    /// How many custom attributes of an org are indexed at most.
    slots: usize,
    /// The latest moment at which a receipt was left: the time for forgetting older ones, which needs no clock.
    receipts_left_at: Option<Timestamp>,
}

/// The work that a transaction leaves for after its commit.
pub(super) struct Finished {
    /// Customers that the index is to know.
    pub(super) made: Vec<Made>,
    /// Whether it left a segment of words.
    pub(super) has_words: bool,
}

/// A record before it is written.
#[derive(Clone, Copy)]
struct Before {
    /// Its row; not known yet of a record that is made in the same change set.
    key: Option<i64>,
    rev: u64,
    deleted: bool,
    created_at: i64,
    /// Whether its columns hold what the put that found it gives them.
    has_columns: bool,
}

/// How a customer that is written is known to the index.
enum Former<'p> {
    /// Not at all: it is made.
    New,
    /// Not yet, by its row.
    Waiting(i64),
    /// By its row, which is to be changed where it differs.
    Differing(i64, &'p Difference),
    /// By its row and these terms.
    Known(i64, String),
}

/// The values of a record's columns, in their order.
fn columns(put: &Put) -> Vec<Option<&str>> {
    put.kind.spec().columns.iter().map(|column| put.columns.get(column.name)).collect()
}

fn with<'a>(base: &[&'a dyn ToSql], columns: &'a [Option<&str>]) -> Vec<&'a dyn ToSql> {
    base.iter().copied().chain(columns.iter().map(|value| value as &dyn ToSql)).collect()
}

impl<'c> Batch<'c> {
    pub(super) fn new(connection: &'c Connection, slots: usize) -> Self {
        Self {
            connection,
            heads: HashMap::new(),
            gains: HashMap::new(),
            search: Writing::default(),
            indexed: None,
            made: Vec::new(),
            slots,
            receipts_left_at: None,
        }
    }

    /// Writes all of `changes`, or nothing when something is in the way. No savepoint is needed for that (they cost a
    /// third of the throughput): everything is looked up before anything is written but claims, which are given up again.
    ///
    /// After an error of a statement the transaction is of no use: some of the changes may have been written.
    pub(super) fn apply(
        &mut self,
        org: OrgKey,
        changes: &ChangeSet,
        prepared: &Prepared,
    ) -> rusqlite::Result<Result<(), CommitError>> {
        if let Some(receipt) = self.find_receipt(org, &changes.receipts)? {
            return Ok(Err(CommitError::Replayed(receipt)));
        }
        let before = match self.look_up(org, &changes.puts)? {
            Ok(before) => before,
            Err(conflict) => return Ok(Err(conflict)),
        };
        if let Some(missing) = self.missing(org, &changes.asserts)? {
            return Ok(Err(missing));
        }
        if let Some(filled) = self.filled(org, &changes.empties)? {
            return Ok(Err(filled));
        }
        if let Some(conflict) = self.take_claims(org, changes)? {
            return Ok(Err(conflict));
        }
        self.erase(org, &changes.erasures)?;
        for ((put, prepared), before) in changes.puts.iter().zip(&prepared.puts).zip(before) {
            self.put(org, put, prepared, before)?;
        }
        self.give_up_claims(org, changes)?;
        for (event, prepared) in changes.events.iter().zip(&prepared.events) {
            self.append(org, event, prepared)?;
        }
        for receipt in &changes.receipts {
            receipts::leave(self.connection, org, receipt)?;
            self.receipts_left_at = self.receipts_left_at.max(Some(receipt.made_at()));
        }
        Ok(Ok(()))
    }

    /// Writes the gathered rows of the whole transaction.
    pub(super) fn finish(mut self) -> rusqlite::Result<Finished> {
        let has_words = self.search.has_words();
        self.search.write_gathered(self.connection, self.slots)?;
        let mut count = self.connection.prepare_cached(COUNT_LIVE)?;
        for ((org, kind), gain) in self.gains {
            if gain != 0 {
                count.execute(params![org.0, kind.as_str(), gain])?;
            }
        }
        let mut move_head = self.connection.prepare_cached(MOVE_HEAD)?;
        for (org, Head { position, link }) in self.heads {
            move_head.execute(params![org.0, position, link.0])?;
        }
        if let Some(now) = self.receipts_left_at {
            receipts::sweep(self.connection, now)?;
        }
        Ok(Finished { made: self.made, has_words })
    }

    /// The first receipt that is there already and counts: all of the change set was done before.
    fn find_receipt(&self, org: OrgKey, wanted: &[Receipt]) -> rusqlite::Result<Option<Receipt>> {
        for receipt in wanted {
            let found = receipts::find(self.connection, org, receipt.key, receipt.made_at())?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The state each put finds, earlier puts of the same change set counted in; or the first that does not fit.
    fn look_up(&self, org: OrgKey, puts: &[Put]) -> rusqlite::Result<Result<Vec<Option<Before>>, CommitError>> {
        let mut found = Vec::with_capacity(puts.len());
        let mut written: HashMap<Name, Before> = HashMap::new();
        for put in puts {
            let before = match written.get(&(put.kind, put.id)) {
                Some(earlier) => Some(*earlier),
                None => self.state(org, (put.kind, put.id), &columns(put))?,
            };
            if before.map(|before| before.rev) != put.expects {
                return Ok(Err(CommitError::Stale { kind: put.kind, id: put.id }));
            }
            found.push(before);
            if puts.len() > 1 {
                let key = before.and_then(|before| before.key);
                let Put { rev, deleted, .. } = *put;
                let after = Before { key, rev, deleted, created_at: put.created_at.as_millis(), has_columns: false };
                written.insert((put.kind, put.id), after);
            }
        }
        Ok(Ok(found))
    }

    /// The first record that is asserted and not there.
    fn missing(&self, org: OrgKey, asserts: &[Name]) -> rusqlite::Result<Option<CommitError>> {
        for &(kind, id) in asserts {
            if self.state(org, (kind, id), &[])?.is_none_or(|state| state.deleted) {
                return Ok(Some(CommitError::Stale { kind, id }));
            }
        }
        Ok(None)
    }

    /// The first list that must be empty and is not.
    fn filled(&self, org: OrgKey, empties: &[Narrowed]) -> rusqlite::Result<Option<CommitError>> {
        for list in empties {
            if listing::has_any(self.connection, org, list)? {
                return Ok(Some(CommitError::NotEmpty { kind: list.kind }));
            }
        }
        Ok(None)
    }

    /// The state of a record; `columns` are the values that its columns are to hold.
    fn state(&self, org: OrgKey, (kind, id): Name, columns: &[Option<&str>]) -> rusqlite::Result<Option<Before>> {
        let read = |row: &Row<'_>| {
            let mut has_columns = true;
            for (place, wanted) in columns.iter().enumerate() {
                has_columns &= row.get_ref(4 + place)?.as_str_or_null()? == *wanted;
            }
            let (key, rev, deleted, created_at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Before { key, rev, deleted, created_at, has_columns })
        };
        self.connection.prepare_cached(statements(kind).state)?.query_row((org.0, Hex::of(id)), read).optional()
    }

    /// Takes the claims of a change set; the first that another record holds, and then none is taken. To look for a holder
    /// before would search the largest tree of a create twice for each claim.
    fn take_claims(&self, org: OrgKey, changes: &ChangeSet) -> rusqlite::Result<Option<CommitError>> {
        let mut taken: Vec<&Claim> = Vec::with_capacity(changes.claims.len());
        let mut awaited: HashMap<ClaimKey, ObjectId> = HashMap::new();
        for claim in &changes.claims {
            let holder = if changes.frees.iter().any(|free| free.key == claim.key) {
                // It is taken once it has been given up.
                let holder = match awaited.get(&claim.key) {
                    Some(owner) => Some(*owner),
                    None => self.holder_after(org, claim.key, &changes.frees)?,
                };
                awaited.insert(claim.key, claim.owner);
                holder
            } else if self.take(org, claim)? {
                taken.push(claim);
                None
            } else {
                find_owner(self.connection, org, claim.key)?
            };
            if let Some(holder) = holder.filter(|holder| *holder != claim.owner) {
                for claim in taken {
                    self.free(org, claim)?;
                }
                return Ok(Some(CommitError::Claimed { claim: *claim, holder }));
            }
        }
        Ok(None)
    }

    /// The record that holds a claim after these were given up.
    fn holder_after(&self, org: OrgKey, key: ClaimKey, frees: &[Claim]) -> rusqlite::Result<Option<ObjectId>> {
        let is_given_up = |holder: ObjectId| frees.iter().any(|free| free.key == key && free.owner == holder);
        Ok(find_owner(self.connection, org, key)?.filter(|holder| !is_given_up(*holder)))
    }

    /// Whether nobody held the claim.
    fn take(&self, org: OrgKey, Claim { kind, key, owner, .. }: &Claim) -> rusqlite::Result<bool> {
        let values = (key.as_bytes(), org.0, kind.as_str(), Hex::of(*owner));
        Ok(self.connection.prepare_cached(TAKE_CLAIM)?.execute(values)? == 1)
    }

    fn free(&self, org: OrgKey, Claim { key, owner, .. }: &Claim) -> rusqlite::Result<()> {
        self.connection.prepare_cached(FREE_CLAIM)?.execute((key.as_bytes(), org.0, Hex::of(*owner)))?;
        Ok(())
    }

    /// Empties the payloads of records' events. Erased data is overwritten where it is, too; what older writes
    /// left elsewhere in the file is left to a scrub.
    fn erase(&self, org: OrgKey, erasures: &[Erasure]) -> rusqlite::Result<()> {
        if erasures.is_empty() {
            return Ok(());
        }
        let wants_scrub = erasures.iter().any(Erasure::wants_scrub);
        if wants_scrub {
            self.connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        }
        for erasure @ Erasure { kind, id, kept, .. } in erasures {
            let (kind, id, after) = (kind.as_str(), ShortId(*id), erasure.after());
            self.connection.prepare_cached(ERASE_EVENTS)?.execute((org.0, kind, &id, after, erasure.before()))?;
            if let Some(kept) = kept {
                let document = Packed::of_event(&kept.document);
                self.connection.prepare_cached(KEEP_WHOLE)?.execute(params![
                    org.0,
                    kind,
                    id,
                    kept.rev,
                    document.bound()
                ])?;
            }
        }
        if wants_scrub {
            self.connection.prepare_cached(WANT_SCRUB)?.execute([])?;
        }
        Ok(())
    }

    fn put(&mut self, org: OrgKey, put: &Put, prepared: &PreparedPut, before: Option<Before>) -> rusqlite::Result<()> {
        let former = self.former(org, put, prepared, before)?;
        if put.kind.is_in_entries() {
            let name = (org, put.kind, put.id);
            index(self.connection, self.search.entry_words(), name, before.is_none(), &prepared.entries)?;
        }
        let statements = statements(put.kind);
        let id = Hex::of(put.id);
        let (created_at, updated_at) = (put.created_at.as_millis(), put.updated_at.as_millis());
        let document = prepared.document.bound();
        let columns = columns(put);
        let written = match before {
            None => {
                let base = params![id, org.0, put.rev, DOCUMENT_FORMAT, put.deleted, created_at, updated_at, document];
                let home = Hex::of(put.home.unwrap_or(put.id));
                let mut values = with(base, &columns);
                values.extend(put.kind.spec().has_home().then_some(&home as &dyn ToSql));
                self.connection.prepare_cached(statements.insert)?.execute(&*values)?
            }
            Some(before) if before.has_columns && before.deleted == put.deleted && before.created_at == created_at => {
                self.connection.prepare_cached(statements.update)?.execute(params![
                    org.0,
                    id,
                    put.rev,
                    DOCUMENT_FORMAT,
                    updated_at,
                    document
                ])?
            }
            Some(_) => {
                let base = params![org.0, id, put.rev, DOCUMENT_FORMAT, updated_at, document, put.deleted, created_at];
                self.connection.prepare_cached(statements.update_keys)?.execute(&*with(base, &columns))?
            }
        };
        if written != 1 {
            return Err(rusqlite::Error::StatementChangedRows(written));
        }
        if put.kind == Kind::Customer {
            self.put_search(org, put, prepared, former)?;
        }
        let was_live = before.is_some_and(|before| !before.deleted);
        *self.gains.entry((org, put.kind)).or_default() += i64::from(!put.deleted) - i64::from(was_live);
        Ok(())
    }

    /// How a customer that is there is known to the index, before its document is written over.
    fn former<'p>(
        &mut self,
        org: OrgKey,
        put: &Put,
        prepared: &'p PreparedPut,
        before: Option<Before>,
    ) -> rusqlite::Result<Former<'p>> {
        let Some(before) = before.filter(|_| put.kind == Kind::Customer) else { return Ok(Former::New) };
        let key = match before.key {
            Some(key) => key,
            None => self
                .connection
                .prepare_cached(statements(put.kind).state)?
                .query_row((org.0, Hex::of(put.id)), |row| row.get(0))?,
        };
        let indexed = match self.indexed {
            Some(indexed) => indexed,
            None => *self.indexed.insert(mark(self.connection)?),
        };
        if key > indexed {
            return Ok(Former::Waiting(key));
        }
        Ok(match &prepared.search {
            PreparedSearch::Difference(difference) => Former::Differing(key, difference),
            PreparedSearch::Nothing | PreparedSearch::Whole(_) => {
                Former::Known(key, former_terms(self.connection, org, key)?)
            }
        })
    }

    /// The search entries of a customer: at once where the index knows the customer, afterwards where it does not.
    fn put_search(
        &mut self,
        org: OrgKey,
        put: &Put,
        prepared: &PreparedPut,
        former: Former<'_>,
    ) -> rusqlite::Result<()> {
        let whole = || match &prepared.search {
            PreparedSearch::Nothing => None,
            PreparedSearch::Whole(found) => Some(Arc::clone(found)),
            PreparedSearch::Difference(_) => put.search.as_deref().map(|row| Arc::new(FoundBy::of(org, row))),
        };
        let key = match former {
            Former::New => self.connection.last_insert_rowid(),
            Former::Waiting(key) => key,
            Former::Differing(key, difference) => {
                return self.search.amend(self.connection, (org, key, put.id), difference, self.slots);
            }
            Former::Known(key, terms) => {
                let (record, found) = ((org, key, put.id), whole());
                return self.search.replace(self.connection, record, &terms, found.as_deref(), self.slots);
            }
        };
        self.made.push(Made { key, rev: put.rev, by: whole() });
        Ok(())
    }

    /// Gives claims up, and takes those that waited for it.
    fn give_up_claims(&self, org: OrgKey, changes: &ChangeSet) -> rusqlite::Result<()> {
        for free in &changes.frees {
            self.free(org, free)?;
        }
        for claim in changes.claims.iter().filter(|claim| changes.frees.iter().any(|free| free.key == claim.key)) {
            self.take(org, claim)?;
        }
        Ok(())
    }

    /// Puts an event at the end of the org's feed. Nobody else writes until this transaction ends, so positions are
    /// dense and in the order of commits.
    fn append(&mut self, org: OrgKey, event: &Event, prepared: &PreparedEvent) -> rusqlite::Result<()> {
        let head = match self.heads.get(&org) {
            Some(head) => *head,
            None => find_head(self.connection, org)?,
        };
        let position = head.position + 1;
        let link = chain::link(head.link, position, prepared.leaf);
        self.connection.prepare_cached(INSERT_EVENT)?.execute(params![
            org.0,
            position,
            ShortId(event.id),
            event.kind.as_str(),
            ShortId(event.record),
            event.rev,
            event_columns::name(event.kind.as_str(), &event.name),
            event.at.as_millis(),
            event.actor.map(ShortId),
            event.client,
            event.digest.0,
            link.0,
            event.salt.0,
            RequestId(&event.request_id),
            prepared.changes(),
            prepared.snapshot()
        ])?;
        self.heads.insert(org, Head { position, link });
        Ok(())
    }
}
