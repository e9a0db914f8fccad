//! Folders of temporary databases. A server removes its own when it stops; one that was killed leaves it to the next
//! that makes one, which removes every folder whose lock nobody holds any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PREFIX: &str = "kustodian-memory-";

const LOCK: &str = "lock";

/// A private folder for a temporary database, removed when dropped.
pub(super) struct TemporaryFolder {
    folder: TempDir,
    /// Held as long as the process lives: the system releases it however the process ends.
    _lock: File,
}

impl TemporaryFolder {
    /// Makes one, and removes those that killed processes left in the same place.
    ///
    /// # Errors
    /// When the system's folder for temporary files cannot be written.
    pub(super) fn make() -> io::Result<Self> {
        Self::make_in(&std::env::temp_dir())
    }

    fn make_in(place: &Path) -> io::Result<Self> {
        remove_abandoned(place);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        // Locked before it has the name that others look for: a folder is never seen without its lock held.
        let unnamed = folder.path().join("new-lock");
        let lock = File::create(&unnamed)?;
        lock.try_lock()?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of processes that are gone. What cannot be removed, such as another user's, stays.
fn remove_abandoned(place: &Path) {
    for folder in fs::read_dir(place).into_iter().flatten().flatten().filter_map(|entry| abandoned(&entry)) {
        if let Err(error) = fs::remove_dir_all(&folder) {
            tracing::debug!(%error, "the folder of a temporary database could not be removed");
        }
    }
}

/// The folder's path when it was made here, by a process that no longer runs. A link is none: it may lead anywhere.
fn abandoned(entry: &fs::DirEntry) -> Option<PathBuf> {
    let is_ours = entry.file_name().to_str()?.starts_with(PREFIX) && entry.file_type().ok()?.is_dir();
    let lock = is_ours.then(|| File::open(entry.path().join(LOCK)).ok())??;
    lock.try_lock().is_ok().then(|| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_killed_process_are_removed_and_files_in_use_are_not() {
        let place = tempfile::tempdir().unwrap();
        let used = TemporaryFolder::make_in(place.path()).unwrap();
        let left = place.path().join("kustodian-memory-left");
        let foreign = place.path().join("somebody-elses");
        for folder in [&left, &foreign] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
            fs::write(folder.join("kustodian.db"), "").unwrap();
        }
        let another = TemporaryFolder::make_in(place.path()).unwrap();
        assert!(used.path().exists() && another.path().exists() && foreign.exists());
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join(LOCK), "").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.path().join("kustodian-memory-link")).unwrap();
        drop(TemporaryFolder::make_in(place.path()).unwrap());
        assert!(elsewhere.path().join(LOCK).exists());
    }
}
