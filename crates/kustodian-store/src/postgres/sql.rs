//! The statements on the table of each kind.

use std::sync::LazyLock;

use kustodian_core::kind::{Kind, Spec};

use crate::added::Added;

/// The statements on one kind's table.
pub(super) struct Statements {
    /// The table's name.
    pub(super) table: &'static str,
    /// $1 org, $2 id → a record.
    pub(super) find: &'static str,
    /// $1 org, $2 claim key → the record that holds it.
    pub(super) find_by_claim: &'static str,
    /// $1 org, $2 ids → those records there are.
    pub(super) find_all: &'static str,
    /// $1 org, $2 claim keys → the records that hold them, each with the claim's key. It joins tables that are
    /// distributed differently, which citus does not do at once.
    pub(super) find_all_by_claim: &'static str,
    /// As `find`; locked until the transaction ends.
    pub(super) lock: &'static str,
    /// As `find`; kept from being changed until the transaction ends.
    pub(super) share: &'static str,
    /// $1 id, $2 org, $3 rev, $4 format, $5 deleted, $6 `created_at`, $7 `updated_at`, $8 document; then the columns of the
    /// kind in their order, and the home.
    pub(super) insert: &'static str,
    /// As `insert`, without the home.
    pub(super) update: &'static str,
    /// $1 org, $2 home, $3 id, $4 limit → the records that have this home, after this id; empty for a kind without homes.
    pub(super) at_home: &'static str,
    /// A new record of a kind without columns of its own, with its claims, its event and the outbox row in one
    /// statement: $1 to $8 as `insert`, $9 claim keys, $10 kinds, $11 owners, $12 kind, $13 event, $14 name, $15 at,
    /// $16 actor, $17 client, $18 digest, $19 salt, $20 request, $21 delta, $22 leaf. It writes tables that are
    /// distributed differently, which citus does not allow.
    pub(super) create: &'static str,
}

/// The statements on the table of each kind, in the order of [`Kind::ALL`]. They are built once and live as long as the
/// program.
static STATEMENTS: LazyLock<[Statements; Kind::ALL.len()]> =
    LazyLock::new(|| Kind::ALL.map(|kind| of_kind(kind.spec())));

fn of_kind(spec: &'static Spec) -> Statements {
    let table = spec.table;
    let Added { columns, places, assignments: moved } = Added::of(spec, '$');
    Statements {
        table,
        find: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND id = $2"
        )
        .leak(),
        // One statement, so that claim and record are of the same moment. Not a join: that would ask citus to
        // bring together two tables that are distributed differently.
        find_by_claim: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND id = \
             (SELECT owner FROM claims WHERE key = $2 AND org = $1)"
        )
        .leak(),
        find_all: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND id = \
             ANY($2)"
        )
        .leak(),
        find_all_by_claim: format!(
            "SELECT r.id, r.rev, r.deleted, r.created_at, r.updated_at, r.document, c.key FROM claims c JOIN \
             {table} r ON r.org = $1 AND r.id = c.owner WHERE c.key = ANY($2) AND c.org = $1"
        )
        .leak(),
        lock: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND id = $2 \
             FOR UPDATE"
        )
        .leak(),
        share: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND id = $2 \
             FOR SHARE"
        )
        .leak(),
        insert: format!(
            "INSERT INTO {table} (id, org, rev, format, deleted, created_at, updated_at, document{columns}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8{places})"
        )
        .leak(),
        update: format!(
            "UPDATE {table} SET rev = $3, format = $4, deleted = $5, created_at = $6, updated_at = $7, \
             document = $8{moved} WHERE id = $1 AND org = $2"
        )
        .leak(),
        at_home: match spec.has_home() {
            true => format!(
                "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = $1 AND home = $2 \
                 AND home <> id AND id > $3 ORDER BY id LIMIT $4"
            )
            .leak(),
            false => "",
        },
        create: format!(
            "WITH record AS (INSERT INTO {table} (id, org, rev, format, deleted, created_at, updated_at, \
             document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)), held AS (INSERT INTO claims (key, org, kind, \
             owner) SELECT w.key, $2, w.kind, w.owner FROM unnest($9, $10, $11) AS w (key, kind, owner)), \
             happened AS (INSERT INTO events (record, org, kind, rev, id, name, at, actor, client, digest, salt, \
             request_id) VALUES ($1, $2, $12, $3, $13, $14, $15, $16, $17, $18, $19, $20)) INSERT INTO outbox \
             (org, kind, record, rev, at, delta, id, actor, leaf) VALUES ($2, $12, $1, $3, $15, $21, $13, $16, \
             $22)"
        )
        .leak(),
    }
}

