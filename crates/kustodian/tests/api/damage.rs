//! Database files that are cut off, changed, deleted or replaced, before and while a server has them open.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Server, TOKEN, binary, http};

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// A server that was stopped in good order after it had made some customers, and its file.
fn made(folder: &Path) -> PathBuf {
    let path = folder.join("a.db");
    let mut server = Server::at(&url(&path), &[]);
    fill(&server, 0..60);
    assert!(server.stop().success());
    path
}

/// The content of the file: nothing in it repeats.
fn word(number: usize) -> String {
    format!("q{:08x}z", (number + 1) * 0x1e37_79b9 % 0xffff_ffff)
}

fn fill(server: &Server, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let notes = json!({ "noteTxt": format!("{number} ").repeat(200), "tierStr": word(number) });
        let email = format!("ada{number}@acme.example");
        server.create(json!({ "name": format!("Ada {number}"), "emails": [{ "email": email }], "custom": notes }));
    }
}

/// A start that must fail; returns its output on standard error.
fn refused(database: &str, arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = start(database, arguments).wait_with_output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{told}");
    told
}

fn start(database: &str, arguments: &[&str]) -> std::process::Child {
    binary()
        .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
        .env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until `/readyz` answers so.
fn wait_until_ready_is(server: &Server, status: u16) {
    wait_until_ready_is_within(server, status, Duration::from_secs(10));
}

fn wait_until_ready_is_within(server: &Server, status: u16, patience: Duration) {
    let end = Instant::now() + patience;
    loop {
        let answer = server.request(reqwest::Method::GET, "/readyz").send().unwrap();
        if answer.status().as_u16() == status {
            return;
        }
        assert!(Instant::now() < end, "/readyz still answers {}", answer.status());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn overwrite(path: &Path, place: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(place)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_file_that_was_cut_off_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let whole = fs::read(&path).unwrap();
    // With another number there SQLite does not believe the header, and takes the length of the file for that of the database.
    const VALID_FOR: usize = 95;
    let mut disbelieved = whole.clone();
    disbelieved[VALID_FOR] ^= 1;
    let lengths = [4_096, whole.len() / 8_192 * 4_096, whole.len() - 4_096, 50];
    for (whole, length) in [&whole, &disbelieved].into_iter().flat_map(|whole| lengths.map(|length| (whole, length))) {
        fs::write(&path, &whole[..length]).unwrap();
        let told = refused(&url(&path), &[]);
        assert!(told.contains("is damaged") && told.contains("kustodian check"), "{length}: {told}");
        assert!(told.contains("kustodian restore"), "{length}: {told}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..length], "it is left as it was");
        let check = binary().args(["check", "--database", &url(&path)]).output().unwrap();
        let told = [check.stdout, check.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert_eq!(check.status.code(), Some(1), "{length}: {told}");
        assert!(told.contains("fewer than a header") || told.contains("was cut off"), "{length}: {told}");
    }
    // One whose last pages are in its log alone is whole.
    fs::write(&path, &whole).unwrap();
    let server = Server::at(&url(&path), &[]);
    fill(&server, 60..70);
    drop(server);
    let server = Server::at(&url(&path), &[]);
    server.get("/v1/customers/email=ada69@acme.example").expect(200);
}

/// What every command that opens or makes a database says of this one; each is to fail.
fn refused_by_all(path: &Path) -> Vec<String> {
    let (database, other) = (url(path), path.with_extension("other"));
    let other = url(&other);
    let mut told = vec![refused(&database, &[])];
    for arguments in [
        vec!["migrate", "--database", &database],
        vec!["migrate", "--check", "--database", &database],
        vec!["org", "create", "acme", "--database", &database],
        vec!["token", "create", "--name", "n", "--role", "org", "--database", &database],
        vec!["check", "--database", &database],
        vec!["reindex", "--database", &database],
        vec!["backup", "new-backup.db", "--database", &database],
        vec!["copy", "--from", &database, "--to", &other],
        vec!["audit", "verify", "--database", &database],
    ] {
        let done = binary().args(&arguments).output().unwrap();
        let words = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success(), "{arguments:?}: {words}");
        told.push(words);
    }
    told
}

/// SQLite deletes the log beside a file that has no page, and with it what only the log holds.
#[test]
fn a_log_without_its_file_is_kept_and_no_database_is_made_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, aside) = (made(folder.path()), folder.path().join("aside.db"));
    let (log, backup) = (folder.path().join("a.db-wal"), folder.path().join("backup.db"));
    let arguments = ["backup", backup.to_str().unwrap(), "--database", &url(&path)];
    assert!(binary().args(arguments).status().unwrap().success());
    let server = Server::at(&url(&path), &[]);
    fill(&server, 60..63);
    drop(server);
    let left = fs::read(&log).unwrap();
    assert!(left.len() > 4_096, "a killed server leaves its log");
    fs::rename(&path, &aside).unwrap();
    for state in ["is missing", "is empty"] {
        if state == "is empty" {
            fs::write(&path, "").unwrap();
        }
        let restore = ["restore", backup.to_str().unwrap(), "--database", &url(&path)];
        let restored = binary().args(restore).output().unwrap();
        assert!(!restored.status.success());
        let mut told = refused_by_all(&path);
        told.push(String::from_utf8(restored.stderr).unwrap());
        for told in told {
            assert!(told.contains(state) && told.contains("a.db-wal is left") && told.lines().count() == 1, "{told}");
            assert!(told.contains("kustodian restore"), "{told}");
        }
        assert_eq!(fs::read(&log).unwrap(), left, "{state}: the log is as it was");
        assert_eq!(path.exists(), state == "is empty");
    }
    // A link leads to the place where the log is.
    fs::remove_file(&path).unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink("a.db", &link).unwrap();
    let told = refused(&url(&link), &[]);
    assert!(told.contains("a.db-wal is left"), "{told}");
    // Back in its place the file has all that was acknowledged.
    fs::rename(&aside, &path).unwrap();
    let server = Server::at(&url(&path), &[]);
    server.get("/v1/customers/email=ada62@acme.example").expect(200);
    drop(server);
    // With the log moved away there is nothing to lose.
    fs::remove_file(&path).unwrap();
    fs::remove_file(&log).unwrap();
    drop(Server::at(&url(&path), &[]));
}

#[test]
fn an_empty_file_is_a_new_database_unless_an_earlier_one_left_something_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    for ending in ["-wal", "-shm", ".key"] {
        let left = PathBuf::from(format!("{}{ending}", path.display()));
        fs::write(&path, "").unwrap();
        fs::write(&left, "").unwrap();
        let told = refused(&url(&path), &[]);
        assert!(told.contains("is empty") && told.contains(&format!("a.db{ending} is left")), "{told}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        fs::remove_file(&left).unwrap();
    }
    let mut server = Server::at(&url(&path), &[]);
    server.create(json!({ "name": "Ada" }));
    assert!(server.stop().success());
    // The key of a database that was deleted whole keeps nobody from making another.
    fs::remove_file(&path).unwrap();
    fs::write(folder.path().join("a.db.key"), "").unwrap();
    drop(Server::at(&url(&path), &[]));
}

#[test]
fn a_document_that_was_changed_is_an_error_and_never_another_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let whole = fs::read(&path).unwrap();
    let needle = word(17).into_bytes();
    let places = whole.windows(needle.len()).enumerate().filter(|(_, bytes)| *bytes == needle).map(|(at, _)| at);
    let places: Vec<usize> = places.collect();
    assert!(places.len() >= 2, "the document, the event's snapshot, the index: {places:?}");
    for place in &places {
        overwrite(&path, *place as u64 + 5, b"x");
    }
    let server = Server::at(&url(&path), &[]);
    let answer = server.get("/v1/customers/email=ada17@acme.example").expect(500);
    assert!(!answer.text.contains("tierStr"), "{}", answer.text);
    server.get("/v1/customers/email=ada16@acme.example").expect(200);
    // From now on it is known.
    wait_until_ready_is(&server, 503);
}

/// Gives every document of customers another checksum.
fn damage_documents(path: &Path) {
    let changed = "UPDATE customers SET document = CAST(substr(document, 1, 1) || x'00000000' || substr(document, 6) AS BLOB) \
         WHERE typeof(document) = 'blob'";
    assert_eq!(rusqlite::Connection::open(path).unwrap().execute(changed, []).unwrap(), 60);
}

#[test]
fn a_start_reads_some_records_and_takes_no_writes_when_they_are_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    damage_documents(&path);
    let server = Server::at(&url(&path), &[]);
    server.post("/v1/customers", json!({ "name": "Ada" })).expect(503);
}

