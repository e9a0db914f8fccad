//! The key of a field.

use syn::{GenericArgument, PathArguments, Type};

/// The suffixes as they are written. A test compares them with those of kustomer-api, which this crate does not know: it
/// would be built a second time, for the machine that compiles.
pub(crate) const SUFFIXES: [&str; 7] = ["Num", "At", "Str", "Txt", "Bool", "Url", "Id"];

/// The longest key, in characters.
pub(crate) const MAX_KEY: usize = 255;

/// The suffix that a key ends in, behind at least one other character.
pub(crate) fn suffix_of(key: &str) -> Option<&'static str> {
    SUFFIXES.into_iter().find(|suffix| key.len() > suffix.len() && key.ends_with(suffix))
}

/// Why a key cannot be, in words.
pub(crate) fn fault(key: &str) -> Option<String> {
    if suffix_of(key).is_none() {
        return Some(format!(
            "the key {key:?} must end in one of Num, At, Str, Txt, Bool, Url or Id, behind its name: write it as it is in \
             Kustomer, such as \"{}Str\"",
            if key.is_empty() { "loyaltyTier" } else { key }
        ));
    }
    let is_legal = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    if let Some(other) = key.chars().find(|character| !is_legal(*character)) {
        return Some(format!("the key {key:?} must have letters, digits, _ and - alone, and has {other:?}"));
    }
    let length = key.chars().count();
    (length > MAX_KEY).then(|| format!("the key has {length} characters, and may have {MAX_KEY}"))
}

/// A field's name and suffix as a key. A name that ends in its suffix already gets no second one.
pub(crate) fn of_field(name: &str, suffix: &str) -> String {
    let camel = camel_case(name);
    if suffix_of(&camel) == Some(suffix) { camel } else { camel + suffix }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

/// The suffix that fields of this type have, as far as its name says.
pub(crate) fn suffix_of_type(of: &Type) -> Option<&'static str> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last()?;
    let name = last.ident.to_string();
    match name.as_str() {
        "Option" | "Field" => suffix_of_type(argument(&last.arguments)?),
        "Vec" => suffix_of_type(argument(&last.arguments)?).filter(|suffix| *suffix == "Id"),
        "String" => Some("Str"),
        "f64" | "i32" | "i64" | "u32" | "u64" => Some("Num"),
        "bool" => Some("Bool"),
        "Timestamp" => Some("At"),
        "ObjectId" => Some("Id"),
        other => SUFFIXES.into_iter().find(|suffix| *suffix == other),
    }
}

fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(of) => Some(of),
        _ => None,
    }
}
