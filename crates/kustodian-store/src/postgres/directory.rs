//! The port to orgs and credentials.

use async_trait::async_trait;
use kustodian_core::directory::{Directory, DirectoryError, NewToken, Org, Token, TokenHash};
use kustodian_core::lockout::{Failures, Patience};
use kustodian_core::store::{CommitError, OrgKey, StoreError};
use kustomer_api::{ObjectId, Timestamp};
use tokio::time::timeout;
use tokio_postgres::{Error, Row};

use super::commit::Source;
use super::connection::{Answer, Step, statement};
use super::credentials::{
    ADD_SETTING, ALONE_CREATING, COUNT_ATTEMPT, CREATE_ORG, FIND_ATTEMPTS, FIND_ORG, FIND_SETTING, FIND_TOKEN,
    FIND_TOKEN_BY_ID, FORGET_ATTEMPTS, FORGET_ATTEMPTS_ON, FORGET_SESSIONS, IS_TOKEN_KNOWN, LIST_ORGS, LIST_TOKENS,
    LIST_TOKENS_OF, OF_TOKEN, REVOKE_TOKEN, SIGNING_KEY, TOUCH_TOKEN, org, token,
};
use super::failure::{spoils_connection, store_error, unavailable};
use super::values::Value;
use super::{Core, Postgres};

/// How many attempts under one key are counted at the same time; one more has to wait.
const MOST_AT_ONCE: usize = 8;

impl Core {
    /// Writes with one statement, committed when it returns.
    pub(super) async fn write(&self, sql: &str, values: &[Value<'_>]) -> Result<Answer, StoreError> {
        let lease = self.writers.take().await?;
        match timeout(self.commit_timeout, lease.connection().query(sql, values)).await {
            Ok(Ok(answer)) => {
                lease.give_back();
                Ok(answer)
            }
            Ok(Err(error)) => {
                if !spoils_connection(&error) {
                    lease.give_back();
                }
                Err(store_error(&error))
            }
            Err(_) => Err(unavailable("no answer in time; it is unknown whether the write was committed")),
        }
    }

    /// Writes with one statement, in a transaction that takes a lock first: the statement sees everything committed by then.
    async fn write_holding(&self, lock: &str, sql: &str, values: Vec<Value<'_>>) -> Result<Answer, StoreError> {
        let lease = self.writers.take().await?;
        let begin = self.connector.begin();
        let steps = [Step::Command(begin), Step::Command(lock), statement(sql, values), Step::Command("COMMIT")];
        match timeout(self.commit_timeout, lease.connection().run(&steps)).await {
            Ok(Ok(mut answers)) => {
                lease.give_back();
                answers.truncate(3);
                answers.pop().ok_or_else(|| StoreError::Failed { reason: "a statement was not answered".to_owned() })
            }
            // Not given back, it is closed, and its transaction ends with it.
            Ok(Err(failed)) => Err(store_error(&failed.error)),
            Err(_) => Err(unavailable("no answer in time; it is unknown whether the write was committed")),
        }
    }

    async fn read_all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, StoreError> {
        let answer = self.readers.read(sql, values).await?;
        answer.rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| store_error(&error))
    }

    async fn read_one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.read_all(sql, values, read).await?.into_iter().next())
    }

    async fn find_signing_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let read = |row: &Row| row.try_get::<_, Vec<u8>>(0);
        let Some(key) = self.read_one(FIND_SETTING, &[Value::Text(SIGNING_KEY)], read).await? else { return Ok(None) };
        let wrong = |_| StoreError::Failed { reason: "the signing key does not have 32 bytes".to_owned() };
        key.try_into().map(Some).map_err(wrong)
    }
}

#[async_trait]
impl Directory for Postgres {
    async fn create_org(&self, id: ObjectId, name: &str, now: Timestamp) -> Result<Org, DirectoryError> {
        let values = vec![Value::Id(id), Value::Text(name), Value::Number(now.as_millis())];
        let made = self.core.write_holding(ALONE_CREATING, CREATE_ORG, values).await?;
        let Some(row) = made.rows.first() else { return Err(DirectoryError::Exists) };
        let key: i64 = row.try_get(0).map_err(|error| store_error(&error))?;
        Ok(Org { key: OrgKey(key), id, name: name.to_owned(), created_at: now })
    }

    async fn list_orgs(&self) -> Result<Vec<Org>, StoreError> {
        self.core.read_all(LIST_ORGS, &[], |row| org(row, 0)).await
    }

    async fn find_org(&self, name: &str) -> Result<Option<Org>, StoreError> {
        self.core.read_one(FIND_ORG, &[Value::Text(name)], |row| org(row, 0)).await
    }

