//! `kustodian reindex`: rebuilds the search index from the stored documents.

use std::io::{self, Write};

use clap::Args;
use kustodian_store::Options;

use crate::arguments::{DatabaseArguments, IndexArguments};
use crate::configuration::File;
use crate::database::must_exist;
use crate::failure::Failure;
use crate::output::print;

/// Where, and what to index.
#[derive(Debug, Args)]
pub(crate) struct ReindexArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    index: IndexArguments,
}

/// Does what a `reindex` command asks for.
///
/// # Errors
/// When the database does not do.
pub(crate) async fn run(arguments: ReindexArguments, file: File) -> Result<(), Failure> {
    let options = file.index(arguments.index).options();
    let url = file.database(arguments.database);
    must_exist(&url)?;
    let tell = |done: u64| {
        // Whoever closed standard error does not want to know.
        drop(writeln!(io::stderr().lock(), "indexed {done} customers"));
    };
    let done = kustodian_store::reindex(&url, options, tell).await?;
    print(&format!("{done} records are indexed again"))
}

impl IndexArguments {
    /// How the database is used with this.
    pub(crate) fn options(self) -> Options {
        let usual = Options::default();
        let indexed = self.indexed_custom_attributes.map_or(usual.indexed_custom_attributes, usize::from);
        Options { indexed_custom_attributes: indexed, ..usual }
    }
}
