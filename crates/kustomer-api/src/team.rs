//! Teams of users (`docs/contract/behaviour.md` §17).

use serde::{Deserialize, Serialize};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::{OBJECT_ID, Object, Property, ReadOnly, Schema};
use crate::user::User;
use crate::{Id, ObjectId};

/// How many members a team may have; Kustomer documents no limit.
pub const MAX_MEMBERS: usize = 500;

/// How many role groups a team may grant.
pub const MAX_ROLE_GROUPS: usize = 20;

resource! {
    /// A team.
    Team = "team";

    /// The attributes of a team.
    answer TeamAttributes = TEAM;

    /// The attributes to create a team with, or to change. Absent ones stay as they are.
    input TeamInput { create: TEAM_INPUT, update: TEAM_CHANGES, replace: TEAM_REPLACEMENT }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// The name to show, at most 256 characters.
        display_name: String = optional(Schema::text_of(0, 256));
        /// The name of an icon, at most 256 characters.
        icon: String | null = optional(Schema::text_of(0, 256));
        /// The ids of its users, at most [`MAX_MEMBERS`].
        members: Vec<String> = optional(MEMBERS) => Schema::list(&MEMBER);
        /// The ids of the role groups that its members are granted, at most [`MAX_ROLE_GROUPS`].
        role_groups: Vec<String> = optional(ROLE_GROUPS) => Schema::list(&MEMBER);
        /// The id in another system, 1 to 256 characters.
        external_id: String = on_create(Schema::text_of(1, 256));
    }

    system { deleted: on_update, created_at: optional, imported_at: on_create, rev: on_update, }
}

static MEMBER: Schema = Schema::format(OBJECT_ID);
const MEMBERS: Schema = Schema::set_of(MAX_MEMBERS, &MEMBER).about("The ids of users of the org.");

const ROLE_GROUPS: Schema = Schema::set_of(MAX_ROLE_GROUPS, &MEMBER).about("The ids of role groups of the org.");

impl TeamInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// Users to add to a team, or to take out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct TeamMembers {
    /// Their ids, at most [`MAX_MEMBERS`].
    pub members: Vec<String>,
}

impl TeamMembers {
    /// These users.
    pub fn new(members: impl IntoIterator<Item = impl Into<Id<User>>>) -> Self {
        Self { members: members.into_iter().map(|id| id.into().into()).collect() }
    }
}

/// The attributes of a team that are answered and that adding and removing members does not take.
pub static READ_ONLY_OF_MEMBERS: &[ReadOnly] = &[
    ReadOnly::new("name", ONLY_MEMBERS),
    ReadOnly::new("displayName", ONLY_MEMBERS),
    ReadOnly::new("icon", ONLY_MEMBERS),
    ReadOnly::new("roleGroups", ONLY_MEMBERS),
    ReadOnly::new("deleted", ONLY_MEMBERS),
    ReadOnly::new("createdAt", ONLY_MEMBERS),
    ReadOnly::new("externalId", ONLY_CREATED),
    ReadOnly::new("importedAt", ONLY_CREATED),
    ReadOnly::new("updatedAt", "the server sets it with every change"),
    ReadOnly::new("modifiedAt", "the server sets it with every change by a user"),
    ReadOnly::new("rev", ONLY_MEMBERS),
];

const ONLY_MEMBERS: &str = "this operation changes the members alone: send it in an update of the team";
const ONLY_CREATED: &str = "it can only be sent when the team is created";

/// The body of `addTeamMember` and `removeTeamMember`.
pub static TEAM_MEMBERS: Schema =
    Schema::object(&Object { name: "TeamMembers", open: false, properties: &[Property::required("members", MEMBERS)] })
        .with_read_only(READ_ONLY_OF_MEMBERS);

endpoint! {
    /// `getTeams`.
    GetTeams = &contract::GET_TEAMS, "Lists the org's teams.";
    path: (), query: ListRecords, body: (), answer: Page<Team>: Answer::Uncounted(&TEAM)
}

endpoint! {
    /// `getTeamById`.
    GetTeamById = &contract::GET_TEAM_BY_ID, "Reads a team by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Team>: Answer::One(&TEAM)
}

endpoint! {
    /// `createTeam`.
    CreateTeam = &contract::CREATE_TEAM, "Makes a team.";
    path: (), query: (), body: TeamInput: &TEAM_INPUT, example: r#"{"name":"Support","icon":"sun"}"#,
    answer: Document<Team>: Answer::One(&TEAM)
}

endpoint! {
    /// `updateTeamById`.
    UpdateTeamById = &contract::UPDATE_TEAM_BY_ID, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: TeamInput: &TEAM_REPLACEMENT, example: r#"{"name":"Support","displayName":"The support desk"}"#,
    answer: Document<Team>: Answer::One(&TEAM)
}

endpoint! {
    /// `updateTeamAttributes`.
    UpdateTeamAttributes = &contract::UPDATE_TEAM_ATTRIBUTES, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: TeamInput: &TEAM_CHANGES, example: r#"{"displayName":"First line"}"#,
    answer: Document<Team>: Answer::One(&TEAM)
}

endpoint! {
    /// `deleteTeam`.
    DeleteTeam = &contract::DELETE_TEAM, "Deletes a team; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

/// Ids of users are not known beforehand; nobody at all works everywhere.
const MEMBERS_EXAMPLE: &str = r#"{"members":[]}"#;

endpoint! {
    /// `addTeamMember`.
    AddTeamMember = &contract::ADD_TEAM_MEMBER, "Adds users to a team.";
    path: ObjectId, query: (), body: TeamMembers: &TEAM_MEMBERS, example: MEMBERS_EXAMPLE,
    answer: Document<Team>: Answer::One(&TEAM)
}

endpoint! {
    /// `removeTeamMember`.
    RemoveTeamMember = &contract::REMOVE_TEAM_MEMBER, "Takes users out of a team.";
    path: ObjectId, query: (), body: TeamMembers: &TEAM_MEMBERS, example: MEMBERS_EXAMPLE,
    answer: Document<Team>: Answer::One(&TEAM)
}

history!(
    GetTeamHistory = &own::GET_TEAM_HISTORY,
    "Lists what happened to a team, deleted ones included, newest first."
);
