//! Files that are there: reading, listing and removing them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use kustodian_core::files::{FileName, Files, FilesError, Listed, Locked, Receiving, Sha256Sum};
use kustomer_api::ObjectId;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::sync::RwLock;

use crate::incoming::Incoming;

/// How old an object under `incoming` is when its server has ended, in seconds. Between the end of an upload and the commit of
/// its record there is one copy within the storage, and requests that last longer are given up.
const LEFT_OVER: u64 = 3_600;

/// How many files are remembered by the names of their objects.
const KNOWN: usize = 10_000;

/// How many bytes are read in a request.
const PIECE: usize = 1024 * 1024;

/// Sorts after the name of every upload, which is a number in hexadecimal. Its letters are written as they are in a path.
const AFTER_ALL: &str = "zz";

/// Files in a bucket, below a prefix.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) store: Arc<dyn ObjectStore>,
    prefix: Path,
    place: Arc<str>,
    /// The objects that were found, so that a read of the next piece does not list them again.
    known: Arc<Mutex<HashMap<FileName, Object>>>,
    /// Read by tasks that remove dropped uploads.
    pub(crate) removing: Arc<RwLock<()>>,
}

/// An object of a file.
#[derive(Debug, Clone)]
struct Object {
    location: Path,
    length: u64,
}

/// Why the storage cannot be used, as its first answer shows.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It refuses the keys or does not have the bucket: that does not pass.
    #[error("{0}")]
    Refused(FilesError),
    /// Anything else, which may pass.
    #[error("{0}")]
    Failed(FilesError),
}

impl Bucket {
    pub(crate) fn over(store: Arc<dyn ObjectStore>, prefix: Path, place: &str) -> Self {
        Self { store, prefix, place: place.into(), known: Arc::default(), removing: Arc::default() }
    }

    /// Asks the storage for something: whether it is there and accepts the keys.
    ///
    /// # Errors
    /// When it does not.
    pub async fn try_out(&self) -> Result<(), Fault> {
        match self.store.list(Some(&self.prefix)).next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(match self.failure(error) {
                error @ FilesError::Failed { .. } => Fault::Refused(error),
                error => Fault::Failed(error),
            }),
        }
    }

    fn below(&self, names: &[&str]) -> Path {
        let names = names.iter().map(|name| (*name).into());
        self.prefix.parts().chain(names).collect()
    }

    fn all_of(&self, name: FileName) -> Path {
        self.below(&[&name.org.to_string(), &name.sum.to_string()])
    }

    /// Where the bytes of an upload are.
    pub(crate) fn object_of(&self, name: FileName, upload: &str) -> Path {
        self.below(&[&name.org.to_string(), &name.sum.to_string(), upload])
    }

    /// Where the bytes of an upload are until its record is committed.
    pub(crate) fn incoming(&self, upload: &str) -> Path {
        self.below(&["incoming", upload])
    }

    pub(crate) fn failure(&self, error: Error) -> FilesError {
        let text = error.to_string();
        let (place, reason) = (self.place(), brief(&text));
        let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
        if has(&["status code: 507", "StorageFull", "QuotaExceeded", "NoSpaceLeft"]) {
            return FilesError::Full { place, reason };
        }
        match error {
            // A request without an answer, or that was answered by a fault of the storage however often it was repeated.
            Error::Generic { .. } if !has(&["status code: 4", "redirect"]) => FilesError::Unavailable { place, reason },
            _ => FilesError::Failed { place, reason },
        }
    }

    /// The objects of a file, in the order of their names.
    async fn objects(&self, name: FileName) -> Result<Vec<ObjectMeta>, FilesError> {
        let listed: Result<Vec<_>, _> = self.store.list(Some(&self.all_of(name))).try_collect().await;
        let mut objects = listed.map_err(|error| self.failure(error))?;
        objects.sort_by(|left, right| left.location.cmp(&right.location));
        Ok(objects)
    }

    async fn find(&self, name: FileName) -> Result<Option<Object>, FilesError> {
        let found = self.objects(name).await?.into_iter().next();
        let found = found.map(|object| Object { location: object.location, length: object.size });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.clear();
        }
        match &found {
            Some(object) => drop(known.insert(name, object.clone())),
            None => drop(known.remove(&name)),
        }
        Ok(found)
    }

    pub(crate) fn forget(&self, name: FileName) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }

    /// A piece of an object; `None` when it is not there any more.
    async fn piece(&self, object: &Object, from: u64, most: usize) -> Result<Option<Vec<u8>>, FilesError> {
        let end = object.length.min(from.saturating_add(most as u64));
        if from >= end {
            return Ok(Some(Vec::new()));
        }
        match self.store.get_range(&object.location, from..end).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Deletes an object; nothing if there is none.
    pub(crate) async fn delete(&self, location: &Path) -> Result<(), FilesError> {
        match self.store.delete(location).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Whether an upload is still before the commit of its record.
    async fn is_incoming(&self, upload: &str) -> Result<bool, FilesError> {
        match self.store.head(&self.incoming(upload)).await {
            Ok(object) => Ok(age_of(&object) < LEFT_OVER),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failure(error)),
        }
    }
}

