//! docs/installing.md, as commands. Each block has its purpose behind the language of its fence.

use anyhow::{Result, bail};

/// A part of the page, from one heading to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) heading: String,
    /// Puts the program somewhere.
    pub(super) install: Vec<String>,
    /// Starts the server, and stays with it.
    pub(super) serve: Vec<String>,
    /// Makes a customer.
    pub(super) create: Vec<String>,
    /// Takes the program away.
    pub(super) remove: Vec<String>,
}

/// The commands that may be left out: they need an engine, a service manager or a registry that tests do not have.
const NOT_HERE: &[&str] =
    &["brew ", "cargo binstall ", "docker ", "journalctl ", "sudo cat /var/lib/kustodian/", "systemctl "];

/// Reads the page.
pub(super) fn sections(page: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push(Section { heading: heading.to_owned(), ..Section::default() });
        }
        let Some(kind) = line.strip_prefix("```sh") else { continue };
        let block = lines.by_ref().take_while(|(_, line)| *line != "```");
        let block: Vec<(usize, &str)> = block.filter(|(_, line)| !line.is_empty()).collect();
        let Some(section) = sections.last_mut() else { bail!("a block of commands has no heading above it") };
        let commands = match kind.trim() {
            "install" => &mut section.install,
            "serve" => &mut section.serve,
            "create" => &mut section.create,
            "remove" => &mut section.remove,
            "" => {
                if let Some((number, line)) =
                    block.iter().find(|(_, line)| !NOT_HERE.iter().any(|word| line.starts_with(word)))
                {
                    bail!("line {}: give the block a purpose behind ```sh, so that this is run: {line}", number + 1);
                }
                continue;
            }
            other => bail!("a block of commands is for {other}: install, serve, create and remove are known"),
        };
        commands.extend(block.into_iter().map(|(_, line)| line.to_owned()));
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_belong_to_the_heading_above_them() {
        let page = "# Page\n## One\n```sh install\na\n\nb\n```\ntext\n```sh serve\nc\n```\n## Two\n```sh\ndocker run\n```\n```toml\nx\n```\n";
        let found = sections(page).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].install.join(" "), found[0].serve.join(" ")), ("a b".to_owned(), "c".to_owned()));
        assert_eq!(found[1], Section { heading: "Two".to_owned(), ..Section::default() });
    }

    #[test]
    fn the_readme_installs_as_the_page_does() {
        let read = |name: &str| std::fs::read_to_string(crate::workspace::root().join(name)).unwrap();
        let (readme, page) = (read("README.md"), read("docs/installing.md"));
        let table = readme.split_once("## Install\n").unwrap().1.split_once("\n## ").unwrap().0;
        let commands: Vec<&str> =
            table.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split('`').nth(1)).collect();
        assert!(commands.len() >= 7, "{commands:?}");
        let missing: Vec<_> = commands.iter().filter(|command| !page.contains(**command)).collect();
        assert!(missing.is_empty(), "docs/installing.md, whose commands are run, lacks {missing:?}");
    }

    #[test]
    fn a_command_that_could_run_must_run() {
        let error = sections("## One\n```sh\ndocker run\npip install it\n```\n").unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("pip install it"), "{error}");
        assert!(sections("## One\n```sh instal\na\n```\n").is_err());
        assert!(sections("```sh install\na\n```\n").is_err());
    }
}
