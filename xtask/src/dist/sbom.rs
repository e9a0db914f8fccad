//! The bill of materials of the binary, as CycloneDX, out of the versions that cargo resolved. A plug-in of cargo would do it too,
//! and takes longer to build than all packages.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::image::hex;
use super::linked::{Linked, Package};
use super::notices::page_version;
use super::platform::Platform;
use crate::workspace;

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
pub(crate) fn sbom(linked: &Linked, platform: &Platform) -> Result<Vec<u8>> {
    let path = workspace::root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lock: Lock = toml::from_str(&lock).with_context(|| format!("cannot read {}", path.display()))?;
    let document = document(linked, &lock, &page_version()?, platform)?;
    Ok(format!("{document:#}\n").into_bytes())
}

fn document(linked: &Linked, lock: &Lock, page: &str, platform: &Platform) -> Result<Value> {
    let checksums: HashMap<(&str, &str), &str> = lock
        .package
        .iter()
        .filter_map(|locked| Some(((locked.name.as_str(), locked.version.as_str()), locked.checksum.as_deref()?)))
        .collect();
    let root = linked.packages.get(&linked.root).context("the binary is not among its packages")?;
    let components = linked.packages.iter().filter(|(purl, _)| **purl != linked.root).map(|(purl, package)| {
        let checksum = checksums.get(&(package.name.as_str(), package.version.as_str()));
        component("library", purl, package, checksum.copied())
    });
    // The page of the API is built in, and no package of Rust.
    let page = json!({
        "type": "library",
        "bom-ref": format!("pkg:npm/swagger-ui-dist@{page}"),
        "name": "swagger-ui-dist",
        "version": page,
        "purl": format!("pkg:npm/swagger-ui-dist@{page}"),
        "licenses": [{ "expression": "Apache-2.0" }],
    });
    let components = components.chain([page]);
    let components: Vec<Value> = components.collect();
    let dependencies = linked.below.iter().map(|(of, on)| json!({ "ref": of, "dependsOn": on }));
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
            "component": component("application", &linked.root, root, None),
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::platform::PLATFORMS;
    use super::*;

    fn package(name: &str, more: Value) -> (String, Package) {
        let mut json = json!({ "id": name, "name": name, "version": "1.0.0", "manifest_path": "/x" });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let package: Package = serde_json::from_value(json).unwrap();
        (package.purl(), package)
    }

    #[test]
    fn a_component_has_its_licence_and_its_checksum() {
        let (root, binary) = package("kustodian", json!({}));
        let (http, library) = package("http", json!({ "license": "MIT/Apache-2.0", "source": "registry" }));
        let below = BTreeMap::from([(root.clone(), BTreeSet::from([http.clone()])), (http.clone(), BTreeSet::new())]);
        let packages = BTreeMap::from([(root.clone(), binary), (http.clone(), library)]);
        let lock = "[[package]]\nname = \"http\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n";
        let lock: Lock = toml::from_str(lock).unwrap();
        let linked = Linked { root: root.clone(), packages, below };
        let made = document(&linked, &lock, "5.0.0", &PLATFORMS[0]).unwrap();
        assert_eq!(made["components"].as_array().unwrap().len(), 2, "{made}");
        assert_eq!(made["components"][0]["purl"], http.as_str());
        assert_eq!(made["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(made["components"][0]["hashes"][0]["content"], "abc");
        assert_eq!(made["components"][1]["purl"], "pkg:npm/swagger-ui-dist@5.0.0");
        assert_eq!(made["dependencies"][1], json!({ "ref": root, "dependsOn": [http] }));
        assert_eq!(made["metadata"]["component"]["name"], "kustodian");
    }
}
