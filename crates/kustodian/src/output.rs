//! The output: text, tables for people, JSON for programs.

use std::io::{self, ErrorKind, Write};

use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::failure::Failure;

/// For whom to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Prints text for people on standard output, and a line break unless it ends in one. Characters that steer a terminal
/// are replaced: a record or a server may hold any.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(&text.chars().map(|character| if steers(character) { '\u{fffd}' } else { character }).collect::<String>())
}

/// Prints one line for people, whatever the text holds.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    write(&printable(text))
}

/// Prints JSON as a server sent it. Characters that steer a terminal are escaped, which JSON reads as the same value.
pub(crate) fn print_json_text(json: &str) -> Result<(), Failure> {
    write(&escaped(json))
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(error) => Err(Failure::new(format!("the output cannot be written: {error}"))),
    }
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    print_json_text(&json)
}

/// Prints rows under a header.
pub(crate) fn print_table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec());
    table.add_rows(rows.into_iter().map(|row| row.iter().map(|cell| printable(cell)).collect::<Vec<_>>()));
    print(&table.trim_fmt())
}

/// Prints one line on standard error, in addition to the output.
pub(crate) fn note(message: &str) {
    drop(writeln!(io::stderr().lock(), "note: {}", printable(message)));
}

/// Prints one line on standard error.
pub(crate) fn complain(message: &str) {
    // Nobody is left to hear of it when even this fails.
    drop(writeln!(io::stderr().lock(), "error: {}", printable(message)));
}

/// A cell of a table, or a message: one line.
fn printable(text: &str) -> String {
    let is_unfit = |character: char| steers(character) || matches!(character, '\n' | '\t');
    text.chars().map(|character| if is_unfit(character) { '\u{fffd}' } else { character }).collect()
}

/// Whether a terminal obeys a character instead of showing it: controls of C0 but line break and tab, DEL and C1, and
/// marks that reorder the text around them or break lines (Unicode Standard Annex 9).
fn steers(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

/// JSON with every character that [`steers`] escaped. All of them are below U+10000: one escape each.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if steers(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_record_cannot_control_the_terminal() {
        assert_eq!(printable("Ada\u{1b}[2J\nLovelace"), "Ada\u{fffd}[2J\u{fffd}Lovelace");
        for mark in ['\u{7f}', '\u{85}', '\u{9b}', '\u{61c}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{2028}', '\r'] {
            assert_eq!(printable(&format!("a{mark}b")), "a\u{fffd}b");
        }
        assert_eq!(printable("Žofie 👩‍👩‍👧 محمد"), "Žofie 👩‍👩‍👧 محمد");
    }

    #[test]
    fn escaped_json_has_the_same_value_and_steers_nothing() {
        let value = serde_json::json!({ "a\u{9b}": ["\u{7f}\u{85}\u{9b}31m\u{202e}\u{2069}\u{1b}", "plain Ž 👩‍👩‍👧"] });
        for json in [serde_json::to_string_pretty(&value).unwrap(), value.to_string()] {
            let escaped = escaped(&json);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
            assert!(!escaped.contains(steers), "{escaped:?}");
        }
    }
}
