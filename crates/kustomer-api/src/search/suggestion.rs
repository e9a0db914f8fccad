//! What somebody probably meant.

/// How unlike the nearest name may be: 1 is the same, 0 has nothing in common.
const ALIKE: f64 = 0.7;

/// The longest name a suggestion is looked for, in bytes: nobody mistypes more, and the comparison is quadratic.
const MAX_NAME: usize = 128;

/// The candidate nearest to `name`, when one is near enough.
///
/// ```
/// use kustomer_api::search::{Attribute, nearest};
///
/// let names = || Attribute::ALL.iter().map(|attribute| attribute.name());
/// assert_eq!(nearest("customer_nmae", names()), Some("customer_name"));
/// assert_eq!(nearest("customer_emial", names()), Some("customer_email"));
/// assert_eq!(nearest("weather", names()), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}
