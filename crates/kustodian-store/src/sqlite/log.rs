//! Checks of the log beside a database that SQLite does not make. SQLite reads a log up to the first frame that is not as
//! it was written, and takes the frames behind it for the rest of a transaction that a crash cut off. A bit that
//! flipped in the middle looks the same to it, and takes every later write along; here the two are distinguished.
//!
//! A transaction is written behind the one before it once that is synced. So after a crash only frames of the last one
//! can be wrong, and nothing continues its last frame, the one that commits. A frame that continues one that commits,
//! itself at or behind a wrong one, means that something was lost that had been acknowledged.
//!
//! That a frame of the same log lies behind is not enough. A transaction whose sync failed is rolled back with its
//! frames written, its commit among them, and the next one, which may be shorter, is written over their beginning. What
//! is left of several such transactions lies one behind the other, but no sum continues from one to the next.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::place::beside;

/// The length of a log's header, and of that of a frame.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What every log begins with; the last bit says in which order the bytes of its words were added up.
const MAGIC: u32 = 0x377f_0682;

/// The fault of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Its header, so that SQLite would take it for an empty one.
    Header,
    /// A frame, counted from 1, in the middle.
    Middle { frame: u64, commits: u64 },
    /// A frame of its last transaction: most likely the power went off before that was acknowledged.
    End { frame: u64 },
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => write!(f, "its header is not as it was written, so that nothing in it can be read"),
            Self::Middle { frame, commits } => {
                write!(
                    f,
                    "frame {frame} is not as it was written, and {commits} transactions from there on would be lost"
                )
            }
            Self::End { frame } => write!(f, "frame {frame}, in its last transaction, is not as it was written"),
        }
    }
}

/// The fault of a database's log. SQLite reports a log that cannot be read.
pub(crate) fn wrong(path: &Path) -> Option<Wrong> {
    let look = || File::open(beside(path, "-wal")).and_then(|log| look_at(BufReader::with_capacity(1 << 18, log)));
    let found = look().ok()??;
    // A server that writes it meanwhile has continued it, or begun another, by the second check.
    (look().ok()?? == found).then_some(found)
}

/// The damage of a log, in words.
pub(crate) fn damage(path: &Path) -> Option<String> {
    match wrong(path)? {
        Wrong::End { .. } => None,
        wrong @ (Wrong::Header | Wrong::Middle { .. }) => Some(wrong.to_string()),
    }
}

/// Keeps a copy of the log, which SQLite is about to cut off.
pub(super) fn keep_copy(path: &Path) -> io::Result<PathBuf> {
    let copy = beside(path, "-wal.damaged");
    fs::copy(beside(path, "-wal"), &copy)?;
    Ok(copy)
}

fn look_at(mut log: impl Read) -> io::Result<Option<Wrong>> {
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? {
        return Ok(None);
    }
    let magic = word(&header, 0);
    let sums = Sums { is_big_endian: magic & 1 == 1, sums: (0, 0) };
    let page = usize::try_from(word(&header, 8)).unwrap_or_default();
    let mut sums = sums.with(&header[..24]);
    let is_sound = magic & !1 == MAGIC
        && sums.sums == (word(&header, 24), word(&header, 28))
        && page.is_power_of_two()
        && (512..=65_536).contains(&page);
    let mut frame = vec![0; FRAME_HEADER + if is_sound { page } else { 0 }];
    if !is_sound {
        // Space that was given to the file and never written is no log.
        return Ok((fill(&mut log, &mut frame)? && header != [0; HEADER]).then_some(Wrong::Header));
    }
    let (mut number, mut wrong, mut commits, mut is_behind) = (0, None, 0, false);
    // What the sums of a frame may continue from, behind one that commits: its own, as stored and as they should be, for
    // either may be the wrong one.
    let mut ends: Option<[Sums; 2]> = None;
    while fill(&mut log, &mut frame)? {
        number += 1;
        let is_of_log = frame[8..16] == header[16..24];
        let added = sums.with_frame(&frame);
        let stored = Sums { sums: (word(&frame, 16), word(&frame, 20)), ..sums };
        if wrong.is_none() {
            if is_of_log && added.sums == stored.sums && word(&frame, 0) != 0 {
                sums = added;
                continue;
            }
            wrong = Some(number);
        }
        is_behind |= ends.is_some_and(|ends| ends.iter().any(|end| end.with_frame(&frame).sums == stored.sums));
        sums = stored;
        // The salts of the wrong frame may themselves be wrong.
        let alike = frame[8..16].iter().zip(&header[16..24]).filter(|(of_frame, of_log)| of_frame == of_log).count();
        let is_commit = (is_of_log || alike == 7) && word(&frame, 4) != 0;
        commits += u64::from(is_commit);
        ends = is_commit.then_some([stored, added]);
    }
    Ok(match wrong {
        Some(frame) if is_behind => Some(Wrong::Middle { frame, commits }),
        Some(frame) if commits > 0 => Some(Wrong::End { frame }),
        _ => None,
    })
}

