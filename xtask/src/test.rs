//! The one command that passes every test on a fresh machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::postgres::Durability;
use crate::tally::Tally;
use crate::workspace::{self, Metadata};
use crate::{Engine, postgres, process, singer};

/// The TypeScript client's folder.
const TYPESCRIPT: &str = "tests/typescript";

/// Runs every stage even if an earlier one fails, prints `N passed, M failed` as its last line, and fails if any test
/// or stage did.
pub(crate) fn run(engine: Engine) -> Result<()> {
    let server = match engine {
        Engine::All => postgres::provide(Durability::Passing)?,
        Engine::Sqlite => {
            postgres::leave_out();
            None
        }
    };
    let mut total = Tally::default();
    stage(&mut total, "Rust tests", rust_tests);
    stage(&mut total, "documentation examples", documentation_examples);
    stage(&mut total, "TypeScript client", typescript_client);
    stage(&mut total, "Singer tap", |tally| counted(&mut singer::test()?, tally));
    if engine == Engine::All {
        // A server of its own: that of the tests above may be one where nobody but they makes databases.
        stage(&mut total, "Singer tap on PostgreSQL", |tally| {
            let server = postgres::Server::start(Durability::Passing)?;
            counted(&mut singer::test_on(&server)?, tally)
        });
    }
    drop(server);
    println!("{} passed, {} failed", total.passed, total.failed);
    std::io::stdout().flush()?;
    if total.failed > 0 {
        // Without a message, so that the line above stays the last one.
        std::process::exit(1);
    }
    Ok(())
}

/// Runs one stage and prints its time. A stage that fails without a failed test counts as one.
fn stage(total: &mut Tally, name: &str, run: fn(&mut Tally) -> Result<()>) {
    println!("==> {name}");
    let start = Instant::now();
    let mut tally = Tally::default();
    if let Err(error) = run(&mut tally) {
        println!("{name}: {error:#}");
        tally.failed = tally.failed.max(1);
    }
    println!("==> {name}: {} passed, {} failed in {:.1} s", tally.passed, tally.failed, start.elapsed().as_secs_f64());
    total.add(tally);
}

fn rust_tests(tally: &mut Tally) -> Result<()> {
    if process::answers("cargo-nextest", &["nextest", "--version"]) {
        // Tests wait for servers, disks and moments as much as they compute.
        let together = 2 * std::thread::available_parallelism().map_or(1, usize::from);
        let arguments = ["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass", "--color=never"];
        counted(process::cargo().args(arguments).arg(format!("--test-threads={together}")), tally)
    } else {
        counted(process::cargo().args(["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"]), tally)
    }
}

fn documentation_examples(tally: &mut Tally) -> Result<()> {
    counted(process::cargo().args(["test", "--workspace", "--no-fail-fast", "--doc"]), tally)
}

/// Generates a client out of the running server's document, compiles it strictly and lets it work.
fn typescript_client(tally: &mut Tally) -> Result<()> {
    process::build(&["--bin", "kustodian"])?;
    counted(&mut typescript("test", &Metadata::load()?.binary("debug", "kustodian"))?, tally)
}

/// Where the TypeScript client is.
pub(crate) fn typescript_folder() -> PathBuf {
    workspace::root().join(TYPESCRIPT)
}

/// A script of the TypeScript client with what it needs, not yet started. `binary` is the server's.
pub(crate) fn typescript(script: &str, binary: &Path) -> Result<Command> {
    if !process::answers("npm", &["--version"]) {
        bail!("npm is missing: install Node.js 20.19 or newer, which brings it");
    }
    let folder = typescript_folder();
    process::succeed(process::program("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    let mut npm = process::program("npm");
    npm.args(["run", script]).current_dir(&folder).env("KUSTODIAN_BINARY", binary);
    Ok(npm)
}

/// Runs a test runner, passes its output on, and counts its tests.
fn counted(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let told = process::told(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {told}"))?;
    let stderr = child.stderr.take().context("a started program has no standard error")?;
    let stdout = child.stdout.take().context("a started program has no standard output")?;
    // Everything is printed on standard output, so that a log keeps the order of events.
    let errors = std::thread::spawn(move || pass_on(stderr));
    tally.add(pass_on(stdout)?);
    tally.add(errors.join().map_err(|_| anyhow::anyhow!("reading the output of {told} panicked"))??);
    let status = child.wait()?;
    if !status.success() {
        bail!("{told} failed: {status}");
    }
    Ok(())
}

fn pass_on(stream: impl Read) -> std::io::Result<Tally> {
    let mut tally = Tally::default();
    for line in BufReader::new(stream).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.add(Tally::of_line(&line));
    }
    Ok(tally)
}
