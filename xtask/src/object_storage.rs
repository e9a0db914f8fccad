//! A server of S3-compatible storage for the tests.

use crate::python;
use crate::workspace::Metadata;

/// Installs rclone, whose `serve s3` is one, where the tests look for it. Without it they leave their part out.
pub(crate) fn provide() {
    let installed = Metadata::load().and_then(|metadata| python::install(&metadata.target_directory, "s3"));
    if let Err(error) = installed {
        println!("==> S3: left out, rclone cannot be installed ({error:#}); its tests are not run");
    }
}
