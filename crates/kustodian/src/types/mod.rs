//! `kustodian types`: definitions for programs, out of what an org's metadata says of custom attributes.

mod json_schema;
mod rust;
mod typescript;

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use kustodian_core::metadata::display_name;
use kustomer_api::custom::Suffix;
use kustomer_api::metadata::{AttributeMetadata, Metadata};
use kustomer_api::query::PageQuery;
use kustomer_client::Client;

use crate::failure::Failure;
use crate::output::print;

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct TypesArguments {
    /// The language.
    #[arg(long)]
    lang: Language,
    /// The kinds of records, such as customer or kobject.order; all that are described when none is named.
    #[arg(value_name = "KIND")]
    kinds: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Structs for serde; they need the crates serde, serde_json and kustomer-client.
    Rust,
    /// Interfaces.
    Typescript,
    /// A JSON Schema with a definition for each kind.
    JsonSchema,
}

/// A kind of record and its custom attributes.
struct Described {
    /// Such as `customer` or `kobject.order`.
    name: String,
    /// The name of its type, which no other has.
    type_name: String,
    attributes: Vec<Attribute>,
}

/// A custom attribute.
struct Attribute {
    key: String,
    suffix: Suffix,
    display_name: String,
    /// The values it is chosen from; any when empty.
    values: Vec<String>,
    /// Whether an id may be a list of ids.
    is_multi: bool,
    /// Whether a mask may be in the place of its value.
    is_sensitive: bool,
}

/// Reads the metadata and prints the definitions.
pub(crate) async fn run(client: &Client, arguments: TypesArguments) -> Result<(), Failure> {
    let mut written: Vec<Metadata> = Vec::new();
    if arguments.kinds.is_empty() {
        let mut walk = client.metadata().list(&PageQuery::default()).walk();
        while let Some(metadata) = walk.next().await? {
            written.push(metadata);
        }
    }
    for kind in &arguments.kinds {
        written.push(client.metadata().get(kind).await?.data);
    }
    written.sort_by(|one, other| one.id.cmp(&other.id));
    written.dedup_by(|one, other| one.id == other.id);
    let mut names = Names::default();
    let described: Vec<Described> = written.into_iter().map(|metadata| describe(metadata, &mut names)).collect();
    print(&match arguments.lang {
        Language::Rust => rust::write(&described),
        Language::Typescript => typescript::write(&described),
        Language::JsonSchema => json_schema::write(&described)?,
    })
}

fn describe(metadata: Metadata, names: &mut Names) -> Described {
    let properties = metadata.attributes.properties.into_value().unwrap_or_default();
    let attribute = |(key, about): (String, AttributeMetadata)| {
        let suffix = Suffix::of(&key).filter(|_| about.deleted_at.value().is_none())?;
        Some(Attribute {
            display_name: about.display_name.value().cloned().unwrap_or_else(|| display_name(&key)),
            is_multi: about.multi.value() == Some(&true),
            is_sensitive: about.is_sensitive(),
            values: about.enumeration.into_value().unwrap_or_default(),
            key,
            suffix,
        })
    };
    Described {
        type_name: names.unused(format!("{}Custom", pascal_case(&metadata.id))),
        attributes: properties.into_iter().filter_map(attribute).collect(),
        name: metadata.id.into(),
    }
}

/// Names that are taken, each once.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// The name, or the name with a number after it if it is taken.
    fn unused(&mut self, name: String) -> String {
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let unused = std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let unused = unused.unwrap_or(name);
        self.0.insert(unused.clone());
        unused
    }
}

/// The words of a text: its runs of ASCII letters and digits, with borders before capitals.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for character in text.chars() {
        let is_border =
            before.is_none_or(|before: char| character.is_ascii_uppercase() && !before.is_ascii_uppercase());
        if !character.is_ascii_alphanumeric() {
            before = None;
            continue;
        }
        match words.last_mut().filter(|_| !is_border) {
            Some(word) => word.push(character),
            None => words.push(character.to_string()),
        }
        before = Some(character);
    }
    words
}

/// A text as the name of a type.
fn pascal_case(text: &str) -> String {
    let capital = |word: &String| word[..1].to_ascii_uppercase() + &word[1..];
    let name: String = words(text).iter().map(capital).collect();
    begun_by_letter(name, "V")
}

/// A text as the name of a member.
fn snake_case(text: &str) -> String {
    let name = words(text).iter().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join("_");
    begun_by_letter(name, "v_")
}

fn begun_by_letter(name: String, prefix: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("{prefix}{name}") }
}

/// A text for a comment: of one line, and without what ends one.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    line.replace("*/", "* /")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_a_program_whatever_the_text() {
        for (text, pascal, snake) in [
            ("kobject.order", "KobjectOrder", "kobject_order"),
            ("loyaltyTierStr", "LoyaltyTierStr", "loyalty_tier_str"),
            ("2nd class", "V2ndClass", "v_2nd_class"),
            ("größe", "GrE", "gr_e"),
            ("??", "V", "v_"),
        ] {
            assert_eq!((pascal_case(text).as_str(), snake_case(text).as_str()), (pascal, snake), "{text}");
        }
        let mut names = Names::default();
        let given = ["A", "A", "A2", "A"].map(|name| names.unused(name.to_owned()));
        assert_eq!(given, ["A", "A2", "A22", "A3"]);
    }
}
