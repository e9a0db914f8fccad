//! Dates: days of a time zone, points in time, and what a comparison with either means in milliseconds
//! (`docs/contract/behaviour.md` §9.3, §21.7).

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kustomer_api::Timestamp;
use kustomer_api::format::is_date_time;
use kustomer_api::search::nearest;
use serde_json_borrow::Value;

use super::fault::shortened;

/// A stretch of time in milliseconds since 1970-01-01T00:00:00Z; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The first millisecond.
    pub from: Option<i64>,
    /// The millisecond after the last.
    pub until: Option<i64>,
}

impl Interval {
    /// Whether a moment lies in it.
    pub fn holds(&self, millis: i64) -> bool {
        self.from.is_none_or(|from| millis >= from) && self.until.is_none_or(|until| millis < until)
    }

    /// One millisecond.
    pub(super) const fn instant(moment: Timestamp) -> Self {
        Self { from: Some(moment.as_millis()), until: Some(moment.as_millis() + 1) }
    }

    /// Everything before it.
    pub(super) const fn before(self) -> Self {
        Self { from: None, until: self.from }
    }

    /// It and everything before.
    pub(super) const fn up_to(self) -> Self {
        Self { from: None, until: self.until }
    }

    /// It and everything after.
    pub(super) const fn and_after(self) -> Self {
        Self { from: self.from, until: None }
    }

    /// Everything after it. Behind what has no end there is nothing.
    pub(super) const fn after(self) -> Self {
        match self.until {
            Some(until) => Self { from: Some(until), until: None },
            None => Self { from: Some(i64::MAX), until: None },
        }
    }
}

/// The time zone that days are reckoned in.
#[derive(Debug, Clone)]
pub(super) struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// The time zone of an IANA name, upper and lower case aside, out of the database built into the program: what a
    /// search finds does not depend on the machine.
    ///
    /// # Errors
    /// What to tell whoever named it.
    pub(super) fn find(name: &str) -> Result<Self, String> {
        jiff::tz::db().get(name).map(Self).map_err(|_| {
            let known: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
            let meant = nearest(name, known.iter().map(String::as_str));
            let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            format!("{} is no IANA name of a time zone, such as Europe/Berlin{meant}", shortened(name))
        })
    }

    /// A day, from its first millisecond to the next day's. Where clocks are put forward at midnight it begins later,
    /// where a zone left a day out it is empty.
    fn day(&self, date: Date) -> Interval {
        let start =
            |date: Date| date.to_zoned_datetime(self.0.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond());
        Interval { from: start(date), until: date.tomorrow().ok().and_then(start) }
    }
}

/// What a date says: a day for `YYYY-MM-DD`, else a point in time that the zone does not shift. `None` when it cannot be
/// read.
pub(super) fn read(value: &Value<'_>, zone: &Zone) -> Option<Interval> {
    match value {
        Value::Number(number) => epoch(number.as_f64()?).map(Interval::instant),
        Value::Str(text) => {
            let text = text.trim();
            date(text).map(|date| zone.day(date)).or_else(|| point(text).map(Interval::instant))
        }
        _ => None,
    }
}

/// `2026-01-31`.
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let is_written_so = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !is_written_so {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}

/// A point in time as clients write it: RFC 3339, with a blank for the `T`, without seconds, without an offset (UTC),
/// with `+0000` or `+00` for `+00:00`, or as a number.
fn point(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text.len() >= 9).then(|| text.parse().ok().and_then(epoch)).flatten();
    }
    // The clock's face is as long as digits, colons, a point and one blank or T go on; the offset follows.
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
    // A leap second would be read as the second before.
    text.parse().ok().filter(|_| is_date_time(&text))
}

/// A number: milliseconds since 1970, or seconds when it is so small that milliseconds would lie before March 1973.
fn epoch(number: f64) -> Option<Timestamp> {
    const LEAST_MILLIS: f64 = 1e11;
    let millis = if number.abs() < LEAST_MILLIS { number * 1000.0 } else { number };
    // The last moment that four-digit years write.
    (millis.abs() <= 253_402_300_799_999.0).then(|| Timestamp::from_millis(millis.floor() as i64))
}

/// A length of time like `7d`: a whole number of weeks, days (24 hours), hours, minutes or seconds, at most a thousand
/// years.
pub(super) fn length(text: &str) -> Option<Duration> {
    const MOST: u64 = 1000 * 366 * 86_400;
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "w" => 7 * 86_400,
        "d" => 86_400,
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(seconds).filter(|seconds| *seconds <= MOST).map(Duration::from_secs)
}

/// The time from so long ago to now, or from now to then.
pub(super) fn around(now: Timestamp, length: Duration, ahead: bool) -> Interval {
    let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    let now = now.as_millis();
    let (from, to) = if ahead { (now, now.saturating_add(millis)) } else { (now.saturating_sub(millis), now) };
    Interval { from: Some(from), until: Some(to.saturating_add(1)) }
}
