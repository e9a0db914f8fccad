//! A call of any path: for operations and attributes that this version does not know.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::call::{Request, Sending};
use crate::client::Client;
use crate::error::{Error, InvalidRequest, TransportError};
use crate::exchange::Exchange;
use crate::retry::Retry;

/// What messages call it.
const NAME: &str = "a raw call";

/// A call of any method and path, not yet sent: see [`Client::request`]. Await it for the JSON that is answered (null when
/// nothing is), or see [`exchange`](Self::exchange). `Debug` has no values: neither the path nor headers nor the body.
#[derive(Clone)]
#[must_use = "a call is sent when it is awaited"]
pub struct RawCall {
    client: Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
    timeout: Option<Duration>,
    retry: Option<Retry>,
    /// The first thing that cannot be sent; returned when the call is sent, so that a chain is not broken.
    invalid: Option<InvalidRequest>,
}

impl fmt::Debug for RawCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawCall")
            .field("client", &self.client)
            .field("method", &self.method)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl RawCall {
    pub(crate) fn new(client: Client, method: Method, path: &str) -> Self {
        Self {
            client,
            method,
            path: path.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            timeout: None,
            retry: None,
            invalid: None,
        }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a header for this call, over the client's own.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => {
                self.invalid.get_or_insert(InvalidRequest::Header { name: name.to_owned() });
            }
        }
        self
    }

    /// Sends this JSON text as it is.
    pub fn json(mut self, json: impl Into<Bytes>) -> Self {
        self.body = Some(json.into());
        self
    }

    /// How long each attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// When it is sent again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sends it and gives the whole exchange, whatever the answer's status.
    ///
    /// # Errors
    /// When there is no whole answer, or the request cannot be sent: its path leads to another server, or out of the API.
    pub async fn exchange(self) -> Result<Exchange<Value>, TransportError> {
        if let Some(invalid) = self.invalid {
            return Err(invalid.into());
        }
        let Some(url) = self.client.target().resolve(&self.path, &self.query) else {
            return Err(InvalidRequest::Elsewhere { path: self.path }.into());
        };
        let request = Request {
            operation: NAME,
            route: "",
            is_read: self.method.is_safe(),
            method: self.method,
            url,
            headers: self.headers,
            body: self.body,
            timeout: self.timeout.unwrap_or(self.client.timeout()),
            retry: self.retry.unwrap_or(self.client.retry()),
        };
        let mut exchange: Exchange<Value> = request.exchange(&self.client, false).await?;
        if exchange.response.status.is_success() && exchange.response.body.is_empty() {
            (exchange.data, exchange.undecodable) = (Some(Value::Null), None);
        }
        Ok(exchange)
    }
}

impl IntoFuture for RawCall {
    type Output = Result<Value, Error>;
    type IntoFuture = Sending<Value>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.exchange().await?.into_result() })
    }
}
