//! The files of a package, and the archives that are made of them. Made twice of the same files, an archive has the same bytes:
//! times, owners and order are fixed.

use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use flate2::{Compression, GzBuilder};

/// A file or a folder of a package.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Where it is, without a slash in front.
    pub(crate) path: String,
    /// The file's bytes; none for a folder.
    pub(crate) bytes: Option<Arc<[u8]>>,
    /// Its permissions.
    pub(crate) mode: u32,
    /// Its user and group, by number.
    pub(crate) owner: u64,
}

/// The number of a time that zip archives can say: 1980-01-01, in seconds since 1970.
const THEN: u64 = 315_532_800;

impl Entry {
    /// A file that everybody may read.
    pub(crate) fn file(path: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { path: path.into(), bytes: Some(bytes.into()), mode: 0o644, owner: 0 }
    }

    /// A file that everybody may run.
    pub(crate) fn program(path: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { mode: 0o755, ..Self::file(path, bytes) }
    }

    /// A folder, with nothing in it yet.
    pub(crate) fn folder(path: impl Into<String>) -> Self {
        Self { path: path.into(), bytes: None, mode: 0o755, owner: 0 }
    }
}

/// Writes a tar archive.
pub(crate) fn tar(entries: &[Entry], out: impl Write) -> Result<()> {
    let mut archive = tar::Builder::new(out);
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_uid(entry.owner);
        header.set_gid(entry.owner);
        header.set_mtime(THEN);
        let bytes: &[u8] = entry.bytes.as_deref().unwrap_or_default();
        header.set_size(bytes.len() as u64);
        if entry.bytes.is_none() {
            header.set_entry_type(tar::EntryType::Directory);
            archive.append_data(&mut header, format!("{}/", entry.path), bytes)?;
        } else {
            archive.append_data(&mut header, &entry.path, bytes)?;
        }
    }
    archive.into_inner()?.flush()?;
    Ok(())
}

/// A tar archive, compressed by gzip at this level.
pub(crate) fn tar_gz(entries: &[Entry], level: u32) -> Result<Vec<u8>> {
    let mut compressed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(level));
    tar(entries, &mut compressed)?;
    Ok(compressed.finish()?)
}

/// One file, compressed by gzip as well as it can be.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    compressed.write_all(bytes)?;
    Ok(compressed.finish()?)
}

/// A zip archive, compressed at this level.
pub(crate) fn zip(entries: &[Entry], level: u32) -> Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for entry in entries {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(level.into()))
            // The kind of file belongs to the mode here: without it, some readers take a file for nothing.
            .unix_permissions(0o100_000 | entry.mode);
        archive.start_file(&entry.path, options)?;
        archive.write_all(entry.bytes.as_deref().unwrap_or_default())?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn entries() -> Vec<Entry> {
        let long = format!("a/{}/b", "c".repeat(150));
        let private = Entry { owner: 65_532, mode: 0o700, ..Entry::folder("data") };
        vec![Entry::program("bin/kustodian", *b"program"), Entry::file(long, *b"text"), private]
    }

    #[test]
    fn a_tar_archive_keeps_names_modes_and_owners() {
        let archive = tar_gz(&entries(), 1).unwrap();
        assert_eq!(archive, tar_gz(&entries(), 1).unwrap());
        let mut read = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
        let mut found = Vec::new();
        for entry in read.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let (path, header) = (entry.path().unwrap().display().to_string(), entry.header());
            found.push((path, header.mode().unwrap(), header.uid().unwrap(), header.entry_type().is_dir(), text));
        }
        let long = format!("a/{}/b", "c".repeat(150));
        assert_eq!(
            found,
            [
                ("bin/kustodian".to_owned(), 0o755, 0, false, "program".to_owned()),
                (long, 0o644, 0, false, "text".to_owned()),
                ("data/".to_owned(), 0o700, 65_532, true, String::new()),
            ]
        );
    }

    #[test]
    fn a_zip_archive_keeps_names_and_modes() {
        let archive = zip(&entries()[..2], 9).unwrap();
        assert_eq!(archive, zip(&entries()[..2], 9).unwrap());
        let mut read = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
        let mut program = read.by_name("bin/kustodian").unwrap();
        assert_eq!(program.unix_mode(), Some(0o100_755));
        let mut text = String::new();
        program.read_to_string(&mut text).unwrap();
        assert_eq!(text, "program");
    }
}
