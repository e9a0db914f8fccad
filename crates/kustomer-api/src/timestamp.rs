//! Points in time as the API writes them: UTC, milliseconds, `Z` (`docs/contract/behaviour.md` §2).

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Reads RFC 3339 with any offset; always writes `2016-11-09T04:23:01.925Z`.
///
/// ```
/// use kustomer_api::Timestamp;
///
/// let sent: Timestamp = "2016-11-06T13:54:29-05:00".parse()?;
/// assert_eq!(sent.to_string(), "2016-11-06T18:54:29.000Z");
/// # Ok::<(), kustomer_api::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 date-time between the years 0 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date-time is written like 2016-11-09T04:23:01.925Z")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct InvalidTimestamp;

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: what four-digit years can write.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// Reads and writes the clock's face; offsets are reckoned here, because jiff's own moments end a day before the year
/// 9999 does, and `9999-12-31T23:59:59Z` is what many systems write for "never".
static PARSER: DateTimeParser = DateTimeParser::new();
static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
const NANOS_PER_MILLI: i128 = 1_000_000;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Timestamp {
    /// Out of milliseconds since the Unix epoch; what four-digit years cannot write is clamped.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < FIRST {
            Self(FIRST)
        } else if millis > LAST {
            Self(LAST)
        } else {
            Self(millis)
        }
    }

    /// Down to the whole millisecond.
    fn from_nanos(nanos: i128) -> Self {
        let bound = if nanos < 0 { i64::MIN } else { i64::MAX };
        Self::from_millis(i64::try_from(nanos.div_euclid(NANOS_PER_MILLI)).unwrap_or(bound))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

/// Down to the whole millisecond; what four-digit years cannot write is clamped.
impl From<SystemTime> for Timestamp {
    /// ```
    /// use std::time::SystemTime;
    /// use kustomer_api::Timestamp;
    ///
    /// assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH).to_string(), "1970-01-01T00:00:00.000Z");
    /// ```
    fn from(time: SystemTime) -> Self {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
            Err(error) => i128::try_from(error.duration().as_nanos()).map_or(i128::MIN, |before| -before),
        };
        Self::from_nanos(nanos)
    }
}

/// A time that the system cannot hold, which none does beyond the years 0 to 9999, is the Unix epoch.
impl From<Timestamp> for SystemTime {
    fn from(moment: Timestamp) -> Self {
        let distance = Duration::from_millis(moment.0.unsigned_abs());
        let time = if moment.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.unwrap_or(UNIX_EPOCH)
    }
}

/// Down to the whole millisecond; what four-digit years cannot write is clamped.
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::from_nanos(time.as_nanosecond())
    }
}

/// The last day that jiff knows takes the place of what lies behind it, the end of the year 9999.
impl From<Timestamp> for jiff::Timestamp {
    fn from(moment: Timestamp) -> Self {
        let nearest = if moment.0 < 0 { Self::MIN } else { Self::MAX };
        Self::from_millisecond(moment.0).unwrap_or(nearest)
    }
}

/// Down to the whole millisecond; what four-digit years cannot write is clamped.
#[cfg(feature = "chrono")]
impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for Timestamp {
    fn from(time: chrono::DateTime<Z>) -> Self {
        Self::from_millis(time.timestamp_millis())
    }
}

#[cfg(feature = "chrono")]
impl From<Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(moment: Timestamp) -> Self {
        Self::from_timestamp_millis(moment.0).unwrap_or_default()
    }
}

/// Down to the whole millisecond; what four-digit years cannot write is clamped.
#[cfg(feature = "time")]
impl From<time::OffsetDateTime> for Timestamp {
    fn from(time: time::OffsetDateTime) -> Self {
        Self::from_nanos(time.unix_timestamp_nanos())
    }
}

#[cfg(feature = "time")]
impl From<Timestamp> for time::OffsetDateTime {
    fn from(moment: Timestamp) -> Self {
        Self::from_unix_timestamp_nanos(i128::from(moment.0) * NANOS_PER_MILLI).unwrap_or(Self::UNIX_EPOCH)
    }
}

