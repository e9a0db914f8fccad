//! Checks of the file of a database that SQLite does not make: its type, its other users, whether all of it is there.
//!
//! SQLite's own locks are POSIX locks, which a process loses when it closes any descriptor of the file. So whatever opens
//! the file here is done before SQLite opens it, or is kept open until SQLite has closed it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::{Duration, Instant};

use crate::failure::OpenError;

/// How long a server waits for another one that is about to end.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits between two looks.
#[cfg(unix)]
const PAUSE: Duration = Duration::from_millis(50);

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The length of a file's header.
const HEADER: usize = 100;

/// The length of a log's header, before its first frame.
const LOG_HEADER: u64 = 32;

/// Refuses a path that is not a regular file: a folder, a device, a pipe; and anything directly in `/dev`.
pub(crate) fn refuse_special(path: &Path) -> Result<(), OpenError> {
    if path.metadata().is_ok_and(|found| !found.is_file()) || path.parent() == Some(Path::new("/dev")) {
        return Err(OpenError::NotAFile { path: path.to_owned() });
    }
    Ok(())
}

/// Locks the file for the servers that reach it by this name, against those that reach it by another one: the lock is the
/// file's, and the log is locked too. Until [`Place::new`] has locked the log nobody else is let in. Free again once the
/// file is dropped, or the process has ended.
///
/// # Errors
/// When a server has it by another name.
#[cfg(unix)]
pub(super) fn hold(path: &Path) -> Result<Option<File>, OpenError> {
    let no_access = |error: io::Error| OpenError::NoAccess { path: path.to_owned(), reason: error.to_string() };
    let file = File::options().read(true).write(true).open(path).map_err(no_access)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) if is_locked(&beside(path, "-wal")) && file.try_lock_shared().is_ok() => {
                return Ok(Some(file));
            }
            Err(fs::TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(PAUSE),
            Err(fs::TryLockError::WouldBlock) => return Err(OpenError::Served { path: path.to_owned() }),
            // Some file systems have no locks; then nothing warns of another name.
            Err(fs::TryLockError::Error(error)) => {
                tracing::debug!(%error, "no lock");
                return Ok(Some(file));
            }
        }
    }
}

/// Whether a server has a file locked.
#[cfg(unix)]
fn is_locked(path: &Path) -> bool {
    matches!(File::open(path).map(|file| file.try_lock()), Ok(Err(fs::TryLockError::WouldBlock)))
}

/// A lock would keep SQLite itself from reading the file.
#[cfg(not(unix))]
pub(super) fn hold(_: &Path) -> Result<Option<File>, OpenError> {
    Ok(None)
}

