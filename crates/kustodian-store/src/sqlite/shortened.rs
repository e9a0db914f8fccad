//! Texts whose ids and moments are shortened: an id of 24 hexadecimal characters to 13 bytes, a moment as documents write it to
//! eight. All else is as it is. Documents are JSON, in which the two bytes that announce one are escaped; a text that has one
//! nevertheless cannot be shortened.

use memchr::memchr2;

/// Announces an id: twelve bytes follow.
const ID: u8 = 1;

/// Announces a moment: seven bytes follow.
const MOMENT: u8 = 2;

/// How many letters an id has, and how many a moment.
const LENGTH: usize = 24;
const ID_BYTES: usize = LENGTH / 2;
const MOMENT_BYTES: usize = 7;

/// How a moment is written; a digit for each `0`.
const MOMENT_FORM: &[u8; LENGTH] = b"0000-00-00T00:00:00.000Z";

/// The numbers of a moment: how many digits each has, and how many bits it takes. One that does not fit is no moment.
const NUMBERS: [(usize, u32); 7] = [(4, 14), (2, 4), (2, 5), (2, 5), (2, 6), (2, 6), (3, 10)];

/// The bytes that ids and moments consist of.
const LETTERS: [bool; 256] = {
    let mut letters = [false; 256];
    let mut rest: &[u8] = b"0123456789abcdef-T:.Z";
    while let [letter, others @ ..] = rest {
        letters[*letter as usize] = true;
        rest = others;
    }
    letters
};

/// A text shortened; `None` when it has one of the bytes that announce something.
pub(super) fn of(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if memchr2(ID, MOMENT, text).is_some() {
        return None;
    }
    let mut shortened = Vec::with_capacity(text.len());
    let (mut written, mut at) = (0, 0);
    while let Some(window) = text.get(at..at + LENGTH) {
        // Nothing that is shortened has a byte of another kind, so all windows with that byte are skipped.
        if let Some(place) = window.iter().rposition(|byte| !LETTERS[usize::from(*byte)]) {
            at += place + 1;
            continue;
        }
        let (moment, id) = (moment(window), id(window));
        if moment.is_none() && id.is_none() {
            at += 1;
            continue;
        }
        shortened.extend(text.get(written..at)?);
        match (moment, id) {
            (Some(moment), _) => {
                shortened.push(MOMENT);
                shortened.extend(moment);
            }
            (None, id) => {
                shortened.push(ID);
                shortened.extend(id?);
            }
        }
        at += LENGTH;
        written = at;
    }
    shortened.extend(text.get(written..)?);
    Some(shortened)
}

/// The text again; `None` when it is none of ours.
pub(super) fn whole(shortened: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(shortened.len() + shortened.len() / 4);
    let mut left = shortened;
    while let Some(place) = memchr2(ID, MOMENT, left) {
        let (before, announced) = left.split_at_checked(place)?;
        let (what, rest) = announced.split_first()?;
        text.extend_from_slice(before);
        left = if *what == ID {
            let (bytes, rest) = rest.split_first_chunk()?;
            text.extend_from_slice(&letters_of_id(bytes));
            rest
        } else {
            let (bytes, rest) = rest.split_first_chunk()?;
            text.extend_from_slice(&letters_of_moment(bytes));
            rest
        };
    }
    text.extend_from_slice(left);
    String::from_utf8(text).ok()
}

