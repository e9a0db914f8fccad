//! Writes what SQLite's steps lead to: `newest.sql` and `names.txt` beside them; `cargo xtask schema` runs it. The steps are
//! read from their folder, so one that the program does not have yet is included.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rusqlite::Connection;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/schema");
    let connection = Connection::open_in_memory()?;
    let mut before = BTreeSet::new();
    let mut changes = String::new();
    for step in steps(&folder)? {
        connection.execute_batch(&fs::read_to_string(&step)?)?;
        let after = names(&connection)?;
        let version = step.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (sign, name) in
            before.difference(&after).map(|name| ('-', name)).chain(after.difference(&before).map(|name| ('+', name)))
        {
            changes.push_str(&format!("{version} {sign} {name}\n"));
        }
        before = after;
    }
    fs::write(folder.join("names.txt"), changes)?;
    fs::write(folder.join("newest.sql"), script(&connection)?)?;
    Ok(())
}

/// The files of the steps, in order.
fn steps(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let is_step = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "sql")
            && path.file_stem().is_some_and(|name| name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut steps: Vec<PathBuf> = files.into_iter().filter(is_step).collect();
    steps.sort();
    Ok(steps)
}

fn names(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    texts(connection, "SELECT name FROM sqlite_schema").map(BTreeSet::from_iter)
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// Every statement as SQLite keeps it, in its order, and the rows that the steps insert.
fn script(connection: &Connection) -> rusqlite::Result<String> {
    let mut script = String::from(
        "-- The newest schema at once, for a new file. Generated from the steps by `cargo xtask schema`: change nothing here.\n",
    );
    // The tables in which a virtual table keeps its rows are created with it; SQLite creates its own, which are numbered.
    let statements = "SELECT sql FROM sqlite_schema AS object WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND NOT EXISTS (SELECT 1 FROM pragma_table_list AS list WHERE list.name = object.tbl_name AND list.type = 'shadow') \
         ORDER BY rowid";
    for statement in texts(connection, statements)? {
        script.push_str(&format!("\n{statement};\n"));
    }
    script.push('\n');
    for table in
        texts(connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name")?
    {
        if !table.starts_with("sqlite_") {
            script.push_str(&rows(connection, &table)?);
        }
    }
    for table in texts(
        connection,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual' ORDER BY name",
    )? {
        // Settings of an index of words; `version` is its form, which it writes itself.
        let settings = format!(
            "SELECT 'INSERT INTO {table} ({table}, rank) VALUES (' || quote(k) || ', ' || quote(v) || ');' \
             FROM {table}_config WHERE k <> 'version' ORDER BY k"
        );
        for statement in texts(connection, &settings)? {
            script.push_str(&format!("{statement}\n"));
        }
    }
    Ok(script)
}

/// A statement for each row of a table.
fn rows(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
    let columns: Vec<&str> = statement.column_names().collect();
    let values = columns.iter().map(|name| format!("quote({name})")).collect::<Vec<_>>().join(" || ', ' || ");
    let columns = columns.join(", ");
    let each = texts(connection, &format!("SELECT {values} FROM {table}"))?;
    Ok(each.iter().map(|values| format!("INSERT INTO {table} ({columns}) VALUES ({values});\n")).collect())
}
