//! Users: people who are invited and sign in, and the machine users made with API keys (`docs/contract/behaviour.md` §1.5,
//! §17). Nobody gets a role by these rules that the caller does not hold.

use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::error::code;
use kustomer_api::user::{User, UserAttributes, UserInput, UserType};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde_json::{Map, Value, json};

use crate::change::{ChangeSet, Columns, EventSeed, Put};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::customer::Context;
use crate::directory::Org;
use crate::kind::Kind;
use crate::lifecycle::{self, By};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{OrgKey, Stored};
use crate::{grant, missing};

/// The domain of the addresses of machine users, which receive nothing.
const NOWHERE: &str = "@machine.invalid";

/// The roles of a person who is invited without roles (`docs/contract/behaviour.md` §17).
const DEFAULT_ROLES: [&str; 2] = ["org.admin", "org.user"];

impl Record for UserAttributes {
    fn claims(user: &User, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let email = user.attributes.email.value().filter(|email| !email.ends_with(NOWHERE));
        let claim = |email: &String| Claim {
            kind: ClaimKind::UserEmail,
            key: email_key(org, email),
            owner,
            place: ClaimPlace::attribute("email"),
        };
        email.map(claim).into_iter().collect()
    }
}

/// The claim on an address, whatever its case.
pub fn email_key(org: OrgKey, email: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::UserEmail, &email.to_lowercase())
}

