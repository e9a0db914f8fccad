//! `kustodian users`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::user::UserInput;

use super::{Attributes, Filters, Listed, Records};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Users: people, and those behind API keys. Creating one invites a person; deleting one deactivates it.
#[derive(Debug)]
pub(crate) enum Users {}

impl Records for Users {
    const KIND: Kind = Kind::User;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("EMAIL", "/attributes/email"),
        ("TYPE", "/attributes/userType"),
        ("ROLES", "/attributes/roles"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = UserArguments;
    type Filters = UserFilters;
}

/// What to invite a person with, or to change on a user.
#[derive(Debug, Args)]
pub(crate) struct UserArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// The address that the person signs in with.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A role, such as org.user; repeatable. Roles that you lack are left out. `kustodian roles` lists them.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// The id of the role group that the user has besides the groups of its teams.
    #[arg(long, value_name = "ID")]
    role_group: Option<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input. A
    /// password is given so, never as a flag.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "email", "roles", "role_group"])]
    json: Option<String>,
}

impl Attributes for UserArguments {
    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let input = UserInput {
            name: self.name,
            email: self.email,
            roles: Some(self.roles).filter(|roles| !roles.is_empty()),
            role_groups: self.role_group.map(|group| vec![group]),
            ..UserInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which users to list.
#[derive(Debug, Args)]
pub(crate) struct UserFilters {
    /// Those who were invited and have not set a password.
    #[arg(long)]
    pending: bool,
    /// Those who are deactivated.
    #[arg(long)]
    deleted: bool,
    /// The one with this address.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

impl Filters for UserFilters {
    fn listed(self, path: &str) -> Listed {
        let flag = |name, is_on: bool| is_on.then(|| (name, "true".to_owned()));
        let email = self.email.map(|email| ("email", email));
        Listed::at(path)
            .with([flag("pending", self.pending), flag("deleted", self.deleted), email].into_iter().flatten())
    }
}
