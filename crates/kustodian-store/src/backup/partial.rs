//! A file that has its name only once it is whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::failure::BackupError;
use crate::failure::OpenError;

/// What SQLite puts beside a file.
const BESIDE: [&str; 3] = ["-wal", "-journal", "-shm"];

/// A file under way, beside its place. Dropped before it is kept, it is gone; what a killed process left is written over
/// by the next one.
pub(super) struct Partial {
    path: TempPath,
    /// Dropped after the path: gone with it.
    _beside: Beside,
    /// Held locked, so that two never write the same.
    file: File,
    place: PathBuf,
}

struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        for path in BESIDE.map(|ending| with_ending(&self.0, ending)) {
            // Most of them are never there.
            drop(fs::remove_file(path));
        }
    }
}

impl Partial {
    /// Begins the file that will be at `place`, readable by its owner alone.
    pub(super) fn begin(place: &Path) -> Result<Self, BackupError> {
        for log in ["-wal", "-journal"].map(|ending| with_ending(place, ending)) {
            if log.exists() {
                return Err(BackupError::Log { path: log });
            }
        }
        let path = with_ending(place, ".partial");
        if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
            return Err(BackupError::NotAFile { path });
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BackupError::Open(OpenError::NoFolder { path: place.to_owned() }),
            _ => failed(&path, &error),
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Underway { path }),
            // Some file systems have no locks; then nothing warns of a second backup to the same name.
            Err(TryLockError::Error(error)) => tracing::debug!(%error, "no lock"),
        }
        // Of a process that was killed: a journal of it would be taken for one of this file.
        drop(Beside(path.clone()));
        file.set_len(0).and_then(|()| owner_alone(&file)).map_err(|error| failed(&path, &error))?;
        let beside = Beside(path.clone());
        let path = TempPath::try_from_path(&path).map_err(|error| failed(&path, &error))?;
        Ok(Self { path, _beside: beside, file, place: place.to_owned() })
    }

    /// Where it is for the time being.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs it and gives it its name; how long it is, in bytes.
    pub(super) fn keep(self, replace: bool) -> Result<u64, BackupError> {
        let Self { path, file, place, .. } = self;
        let bytes = file.sync_all().and_then(|()| file.metadata()).map_err(|error| failed(&path, &error))?.len();
        let named = if replace { path.persist(&place) } else { path.persist_noclobber(&place) };
        named.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: place.clone() },
            _ => failed(&place, &error.error),
        })?;
        sync_folder(&place).map_err(|error| failed(&place, &error))?;
        Ok(bytes)
    }
}

/// `path` with something behind its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// The failure of the file at `path`.
pub(super) fn failed(path: &Path, error: &io::Error) -> BackupError {
    BackupError::File { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(unix)]
fn owner_alone(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn owner_alone(_: &File) -> io::Result<()> {
    Ok(())
}

/// A name is durable once its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
