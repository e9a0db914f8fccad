//! Teams: users under a name (`docs/contract/behaviour.md` §17).

use kustomer_api::error::code;
use kustomer_api::team::{MAX_MEMBERS, TeamAttributes, TeamInput};
use kustomer_api::{Field, ObjectId};

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::lifecycle::{self, Common, Lifecycle};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;

impl Record for TeamAttributes {}

impl Lifecycle for TeamAttributes {
    fn common(&mut self) -> Common<'_> {
        Common {
            deleted: &mut self.deleted,
            created_at: &mut self.created_at,
            updated_at: &mut self.updated_at,
            modified_at: &mut self.modified_at,
            rev: &mut self.rev,
        }
    }
}

/// Makes a team. Its members must be users of the org, which whoever asks has looked up.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, input: TeamInput) -> Result<ChangeSet, Refusal> {
    let mut team = TeamAttributes { members: Field::Value(Vec::new()), ..TeamAttributes::default() };
    write(&mut team, input);
    lifecycle::create(context, id, event, team)
}

/// Changes a team: what was sent replaces what stands. `deleted` deletes it, or restores it.
///
/// # Errors
/// 404 when it is not there, or deleted and not restored.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: TeamInput,
) -> Result<ChangeSet, Refusal> {
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

fn write(team: &mut TeamAttributes, input: TeamInput) {
    let former = std::mem::take(team);
    *team = TeamAttributes {
        name: input.name.map_or(former.name, Field::Value),
        display_name: input.display_name.map_or(former.display_name, Field::Value),
        icon: input.icon.over(former.icon),
        members: input.members.map_or(former.members, |members| {
            Field::Value(members.iter().map(|member| member.to_ascii_lowercase()).collect())
        }),
        external_id: input.external_id.map_or(former.external_id, Field::Value),
        created_at: input.created_at.map_or(former.created_at, Field::Value),
        imported_at: input.imported_at.map_or(former.imported_at, Field::Value),
        deleted: match input.deleted {
            Field::Absent => former.deleted,
            sent => sent.into_value().unwrap_or_default().into(),
        },
        ..former
    };
}
