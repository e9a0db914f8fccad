//! Days of a time zone, and points in time that it does not shift (`docs/contract/behaviour.md` §9.3, §21.7).

use kustodian_core::search::Interval;
use kustodian_core::search::{Node, Test};
use kustomer_api::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{finds, query, row};

fn millis(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millis()
}

fn interval(zone: &str, criterion: Value) -> Interval {
    let query = query(&json!({ "timeZone": zone, "and": { "customer_created_at": criterion } }));
    match query.root {
        Node::All(mut nodes) => match nodes.remove(0) {
            Node::Test(criterion) => match criterion.test {
                Test::Moments(interval) => interval,
                test => panic!("{test:?}"),
            },
            node => panic!("{node:?}"),
        },
        node => panic!("{node:?}"),
    }
}

#[test]
fn a_day_is_reckoned_in_the_time_zone_of_the_search() {
    for (zone, day, from, until) in [
        ("GMT", "2026-01-31", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("Asia/Kolkata", "2026-01-31", "2026-01-30T18:30:00Z", "2026-01-31T18:30:00Z"),
        // 23 and 25 hours, where clocks change.
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        // Midnight was skipped: the day began at one.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        ("america/new_york", "2026-01-01", "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"),
    ] {
        let found = interval(zone, json!({ "equals": day }));
        assert_eq!(found, Interval { from: Some(millis(from)), until: Some(millis(until)) }, "{zone} {day}");
    }
    // Samoa went to bed on the 29th and woke up on the 31st.
    let skipped = interval("Pacific/Apia", json!({ "equals": "2011-12-30" }));
    assert_eq!(skipped.from, skipped.until);
}

#[test]
fn each_operator_takes_a_day_whole() {
    let (start, end) = (Some(millis("2026-01-31T05:00:00Z")), Some(millis("2026-02-01T05:00:00Z")));
    for (operator, from, until) in
        [("equals", start, end), ("gte", start, None), ("gt", end, None), ("lt", None, start), ("lte", None, end)]
    {
        let found = interval("America/New_York", json!({ operator: "2026-01-31" }));
        assert_eq!(found, Interval { from, until }, "{operator}");
    }
    let ends = json!({ "within": { "from": "2026-01-31", "to": "2026-02-01" } });
    let both = interval("America/New_York", ends);
    assert_eq!(both, Interval { from: start, until: Some(millis("2026-02-02T05:00:00Z")) });
}

#[test]
fn a_point_in_time_is_never_shifted_and_read_in_many_forms() {
    let at = millis("2014-07-28T13:41:52Z");
    for form in [
        json!("2014-07-28T13:41:52Z"),
        json!("2014-07-28T13:41:52.000Z"),
        json!("2014-07-28 13:41:52+00:00"),
        json!("2014-07-28 13:41:52.000000+00:00"),
        json!("2014-07-28T13:41:52"),
        json!("2014-07-28 13:41:52"),
        json!("2014-07-28T13:41:52+0000"),
        json!("2014-07-28T15:41:52+02"),
        json!("2014-07-28T08:41:52-0500"),
        json!("2014-07-28 13:41:52 +00:00"),
        json!("2014-07-28 13:41:52 UTC"),
        json!("7/28/2014 1:41:52 PM"),
        json!(1_406_554_912),
        json!(1_406_554_912.0),
        json!(1_406_554_912_000_i64),
        json!("1406554912000"),
        json!("1406554912"),
    ] {
        let found = interval("America/New_York", json!({ "equals": form.clone() }));
        assert_eq!(found, Interval { from: Some(at), until: Some(at + 1) }, "{form}");
    }
    assert_eq!(interval("GMT", json!({ "gt": "2014-07-28T13:41Z" })).from, Some(millis("2014-07-28T13:41:00Z") + 1));
}

#[test]
fn a_length_of_time_is_reckoned_from_now() {
    let ada = row(json!({ "createdAt": "2026-06-10T00:00:00Z" }));
    assert!(finds(&ada, json!({ "customer_created_at": { "within": { "last": "7d" } } })));
    assert!(!finds(&ada, json!({ "customer_created_at": { "within": { "last": "24h" } } })));
    assert!(!finds(&ada, json!({ "customer_created_at": { "within": { "next": "7d" } } })));
}

proptest! {
    #[test]
    fn the_days_of_a_zone_follow_each_other_without_a_gap(
        zone in prop::sample::select(vec!["America/New_York", "Europe/Berlin", "Pacific/Apia", "America/Havana", "Asia/Gaza", "Australia/Lord_Howe"]),
        year in 1950i16..2040, day in 1i16..=365, ) {
        let first = jiff::civil::Date::new(year, 1, 1).unwrap();
        let date = first.checked_add(jiff::SignedDuration::from_hours(24 * i64::from(day - 1))).unwrap();
        let today = interval(zone, json!({ "equals": date.to_string() }));
        let tomorrow = interval(zone, json!({ "equals": date.tomorrow().unwrap().to_string() }));
        prop_assert_eq!(today.until, tomorrow.from);
        let hours = (today.until.unwrap() - today.from.unwrap()) / 3_600_000;
        prop_assert!((0..=48).contains(&hours), "{hours}");
        // Before, on and after it lies every moment, each once.
        for at in [today.from.unwrap() - 1, today.from.unwrap(), today.until.unwrap() - 1, today.until.unwrap()] {
            let [lt, gt] = ["lt", "gt"].map(|operator| interval(zone, json!({ operator: date.to_string() })).holds(at));
            prop_assert_eq!(u8::from(lt) + u8::from(today.holds(at)) + u8::from(gt), 1);
        }
    }
}
