//! The costs of the Rust client for its users: the time of a build, the size of a program, the number of dependencies;
//! beside clients of other services, or with fewer of its features, in one run. Written into `docs/benchmarks.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::{process, workspace};

/// The options of a run.
#[derive(clap::Args)]
pub(crate) struct BudgetArguments {
    /// Build the client with fewer features, instead of the clients of other services
    #[arg(long)]
    features: bool,
}

/// A client, and a program that uses it: one that sets a client up and makes one call.
struct Subject {
    name: &'static str,
    /// The lines below `[dependencies]`; `{root}` is the folder of this workspace.
    dependencies: &'static str,
    /// Between `fn main` and its end.
    main: &'static str,
}

const TOKIO: &str = "tokio alone";
const OURS: &str = "kustomer-client";
const OCTOCRAB: &str = "octocrab";
const STRIPE: &str = "async-stripe";

/// A program that makes no call, to compare the others with.
const FLOOR: Subject = Subject { name: TOKIO, dependencies: "", main: "tokio::task::yield_now().await; Ok(())" };

/// The body of a program with our client.
const CREATE: &str = "let client = kustomer_client::Client::builder().org(\"acme\").token(\"t\").build()?;\n\
               let input = kustomer_client::customer::CustomerInput::new().name(\"Ada\").email(\"ada@acme.example\");\n\
               println!(\"{}\", client.customers().create(&input).await?.data.id);\n\
               Ok(())";

/// The client beside others.
const OTHERS: &[Subject] = &[
    FLOOR,
    Subject {
        name: OURS,
        dependencies: "kustomer-client = { path = \"{root}/crates/kustomer-client\" }",
        main: CREATE,
    },
    Subject {
        name: OCTOCRAB,
        dependencies: "octocrab = \"0.54\"",
        main: "let client = octocrab::OctocrabBuilder::new().personal_token(\"t\".to_owned()).build()?;\n\
               println!(\"{}\", client.current().user().await?.id);\n\
               Ok(())",
    },
    Subject {
        name: STRIPE,
        dependencies: "async-stripe = { version = \"0.41\", features = [\"runtime-tokio-hyper-rustls\"] }",
        main: "let client = stripe::Client::new(\"t\");\n\
               let input = stripe::CreateCustomer { name: Some(\"Ada\"), ..Default::default() };\n\
               println!(\"{}\", stripe::Customer::create(&client, input).await?.id);\n\
               Ok(())",
    },
];

/// The client with fewer features. The features of a row are its name.
const FEATURES: &[Subject] = &[
    FLOOR,
    Subject {
        name: "the default features",
        dependencies: "kustomer-client = { path = \"{root}/crates/kustomer-client\" }",
        main: CREATE,
    },
    Subject {
        name: "`rustls`, `customers`",
        dependencies: "kustomer-client = { path = \"{root}/crates/kustomer-client\", default-features = false, \
                       features = [\"rustls\", \"customers\"] }",
        main: CREATE,
    },
];

const PAGE: &str = "docs/benchmarks.md";

struct Measured {
    name: &'static str,
    clean: Time,
    again: Time,
    bytes: u64,
    dependencies: usize,
}

/// What a build took: until it was there, and of all processors together, which other work on the machine changes less.
#[derive(Clone, Copy)]
struct Time {
    elapsed: Duration,
    processor: Duration,
}

/// Measures all of them, prints the table and writes it into the page.
pub(crate) fn run(arguments: &BudgetArguments) -> Result<()> {
    let (subjects, begin, end) = match arguments.features {
        false => (OTHERS, "<!-- budget: begin; written by cargo xtask budget -->\n", "<!-- budget: end -->\n"),
        true => (
            FEATURES,
            "<!-- features: begin; written by cargo xtask budget --features -->\n",
            "<!-- features: end -->\n",
        ),
    };
    let folder = workspace::root().join("target/budget");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let mut measured = Vec::new();
    for (place, subject) in subjects.iter().enumerate() {
        println!("{} …", subject.name);
        match measure(subject, &folder.join(place.to_string())) {
            Ok(numbers) => measured.push(numbers),
            // The others are worth knowing all the same.
            Err(error) => eprintln!("{} was not measured: {error:#}", subject.name),
        }
    }
    let table = table(&measured, load)?;
    println!("{table}");
    let page = workspace::root().join(PAGE);
    let text = fs::read_to_string(&page).context("cannot read docs/benchmarks.md")?;
    let (head, rest) = text.split_once(begin).with_context(|| format!("{PAGE} lacks the line {begin}"))?;
    let (_, tail) = rest.split_once(end).with_context(|| format!("{PAGE} lacks the line {end}"))?;
    fs::write(&page, format!("{head}{begin}{table}{end}{tail}")).context("cannot write docs/benchmarks.md")
}

