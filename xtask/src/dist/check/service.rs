//! The Debian package: installed into this machine when that is safe, else unpacked; and its service, which is started as systemd
//! would start it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Place;
use super::page::Section;
use super::server::Server;
use crate::process;

/// Where the package has its settings.
const SETTINGS: &str = "/etc/kustodian";

/// Checks the package and its part of the page.
pub(super) fn check(section: &Section, place: &Place) -> Result<()> {
    if let Some(reason) = why_not_here() {
        println!("==> the .deb is unpacked and not installed: {reason}");
        let root = place.folder.join("root");
        process::succeed(process::program("dpkg-deb").arg("-x").arg(place.package(".deb")?).arg(&root))?;
        return serve(section, place, &root);
    }
    let installed = Installed;
    place.run(&section.install, &[])?;
    serve(section, place, Path::new("/"))?;
    place.run(&section.remove, &[])?;
    std::mem::forget(installed);
    let left = ["/usr/bin/kustodian", SETTINGS, "/usr/lib/systemd/system/kustodian.service"];
    match left.iter().find(|path| Path::new(path).exists()) {
        Some(left) => bail!("{left} is left after the package was removed"),
        None => Ok(()),
    }
}

/// Removes the package when a check fails in the middle.
struct Installed;

impl Drop for Installed {
    fn drop(&mut self) {
        drop(process::program("dpkg").args(["--purge", "kustodian"]).status());
    }
}

/// Why the package is not installed into this machine: somebody else may need the one that is there.
fn why_not_here() -> Option<&'static str> {
    if !process::answers("bash", &["-c", "[ $(id -u) = 0 ]"]) {
        Some("this user is not root")
    } else if Path::new("/run/systemd/system").exists() {
        Some("systemd runs here, and would start its service")
    } else if Path::new(SETTINGS).exists() || process::answers("dpkg", &["--status", "kustodian"]) {
        Some("this machine has one of its own")
    } else {
        None
    }
}

/// Starts the program of the service with a database of its own, and makes a customer.
fn serve(section: &Section, place: &Place, root: &Path) -> Result<()> {
    let unit = root.join("usr/lib/systemd/system/kustodian.service");
    let text = fs::read_to_string(&unit).with_context(|| format!("cannot read {}", unit.display()))?;
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).context("the service starts nothing")?;
    has_programs(&text)?;
    verify(&unit, root)?;
    verify(&unit.with_extension("socket"), root)?;
    let here = |command: &str| match root == Path::new("/") {
        true => command.to_owned(),
        false => {
            let [etc, program] =
                ["etc/kustodian", "usr/bin/kustodian"].map(|path| root.join(path).display().to_string());
            command
                .replace(SETTINGS, &etc)
                .replace("/usr/bin/kustodian", &program)
                .replace("sudo kustodian ", "kustodian ")
        }
    };
    let database = format!("sqlite:{}", place.folder.join("kustodian.db").display());
    let path = std::env::var("PATH").unwrap_or_default();
    let environment =
        [("KUSTODIAN_DATABASE", database), ("PATH", format!("{}:{path}", root.join("usr/bin").display()))];
    let server = Server::start(place.shell(&[format!("exec {}", here(start))]).envs(environment.clone()))?;
    let create: Vec<String> = section.create.iter().map(|line| here(line)).collect();
    let prelude = environment.iter().map(|(name, value)| format!("export {name}='{value}'"));
    let create = Section { create: prelude.chain(create).collect(), ..Section::default() };
    place.create(&create, &server)?;
    server.stop()
}

/// Fails when the service runs a program that a small system lacks, which only shows there.
fn has_programs(unit: &str) -> Result<()> {
    let commands = unit.lines().filter_map(|line| line.strip_prefix("Exec")?.split_once('='));
    for (key, command) in commands {
        if !["/usr/bin/kustodian ", "/bin/sh "].iter().any(|program| command.starts_with(program)) {
            bail!("Exec{key} of the service runs a program that is neither of the package nor a shell: {command}");
        }
    }
    Ok(())
}

/// Lets systemd read the service, where there is one; in the files that were unpacked it would miss the program.
fn verify(unit: &PathBuf, root: &Path) -> Result<()> {
    if root != Path::new("/") || !process::answers("systemd-analyze", &["--version"]) {
        return Ok(());
    }
    process::succeed(process::program("systemd-analyze").args(["verify", "--man=no"]).arg(unit))
}