/// The machine user of an API key. Its address is made up under a domain that can never receive mail.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn machine_user(org: &Org, id: ObjectId, name: &str, roles: &[String], now: Timestamp) -> Result<Put, Refusal> {
    let user = User {
        kind: Kind::User.as_str().to_owned(),
        id: id.into(),
        attributes: UserAttributes {
            name: name.into(),
            display_name: name.into(),
            email: format!("{id}{NOWHERE}").into(),
            email_verified_at: now.into(),
            mobile: Field::Null,
            avatar_url: Field::Null,
            email_signature: Field::Null,
            user_type: UserType::Machine.into(),
            roles: roles.to_vec().into(),
            role_groups: Vec::new().into(),
            password: json!({ "allowNew": false, "forceNew": false, "updatedAt": now }).into(),
            deleted: false.into(),
            created_at: now.into(),
            updated_at: now.into(),
            modified_at: now.into(),
            rev: Field::Value(1),
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

/// Whether a user was invited and has set no password yet.
pub fn is_pending(user: &UserAttributes) -> bool {
    let set_at = user.password.value().and_then(|password| password.get("updatedAt"));
    set_at.is_none_or(Value::is_null) && !is_machine(user)
}

/// Whether a user is behind an API key, and so never signs in.
pub fn is_machine(user: &UserAttributes) -> bool {
    user.user_type.value() == Some(&UserType::Machine)
}

/// Invites a person. Roles that `held` does not cover are left out; the caller has checked the role groups.
///
/// # Errors
/// 400 for an address that is none, or a role that opens nothing.
pub fn invite(
    context: &Context<'_>,
    id: ObjectId,
    event: EventSeed,
    mut input: UserInput,
    held: &[String],
) -> Result<ChangeSet, Refusal> {
    check_email(input.email.as_deref())?;
    grant::check_roles(input.roles.as_deref().unwrap_or_default(), &[])?;
    let mut roles = input.roles.take().unwrap_or_else(|| DEFAULT_ROLES.map(str::to_owned).into());
    roles.retain(|role| grant::covers(held, role));
    input.roles = Some(roles);
    lower(&mut input);
    let mut user = UserAttributes {
        display_name: input.name.clone().map_or(Field::Null, Field::Value),
        email_verified_at: Field::Null,
        mobile: Field::Null,
        avatar_url: Field::Null,
        email_signature: Field::Null,
        user_type: UserType::Full.into(),
        role_groups: Vec::new().into(),
        password: json!({ "allowNew": true, "forceNew": false, "updatedAt": null }).into(),
        ..UserAttributes::default()
    };
    input.apply(&mut user);
    lifecycle::create(context, id, event, user)
}

/// Who changes a user.
#[derive(Debug, Clone)]
pub struct Editor {
    /// The roles that the caller holds.
    pub held: Vec<String>,
    /// Whether the user is the caller.
    pub is_own: bool,
    /// The roles that the user has of role groups.
    pub of_groups: Vec<String>,
    /// Whether the user gets another password.
    pub sets_password: bool,
}

/// Changes a user: attributes of the input replace the stored ones. `deleted` deactivates, or restores.
///
/// Roles that are new to the user are left out when the caller lacks them, and a caller gets no role by changing itself.
/// What lets somebody act as the user, or locks the user out, takes all the roles that the user has.
///
/// # Errors
/// 404 when it is not there, or deactivated and not restored; 409 when `rev` is another; 403 for a user who may do more
/// than the caller; 400 for an attribute that a machine user cannot have.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    mut input: UserInput,
    editor: &Editor,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    check_email(input.email.as_deref())?;
    lower(&mut input);
    lifecycle::update(context, stored, event, |user: &mut UserAttributes| {
        let former = user.roles.value().cloned().unwrap_or_default();
        let all: Vec<String> = former.iter().chain(&editor.of_groups).cloned().collect();
        let touches = input.email.is_some()
            || input.roles.is_some()
            || input.role_groups.is_some()
            || input.user_type.is_some()
            || !input.deleted.is_absent()
            || editor.sets_password;
        if touches && !editor.is_own && !grant::covers_all(&editor.held, &all) {
            let title = "The user has roles that you lack: only name, picture, number and signature can be changed";
            return Err(Refusal::new(403, code::FORBIDDEN, "id", title));
        }
        if is_machine(user) {
            check_machine(user, &input, editor.sets_password)?;
        }
        if let Some(roles) = &mut input.roles {
            grant::check_roles(roles, &former)?;
            let may_have = |role: &String| match editor.is_own {
                true => grant::covers(&former, role),
                false => former.contains(role) || grant::covers(&editor.held, role),
            };
            let asked_for_some = !roles.is_empty();
            roles.retain(may_have);
            if editor.is_own && asked_for_some && roles.is_empty() && !former.is_empty() {
                let title = "None of these roles is yours, so that you would lose all you have: send those to keep";
                return Err(Refusal::new(400, code::BAD_PARAM, "roles", title).with_meta("pointer", "/roles"));
            }
        }
        let groups = user.role_groups.value().cloned().unwrap_or_default();
        if editor.is_own && input.role_groups.iter().flatten().any(|group| !groups.contains(group)) {
            let title = "Nobody gives a role group to themselves: ask somebody else";
            return Err(Refusal::new(403, code::FORBIDDEN, "roleGroups", title));
        }
        input.apply(user);
        if editor.sets_password {
            note_password(user, context.now);
        }
        Ok(())
    })
}

/// Notes that a person has set a password by a link that was sent to the address of the user.
///
/// # Errors
/// 404 when the user is not there, or deactivated.
pub fn accept(context: &Context<'_>, stored: &Stored, event: EventSeed) -> Result<ChangeSet, Refusal> {
    if stored.deleted {
        return Err(missing::missing(Kind::User, Some(stored)));
    }
    let accepted = lifecycle::update_record(context, stored, event, By::User, |user: &mut User| {
        user.attributes.email_verified_at = context.now.into();
        note_password(&mut user.attributes, context.now);
        Ok(())
    });
    accepted.map(|updated| updated.changes)
}

fn note_password(user: &mut UserAttributes, now: Timestamp) {
    user.password = json!({ "allowNew": true, "forceNew": false, "updatedAt": now }).into();
}

/// The roles of a key cannot change, and nobody signs in as its user.
fn check_machine(user: &UserAttributes, input: &UserInput, sets_password: bool) -> Result<(), Refusal> {
    let refuse = |what: &str, title: &str| {
        Err(Refusal::new(400, code::BAD_PARAM, what, title).with_meta("pointer", format!("/{what}")))
    };
    if sets_password {
        return refuse("password", "The user of an API key has no password");
    }
    if input.roles.as_ref().is_some_and(|roles| Some(roles) != user.roles.value()) {
        return refuse("roles", "The roles of an API key cannot be changed: make another key");
    }
    if input.user_type.is_some() {
        return refuse("userType", "The user of an API key stays one");
    }
    Ok(())
}

fn check_email(email: Option<&str>) -> Result<(), Refusal> {
    let is_address = |email: &str| {
        let (name, domain) = email.rsplit_once('@').unwrap_or_default();
        !name.is_empty()
            && !domain.is_empty()
            && !email.contains(|char: char| char.is_whitespace() || char.is_control())
    };
    match email {
        Some(email) if !is_address(email) => {
            let title = "email is no address: it has a name, an @ and a domain, without blanks";
            Err(Refusal::new(400, code::BAD_PARAM, "email", title).with_meta("pointer", "/email"))
        }
        _ => Ok(()),
    }
}

/// Ids are stored in lower case.
fn lower(input: &mut UserInput) {
    input.role_groups.iter_mut().flatten().for_each(|id| id.make_ascii_lowercase());
}
