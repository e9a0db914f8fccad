//! Time of work along the clock: how much of it lies between two moments, and when so much of it is over. Wall clocks that
//! jump are followed: an hour that a day leaves out is no time of work, one that it has twice counts twice.

use jiff::Timestamp as Moment;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use kustomer_api::Timestamp;
use kustomer_api::schedule::{MINUTES, ScheduleAttributes};

use super::holidays;
use super::hours::read_span;

/// How many days are looked through for time of work: what takes longer never ends.
pub const MAX_DAYS: usize = 3 * 366;

/// When an org works: a schedule, ready to be counted by.
#[derive(Debug, Clone)]
pub struct WorkingTime {
    zone: TimeZone,
    /// Spans of minutes, from Sunday on.
    week: [Vec<(u16, u16)>; 7],
    /// Milliseconds from which on nobody works, and until when; in order, and apart from each other.
    holidays: Vec<(i64, i64)>,
}

impl WorkingTime {
    /// Of a schedule.
    pub fn of(schedule: &ScheduleAttributes) -> Self {
        // The name was checked when it was written.
        let zone = schedule.timezone.value().and_then(|name| jiff::tz::db().get(name).ok()).unwrap_or(TimeZone::UTC);
        let hours = schedule.hours.value();
        let week = std::array::from_fn(|day| {
            let spans = hours.and_then(|hours| hours.get(day.to_string().as_str())).and_then(Option::as_ref);
            spans.into_iter().flatten().filter_map(|span| read_span(span)).collect()
        });
        let mut holidays: Vec<(i64, i64)> = Vec::new();
        let mut all: Vec<(i64, i64)> = schedule
            .holidays
            .value()
            .into_iter()
            .flatten()
            .filter(|holiday| holiday.enabled.value() != Some(&false))
            .filter_map(|holiday| holidays::interval_of(holiday, &zone))
            .collect();
        all.sort_unstable();
        for (from, to) in all {
            match holidays.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => holidays.push((from, to)),
            }
        }
        Self { zone, week, holidays }
    }

    /// When so many milliseconds of work are over since a moment; `None` when that is never, or more than [`MAX_DAYS`]
    /// days later.
    pub fn after(&self, from: Timestamp, millis: u64) -> Option<Timestamp> {
        let mut left = i64::try_from(millis).ok()?;
        for (start, end) in self.spans(from.as_millis()) {
            if end - start >= left {
                return Some(Timestamp::from_millis(start + left));
            }
            left -= end - start;
        }
        None
    }

    /// How many milliseconds of work are between two moments, in the first [`MAX_DAYS`] days.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> u64 {
        let to = to.as_millis();
        let spans = self.spans(from.as_millis()).take_while(|(start, _)| *start < to);
        spans.map(|(start, end)| (end.min(to) - start).unsigned_abs()).sum()
    }

    /// The spans of work from a moment on, in order, and apart from each other.
    fn spans(&self, from: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        let works = self.week.iter().any(|spans| !spans.is_empty());
        let day = Moment::from_millisecond(from).ok().filter(|_| works).map(|at| self.zone.to_datetime(at).date());
        // Where clocks are put back over midnight, a moment may be of the day before.
        let first = day.and_then(|day| day.yesterday().ok());
        let days = std::iter::successors(first, |day| day.tomorrow().ok()).take(MAX_DAYS + 2);
        let spans = days.flat_map(move |day| {
            let sunday_first = usize::from(day.weekday().to_sunday_zero_offset().unsigned_abs());
            let spans = self.week.get(sunday_first).map(Vec::as_slice).unwrap_or_default();
            spans.iter().filter_map(move |(start, end)| {
                Some((moment(&self.zone, day, *start)?, moment(&self.zone, day, *end)?))
            })
        });
        spans
            .map(move |(start, end)| (start.max(from), end))
            .filter(|(start, end)| start < end)
            .flat_map(|span| self.without_holidays(span))
    }

    /// What holidays leave of a span.
    fn without_holidays(&self, (start, end): (i64, i64)) -> Vec<(i64, i64)> {
        let (mut left, mut start) = (Vec::new(), start);
        let first = self.holidays.partition_point(|(_, until)| *until <= start);
        for (from, until) in self.holidays.iter().skip(first).take_while(|(from, _)| *from < end) {
            if start < *from {
                left.push((start, *from));
            }
            start = start.max(*until);
        }
        if start < end {
            left.push((start, end));
        }
        left
    }
}

