//! `kustodian reindex`: rebuilds the search index from the stored documents.

use std::io::{self, Write};

use clap::Args;

use crate::arguments::{DatabaseArguments, IndexArguments};
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

/// Runs a `reindex` command.
///
/// # Errors
/// When the database does not do.
pub(crate) async fn run(arguments: ReindexArguments) -> Result<(), Failure> {
    let options = arguments.index.options();
    let url = arguments.database.database;
    must_exist(&url)?;
    let mut told = 0;
    let tell = move |done: u64| {
        if std::mem::replace(&mut told, done) == done {
            return;
        }
        // A closed standard error means that nobody wants to know.
        drop(writeln!(io::stderr().lock(), "indexed {done} records"));
    };
    let done = kustodian_store::reindex(&url, options, tell).await?;
    print(&format!("{done} records are indexed again"))
}
