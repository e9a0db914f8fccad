//! The tables that are carried from one engine to another, and their rows without an engine.

use std::sync::LazyLock;

use kustodian_core::kind::Kind;
use sha2::{Digest, Sha256};

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Integer,
    Boolean,
    Text,
    Bytes,
}

/// A row: its values in the order of the table's columns.
pub(crate) type Row = Vec<Cell>;

/// A table that both engines have.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Holds)],
    /// The columns that distinguish rows on both engines; rows are read in their order.
    pub(crate) key: &'static [&'static str],
    /// Whether it is so small, or so hard to follow, that a later pass carries it whole again.
    pub(crate) is_small: bool,
    /// The kind of the records that its rows are.
    pub(crate) kind: Option<Kind>,
}

use Holds::{Boolean, Bytes, Integer, Text};

const RECORD: &[(&str, Holds)] = &[
    ("id", Text),
    ("org", Integer),
    ("rev", Integer),
    ("format", Integer),
    ("deleted", Boolean),
    ("created_at", Integer),
    ("updated_at", Integer),
    ("document", Text),
];

/// Every table that is carried, in an order in which no row refers to one that is not there yet.
pub(crate) static TABLES: LazyLock<Vec<&Table>> = LazyLock::new(|| {
    let of_records = Kind::ALL.into_iter().map(table_of);
    BEFORE_RECORDS.iter().chain(of_records).chain([&CLAIMS, &EVENTS]).chain(&TRACKING).collect()
});

/// The column that holds the home of a record.
pub(crate) const HOME: &str = "home";

fn columns_of(kind: Kind) -> &'static [(&'static str, Holds)] {
    let spec = kind.spec();
    let narrowing = spec.columns.iter().map(|column| (column.name, Text));
    let home = spec.has_home().then_some((HOME, Text));
    // Once for each kind, for as long as the program runs.
    RECORD.iter().copied().chain(narrowing).chain(home).collect::<Vec<_>>().leak()
}

/// The table of a kind.
pub(crate) fn table_of(kind: Kind) -> &'static Table {
    static OF_RECORDS: LazyLock<[Table; Kind::ALL.len()]> = LazyLock::new(|| {
        Kind::ALL.map(|kind| Table {
            name: kind.spec().table,
            columns: columns_of(kind),
            key: &["org", "id"],
            is_small: kind.spec().is_few,
            kind: Some(kind),
        })
    });
    &OF_RECORDS[kind as usize]
}

static BEFORE_RECORDS: [Table; 3] = [
    Table {
        name: "orgs",
        columns: &[("key", Integer), ("id", Text), ("name", Text), ("created_at", Integer)],
        key: &["key"],
        is_small: true,
        kind: None,
    },
    Table {
        name: "tokens",
        columns: &[
            ("id", Text),
            ("org", Integer),
            ("user_id", Text),
            ("name", Text),
            ("roles", Text),
            ("hash", Bytes),
            ("last_chars", Text),
            ("cidr", Text),
            ("created_at", Integer),
            ("expires_at", Integer),
            ("revoked_at", Integer),
            ("ip_address", Text),
            ("user_agent", Text),
            ("last_used_at", Integer),
        ],
        key: &["id"],
        is_small: true,
        kind: None,
    },
    Table {
        name: "settings",
        columns: &[("name", Text), ("value", Bytes)],
        key: &["name"],
        is_small: true,
        kind: None,
    },
];

pub(crate) static CLAIMS: Table = Table {
    name: "claims",
    columns: &[("key", Bytes), ("org", Integer), ("kind", Text), ("owner", Text)],
    key: &["key"],
    is_small: false,
    kind: None,
};

pub(crate) static EVENTS: Table = Table {
    name: "events",
    columns: &[
        ("org", Integer),
        ("position", Integer),
        ("id", Text),
        ("kind", Text),
        ("record", Text),
        ("rev", Integer),
        ("name", Text),
        ("at", Integer),
        ("actor", Text),
        ("client", Text),
        ("digest", Bytes),
        ("link", Bytes),
        ("salt", Bytes),
        ("request_id", Text),
        ("changes", Text),
        ("snapshot", Text),
    ],
    key: &["org", "position"],
    is_small: false,
    kind: None,
};

