//! Users: people, and the machine users behind API keys (`docs/contract/behaviour.md` §1.5, §17).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::resource::resource;
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::team::Team;
use crate::validation::Fault;
use crate::{ObjectId, Timestamp, team};

open_enum! {
    /// What kind of user.
    UserType {
        /// A person.
        Full = "user",
        /// A collaborator.
        Limited = "limited",
        /// The user behind an API key.
        Machine = "machine",
        /// Paid by the hour.
        Hourly = "hourly",
    }
}

resource! {
    /// A user.
    User = "user";

    /// The attributes of a user.
    answer UserAttributes = USER;

    /// The attributes to invite a person with, or to change on a user. Absent ones stay as they are.
    input UserInput { create: USER_INPUT, update: USER_CHANGES }

    attributes {
        /// The name, 1 to 255 characters; for a machine user the name of its API key.
        name: String = required(Schema::text_of(1, 255));
        /// The name to show, at most 255 characters.
        display_name: String | null = optional(Schema::text_of(0, 255));
        /// The address to sign in with, which no other active user has; a machine user has a made-up one that receives
        /// nothing.
        email: String = required(Schema::text_of(3, 255)) => Schema::text();
        /// When the person set a password by a link that was sent to the address.
        email_verified_at: Timestamp | null, read_only("the server sets it when the invitation is accepted");
        /// A mobile number, at most 64 characters.
        mobile: String | null = optional(Schema::text_of(0, 64));
        /// The address of a picture, at most 2,048 characters.
        avatar_url: String | null = optional(Schema::text_of(0, 2_048));
        /// What ends the e-mails that the user writes, at most 10,000 characters.
        email_signature: String | null = optional(Schema::text_of(0, 10_000));
        /// What kind of user.
        user_type: UserType = by_body(
            Schema::one_of(&["user", "machine", "limited", "hourly"]),
            Schema::one_of(&["user", "limited", "hourly"])
        );
        /// The roles, at most [`MAX_ROLES`]. Those that the caller lacks are left out.
        roles: Vec<String> = optional(Schema::list_of(MAX_ROLES, &ROLE)) => Schema::list(&ROLE);
        /// The id of the role group assigned to the user; one at most. Teams may grant more.
        role_groups: Vec<String> = optional(Schema::list_of(1, &GROUP)) => Schema::list(&GROUP);
        /// The user's rights with passwords, and when the password was set; null while there is none. An update takes a
        /// new password, [`MIN_PASSWORD`] to [`MAX_PASSWORD`] characters.
        password(secret): Value = set_on_update(
            Schema::text_of(MIN_PASSWORD, MAX_PASSWORD),
            "the person sets it by the link of the invitation"
        ) => Schema::object(&PASSWORD);
    }

    sent {
        /// The password that a new one replaces; needed to change one's own password or address.
        current_password(secret): String = on_update(
            Schema::text_of(0, MAX_PASSWORD),
            "a user who is invited has none"
        );
    }

    system { deleted: on_update, rev: on_update, }
}

/// How many roles a user or a role group may have; Kustomer documents no limit.
pub const MAX_ROLES: usize = 500;

/// The fewest characters of a password.
pub const MIN_PASSWORD: usize = 12;

/// The most characters of a password.
pub const MAX_PASSWORD: usize = 256;

pub(crate) static ROLE: Schema = Schema::text_of(1, crate::role::MAX_LENGTH);
static GROUP: Schema = Schema::format(OBJECT_ID);

static PASSWORD: Object = Object {
    name: "PasswordState",
    open: true,
    properties: &[
        Property::optional("allowNew", Schema::boolean()),
        Property::optional("forceNew", Schema::boolean()),
        Property::optional("updatedAt", Schema::format(DATE_TIME).or_null()),
    ],
};

impl UserInput {
    /// A person to invite.
    #[must_use]
    pub fn invited(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { name: Some(name.into()), email: Some(email.into()), ..Self::default() }
    }
}

/// Which users to list: those that meet every condition. Nothing set lists all that are active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListUsers {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those who were invited and have not accepted yet, or those who have.
    pub pending: Option<bool>,
    /// Those who are deactivated, or those who are not.
    pub deleted: Option<bool>,
    /// Those of this type.
    pub user_type: Option<UserType>,
    /// The one with this address, case aside.
    pub email: Option<String>,
}

crate::macros::query_methods! {
    ListUsers { paging: paging, pending: some bool, deleted: some bool, user_type: text UserType, email: text String }
}

