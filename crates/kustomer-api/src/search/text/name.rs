//! Finds the attribute that a short name means.

use std::collections::BTreeSet;

use super::lexer::{Kind, Lexeme};
use super::{SyntaxError, fail};
use crate::custom::Suffix;
use crate::format::is_date_time;
use crate::search::{Attribute, CUSTOM_PREFIX, Class, Context, nearest};

/// The prefix of the names of all attributes of customers.
const PREFIX: &str = "customer_";

/// An attribute by its name on the wire.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) class: Class,
}

/// The attribute to search by that `name` means.
///
/// # Errors
/// When there is none, or more than one.
pub(super) fn find(name: &str, column: usize, custom: &[&str]) -> Result<Found, SyntaxError> {
    let is_known = |attribute: Attribute| attribute.is_criterion(false);
    if let Some(attribute) = standard(name, is_known) {
        return Ok(Found { name: attribute.name().to_owned(), class: attribute.class() });
    }
    let of_key = |key: &str| {
        Suffix::of(key).map(|suffix| Found { name: format!("{CUSTOM_PREFIX}{key}"), class: Class::of_suffix(suffix) })
    };
    let key = name.strip_prefix(CUSTOM_PREFIX).unwrap_or(name);
    if let Some(found) = of_key(key) {
        return Ok(found);
    }
    let mut meant = custom.iter().copied().filter(|known| bare(known).is_some_and(|bare| bare == key));
    match (meant.next(), meant.next()) {
        (Some(one), None) => of_key(one).ok_or_else(|| unknown(name, column, custom, is_known)),
        (Some(one), Some(other)) => Err(fail(column, format!("{name} may be {one} or {other}: write which"))),
        (None, _) => Err(unknown(name, column, custom, is_known)),
    }
}

/// The attribute to sort by that `name` means.
///
/// # Errors
/// When there is none.
pub(super) fn find_sort(name: &str, column: usize) -> Result<Attribute, SyntaxError> {
    let is_known = |attribute: Attribute| attribute.is_sortable(false);
    standard(name, is_known).ok_or_else(|| match standard(name, |attribute| attribute.is_criterion(false)) {
        Some(_) => fail(column, format!("a search cannot be sorted by {name}")),
        None => unknown(name, column, &[], is_known),
    })
}

/// The attribute of the table that a name means: with or without the prefix, case and underscores aside.
fn standard(name: &str, is_known: impl Fn(Attribute) -> bool) -> Option<Attribute> {
    let plain = |name: &str| {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        name.chars().filter(|character| *character != '_').flat_map(char::to_lowercase).collect::<String>()
    };
    let wanted = plain(name);
    Attribute::of(Context::Customer).find(|attribute| is_known(*attribute) && plain(attribute.name()) == wanted)
}

/// The keys of custom attributes that names mean which no attribute of the table has, by the values that they are compared
/// with. A name that is nearly that of an attribute is none.
pub(super) fn guessed(lexemes: &[Lexeme]) -> BTreeSet<String> {
    let is_known = |attribute: Attribute| attribute.is_criterion(false);
    let names = || Attribute::of(Context::Customer).filter(|attribute| is_known(*attribute)).map(Attribute::name);
    let bare = || names().map(|name| name.strip_prefix(PREFIX).unwrap_or(name));
    let mut keys = BTreeSet::new();
    for three in lexemes.windows(3) {
        let [Lexeme { kind: Kind::Word(name), .. }, Lexeme { kind: Kind::Sign(_), .. }, value] = three else {
            continue;
        };
        if standard(name, is_known).is_some() || Suffix::of(name).is_some() || nearest(name, bare()).is_some() {
            continue;
        }
        let suffix = match &value.kind {
            Kind::Word(value) if value.parse::<f64>().is_ok_and(f64::is_finite) => Suffix::Num,
            Kind::Word(value) if matches!(value.as_str(), "true" | "false") => Suffix::Bool,
            Kind::Word(value) if is_date_time(value) || is_day(value) => Suffix::At,
            Kind::Word(_) | Kind::Quoted(_) => Suffix::Str,
            _ => continue,
        };
        keys.insert(format!("{}{suffix}", name.strip_prefix(CUSTOM_PREFIX).unwrap_or(name)));
    }
    keys
}

/// Whether a value is a day, such as 2026-01-31.
fn is_day(value: &str) -> bool {
    is_date_time(&format!("{value}T00:00:00Z"))
}

/// A custom attribute's key without its suffix.
fn bare(key: &str) -> Option<&str> {
    Suffix::of(key).and_then(|suffix| key.strip_suffix(suffix.as_str()))
}

fn unknown(name: &str, column: usize, custom: &[&str], is_known: impl Fn(Attribute) -> bool) -> SyntaxError {
    let standard = Attribute::of(Context::Customer).filter(|attribute| is_known(*attribute));
    let standard = standard.map(|attribute| attribute.name().strip_prefix(PREFIX).unwrap_or(attribute.name()));
    let candidates = standard.chain(custom.iter().copied()).chain(custom.iter().filter_map(|key| bare(key)));
    let advice = match nearest(name, candidates) {
        Some(nearest) => format!("; did you mean {nearest}?"),
        None => "; a custom attribute is written with its suffix, such as tierStr or scoreNum".to_owned(),
    };
    let shown: String = name.chars().take(64).collect();
    fail(column, format!("there is no attribute {shown}{advice}"))
}
