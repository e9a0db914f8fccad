//! The Singer tap for Kustomer, as it is published, against a running server.

use std::process::Command;

use anyhow::Result;

use crate::postgres::Durability;
use crate::workspace::{self, Metadata};
use crate::{Engine, postgres, process, python};

/// The tap's dependencies, the start-up shim that points it at the server, and the test.
const FOLDER: &str = "tests/singer";

/// Says to the test, and to the server in it, where the records are.
const DATABASE: &str = "KUSTODIAN_DATABASE";

/// Tests the tap on the engines.
///
/// # Errors
/// As [`test()`], when a test fails, or PostgreSQL is missing and wanted.
pub(crate) fn run(engine: Engine) -> Result<()> {
    process::succeed(&mut test()?)?;
    if engine == Engine::All {
        let server = postgres::Server::start(Durability::Passing)?;
        process::succeed(&mut test_on(&server)?)?;
    }
    Ok(())
}

/// As [`test()`], with the records in the database of a server that has no others.
///
/// # Errors
/// As [`test()`].
pub(crate) fn test_on(server: &postgres::Server) -> Result<Command> {
    let mut test = test()?;
    test.env(DATABASE, server.url());
    Ok(test)
}

/// Installs the tap beside the build products and gives the command that tests it, with the records in a file.
///
/// # Errors
/// When Python or the tap is missing and cannot be fetched.
pub(crate) fn test() -> Result<Command> {
    let metadata = Metadata::load()?;
    let python = python::install(&metadata.target_directory, "singer")?.join("python");
    process::build(&["--bin", "kustodian"])?;
    let mut test = process::program(python);
    test.arg(workspace::root().join(FOLDER).join("test_tap.py"));
    test.env("KUSTODIAN_BINARY", metadata.binary("debug", "kustodian")).env("PYTHONDONTWRITEBYTECODE", "1");
    test.env_remove(DATABASE);
    Ok(test)
}
