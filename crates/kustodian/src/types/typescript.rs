//! Definitions in TypeScript.

use std::fmt::Write as _;

use kustomer_api::custom::Suffix;
use kustomer_api::metadata::MASK;
use serde_json::Value;

use super::{Attribute, Described, one_line};

pub(super) fn write(described: &[Described]) -> String {
    let mut out =
        "// Custom attributes, as the org's metadata describes them. Written by `kustodian types --lang typescript`.\n"
            .to_owned();
    for Described { name, type_name, attributes } in described {
        let _ = write!(out, "\n/** The custom attributes of {name}. */\nexport interface {type_name} {{\n");
        for attribute in attributes {
            let (about, key) = (one_line(&attribute.display_name), quoted(&attribute.key));
            let _ = write!(out, "  /** {about} */\n  {key}?: {} | null;\n", type_of(attribute));
        }
        out.push_str("}\n");
    }
    out
}

fn type_of(attribute: &Attribute) -> String {
    let of = match attribute.suffix {
        _ if !attribute.values.is_empty() => {
            attribute.values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(" | ")
        }
        Suffix::Num => "number".to_owned(),
        Suffix::Bool => "boolean".to_owned(),
        Suffix::Id if attribute.is_multi => "string | string[]".to_owned(),
        Suffix::Str | Suffix::Txt | Suffix::Url | Suffix::At | Suffix::Id => "string".to_owned(),
    };
    if attribute.is_sensitive { format!("{of} | {}", quoted(MASK)) } else { of }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
