//! Dates: days of a time zone, points in time, and the meaning of a comparison with either, in milliseconds
//! (`docs/contract/behaviour.md` §9.3, §21.7).

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kustomer_api::Timestamp;
use kustomer_api::moment::Moment;
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

    /// Everything after it. After an open end there is nothing.
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
    /// The words of the fault for the person who named it.
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

/// The meaning of a date: a day, or a point in time that the zone does not shift. `None` when it cannot be read.
pub(super) fn read(value: &Value<'_>, zone: &Zone) -> Option<Interval> {
    let moment = match value {
        Value::Number(number) => Moment::of_number(number.as_f64()?),
        Value::Str(text) => Moment::read(text),
        _ => None,
    };
    Some(match moment? {
        Moment::Day { year, month, day } => zone.day(Date::new(year, month, day).ok()?),
        Moment::Point(at) => Interval::instant(at),
    })
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