impl QueryArguments for ListUsers {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "pending",
            schema: Schema::boolean(),
            about: "`true` lists users whose invitation is pending. Conditions combine.",
        },
        Parameter { name: "deleted", schema: Schema::boolean(), about: "`true` lists deactivated users." },
        Parameter {
            name: "userType",
            schema: Schema::one_of(&["user", "machine", "limited"]),
            about: "Lists users of this type.",
        },
        Parameter { name: "email", schema: Schema::text(), about: "Lists the user with this address." },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.pending.map(|pending| (Cow::Borrowed("pending"), pending.to_string())));
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs.extend(self.user_type.as_ref().map(|kind| (Cow::Borrowed("userType"), kind.as_str().to_owned())));
        pairs.extend(self.email.clone().map(|email| (Cow::Borrowed("email"), email)));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if query.paging.accept(&mut faults, name, value) {
                continue;
            }
            match name.as_str() {
                "pending" => query.pending = faults.take(read_boolean(name, value)),
                "deleted" => query.deleted = faults.take(read_boolean(name, value)),
                "userType" => match value.as_str() {
                    "user" | "machine" | "limited" => query.user_type = Some(UserType::from(value.as_str())),
                    _ => faults.push(Fault::of_parameter(name, "userType must be user, machine or limited")),
                },
                "email" => query.email = Some(value.clone()),
                _ => {}
            }
        }
        faults.or(query)
    }
}

impl PasswordReset {
    /// Of the person with this address, in the org of this domain.
    pub fn new(domain: impl Into<String>, email: impl Into<String>) -> Self {
        Self { domain: domain.into(), email: email.into() }
    }
}

endpoint! {
    /// `getUsers`.
    GetUsers = &contract::GET_USERS, "Lists the org's users, those behind API keys included.";
    path: (), query: ListUsers, body: (), answer: Page<User>: Answer::Uncounted(&USER)
}

endpoint! {
    /// `getCurrentUser`.
    GetCurrentUser = &contract::GET_CURRENT_USER, "Reads the user behind the credential; needs no role.";
    path: (), query: (), body: (), answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `getUserById`.
    GetUserById = &contract::GET_USER_BY_ID, "Reads a user by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `getMultipleUsersByIds`.
    GetMultipleUsersByIds = &contract::GET_MULTIPLE_USERS_BY_IDS, "Reads several users by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<User>: Answer::Uncounted(&USER)
}

history!(GetUserHistory = &own::GET_USER_HISTORY, "Lists what happened to a user, newest first.");

endpoint! {
    /// `createInviteNewUser`.
    CreateInviteNewUser = &contract::CREATE_INVITE_NEW_USER,
    "Invites a person, who sets a password by the link that is sent. Roles that the caller lacks are left out.";
    path: (), query: (), body: UserInput: &USER_INPUT,
    example: r#"{"name":"Ada Lovelace","email":"ada@acme.example","roles":["org.user"]}"#,
    answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `updateUserById`.
    UpdateUserById = &contract::UPDATE_USER_BY_ID,
    "Changes the attributes sent and keeps the others; `deleted` deactivates and restores.";
    path: ObjectId, query: (), body: UserInput: &USER_CHANGES, example: r#"{"displayName":"Ada"}"#,
    answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `updateCurrentUser`.
    UpdateCurrentUser = &contract::UPDATE_CURRENT_USER,
    "Changes the user behind the credential, who cannot get more roles by it; needs no role.";
    path: (), query: (), body: UserInput: &USER_CHANGES, example: r#"{"displayName":"Ada"}"#,
    answer: Document<User>: Answer::One(&USER)
}

endpoint! {
    /// `getUsersTeams`.
    GetUsersTeams = &contract::GET_USERS_TEAMS, "Lists the teams that a user is a member of.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Team>: Answer::Uncounted(&team::TEAM)
}

/// Whose password to reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct PasswordReset {
    /// The name of the org.
    pub domain: String,
    /// The address that the person signs in with.
    pub email: String,
}

/// The body of `resetUsersPassword`.
pub static PASSWORD_RESET: Schema = Schema::object(&Object {
    name: "PasswordReset",
    open: false,
    properties: &[
        Property::required("domain", Schema::text_of(1, 255)),
        Property::required("email", Schema::text_of(1, 255)),
    ],
});

endpoint! {
    /// `resetUsersPassword`.
    ResetUsersPassword = &contract::RESET_USERS_PASSWORD,
    "Sends a link that sets a new password, if there is such a user. The answer does not say whether there is one.";
    path: (), query: (), body: PasswordReset: &PASSWORD_RESET,
    example: r#"{"domain":"acme","email":"ada@acme.example"}"#, answer: (): Answer::Empty
}
