//! Public types that will grow: without `#[non_exhaustive]` a new member breaks programs that write or match them whole.

use std::path::Path;

use anyhow::{Context, Result};

/// Types that never grow, or that readers have to know whole, and why.
const WHOLE: &[(&str, &str)] = &[
    ("Answer", "who reads an answer or documents it has to know every shape"),
    ("ByExternalId", "a path keeps its parameters"),
    ("ById", "a path keeps its parameters"),
    ("Field", "a member of JSON is absent, null or a value"),
    ("Kind", "who checks a value or makes one has to know every kind"),
    ("OfRecord", "a path keeps its parameters"),
];

/// The types in the sources below a folder that grow and are not marked. `met` gets the exceptions that are there.
pub(crate) fn faults_of_sources(folder: &Path, met: &mut Vec<&'static str>) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            faults.extend(faults_of_sources(&path, met)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            faults.extend(faults_of_source(&path.display().to_string(), &source, met));
        }
    }
    Ok(faults)
}

/// The exceptions that no source has any more.
pub(crate) fn faults_of_exceptions(met: &[&str]) -> impl Iterator<Item = String> {
    let gone = WHOLE.iter().filter(|(name, _)| !met.contains(name));
    gone.map(|(name, _)| format!("xtask/src/published/growing.rs excepts {name}, which is not there: remove it"))
}

fn faults_of_source(path: &str, source: &str, met: &mut Vec<&'static str>) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut faults = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(name) = declared(line) else { continue };
        if let Some((excepted, _)) = WHOLE.iter().find(|(excepted, _)| *excepted == name) {
            met.push(excepted);
        } else if grows(&lines[number..]) && !is_marked(&lines[..number]) {
            faults.push(format!("{path}:{}: {name} may grow: mark it #[non_exhaustive]", number + 1));
        }
    }
    faults
}

/// The name of the public type that a line begins.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
    rest.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '$'))).next()
}

/// Whether a type has members that programs write or match, and may get more. `lines` begin with its declaration.
fn grows(lines: &[&str]) -> bool {
    let Some((first, rest)) = lines.split_first() else { return false };
    if first.ends_with("{}") || first.contains('(') {
        // It has no value, or wraps one.
        return false;
    }
    if first.ends_with(';') {
        return true;
    }
    let is_enum = first.trim_start().starts_with("pub enum ");
    let indent = first.len() - first.trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    let mut members = rest.iter().take_while(|line| **line != end).map(|line| line.trim_start());
    is_enum || members.any(|member| member.starts_with("pub "))
}

/// Whether the attributes before a declaration mark it.
fn is_marked(before: &[&str]) -> bool {
    let lines = before.iter().rev().map(|line| line.trim_start());
    let mut attributes =
        lines.take_while(|line| line.starts_with("//") || line.starts_with('#') || line.ends_with(")]"));
    attributes.any(|line| line.starts_with('#') && line.contains("non_exhaustive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_may_grow_is_marked() {
        let faults = |source: &str| faults_of_source("a.rs", source, &mut Vec::new()).len();
        assert_eq!(faults("/// A list.\n#[derive(Debug)]\npub struct List {\n    pub page: u32,\n}\n"), 1);
        assert_eq!(faults("#[non_exhaustive]\npub struct List {\n    pub page: u32,\n}\n"), 0);
        assert_eq!(
            faults("#[cfg_attr(not(feature = \"a\"), non_exhaustive)]\n/// Why.\npub enum Way {\n    In,\n}\n"),
            0
        );
        assert_eq!(faults("#[non_exhaustive]\npub enum A {}\n\npub enum Way {\n    In,\n}\n"), 1);
        assert_eq!(faults("    pub struct $name {\n        pub page: u32,\n    }\n"), 1);
    }

    #[test]
    fn a_type_without_members_to_write_needs_no_mark() {
        let faults = |source: &str| faults_of_source("a.rs", source, &mut Vec::new()).len();
        assert_eq!(
            faults("pub struct Client {\n    shared: u32,\n}\npub struct Other {\n    pub(crate) a: u32,\n}\n"),
            0
        );
        assert_eq!(faults("pub enum Never {}\npub struct Id(u32);\npub struct Webhook(pub Event);\n"), 0);
        let mut met = Vec::new();
        assert_eq!(faults_of_source("a.rs", "pub enum Field<T> {\n    Absent,\n}\n", &mut met), [""; 0]);
        assert_eq!(met, ["Field"]);
        assert_eq!(faults_of_exceptions(&met).count(), WHOLE.len() - 1);
    }
}
