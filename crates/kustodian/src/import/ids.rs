//! The ids that records have here, by those that they had where they were exported: what refers to them follows. A reference to
//! a record that is not here yet waits, and is written when it is.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use kustodian_core::kind::Kind;
use kustomer_api::ObjectId;
use kustomer_api::custom::Suffix;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::item::Item;
use super::rows::{Content, Row};
use crate::failure::Failure;

/// References that a server checks, beside those that are named like a kind of record: people, teams and queues, which no
/// import creates.
const CHECKED: [&str; 5] = ["assignedUsers", "assignedTeams", "assignedUser", "queue", "userMentions"];

/// References that it does not check.
const UNCHECKED: [&str; 3] = ["createdBy", "modifiedBy", "endedBy"];

/// Attributes of a record's past, which name users beside others.
const PAST: [&str; 5] = ["firstDone", "lastDone", "firstResponse", "lastResponse", "satisfactionLevel"];

/// What a line begins with that a reference waits in, and one whose reference has been written.
const WAITS: &str = "+ ";
const WRITTEN: &str = "- ";

/// A reference of a record that waits for what it refers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// The path of the record's list.
    pub(crate) path: String,
    /// The record's id here.
    pub(crate) id: String,
    /// The attribute: one of the record itself, or `custom.` and a key.
    pub(crate) attribute: String,
    /// Its value, with old ids.
    pub(crate) value: Value,
}

impl Waiting {
    fn json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| Failure::new(error.to_string()))
    }
}

/// The new ids by the old ones, the references that wait, and the file that keeps both for further imports.
pub(crate) struct Ids {
    /// Those that were known when this import began. Requests depend on them alone: an import that continues sends what it
    /// sent before.
    new: HashMap<ObjectId, ObjectId>,
    /// Those of this import's own records.
    own: HashMap<ObjectId, ObjectId>,
    begins_at: u64,
    /// By their lines.
    waiting: BTreeMap<String, Waiting>,
    file: Option<(PathBuf, File)>,
}

impl Ids {
    /// Those in this file, which is made when it is not there; without a file none are kept. `begins_at` is where those of
    /// this import begin in it; `None` when it begins only now.
    ///
    /// # Errors
    /// When it cannot be read or written, or holds something else.
    pub(crate) fn open(path: Option<&Path>, begins_at: Option<u64>) -> Result<Self, Failure> {
        let mut ids = Self {
            new: HashMap::new(),
            own: HashMap::new(),
            begins_at: begins_at.unwrap_or(u64::MAX),
            waiting: BTreeMap::new(),
            file: None,
        };
        let Some(path) = path else { return Ok(ids) };
        let failed = |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut place = 0;
        for (at, line) in BufReader::new(&file).lines().enumerate() {
            let line = line.map_err(failed)?;
            let is_own = place >= ids.begins_at;
            place += line.len() as u64 + 1;
            let waits = line.strip_prefix(WAITS);
            if let Some((json, one)) = waits.and_then(|json| Some((json, serde_json::from_str(json).ok()?))) {
                ids.waiting.insert(json.to_owned(), one);
                continue;
            }
            if let Some(json) = line.strip_prefix(WRITTEN) {
                ids.waiting.remove(json);
                continue;
            }
            let pair = line.split_once(' ').and_then(|(old, new)| Some((old.parse().ok()?, new.parse().ok()?)));
            let (old, id): (ObjectId, ObjectId) = pair.ok_or_else(|| {
                Failure::new(format!("{}, line {}: an old and a new id are expected", path.display(), at + 1))
            })?;
            (if is_own { &mut ids.own } else { &mut ids.new }).insert(old, id);
        }
        ids.begins_at = ids.begins_at.min(place);
        ids.file = Some((path.to_owned(), file));
        Ok(ids)
    }

    /// Where the ids of this import's records begin in the file.
    pub(crate) fn begins_at(&self) -> u64 {
        self.begins_at
    }

