//! The Python wheel: `pip install` puts the binary among the programs of the environment.
//!
//! Written here and not by maturin, which always builds the binary itself: the package would hold another binary than the one
//! that was tested. A wheel is a zip archive of files with a list of their checksums.

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, zip};
use super::executable::System;
use super::payload::{Payload, SUMMARY};
use super::template;

/// The wheel's name and bytes.
pub(crate) fn wheel(payload: &Payload) -> Result<(String, Vec<u8>)> {
    let version = version(&payload.version);
    let tag = format!("py3-none-{}", platform(payload));
    let info = format!("kustodian-{version}.dist-info");
    let metadata = template::filled("python/METADATA", &[("version", &version), ("summary", SUMMARY)])?;
    let mut tags = String::from("Wheel-Version: 1.0\nGenerator: cargo xtask dist\nRoot-Is-Purelib: false\n");
    // One line for each tag that the name abbreviates.
    for platform in platform(payload).split('.') {
        tags.push_str(&format!("Tag: py3-none-{platform}\n"));
    }
    let scripts = format!("kustodian-{version}.data/scripts");
    let mut entries = vec![
        Entry::program(format!("{scripts}/{}", payload.platform.program()), payload.binary.clone()),
        Entry::file(format!("{info}/METADATA"), metadata.into_bytes()),
        Entry::file(format!("{info}/WHEEL"), tags.into_bytes()),
    ];
    for document in payload.documents.iter().filter(|document| document.path.starts_with("LICENSE")) {
        entries.push(Entry { path: format!("{info}/licenses/{}", document.path), ..document.clone() });
    }
    let record = record(&entries, &format!("{info}/RECORD"));
    entries.push(record);
    Ok((format!("kustodian-{version}-{tag}.whl"), zip(&entries, payload.level)?))
}

/// The systems that may install it: those with at least the glibc that the binary asks for, or any Linux when it asks for none.
/// Where several wheels fit, pip takes the one with the newest glibc.
fn platform(payload: &Payload) -> String {
    let processor = payload.platform.wheel;
    match payload.executable.system {
        System::Glibc(version) => format!("manylinux_2_{}_{processor}", version.max(17)),
        System::AnyLinux => format!("manylinux_2_17_{processor}.musllinux_1_1_{processor}"),
        System::Windows => processor.to_owned(),
    }
}

/// The list of all files with their checksums, itself without one.
fn record(entries: &[Entry], path: &str) -> Entry {
    let mut lines = String::new();
    for entry in entries {
        let bytes = entry.bytes.as_deref().unwrap_or_default();
        let sum = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        lines.push_str(&format!("{},sha256={sum},{}\n", entry.path, bytes.len()));
    }
    lines.push_str(&format!("{path},,\n"));
    Entry::file(path, lines.into_bytes())
}

/// A version of Cargo's as Python writes it: `1.0.0-rc.1` is `1.0.0rc1`.
fn version(cargo: &str) -> String {
    let Some((release, before)) = cargo.split_once('-') else { return cargo.to_owned() };
    let before = before.replace("alpha", "a").replace("beta", "b");
    format!("{release}{}", before.replace('.', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_names_every_file_with_its_checksum() {
        let record = record(&[Entry::file("a/b", *b"abc")], "i/RECORD");
        assert_eq!(
            String::from_utf8(record.bytes.unwrap().to_vec()).unwrap(),
            "a/b,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3\ni/RECORD,,\n"
        );
    }

    #[test]
    fn versions_are_written_as_python_writes_them() {
        for (cargo, python) in [("0.1.0", "0.1.0"), ("1.0.0-rc.1", "1.0.0rc1"), ("1.0.0-beta.2", "1.0.0b2")] {
            assert_eq!(version(cargo), python);
        }
    }
}
