//! Every table, and its distribution column where PostgreSQL is spread over several machines by the extension citus.
//!
//! The schema keeps to that everywhere: a unique index, a primary key or a foreign key holds the column its table is
//! distributed by, so that no constraint needs two machines. `tests/postgres/schema.rs` compares this with
//! a migrated database.

use std::sync::LazyLock;

use kustodian_core::kind::{Kind, Placement, Spec};

/// A table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Where its rows are.
    pub(super) spread: Spread,
    /// What of it may hold values of a record, which must leave the disk when the record is erased.
    pub(super) traces: Traces,
}

/// What of a table may hold values of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traces {
    /// Nothing: hashes, positions and what belongs to the org.
    None,
    /// Its rows.
    Rows,
    /// Its rows, and its indexes, whose pages keep the values of deleted rows: identities, hashes of them, words, moments
    /// that a client chose.
    Indexes,
}

/// Where the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// On every machine.
    Everywhere,
    /// By a column of its own.
    By(&'static str),
    /// By a column, beside the rows of another table with the same value.
    Beside {
        /// The column.
        column: &'static str,
        /// The other table, which is earlier in [`TABLES`].
        of: &'static str,
    },
}

/// Every table but the list of migrations, which stays on the coordinator; in an order in which they can be spread.
pub(super) static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let of_records = |placement| {
        let kinds = Kind::ALL.into_iter().filter(move |kind| kind.spec().placement == placement);
        kinds.map(of_kind)
    };
    let everywhere = BEFORE_RECORDS.iter().copied().chain(of_records(Placement::Everywhere));
    everywhere
        .chain(of_records(Placement::ById))
        .chain(of_records(Placement::ByHome))
        .chain(AFTER_RECORDS.iter().copied())
        .collect()
});

fn of_kind(kind: Kind) -> Table {
    let Spec { table, placement, is_listed_by_time, columns, .. } = *kind.spec();
    let spread = match placement {
        Placement::Everywhere => Spread::Everywhere,
        Placement::ById if table == CUSTOMERS => Spread::By("id"),
        // A record is where its events are.
        Placement::ById => Spread::Beside { column: "id", of: CUSTOMERS },
        Placement::ByHome => Spread::Beside { column: "home", of: CUSTOMERS },
    };
    let traces = if is_listed_by_time || !columns.is_empty() { Traces::Indexes } else { Traces::Rows };
    Table { name: table, spread, traces }
}

const BEFORE_RECORDS: &[Table] = &[
    Table { name: "orgs", spread: Spread::Everywhere, traces: Traces::None },
    Table { name: "tokens", spread: Spread::Everywhere, traces: Traces::None },
    // Notes of incomplete bulk jobs hold the items that were sent.
    Table { name: "settings", spread: Spread::Everywhere, traces: Traces::Rows },
    Table { name: "search_slots", spread: Spread::Everywhere, traces: Traces::None },
];

const AFTER_RECORDS: &[Table] = &[
    Table { name: "customer_search", spread: Spread::Beside { column: "id", of: CUSTOMERS }, traces: Traces::Indexes },
    Table { name: "search_records", spread: Spread::Beside { column: "home", of: CUSTOMERS }, traces: Traces::Indexes },
    Table { name: "search_terms", spread: Spread::Beside { column: "home", of: CUSTOMERS }, traces: Traces::Indexes },
    Table { name: "events", spread: Spread::Beside { column: "record", of: CUSTOMERS }, traces: Traces::Rows },
    Table { name: "positions", spread: Spread::Beside { column: "record", of: CUSTOMERS }, traces: Traces::None },
    Table { name: "outbox", spread: Spread::Beside { column: "record", of: CUSTOMERS }, traces: Traces::None },
    Table { name: "claims", spread: Spread::By("key"), traces: Traces::Indexes },
    // Nothing of an account or an address can be read out of its hash.
    Table { name: "failed_attempts", spread: Spread::By("key"), traces: Traces::None },
    Table { name: "receipts", spread: Spread::Beside { column: "key", of: "claims" }, traces: Traces::None },
    Table { name: "walks", spread: Spread::By("id"), traces: Traces::None },
    Table { name: "walk_parts", spread: Spread::Beside { column: "walk", of: "walks" }, traces: Traces::None },
    // Not everywhere: each write of such a table waits for every other one in the cluster, and each org's sequencer
    // holds its row for a whole round.
    Table { name: "feeds", spread: Spread::By("org"), traces: Traces::None },
    Table { name: "live_counts", spread: Spread::Beside { column: "org", of: "feeds" }, traces: Traces::None },
    // One machine has all visitors of an org, so that what one of them does is kept by one machine.
    Table { name: "visitors", spread: Spread::Beside { column: "org", of: "feeds" }, traces: Traces::Indexes },
    Table { name: "visits", spread: Spread::Beside { column: "org", of: "feeds" }, traces: Traces::Indexes },
    Table { name: "tracked", spread: Spread::Beside { column: "org", of: "feeds" }, traces: Traces::Indexes },
];

const CUSTOMERS: &str = Kind::Customer.spec().table;

impl Table {
    /// The statement that spreads it, in this many shards.
    pub(super) fn statement(&self, shards: u32) -> String {
        let name = self.name;
        match self.spread {
            Spread::Everywhere => format!("SELECT create_reference_table('{name}')"),
            Spread::By(column) => {
                let how = format!("colocate_with => 'none', shard_count => {shards}");
                format!("SELECT create_distributed_table('{name}', '{column}', {how})")
            }
            Spread::Beside { column, of } => {
                format!("SELECT create_distributed_table('{name}', '{column}', colocate_with => '{of}')")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_after_the_one_it_is_beside() {
        for (place, table) in TABLES.iter().enumerate() {
            if let Spread::Beside { of, .. } = table.spread {
                assert!(TABLES[..place].iter().any(|earlier| earlier.name == of), "{}", table.name);
            }
        }
    }
}
