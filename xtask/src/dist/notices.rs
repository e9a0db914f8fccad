//! The licences of others: most require their text with each copy of a program that has their code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::entry::Entry;
use super::linked::Linked;
use crate::workspace;

/// The files of a package that are its licence begin so.
const BEGINNINGS: &[&str] = &["BUNDLED-LICENSES", "LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// The folder of the page of the API, which is a package of npm.
const PAGE: &str = "crates/kustodian-server/assets/docs";

/// A document with the texts of all of them; a text that several have is there once.
pub(crate) fn notices(linked: &Linked) -> Result<Entry> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut document = String::from("The binary of Kustodian has code of these packages.\n\n");
    for package in linked.packages.values().filter(|package| package.source.is_some()) {
        let (name, license) = (format!("{} {}", package.name, package.version), package.license.as_deref());
        document.push_str(&format!("{name}: {}\n", license.unwrap_or("see its text")));
        let folder = package.manifest_path.parent().context("a manifest is in no folder")?;
        for text in texts_of(folder)? {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    let page = format!("swagger-ui-dist {} (npm)", page_version()?);
    document.push_str(&format!("{page}: Apache-2.0\n"));
    for text in texts_of(&workspace::root().join(PAGE))? {
        texts.entry(text).or_default().insert(page.clone());
    }
    for (text, names) in &texts {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        document.push_str(&format!("\n{}\n{}:\n\n{text}\n", "-".repeat(80), names.join(", ")));
    }
    Ok(Entry::file("LICENSES-THIRD-PARTY.txt", document.into_bytes()))
}

/// The version of the page of the API, as the commands that refresh it name it.
pub(crate) fn page_version() -> Result<String> {
    let readme = text(&workspace::root().join(PAGE).join("README.md"))?;
    let version = readme.lines().find_map(|line| line.strip_prefix("version="));
    version.map(str::to_owned).with_context(|| format!("{PAGE}/README.md names no version"))
}

/// The texts in a folder.
fn texts_of(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for file in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().to_uppercase();
        if file.path().is_file() && BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
            texts.push(text(&file.path())?);
        }
    }
    Ok(texts)
}

fn text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_found_whatever_its_case_and_ending() {
        let folder = std::env::temp_dir().join(format!("kustodian-notices-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in [("license-mit.md", "\r\nMIT\r\n"), ("COPYING", "GPL"), ("lib.rs", "code")] {
            fs::write(folder.join(name), text).unwrap();
        }
        let mut texts = texts_of(&folder).unwrap();
        texts.sort();
        assert_eq!(texts, ["GPL", "MIT"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
