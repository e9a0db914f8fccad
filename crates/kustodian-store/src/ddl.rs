//! The table of a kind, as a migration creates it: written once for each engine, from the kind's declaration. A migration
//! is printed by `cargo xtask schema KIND`, committed, and never changed; tests compare migrated databases with this.

use kustodian_core::kind::{DUE_AT, Kind, Spec};

/// The statements that create the table of a kind and its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ddl {
    /// On SQLite.
    pub sqlite: String,
    /// On PostgreSQL.
    pub postgres: String,
}

/// How an engine writes a table.
struct Dialect {
    key: &'static str,
    id: &'static str,
    text: &'static str,
    number: &'static str,
    boolean: &'static str,
    document: &'static str,
    primary_key: fn(&Spec) -> String,
    options: &'static str,
    unique: fn(&str) -> String,
    live: &'static str,
    deleted: &'static str,
}

const SQLITE: Dialect = Dialect {
    key: "    key        INTEGER PRIMARY KEY,\n",
    id: "TEXT",
    text: "TEXT",
    number: "INTEGER",
    boolean: "INTEGER",
    document: "ANY",
    primary_key: |_| String::new(),
    options: " STRICT",
    unique: |table| format!("CREATE UNIQUE INDEX {table}_by_id ON {table} (org, id, deleted);\n"),
    live: "deleted = 0",
    deleted: "deleted = 1",
};

const POSTGRES: Dialect = Dialect {
    key: "",
    id: "text COLLATE \"C\"",
    text: "text COLLATE \"C\"",
    number: "bigint",
    boolean: "boolean",
    document: "text COLLATE \"C\"",
    primary_key: |spec| {
        // A primary key holds the column that its table is distributed by.
        let home = if spec.has_home() { ", home" } else { "" };
        format!(",\n    PRIMARY KEY (org, id{home}) INCLUDE (deleted)")
    },
    options: "",
    unique: |_| String::new(),
    live: "NOT deleted",
    deleted: "deleted",
};

/// What creates the table of a kind.
pub fn ddl(kind: Kind) -> Ddl {
    Ddl { sqlite: SQLITE.table(kind.spec()), postgres: POSTGRES.table(kind.spec()) }
}

impl Dialect {
    fn table(&self, spec: &Spec) -> String {
        let Self { key, id, text, number, boolean, document, primary_key, options, .. } = self;
        let table = spec.table;
        let narrowing: String =
            spec.columns.iter().map(|column| format!(",\n    {:<10} {text}", column.name)).collect();
        let home = if spec.has_home() { format!(",\n    home       {text} NOT NULL") } else { String::new() };
        let columns = format!(
            "{key}    id         {id} NOT NULL,\n    org        {number} NOT NULL,\n    rev        {number} NOT NULL,\n    \
             format     {number} NOT NULL,\n    deleted    {boolean} NOT NULL,\n    created_at {number} NOT NULL,\n    \
             updated_at {number} NOT NULL,\n    document   {document} NOT NULL{narrowing}{home}{}",
            primary_key(spec)
        );
        format!("CREATE TABLE {table} (\n{columns}\n){options};\n\n{}", self.indexes(spec))
    }

    fn indexes(&self, spec: &Spec) -> String {
        let (table, live, deleted) = (spec.table, self.live, self.deleted);
        let mut indexes = (self.unique)(table);
        if spec.is_listed_by_time {
            for column in ["created_at", "updated_at"] {
                indexes.push_str(&format!(
                    "CREATE INDEX {table}_by_{column} ON {table} (org, {column}, id) WHERE {live};\n"
                ));
            }
        }
        if spec.is_listed_when_deleted() {
            for (column, order) in [("id", "id"), ("created_at", "created_at, id"), ("updated_at", "updated_at, id")] {
                let name = spec.index_of_deleted(column);
                indexes.push_str(&format!("CREATE INDEX {name} ON {table} (org, {order}) WHERE {deleted};\n"));
            }
        }
        for list in spec.lists {
            let (name, columns) = (spec.index_of(list), list.join(", "));
            let present: String = list.iter().map(|column| format!(" AND {column} IS NOT NULL")).collect();
            let (deleted, live) = if spec.lists_deleted(list) { (", deleted", "") } else { ("", live) };
            let condition = format!("{live}{present}");
            let condition = condition.trim_start_matches(" AND ");
            indexes.push_str(&format!(
                "CREATE INDEX {name} ON {table} (org, {columns}{deleted}, id) WHERE {condition};\n"
            ));
        }
        if spec.is_timed() {
            // Over all orgs: the search for elapsed timers covers all of them.
            indexes.push_str(&format!(
                "CREATE INDEX {} ON {table} ({DUE_AT}, org, id) WHERE {live} AND {DUE_AT} IS NOT NULL;\n",
                spec.index_of(&[DUE_AT])
            ));
        }
        if spec.has_home() {
            // What an erasure of the home erases, deleted records included.
            indexes.push_str(&format!("CREATE INDEX {table}_by_home ON {table} (org, home, id) WHERE home <> id;\n"));
        }
        indexes
    }
}
