//! The npm packages: one for each platform with the binary, and one that depends on all of them and starts whichever was
//! installed. npm leaves out those that are for other platforms.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::entry::{Entry, tar_gz};
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
    if os == "linux" && !payload.elf.is_static {
        manifest.insert("libc".to_owned(), json!(["glibc"]));
    }
    let binary = Entry::program("bin/kustodian", payload.binary.clone());
    Ok((format!("kustodian-{os}-{cpu}-{}.tgz", payload.version), packed(payload, &manifest, binary)?))
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
    let script = Entry::program("bin/kustodian.js", script);
    Ok((format!("kustodian-{}.tgz", payload.version), packed(payload, &manifest, script)?))
}

/// What the manifests have in common.
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

fn packed(payload: &Payload, manifest: &Map<String, Value>, program: Entry) -> Result<Vec<u8>> {
    let mut entries =
        vec![Entry::file("package.json", format!("{:#}\n", Value::Object(manifest.clone())).into_bytes())];
    entries.push(program);
    entries.extend(payload.documents.iter().filter(|document| document.path != "README.md").cloned());
    entries.push(Entry::file("README.md", read(&workspace::root().join("packaging/npm/README.md"))?));
    for entry in &mut entries {
        entry.path = format!("package/{}", entry.path);
    }
    tar_gz(&entries, payload.level)
}
