//! Which column becomes what.

use std::collections::HashMap;

use kustomer_api::custom::{Suffix, is_key};
use serde_json::{Map, Value};

use super::cell::Style;
use super::headers::{CUSTOM, CustomName, custom};
use super::infer;
use super::item::flat;
use super::kinds::Imported;
use super::names::{ItemTarget, Names, Target};
use super::rows::{Content, ReadRow};
use crate::failure::Failure;

/// The most attributes that a file may name.
const MAX_NAMES: usize = 1_000;

/// What `--map` says of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    /// The column: its name, or `#` and its number.
    pub(crate) column: String,
    /// The attribute; empty leaves the column out.
    pub(crate) attribute: String,
}

impl std::str::FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, attribute) = text.rsplit_once('=').ok_or("write it as COLUMN=ATTRIBUTE")?;
        Ok(Self { column: column.trim().to_owned(), attribute: attribute.trim().to_owned() })
    }
}

/// A column and its attribute.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name, as the file has it.
    pub(crate) name: String,
    /// Its attribute.
    pub(crate) target: Target,
}

/// The attributes of a file's columns.
pub(crate) struct Mapping {
    pub(crate) kind: Imported,
    pub(crate) style: Style,
    columns: Vec<Column>,
    names: Names,
    overrides: Vec<Override>,
    /// The columns by their names, where each row names its own.
    by_name: HashMap<String, usize>,
    /// Whether the columns are those of a table.
    is_table: bool,
}

impl Mapping {
    /// Whether the columns are those of a table, and have numbers.
    pub(crate) fn is_table(&self) -> bool {
        self.is_table
    }

    /// What these columns become, by their names, by `--map`, and by the first rows.
    ///
    /// # Errors
    /// When a column has no place, two have the same, or `--map` names an unknown column.
    pub(crate) fn new(
        kind: Imported,
        columns: &[String],
        first: &[ReadRow],
        overrides: Vec<Override>,
        style: Style,
    ) -> Result<Self, Failure> {
        let names = Names::of(kind);
        let (by_name, is_table) = (HashMap::new(), !columns.is_empty());
        let mut mapping = Self { kind, style, columns: Vec::new(), names, overrides, by_name, is_table };
        for (at, name) in columns.iter().enumerate() {
            let values = first.iter().filter_map(|row| match &row.as_ref().ok()?.content {
                Content::Cells(cells) => cells.get(at).map(String::as_str),
                Content::Object(_) => None,
            });
            let target = mapping.target(at, name, values)?;
            mapping.columns.push(Column { name: name.clone(), target });
        }
        let objects: Vec<Map<String, Value>> = first
            .iter()
            .filter_map(|row| match &row.as_ref().ok()?.content {
                Content::Object(object) => Some(flat(kind, object)),
                Content::Cells(_) => None,
            })
            .collect();
        for name in objects.iter().flat_map(Map::keys) {
            mapping.learn(name, || objects.iter().filter_map(|object| object.get(name)).map(text_of).collect())?;
        }
        if columns.is_empty() {
            mapping.overrides.iter().try_for_each(|given| match mapping.by_name.contains_key(&given.column) {
                true => Ok(()),
                false => Err(unknown(given, &mapping.columns)),
            })?;
        } else {
            mapping.check_overrides()?;
        }
        mapping.number_items();
        mapping.refuse_doubles()?;
        Ok(mapping)
    }

    /// The columns in their order.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The place of an attribute that a row names, which is learnt when it is a new one.
    ///
    /// # Errors
    /// When it has no place.
    pub(crate) fn place(&mut self, name: &str, value: &Value) -> Result<usize, Failure> {
        self.learn(name, || vec![text_of(value)])
    }

    fn learn(&mut self, name: &str, values: impl FnOnce() -> Vec<String>) -> Result<usize, Failure> {
        if let Some(at) = self.by_name.get(name) {
            return Ok(*at);
        }
        if self.columns.len() >= MAX_NAMES {
            return Err(Failure::new(format!("the file names more than {MAX_NAMES} attributes")));
        }
        let (at, values) = (self.columns.len(), values());
        let target = self.target(at, name, values.iter().map(String::as_str))?;
        self.columns.push(Column { name: name.to_owned(), target });
        self.by_name.insert(name.to_owned(), at);
        Ok(at)
    }

    fn target<'a>(
        &self,
        at: usize,
        name: &str,
        values: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Target, Failure> {
        if let Some(given) = self.given(at, name) {
            return self.overridden(given);
        }
        let number = format!("#{}", at + 1);
        if name.is_empty() {
            return match values.clone().all(|value| value.trim().is_empty()) {
                true => Ok(Target::LeftOut("it has no name and no values".to_owned())),
                false => Err(Failure::new(format!(
                    "line 1, column {}: it has values and no name: name it, or say what it becomes with --map '{number}=ATTRIBUTE'",
                    at + 1
                ))),
            };
        }
        if let Some(target) = self.names.find(name) {
            return Ok(target);
        }
        let nameless = || {
            Failure::new(format!(
                "column {} ({name}): no attribute is called so; say what it becomes with --map '{name}=ATTRIBUTE', or leave it \
                 out with --map '{name}='",
                at + 1
            ))
        };
        match custom(name).filter(|_| self.names.has_custom).ok_or_else(nameless)? {
            // "Order ID" is the number of an order, unless its values are ids of records.
            CustomName::Key(key, suffix)
                if suffix != Suffix::Id || name.starts_with(CUSTOM) || infer::are_ids(values.clone()) =>
            {
                Ok(Target::Custom { key, is_inferred: false })
            }
            CustomName::Key(base, _) | CustomName::Base(base) => {
                let key = format!("{base}{}", infer::suffix(values, self.style));
                if is_key(&key) { Ok(Target::Custom { key, is_inferred: true }) } else { Err(nameless()) }
            }
        }
    }