/// Tracked events. Their rows expire, so a later pass empties these tables and carries them again.
pub(crate) static TRACKING: [Table; 3] = [
    Table {
        name: "visitors",
        columns: &[
            ("org", Integer),
            ("id", Text),
            ("customer", Text),
            ("epoch", Integer),
            ("unidentified", Integer),
            ("session", Text),
            ("seen_at", Integer),
        ],
        key: &["org", "id"],
        is_small: true,
        kind: None,
    },
    Table {
        name: "visits",
        columns: &[
            ("org", Integer),
            ("id", Text),
            ("visitor", Text),
            ("customer", Text),
            ("name", Text),
            ("first_at", Integer),
            ("last_at", Integer),
            ("count", Integer),
        ],
        key: &["org", "id"],
        is_small: true,
        kind: None,
    },
    Table {
        name: "tracked",
        columns: &[("org", Integer), ("visit", Text), ("id", Text), ("at", Integer), ("name", Text), ("details", Text)],
        key: &["org", "visit", "id"],
        is_small: true,
        kind: None,
    },
];

/// Carried beside the others; see `carry_receipts`.
pub(crate) static RECEIPTS: Table = Table {
    name: "receipts",
    columns: &[
        ("key", Bytes),
        ("org", Integer),
        ("fingerprint", Bytes),
        ("kind", Text),
        ("record", Text),
        ("rev", Integer),
        ("status", Integer),
        ("expires_at", Integer),
    ],
    key: &["key"],
    is_small: true,
    kind: None,
};

impl Table {
    pub(crate) fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn key_of(&self, row: &Row) -> Vec<Cell> {
        self.key.iter().filter_map(|key| row.get(self.place(key)?).cloned()).collect()
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }

    /// Whether its rows are customers, who have an index of their own.
    pub(crate) fn has_customers(&self) -> bool {
        self.kind == Some(Kind::Customer)
    }

    /// The kind of its rows, when they are in the index that all other kinds share.
    pub(crate) fn kind_in_entries(&self) -> Option<Kind> {
        self.kind.filter(|kind| kind.is_in_entries())
    }

    /// The text in a column of a row.
    pub(crate) fn text<'r>(&self, row: &'r Row, column: &str) -> Option<&'r str> {
        match row.get(self.place(column)?)? {
            Cell::Text(text) => Some(text),
            Cell::Null | Cell::Integer(_) | Cell::Boolean(_) | Cell::Bytes(_) => None,
        }
    }

    /// The number in a column of a row.
    pub(crate) fn number(&self, row: &Row, column: &str) -> Option<i64> {
        match row.get(self.place(column)?)? {
            Cell::Integer(number) => Some(*number),
            Cell::Null | Cell::Text(_) | Cell::Boolean(_) | Cell::Bytes(_) => None,
        }
    }
}

/// Counts rows and sums their hashes, so that two tables compare in whatever order they are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    sums: [u128; 2],
}

impl Tally {
    pub(crate) fn add(&mut self, row: &Row) {
        let mut hash = Sha256::new();
        for cell in row {
            match cell {
                Cell::Null => hash.update([0]),
                Cell::Integer(number) => {
                    hash.update([1]);
                    hash.update(number.to_be_bytes());
                }
                Cell::Boolean(boolean) => hash.update([2, u8::from(*boolean)]),
                Cell::Text(text) => {
                    hash.update([3]);
                    hash.update(text.len().to_be_bytes());
                    hash.update(text);
                }
                Cell::Bytes(bytes) => {
                    hash.update([4]);
                    hash.update(bytes.len().to_be_bytes());
                    hash.update(bytes);
                }
            }
        }
        let digest = hash.finalize();
        self.rows += 1;
        for (sum, half) in self.sums.iter_mut().zip(digest.chunks_exact(16)) {
            let half = half.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
            *sum = sum.wrapping_add(half);
        }
    }

    /// The sum, to show.
    pub(crate) fn checksum(&self) -> String {
        format!("{:032x}{:032x}", self.sums[0], self.sums[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_does_not_depend_on_the_order_but_on_every_cell() {
        let rows = [vec![Cell::Integer(1), Cell::Text("a".to_owned())], vec![Cell::Integer(2), Cell::Null]];
        let tally = |rows: &[&Row]| {
            let mut tally = Tally::default();
            rows.iter().for_each(|row| tally.add(row));
            tally
        };
        assert_eq!(tally(&[&rows[0], &rows[1]]), tally(&[&rows[1], &rows[0]]));
        assert_ne!(tally(&[&rows[0]]), tally(&[&rows[1]]));
        assert_ne!(tally(&[&rows[0]]), tally(&[&rows[0], &rows[0]]));
        let moved = vec![Cell::Text("1".to_owned()), Cell::Text("a".to_owned())];
        assert_ne!(tally(&[&rows[0]]), tally(&[&moved]));
    }

    #[test]
    fn keys_are_columns() {
        for table in TABLES.iter() {
            assert!(table.key.iter().all(|key| table.place(key).is_some()), "{}", table.name);
        }
    }
}
