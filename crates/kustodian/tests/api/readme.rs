//! The commands and programs of the README work as printed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::server::{Server, TOKEN};

const README: &str = include_str!("../../../../README.md");

/// The text of the first block in this language below a heading.
fn block(heading: &str, language: &str) -> &'static str {
    let below = README.split_once(heading).unwrap().1;
    below.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0
}

/// A new project with the dependencies and the program of the README, beside a checkout. It takes the versions this
/// workspace is locked to, and shares its build products: nothing is downloaded, and little is built again.
fn new_project(folder: &Path) -> Command {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::os::unix::fs::symlink(workspace, folder.join("kustodian")).unwrap();
    let project = folder.join("hello");
    let cargo = || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.env("CARGO_NET_OFFLINE", "true");
        cargo
    };
    assert!(cargo().args(["new", "--quiet", "--vcs", "none"]).arg(&project).status().unwrap().success());
    let manifest = project.join("Cargo.toml");
    let made = fs::read_to_string(&manifest).unwrap();
    assert!(made.trim_end().ends_with("[dependencies]"), "{made}");
    fs::write(&manifest, format!("{made}{}", block("## The Rust client", "toml"))).unwrap();
    fs::write(project.join("src/main.rs"), block("## The Rust client", "rust")).unwrap();
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let products = Path::new(env!("CARGO_BIN_EXE_kustodian")).ancestors().nth(2).unwrap();
    let mut run = cargo();
    run.current_dir(project).args(["run", "--quiet"]).env("CARGO_TARGET_DIR", products);
    // As the workspace builds its own: other settings would build every dependency again.
    run.args(["--config", "profile.dev.package.\"*\".opt-level=1"]);
    run.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only").env_remove("KUSTODIAN_TOKEN");
    run
}

#[test]
fn the_rust_program_runs_in_a_new_project() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let mut run = new_project(folder.path());
    let main = folder.path().join("hello/src/main.rs");
    let program = fs::read_to_string(&main).unwrap();
    let address = "http://127.0.0.1:8080";
    assert!(program.contains(address), "the address that the server listens on by default");
    fs::write(&main, program.replace(address, &server.url)).unwrap();

    let without_key = run.output().unwrap();
    let error = String::from_utf8_lossy(&without_key.stderr).into_owned();
    assert!(!without_key.status.success() && error.contains("set KUSTODIAN_TOKEN to an API key"), "{error}");

    let output = run.env("KUSTODIAN_TOKEN", TOKEN).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains(r#"Some("Grace Hopper")"#), "{said}{error}");
    let stored = server.get("/v1/customers/email=grace@acme.example").expect(200);
    assert!(said.starts_with(stored.data()["id"].as_str().unwrap()), "{said}");
}

/// Runs the first commands of a page, or of a part of one.
fn run_page(server: &Server, page: &str) {
    let commands = page.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let binary = Path::new(env!("CARGO_BIN_EXE_kustodian")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", commands]);
    shell.env("PATH", path).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    let output = shell.output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{error}");
}

#[test]
fn the_commands_that_merge_and_undo_run_as_printed() {
    let server = Server::start();
    run_page(&server, include_str!("../../../../docs/merging.md"));
    let merges = server.get("/v1/customers/merges").expect(200);
    assert_eq!(merges.data()[0]["attributes"]["status"], "undone");
    let source = server.get("/v1/customers/externalId=crm-1816").expect(200);
    assert_eq!(source.attributes()["locale"], "en_US");
}

#[test]
fn the_commands_from_first_message_to_done_run_as_printed() {
    let server = Server::start();
    run_page(&server, include_str!("../../../../docs/conversations.md"));
    let customer = server.get("/v1/customers/externalId=crm-1815").expect(200);
    let counts = serde_json::json!({ "done": 0, "open": 1, "snoozed": 0, "all": 1 });
    assert_eq!(customer.attributes()["conversationCounts"], counts);
    let how_soon = include_str!("../../../../docs/conversations.md").split_once("## How soon").unwrap().1;
    run_page(&server, how_soon);
    let answered = server.get("/v1/conversations/externalId=chat-1").expect(200);
    let sla = &answered.attributes()["sla"];
    assert_eq!((&sla["name"], &sla["status"], &sla["breached"]), (&"Chat".into(), &"paused".into(), &false.into()));
    let id = customer.data()["id"].as_str().unwrap();
    let conversations = server.get(&format!("/v1/customers/{id}/conversations")).expect(200);
    let conversation = &conversations.data()[0]["attributes"];
    assert_eq!((&conversation["messageCount"], &conversation["noteCount"]), (&3.into(), &1.into()));
    assert_eq!((&conversation["reopenFromDoneCount"], &conversation["name"]), (&1.into(), &"Order 1815".into()));
}

const TESTING: &str = include_str!("../../../../docs/testing.md");

/// The text of the block in this language on the page about testing.
fn example(language: &str) -> &'static str {
    TESTING.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0
}

/// Runs a program in the folder, with the binary as the one it starts.
fn passes(program: &str, arguments: &[&str], folder: &Path) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("KUSTODIAN", env!("CARGO_BIN_EXE_kustodian"));
    let ran = command.output().unwrap();
    let (output, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{output}{errors}");
}

#[test]
fn the_tests_in_other_languages_pass_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("signup.test.mjs"), example("js")).unwrap();
    fs::write(folder.path().join("test_signup.py"), example("python")).unwrap();
    passes("node", &["--test", "signup.test.mjs"], folder.path());
    passes("python3", &["-m", "unittest", "test_signup"], folder.path());
}
