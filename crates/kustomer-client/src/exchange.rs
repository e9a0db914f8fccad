//! A whole exchange: the request and the answer, of any kind.

use std::fmt;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use crate::error::{ApiError, DecodeError, Error, FailedCall};

/// The request and the answer. Of `data`, `error` and `undecodable` exactly one is there. `Debug` has no values: it says whether
/// there is data.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange<T> {
    /// The request; the last one, if there were retries.
    pub request: SentRequest,
    /// What came back, undecoded.
    pub response: ReceivedResponse,
    /// The answer, when the status says success.
    pub data: Option<T>,
    /// The error that the server answered instead.
    pub error: Option<ApiError>,
    /// Why there is no data although the status says success.
    pub undecodable: Option<DecodeError>,
    /// How many times it was sent; more than 1 after retries.
    pub attempts: u32,
}

impl<T> Exchange<T> {
    /// The requested value.
    ///
    /// # Errors
    /// [`Error::Api`] when the status is not a success, [`Error::Decode`] when the body cannot be read.
    pub fn into_result(self) -> Result<T, Error> {
        match (self.data, self.error, self.undecodable) {
            (Some(data), _, _) => Ok(data),
            (None, Some(error), _) => Err(Error::Api(Box::new(error))),
            (None, None, Some(undecodable)) => Err(Error::Decode(Box::new(undecodable))),
            (None, None, None) => {
                let call = FailedCall { attempts: self.attempts, ..FailedCall::of_link(self.request.method) };
                Err(Error::Api(Box::new(ApiError::read(&self.response, call, None))))
            }
        }
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("request", &self.request)
            .field("response", &self.response)
            .field("data", &self.data.as_ref().map(|_| "***"))
            .field("error", &self.error)
            .field("undecodable", &self.undecodable)
            .field("attempts", &self.attempts)
            .finish()
    }
}

/// A request as it was sent. `Debug` has no values: neither the URL nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentRequest {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The headers set by this client, with `Bearer ***` in place of the token.
    pub headers: HeaderMap,
    /// The body; empty when there was none.
    pub body: Bytes,
}

impl fmt::Debug for SentRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SentRequest")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The headers without the value of the token.
pub(crate) fn without_token(mut headers: HeaderMap) -> HeaderMap {
    if let Some(value) = headers.get_mut(AUTHORIZATION) {
        *value = HeaderValue::from_static("Bearer ***");
    }
    headers
}

/// An answer as it came. `Debug` has no values: neither headers nor the body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The undecoded body.
    pub body: Bytes,
    /// The version of HTTP that it came over; always 1.1 in a browser, which does not say it.
    pub version: Version,
}

impl fmt::Debug for ReceivedResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReceivedResponse")
            .field("status", &self.status)
            .field("version", &self.version)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl ReceivedResponse {
    /// The first value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
