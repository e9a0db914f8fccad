//! API keys and sessions: how they are made and shown (`docs/contract/behaviour.md` §1.2 to §1.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use kustomer_api::auth::{AuthToken, AuthTokenAttributes, TOKEN_TYPE};
use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::error::code;
use kustomer_api::user::User;
use kustomer_api::{Field, ObjectId, Timestamp, role};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use crate::change::{Cause, Event, EventSeed};
use crate::directory::{NewToken, Org, Session, Token, TokenHash};
use crate::refusal::Refusal;
use crate::{resource, user};

/// The most characters of a key's name.
pub const MAX_NAME: usize = 255;

/// The greatest length in bytes of any token; longer ones are not looked up.
pub const MAX_SECRET: usize = 4_096;

/// The properties of a new key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Its name, 1 to 255 characters; also its machine user's.
    pub name: String,
    /// Its roles, at least one.
    pub roles: Vec<String>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// The addresses it may be used from; all when absent.
    pub cidr: Option<IpNet>,
    /// A token known beforehand, instead of a made one.
    pub secret: Option<String>,
}

/// A new key: the secret, which is shown once, and the part to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The token to present.
    pub secret: String,
    /// The part to store.
    pub new: NewToken,
}

/// Makes a key and its machine user. The token is a JWT with the claims seen in the wild (§1.3); the server only ever
/// looks up its hash, so revoking it works at once.
///
/// # Errors
/// 400 when the name, a role or the secret is not acceptable.
pub fn issue(
    request: TokenRequest,
    org: &Org,
    token_id: ObjectId,
    user_id: ObjectId,
    event: EventSeed,
    signing_key: &[u8; 32],
    now: Timestamp,
) -> Result<Issued, Refusal> {
    check(&request)?;
    let TokenRequest { name, roles, expires_at, cidr, secret } = request;
    let secret = match secret {
        Some(secret) => secret,
        None => jwt(org, token_id, user_id, "machine", &roles, signing_key)?,
    };
    let user = user::machine_user(org, user_id, &name, &roles, now)?;
    let cause = Cause { seed: event, name: "kustomer.user.create", actor: None, client: "cli", request_id: "" };
    let event = Event::of(cause, &user, None);
    let token = Token {
        id: token_id,
        org: org.key,
        user: user_id,
        name,
        roles,
        last_chars: last_chars(&secret).to_owned(),
        cidr,
        created_at: now,
        expires_at,
        revoked_at: None,
        session: None,
        last_used_at: None,
    };
    let new = NewToken { token, hash: hash(&secret), made: Some((user, event)), retires: None };
    Ok(Issued { secret, new })
}

/// Makes another key that takes the place of `former`, which ends at a moment, or when it would have ended anyway.
///
/// # Errors
/// 500 when it cannot be signed.
pub fn rotate(
    former: &Token,
    org: &Org,
    id: ObjectId,
    signing_key: &[u8; 32],
    ends: Timestamp,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let secret = jwt(org, id, former.user, "machine", &former.roles, signing_key)?;
    let token =
        Token { id, last_chars: last_chars(&secret).to_owned(), created_at: now, last_used_at: None, ..former.clone() };
    let ends = former.expires_at.map_or(ends, |at| at.min(ends));
    Ok(Issued { new: NewToken { token, hash: hash(&secret), made: None, retires: Some((former.id, ends)) }, secret })
}

/// The name of every session.
const SESSION: &str = "session";

/// Makes a session of a person, with the roles that the person has now.
///
/// # Errors
/// 500 when it cannot be signed.
pub fn begin_session(
    org: &Org,
    user: &User,
    id: ObjectId,
    session: Session,
    signing_key: &[u8; 32],
    (now, ends): (Timestamp, Timestamp),
) -> Result<Issued, Refusal> {
    let user_id = resource::id_of(user)?;
    let roles = user.attributes.roles.value().cloned().unwrap_or_default();
    let kind = user.attributes.user_type.value().map_or("user", |kind| kind.as_str());
    let secret = jwt(org, id, user_id, kind, &roles, signing_key)?;
    let token = Token {
        id,
        org: org.key,
        user: user_id,
        // Not the person's: the name of a token is in the access log.
        name: SESSION.to_owned(),
        roles,
        last_chars: last_chars(&secret).to_owned(),
        cidr: None,
        created_at: now,
        expires_at: Some(ends),
        revoked_at: None,
        session: Some(session),
        last_used_at: Some(now),
    };
    Ok(Issued { new: NewToken { token, hash: hash(&secret), made: None, retires: None }, secret })
}

