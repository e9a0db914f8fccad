//! The names of columns as people and programs write them.

use kustomer_api::custom::{Suffix, is_key};

/// The letters and digits of a name, in lower case: `E-mail`, `e_mail` and `eMail` are the same.
pub(crate) fn bare(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name in camel case: `First name`, `first_name` and `first-name` become `firstName`.
fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for word in name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let is_shouted = word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
        let word = if is_shouted { word.to_lowercase() } else { word.to_owned() };
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        if camel.is_empty() {
            camel.extend(first.flat_map(char::to_lowercase));
        } else {
            camel.extend(first.flat_map(char::to_uppercase));
        }
        camel.push_str(letters.as_str());
    }
    camel
}

/// What the columns of custom attributes begin with in an export.
pub(crate) const CUSTOM: &str = "custom.";

/// The key of a custom attribute that a column names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CustomName {
    /// A whole key.
    Key(String, Suffix),
    /// A key without its suffix.
    Base(String),
}

/// The custom attribute that a column names; `None` when it has no letter that a key may have.
pub(crate) fn custom(name: &str) -> Option<CustomName> {
    let name = name.strip_prefix(CUSTOM).unwrap_or(name);
    if let (true, Some(suffix)) = (is_key(name), Suffix::of(name)) {
        return Some(CustomName::Key(name.to_owned(), suffix));
    }
    let camel = camel_case(name);
    match Suffix::of(&camel) {
        _ if !is_key(&camel) => None,
        // One word that ends like a suffix, such as `squat`, has none.
        Some(suffix) if camel.chars().any(char::is_uppercase) => Some(CustomName::Key(camel, suffix)),
        _ => Some(CustomName::Base(camel)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_however_they_are_written() {
        for name in ["First name", "first_name", "first-name", "firstName", "FIRST NAME", " First  Name "] {
            assert_eq!((bare(name).as_str(), camel_case(name).as_str()), ("firstname", "firstName"), "{name}");
        }
        let key = |key: &str, suffix| Some(CustomName::Key(key.to_owned(), suffix));
        for (name, custom_name) in [
            ("tierStr", key("tierStr", Suffix::Str)),
            ("tier_str", key("tierStr", Suffix::Str)),
            ("Last order at", key("lastOrderAt", Suffix::At)),
            ("custom.scoreNum", key("scoreNum", Suffix::Num)),
            ("squat", Some(CustomName::Base("squat".to_owned()))),
            ("VIP", Some(CustomName::Base("vip".to_owned()))),
            ("Größe", Some(CustomName::Base("größe".to_owned()))),
            ("***", None),
        ] {
            assert_eq!(custom(name), custom_name, "{name}");
        }
    }
}
