//! Sizes in settings: a number of bytes, with or without a unit.

use std::str::FromStr;

use bytesize::ByteSize;
use serde::Deserialize;

use crate::arguments::Word;

/// A number of bytes: `102400`, `100kB` (1,000 bytes each) or `100KiB` (1,024 bytes each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) struct Size(pub(crate) usize);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = text.trim().parse::<ByteSize>().ok().and_then(|size| usize::try_from(size.as_u64()).ok());
        bytes
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no size: write bytes, or a unit such as 100kB, 1MB or 64KiB"))
    }
}

impl TryFrom<Word> for Size {
    type Error = String;

    fn try_from(word: Word) -> Result<Self, String> {
        word.to_string().parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        for (text, bytes) in [
            ("102400", 102_400),
            ("100kB", 100_000),
            ("1MB", 1_000_000),
            ("1 MB", 1_000_000),
            ("64KiB", 65_536),
            ("64kib", 65_536),
            ("1.5MB", 1_500_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "MB", "-1", "1XB", "a lot", "99999999999999999999"] {
            let refused = text.parse::<Size>().unwrap_err();
            assert!(refused.contains("64KiB"), "{text}: {refused}");
        }
    }
}