/// Whether `text` has the shape `YYYY-MM-DD(T| )HH:MM:SS[.fraction](Z|±HH:MM)` of RFC 3339; the parser behind it
/// reads more (bare dates, annotations in brackets) than the API's `date-time` format allows.
fn has_rfc3339_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    let is = |at: usize, one_of: &[u8]| bytes.get(at).is_some_and(|byte| one_of.contains(byte));
    let whole_seconds = digits(0..4)
        && is(4, b"-")
        && digits(5..7)
        && is(7, b"-")
        && digits(8..10)
        && is(10, b"Tt ")
        && digits(11..13)
        && is(13, b":")
        && digits(14..16)
        && is(16, b":")
        && digits(17..19);
    if !whole_seconds {
        return false;
    }
    let mut at = 19;
    if is(at, b".") {
        let fraction = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    }
    (is(at, b"Zz") && bytes.len() == at + 1)
        || (is(at, b"+-")
            && digits(at + 1..at + 3)
            && is(at + 3, b":")
            && digits(at + 4..at + 6)
            && bytes.len() == at + 6)
}

/// Minutes east of UTC, out of `Z` or `±HH:MM`.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, clock) = match text.as_bytes().first()? {
        b'Z' | b'z' => return Some(0),
        b'-' => (-1, &text[1..]),
        _ => (1, &text[1..]),
    };
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        if !has_rfc3339_shape(text) {
            return Err(InvalidTimestamp);
        }
        // Behind the 19 characters of the whole seconds are a fraction and the offset.
        let end = text[19..].find(['Z', 'z', '+', '-']).map_or(text.len(), |at| 19 + at);
        // Digits finer than a nanosecond carry nothing a millisecond could hold.
        let face = PARSER.parse_datetime(&text[..end.min(19 + 10)]).map_err(|_| InvalidTimestamp)?;
        let offset = offset_minutes(&text[end..]).ok_or(InvalidTimestamp)?;
        let since = face.duration_since(EPOCH) - SignedDuration::from_mins(offset);
        // Down to the whole millisecond, before 1970 too.
        let millis = i64::try_from(since.as_nanos().div_euclid(1_000_000)).map_err(|_| InvalidTimestamp)?;
        if (FIRST..=LAST).contains(&millis) { Ok(Self(millis)) } else { Err(InvalidTimestamp) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let face = EPOCH.checked_add(SignedDuration::from_millis(self.0)).map_err(|_| fmt::Error)?;
        write!(formatter, "{}Z", PRINTER.datetime_to_string(&face))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_millisecond_survives_the_way_through_other_types() {
        for millis in [FIRST, -1, 0, 1, 1_478_665_381_925, 253_402_207_199_999] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(Timestamp::from(SystemTime::from(moment)), moment, "SystemTime");
            assert_eq!(Timestamp::from(jiff::Timestamp::from(moment)), moment, "jiff");
            #[cfg(feature = "chrono")]
            assert_eq!(Timestamp::from(chrono::DateTime::<chrono::Utc>::from(moment)), moment, "chrono");
            #[cfg(feature = "time")]
            assert_eq!(Timestamp::from(time::OffsetDateTime::from(moment)), moment, "time");
        }
        let before = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(Timestamp::from(before), Timestamp::from_millis(-1));
        let late = Timestamp::from_millis(LAST);
        assert_eq!(Timestamp::from(SystemTime::from(late)), late);
        assert_eq!(jiff::Timestamp::from(late), jiff::Timestamp::MAX);
    }

    #[test]
    fn offsets_become_utc_and_fractions_become_milliseconds() {
        for (text, written) in [
            ("2016-11-09T04:23:01.925Z", "2016-11-09T04:23:01.925Z"),
            ("2016-11-09t04:23:01z", "2016-11-09T04:23:01.000Z"),
            ("2016-11-09 04:23:01+00:00", "2016-11-09T04:23:01.000Z"),
            ("2016-11-06T13:54:29.1234567890123-05:00", "2016-11-06T18:54:29.123Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
            ("2016-11-09T04:23:01+05:45", "2016-11-08T22:38:01.000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_lies_beyond_four_digit_years_is_clamped_and_can_be_written() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_text_that_is_not_rfc_3339_is_refused() {
        for text in [
            "",
            "2016-11-09",
            "2016-11-09T04:23Z",
            "2016-11-09T04:23:01",
            "2016-11-09T04:23:01.Z",
            "2016-13-09T04:23:01Z",
            "2016-02-30T04:23:01Z",
            "2016-11-09T04:23:01Z[UTC]",
            "yesterday",
            "2016-11-09T04:23:01+0000",
            "2016-11-09T04:23:01+24:00",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }
}
