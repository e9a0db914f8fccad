//! The crates that are published: what crates.io and docs.rs show of them, what their packages hold, and whether they build by
//! themselves.

mod growing;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{Metadata, Package};

/// The checks beside those of the packages themselves.
#[derive(clap::Args)]
pub(crate) struct PublishedArguments {
    /// Also build each crate from its package, as `cargo publish` does, and upload nothing
    #[arg(long)]
    dry_run: bool,
    /// Also compile the client with each way of TLS and each other feature by itself
    #[arg(long)]
    features: bool,
    /// Also compile the client for a browser; says so where the target cannot be had
    #[arg(long)]
    browser: bool,
    /// Also compare the libraries with those of an earlier revision, such as v0.1.0, by cargo-semver-checks
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
}

/// The client, whose features are compiled one by one.
const CLIENT: &str = "kustomer-client";

/// The types of bodies and answers.
const TYPES: &str = "kustomer-api";

/// Members that bodies may have and the server does not read.
const IGNORED: &[&str] = &["updated_at"];

/// What every package holds.
const NEEDED: &[&str] = &["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];

/// What a package may hold besides: these files of cargo, and the files below these folders.
const ADDED: &[&str] = &[".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];
const FOLDERS: &[&str] = &["src/", "examples/"];

/// Fails with every fault, or says that there is none.
pub(crate) fn run(arguments: &PublishedArguments) -> Result<()> {
    let metadata = Metadata::load()?;
    let published: Vec<&Package> =
        metadata.packages.iter().filter(|package| metadata.is_member(&package.id) && package.is_published()).collect();
    let (mut faults, mut met) = (Vec::new(), Vec::new());
    for package in &published {
        faults.extend(faults_of_manifest(package));
        faults.extend(growing::faults_of_sources(&package.manifest_path.with_file_name("src"), &mut met)?);
        let listed = process::output(cargo("package", &[package]).arg("--list"))?;
        let listed = String::from_utf8(listed).context("the list of files is no text")?;
        faults.extend(faults_of_content(&package.name, &listed));
    }
    faults.extend(growing::faults_of_exceptions(&met));
    faults.extend(faults_of_inputs(&metadata)?);
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    if arguments.dry_run {
        process::succeed(cargo("publish", &published).arg("--dry-run"))?;
    } else {
        // All together: each finds the others' packages in place of crates.io.
        process::succeed(cargo("package", &published).args(["--no-verify", "--quiet"]))?;
    }
    if arguments.features {
        compile_features(metadata.member(CLIENT)?)?;
    }
    if arguments.browser {
        compile_for_browser()?;
    }
    if let Some(revision) = &arguments.since {
        compare(&published, revision)?;
    }
    println!("{} crates can be published", published.len());
    Ok(())
}

/// What cargo does with these packages, also before everything is committed.
fn cargo(command: &str, packages: &[&Package]) -> std::process::Command {
    let mut cargo = process::cargo();
    cargo.args([command, "--allow-dirty"]);
    for package in packages {
        cargo.args(["--package", &package.name]);
    }
    cargo
}

/// What crates.io and docs.rs would lack.
fn faults_of_manifest(package: &Package) -> Vec<String> {
    let described = package.description.as_deref().is_some_and(|words| words.ends_with('.'));
    let docs = package.metadata.pointer("/docs/rs").is_some();
    let checks = [
        (described, "a description that is a sentence"),
        (!package.keywords.is_empty() && package.keywords.len() <= 5, "one to five keywords"),
        (!package.categories.is_empty(), "a category"),
        (package.readme.is_some(), "a readme"),
        (docs, "[package.metadata.docs.rs], which says what features docs.rs shows"),
    ];
    checks
        .into_iter()
        .filter(|(is_there, _)| !is_there)
        .map(|(_, wanted)| format!("the manifest of {} lacks {wanted}", package.name))
        .collect()
}

/// What a package lacks, and what it holds that nobody needs.
fn faults_of_content(name: &str, listed: &str) -> Vec<String> {
    let files: Vec<String> = listed.lines().map(|line| line.replace('\\', "/")).collect();
    let missing = NEEDED.iter().filter(|needed| !files.iter().any(|file| file == *needed));
    let missing = missing.map(|needed| format!("the package of {name} lacks {needed}"));
    let is_wanted = |file: &str| {
        NEEDED.contains(&file) || ADDED.contains(&file) || FOLDERS.iter().any(|folder| file.starts_with(folder))
    };
    let needless = files.iter().filter(|file| !is_wanted(file));
    missing.chain(needless.map(|file| format!("the package of {name} holds {file}: exclude it"))).collect()
}

/// The members of bodies and queries without a method that sets them, as docs.rs would show them.
fn faults_of_inputs(metadata: &Metadata) -> Result<Vec<String>> {
    // The flag of CI's own documentation: it is not built twice.
    process::succeed(
        process::cargo().args(["doc", "--quiet", "--no-deps", "--package", TYPES]).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    let mut folders = vec![metadata.target_directory.join("doc").join(TYPES.replace('-', "_"))];
    let (mut inputs, mut faults) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = name.strip_prefix("struct.").and_then(|name| name.strip_suffix(".html")) {
                let page = std::fs::read_to_string(&path)?;
                if is_input(name, &page) {
                    inputs += 1;
                    faults.extend(members_without_method(name, &page));
                }
            }
        }
    }
    if inputs == 0 {
        bail!("the documentation of {TYPES} has no page of an input or a query");
    }
    Ok(faults)
}

/// Whether a page is that of a body or of a query with named members.
fn is_input(name: &str, page: &str) -> bool {
    let is_query = page.contains(&format!("id=\"impl-QueryArguments-for-{name}\""));
    (name.ends_with("Input") || is_query) && !page.contains("id=\"structfield.0\"")
}

/// The fields on an input's page whose name no method has.
fn members_without_method(input: &str, page: &str) -> Vec<String> {
    let fields = page.split("id=\"structfield.").skip(1).filter_map(|rest| rest.split('"').next());
    fields
        .filter(|field| !IGNORED.contains(field) && !page.contains(&format!("id=\"method.{field}\"")))
        .map(|field| format!("{input} has no method that sets `{field}`"))
        .collect()
}

/// Compiles the client with each of its features alone, and with none.
fn compile_features(client: &Package) -> Result<()> {
    for feature in std::iter::once("").chain(client.features.keys().map(String::as_str)) {
        // What begins so is switched on by others.
        if feature.starts_with("__") {
            continue;
        }
        println!("==> {CLIENT} with {}", if feature.is_empty() { "no feature" } else { feature });
        let arguments = ["clippy", "--quiet", "--package", CLIENT, "--lib", "--no-default-features"];
        process::succeed(process::cargo().args(arguments).args(["--features", feature, "--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Compiles the client for a browser: as it is by default, and with all features that a browser has.
fn compile_for_browser() -> Result<()> {
    let add =
        || process::program("rustup").args(["target", "add", BROWSER]).status().is_ok_and(|status| status.success());
    if !is_installed(BROWSER)? && !add() {
        println!("{CLIENT} for a browser: NOT compiled, the target {BROWSER} cannot be had from here");
        return Ok(());
    }
    for features in ["", IN_BROWSERS] {
        println!("==> {CLIENT} for a browser{}{features}", if features.is_empty() { "" } else { " with " });
        let arguments = ["clippy", "--quiet", "--package", CLIENT, "--lib", "--target", BROWSER];
        process::succeed(process::cargo().args(arguments).args(["--features", features, "--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Fails when a library breaks programs of an earlier revision, and its version does not say so.
fn compare(packages: &[&Package], revision: &str) -> Result<()> {
    let checks = || {
        let mut cargo = process::cargo();
        cargo.arg("semver-checks");
        cargo
    };
    if process::output(checks().arg("--version")).is_err() {
        bail!("there is no cargo-semver-checks: cargo install --locked cargo-semver-checks");
    }
    for package in packages {
        if package.is_macro() {
            println!("==> {}: NOT compared, macros are not read by cargo-semver-checks", package.name);
            continue;
        }
        println!("==> {} since {revision}", package.name);
        let mut checks = checks();
        checks.args(["--package", &package.name, "--baseline-rev", revision]).args(documented_features(package));
        process::succeed(&mut checks)?;
    }
    Ok(())
}

/// The arguments for the features that docs.rs shows: others are not for everybody.
fn documented_features(package: &Package) -> Vec<String> {
    let shown = package.metadata.pointer("/docs/rs/features").and_then(serde_json::Value::as_array);
    let Some(shown) = shown else { return vec!["--all-features".to_owned()] };
    let default = package.features.contains_key("default").then_some("default");
    let names: Vec<&str> = default.into_iter().chain(shown.iter().filter_map(serde_json::Value::as_str)).collect();
    vec!["--only-explicit-features".to_owned(), "--features".to_owned(), names.join(",")]
}

/// The target of browsers, and the client's features that are there beside the default ones.
const BROWSER: &str = "wasm32-unknown-unknown";
const IN_BROWSERS: &str = "axum,chrono,http2,time,tower,tracing";

/// Whether the standard library for a target is there.
fn is_installed(target: &str) -> Result<bool> {
    let folder = process::output(process::program("rustc").args(["--print", "target-libdir", "--target", target]))?;
    Ok(Path::new(String::from_utf8(folder)?.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_holds_what_it_needs_and_nothing_else() {
        let whole = "Cargo.toml\nCargo.toml.orig\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\nsrc/a/b.rs\n";
        assert_eq!(faults_of_content("a", whole), [""; 0]);
        let faults = faults_of_content("a", &whole.replace("README.md", "tests/it.rs"));
        assert_eq!(faults, ["the package of a lacks README.md", "the package of a holds tests/it.rs: exclude it"]);
    }

    #[test]
    fn a_member_of_an_input_has_a_method_of_its_name() {
        let page =
            r#"<span id="structfield.name"></span><span id="structfield.icon"></span><section id="method.name">"#;
        assert_eq!(members_without_method("TeamInput", page), ["TeamInput has no method that sets `icon`"]);
    }

    #[test]
    fn a_query_is_an_input_unless_it_wraps_a_value() {
        let query = r#"<span id="structfield.page"></span><section id="impl-QueryArguments-for-ListTeams">"#;
        assert!(is_input("ListTeams", query) && !is_input("Team", query) && is_input("TeamInput", ""));
        assert!(!is_input("ListTeams", &query.replace("structfield.page", "structfield.0")));
    }

    #[test]
    fn a_manifest_says_what_a_crate_is() {
        let package = |json| serde_json::from_str::<Package>(json).unwrap();
        let bare = package(r#"{"id": "a", "name": "a", "publish": null}"#);
        assert!(bare.is_published() && faults_of_manifest(&bare).len() == 5, "{:?}", faults_of_manifest(&bare));
        let whole = package(
            r#"{"id": "a", "name": "a", "publish": [], "description": "Is a test.", "keywords": ["a"],
                "categories": ["b"], "readme": "README.md", "metadata": {"docs": {"rs": {"all-features": true}}}}"#,
        );
        assert!(!whole.is_published() && faults_of_manifest(&whole).is_empty());
    }

    #[test]
    fn a_crate_is_compared_with_the_features_that_docs_rs_shows() {
        let package = |json| serde_json::from_str::<Package>(json).unwrap();
        let all = package(r#"{"id": "a", "name": "a", "metadata": {"docs": {"rs": {"all-features": true}}}}"#);
        assert_eq!(documented_features(&all), ["--all-features"]);
        let some = package(
            r#"{"id": "a", "name": "a", "features": {"default": [], "time": [], "hidden": []},
                "metadata": {"docs": {"rs": {"features": ["time"]}}}}"#,
        );
        assert_eq!(documented_features(&some), ["--only-explicit-features", "--features", "default,time"]);
    }

    #[test]
    fn a_macro_is_not_compared() {
        let package = |kind| {
            let json =
                format!(r#"{{"id": "a", "name": "a", "targets": [{{"kind": ["{kind}"]}}, {{"kind": ["test"]}}]}}"#);
            serde_json::from_str::<Package>(&json).unwrap()
        };
        assert!(package("proc-macro").is_macro() && !package("lib").is_macro());
    }
}
