//! A receiver of webhooks.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kustomer_api::event::Event;
use kustomer_api::outbound_webhook::{OutboundWebhook, OutboundWebhookInput};
use kustomer_client::Client;
use kustomer_client::webhook::WebhookKey;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A receiver of webhooks on this machine, gone when dropped.
///
/// ```
/// use kustodian_testkit::{Inbox, Sandbox};
/// use kustomer_client::customer::CustomerInput;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start().await?;
/// let inbox = Inbox::start().await?;
/// inbox.subscribe(sandbox.client(), ["kustomer.customer.create"]).await?;
/// let ada = sandbox.client().customers().create(&CustomerInput::new().name("Ada")).await?.data;
/// let delivered = inbox.wait_for(|event| ada.id == event.data_id).await?;
/// assert!(delivered.is_signed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Inbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    keys: Vec<WebhookKey>,
    delivered: Vec<Delivered>,
    refused: u32,
    to_refuse: u32,
}

/// An event that arrived.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The event.
    pub event: Event,
    /// The headers it came with.
    pub headers: HeaderMap,
    /// Whether a webhook of this inbox signed it.
    pub is_signed: bool,
}

/// How long a wait for an event may take.
const WITHIN: Duration = Duration::from_secs(10);

/// The longest body that is taken, in bytes.
const MAX_BODY: usize = 8 * 1024 * 1024;

impl Inbox {
    /// Starts one on a free port, on the runtime of the caller.
    ///
    /// # Errors
    /// When this machine has no free port.
    pub async fn start() -> Result<Self, InboxError> {
        let no_port = |error: std::io::Error| InboxError::NoPort { reason: error.to_string() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let shared = Arc::new(Shared::default());
        let receiving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(receive(stream, Arc::clone(&receiving)));
            }
        });
        Ok(Self { address, shared, task })
    }

    /// Where it receives.
    pub fn url(&self) -> String {
        format!("http://{}/inbox", self.address)
    }

    /// Makes a webhook that sends events of these names here from now on.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn subscribe<E: Into<String>>(
        &self,
        client: &Client,
        events: impl IntoIterator<Item = E>,
    ) -> Result<OutboundWebhook, InboxError> {
        let input = OutboundWebhookInput::new("Inbox of a test", self.url(), events);
        let webhook = client.outbound_webhooks().create(&input).await;
        let webhook = webhook.map_err(|error| InboxError::Refused { reason: error.to_string() })?.data;
        let keys = webhook.attributes.token.value().map(|token| WebhookKey::new(token));
        self.lock().keys.extend(keys);
        Ok(webhook)
    }

    /// Refuses the next so many deliveries with 500: the server sends them again.
    pub fn refuse(&self, times: u32) {
        self.lock().to_refuse = times;
    }

    /// How many deliveries were refused.
    pub fn refused(&self) -> u32 {
        self.lock().refused
    }

    /// The deliveries, in the order in which they arrived.
    pub fn delivered(&self) -> Vec<Delivered> {
        self.lock().delivered.clone()
    }

    /// The first delivery, also of those that are here already, whose event is as asked.
    ///
    /// # Errors
    /// When none has come within 10 seconds.
    pub async fn wait_for(&self, is_wanted: impl Fn(&Event) -> bool) -> Result<Delivered, InboxError> {
        let arrives = async {
            loop {
                let arrived = self.shared.arrived.notified();
                let found = self.lock().delivered.iter().find(|delivered| is_wanted(&delivered.event)).cloned();
                match found {
                    Some(delivered) => return delivered,
                    None => arrived.await,
                }
            }
        };
        let missing = |_| InboxError::Missing { names: self.names(), refused: self.refused() };
        tokio::time::timeout(WITHIN, arrives).await.map_err(missing)
    }

    fn names(&self) -> Vec<String> {
        self.lock().delivered.iter().map(|delivered| delivered.event.name.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a delivery.
    fn take(&self, headers: HeaderMap, body: &[u8]) -> StatusCode {
        let Ok(event) = serde_json::from_slice(body) else { return StatusCode::BAD_REQUEST };
        let mut state = self.lock();
        if state.to_refuse > 0 {
            state.to_refuse -= 1;
            state.refused += 1;
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        let is_signed = state.keys.iter().any(|key| key.check(&headers, body).is_ok());
        state.delivered.push(Delivered { event, headers, is_signed });
        drop(state);
        // Everybody who waits now.
        self.arrived.notify_waiters();
        StatusCode::NO_CONTENT
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            let (head, body) = request.into_parts();
            let body = http_body_util::Limited::new(body, MAX_BODY).collect().await;
            let status = match body {
                Ok(body) => shared.take(head.headers, &body.to_bytes()),
                Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
            };
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }
    });
    // A connection that breaks is the sender's affair.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
}

/// What an inbox cannot do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// There is no port for it.
    #[error("the inbox has no port: {reason}")]
    NoPort {
        /// Why.
        reason: String,
    },
    /// The server refused the webhook.
    #[error("the webhook was refused: {reason}")]
    Refused {
        /// The answer of the server.
        reason: String,
    },
    /// The event did not come.
    #[error("no such event came within 10 s; {} came: {names:?}; {refused} deliveries were refused", names.len())]
    Missing {
        /// The names of the events that came.
        names: Vec<String>,
        /// How many deliveries were refused.
        refused: u32,
    },
}