/// The statements on the table of `kind`.
pub(super) fn statements(kind: Kind) -> &'static Statements {
    &STATEMENTS[kind as usize]
}

/// New customers with their claims, their events and the outbox rows: as `create`, for several. Of the customers $1 ids,
/// $2 orgs, $3 revs, $4 `created_at`, $5 `updated_at`, $6 documents; of the claims $7 keys, $8 orgs, $9 kinds, $10
/// owners; of the events, in the order of the customers, $11 ids, $12 names, $13 at, $14 actors, $15 clients,
/// $16 digests, $17 salts, $18 requests, $19 leaves; $20 the format of all documents. $21 is for the search entries; of
/// the receipts $22 keys, $23 orgs, $24 fingerprints, $25 kinds, $26 records, $27 revs, $28 statuses, $29 `expires_at`.
pub(super) const CREATE_CUSTOMERS: &str = "WITH record AS (INSERT INTO customers \
     (id, org, rev, format, deleted, created_at, updated_at, document) \
     SELECT w.id, w.org, w.rev, $20, false, w.created_at, w.updated_at, w.document \
     FROM unnest($1, $2, $3, $4, $5, $6) AS w (id, org, rev, created_at, updated_at, document)), \
     held AS (INSERT INTO claims (key, org, kind, owner) \
     SELECT w.key, w.org, w.kind, w.owner FROM unnest($7, $8, $9, $10) AS w (key, org, kind, owner)), \
     happened AS (INSERT INTO events \
     (record, org, kind, rev, id, name, at, actor, client, digest, salt, request_id) \
     SELECT w.record, w.org, 'customer', w.rev, w.id, w.name, w.at, w.actor, w.client, w.digest, w.salt, w.request_id \
     FROM unnest($1, $2, $3, $11, $12, $13, $14, $15, $16, $17, $18) \
     AS w (record, org, rev, id, name, at, actor, client, digest, salt, request_id)), \
     answered AS (INSERT INTO receipts (key, org, fingerprint, kind, record, rev, status, expires_at) \
     SELECT w.key, w.org, w.fingerprint, w.kind, w.record, w.rev, w.status, w.expires_at \
     FROM unnest($22, $23, $24, $25, $26, $27, $28, $29) \
     AS w (key, org, fingerprint, kind, record, rev, status, expires_at)) \
     INSERT INTO outbox (org, kind, record, rev, at, delta, id, actor, leaf) \
     SELECT w.org, 'customer', w.record, w.rev, w.at, 1, w.id, w.actor, w.leaf \
     FROM unnest($1, $2, $3, $13, $11, $14, $19) AS w (record, org, rev, at, id, actor, leaf)";

/// $1 claim keys, $2 org → those held, with their owners.
pub(super) const FIND_OWNERS: &str = "SELECT key, owner FROM claims WHERE key = ANY($1) AND org = $2";

/// $1 org, $2 claim keys, $3 kinds, $4 owners. In the order of the keys, so that two who want the same ones wait for
/// each other instead of blocking each other.
pub(super) const TAKE_CLAIMS: &str = "INSERT INTO claims (key, org, kind, owner) \
     SELECT w.key, $1, w.kind, w.owner FROM unnest($2, $3, $4) AS w (key, kind, owner)";

/// $1 claim key, $2 org, $3 kind, $4 owner. Where tables are spread: citus sends the rows of an `INSERT … SELECT` by COPY,
/// whose errors lose their code, so nobody could know that a claim is taken.
pub(super) const TAKE_CLAIM: &str = "INSERT INTO claims (key, org, kind, owner) VALUES ($1, $2, $3, $4)";

/// $1 claim key, $2 org, $3 owner.
pub(super) const FREE_CLAIM: &str = "DELETE FROM claims WHERE key = $1 AND org = $2 AND owner = $3";

/// $1 receipt keys, $2 org → those there are, expired ones included: key, fingerprint, kind, record, rev, status,
/// `expires_at`.
pub(super) const FIND_RECEIPTS: &str = "SELECT key, fingerprint, kind, record, rev, status, expires_at FROM receipts \
     WHERE key = ANY($1) AND org = $2";

