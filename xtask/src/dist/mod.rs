//! Packages for those who do not build: a tarball, a Python wheel, npm packages, a Debian package, a container image, and files
//! about them. Every package has the same binary, except the image, which has a static one where one was built: the
//! others use the names and users of the system that they are installed on, which a static glibc cannot.

mod check;
mod deb;
mod elf;
mod entry;
mod image;
mod index;
mod linked;
mod notices;
mod npm;
mod payload;
mod platform;
mod sbom;
mod template;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use self::elf::Elf;
use self::payload::Payload;
use crate::process;
use crate::workspace::Metadata;

/// The options of a run.
#[derive(clap::Args)]
pub(crate) struct DistArguments {
    /// The profile of the build: dist for releases, dev for tests
    #[arg(long, default_value = "dist", value_parser = ["dev", "release", "dist"])]
    profile: String,
    /// Package this binary, and build none
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Put this static binary into the image, and build none
    #[arg(long, value_name = "FILE")]
    image_binary: Option<PathBuf>,
    /// Install every package by the commands of docs/installing.md, create a customer through each, and remove it
    #[arg(long)]
    check: bool,
    /// Only write the checksums and the formula of the packages that are there, of all platforms
    #[arg(long, conflicts_with_all = ["binary", "image_binary", "check"])]
    index: bool,
}

/// Makes the packages in `target/dist-packages`.
///
/// # Errors
/// When something cannot be built or written, or a package does not work.
pub(crate) fn run(arguments: &DistArguments) -> Result<()> {
    let metadata = Metadata::load()?;
    let version = metadata.version_of("kustodian")?;
    let folder = metadata.target_directory.join("dist-packages");
    if arguments.index {
        return index::write(&folder, &version);
    }
    let scratch = metadata.target_directory.join("dist-scratch");
    emptied(&folder)?;
    emptied(&scratch)?;
    let binary = match &arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => built(&metadata, &arguments.profile)?,
    };
    // Packages of a test are thrown away: made quickly rather than small.
    let level = if arguments.profile == "dev" { 1 } else { 9 };
    let payload = Payload::of(&binary, &version, level, &scratch)?;
    let for_image = match (&arguments.image_binary, &arguments.binary) {
        (Some(binary), _) => Some(std::path::absolute(binary)?),
        (None, None) if arguments.profile != "dev" => Some(built_static(&metadata, &payload, &arguments.profile)?),
        (None, _) => None,
    };
    for (name, bytes) in packages(&payload, &binary, for_image.as_deref(), &scratch)? {
        let path = folder.join(&name);
        println!("==> {name}: {} KiB", bytes.len().div_ceil(1024));
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    index::write(&folder, &version)?;
    fs::remove_dir_all(&scratch)?;
    if arguments.check {
        index::verify(&folder)?;
        check::run(&folder, &metadata, payload.platform)?;
    }
    Ok(())
}

/// The names and bytes of all packages. They are compressed beside each other.
fn packages(
    payload: &Payload,
    binary: &Path,
    for_image: Option<&Path>,
    scratch: &Path,
) -> Result<Vec<(String, Vec<u8>)>> {
    let static_binary = for_image.map(|path| payload::stripped(path, scratch)).transpose()?;
    let (in_image, path): ((&Arc<[u8]>, &Elf), &Path) = match (&static_binary, for_image) {
        (Some((bytes, elf)), Some(path)) => ((bytes, elf), path),
        _ => ((&payload.binary, &payload.elf), binary),
    };
    if for_image.is_some() && !in_image.1.is_static {
        bail!("{} is not static: it asks for shared libraries", path.display());
    }
    std::thread::scope(|scope| {
        let first = scope.spawn(|| -> Result<Vec<_>> {
            let mut made = vec![payload.tarball()?, wheel::wheel(payload)?];
            made.extend(npm::packages(payload)?);
            Ok(made)
        });
        let bill = format!("kustodian-{}-{}.cdx.json", payload.version, payload.platform.target);
        let second = [
            deb::deb(payload, scratch)?,
            image::image(payload, in_image.0, in_image.1, path)?,
            (bill, sbom::sbom(&payload.linked, payload.platform)?),
        ];
        let mut made = first.join().map_err(|_| anyhow::anyhow!("packaging panicked"))??;
        made.extend(second);
        Ok(made)
    })
}

/// Builds the binary.
fn built(metadata: &Metadata, profile: &str) -> Result<PathBuf> {
    if profile == "dev" {
        process::build(&["--bin", "kustodian"])?;
        return Ok(metadata.binary("debug", "kustodian"));
    }
    process::succeed(process::cargo().args(["build", "--profile", profile, "--package", "kustodian"]))?;
    Ok(metadata.binary(profile, "kustodian"))
}

/// Builds the binary once more, without shared libraries.
fn built_static(metadata: &Metadata, payload: &Payload, profile: &str) -> Result<PathBuf> {
    let target = payload.platform.target;
    let flags = format!("target.{target}.rustflags=['-C', 'target-feature=+crt-static']");
    let mut build = process::cargo();
    // The environment's flags would replace these.
    build.env_remove("RUSTFLAGS").args(["--config", &flags]);
    process::succeed(build.args(["build", "--profile", profile, "--package", "kustodian", "--target", target]))?;
    let built = metadata.target_directory.join(target).join(profile).join("kustodian");
    Ok(built)
}

/// A folder with nothing in it.
fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
