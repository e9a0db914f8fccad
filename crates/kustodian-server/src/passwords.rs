//! Hashing passwords: argon2id, on threads of its own and few at a time, because each takes memory and a while on purpose.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::answer;

/// What OWASP recommends at least: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many are hashed at the same time, of all orgs.
const TOGETHER: usize = 2;

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// A hashed password as it is stored: with the parameters of the hash, so that a later version may use more.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    algorithm: String,
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

pub(crate) struct Passwords {
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(TOGETHER) }
    }
}

impl Passwords {
    /// A password as it is kept.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn hash(&self, password: String, salt: [u8; 16]) -> Result<Vec<u8>, Refusal> {
        let hash = self.run(password, salt.to_vec(), (MEMORY_KIB, PASSES, LANES)).await?;
        let kept = Kept {
            algorithm: "argon2id".to_owned(),
            memory: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: STANDARD_NO_PAD.encode(salt),
            hash: STANDARD_NO_PAD.encode(hash),
        };
        serde_json::to_vec(&kept).map_err(|_| failed())
    }

    /// Whether a password is the one that is kept. Where none is kept it takes as long, and is not.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn is_right(&self, password: String, kept: Option<&[u8]>) -> Result<bool, Refusal> {
        let kept: Option<Kept> = kept.and_then(|kept| serde_json::from_slice(kept).ok());
        let Some(kept) = kept else {
            self.run(password, vec![0; 16], (MEMORY_KIB, PASSES, LANES)).await?;
            return Ok(false);
        };
        let salt = STANDARD_NO_PAD.decode(&kept.salt).map_err(|_| failed())?;
        let wanted = STANDARD_NO_PAD.decode(&kept.hash).map_err(|_| failed())?;
        let hash = self.run(password, salt, (kept.memory, kept.passes, kept.lanes)).await?;
        // Every byte is compared, whatever the first ones are.
        let differs = hash.iter().zip(&wanted).fold(0, |all, (left, right)| all | (left ^ right));
        Ok(differs == 0 && wanted.len() == hash.len())
    }

    async fn run(&self, password: String, salt: Vec<u8>, cost: (u32, u32, u32)) -> Result<[u8; 32], Refusal> {
        let too_many = || answer::try_again("Too many passwords are checked now: try again", 1);
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| too_many())?.map_err(|_| too_many())?;
        let hashing = tokio::task::spawn_blocking(move || {
            let (memory, passes, lanes) = cost;
            let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
            let mut hash = [0; 32];
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            argon2.hash_password_into(password.as_bytes(), &salt, &mut hash).ok()?;
            Some(hash)
        });
        hashing.await.ok().flatten().ok_or_else(failed)
    }
}

fn failed() -> Refusal {
    resource::fault("The password could not be checked")
}
