//! Carries the files of a database to another place, and reads them through.

use kustodian_core::files::{FileName, Files, FilesError, Receiving, Sha256Sum};
use sha2::{Digest as _, Sha256};

use super::KeptFile;
use crate::copy::{CopyProgress, CopyStep};

/// How many bytes are read at a time: few requests where each is one over the network.
const PIECE: usize = 4 * 1024 * 1024;

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

/// Carries files from one place to another, each read through on its way and durable there. Those that are there already, with
/// the same length, are left as they are: so a backup over an earlier one copies only new files.
///
/// # Errors
/// When a place cannot be read or written.
pub async fn carry_files(
    from: &dyn Files,
    to: &dyn Files,
    files: &[KeptFile],
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Carried, FilesError> {
    let mut carried = Carried::default();
    for (done, file) in (0_u64..).zip(files) {
        tell(progress(CopyStep::Carry, done, files));
        let is_there = to.length(file.name).await? == Some(file.length);
        let finding = if is_there { None } else { carry(from, to, *file).await? };
        carried.count(*file, finding);
    }
    to.settle().await;
    tell(progress(CopyStep::Carry, files.len() as u64, files));
    Ok(carried)
}

/// Reads files through, and changes nothing.
///
/// # Errors
/// When the place cannot be read.
pub async fn check_files(
    at: &dyn Files,
    files: &[KeptFile],
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Carried, FilesError> {
    let mut checked = Carried::default();
    for (done, file) in (0_u64..).zip(files) {
        tell(progress(CopyStep::Verify, done, files));
        checked.count(*file, read_through(at, *file, None).await?);
    }
    tell(progress(CopyStep::Verify, files.len() as u64, files));
    Ok(checked)
}

fn progress(step: CopyStep, done: u64, files: &[KeptFile]) -> CopyProgress {
    CopyProgress { step, table: "files", done, total: files.len() as u64 }
}

impl Carried {
    fn count(&mut self, file: KeptFile, finding: Option<FileFinding>) {
        match finding {
            None => {
                self.files += 1;
                self.bytes += file.length;
            }
            Some(finding) => self.findings.push(finding),
        }
    }
}

/// Carries one file, unless it has a fault.
async fn carry(from: &dyn Files, to: &dyn Files, file: KeptFile) -> Result<Option<FileFinding>, FilesError> {
    let mut receiving = to.receive().await?;
    let found = read_through(from, file, Some(&mut *receiving)).await?;
    if found.is_none() {
        receiving.finish().await?;
        drop(receiving.keep(file.name).await?);
    }
    Ok(found)
}

/// Reads a file to its end and passes its bytes on; returns its fault.
async fn read_through(
    from: &dyn Files,
    file: KeptFile,
    mut to: Option<&mut dyn Receiving>,
) -> Result<Option<FileFinding>, FilesError> {
    let name = file.name;
    let (mut digest, mut length) = (Sha256::new(), 0);
    loop {
        let Some(bytes) = from.read(name, length, PIECE).await? else {
            return Ok(Some(FileFinding::Missing { name }));
        };
        if bytes.is_empty() {
            break;
        }
        digest.update(&bytes);
        length += bytes.len() as u64;
        if let Some(to) = &mut to {
            to.write(bytes).await?;
        }
    }
    let is_sound = length == file.length && Sha256Sum(digest.finalize().into()) == name.sum;
    Ok((!is_sound).then_some(FileFinding::Damaged { name }))
}
