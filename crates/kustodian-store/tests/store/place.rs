//! Where the databases of these tests are: in private temporary files.

/// Whether writes that wait are committed together.
pub(crate) const GROUPS_COMMITS: bool = true;

/// How many random sequences the model is tried with.
pub(crate) const MODEL_CASES: u32 = 48;

/// The table in which positions and links are.
pub(crate) const PLACES: &str = "events";

/// An id as events have it, in SQL.
pub(crate) fn id_in_events(id: &str) -> String {
    format!("x'{id}'")
}

/// What can be done here past the engine, and its SQL; see `verify`.
pub(crate) const TAMPERINGS: &[(&str, &str)] = &[
    (
        "an event's id that is cut off",
        "UPDATE events SET id = substr(id, 1, 11) WHERE record = {erased_event} AND rev = 4",
    ),
    ("a request's id that is cut off", "UPDATE events SET request_id = x'00' WHERE record = {long_event} AND rev = 70"),
    (
        "an event put in at the end",
        "INSERT INTO events SELECT org, 78, id, kind, record, 71, name, at, actor, client, digest, link, salt, \
         request_id, changes, NULL FROM events WHERE record = {long_event} AND rev = 70",
    ),
    (
        "an event put in at the end, with the end and the record",
        "INSERT INTO events SELECT org, 78, id, kind, record, 71, name, at, actor, client, digest, link, salt, \
         request_id, changes, NULL FROM events WHERE record = {long_event} AND rev = 70; \
         UPDATE feeds SET position = 78, link = (SELECT link FROM events WHERE org = 1 AND position = 78) \
         WHERE org = 1; UPDATE tags SET rev = 71 WHERE id = '{long}' AND org = 1",
    ),
];

/// An event put in as the 41st, and those behind it moved on.
pub(crate) const PUT_IN_BETWEEN: &str = "UPDATE events SET position = -position WHERE org = 1 AND position > 40; \
     UPDATE events SET position = 1 - position WHERE org = 1 AND position < 0; \
     INSERT INTO events SELECT org, 41, {no_event}, kind, record, 71, name, at, actor, client, digest, \
     link, salt, request_id, changes, NULL FROM events WHERE record = {long_event} AND rev = 70; \
     UPDATE feeds SET position = 78 WHERE org = 1; UPDATE tags SET rev = 71 WHERE id = '{long}' AND org = 1";

/// Makes the database one of the version before the terms of pairs.
pub(crate) const BEFORE_PAIRS: &str = "PRAGMA user_version = 22";

/// How many random sets of records and searches are tried.
pub(crate) const SEARCH_CASES: u32 = 40;

/// Rows written into the index past the engine, with the parts that are then faulty.
pub(crate) const SEARCHES_MISLED: &[(&str, &[&str])] = &[
    ("DELETE FROM customer_search WHERE name = 'the first 7'", &["row"]),
    ("UPDATE customer_search SET name = 'x', c1 = NULL WHERE name = 'the first 1099'", &["name", "c1"]),
    (
        "INSERT INTO customer_words (customer_words, rowid, tokens) \
         SELECT 'delete', key, '1wnafirst' FROM customer_search WHERE name = 'the first 9'",
        &["words"],
    ),
    ("UPDATE search_progress SET indexed = 1000", &["row", "words"]),
    ("DELETE FROM search_terms WHERE term LIKE '%=the first company%'", &["words"]),
    ("DELETE FROM search_words WHERE search_words MATCH '\"b1wcompany\"'", &["words"]),
    ("UPDATE search_records SET words = 1", &["words"]),
    ("UPDATE search_records SET deleted = NOT deleted", &["deleted"]),
    ("DELETE FROM search_records", &["row", "words"]),
];

/// A database's place.
#[derive(Default)]
pub(crate) struct Place {
    /// Of a lasting one.
    file: Option<(tempfile::TempDir, String)>,
}

impl Place {
    #[expect(clippy::unused_async, reason = "on the other engine making a place takes a conversation")]
    pub(crate) async fn make() -> Option<Self> {
        Some(Self::default())
    }

    /// One that is still there after its database was closed.
    #[expect(clippy::unused_async, reason = "on the other engine making a place takes a conversation")]
    pub(crate) async fn lasting() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("data.db").display());
        Some(Self { file: Some((folder, url)) })
    }

    pub(crate) fn url(&self) -> &str {
        self.file.as_ref().map_or("sqlite::memory:", |(_, url)| url)
    }

    /// Another place with the same rows. Nobody may have the database open.
    pub(crate) async fn copy(&self) -> Self {
        let copy = Self::lasting().await.unwrap();
        std::fs::copy(self.path(), copy.path()).unwrap();
        copy
    }

    /// Writes past the engine; how many rows.
    #[expect(clippy::unused_async, reason = "on the other engine writing takes a conversation")]
    pub(crate) async fn write(&self, sql: &str) -> u64 {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.total_changes()
    }

    fn path(&self) -> &str {
        self.url().strip_prefix("sqlite:").unwrap()
    }
}
