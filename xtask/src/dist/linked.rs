//! The packages of Rust that are in the binary, as cargo resolved them for a platform.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::platform::Platform;
use crate::{process, workspace};

/// The part of `cargo metadata` that is read here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

/// A package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) description: Option<String>,
    /// Where it was fetched; none for ours.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<workspace::Node>,
}

/// The packages that are in the binary, itself included, by name and version.
pub(crate) struct Linked {
    pub(crate) root: String,
    pub(crate) packages: BTreeMap<String, Package>,
    /// Which each is built with.
    pub(crate) below: BTreeMap<String, BTreeSet<String>>,
}

impl Package {
    /// Its name in bills of materials.
    pub(crate) fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

impl Linked {
    /// Asks cargo for them.
    pub(crate) fn load(platform: &Platform) -> Result<Self> {
        let asked = ["metadata", "--format-version", "1", "--locked", "--filter-platform", platform.target];
        let printed = process::output(process::cargo().args(asked))?;
        Self::of(&serde_json::from_slice(&printed).context("cannot read what cargo metadata printed")?)
    }

    /// Follows the dependencies of the binary.
    pub(crate) fn of(metadata: &Metadata) -> Result<Self> {
        let packages: HashMap<&str, &Package> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let nodes: HashMap<&str, &workspace::Node> =
            metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let root = metadata.packages.iter().find(|package| package.name == "kustodian" && package.source.is_none());
        let root = root.context("cargo metadata names no package kustodian")?;
        let mut linked = Self { root: root.purl(), packages: BTreeMap::new(), below: BTreeMap::new() };
        let mut open = vec![root];
        while let Some(package) = open.pop() {
            if linked.packages.insert(package.purl(), package.clone()).is_some() {
                continue;
            }
            let node = nodes.get(package.id.as_str()).with_context(|| format!("{} is not resolved", package.name))?;
            let below = node.deps.iter().filter(|dependency| dependency.is_linked());
            let below: Vec<&Package> =
                below.filter_map(|dependency| packages.get(dependency.pkg.as_str()).copied()).collect();
            linked.below.insert(package.purl(), below.iter().map(|package| package.purl()).collect());
            open.extend(below);
        }
        Ok(linked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_only_build_or_test_are_not_in_the_binary() {
        let dependency = |name: &str, kind: &str| format!(r#"{{"pkg": "{name}", "dep_kinds": [{{"kind": {kind}}}]}}"#);
        let deps = [dependency("http", "null"), dependency("cc", r#""build""#), dependency("proptest", r#""dev""#)];
        let package = |name: &str, source: &str| {
            format!(
                r#"{{"id": "{name}", "name": "{name}", "version": "1.0.0", "manifest_path": "/x", "source": {source}}}"#
            )
        };
        let packages = [package("kustodian", "null")];
        let packages: Vec<String> =
            packages.into_iter().chain(["http", "cc", "proptest"].map(|name| package(name, r#""registry""#))).collect();
        let metadata: Metadata = serde_json::from_str(&format!(
            r#"{{"packages": [{}], "resolve": {{"nodes": [{{"id": "kustodian", "deps": [{}]}}, {{"id": "http", "deps": []}}]}}}}"#,
            packages.join(","),
            deps.join(",")
        ))
        .unwrap();
        let linked = Linked::of(&metadata).unwrap();
        assert_eq!(linked.packages.keys().collect::<Vec<_>>(), ["pkg:cargo/http@1.0.0", "pkg:cargo/kustodian@1.0.0"]);
        assert_eq!(linked.below[&linked.root], BTreeSet::from(["pkg:cargo/http@1.0.0".to_owned()]));
    }
}
