//! The port to orgs and credentials.

use async_trait::async_trait;
use kustodian_core::directory::{Directory, DirectoryError, NewToken, Org, Token, TokenHash};
use kustodian_core::store::{OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};
use tokio::sync::oneshot;

use super::job::{Answer, Command, Job};
use super::{Sqlite, credentials};

/// Whose turn to read it is where the people who run the server ask: that of no org.
const OPERATOR: OrgKey = OrgKey(0);

impl Sqlite {
    async fn run(&self, command: Command) -> Result<Answer, DirectoryError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::directory(command, reply))?;
        self.wait(answer).await?
    }
}

/// For commands that cannot have a conflict.
fn store_error(error: DirectoryError) -> StoreError {
    match error {
        DirectoryError::Store(error) => error,
        DirectoryError::Exists => unexpected(),
    }
}

/// An answer to another command.
fn unexpected() -> StoreError {
    StoreError::Failed { reason: "the writer gave an answer of another kind".to_owned() }
}

#[async_trait]
impl Directory for Sqlite {
    async fn create_org(&self, id: ObjectId, name: &str, now: Timestamp) -> Result<Org, DirectoryError> {
        match self.run(Command::CreateOrg { id, name: name.to_owned(), now }).await? {
            Answer::Org(org) => Ok(org),
            _ => Err(unexpected().into()),
        }
    }

    async fn list_orgs(&self) -> Result<Vec<Org>, StoreError> {
        self.read_long(OPERATOR, credentials::list_orgs).await
    }

    async fn find_org(&self, name: &str) -> Result<Option<Org>, StoreError> {
        self.readers.read(|connection| credentials::find_org(connection, name))
    }

    async fn create_token(&self, token: NewToken) -> Result<(), DirectoryError> {
        self.run(Command::CreateToken(Box::new(token))).await.map(drop)
    }

    async fn list_tokens(&self, org: Option<OrgKey>) -> Result<Vec<(String, Token)>, StoreError> {
        self.read_long(org.unwrap_or(OPERATOR), move |connection| credentials::list_tokens(connection, org)).await
    }

    async fn list_tokens_of(&self, org: OrgKey, user: ObjectId) -> Result<Vec<Token>, StoreError> {
        self.readers.read(|connection| credentials::list_tokens_of(connection, org, user))
    }

    async fn find_token_by_id(&self, org: OrgKey, id: ObjectId) -> Result<Option<Token>, StoreError> {
        self.readers.read(|connection| credentials::find_token_by_id(connection, org, id))
    }

    async fn revoke_token(&self, id: ObjectId, now: Timestamp) -> Result<bool, StoreError> {
        match self.run(Command::RevokeToken { id, now }).await.map_err(store_error)? {
            Answer::Revoked(revoked) => Ok(revoked),
            _ => Err(unexpected()),
        }
    }

    async fn find_token(&self, hash: TokenHash) -> Result<Option<(Org, Token)>, StoreError> {
        self.readers.read(|connection| credentials::find_token(connection, &hash))
    }

    async fn touch_tokens(&self, used: Vec<(ObjectId, Timestamp)>) -> Result<(), StoreError> {
        self.run(Command::TouchTokens { used }).await.map(drop).map_err(store_error)
    }

    async fn forget_sessions(&self, before: Timestamp) -> Result<(), StoreError> {
        self.run(Command::ForgetSessions { before }).await.map(drop).map_err(store_error)
    }

    async fn signing_key(&self, candidate: [u8; 32]) -> Result<[u8; 32], StoreError> {
        if let Some(key) = self.readers.read(credentials::find_signing_key)? {
            return Ok(key);
        }
        match self.run(Command::SigningKey { candidate }).await.map_err(store_error)? {
            Answer::SigningKey(key) => Ok(key),
            _ => Err(unexpected()),
        }
    }
}
