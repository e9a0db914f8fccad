//! The bytes of files in a folder.
//!
//! ```text
//! FOLDER/<id of an org>/<first two characters>/<checksum>   the bytes, under their checksum
//! FOLDER/incoming/<any name>                                a file that is being received
//! FOLDER/locks/<first two characters>                       locked while a file is kept or removed
//! ```
//!
//! A received file is written under another name, synced, and renamed, and its folder is synced too: under a
//! checksum there are never but the bytes that add up to it. Locks are those of the operating system, which a process that
//! is killed leaves behind.

mod carry;
mod kept;
mod receiving;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use kustodian_core::files::{FileName, Files, FilesError, Listed, Locked, Receiving, Sha256Sum};
use kustomer_api::ObjectId;

use crate::apart::run_apart;

pub use self::carry::{Carried, FileFinding, carry_files, check_files};
pub use self::kept::{KeptFile, kept_files, kept_files_of_backup};
use self::receiving::Part;

/// Files in a folder of the operating system. The folder is made with the first file.
#[derive(Debug, Clone)]
pub struct FileFolder {
    folder: Arc<Path>,
}

/// How many bytes are read at a time.
const PIECE: usize = 128 * 1024;

const INCOMING: &str = "incoming";
const LOCKS: &str = "locks";

impl FileFolder {
    /// Those in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// Whether the folder takes a file: one begins to be received, and is removed again. The folder is made for it.
    ///
    /// # Errors
    /// When it does not.
    pub fn try_out(&self) -> io::Result<()> {
        Part::begin(&self.folder.join(INCOMING)).map(drop)
    }

    /// The path of a file.
    pub fn path_of(&self, name: FileName) -> PathBuf {
        let sum = name.sum.to_string();
        let beginning = sum.get(..2).unwrap_or_default();
        self.folder.join(name.org.to_string()).join(beginning).join(&sum)
    }

    fn lock_of(&self, name: FileName) -> PathBuf {
        let sum = name.sum.to_string();
        self.folder.join(LOCKS).join(sum.get(..2).unwrap_or_default())
    }