/// An error in a line: of the storage's own words the code alone, as others may repeat parts of the request.
fn brief(text: &str) -> String {
    let before = text.split('<').next().unwrap_or_default();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let words: Vec<&str> = before.split_whitespace().chain(code).collect();
    words.join(" ").chars().take(500).collect()
}

/// How many seconds ago an object was written, by our clock.
fn age_of(object: &ObjectMeta) -> u64 {
    SystemTime::from(object.last_modified).elapsed().map_or(0, |age| age.as_secs())
}

#[async_trait]
impl Files for Bucket {
    async fn receive(&self) -> Result<Box<dyn Receiving>, FilesError> {
        Ok(Box::new(Incoming::new(self.clone())))
    }

    async fn read(&self, name: FileName, from: u64, most: usize) -> Result<Option<Vec<u8>>, FilesError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(object) = known
            && let Some(piece) = self.piece(&object, from, most).await?
        {
            return Ok(Some(piece));
        }
        match self.find(name).await? {
            Some(object) => self.piece(&object, from, most).await,
            None => Ok(None),
        }
    }

    async fn length(&self, name: FileName) -> Result<Option<u64>, FilesError> {
        Ok(self.find(name).await?.map(|object| object.length))
    }

    async fn lock(&self, name: FileName) -> Result<Box<dyn Locked>, FilesError> {
        let mut removable = Vec::new();
        let mut is_arriving = false;
        for object in self.objects(name).await? {
            match object.location.filename() {
                Some(upload) if self.is_incoming(upload).await? => is_arriving = true,
                _ => removable.push(object.location),
            }
        }
        Ok(Box::new(Found { files: self.clone(), name, removable, is_arriving }))
    }

    async fn list(&self, org: ObjectId, after: Option<Sha256Sum>, most: usize) -> Result<Vec<Listed>, FilesError> {
        let org = org.to_string();
        let all = self.below(&[&org]);
        let mut objects = match after {
            Some(sum) => self.store.list_with_offset(Some(&all), &self.below(&[&org, &sum.to_string(), AFTER_ALL])),
            None => self.store.list(Some(&all)),
        };
        let mut listed: Vec<Listed> = Vec::new();
        while let Some(object) = objects.try_next().await.map_err(|error| self.failure(error))? {
            let sum = object.location.parts().nth(self.prefix.parts().count() + 1);
            let Some(sum) = sum.and_then(|sum| sum.as_ref().parse::<Sha256Sum>().ok()) else { continue };
            let age = age_of(&object);
            let is_full = listed.len() == most;
            match listed.last_mut() {
                // Of several objects the newest counts.
                Some(last) if last.sum == sum => last.age = last.age.min(age),
                _ if is_full => break,
                _ => listed.push(Listed { sum, age }),
            }
        }
        Ok(listed)
    }

    async fn remove_unfinished(&self) -> Result<usize, FilesError> {
        let mut objects = self.store.list(Some(&self.below(&["incoming"])));
        let mut removed = 0;
        while let Some(object) = objects.try_next().await.map_err(|error| self.failure(error))? {
            if age_of(&object) >= LEFT_OVER {
                self.delete(&object.location).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn is_used(&self) -> bool {
        self.store.list(Some(&self.prefix)).next().await.is_some()
    }

    fn place(&self) -> String {
        self.place.to_string()
    }

    fn piece(&self) -> usize {
        PIECE
    }

    async fn settle(&self) {
        drop(self.removing.write().await);
    }
}

/// The objects of a file that may be removed if no record names it.
struct Found {
    files: Bucket,
    name: FileName,
    removable: Vec<Path>,
    /// Whether there are others, whose records are about to be committed.
    is_arriving: bool,
}

#[async_trait]
impl Locked for Found {
    async fn remove(&self) -> Result<(), FilesError> {
        self.files.forget(self.name);
        for location in &self.removable {
            self.files.delete(location).await?;
        }
        if self.is_arriving {
            let reason = format!("the bytes {} are just uploaded again", self.name.sum);
            return Err(FilesError::Failed { place: self.files.place(), reason });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn bucket() -> Bucket {
        Bucket::over(Arc::new(InMemory::new()), Path::from("a/b"), "s3://bucket/a/b")
    }

    fn name_of(bytes: &[u8]) -> FileName {
        FileName { org: ObjectId::from_bytes([1; 12]), sum: Sha256Sum(Sha256::digest(bytes).into()) }
    }

    async fn finished(files: &Bucket, bytes: &[u8]) -> Box<dyn Receiving> {
        let mut receiving = files.receive().await.unwrap();
        for piece in bytes.chunks(300_000) {
            receiving.write(piece.to_vec()).await.unwrap();
        }
        assert_eq!(receiving.finish().await.unwrap(), name_of(bytes).sum);
        receiving
    }

    async fn keep(files: &Bucket, bytes: &[u8]) -> FileName {
        let name = name_of(bytes);
        drop(finished(files, bytes).await.keep(name).await.unwrap());
        name
    }

    async fn locations(files: &Bucket) -> Vec<String> {
        files.settle().await;
        let all: Vec<_> = files.store.list(None).try_collect().await.unwrap();
        all.into_iter().map(|object| object.location.to_string()).collect()
    }

    #[tokio::test]
    async fn bytes_are_read_in_pieces_from_when_they_are_kept_until_they_are_removed() {
        let files = bucket();
        assert!(!files.is_used().await);
        let bytes: Vec<u8> = (0..13_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        let name = keep(&files, &bytes).await;
        assert_eq!(locations(&files).await[0].rsplit_once('/').unwrap().0, format!("a/b/{}/{}", name.org, name.sum));
        assert!(files.is_used().await);
        assert_eq!(files.length(name).await, Ok(Some(13_000_000)));
        let read = |from, most| files.read(name, from, most);
        assert_eq!(read(12_999_998, 10).await, Ok(Some(bytes[12_999_998..].to_vec())));
        assert_eq!(read(5_242_870, 20).await, Ok(Some(bytes[5_242_870..5_242_890].to_vec())));
        assert_eq!(read(13_000_000, 4).await, Ok(Some(Vec::new())));
        assert_eq!(read(u64::MAX, 4).await, Ok(Some(Vec::new())));
        let lock = files.lock(name).await.unwrap();
        lock.remove().await.unwrap();
        lock.remove().await.unwrap();
        assert_eq!((files.length(name).await, files.read(name, 0, 1).await), (Ok(None), Ok(None)));
    }

    #[tokio::test]
    async fn bytes_without_a_name_are_seen_by_nobody_and_go_with_their_upload() {
        let files = bucket();
        let receiving = finished(&files, b"given up").await;
        assert_eq!(files.length(name_of(b"given up")).await, Ok(None));
        assert_eq!(files.remove_unfinished().await, Ok(0), "its server may still be there");
        drop(receiving);
        assert_eq!(locations(&files).await.len(), 0);
        let name = keep(&files, b"").await;
        assert_eq!((files.length(name).await, files.read(name, 0, 9).await), (Ok(Some(0)), Ok(Some(Vec::new()))));
    }

    /// A server finds no record that names some bytes, while another uploads the same bytes and commits a record.
    #[tokio::test]
    async fn bytes_that_are_kept_while_others_of_the_same_sum_are_removed_stay() {
        let files = bucket();
        let name = keep(&files, b"the same").await;
        assert_eq!(locations(&files).await.len(), 1);
        // The upload begins after the list of the removal.
        let removal = files.lock(name).await.unwrap();
        let upload = finished(&files, b"the same").await.keep(name).await.unwrap();
        removal.remove().await.unwrap();
        assert_eq!(files.read(name, 0, 100).await, Ok(Some(b"the same".to_vec())));
        // The upload is before its commit when the removal lists.
        let removal = files.lock(name).await.unwrap();
        drop(upload);
        assert_eq!(locations(&files).await.len(), 1);
        removal.remove().await.unwrap_err();
        assert_eq!(files.read(name, 0, 100).await, Ok(Some(b"the same".to_vec())));
        // An upload whose record is refused removes its own object alone.
        let refused = finished(&files, b"the same").await.keep(name).await.unwrap();
        refused.remove().await.unwrap();
        drop(refused);
        assert_eq!(locations(&files).await.len(), 1);
        files.lock(name).await.unwrap().remove().await.unwrap();
        assert_eq!(files.length(name).await, Ok(None));
    }

    #[tokio::test]
    async fn files_are_listed_once_each_in_order_and_in_parts() {
        let files = bucket();
        let mut names = Vec::new();
        for number in 0..7 {
            names.push(keep(&files, format!("file {number}").as_bytes()).await);
            keep(&files, format!("file {number}").as_bytes()).await;
        }
        names.sort();
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let some = files.list(names[0].org, after, 3).await.unwrap();
            let Some(last) = some.last() else { break };
            after = Some(last.sum);
            listed.extend(some.iter().map(|file| file.sum));
        }
        assert_eq!(listed, names.iter().map(|name| name.sum).collect::<Vec<_>>());
        assert_eq!(files.list(ObjectId::from_bytes([2; 12]), None, 10).await, Ok(Vec::new()));
    }
}
