//! The bytes of attachments and media on the disk: that they stay, that they go, and that backups have them.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::SystemTime;

use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments::{ask, create, files, kept, put, read, related, upload_url, uploaded};
use crate::erase::wait_for;
use crate::place::{Place, attachments, attachments_folder};
use crate::server::{Answer, Server, binary};

#[test]
fn redacted_bytes_are_gone_from_the_disk_once_nobody_else_has_them() {
    let server = Server::on_file();
    let (first, second) = (uploaded(&server, "a.txt", "the same bytes"), uploaded(&server, "b.txt", "the same bytes"));
    assert_eq!(kept(&server).len(), 1, "bytes are kept once");
    let path = |answer: &Answer| answer.data()["links"]["self"].as_str().unwrap().to_owned();
    let redacted = server.put(&path(&first), json!({ "redacted": true })).expect(200);
    assert_eq!((&redacted.attributes()["redacted"], &redacted.attributes()["uploaded"]), (&json!(true), &json!(false)));
    assert!(redacted.attributes()["redactedAt"].is_string());
    assert_eq!(redacted.body["meta"], Value::Null, "nothing can be sent any more");
    assert_eq!(read(related(&first)).expect(404).title(), "Not Found: the file was redacted");
    assert_eq!(read(related(&second)).expect(200).bytes, b"the same bytes");
    let back = server.put(&path(&first), json!({ "redacted": false })).expect(409);
    assert_eq!(back.parameter(), "redacted");
    server.put(&path(&second), json!({ "redacted": true })).expect(200);
    assert_eq!(kept(&server), Vec::<PathBuf>::new());
    let rehearsed = uploaded(&server, "c.txt", "kept");
    server.put(&format!("{}?validateOnly=true", path(&rehearsed)), json!({ "redacted": true })).expect(200);
    assert_eq!(read(related(&rehearsed)).expect(200).bytes, b"kept");
}

/// Opens a connection that sends a PUT of so many bytes, and sends some of them.
fn half_sent(url: &str, length: usize, sent: usize) -> TcpStream {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "PUT /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n").unwrap();
    stream.write_all(&vec![b'x'; sent]).unwrap();
    stream
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_an_upload_leaves_no_part_of_it() {
    let server = Server::on_file();
    let made = create(&server, "/v1/attachments", "a.txt", 2_000_000);
    let path = made.data()["links"]["self"].as_str().unwrap().to_owned();
    let folder = attachments_folder(server.database());
    let _stream = half_sent(upload_url(&made), 2_000_000, 1_000_000);
    wait_for("a part of it on the disk", || {
        files(&folder).iter().any(|file| fs::metadata(file).is_ok_and(|metadata| metadata.len() > 500_000))
    });
    let server = server.kill_and_restart();
    wait_for("the part to be removed", || files(&folder).is_empty());
    let now = server.get(&path).expect(200);
    assert_eq!(now.attributes()["uploaded"], false);
    ask(Method::PUT, upload_url(&now), &[], vec![b'y'; 2_000_000]).expect(200);
    assert!(read(related(&server.get(&path))).expect(200).bytes == vec![b'y'; 2_000_000]);
    let server = server.kill_and_restart();
    assert!(read(related(&server.get(&path))).expect(200).bytes == vec![b'y'; 2_000_000], "acknowledged files stay");
}

#[test]
fn an_upload_that_breaks_off_leaves_no_part_of_it() {
    let server = Server::on_file();
    let made = create(&server, "/v1/attachments", "a.txt", 2_000_000);
    let folder = attachments_folder(server.database());
    let stream = half_sent(upload_url(&made), 2_000_000, 1_000_000);
    wait_for("a part of it on the disk", || !files(&folder).is_empty());
    drop(stream);
    wait_for("the part to be removed", || files(&folder).is_empty());
}