    /// Does work on files where it keeps nobody waiting.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FilesError> {
        let this = self.clone();
        let place = self.place();
        match run_apart(move || work(&this)).await {
            Ok(done) => done.map_err(|error| failure(&place, &error)),
            Err(error) => Err(FilesError::Failed { place, reason: error.to_string() }),
        }
    }

    fn list_now(&self, org: ObjectId, after: Option<Sha256Sum>, most: usize) -> io::Result<Vec<Listed>> {
        let folder = self.folder.join(org.to_string());
        let mut listed = Vec::new();
        let mut beginnings = names(&folder)?;
        beginnings.sort_unstable();
        let after = after.map(|sum| sum.to_string()).unwrap_or_default();
        for beginning in beginnings {
            if listed.len() >= most {
                break;
            }
            if Some(beginning.as_str()) < after.get(..2) {
                continue;
            }
            let folder = folder.join(&beginning);
            let mut sums = names(&folder)?;
            sums.retain(|name| *name > after);
            sums.sort_unstable();
            for name in sums.into_iter().take(most - listed.len()) {
                let Ok(sum) = name.parse() else { continue };
                let written = match fs::metadata(folder.join(&name)) {
                    Ok(metadata) => metadata.modified()?,
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                listed.push(Listed { sum, age: written.elapsed().map_or(0, |age| age.as_secs()) });
            }
        }
        Ok(listed)
    }

    /// What nobody holds a lock of any more is left over.
    fn remove_unfinished_now(&self) -> io::Result<usize> {
        let folder = self.folder.join(INCOMING);
        let mut removed = 0;
        for name in names(&folder)? {
            let path = folder.join(name);
            match File::open(&path) {
                Ok(file) if file.try_lock().is_ok() => removed += usize::from(removed_file(&path)?),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }
}

#[async_trait]
impl Files for FileFolder {
    async fn receive(&self) -> Result<Box<dyn Receiving>, FilesError> {
        let part = self.apart(|this| Part::begin(&this.folder.join(INCOMING))).await?;
        Ok(Box::new(receiving::Incoming::new(self.clone(), part)))
    }

    async fn read(&self, name: FileName, from: u64, most: usize) -> Result<Option<Vec<u8>>, FilesError> {
        let read = move |this: &Self| -> io::Result<Option<Vec<u8>>> {
            let mut file = match File::open(this.path_of(name)) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::with_capacity(most);
            file.take(most as u64).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        self.apart(read).await
    }

    async fn length(&self, name: FileName) -> Result<Option<u64>, FilesError> {
        let read = move |this: &Self| match fs::metadata(this.path_of(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        self.apart(read).await
    }

    async fn lock(&self, name: FileName) -> Result<Box<dyn Locked>, FilesError> {
        let lock = self.apart(move |this| lock(&this.lock_of(name))).await?;
        Ok(Box::new(Lock { files: self.clone(), name, _lock: lock }))
    }

    async fn list(&self, org: ObjectId, after: Option<Sha256Sum>, most: usize) -> Result<Vec<Listed>, FilesError> {
        self.apart(move |this| this.list_now(org, after, most)).await
    }

    async fn remove_unfinished(&self) -> Result<usize, FilesError> {
        self.apart(Self::remove_unfinished_now).await
    }

    async fn is_used(&self) -> bool {
        self.apart(|this| this.folder.try_exists()).await.unwrap_or(true)
    }

    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn piece(&self) -> usize {
        PIECE
    }

    /// A dropped upload is removed on a thread that the runtime waits for.
    async fn settle(&self) {}
}

/// A file that is locked.
struct Lock {
    files: FileFolder,
    name: FileName,
    _lock: File,
}

#[async_trait]
impl Locked for Lock {
    async fn remove(&self) -> Result<(), FilesError> {
        let name = self.name;
        self.files
            .apart(move |files| {
                let path = files.path_of(name);
                if removed_file(&path)? {
                    sync_parent(&path)?;
                }
                Ok(())
            })
            .await
    }
}

fn lock(path: &Path) -> io::Result<File> {
    make_parent(path)?;
    let file = private(OpenOptions::new().create(true).append(true)).open(path)?;
    file.lock()?;
    Ok(file)
}

/// The names in a folder; none when it is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // A name that is not UTF-8 is not ours.
    entries.filter_map(|entry| entry.map(|entry| entry.file_name().into_string().ok()).transpose()).collect()
}

/// Removes a file; whether there was one.
fn removed_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the folder of a file, which nobody else may look into.
fn make_parent(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options that make a file which nobody else may read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the names in a file's folder last, and those of the folders above that may be new.
fn sync_parent(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    for folder in path.ancestors().skip(1).take(3) {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn failure(place: &str, error: &io::Error) -> FilesError {
    let (place, reason) = (place.to_owned(), error.to_string());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            FilesError::Full { place, reason }
        }
        _ => FilesError::Failed { place, reason },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use sha2::{Digest as _, Sha256};

    use super::*;

    fn name_of(bytes: &[u8]) -> FileName {
        FileName { org: ObjectId::from_bytes([1; 12]), sum: Sha256Sum(Sha256::digest(bytes).into()) }
    }

    async fn keep(files: &FileFolder, bytes: &[u8]) -> FileName {
        let mut receiving = files.receive().await.unwrap();
        for piece in bytes.chunks(3) {
            receiving.write(piece.to_vec()).await.unwrap();
        }
        let name = name_of(bytes);
        assert_eq!(receiving.finish().await.unwrap(), name.sum);
        drop(receiving.keep(name).await.unwrap());
        name
    }

    #[tokio::test]
    async fn bytes_are_there_under_their_sum_from_when_they_are_kept_until_they_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let files = FileFolder::new(&folder.path().join("made"));
        assert!(!files.is_used().await);
        let name = name_of(b"0123456789");
        assert_eq!(files.read(name, 0, 10).await, Ok(None));
        for _ in 0..2 {
            assert_eq!(keep(&files, b"0123456789").await, name);
        }
        let read = |from, most| files.read(name, from, most);
        assert_eq!(read(3, 4).await, Ok(Some(b"3456".to_vec())));
        assert_eq!(read(8, 4).await, Ok(Some(b"89".to_vec())));
        assert_eq!(read(10, 4).await, Ok(Some(Vec::new())));
        assert_eq!(files.length(name).await, Ok(Some(10)));
        let sums: Vec<_> = files.list(name.org, None, 10).await.unwrap().iter().map(|listed| listed.sum).collect();
        assert_eq!(sums, [name.sum]);
        assert_eq!(files.list(name.org, Some(name.sum), 10).await, Ok(Vec::new()));
        let lock = files.lock(name).await.unwrap();
        lock.remove().await.unwrap();
        lock.remove().await.unwrap();
        assert_eq!(files.length(name).await, Ok(None));
    }

    #[tokio::test]
    async fn an_incoming_file_is_removed_by_others_only_when_nobody_receives_it_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let files = FileFolder::new(folder.path());
        let mut receiving = files.receive().await.unwrap();
        receiving.write(b"some".to_vec()).await.unwrap();
        fs::write(folder.path().join(INCOMING).join("left over"), "of a server that is gone").unwrap();
        assert_eq!(files.remove_unfinished().await, Ok(1));
        receiving.write(b" more".to_vec()).await.unwrap();
        receiving.finish().await.unwrap();
        let name = name_of(b"some more");
        drop(receiving.keep(name).await.unwrap());
        assert_eq!(files.read(name, 0, 100).await, Ok(Some(b"some more".to_vec())));
    }

    #[tokio::test]
    async fn a_file_is_locked_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = FileFolder::new(folder.path());
        let name = name_of(b"any");
        let lock = files.lock(name).await.unwrap();
        let is_released = Arc::new(AtomicBool::new(false));
        let other = tokio::spawn({
            let (files, is_released) = (files.clone(), Arc::clone(&is_released));
            async move {
                let _lock = files.lock(name).await.unwrap();
                is_released.load(Ordering::SeqCst)
            }
        });
        // Long enough for it to come first, if nothing kept it.
        files.length(name).await.unwrap();
        is_released.store(true, Ordering::SeqCst);
        drop(lock);
        assert!(other.await.unwrap());
    }

    #[tokio::test]
    async fn files_are_carried_whole_and_once_and_faulty_ones_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (FileFolder::new(&folder.path().join("from")), FileFolder::new(&folder.path().join("to")));
        let sound = keep(&from, b"sound").await;
        let empty = keep(&from, b"").await;
        let damaged = keep(&from, b"damaged").await;
        fs::write(from.path_of(damaged), "DAMAGED").unwrap();
        let missing = name_of(b"missing");
        let kept = |name, length| KeptFile { name, length };
        let files = vec![kept(sound, 5), kept(empty, 0), kept(damaged, 7), kept(missing, 7)];
        let findings = vec![FileFinding::Damaged { name: damaged }, FileFinding::Missing { name: missing }];
        let expected = Carried { files: 2, bytes: 5, findings };
        for _ in 0..2 {
            assert_eq!(carry_files(&from, &to, &files, &mut |_| ()).await.unwrap(), expected);
        }
        assert_eq!(check_files(&from, &files, &mut |_| ()).await.unwrap(), expected);
        assert_eq!(to.read(sound, 0, 10).await, Ok(Some(b"sound".to_vec())));
        assert_eq!(to.length(damaged).await, Ok(None));
        assert_eq!(names(&to.folder.join(INCOMING)).unwrap(), Vec::<String>::new());
    }
}
