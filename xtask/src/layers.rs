//! Which crate may depend on which.
//!
//! Only shipped code counts (ordinary and build dependencies): a test may reach further than the crate it tests.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};

use crate::workspace::{Metadata, Node};

/// A crate of the workspace, the crates of the workspace it may know, and the outer crates that must not be below it at
/// any depth.
struct Layer {
    name: &'static str,
    knows: &'static [&'static str],
    never: &'static [&'static str],
}

/// Rules without input or output: neither a runtime nor a server, a client nor a database.
const PURE: &[&str] = &["tokio", "axum", "hyper", "rusqlite", "reqwest"];

const LAYERS: &[Layer] = &[
    Layer { name: "kustomer-api", knows: &[], never: PURE },
    // It runs in the compiler, where kustomer-api would be built a second time.
    Layer { name: "kustomer-derive", knows: &[], never: PURE },
    Layer { name: "kustomer-client", knows: &["kustomer-api", "kustomer-derive"], never: &["axum", "rusqlite"] },
    Layer { name: "kustodian-core", knows: &["kustomer-api"], never: PURE },
    Layer { name: "kustodian-store", knows: &["kustomer-api", "kustodian-core"], never: &["axum", "reqwest"] },
    // It sends requests to object storage with reqwest.
    Layer { name: "kustodian-s3", knows: &["kustomer-api", "kustodian-core"], never: &["axum", "rusqlite"] },
    // It sends webhooks with reqwest.
    Layer { name: "kustodian-server", knows: &["kustomer-api", "kustodian-core"], never: &["rusqlite"] },
    Layer {
        name: "kustodian",
        knows: &[
            "kustomer-api",
            "kustomer-client",
            "kustodian-core",
            "kustodian-s3",
            "kustodian-store",
            "kustodian-server",
        ],
        never: &[],
    },
    // The whole server inside a test, with a client of it.
    Layer {
        name: "kustodian-testkit",
        knows: &["kustomer-api", "kustomer-client", "kustodian-core", "kustodian-store", "kustodian-server"],
        never: &[],
    },
    Layer {
        name: "kustodian-bench",
        knows: &["kustomer-api", "kustomer-client", "kustodian-core", "kustodian-store"],
        never: &[],
    },
    Layer { name: "forgetful-disk", knows: &[], never: &["tokio", "axum", "hyper", "reqwest"] },
    Layer { name: "xtask", knows: &["forgetful-disk"], never: &["tokio", "axum", "hyper", "reqwest"] },
];

/// The crates that may name the database themselves: besides the store those that judge it from outside, by its file.
const SQL: &[&str] = &["kustodian-store", "kustodian-bench", "xtask"];

/// The features that are for tests: no manifest may ask for them but in its dev-dependencies.
const TEST_FEATURES: &[(&str, &str)] = &[("kustodian-store", "trace")];

/// Fails with every breach, or says that there is none.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::load()?;
    let breaches = breaches(&metadata)?;
    if breaches.is_empty() {
        println!("the layers hold: {} crates", LAYERS.len());
        return Ok(());
    }
    for breach in &breaches {
        println!("{breach}");
    }
    bail!(
        "{} breaches of the layers; they are drawn in ARCHITECTURE.md and listed in xtask/src/layers.rs",
        breaches.len()
    )
}