#[test]
fn every_look_reads_some_records_and_finds_those_that_were_damaged_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let server = Server::at(&url(&path), &[]);
    wait_until_ready_is(&server, 200);
    damage_documents(&path);
    wait_until_ready_is(&server, 503);
}

#[test]
fn a_claim_that_leads_to_another_person_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let ids = connection
        .prepare("SELECT id FROM customers ORDER BY key LIMIT 2")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .collect::<rusqlite::Result<Vec<_>>>()
        .unwrap();
    connection.execute("UPDATE claims SET owner = ?1 WHERE owner = ?2", [&ids[1], &ids[0]]).unwrap();
    drop(connection);
    let server = Server::at(&url(&path), &[]);
    server.get("/v1/customers/email=ada0@acme.example").expect(500);
    server.get("/v1/customers/email=ada1@acme.example").expect(200);
    server.get(&format!("/v1/customers/{}", ids[0])).expect(200);
}

#[test]
fn a_server_whose_file_is_gone_or_replaced_is_not_ready_and_takes_no_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let aside = folder.path().join("aside.db");
    let server = Server::at(&url(&path), &[]);
    wait_until_ready_is(&server, 200);
    let is_lost = |server: &Server| {
        wait_until_ready_is(server, 503);
        server.post("/v1/customers", json!({ "name": "Lost" })).expect(503);
    };
    fs::rename(&path, &aside).unwrap();
    is_lost(&server);
    fs::copy(&aside, &path).unwrap();
    is_lost(&server);
    // Back in its place it is served on.
    fs::rename(&aside, &path).unwrap();
    wait_until_ready_is(&server, 200);
    server.create(json!({ "name": "Kept" }));
    fs::remove_file(format!("{}-wal", path.display())).unwrap();
    is_lost(&server);
}

