//! Builds for other platforms than this machine's.
//!
//! SQLite and ring have parts in C. For static binaries zig compiles them: it has the headers of musl for each processor, and is
//! a package of Python (`pip install ziglang`). The linker is the one that Rust has with it, as are musl and its start files.
//! For Windows, MinGW compiles and links. Other compilers are named in the variables that cargo and the crate
//! cc read; then nothing is chosen here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::platform::Platform;
use crate::process;
use crate::workspace::Metadata;

/// The compiler and linker for Windows.
const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// What calls zig, as a script. Rust names the target too, in a spelling that zig does not know. Its checks of
/// undefined behaviour would need its own library.
const COMPILER: &str = r#"#!/bin/bash
for argument; do
  shift
  [[ $argument == --target=* ]] || set -- "$@" "$argument"
done
exec {{zig}} cc -target {{target}} -fno-sanitize=all "$@"
"#;

const ARCHIVER: &str = "#!/bin/sh\nexec {{zig}} ar \"$@\"\n";

/// Builds the binary for a platform.
pub(crate) fn built(metadata: &Metadata, platform: &Platform, profile: &str) -> Result<PathBuf> {
    let target = platform.target;
    let mut build = process::cargo();
    for (name, value) in environment(metadata, platform)? {
        build.env(name, value);
    }
    build.args(["build", "--profile", profile, "--package", "kustodian", "--target", target]);
    process::succeed(&mut build).with_context(|| format!("is there a standard library? rustup target add {target}"))?;
    // The folder of the profile dev has another name.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(metadata.target_directory.join(target).join(folder).join(platform.program()))
}

/// The variables that choose compiler and linker.
fn environment(metadata: &Metadata, platform: &Platform) -> Result<Vec<(String, String)>> {
    let small = platform.target.replace('-', "_");
    let [compiler, archiver] = [format!("CC_{small}"), format!("AR_{small}")];
    let is_chosen = std::env::var_os(&compiler).is_some();
    if is_chosen {
        return Ok(Vec::new());
    }
    if platform.is_windows() {
        if !process::answers(MINGW, &["--version"]) {
            bail!("there is no {MINGW}: install gcc-mingw-w64-x86-64, or set {compiler} and a linker");
        }
        return Ok(Vec::new());
    }
    let (processor, _) = platform.target.split_once('-').context("a target has no processor")?;
    if !platform.is_static() {
        bail!("binaries for glibc are built on a machine of their processor: {} is for {processor}", platform.target);
    }
    let Some(zig) = zig() else {
        bail!("there is no zig: pip install ziglang==0.13.0, or set {compiler} to a compiler for musl, and a linker");
    };
    // Always at one place: build scripts run again when it changes.
    let folder = metadata.target_directory.join("dist-compilers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let target = format!("{processor}-linux-musl");
    let [cc, ar] = [("cc", COMPILER), ("ar", ARCHIVER)]
        .map(|(kind, text)| (folder.join(format!("{target}-{kind}")), text.replace("{{zig}}", zig)));
    for (path, text) in [&cc, &ar] {
        script(path, &text.replace("{{target}}", &target))?;
    }
    Ok(vec![
        (compiler, cc.0.display().to_string()),
        (archiver, ar.0.display().to_string()),
        (format!("CARGO_TARGET_{}_LINKER", small.to_uppercase()), "rust-lld".to_owned()),
    ])
}

/// How zig is called here.
fn zig() -> Option<&'static str> {
    if process::answers("zig", &["version"]) {
        Some("zig")
    } else {
        process::answers("python3", &["-m", "ziglang", "version"]).then_some("python3 -m ziglang")
    }
}

/// Writes a script, unless it is there.
fn script(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let written = fs::write(path, text).and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)));
    written.with_context(|| format!("cannot write {}", path.display()))
}
