//! The book: docs/SUMMARY.md and the pages that it names. Every link of every document of the repository must lead somewhere, and
//! every `cargo xtask` of them be a command; then mdBook makes HTML in target/book, where it is installed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{process, workspace};

/// How mdBook is installed, with what the book needs of it.
const INSTALL: &str = "cargo install --locked mdbook --no-default-features";

/// Where files are that no page of the book is.
const REPOSITORY: &str = "https://github.com/kustodian/kustodian/blob/main";

/// Checks the links, and makes the book unless this is only a check.
pub(crate) fn run(check: bool) -> Result<()> {
    let root = workspace::root();
    let documents = documents(&root)?;
    let faults = faults(&root, &documents);
    if !faults.is_empty() {
        faults.iter().for_each(|fault| println!("{fault}"));
        bail!("{} links, pages or commands to correct", faults.len());
    }
    let links: usize = documents.values().map(|document| document.links.len()).sum();
    println!("{links} links of {} documents lead somewhere", documents.len());
    if check {
        return Ok(());
    }
    if !process::answers("mdbook", &["--version"]) {
        println!("the book is not made: mdBook is missing; `{INSTALL}` installs it");
        return Ok(());
    }
    let source = root.join("target/book-source");
    write_source(&root, &documents, &source)?;
    let book = root.join("target/book");
    let made = process::program("mdbook").arg("build").arg(&source).arg("--dest-dir").arg(&book).output()?;
    let log = [made.stdout, made.stderr].concat();
    let log = String::from_utf8_lossy(&log);
    print!("{log}");
    if !made.status.success() || log.lines().any(|line| line.trim_start().starts_with("WARN")) {
        bail!("mdBook has warnings or errors");
    }
    println!("the book is in {}", book.display());
    Ok(())
}

/// A document, as far as links need it.
#[derive(Default)]
struct Document {
    text: String,
    anchors: BTreeSet<String>,
    links: Vec<Link>,
    /// Commands of this program, and where each begins in the text.
    commands: Vec<(usize, String)>,
}

struct Link {
    /// Where it begins in the text.
    at: usize,
    target: String,
}

/// Every document that is in version control, by its path.
fn documents(root: &Path) -> Result<BTreeMap<PathBuf, Document>> {
    let listed = process::program("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"])
        .current_dir(root)
        .output()
        .context("cannot start git")?;
    if !listed.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let mut documents = BTreeMap::new();
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        // A file that was deleted is listed until that is committed.
        let Ok(text) = fs::read_to_string(root.join(name)) else { continue };
        documents.insert(PathBuf::from(name), read(text));
    }
    Ok(documents)
}

fn read(text: String) -> Document {
    let mut document = Document::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut heading: Option<String> = None;
    for (event, place) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let count = seen.entry(anchor.clone()).or_default();
                document.anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
                *count += 1;
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
                let commands = part.lines().flat_map(|line| line.split('#').next().unwrap_or(line).split("&&"));
                let commands = commands.map(str::trim).filter(|command| command.starts_with("cargo xtask "));
                document.commands.extend(commands.map(|command| (place.start, command.to_owned())));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(Link { at: place.start, target: dest_url.to_string() });
            }
            _ => {}
        }
    }
    document.text = text;
    document
}

/// The anchor of a heading, as GitHub and mdBook give it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The faults, a line each.
fn faults(root: &Path, documents: &BTreeMap<PathBuf, Document>) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, document) in documents {
        let line_of = |at: usize| document.text[..at].matches('\n').count() + 1;
        for link in &document.links {
            if let Some(fault) = fault(root, documents, path, &link.target) {
                faults.push(format!("{}:{}: {}: {fault}", path.display(), line_of(link.at), link.target));
            }
        }
        // One with a < names a placeholder.
        for (at, command) in document.commands.iter().filter(|(_, command)| !command.contains('<')) {
            if let Some(refusal) = crate::refusal(command) {
                faults.push(format!("{}:{}: `{command}`: {refusal}", path.display(), line_of(*at)));
            }
        }
    }
    let summary = documents.get(Path::new("docs/SUMMARY.md")).map(|summary| &summary.links);
    let named: BTreeSet<PathBuf> =
        summary.into_iter().flatten().map(|link| Path::new("docs").join(&link.target)).collect();
    for path in documents.keys().filter(|path| path.parent() == Some(Path::new("docs"))) {
        if !named.contains(path) && path.file_name().is_some_and(|name| name != "SUMMARY.md") {
            faults.push(format!("{}: docs/SUMMARY.md does not name this page", path.display()));
        }
    }
    faults
}