#[test]
fn a_server_whose_file_is_damaged_meanwhile_is_not_ready_and_the_log_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (name, place, bytes) in [("header", 0, vec![0; 64]), ("pages", 8_192, vec![0x5a; 400 * 4_096])] {
        let path = folder.path().join(format!("{name}.db"));
        fs::copy(made(&tempfile::tempdir_in(folder.path()).unwrap().keep()), &path).unwrap();
        let mut process = start(&url(&path), &[]);
        let mut stdout = std::io::BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert_ne!(std::io::BufRead::read_line(&mut stdout, &mut line).unwrap(), 0);
        }
        let address = line.split("listening on ").nth(1).unwrap().trim().to_owned();
        let length = fs::metadata(&path).unwrap().len();
        overwrite(&path, place, &bytes[..bytes.len().min(usize::try_from(length - place).unwrap())]);
        let end = Instant::now() + Duration::from_secs(10);
        while http().build().unwrap().get(format!("{address}/readyz")).send().unwrap().status() != 503 {
            assert!(Instant::now() < end, "{name}: /readyz still answers 200");
            std::thread::sleep(Duration::from_millis(50));
        }
        let write = http()
            .build()
            .unwrap()
            .post(format!("{address}/v1/customers"))
            .bearer_auth(TOKEN)
            .header("content-type", "application/json")
            .body(r#"{"name":"into a file that no start takes"}"#)
            .send()
            .unwrap();
        // 500 when reading the record to write meets the damage first.
        assert!(write.status().is_server_error(), "{name}: {}", write.text().unwrap());
        process.kill().unwrap();
        let mut told = String::new();
        process.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        process.wait().unwrap();
        assert!(told.contains("kustodian check") && told.contains("kustodian restore"), "{name}: {told}");
    }
}

/// Takes the last entry out of a page of the file, as a bit that flips in its header does: no checksum covers that.
fn drop_last_entry(path: &Path, page: u64) {
    let header = (page - 1) * 4_096;
    let whole = fs::read(path).unwrap();
    let place = usize::try_from(header).unwrap() + 3;
    let entries = u16::from_be_bytes([whole[place], whole[place + 1]]);
    assert!(entries > 1, "{entries} entries");
    overwrite(path, header + 3, &(entries - 1).to_be_bytes());
}

/// Its name, and what does it to a file.
type Damage<'a> = (&'static str, &'a dyn Fn(&Path));

