//! The npm packages: one for each platform with the binary, and one that depends on all of them and starts whichever was
//! installed. npm leaves out those that are for other platforms.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::entry::{Entry, tar_gz};
use super::executable::System;
use super::payload::{Payload, SUMMARY, read};
use super::platform::PLATFORMS;
use crate::workspace;

/// The names and bytes of the packages, as `npm pack` would write them and `npm publish FILE` takes them.
pub(crate) fn packages(payload: &Payload) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(vec![platform(payload)?, starter(payload)?])
}

/// The package with the binary.
fn platform(payload: &Payload) -> Result<(String, Vec<u8>)> {
    let (os, cpu) = payload.platform.npm;
    let mut manifest = manifest(&payload.platform.npm_package(), &payload.version);
    manifest.insert("description".to_owned(), json!(format!("The binary of kustodian for {os} on {cpu}")));
    manifest.insert("os".to_owned(), json!([os]));
    manifest.insert("cpu".to_owned(), json!([cpu]));
    match payload.executable.system {
        System::Glibc(_) => drop(manifest.insert("libc".to_owned(), json!(["glibc"]))),
        // It would run with glibc too; there the other one looks names up in every way of the system.
        System::AnyLinux => drop(manifest.insert("libc".to_owned(), json!(["musl"]))),
        System::Windows => {}
    }
    let mut files = vec![Entry::program(format!("bin/{}", payload.platform.program()), payload.binary.clone())];
    files.extend(payload.documents.iter().filter(|document| document.path != "README.md").cloned());
    Ok((
        format!("kustodian-{}-{}.tgz", payload.platform.npm_name(), payload.version),
        packed(payload, &manifest, files)?,
    ))
}

/// The package that people name.
fn starter(payload: &Payload) -> Result<(String, Vec<u8>)> {
    let mut manifest = manifest("kustodian", &payload.version);
    manifest.insert("description".to_owned(), json!(SUMMARY));
    manifest.insert("bin".to_owned(), json!({ "kustodian": "bin/kustodian.js" }));
    manifest.insert("engines".to_owned(), json!({ "node": ">=18" }));
    let platforms = PLATFORMS.iter().map(|platform| (platform.npm_package(), json!(payload.version)));
    manifest.insert("optionalDependencies".to_owned(), Value::Object(platforms.collect()));
    let script = read(&workspace::root().join("packaging/npm/kustodian.js"))?;
    let mut files = vec![Entry::program("bin/kustodian.js", script)];
    // Only ours: the code of others is in the binary.
    files.extend(payload.documents.iter().filter(|document| document.path.starts_with("LICENSE-")).cloned());
    Ok((format!("kustodian-{}.tgz", payload.version), packed(payload, &manifest, files)?))
}

/// The members that all manifests have.
fn manifest(name: &str, version: &str) -> Map<String, Value> {
    let manifest = json!({
        "name": name,
        "version": version,
        "license": "MIT OR Apache-2.0",
        "repository": { "type": "git", "url": "git+https://github.com/kustodian/kustodian.git" },
        "preferUnplugged": true,
    });
    manifest.as_object().cloned().unwrap_or_default()
}

fn packed(payload: &Payload, manifest: &Map<String, Value>, mut files: Vec<Entry>) -> Result<Vec<u8>> {
    let manifest = format!("{:#}\n", Value::Object(manifest.clone()));
    files.insert(0, Entry::file("package.json", manifest.into_bytes()));
    files.push(Entry::file("README.md", read(&workspace::root().join("packaging/npm/README.md"))?));
    for file in &mut files {
        file.path = format!("package/{}", file.path);
    }
    tar_gz(&files, payload.level)
}
