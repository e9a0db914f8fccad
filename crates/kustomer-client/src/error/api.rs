//! An answer that is not a success.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use kustomer_api::error::{ErrorBody, ErrorCode, ErrorItem};

use super::{FailedCall, excerpt};
use crate::exchange::ReceivedResponse;

/// An answer that is not a success. The members beside `errors` are those of the first entry.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// The call that the server refused.
    pub call: FailedCall,
    /// The HTTP status.
    pub status: u16,
    /// What kind, for programs: `badparam`, `notfound`, …
    pub code: Option<ErrorCode>,
    /// The fault, for people.
    pub title: Option<String>,
    /// The bare name of the attribute, parameter or header it is about.
    pub parameter: Option<String>,
    /// The JSON pointer to the offending value in the request's body.
    pub pointer: Option<String>,
    /// More about it; for invalid input the path of the schema rule that failed.
    pub detail: Option<String>,
    /// The fault, its place and what to do, in one sentence, when the server says so.
    pub message: Option<String>,
    /// The `x-request-id` of the answer: quote it to the operator of the server.
    pub request_id: Option<String>,
    /// How long to wait before trying again, when the server says so.
    pub retry_after: Option<Duration>,
    /// Every entry; empty when the body is not the API's.
    pub errors: Vec<ErrorItem>,
    /// The proxy that the answer came through (scheme, host and port), when the environment names one. A body that is
    /// not the API's is probably the proxy's.
    pub proxy: Option<String>,
    /// The answer's body as it came.
    pub body: Bytes,
}

/// As its `Display`, without the body of an answer that is not the API's, as that may hold anything.
impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            let Self { call, status, body, .. } = self;
            return write!(formatter, "{call}: {status}: an answer of {} bytes that is not the API's", body.len());
        }
        fmt::Display::fmt(self, formatter)
    }
}

impl ApiError {
    /// The id of the record that holds a value which has to be unique in the org, when a 409 names it. The caller must be
    /// allowed to read such records. Kustomer itself names none.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().email("ada@acme.example");
    /// let id = match client.customers().create(&ada).await {
    ///     Ok(created) => created.data.id,
    ///     Err(error) if error.holder().is_some() => error.holder().unwrap_or_default().into(),
    ///     Err(error) => return Err(error),
    /// };
    /// client.customers().update(id, &ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn holder(&self) -> Option<&str> {
        let meta = &self.errors.first().filter(|_| self.status == 409)?.meta;
        let mut texts = meta.values().filter_map(|value| value.as_str());
        texts.find(|text| text.parse::<kustomer_api::ObjectId>().is_ok())
    }

    pub(crate) fn read(response: &ReceivedResponse, call: FailedCall, proxy: Option<String>) -> Self {
        let errors = serde_json::from_slice::<ErrorBody>(&response.body).map(|body| body.errors).unwrap_or_default();
        let first = errors.first().cloned().unwrap_or_default();
        let source = first.source.unwrap_or_default();
        let in_meta = || first.meta.get("pointer").and_then(|pointer| pointer.as_str()).map(str::to_owned);
        Self {
            call,
            status: response.status.as_u16(),
            code: first.code.as_deref().map(ErrorCode::from),
            title: first.title,
            parameter: source.parameter,
            pointer: source.pointer.or_else(in_meta),
            detail: first.detail,
            message: first.message,
            request_id: response.header("x-request-id").map(str::to_owned),
            retry_after: crate::retry::asked_wait(response),
            errors,
            proxy,
            body: response.body.clone(),
        }
    }
}

/// The entry's words: its message, with title and the name of its attribute unless the message has them already.
fn sentence(item: &ErrorItem) -> Option<String> {
    let words = match (&item.title, &item.message) {
        (Some(title), Some(message)) if !message.contains(title.as_str()) => &format!("{title}: {message}"),
        (title, message) => message.as_ref().or(title.as_ref()).or(item.detail.as_ref())?,
    };
    let source = item.source.as_ref();
    let place = source.and_then(|source| source.parameter.as_ref().or(source.pointer.as_ref()));
    Some(match place {
        Some(place) if !words.contains(place.as_str()) => format!("{words} ({place})"),
        _ => words.clone(),
    })
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.call, self.status)?;
        if let Some(code) = &self.code {
            write!(formatter, " {code}")?;
        }
        let sentences: Vec<String> = self.errors.iter().filter_map(sentence).collect();
        if sentences.is_empty() {
            let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
            let body = if self.body.is_empty() { "the answer is empty".to_owned() } else { excerpt(&self.body) };
            write!(formatter, " {}: {body}", reason.unwrap_or("(unknown status)"))?;
            if let Some(proxy) = &self.proxy {
                write!(formatter, "; it came through the proxy {proxy}, which the environment names")?;
            }
        } else {
            write!(formatter, ": {}", sentences.join("; ").replace(['\r', '\n'], " "))?;
        }
        if let Some(wait) = self.retry_after {
            write!(formatter, "; try again in {} s", wait.as_secs())?;
        }
        formatter.write_str(&self.call.often())?;
        if let Some(id) = &self.request_id {
            write!(formatter, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}