#[test]
fn a_record_that_fell_out_of_a_page_is_met_by_the_walk_through_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = made(folder.path());
    let root = |path: &Path, name: &str| -> u64 {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap()
    };
    // Of the table the last page: that which the root names behind its entries.
    let last_of_table = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let header = usize::try_from((root(path, "customers") - 1) * 4_096).unwrap();
        assert_eq!(bytes[header], 5, "the root of the table has pages below");
        u64::from(u32::from_be_bytes(bytes[header + 8..header + 12].try_into().unwrap()))
    };
    let forget_claim = |path: &Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection
            .execute("DELETE FROM claims WHERE key = (SELECT max(key) FROM claims WHERE kind = 'email')", [])
            .unwrap();
    };
    let change_event = |path: &Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute("UPDATE events SET client = 'another' WHERE position = 3", []).unwrap();
    };
    let break_payload = |path: &Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        let sql = "UPDATE events SET changes = '{' \
             WHERE (org, position) = (SELECT org, max(position) FROM events GROUP BY org)";
        assert_eq!(connection.execute(sql, []).unwrap(), 1);
    };
    let damages: [Damage<'_>; 5] = [
        ("event", &change_event),
        ("payload", &break_payload),
        ("index", &|path| drop_last_entry(path, root(path, "customers_by_created_at"))),
        ("table", &|path| drop_last_entry(path, last_of_table(path))),
        ("claim", &forget_claim),
    ];
    for (name, damage) in damages {
        let path = folder.path().join(format!("{name}.db"));
        fs::copy(&whole, &path).unwrap();
        damage(&path);
        let server = Server::at(&url(&path), &["--patrol-every", "0.0001"]);
        wait_until_ready_is(&server, 503);
        server.post("/v1/customers", json!({ "name": "Lost" })).expect(503);
    }
}

/// The entries of an index of words, in its order; `None` when they cannot be read.
fn words_in(path: &Path, index: &str) -> Option<Vec<(Vec<u8>, i64)>> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let vocabulary = format!("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {index}, instance)");
    connection.execute_batch(&vocabulary).ok()?;
    let mut entries = connection.prepare("SELECT CAST(term AS BLOB), doc FROM temp.vocabulary").ok()?;
    entries.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).ok()?.collect::<rusqlite::Result<_>>().ok()
}

/// A file with few customers and conversations, whose words are soon read.
fn with_words(folder: &Path) -> PathBuf {
    let path = folder.join("words.db");
    let mut server = Server::at(&url(&path), &[]);
    for name in ["Ada Byron", "Grace Hopper", "Lise Meitner"] {
        let made = server.create(json!({ "name": name, "custom": { "tierStr": "gold" } }));
        let conversation = json!({ "customer": made["id"], "name": format!("About {name}") });
        server.post("/v1/conversations", conversation).expect(201);
    }
    // What waits for the index is in it then.
    let found = server.post("/v1/customers/search", json!({ "and": [{ "customer_name": { "contains": "Ada" } }] }));
    assert_eq!(found.expect(200).ids().len(), 1);
    assert!(server.stop().success());
    path
}

#[test]
fn what_searches_lost_or_were_given_is_met_by_the_walk_through_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = with_words(folder.path());
    let execute = |path: &Path, sql: &str| rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
    let row = |index: &str| words_in(&whole, index).unwrap().last().unwrap().clone();
    let ((word, customer), (_, other)) = (row("customer_words"), row("search_words"));
    let word = String::from_utf8(word).unwrap();
    let lost =
        format!("INSERT INTO customer_words (customer_words, rowid, tokens) VALUES ('delete', {customer}, '{word}')");
    let given = format!("INSERT INTO customer_words (rowid, tokens) VALUES ({customer}, '{word}x')");
    let lost_all = format!("DELETE FROM search_words WHERE rowid = {other}");
    let given_too = format!("INSERT INTO search_words (rowid, words) VALUES ({other}, 'd1wbyronx')");
    for (name, sql) in [
        ("lost", lost.as_str()),
        ("given", &given),
        ("lost_all", &lost_all),
        ("given_too", &given_too),
        ("column", "UPDATE customer_search SET c1 = 'silver' WHERE key = (SELECT max(key) FROM customer_search)"),
        ("parent", "UPDATE search_records SET company = x'5c7d1a1f9a1b2c0010a1b2c3' WHERE kind = 'd'"),
        ("term", "DELETE FROM search_terms WHERE term = (SELECT max(term) FROM search_terms WHERE kind = 'd')"),
    ] {
        let path = folder.path().join(format!("{name}.db"));
        fs::copy(&whole, &path).unwrap();
        assert!(execute(&path, sql) > 0, "{name}");
        let check = binary().args(["check", "--database", &url(&path)]).output().unwrap();
        assert_eq!(check.status.code(), Some(1), "{name}: {}", String::from_utf8_lossy(&check.stdout));
        let server = Server::at(&url(&path), &["--patrol-every", "0.0001"]);
        wait_until_ready_is_within(&server, 503, Duration::from_secs(60));
    }
}

