//! The properties of SQLite: files, other processes, and the content of the file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::search_turns::{expensive, fill};
use crate::setting::{changes, event, everything, make_org, new_token, next_id, put, stored};
use kustodian_core::change::{ChangeSet, Erasure, Event, Put};
use kustodian_core::kind::Kind;
use kustodian_core::search_store::SearchQuery;
use kustodian_core::store::{CommitError, OrgKey, StoreError};
use kustodian_store::{Database, OpenError, Options, open};
use kustomer_api::ObjectId;
use rusqlite::Connection;
use tokio::task::JoinSet;

async fn open_file(path: &Path) -> Result<Database, OpenError> {
    let options = Options { busy_timeout: Duration::from_millis(50), ..Options::default() };
    open(&format!("sqlite:{}", path.display()), options).await
}

/// The one line an operator reads.
async fn refusal(path: &Path) -> String {
    let Err(error) = open_file(path).await else { panic!("opened") };
    let line = error.to_string();
    assert!(!line.contains('\n') && line.contains(&path.display().to_string()), "{line}");
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_starts_over_although_one_long_search_follows_the_other() {
    const MIB: u64 = 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let options = Options {
        checkpoint_bytes: MIB / 2,
        log_limit_bytes: MIB,
        // Far longer than a commit may take: one that waited for a reader would fail.
        busy_timeout: Duration::from_secs(600),
        search_slice: Duration::from_millis(1),
        slow_searches: 3,
        ..Options::default()
    };
    let database = open(&format!("sqlite:{}", path.display()), options).await.unwrap();
    let (store, directory) = (database.store(), database.directory());
    let mut searches = JoinSet::new();
    for name in ["a", "b"] {
        let (store, org) = (database.store(), make_org(&*directory, name).await.key);
        fill(&*store, org, 100).await;
        let query = SearchQuery { time: Duration::from_secs(60), ..expensive() };
        searches.spawn(async move {
            // Each is whole, however often it had to begin again.
            while !store.search(org, query.clone()).await.unwrap().timed_out {}
        });
    }
    let org = make_org(&*directory, "c").await.key;
    for number in 0..300_u64 {
        // Digits that hardly compress.
        let digits = (0..1_000).map(|digit| (number * 1_000 + digit).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let document = format!(r#"{{"text":"{}"}}"#, digits.map(|digits| format!("{digits:x}")).collect::<String>());
        store.commit(org, changes(vec![Put { document, ..put(next_id(), 1) }])).await.unwrap();
    }
    let log = fs::metadata(folder.path().join("data.db-wal")).unwrap().len();
    assert!(log < 4 * MIB, "{log}");
    assert!(searches.try_join_next().is_none(), "every search ended in time");
    searches.shutdown().await;
    database.close().await;
}

#[tokio::test]
async fn written_records_are_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let key = database.directory().signing_key([7; 32]).await.unwrap();
    let customer = put(next_id(), 1);
    database.store().commit(org, changes(vec![customer.clone()])).await.unwrap();
    database.close().await;

    let database = open_file(&path).await.unwrap();
    let store = database.store();
    assert_eq!(store.find(org, Kind::Customer, customer.id).await.unwrap(), Some(stored(&customer)));
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(1));
    assert_eq!(database.directory().signing_key([8; 32]).await.unwrap(), key);
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = open_file(&folder.path().join("data.db")).await.unwrap();
    let store = database.store();
    let org = make_org(&*database.directory(), "acme").await.key;
    store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    database.close().await;
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["data.db"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let database = open_file(&folder.path().join("data.db")).await.unwrap();
    make_org(&*database.directory(), "acme").await;
    let mut files = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test]
async fn a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    open_file(&path).await.unwrap().close().await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let line = refusal(&path).await;
    assert!(line.contains("schema version 99") && line.contains("newer version"), "{line}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "Dear diary, ".repeat(500)).unwrap();
    assert!(refusal(&path).await.contains("is not a SQLite database"));
    assert!(fs::read_to_string(&path).unwrap().starts_with("Dear diary"));

    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    assert!(refusal(&path).await.contains("another program"));
}

#[tokio::test]
async fn a_place_that_does_not_do_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(&folder.path().join("missing/data.db")).await.contains("does not exist"));
    assert!(refusal(folder.path()).await.contains("is not a regular file"));
}

