//! How far an import is, beside its file, so that it can continue after an interruption.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use crate::failure::Failure;

/// The state of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    /// The SHA-256 of the file.
    pub(crate) file: String,
    /// What decides about the requests beside the file: the kind, the options, the server.
    pub(crate) options: String,
    /// Names this run: a part of the key of each of its requests, by which the server recognises one that it has done.
    pub(crate) run: String,
    /// When it began.
    pub(crate) started: String,
    /// The line that the last row begins in that is done; 0 at the beginning.
    pub(crate) line: u64,
    /// How many bytes the file of refused rows has then.
    pub(crate) reject_bytes: u64,
    /// Where the ids of this import's records begin in their file.
    #[serde(default)]
    pub(crate) ids_begin: u64,
    /// What became of the rows.
    pub(crate) counts: Counts,
}

/// Where the state is kept.
pub(crate) struct Journal(Option<PathBuf>);

impl Journal {
    /// In this file; nowhere for what cannot be read twice.
    pub(crate) fn at(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// The state of an import that was interrupted; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(&self) -> Result<Option<State>, Failure> {
        let Some(path) = &self.0 else { return Ok(None) };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::new(format!("{} cannot be read: {error}", path.display()))),
        };
        let state = serde_json::from_slice(&text);
        state.map(Some).map_err(|error| {
            Failure::new(format!("{} holds no state of an import ({error}): remove it to begin again", path.display()))
        })
    }

    /// Keeps a state in place of the former one, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, state: &State) -> Result<(), Failure> {
        let Some(path) = &self.0 else { return Ok(()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(state)?)?;
            file.persist(path).map_err(|error| error.error)
        });
        written.map(drop).map_err(|error| {
            let path = path.display();
            Failure::new(format!("{path}, from which an interrupted import continues, cannot be written: {error}; --state names another file"))
        })
    }

    /// Forgets the state of an import that is done.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match self.0.as_ref().map(|path| (path, fs::remove_file(path))) {
            Some((path, Err(error))) if error.kind() != ErrorKind::NotFound => {
                Err(Failure::new(format!("{} cannot be removed: {error}", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// Where it is, in words.
    pub(crate) fn place(&self) -> String {
        self.0.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
    }
}
