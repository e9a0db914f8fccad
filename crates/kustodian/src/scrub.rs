//! `kustodian scrub`: takes erased values off the disk now.

use std::io::{self, Write as _};

use clap::Args;
use kustodian_store::{Options, open};

use crate::arguments::DatabaseArguments;
use crate::database::must_exist;
use crate::failure::Failure;
use crate::output::print;

/// Where, and how thoroughly.
///
/// A server does this by itself after each erasure, and tries again while something is in the way. The command waits for
/// that in its own process, and names the obstacle if there is one.
#[derive(Debug, Args)]
pub(crate) struct ScrubArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// On PostgreSQL, also writes every table that holds values of records again (VACUUM FULL). Until then the free space
    /// of its pages may hold bytes of deleted rows. Each table is locked against reads and writes meanwhile, and needs as
    /// much free disk space as it has. Where tables have nothing of that kind, as in a SQLite file, it makes no difference
    #[arg(long)]
    rewrite: bool,
}

/// Runs `kustodian scrub`.
///
/// # Errors
/// When the database is not there or does not do, or something is in the way.
pub(crate) async fn run(arguments: ScrubArguments) -> Result<(), Failure> {
    let url = arguments.database.database;
    must_exist(&url)?;
    let database = open(&url, Options::default()).await?;
    let store = database.store();
    let mut done = store.scrub().await;
    if arguments.rewrite && done.is_ok() {
        // A closed standard error means that nobody wants to know.
        done = database.rewrite(|table| drop(writeln!(io::stderr().lock(), "rewriting {table}"))).await;
    }
    drop(store);
    database.close().await;
    done.map_err(|error| Failure::new(format!("erased values may still be on the disk: {error}")))?;
    print("the disk holds no erased value that this database knows of")
}
