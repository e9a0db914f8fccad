//! Which part of a file is asked for (RFC 9110 §14).

/// What of a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From the first of these bytes to the last.
    Between(u64, u64),
    /// Nothing of it can be meant.
    Nowhere,
}

/// Reads the header `Range` for a file of a length. Units other than bytes, several ranges and what cannot be read are
/// passed over, as if nothing was asked for.
pub(super) fn read(header: Option<&str>, length: u64) -> Part {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| -> Option<u64> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number can have are more than any length.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (number(first), number(last), first.is_empty(), last.is_empty()) {
        // The last bytes.
        (None, Some(0), true, _) => Part::Nowhere,
        (None, Some(_), true, _) if length == 0 => Part::Nowhere,
        (None, Some(count), true, _) => Part::Between(length.saturating_sub(count), length - 1),
        (Some(first), None, _, true) if first < length => Part::Between(first, length - 1),
        (Some(first), Some(last), ..) if last < first => Part::Whole,
        (Some(first), Some(last), ..) if first < length => Part::Between(first, last.min(length - 1)),
        (Some(_), Some(_), ..) | (Some(_), None, _, true) => Part::Nowhere,
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_file_or_passed_over() {
        for (header, part) in [
            ("bytes=0-4", Part::Between(0, 4)),
            ("bytes=5-", Part::Between(5, 9)),
            ("bytes=-3", Part::Between(7, 9)),
            ("bytes=-30", Part::Between(0, 9)),
            ("bytes=8-99999999999999999999999", Part::Between(8, 9)),
            ("bytes=10-", Part::Nowhere),
            ("bytes=10-11", Part::Nowhere),
            ("bytes=-0", Part::Nowhere),
            ("bytes=4-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
        ] {
            assert_eq!(read(Some(header), 10), part, "{header}");
        }
        assert_eq!(read(None, 10), Part::Whole);
        assert_eq!((read(Some("bytes=0-"), 0), read(Some("bytes=-1"), 0)), (Part::Nowhere, Part::Nowhere));
    }
}