#[test]
fn a_bit_that_flipped_in_the_words_of_searches_is_found_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let whole = with_words(folder.path());
    let mut flipped = 0;
    for index in ["customer_words", "search_words"] {
        let entries = words_in(&whole, index);
        assert!(entries.as_ref().is_some_and(|entries| entries.len() > 10), "{entries:?}");
        // The blocks of segments, behind two of the index itself.
        let blocks: Vec<(i64, Vec<u8>)> = rusqlite::Connection::open(&whole)
            .unwrap()
            .prepare(&format!("SELECT id, block FROM {index}_data WHERE id > 10"))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let (id, block) = blocks.into_iter().max_by_key(|(_, block)| block.len()).unwrap();
        for part in 1..6 {
            let path = folder.path().join(format!("{index}{part}.db"));
            fs::copy(&whole, &path).unwrap();
            let mut block = block.clone();
            let place = block.len() * part / 6;
            block[place] ^= 4;
            let connection = rusqlite::Connection::open(&path).unwrap();
            connection.execute(&format!("UPDATE {index}_data SET block = ?1 WHERE id = ?2"), (block, id)).unwrap();
            drop(connection);
            if words_in(&path, index) == entries {
                continue;
            }
            flipped += 1;
            let check = binary().args(["check", "--database", &url(&path)]).output().unwrap();
            assert_eq!(check.status.code(), Some(1), "{index} {place}: {}", String::from_utf8_lossy(&check.stdout));
        }
    }
    assert!(flipped > 5, "{flipped} flips changed an entry");
}

#[test]
fn a_walk_through_a_file_with_records_of_every_kind_and_state_meets_no_damage() {
    let (world, _) = crate::laws::with_pasts(Server::on_file_with(&["--patrol-every", "0.0001"]));
    let count = |name: &str| {
        let metrics = world.server.request(reqwest::Method::GET, "/metrics").send().unwrap().text().unwrap();
        let line =
            metrics.lines().find_map(|line| line.strip_prefix(&format!("kustodian_store_{name}_total "))).unwrap();
        line.parse::<u64>().unwrap()
    };
    let walks = || (count("patrols"), count("index_patrols"));
    let before = walks();
    let end = Instant::now() + Duration::from_secs(120);
    while walks().0 < before.0 + 2 || walks().1 < before.1 + 1 {
        assert!(Instant::now() < end, "{:?} walks", walks());
        std::thread::sleep(Duration::from_millis(50));
    }
    wait_until_ready_is(&world.server, 200);
    world.server.create(json!({ "name": "Kept" }));
}

/// As on a full disk: a file of its may not be longer than this.
#[cfg(unix)]
#[test]
fn a_reindex_that_finds_no_room_leaves_the_index_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let database = url(&made(folder.path()));
    let limited = "trap '' XFSZ; ulimit -f 48 && exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_kustodian"), "reindex", "--database", &database]);
    let refused = command.output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("a.db"), "{told}");
    for arguments in [["check", "--database", &database], ["reindex", "--database", &database]] {
        let done = binary().args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// Nobody need have asked `/readyz`.
#[test]
fn a_write_is_refused_once_the_header_of_the_file_was_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let server = Server::at(&url(&path), &[]);
    server.create(json!({ "name": "Kept" }));
    overwrite(&path, 0, &[0; 64]);
    server.post("/v1/customers", json!({ "name": "Lost" })).expect(503);
}

