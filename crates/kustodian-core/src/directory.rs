//! The port to orgs and credentials: the only one that is not bound to an org, because it says which org one is bound
//! to.

use async_trait::async_trait;
use ipnet::IpNet;
use kustomer_api::{ObjectId, Timestamp};

use crate::change::{ChangeSet, Event, Put};
use crate::kind::Kind;
use crate::lockout::Patience;
use crate::store::{OrgKey, StoreError};

/// An org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Its key in the store.
    pub key: OrgKey,
    /// Its id.
    pub id: ObjectId,
    /// Its name, unique in the database.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An API key or a session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: ObjectId,
    /// The org it belongs to.
    pub org: OrgKey,
    /// The machine user made with it, or the person who signed in.
    pub user: ObjectId,
    /// The name given to it.
    pub name: String,
    /// Its roles; they cannot change.
    pub roles: Vec<String>,
    /// The last characters of the secret, to distinguish keys.
    pub last_chars: String,
    /// The addresses it may be used from; all when absent.
    pub cidr: Option<IpNet>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// From where the person signed in; `None` for an API key.
    pub session: Option<Session>,
    /// When it was last used, a minute or so before the truth; `None` when it never was.
    pub last_used_at: Option<Timestamp>,
}

/// How a person signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The address.
    pub ip_address: String,
    /// The program.
    pub user_agent: Option<String>,
}

/// The SHA-256 of a token: all that is kept of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// A token to keep, with the machine user made with it where one is.
#[derive(Debug, Clone, PartialEq)]
pub struct NewToken {
    /// The token; `revoked_at` is `None`.
    pub token: Token,
    /// The stored part of the secret.
    pub hash: TokenHash,
    /// The machine user's record, committed with the token, and that it was made; `None` when the user is there already.
    pub made: Option<(Put, Event)>,
    /// The token that it takes the place of, and when that one ends.
    pub retires: Option<(ObjectId, Timestamp)>,
}

impl NewToken {
    /// The records committed together with the token.
    pub fn changes(&self) -> ChangeSet {
        match self.made.clone() {
            Some((put, event)) => ChangeSet { puts: vec![put], events: vec![event], ..ChangeSet::default() },
            None => ChangeSet { asserts: vec![(Kind::User, self.token.user)], ..ChangeSet::default() },
        }
    }
}

/// Why an org or a token was not kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DirectoryError {
    /// The name, or the secret, is taken.
    #[error("it exists already")]
    Exists,
    /// The database cannot answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps orgs and credentials.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// Makes an org.
    ///
    /// # Errors
    /// [`DirectoryError::Exists`] when the name is taken, or one that differs in case alone: hosts cannot distinguish them.
    async fn create_org(&self, id: ObjectId, name: &str, now: Timestamp) -> Result<Org, DirectoryError>;

    /// Every org, by name.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_orgs(&self) -> Result<Vec<Org>, StoreError>;

    /// The org with this name.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_org(&self, name: &str) -> Result<Option<Org>, StoreError>;

    /// Keeps a token and its machine user.
    ///
    /// # Errors
    /// [`DirectoryError::Exists`] when the secret is known already.
    async fn create_token(&self, token: NewToken) -> Result<(), DirectoryError>;

    /// Every token of an org, or of all, with the org's name; oldest first.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_tokens(&self, org: Option<OrgKey>) -> Result<Vec<(String, Token)>, StoreError>;

    /// The tokens of a user, oldest first.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn list_tokens_of(&self, org: OrgKey, user: ObjectId) -> Result<Vec<Token>, StoreError>;

    /// The token with this id, revoked and expired ones included; none when it is another org's.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_token_by_id(&self, org: OrgKey, id: ObjectId) -> Result<Option<Token>, StoreError>;

    /// Revokes a token; whether there was one that was not revoked before.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn revoke_token(&self, id: ObjectId, now: Timestamp) -> Result<bool, StoreError>;

    /// The token with this hash and its org, revoked and expired ones included. Asked again for every request whose
    /// answer is older than a second, so that a revocation counts within one.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn find_token(&self, hash: TokenHash) -> Result<Option<(Org, Token)>, StoreError>;

    /// Keeps when tokens were last used.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn touch_tokens(&self, used: Vec<(ObjectId, Timestamp)>) -> Result<(), StoreError>;

    /// Removes the sessions that ended before a moment.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn forget_sessions(&self, before: Timestamp) -> Result<(), StoreError>;

    /// Counts an attempt to sign in as failed, under a key, unless it is too soon after those before: then how long to
    /// wait, in milliseconds. An engine that serves one server counts nothing, as the server does so itself.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn count_attempt(
        &self,
        _key: TokenHash,
        _patience: Patience,
        _now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        Ok(None)
    }

    /// Forgets the failures under a key: somebody has come in.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn forget_attempts_on(&self, _key: TokenHash) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets all failures whose last one was before a moment.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn forget_attempts(&self, _before: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    /// A secret of 32 bytes that belongs to the database, made out of `candidate` at first use; signs tokens.
    ///
    /// # Errors
    /// When the database cannot answer.
    async fn signing_key(&self, candidate: [u8; 32]) -> Result<[u8; 32], StoreError>;
}
