//! Orgs, tokens and the signing key: the statements, and reading their rows.

use kustodian_core::directory::{NewToken, Org, Session, Token};
use kustodian_core::store::OrgKey;
use kustomer_api::Timestamp;
use tokio_postgres::{Error, Row};

use super::connection::{Step, statement};
use super::values::{Id, Moment, Network, Roles, Value};

/// The name of the signing key among the settings.
pub(super) const SIGNING_KEY: &str = "signing_key";

macro_rules! org_columns {
    () => {
        "o.key, o.id, o.name, o.created_at"
    };
}

macro_rules! token_columns {
    () => {
        "t.id, t.org, t.user_id, t.name, t.roles, t.last_chars, t.cidr, t.created_at, t.expires_at, t.revoked_at, \
         t.ip_address, t.user_agent, t.last_used_at"
    };
}

/// How many columns a token has: further selected columns follow them.
pub(super) const OF_TOKEN: usize = 13;

/// Held while an org is created, to the end of the transaction: "Org" as a number. A unique index of names without their
/// case would not do, as databases of earlier versions may hold two that differ in it.
pub(super) const ALONE_CREATING: &str = "SELECT pg_advisory_xact_lock(5206631)";

/// $1 id, $2 name, $3 `created_at` → key; nothing when there is one whose name differs in case alone, or not at all.
pub(super) const CREATE_ORG: &str = "INSERT INTO orgs (id, name, created_at) SELECT $1, $2, $3 \
     WHERE NOT EXISTS (SELECT 1 FROM orgs WHERE lower(name) = lower($2)) ON CONFLICT DO NOTHING RETURNING key";

pub(super) const LIST_ORGS: &str = concat!("SELECT ", org_columns!(), " FROM orgs o ORDER BY o.name");

/// $1 name.
pub(super) const FIND_ORG: &str = concat!("SELECT ", org_columns!(), " FROM orgs o WHERE lower(o.name) = lower($1)");

/// $1 hash → a token and its org.
pub(super) const FIND_TOKEN: &str = concat!(
    "SELECT ",
    token_columns!(),
    ", ",
    org_columns!(),
    " FROM tokens t JOIN orgs o ON o.key = t.org WHERE t.hash = $1"
);

/// $1 org or NULL for all → tokens, each with its org.
pub(super) const LIST_TOKENS: &str = concat!(
    "SELECT ",
    token_columns!(),
    ", ",
    org_columns!(),
    " FROM tokens t JOIN orgs o ON o.key = t.org WHERE $1 IS NULL OR t.org = $1 ORDER BY t.created_at, t.id"
);

/// $1 org, $2 user.
pub(super) const LIST_TOKENS_OF: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens t WHERE t.org = $1 AND t.user_id = $2 ORDER BY t.created_at, t.id"
);

/// $1 id, $2 org.
pub(super) const FIND_TOKEN_BY_ID: &str =
    concat!("SELECT ", token_columns!(), " FROM tokens t WHERE t.id = $1 AND t.org = $2");

/// $1 hash, $2 id.
pub(super) const IS_TOKEN_KNOWN: &str = "SELECT 1 FROM tokens WHERE hash = $1 OR id = $2";

/// $1 id, $2 when.
pub(super) const REVOKE_TOKEN: &str = "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

/// $1 key → count and moment of the failures.
pub(super) const FIND_ATTEMPTS: &str = "SELECT count, last FROM failed_attempts WHERE key = $1";

/// $1 key, $2 count and $3 moment from now on, $4 count and $5 moment as they were read.
pub(super) const COUNT_ATTEMPT: &str = "INSERT INTO failed_attempts AS f (key, count, last) VALUES ($1, $2, $3) \
     ON CONFLICT (key) DO UPDATE SET count = excluded.count, last = excluded.last WHERE f.count = $4 AND f.last = $5";

/// $1 key.
pub(super) const FORGET_ATTEMPTS_ON: &str = "DELETE FROM failed_attempts WHERE key = $1";

/// $1 when the last one was at the latest.
pub(super) const FORGET_ATTEMPTS: &str = "DELETE FROM failed_attempts WHERE last < $1";

/// $1 when they ended at the latest.
pub(super) const FORGET_SESSIONS: &str =
    "DELETE FROM tokens WHERE ip_address IS NOT NULL AND least(expires_at, revoked_at) < $1";

/// $1 name, $2 value. Does nothing when there is one.
pub(super) const ADD_SETTING: &str = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// $1 name → value.
pub(super) const FIND_SETTING: &str = "SELECT value FROM settings WHERE name = $1";

const INSERT_TOKEN: &str = "INSERT INTO tokens (id, org, user_id, name, roles, hash, last_chars, cidr, created_at, \
     expires_at, revoked_at, ip_address, user_agent, last_used_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11, $12, $13)";

/// $1 id, $2 when it ends, $3 org.
const RETIRE_TOKEN: &str = "UPDATE tokens SET expires_at = $2 WHERE id = $1 AND org = $3";

/// $1 id, $2 when.
pub(super) const TOUCH_TOKEN: &str =
    "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

/// What keeps a token, and ends the one that it takes the place of.
pub(super) fn insert_token(new: &NewToken) -> Vec<Step<'_>> {
    let token = &new.token;
    let values = vec![
        Value::Id(token.id),
        Value::Number(token.org.0),
        Value::Id(token.user),
        Value::Text(&token.name),
        Value::Roles(&token.roles),
        Value::Bytes(&new.hash.0),
        Value::Text(&token.last_chars),
        Value::Network(token.cidr),
        Value::Number(token.created_at.as_millis()),
        Value::MaybeNumber(token.expires_at.map(Timestamp::as_millis)),
        Value::MaybeText(token.session.as_ref().map(|session| session.ip_address.as_str())),
        Value::MaybeText(token.session.as_ref().and_then(|session| session.user_agent.as_deref())),
        Value::MaybeNumber(token.last_used_at.map(Timestamp::as_millis)),
    ];
    let mut steps = vec![statement(INSERT_TOKEN, values)];
    steps.extend(new.retires.map(|(former, ends)| {
        let values = vec![Value::Id(former), Value::Number(ends.as_millis()), Value::Number(token.org.0)];
        statement(RETIRE_TOKEN, values)
    }));
    steps
}

/// An org out of its columns, the first of them at `at`.
pub(super) fn org(row: &Row, at: usize) -> Result<Org, Error> {
    Ok(Org {
        key: OrgKey(row.try_get(at)?),
        id: row.try_get::<_, Id>(at + 1)?.0,
        name: row.try_get(at + 2)?,
        created_at: row.try_get::<_, Moment>(at + 3)?.0,
    })
}

/// A token out of its columns, which come first.
pub(super) fn token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        id: row.try_get::<_, Id>(0)?.0,
        org: OrgKey(row.try_get(1)?),
        user: row.try_get::<_, Id>(2)?.0,
        name: row.try_get(3)?,
        roles: row.try_get::<_, Roles>(4)?.0,
        last_chars: row.try_get(5)?,
        cidr: row.try_get::<_, Option<Network>>(6)?.map(|network| network.0),
        created_at: row.try_get::<_, Moment>(7)?.0,
        expires_at: row.try_get::<_, Option<Moment>>(8)?.map(|moment| moment.0),
        revoked_at: row.try_get::<_, Option<Moment>>(9)?.map(|moment| moment.0),
        session: match row.try_get(10)? {
            Some(ip_address) => Some(Session { ip_address, user_agent: row.try_get(11)? }),
            None => None,
        },
        last_used_at: row.try_get::<_, Option<Moment>>(12)?.map(|moment| moment.0),
    })
}
