//! The tests of S3-compatible storage, on `rclone serve s3`.

use anyhow::Result;

use crate::process;
use crate::python;
use crate::workspace::Metadata;

/// Installs rclone beside the build products and runs the tests. They are not among those of every change: under load rclone
/// answers 500 now and then, and keeps an object that it has deleted.
///
/// # Errors
/// When rclone cannot be installed, or a test fails.
pub(crate) fn run() -> Result<()> {
    python::install(&Metadata::load()?.target_directory, "s3")?;
    let mut tests = process::cargo();
    tests.args(["nextest", "run", "--workspace", "--run-ignored", "all", "--no-tests", "fail", "--jobs", "1"]);
    process::succeed(tests.args(["--filterset", "test(/^object_storage/)"]))
}
