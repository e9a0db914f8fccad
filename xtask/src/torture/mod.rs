//! Real servers, and everything that can happen to them: kills, power cuts, disks that are full or broken, clocks that
//! step, clients that behave badly, an org that takes all it can get. Whatever happens, nothing that was acknowledged may
//! be lost.

mod check;
mod clients;
mod clock;
mod control;
mod cycles;
mod descriptors;
mod disk;
mod front;
mod http;
mod imports;
mod jobs;
mod load;
mod neighbour;
mod postgres;
mod server;
mod sqlite;
mod talk;
mod unions;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use fastrand::Rng;

use crate::process;
use crate::workspace::Metadata;

#[derive(Args)]
pub(crate) struct TortureArguments {
    /// Replays what this seed chose: the strikes, their moments, and what every client sends
    #[arg(long)]
    seed: Option<u64>,
    /// How often the server is killed on SQLite; power is cut half as often, PostgreSQL killed a quarter as often
    #[arg(long, default_value_t = 50)]
    cycles: usize,
    /// Repeats everything, each time with the next seed, until this many minutes have passed
    #[arg(long)]
    minutes: Option<u64>,
    /// The storage engines to torture
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// How many customers the expensive searches of `neighbour` go through
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    customers: u32,
    /// Only these scenarios
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Torture the optimized build that is shipped
    #[arg(long)]
    dist: bool,
    /// Torture this server, and build none
    #[arg(long, value_name = "FILE", conflicts_with = "dist")]
    server: Option<PathBuf>,
    /// Is the bare writer of the control instead
    #[arg(long, hide = true)]
    bare_writer: Option<PathBuf>,
    /// How the bare writer syncs
    #[arg(long, hide = true, default_value = "FULL")]
    synchronous: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

/// A scenario.
type Scenario = fn(&Rig) -> Result<Outcome>;

const ON_SQLITE: [(&str, Scenario); 14] = [
    ("kill", cycles::kill),
    ("control", control::run),
    ("power", cycles::power),
    ("disk-full", disk::full),
    ("disk-read-only", disk::read_only),
    ("disk-errors", disk::errors),
    ("descriptors", descriptors::run),
    ("clock", clock::run),
    ("slow", clients::slow),
    ("idle", clients::idle),
    ("half-open", clients::half_open),
    ("vanishing", clients::vanishing),
    ("neighbour", neighbour::on_sqlite),
    ("stop", cycles::stop),
];

const ON_POSTGRES: [(&str, Scenario); 3] = [
    ("postgres-server", postgres::kill_server),
    ("postgres-database", postgres::kill_database),
    ("postgres-neighbour", postgres::neighbour),
];

/// What every scenario needs.
struct Rig {
    /// The server's program.
    program: PathBuf,
    /// The disk that forgets.
    library: PathBuf,
    /// Where this run keeps its files.
    home: PathBuf,
    seed: u64,
    cycles: usize,
    customers: u32,
}

/// The work and the findings of a scenario.
#[derive(Default)]
struct Outcome {
    /// In one line.
    tried: String,
    /// Lost or wrong records, a line each.
    lost: Vec<String>,
}

impl Rig {
    /// Chance for one purpose: the same for the same seed.
    fn rng(&self, purpose: &str) -> Rng {
        let mix = purpose.bytes().fold(self.seed, |mix, byte| mix.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        Rng::with_seed(mix)
    }

    /// A new folder, all its parents resolved.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.home.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(fs::canonicalize(folder)?)
    }
}

/// Runs the requested scenarios and prints their work and losses. Fails when anything was lost.
pub(crate) fn run(arguments: &TortureArguments) -> Result<()> {
    if let Some(path) = &arguments.bare_writer {
        return sqlite::write_bare(path, &arguments.synchronous);
    }
    let scenarios = chosen(arguments)?;
    let metadata = Metadata::load()?;
    let program = program(arguments, &metadata)?;
    let home = std::env::temp_dir().join(format!("kustodian-torture-{}", std::process::id()));
    fs::create_dir_all(&home)?;
    let seed = arguments.seed.unwrap_or_else(|| u64::from(Rng::new().u32(..)));
    let library = forgetful_disk::build(&metadata.target_directory)?;
    let mut rig = Rig { program, library, home, seed, cycles: arguments.cycles.max(1), customers: arguments.customers };
    raise_descriptors();

    let begin = Instant::now();
    let enough = Duration::from_secs(60 * arguments.minutes.unwrap_or(0));
    let mut lost = 0;
    loop {
        println!("cargo xtask torture --seed {} --cycles {}\n", rig.seed, rig.cycles);
        println!("| scenario | tried | lost | s |\n|---|---|---|---|");
        for (name, scenario) in &scenarios {
            lost += run_one(&rig, name, *scenario);
        }
        rig.seed = rig.seed.wrapping_add(1);
        if lost > 0 || begin.elapsed() >= enough {
            break;
        }
    }
    println!(
        "\n{} lost in {} s",
        if lost == 0 { "nothing".to_owned() } else { lost.to_string() },
        begin.elapsed().as_secs()
    );
    if lost > 0 {
        bail!("something was lost; the files are in {}", rig.home.display());
    }
    fs::remove_dir_all(&rig.home)?;
    Ok(())
}

/// The server to torture, built now unless it was named.
fn program(arguments: &TortureArguments, metadata: &Metadata) -> Result<PathBuf> {
    if let Some(server) = &arguments.server {
        return fs::canonicalize(server).with_context(|| format!("there is no server at {}", server.display()));
    }
    match arguments.dist {
        true => process::succeed(process::cargo().args(["build", "--package", "kustodian", "--profile", "dist"]))?,
        false => process::build(&["--bin", "kustodian"])?,
    }
    Ok(metadata.binary(if arguments.dist { "dist" } else { "debug" }, "kustodian"))
}

/// Runs a scenario and prints its line; how much was lost.
fn run_one(rig: &Rig, name: &str, scenario: Scenario) -> usize {
    let begin = Instant::now();
    let outcome = scenario(rig).unwrap_or_else(|error| Outcome {
        tried: "it broke off".to_owned(),
        lost: vec![format!("it could not be tried to the end: {error:#}")],
    });
    let lost = outcome.lost.len();
    let word = if lost == 0 { "nothing".to_owned() } else { lost.to_string() };
    println!("| {name} | {} | {word} | {} |", outcome.tried, begin.elapsed().as_secs());
    for loss in outcome.lost.iter().take(20) {
        println!("  lost: {}", loss.chars().take(2_000).collect::<String>());
    }
    lost
}

fn chosen(arguments: &TortureArguments) -> Result<Vec<(&'static str, Scenario)>> {
    let sqlite = ON_SQLITE.iter().filter(|_| arguments.engine != Engines::Postgres);
    let postgres = ON_POSTGRES.iter().filter(|_| arguments.engine != Engines::Sqlite);
    let all: Vec<_> = sqlite.chain(postgres).copied().collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    if let Some(other) = arguments.only.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("there is no scenario {other}; there are: {}", names.join(", "));
    }
    let only = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|other| other == name);
    Ok(all.into_iter().filter(|(name, _)| only(name)).collect())
}

/// As many open files as this machine lets us have, for us and the servers we start: each connection takes one of
/// both. Where that cannot be raised, the scenarios scale down and say so.
fn raise_descriptors() {
    let Some(hard) = descriptor_limit(4) else { return };
    let mut raise = process::program("prlimit");
    raise.args([format!("--pid={}", std::process::id()), format!("--nofile={hard}:{hard}")]);
    drop(raise.stderr(std::process::Stdio::null()).status());
}

/// The limit of open files: the soft one is the fourth word of its line, the hard one the fifth.
fn descriptor_limit(word: usize) -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(word)?.parse().ok()
}
