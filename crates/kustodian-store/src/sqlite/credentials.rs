//! Reading and writing orgs, tokens and the signing key.

use kustodian_core::directory::{DirectoryError, NewToken, Org, Session, Token, TokenHash};
use kustodian_core::store::{CommitError, OrgKey};
use kustomer_api::{ObjectId, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::batch::Batch;
use super::job::{Answer, Command};
use super::prepared::Prepared;
use super::values::{Hex, Id, Moment, bytes};

const ORG_COLUMNS: &str = "o.key, o.id, o.name, o.created_at";
const TOKEN_COLUMNS: &str = "t.id, t.org, t.user_id, t.name, t.roles, t.last_chars, t.cidr, t.created_at, \
     t.expires_at, t.revoked_at, t.ip_address, t.user_agent, t.last_used_at";
/// How many they are: further selected columns follow them.
const OF_TOKEN: usize = 13;
const SIGNING_KEY: &str = "signing_key";

/// Does a command within the writer's transaction.
pub(super) fn run(
    command: &Command,
    batch: &mut Batch<'_>,
    connection: &Connection,
) -> rusqlite::Result<Result<Answer, DirectoryError>> {
    match command {
        Command::CreateOrg { id, name, now } => create_org(connection, *id, name, *now),
        Command::CreateToken(new) => create_token(batch, connection, new),
        Command::RevokeToken { id, now } => revoke_token(connection, *id, *now).map(Answer::Revoked).map(Ok),
        Command::TouchTokens { used } => touch_tokens(connection, used).map(|()| Ok(Answer::Done)),
        Command::ForgetSessions { before } => forget_sessions(connection, *before).map(|()| Ok(Answer::Done)),
        Command::SigningKey { candidate } => signing_key(connection, candidate).map(Answer::SigningKey).map(Ok),
    }
}

fn create_org(
    connection: &Connection,
    id: ObjectId,
    name: &str,
    now: Timestamp,
) -> rusqlite::Result<Result<Answer, DirectoryError>> {
    let made = connection
        .prepare_cached(
            "INSERT INTO orgs (id, name, created_at) SELECT ?1, ?2, ?3 \
             WHERE NOT EXISTS (SELECT 1 FROM orgs WHERE name = ?2 COLLATE NOCASE) ON CONFLICT DO NOTHING RETURNING key",
        )?
        .query_row(params![Hex::of(id), name, now.as_millis()], |row| row.get(0))
        .optional()?;
    Ok(match made {
        Some(key) => Ok(Answer::Org(Org { key: OrgKey(key), id, name: name.to_owned(), created_at: now })),
        None => Err(DirectoryError::Exists),
    })
}

fn create_token(
    batch: &mut Batch<'_>,
    connection: &Connection,
    new: &NewToken,
) -> rusqlite::Result<Result<Answer, DirectoryError>> {
    let NewToken { token, hash, retires, .. } = new;
    let known = connection
        .prepare_cached("SELECT 1 FROM tokens WHERE hash = ?1 OR id = ?2")?
        .exists(params![bytes(hash), Hex::of(token.id)])?;
    if known {
        return Ok(Err(DirectoryError::Exists));
    }
    let changes = new.changes();
    match batch.apply(token.org, &changes, &Prepared::of(token.org, &changes))? {
        Ok(()) => {}
        Err(CommitError::Store(error)) => return Ok(Err(error.into())),
        Err(_) => return Ok(Err(DirectoryError::Exists)),
    }
    let roles = serde_json::to_string(&token.roles)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached(
            "INSERT INTO tokens (id, org, user_id, name, roles, hash, last_chars, cidr, created_at, expires_at, \
             revoked_at, ip_address, user_agent, last_used_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL, ?11, ?12, ?13)",
        )?
        .execute(params![
            Hex::of(token.id),
            token.org.0,
            Hex::of(token.user),
            token.name,
            roles,
            bytes(hash),
            token.last_chars,
            token.cidr.map(|net| net.to_string()),
            token.created_at.as_millis(),
            token.expires_at.map(Timestamp::as_millis),
            token.session.as_ref().map(|session| &session.ip_address),
            token.session.as_ref().and_then(|session| session.user_agent.as_ref()),
            token.last_used_at.map(Timestamp::as_millis),
        ])?;
    if let Some((former, ends)) = retires {
        connection.prepare_cached("UPDATE tokens SET expires_at = ?2 WHERE id = ?1 AND org = ?3")?.execute(params![
            Hex::of(*former),
            ends.as_millis(),
            token.org.0
        ])?;
    }
    Ok(Ok(Answer::Done))
}

fn revoke_token(connection: &Connection, id: ObjectId, now: Timestamp) -> rusqlite::Result<bool> {
    let revoked = connection
        .prepare_cached("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![Hex::of(id), now.as_millis()])?;
    Ok(revoked == 1)
}

fn touch_tokens(connection: &Connection, used: &[(ObjectId, Timestamp)]) -> rusqlite::Result<()> {
    let mut touch = connection.prepare_cached(
        "UPDATE tokens SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
    )?;
    used.iter().try_for_each(|(id, at)| touch.execute(params![Hex::of(*id), at.as_millis()]).map(drop))
}

fn forget_sessions(connection: &Connection, before: Timestamp) -> rusqlite::Result<()> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM tokens WHERE ip_address IS NOT NULL AND min(expires_at, ifnull(revoked_at, expires_at)) < ?1",
    )?;
    forget.execute([before.as_millis()]).map(drop)
}

