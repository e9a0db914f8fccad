//! Databases made by released versions, kept beside the store: each is still opened, brought to today's schema, read to
//! the byte and verified.
//!
//! A release adds its own with
//! `cargo test -p kustodian --test api -- --ignored formats::write_the_format_of_this_version`, which writes the folder
//! of its version again. A folder of a released version is never written again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::server::{Server, full_customer};

/// The answers of the API when the database was made, by path.
type Told = BTreeMap<String, String>;

/// A backup, compressed.
const KEPT: &str = "sqlite.db.gz";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kustodian-store/tests/formats")
}

fn told(server: &Server, customers: &[String]) -> Told {
    let lists = ["/v1/customers?pageSize=500", "/v1/tags?pageSize=500", "/v1/users/current", "/v1/auth/tokens/current"];
    let paths = lists.iter().map(|path| (*path).to_owned()).chain(customers.iter().cloned());
    paths.map(|path| (path.clone(), server.get(&path).text)).collect()
}

#[test]
#[ignore = "writes the kept database of this version; for a release"]
fn write_the_format_of_this_version() {
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    let folder = folder().join(version);
    fs::create_dir_all(&folder).unwrap();
    let server = Server::on_file();
    let call = |method, path: &str, body| server.call(method, path, body);
    let create = |body| {
        let answer = call(Method::POST, "/v1/customers", Some(body)).expect(201);
        answer.data()["links"]["self"].as_str().unwrap().to_owned()
    };
    let full = create(full_customer());
    let changed = create(json!({ "name": "changed often", "externalId": "changed" }));
    for number in 0..40 {
        call(Method::PATCH, &changed, Some(json!({ "custom": { "numberNum": number } }))).expect(200);
    }
    let deleted = create(json!({ "name": "deleted", "emails": [{ "email": "deleted@acme.example" }] }));
    call(Method::DELETE, &deleted, None).expect(204);
    server.org("another");
    server.token("another", &["org.user"]);
    let told = told(&server, &[full, changed, deleted]);
    fs::write(folder.join("told.json"), serde_json::to_string_pretty(&told).unwrap() + "\n").unwrap();
    let work = tempfile::tempdir().unwrap();
    let file = work.path().join("backup.db");
    goes_well(&["backup", file.to_str().unwrap(), "--database", server.database()]);
    // Every table and index takes a page; compressed, their content stays.
    let mut packed = GzEncoder::new(File::create(folder.join(KEPT)).unwrap(), Compression::best());
    packed.write_all(&fs::read(file).unwrap()).unwrap();
    assert!(packed.finish().unwrap().metadata().unwrap().len() < 200_000, "it is to stay small");
}

#[test]
fn a_database_of_every_released_version_is_opened_migrated_read_and_verified() {
    let mut kept: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.retain(|path| path.is_dir());
    assert!(!kept.is_empty());
    for kept in kept {
        let before: Told = serde_json::from_str(&fs::read_to_string(kept.join("told.json")).unwrap()).unwrap();
        let work = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("sqlite:{}", work.path().join(name).display());
        let (backup, served) = (work.path().join("backup.db"), work.path().join("served.db"));
        let mut unpacked = Vec::new();
        GzDecoder::new(File::open(kept.join(KEPT)).unwrap()).read_to_end(&mut unpacked).unwrap();
        fs::write(&backup, &unpacked).unwrap();
        fs::write(&served, &unpacked).unwrap();
        goes_well(&["restore", backup.to_str().unwrap(), "--database", &at("restored.db")]);
        for name in ["served.db", "restored.db"] {
            let server = Server::at(&at(name), &[]);
            for (path, text) in &before {
                let told = server.get(path);
                let where_from = format!("{path} in {}", kept.display());
                if told.status == 200 {
                    assert_eq!(&told.text, text, "{where_from}");
                } else {
                    // Later versions say more about missing records.
                    let before: Value = serde_json::from_str(text).unwrap();
                    assert_eq!(told.error()["title"], before["errors"][0]["title"], "{where_from}");
                }
            }
            server.post("/v1/customers", full_customer()).expect(409);
            server.post("/v1/customers", json!({ "name": "new" })).expect(201);
            assert_eq!(goes_well(&["check", "--database", &at(name)])["findings"], json!([]), "{}", kept.display());
        }
    }
}
