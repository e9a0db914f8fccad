//! The sandbox and its builder.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::{Directory, Org};
use kustodian_core::token::{self, TokenRequest};
use kustodian_server::{Settings, SystemClock, SystemIds};
use kustomer_api::Timestamp;
use kustomer_client::{Client, ClientBuilder};

use crate::clock::{FixedIds, TestClock};
use crate::fault::Faults;
use crate::running::{self, Running};
use crate::seed::{Seed, Seeded};

/// A server in this process, for one test. See the [crate].
pub struct Sandbox {
    client: Client,
    key: String,
    org: Org,
    address: SocketAddr,
    faults: Arc<Faults>,
    clock: Option<TestClock>,
    seeded: Seeded,
    registry: Registry,
    /// Ends the server when it is dropped.
    _running: Running,
}

impl Sandbox {
    /// Starts one with an org and a key that may do everything.
    ///
    /// # Errors
    /// When this machine has no free port, or no room for temporary files.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Begins one that is not as usual.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kustodian_testkit::{Sandbox, Seed};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::builder()
    ///     .clock_at("2026-01-02T03:04:05.000Z".parse()?)
    ///     .ids(7)
    ///     .settings(|settings| settings.rate_limit = Some(1_000))
    ///     .seed(Seed::new().post("acme", "/companies", serde_json::json!({ "name": "Acme" })))
    ///     .start()
    ///     .await?;
    /// let acme = sandbox.client().companies().get(sandbox.seeded().id("acme")?).await?.data;
    /// assert_eq!(acme.attributes.created_at.value(), sandbox.clock().map(|clock| clock.now()).as_ref());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// A client with the key that may do everything. Clones of it share their knowledge of the limits.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Begins a client of this server, without a token.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder().base_url(self.url())
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that may do everything.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name of the org.
    pub fn org(&self) -> &str {
        &self.org.name
    }

    /// The faults of this server.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The clock; the system's, which nobody moves, unless [`SandboxBuilder::clock_at`] was asked for: then this one.
    pub const fn clock(&self) -> Option<&TestClock> {
        self.clock.as_ref()
    }

    /// The seeded records.
    pub const fn seeded(&self) -> &Seeded {
        &self.seeded
    }

    /// A client with a key of its own, which has these roles alone.
    ///
    /// # Errors
    /// When a role is written as none can be.
    pub async fn client_with_roles(&self, roles: &[&str]) -> Result<Client, StartError> {
        let key = self.registry.key(&self.org, "a key of the test", roles).await?;
        Ok(self.client_builder().token(key).build()?)
    }

    /// A client of another org on the same server, with a key that may do everything there.
    ///
    /// # Errors
    /// When there is an org of this name.
    pub async fn client_of_another_org(&self, name: &str) -> Result<Client, StartError> {
        let org = self.registry.org(name).await?;
        let key = self.registry.key(&org, "a key of the test", &[EVERYTHING]).await?;
        Ok(self.client_builder().token(key).build()?)
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("url", &self.url()).field("org", &self.org()).finish_non_exhaustive()
    }
}

/// The settings of a sandbox.
pub struct SandboxBuilder {
    org: String,
    clock: Option<TestClock>,
    seed_of_ids: Option<u32>,
    settings: Settings,
    seed: Seed,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        // An inbox is on this machine and speaks plain HTTP.
        let settings = Settings { webhook_allow_http: true, webhook_allow_private: true, ..Settings::default() };
        Self { org: "sandbox".to_owned(), clock: None, seed_of_ids: None, settings, seed: Seed::new() }
    }
}

/// Everything beneath `org`, which is everything.
const EVERYTHING: &str = "org";

/// Where a clock starts that is asked for by its ids alone.
const BEGINNING: i64 = 1_767_225_600_000;

impl SandboxBuilder {
    /// The name of the org; `sandbox` by default.
    #[must_use]
    pub fn org(mut self, name: &str) -> Self {
        name.clone_into(&mut self.org);
        self
    }

