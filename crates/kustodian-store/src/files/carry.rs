//! Carries the files of a database to another folder, and reads them through.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use kustodian_core::files::{FileName, Sha256Sum};
use sha2::{Digest as _, Sha256};

use super::receiving::Part;
use super::{FileFolder, INCOMING, KeptFile};
use crate::apart::work_apart;
use crate::copy::{CopyProgress, CopyStep};

/// Why a file is not as its records say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFinding {
    /// It is not there.
    Missing {
        /// Which.
        name: FileName,
    },
    /// Its bytes are others, or fewer or more.
    Damaged {
        /// Which.
        name: FileName,
    },
}

impl FileFinding {
    /// A word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "file-missing",
            Self::Damaged { .. } => "file-damaged",
        }
    }
}

impl std::fmt::Display for FileFinding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (FileName { org, sum }, what) = match self {
            Self::Missing { name } => (name, "is not there"),
            Self::Damaged { name } => (name, "has other bytes than its name says"),
        };
        write!(formatter, "the file {sum} of the org {org}, which attachments or media name, {what}")
    }
}

/// The files that were copied or read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many files there are now.
    pub files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// The faults.
    pub findings: Vec<FileFinding>,
}

impl FileFolder {
    /// Carries files to another folder, each read through on its way and durable there. Those that are there already, with
    /// the same length, are left as they are: so a backup over an earlier one copies only new files.
    ///
    /// # Errors
    /// When a folder cannot be read or written.
    pub async fn carry(
        &self,
        to: &Self,
        files: Vec<KeptFile>,
        tell: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> io::Result<Carried> {
        let (from, to) = (self.clone(), to.clone());
        each(files, CopyStep::Carry, tell, move |file| {
            if length_of(&to.path_of(file.name))? == Some(file.length) {
                return Ok(None);
            }
            let mut part = None;
            let found = read_through(&from, file, |bytes| {
                let begun = match part.take() {
                    Some(part) => part,
                    None => Part::begin(&to.folder.join(INCOMING))?,
                };
                part.insert(begun).write(bytes)
            })?;
            if found.is_some() {
                return Ok(found);
            }
            let part = match part {
                Some(part) => part,
                // It has no bytes.
                None => Part::begin(&to.folder.join(INCOMING))?,
            };
            part.finish()?;
            part.keep(&to.path_of(file.name))?;
            Ok(None)
        })
        .await
    }

    /// Reads files through, and changes nothing.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn check(
        &self,
        files: Vec<KeptFile>,
        tell: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> io::Result<Carried> {
        let folder = self.clone();
        each(files, CopyStep::Verify, tell, move |file| read_through(&folder, file, |_| Ok(()))).await
    }
}

/// Does work on each file where it keeps nobody waiting, and counts those that are as they should be.
async fn each(
    files: Vec<KeptFile>,
    step: CopyStep,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
    work: impl Fn(KeptFile) -> io::Result<Option<FileFinding>> + Send + 'static,
) -> io::Result<Carried> {
    let all = move |tell: &dyn Fn(CopyProgress)| {
        let mut carried = Carried::default();
        let total = files.len() as u64;
        for (done, file) in (0_u64..).zip(&files) {
            tell(CopyProgress { step, table: "files", done, total });
            match work(*file)? {
                None => {
                    carried.files += 1;
                    carried.bytes += file.length;
                }
                Some(finding) => carried.findings.push(finding),
            }
        }
        tell(CopyProgress { step, table: "files", done: total, total });
        Ok(carried)
    };
    work_apart(all, tell).await.map_err(io::Error::other)?
}

/// Reads a file to its end and passes its bytes on; returns its fault.
fn read_through(
    folder: &FileFolder,
    file: KeptFile,
    mut hand_on: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Option<FileFinding>> {
    let name = file.name;
    let mut reader = match File::open(folder.path_of(name)) {
        Ok(reader) => reader,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some(FileFinding::Missing { name })),
        Err(error) => return Err(error),
    };
    let (mut digest, mut length, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = reader.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        digest.update(bytes);
        length += bytes.len() as u64;
        hand_on(bytes)?;
    }
    let is_sound = length == file.length && Sha256Sum(digest.finalize().into()) == name.sum;
    Ok((!is_sound).then_some(FileFinding::Damaged { name }))
}

fn length_of(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