fn measure(subject: &Subject, folder: &Path) -> Result<Measured> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("src")).context("cannot make the project")?;
    let root = workspace::root().display().to_string();
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n{}\n\n\
         [profile.release]\nstrip = true\n\n[workspace]\n",
        subject.dependencies.replace("{root}", &root)
    );
    fs::write(folder.join("Cargo.toml"), manifest).context("cannot write the manifest")?;
    write_program(subject, folder, "")?;
    process::succeed(cargo(folder).args(["fetch", "--quiet"]))?;
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

fn build(folder: &Path) -> Result<Time> {
    let (began, before) = (Instant::now(), of_children());
    process::succeed(cargo(folder).args(["build", "--release", "--quiet"]))?;
    Ok(Time { elapsed: began.elapsed(), processor: of_children().saturating_sub(before) })
}

/// The processor time of all programs that this one has started and that have ended, with what they started; nothing where the
/// system does not say.
fn of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name is in parentheses and may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // Linux shows programs a hundredth of a second for a tick, whatever it counts itself.
    Duration::from_millis(ticks * 10)
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = process::cargo();
    let target: PathBuf = folder.join("target");
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", target).env_remove("CARGO_INCREMENTAL").env_remove("RUSTFLAGS");
    cargo
}

fn table(measured: &[Measured], load: &str) -> Result<String> {
    let mut table = String::new();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(table, "- {processors} processors, which had a load of {load} from other work when the run began.\n")?;
    targets(&mut table, measured)?;
    writeln!(
        table,
        "| | clean build, s | its processor time, s | build after a change, s | its processor time, s | program, MB (10⁶ bytes) | \
         beyond tokio alone, MB | dependencies |"
    )?;
    writeln!(table, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
    let floor = measured.iter().find(|one| one.name == TOKIO).map_or(0, |one| one.bytes);
    for Measured { name, clean, again, bytes, dependencies } in measured {
        let [megabytes, beyond] = [*bytes, bytes.saturating_sub(floor)].map(|bytes| bytes as f64 / 1e6);
        let [clean, again] = [clean, again]
            .map(|time| format!("{:.1} | {:.1}", time.elapsed.as_secs_f64(), time.processor.as_secs_f64()));
        writeln!(table, "| {name} | {clean} | {again} | {megabytes:.1} | {beyond:.1} | {dependencies} |")?;
    }
    Ok(table)
}

/// The limits of the client, beside the others.
fn targets(table: &mut String, measured: &[Measured]) -> Result<()> {
    let find = |name| measured.iter().find(|one| one.name == name);
    let Some(ours) = find(OURS) else { return Ok(()) };
    let verdict = |is_met| if is_met { "met" } else { "**missed**" };
    writeln!(table, "| target | at most | measured | |\n|---|---:|---:|---|")?;
    if let Some(stripe) = find(STRIPE) {
        for (what, ours, theirs) in [
            ("clean build", ours.clean.elapsed, stripe.clean.elapsed),
            ("processor time of it", ours.clean.processor, stripe.clean.processor),
        ] {
            let part = ours.as_secs_f64() / theirs.as_secs_f64().max(f64::EPSILON);
            writeln!(table, "| {what}, of {STRIPE}'s | 0.50 | {part:.2} | {} |", verdict(part <= 0.5))?;
        }
    }
    if let Some(octocrab) = find(OCTOCRAB) {
        let is_met = ours.dependencies <= octocrab.dependencies;
        let (most, measured) = (octocrab.dependencies, ours.dependencies);
        writeln!(table, "| dependencies, beside {OCTOCRAB}'s | {most} | {measured} | {} |", verdict(is_met))?;
    }
    writeln!(table)?;
    Ok(())
}