/// When the clocks of a zone show a minute of a day: the first time where they show it twice, and the moment of the jump
/// where they leave it out.
pub(super) fn moment(zone: &TimeZone, day: Date, minute: u16) -> Option<i64> {
    let (day, minute) = if minute >= MINUTES { (day.tomorrow().ok()?, 0) } else { (day, minute) };
    let face = day.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0);
    let shown = zone.to_ambiguous_timestamp(face);
    let at = match shown.offset() {
        AmbiguousOffset::Gap { .. } => zone.following(shown.earlier().ok()?).next()?.timestamp(),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => shown.earlier().ok()?,
    };
    Some(at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use kustomer_api::schedule::Holiday;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const HOUR: u64 = 3_600_000;

    fn working(zone: &str, hours: serde_json::Value, holidays: Vec<Holiday>) -> WorkingTime {
        WorkingTime::of(&ScheduleAttributes {
            hours: serde_json::from_value::<kustomer_api::schedule::Hours>(hours).unwrap().into(),
            timezone: zone.into(),
            holidays: holidays.into(),
            ..ScheduleAttributes::default()
        })
    }

    fn office(zone: &str, holidays: Vec<Holiday>) -> WorkingTime {
        let day = json!([[540, 720], [780, 1080]]);
        working(zone, json!({ "0": null, "1": day, "2": day, "3": day, "4": day, "5": day, "6": [] }), holidays)
    }

    fn always(zone: &str) -> WorkingTime {
        let day = json!([[0, 1440]]);
        working(zone, json!({ "0": day, "1": day, "2": day, "3": day, "4": day, "5": day, "6": day }), Vec::new())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn work_continues_after_the_break_the_night_and_the_weekend() {
        let office = office("Europe/Berlin", Vec::new());
        // A Friday in winter: Berlin is an hour ahead.
        let friday = at("2026-01-16T10:30:00Z");
        assert_eq!(office.after(friday, HOUR / 2), Some(at("2026-01-16T11:00:00Z")));
        assert_eq!(office.after(friday, HOUR), Some(at("2026-01-16T12:30:00Z")));
        assert_eq!(office.after(friday, 6 * HOUR), Some(at("2026-01-19T08:30:00Z")));
        assert_eq!(office.between(friday, at("2026-01-19T08:30:00Z")), 6 * HOUR);
        assert_eq!(office.between(at("2026-01-17T00:00:00Z"), at("2026-01-18T23:00:00Z")), 0);
        assert_eq!(office.between(friday, at("2026-01-15T08:30:00Z")), 0, "backwards");
    }

    #[test]
    fn nobody_works_on_holidays_that_count() {
        let christmas = Holiday::new("Christmas", "2026-12-24", "2026-12-26");
        let early = Holiday::new("Party", "2026-12-23T15:00:00Z", "2026-12-23T18:00:00Z");
        let off = Holiday { enabled: false.into(), ..Holiday::new("Strike", "2026-12-28", "2026-12-28") };
        let office = office("Europe/Berlin", vec![early, off, christmas]);
        let wednesday = at("2026-12-23T14:00:00Z");
        assert_eq!(office.after(wednesday, HOUR), Some(at("2026-12-23T15:00:00Z")));
        assert_eq!(office.after(wednesday, 2 * HOUR), Some(at("2026-12-28T09:00:00Z")));
        assert_eq!(office.between(wednesday, at("2026-12-28T09:00:00Z")), 2 * HOUR);
    }

    #[test]
    fn days_of_jumping_clocks_have_the_hours_that_went_by() {
        let day = |zone: &str, from: &str, to: &str| always(zone).between(at(from), at(to));
        assert_eq!(day("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23 * HOUR);
        assert_eq!(day("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25 * HOUR);
        assert_eq!(day("Australia/Lord_Howe", "2026-04-03T13:00:00Z", "2026-04-05T13:30:00Z"), 48 * HOUR + HOUR / 2);
        // Samoa left out the 30th of December 2011, a Friday.
        let samoa = office("Pacific/Apia", Vec::new());
        assert_eq!(samoa.between(at("2011-12-30T10:00:00Z"), at("2011-12-31T10:00:00Z")), 0);
        // From one to four, in the night in which two to three is left out, or is twice.
        let night = working(
            "Europe/Berlin",
            json!({ "0": [[60, 150], [150, 240]], "1": [], "2": [], "3": [], "4": [], "5": [], "6": [] }),
            Vec::new(),
        );
        assert_eq!(night.between(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")), 2 * HOUR);
        assert_eq!(night.between(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")), 4 * HOUR);
    }

    #[test]
    fn without_working_time_a_time_limit_is_never_over() {
        let none =
            working("UTC", json!({ "0": null, "1": [], "2": [], "3": [], "4": [], "5": [], "6": [] }), Vec::new());
        assert_eq!(none.after(at("2026-01-01T00:00:00Z"), 1), None);
        let closed = office("UTC", vec![Holiday::new("For good", "2000-01-01", "2999-12-31")]);
        assert_eq!(closed.after(at("2026-01-01T00:00:00Z"), 1), None);
        assert_eq!(closed.between(at("2026-01-01T00:00:00Z"), at("2126-01-01T00:00:00Z")), 0);
        assert_eq!(always("UTC").after(at("2026-01-01T00:00:00Z"), u64::MAX), None);
        assert_eq!(always("UTC").after(at("9999-12-31T00:00:00Z"), 72 * HOUR), None);
    }

    fn zones() -> impl Strategy<Value = &'static str> {
        let zones =
            ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"];
        prop::sample::select(zones.to_vec())
    }

    /// Spans that follow each other within a day.
    fn day() -> impl Strategy<Value = Vec<(u16, u16)>> {
        prop::collection::btree_set(0..=MINUTES, 0..8).prop_map(|minutes| {
            let minutes: Vec<u16> = minutes.into_iter().collect();
            minutes.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        })
    }

    prop_compose! {
        fn any_working()(
            zone in zones(),
            days in prop::collection::vec(day(), 7),
            holidays in prop::collection::vec((0_i64..60 * 24, 1_i64..100), 0..4),
        ) -> WorkingTime {
            let hours: serde_json::Map<String, serde_json::Value> =
                days.iter().enumerate().map(|(day, spans)| (day.to_string(), json!(spans))).collect();
            let moment = |hour: i64| Timestamp::from_millis(1_774_000_000_000 + hour * 3_600_000).to_string();
            let holidays = holidays.iter().map(|(from, long)| Holiday::new("Off", moment(*from), moment(from + long)));
            working(zone, serde_json::Value::Object(hours), holidays.collect())
        }
    }

    proptest! {
        /// From March 2026 on, over the days on which clocks jump.
        #[test]
        fn an_added_duration_is_measured_again(working in any_working(), from in 0_i64..30_000_000, millis in 1_u64..400_000_000) {
            let from = Timestamp::from_millis(1_774_000_000_000 + from * 1_000);
            if let Some(to) = working.after(from, millis) {
                prop_assert!(to > from);
                prop_assert_eq!(working.between(from, to), millis);
                let middle = Timestamp::from_millis((from.as_millis() + to.as_millis()) / 2);
                prop_assert_eq!(working.between(from, middle) + working.between(middle, to), millis);
                let before = Timestamp::from_millis(to.as_millis() - 1);
                prop_assert!(working.between(from, before) < millis, "it is the first such moment");
            }
        }
    }
}
