//! The commands and programs of the README work as printed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use serde_json::json;

use crate::printed;
use crate::server::{Server, TOKEN};

const README: &str = include_str!("../../../../README.md");

/// The text of the first block in this language below a heading.
fn block(heading: &str, language: &str) -> &'static str {
    let below = README.split_once(heading).unwrap().1;
    below.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0
}

/// The settings of a table, each as cargo takes it on its command line; those of tables in it, too.
fn settings_of(name: &str, value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::Table(table) => {
            table.iter().flat_map(|(member, value)| settings_of(&format!("{name}.{member}"), value)).collect()
        }
        toml::Value::String(text) => vec![format!("{name}={text:?}")],
        toml::Value::Integer(number) => vec![format!("{name}={number}")],
        toml::Value::Boolean(is_so) => vec![format!("{name}={is_so}")],
        other => panic!("{name} is {other:?}"),
    }
}

/// The settings of the workspace's profile for development.
fn profile_settings(workspace: &Path) -> Vec<String> {
    let manifest: toml::Table = fs::read_to_string(workspace.join("Cargo.toml")).unwrap().parse().unwrap();
    settings_of("profile.dev", &manifest["profile"]["dev"])
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
        // Build scripts read what cargo sets for this test, and would run again, with all that is built on them.
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
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
    for setting in profile_settings(workspace) {
        run.args(["--config", &setting]);
    }
    run.env_remove("KUSTODIAN_TOKEN");
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

/// Runs commands as their reader does: in a folder of their own, with the server and its key in the environment.
fn run_commands(server: &Server, folder: &Path, commands: &str) {
    let variables =
        [("KUSTODIAN_URL", server.url.as_str()), ("KUSTODIAN_TOKEN", TOKEN), ("KUSTODIAN_DATABASE", server.database())];
    printed::run(folder, commands, &variables);
}

/// All blocks of commands of a page, in order. Blocks of other languages, such as `console`, need more than a server:
/// `printed_commands.rs` runs them.
fn commands_of(page: &str) -> String {
    let mut commands = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "```sh" {
            lines.by_ref().take_while(|line| line.trim_start() != "```").for_each(|line| {
                commands.push_str(line);
                commands.push('\n');
            });
        }
    }
    commands
}

/// The README and the pages of the guide in the order of its summary, each with its commands. Those of installing.md are left out:
/// `cargo xtask dist --check` runs them.
fn pages_with_commands() -> Vec<(String, String)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let names = summary.lines().filter_map(|line| Some(line.split_once("](")?.1.strip_suffix(')')?.to_owned()));
    let pages = names.filter(|name| name != "installing.md").map(|name| {
        let page = fs::read_to_string(docs.join(&name)).unwrap();
        // Of a block without a language nobody knows whether it is run.
        let fences = page.lines().filter(|line| line.trim_start().starts_with("```")).step_by(2);
        assert_eq!(fences.filter(|line| line.trim() == "```").count(), 0, "{name} has a block without a language");
        (name, commands_of(&page))
    });
    // The last command of the README follows new events, and does not end.
    let of_readme = block("## The command line", "sh").replace("kustodian tail\n", "");
    let of_readme = std::iter::once(("README.md".to_owned(), of_readme));
    of_readme.chain(pages.filter(|(_, commands)| !commands.is_empty())).collect()
}

