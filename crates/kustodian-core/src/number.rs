//! Numbers that JSON can write and a double cannot hold: stored, they would come back with other digits.

use std::borrow::Cow;

use kustomer_api::validation::{Fault, escape, shortened};

/// How many significant digits every double keeps, whichever they are.
const ALWAYS_KEPT: usize = 15;

/// The most significant digits that the exact value of a double has.
const MOST_OF_A_DOUBLE: usize = 767;

/// A fault for each number in `json` that would lose digits, at most `max` of them. `json` is valid JSON.
pub(crate) fn lossy_numbers(json: &str, max: usize) -> Vec<Fault> {
    numbers(json, max, loses_digits)
}

fn numbers(json: &str, max: usize, is_wrong: impl Fn(&str) -> bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut place: Vec<Step<'_>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at).copied().filter(|_| faults.len() < max) {
        let length = match byte {
            b'"' => {
                let length = string_length(&json[at..]);
                if let Some(Step::Member { key, awaits_key }) = place.last_mut().filter(|step| step.awaits_key()) {
                    (*key, *awaits_key) = (json.get(at..at + length).unwrap_or_default(), false);
                }
                length
            }
            b'-' | b'0'..=b'9' => {
                let literal = &json[at..at + number_length(&json[at..])];
                if is_wrong(literal) {
                    faults.push(fault(&place, literal));
                }
                literal.len()
            }
            _ => {
                step(&mut place, byte);
                1
            }
        };
        at += length;
    }
    faults
}

/// A fault for each number in `json` that no double reaches, at most `max` of them; a reader of JSON stops at such a
/// number, and says no more of it than the column.
pub(crate) fn out_of_range_numbers(json: &str, max: usize) -> Vec<Fault> {
    numbers(json, max, |literal| literal.parse().is_ok_and(f64::is_infinite))
}

/// A step on the way to a value.
enum Step<'a> {
    /// Into an object; the key as it is written, quotes included.
    Member {
        key: &'a str,
        awaits_key: bool,
    },
    Item(usize),
}

impl Step<'_> {
    fn awaits_key(&self) -> bool {
        matches!(self, Self::Member { awaits_key: true, .. })
    }
}

fn step(place: &mut Vec<Step<'_>>, byte: u8) {
    match byte {
        b'{' => place.push(Step::Member { key: "", awaits_key: true }),
        b'[' => place.push(Step::Item(0)),
        b'}' | b']' => {
            place.pop();
        }
        b',' => match place.last_mut() {
            Some(Step::Member { awaits_key, .. }) => *awaits_key = true,
            Some(Step::Item(index)) => *index += 1,
            None => {}
        },
        _ => {}
    }
}

/// How many bytes the string takes that `json` begins with, quotes included.
fn string_length(json: &str) -> usize {
    let mut is_escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

fn number_length(json: &str) -> usize {
    json.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).unwrap_or(json.len())
}

/// Whether the double nearest to the number, written with as many digits, has others. Whole numbers of 64 bits are kept
/// as they are; one beyond is answered as the shortest digits that name the double, so it must be written in no others.
fn loses_digits(literal: &str) -> bool {
    if literal.parse::<i64>().is_ok() || literal.parse::<u64>().is_ok() {
        return false;
    }
    let mantissa = literal.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').trim_end_matches('0');
    let Ok(double) = literal.parse::<f64>() else { return true };
    if digits.is_empty() || (digits.len() <= ALWAYS_KEPT && double.is_normal()) {
        return false;
    }
    if digits.len() > MOST_OF_A_DOUBLE {
        return true;
    }
    let is_whole = literal.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let kept = match is_whole {
        true => format!("{:e}", double.abs()),
        false => format!("{:.*e}", digits.len() - 1, double.abs()),
    };
    let kept = kept.split('e').next().unwrap_or_default();
    !kept.chars().filter(char::is_ascii_digit).eq(digits.chars())
}

fn fault(place: &[Step<'_>], literal: &str) -> Fault {
    let pointer = place.iter().fold(String::new(), |path, step| match step {
        Step::Member { key, .. } => format!("{path}/{}", escape(&decoded(key))),
        Step::Item(index) => format!("{path}/{index}"),
    });
    let parameter = place.iter().rev().find_map(|step| match step {
        Step::Member { key, .. } => Some(shortened(&decoded(key))),
        Step::Item(_) => None,
    });
    let (what, advice) = match literal.parse::<f64>() {
        Ok(double) if double.is_infinite() => {
            ("is out of range", "send one up to 1.7976931348623157e308, or send it as text")
        }
        Ok(0.0) => ("is closer to 0 than a double can be", "send 0, or send it as text"),
        _ => ("has more digits than a double keeps", "send at most 15 significant digits, or send it as text"),
    };
    Fault {
        parameter: parameter.unwrap_or_default(),
        pointer: shortened(&pointer),
        title: format!("The number {} {what}", shortened(literal)),
        rule: String::new(),
        advice: advice.into(),
    }
}

/// A key as it is meant.
fn decoded(key: &str) -> Cow<'_, str> {
    serde_json::from_str::<String>(key).map_or(Cow::Borrowed(key), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_a_double_keeps_are_distinguished_from_those_it_loses() {
        for kept in [
            "0",
            "-0",
            "0.0",
            "120.0",
            "1e2",
            "0.1",
            "-0.125",
            "1E+21",
            "1e300",
            "123456789012345.6",
            // As programs print doubles with 17 digits, and exactly.
            "0.10000000000000001",
            "52.520006600000002",
            "0.1000000000000000055511151231257827",
            // Whole numbers of 64 bits.
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "12345678901234567",
            "18446744073709552000",
            "100000000000000000000",
            "5e-324",
            "4.9406564584124654e-324",
            "1.7976931348623157e308",
        ] {
            assert!(!loses_digits(kept), "{kept}");
        }
        let beyond_all = format!("0.{}", "12".repeat(100_000));
        for lost in [
            "0.1234567890123456789",
            "9007199254740993.0",
            "9007199254740993e0",
            "18446744073709551616",
            "18446744073709551617",
            "-9223372036854775809",
            "12345678901234567890123",
            "3.33333333333333333333",
            "1e-400",
            "1.2345e-320",
            beyond_all.as_str(),
        ] {
            assert!(loses_digits(lost), "{lost}");
        }
    }

    #[test]
    fn a_number_that_loses_digits_is_named_with_its_place() {
        let json = r#"{"a,\"[":[1,{"x":2},"3.33333333333333333333"],"custom":{"b\u002fNum":{"c":[0,0.1234567890123456789]}},"d":0.1234567890123456789}"#;
        let places = |max: usize| lossy_numbers(json, max).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
        assert_eq!(places(20), ["/custom/b~1Num/c/1", "/d"]);
        assert_eq!(places(1), ["/custom/b~1Num/c/1"]);
        assert_eq!(lossy_numbers(json, 20)[0].parameter, "c");
    }
}
