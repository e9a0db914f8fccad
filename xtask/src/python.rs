//! Programs of the Python registry, each in an environment of its own beside the build products.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{process, workspace};

/// Installs the requirements of `tests/NAME/requirements.txt`, again when they changed; the folder of the programs.
///
/// # Errors
/// When Python or a requirement is missing and cannot be fetched.
pub(crate) fn install(target: &Path, name: &str) -> Result<PathBuf> {
    let requirements = workspace::root().join("tests").join(name).join("requirements.txt");
    let wanted = std::fs::read(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let folder = target.join(name);
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    // Written last, so that an interrupted installation is begun again.
    let installed = folder.join("installed.txt");
    if std::fs::read(&installed).is_ok_and(|found| found == wanted) {
        return Ok(programs);
    }
    let python = ["python3", "python"].into_iter().find(|name| process::answers(name, &["--version"]));
    let python = python.context("Python is missing: install Python 3.10 or newer, with the module venv")?;
    process::succeed(process::program(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = process::program(programs.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    process::succeed(&mut pip)?;
    std::fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(programs)
}
