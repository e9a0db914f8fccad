//! Sends one delivery: to a public address only, without following anybody elsewhere, and within a time.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use kustodian_core::outbound_webhook::{Subscription, is_public, signature};
use kustomer_api::outbound_webhook::{EVENT_HEADER, SIGNATURE_HEADER};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::tls::outgoing;

/// How long a connection to a receiver may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Sends deliveries.
#[derive(Clone)]
pub(super) struct Post {
    /// Made when something is first sent: it reads the certificates that the system trusts.
    client: Client,
    allow_private: bool,
}

/// Why a delivery was not taken.
#[derive(Debug)]
pub(super) struct NotTaken {
    /// The status that the receiver answered.
    pub(super) status: Option<u16>,
    pub(super) reason: String,
}

impl NotTaken {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self { status: None, reason: reason.into() }
    }
}

impl Post {
    /// # Errors
    /// When this machine has no TLS to speak.
    pub(super) fn new(timeout: Duration, allow_private: bool) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let client = Client::builder()
            .tls_backend_preconfigured(outgoing()?)
            // A receiver could lead to an address beside the server, and a proxy could reach one.
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard { allow_private }))
            .connect_timeout(CONNECT_WITHIN.min(timeout))
            .timeout(timeout)
            .user_agent(concat!("Kustodian/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allow_private })
    }

    /// Sends an event; the status that the receiver answered.
    ///
    /// # Errors
    /// When it was not taken.
    pub(super) async fn send(&self, to: &Subscription, event: &str, body: String) -> Result<u16, NotTaken> {
        let url = Url::parse(&to.url).map_err(|_| NotTaken::because("the url cannot be read"))?;
        if !self.allow_private && !may_be_public(&url) {
            return Err(NotTaken::because(NOT_PUBLIC));
        }
        let mut request = self.client.post(url);
        for header in &to.headers {
            let read = (HeaderName::try_from(&header.name), HeaderValue::try_from(&header.value));
            let (Ok(name), Ok(value)) = read else { continue };
            request = request.header(name, value);
        }
        let signed = signature(&to.token, body.as_bytes());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(EVENT_HEADER, event)
            .header(SIGNATURE_HEADER, signed)
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(answer.status().as_u16()),
            Ok(answer) => {
                let status = answer.status().as_u16();
                Err(NotTaken { status: Some(status), reason: format!("the receiver answered {status}") })
            }
            Err(error) => Err(NotTaken::because(reason(&error))),
        }
    }
}

const NOT_PUBLIC: &str = "the host is not on the public internet: --webhook-allow-private sends to it";

/// Whether a URL does not name an address that is not public; a name is looked up by [`Guard`].
fn may_be_public(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => is_public(address.into()),
        Some(url::Host::Ipv6(address)) => is_public(address.into()),
        Some(url::Host::Domain(_)) => true,
        None => false,
    }
}

/// What went wrong, without the URL: its path may be a secret.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the receiver did not answer in time".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Looks names up, and gives the addresses that may be sent to. The connection is made to one of these, so that a name
/// cannot mean another address a moment later.
struct Guard {
    allow_private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let is_open = |address: &SocketAddr| allow_private || is_public(canonical(address.ip()));
            let open: Vec<SocketAddr> = found.filter(is_open).collect();
            if open.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
