//! A plan as text, for people.

use std::collections::HashMap;
use std::fmt::Write as _;

use kustodian_store::{Reach, Touch, Trip};

use super::made::Planned;
use super::transactions::wide;

/// How much of a statement is shown.
const SHOWN: usize = 100;

/// Each operation with its statements and their tables, then the transactions that touch more than one customer.
pub(crate) fn as_text(planned: &[Planned]) -> String {
    let mut text = String::new();
    for Planned { operation, what, trips } in planned {
        let head = format!("{operation}, {what}");
        let statements: usize = trips.iter().map(|trip| trip.statements.len()).sum();
        let head = head.trim_end_matches(", ");
        let counts = format!("{}, {}", counted(trips.len(), "round trip"), counted(statements, "statement"));
        writeln!(text, "\n{head}: {counts}").unwrap();
        let mut keys = Keys::default();
        for (number, sent) in numbered(trips) {
            let sql: String = sent.sql.chars().take(SHOWN).collect();
            let touches: Vec<String> = sent.touches.iter().map(|touch| keys.words(touch)).collect();
            writeln!(text, "  {number}  {sql}\n       {}", touches.join("; ")).unwrap();
        }
    }
    text.push_str("\nTransactions that touch more than the rows of one customer, and claims:\n");
    for Planned { operation, what, trips } in planned {
        for why in wide(trips) {
            writeln!(text, "  {operation}, {what}: {}", why.join(", ")).unwrap();
        }
    }
    text
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn numbered(trips: &[Trip]) -> impl Iterator<Item = (usize, &kustodian_store::Sent)> {
    trips.iter().zip(1..).flat_map(|(trip, number)| trip.statements.iter().map(move |sent| (number, sent)))
}

/// Numbers the keys of an operation, so that one can see which are the same.
#[derive(Default)]
struct Keys {
    numbers: HashMap<(&'static str, String), usize>,
}

impl Keys {
    /// The tables of a statement, in words.
    fn words(&mut self, touch: &Touch) -> String {
        let verb = if touch.is_write { "writes" } else { "reads" };
        let place = match &touch.reach {
            Reach::Everywhere if touch.is_write => "every machine".to_owned(),
            Reach::Everywhere => "any machine".to_owned(),
            Reach::All { .. } => "all shards".to_owned(),
            Reach::Keys { group, keys } if keys.is_empty() => format!("no shard of {group}"),
            Reach::Keys { group, keys } => {
                let names: Vec<String> = keys.iter().map(|key| self.name(group, key)).collect();
                format!("shard of {}", names.join(" "))
            }
        };
        format!("{verb} {}: {place}", touch.table)
    }

    fn name(&mut self, group: &'static str, key: &str) -> String {
        let next = self.numbers.keys().filter(|(known, _)| *known == group).count() + 1;
        format!("{group}#{}", self.numbers.entry((group, key.to_owned())).or_insert(next))
    }
}
