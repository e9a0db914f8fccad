//! Numbers and moments as text that is ordered as they are, and the texts between two of them.

use std::ops::RangeInclusive;

const SIGN: u64 = 1 << 63;

/// How many characters such a text has.
const LENGTH: usize = 16;

/// How many of them count for [`cover`]: of a number those behind its 28th bit do not, of a moment some seconds.
const COVERED: usize = 12;

/// A number in 16 hexadecimal characters.
pub fn ordered_number(number: f64) -> String {
    // There is a negative zero, which equals the other.
    let bits = (number + 0.0).to_bits();
    format!("{:016x}", if bits & SIGN == 0 { bits | SIGN } else { !bits })
}

/// A moment, in milliseconds, in 16 hexadecimal characters.
pub fn ordered_moment(millis: i64) -> String {
    format!("{:016x}", millis.cast_unsigned() ^ SIGN)
}

/// Beginnings of all texts from one to another, both included; none is open. Some texts near the two begin so, too.
pub(super) fn cover(from: Option<&str>, to: Option<&str>) -> Vec<String> {
    let digits = |text: Option<&str>, open: u8| -> Vec<u8> {
        let of_text = text.unwrap_or_default().bytes().filter_map(|digit| char::from(digit).to_digit(16));
        let of_text: Vec<u8> = of_text.filter_map(|digit| u8::try_from(digit).ok()).collect();
        of_text.into_iter().chain(std::iter::repeat(open)).take(LENGTH).collect()
    };
    let (from, to) = (digits(from, 0), digits(to, 15));
    let mut beginnings = Vec::new();
    between(&from, &to, 0, &mut beginnings);
    beginnings
}

/// Adds the beginnings of what lies between two texts that have the first `at` digits in common.
fn between(from: &[u8], to: &[u8], at: usize, beginnings: &mut Vec<String>) {
    let (Some(first), Some(last)) = (from.get(at), to.get(at)) else { return add(&from[..at], None, beginnings) };
    let is_from_start = from[at..].iter().all(|digit| *digit == 0);
    let is_to_end = to[at..].iter().all(|digit| *digit == 15);
    match () {
        () if at == COVERED || is_from_start && is_to_end => add(&from[..at], None, beginnings),
        () if first > last => {}
        () if first == last => between(from, to, at + 1, beginnings),
        () => {
            let end: Vec<u8> = from[..=at].iter().copied().chain(std::iter::repeat(15)).take(LENGTH).collect();
            between(from, &end, at + 1, beginnings);
            add(&from[..at], Some(first + 1..=last - 1), beginnings);
            let start: Vec<u8> = to[..=at].iter().copied().chain(std::iter::repeat(0)).take(LENGTH).collect();
            between(&start, to, at + 1, beginnings);
        }
    }
}

/// Adds a beginning, or those that one of these digits follows.
fn add(beginning: &[u8], digits: Option<RangeInclusive<u8>>, beginnings: &mut Vec<String>) {
    let text: String = beginning.iter().map(|digit| format!("{digit:x}")).collect();
    match digits {
        None => beginnings.push(text),
        Some(digits) => beginnings.extend(digits.map(|digit| format!("{text}{digit:x}"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_ordered_as_they_are(one in -1e300..1e300_f64, other in -1e300..1e300_f64) {
            prop_assert_eq!(ordered_number(one).cmp(&ordered_number(other)), one.partial_cmp(&other).unwrap());
        }

        #[test]
        fn moments_are_ordered_as_they_are(one: i64, other: i64) {
            prop_assert_eq!(ordered_moment(one).cmp(&ordered_moment(other)), one.cmp(&other));
        }

        #[test]
        fn what_lies_between_two_moments_begins_as_one_of_their_cover(
            mut three in prop::array::uniform3(-5_000_000_000_000..5_000_000_000_000_i64), beside in -2_000_000_i64..2_000_000,
        ) {
            three.sort_unstable();
            let [from, within, to] = three;
            let beginnings = cover(Some(&ordered_moment(from)), Some(&ordered_moment(to)));
            let is_covered = |millis| {
                let text = ordered_moment(millis);
                beginnings.iter().any(|beginning| text.starts_with(beginning))
            };
            prop_assert!(is_covered(from) && is_covered(within) && is_covered(to));
            // 2^16 ms are the least that differs.
            prop_assert!(!is_covered(from - 65_536 - beside.abs()) && !is_covered(to + 65_536 + beside.abs()));
            prop_assert!(beginnings.len() <= 2 * 15 * COVERED);
        }
    }

    #[test]
    fn both_zeros_are_one() {
        assert_eq!(ordered_number(0.0), ordered_number(-0.0));
        assert!(ordered_number(-1.0) < ordered_number(0.0));
    }

    #[test]
    fn an_open_end_has_few_beginnings() {
        assert_eq!(cover(None, None), [""]);
        let from_eight = cover(Some("8"), None);
        assert_eq!(from_eight, ["8", "9", "a", "b", "c", "d", "e", "f"]);
        assert_eq!(cover(None, Some(&format!("2{:015}", 0))), ["0", "1", "200000000000"]);
        assert_eq!(cover(Some("90"), Some("8f")), [""; 0]);
    }
}