/// Why a link leads nowhere. Links to other hosts, and to paths of a server, are not followed.
fn fault(root: &Path, documents: &BTreeMap<PathBuf, Document>, from: &Path, target: &str) -> Option<&'static str> {
    if is_elsewhere(target) {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { from.to_owned() } else { beside(from, path) };
    if !root.join(&path).exists() {
        return Some("there is no such file");
    }
    match documents.get(&path) {
        Some(document) if !anchor.is_empty() && !document.anchors.contains(anchor) => Some("there is no such heading"),
        _ => None,
    }
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:") || target.starts_with('/')
}

/// The path that a document names, from the root.
fn beside(from: &Path, path: &str) -> PathBuf {
    let mut found = PathBuf::new();
    for component in from.parent().unwrap_or(Path::new("")).join(path).components() {
        match component {
            Component::ParentDir => {
                found.pop();
            }
            Component::CurDir => {}
            other => found.push(other),
        }
    }
    found
}

/// Writes the pages as mdBook takes them: links to files that are not in the book lead to the repository.
fn write_source(root: &Path, documents: &BTreeMap<PathBuf, Document>, folder: &Path) -> Result<()> {
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(folder)?;
    let docs = Path::new("docs");
    for (path, document) in documents.iter().filter(|(path, _)| path.parent() == Some(docs)) {
        let mut text = document.text.clone();
        // From the end, so that places before stay.
        for link in document.links.iter().rev().filter(|link| !is_elsewhere(&link.target)) {
            let (file, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let target = if file.is_empty() { path.clone() } else { beside(path, file) };
            if target.parent() == Some(docs) && target.extension().is_some_and(|kind| kind == "md" || kind == "svg") {
                continue;
            }
            let hash = if anchor.is_empty() { "" } else { "#" };
            let there = format!("{REPOSITORY}/{}{hash}{anchor}", target.display());
            let Some(at) = text[link.at..].find(&format!("({}", link.target)) else { continue };
            let begin = link.at + at + 1;
            text.replace_range(begin..begin + link.target.len(), &there);
        }
        fs::write(folder.join(path.strip_prefix(docs)?), text)?;
    }
    for file in fs::read_dir(root.join(docs))? {
        let path = file?.path();
        if path.extension().is_some_and(|kind| kind == "svg")
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, folder.join(name))?;
        }
    }
    fs::copy(root.join("docs/book.toml"), folder.join("book.toml"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> BTreeMap<PathBuf, Document> {
        files.iter().map(|(path, text)| (PathBuf::from(path), read((*text).to_owned()))).collect()
    }

    #[test]
    fn links_to_missing_headings_and_pages_outside_the_summary_are_faults() {
        let root = workspace::root();
        let documents = of(&[
            ("docs/SUMMARY.md", "- [Search](search.md)\n"),
            (
                "docs/search.md",
                "# A `b`: c\n\n## Same\n\n## Same\n\n[x](#a-b-c) [y](search.md#same-1) [z](../README.md)\n",
            ),
            ("docs/other.md", "[x](search.md#none)\n\n[y](nothing.md) [z](https://example.com/#a) [w](/docs)\n"),
            (
                "CONTRIBUTING.md",
                "`cargo xtask book --check` `cargo xtask <command>`\n\n```sh\ncargo xtask nothing # a\n```\n",
            ),
        ]);
        let faults = faults(&root, &documents);
        assert_eq!(
            faults,
            [
                "CONTRIBUTING.md:4: `cargo xtask nothing`: error: unrecognized subcommand 'nothing'",
                "docs/other.md:1: search.md#none: there is no such heading",
                "docs/other.md:3: nothing.md: there is no such file",
                "docs/other.md: docs/SUMMARY.md does not name this page",
            ]
        );
    }

    #[test]
    fn links_out_of_the_book_lead_to_the_repository() {
        let folder = std::env::temp_dir().join(format!("kustodian-book-{}", std::process::id()));
        let documents = of(&[("docs/a.md", "[r](../README.md#install) [b](b.md#c) [c](contract/README.md)\n")]);
        write_source(&workspace::root(), &documents, &folder).unwrap();
        let written = fs::read_to_string(folder.join("a.md")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            written,
            format!("[r]({REPOSITORY}/README.md#install) [b](b.md#c) [c]({REPOSITORY}/docs/contract/README.md)\n")
        );
    }
}
