//! Words that a reader needs a second reading for, and sentences that are too long. CONTRIBUTING.md says how we write.
//!
//! Words of the first list may be nowhere. Those of the second, and long sentences of documents, may be as often as
//! [`COUNTS`] says: numbers there only fall.

mod sentences;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::sentences::LONG;
use crate::workspace;

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

/// The same of words that are still in comments, documents, texts and names of tests.
const COUNTED: &[(&str, &str)] = &[
    ("believed", "trusted"),
    ("comes", "arrives, is, follows"),
    ("given out", "assigned, returned"),
    ("go by", "use, follow"),
    ("go on", "continue"),
    ("goes", "continues, is sent, is removed"),
    ("handed out", "assigned, returned"),
    ("held to", "checked against"),
    ("look at", "read, check"),
    ("looked at", "read, checked"),
    ("mended", "fixed, repaired"),
    ("tell", "say, report, distinguish"),
    ("told", "reported, named"),
    ("what has", "name the thing"),
    ("what is", "name the thing"),
    ("what it is", "name the thing"),
    ("what they are", "name the things"),
    ("what was", "name the thing"),
    ("whoever", "the key, the user, a caller who"),
];

/// The name under which long sentences are counted.
const SENTENCES: &str = "long sentences";

/// How often each may be: a number and a name in each line.
const COUNTS: &str = "xtask/words.txt";

/// Where they may be: what others wrote, migrations that databases have already run, and this list.
const EXEMPT: &[&str] = &[
    "docs/contract/",
    "contract/",
    "crates/kustodian-store/src/postgres/schema/",
    "crates/kustodian-store/src/sqlite/schema/",
    "xtask/src/words",
];

/// The files that have sentences.
const KINDS: &[&str] = &["rs", "md", "sql", "toml", "py", "ts", "sh"];

#[derive(clap::Args)]
pub(crate) struct WordsArguments {
    /// Print the sentences of documents with more than 25 words, longest first
    #[arg(long)]
    long: bool,
    /// Print the lines that have this word of the counted ones
    #[arg(long, value_name = "WORD")]
    list: Option<String>,
    /// Write the counts that fell into xtask/words.txt
    #[arg(long)]
    write: bool,
}

/// A text with its name, relative to the root.
struct File {
    name: String,
    text: String,
}

/// Fails with every line that has a word of the first list, and every count that grew.
pub(crate) fn run(arguments: &WordsArguments) -> Result<()> {
    let files = files()?;
    if arguments.long {
        return print_long(&files);
    }
    if let Some(word) = &arguments.list {
        return print_lines(&files, word);
    }
    let mut findings = Vec::new();
    for File { name, text } in &files {
        for (number, line) in text.lines().enumerate() {
            for (word, better) in found(line) {
                findings.push(format!("{name}:{}: {word:?}; better: {better}", number + 1));
            }
        }
    }
    let (path, counts) = (workspace::root().join(COUNTS), count(&files));
    let allowed = read(&fs::read_to_string(&path).with_context(|| format!("cannot read {COUNTS}"))?)?;
    findings.extend(grown(&counts, &allowed));
    if arguments.write {
        fs::write(&path, written(&counts, &allowed)).with_context(|| format!("cannot write {COUNTS}"))?;
    }
    if findings.is_empty() {
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        println!("{} files: {} of {} exceptions in {COUNTS} are left", files.len(), sum(&counts), sum(&allowed));
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    bail!("{} findings", findings.len())
}

/// The files of the repository that have sentences of ours.
fn files() -> Result<Vec<File>> {
    let (root, names) = (workspace::root(), workspace::tracked()?);
    let is_ours = |name: &&String| {
        let is_text = Path::new(name).extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known));
        is_text && !EXEMPT.iter().any(|exempt| name.starts_with(exempt))
    };
    // A file that was deleted is listed until that is committed.
    let read = |name: &String| Some(File { name: name.clone(), text: fs::read_to_string(root.join(name)).ok()? });
    Ok(names.iter().filter(is_ours).filter_map(read).collect())
}

/// How often each counted word is in the prose of the files, and how many long sentences the documents have.
fn count(files: &[File]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = COUNTED.iter().map(|(word, _)| ((*word).to_owned(), 0)).collect();
    for line in files.iter().flat_map(prose_of) {
        for (word, _) in COUNTED {
            *counts.entry((*word).to_owned()).or_default() += times(&line.text, word);
        }
    }
    counts.insert(SENTENCES.to_owned(), long(files).len());
    counts
}

/// The counts that are above those allowed.
fn grown(counts: &BTreeMap<String, usize>, allowed: &BTreeMap<String, usize>) -> Vec<String> {
    let mut grown = Vec::new();
    for (name, count) in counts {
        let most = allowed.get(name).copied().unwrap_or_default();
        if *count > most {
            let see = match COUNTED.iter().find(|(word, _)| word == name) {
                Some((_, better)) => format!("better: {better}; cargo xtask words --list '{name}'"),
                None => "cargo xtask words --long".to_owned(),
            };
            grown.push(format!("{name}: {count}, {COUNTS} allows {most}; {see}"));
        }
    }
    grown
}

/// Reads [`COUNTS`].
fn read(text: &str) -> Result<BTreeMap<String, usize>> {
    let line = |line: &str| -> Result<(String, usize)> {
        let (count, name) = line.split_once(' ').context("a number and a name are needed")?;
        Ok((name.to_owned(), count.parse().with_context(|| format!("{count:?} is not a number"))?))
    };
    text.lines().map(|text| line(text).with_context(|| format!("{COUNTS}: {text:?}"))).collect()
}

