//! The files of the repository: text that a review can read, and few of other forms.

use std::fs;

use anyhow::{Result, bail};

use crate::workspace;

/// What the names of the files begin with that are no text: compressed assets, dictionaries, databases of former versions, made-up input.
const BINARY: &[&str] = &[
    "crates/kustodian-server/assets/docs/",
    "crates/kustodian-store/src/sqlite/packed.",
    "crates/kustodian-store/tests/formats/",
    "fuzz/corpus/",
];

/// Fails with every other file that is no text. Downloaded packages and built programs are the usual ones.
pub(crate) fn run() -> Result<()> {
    let (root, names) = (workspace::root(), workspace::tracked()?);
    // A file that was deleted is listed until that is committed.
    let is_binary = |name: &&String| fs::read(root.join(name)).is_ok_and(|bytes| !is_text(&bytes));
    let accidents: Vec<&String> = names.iter().filter(|name| !is_listed(name)).filter(is_binary).collect();
    if accidents.is_empty() {
        println!("{} files: each is text, or listed as none", names.len());
        return Ok(());
    }
    for name in &accidents {
        println!("{name} is no text: remove it, or list it in xtask/src/files.rs");
    }
    bail!("{} files", accidents.len())
}

fn is_listed(name: &str) -> bool {
    BINARY.iter().any(|listed| name.starts_with(listed))
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && str::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downloaded_package_is_no_text_and_is_not_listed() {
        assert!(!is_text(b"PK\x03\x04\x14\x00\x00"));
        assert!(!is_text(b"\xff\xd8"));
        assert!(is_text("naïve\n".as_bytes()));
        assert!(!is_listed("attrs-26.1.0-py3-none-any.whl"));
        assert!(is_listed("crates/kustodian-store/src/sqlite/packed.4.dictionary"));
    }
}
