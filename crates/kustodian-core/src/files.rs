//! The port to the bytes of files. They are kept per org under their checksum, once however many records have them.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use kustomer_api::ObjectId;

/// The SHA-256 of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Sum(pub [u8; 32]);

impl fmt::Display for Sha256Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sha256Sum({self})")
    }
}

/// It is no checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checksum has 64 hexadecimal characters")]
pub struct InvalidSum;

impl FromStr for Sha256Sum {
    type Err = InvalidSum;

    fn from_str(text: &str) -> Result<Self, InvalidSum> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 64 || !text.bytes().all(is_hex) {
            return Err(InvalidSum);
        }
        let mut sum = [0; 32];
        for (place, byte) in sum.iter_mut().enumerate() {
            let pair = text.get(2 * place..2 * place + 2).ok_or(InvalidSum)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidSum)?;
        }
        Ok(Self(sum))
    }
}

/// Which bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName {
    /// The id of the org that has them.
    pub org: ObjectId,
    /// Their sum.
    pub sum: Sha256Sum,
}

/// Keeps the bytes of files.
#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// Begins to receive bytes. Nobody sees them before they are kept.
    ///
    /// # Errors
    /// When they cannot be kept.
    async fn receive(&self) -> Result<Box<dyn Receiving>, FilesError>;

    /// At most so many bytes of a file from a place on; none at its end. `None` when there is no such file.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn read(&self, name: FileName, from: u64, most: usize) -> Result<Option<Vec<u8>>, FilesError>;

    /// The length of a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn length(&self, name: FileName) -> Result<Option<u64>, FilesError>;

    /// Locks a file, there or not: until the result is dropped nobody else keeps or removes it, on whichever server. So
    /// nobody removes bytes that a record is just about to name.
    ///
    /// # Errors
    /// When it cannot be locked.
    async fn lock(&self, name: FileName) -> Result<Box<dyn Locked>, FilesError>;

    /// The files of an org, by their checksum and after one; at most `most`.
    ///
    /// # Errors
    /// When they cannot be listed.
    async fn list(&self, org: ObjectId, after: Option<Sha256Sum>, most: usize) -> Result<Vec<Listed>, FilesError>;

    /// Removes incomplete files of servers that have ended; returns how many there were.
    ///
    /// # Errors
    /// When they cannot be removed.
    async fn remove_unfinished(&self) -> Result<usize, FilesError>;

    /// Whether there may be any: whether a file was ever kept here.
    async fn is_used(&self) -> bool;

    /// Where they are, for people.
    fn place(&self) -> String;

    /// How many bytes a reader of a whole file should ask for at a time.
    fn piece(&self) -> usize;

    /// Waits until the bytes of uploads that were dropped are removed: before a program ends.
    async fn settle(&self);
}

/// A file of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// What its bytes add up to, by its name.
    pub sum: Sha256Sum,
    /// How many seconds ago it was written.
    pub age: u64,
}

/// Bytes that are being received. Dropped, they are gone.
#[async_trait]
pub trait Receiving: Send {
    /// Takes some more.
    ///
    /// # Errors
    /// When they cannot be written.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), FilesError>;

    /// Syncs the received bytes, and computes their checksum. They do not have their name yet.
    ///
    /// # Errors
    /// When that fails.
    async fn finish(&mut self) -> Result<Sha256Sum, FilesError>;

    /// Gives a finished file its name, durably. The lock of the name is taken before, and released for the commit of
    /// the record that names it.
    ///
    /// # Errors
    /// When that fails.
    async fn keep(self: Box<Self>, name: FileName) -> Result<Box<dyn Locked>, FilesError>;
}

/// A file that is locked until this is dropped.
#[async_trait]
pub trait Locked: Send + Sync {
    /// Removes the file; nothing when there is none.
    ///
    /// # Errors
    /// When that fails.
    async fn remove(&self) -> Result<(), FilesError>;
}

/// Why bytes cannot be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// There is no room for them.
    #[error("there is no room left in {place}: {reason}")]
    Full {
        /// Where.
        place: String,
        /// The error of the system.
        reason: String,
    },
    /// Their place does not answer for now.
    #[error("{place} does not answer: {reason}")]
    Unavailable {
        /// Where.
        place: String,
        /// The error of the system.
        reason: String,
    },
    /// Something else.
    #[error("{place}: {reason}")]
    Failed {
        /// Where.
        place: String,
        /// The error of the system.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_read_as_it_is_written() {
        let sum = Sha256Sum([0xab; 32]);
        assert_eq!(sum.to_string().parse(), Ok(sum));
        for text in ["", "ab", &"AB".repeat(32), &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(text.parse::<Sha256Sum>(), Err(InvalidSum), "{text}");
        }
    }
}
