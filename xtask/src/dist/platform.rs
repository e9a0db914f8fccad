//! The platforms that packages are made for, and their names in each kind of package.

use anyhow::{Context, Result, bail};

use super::executable::{Executable, System};

/// A platform. Another one is another row of [`PLATFORMS`], and a job of `.github/workflows/release.yml`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// Its name in Rust.
    pub(crate) target: &'static str,
    /// Its processor, as the header of a binary says it.
    machine: u16,
    /// The names of its system and its processor in Node.js.
    pub(crate) npm: (&'static str, &'static str),
    /// The name of its processor in Python.
    pub(crate) wheel: &'static str,
    /// The packages that a whole system has; none where the binary alone is packaged.
    pub(crate) distribution: Option<Distribution>,
}

/// The names of a platform where packages are more than the binary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// In Debian.
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
        distribution: Some(Distribution { deb: "amd64", oci: "amd64", homebrew: ("on_linux", "on_intel") }),
    },
    Platform {
        target: "aarch64-unknown-linux-gnu",
        machine: 183,
        npm: ("linux", "arm64"),
        wheel: "aarch64",
        distribution: Some(Distribution { deb: "arm64", oci: "arm64", homebrew: ("on_linux", "on_arm") }),
    },
    Platform {
        target: "x86_64-unknown-linux-musl",
        machine: 62,
        npm: ("linux", "x64"),
        wheel: "x86_64",
        distribution: None,
    },
    Platform {
        target: "aarch64-unknown-linux-musl",
        machine: 183,
        npm: ("linux", "arm64"),
        wheel: "aarch64",
        distribution: None,
    },
    Platform {
        target: "x86_64-pc-windows-gnu",
        machine: 0x8664,
        npm: ("win32", "x64"),
        wheel: "win_amd64",
        distribution: None,
    },
];

impl Platform {
    /// The one of this name.
    pub(crate) fn named(target: &str) -> Result<&'static Self> {
        let found = PLATFORMS.iter().find(|platform| platform.target == target);
        found.with_context(|| format!("{target} has no row in the table of platforms; it has {}", names()))
    }

    /// The one that a binary is for.
    pub(crate) fn of(binary: &Executable) -> Result<&'static Self> {
        let Some(platform) = PLATFORMS.iter().find(|platform| platform.runs(binary)) else {
            bail!("the binary is for {binary:?}; packages are made for {}", names());
        };
        Ok(platform)
    }

    /// Whether its binaries are what cargo builds here by itself.
    pub(crate) fn is_native(&self) -> bool {
        cfg!(target_env = "gnu") && self.runs_here() && !self.is_static()
    }

    /// Whether its binaries run on the machine that this runs on.
    pub(crate) fn runs_here(&self) -> bool {
        cfg!(target_os = "linux")
            && self.target.contains("-linux-")
            && self.target.starts_with(&format!("{}-", std::env::consts::ARCH))
    }

    /// Whether it is Linux of any kind, without shared libraries.
    pub(crate) fn is_static(&self) -> bool {
        self.target.ends_with("-musl")
    }

    /// Whether it is Windows.
    pub(crate) fn is_windows(&self) -> bool {
        self.target.contains("-windows-")
    }

    fn runs(&self, binary: &Executable) -> bool {
        let system = match binary.system {
            System::Glibc(_) => !self.is_static() && !self.is_windows(),
            System::AnyLinux => self.is_static(),
            System::Windows => self.is_windows(),
        };
        system && self.machine == binary.machine
    }

    /// The name of the program's file.
    pub(crate) fn program(&self) -> &'static str {
        if self.is_windows() { "kustodian.exe" } else { "kustodian" }
    }

    /// The name of the archive with the binary and all that is written about it.
    pub(crate) fn archive(&self, version: &str) -> String {
        let end = if self.is_windows() { "zip" } else { "tar.gz" };
        format!("kustodian-{version}-{}.{end}", self.target)
    }

    /// The npm package that has the binary for it, without its scope.
    pub(crate) fn npm_name(&self) -> String {
        let libc = if self.is_static() { "-musl" } else { "" };
        format!("{}-{}{libc}", self.npm.0, self.npm.1)
    }

    /// The npm package that has the binary for it.
    pub(crate) fn npm_package(&self) -> String {
        format!("@kustodian/{}", self.npm_name())
    }
}

fn names() -> String {
    let names: Vec<&str> = PLATFORMS.iter().map(|platform| platform.target).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_binary_has_its_platform() {
        for (machine, system, target) in [
            (62, System::Glibc(34), Some("x86_64-unknown-linux-gnu")),
            (183, System::Glibc(34), Some("aarch64-unknown-linux-gnu")),
            (62, System::AnyLinux, Some("x86_64-unknown-linux-musl")),
            (183, System::AnyLinux, Some("aarch64-unknown-linux-musl")),
            (0x8664, System::Windows, Some("x86_64-pc-windows-gnu")),
            (0xaa64, System::Windows, None),
            (243, System::AnyLinux, None),
        ] {
            let found = Platform::of(&Executable { machine, system });
            assert_eq!(found.ok().map(|platform| platform.target), target, "{machine} {system:?}");
        }
    }

    #[test]
    fn no_two_platforms_have_packages_of_one_name() {
        for name in [Platform::npm_package, |platform: &Platform| platform.archive("1.0.0")] {
            let mut names: Vec<String> = PLATFORMS.iter().map(name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), PLATFORMS.len(), "{names:?}");
        }
    }
}