/// The last four characters, to distinguish keys; of a short token fewer, so that they do not give it away.
pub fn last_chars(secret: &str) -> &str {
    let shown = (secret.len() / 4).min(4);
    secret.get(secret.len() - shown..).unwrap_or_default()
}

/// Whether a key may be as requested.
///
/// # Errors
/// 400 when the name, a role or the secret is not acceptable.
pub fn check(request: &TokenRequest) -> Result<(), Refusal> {
    let refuse = |parameter: &str, title: String| Err(Refusal::new(400, code::BAD_PARAM, parameter, title));
    if !(1..=MAX_NAME).contains(&request.name.chars().count()) || request.name.contains(char::is_control) {
        return refuse(
            "name",
            format!("A key's name has 1 to {MAX_NAME} characters, none of them a control character"),
        );
    }
    if request.roles.is_empty() {
        return refuse("role", "A key needs at least one role, such as org or org.user.customer.read".to_owned());
    }
    if let Some(role) = request.roles.iter().find(|role| !role::is_valid(role)) {
        return refuse("role", format!("{role:?} is no role: roles are words joined by dots, such as org.user"));
    }
    if let Some(secret) = &request.secret
        && (!(1..=MAX_SECRET).contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        let title = format!("A token has 1 to {MAX_SECRET} visible ASCII characters without blanks");
        return refuse("token", title);
    }
    Ok(())
}

/// The stored part of a token.
pub fn hash(secret: &str) -> TokenHash {
    TokenHash(Sha256::digest(secret.as_bytes()).into())
}

/// What signs the tokens of an org's customers: it follows from the key of the database, so that it never changes.
///
/// # Errors
/// 500 when it cannot be made.
pub fn customer_secret(org: &Org, key: &[u8; 32]) -> Result<String, Refusal> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| resource::fault("The secret could not be made"))?;
    mac.update(format!("customer\0{}", org.id).as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn jwt(
    org: &Org,
    id: ObjectId,
    user: ObjectId,
    user_type: &str,
    roles: &[String],
    key: &[u8; 32],
) -> Result<String, Refusal> {
    let claims = json!({
        "id": id,
        "user": user,
        "org": org.id,
        "orgName": org.name,
        "userType": user_type,
        "roles": roles,
        "aud": "urn:consumer",
        "iss": "urn:api",
        "sub": user,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| resource::fault("The token could not be signed"))?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

/// A key or a session as the API shows it, without its secret.
pub fn show(org: &Org, token: &Token) -> AuthToken {
    AuthToken {
        kind: TOKEN_TYPE.to_owned(),
        id: token.id.into(),
        attributes: AuthTokenAttributes {
            token: Field::Absent,
            name: token.name.as_str().into(),
            last_token_chars: token.last_chars.as_str().into(),
            ip_address: token.session.as_ref().map_or(Field::Absent, |session| session.ip_address.as_str().into()),
            user_agent: token
                .session
                .as_ref()
                .and_then(|session| session.user_agent.as_deref())
                .map_or(Field::Absent, Into::into),
            roles: token.roles.clone().into(),
            cidr: token.cidr.map_or(Field::Absent, |cidr| cidr.to_string().into()),
            expires_at: token.expires_at.map_or(Field::Absent, Into::into),
            created_at: token.created_at.into(),
            updated_at: token.revoked_at.unwrap_or(token.created_at).into(),
            last_accessed_at: token.last_used_at.map_or(Field::Absent, Into::into),
            extra: Map::new(),
        },
        relationships: Relationships::from([
            ("org".to_owned(), resource::org_relationship(org)),
            ("user".to_owned(), resource::user_relationship(token.user)),
        ]),
        links: Some(SelfLink::new(format!("/v1/auth/tokens/{}", token.id))),
        extra: Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_shown_never_give_a_token_away() {
        for (secret, shown) in [("", ""), ("abc", ""), ("abcd", "d"), ("abcdefgh", "gh"), ("0123456789abcdef", "cdef")]
        {
            assert_eq!(last_chars(secret), shown, "{secret}");
        }
    }
}
