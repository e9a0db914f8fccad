//! Definitions in Rust.

use std::fmt::Write as _;

use kustomer_api::custom::Suffix;

use super::{Attribute, Described, Names, one_line, pascal_case, snake_case};

const HEAD: &str =
    "// Custom attributes, as the org's metadata describes them. Written by `kustodian types --lang rust`.

use kustomer_client::Field;
use serde::{Deserialize, Serialize};
";

const IDS: &str = "
/// An id, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ids {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}
";

pub(super) fn write(described: &[Described]) -> String {
    let mut out = HEAD.to_owned();
    let mut names = Names::default();
    described.iter().for_each(|described| drop(names.unused(described.type_name.clone())));
    if described.iter().flat_map(|described| &described.attributes).any(|attribute| attribute.is_multi) {
        names.unused("Ids".to_owned());
        out.push_str(IDS);
    }
    for Described { name, type_name, attributes } in described {
        let mut enums = String::new();
        let mut members = Names::default();
        let _ = write!(
            out,
            "\n/// The custom attributes of `{name}`.\n\
             #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]\npub struct {type_name} {{\n"
        );
        for attribute in attributes {
            let of = match attribute.values.is_empty() || attribute.is_sensitive {
                true => type_of(attribute).to_owned(),
                false => {
                    let of = names.unused(format!("{}{}", pascal_case(name), pascal_case(&attribute.key)));
                    write_enum(&mut enums, &of, attribute);
                    of
                }
            };
            let (about, member) = (one_line(&attribute.display_name), members.unused(snake_case(&attribute.key)));
            let key = &attribute.key;
            let _ = write!(
                out,
                "    /// {about}\n    #[serde(rename = {key:?}, default, skip_serializing_if = \"Field::is_absent\")]\n    \
                 pub {member}: Field<{of}>,\n"
            );
        }
        out.push_str("}\n");
        out.push_str(&enums);
    }
    out
}

fn type_of(attribute: &Attribute) -> &'static str {
    match attribute.suffix {
        // A mask is a text.
        _ if attribute.is_sensitive => "serde_json::Value",
        Suffix::Num => "f64",
        Suffix::Bool => "bool",
        Suffix::Id if attribute.is_multi => "Ids",
        Suffix::Str | Suffix::Txt | Suffix::Url | Suffix::At | Suffix::Id => "String",
    }
}

fn write_enum(out: &mut String, name: &str, attribute: &Attribute) {
    let mut variants = Names::default();
    variants.unused("Other".to_owned());
    let _ = write!(
        out,
        "\n/// The values of `{}`.\n#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]\npub enum {name} {{\n",
        attribute.key
    );
    for value in &attribute.values {
        let variant = variants.unused(pascal_case(value));
        let _ = write!(out, "    /// {}\n    #[serde(rename = {value:?})]\n    {variant},\n", one_line(value));
    }
    out.push_str("    /// One that is not described.\n    #[serde(untagged)]\n    Other(String),\n}\n");
}
