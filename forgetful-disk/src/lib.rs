//! A disk that forgets: builds `shim.c`, a library that is loaded into programs, and cuts their power. What they wrote
//! to one folder and did not sync may be lost then, whole or by sectors; their clock may be moved, and their disk may
//! refuse writes.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/shim.c");
const MAGIC: u64 = 0x6b75_7374_6f6e_6f74;
const NOTE_LENGTH: usize = 48;
const KIND_WRITE: u64 = 1;

/// `errno` of Linux of a full disk.
pub const NO_SPACE: i64 = 28;
/// The same: the file system is read-only.
pub const READ_ONLY: i64 = 30;
/// The same: the device failed.
pub const INPUT_OUTPUT: i64 = 5;

/// The word that the shim reads while the server runs, by its place.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    /// Nanoseconds added to the time of day.
    Clock = 0,
    /// The errno that writes answer.
    Writes = 1,
    /// The errno that syncs answer.
    Syncs = 2,
}

/// Builds the library into a folder, with the C compiler that `CC` names.
///
/// # Errors
/// When there is no C compiler.
pub fn build(target: &Path) -> Result<PathBuf> {
    let library = target.join("torture-shim.so");
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library);
    let status = compiler.args([SOURCE, "-ldl", "-lpthread"]).status().context("cannot start the C compiler")?;
    ensure!(status.success(), "cannot build the disk that forgets: {status}");
    Ok(library)
}

/// One folder on a disk that forgets, and one clock.
#[derive(Debug)]
pub struct Shim {
    library: PathBuf,
    folder: PathBuf,
    notes: PathBuf,
    control: PathBuf,
}

/// The findings and effects of a power cut.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cut {
    /// Writes that were not synced.
    pub unsynced: u64,
    /// Of their sectors, those that were forgotten.
    pub sectors_forgotten: u64,
    /// And those that had reached the disk all the same.
    pub sectors_kept: u64,
    /// Files that were gone, as their folder had not been synced.
    pub files_forgotten: u64,
}

impl std::ops::AddAssign for Cut {
    fn add_assign(&mut self, other: Self) {
        self.unsynced += other.unsynced;
        self.sectors_forgotten += other.sectors_forgotten;
        self.sectors_kept += other.sectors_kept;
        self.files_forgotten += other.files_forgotten;
    }
}

/// The fate of writes that were not synced.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// None of them reached the disk.
    All,
    /// Those up to some moment did; the one at that moment in part.
    Since,
    /// Each sector did or did not, in any order.
    Any,
}

impl Shim {
    /// Over `folder`, with its notes in `side`, which is made.
    ///
    /// # Errors
    /// When `side` cannot be made.
    pub fn new(library: &Path, folder: &Path, side: &Path) -> Result<Self> {
        let (notes, control) = (side.join("notes"), side.join("control"));
        fs::create_dir_all(&notes)?;
        fs::write(&control, [0; 64])?;
        Ok(Self { library: library.to_owned(), folder: folder.to_owned(), notes, control })
    }

    /// Loads it into a program that is not yet started.
    pub fn tell(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("TORTURE_FOLDER", &self.folder)
            .env("TORTURE_LOG", &self.notes)
            .env("TORTURE_CONTROL", &self.control);
    }

    /// Sets a word, for running programs too.
    ///
    /// # Errors
    /// When the word cannot be written.
    pub fn set(&self, word: Word, value: i64) -> Result<()> {
        let file = fs::File::options().write(true).open(&self.control)?;
        file.write_all_at(&value.to_ne_bytes(), 8 * word as u64)?;
        Ok(())
    }

    /// Cuts the power of programs that were killed: forgets unsynced writes as `fate` says.
    ///
    /// # Errors
    /// When the folder or the notes cannot be read or written.
    pub fn cut(&self, rng: &mut Rng, fate: Fate) -> Result<Cut> {
        let mut cut = Cut::default();
        let mut paths = HashMap::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            paths.insert(entry.metadata()?.ino().to_string(), entry.path());
        }
        let sector = if rng.bool() { 512 } else { 4096 };
        for entry in fs::read_dir(&self.notes)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // A file that was removed meanwhile has nothing to lose.
            let Some(path) = paths.get(&name) else { continue };
            let notes = read_notes(&fs::read(entry.path())?)?;
            if !notes.is_empty() {
                let image = rewind(fs::read(path)?, &notes, sector, fate, rng, &mut cut);
                fs::write(path, image)?;
            }
        }
        let made = fs::read_to_string(self.notes.join("made")).unwrap_or_default();
        for path in made.lines().filter(|_| matches!(fate, Fate::All) || rng.bool()) {
            if fs::remove_file(path).is_ok() {
                cut.files_forgotten += 1;
            }
        }
        self.disturb_shared_memory(rng)?;
        fs::remove_dir_all(&self.notes)?;
        fs::create_dir(&self.notes)?;
        Ok(cut)
    }

    /// SQLite's index of its log is never synced: anything may be there.
    fn disturb_shared_memory(&self, rng: &mut Rng) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if !path.to_string_lossy().ends_with("-shm") {
                continue;
            }
            match rng.u8(0..3) {
                0 => {}
                1 => fs::remove_file(&path)?,
                _ => {
                    let mut noise = vec![0; 32 * 1024];
                    rng.fill(&mut noise);
                    fs::write(&path, noise)?;
                }
            }
        }
        Ok(())
    }
}