#[tokio::test]
async fn a_second_process_makes_tokens_while_the_first_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let server = open(&format!("sqlite:{}", path.display()), Options::default()).await.unwrap();
    let tool = open(&format!("sqlite://{}", path.display()), Options::default()).await.unwrap();
    let org = make_org(&*tool.directory(), "acme").await.key;
    let mut writes = JoinSet::new();
    for _ in 0..100 {
        let store = server.store();
        writes.spawn(async move { store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap() });
    }
    for secret in 0..10 {
        let new = new_token(org, secret);
        tool.directory().create_token(new.clone()).await.unwrap();
        assert_eq!(server.directory().find_token(new.hash).await.unwrap().unwrap().1, new.token);
    }
    assert_eq!(writes.join_all().await.len(), 100);
    let total = |kind| {
        let store = tool.store();
        async move { store.list(org, everything(kind)).await.unwrap().total }
    };
    assert_eq!((total(Kind::Customer).await, total(Kind::User).await), (Some(100), Some(10)));
    tool.close().await;
    server.close().await;
    assert_eq!(positions(&path, org), (1..=110).collect::<Vec<_>>());
}

fn positions(path: &Path, org: OrgKey) -> Vec<i64> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT position FROM events WHERE org = ?1 ORDER BY position").unwrap();
    statement.query_map([org.0], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn positions_are_dense_within_an_org_whatever_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await.unwrap();
    let store = database.store();
    let [acme, other] =
        [make_org(&*database.directory(), "acme").await.key, make_org(&*database.directory(), "b").await.key];
    let mut writes = JoinSet::new();
    for number in 0..90_u64 {
        let store = database.store();
        let org = if number % 2 == 0 { acme } else { other };
        // Every third expects a revision that is not there.
        let rev = if number % 3 == 0 { 5 } else { 1 };
        writes.spawn(
            async move { store.commit(org, changes(vec![put(next_id(), rev), put(next_id(), 1)])).await.is_ok() },
        );
    }
    assert_eq!(writes.join_all().await.into_iter().filter(|committed| *committed).count(), 60);
    store.commit(acme, changes(vec![put(next_id(), 1)])).await.unwrap();
    drop(store);
    database.close().await;
    assert_eq!(positions(&path, acme), (1..=61).collect::<Vec<_>>());
    assert_eq!(positions(&path, other), (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_lock_of_another_process_makes_writes_unavailable_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "acme").await.key);
    let lock = Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = store.commit(org, changes(vec![put(next_id(), 1)])).await;
    assert!(matches!(locked, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{locked:?}");
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(store.list(org, everything(Kind::Customer)).await.unwrap().total, Some(0), "reads still work");
    lock.execute_batch("ROLLBACK").unwrap();
    store.check().await.unwrap();
    store.commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_and_a_late_answer_are_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let options = Options {
        busy_timeout: Duration::from_secs(60),
        commit_timeout: Duration::from_millis(100),
        queue_length: 1,
        ..Options::default()
    };
    let database = open(&format!("sqlite:{}", path.display()), options).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let lock = Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut reasons = Vec::new();
    let mut writes = JoinSet::new();
    for _ in 0..5 {
        let store = database.store();
        writes.spawn(async move { store.commit(org, ChangeSet::default()).await });
    }
    while let Some(result) = writes.join_next().await {
        match result.unwrap() {
            Err(CommitError::Store(StoreError::Unavailable { reason, .. })) => reasons.push(reason),
            other => panic!("{other:?}"),
        }
    }
    assert!(reasons.iter().any(|reason| reason.contains("too many writes")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("unknown")), "{reasons:?}");
    lock.execute_batch("ROLLBACK").unwrap();
}

#[tokio::test]
async fn the_log_stays_within_bounds_while_writing_continues() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let options = Options { checkpoint_bytes: 256 * 1024, log_limit_bytes: 1024 * 1024, ..Options::default() };
    let database = open(&format!("sqlite:{}", path.display()), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "acme").await.key);
    for _ in 0..200 {
        let mut customer = put(next_id(), 1);
        customer.document = "x".repeat(20_000);
        store.commit(org, changes(vec![customer])).await.unwrap();
        let log = database.metrics().log_bytes;
        assert!(log < 1024 * 1024 + 100_000, "{log}");
    }
    assert!(database.metrics().checkpoints > 0);
    assert!(fs::metadata(folder.path().join("data.db-wal")).unwrap().len() < 2 * 1024 * 1024);
}

