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
use crate::place::{self, Place};
use crate::server::{Server, full_customer};

/// The answers of the API when the database was made, by path.
type Told = BTreeMap<String, String>;

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
    let (kept, answers) = place::KEPT;
    fs::write(folder.join(answers), serde_json::to_string_pretty(&told).unwrap() + "\n").unwrap();
    // Every table and index takes a page; compressed, their content stays.
    let mut packed = GzEncoder::new(File::create(folder.join(kept)).unwrap(), Compression::best());
    packed.write_all(&place::keep(server.database())).unwrap();
    assert!(packed.finish().unwrap().metadata().unwrap().len() < 200_000, "it is to stay small");
}

#[test]
fn a_database_of_every_released_version_is_opened_migrated_read_and_verified() {
    let mut kept: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.retain(|path| path.is_dir());
    assert!(!kept.is_empty());
    for kept in kept {
        let (file, answers) = place::KEPT;
        let before: Told = serde_json::from_str(&fs::read_to_string(kept.join(answers)).unwrap()).unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(File::open(kept.join(file)).unwrap()).read_to_end(&mut unpacked).unwrap();
        let mut places = vec![place::put_back(&unpacked)];
        if place::IS_KEPT_AS_BACKUP {
            let (work, restored) = (tempfile::tempdir().unwrap(), Place::lasting());
            let backup = work.path().join("backup.db");
            fs::write(&backup, &unpacked).unwrap();
            goes_well(&["restore", backup.to_str().unwrap(), "--database", restored.url()]);
            places.push(restored);
        }
        for place in &places {
            let server = Server::at(place.url(), &[]);
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
            let found = goes_well(&["check", "--database", place.url()]);
            assert_eq!(found["findings"], json!([]), "{}", kept.display());
        }
    }
}
