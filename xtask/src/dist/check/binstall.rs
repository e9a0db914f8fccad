//! The manifest's lines for `cargo binstall`: whether they name an archive, and a program in it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::dist::payload::read;
use crate::dist::platform::Platform;
use crate::workspace::Metadata;

/// Compares the manifest with the archive.
pub(super) fn check(packages: &Path, metadata: &Metadata, platform: &Platform) -> Result<()> {
    let package = metadata.member("kustodian")?;
    let said = &package.metadata["binstall"];
    let filled = |key: &str| -> Result<String> {
        let template = said["overrides"][platform.target][key].as_str().or(said[key].as_str());
        let template = template.with_context(|| format!("the manifest says no {key} for cargo binstall"))?;
        let values = [
            ("name", "kustodian"),
            ("bin", "kustodian"),
            ("version", &package.version),
            ("target", platform.target),
            ("repo", ""),
            ("binary-ext", platform.program().trim_start_matches("kustodian")),
        ];
        Ok(values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value)))
    };
    let (url, program) = (filled("pkg-url")?, filled("bin-dir")?);
    let name = url.rsplit('/').next().unwrap_or_default();
    let archive = read(&packages.join(name)).context("cargo binstall would find no such file")?;
    if !names(&archive, platform)?.contains(&program) {
        bail!("cargo binstall would look for {program}, which is not in {name}");
    }
    Ok(())
}

/// The files in an archive of a platform.
fn names(archive: &[u8], platform: &Platform) -> Result<Vec<String>> {
    if platform.is_windows() {
        let archive = zip::ZipArchive::new(std::io::Cursor::new(archive))?;
        return archive.file_names().map(|name| Ok(name?.into_owned())).collect();
    }
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    archive.entries()?.map(|file| Ok(file?.path()?.to_string_lossy().into_owned())).collect()
}