    /// Whether ids are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.file.is_some()
    }

    /// The id of the record that an earlier import made of this row.
    pub(crate) fn known(&self, row: &Row, columns: &[String]) -> Option<ObjectId> {
        self.new.get(&old_id(row, columns)?).copied()
    }

    /// Gives an item the new ids of the records that it refers to. References whose records have none yet are taken out: they
    /// wait, with their attributes. They may be to a record further down, or to one that no import creates. With `keeps_ids`
    /// imported records have the ids that they had: only references to others wait.
    pub(crate) fn follow(&self, item: &mut Item, keeps_ids: bool) -> Vec<(String, Value)> {
        let kinds = Kind::ALL.into_iter().map(|kind| kind.spec().name).filter(|name| !CHECKED.contains(name));
        for name in kinds.chain(UNCHECKED) {
            if let Some(value) = item.get_mut(name) {
                self.renew(value);
            }
        }
        for name in PAST {
            if let Some(value) = item.get_mut(name) {
                self.replace(value, false);
            }
        }
        let mut waiting = Vec::new();
        if !self.are_kept() {
            return waiting;
        }
        for name in CHECKED {
            if item.get_mut(name).is_some_and(|value| !self.renew(value)) {
                waiting.extend(item.remove(name).map(|value| (name.to_owned(), value)));
            }
        }
        if let Some(Value::Object(custom)) = item.get_mut("custom") {
            let of_ids = custom.iter_mut().filter(|(key, _)| Suffix::of(key) == Some(Suffix::Id));
            let unknown: Vec<String> =
                of_ids.filter_map(|(key, value)| (!self.renew(value) && !keeps_ids).then(|| key.clone())).collect();
            for key in unknown {
                waiting.extend(custom.remove(&key).map(|value| (format!("custom.{key}"), value)));
            }
            if custom.is_empty() {
                item.remove("custom");
            }
        }
        waiting
    }

    /// Replaces old ids within a value, if all of them have new ones: whether they have.
    fn renew(&self, value: &mut Value) -> bool {
        let mut renewed = value.clone();
        let is_known = self.replace(&mut renewed, false);
        if is_known {
            *value = renewed;
        }
        is_known
    }

    /// Replaces those old ids within a value that have new ones, `with_own` those of this import's records, too: whether all
    /// have.
    fn replace(&self, value: &mut Value, with_own: bool) -> bool {
        match value {
            Value::String(text) => {
                let Ok(old) = text.parse::<ObjectId>() else { return true };
                let own = || self.own.get(&old).filter(|_| with_own);
                let new = self.new.get(&old).or_else(own);
                if let Some(new) = new {
                    *text = new.to_string();
                }
                new.is_some()
            }
            // Each is replaced, also behind one that is not known.
            Value::Array(items) => {
                items.iter_mut().map(|item| u32::from(!self.replace(item, with_own))).sum::<u32>() == 0
            }
            Value::Object(members) => {
                members.values_mut().map(|member| u32::from(!self.replace(member, with_own))).sum::<u32>() == 0
            }
            _ => true,
        }
    }

    /// The references that wait, each with the change that writes it.
    pub(crate) fn waiting(&self) -> Vec<(Waiting, Item)> {
        let change = |one: &Waiting| {
            let mut value = one.value.clone();
            self.replace(&mut value, true);
            let change = match one.attribute.strip_prefix("custom.") {
                Some(key) => json!({ "custom": { key: value } }),
                None => json!({ &one.attribute: value }),
            };
            change.as_object().cloned().unwrap_or_default()
        };
        self.waiting.values().map(|one| (one.clone(), change(one))).collect()
    }

    /// Keeps a reference that waits.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn wait(&mut self, one: Waiting) -> Result<(), Failure> {
        let json = one.json()?;
        if self.waiting.contains_key(&json) {
            return Ok(());
        }
        self.append(&format!("{WAITS}{json}\n"))?;
        self.waiting.insert(json, one);
        Ok(())
    }

    /// Forgets a reference that has been written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn written(&mut self, one: &Waiting) -> Result<(), Failure> {
        let json = one.json()?;
        self.waiting.remove(&json);
        self.append(&format!("{WRITTEN}{json}\n"))
    }

    fn append(&mut self, lines: &str) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(lines.as_bytes());
        written.map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
    }

    /// Keeps the new ids of rows. Handed to the operating system when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep<'a>(
        &mut self,
        columns: &[String],
        made: impl Iterator<Item = (&'a Row, &'a str)>,
    ) -> Result<(), Failure> {
        if !self.are_kept() {
            return Ok(());
        }
        let mut lines = String::new();
        for (row, new) in made {
            let pair = old_id(row, columns).zip(new.parse().ok());
            let pair = pair.filter(|(old, new)| old != new && self.new.get(old) != Some(new));
            if let Some((old, new)) = pair {
                lines.push_str(&format!("{old} {new}\n"));
                self.own.insert(old, new);
            }
        }
        self.append(&lines)
    }
}

/// The id that the record of a row had.
fn old_id(row: &Row, columns: &[String]) -> Option<ObjectId> {
    match &row.content {
        Content::Object(object) => object.get("id")?.as_str()?.parse().ok(),
        Content::Cells(cells) => cells.get(columns.iter().position(|name| name == "id")?)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [&str; 2] = ["5c7d1a1f9a1b2c0010a1b2c1", "5c7d1a1f9a1b2c0010a1b2c2"];
    const NEW: [&str; 2] = ["6c7d1a1f9a1b2c0010a1b2c1", "6c7d1a1f9a1b2c0010a1b2c2"];

    #[test]
    fn an_import_that_continues_sends_what_it_sent_before_and_its_references_follow_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids");
        std::fs::write(&path, format!("{} {}\n", OLD[0], NEW[0])).unwrap();
        let of = |old: &str| json!({ "custom": { "friendId": old, "tierStr": "gold" } }).as_object().unwrap().clone();
        let mut ids = Ids::open(Some(&path), None).unwrap();
        let begins_at = ids.begins_at();
        let sent = |ids: &Ids| OLD.map(of).map(|mut item| (ids.follow(&mut item, false), item));
        let first = sent(&ids);
        assert_eq!(first[0].1["custom"]["friendId"], NEW[0]);
        assert_eq!(first[1].0, [("custom.friendId".to_owned(), json!(OLD[1]))]);
        assert_eq!(first[1].1["custom"], json!({ "tierStr": "gold" }));

        let row = Row {
            line: 1,
            content: Content::Object(json!({ "id": OLD[1] }).as_object().unwrap().clone()),
            text: String::new(),
        };
        ids.keep(&[], std::iter::once((&row, NEW[1]))).unwrap();
        let (path_of_list, id, attribute) = ("/customers".to_owned(), NEW[0].to_owned(), "custom.friendId".to_owned());
        ids.wait(Waiting { path: path_of_list, id, attribute, value: json!(OLD[1]) }).unwrap();
        let mut continued = Ids::open(Some(&path), Some(begins_at)).unwrap();
        assert_eq!(sent(&continued), first, "the server knows the request by its key and its body");
        let waiting = continued.waiting();
        assert_eq!(Value::Object(waiting[0].1.clone()), json!({ "custom": { "friendId": NEW[1] } }));
        continued.written(&waiting[0].0).unwrap();
        let later = Ids::open(Some(&path), None).unwrap();
        assert!(later.waiting().is_empty());
        assert_eq!(sent(&later)[1].1["custom"]["friendId"], NEW[1]);
    }
}
