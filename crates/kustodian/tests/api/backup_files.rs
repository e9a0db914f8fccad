//! Backups and their files: which are refused, which are moved aside, which are reported as damaged.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::backup::{goes_well, is_refused};
use crate::server::{Server, TOKEN, binary};

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn overwrite(path: &Path, place: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(place)).unwrap();
    file.write_all(bytes).unwrap();
}

/// A backup of a small database, and the server it is of.
fn backed_up(folder: &Path) -> (Server, PathBuf) {
    let server = Server::on_file();
    for number in 0..60 {
        server.create(
            json!({ "name": "Ada", "externalId": format!("x{number}"), "custom": { "noteTxt": "n".repeat(500) } }),
        );
    }
    let file = folder.join("backup.db");
    goes_well(&["backup", file.to_str().unwrap(), "--database", server.database()]);
    (server, file)
}

#[test]
fn a_file_that_is_no_backup_is_refused_in_one_line_and_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let target = url(&at("target.db"));
    let restoring = |file: &Path, words: &str| {
        is_refused(&["restore", file.to_str().unwrap(), "--database", &target], words);
        assert!(!at("target.db").exists());
    };
    restoring(&at("none.db"), "there is no backup");
    restoring(folder.path(), "is not a file");
    fs::write(at("text.db"), "Dear diary, ".repeat(500)).unwrap();
    restoring(&at("text.db"), "is not a SQLite database");
    fs::write(at("nothing.db"), "").unwrap();
    restoring(&at("nothing.db"), "holds no org");
    let made = binary().args(["migrate", "--database", &url(&at("empty.db"))]).output().unwrap();
    assert!(made.status.success());
    restoring(&at("empty.db"), "holds no org");

    let (_server, file) = backed_up(folder.path());
    fs::copy(&file, at("newer.db")).unwrap();
    // `PRAGMA user_version` is at byte 60 of the file, big-endian.
    overwrite(&at("newer.db"), 60, &9_999_u32.to_be_bytes());
    restoring(&at("newer.db"), "use the newer version");
    fs::copy(&file, at("cut.db")).unwrap();
    let length = fs::metadata(&file).unwrap().len();
    fs::OpenOptions::new().write(true).open(at("cut.db")).unwrap().set_len(length / 2).unwrap();
    restoring(&at("cut.db"), "is damaged");
    // A page in every eight is torn: whichever they are of, something is found.
    fs::copy(&file, at("torn.db")).unwrap();
    (8..length / 4096).step_by(8).for_each(|page| overwrite(&at("torn.db"), page * 4096, &[0xa5; 512]));
    restoring(&at("torn.db"), "is damaged");
    assert!(!at("target.db.partial").exists(), "nothing is left of a failed restore");
    is_refused(&["restore", file.to_str().unwrap(), "--database", "sqlite::memory:"], "a temporary database");
    is_refused(&["restore", file.to_str().unwrap(), "--database", &url(&file)], "is the database itself");
    is_refused(&["restore", file.to_str().unwrap(), "--database", &url(&at("no/folder.db"))], "folder");
}

#[test]
fn a_backup_that_cannot_be_made_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (server, file) = backed_up(folder.path());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let before = fs::read(&file).unwrap();
    is_refused(&["backup", &at("backup.db"), "--database", server.database()], "is there already");
    assert_eq!(fs::read(&file).unwrap(), before);
    is_refused(&["backup", &at(""), "--database", server.database()], "is not a file");
    is_refused(&["backup", &at("no/folder.db"), "--database", server.database()], "folder");
    is_refused(&["backup", &at("x.db"), "--database", &url(&folder.path().join("none.db"))], "there is no database");
    is_refused(&["backup", &at("x.db"), "--database", "sqlite::memory:"], "a temporary database");
    let itself = server.file();
    is_refused(
        &["backup", itself.to_str().unwrap(), "--force", "--database", server.database()],
        "is the database itself",
    );
    // The log of a database that is served would be taken for that of the backup.
    let other = Server::on_file();
    other.create(json!({}));
    let theirs = other.file();
    is_refused(
        &["backup", theirs.to_str().unwrap(), "--force", "--database", server.database()],
        "belongs to a database",
    );
    assert!(!folder.path().join("x.db").exists() && !folder.path().join("x.db.partial").exists());

    server.create(json!({ "name": "Grace" }));
    goes_well(&["backup", &at("backup.db"), "--force", "--database", server.database()]);
    let restored = url(&folder.path().join("restored.db"));
    goes_well(&["restore", &at("backup.db"), "--database", &restored]);
    assert_eq!(Server::at(&restored, &[]).get("/v1/customers?pageSize=0").body["meta"]["total"], 61);
}

#[test]
fn a_file_that_is_served_is_not_replaced_and_one_that_is_not_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, file) = backed_up(folder.path());
    server.create(json!({ "name": "made after the backup" }));
    let restoring = ["restore", file.to_str().unwrap(), "--force", "--database"];
    let database = server.database().to_owned();
    let restoring: Vec<&str> = restoring.into_iter().chain([database.as_str()]).collect();
    is_refused(&restoring, "is open in another process");
    assert_eq!(server.get("/v1/customers?pageSize=0").body["meta"]["total"], 61);

    // Killed, it leaves a log whose content must not be lost, nor be taken for that of the new file.
    server.signal("KILL");
    server.wait();
    let printed = goes_well(&restoring);
    let aside = PathBuf::from(printed["aside"].as_str().unwrap());
    let total = |url: &str| Server::at(url, &[]).get("/v1/customers?pageSize=0").body["meta"]["total"].clone();
    assert_eq!(total(&database), 60);
    assert_eq!(total(&url(&aside)), 61);
    let again = goes_well(&restoring);
    assert_ne!(again["aside"], printed["aside"]);
}

#[test]
fn a_damaged_database_is_reported_by_check_and_not_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, file) = backed_up(folder.path());
    let length = fs::metadata(&file).unwrap().len();
    (8..length / 4096).step_by(8).for_each(|page| overwrite(&file, page * 4096, &[0xa5; 512]));
    let output = binary().args(["check", "--output", "json", "--database", &url(&file)]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["findings"][0]["finding"], "damage", "{printed}");
    let copy = folder.path().join("copy.db");
    is_refused(&["backup", copy.to_str().unwrap(), "--database", &url(&file)], "damaged");
    assert!(!copy.exists());
}

#[test]
fn the_key_of_a_backup_is_that_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (server, file) = backed_up(folder.path());
    let text = fs::read(&file).unwrap();
    assert!(!text.windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()), "a backup holds no key");
    drop(server);
    let restored = url(&folder.path().join("restored.db"));
    goes_well(&["restore", file.to_str().unwrap(), "--database", &restored]);
    let output = binary().args(["token", "list", "--output", "json", "--database", &restored]).output().unwrap();
    let keys: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(keys.as_array().unwrap().len(), 1);
}