#[test]
fn bytes_that_no_record_names_are_removed_at_a_start_when_they_are_old() {
    let server = Server::on_file();
    uploaded(&server, "a.txt", "kept");
    let org = server.get("/v1/orgs/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    let folder = attachments_folder(server.database());
    let stray = |beginning: &str, is_old: bool| {
        let path = folder.join(&org).join(beginning).join(beginning.repeat(32));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = fs::File::create(&path).unwrap();
        if is_old {
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        path
    };
    // They are checked in this order: once the old one is gone, the others were left.
    let (new, old) = (stray("aa", false), stray("ff", true));
    let foreign = folder.join("5c7d1a1f9a1b2c0010a1b2c3/aa").join("aa".repeat(32));
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::copy(&old, &foreign).unwrap();
    let server = server.restart();
    wait_for("the old one to be removed", || !old.exists());
    assert!(new.exists(), "it may be of an upload that is about to be noted");
    assert!(foreign.exists(), "another database may keep its files in the same folder");
    assert_eq!(kept(&server).len(), 3);
}

/// The flags that name the folder of a database's attachments, where it needs any.
fn flags(name: &str, url: &str) -> Vec<String> {
    attachments(url).map_or_else(Vec::new, |folder| vec![name.to_owned(), folder])
}

/// Runs a command on a database and its attachments; returns its output, and whether it succeeded.
fn run(command: &[&str], url: &str) -> (bool, String) {
    let flags = flags("--attachments", url);
    let output = binary().args(command).args(["--database", url]).args(flags).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (output.status.success(), said)
}

#[test]
fn a_backup_has_the_bytes_and_a_restore_brings_them_back() {
    let server = Server::on_file();
    let mine = uploaded(&server, "a.txt", "what matters");
    uploaded(&server, "empty.txt", "");
    let path = mine.data()["links"]["self"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("monday.db").display().to_string();
    let (went_well, said) = run(&["backup", &backup, "--output", "json"], server.database());
    assert!(went_well, "{said}");
    assert_eq!(files(&PathBuf::from(format!("{backup}.attachments"))).len(), 2);
    // Over the last backup only new files are copied, and a file that was redacted since stays until somebody deletes it.
    uploaded(&server, "b.txt", "a new file.");
    let (went_well, said) = run(&["backup", &backup, "--force"], server.database());
    assert!(went_well && said.contains("3 files of attachments and media with 23 bytes"), "{said}");
    let target = Place::lasting();
    let (went_well, said) = run(&["restore", &backup], target.url());
    assert!(went_well && said.contains("3 files"), "{said}");
    let restored = Server::at(target.url(), &[]);
    assert_eq!(read(related(&restored.get(path))).expect(200).bytes, b"what matters");
    // A link is good wherever the database is.
    let moved = related(&mine).replace(&server.url, &restored.url);
    assert_eq!(read(&moved).expect(200).bytes, b"what matters");
}

#[test]
fn a_check_finds_bytes_that_are_missing_or_others() {
    let mut server = Server::on_file();
    uploaded(&server, "a.txt", "what matters");
    uploaded(&server, "b.txt", "what else");
    let media = create(&server, "/v1/media", "c.txt", 4);
    put(&server, &media, "logo");
    assert!(server.stop().success());
    let check = || run(&["check", "--output", "json"], server.database());
    let findings = |said: &str| -> Vec<String> {
        // The faulty files follow.
        let told = serde_json::Deserializer::from_str(said).into_iter::<Value>().next().unwrap().unwrap();
        let found = told["findings"].as_array().unwrap().iter();
        found.map(|finding| finding["finding"].as_str().unwrap().to_owned()).collect()
    };
    let all = kept(&server);
    assert_eq!(all.len(), 3);
    assert!(check().0, "{}", check().1);
    fs::remove_file(&all[0]).unwrap();
    fs::write(&all[1], "x").unwrap();
    let length = fs::metadata(&all[2]).unwrap().len() as usize;
    fs::write(&all[2], "x".repeat(length)).unwrap();
    let (went_well, said) = check();
    let mut found = findings(&said);
    found.sort();
    assert_eq!(
        (went_well, found.as_slice()),
        (false, ["file-damaged", "file-damaged", "file-missing"].map(String::from).as_slice())
    );
}

#[test]
fn a_server_without_the_bytes_says_so() {
    let server = Server::on_file();
    let mine = uploaded(&server, "a.txt", "what matters");
    fs::remove_file(&kept(&server)[0]).unwrap();
    let missing = read(related(&mine)).expect(503);
    assert!(missing.title().starts_with("The bytes of the file are not on this server"), "{}", missing.title());
}

/// The size of a file is limited, which is reported like a full disk.
#[cfg(unix)]
#[test]
fn a_file_that_finds_no_room_is_refused_with_507_and_leaves_nothing() {
    let server = Server::limited_to(8 * 1024 * 1024);
    let made = create(&server, "/v1/attachments", "a.txt", 20_000_000);
    let refused = ask(Method::PUT, upload_url(&made), &[], vec![b'x'; 20_000_000]).expect(507);
    assert!(refused.title().starts_with("There is no room for the file"), "{}", refused.title());
    let folder = attachments_folder(server.database());
    wait_for("the part to be removed", || files(&folder).is_empty());
    let path = made.data()["links"]["self"].as_str().unwrap();
    assert_eq!(server.get(path).expect(200).attributes()["uploaded"], false);
    let small = uploaded(&server, "b.txt", "there is room for this");
    assert_eq!(read(related(&small)).expect(200).bytes, b"there is room for this");
}
