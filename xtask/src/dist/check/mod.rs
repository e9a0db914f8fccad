//! Whether the packages work: each is installed by the commands of docs/installing.md, in an empty folder, with no
//! registry; its server is started; a customer is created by its command line; and it is removed.

mod binstall;
mod image;
mod page;
mod server;
mod service;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::page::Section;
use self::server::Server;
use super::platform::Platform;
use crate::process;
use crate::workspace::{self, Metadata};

/// The part of the page whose server is a service of the system.
const SERVICE: &str = "Debian and Ubuntu";

/// The part of the page whose commands need an engine.
const IMAGE: &str = "Containers";

/// The name that every package is asked to give a customer.
const NAME: &str = "Ada Lovelace";

/// The parts of the page whose packages only systems with glibc have.
const OF_GLIBC: &[&str] = &[IMAGE, SERVICE, "Node.js", "Tarball"];

/// The part of the page about the binary for every Linux.
const STATIC: &str = "Any Linux";

/// The other parts of the page that have commands.
const OF_BOTH: &[&str] = &["Checksums", "Python"];

/// Checks the packages in a folder. Those that run here (`here`, by their names) are put where they are installed, and no others: nobody
/// fetches packages for other machines.
pub(super) fn run(
    packages: &Path,
    here: &BTreeSet<String>,
    metadata: &Metadata,
    platforms: &[&Platform],
) -> Result<()> {
    for platform in platforms {
        binstall::check(packages, metadata, platform)?;
    }
    let mut wanted = Vec::new();
    for platform in platforms.iter().filter(|platform| platform.runs_here()) {
        wanted.extend(if platform.is_static() { &[STATIC] } else { OF_GLIBC });
        wanted.extend(OF_BOTH);
    }
    let path = workspace::root().join("docs/installing.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let sections = page::sections(&page).with_context(|| format!("in {}", path.display()))?;
    let known = [OF_GLIBC, &[STATIC], OF_BOTH].concat();
    for name in &known {
        let section = sections.iter().find(|section| section.heading == *name);
        if section.is_none_or(|section| section.install.is_empty() && *name != IMAGE) {
            bail!("{} has no commands beneath a heading {name}: was it renamed?", path.display());
        }
    }
    if let Some(section) =
        sections.iter().find(|section| !section.install.is_empty() && !known.contains(&section.heading.as_str()))
    {
        bail!("{}: say in xtask which packages the part {:?} needs", path.display(), section.heading);
    }
    let scratch = metadata.target_directory.join("dist-check");
    super::emptied(&scratch)?;
    // Each waits more than it computes: for a disk, for a server that starts.
    let checked: Vec<Result<()>> = std::thread::scope(|scope| {
        let check = |section| {
            let scratch = &scratch;
            scope.spawn(move || check_part(section, packages, here, scratch))
        };
        let parts = sections.iter().filter(|section| wanted.contains(&section.heading.as_str()));
        let running: Vec<_> = parts.map(|section| (section, check(section))).collect();
        let ended = running.into_iter().map(|(section, part)| {
            let checked = part.join().unwrap_or_else(|_| bail!("a check panicked"));
            checked.with_context(|| format!("{}: {}", path.display(), section.heading))
        });
        ended.collect()
    });
    checked.into_iter().collect::<Result<()>>()?;
    fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Checks one part of the page, in a folder of its own.
fn check_part(section: &Section, packages: &Path, here: &BTreeSet<String>, scratch: &Path) -> Result<()> {
    let place = Place::new(scratch.join(section.heading.to_lowercase().replace(' ', "-")), packages, here)?;
    let start = Instant::now();
    match section.heading.as_str() {
        IMAGE => image::check(&place)?,
        SERVICE => service::check(section, &place)?,
        _ => check(section, &place)?,
    }
    println!("==> {}: works ({} ms)", section.heading, start.elapsed().as_millis());
    Ok(())
}

/// Runs the commands of a part of the page.
fn check(section: &Section, place: &Place) -> Result<()> {
    place.run(&section.install, &[])?;
    if let Some((last, before)) = section.serve.split_last() {
        place.run(before, &[])?;
        // In the place of the shell, so that signals reach the server.
        let server = Server::start(&mut place.shell(&[format!("exec {last}")]))?;
        place.create(section, &server)?;
        server.stop()?;
    }
    place.run(&section.remove, &[])?;
    Ok(())
}

/// A folder with the packages, as somebody who fetched them has it.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn new(folder: PathBuf, packages: &Path, names: &BTreeSet<String>) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        for name in names {
            fs::hard_link(packages.join(name), folder.join(name))?;
        }
        Ok(Self { folder })
    }

    /// Commands of a shell, not yet started.
    fn shell(&self, commands: &[String]) -> Command {
        // Root needs no `sudo`.
        let sudo = r#"sudo() { [ "$(id -u)" = 0 ] || { echo "not as this user: $*" >&2; return 1; }; "$@"; }"#;
        let mut shell = process::program("bash");
        shell.args(["-euo", "pipefail", "-c", &format!("{sudo}\n{}", commands.join("\n"))]).current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KUSTODIAN_") {
                shell.env_remove(name);
            }
        }
        // Nothing from a registry, nor from this machine's copy of one.
        shell.env("PIP_NO_INDEX", "1").env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_NO_CACHE_DIR", "1");
        shell.env("npm_config_offline", "true").env("npm_config_cache", self.folder.join("npm-cache"));
        for quiet in ["npm_config_audit", "npm_config_fund", "npm_config_update_notifier"] {
            shell.env(quiet, "false");
        }
        shell
    }

    /// Runs commands, with this in their environment; gives their output. Fails unless all of them succeed.
    fn run(&self, commands: &[String], environment: &[(&str, &str)]) -> Result<String> {
        if commands.is_empty() {
            return Ok(String::new());
        }
        let output = self.shell(commands).envs(environment.iter().copied()).output().context("cannot start bash")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let (commands, complaint) = (commands.join("\n"), String::from_utf8_lossy(&output.stderr));
            bail!("{}:\n{commands}\n{printed}{complaint}", output.status);
        }
        Ok(printed)
    }

    /// Makes a customer as the page says.
    fn create(&self, section: &Section, server: &Server) -> Result<()> {
        let printed = self.run(&section.create, &[("KUSTODIAN_URL", &server.url)])?;
        if !printed.contains(NAME) {
            bail!("the commands made no customer {NAME}; they printed:\n{printed}");
        }
        Ok(())
    }

    /// The package whose name ends so.
    fn package(&self, end: &str) -> Result<PathBuf> {
        let names = fs::read_dir(&self.folder)?.filter_map(Result::ok).map(|file| file.path());
        let mut found = names.filter(|path| path.to_string_lossy().ends_with(end));
        found.next().with_context(|| format!("there is no package {end}"))
    }
}
