//! Bytes that are being received.

use std::sync::Arc;

use async_trait::async_trait;
use kustodian_core::files::{FileName, Files as _, FilesError, Locked, Receiving, Sha256Sum};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use crate::bucket::Bucket;

/// How many bytes are sent in a part: the smallest that S3 takes, so that an upload needs little memory. A file has at most
/// 10,000 parts.
const PART: usize = 5 * 1024 * 1024;

/// The object under `incoming` of an upload. Dropped, it is deleted: the upload is given up, or its record is committed.
struct Marker {
    files: Bucket,
    upload: String,
    /// Whether there may be one.
    is_there: bool,
}

impl Marker {
    fn location(&self) -> Path {
        self.files.incoming(&self.upload)
    }
}

impl Drop for Marker {
    /// If the runtime ends meanwhile, a later sweep deletes it.
    fn drop(&mut self) {
        if !self.is_there {
            return;
        }
        let (files, location) = (self.files.clone(), self.location());
        beside(&self.files, async move {
            if let Err(error) = files.delete(&location).await {
                tracing::warn!(%error, "an object of an upload could not be removed; a sweep removes it within two hours");
            }
        });
    }
}

/// Does work that nobody waits for but a program that ends.
fn beside(files: &Bucket, work: impl Future<Output = ()> + Send + 'static) {
    let removing = Arc::clone(&files.removing).try_read_owned();
    if let Ok(runtime) = Handle::try_current() {
        drop(runtime.spawn(async move {
            work.await;
            drop(removing);
        }));
    }
}

/// An upload.
pub(crate) struct Incoming {
    marker: Marker,
    digest: Sha256,
    length: u64,
    /// The bytes that were not sent yet.
    rest: Vec<u8>,
    /// Absent for a file that fits into a part.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Incoming {
    pub(crate) fn new(files: Bucket) -> Self {
        let upload = format!("{:032x}", fastrand::u128(..));
        let marker = Marker { files, upload, is_there: false };
        Self { marker, digest: Sha256::new(), length: 0, rest: Vec::new(), parts: None }
    }

    async fn send_part(&mut self, part: Vec<u8>) -> Result<(), FilesError> {
        let files = &self.marker.files;
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let begun = files.store.put_multipart(&self.marker.location()).await;
                self.parts.insert(begun.map_err(|error| files.failure(error))?)
            }
        };
        parts.put_part(part.into()).await.map_err(|error| files.failure(error))
    }
}

#[async_trait]
impl Receiving for Incoming {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.digest.update(&bytes);
        self.length += bytes.len() as u64;
        self.rest.extend_from_slice(&bytes);
        while self.rest.len() >= PART {
            let after = self.rest.split_off(PART);
            let part = std::mem::replace(&mut self.rest, after);
            self.send_part(part).await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<Sha256Sum, FilesError> {
        let rest = std::mem::take(&mut self.rest);
        self.marker.is_there = true;
        if self.parts.is_some() && !rest.is_empty() {
            self.send_part(rest).await?;
        } else if self.parts.is_none() {
            let put = self.marker.files.store.put(&self.marker.location(), rest.into()).await;
            put.map_err(|error| self.marker.files.failure(error))?;
        }
        if let Some(parts) = &mut self.parts {
            parts.complete().await.map_err(|error| self.marker.files.failure(error))?;
        }
        self.parts = None;
        Ok(Sha256Sum(self.digest.clone().finalize().into()))
    }

    async fn keep(mut self: Box<Self>, name: FileName) -> Result<Box<dyn Locked>, FilesError> {
        let marker = Marker {
            files: self.marker.files.clone(),
            upload: self.marker.upload.clone(),
            is_there: std::mem::take(&mut self.marker.is_there),
        };
        let (files, to) = (&marker.files, marker.files.object_of(name, &marker.upload));
        files.store.copy(&marker.location(), &to).await.map_err(|error| files.failure(error))?;
        let copied = files.store.head(&to).await.map_err(|error| files.failure(error))?;
        if copied.size != self.length {
            files.delete(&to).await?;
            let reason = format!("the storage has {} of {} bytes", copied.size, self.length);
            return Err(FilesError::Failed { place: files.place(), reason });
        }
        Ok(Box::new(Kept { marker, name }))
    }
}

impl Drop for Incoming {
    /// Gives up the parts.
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        beside(&self.marker.files, async move {
            if let Err(error) = parts.abort().await {
                tracing::warn!(%error, "parts of an incomplete file could not be removed: the bucket needs a rule for them");
            }
        });
    }
}

/// A file that has its name, and whose record is about to be committed.
struct Kept {
    marker: Marker,
    name: FileName,
}

#[async_trait]
impl Locked for Kept {
    /// Removes what this upload brought. Other uploads of the same bytes have objects of their own.
    async fn remove(&self) -> Result<(), FilesError> {
        let files = &self.marker.files;
        files.forget(self.name);
        files.delete(&files.object_of(self.name, &self.marker.upload)).await
    }
}
