//! Writes the list of the guide's pages for `src/guide`: what docs/SUMMARY.md names, with the text of each page, and the
//! pictures beside them.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let docs = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../docs").canonicalize()?;
    let summary = docs.join("SUMMARY.md");
    println!("cargo::rerun-if-changed={}", summary.display());
    // Pages and pictures that are added or removed; a change of one is known to the compiler.
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut list = String::from("&[");
    let mut is_in_a_part = false;
    for line in fs::read_to_string(&summary)?.lines() {
        if let Some(title) = line.strip_prefix("# ").filter(|title| *title != "Summary") {
            list.push_str(if is_in_a_part { "] }," } else { "" });
            write!(list, "Part {{ title: {title:?}, pages: &[")?;
            is_in_a_part = true;
        }
        let Some((title, file)) = line.strip_prefix("- [").and_then(|rest| rest.split_once("](")) else { continue };
        let name = file.strip_suffix(".md)").ok_or_else(|| format!("{}: not a page: {line}", summary.display()))?;
        if !is_in_a_part {
            return Err(format!("{}: a page before the first part: {line}", summary.display()).into());
        }
        let text = include(&docs, &format!("{name}.md"), "include_str");
        write!(list, "Page {{ title: {title:?}, name: {name:?}, text: {text} }},")?;
    }
    list.push_str("] }]");
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(folder.join("guide_parts.rs"), list)?;
    fs::write(folder.join("guide_pictures.rs"), pictures(&docs)?)?;
    Ok(())
}

/// Name and bytes of each picture.
fn pictures(docs: &Path) -> Result<String, Box<dyn Error>> {
    let mut names = Vec::new();
    for file in fs::read_dir(docs)? {
        let name = file?.file_name().into_string().map_err(|name| format!("not a name of a file: {name:?}"))?;
        names.extend(name.ends_with(".svg").then_some(name));
    }
    names.sort();
    let mut list = String::from("&[");
    for name in names {
        write!(list, "({name:?}, {}),", include(docs, &name, "include_bytes"))?;
    }
    list.push(']');
    Ok(list)
}

fn include(docs: &Path, name: &str, with: &str) -> String {
    format!("{with}!({:?})", docs.join(name).display().to_string())
}