#[test]
fn the_commands_of_the_guide_run_as_printed_one_page_after_the_other() {
    let (server, folder) = (Server::on_file(), tempfile::tempdir().unwrap());
    let pages = pages_with_commands();
    assert!(pages.len() > 20, "{pages:?}");
    for (name, commands) in &pages {
        let is_silent = |line: &&str| line.contains("curl ") && !line.contains("--fail");
        assert_eq!(commands.lines().find(is_silent), None, "{name}: a refusal would not end this curl");
        run_commands(&server, folder.path(), commands);
    }

    // merging.md
    let merges = server.get("/v1/customers/merges").expect(200);
    assert_eq!(merges.data()[0]["attributes"]["status"], "undone");
    let source = server.get("/v1/customers/externalId=crm-1879").expect(200);
    assert_eq!(source.attributes()["locale"], "en_US");

    // conversations.md
    let customer = server.get("/v1/customers/externalId=crm-1882").expect(200);
    let counts = json!({ "done": 0, "open": 1, "snoozed": 0, "all": 1 });
    assert_eq!(customer.attributes()["conversationCounts"], counts);
    let id = customer.data()["id"].as_str().unwrap();
    let conversations = server.get(&format!("/v1/customers/{id}/conversations")).expect(200);
    let conversation = &conversations.data()[0]["attributes"];
    assert_eq!((&conversation["messageCount"], &conversation["noteCount"]), (&3.into(), &1.into()));
    assert_eq!((&conversation["reopenFromDoneCount"], &conversation["name"]), (&1.into(), &"Order 1882".into()));
    let answered = server.get("/v1/conversations/externalId=chat-1").expect(200);
    let sla = &answered.attributes()["sla"];
    assert_eq!((&sla["name"], &sla["status"], &sla["breached"]), (&"Chat".into(), &"paused".into(), &false.into()));

    // import-export.md
    let imported = server.get("/v1/customers/externalId=crm-1920").expect(200);
    assert_eq!(
        (&imported.attributes()["name"], &imported.attributes()["custom"]["tierStr"]),
        (&"R. E. Franklin".into(), &"gold".into())
    );
    assert!(folder.path().join("out/customers.csv").exists());
}

/// A reader may begin with any page, as a search on the web leads there.
#[test]
fn the_commands_of_each_page_run_on_a_fresh_server() {
    let pages = pages_with_commands();
    let queue = Mutex::new(pages.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((_, commands)) = queue.lock().unwrap().next() else { break };
                    run_commands(&Server::on_file(), tempfile::tempdir().unwrap().path(), commands);
                }
            });
        }
    });
}

#[test]
fn the_settings_of_the_pages_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["crm.example".to_owned()]).unwrap();
    fs::write(folder.path().join("fullchain.pem"), certificate.cert.pem()).unwrap();
    fs::write(folder.path().join("privkey.pem"), certificate.signing_key.serialize_pem()).unwrap();
    let blocks = printed::blocks().into_iter().filter(|block| block.info == "toml");
    let blocks = blocks.map(|block| (block.page, block.text));
    // Those of a program are in `Cargo.toml`.
    let is_of_program = |block: &str| block.contains("dependencies]") || block.contains("{ path =");
    let blocks: Vec<_> = blocks.filter(|(_, block)| !is_of_program(block)).collect();
    assert!(blocks.len() >= 4, "{blocks:?}");
    for (page, block) in blocks {
        // Where systemd lays credentials.
        let block = block.replace("/run/credentials/kustodian.service", folder.path().to_str().unwrap());
        let file = folder.path().join("kustodian.toml");
        fs::write(&file, &block).unwrap();
        let shown =
            Command::new(env!("CARGO_BIN_EXE_kustodian")).args(["config", "show", "--config"]).arg(&file).output();
        let shown = shown.unwrap();
        let (said, error) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
        assert!(shown.status.success(), "{page}:\n{block}\n{error}");
        assert!(said.contains("kustodian.toml"), "{page}: the file sets nothing\n{said}");
    }
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
    fs::write(folder.path().join("test_signup.py"), example("python")).unwrap();
    passes("python3", &["-m", "unittest", "test_signup"], folder.path());
    // An older Node.js knows no types: tests/typescript compiles and runs the page's test with any.
    let can_strip = Command::new("node").args(["--experimental-strip-types", "--version"]).output().unwrap();
    if can_strip.status.success() {
        fs::write(folder.path().join("signup.test.ts"), example("ts")).unwrap();
        passes("node", &["--experimental-strip-types", "--test", "signup.test.ts"], folder.path());
    }
}
