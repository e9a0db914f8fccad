//! Makes a plan by doing: a server in this process, on a database that records every statement, asked for each operation
//! over HTTP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::Org;
use kustodian_core::link::Signer;
use kustodian_core::token::{TokenRequest, issue};
use kustodian_server::{Server, Services, Settings};
use kustodian_store::{Database, FileFolder, Traced, Trip};
use kustomer_api::{ObjectId, Timestamp};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::steps::{ROLES, STEPS, Step};

/// What one operation sent.
pub(crate) struct Planned {
    pub(crate) operation: &'static str,
    pub(crate) what: &'static str,
    pub(crate) trips: Vec<Trip>,
}

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How long the positions of the last events may take.
const POSITIONS_WITHIN: Duration = Duration::from_secs(1);

/// The statements of every operation to the database at `url`: those for spread tables, if `as_spread`.
pub(crate) fn plan(url: &str, as_spread: bool) -> Vec<Planned> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let traced = Traced::open(url, as_spread).await.unwrap();
        let planned = ask_for_everything(&traced).await;
        traced.close().await;
        planned
    })
}

async fn ask_for_everything(traced: &Traced) -> Vec<Planned> {
    let database = traced.database();
    let mut planned = Vec::new();
    traced.take_trips();
    let org = database.directory().create_org(TestIds.next(), "plan", TestClock.now()).await.unwrap();
    planned.push(Planned { operation: "(org create)", what: "from the command line", trips: requested(traced) });
    // The first key makes the key that signs all of them.
    create_token(database, &org, "first").await;
    traced.take_trips();
    let token = create_token(database, &org, "plan").await;
    planned.push(Planned { operation: "(token create)", what: "from the command line", trips: requested(traced) });

    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let folder = tempfile::tempdir().unwrap();
    let services = Services {
        store: database.store(),
        directory: database.directory(),
        clock: Arc::new(TestClock),
        ids: Arc::new(TestIds),
        files: Arc::new(FileFolder::new(folder.path())),
        signer: Signer::new(&[7; 32]).unwrap(),
    };
    let server = Server::new(services, Settings::default());
    let serving = tokio::spawn(server.serve(listener, async move { drop(stopped.await) }));
    Caller::new(address, token).ask_all(traced, &mut planned).await;
    drop(stop);
    serving.await.unwrap().unwrap();
    planned
}

async fn create_token(database: &Database, org: &Org, name: &str) -> String {
    let directory = database.directory();
    let request = TokenRequest {
        name: name.to_owned(),
        roles: vec!["org".to_owned()],
        expires_at: None,
        cidr: None,
        secret: None,
    };
    let key = directory.signing_key(TestIds.secret()).await.unwrap();
    let (token, user, event) = (TestIds.next(), TestIds.next(), TestIds.next_event());
    let issued = issue(request, org, token, user, event, &key, TestClock.now()).unwrap();
    directory.create_token(issued.new).await.unwrap();
    issued.secret
}

/// The statements for requests since the last call.
fn requested(traced: &Traced) -> Vec<Trip> {
    traced.take_trips().into_iter().filter(|trip| !trip.is_background).collect()
}

/// Asks the server.
struct Caller {
    client: Client,
    base: String,
    token: String,
    /// What earlier answers gave, to be put into later requests.
    known: HashMap<&'static str, String>,
}

impl Caller {
    fn new(address: SocketAddr, token: String) -> Self {
        // No feature of reqwest brings cryptography.
        let _is_set_already = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(ANSWER_WITHIN).no_proxy().build().unwrap();
        Self { client, base: format!("http://{address}"), token, known: HashMap::new() }
    }

    /// Asks for every step; adds the statements of each, and those in the background.
    async fn ask_all(mut self, traced: &Traced, planned: &mut Vec<Planned>) {
        // The first request looks the key up; an operation without statements of its own sends nothing else.
        self.ask(&ROLES).await;
        let authentication = requested(traced);
        let mut background = Vec::new();
        for step in STEPS {
            let answer = self.ask(step).await;
            if let Some((name, pointer)) = step.keeps {
                let value = answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                self.known.insert(name, value.to_owned());
            }
            let (behind, mut trips): (Vec<_>, Vec<_>) =
                traced.take_trips().into_iter().partition(|trip| trip.is_background);
            background.extend(behind);
            // A key is trusted for a second; the next request then looks it up.
            trips.retain(|trip| !authentication.iter().any(|asked| asked.statements[..] == trip.statements[..]));
            planned.push(Planned { operation: step.operation, what: step.what, trips });
        }
        let deadline = tokio::time::Instant::now() + POSITIONS_WITHIN;
        while one_round(&background).is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
            background.extend(traced.take_trips().into_iter().filter(|trip| trip.is_background));
        }
        let what = "the key is looked up, once a second for each key and server";
        planned.push(Planned { operation: "(any)", what, trips: authentication });
        let what = "positions and counts of committed events, one round";
        planned.push(Planned { operation: "(background)", what, trips: one_round(&background) });
    }

    /// Asks, as many times at once as the step says; the last answer.
    async fn ask(&self, step: &'static Step) -> Value {
        let mut asked = JoinSet::new();
        for _ in 0..step.together {
            asked.spawn(answer(self.request(step), step));
        }
        asked.join_all().await.pop().unwrap()
    }

    fn request(&self, step: &Step) -> RequestBuilder {
        let filled = |text: &str| {
            self.known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let method = Method::from_bytes(step.method.as_bytes()).unwrap();
        let url = format!("{}{}", self.base, filled(step.path));
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if !step.body.is_empty() {
            request = request.header("content-type", "application/json").body(filled(step.body));
        }
        if !step.key.is_empty() {
            request = request.header("idempotency-key", step.key);
        }
        request
    }
}

/// The answer of the server, which must have the step's status.
async fn answer(request: RequestBuilder, step: &Step) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(status, step.status, "{} {}: {text}", step.method, step.path);
    serde_json::from_str(&text).unwrap_or_default()
}

/// The trips of the last transaction that gave positions, with the questions before it.
fn one_round(trips: &[Trip]) -> Vec<Trip> {
    let writes = |trip: &Trip| trip.statements.iter().flat_map(|sent| &sent.touches).any(|touch| touch.is_write);
    let Some(last) = trips.iter().rposition(writes) else { return Vec::new() };
    let is_first = |trip: &Trip| trip.statements.iter().any(|sent| sent.sql.starts_with("BEGIN"));
    let first = trips[..=last].iter().rposition(is_first).unwrap_or(last);
    trips[first.saturating_sub(1)..=last].to_vec()
}

/// The clock of the operating system.
struct TestClock;

impl Clock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "a server in this process needs a running clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(
            i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap(),
        )
    }
}

/// Ids that count up, and secrets that anybody can guess.
struct TestIds;

impl TestIds {
    fn number() -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        LAST.fetch_add(1, Ordering::Relaxed)
    }
}

impl Ids for TestIds {
    fn next(&self) -> ObjectId {
        let mut bytes = [0x5c; 12];
        bytes[4..].copy_from_slice(&Self::number().to_be_bytes());
        ObjectId::from_bytes(bytes)
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [7; 32];
        secret[24..].copy_from_slice(&Self::number().to_be_bytes());
        secret
    }
}
