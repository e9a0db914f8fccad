//! Bytes that are being received.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kustodian_core::files::{FileName, FilesError, Locked, Receiving, Sha256Sum};
use sha2::{Digest as _, Sha256};

use super::{FileFolder, Lock, failure, lock, make_parent, private, sync_parent};

/// The bytes received so far, under a name of their own. Dropped before it is kept, the file is deleted.
pub(super) struct Part {
    /// Locked, so that others see that somebody receives it.
    file: File,
    path: PathBuf,
    digest: Sha256,
    is_kept: bool,
}

impl Part {
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        loop {
            let path = folder.join(format!("{:032x}", fastrand::u128(..)));
            make_parent(&path)?;
            let file = match private(OpenOptions::new().create_new(true).write(true)).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let part = Self { file, path, digest: Sha256::new(), is_kept: false };
            part.file.lock()?;
            // A task that removes left-over files may have removed it meanwhile.
            if part.path.try_exists()? {
                return Ok(part);
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    pub(super) fn finish(&self) -> io::Result<Sha256Sum> {
        self.file.sync_all()?;
        Ok(Sha256Sum(self.digest.clone().finalize().into()))
    }

    pub(super) fn keep(mut self, path: &Path) -> io::Result<()> {
        make_parent(path)?;
        fs::rename(&self.path, path)?;
        self.is_kept = true;
        sync_parent(path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "an incomplete file could not be removed; the next start removes it");
        }
    }
}

/// The same, for whom the work on files is done apart.
pub(super) struct Incoming {
    files: FileFolder,
    /// Absent after work on it was interrupted.
    part: Option<Part>,
}

impl Incoming {
    pub(super) fn new(files: FileFolder, part: Part) -> Self {
        Self { files, part: Some(part) }
    }

    async fn with_part<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Part) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FilesError> {
        let gone = || io::Error::other("the part was given up before");
        let part = self.part.take();
        let (part, done) = self
            .files
            .apart(move |_| {
                let mut part = part.ok_or_else(gone)?;
                let done = work(&mut part);
                Ok((part, done))
            })
            .await?;
        self.part = Some(part);
        done.map_err(|error| failure(&self.files.folder.display().to_string(), &error))
    }
}

#[async_trait]
impl Receiving for Incoming {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.with_part(move |part| part.write(&bytes)).await
    }

    async fn finish(&mut self) -> Result<Sha256Sum, FilesError> {
        self.with_part(|part| part.finish()).await
    }

    async fn keep(mut self: Box<Self>, name: FileName) -> Result<Box<dyn Locked>, FilesError> {
        let part = self.part.take();
        let lock = self
            .files
            .apart(move |files| {
                let part = part.ok_or_else(|| io::Error::other("the part was given up before"))?;
                let lock = lock(&files.lock_of(name))?;
                part.keep(&files.path_of(name))?;
                Ok(lock)
            })
            .await?;
        Ok(Box::new(Lock { files: self.files.clone(), name, _lock: lock }))
    }
}

impl Drop for Incoming {
    /// Removing a file may take a while, for which nobody else should wait.
    fn drop(&mut self) {
        if let (Some(part), Ok(runtime)) = (self.part.take(), tokio::runtime::Handle::try_current()) {
            drop(runtime.spawn_blocking(move || drop(part)));
        }
    }
}