/// Refuses a file that a server has open by another of its names: its log is beside that one and would be missed. A
/// server locks its log, too.
#[cfg(unix)]
pub(crate) fn refuse_other_name(path: &Path) -> Result<(), OpenError> {
    let has_other_names =
        fs::metadata(path).is_ok_and(|there| std::os::unix::fs::MetadataExt::nlink(&there) > 1 && there.is_file());
    match has_other_names && is_locked(path) && !is_locked(&beside(path, "-wal")) {
        true => Err(OpenError::Served { path: path.to_owned() }),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn refuse_other_name(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// Refuses a file beside another of whose names a log is left: SQLite would ignore it, and its own content would be
/// lost. Names in other folders cannot be found; that there are some is logged.
#[cfg(unix)]
pub(crate) fn refuse_log_elsewhere(path: &Path) -> Result<(), OpenError> {
    let Ok(there) = fs::metadata(path) else { return Ok(()) };
    let names = std::os::unix::fs::MetadataExt::nlink(&there);
    if names < 2 || !there.is_file() {
        return Ok(());
    }
    let real = link_target(path);
    let folder = real.parent().and_then(|folder| fs::read_dir(folder).ok());
    let same =
        folder.into_iter().flatten().flatten().filter(|entry| {
            entry.metadata().is_ok_and(|entry| entry.is_file() && identity(&entry) == identity(&there))
        });
    let mut found = 0;
    for name in same.map(|entry| entry.path()) {
        found += 1;
        let left = beside(&name, "-wal");
        if name != real && has_frames(&left) {
            return Err(OpenError::LogElsewhere { path: path.to_owned(), left });
        }
    }
    if found < names {
        tracing::warn!(
            file = %path.display(),
            "the database file has another name in another folder: open it by one name alone, as its log is beside that"
        );
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn refuse_log_elsewhere(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// Whether a log holds anything.
fn has_frames(log: &Path) -> bool {
    log.metadata().is_ok_and(|log| log.len() > LOG_HEADER)
}

/// Refuses a file that is missing or empty while the log of an earlier database is beside it: SQLite would delete the
/// log, and with it the writes that only the log has.
pub(crate) fn refuse_lone_log(path: &Path) -> Result<(), OpenError> {
    refuse_leftover(path, |path| {
        let log = beside(path, "-wal");
        has_frames(&log).then_some(log)
    })
}

/// Refuses to make a database where an earlier one was: one whose log is left, or whose file is empty and has files
/// beside it that only a database that was served leaves there. An empty file without any is a new one.
pub(crate) fn refuse_lost(path: &Path) -> Result<(), OpenError> {
    refuse_lone_log(path)?;
    if !path.exists() {
        // Somebody deleted it in good order: the first key outlives that.
        return Ok(());
    }
    refuse_leftover(path, |path| {
        ["-wal", "-shm", ".key"].into_iter().map(|ending| beside(path, ending)).find(|left| left.exists())
    })
}

fn refuse_leftover(path: &Path, find: impl Fn(&Path) -> Option<PathBuf>) -> Result<(), OpenError> {
    // SQLite puts its files beside the file that a link leads to. They are looked for before the file is measured: another
    // process that makes the database now writes the file before its log.
    let real = link_target(path);
    let Some(left) = find(&real) else { return Ok(()) };
    let state = match fs::metadata(&real) {
        Ok(there) if there.is_file() && there.len() == 0 => "is empty",
        Err(error) if error.kind() == ErrorKind::NotFound => "is missing",
        _ => return Ok(()),
    };
    Err(OpenError::Leftover { path: path.to_owned(), state, left })
}

/// The file that a path leads to, which need not be there.
fn link_target(path: &Path) -> PathBuf {
    let read = || fs::read_link(path).ok().map(|target| path.parent().unwrap_or(Path::new("")).join(target));
    fs::canonicalize(path).ok().or_else(read).unwrap_or_else(|| path.to_owned())
}

/// The missing pages of a file, in words: pages that its header counts and neither it nor the log beside it holds. What
/// cannot be read, or is no database, is for SQLite to report.
pub(crate) fn missing(path: &Path) -> Option<String> {
    if refuse_special(path).is_err() {
        return None;
    }
    let look = || missing_of(&File::open(path)?, path);
    look().unwrap_or_default()
}

fn missing_of(file: &File, path: &Path) -> io::Result<Option<String>> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(None);
    }
    let mut header = [0; HEADER];
    if length < HEADER as u64 || read_at(file, &mut header, 0).is_err() {
        return Ok(Some(format!("it has {length} bytes, fewer than a header")));
    }
    if !header.starts_with(MAGIC) {
        return Ok(None);
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let counted = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    let there = length.checked_div(page).unwrap_or_default();
    if page == 0 || there >= counted {
        return Ok(None);
    }
    let logged = logged_pages(&beside(path, "-wal"), page).unwrap_or_default();
    let is_missing = |number: u64| u32::try_from(number).is_ok_and(|number| !logged.contains(&number));
    Ok((there + 1..=counted)
        .any(is_missing)
        .then(|| format!("it ends after {there} of {counted} pages: the rest was cut off")))
}

/// Reads from a place of the file, also while others read it.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, place)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], place: u64) -> io::Result<()> {
    use std::io::{Read as _, Seek as _};
    file.seek(io::SeekFrom::Start(place))?;
    file.read_exact(bytes)
}

/// The pages that a log holds: the frames behind its header that bear its salts.
fn logged_pages(path: &Path, page: u64) -> io::Result<HashSet<u32>> {
    const FRAME_HEADER: usize = 24;
    let file = File::open(path)?;
    let mut header = [0; LOG_HEADER as usize];
    read_at(&file, &mut header, 0)?;
    let (salts, mut place) = (&header[16..24], LOG_HEADER);
    let mut pages = HashSet::new();
    let mut frame = [0; FRAME_HEADER];
    loop {
        if read_at(&file, &mut frame, place).is_err() || frame[8..16] != *salts {
            return Ok(pages);
        }
        pages.insert(u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]));
        place += FRAME_HEADER as u64 + page;
    }
}

/// The file that a server opened, and where.
pub(super) struct Place {
    path: PathBuf,
    opened: Option<Identity>,
    /// Locked, and open as long as SQLite has the file open.
    held: Option<File>,
    /// Its log, locked likewise.
    _log: Option<File>,
}

impl Place {
    /// Of the file at `path`, which SQLite has opened.
    pub(super) fn new(path: &Path, held: Option<File>) -> Self {
        let opened = fs::metadata(path).ok().as_ref().and_then(identity);
        let log = held.as_ref().and_then(|_| File::open(beside(path, "-wal")).ok());
        let log = log.filter(|log| log.try_lock_shared().is_ok());
        // From now on others that reach it by the same name are let in.
        if let Some(held) = &held
            && let Err(error) = held.try_lock_shared()
        {
            tracing::debug!(%error, "no lock");
        }
        Self { path: path.to_owned(), opened, held, _log: log }
    }

    /// Why a write would be lost, if it would be: the file, or its log, is not where it was.
    pub(super) fn lost(&self) -> Option<&'static str> {
        let is_gone = |error: &io::Error| error.kind() == ErrorKind::NotFound;
        match fs::metadata(&self.path) {
            Err(error) if is_gone(&error) => return Some("the database file was deleted or moved away"),
            Ok(there) if identity(&there) != self.opened => return Some("the database file was replaced by another"),
            _ => {}
        }
        let log = fs::metadata(beside(&self.path, "-wal"));
        log.is_err_and(|error| is_gone(&error)).then_some("the log beside the database file was deleted")
    }

    /// Whether the beginning of the file was written over or cut off; only for a server that holds it. Cheap: it reads 16
    /// bytes.
    pub(super) fn is_overwritten(&self) -> Option<&'static str> {
        let mut header = [0; MAGIC.len()];
        match read_at(self.held.as_ref()?, &mut header, 0) {
            Ok(()) => (header != *MAGIC).then_some("its header was written over"),
            Err(error) => (error.kind() == ErrorKind::UnexpectedEof).then_some("it was cut off"),
        }
    }

    /// The fault of the file, as far as its header says; only for a server that holds it.
    pub(super) fn damage(&self) -> Option<String> {
        let file = self.held.as_ref()?;
        let look = || -> io::Result<Option<String>> {
            if let Some(found) = self.is_overwritten() {
                return Ok(Some(found.to_owned()));
            }
            // A log that starts over between two looks has left all of its pages in the file.
            match missing_of(file, &self.path)? {
                Some(_) => missing_of(file, &self.path),
                None => Ok(None),
            }
        };
        match look() {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some("it was cut off".to_owned()),
            looked => looked.unwrap_or_default(),
        }
    }
}

/// What distinguishes files, whatever they are called.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(file: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}

/// The file beside this one whose name ends so.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
