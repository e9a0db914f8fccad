//! Packages for those who do not build: an archive, a Python wheel, npm packages, a Debian package, a container image, and files
//! about them. Every package of a platform has the same binary, except the image, which has a static one where one was built:
//! the others use the names and users of the system that they are installed on, which a static glibc cannot.

mod check;
mod cross;
mod deb;
mod entry;
mod executable;
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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::image::Inside;
use self::payload::{Payload, SMALLEST};
use self::platform::Platform;
use crate::process;
use crate::workspace::Metadata;

/// The options of a run.
#[derive(clap::Args)]
pub(crate) struct DistArguments {
    /// The profile of the build: dist for releases, dev for tests
    #[arg(long, default_value = "dist", value_parser = ["dev", "release", "dist"])]
    profile: String,
    /// Make the packages of this platform, instead of this machine's; may be repeated
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Package this binary, and build none; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    binary: Vec<PathBuf>,
    /// Put this static binary into the image, and build none
    #[arg(long, value_name = "FILE")]
    image_binary: Option<PathBuf>,
    /// Install every package that runs here by the commands of docs/installing.md, create a customer through each, and remove it
    #[arg(long)]
    check: bool,
    /// Only write the checksums and the formula of the packages that are there, of all platforms
    #[arg(long, conflicts_with_all = ["target", "binary", "image_binary", "check"])]
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
    let binaries = binaries(arguments, &metadata)?;
    let printer = printer(&binaries, &metadata, &version)?;
    // Packages of a test are thrown away: made quickly rather than small.
    let level = if arguments.profile == "dev" { 1 } else { SMALLEST };
    let (mut platforms, mut here) = (Vec::new(), BTreeSet::from([index::SUMS.to_owned()]));
    for binary in &binaries {
        emptied(&scratch)?;
        let payload = Payload::of(binary, &printer, &version, level, &scratch)?;
        let for_image = image_binary(arguments, &metadata, payload.platform)?;
        for (name, bytes) in packages(&payload, binary, for_image.as_deref(), &scratch)? {
            let path = folder.join(&name);
            println!("==> {name}: {} KiB", bytes.len().div_ceil(1024));
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
            if payload.platform.runs_here() {
                here.insert(name);
            }
        }
        platforms.push(payload.platform);
    }
    index::write(&folder, &version)?;
    fs::remove_dir_all(&scratch)?;
    if arguments.check {
        index::verify(&folder)?;
        check::run(&folder, &here, &metadata, &platforms)?;
    }
    Ok(())
}

/// The binaries that are packaged, built first unless one is given.
fn binaries(arguments: &DistArguments, metadata: &Metadata) -> Result<Vec<PathBuf>> {
    if !arguments.binary.is_empty() {
        let absolute = arguments.binary.iter().map(std::path::absolute);
        return Ok(absolute.collect::<Result<_, _>>()?);
    }
    if arguments.target.is_empty() {
        return Ok(vec![built(metadata, &arguments.profile)?]);
    }
    // All names are known before the first build, which takes minutes.
    let platforms = arguments.target.iter().map(|target| Platform::named(target)).collect::<Result<Vec<_>>>()?;
    let build = |platform: &&Platform| match platform.is_native() {
        true => built(metadata, &arguments.profile),
        false => cross::built(metadata, platform, &arguments.profile),
    };
    platforms.iter().map(build).collect()
}

/// A binary that runs here and prints the manual: one of those that are packaged, or the one of the tests.
fn printer(binaries: &[PathBuf], metadata: &Metadata, version: &str) -> Result<PathBuf> {
    let printer = match binaries.iter().find(|binary| process::answers(&binary.to_string_lossy(), &["--version"])) {
        Some(binary) => binary.clone(),
        None => built(metadata, "dev")?,
    };
    let printed = process::output(process::program(&printer).arg("--version"))?;
    let printed = String::from_utf8_lossy(&printed);
    if printed.trim_end() != format!("kustodian {version}") {
        bail!("{} says that it is {}, not kustodian {version}", printer.display(), printed.trim_end());
    }
    Ok(printer)
}

/// The static binary for the image of a platform; none where the image has the same binary as the other packages.
fn image_binary(arguments: &DistArguments, metadata: &Metadata, platform: &Platform) -> Result<Option<PathBuf>> {
    match &arguments.image_binary {
        _ if platform.distribution.is_none() => Ok(None),
        Some(binary) => Ok(Some(std::path::absolute(binary)?)),
        None if arguments.binary.is_empty() && arguments.profile != "dev" => {
            built_static(metadata, platform, &arguments.profile).map(Some)
        }
        None => Ok(None),
    }
}

/// The names and bytes of all packages of a platform. They are compressed beside each other.
fn packages(
    payload: &Payload,
    binary: &Path,
    for_image: Option<&Path>,
    scratch: &Path,
) -> Result<Vec<(String, Vec<u8>)>> {
    let inside = match for_image {
        None => Inside { bytes: payload.binary.clone(), is_static: payload.executable.is_static(), path: binary },
        Some(path) => {
            let (bytes, executable) = payload::stripped(path, scratch)?;
            if !executable.is_static() {
                bail!("{} is not static: it asks for shared libraries", path.display());
            }
            Inside { bytes, is_static: true, path }
        }
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| -> Result<Vec<_>> {
            let mut made = vec![payload.archive()?, wheel::wheel(payload)?];
            made.extend(npm::packages(payload)?);
            Ok(made)
        });
        let bill = format!("kustodian-{}-{}.cdx.json", payload.version, payload.platform.target);
        let mut second = vec![(bill, sbom::sbom(&payload.linked, payload.platform)?)];
        if let Some(distribution) = &payload.platform.distribution {
            second.push(deb::deb(payload, distribution, scratch)?);
            second.push(image::image(payload, distribution, &inside)?);
        }
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
fn built_static(metadata: &Metadata, platform: &Platform, profile: &str) -> Result<PathBuf> {
    let target = platform.target;
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