/// [`COUNTS`] with the lower of the counts and those allowed.
fn written(counts: &BTreeMap<String, usize>, allowed: &BTreeMap<String, usize>) -> String {
    let mut text = String::new();
    for (name, count) in counts {
        let most = allowed.get(name).map_or(0, |most| *most.min(count));
        let _ = writeln!(text, "{most} {name}");
    }
    text
}

/// The long sentences of all documents, each with its file.
fn long(files: &[File]) -> Vec<(&str, sentences::Sentence)> {
    let documents = files.iter().filter(|file| file.name.ends_with(".md"));
    let all = documents.flat_map(|file| sentences::of(&file.text).into_iter().map(|sentence| (&*file.name, sentence)));
    all.filter(|(_, sentence)| sentence.words > LONG).collect()
}

fn print_long(files: &[File]) -> Result<()> {
    let mut all = long(files);
    all.sort_by_key(|(_, sentence)| std::cmp::Reverse(sentence.words));
    for (name, sentence) in &all {
        println!("{name}:{}: {} words: {}", sentence.line, sentence.words, sentence.text);
    }
    println!("{} sentences have more than {LONG} words", all.len());
    Ok(())
}

fn print_lines(files: &[File], word: &str) -> Result<()> {
    if !COUNTED.iter().any(|(counted, _)| *counted == word) {
        let known: Vec<&str> = COUNTED.iter().map(|(word, _)| *word).collect();
        bail!("{word:?} is not counted; these are: {}", known.join(", "));
    }
    for file in files {
        for line in prose_of(file).filter(|line| times(&line.text, word) > 0) {
            println!("{}:{}: {}", file.name, line.number, line.text.trim());
        }
    }
    Ok(())
}

/// The prose of a line.
struct Prose {
    number: usize,
    text: String,
}

/// The lines of a file as prose, without the code around it.
fn prose_of(file: &File) -> impl Iterator<Item = Prose> {
    let is_rust = file.name.ends_with(".rs");
    let lines = file.text.lines().enumerate();
    lines.map(move |(number, line)| Prose {
        number: number + 1,
        text: if is_rust { prose(line) } else { line.to_owned() },
    })
}

/// The prose of a line of Rust: its comment, its texts of several words, and the name of a test as words.
fn prose(line: &str) -> String {
    let code = line.trim_start();
    if code.starts_with("//") {
        return code.to_owned();
    }
    let (code, comment) = code.split_once(" // ").unwrap_or((code, ""));
    let mut prose = comment.to_owned();
    let name = code.split_once("fn ").and_then(|(_, name)| name.split(['(', '<']).next()).unwrap_or_default();
    // The names of other functions are no sentences.
    if name.matches('_').count() > 2 {
        let _ = write!(prose, " {}", name.replace('_', " "));
    }
    for text in code.split('"').skip(1).step_by(2).filter(|text| text.contains(' ')) {
        // Names in braces are code.
        let mut is_code = false;
        prose.push(' ');
        prose.extend(text.chars().filter(|character| {
            is_code = *character == '{' || is_code && *character != '}';
            !is_code && *character != '}'
        }));
    }
    prose
}

/// The words in a line that are whole words there.
fn found(line: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let line = line.to_owned();
    WORDS.iter().filter(move |(word, _)| times(&line, word) > 0)
}

/// How often a word is in a line as a whole word, whatever its case.
fn times(line: &str, word: &str) -> usize {
    let line = line.to_lowercase();
    let is_letter =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    let is_whole = |start: usize| {
        !is_letter(line[..start].chars().next_back()) && !is_letter(line[start + word.len()..].chars().next())
    };
    line.match_indices(word).filter(|(start, _)| is_whole(*start)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_recognized_whole_and_in_any_case() {
        let words = |line| found(line).map(|(word, _)| *word).collect::<Vec<_>>();
        assert_eq!(words("/// Tells what stands in it."), ["tells", "stands"]);
        assert_eq!(words("let tells_more = understands(anewer);"), [""; 0]);
        assert_eq!(words("is FOUND BY its name"), ["found by"]);
    }

    #[test]
    fn prose_is_comments_texts_and_names_of_functions() {
        assert_eq!(prose("    /// It goes on."), "/// It goes on.");
        assert_eq!(prose("async fn a_test_goes_on(told: &str) {"), " a test goes on");
        assert_eq!(prose("fn goes_on() {"), "");
        assert_eq!(prose(r#"bail!("it goes {on}", goes, "goes") // as told"#), "as told it goes ");
        assert_eq!(prose("let told = goes(tell);"), "");
    }

    #[test]
    fn counts_may_only_fall() {
        let allowed = read("3 goes\n1 told\n").unwrap();
        let counts = read("2 goes\n1 told\n").unwrap();
        assert!(grown(&counts, &allowed).is_empty());
        assert_eq!(written(&counts, &allowed), "2 goes\n1 told\n");
        let more = read("4 goes\n1 told\n").unwrap();
        assert_eq!(grown(&more, &allowed).len(), 1);
        assert_eq!(written(&more, &allowed), "3 goes\n1 told\n", "a count is never raised");
        assert!(read("many goes").is_err());
    }
}
