//! The costs of the Rust client for its users: the time of a build, the size of a program, the number of dependencies;
//! beside clients of other services, in one run. Written into `docs/benchmarks.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::{process, workspace};

/// A client, and a program that uses it: one that sets a client up and makes one call.
struct Subject {
    name: &'static str,
    /// The lines below `[dependencies]`; `{root}` is the folder of this workspace.
    dependencies: &'static str,
    /// Between `fn main` and its end.
    main: &'static str,
}

/// The first is the base of the comparison: a program that makes no call.
const SUBJECTS: &[Subject] = &[
    Subject { name: "tokio alone", dependencies: "", main: "tokio::task::yield_now().await; Ok(())" },
    Subject {
        name: "kustomer-client",
        dependencies: "kustomer-client = { path = \"{root}/crates/kustomer-client\" }",
        main: "let client = kustomer_client::Client::builder().org(\"acme\").token(\"t\").build()?;\n\
               let input = kustomer_client::customer::CustomerInput::new().name(\"Ada\").email(\"ada@acme.example\");\n\
               println!(\"{}\", client.customers().create(&input).await?.data.id);\n\
               Ok(())",
    },
    Subject {
        name: "octocrab",
        dependencies: "octocrab = \"0.54\"",
        main: "let client = octocrab::OctocrabBuilder::new().personal_token(\"t\".to_owned()).build()?;\n\
               println!(\"{}\", client.current().user().await?.id);\n\
               Ok(())",
    },
    Subject {
        name: "async-stripe",
        dependencies: "async-stripe = { version = \"0.41\", features = [\"runtime-tokio-hyper-rustls\"] }",
        main: "let client = stripe::Client::new(\"t\");\n\
               let input = stripe::CreateCustomer { name: Some(\"Ada\"), ..Default::default() };\n\
               println!(\"{}\", stripe::Customer::create(&client, input).await?.id);\n\
               Ok(())",
    },
];

const PAGE: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- budget: begin; written by cargo xtask budget -->\n";
const END: &str = "<!-- budget: end -->\n";

struct Measured {
    name: &'static str,
    clean: Duration,
    again: Duration,
    bytes: u64,
    dependencies: usize,
}

/// Measures all of them, prints the table and writes it into the page.
pub(crate) fn run() -> Result<()> {
    let folder = workspace::root().join("target/budget");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let mut measured = Vec::new();
    for subject in SUBJECTS {
        println!("{} …", subject.name);
        match measure(subject, &folder.join(subject.name.replace(' ', "-"))) {
            Ok(numbers) => measured.push(numbers),
            // The others are worth knowing all the same.
            Err(error) => eprintln!("{} was not measured: {error:#}", subject.name),
        }
    }
    let table = table(&measured, load)?;
    println!("{table}");
    let page = workspace::root().join(PAGE);
    let text = fs::read_to_string(&page).context("cannot read docs/benchmarks.md")?;
    let (head, rest) = text.split_once(BEGIN).with_context(|| format!("{PAGE} lacks the line {BEGIN}"))?;
    let (_, tail) = rest.split_once(END).with_context(|| format!("{PAGE} lacks the line {END}"))?;
    fs::write(&page, format!("{head}{BEGIN}{table}{END}{tail}")).context("cannot write docs/benchmarks.md")
}

fn measure(subject: &Subject, folder: &Path) -> Result<Measured> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("src")).context("cannot make the project")?;
    let root = workspace::root().display().to_string();
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n{}\n\n\
         [profile.release]\nstrip = true\nincremental = true\n\n[workspace]\n",
        subject.dependencies.replace("{root}", &root)
    );
    fs::write(folder.join("Cargo.toml"), manifest).context("cannot write the manifest")?;
    write_program(subject, folder, "")?;
    process::succeed(cargo(folder).arg("fetch"))?;
    let clean = build(folder)?;
    write_program(subject, folder, "println!(\"changed\");\n")?;
    let again = build(folder)?;
    let bytes = fs::metadata(folder.join("target/release/program")).context("there is no program")?.len();
    let tree = process::output(cargo(folder).args(["tree", "--prefix", "none", "--edges", "normal,build"]))?;
    let tree = String::from_utf8(tree).context("the tree is no text")?;
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(" (").next()).collect();
    let _ = fs::remove_dir_all(folder);
    Ok(Measured { name: subject.name, clean, again, bytes, dependencies: crates.len() - 1 })
}

fn write_program(subject: &Subject, folder: &Path, before: &str) -> Result<()> {
    let program = format!(
        "#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n{before}{}\n}}\n",
        subject.main
    );
    fs::write(folder.join("src/main.rs"), program).context("cannot write the program")
}

fn build(folder: &Path) -> Result<Duration> {
    let began = Instant::now();
    process::succeed(cargo(folder).args(["build", "--release", "--quiet"]))?;
    Ok(began.elapsed())
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = process::cargo();
    let target: PathBuf = folder.join("target");
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", target).env_remove("CARGO_INCREMENTAL");
    cargo
}

fn table(measured: &[Measured], load: &str) -> Result<String> {
    let mut table = String::new();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(table, "- {processors} processors, which had a load of {load} from other work when the run began.\n")?;
    writeln!(
        table,
        "| | clean build, s | build after a change, s | program, MB (10⁶ bytes) | beyond tokio alone, MB | dependencies |"
    )?;
    writeln!(table, "|---|---:|---:|---:|---:|---:|")?;
    let floor = measured.first().map_or(0, |first| first.bytes);
    for Measured { name, clean, again, bytes, dependencies } in measured {
        let [megabytes, beyond] = [*bytes, bytes.saturating_sub(floor)].map(|bytes| bytes as f64 / 1e6);
        let (clean, again) = (clean.as_secs_f64(), again.as_secs_f64());
        writeln!(table, "| {name} | {clean:.0} | {again:.1} | {megabytes:.1} | {beyond:.1} | {dependencies} |")?;
    }
    Ok(table)
}
