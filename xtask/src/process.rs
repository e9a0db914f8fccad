//! Other programs, run from the root of the workspace.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{postgres, workspace};

/// The cargo that runs this, not yet started. It does not see what cargo set for this program: the build script of ring
/// reads such variables, and would run again, with all that is built on ring, whenever they differ from those of a cargo
/// that was started in a shell.
pub(crate) fn cargo() -> Command {
    let mut cargo = program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    let of_this_program = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_this_program) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Builds programs and examples of the workspace (`--bin NAME`, `--example NAME`) the way its tests are built. Cargo resolves
/// features for the requested targets: as a package, the server has fewer features of tokio and reqwest, and nearly all
/// of its dependencies are compiled a second time. It also leaves out debug information of what only macros need. A test of
/// the macros among the targets has both as the tests have them; it is the smallest.
pub(crate) fn build(targets: &[&str]) -> Result<()> {
    succeed(cargo().args(["build", "--quiet", "--workspace", "--test", "derive"]).args(targets))
}

/// A program, not yet started.
pub(crate) fn program(name: impl Into<OsString>) -> Command {
    let mut command = Command::new(name.into());
    command.current_dir(workspace::root()).stdin(Stdio::null());
    postgres::tell(&mut command);
    command
}

/// Runs it and fails unless it succeeds.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", told(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", told(command));
    }
    Ok(())
}

/// Its standard output. Fails unless it succeeds.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", told(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", told(command), output.status);
    }
    Ok(output.stdout)
}

/// Its standard output when `input` is its standard input. Fails unless it succeeds.
pub(crate) fn filter(command: &mut Command, input: String) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", told(command)))?;
    let mut pipe = child.stdin.take().context("a started program has no standard input")?;
    // A thread of its own: a program that prints before it has read everything would block both sides.
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    let written = writer.join().map_err(|_| anyhow::anyhow!("writing to {} panicked", told(command)))?;
    written.with_context(|| format!("cannot write to {}", told(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", told(command), output.status);
    }
    Ok(output.stdout)
}

/// Whether the program can be started and answers `arguments` with success.
pub(crate) fn answers(name: &str, arguments: &[&str]) -> bool {
    program(name)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub(crate) fn told(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut told = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        told.push(' ');
        told.push_str(&argument.to_string_lossy());
    }
    told
}