#[cfg(unix)]
#[test]
fn a_file_is_served_by_one_of_its_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let other = folder.path().join("other.db");
    fs::hard_link(&path, &other).unwrap();
    let server = Server::at(&url(&path), &[]);
    // Another server by the same name sees the writes of the first.
    let beside = server.beside();
    let told = refused(&url(&other), &[]);
    assert!(told.contains("is served by another process"), "{told}");
    drop(server);
    let told = refused(&url(&other), &[]);
    assert!(told.contains("is served by another process"), "{told}");
    let server = beside;
    // A command beside the server works by its name for the file, and by no other.
    let token = |name: &Path| {
        let arguments = ["token", "create", "--name", "beside", "--role", "org", "--database", &url(name)];
        binary().args(arguments).output().unwrap()
    };
    assert!(token(&path).status.success());
    for arguments in [vec!["check"], vec!["backup", "backup.db"]] {
        let done = binary().args(arguments).args(["--database", &url(&other)]).output().unwrap();
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && told.contains("is served by another process"), "{told}");
    }
    let told = token(&other);
    assert!(!told.status.success(), "{told:?}");
    server.create(json!({ "name": "Ada" }));
    drop(server);
    drop(Server::at(&url(&path), &[]));
}

#[test]
fn a_path_that_is_no_file_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = vec![folder.path().to_owned()];
    if cfg!(unix) {
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        names.extend([pipe, "/dev/null".into(), "/dev/zero".into()]);
    }
    for name in &names {
        let told = refused(&url(name), &[]);
        assert!(told.contains("is not a regular file") && told.lines().count() == 1, "{}: {told}", name.display());
        for arguments in [vec!["check"], vec!["backup", "backup.db"], vec!["migrate"], vec!["reindex"]] {
            let done = binary().args(&arguments).args(["--database", &url(name)]).output().unwrap();
            let told = String::from_utf8(done.stderr).unwrap();
            assert!(
                !done.status.success() && told.contains("is not a regular file"),
                "{arguments:?} {}: {told}",
                name.display()
            );
        }
    }
}

#[test]
fn no_database_is_made_of_a_uri_or_among_devices() {
    let told = refused("sqlite:file:data.db?mode=memory", &[]);
    assert!(told.contains("sqlite:PATH") && told.lines().count() == 1, "{told}");
    let told = refused("sqlite:data.db?mode=ro", &[]);
    assert!(told.contains("without parameters") && told.contains("sqlite:data.db,"), "{told}");
    assert!(told.lines().count() == 1 && !Path::new("data.db?mode=ro").exists(), "{told}");
    let told = refused("sqlite:/dev/kustodian.db", &[]);
    assert!(told.contains("is not a regular file") && told.lines().count() == 1, "{told}");
    assert!(!Path::new("/dev/kustodian.db").exists());
}

/// SQLite takes such a name for a URI.
#[test]
fn the_file_of_a_backup_that_looks_like_a_uri_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let done = binary().current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(&["migrate", "--database", "sqlite:./file:a.db"]);
    run(&["org", "create", "acme", "--database", "sqlite:./file:a.db"]);
    run(&["check", "--database", "sqlite:./file:a.db"]);
    run(&["backup", "file:backup.db", "--database", "sqlite:./file:a.db"]);
    run(&["restore", "file:backup.db", "--database", "sqlite:./file:b.db"]);
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["file:a.db", "file:b.db", "file:backup.db"]);
}

#[test]
fn a_schema_version_that_is_not_that_of_the_tables_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    for version in [0, 1, -1] {
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
        let told = refused(&url(&path), &[]);
        assert!(told.contains(&format!("claims schema version {version}")), "{told}");
        assert!(told.contains("restore a backup"), "{told}");
        assert!(told.lines().count() == 1 && !told.contains("CREATE"), "{told}");
    }
}

/// Two rows of the search index exchange a value, and the words of a customer go.
fn spoil_index(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute("UPDATE customer_search SET name = 'nobody', c1 = c2 WHERE key = 3", []).unwrap();
    connection.execute("DELETE FROM customer_search WHERE key = 5", []).unwrap();
}

