//! The files that the records of a database name.

use std::collections::BTreeMap;
use std::path::Path;

use kustodian_core::file::File;
use kustodian_core::files::FileName;
use kustodian_core::kind::Kind;

use crate::address::Address;
use crate::check::CheckError;
use crate::copy::table::{Cell, Row, Table, table_of};
use crate::copy::{CopyProgress, CopyStep, Source};

/// A file that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptFile {
    /// Which.
    pub name: FileName,
    /// How many bytes it has.
    pub length: u64,
}

/// The files that the records of the database at `url` name, each once and in order. Changes nothing.
///
/// # Errors
/// As of [`check`](crate::check).
pub async fn kept_files(url: &str, tell: &mut (dyn FnMut(CopyProgress) + Send)) -> Result<Vec<KeptFile>, CheckError> {
    let mut source: Box<dyn Source> = match Address::parse(url)? {
        Address::Memory => return Err(CheckError::Temporary),
        Address::File(path) => return kept_files_of_backup(&path, tell).await,
        Address::Postgres(url) => Box::new(crate::postgres::Archive::read(&url).await?),
    };
    kept_in(&mut *source, tell).await
}

/// The same of a file, whatever its name.
///
/// # Errors
/// As of [`check`](crate::check).
pub async fn kept_files_of_backup(
    path: &Path,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<KeptFile>, CheckError> {
    if !path.exists() {
        return Err(CheckError::NoDatabase { path: path.to_owned() });
    }
    if !crate::sqlite::pending_migrations(path)?.is_empty() {
        return Err(CheckError::Outdated);
    }
    kept_in(&mut crate::sqlite::Archive::read(path.to_owned()).await?, tell).await
}

async fn kept_in(
    source: &mut dyn Source,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<Vec<KeptFile>, CheckError> {
    let mut kept = BTreeMap::new();
    for kind in Kind::with_files() {
        let table = table_of(kind);
        let total = source.count(table).await?;
        let (mut done, mut after) = (0, None);
        loop {
            tell(CopyProgress { step: CopyStep::Verify, table: table.name, done, total: total.max(done) });
            let rows = source.rows(table, after.take()).await?;
            let Some(last) = rows.last() else { break };
            done += rows.len() as u64;
            after = Some(table.key_of(last));
            kept.extend(rows.iter().filter_map(|row| kept_by(table, row)));
        }
    }
    Ok(kept.into_iter().map(|(name, length)| KeptFile { name, length }).collect())
}

/// The file that a row names. A document that cannot be read is a finding of the check of records.
fn kept_by(table: &Table, row: &Row) -> Option<(FileName, u64)> {
    let Some(Cell::Text(document)) = table.place("document").and_then(|place| row.get(place)) else { return None };
    let file = File::of(document).ok()?;
    Some((FileName { org: file.org?, sum: file.sum? }, file.content_length))
}
