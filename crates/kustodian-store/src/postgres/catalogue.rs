//! Every table, and what it is distributed by where PostgreSQL is spread over several machines by the extension citus.
//!
//! The schema keeps to that everywhere: a unique index, a primary key or a foreign key holds the column its table is
//! distributed by, so that no constraint needs to look at two machines. `tests/postgres/schema.rs` compares this with
//! a migrated database.

/// A table.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Where its rows are.
    pub(super) spread: Spread,
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
        /// The other table, which stands earlier in [`TABLES`].
        of: &'static str,
    },
}

/// Every table but the list of migrations, which stays on the coordinator; in an order in which they can be spread.
pub(super) const TABLES: &[Table] = &[
    Table { name: "orgs", spread: Spread::Everywhere },
    Table { name: "tokens", spread: Spread::Everywhere },
    Table { name: "settings", spread: Spread::Everywhere },
    Table { name: "tags", spread: Spread::Everywhere },
    Table { name: "users", spread: Spread::Everywhere },
    Table { name: "teams", spread: Spread::Everywhere },
    Table { name: "shortcuts", spread: Spread::Everywhere },
    Table { name: "search_slots", spread: Spread::Everywhere },
    Table { name: "customers", spread: Spread::By("id") },
    Table { name: "customer_search", spread: Spread::Beside { column: "id", of: "customers" } },
    Table { name: "events", spread: Spread::Beside { column: "record", of: "customers" } },
    Table { name: "positions", spread: Spread::Beside { column: "record", of: "customers" } },
    Table { name: "outbox", spread: Spread::Beside { column: "record", of: "customers" } },
    Table { name: "claims", spread: Spread::By("key") },
    Table { name: "receipts", spread: Spread::Beside { column: "key", of: "claims" } },
    Table { name: "walks", spread: Spread::By("id") },
    Table { name: "walk_parts", spread: Spread::Beside { column: "walk", of: "walks" } },
    // Not everywhere: each write of such a table waits for every other one in the cluster, and each org's sequencer
    // holds its row for a whole round.
    Table { name: "feeds", spread: Spread::By("org") },
    Table { name: "live_counts", spread: Spread::Beside { column: "org", of: "feeds" } },
];

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