/// The bytes in a place before a write.
struct Note {
    kind: u64,
    offset: usize,
    length: usize,
    old_size: usize,
    old: Vec<u8>,
}

fn read_notes(mut bytes: &[u8]) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    while bytes.len() >= NOTE_LENGTH {
        let word = |index: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[8 * index..8 * index + 8]);
            u64::from_ne_bytes(word)
        };
        let size = |index: usize| usize::try_from(word(index));
        if word(0) != MAGIC {
            bail!("a note of the disk that forgets is damaged");
        }
        let end = NOTE_LENGTH + size(5)?;
        if bytes.len() < end {
            break;
        }
        let old = bytes[NOTE_LENGTH..end].to_vec();
        notes.push(Note { kind: word(1), offset: size(2)?, length: size(3)?, old_size: size(4)?, old });
        bytes = &bytes[end..];
    }
    // The rest was cut short by the kill: that write never began.
    Ok(notes)
}

/// A file as the disk has it: everything noted undone, and then done again as far as it was kept.
fn rewind(mut image: Vec<u8>, notes: &[Note], sector: usize, fate: Fate, rng: &mut Rng, cut: &mut Cut) -> Vec<u8> {
    let mut done: Vec<Vec<u8>> = Vec::with_capacity(notes.len());
    for note in notes.iter().rev() {
        let from = if note.kind == KIND_WRITE { note.offset } else { note.length };
        // The kill may have come between the note and its write, so the file may be shorter than the note says.
        let end = (note.offset + note.length).min(image.len());
        done.push(if note.kind == KIND_WRITE {
            image.get(note.offset..end).unwrap_or(&[]).to_vec()
        } else {
            Vec::new()
        });
        image.resize(note.old_size, 0);
        // Nothing was behind the end of the file, where a write may begin.
        if !note.old.is_empty() {
            image[from..from + note.old.len()].copy_from_slice(&note.old);
        }
    }
    done.reverse();
    let moment = rng.usize(0..notes.len());
    let chance = *rng.choice(&[0.1, 0.5, 0.9]).unwrap_or(&0.5);
    for (index, (note, bytes)) in notes.iter().zip(done).enumerate() {
        cut.unsynced += 1;
        let mut keeps = || match fate {
            Fate::All => false,
            Fate::Since if index == moment => rng.bool(),
            Fate::Since => index < moment,
            Fate::Any => rng.f64() < chance,
        };
        if note.kind != KIND_WRITE {
            if keeps() {
                image.resize(note.length, 0);
            }
            continue;
        }
        let mut at = note.offset;
        while at < note.offset + bytes.len() {
            let end = ((at / sector + 1) * sector).min(note.offset + bytes.len());
            if keeps() {
                cut.sectors_kept += 1;
                if image.len() < end {
                    image.resize(end, 0);
                }
                image[at..end].copy_from_slice(&bytes[at - note.offset..end - note.offset]);
            } else {
                cut.sectors_forgotten += 1;
            }
            at = end;
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: usize, length: usize, old_size: usize, old: &[u8]) -> Note {
        Note { kind: KIND_WRITE, offset, length, old_size, old: old.to_vec() }
    }

    #[test]
    fn everything_that_was_not_synced_can_be_forgotten() {
        let mut image = b"abcdefgh".to_vec();
        let mut notes = vec![write(2, 3, 8, b"cde")];
        image[2..5].copy_from_slice(b"XYZ");
        notes.push(write(7, 4, 8, b"h"));
        image.truncate(7);
        image.extend_from_slice(b"1234");
        notes.push(Note { kind: 2, offset: 0, length: 4, old_size: 11, old: b"Zfg1234".to_vec() });
        image.truncate(4);
        let mut cut = Cut::default();
        let rewound = rewind(image, &notes, 512, Fate::All, &mut Rng::with_seed(1), &mut cut);
        assert_eq!(rewound, b"abcdefgh");
        assert_eq!((cut.unsynced, cut.sectors_forgotten, cut.sectors_kept), (3, 2, 0));
    }

    #[test]
    fn a_write_can_be_torn_between_sectors_alone() {
        let notes = [write(256, 1024, 0, &[])];
        let mut seen = std::collections::HashSet::new();
        for seed in 0..64 {
            let mut image = vec![0; 256];
            image.extend_from_slice(&[7; 1024]);
            let rewound = rewind(image, &notes, 512, Fate::Any, &mut Rng::with_seed(seed), &mut Cut::default());
            for part in [256..512, 512..1024, 1024..1280] {
                // A file ends with the last sector that was kept.
                let part = &rewound[part.start.min(rewound.len())..part.end.min(rewound.len())];
                assert!(part.iter().all(|byte| *byte == 7) || part.iter().all(|byte| *byte == 0));
            }
            seen.insert(rewound);
        }
        assert!(seen.len() > 4, "each of the three parts is there or not, whatever the others are");
    }
}