#[test]
fn a_restore_rebuilds_a_search_index_that_does_not_agree_with_its_customers() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup, target) =
        (made(folder.path()), folder.path().join("backup.db"), folder.path().join("target.db"));
    let run = |arguments: &[&str]| {
        let done = binary().args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["backup", backup.to_str().unwrap(), "--database", &url(&path)]);
    let whole = run(&["restore", backup.to_str().unwrap(), "--database", &url(&target), "--output", "json"]);
    assert!(whole.contains(r#""indexRebuilt": false"#), "{whole}");
    spoil_index(&backup);
    let told = run(&["restore", backup.to_str().unwrap(), "--force", "--database", &url(&target)]);
    assert!(told.contains("search index") && told.contains("was rebuilt"), "{told}");
    run(&["check", "--database", &url(&target)]);
    let server = Server::at(&url(&target), &[]);
    for name in ["Ada 2", "Ada 4"] {
        let search = json!({ "and": [{ "customer_name": { "equals": name } }] });
        assert_eq!(server.post("/v1/customers/search", search).expect(200).ids().len(), 1, "{name}");
    }
}

/// Asked for, a line reports how far each step is, and the last one that it is done.
#[test]
fn a_check_reports_every_step_to_its_end_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    // Mail of a schedule has the results alone.
    let (backup, other) = (folder.path().join("backup.db"), url(&folder.path().join("other.db")));
    let (backup, database) = (backup.to_str().unwrap(), url(&path));
    for arguments in [
        &["backup", backup, "--database", &database][..],
        &["check", "--database", &database],
        &["restore", backup, "--database", &other],
        &["copy", "--from", &database, "--to", &url(&folder.path().join("copied.db"))],
    ] {
        let done = binary().args(arguments).output().unwrap();
        assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let done = binary().args(["check", "--progress", "--database", &database]).output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    for step in
        ["pages: 1 of 1", "customers: 60 of 60", "claims: 60 of 60", "customer_search: 60 of 60", "histories: 61 of 61"]
    {
        assert!(told.contains(&format!("verifying {step}\n")), "{step}: {told}");
    }
    let ends =
        |line: &str| line.rsplit(": ").next().and_then(|counts| counts.split_once(" of ")).is_some_and(|(a, b)| a == b);
    assert!(told.lines().last().is_some_and(ends), "{told}");
}

/// SQLite reads a log up to the first frame that is not as it was written, and silently ignores the rest.
#[test]
fn a_bit_that_flipped_in_the_log_of_a_killed_server_is_met_before_anything_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (made(folder.path()), folder.path().join("a.db-wal"));
    let server = Server::at(&url(&path), &[]);
    fill(&server, 60..80);
    drop(server);
    let (file, left) = (fs::read(&path).unwrap(), fs::read(&log).unwrap());
    for place in [17, left.len() / 2] {
        let mut flipped = left.clone();
        flipped[place] ^= 4;
        fs::write(&path, &file).unwrap();
        fs::write(&log, &flipped).unwrap();
        let told = refused_by_all(&path);
        // `check` lists it.
        assert_eq!(
            told.iter().filter(|told| told.contains("log") && told.contains("is damaged")).count(),
            told.len() - 1
        );
        let check = binary().args(["check", "--database", &url(&path)]).output().unwrap();
        assert!(String::from_utf8(check.stdout).unwrap().contains("its log is damaged"), "{place}");
        let told = refused(&url(&path), &[]);
        assert!(told.contains("--accept-damaged-log") && told.contains("kustodian restore"), "{told}");
        assert_eq!((fs::read(&path).unwrap(), fs::read(&log).unwrap()), (file.clone(), flipped), "{place}: as it was");
    }
    let server = Server::at(&url(&path), &["--accept-damaged-log"]);
    let status = |number: usize| server.get(&format!("/v1/customers/email=ada{number}@acme.example")).status;
    assert_eq!((status(59), status(60), status(79)), (200, 200, 404));
    assert_eq!(fs::read(folder.path().join("a.db-wal.damaged")).unwrap().len(), left.len());
    server.create(json!({ "name": "after" }));
    drop(server);
    // It was accepted once, and is not met again.
    drop(Server::at(&url(&path), &[]));
}

#[test]
fn a_log_that_is_left_beside_another_name_of_the_file_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (made(folder.path()), folder.path().join("other.db"));
    fs::hard_link(&path, &other).unwrap();
    let server = Server::at(&url(&path), &[]);
    fill(&server, 60..63);
    drop(server);
    for told in refused_by_all(&other) {
        assert!(told.contains("is the same file") && told.contains("a.db-wal"), "{told}");
    }
    let mut server = Server::at(&url(&path), &[]);
    server.get("/v1/customers/email=ada62@acme.example").expect(200);
    assert!(server.stop().success());
    // Closed in good order it may have any number of names.
    let server = Server::at(&url(&other), &[]);
    server.get("/v1/customers/email=ada62@acme.example").expect(200);
}
