//! Prints the statements that create the table of a kind: what `cargo xtask schema KIND` shows.
#![expect(clippy::print_stdout, reason = "a command line tool prints to standard output")]

use std::process::ExitCode;

use kustodian_core::kind::Kind;
use kustodian_store::{Ddl, ddl};

fn main() -> ExitCode {
    let Some(kind) = std::env::args().nth(1).as_deref().and_then(Kind::named) else {
        println!("name one of the kinds: {}", Kind::ALL.map(Kind::as_str).join(", "));
        return ExitCode::FAILURE;
    };
    let Ddl { sqlite, postgres } = ddl(kind);
    println!("-- SQLite\n\n{sqlite}\n-- PostgreSQL\n\n{postgres}");
    ExitCode::SUCCESS
}