    async fn create_token(&self, new: NewToken) -> Result<(), DirectoryError> {
        let known = [Value::Bytes(&new.hash.0), Value::Id(new.token.id)];
        if !self.core.readers.read(IS_TOKEN_KNOWN, &known).await?.rows.is_empty() {
            return Err(DirectoryError::Exists);
        }
        let changes = new.changes();
        match Postgres::commit(self, new.token.org, Source::Ready(changes), Some(new)).await {
            Ok(_) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Err(DirectoryError::Exists),
        }
    }

    async fn list_tokens(&self, of: Option<OrgKey>) -> Result<Vec<(String, Token)>, StoreError> {
        let read = |row: &Row| Ok((org(row, OF_TOKEN)?.name, token(row)?));
        self.core.read_all(LIST_TOKENS, &[Value::MaybeNumber(of.map(|key| key.0))], read).await
    }

    async fn list_tokens_of(&self, of: OrgKey, user: ObjectId) -> Result<Vec<Token>, StoreError> {
        self.core.read_all(LIST_TOKENS_OF, &[Value::Number(of.0), Value::Id(user)], token).await
    }

    async fn find_token_by_id(&self, of: OrgKey, id: ObjectId) -> Result<Option<Token>, StoreError> {
        self.core.read_one(FIND_TOKEN_BY_ID, &[Value::Id(id), Value::Number(of.0)], token).await
    }

    async fn revoke_token(&self, id: ObjectId, now: Timestamp) -> Result<bool, StoreError> {
        let values = [Value::Id(id), Value::Number(now.as_millis())];
        Ok(self.core.write(REVOKE_TOKEN, &values).await?.affected == 1)
    }

    async fn find_token(&self, hash: TokenHash) -> Result<Option<(Org, Token)>, StoreError> {
        self.core.read_one(FIND_TOKEN, &[Value::Bytes(&hash.0)], |row| Ok((org(row, OF_TOKEN)?, token(row)?))).await
    }

    async fn touch_tokens(&self, used: Vec<(ObjectId, Timestamp)>) -> Result<(), StoreError> {
        for (id, at) in used {
            self.core.write(TOUCH_TOKEN, &[Value::Id(id), Value::Number(at.as_millis())]).await?;
        }
        Ok(())
    }

    async fn forget_sessions(&self, before: Timestamp) -> Result<(), StoreError> {
        self.core.write(FORGET_SESSIONS, &[Value::Number(before.as_millis())]).await.map(drop)
    }

    async fn count_attempt(
        &self,
        key: TokenHash,
        patience: Patience,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        for _ in 0..MOST_AT_ONCE {
            let read = |row: &Row| Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?));
            let found = self.core.read_one(FIND_ATTEMPTS, &[Value::Bytes(&key.0)], read).await?;
            let former = found.map(|(count, last)| Failures {
                count: u32::try_from(count).unwrap_or(u32::MAX),
                last: Timestamp::from_millis(last),
            });
            if let Some(wait) = former.and_then(|former| patience.wait(former, now)) {
                return Ok(Some(wait));
            }
            let next = Failures::and_one(former, now);
            let (count, last) = found.unwrap_or((-1, -1));
            let values = [
                Value::Bytes(&key.0),
                Value::Number(next.count.into()),
                Value::Number(next.last.as_millis()),
                Value::Number(count),
                Value::Number(last),
            ];
            // Unless another attempt was counted meanwhile.
            if self.core.write(COUNT_ATTEMPT, &values).await?.affected == 1 {
                return Ok(None);
            }
        }
        Ok(Some(1_000))
    }

    async fn forget_attempts_on(&self, key: TokenHash) -> Result<(), StoreError> {
        self.core.write(FORGET_ATTEMPTS_ON, &[Value::Bytes(&key.0)]).await.map(drop)
    }

    async fn forget_attempts(&self, before: Timestamp) -> Result<(), StoreError> {
        self.core.write(FORGET_ATTEMPTS, &[Value::Number(before.as_millis())]).await.map(drop)
    }

    async fn signing_key(&self, candidate: [u8; 32]) -> Result<[u8; 32], StoreError> {
        if let Some(key) = self.core.find_signing_key().await? {
            return Ok(key);
        }
        self.core.write(ADD_SETTING, &[Value::Text(SIGNING_KEY), Value::Bytes(&candidate)]).await?;
        let missing = || StoreError::Failed { reason: "the signing key is not there".to_owned() };
        self.core.find_signing_key().await?.ok_or_else(missing)
    }
}
