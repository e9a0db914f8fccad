//! `kustodian reference`: every command and its flags as Markdown, written from their declarations: docs/commands.md.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::print;
use crate::settings_file::settings;

/// Prints the reference.
pub(crate) fn run() -> Result<(), Failure> {
    print(reference().trim_end())
}

const INTRODUCTION: &str = "\
<!-- Written by `kustodian reference`. -->

# Command line

`kustodian help COMMAND` prints the same in a terminal. A flag that names a variable may be given in the environment instead.
";

fn reference() -> String {
    let root = Arguments::command();
    let settings: BTreeSet<String> = settings(&root).into_iter().map(|arg| arg.get_id().to_string()).collect();
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\nEvery command takes:\n\n");
    let common: Vec<_> = root.get_arguments().filter(|arg| is_shown(arg)).collect();
    text.push_str(&table(&common));
    for command in root.get_subcommands() {
        section(&mut text, command, "kustodian", 2, &settings);
    }
    text
}

fn section(text: &mut String, command: &Command, above: &str, level: usize, settings: &BTreeSet<String>) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    let heading = name.strip_prefix("kustodian ").unwrap_or(&name);
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(|about| prose(&about.to_string())).unwrap_or_default();
    // Writing to a text cannot fail.
    let _ = write!(text, "\n{} {heading}\n\n{about}", "#".repeat(level));
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        let _ = write!(text, " Also named {}.", aliases.join(", "));
    }
    text.push('\n');
    if !command.has_subcommands() {
        let usage = command.clone().bin_name(&name).render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = write!(text, "\n```text\n{usage}\n```\n");
    }
    let all = command.get_arguments().filter(|arg| is_shown(arg));
    let (taken, own): (Vec<_>, Vec<_>) = all.partition(|arg| is_setting(arg, settings));
    if taken.len() > settings.len() / 2 {
        text.push_str("\nTakes every [setting](configuration.md) as a flag.\n");
    } else if !taken.is_empty() {
        let names: Vec<String> = taken.iter().map(|arg| format!("`{}`", flag(arg))).collect();
        let _ = write!(text, "\nTakes these [settings](configuration.md) too: {}.\n", names.join(", "));
    }
    if !own.is_empty() {
        text.push('\n');
        text.push_str(&table(&own));
    }
    for below in command.get_subcommands() {
        section(text, below, &name, level + 1, settings);
    }
}

fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

/// Whether the flag is one of the server's settings: those are described once.
fn is_setting(arg: &Arg, settings: &BTreeSet<String>) -> bool {
    arg.get_env().is_some() && settings.contains(arg.get_id().as_str())
}

fn table(args: &[&Arg]) -> String {
    let mut text = "| | what it does |\n|---|---|\n".to_owned();
    for arg in args {
        let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let mut what = prose(&help).replace('|', "\\|");
        let values: Vec<String> =
            arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        let takes_values = arg.get_action().takes_values();
        if takes_values && !values.is_empty() && values.len() < 12 {
            let _ = write!(what, " One of {}.", values.join(", "));
        }
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if takes_values && !defaults.is_empty() {
            let _ = write!(what, " Default: `{}`.", defaults.join(","));
        }
        if let Some(variable) = arg.get_env() {
            let _ = write!(what, " Variable: `{}`.", variable.to_string_lossy());
        }
        let _ = writeln!(text, "| `{}` | {} |", flag(arg).replace('|', "\\|"), what.trim());
    }
    text
}

/// A flag, or the place of a value, as one writes it.
fn flag(arg: &Arg) -> String {
    let values: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    let value = if values.is_empty() { arg.get_id().as_str().to_uppercase() } else { values.join(" ") };
    match arg.get_long() {
        None => value,
        Some(long) if arg.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
    }
}

/// A text as one paragraph that ends in a full stop. What Markdown would take for HTML is code.
fn prose(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "\\<");
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_of_commands_is_that_of_this_version() {
        let hint = "write it again: cargo run -- reference > docs/commands.md";
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md")).unwrap();
        for (kept, printed) in kept.lines().zip(reference().lines()) {
            assert_eq!(kept, printed, "{hint}");
        }
        assert_eq!(kept.lines().count(), reference().lines().count(), "{hint}");
    }
}
