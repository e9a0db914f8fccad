//! Role groups: roles under a name, which users and teams are given (`docs/contract/behaviour.md` §17).

use kustomer_api::ObjectId;
use kustomer_api::error::code;
use kustomer_api::role_group::{RoleGroup, RoleGroupAttributes, RoleGroupInput};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::grant;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

impl Record for RoleGroupAttributes {}

/// Makes a role group, of roles that `held` covers.
///
/// # Errors
/// 400 for a role that opens nothing, 403 for one that the caller lacks.
pub fn create(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    input: RoleGroupInput,
    held: &[String],
) -> Result<ChangeSet, Refusal> {
    check(&input, &[], held)?;
    let mut group = RoleGroupAttributes {
        description: String::new().into(),
        display: true.into(),
        system: false.into(),
        roles: Vec::new().into(),
        ..RoleGroupAttributes::default()
    };
    input.apply(&mut group);
    lifecycle::create(context, id, event, group)
}

/// Changes a role group: attributes of the input replace the stored ones. Roles that it already has may stay.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another; 400 for a role that opens nothing, 403 for one that is added or
/// removed and that the caller lacks.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: RoleGroupInput,
    held: &[String],
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |group: &mut RoleGroupAttributes| {
        check(&input, group.roles.value().map(Vec::as_slice).unwrap_or_default(), held)?;
        input.apply(group);
        Ok(())
    })
}

/// Deletes a role group, which takes its roles from everybody.
///
/// # Errors
/// 404 when it is not there, 403 when it has a role that the caller lacks.
pub fn delete(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    held: &[String],
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        check_moved(&roles_of(stored)?, held, "deletes a role group that has it")?;
    }
    lifecycle::delete::<RoleGroupAttributes>(context, stored, event)
}

/// The roles of a group that is not deleted.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn roles_of(stored: &Stored) -> Result<Vec<String>, Refusal> {
    if stored.deleted {
        return Ok(Vec::new());
    }
    let group: RoleGroup = resource::read(&stored.document)?;
    Ok(group.attributes.roles.into_value().unwrap_or_default())
}

fn check(input: &RoleGroupInput, former: &[String], held: &[String]) -> Result<(), Refusal> {
    let Some(sent) = input.roles.as_deref() else { return Ok(()) };
    grant::check_roles(sent, former)?;
    let without = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|role| !others.contains(role)).cloned().collect()
    };
    check_moved(&without(sent, former), held, "puts it into a role group")?;
    check_moved(&without(former, sent), held, "removes it from a role group")
}

/// Lets pass roles that `held` covers.
fn check_moved(roles: &[String], held: &[String], what: &str) -> Result<(), Refusal> {
    match roles.iter().find(|role| !grant::covers(held, role)) {
        None => Ok(()),
        Some(role) => {
            let title = format!("Only who holds the role {role} {what}");
            Err(Refusal::new(403, code::FORBIDDEN, "roles", title).with_meta("pointer", "/roles"))
        }
    }
}
