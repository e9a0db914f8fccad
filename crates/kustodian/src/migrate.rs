//! `kustodian migrate`: the form of the database brought to what this version needs. `serve` does the same when it
//! starts; this is for those who want to see it beforehand, or to have it done by a user with more rights.

use clap::Args;

use crate::arguments::DatabaseArguments;
use crate::database::must_exist;
use crate::failure::Failure;
use crate::output::print;

/// What to do.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Change nothing: print the migrations that are pending, one a line. The exit code is 0 when there are none, else 1
    #[arg(long, conflicts_with = "distribute")]
    check: bool,
    /// Spread the tables of a PostgreSQL database over the machines of its citus extension afterwards
    #[arg(long)]
    distribute: bool,
    /// In how many shards; changing that later means rewriting all
    #[arg(long, value_name = "N", requires = "distribute", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64_000))]
    shards: u32,
}

/// Runs a `migrate` command.
///
/// # Errors
/// When the database does not do, or with `--check` when something is pending.
pub(crate) async fn run(arguments: MigrateArguments) -> Result<(), Failure> {
    let url = arguments.database.database;
    if arguments.check {
        return check(&url).await;
    }
    tell("applied", &kustodian_store::migrate(&url).await?, "the database is up to date")?;
    if arguments.distribute {
        tell("ran", &kustodian_store::distribute(&url, arguments.shards).await?, "the tables are distributed already")?;
    }
    Ok(())
}

async fn check(url: &str) -> Result<(), Failure> {
    must_exist(url)?;
    let pending = kustodian_store::pending_migrations(url).await?;
    if pending.is_empty() {
        return print("the database is up to date");
    }
    print(&pending.join("\n"))?;
    Err(Failure::new(format!("{} pending: apply with kustodian migrate, or by starting the server", pending.len())))
}

fn tell(done: &str, what: &[String], nothing: &str) -> Result<(), Failure> {
    if what.is_empty() {
        return print(nothing);
    }
    what.iter().try_for_each(|one| print(&format!("{done} {one}")))
}
