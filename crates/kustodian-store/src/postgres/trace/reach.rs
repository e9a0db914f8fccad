//! How far a statement reaches: which tables it touches, and on which shards their rows are, parsed out of its SQL and its
//! values. A statement that it does not understand counts as one that asks every shard.

use crate::postgres::catalogue::{Spread, TABLES, Table};
use crate::postgres::values::Value;

/// A table that a statement touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The table.
    pub table: &'static str,
    /// Whether its rows are written.
    pub is_write: bool,
    /// Where its rows are.
    pub reach: Reach,
}

/// Where the rows are that a statement touches. Tables of one `group` with the same key are on the same shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In a table of which every machine has a copy: read anywhere, written everywhere.
    Everywhere,
    /// On the shards of these keys.
    Keys {
        /// The table that the keys belong to.
        group: &'static str,
        /// The keys; bytes as hexadecimal digits.
        keys: Vec<String>,
    },
    /// On any shard: all are asked.
    All {
        /// The table whose shards these are.
        group: &'static str,
    },
}

/// The tables of a statement, in the order in which it names them.
pub(super) fn of(sql: &str, values: &[Value<'_>]) -> Vec<Touch> {
    let words = words(sql);
    let mut touches = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some(table) = word.follows(&words, place) else { continue };
        let is_insert = words[place - 1].is("INTO");
        let is_write = is_insert || words[place - 1].is("UPDATE") || place > 1 && words[place - 2].is("DELETE");
        let reach = match column(table) {
            None => Reach::Everywhere,
            Some((column, group)) => {
                let parameter =
                    if is_insert { inserted(&words, place, column) } else { compared(&words, place, column) };
                let keys = parameter.and_then(|number| values.get(number.checked_sub(1)?)).and_then(Value::keys);
                keys.map_or(Reach::All { group }, |keys| Reach::Keys { group, keys })
            }
        };
        touches.push(Touch { table: table.name, is_write, reach });
    }
    touches
}

/// The column that distributes a table, and the table whose shards it shares.
fn column(table: &Table) -> Option<(&'static str, &'static str)> {
    match table.spread {
        Spread::Everywhere => None,
        Spread::By(column) => Some((column, table.name)),
        Spread::Beside { column, of } => Some((column, of)),
    }
}

/// A word or a sign of a statement, and how many parentheses it is in.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    depth: usize,
}

