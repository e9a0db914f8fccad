//! The statements on the table of each kind.

use std::sync::LazyLock;

use kustodian_core::kind::{Kind, Spec};

use crate::added::Added;

/// The statements on one kind's table.
pub(super) struct Statements {
    /// The table's name.
    pub(super) table: &'static str,
    /// ?1 org, ?2 id → a record.
    pub(super) find: &'static str,
    /// ?1 claim key, ?2 org → the record that holds it, and its id and the kind of the claim as that has them.
    pub(super) find_by_claim: &'static str,
    /// ?1 org, ?2 id → key, rev, deleted, `created_at`, then the columns of the kind.
    pub(super) state: &'static str,
    /// ?1 id, ?2 org, ?3 rev, ?4 format, ?5 deleted, ?6 `created_at`, ?7 `updated_at`, ?8 document; then the columns of the
    /// kind in their order, and the home.
    pub(super) insert: &'static str,
    /// ?1 org, ?2 id, ?3 rev, ?4 format, ?5 `updated_at`, ?6 document: the indexes by id, by `created_at` and by columns stay
    /// as they are, which SQLite would rewrite if their columns were named here.
    pub(super) update: &'static str,
    /// As `update`, with ?7 deleted, ?8 `created_at`, then the columns of the kind.
    pub(super) update_keys: &'static str,
}

/// The statements on the table of each kind, in the order of [`Kind::ALL`]. They are built once and live as long as the
/// program.
static STATEMENTS: LazyLock<[Statements; Kind::ALL.len()]> =
    LazyLock::new(|| Kind::ALL.map(|kind| of_kind(kind.spec())));

fn of_kind(spec: &'static Spec) -> Statements {
    let table = spec.table;
    let Added { columns, places, assignments: moved } = Added::of(spec, '?');
    Statements {
        table,
        find: format!(
            "SELECT id, rev, deleted, created_at, updated_at, document FROM {table} WHERE org = ?1 AND id = ?2"
        )
        .leak(),
        find_by_claim: format!(
            "SELECT r.id, r.rev, r.deleted, r.created_at, r.updated_at, r.document, c.owner, c.kind FROM claims c \
             LEFT JOIN {table} r ON r.org = c.org AND r.id = c.owner WHERE c.key = ?1 AND c.org = ?2"
        )
        .leak(),
        state: format!("SELECT key, rev, deleted, created_at{columns} FROM {table} WHERE org = ?1 AND id = ?2").leak(),
        insert: format!(
            "INSERT INTO {table} (id, org, rev, format, deleted, created_at, updated_at, document{columns}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8{places})"
        )
        .leak(),
        update: format!(
            "UPDATE {table} SET rev = ?3, format = ?4, updated_at = ?5, document = ?6 WHERE org = ?1 AND id = ?2"
        )
        .leak(),
        update_keys: format!(
            "UPDATE {table} SET rev = ?3, format = ?4, updated_at = ?5, document = ?6, deleted = ?7, \
             created_at = ?8{moved} WHERE org = ?1 AND id = ?2"
        )
        .leak(),
    }
}

/// The statements on the table of `kind`.
pub(super) fn statements(kind: Kind) -> &'static Statements {
    &STATEMENTS[kind as usize]
}

/// ?1 claim key, ?2 org → its owner.
pub(super) const FIND_OWNER: &str = "SELECT owner FROM claims WHERE key = ?1 AND org = ?2";

/// ?1 claim key, ?2 org, ?3 kind, ?4 owner. The claim was looked up before: held already means held by this owner.
pub(super) const TAKE_CLAIM: &str =
    "INSERT INTO claims (key, org, kind, owner) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING";

/// ?1 claim key, ?2 org, ?3 owner.
pub(super) const FREE_CLAIM: &str = "DELETE FROM claims WHERE key = ?1 AND org = ?2 AND owner = ?3";

/// ?1 receipt key, ?2 org, ?3 a moment → fingerprint, kind, record, rev, status, `expires_at` of one that counts then.
pub(super) const FIND_RECEIPT: &str = "SELECT fingerprint, kind, record, rev, status, expires_at FROM receipts \
     WHERE key = ?1 AND org = ?2 AND expires_at > ?3";

/// In the order of the table's columns. One that is there does not count any longer.
pub(super) const LEAVE_RECEIPT: &str = "REPLACE INTO receipts (key, org, fingerprint, kind, record, rev, status, \
     expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// ?1 a moment: forgets what does not count any longer, 256 at a time, so that nobody waits for it.
pub(super) const SWEEP_RECEIPTS: &str = "DELETE FROM receipts WHERE key IN \
     (SELECT key FROM receipts INDEXED BY receipts_by_end WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 256)";

/// ?1 org → the last position given, and its link.
pub(super) const HEAD: &str = "SELECT position, link FROM feeds WHERE org = ?1";

/// ?1 org, ?2 position, ?3 link.
pub(super) const MOVE_HEAD: &str = "INSERT INTO feeds (org, position, link) VALUES (?1, ?2, ?3) \
     ON CONFLICT (org) DO UPDATE SET position = excluded.position, link = excluded.link";

/// In the order of the table's columns.
pub(super) const INSERT_EVENT: &str = "INSERT INTO events (org, position, id, kind, record, rev, name, at, actor, \
     client, digest, link, salt, request_id, changes, snapshot) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// ?1 org, ?2 kind, ?3 record, ?4 the revision before the first, ?5 the one behind the last.
pub(super) const ERASE_EVENTS: &str = "UPDATE events SET salt = NULL, request_id = '', changes = NULL, \
     snapshot = NULL WHERE org = ?1 AND kind = ?2 AND record = ?3 AND rev > ?4 AND rev < ?5";

/// ?1 org, ?2 kind, ?3 record, ?4 revision, ?5 the record as that left it. One that another erasure emptied stays empty.
pub(super) const KEEP_WHOLE: &str = "UPDATE events SET snapshot = ?5 WHERE org = ?1 AND kind = ?2 AND record = ?3 \
     AND rev = ?4 AND salt IS NOT NULL";

/// Records, until the sweep is done, that the file has erased data; written again for each erasure, so that a
/// scrub forgets only what it has seen.
pub(super) const WANT_SCRUB: &str = "REPLACE INTO settings (name, value) VALUES ('scrub', randomblob(16))";

/// ?1 org, ?2 kind, ?3 how many more.
pub(super) const COUNT_LIVE: &str = "INSERT INTO live_counts (org, kind, live) VALUES (?1, ?2, ?3) \
     ON CONFLICT (org, kind) DO UPDATE SET live = live + excluded.live";

/// ?1 org, ?2 kind → how many there are.
pub(super) const LIVE: &str = "SELECT live FROM live_counts WHERE org = ?1 AND kind = ?2";
