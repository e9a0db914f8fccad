//! Schedules: the hours in which an org works. One of them is the default: making another the default is one commit of
//! both.

mod holidays;
mod hours;
mod working;

use kustomer_api::error::code;
use kustomer_api::schedule::{Schedule, ScheduleAttributes, ScheduleInput, workdays};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};

use crate::change::{ChangeSet, EventSeed};
use crate::claim::{Claim, ClaimKind};
use crate::customer::Context;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::{OrgKey, Stored};
use crate::{default, resource};

pub use holidays::included;
pub use working::{MAX_DAYS, WorkingTime};

impl Record for ScheduleAttributes {
    fn claims(schedule: &Schedule, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        default::claims(ClaimKind::DefaultSchedule, is_default(&schedule.attributes), org, owner)
    }
}

fn is_default(schedule: &ScheduleAttributes) -> bool {
    schedule.default.value() == Some(&true)
}

/// The schedule that is the default one before another becomes it, and what its event is given by chance.
#[derive(Debug, Clone)]
pub struct Former {
    /// The schedule, as it was read.
    pub stored: Stored,
    /// For its event.
    pub event: EventSeed,
}

impl Former {
    /// Takes the mark of the default from it.
    fn step_back(&self, context: &Context<'_>) -> Result<ChangeSet, Refusal> {
        lifecycle::update(context, Some(&self.stored), self.event, |schedule: &mut ScheduleAttributes| {
            schedule.default = false.into();
            Ok(())
        })
    }
}

/// Makes the default schedule of an org that has none yet: eight to five in UTC, from Monday to Friday.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create_default(context: &Context<'_>, id: ObjectId, event: EventSeed) -> Result<ChangeSet, Refusal> {
    default::first(context, id, event, first_default())
}

/// The default schedule of an org that has made none.
pub(crate) fn first_default() -> ScheduleAttributes {
    ScheduleAttributes {
        name: "Default".into(),
        hours: workdays(8 * 60, 17 * 60).into(),
        timezone: "UTC".into(),
        default: true.into(),
        holidays: Vec::new().into(),
        ..ScheduleAttributes::default()
    }
}

/// Makes a schedule. One that is to be the default takes the place of `former`.
///
/// # Errors
/// 400 when its hours or its holidays are none.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: ScheduleInput,
    former: Option<&Former>,
) -> Result<ChangeSet, Refusal> {
    let mut schedule =
        ScheduleAttributes { default: false.into(), holidays: Vec::new().into(), ..ScheduleAttributes::default() };
    write(context, &mut schedule, event, input)?;
    let takes_over = is_default(&schedule);
    let mut changes = lifecycle::create(context, id, event, schedule)?;
    if let Some(former) = former.filter(|_| takes_over) {
        changes.merge(former.step_back(context)?);
    }
    Ok(changes)
}

/// Changes a schedule: attributes of the input replace the stored ones. `deleted` deletes it, or restores it; `default:
/// true` makes it the default instead of `former`.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another, or the default is to be deleted; 400
/// when its hours or holidays are none, or there would be no default.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: ScheduleInput,
    former: Option<&Former>,
) -> Result<ChangeSet, Refusal> {
    let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
    resource::check_rev(stored, input.rev.as_ref())?;
    let edit = |record: &mut Schedule| {
        let (was_default, was_deleted) = (is_default(&record.attributes), stored.deleted);
        write(context, &mut record.attributes, event, input)?;
        let schedule = &mut record.attributes;
        if was_default && !is_default(schedule) {
            let advice = "make another schedule the default instead";
            let title = "An org has one default schedule";
            return Err(Refusal::bad_input(vec![Fault::of_attribute("default", title, advice)]));
        }
        mark_deleted(context, record, was_deleted)
    };
    let updated = lifecycle::update_record(context, stored, event, By::User, edit)?;
    let takes_over = is_default(&updated.after.attributes) && !is_default(&updated.before.attributes);
    let mut changes = updated.changes;
    if let Some(former) = former.filter(|former| takes_over && former.stored.id != stored.id) {
        changes.merge(former.step_back(context)?);
    }
    Ok(changes)
}

/// Deletes a schedule; an update restores it.
///
/// # Errors
/// 404 when it is not there; 409 when it is the default.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    let stored = stored.filter(|stored| !stored.deleted).ok_or_else(|| Refusal::not_found("id"))?;
    let edit = |record: &mut Schedule| {
        record.attributes.deleted = true.into();
        mark_deleted(context, record, false)
    };
    lifecycle::update_record(context, stored, event, By::User, edit).map(|updated| updated.changes)
}

/// Notes when and by whom it was deleted, and forgets that of one that is restored.
fn mark_deleted(context: &Context<'_>, record: &mut Schedule, was_deleted: bool) -> Result<(), Refusal> {
    let schedule = &mut record.attributes;
    match (was_deleted, schedule.deleted.value().copied().unwrap_or_default()) {
        (false, true) if is_default(schedule) => {
            let title = "The default schedule cannot be deleted: make another the default first";
            Err(Refusal::new(409, code::CONFLICT, "default", title))
        }
        (false, true) => {
            schedule.deleted_at = context.now.into();
            record.relationships.insert("deletedBy".to_owned(), resource::user_relationship(context.actor));
            Ok(())
        }
        (true, false) => {
            schedule.deleted_at = Field::Absent;
            record.relationships.remove("deletedBy");
            Ok(())
        }
        (true, true) | (false, false) => Ok(()),
    }
}

fn write(
    context: &Context<'_>,
    schedule: &mut ScheduleAttributes,
    event: EventSeed,
    mut input: ScheduleInput,
) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if let Some(hours) = &mut input.hours {
        hours::check(hours, &mut faults);
    }
    if let Some(zone) = &input.timezone {
        hours::check_zone(zone, &mut faults);
    }
    if let Some(sent) = input.holidays.take() {
        let former = schedule.holidays.value().map(Vec::as_slice).unwrap_or_default();
        schedule.holidays = holidays::written(context, former, sent, event, &mut faults).into();
    }
    if !faults.is_empty() {
        return Err(Refusal::bad_input(faults));
    }
    input.apply(schedule);
    Ok(())
}
