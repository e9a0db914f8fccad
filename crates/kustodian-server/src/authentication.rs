//! From the credential of a request to a caller. Only the hash of a token is ever compared or kept.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use kustodian_core::directory::{Token, TokenHash};
use kustodian_core::lockout::FORGOTTEN;
use kustodian_core::permission::{Caller, Known, admit, unauthorized};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;
use kustodian_core::token;
use kustomer_api::{ObjectId, Timestamp};

use crate::answer::unavailable;
use crate::app::App;
use crate::grants;

/// How long a known token is trusted without asking the database: a revocation counts within this time.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many tokens are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// How many tokens are noted as used until that is written; those beyond are noted with their next use.
const MAX_USED: usize = 10_000;

/// Tokens that were looked up a moment ago.
#[derive(Default)]
pub(crate) struct TokenCache {
    known: RwLock<HashMap<TokenHash, (Instant, Known)>>,
    /// The roles of users who answer for something without a request; none of those nobody can act as.
    users: RwLock<HashMap<(OrgKey, ObjectId), (Instant, RolesNow)>>,
    /// When tokens were used that the database does not know yet.
    used: Mutex<HashMap<ObjectId, Timestamp>>,
}

/// The roles that a user has now; none when nobody can act as the user any longer.
pub(crate) type RolesNow = Option<Arc<[String]>>;

impl TokenCache {
    fn find(&self, hash: TokenHash) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&hash).filter(|(since, _)| since.elapsed() < BELIEVED).map(|(_, known)| known.clone())
    }

    fn remember(&self, hash: TokenHash, found: Known) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(hash, (Instant::now(), found));
    }

    fn forget(&self, hash: TokenHash) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&hash);
    }

    /// Forgets the cached keys, so that a change on this server takes effect on it at once. Other servers look again within
    /// a second.
    pub(crate) fn forget_all(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.users.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn find_roles(&self, user: (OrgKey, ObjectId)) -> Option<RolesNow> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.get(&user).filter(|(since, _)| since.elapsed() < BELIEVED).map(|(_, roles)| roles.clone())
    }

    /// `since` is when they began to be looked up.
    pub(crate) fn remember_roles(&self, user: (OrgKey, ObjectId), since: Instant, roles: RolesNow) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= MAX_REMEMBERED {
            users.clear();
        }
        users.insert(user, (since, roles));
    }

    fn note_use(&self, id: ObjectId, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() < MAX_USED || used.contains_key(&id) {
            used.insert(id, now);
        }
    }

    /// A token with the moment of its last use as far as this server knows it.
    pub(crate) fn with_last_use(&self, token: Token) -> Token {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner).get(&token.id).copied();
        Token { last_used_at: token.last_used_at.max(used), ..token }
    }

    fn take_used(&self) -> Vec<(ObjectId, Timestamp)> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }
}

/// How often the last use of tokens is written.
const WRITTEN_EVERY: Duration = Duration::from_secs(60);

/// For how long a session that has ended is kept, in milliseconds, so that who signed in can be looked up.
const ENDED_ARE_KEPT: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Writes when tokens were last used, and removes sessions that ended and attempts that failed long ago, as long as the server
/// runs.
pub(crate) async fn keep_last_uses(app: Arc<App>) {
    let directory = &app.services.directory;
    let mut minutes: u32 = 0;
    loop {
        tokio::time::sleep(WRITTEN_EVERY).await;
        minutes = minutes.wrapping_add(1);
        if minutes.is_multiple_of(10) {
            let before = Timestamp::from_millis(app.services.clock.now().as_millis() - FORGOTTEN);
            if let Err(error) = directory.forget_attempts(before).await {
                tracing::debug!(%error, "attempts that failed long ago are removed later");
            }
        }
        if minutes.is_multiple_of(60) {
            let before = Timestamp::from_millis(app.services.clock.now().as_millis() - ENDED_ARE_KEPT);
            if let Err(error) = directory.forget_sessions(before).await {
                tracing::debug!(%error, "sessions that ended long ago are removed later");
            }
        }
        let used = app.tokens.take_used();
        if used.is_empty() {
            continue;
        }
        if let Err(error) = directory.touch_tokens(used).await {
            tracing::debug!(%error, "when tokens were last used is not kept");
        }
    }
}

/// Admits the bearer of a token.
///
/// # Errors
/// 401 when there is no good token, 503 when it cannot be looked up.
pub(crate) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    from: IpAddr,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let hash = token::hash(secret(headers)?);
    let known = match app.tokens.find(hash) {
        Some(known) => Some(known),
        None => {
            let found = match app.services.directory.find_token(hash).await.map_err(unavailable)? {
                Some((org, token)) => Some(grants::known(&*app.services.store, org, token).await?),
                None => None,
            };
            if let Some(Known { token, .. }) = &found {
                app.tokens.note_use(token.id, now);
            }
            match &found {
                Some(found) => app.tokens.remember(hash, found.clone()),
                None => app.tokens.forget(hash),
            }
            found
        }
    };
    admit(known.as_ref(), from, now)
}

/// The cookie Kustomer's web application keeps the token in.
const TOKEN_COOKIE: &str = "x-kustomer-auth-token";

/// The header it sends with the cookie. Another site can make a browser send the cookie, but not this.
const CSRF_TOKEN: &str = "x-csrf-token";

/// The token of a request: in the `Authorization` header, or else in a cookie, which counts only with the header that
/// no other site can send.
fn secret(headers: &HeaderMap) -> Result<&str, Refusal> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        return bearer(header);
    }
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let Some((_, token)) = pairs.find(|(name, _)| *name == TOKEN_COOKIE) else {
        return Err(unauthorized("A token is needed: send the header Authorization: Bearer <token>"));
    };
    if headers.get(CSRF_TOKEN).is_none_or(HeaderValue::is_empty) {
        return Err(unauthorized("The cookie x-kustomer-auth-token counts only together with the header x-csrf-token"));
    }
    is_possible(token)
        .then_some(token)
        .ok_or_else(|| unauthorized("The cookie x-kustomer-auth-token holds no token that could be one"))
}

fn is_possible(token: &str) -> bool {
    (1..=token::MAX_SECRET).contains(&token.len())
}

/// The token behind `Bearer` and a single space (`docs/contract/behaviour.md` §1.1).
fn bearer(header: &HeaderValue) -> Result<&str, Refusal> {
    let token = header.to_str().ok().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    token
        .filter(|token| is_possible(token) && !token.starts_with(' '))
        .ok_or_else(|| unauthorized("The Authorization header is not of the form Bearer <token>"))
}
