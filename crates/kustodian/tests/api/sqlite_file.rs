//! The bytes in the file of an SQLite database, whatever its tables have.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// The words with this beginning in a file and those beside it, and where: a line each.
pub(crate) fn traces(file: &str, mark: &str) -> Vec<String> {
    let read = |ending| (ending, std::fs::read(format!("{file}{ending}")).unwrap_or_default());
    let mut places = ["", "-wal", "-shm", "-journal"].map(read).to_vec();
    // Compressed data is read by its rows.
    let documents = Kind::ALL.map(|kind| (kind.spec().table, "document"));
    for (table, column) in documents.into_iter().chain([("events", "changes"), ("events", "snapshot")]) {
        places.push((table, unpacked(file, &format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL"))));
    }
    let found = places.iter().flat_map(|(place, bytes)| {
        words(bytes, mark).into_iter().map(move |word| if place.is_empty() { word } else { format!("{place}: {word}") })
    });
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

fn unpacked(file: &str, sql: &str) -> Vec<u8> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut texts = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        match row.get_ref_unwrap(0) {
            ValueRef::Text(text) => texts.extend_from_slice(text),
            ValueRef::Blob(packed) => texts.extend(kustodian_store::packed_text(packed).unwrap().into_bytes()),
            other => panic!("{other:?} in {sql}"),
        }
    }
    texts
}

/// Letters, three at least behind the beginning, and a number: nothing that occurs by chance.
fn words(bytes: &[u8], mark: &str) -> Vec<String> {
    let word = |begin: usize| {
        let rest = &bytes[begin..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let digits = rest[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_word = letters >= mark.len() + 3 && digits > 0;
        is_word.then(|| String::from_utf8_lossy(&rest[..letters + digits]).into_owned())
    };
    let begins = bytes.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark.as_bytes());
    begins.filter_map(|(begin, _)| word(begin)).collect()
}
