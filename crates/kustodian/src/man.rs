//! `kustodian man`: a manual page for each command, for those who make packages.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use crate::arguments::Arguments;
use crate::failure::Failure;

/// Where they are written.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The folder for the pages; it is made when it is missing
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Writes `kustodian.1`, and a page for each command and each command below one.
pub(crate) fn run(arguments: &ManArguments) -> Result<(), Failure> {
    let folder = &arguments.out;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder))
        .map_err(|error| Failure::new(format!("the pages cannot be written into {} ({error})", folder.display())))
}
