//! The platforms that packages are made for, and their names in each kind of package.

use anyhow::{Result, bail};

use super::elf::Elf;

/// A platform. Another one is another row of [`PLATFORMS`], and a job of `.github/workflows/release.yml`.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Its name in Rust.
    pub(crate) target: &'static str,
    /// Its processor, as the header of a binary says it.
    machine: u16,
    /// The names of its system and its processor in Node.js.
    pub(crate) npm: (&'static str, &'static str),
    /// The name of its processor in Python.
    pub(crate) wheel: &'static str,
    /// Its name in Debian.
    pub(crate) deb: &'static str,
    /// The name of its processor in images, whose system is always linux.
    pub(crate) oci: &'static str,
    /// The blocks of a Homebrew formula that are for it.
    pub(crate) homebrew: (&'static str, &'static str),
}

/// All of them.
pub(crate) static PLATFORMS: &[Platform] = &[
    Platform {
        target: "x86_64-unknown-linux-gnu",
        machine: 62,
        npm: ("linux", "x64"),
        wheel: "x86_64",
        deb: "amd64",
        oci: "amd64",
        homebrew: ("on_linux", "on_intel"),
    },
    Platform {
        target: "aarch64-unknown-linux-gnu",
        machine: 183,
        npm: ("linux", "arm64"),
        wheel: "aarch64",
        deb: "arm64",
        oci: "arm64",
        homebrew: ("on_linux", "on_arm"),
    },
];

impl Platform {
    /// The one that a binary is for.
    pub(crate) fn of(binary: &Elf) -> Result<&'static Self> {
        let Some(platform) = PLATFORMS.iter().find(|platform| platform.machine == binary.machine) else {
            let known: Vec<&str> = PLATFORMS.iter().map(|platform| platform.target).collect();
            bail!(
                "the binary is for a processor of number {}; packages are made for {}",
                binary.machine,
                known.join(", ")
            );
        };
        Ok(platform)
    }

    /// The npm package that has the binary for it.
    pub(crate) fn npm_package(&self) -> String {
        format!("@kustodian/{}-{}", self.npm.0, self.npm.1)
    }
}