fn breaches(metadata: &Metadata) -> Result<Vec<String>> {
    let names: HashMap<&str, &str> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
    let nodes: HashMap<&str, &Node> = metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let name_of = |id: &str| names.get(id).copied().unwrap_or_default();
    let mut breaches = Vec::new();
    for package in metadata.packages.iter().filter(|package| metadata.is_member(&package.id)) {
        let name = package.name.as_str();
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            breaches.push(format!("{name} has no layer: add it to xtask/src/layers.rs"));
            continue;
        };
        let node = nodes.get(package.id.as_str()).with_context(|| format!("cargo metadata does not resolve {name}"))?;
        for dependency in node.deps.iter().filter(|dependency| dependency.is_shipped()) {
            let known = name_of(&dependency.pkg);
            if metadata.is_member(&dependency.pkg) && !layer.knows.contains(&known) {
                breaches.push(format!("{name} must not know {known}"));
            }
            if known == "rusqlite" && !SQL.contains(&name) {
                breaches.push(format!("{name} must not name rusqlite: SQL lives in kustodian-store"));
            }
        }
        for asked in package.dependencies.iter().filter(|asked| asked.is_shipped()) {
            for (of, feature) in TEST_FEATURES {
                if asked.name == *of && asked.features.iter().any(|named| named == feature) {
                    breaches.push(format!("{name} must not ship {of} with the feature {feature}: it is for tests"));
                }
            }
        }
        let below = below(node, &nodes);
        for never in layer.never {
            if below.iter().any(|id| name_of(id) == *never) {
                breaches.push(format!("{name} must not have {never} below it: see cargo tree -p {name} -i {never}"));
            }
        }
    }
    Ok(breaches)
}

/// Everything the package is built with, at any depth.
fn below<'a>(node: &'a Node, nodes: &HashMap<&str, &'a Node>) -> HashSet<&'a str> {
    let mut below = HashSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        for dependency in node.deps.iter().filter(|dependency| dependency.is_shipped()) {
            if below.insert(dependency.pkg.as_str()) {
                open.extend(nodes.get(dependency.pkg.as_str()).copied());
            }
        }
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(resolve: &str) -> Metadata {
        serde_json::from_str(&format!(
            r#"{{"packages": [{{"id": "api", "name": "kustomer-api"}}, {{"id": "core", "name": "kustodian-core"}},
                              {{"id": "http", "name": "http"}}, {{"id": "tokio", "name": "tokio"}}],
                 "workspace_members": ["api", "core"], "target_directory": "target",
                 "resolve": {{"nodes": [{resolve}]}}}}"#
        ))
        .unwrap()
    }

    const LEAVES: &str = r#"{"id": "http", "deps": [{"pkg": "tokio", "dep_kinds": [{"kind": null}]}]},
                            {"id": "tokio", "deps": []}"#;

    #[test]
    fn an_arrow_against_the_layers_is_a_breach() {
        let metadata = workspace(&format!(
            r#"{{"id": "api", "deps": [{{"pkg": "core", "dep_kinds": [{{"kind": null}}]}}]}},
               {{"id": "core", "deps": []}}, {LEAVES}"#
        ));
        assert_eq!(breaches(&metadata).unwrap(), ["kustomer-api must not know kustodian-core"]);
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth() {
        let metadata = workspace(&format!(
            r#"{{"id": "api", "deps": []}},
               {{"id": "core", "deps": [{{"pkg": "http", "dep_kinds": [{{"kind": null}}]}}]}}, {LEAVES}"#
        ));
        let breaches = breaches(&metadata).unwrap();
        assert_eq!(breaches.len(), 1);
        assert!(breaches[0].starts_with("kustodian-core must not have tokio below it"), "{breaches:?}");
    }

    #[test]
    fn a_feature_for_tests_is_not_shipped() {
        let asking = |kind: &str| {
            let metadata: Metadata = serde_json::from_str(&format!(
                r#"{{"packages": [{{"id": "bin", "name": "kustodian", "dependencies":
                       [{{"name": "kustodian-store", "kind": {kind}, "features": ["trace"]}}]}}],
                     "workspace_members": ["bin"], "target_directory": "target",
                     "resolve": {{"nodes": [{{"id": "bin", "deps": []}}]}}}}"#
            ))
            .unwrap();
            breaches(&metadata).unwrap()
        };
        assert_eq!(asking("null"), ["kustodian must not ship kustodian-store with the feature trace: it is for tests"]);
        assert!(asking(r#""dev""#).is_empty());
    }

    #[test]
    fn a_test_may_reach_further() {
        let metadata = workspace(&format!(
            r#"{{"id": "api", "deps": [{{"pkg": "http", "dep_kinds": [{{"kind": "dev"}}]}}]}},
               {{"id": "core", "deps": []}}, {LEAVES}"#
        ));
        assert!(breaches(&metadata).unwrap().is_empty());
    }
}