/// Reads as many bytes; false when there are fewer.
fn fill(log: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A number in a header.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// What SQLite adds up over a log.
#[derive(Clone, Copy)]
struct Sums {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Sums {
    /// With those of a frame: its first two words and its page.
    fn with_frame(self, frame: &[u8]) -> Self {
        self.with(&frame[..8]).with(&frame[FRAME_HEADER..])
    }

    fn with(self, bytes: &[u8]) -> Self {
        let read = if self.is_big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let (mut first, mut second) = self.sums;
        for pair in bytes.chunks_exact(8) {
            let [a, b, c, d, e, f, g, h] = *pair else { continue };
            first = first.wrapping_add(read([a, b, c, d])).wrapping_add(second);
            second = second.wrapping_add(read([e, f, g, h])).wrapping_add(first);
        }
        Self { sums: (first, second), ..self }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A log of three transactions, as SQLite wrote it, and the places of its frames that commit.
    fn written() -> (Vec<u8>, Vec<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (a); PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        for _ in 0..3 {
            connection.execute("INSERT INTO t VALUES (zeroblob(9000))", []).unwrap();
        }
        let log = fs::read(beside(&path, "-wal")).unwrap();
        let frames = (HEADER..log.len()).step_by(FRAME_HEADER + 4_096);
        let commits = frames.filter(|place| word(&log, place + 4) != 0).collect();
        (log, commits)
    }

    #[test]
    fn a_bit_that_flips_anywhere_before_the_last_transaction_is_damage() {
        let (log, commits) = written();
        assert_eq!((look_at(&*log).unwrap(), commits.len()), (None, 3));
        let last = commits[1] + FRAME_HEADER + 4_096;
        for place in (0..last).step_by(7).chain(0..HEADER + FRAME_HEADER) {
            let mut flipped = log.clone();
            flipped[place] ^= 1 << (place % 8);
            let found = look_at(&*flipped).unwrap();
            assert!(matches!(found, Some(Wrong::Header | Wrong::Middle { .. })), "{place}: {found:?}");
        }
        // In the bytes of its pages.
        let is_page = |place: &usize| (place - HEADER) % (FRAME_HEADER + 4_096) >= FRAME_HEADER;
        for place in (last..log.len()).step_by(7).filter(is_page) {
            let mut flipped = log.clone();
            flipped[place] ^= 1 << (place % 8);
            assert!(matches!(look_at(&*flipped).unwrap(), Some(Wrong::End { .. })), "{place}");
        }
    }

    #[test]
    fn the_remains_of_a_crash_are_no_damage() {
        let (log, commits) = written();
        let last = commits[1] + FRAME_HEADER + 4_096;
        for length in (0..log.len()).step_by(501) {
            assert_eq!(look_at(&log[..length]).unwrap(), None, "cut off at {length}");
        }
        // The last transaction was about to be written over frames of an earlier log, or over nothing.
        for (salt, length) in [(&[1; 8][..], log.len()), (&[0; 8], log.len()), (&log[16..24], last)] {
            let mut torn = log[..last].to_vec();
            torn.extend(&log[last..length]);
            for place in (last..length).step_by(FRAME_HEADER + 4_096) {
                torn[place + 8..place + 16].copy_from_slice(salt);
            }
            assert_eq!(look_at(&*torn).unwrap(), None);
        }
        // A transaction that was rolled back left frames, and the next one was shorter.
        let mut left = log.clone();
        left[commits[2] + 4..commits[2] + 8].fill(0);
        left[last + FRAME_HEADER] ^= 1;
        assert_eq!(look_at(&*left).unwrap(), None);
    }

    #[test]
    fn transactions_whose_sync_failed_are_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (a); PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        connection.execute("INSERT INTO t VALUES (zeroblob(9000))", []).unwrap();
        // Three ways in which the same log went on: the first two failed when they were synced, the last was stored.
        let went_on = |name: &str, bytes: u32| {
            let copy = folder.path().join(name);
            fs::copy(&path, &copy).unwrap();
            fs::copy(beside(&path, "-wal"), beside(&copy, "-wal")).unwrap();
            let connection = Connection::open(&copy).unwrap();
            connection.execute("INSERT INTO t VALUES (randomblob(?1))", [bytes]).unwrap();
            fs::read(beside(&copy, "-wal")).unwrap()
        };
        let (long, shorter, stored) = (went_on("b.db", 60_000), went_on("c.db", 30_000), went_on("d.db", 9_000));
        assert!(long.len() > shorter.len() && shorter.len() > stored.len());
        assert_eq!(long[16..24], stored[16..24], "they are of one log");
        let mut log = stored.clone();
        log.extend(&shorter[stored.len()..]);
        log.extend(&long[shorter.len()..]);
        let next = (stored.len() - HEADER) / (FRAME_HEADER + 4_096) + 1;
        assert_eq!(look_at(&*log).unwrap(), Some(Wrong::End { frame: next as u64 }));
        // A flipped bit in the middle of the frames behind them is still damage.
        let mut flipped = log;
        flipped[HEADER + FRAME_HEADER + 100] ^= 1;
        assert!(matches!(look_at(&*flipped).unwrap(), Some(Wrong::Middle { frame: 1, .. })));
    }
}
