//! Moments as people and programs write them, more loosely than the API's own `date-time` (`docs/contract/behaviour.md`
//! §9.3, §22): in query parameters and in criteria of searches.

use jiff::civil::Date;

use crate::Timestamp;
use crate::format::is_date_time;

/// The meaning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Moment {
    /// A day of a time zone that the text does not name.
    Day {
        /// The year.
        year: i16,
        /// The month, from 1.
        month: i8,
        /// The day of the month, from 1.
        day: i8,
    },
    /// A point in time.
    Point(Timestamp),
}

impl Moment {
    /// Reads a day like `2026-01-31`, or a point in time: RFC 3339, with a blank for the `T`, without seconds, without an
    /// offset (UTC), with `+0000` or `+00` for `+00:00`, or as a number. Both also as programs set to American English
    /// write them, month first: `3/5/2024`, `3/5/2024 10:12:33 AM`. A leap second is refused: it would be read as the
    /// second before.
    ///
    /// ```
    /// use kustomer_api::moment::Moment;
    ///
    /// let at = Moment::read("2014-07-28T13:41:52Z");
    /// assert_eq!(Moment::read("2014-07-28 13:41:52+0000"), at);
    /// assert_eq!(Moment::read("7/28/2014 1:41:52 PM"), at);
    /// assert_eq!(Moment::read("28/7/2014"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() {
            return None;
        }
        day(text).or_else(|| point(text).map(Self::Point)).or_else(|| american(text))
    }

    /// Milliseconds since 1970, or seconds when the number is so small that milliseconds would lie before March 1973.
    pub fn of_number(number: f64) -> Option<Self> {
        epoch(number).map(Self::Point)
    }

    /// The point in time; a day is its first millisecond in UTC.
    pub fn in_utc(self) -> Timestamp {
        match self {
            Self::Point(at) => at,
            Self::Day { year, month, day } => {
                // Days are read as days that there are, which can be written.
                format!("{year:04}-{month:02}-{day:02}T00:00:00Z").parse().unwrap_or(Timestamp::from_millis(0))
            }
        }
    }

    fn of_day(year: &str, month: &str, day: &str) -> Option<Self> {
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
        Some(Self::Day { year: year.try_into().ok()?, month: month.try_into().ok()?, day: day.try_into().ok()? })
    }
}

/// Digits alone, at most four.
fn number(text: &str) -> Option<u16> {
    let is_fit = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_fit { text.parse().ok() } else { None }
}

/// `2026-01-31`.
fn day(text: &str) -> Option<Moment> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    if (year.len(), month.len(), day.len()) == (4, 2, 2) { Moment::of_day(year, month, day) } else { None }
}

fn point(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text.len() >= 9).then(|| text.parse().ok().and_then(epoch)).flatten();
    }
    // The time of day has digits, colons, a point and one blank or T; the offset follows.
    let (day, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != ':' && character != '.');
    let (clock, offset) = rest.split_at(end.unwrap_or(rest.len()));
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let offset = offset.trim_start();
    let offset = match (offset, offset.len()) {
        ("" | "UTC" | "GMT", _) => "Z".to_owned(),
        (offset, 3) => format!("{offset}:00"),
        (offset, 5) => format!("{}:{}", &offset[..3], &offset[3..]),
        (offset, _) => offset.to_owned(),
    };
    let text = format!("{day}T{clock}{seconds}{offset}");
    text.parse().ok().filter(|_| is_date_time(&text))
}

/// `3/5/2024`, `3/5/2024 10:12:33 AM`, `3/5/2024 22:12`.
fn american(text: &str) -> Option<Moment> {
    let (date, clock) = text.split_once(' ').map_or((text, ""), |(date, clock)| (date, clock.trim_start()));
    let mut parts = date.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let date = Moment::of_day(year, month, day)?;
    if clock.is_empty() {
        return Some(date);
    }
    let half = clock.len().checked_sub(2).and_then(|at| clock.split_at_checked(at));
    let (clock, from_noon) = match half {
        Some((clock, half)) if half.eq_ignore_ascii_case("am") => (clock.trim_end(), Some(0)),
        Some((clock, half)) if half.eq_ignore_ascii_case("pm") => (clock.trim_end(), Some(12)),
        _ => (clock, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    let hour = match from_noon {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some(Moment::Point(Timestamp::from_millis(date.in_utc().as_millis() + of_day * 1_000)))
}

fn epoch(number: f64) -> Option<Timestamp> {
    const LEAST_MILLIS: f64 = 1e11;
    let millis = if number.abs() < LEAST_MILLIS { number * 1000.0 } else { number };
    // The last moment that four-digit years write.
    (millis.abs() <= 253_402_300_799_999.0).then(|| Timestamp::from_millis(millis.floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_set_to_american_english_write_is_read_month_first() {
        for (text, at) in [
            ("3/5/2024", "2024-03-05T00:00:00.000Z"),
            ("03/05/2024 10:12:33 AM", "2024-03-05T10:12:33.000Z"),
            ("3/5/2024 12:00:00 AM", "2024-03-05T00:00:00.000Z"),
            ("3/5/2024 12:30 pm", "2024-03-05T12:30:00.000Z"),
            ("12/31/2024 11:59:59PM", "2024-12-31T23:59:59.000Z"),
            ("3/5/2024 22:12", "2024-03-05T22:12:00.000Z"),
        ] {
            assert_eq!(Moment::read(text).map(|moment| moment.in_utc().to_string()).as_deref(), Some(at), "{text}");
        }
        for text in [
            "",
            "/",
            "3/5",
            "3/5/24",
            "13/5/2024",
            "2/30/2024",
            "3/5/2024/1",
            "3/5/2024 25:00",
            "3/5/2024 10",
            "3/5/2024 13:00 PM",
            "3/5/2024 0:30 AM",
            "3/5/2024 10:12:60",
            "3/5/2024 10:12:33 XM",
            "+3/5/2024",
            "3/5/2024 10:12:33:01",
            "é/5/2024",
        ] {
            assert_eq!(Moment::read(text), None, "{text}");
        }
    }
}
