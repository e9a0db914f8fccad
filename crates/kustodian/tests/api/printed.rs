//! Blocks of commands and settings as the pages print them, and what runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fenced block of a page.
#[derive(Debug)]
pub(crate) struct Block {
    /// Such as `docs/running.md`.
    pub(crate) page: String,
    /// The words behind the fence: the first is the language.
    pub(crate) info: String,
    pub(crate) text: String,
}

/// The clone that the tests are in.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of the README, of every page of the guide, and of the pages beside them.
pub(crate) fn blocks() -> Vec<Block> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().file_name());
    let docs = docs.map(|name| format!("docs/{}", name.to_string_lossy())).filter(|name| name.ends_with(".md"));
    let others = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "packaging/README.md"].map(str::to_owned);
    docs.chain(others).flat_map(blocks_of).collect()
}

fn blocks_of(page: String) -> Vec<Block> {
    let text = fs::read_to_string(root().join(&page)).unwrap();
    let (mut blocks, mut lines) = (Vec::new(), text.lines());
    while let Some(line) = lines.next() {
        let Some((indent, info)) = line.split_once("```").filter(|(before, _)| before.trim().is_empty()) else {
            continue;
        };
        let inside = lines.by_ref().take_while(|line| line.trim_start() != "```");
        let text = inside.map(|line| format!("{}\n", line.strip_prefix(indent).unwrap_or(line))).collect();
        blocks.push(Block { page: page.clone(), info: info.to_owned(), text });
    }
    blocks
}

/// The block of a page that begins like this.
pub(crate) fn block(page: &str, begin: &str) -> String {
    let mut found = blocks_of(page.to_owned()).into_iter().filter(|block| block.text.starts_with(begin));
    let block = found.next().unwrap_or_else(|| panic!("{page} has no block {begin}"));
    assert!(found.next().is_none(), "{page} has several blocks {begin}");
    block.text
}

/// Commands as their reader types them: in this folder, and with these variables beside those of the system.
pub(crate) fn shell(folder: &Path, commands: &str, variables: &[(&str, &str)]) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_kustodian")).parent().unwrap();
    let mut shell = Command::new("bash");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KUSTODIAN_") || name.starts_with("AWS_")) {
        shell.env_remove(name);
    }
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    shell.args(["-euo", "pipefail", "-c", commands]).current_dir(folder).env("PATH", path);
    shell.envs(variables.iter().copied());
    shell
}

/// Runs commands, and returns their output.
#[track_caller]
pub(crate) fn run(folder: &Path, commands: &str, variables: &[(&str, &str)]) -> String {
    let output = shell(folder, commands, variables).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{commands}\n{said}{error}");
    said.into_owned()
}