    /// The `--map` of a column.
    pub(crate) fn given(&self, at: usize, name: &str) -> Option<&Override> {
        let number = format!("#{}", at + 1);
        self.overrides.iter().find(|given| given.column == name || given.column == number)
    }

    fn overridden(&self, given: &Override) -> Result<Target, Failure> {
        if given.attribute.is_empty() {
            return Ok(Target::LeftOut("--map says so".to_owned()));
        }
        if let Some(target) = self.names.find(&given.attribute.replace('.', " ")) {
            return match target {
                Target::LeftOut(reason) => Err(Failure::new(format!(
                    "--map {}: {} cannot be written: {reason}",
                    given.column, given.attribute
                ))),
                other => Ok(other),
            };
        }
        match custom(&given.attribute).filter(|_| self.names.has_custom) {
            Some(CustomName::Key(key, _)) => Ok(Target::Custom { key, is_inferred: false }),
            _ => {
                let suffixes = Suffix::ALL.map(Suffix::as_str).join(", ");
                Err(Failure::new(format!(
                    "--map {}: no attribute is called {:?}; a custom one ends in one of {suffixes}",
                    given.column, given.attribute
                )))
            }
        }
    }

    fn check_overrides(&self) -> Result<(), Failure> {
        let is_known = |given: &&Override| {
            let is_number = |at: usize| given.column == format!("#{}", at + 1);
            self.columns.iter().enumerate().any(|(at, column)| column.name == given.column || is_number(at))
        };
        match self.overrides.iter().find(|given| !is_known(given)) {
            Some(given) => Err(unknown(given, &self.columns)),
            None => Ok(()),
        }
    }

    /// Gives columns that mean the same member of the same item another item each: a second column `email` is a second
    /// address.
    fn number_items(&mut self) {
        let mut taken: Vec<(&str, &str, Option<&str>, String)> = Vec::new();
        for column in &mut self.columns {
            let Target::Item(ItemTarget { list, member, of_type, number }) = &mut column.target else { continue };
            while taken.contains(&(list.name, member.name, *of_type, number.clone())) {
                number.push('+');
            }
            taken.push((list.name, member.name, *of_type, number.clone()));
        }
    }

    fn refuse_doubles(&self) -> Result<(), Failure> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (at, column) in self.columns.iter().enumerate() {
            let what = match &column.target {
                Target::Attribute(property) => property.name.to_owned(),
                Target::NamePart { is_first } => if *is_first { "the first name" } else { "the last name" }.to_owned(),
                Target::Custom { key, .. } => format!("custom.{key}"),
                Target::Item(_) | Target::LeftOut(_) => continue,
            };
            if let Some(before) = seen.insert(what.clone(), at) {
                let first = &self.columns[before].name;
                return Err(Failure::new(format!(
                    "line 1, column {}: {} is {what}, as is column {} ({first}): leave one of them out with --map '#{}='",
                    at + 1,
                    column.name,
                    before + 1,
                    at + 1
                )));
            }
        }
        Ok(())
    }
}

fn unknown(given: &Override, columns: &[Column]) -> Failure {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    Failure::new(format!("--map {}: there is no such column; there are: {}", given.column, names.join(", ")))
}

/// A value as a cell would hold it.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::*;

    fn mapped(columns: &[&str], rows: &[&[&str]], overrides: &[&str]) -> Result<Vec<String>, String> {
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let row = |cells: &&[&str]| {
            Ok(Row {
                line: 2,
                content: Content::Cells(cells.iter().map(ToString::to_string).collect()),
                text: String::new(),
            })
        };
        let rows: Vec<ReadRow> = rows.iter().map(row).collect();
        let overrides = overrides.iter().map(|given| given.parse().unwrap()).collect();
        let mapping = Mapping::new(Imported::Customers, &columns, &rows, overrides, Style::default());
        mapping
            .map(|mapping| mapping.columns().iter().map(super::super::shown::target).collect())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn columns_without_an_attribute_become_custom_ones_by_their_values() {
        let columns = ["Name", "tier", "score", "Last order", "E-mail", "E-mail", "", "tags_str"];
        let rows: &[&[&str]] =
            &[&["Ada", "gold", "12.5", "2026-01-31", "a@x", "b@x", "", "a"], &["", "", "7", "", "", "", "", ""]];
        let mapping = mapped(&columns, rows, &[]).unwrap();
        assert_eq!(
            mapping,
            [
                "name",
                "custom.tierStr (by its first values)",
                "custom.scoreNum (by its first values)",
                "custom.lastOrderAt (by its first values)",
                "emails[].email",
                "emails[].email",
                "left out: it has no name and no values",
                "custom.tagsStr",
            ]
        );
    }

    #[test]
    fn map_decides_and_a_column_without_a_place_is_refused() {
        let mapping =
            mapped(&["who", "kind", "x"], &[&["Ada", "1", ""]], &["who=name", "kind=levelStr", "#3="]).unwrap();
        assert_eq!(mapping, ["name", "custom.levelStr", "left out: --map says so"]);
        for (columns, overrides, words) in [
            (&["name", "Name"][..], &[][..], "line 1, column 2: Name is name, as is column 1"),
            (&["name"], &["nam=name"], "--map nam: there is no such column; there are: name"),
            (&["name"], &["name=nonsense"], "no attribute is called \"nonsense\""),
            (&["name"], &["name=updatedAt"], "updatedAt cannot be written"),
            (&["name", ""], &[], "line 1, column 2: it has values and no name"),
            (&["name", "***"], &[], "column 2 (***): no attribute is called so"),
        ] {
            let refused = mapped(columns, &[&["a", "b"]], overrides).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
