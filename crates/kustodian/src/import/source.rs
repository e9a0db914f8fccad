//! The bytes of a file or of standard input, uncompressed as they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// How many bytes are read at once.
const BLOCK: usize = 64 * 1024;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table: the first line names the columns.
    Csv,
    /// A JSON object in each line.
    Jsonl,
}

/// Uncompressed bytes behind a byte order mark.
pub(crate) struct Input(BufReader<Box<dyn Read>>);

impl Input {
    fn new(bytes: Box<dyn Read>) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BLOCK, bytes);
        if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        Ok(Self(input))
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::new(Box::new(io::Cursor::new(bytes))).unwrap()
    }

    /// More bytes; none at the end.
    pub(crate) fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    /// Passes over bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input.
    Standard,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// The source behind an argument: `-` is standard input.
    pub(crate) fn of(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Standard } else { Self::File(argument.to_owned()) }
    }

    /// The format that the name of the file says, compression aside.
    pub(crate) fn format(&self) -> Option<Format> {
        let Self::File(path) = self else { return None };
        let bare = if compression(path).is_some() { path.file_stem().map(PathBuf::from)? } else { path.clone() };
        match bare.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Format::Csv),
            "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
            _ => None,
        }
    }

    /// Whether it is this file, by whatever path.
    pub(crate) fn is_file(&self, other: &Path) -> bool {
        let Self::File(path) = self else { return false };
        path.canonicalize().is_ok_and(|path| other.canonicalize().is_ok_and(|other| path == other))
    }

    /// How many bytes it has, where that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Its bytes, uncompressed. `read` is how many of its own were read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(&self, read: Arc<AtomicU64>) -> Result<Input, Failure> {
        let opened = match self {
            Self::Standard => Input::new(Box::new(Counted { bytes: io::stdin(), read })),
            Self::File(path) => File::open(path).and_then(|file| {
                let bytes = BufReader::with_capacity(BLOCK, Counted { bytes: file, read });
                Input::new(match compression(path) {
                    Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(bytes)),
                    Some(Compression::Zstd) => Box::new(zstd::Decoder::with_buffer(bytes)?),
                    None => Box::new(bytes),
                })
            }),
        };
        opened.map_err(|error| self.failed(&error))
    }

    /// The SHA-256 of a file's bytes in hexadecimal characters.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn hash(&self) -> Result<String, Failure> {
        let Self::File(path) = self else { return Ok(String::new()) };
        let hashed = File::open(path).and_then(|mut file| {
            let (mut hash, mut block) = (Sha256::new(), vec![0; BLOCK]);
            loop {
                match file.read(&mut block)? {
                    0 => return Ok(hash.finalize()),
                    length => hash.update(&block[..length]),
                }
            }
        });
        let hash = hashed.map_err(|error| self.failed(&error))?;
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        match self {
            Self::Standard => Failure::new(format!("standard input cannot be read: {error}")),
            Self::File(path) => Failure::new(format!("{} cannot be read: {error}", path.display())),
        }
    }
}

enum Compression {
    Gzip,
    Zstd,
}

fn compression(path: &Path) -> Option<Compression> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "gz" => Some(Compression::Gzip),
        "zst" | "zstd" => Some(Compression::Zstd),
        _ => None,
    }
}

/// Counts the bytes read.
struct Counted<R> {
    bytes: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.read.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(count)
    }
}
