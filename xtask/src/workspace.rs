//! Where the workspace and its build products are, and what its crates depend on, as cargo reports it.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::process;

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // `cargo xtask` sets the folder of this crate at run time; a copied binary falls back to the folder it is in.
    std::env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|xtask| PathBuf::from(xtask).parent().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The names of all files that git has, relative to the root.
pub(crate) fn tracked() -> Result<Vec<String>> {
    // Another account may own the checkout.
    let listed = process::output(
        process::program("git").args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root()),
    )?;
    let names = String::from_utf8(listed).context("git lists a name that is no UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

/// The part of `cargo metadata` that is read here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) resolve: Resolve,
    workspace_members: HashSet<String>,
    pub(crate) target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) manifest_path: PathBuf,
    /// The manifest's settings for other tools.
    #[serde(default)]
    pub(crate) metadata: Value,
    /// The registries it may be published to: any when there is no list.
    #[serde(default)]
    publish: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    #[serde(default)]
    pub(crate) readme: Option<String>,
    #[serde(default)]
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// What its manifest asks for.
    #[serde(default)]
    pub(crate) dependencies: Vec<Request>,
    #[serde(default)]
    targets: Vec<Target>,
}

impl Package {
    /// Whether it is published on crates.io.
    pub(crate) fn is_published(&self) -> bool {
        self.publish.is_none()
    }

    /// Whether it has macros of functions, derives or attributes, and nothing else.
    pub(crate) fn is_macro(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
    }
}

/// A library, a program, a test: whatever a package is compiled to.
#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// A dependency as a manifest states it.
#[derive(Deserialize)]
pub(crate) struct Request {
    pub(crate) name: String,
    /// `None` for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
    pub(crate) features: Vec<String>,
}

impl Request {
    /// Whether it is needed by more than the tests.
    pub(crate) fn is_shipped(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

/// A package and the packages it is built with.
#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `None` for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
}

impl Dependency {
    /// Whether it is needed by more than the tests.
    pub(crate) fn is_shipped(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
    }

    /// Whether it is in the program, and not only in what builds or tests it.
    pub(crate) fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

impl Metadata {
    /// What cargo knows of the workspace. Fails if cargo does.
    pub(crate) fn load() -> Result<Self> {
        let printed = process::output(process::cargo().args(["metadata", "--format-version", "1"]))?;
        serde_json::from_slice(&printed).context("cannot read what cargo metadata printed")
    }

    /// Whether the package is one of ours.
    pub(crate) fn is_member(&self, id: &str) -> bool {
        self.workspace_members.contains(id)
    }

    /// The version of a package of ours.
    pub(crate) fn version_of(&self, name: &str) -> Result<String> {
        self.member(name).map(|package| package.version.clone())
    }

    /// A package of ours.
    pub(crate) fn member(&self, name: &str) -> Result<&Package> {
        let found = self.packages.iter().find(|package| package.name == name && self.is_member(&package.id));
        found.with_context(|| format!("the workspace has no package {name}"))
    }

    /// Where the release or debug build of a binary is.
    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        self.target_directory.join(profile).join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }
}
