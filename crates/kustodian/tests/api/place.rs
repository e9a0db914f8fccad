//! Where the databases of these tests are: SQLite, each in a file of its own.

/// A database's place. Dropped, the database is gone.
pub(crate) struct Place {
    url: String,
    folder: Option<tempfile::TempDir>,
}

impl Place {
    /// For a database that need not outlive its server.
    pub(crate) fn passing() -> Self {
        Self { url: "sqlite::memory:".to_owned(), folder: None }
    }

    /// For a database that outlives its server.
    pub(crate) fn lasting() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("kustodian.db").display());
        Self { url, folder: Some(folder) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the server must be asked to stop for the database to go.
    pub(crate) fn ends_with_its_server(&self) -> bool {
        self.folder.is_none()
    }
}

/// The folder for the attachments of a database, where it has none of its own.
pub(crate) fn attachments(_: &str) -> Option<String> {
    None
}

/// The folder where a server keeps the attachments of a database.
pub(crate) fn attachments_folder(url: &str) -> std::path::PathBuf {
    format!("{}.attachments", url.strip_prefix("sqlite:").unwrap()).into()
}

/// The same database by a URL with a password; there is none for a file.
pub(crate) fn with_password(url: &str, _: &str) -> String {
    url.to_owned()
}

/// The table that holds the positions of events.
pub(crate) const POSITIONS: &str = "events";

/// How many random sequences of writes are replayed.
pub(crate) const REPLAY_CASES: u32 = 12;

/// Whether several servers may serve one database.
pub(crate) const SEVERAL_SERVERS: bool = false;

/// The files of a database that a released version made, compressed, and of the answers of its API.
pub(crate) const KEPT: (&str, &str) = ("sqlite.db.gz", "told.json");

/// Whether it is a backup, which can be restored, too.
pub(crate) const IS_KEPT_AS_BACKUP: bool = true;

/// A database as it is kept.
pub(crate) fn keep(url: &str) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let file = work.path().join("backup.db");
    crate::backup::goes_well(&["backup", file.to_str().unwrap(), "--database", url]);
    std::fs::read(file).unwrap()
}

/// A kept database, where it can be served.
pub(crate) fn put_back(kept: &[u8]) -> Place {
    let place = Place::lasting();
    std::fs::write(place.url().strip_prefix("sqlite:").unwrap(), kept).unwrap();
    place
}

/// Every byte the database keeps on the disk, its log included.
pub(crate) fn everything(url: &str) -> String {
    let file = url.strip_prefix("sqlite:").unwrap();
    let bytes: Vec<u8> = ["", "-wal", "-journal"]
        .iter()
        .filter_map(|ending| std::fs::read(format!("{file}{ending}")).ok())
        .flatten()
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The words with this beginning that the files of a database hold, and where: a line each.
pub(crate) fn traces(url: &str, mark: &str) -> Vec<String> {
    crate::sqlite_file::traces(url.strip_prefix("sqlite:").unwrap(), mark)
}

/// Whether a line of [`traces`] is about bytes that the engine has let go of, and only [`rewrite`] takes away.
pub(crate) fn is_in_free_space(_: &str) -> bool {
    false
}

/// Gathers the statistics of every table, as the database does by itself at a time of its own.
pub(crate) fn analyze(_: &str) {}

/// Does what `docs/operating.md` advises the operator to do for that.
pub(crate) fn rewrite(url: &str) {
    let done = crate::server::binary().args(["scrub", "--rewrite", "--database", url]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Reads the id of an event's record, in SQL.
pub(crate) const RECORD_OF_EVENT: &str = "lower(hex(record))";

/// An id as events have it, in SQL.
pub(crate) fn id_in_events(id: &str) -> String {
    format!("x'{id}'")
}

/// A text for each revision that is no id, in the type of the ids of events, in SQL.
pub(crate) const NO_ID_IN_EVENTS: &str = "CAST('no id of an event ' || (10000 + rev) AS BLOB)";

/// The result of a query, as text; compressed values too.
pub(crate) fn rows(url: &str, sql: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |row: &rusqlite::Row<'_>, column| match row.get_unwrap(column) {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Blob(bytes) => kustodian_store::packed_text(&bytes).unwrap(),
        other => panic!("{other:?} in column {column} of {sql}"),
    };
    let read = |row: &rusqlite::Row<'_>| Ok((0..columns).map(|column| text(row, column)).collect());
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// Somebody who reads an old state of a database, until dropped.
pub(crate) struct OldReader(rusqlite::Connection);

impl OldReader {
    pub(crate) fn of(url: &str) -> Self {
        let connection = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let reader = Self(connection);
        reader.read();
        reader
    }

    /// How many customers there are for it.
    pub(crate) fn read(&self) -> i64 {
        self.0.query_row("SELECT count(*) FROM customers", [], |row| row.get(0)).unwrap()
    }
}

/// Somebody who keeps all others from writing, until dropped.
pub(crate) struct Writer(rusqlite::Connection);

impl Writer {
    pub(crate) fn of(url: &str) -> Self {
        let connection = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }

    /// Lets the others write again.
    pub(crate) fn end(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}