fn id(text: &[u8]) -> Option<[u8; ID_BYTES]> {
    let letters = text.get(..LENGTH)?;
    let mut bytes = [0; ID_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(letters.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// The two letters of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

fn letters_of_id(bytes: &[u8; ID_BYTES]) -> [u8; LENGTH] {
    let mut letters = [0; LENGTH];
    for (pair, byte) in letters.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&PAIRS[usize::from(*byte)]);
    }
    letters
}

fn moment(text: &[u8]) -> Option<[u8; MOMENT_BYTES]> {
    let letters = text.get(..LENGTH)?;
    let is_of_form = letters.iter().zip(MOMENT_FORM).all(|(letter, form)| match form {
        b'0' => letter.is_ascii_digit(),
        form => letter == form,
    });
    if !is_of_form {
        return None;
    }
    let mut digits = letters.iter().filter(|letter| letter.is_ascii_digit()).map(|letter| u64::from(letter - b'0'));
    let mut packed = 0;
    for (count, bits) in NUMBERS {
        let number = digits.by_ref().take(count).fold(0, |number, digit| number * 10 + digit);
        if number >> bits != 0 {
            return None;
        }
        packed = packed << bits | number;
    }
    let [_, bytes @ ..] = u64::to_be_bytes(packed);
    Some(bytes)
}

fn letters_of_moment(bytes: &[u8; MOMENT_BYTES]) -> [u8; LENGTH] {
    let mut packed = bytes.iter().fold(0_u64, |packed, byte| packed << 8 | u64::from(*byte));
    let mut letters = *MOMENT_FORM;
    let mut digits = letters.iter_mut().rev().filter(|letter| **letter == b'0');
    for (count, bits) in NUMBERS.into_iter().rev() {
        let mut number = packed & ((1 << bits) - 1);
        packed >>= bits;
        for digit in digits.by_ref().take(count) {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, byte by byte.
    fn one_by_one(text: &str) -> Option<Vec<u8>> {
        let (mut left, mut shortened) = (text.as_bytes(), Vec::new());
        while let Some(byte) = left.first() {
            if let Some(moment) = left.get(..LENGTH).and_then(moment) {
                shortened.push(MOMENT);
                shortened.extend(moment);
                left = &left[LENGTH..];
            } else if let Some(id) = left.get(..LENGTH).and_then(id) {
                shortened.push(ID);
                shortened.extend(id);
                left = &left[LENGTH..];
            } else if matches!(*byte, ID | MOMENT) {
                return None;
            } else {
                shortened.push(*byte);
                left = &left[1..];
            }
        }
        Some(shortened)
    }

    #[test]
    fn skipping_finds_what_each_byte_by_itself_finds() {
        let parts = [
            "",
            "5c7d1a1f9a1b2c0010a1b2c3",
            "5c7d1a1f9a1b2c0010a1b2c",
            "a",
            "0",
            "2026-01-02T03:04:05.678Z",
            "2026-01-02T03:04:05.67",
            "9999-99-99T99:99:99.999Z",
            "-T:.Z",
            "\":\"",
            "prose of some length, é",
            "\u{2}",
        ];
        let count = parts.len();
        for number in 0..count.pow(3) {
            let text =
                [number % count, number / count % count, number / count / count].map(|place| parts[place]).concat();
            let shortened = of(&text);
            assert_eq!(shortened, one_by_one(&text), "{text}");
            assert_eq!(shortened.map_or_else(|| Some(text.clone()), |shortened| whole(&shortened)), Some(text));
        }
    }

    #[test]
    fn ids_and_moments_are_shortened_and_come_back() {
        let text =
            r#"{"id":"5c7d1a1f9a1b2c0010a1b2c3","at":"2026-01-02T03:04:05.678Z","none":"2026-13-02T03:04:05.678"}"#;
        let shortened = of(text).unwrap();
        assert_eq!(shortened.len(), text.len() - 11 - 16);
        assert_eq!(whole(&shortened).unwrap(), text);
        for other in
            ["9999-99-99T99:99:99.999Z", "5c7d1a1f9a1b2c0010a1b2c", "5C7D1A1F9A1B2C0010A1B2C3", "2026-01-02T03:04:05Z"]
        {
            assert_eq!(whole(&of(other).unwrap()).unwrap(), other);
        }
        assert_eq!(of("a\u{1}b"), None);
        assert_eq!(whole(&[ID, 1, 2]), None);
        assert_eq!(whole(&[MOMENT]), None);
    }
}
