//! Users. So far only machine users exist: one is made with every API key (`docs/contract/behaviour.md` §1.5).

use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::user::{User, UserAttributes, UserType};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, json};

use crate::change::{Columns, Put};
use crate::directory::Org;
use crate::kind::Kind;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;

impl Record for UserAttributes {}

/// The machine user of an API key. Its address is made up under a domain that can never receive mail.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn machine_user(org: &Org, id: ObjectId, name: &str, roles: &[String], now: Timestamp) -> Result<Put, Refusal> {
    let password = json!({ "allowNew": false, "forceNew": false, "updatedAt": now });
    let user = User {
        kind: Kind::User.as_str().to_owned(),
        id: id.to_string(),
        attributes: UserAttributes {
            name: name.into(),
            display_name: name.into(),
            email: format!("{id}@machine.invalid").into(),
            email_verified_at: now.into(),
            mobile: Field::Null,
            avatar_url: Field::Null,
            user_type: UserType::Machine.into(),
            roles: roles.to_vec().into(),
            password: password.as_object().cloned().unwrap_or_default().into(),
            created_at: now.into(),
            updated_at: now.into(),
            extra: Map::new(),
        },
        relationships: Relationships::from([("org".to_owned(), resource::org_relationship(org))]),
        links: Some(SelfLink::new(Kind::User.path_of(id))),
        extra: Map::new(),
    };
    Ok(Put {
        kind: Kind::User,
        id,
        rev: 1,
        expects: None,
        deleted: false,
        created_at: now,
        updated_at: now,
        document: resource::render(&user)?,
        search: None,
        former: None,
        home: None,
        columns: Columns::default(),
    })
}
