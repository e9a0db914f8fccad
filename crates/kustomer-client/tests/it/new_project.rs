//! A project of somebody else, outside of this workspace, with the lines of the README.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// The text of the first block of the README in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap());
    // Variables of this run are not for the other project.
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("RUST")) {
        if !matches!(name.as_str(), "CARGO_HOME" | "RUSTUP_HOME" | "RUSTUP_TOOLCHAIN") {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(folder).args(arguments).output().unwrap()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn project() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-project");
    fs::create_dir_all(folder.join("src/bin")).unwrap();
    let crates = workspace().join("crates");
    let (client, api) = (crates.join("kustomer-client"), crates.join("kustomer-api"));
    let manifest = format!(
        "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{}\n\n[workspace]\n\n\
         [patch.crates-io]\nkustomer-client = {{ path = {client:?} }}\nkustomer-api = {{ path = {api:?} }}\n",
        block("toml")
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already: nothing is fetched.
    fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    fs::write(folder.join("src/main.rs"), block("rust,no_run")).unwrap();
    fs::write(folder.join("src/bin/literal.rs"), LITERAL).unwrap();
    folder
}

/// A literal of a type that will grow.
const LITERAL: &str = "use kustomer_client::customer::CustomerInput;\n\n\
    fn main() {\n    let _ = CustomerInput { name: \"Ada\".into(), ..CustomerInput::default() };\n}\n";

#[test]
fn a_new_project_with_the_lines_of_the_readme_compiles_and_can_be_extended() {
    let folder = project();
    let checked = cargo(&folder, &["check", "--offline", "--bin", "hello"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let refused = cargo(&folder, &["check", "--offline", "--bin", "literal"]);
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && complaint.contains("non-exhaustive"), "{complaint}");

    let tree = cargo(&folder, &["tree", "--offline", "--prefix", "none", "--edges", "normal,build"]);
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("ring v"), "{tree}");
    assert!(!tree.contains("aws-lc"), "{tree}");
}

#[test]
fn the_readme_names_every_feature() {
    let (_, features) = include_str!("../../Cargo.toml").split_once("[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let all = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let names: Vec<&str> = all.filter(|name| *name != "default" && !name.starts_with("__")).collect();
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !README.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))))
        .collect();
    assert!(names.len() > 20 && missing.is_empty(), "the README lacks {missing:?} of {names:?}");
}

#[test]
fn every_dependency_builds_with_the_rust_version_that_is_stated() {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--offline", "--filter-platform", host];
    let output = cargo(&workspace(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let (client, stated) = packages
        .iter()
        .find(|(_, package)| package["name"] == "kustomer-client")
        .map(|(id, package)| (id.clone(), version(&package["rust_version"])))
        .unwrap();
    let (major, minor) = stated;
    assert!(README.contains(&format!("Rust {major}.{minor} or newer is needed")), "the README names another version");
    let mut waiting = vec![client];
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        assert!(version(&package["rust_version"]) <= stated, "{id} needs {}", package["rust_version"]);
        for dependency in list(&nodes[&id]["deps"]) {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                waiting.push(text(&dependency["pkg"]));
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

/// Major and minor; nothing stated is any.
fn version(stated: &Value) -> (u32, u32) {
    let mut parts = stated.as_str().unwrap_or("0.0").split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}
