//! The manifest's lines for `cargo binstall`: whether they name a tarball, and a program in it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::dist::payload::read;
use crate::dist::platform::Platform;
use crate::workspace::Metadata;

/// Compares the manifest with the tarball.
pub(super) fn check(packages: &Path, metadata: &Metadata, platform: &Platform) -> Result<()> {
    let package = metadata.member("kustodian")?;
    let said = &package.metadata["binstall"];
    let filled = |key: &str| -> Result<String> {
        let template = said[key].as_str().with_context(|| format!("the manifest says no {key} for cargo binstall"))?;
        let values =
            [("name", "kustodian"), ("bin", "kustodian"), ("version", &package.version), ("target", platform.target)];
        let values = values.iter().chain(&[("repo", ""), ("binary-ext", "")]);
        Ok(values.fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value)))
    };
    let (url, program) = (filled("pkg-url")?, filled("bin-dir")?);
    let name = url.rsplit('/').next().unwrap_or_default();
    let tarball = read(&packages.join(name)).context("cargo binstall would find no such file")?;
    let mut files = tar::Archive::new(flate2::read::GzDecoder::new(tarball.as_slice()));
    for file in files.entries()? {
        if file?.path()?.to_str() == Some(&program) {
            return Ok(());
        }
    }
    bail!("cargo binstall would look for {program}, which is not in {name}")
}