    /// The server's clock shows this moment until [`Sandbox::clock`] is moved.
    #[must_use]
    pub fn clock_at(mut self, moment: Timestamp) -> Self {
        self.clock = Some(TestClock::at(moment));
        self
    }

    /// The server's clock runs so many times as fast as it should: from the beginning of 2026, unless
    /// [`clock_at`](Self::clock_at) said otherwise before.
    #[must_use]
    pub fn clock_speed(mut self, times: u32) -> Self {
        let from = self.clock.as_ref().map_or(Timestamp::from_millis(BEGINNING), TestClock::now);
        self.clock = Some(TestClock::running_at(from, times));
        self
    }

    /// The ids of records are the same in every run, as long as the test makes them in the same order. The clock is fixed
    /// too, since ids begin with their second: at the beginning of 2026 unless [`clock_at`](Self::clock_at) says otherwise.
    #[must_use]
    pub fn ids(mut self, seed: u32) -> Self {
        self.seed_of_ids = Some(seed);
        self
    }

    /// Changes the settings of the server: limits, timeouts, and the switches for what differs from Kustomer.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Has records before it is handed over.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When this machine has no free port or no room for temporary files, or the seed is refused.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let Self { org, clock, seed_of_ids, settings, seed } = self;
        let clock = clock.or(seed_of_ids.map(|_| TestClock::at(Timestamp::from_millis(BEGINNING))));
        let chosen: Arc<dyn Clock> = match &clock {
            Some(clock) => Arc::new(clock.clone()),
            None => Arc::new(SystemClock),
        };
        let ids: Arc<dyn Ids> = match (seed_of_ids, &clock) {
            (Some(seed), Some(clock)) => Arc::new(FixedIds::new(seed, clock.clone())),
            _ => Arc::new(SystemIds::new(SystemClock).map_err(StartError::new)?),
        };
        let faults = Arc::new(Faults::default());
        let (running, made) = running::start(org, chosen, ids, settings, Arc::clone(&faults)).await?;
        let client = Client::builder().base_url(format!("http://{}", made.address)).token(&made.key).build()?;
        let seeded = seed.plant(&client).await.map_err(StartError::new)?;
        Ok(Sandbox {
            client,
            key: made.key,
            org: made.org,
            address: made.address,
            faults,
            clock,
            seeded,
            registry: made.registry,
            _running: running,
        })
    }
}

/// Why there is no sandbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox did not start: {reason}")]
pub struct StartError {
    reason: String,
}

impl StartError {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self { reason: reason.to_string() }
    }
}

impl From<kustomer_client::InvalidRequest> for StartError {
    fn from(invalid: kustomer_client::InvalidRequest) -> Self {
        Self::new(invalid)
    }
}

/// Makes orgs and keys.
#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
}

impl Registry {
    pub(crate) async fn org(&self, name: &str) -> Result<Org, StartError> {
        let made = self.directory.create_org(self.ids.next(), name, self.clock.now()).await;
        made.map_err(|error| StartError::new(format!("the org {name}: {error}")))
    }

    pub(crate) async fn first_key(&self, org: &Org) -> Result<String, StartError> {
        self.key(org, "first key", &[EVERYTHING]).await
    }

    async fn key(&self, org: &Org, name: &str, roles: &[&str]) -> Result<String, StartError> {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let request = TokenRequest { name: name.to_owned(), roles, expires_at: None, cidr: None, secret: None };
        let signing_key = self.directory.signing_key(self.ids.secret()).await.map_err(StartError::new)?;
        let (token, user, event) = (self.ids.next(), self.ids.next(), self.ids.next_event());
        let issued = token::issue(request, org, token, user, event, &signing_key, self.clock.now());
        let issued = issued.map_err(|refusal| StartError::new(refusal.to_string()))?;
        self.directory.create_token(issued.new).await.map_err(StartError::new)?;
        Ok(issued.secret)
    }
}
