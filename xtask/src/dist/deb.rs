//! The Debian package: the binary, its manual and completions, and a service of systemd.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};

use super::entry::{Entry, gzip};
use super::executable::System;
use super::payload::{Payload, read};
use super::platform::Distribution;
use super::template;
use crate::{process, workspace};

/// The files that stay as their owner changed them.
const CONFFILES: &[(&str, u32)] = &[("kustodian.toml", 0o644), ("environment", 0o600)];

/// The files of the repository that are beside the licences.
const DOCUMENTS: &[&str] =
    &["docs/configuration.md", "contrib/grafana/kustodian.json", "contrib/prometheus/kustodian-alerts.yaml"];

/// The scripts that dpkg runs.
const SCRIPTS: &[&str] = &["postinst", "prerm", "postrm"];

/// Lets `dpkg-deb` build it in `scratch`: its name and bytes.
pub(crate) fn deb(payload: &Payload, distribution: &Distribution, scratch: &Path) -> Result<(String, Vec<u8>)> {
    let version = version(&payload.version);
    let name = format!("kustodian_{version}_{}.deb", distribution.deb);
    let tree = scratch.join("deb");
    let mut entries = data(payload)?;
    entries.extend(control(payload, distribution, &version, &entries)?);
    for entry in &entries {
        put(&tree, entry)?;
    }
    let built = scratch.join(&name);
    let mut build = process::program("dpkg-deb");
    // One thread and a fixed time: the same bytes each time.
    build.env("SOURCE_DATE_EPOCH", "315532800");
    build.args(["--root-owner-group", "--threads-max=1", "-Zgzip", &format!("-z{}", payload.level)]);
    // It prints the name alone.
    drop(process::output(build.arg("--build").arg(&tree).arg(&built))?);
    Ok((name, read(&built)?))
}

/// The files that are installed.
fn data(payload: &Payload) -> Result<Vec<Entry>> {
    let template = |name: &str| read(&workspace::root().join("packaging/deb").join(name));
    let mut entries = vec![
        Entry::program("usr/bin/kustodian", payload.binary.clone()),
        Entry::file("usr/lib/systemd/system/kustodian.service", template("kustodian.service")?),
        Entry::file("usr/lib/systemd/system/kustodian.socket", template("kustodian.socket")?),
        Entry::file("usr/share/doc/kustodian/copyright", template("copyright")?),
    ];
    for file in DOCUMENTS {
        let name = file.rsplit('/').next().unwrap_or(file);
        entries.push(Entry::file(format!("usr/share/doc/kustodian/{name}"), read(&workspace::root().join(file))?));
    }
    for (name, mode) in CONFFILES {
        let path = format!("etc/kustodian/{name}");
        entries.push(Entry { mode: *mode, ..Entry::file(path, template(name)?) });
    }
    for document in &payload.documents {
        entries.push(Entry { path: format!("usr/share/doc/kustodian/{}", document.path), ..document.clone() });
    }
    for page in payload.manual_in("usr/share/man/man1") {
        let bytes = gzip(page.bytes.as_deref().unwrap_or_default())?;
        entries.push(Entry::file(format!("{}.gz", page.path), bytes));
    }
    entries.extend(payload.completions_in("usr/share"));
    Ok(entries)
}

/// The files that dpkg itself reads.
fn control(payload: &Payload, distribution: &Distribution, version: &str, data: &[Entry]) -> Result<Vec<Entry>> {
    let bytes: usize = data.iter().map(|entry| entry.bytes.as_deref().unwrap_or_default().len()).sum();
    let depends = match payload.executable.system {
        System::Glibc(version) => format!("Depends: libc6 (>= 2.{version}), libgcc-s1\n"),
        _ => String::new(),
    };
    let values = [
        ("version", version),
        ("architecture", distribution.deb),
        ("size", &bytes.div_ceil(1024).to_string()),
        ("depends", &depends),
    ];
    let conffiles: String = CONFFILES.iter().map(|(name, _)| format!("/etc/kustodian/{name}\n")).collect();
    let mut entries = vec![
        Entry::file("DEBIAN/control", template::filled("deb/control", &values)?.into_bytes()),
        Entry::file("DEBIAN/conffiles", conffiles.into_bytes()),
    ];
    for script in SCRIPTS {
        let text = read(&workspace::root().join("packaging/deb").join(script))?;
        entries.push(Entry::program(format!("DEBIAN/{script}"), text));
    }
    Ok(entries)
}

/// Writes one file beneath a folder, with its permissions whatever the user's mask is.
fn put(tree: &Path, entry: &Entry) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let path = tree.join(&entry.path);
    let written = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            make_folders(tree, folder)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(entry.mode).open(&path)?;
        file.write_all(entry.bytes.as_deref().unwrap_or_default())?;
        file.set_permissions(fs::Permissions::from_mode(entry.mode))
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

/// Makes folders that everybody may enter.
fn make_folders(tree: &Path, folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| above.starts_with(tree)) {
        make_folders(tree, above)?;
    }
    fs::DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// A version of Cargo's as Debian orders it: `1.0.0~rc.1` is older than `1.0.0`.
fn version(cargo: &str) -> String {
    cargo.replacen('-', "~", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pre_release_is_older_for_debian_too() {
        assert_eq!(version("1.0.0-rc.1"), "1.0.0~rc.1");
        assert_eq!(version("1.0.0"), "1.0.0");
    }

    #[test]
    fn files_have_their_permissions_whatever_the_mask_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let tree = std::env::temp_dir().join(format!("kustodian-deb-{}", std::process::id()));
        drop(fs::remove_dir_all(&tree));
        put(&tree, &Entry { mode: 0o600, ..Entry::file("etc/kustodian/environment", *b"SECRET=1\n") }).unwrap();
        let mode = |path: &str| fs::metadata(tree.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("etc/kustodian/environment"), mode("etc/kustodian"), mode("etc")), (0o600, 0o755, 0o755));
        fs::remove_dir_all(&tree).unwrap();
    }
}
