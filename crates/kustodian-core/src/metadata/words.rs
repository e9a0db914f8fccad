//! What follows from the key of a custom attribute: its type, and its name in words.

use kustomer_api::custom::Suffix;

/// The type of the values of a suffix, as metadata names it.
pub(super) const fn type_of(suffix: Suffix) -> &'static str {
    match suffix {
        Suffix::Num => "number",
        Suffix::Bool => "boolean",
        Suffix::At => "date",
        Suffix::Str | Suffix::Txt | Suffix::Url | Suffix::Id => "string",
    }
}

/// The name of a custom attribute to show, unless its metadata has another: its key in words, without the suffix.
///
/// ```
/// use kustodian_core::metadata::display_name;
///
/// assert_eq!(display_name("totalOrdersNum"), "Total Orders");
/// assert_eq!(display_name("shop-a_VATIdNum"), "Shop A VAT Id");
/// ```
pub fn display_name(key: &str) -> String {
    let name = Suffix::of(key).and_then(|suffix| key.strip_suffix(suffix.as_str())).unwrap_or(key);
    let characters: Vec<char> = name.chars().collect();
    let mut words = String::with_capacity(name.len() + 8);
    let mut is_first = true;
    for (place, character) in characters.iter().copied().enumerate() {
        if matches!(character, '_' | '-') {
            is_first = true;
            continue;
        }
        let before = place.checked_sub(1).and_then(|before| characters.get(before)).copied();
        let after = characters.get(place + 1).copied();
        // `totalOrders` has a border before `O`, `VATId` one before `I`.
        let is_border = character.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()));
        if is_first || is_border {
            if !words.is_empty() {
                words.push(' ');
            }
            words.extend(character.to_uppercase());
        } else {
            words.push(character);
        }
        is_first = false;
    }
    words
}
