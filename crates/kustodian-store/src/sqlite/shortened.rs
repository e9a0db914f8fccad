//! Texts whose ids and moments are shortened: an id of 24 hexadecimal characters to 13 bytes, a moment as documents write it to
//! eight. All else is as it is. Documents are JSON, in which the two bytes that announce one are escaped; a text that has one
//! nevertheless cannot be shortened.

/// Announces an id: twelve bytes follow.
const ID: u8 = 1;

/// Announces a moment: seven bytes follow.
const MOMENT: u8 = 2;

const ID_LETTERS: usize = 24;
const ID_BYTES: usize = ID_LETTERS / 2;
const MOMENT_LETTERS: usize = 24;
const MOMENT_BYTES: usize = 7;

/// How a moment is written; a digit for each `0`.
const MOMENT_FORM: &[u8; MOMENT_LETTERS] = b"0000-00-00T00:00:00.000Z";

/// The numbers of a moment: how many digits each has, and how many bits it takes. One that does not fit is no moment.
const NUMBERS: [(usize, u32); 7] = [(4, 14), (2, 4), (2, 5), (2, 5), (2, 6), (2, 6), (3, 10)];

/// A text shortened; `None` when it has one of the bytes that announce something.
pub(super) fn of(text: &str) -> Option<Vec<u8>> {
    let mut left = text.as_bytes();
    let mut shortened = Vec::with_capacity(left.len());
    while let Some(byte) = left.first() {
        if let Some(moment) = moment(left) {
            shortened.push(MOMENT);
            shortened.extend(moment);
            left = left.get(MOMENT_LETTERS..)?;
        } else if let Some(id) = id(left) {
            shortened.push(ID);
            shortened.extend(id);
            left = left.get(ID_LETTERS..)?;
        } else if matches!(*byte, ID | MOMENT) {
            return None;
        } else {
            shortened.push(*byte);
            left = left.get(1..)?;
        }
    }
    Some(shortened)
}

/// The text again; `None` when it is none of ours.
pub(super) fn whole(shortened: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(shortened.len() + shortened.len() / 4);
    let mut left = shortened;
    while let Some((byte, rest)) = left.split_first() {
        left = match *byte {
            ID => {
                let (bytes, rest) = rest.split_at_checked(ID_BYTES)?;
                bytes.iter().for_each(|byte| text.extend([letter(byte >> 4), letter(byte & 15)]));
                rest
            }
            MOMENT => {
                let (bytes, rest) = rest.split_at_checked(MOMENT_BYTES)?;
                write_moment(bytes, &mut text);
                rest
            }
            byte => {
                text.push(byte);
                rest
            }
        };
    }
    String::from_utf8(text).ok()
}

fn id(text: &[u8]) -> Option<[u8; ID_BYTES]> {
    let letters = text.get(..ID_LETTERS)?;
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

fn letter(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

fn moment(text: &[u8]) -> Option<[u8; MOMENT_BYTES]> {
    let letters = text.get(..MOMENT_LETTERS)?;
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

fn write_moment(bytes: &[u8], text: &mut Vec<u8>) {
    let packed = bytes.iter().fold(0_u64, |packed, byte| packed << 8 | u64::from(*byte));
    let mut shift: u32 = NUMBERS.iter().map(|(_, bits)| bits).sum();
    let mut digits = Vec::with_capacity(17);
    for (count, bits) in NUMBERS {
        shift -= bits;
        let number = packed >> shift & ((1 << bits) - 1);
        let mut power = 10_u64.pow(u32::try_from(count).unwrap_or_default());
        for _ in 0..count {
            power /= 10;
            digits.push(u8::try_from(number / power % 10).unwrap_or_default() + b'0');
        }
    }
    let mut digits = digits.into_iter();
    text.extend(MOMENT_FORM.iter().map(|form| match form {
        b'0' => digits.next().unwrap_or(b'0'),
        form => *form,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

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
