//! The type of a column without a declared one, out of its first values.

use kustomer_api::ObjectId;
use kustomer_api::custom::{MAX_TEXT, Suffix};
use kustomer_api::format;
use kustomer_api::moment::Moment;

use super::cell::{LIST_SEPARATORS, Style, with_point, with_separator};

/// The suffix of the custom attribute that takes all of these values. Text takes all; no values are text.
pub(crate) fn suffix<'a>(values: impl Iterator<Item = &'a str> + Clone, style: Style) -> Suffix {
    let filled = || values.clone().map(str::trim).filter(|value| !value.is_empty());
    let all = |is: fn(&str) -> bool| filled().all(is);
    if filled().next().is_none() {
        return Suffix::Str;
    }
    if filled().all(|value| is_number(&with_point(value, style))) {
        Suffix::Num
    } else if all(is_boolean) {
        Suffix::Bool
    } else if all(is_moment) {
        Suffix::At
    } else if all(|value| value.contains("://") && format::is_url(value)) {
        Suffix::Url
    } else if filled().any(|value| value.contains('\n') || value.chars().count() > MAX_TEXT) {
        Suffix::Txt
    } else {
        Suffix::Str
    }
}

/// Whether all values are ids of records, or lists of them.
pub(crate) fn are_ids<'a>(mut values: impl Iterator<Item = &'a str>) -> bool {
    let is_id = |part: &str| part.trim_matches(['[', ']', '"', ' ']).parse::<ObjectId>().is_ok();
    values.all(|value| value.split(LIST_SEPARATORS).map(str::trim).filter(|part| !part.is_empty()).all(is_id))
}

/// Whether a text is a number that is answered as it was written: no postal code such as `01234`, no telephone number, and
/// no number of more digits than a double keeps.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_plain
        && !has_leading_zero
        && digits.bytes().filter(u8::is_ascii_digit).count() <= 15
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// Whether a text is a day or a moment: beginning with its year, or written with dots or slashes. Which of two numbers
/// before a slash is the day is asked later: a row that nobody can read is refused.
fn is_moment(text: &str) -> bool {
    let is_day_with = |separator| with_separator(text, separator).is_some();
    (text.get(4..5) == Some("-") && Moment::read(text).is_some()) || is_day_with('.') || is_day_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gets_the_narrowest_type_that_takes_all_its_values() {
        for (values, expected) in [
            (&["1", "", "-2.5"][..], Suffix::Num),
            (&["01234", "99999"], Suffix::Str),
            (&["12345678901234567890"], Suffix::Str),
            (&["+18005551212"], Suffix::Str),
            (&["true", "FALSE"], Suffix::Bool),
            (&["2026-01-31", "2026-01-31T12:00:00Z"], Suffix::At),
            (&["2026-01-31", "soon"], Suffix::Str),
            (&["31.01.2026", "1.2.2026 10:30"], Suffix::At),
            (&["3/5/2026"], Suffix::At),
            (&["1.2.3"], Suffix::Str),
            (&["10.20.30.40"], Suffix::Str),
            (&["https://acme.example/a"], Suffix::Url),
            (&["one\ntwo"], Suffix::Txt),
            (&["", " "], Suffix::Str),
            (&[], Suffix::Str),
        ] {
            assert_eq!(suffix(values.iter().copied(), Style::default()), expected, "{values:?}");
        }
        let commas = Style { has_decimal_commas: true, ..Style::default() };
        assert_eq!(suffix(["1,5", "-2"].into_iter(), commas), Suffix::Num);
    }
}
