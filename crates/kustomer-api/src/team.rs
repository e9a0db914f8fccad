//! Teams of users (`docs/contract/behaviour.md` §17).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::operation::contract;
use crate::query::ListRecords;
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, ReadOnly, Schema, resource_schema};
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a team.
pub const TYPE: &str = "team";

/// How many members a team may have; Kustomer tells no limit.
pub const MAX_MEMBERS: usize = 500;

/// A team.
pub type Team = Resource<TeamAttributes>;

/// What a team holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamAttributes {
    /// The name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_name: Field<String>,
    /// The name of a picture.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub icon: Field<String>,
    /// The ids of its users.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub members: Field<Vec<String>>,
    /// What another system calls it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<String>,
    /// Whether it is deleted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
    /// When the record was made, or what was sent instead.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it was imported.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub imported_at: Field<Timestamp>,
    /// When anything last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When an actor last changed anything.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// The revision.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What to make a team of, or what to change on one. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamInput {
    /// At most 256 characters; needed to make a team and to `PUT` one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// At most 256 characters; null takes it away.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub icon: Field<String>,
    /// The ids of its users, at most [`MAX_MEMBERS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// What another system calls it, at most 256 characters; only when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Back-dates the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Marks the record as imported; only when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
    /// True deletes, false or null restores; only on an update.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
}

impl TeamInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// Users to add to a team, or to take out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMembers {
    /// Their ids, at most [`MAX_MEMBERS`].
    pub members: Vec<String>,
}

/// A team as answered.
pub static TEAM: Schema = resource_schema!(
    "Team",
    "TeamAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("displayName", Schema::text()),
        Property::optional("icon", Schema::text().or_null()),
        Property::optional("members", Schema::list(&MEMBER)),
        Property::optional("externalId", Schema::text()),
        Property::optional("deleted", Schema::boolean()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("importedAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("modifiedAt", Schema::format(DATE_TIME)),
        Property::optional("rev", Schema::integer()),
    ]
);

/// The attributes of a team that are answered and that `createTeam` does not take.
pub static READ_ONLY: &[ReadOnly] = &[
    ReadOnly::new("deleted", "a team that is created is not deleted: send it in an update"),
    UPDATED_AT,
    MODIFIED_AT,
    REV,
];

/// The attributes of a team that are answered and that an update does not take.
pub static READ_ONLY_ON_UPDATE: &[ReadOnly] = &[
    ReadOnly::new("externalId", "it can only be sent when the team is created"),
    ReadOnly::new("importedAt", "it can only be sent when the team is created"),
    UPDATED_AT,
    MODIFIED_AT,
    REV,
];

/// The attributes of a team that are answered and that adding and removing members does not take.
pub static READ_ONLY_OF_MEMBERS: &[ReadOnly] = &[
    ReadOnly::new("name", ONLY_MEMBERS),
    ReadOnly::new("displayName", ONLY_MEMBERS),
    ReadOnly::new("icon", ONLY_MEMBERS),
    ReadOnly::new("deleted", ONLY_MEMBERS),
    ReadOnly::new("createdAt", ONLY_MEMBERS),
    ReadOnly::new("externalId", "it can only be sent when the team is created"),
    ReadOnly::new("importedAt", "it can only be sent when the team is created"),
    UPDATED_AT,
    MODIFIED_AT,
    REV,
];

const ONLY_MEMBERS: &str = "this operation changes the members alone: send it in an update of the team";

const UPDATED_AT: ReadOnly = ReadOnly::new("updatedAt", "the server sets it with every change");
const MODIFIED_AT: ReadOnly = ReadOnly::new("modifiedAt", "the server sets it with every change by a user");
const REV: ReadOnly = ReadOnly::new("rev", "the server counts it");

static MEMBER: Schema = Schema::format(OBJECT_ID);

const NAME: Schema = Schema::text_of(1, 256);
const SHOWN: Schema = Schema::text_of(0, 256);
const MEMBERS: Schema = Schema::set_of(MAX_MEMBERS, &MEMBER).about("The ids of users of the org.");

/// The body of `createTeam`.
pub static TEAM_INPUT: Schema = Schema::object(&Object {
    name: "TeamInput",
    open: false,
    properties: &[
        Property::required("name", NAME),
        Property::optional("displayName", SHOWN),
        Property::optional("icon", SHOWN.or_null()),
        Property::optional("members", MEMBERS),
        Property::optional("externalId", Schema::text_of(1, 256)),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("importedAt", Schema::format(DATE_TIME)),
    ],
})
.with_read_only(READ_ONLY);

/// The body of `updateTeamById`.
pub static TEAM_REPLACEMENT: Schema = Schema::object(&Object {
    name: "TeamReplacement",
    open: false,
    properties: &[Property::required("name", NAME), CHANGES[0], CHANGES[1], CHANGES[2], CHANGES[3], CHANGES[4]],
})
.with_read_only(READ_ONLY_ON_UPDATE);

/// The body of `updateTeamAttributes`.
pub static TEAM_CHANGES: Schema = Schema::object(&Object {
    name: "TeamChanges",
    open: false,
    properties: &[Property::optional("name", NAME), CHANGES[0], CHANGES[1], CHANGES[2], CHANGES[3], CHANGES[4]],
})
.with_read_only(READ_ONLY_ON_UPDATE);

const CHANGES: [Property; 5] = [
    Property::optional("displayName", SHOWN),
    Property::optional("icon", Schema::text_of(0, 256).or_null()),
    Property::optional("members", MEMBERS),
    Property::optional("createdAt", Schema::format(DATE_TIME)),
    Property::optional("deleted", Schema::boolean().or_null().about("True deletes, false or null restores.")),
];

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
    GetTeamById = &contract::GET_TEAM_BY_ID, "Reads a team by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Team>: Answer::One(&TEAM)
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
    DeleteTeam = &contract::DELETE_TEAM, "Deletes a team; an update with `deleted: null` restores it.";
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
