//! Role groups, which the web application calls permission sets: roles under a name (`docs/contract/behaviour.md` §17).

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;
use crate::user::{MAX_ROLES, ROLE};

resource! {
    /// A role group.
    RoleGroup = "role_group";

    /// The attributes of a role group.
    answer RoleGroupAttributes = ROLE_GROUP;

    /// The attributes to create a role group with, or to change. Absent ones stay as they are.
    input RoleGroupInput { create: ROLE_GROUP_INPUT, update: ROLE_GROUP_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// Its purpose, at most 1,024 characters.
        description: String = optional(Schema::text_of(0, 1_024));
        /// Whether it is shown where groups are chosen from.
        display: bool = optional(Schema::boolean());
        /// Whether it belongs to the system, so that nobody changes it.
        system: bool, read_only("the server sets it when the group is created");
        /// The roles that it grants, at most [`MAX_ROLES`].
        roles: Vec<String> = optional(Schema::list_of(MAX_ROLES, &ROLE)) => Schema::list(&ROLE);
    }

    system { rev: on_update, }
}

impl RoleGroupInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

endpoint! {
    /// `getAllRoleGroups`.
    GetAllRoleGroups = &contract::GET_ALL_ROLE_GROUPS, "Lists the org's role groups.";
    path: (), query: ListRecords, body: (), answer: Page<RoleGroup>: Answer::Uncounted(&ROLE_GROUP)
}

endpoint! {
    /// `getRoleGroupById`.
    GetRoleGroupById = &contract::GET_ROLE_GROUP_BY_ID, "Reads a role group by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<RoleGroup>: Answer::One(&ROLE_GROUP)
}

endpoint! {
    /// `createRoleGroup`.
    CreateRoleGroup = &contract::CREATE_ROLE_GROUP, "Makes a role group of roles that the caller holds.";
    path: (), query: (), body: RoleGroupInput: &ROLE_GROUP_INPUT,
    example: r#"{"name":"Readers","description":"May read customers","roles":["org.user.customer.read"]}"#,
    answer: Document<RoleGroup>: Answer::One(&ROLE_GROUP)
}

endpoint! {
    /// `updateRoleGroup`.
    UpdateRoleGroup = &contract::UPDATE_ROLE_GROUP, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: RoleGroupInput: &ROLE_GROUP_CHANGES, example: r#"{"name":"Everybody who reads"}"#,
    answer: Document<RoleGroup>: Answer::One(&ROLE_GROUP)
}

endpoint! {
    /// `deleteRoleGroup`.
    DeleteRoleGroup = &contract::DELETE_ROLE_GROUP, "Deletes a role group: it grants nothing from then on.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(
    GetRoleGroupHistory = &own::GET_ROLE_GROUP_HISTORY,
    "Lists what happened to a role group, deleted ones included, newest first."
);
