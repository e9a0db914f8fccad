//! Kobjects that are tasks (`docs/contract/behaviour.md` §13): whether they are done, and who is to do them. Pure: the
//! moment and the user are given.

use kustomer_api::kobject::{Done, KObjectAttributes, KObjectInput, TaskStatus};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::Number;

use crate::klass::KnownKlass;
use crate::refusal::Refusal;

/// Has a kobject begin as its klass says: a task is open.
pub(crate) fn begin(kobject: &mut KObjectAttributes, klass: &KnownKlass) {
    if klass.is_assignable() {
        (kobject.queue, kobject.assigned_user) = (Field::Null, Field::Null);
    }
    if klass.is_task {
        kobject.status = TaskStatus::Open.into();
        (kobject.first_done, kobject.last_done) = (Done::default().into(), Done::default().into());
        kobject.done_count = Field::Value(0);
        kobject.reopen_count = Field::Value(0);
        kobject.reopen_from_done_count = Field::Value(0);
    }
}

/// Lets an update pass that says of a task what only a task has.
///
/// # Errors
/// 400 when the kobject is none: its klass is not one of tasks, and it was not created while that was.
pub(crate) fn check(kobject: &KObjectAttributes, klass: &KnownKlass, input: &KObjectInput) -> Result<(), Refusal> {
    let is_task = klass.is_task || !kobject.status.is_absent();
    let is_assignable = klass.is_assignable() || !kobject.assigned_user.is_absent();
    let faults: Vec<Fault> = [
        ("status", input.status.is_some() && !is_task, "no tasks", "set klassSchema of the klass to task first"),
        ("queue", !input.queue.is_absent() && !is_assignable, "not assigned", ASSIGNABLE),
        ("assignedUser", !input.assigned_user.is_absent() && !is_assignable, "not assigned", ASSIGNABLE),
    ]
    .into_iter()
    .filter(|(_, is_wrong, ..)| *is_wrong)
    .map(|(name, _, what, advice)| {
        Fault::of_attribute(name, format!("The kobjects of {} are {what}", klass.name), advice)
    })
    .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

const ASSIGNABLE: &str = "set klassSchema of the klass to task, or add assignable to its mixins, first";

/// Changes the status, if it is another, and updates its counts and times.
pub(crate) fn set(kobject: &mut KObjectAttributes, status: TaskStatus, now: Timestamp, by: ObjectId) {
    let former = kobject.status.value().cloned().unwrap_or(TaskStatus::Open);
    if former != status {
        if status == TaskStatus::Done {
            let done = done(kobject, now, by);
            if kobject.first_done.value().is_none_or(|first| first.created_at.is_absent()) {
                kobject.first_done = done.clone().into();
            }
            kobject.last_done = done.into();
            count(&mut kobject.done_count);
        } else {
            count(&mut kobject.reopen_count);
            if former == TaskStatus::Done {
                count(&mut kobject.reopen_from_done_count);
            }
        }
    }
    kobject.status = status.into();
}

fn done(kobject: &KObjectAttributes, now: Timestamp, by: ObjectId) -> Done {
    let created = kobject.created_at.value().copied().unwrap_or(now);
    let millis = u64::try_from(now.as_millis().saturating_sub(created.as_millis())).unwrap_or_default();
    Done {
        time: Field::Value(Number::from(millis)),
        created_at: now.into(),
        created_by: Field::Value(by.to_string()),
        assigned_user: kobject.assigned_user.clone(),
        ..Done::default()
    }
}

fn count(number: &mut Field<u64>) {
    *number = Field::Value(number.value().copied().unwrap_or_default() + 1);
}
