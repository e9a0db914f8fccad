//! Users: people, and the machine users behind API keys (`docs/contract/behaviour.md` §1.5, §17).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::resource::resource;
use crate::schema::Schema;
use crate::validation::Fault;
use crate::{ObjectId, Timestamp};

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

    /// What a user holds.
    answer UserAttributes = USER;

    attributes {
        /// The name; for a machine user the name of its API key.
        name: String;
        /// The name to show.
        display_name: String | null;
        /// The address to sign in with; a machine user has a made-up one that receives nothing.
        email: String | null;
        /// When the address was verified.
        email_verified_at: Timestamp | null;
        /// A mobile number.
        mobile: String | null;
        /// A picture.
        avatar_url: String | null;
        /// What kind of user.
        user_type: UserType;
        /// The roles.
        roles: Vec<String>;
        /// What the user may do with passwords.
        password: Map<String, Value>;
        /// When the record was created.
        created_at: Timestamp;
        /// When the record last changed.
        updated_at: Timestamp;
    }
}

/// Which users to list: those that meet every condition. Nothing set lists all that are active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
