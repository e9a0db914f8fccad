//! Teams: users under a name (`docs/contract/behaviour.md` §17).

use kustomer_api::error::code;
use kustomer_api::team::{MAX_MEMBERS, Team, TeamAttributes, TeamInput};
use kustomer_api::{Field, ObjectId};

use crate::change::{ChangeSet, Columns, EventSeed};
use crate::customer::Context;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// The column that holds whether a team grants role groups; empty when it grants none.
pub const GRANTING: &str = "granting";

/// The value of the column when it does.
pub const IS_GRANTING: &str = "true";

impl Record for TeamAttributes {
    fn columns(team: &Team) -> Columns {
        let grants = team.attributes.role_groups.value().is_some_and(|groups| !groups.is_empty());
        Columns::of([(GRANTING, grants.then(|| IS_GRANTING.to_owned()))])
    }
}

/// Creates a team. Its members must be users of the org; the caller has looked them up.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, input: TeamInput) -> Result<ChangeSet, Refusal> {
    let mut team = TeamAttributes { members: Field::Value(Vec::new()), ..TeamAttributes::default() };
    write(&mut team, input);
    lifecycle::create(context, id, event, team)
}

/// Changes a team: attributes of the input replace the stored ones. `deleted` deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: TeamInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |team| {
        write(team, input);
        Ok(())
    })
}

/// Deletes a team; an update restores it.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::delete::<TeamAttributes>(context, stored, event)
}

/// Adds members, each once, at the end.
///
/// # Errors
/// 404 when the team is not there, 400 when it would have too many members.
pub fn add_members(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    added: &[String],
) -> Result<ChangeSet, Refusal> {
    lifecycle::update(context, stored, event, |team: &mut TeamAttributes| {
        let mut members = std::mem::take(&mut team.members).into_value().unwrap_or_default();
        for member in added.iter().map(|member| member.to_ascii_lowercase()) {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        if members.len() > MAX_MEMBERS {
            let title = format!("The team would have more than {MAX_MEMBERS} members");
            return Err(Refusal::new(400, code::BAD_PARAM, "members", title));
        }
        team.members = members.into();
        Ok(())
    })
}

/// Takes members out; those who are none are passed over.
///
/// # Errors
/// 404 when the team is not there.
pub fn remove_members(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    removed: &[String],
) -> Result<ChangeSet, Refusal> {
    lifecycle::update(context, stored, event, |team: &mut TeamAttributes| {
        let mut members = std::mem::take(&mut team.members).into_value().unwrap_or_default();
        members.retain(|member| !removed.iter().any(|gone| gone.eq_ignore_ascii_case(member)));
        team.members = members.into();
        Ok(())
    })
}

/// The refusal of a member who is no user of the org.
pub fn unknown_member(id: &str) -> Refusal {
    Refusal::new(400, code::BAD_PARAM, "members", format!("There is no user with the id {id} in the org"))
}

/// Ids are stored in lower case.
fn write(team: &mut TeamAttributes, mut input: TeamInput) {
    for id in input.members.iter_mut().chain(&mut input.role_groups).flatten() {
        id.make_ascii_lowercase();
    }
    input.apply(team);
}
