//! One attempt of a call over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Url;

use crate::error::TransportError;
use crate::exchange::ReceivedResponse;
use crate::proxy;
use crate::retry::Outcome;
use crate::target::address;

/// The request of one attempt.
pub(crate) struct Sent<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// How long the attempt may take; `None` where something else sees to that.
    pub(crate) timeout: Option<Duration>,
    /// The timeout that an error names.
    pub(crate) named_timeout: Duration,
}

/// Sends it and receives the whole answer.
pub(crate) async fn send(http: &reqwest::Client, sent: Sent<'_>) -> Outcome {
    // What a browser gives stays with the one thread there is.
    #[cfg(target_arch = "wasm32")]
    return send_wrapper::SendWrapper::new(exchange(http, sent)).await;
    #[cfg(not(target_arch = "wasm32"))]
    exchange(http, sent).await
}

async fn exchange(http: &reqwest::Client, sent: Sent<'_>) -> Outcome {
    let Sent { method, url, headers, body, timeout, named_timeout } = sent;
    let mut request = http.request(method, url.clone()).headers(headers);
    if let Some(timeout) = timeout {
        request = request.timeout(timeout);
    }
    if let Some(body) = body {
        request = request.body(body);
    }
    let failed = |error| TransportError::sending(error, address(url), proxy::of(url), named_timeout);
    let response = request.send().await.map_err(failed)?;
    #[cfg(not(target_arch = "wasm32"))]
    let version = response.version();
    #[cfg(target_arch = "wasm32")]
    let version = http::Version::default();
    let (status, headers) = (response.status(), response.headers().clone());
    let broken = |error| TransportError::receiving(error, address(url), true, named_timeout);
    let body = response.bytes().await.map_err(broken)?;
    Ok(ReceivedResponse { status, headers, body, version })
}