/// $1 key, $2 org, $3 fingerprint, $4 kind, $5 record, $6 rev, $7 status, $8 `expires_at`.
pub(super) const LEAVE_RECEIPT: &str = "INSERT INTO receipts (key, org, fingerprint, kind, record, rev, status, \
     expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// $1 key, $2 org, $3 a moment: forgets one that does not count any longer then.
pub(super) const FORGET_RECEIPT: &str = "DELETE FROM receipts WHERE key = $1 AND org = $2 AND expires_at <= $3";

/// Receipts that stopped counting an hour ago, by the database's clock, which may be wrong by as much; some of them.
pub(super) const EXPIRED_RECEIPTS: &str = "SELECT key FROM receipts \
     WHERE expires_at <= (extract(epoch FROM now()) * 1000)::bigint - 3600000 ORDER BY expires_at LIMIT 256";

/// $1 keys. A receipt that was left under one of them meanwhile stays.
pub(super) const SWEEP_RECEIPTS: &str = "DELETE FROM receipts WHERE key = ANY($1) \
     AND expires_at <= (extract(epoch FROM now()) * 1000)::bigint - 3600000";

/// $1 record, $2 org, $3 kind, $4 rev, $5 id, $6 name, $7 at, $8 actor, $9 client, $10 digest, $11 salt, $12 request,
/// $13 changes, $14 snapshot.
pub(super) const INSERT_EVENT: &str = "INSERT INTO events (record, org, kind, rev, id, name, at, actor, client, \
     digest, salt, request_id, changes, snapshot) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// $1 org, $2 kind, $3 record, $4 rev, $5 at, $6 delta, $7 event, $8 actor, $9 leaf.
pub(super) const INSERT_OUTBOX: &str = "INSERT INTO outbox (org, kind, record, rev, at, delta, id, actor, leaf) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Several, and what the sequencer is to know of them, where tables are on one machine: $1 org, $2 records, $3 kinds, $4 revs,
/// $5 ids, $6 names, $7 at, $8 actors, $9 clients, $10 digests, $11 salts, $12 requests, $13 changes, $14 snapshots, $15 deltas,
/// $16 leaves.
pub(super) const INSERT_EVENTS: &str = "WITH happened AS (INSERT INTO events (org, record, kind, rev, id, name, at, \
     actor, client, digest, salt, request_id, changes, snapshot) \
     SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)) \
     INSERT INTO outbox (org, kind, record, rev, at, delta, id, actor, leaf) \
     SELECT $1, * FROM unnest($3, $2, $4, $7, $15, $5, $8, $16)";

/// $1 record, $2 org, $3 kind, $4 the revision before the first, $5 the one behind the last.
pub(super) const ERASE_EVENTS: &str = "UPDATE events SET salt = NULL, request_id = '', changes = NULL, \
     snapshot = NULL WHERE record = $1 AND org = $2 AND kind = $3 AND rev > $4 AND rev < $5";

/// $1 record, $2 org, $3 kind, $4 revision, $5 the record as that left it. One that another erasure emptied stays empty.
pub(super) const KEEP_WHOLE: &str = "UPDATE events SET snapshot = $5 WHERE record = $1 AND org = $2 AND kind = $3 \
     AND rev = $4 AND salt IS NOT NULL";

/// $1 org → the last position given, and its link.
pub(super) const HEAD: &str = "SELECT position, link FROM feeds WHERE org = $1";

/// $1 record, $2 org, $3 kind, $4 moment → its revision then.
pub(super) const FIND_REV_AT: &str = "SELECT rev FROM events WHERE record = $1 AND org = $2 AND kind = $3 \
     AND at <= $4 ORDER BY rev DESC LIMIT 1";

/// $1 org, $2 kind → how many live records there are: counted up to the last position given, plus what waits for one.
pub(super) const LIVE: &str = "SELECT \
     (coalesce((SELECT live FROM live_counts WHERE org = $1 AND kind = $2), 0) \
      + coalesce((SELECT sum(delta) FROM outbox WHERE org = $1 AND kind = $2), 0))::bigint";

/// $1 any number: waits until nobody else holds that number, and holds it until the transaction ends.
pub(super) const HOLD_NUMBER: &str = "SELECT pg_advisory_xact_lock($1)";