fn signing_key(connection: &Connection, candidate: &[u8; 32]) -> rusqlite::Result<[u8; 32]> {
    connection
        .prepare_cached("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((SIGNING_KEY, candidate))?;
    find_signing_key(connection)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

pub(super) fn find_signing_key(connection: &Connection) -> rusqlite::Result<Option<[u8; 32]>> {
    connection
        .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([SIGNING_KEY], |row| row.get(0))
        .optional()
}

pub(super) fn list_orgs(connection: &Connection) -> rusqlite::Result<Vec<Org>> {
    connection
        .prepare_cached(&format!("SELECT {ORG_COLUMNS} FROM orgs o ORDER BY o.name"))?
        .query_map([], |row| org(row, 0))?
        .collect()
}

pub(super) fn find_org(connection: &Connection, name: &str) -> rusqlite::Result<Option<Org>> {
    connection
        .prepare_cached(&format!("SELECT {ORG_COLUMNS} FROM orgs o WHERE o.name = ?1 COLLATE NOCASE"))?
        .query_row([name], |row| org(row, 0))
        .optional()
}

pub(super) fn find_token(connection: &Connection, hash: &TokenHash) -> rusqlite::Result<Option<(Org, Token)>> {
    connection
        .prepare_cached(&format!(
            "SELECT {TOKEN_COLUMNS}, {ORG_COLUMNS} FROM tokens t JOIN orgs o ON o.key = t.org WHERE t.hash = ?1"
        ))?
        .query_row([bytes(hash)], |row| Ok((org(row, OF_TOKEN)?, token(row)?)))
        .optional()
}

pub(super) fn list_tokens(connection: &Connection, of: Option<OrgKey>) -> rusqlite::Result<Vec<(String, Token)>> {
    connection
        .prepare_cached(&format!(
            "SELECT {TOKEN_COLUMNS}, o.name FROM tokens t JOIN orgs o ON o.key = t.org \
             WHERE ?1 IS NULL OR t.org = ?1 ORDER BY t.created_at, t.id"
        ))?
        .query_map([of.map(|key| key.0)], |row| Ok((row.get(OF_TOKEN)?, token(row)?)))?
        .collect()
}

pub(super) fn list_tokens_of(connection: &Connection, of: OrgKey, user: ObjectId) -> rusqlite::Result<Vec<Token>> {
    connection
        .prepare_cached(&format!(
            "SELECT {TOKEN_COLUMNS} FROM tokens t WHERE t.org = ?1 AND t.user_id = ?2 ORDER BY t.created_at, t.id"
        ))?
        .query_map((of.0, Hex::of(user)), token)?
        .collect()
}

pub(super) fn find_token_by_id(connection: &Connection, of: OrgKey, id: ObjectId) -> rusqlite::Result<Option<Token>> {
    connection
        .prepare_cached(&format!("SELECT {TOKEN_COLUMNS} FROM tokens t WHERE t.id = ?1 AND t.org = ?2"))?
        .query_row((Hex::of(id), of.0), token)
        .optional()
}

/// An org out of `ORG_COLUMNS`, the first of them at `at`.
fn org(row: &Row<'_>, at: usize) -> rusqlite::Result<Org> {
    Ok(Org {
        key: OrgKey(row.get(at)?),
        id: row.get::<_, Id>(at + 1)?.0,
        name: row.get(at + 2)?,
        created_at: row.get::<_, Moment>(at + 3)?.0,
    })
}

/// A token out of `TOKEN_COLUMNS`.
fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    let roles = row.get_ref(4)?.as_str()?;
    let cidr = row.get_ref(6)?.as_str_or_null()?;
    Ok(Token {
        id: row.get::<_, Id>(0)?.0,
        org: OrgKey(row.get(1)?),
        user: row.get::<_, Id>(2)?.0,
        name: row.get(3)?,
        roles: serde_json::from_str(roles)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, Box::new(error)))?,
        last_chars: row.get(5)?,
        cidr: cidr
            .map(str::parse)
            .transpose()
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(6, Type::Text, Box::new(error)))?,
        created_at: row.get::<_, Moment>(7)?.0,
        expires_at: row.get::<_, Option<Moment>>(8)?.map(|moment| moment.0),
        revoked_at: row.get::<_, Option<Moment>>(9)?.map(|moment| moment.0),
        session: match row.get(10)? {
            Some(ip_address) => Some(Session { ip_address, user_agent: row.get(11)? }),
            None => None,
        },
        last_used_at: row.get::<_, Option<Moment>>(12)?.map(|moment| moment.0),
    })
}