impl Word<'_> {
    fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// The table that this word names, after one that a table's name follows.
    fn follows(self, words: &[Word<'_>], place: usize) -> Option<&'static Table> {
        let before = words.get(place.checked_sub(1)?)?;
        let names_table = ["FROM", "JOIN", "INTO", "UPDATE", "USING"].iter().any(|word| before.is(word));
        TABLES.iter().find(|table| names_table && self.text == table.name)
    }

    /// N of `$N`.
    fn parameter(self) -> Option<usize> {
        self.text.strip_prefix('$')?.parse().ok()
    }
}

fn words(sql: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut depth = 0_usize;
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
        let length = match first {
            '\'' => rest.get(1..).and_then(|text| text.find('\'')).map_or(rest.len(), |end| end + 2),
            first if is_part(first) => rest.find(|character| !is_part(character)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        depth = if text == ")" { depth.saturating_sub(1) } else { depth };
        words.push(Word { text, depth });
        depth += usize::from(text == "(");
        rest = after.trim_start();
    }
    words
}

/// The words that are beside `place`, in the same parentheses, from there on.
fn beside<'a>(words: &'a [Word<'a>], place: usize) -> impl Iterator<Item = (usize, Word<'a>)> {
    let depth = words[place].depth;
    let rest = words.iter().copied().enumerate().skip(place + 1);
    rest.take_while(move |(_, word)| word.depth >= depth).filter(move |(_, word)| word.depth == depth)
}

/// The parameter that the column of the table at `place` is compared with: `column = $N` or `column = ANY($N)`.
fn compared(words: &[Word<'_>], place: usize, column: &str) -> Option<usize> {
    let alias = words.get(place + 1).filter(|next| !next.is("WHERE") && !next.is("SET")).map(|next| next.text);
    let mut is_condition = false;
    for (at, word) in beside(words, place) {
        is_condition |= word.is("WHERE") || word.is("ON");
        let is_other = at > 1 && words[at - 1].text == "." && alias != Some(words[at - 2].text);
        let is_compared = word.text == column && words.get(at + 1).is_some_and(|next| next.text == "=");
        if !is_condition || is_other || !is_compared {
            continue;
        }
        match words.get(at + 2..)? {
            [value, ..] if value.parameter().is_some() => return value.parameter(),
            [any, open, value, ..] if any.is("ANY") && open.text == "(" => return value.parameter(),
            _ => {}
        }
    }
    None
}

/// The parameter that is put into the column of the table at `place`.
fn inserted(words: &[Word<'_>], place: usize, column: &str) -> Option<usize> {
    let names = items(words, place + 1)?;
    let wanted = names.iter().position(|name| matches!(name, [name] if name.text == column))?;
    let (at, source) = beside(words, place).find(|(_, word)| word.is("VALUES") || word.is("SELECT"))?;
    if source.is("VALUES") {
        return items(words, at + 1)?.get(wanted)?.first()?.parameter();
    }
    let depth = source.depth;
    let list: Vec<Word<'_>> = words.get(at + 1..)?.iter().copied().take_while(|word| !word.is("FROM")).collect();
    let chosen = list.split(|word| word.text == "," && word.depth == depth).nth(wanted)?;
    match chosen {
        [value] => value.parameter(),
        [_, dot, name] if dot.text == "." => unnested(words, at, name.text),
        _ => None,
    }
}

/// The parameter behind a column of `unnest($A, $B) AS w (a, b)`.
fn unnested(words: &[Word<'_>], from: usize, column: &str) -> Option<usize> {
    let (at, _) = beside(words, from).find(|(_, word)| word.is("unnest"))?;
    let mut opening = beside(words, at).filter(|(_, word)| word.text == "(").map(|(place, _)| place);
    let values = items(words, opening.next()?)?;
    let names = items(words, opening.next()?)?;
    let place = names.iter().position(|name| matches!(name, [name] if name.text == column))?;
    values.get(place)?.first()?.parameter()
}

/// The texts between the commas of the parentheses that open at `place`.
fn items<'a>(words: &'a [Word<'a>], place: usize) -> Option<Vec<&'a [Word<'a>]>> {
    let open = words.get(place).filter(|word| word.text == "(")?;
    let inner = words.get(place + 1..)?;
    let end = inner.iter().position(|word| word.text == ")" && word.depth == open.depth)?;
    Some(inner.get(..end)?.split(|word| word.text == "," && word.depth == open.depth + 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::sql::{FIND_OWNERS, FREE_CLAIM, TAKE_CLAIMS, statements};
    use kustodian_core::kind::Kind;

    fn keys(group: &'static str, keys: &[&str]) -> Reach {
        Reach::Keys { group, keys: keys.iter().map(|key| (*key).to_owned()).collect() }
    }

    #[test]
    fn a_record_is_on_the_shard_of_its_id() {
        let id = "5c7d1a1f9a1b2c0010a1b2c3".parse().unwrap();
        let found = of(statements(Kind::Customer).lock, &[Value::Number(1), Value::Id(id)]);
        let reach = keys("customers", &["5c7d1a1f9a1b2c0010a1b2c3"]);
        assert_eq!(found, [Touch { table: "customers", is_write: false, reach }]);
        let found = of(statements(Kind::Tag).find, &[Value::Number(1), Value::Id(id)]);
        assert_eq!(found, [Touch { table: "tags", is_write: false, reach: Reach::Everywhere }]);
    }

    #[test]
    fn claims_are_on_the_shards_of_their_keys() {
        let two = || Value::ByteStrings(vec![&[1], &[0xab]]);
        let none = || Value::Texts(Vec::new());
        let taken = of(TAKE_CLAIMS, &[Value::Number(1), two(), none(), none()]);
        assert_eq!(taken, [Touch { table: "claims", is_write: true, reach: keys("claims", &["01", "ab"]) }]);
        let read = of(FIND_OWNERS, &[two(), Value::Number(1)]);
        assert_eq!(read, [Touch { table: "claims", is_write: false, reach: keys("claims", &["01", "ab"]) }]);
        let freed = of(FREE_CLAIM, &[Value::Bytes(&[7]), Value::Number(1), Value::Text("x")]);
        assert_eq!(freed, [Touch { table: "claims", is_write: true, reach: keys("claims", &["07"]) }]);
    }

    #[test]
    fn a_subquery_keeps_a_key_from_being_known() {
        let found = of(statements(Kind::Customer).find_by_claim, &[Value::Number(1), Value::Bytes(&[7])]);
        let all = Touch { table: "customers", is_write: false, reach: Reach::All { group: "customers" } };
        assert_eq!(found, [all, Touch { table: "claims", is_write: false, reach: keys("claims", &["07"]) }]);
    }

    #[test]
    fn a_join_asks_every_shard() {
        let sql = "UPDATE events e SET position = w.position FROM unnest($2, $3) AS w (record, position) \
             WHERE e.org = $1 AND e.record = w.record";
        let all = Touch { table: "events", is_write: true, reach: Reach::All { group: "customers" } };
        assert_eq!(of(sql, &[Value::Number(1)]), [all]);
    }
}
