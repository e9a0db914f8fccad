//! The bill of materials: what the binary is made of, as CycloneDX, out of what cargo resolved. A plug-in of cargo would do it too,
//! and takes longer to build than all packages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::image::hex;
use super::platform::Platform;
use crate::{process, workspace};

/// The part of `cargo metadata` that is read here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    description: Option<String>,
    /// Where it was fetched; none for ours.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<workspace::Node>,
}

/// The lock file, for its checksums.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// The document for the binary on a platform.
pub(crate) fn sbom(platform: &Platform) -> Result<Vec<u8>> {
    let asked = ["metadata", "--format-version", "1", "--locked", "--filter-platform", platform.target];
    let printed = process::output(process::cargo().args(asked))?;
    let metadata: Metadata = serde_json::from_slice(&printed).context("cannot read what cargo metadata printed")?;
    let path = workspace::root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lock: Lock = toml::from_str(&lock).with_context(|| format!("cannot read {}", path.display()))?;
    let document = document(&metadata, &lock, platform)?;
    Ok(format!("{document:#}\n").into_bytes())
}

fn document(metadata: &Metadata, lock: &Lock, platform: &Platform) -> Result<Value> {
    let packages: HashMap<&str, &Package> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let nodes: HashMap<&str, &workspace::Node> =
        metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let checksums: HashMap<(&str, &str), &str> = lock
        .package
        .iter()
        .filter_map(|locked| Some(((locked.name.as_str(), locked.version.as_str()), locked.checksum.as_deref()?)))
        .collect();
    let root = metadata.packages.iter().find(|package| package.name == "kustodian" && package.source.is_none());
    let root = root.context("cargo metadata names no package kustodian")?;
    // By name, so that the document is the same each time.
    let mut known: BTreeMap<String, &Package> = BTreeMap::new();
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut open = vec![root];
    while let Some(package) = open.pop() {
        if known.insert(purl(package), package).is_some() {
            continue;
        }
        let node = nodes.get(package.id.as_str()).with_context(|| format!("{} is not resolved", package.name))?;
        let below = node.deps.iter().filter(|dependency| dependency.is_linked());
        let below: Vec<&Package> =
            below.filter_map(|dependency| packages.get(dependency.pkg.as_str()).copied()).collect();
        dependencies.insert(purl(package), below.iter().map(|package| purl(package)).collect());
        open.extend(below);
    }
    known.remove(&purl(root));
    let components = known.iter().map(|(purl, package)| {
        let checksum = checksums.get(&(package.name.as_str(), package.version.as_str()));
        component("library", purl, package, checksum.copied())
    });
    let components: Vec<Value> = components.collect();
    let dependencies = dependencies.iter().map(|(of, on)| json!({ "ref": of, "dependsOn": on }));
    let dependencies: Vec<Value> = dependencies.collect();
    // A name for this document, which has to look random: the same for the same contents.
    let serial = Sha256::digest(json!([platform.target, components, dependencies]).to_string());
    let serial = hex(&serial);
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": format!(
            "urn:uuid:{}-{}-5{}-8{}-{}", &serial[..8], &serial[8..12], &serial[12..15], &serial[15..18], &serial[18..30]
        ),
        "version": 1,
        "metadata": {
            "component": component("application", &purl(root), root, None),
            "properties": [{ "name": "kustodian:target", "value": platform.target }],
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(kind: &str, purl: &str, package: &Package, checksum: Option<&str>) -> Value {
    let mut component = Map::new();
    component.insert("type".to_owned(), json!(kind));
    component.insert("bom-ref".to_owned(), json!(purl));
    component.insert("name".to_owned(), json!(package.name));
    component.insert("version".to_owned(), json!(package.version));
    component.insert("purl".to_owned(), json!(purl));
    if let Some(description) = &package.description {
        component.insert("description".to_owned(), json!(description.trim()));
    }
    if let Some(license) = &package.license {
        // How crates wrote "or" before there was a standard.
        let license = license.replace('/', " OR ");
        component.insert("licenses".to_owned(), json!([{ "expression": license }]));
    }
    if let Some(checksum) = checksum {
        component.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    Value::Object(component)
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

#[cfg(test)]
mod tests {
    use super::super::platform::PLATFORMS;
    use super::*;

    #[test]
    fn what_is_linked_is_listed_and_what_only_builds_or_tests_is_not() {
        let dependency = |name: &str, kind: &str| format!(r#"{{"pkg": "{name}", "dep_kinds": [{{"kind": {kind}}}]}}"#);
        let deps = [dependency("http", "null"), dependency("cc", r#""build""#), dependency("proptest", r#""dev""#)];
        let metadata: Metadata = serde_json::from_str(&format!(
            r#"{{"packages": [
                 {{"id": "k", "name": "kustodian", "version": "0.1.0", "license": "MIT OR Apache-2.0"}},
                 {{"id": "http", "name": "http", "version": "1.0.0", "license": "MIT/Apache-2.0", "source": "registry"}},
                 {{"id": "cc", "name": "cc", "version": "1.0.0", "source": "registry"}},
                 {{"id": "proptest", "name": "proptest", "version": "1.0.0", "source": "registry"}}],
               "resolve": {{"nodes": [{{"id": "k", "deps": [{}]}}, {{"id": "http", "deps": []}}]}}}}"#,
            deps.join(",")
        ))
        .unwrap();
        let lock: Lock =
            toml::from_str("[[package]]\nname = \"http\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n").unwrap();
        let made = document(&metadata, &lock, &PLATFORMS[0]).unwrap();
        let components = made["components"].as_array().unwrap();
        assert_eq!(components.len(), 1, "{made}");
        assert_eq!(components[0]["purl"], "pkg:cargo/http@1.0.0");
        assert_eq!(components[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(components[0]["hashes"][0]["content"], "abc");
        assert_eq!(
            made["dependencies"][1],
            json!({"ref": "pkg:cargo/kustodian@0.1.0", "dependsOn": ["pkg:cargo/http@1.0.0"]})
        );
        assert_eq!(made["metadata"]["component"]["version"], "0.1.0");
    }
}
