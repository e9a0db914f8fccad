//! Rows gathered for one request.

use kustomer_api::bulk::MAX_ITEMS;
use serde_json::Value;

use super::item::{Item, with_reference};
use super::rows::Row;

/// The maximum size of a request in bytes: below the server's limit.
const MAX_BYTES: usize = 3_500_000;

/// A row with its item.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The row, for the file of refused ones.
    pub(crate) row: Row,
    /// The id of its record, if an earlier import has created that.
    pub(crate) known: Option<String>,
    /// The item that creates its record.
    pub(crate) item: Item,
    /// What the record gets after that: only an update takes it.
    pub(crate) later: Item,
    /// The references that it gets when the records that they name are there.
    pub(crate) waiting: Vec<(String, Value)>,
}

/// Rows gathered for one request.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    entries: Vec<Entry>,
    texts: Vec<String>,
    bytes: usize,
}

impl Batch {
    /// Takes a row; hands back the batch that was full without it. `added` are members that each item of a request gets. A row
    /// whose record is known creates none.
    pub(crate) fn push(&mut self, entry: Entry, added: &Item) -> Option<Self> {
        let mut item = with_reference(&entry.item, entry.row.line);
        for (name, value) in added {
            item.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let text = Value::Object(item).to_string();
        let is_full = self.entries.len() >= MAX_ITEMS || self.bytes + text.len() > MAX_BYTES;
        let full = if is_full && !self.entries.is_empty() { Some(std::mem::take(self)) } else { None };
        self.bytes += text.len() + 1;
        if entry.known.is_none() {
            self.texts.push(text);
        }
        self.entries.push(entry);
        full
    }

    /// The rows.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The body of the request that creates records; `None` if every row has its record.
    pub(crate) fn body(&self) -> Option<String> {
        (!self.texts.is_empty()).then(|| format!("[{}]", self.texts.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Content;
    use super::*;

    #[test]
    fn a_batch_has_at_most_so_many_items_and_bytes() {
        let entry = |line: u64, bytes: usize| {
            let item = Item::from_iter([("name".to_owned(), "x".repeat(bytes).into())]);
            Entry {
                row: Row { line, content: Content::Cells(Vec::new()), text: String::new() },
                known: None,
                item,
                later: Item::new(),
                waiting: Vec::new(),
            }
        };
        for (bytes, expected) in [(1, 100), (1_000_000, 3)] {
            let (mut batch, mut sizes) = (Batch::default(), Vec::new());
            for line in 0..201 {
                let full = batch.push(entry(line, bytes), &Item::new());
                sizes.extend(full.map(|full| (full.entries().len(), full.body().unwrap().len())));
            }
            assert!(sizes.iter().all(|(length, bytes)| *length == expected && *bytes < 4 * 1024 * 1024), "{sizes:?}");
            assert_eq!(sizes.len() * expected + batch.entries().len(), 201);
        }
    }
}
