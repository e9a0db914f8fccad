//! Holidays of a schedule. They are written with it, and answered beside it as records of their own.

use jiff::civil;
use jiff::tz::TimeZone;
use kustomer_api::envelope::{Relationship, Relationships, SelfLink};
use kustomer_api::schedule::{HOLIDAY_TYPE, Holiday, IncludedHoliday, MINUTES, Schedule};
use kustomer_api::validation::{Fault, MAX_FAULTS};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::Map;
use sha2::{Digest as _, Sha256};

use super::working::moment;
use crate::change::EventSeed;
use crate::customer::Context;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;

/// The holidays after a write. One that is sent with the id of a former one stays the same; all others are new.
pub(super) fn written(
    context: &Context<'_>,
    former: &[Holiday],
    sent: Vec<Holiday>,
    event: EventSeed,
    faults: &mut Vec<Fault>,
) -> Vec<Holiday> {
    let mut written: Vec<Holiday> = Vec::with_capacity(sent.len());
    for (number, mut holiday) in sent.into_iter().enumerate() {
        if let Some(title) = fault_of(&holiday) {
            let pointer = format!("/holidays/{number}/endDate");
            faults.push(Fault { pointer, ..Fault::of_attribute("holidays", title, EXAMPLE) });
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
        let id = holiday.id.take().map(|id| id.to_ascii_lowercase());
        let is_taken = |id: &String| written.iter().any(|other| other.id.as_ref() == Some(id));
        let same =
            id.filter(|id| !is_taken(id)).and_then(|id| former.iter().find(|other| other.id.as_ref() == Some(&id)));
        if holiday.enabled.is_absent() {
            holiday.enabled = same.map_or(Field::Value(true), |same| same.enabled);
        }
        if holiday.description.is_absent() {
            holiday.description = same.map_or(Field::Absent, |same| same.description.clone());
        }
        written.push(match same {
            Some(same) if says(same) == says(&holiday) => same.clone(),
            Some(same) => Holiday {
                updated_at: context.now.into(),
                modified_at: context.now.into(),
                modified_by: context.actor.to_string().into(),
                id: same.id.clone(),
                created_at: same.created_at,
                created_by: same.created_by.clone(),
                ..holiday
            },
            None => Holiday {
                id: Some(id_of(event, number).to_string()),
                created_at: context.now.into(),
                updated_at: context.now.into(),
                modified_at: context.now.into(),
                created_by: context.actor.to_string().into(),
                modified_by: context.actor.to_string().into(),
                ..holiday
            },
        });
    }
    written
}

const EXAMPLE: &str = "such as startDate 2026-12-24 and endDate 2026-12-26";

fn says(holiday: &Holiday) -> (&str, &str, &str, &Field<String>, &Field<bool>) {
    (&holiday.name, &holiday.start_date, &holiday.end_date, &holiday.description, &holiday.enabled)
}

/// The id of a new holiday follows from that of the event that makes it, which is drawn by chance.
fn id_of(event: EventSeed, number: usize) -> ObjectId {
    let hash = Sha256::digest(format!("{HOLIDAY_TYPE}\0{}\0{number}", event.id));
    let mut id = [0; 12];
    id.copy_from_slice(&hash[..12]);
    ObjectId::from_bytes(id)
}

/// When a holiday begins, or ends: a day, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Day(civil::Date),
    Moment(Timestamp),
}

fn read(text: &str) -> Option<End> {
    let day = || text.parse::<civil::Date>().ok().filter(|_| text.len() == 10).map(End::Day);
    day().or_else(|| text.parse().ok().map(End::Moment))
}

fn fault_of(holiday: &Holiday) -> Option<&'static str> {
    match (read(&holiday.start_date), read(&holiday.end_date)) {
        (Some(End::Day(start)), Some(End::Day(end))) => {
            (end < start).then_some("A holiday cannot end before it begins")
        }
        (Some(End::Moment(start)), Some(End::Moment(end))) => {
            (end <= start).then_some("A holiday must end after it begins")
        }
        (Some(_), Some(_)) => Some("A holiday begins and ends with a day, or with a moment"),
        _ => Some("A holiday begins and ends with a day or a moment"),
    }
}

/// From when until when nobody works, in milliseconds; the last day is included.
pub(super) fn interval_of(holiday: &Holiday, zone: &TimeZone) -> Option<(i64, i64)> {
    let (from, until) = match (read(&holiday.start_date)?, read(&holiday.end_date)?) {
        (End::Day(first), End::Day(last)) => (moment(zone, first, 0)?, moment(zone, last, MINUTES)?),
        (End::Moment(from), End::Moment(until)) => (from.as_millis(), until.as_millis()),
        (End::Day(_), End::Moment(_)) | (End::Moment(_), End::Day(_)) => return None,
    };
    (from < until).then_some((from, until))
}

/// The holidays of a schedule as records, to be answered beside it.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn included(document: &str) -> Result<Vec<String>, Refusal> {
    let schedule: Schedule = resource::read(document)?;
    let path = schedule.links.map(|link| link.this).unwrap_or_default();
    let org = schedule.relationships.get("org").cloned();
    let holidays = schedule.attributes.holidays.into_value().unwrap_or_default();
    let record = |mut holiday: Holiday| {
        let user =
            |id: Field<String>| id.into_value().map(|id| Relationship::to_one("user", &id, format!("/v1/users/{id}")));
        let ties = [
            ("org", org.clone()),
            ("createdBy", user(std::mem::take(&mut holiday.created_by))),
            ("modifiedBy", user(std::mem::take(&mut holiday.modified_by))),
            ("schedule", Some(Relationship::to_one(Kind::Schedule.as_str(), &schedule.id, path.clone()))),
        ];
        let ties = ties.into_iter().filter_map(|(name, tie)| Some((name.to_owned(), tie?)));
        resource::render(&IncludedHoliday {
            kind: HOLIDAY_TYPE.to_owned(),
            id: holiday.id.take().unwrap_or_default().into(),
            attributes: holiday,
            relationships: Relationships::from_iter(ties),
            links: Some(SelfLink::new(format!("{path}?include=holidays"))),
            extra: Map::new(),
        })
    };
    holidays.into_iter().map(record).collect()
}
