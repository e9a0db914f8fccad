//! Sizes in settings: a number of bytes, with or without a unit.

use std::fmt;
use std::str::FromStr;

use bytesize::ByteSize;

/// A number of bytes: `102400`, `100kB` (1,000 bytes each) or `100KiB` (1,024 bytes each).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// In the largest unit of which it is a whole number.
impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        let unit = UNITS.into_iter().find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes));
        match unit {
            Some((unit, bytes)) => write!(formatter, "{}{unit}", self.0 / bytes),
            None => write!(formatter, "{}", self.0),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = text.trim().parse::<ByteSize>().ok().and_then(|size| usize::try_from(size.as_u64()).ok());
        bytes
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no size above 0: write bytes, or a unit such as 100kB, 1MB or 64KiB"))
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
            ("1", 1),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).to_string().parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "0", "0MB", "MB", "-1", "1XB", "a lot", "99999999999999999999"] {
            let refused = text.parse::<Size>().unwrap_err();
            assert!(refused.contains("64KiB"), "{text}: {refused}");
        }
    }
}
