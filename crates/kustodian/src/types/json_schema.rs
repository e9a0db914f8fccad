//! Definitions as a JSON Schema.

use kustomer_api::custom::Suffix;
use kustomer_api::metadata::MASK;
use serde_json::{Map, Value, json};

use super::{Attribute, Described};
use crate::failure::Failure;

pub(super) fn write(described: &[Described]) -> Result<String, Failure> {
    let definition = |Described { name, type_name, attributes }: &Described| {
        let properties: Map<String, Value> =
            attributes.iter().map(|attribute| (attribute.key.clone(), schema(attribute))).collect();
        let title = format!("The custom attributes of {name}");
        (type_name.clone(), json!({ "title": title, "type": "object", "properties": properties }))
    };
    let definitions: Map<String, Value> = described.iter().map(definition).collect();
    let document = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions });
    serde_json::to_string_pretty(&document).map_err(|error| Failure::new(error.to_string()))
}

fn schema(attribute: &Attribute) -> Value {
    let mut schema = match attribute.suffix {
        _ if !attribute.values.is_empty() => json!({ "enum": attribute.values }),
        Suffix::Num => json!({ "type": "number" }),
        Suffix::Bool => json!({ "type": "boolean" }),
        Suffix::At => json!({ "type": "string", "format": "date-time" }),
        Suffix::Url => json!({ "type": "string", "format": "uri" }),
        Suffix::Id if attribute.is_multi => {
            json!({ "type": ["string", "array"], "items": { "type": "string" } })
        }
        Suffix::Str | Suffix::Txt | Suffix::Id => json!({ "type": "string" }),
    };
    schema = match attribute.is_sensitive {
        true => json!({ "anyOf": [schema, { "const": MASK }, { "type": "null" }] }),
        false => json!({ "anyOf": [schema, { "type": "null" }] }),
    };
    schema["title"] = attribute.display_name.clone().into();
    schema
}
