//! Words that a reader needs a second reading for, in code and documents. CONTRIBUTING.md says how we write.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// What not to write, and what to write in its place.
const WORDS: &[(&str, &str)] = &[
    ("anew", "again, or rebuild"),
    ("tells", "says, returns, logs"),
    ("stands", "is"),
    ("comes to", "is, becomes, adds up to"),
    ("found by", "name the index or the look-up"),
    ("goes by", "uses, follows"),
    ("hands out", "returns, assigns"),
    ("looks at", "reads, checks"),
];

/// Where they may be: what others wrote, migrations that databases have already run, and this list.
const EXEMPT: &[&str] = &[
    "docs/contract/",
    "contract/",
    "crates/kustodian-store/src/postgres/schema/",
    "crates/kustodian-store/src/sqlite/schema/",
    "xtask/src/words.rs",
];

/// The files that have sentences.
const KINDS: &[&str] = &["rs", "md", "sql", "toml", "py", "ts", "sh"];

/// Fails with every line that has one of the words, or says that there is none.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    // Whoever runs this need not own the checkout.
    let listed = process::program("git").args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(&root).output();
    let listed = listed.context("cannot start git")?;
    if !listed.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let mut files = 0;
    let mut findings = Vec::new();
    for name in String::from_utf8_lossy(&listed.stdout).split('\0') {
        let is_text = Path::new(name).extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known));
        if !is_text || EXEMPT.iter().any(|exempt| name.starts_with(exempt)) {
            continue;
        }
        // A file that was deleted is listed until that is committed.
        let Ok(text) = fs::read_to_string(root.join(name)) else { continue };
        files += 1;
        for (number, line) in text.lines().enumerate() {
            for (word, better) in found(line) {
                findings.push(format!("{name}:{}: {word:?}; better: {better}", number + 1));
            }
        }
    }
    if findings.is_empty() {
        println!("{files} files have none of the words of xtask/src/words.rs");
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    bail!("{} lines to write again", findings.len())
}

/// The words in a line that are whole words there.
fn found(line: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let line = line.to_lowercase();
    let is_letter =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    let holds = move |word: &str| {
        line.match_indices(word).any(|(start, _)| {
            !is_letter(line[..start].chars().next_back()) && !is_letter(line[start + word.len()..].chars().next())
        })
    };
    WORDS.iter().filter(move |(word, _)| holds(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_whatever_their_case() {
        let words = |line| found(line).map(|(word, _)| *word).collect::<Vec<_>>();
        assert_eq!(words("/// Tells what stands in it."), ["tells", "stands"]);
        assert_eq!(words("let tells_more = understands(anewer);"), [""; 0]);
        assert_eq!(words("is FOUND BY its name"), ["found by"]);
    }
}
