//! The mapping and the outcome, for people and for programs.

use serde_json::{Value, json};

use super::mapping::{Column, Mapping};
use super::names::{ItemTarget, Target};

/// The attribute of a column, in words.
pub(crate) fn target(column: &Column) -> String {
    match &column.target {
        Target::Attribute(property) => property.name.to_owned(),
        Target::Item(ItemTarget { list, member, of_type, .. }) => {
            let of_type = of_type.map(|of_type| format!(" ({of_type})")).unwrap_or_default();
            format!("{}[].{}{of_type}", list.name, member.name)
        }
        Target::NamePart { is_first: true } => "name (its first part)".to_owned(),
        Target::NamePart { is_first: false } => "name (its last part)".to_owned(),
        Target::Custom { key, .. } if key.is_empty() => "custom".to_owned(),
        Target::Custom { key, is_inferred: true } => format!("custom.{key} (by its first values)"),
        Target::Custom { key, is_inferred: false } => format!("custom.{key}"),
        Target::LeftOut(reason) => format!("left out: {reason}"),
    }
}

/// The mapping, a row for each column.
pub(crate) fn rows(mapping: &Mapping) -> Vec<Vec<String>> {
    mapping.columns().iter().map(|column| vec![column.name.clone(), target(column)]).collect()
}

/// The mapping, for programs.
pub(crate) fn as_json(mapping: &Mapping) -> Value {
    let columns = mapping.columns().iter();
    columns.map(|column| json!({ "column": column.name, "becomes": target(column) })).collect()
}
