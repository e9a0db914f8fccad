//! Files of attachments and media in S3-compatible storage: that of `rclone serve s3`, over real HTTP.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments::{ask, create, files, read, related, upload_url, uploaded};
use crate::erase::wait_for;
use crate::place::Place;
use crate::printed::block;
use crate::server::{Answer, Server, binary};

const KEY: &str = "an-access-key";
const SECRET: &str = "a-secret-of-it";

/// Storage with a bucket. Dropped, it is gone.
struct Storage {
    process: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Storage {
    /// `None` where rclone is missing. `cargo xtask object-storage` installs it.
    fn start() -> Option<Self> {
        let Some(program) = rclone() else {
            eprintln!("left out: rclone is missing; cargo xtask object-storage installs it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bucket")).unwrap();
        let (process, url) = serve(&program, folder.path(), "127.0.0.1:0");
        Some(Self { process, url, folder })
    }

    /// Has it see writes and deletions in its folder: it reads a folder once, and knows its own changes.
    fn restart(&mut self) {
        self.stop();
        let address = self.url.strip_prefix("http://").unwrap().to_owned();
        (self.process, self.url) = serve(&rclone().unwrap(), self.folder.path(), &address);
    }

    fn stop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    /// The flags that name a place in it.
    fn flags(&self, prefix: &str) -> Vec<String> {
        let place = format!("s3://bucket/{prefix}");
        let flags = ["--attachments", &place, "--s3-endpoint", &self.url];
        let keys = ["--s3-access-key-id", KEY, "--s3-secret-access-key", SECRET];
        flags.into_iter().chain(keys).map(str::to_owned).collect()
    }

    fn server(&self, place: &Place) -> Server {
        let flags = self.flags("files");
        Server::at(place.url(), &flags.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The objects below a prefix.
    fn objects(&self, prefix: &str) -> Vec<PathBuf> {
        files(&self.folder.path().join("bucket").join(prefix))
    }

    /// A command on a database with these flags; returns its output, and whether it succeeded.
    fn run(&self, command: &[&str], flags: &[String]) -> (bool, String) {
        let output = binary().args(command).args(flags).output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        (output.status.success(), said)
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts the program; its process, and the address that it serves.
fn serve(program: &Path, folder: &Path, address: &str) -> (Child, String) {
    let mut process = Command::new(program)
        .args(["serve", "s3", "--addr", address, "--auth-key", &format!("{KEY},{SECRET}")])
        .arg(folder)
        .env("RCLONE_CONFIG", folder.join("rclone.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let url = loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the storage ended before it was ready");
        if let Some((_, url)) = line.split_once("Starting s3 server on [") {
            break url.split_once("/]").unwrap().0.to_owned();
        }
    };
    // A log that nobody reads would stop it.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    (process, url)
}

/// The program that `cargo xtask object-storage` installs beside the build products, or one of the system.
fn rclone() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let name = format!("rclone{}", std::env::consts::EXE_SUFFIX);
    let installed = ["bin", "Scripts"].map(|programs| target.join("s3").join(programs).join(&name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_the_system = std::env::split_paths(&path).map(|folder| folder.join(&name));
    installed.into_iter().chain(of_the_system).find(|program| program.is_file())
}

fn path_of(answer: &Answer) -> &str {
    answer.data()["links"]["self"].as_str().unwrap()
}

#[test]
#[ignore = "rclone fails now and then while it is busy: cargo xtask object-storage"]
fn the_commands_of_the_page_start_a_server_with_object_storage() {
    let Some(storage) = Storage::start() else { return };
    fs::create_dir(storage.folder.path().join("crm-files")).unwrap();
    let commands =
        block("docs/operating.md", "export AWS_ACCESS_KEY_ID").replacen('…', KEY, 1).replacen('…', SECRET, 1);
    assert!(commands.contains(SECRET) && !commands.contains('…'), "{commands}");
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("kustodian.db").display());
    let variables = [("AWS_ENDPOINT_URL", storage.url.as_str()), ("KUSTODIAN_DATABASE", &database)];
    let server = Server::printed(folder.path(), &commands, &variables);
    uploaded(&server, "small.txt", "small");
    assert_eq!(files(&storage.folder.path().join("crm-files/kustodian")).len(), 1);
}

#[test]
#[ignore = "rclone fails now and then while it is busy: cargo xtask object-storage"]
fn bytes_are_sent_to_object_storage_in_parts_and_read_from_there_to_the_byte() {
    let Some(storage) = Storage::start() else { return };
    let place = Place::lasting();
    let server = storage.server(&place);
    let bytes: Vec<u8> = (0..12_000_000_u32).map(|number| (number % 251) as u8).collect();
    // The first upload takes memory that later ones use again.
    uploaded(&server, "small.txt", "small");
    let before = server.memory("VmHWM");
    let made = create(&server, "/v1/attachments", "large.txt", bytes.len());
    ask(Method::PUT, upload_url(&made), &[], bytes.clone()).expect(200);
    let grown = server.memory("VmHWM") - before;
    assert!(grown < 20_000, "the server took {grown} kB for an upload of 12 MB");
    let link = server.get(path_of(&made)).expect(200);
    assert!(read(related(&link)).expect(200).bytes == bytes);
    let part = ask(Method::GET, related(&link), &[("range", "bytes=5242878-5242882")], Vec::new()).expect(206);
    assert_eq!(part.bytes, bytes[5_242_878..=5_242_882]);
    let sum = link.attributes()["sha256"].as_str().unwrap();
    let org = server.get("/v1/orgs/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    wait_for("only files that have their names", || storage.objects("files").len() == 2);
    assert_eq!(storage.objects(&format!("files/{org}/{sum}")).len(), 1, "it has the name of its checksum");

    // Fewer bytes than announced, and an upload that breaks off, leave nothing.
    let made = create(&server, "/v1/attachments", "a.txt", 12_000_000);
    ask(Method::PUT, upload_url(&made), &[], vec![b'x'; 11_000_000]).expect(400);
    let rest = upload_url(&made).strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "PUT /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 12000000\r\n\r\n").unwrap();
    stream.write_all(&vec![b'x'; 11_000_000]).unwrap();
    drop(stream);
    wait_for("the place of the upload to be free", || server.get(path_of(&made)).status == 200);
    assert_eq!(server.get(path_of(&made)).attributes()["uploaded"], false);
    wait_for("nothing of them to be left", || storage.objects("files").len() == 2);
    uploaded(&server, "empty.txt", "");
    wait_for("the empty file alone to come", || storage.objects("files").len() == 3);
}

#[test]
#[ignore = "rclone fails now and then while it is busy: cargo xtask object-storage"]
fn redaction_erasure_and_the_sweep_remove_objects() {
    let Some(mut storage) = Storage::start() else { return };
    let place = Place::lasting();
    let server = storage.server(&place);
    let (first, second) = (uploaded(&server, "a.txt", "the same bytes"), uploaded(&server, "b.txt", "the same bytes"));
    server.put(path_of(&first), json!({ "redacted": true })).expect(200);
    assert_eq!(read(related(&second)).expect(200).bytes, b"the same bytes");
    wait_for("the objects to be under their names", || storage.objects("files/incoming").is_empty());
    server.put(path_of(&second), json!({ "redacted": true })).expect(200);
    wait_for("the bytes to be gone", || storage.objects("files").is_empty());

    let customer = server.create(json!({ "name": "Ada" }));
    let attached = uploaded(&server, "c.txt", "of a person");
    let message = json!({
        "channel": "chat", "app": "chat", "direction": "in", "preview": "Hello", "attachments": [attached.data()["id"]],
    });
    let customer = customer["id"].as_str().unwrap();
    server.post(&format!("/v1/customers/{customer}/messages"), message).expect(201);
    wait_for("the bytes of the attachment", || storage.objects("files").len() == 1);
    server.post(&format!("/v1/customers/{customer}/erase"), json!({})).expect(204);
    wait_for("the bytes to be erased", || storage.objects("files").is_empty());

    // A start removes objects that are left over.
    uploaded(&server, "d.txt", "kept");
    wait_for("one object", || storage.objects("files").len() == 1);
    let org = server.get("/v1/orgs/current").expect(200).data()["id"].as_str().unwrap().to_owned();
    let stray = |name: &str, is_old: bool| {
        let path = storage.folder.path().join("bucket/files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = fs::File::create(&path).unwrap();
        if is_old {
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        path
    };
    let new = stray(&format!("{org}/{}/{}", "aa".repeat(32), "0".repeat(32)), false);
    let old = stray(&format!("{org}/{}/{}", "ff".repeat(32), "0".repeat(32)), true);
    let incoming = stray(&format!("incoming/{}", "0".repeat(32)), true);
    drop(server);
    storage.restart();
    let server = storage.server(&place);
    wait_for("objects that are left over to be removed", || !old.exists() && !incoming.exists());
    assert!(new.exists(), "it may be of an upload that is about to be noted");
    wait_for("the two others to be left", || storage.objects("files").len() == 2);
    drop(server);
}

#[test]
#[ignore = "rclone fails now and then while it is busy: cargo xtask object-storage"]
fn backup_restore_copy_and_check_know_files_in_object_storage() {
    let Some(mut storage) = Storage::start() else { return };
    let place = Place::lasting();
    let server = storage.server(&place);
    let mine = uploaded(&server, "a.txt", "what matters");
    uploaded(&server, "b.txt", "what else");
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("monday.db").display().to_string();
    let at = |database: &str, prefix: &str| {
        [vec!["--database".to_owned(), database.to_owned()], storage.flags(prefix)].concat()
    };
    let (went_well, said) = storage.run(&["backup", &backup], &at(place.url(), "files"));
    assert!(went_well && said.contains("2 files of attachments and media with 21 bytes"), "{said}");
    assert_eq!(files(&PathBuf::from(format!("{backup}.attachments"))).len(), 2);
    let restored = Place::lasting();
    let (went_well, said) = storage.run(&["restore", &backup], &at(restored.url(), "restored"));
    assert!(went_well && said.contains("2 files") && said.contains("s3://bucket/restored"), "{said}");
    wait_for("nothing to be left over", || storage.objects("restored").len() == 2);
    let copied = Place::lasting();
    let flags = [
        vec!["--from".to_owned(), place.url().to_owned(), "--to".to_owned(), copied.url().to_owned()],
        vec!["--attachments-from".to_owned(), "s3://bucket/files".to_owned()],
        vec!["--attachments-to".to_owned(), "s3://bucket/copied".to_owned()],
        storage.flags("")[2..].to_vec(),
    ];
    let (went_well, said) = storage.run(&["copy"], &flags.concat());
    assert!(went_well && said.contains("2 files"), "{said}");
    wait_for("nothing to be left over", || storage.objects("copied").len() == 2);

    let check = |storage: &Storage, prefix: &str| {
        let flags = [vec!["--database".to_owned(), place.url().to_owned()], storage.flags(prefix)].concat();
        storage.run(&["check", "--output", "json"], &flags)
    };
    let (went_well, said) = check(&storage, "files");
    assert!(went_well, "{said}");
    let all = storage.objects("copied");
    fs::remove_file(&all[0]).unwrap();
    fs::write(&all[1], "x").unwrap();
    storage.restart();
    let (went_well, said) = check(&storage, "copied");
    let told: Value = serde_json::Deserializer::from_str(&said).into_iter().next().unwrap().unwrap();
    let found = told["findings"].as_array().unwrap().iter().map(|finding| finding["finding"].as_str().unwrap());
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    assert_eq!((went_well, found.as_slice()), (false, ["file-damaged", "file-missing"].as_slice()));
    // The server reads the objects of the restored database over a link of the first.
    drop(server);
    let flags = storage.flags("restored");
    let server = Server::at(restored.url(), &flags.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(read(related(&server.get(path_of(&mine)))).expect(200).bytes, b"what matters");
}

#[test]
#[ignore = "rclone fails now and then while it is busy: cargo xtask object-storage"]
fn storage_that_refuses_or_does_not_answer_is_named_without_its_keys() {
    let Some(storage) = Storage::start() else { return };
    let place = Place::lasting();
    let server = storage.server(&place);
    let made = create(&server, "/v1/attachments", "a.txt", 4);
    let flags = [vec!["--database".to_owned(), place.url().to_owned()], storage.flags("files")].concat();
    let wrong: Vec<String> = flags.iter().map(|flag| flag.replace(SECRET, "another-secret")).collect();
    let (went_well, said) = storage.run(&["check"], &wrong);
    assert!(!went_well && said.contains("refuses the access") && said.contains("s3://bucket/files"), "{said}");
    assert!(!said.contains("another-secret"), "{said}");
    let (went_well, said) = storage.run(&["config", "show"], &flags[2..]);
    assert!(went_well && said.contains("s3-endpoint") && !said.contains(SECRET), "{said}");
    drop(storage);
    let refused = ask(Method::PUT, upload_url(&made), &[], b"four".to_vec()).expect(503);
    assert!(refused.title().starts_with("The storage of files does not answer"), "{}", refused.title());
    server.create(json!({ "name": "Everything else works" }));
}