#[test]
fn sqlite_is_compiled_without_locks_that_readers_share() {
    let connection = Connection::open_in_memory().unwrap();
    let mut statement = connection.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
    assert!(options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"), "{options:?}");
}

/// How often the files in a folder hold a text.
fn occurrences(folder: &Path, text: &str) -> usize {
    let holds = |entry: fs::DirEntry| {
        let bytes = fs::read(entry.path()).unwrap();
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    fs::read_dir(folder).unwrap().map(|entry| holds(entry.unwrap())).sum()
}

/// A customer with a secret of 9 kB, so that it overflows its page, which grew and shrank several times.
async fn write_secret(database: &Database, org: OrgKey) -> ObjectId {
    let id = next_id();
    for rev in 1..=40 {
        let document = "SECRET-VALUE ".repeat(if rev % 2 == 0 { 700 } else { 3 });
        let put = Put { document, ..put(id, rev) };
        let event = Event { changes: Some("SECRET-CHANGE".to_owned()), ..event(&put) };
        let set = ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() };
        database.store().commit(org, set).await.unwrap();
        database.store().commit(org, changes(vec![crate::setting::put(next_id(), 1)])).await.unwrap();
    }
    id
}

fn erasing(id: ObjectId) -> ChangeSet {
    let erasures = vec![Erasure::whole(Kind::Customer, id)];
    ChangeSet { erasures, ..changes(vec![put(id, 41)]) }
}

#[tokio::test]
async fn erased_values_are_not_in_the_file_or_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = open_file(&folder.path().join("data.db")).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let id = write_secret(&database, org).await;
    database.store().commit(org, erasing(id)).await.unwrap();
    assert!(occurrences(folder.path(), "SECRET-") > 0, "the log still has it");
    database.store().scrub().await.unwrap();
    assert_eq!(occurrences(folder.path(), "SECRET-"), 0);
    database.store().commit(org, changes(vec![put(next_id(), 1)])).await.unwrap();
    assert_eq!(database.store().list(org, everything(Kind::Customer)).await.unwrap().total, Some(42));
}

#[tokio::test]
async fn values_erased_before_a_server_ended_are_scrubbed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let database = open_file(&path).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let id = write_secret(&database, org).await;
    // Somebody reads an older state: the log cannot be cut.
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM customers").unwrap();
    database.store().commit(org, erasing(id)).await.unwrap();
    let error = database.store().scrub().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    database.close().await;
    drop(reader);
    open_file(&path).await.unwrap().close().await;
    assert_eq!(occurrences(folder.path(), "SECRET-"), 0);
}

#[tokio::test]
async fn what_an_erased_customer_was_found_by_is_not_in_the_file_either() {
    let folder = tempfile::tempdir().unwrap();
    let database = open_file(&folder.path().join("data.db")).await.unwrap();
    let org = make_org(&*database.directory(), "acme").await.key;
    let secret = serde_json::json!({
        "name": "Zyxsecret", "emails": [{ "email": "qwvsecret@acme.example" }], "custom": { "aStr": "jkqsecret" },
    });
    let (erased, kept) = (next_id(), next_id());
    for rev in 1..=10 {
        let put = crate::search::customer(erased, rev, secret.as_object().unwrap(), false);
        database.store().commit(org, changes(vec![put])).await.unwrap();
        // Otherwise the index might get the last revision alone.
        let everything = kustodian_core::search::parse(b"{}", &kustodian_core::search::Settings::default()).unwrap();
        database.store().search(org, crate::search::search(&everything, 0, 1)).await.unwrap();
        let kept = serde_json::json!({ "name": format!("Kept {rev}") });
        let put = crate::search::customer(next_id(), 1, kept.as_object().unwrap(), false);
        database.store().commit(org, changes(vec![put])).await.unwrap();
    }
    let put = crate::search::customer(kept, 1, &serde_json::Map::new(), false);
    database.store().commit(org, changes(vec![put])).await.unwrap();
    // The index keeps only the part of a term that differs from the one before it.
    let traces = ["yxsecret", "wvsecret", "kqsecret"];
    assert!(traces.iter().all(|trace| occurrences(folder.path(), trace) > 0));
    let erasures = vec![Erasure::whole(Kind::Customer, erased)];
    let set = ChangeSet { erasures, ..changes(vec![Put { deleted: true, ..crate::setting::put(erased, 11) }]) };
    database.store().commit(org, set).await.unwrap();
    database.store().scrub().await.unwrap();
    for trace in traces {
        assert_eq!(occurrences(folder.path(), trace), 0, "{trace}");
    }
    // The shortest way to ask the index for the parts of deleted records.
    let connection = Connection::open(folder.path().join("data.db")).unwrap();
    let sql = "SELECT count(*) FROM customer_words WHERE customer_words MATCH ?";
    for term in ["\"1gemqwv\"", "\"1wnazyx\"*"] {
        assert_eq!(connection.query_row(sql, [term], |row| row.get::<_, u32>(0)).unwrap(), 0, "{term}");
    }
}
