//! The contents that packages have in common: the binary, its manual, its completions and its licences.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::entry::Entry;
use super::executable::Executable;
use super::linked::Linked;
use super::notices::notices;
use super::platform::Platform;
use crate::{process, workspace};

/// The material of packages.
pub(crate) struct Payload {
    /// The version of the workspace.
    pub(crate) version: String,
    pub(crate) platform: &'static Platform,
    /// The systems that the binary runs on.
    pub(crate) executable: Executable,
    /// The binary, without symbols.
    pub(crate) binary: Arc<[u8]>,
    /// The packages of Rust that are in the binary.
    pub(crate) linked: Linked,
    /// The licences and the README.
    pub(crate) documents: Vec<Entry>,
    /// The manual pages.
    pub(crate) manual: Vec<Entry>,
    /// The completion scripts, and the shell of each.
    pub(crate) completions: Vec<(&'static str, Arc<[u8]>)>,
    /// How much is compressed, 1 to [`SMALLEST`].
    pub(crate) level: u32,
}

/// The level of compression that makes the smallest packages, for releases.
pub(crate) const SMALLEST: u32 = 9;

/// The documents in every package.
const DOCUMENTS: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// The shells whose completions are in packages.
const SHELLS: &[&str] = &["bash", "fish", "zsh"];

/// How the project calls itself in the descriptions of packages.
pub(crate) const SUMMARY: &str = "A server for the Kustomer REST API in one binary, and the command line around it";

impl Payload {
    /// Whether packages have the size of a release. Those of a test are of a program that is not optimized, and made quickly.
    pub(crate) fn is_small(&self) -> bool {
        self.level == SMALLEST
    }

    /// Gathers it for a binary. `printer` is one of the same version that runs on this machine, and prints the manual; `scratch`
    /// is a folder for files that are needed on the way.
    pub(crate) fn of(binary: &Path, printer: &Path, version: &str, level: u32, scratch: &Path) -> Result<Self> {
        let (binary_bytes, executable) = stripped(binary, scratch)?;
        let platform = Platform::of(&executable)?;
        let pages = scratch.join("man");
        process::succeed(process::program(printer).arg("man").arg("--out").arg(&pages))?;
        let manual = files_of(&pages)?;
        let completions = SHELLS.iter().map(|shell| {
            let script = process::output(process::program(printer).args(["completions", shell]))?;
            Ok((*shell, script.into()))
        });
        let documents = DOCUMENTS.iter().map(|name| Ok(Entry::file(*name, read(&workspace::root().join(name))?)));
        let mut documents = documents.collect::<Result<Vec<_>>>()?;
        let linked = Linked::load(platform)?;
        documents.push(notices(&linked)?);
        Ok(Self {
            version: version.to_owned(),
            platform,
            executable,
            binary: binary_bytes,
            linked,
            documents,
            manual,
            completions: completions.collect::<Result<_>>()?,
            level,
        })
    }

    /// The archive: the binary and all that is written about it, in one folder. For Windows it is a zip archive.
    pub(crate) fn archive(&self) -> Result<(String, Vec<u8>)> {
        let folder = format!("kustodian-{}-{}", self.version, self.platform.target);
        let mut entries = vec![Entry::program(format!("bin/{}", self.platform.program()), self.binary.clone())];
        entries.extend(self.documents.iter().cloned());
        entries.extend(self.manual_in("share/man/man1"));
        entries.extend(self.completions_in("share"));
        for entry in &mut entries {
            entry.path = format!("{folder}/{}", entry.path);
        }
        let packed = match self.platform.is_windows() {
            true => super::entry::zip(&entries, self.level)?,
            false => super::entry::tar_gz(&entries, self.level)?,
        };
        Ok((self.platform.archive(&self.version), packed))
    }

    /// The manual pages, in a folder.
    pub(crate) fn manual_in(&self, folder: &str) -> impl Iterator<Item = Entry> {
        self.manual.iter().map(move |page| Entry { path: format!("{folder}/{}", page.path), ..page.clone() })
    }

    /// The completion scripts, where the shells look for them beneath this folder.
    pub(crate) fn completions_in(&self, folder: &str) -> impl Iterator<Item = Entry> {
        self.completions.iter().map(move |(shell, script)| {
            let place = match *shell {
                "bash" => "bash-completion/completions/kustodian",
                "fish" => "fish/vendor_completions.d/kustodian.fish",
                _ => "zsh/vendor-completions/_kustodian",
            };
            Entry::file(format!("{folder}/{place}"), script.clone())
        })
    }
}

/// A binary without its symbols, and the systems that it runs on. Of another processor or system it has to be without
/// them already, as the profiles that ship make it.
pub(crate) fn stripped(binary: &Path, scratch: &Path) -> Result<(Arc<[u8]>, Executable)> {
    let whole = read(binary)?;
    let executable = Executable::read(&whole).with_context(|| format!("cannot package {}", binary.display()))?;
    if !Platform::of(&executable)?.runs_here() {
        return Ok((whole.into(), executable));
    }
    let out = scratch.join("stripped");
    process::succeed(process::program("strip").arg("-o").arg(&out).arg(binary))?;
    Ok((read(&out)?.into(), executable))
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The files of a folder, by name.
fn files_of(folder: &Path) -> Result<Vec<Entry>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let file = file?;
        files.push(Entry::file(file.file_name().to_string_lossy(), read(&file.path())?));
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}
