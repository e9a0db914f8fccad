//! Fuzzing: the targets of `fuzz/`, guided by coverage, on the toolchain that builds the product.
//!
//! `cargo fuzz` wants a nightly compiler for its sanitizers. What guides the fuzzer is LLVM's coverage, which every
//! compiler inserts when asked to; memory is not in question where `unsafe` is forbidden.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{self, Metadata};

/// The folder of the targets, laid out as `cargo fuzz` does it.
const FOLDER: &str = "fuzz";

/// Counts edges and shows the fuzzer both sides of comparisons, as `cargo fuzz build` sets it.
const COVERAGE: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// An input that takes longer, in seconds, is a failure: none is larger than a request's body.
const SLOW: u32 = 10;

/// The largest body a server takes unless it is configured otherwise.
const MAX_BODY: u32 = 100 * 1024;

/// The most memory a target may use, in megabytes.
const MAX_MEMORY: u32 = 2_048;

/// Builds the targets and runs each for `seconds`, or `target` alone, beginning with its seeds in the repository and
/// with what earlier runs found.
///
/// # Errors
/// When a target fails; where its input was kept is in the output.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let targets = targets()?;
    if let Some(unknown) = target.filter(|target| !targets.iter().any(|known| known == target)) {
        bail!("there is no target {unknown:?}: there are {}", targets.join(", "));
    }
    let built = build()?;
    let mut failed = Vec::new();
    for name in targets.iter().filter(|name| target.is_none_or(|target| target == **name)) {
        println!("==> fuzzing {name} for {seconds} s");
        if let Err(error) = fuzz(&built, name, seconds) {
            println!("{name}: {error:#}");
            failed.push(name.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("fuzzing failed: {}; repeat an input with the command above and the name of its file", failed.join(", "));
    }
    Ok(())
}

/// Every target has a file of its name.
fn targets() -> Result<Vec<String>> {
    let folder = workspace::root().join(FOLDER).join("fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// The folder of the built targets.
fn build() -> Result<PathBuf> {
    let host = host()?;
    // Away from the product's own build, whose flags are others. Naming a platform keeps the flags from build scripts.
    let folder = Metadata::load()?.target_directory.join("fuzz");
    let mut cargo = process::cargo();
    cargo.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f")).env("CARGO_TARGET_DIR", &folder);
    process::succeed(&mut cargo).context("the fuzz targets were not built; libFuzzer needs a C++ compiler")?;
    Ok(folder.join(host).join("release"))
}

/// The platform this runs on, as the compiler calls it.
fn host() -> Result<String> {
    let told = process::output(process::program("rustc").arg("-vV"))?;
    let told = String::from_utf8(told)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

fn fuzz(built: &Path, name: &str, seconds: u32) -> Result<()> {
    let root = workspace::root();
    // The result is kept for the next run; failing input is kept for its analysis. Neither is in the repository.
    let found = built.join("corpus").join(name);
    let failures = built.join("failures").join(name);
    for folder in [&found, &failures] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut fuzzer: Command = process::program(built.join(name));
    fuzzer.arg(&found).arg(root.join(FOLDER).join("corpus").join(name));
    fuzzer.arg(format!("-artifact_prefix={}/", failures.display()));
    fuzzer.args([format!("-max_total_time={seconds}"), format!("-timeout={SLOW}"), format!("-max_len={MAX_BODY}")]);
    fuzzer.args([format!("-rss_limit_mb={MAX_MEMORY}"), "-print_final_stats=1".to_owned(), "-verbosity=0".to_owned()]);
    process::succeed(&mut fuzzer)
}
