//! One call: the single way every operation takes.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kustomer_api::Endpoint;
use kustomer_api::endpoint::Answer;
use kustomer_api::query::{QueryArguments, VALIDATE_ONLY};
use reqwest::Url;
use serde::de::DeserializeOwned;

use crate::attempt::{self, Sent};
use crate::client::Client;
use crate::conduct::Keys;
use crate::error::{ApiError, DecodeError, Error, FailedCall, InvalidRequest, TransportError};
use crate::exchange::{Exchange, ReceivedResponse, SentRequest, without_token};
#[cfg(feature = "tracing")]
use crate::observe;
use crate::observe::Attempt;
use crate::pace::Class;
use crate::path;
use crate::proxy;
use crate::retry::{Outcome, Retry, Wait};
use crate::target::Target;
#[cfg(feature = "tower")]
use crate::target::address;
use crate::timer::{self, Instant};

/// A call of the operation `E`, not yet sent. Await it, or see [`send`](Self::send) and [`exchange`](Self::exchange).
///
/// ```no_run
/// use std::time::Duration;
/// use kustomer_client::{Client, ObjectId};
///
/// # async fn example(client: Client, id: ObjectId) -> Result<(), Box<dyn std::error::Error>> {
/// let customer = client
///     .customers()
///     .get(id)
///     .header("x-request-id", "nightly-import-17")
///     .timeout(Duration::from_secs(2))
///     .base_url("http://127.0.0.1:8081")
///     .await?
///     .data;
///
/// let exchange = client.customers().get(id).exchange().await?;
/// match (exchange.data, exchange.error) {
///     (Some(found), _) => println!("{}", found.data.id),
///     (None, error) => println!("{} {:?} {:?}", exchange.response.status, error, exchange.response.body),
/// }
/// # let _ = customer;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
pub struct Call<E> {
    client: Client,
    path: Result<String, InvalidRequest>,
    query: Vec<(Cow<'static, str>, String)>,
    body: Option<Bytes>,
    target: Option<Target>,
    headers: HeaderMap,
    timeout: Option<Duration>,
    retry: Option<Retry>,
    /// The first thing that cannot be; an error when the call is sent, so that a chain is not broken.
    invalid: Option<InvalidRequest>,
    of: PhantomData<fn() -> E>,
}

impl<E> Clone for Call<E> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            body: self.body.clone(),
            target: self.target.clone(),
            headers: self.headers.clone(),
            timeout: self.timeout,
            retry: self.retry,
            invalid: self.invalid.clone(),
            of: PhantomData,
        }
    }
}

/// Without values: a path may have an e-mail address, and a query may have any.
impl<E> fmt::Debug for Call<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("client", &self.client)
            .field("endpoint", &std::any::type_name::<E>())
            .finish_non_exhaustive()
    }
}

/// What awaiting a [`Call`] is.
pub type Sending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl<E: Endpoint> Call<E> {
    /// `values` are those of the path, in order.
    pub(crate) fn new(client: Client, values: &[String], query: &E::Query, body: &E::Body) -> Self {
        let path = path::render(E::OPERATION, values);
        let mut call = Self {
            client,
            path,
            query: query.write(),
            body: None,
            target: None,
            headers: HeaderMap::new(),
            timeout: None,
            retry: None,
            invalid: None,
            of: PhantomData,
        };
        if E::BODY.is_some() {
            match serde_json::to_vec(body) {
                Ok(bytes) => call.body = Some(bytes.into()),
                Err(error) => {
                    call.refuse(InvalidRequest::Body { operation: E::OPERATION.name, reason: error.to_string() });
                }
            }
        }
        call
    }

    pub(crate) fn query(&self) -> &[(Cow<'static, str>, String)] {
        &self.query
    }

    /// Replaces the query parameters, for links a server gave.
    pub(crate) fn with_query(mut self, query: Vec<(Cow<'static, str>, String)>) -> Self {
        self.query = query;
        self
    }

    /// Sets a header for this call, over the client's own.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(name == AUTHORIZATION);
                self.headers.insert(name, value);
            }
            _ => self.refuse(InvalidRequest::Header { name: name.to_owned() }),
        }
        self
    }

    /// Asks that the record still has this `ETag`; otherwise the answer is 412. Kustomer itself ignores it.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, ObjectId, customer::CustomerInput};
    ///
    /// # async fn example(client: Client, id: ObjectId) -> Result<(), Box<dyn std::error::Error>> {
    /// let read = client.customers().get(id).exchange().await?;
    /// let etag = read.response.header("etag").unwrap_or("*");
    /// client.customers().update(id, &CustomerInput::new().name("Ada")).if_match(etag).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn if_match(self, etag: &str) -> Self {
        self.header(IF_MATCH.as_str(), etag)
    }

    /// Names this write, so that the same call sent again with the same key, by another process too, is done once and
    /// answered as it was: 1 to 255 visible ASCII characters. Without it a write that may be sent again
    /// gets a key of its own, which its attempts share, unless the server's answers have shown that it knows no keys.
    /// Kustomer itself documents no such key and ignores it.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, customer::CustomerInput};
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().name("Ada");
    /// client.customers().create(&ada).idempotency_key("import-17-line-4").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header(IDEMPOTENCY_KEY.as_str(), key)
    }

    /// Asks what this write would answer, errors included, without storing anything. Only Kustodian knows this: Kustomer
    /// itself ignores the parameter and does the write.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, customer::CustomerInput};
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().name("Ada");
    /// match client.customers().create(&ada).validate_only().await {
    ///     Ok(_) => println!("it would be created"),
    ///     Err(error) => println!("it would be refused: {error}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A read is not sent, when it is awaited: [`InvalidRequest::ValidatedRead`].
    pub fn validate_only(mut self) -> Self {
        if E::OPERATION.is_read() {
            self.refuse(InvalidRequest::ValidatedRead { operation: E::OPERATION.name });
        }
        self.query.push((Cow::Borrowed(VALIDATE_ONLY.name), "true".to_owned()));
        self
    }

    /// Sends this JSON text as it is instead of the typed body: for attributes this version does not know.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, customer::CustomerInput};
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let json = r#"{"name":"Ada","newInV9":[1]}"#;
    /// client.customers().create(&CustomerInput::new()).raw_body(json).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw_body(mut self, json: impl Into<Bytes>) -> Self {
        self.body = Some(json.into());
        self
    }

    /// How long each attempt of this call may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends this call to another server, with the client's token; with or without `/v1`.
    pub fn base_url(mut self, url: &str) -> Self {
        match Target::of_url(url) {
            Ok(target) => self.target = Some(target),
            Err(invalid) => self.refuse(invalid),
        }
        self
    }

    /// When this call is sent again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    fn refuse(&mut self, invalid: InvalidRequest) {
        self.invalid.get_or_insert(invalid);
    }

    /// Sends it and returns the data of the answer.
    ///
    /// # Errors
    /// When the server answers an error or unexpected data, there is no whole answer, or the request cannot be sent.
    pub async fn send(self) -> Result<E::Answer, Error> {
        self.exchange().await?.into_result()
    }

    /// Sends it and gives the whole exchange, whatever the answer's status.
    ///
    /// # Errors
    /// When there is no whole answer, or the request cannot be sent.
    pub async fn exchange(self) -> Result<Exchange<E::Answer>, TransportError> {
        if let Some(invalid) = self.invalid {
            return Err(invalid.into());
        }
        let path = self.path?;
        let request = Request {
            operation: E::OPERATION.name,
            route: E::OPERATION.path,
            method: E::OPERATION.method.clone(),
            is_read: E::OPERATION.is_read(),
            url: self.target.as_ref().unwrap_or(self.client.target()).join(&path, &self.query),
            headers: self.headers,
            body: self.body,
            timeout: self.timeout.unwrap_or(self.client.timeout()),
            retry: self.retry.unwrap_or(self.client.retry()),
        };
        request.exchange(&self.client, matches!(E::ANSWER, Answer::Empty)).await
    }
}

impl<E> IntoFuture for Call<E>
where
    E: Endpoint + 'static,
    E::Answer: 'static,
{
    type Output = Result<E::Answer, Error>;
    type IntoFuture = Sending<E::Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// How long a call waits at most until others of its client have had their turn; then it is sent whatever the limit.
const LONGEST_TURN: Duration = Duration::from_secs(600);

/// Names a write, so that it is done once however often it is sent.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key nobody else has.
fn new_idempotency_key() -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{:032x}", fastrand::u128(..))).ok()
}

/// The client's headers with the call's own over them.
fn headers(client: &Client, has_body: bool, own: HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if has_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(authorization) = client.authorization() {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    headers.extend(own);
    headers
}

/// A request that can be sent, as often as need be.
pub(crate) struct Request {
    /// For messages.
    pub(crate) operation: &'static str,
    /// The path as it is declared, without values; empty for one that nobody declared.
    pub(crate) route: &'static str,
    pub(crate) method: Method,
    pub(crate) is_read: bool,
    pub(crate) url: Url,
    /// The call's own headers.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
}

impl Request {
    /// Sends it, again where that may help. Where a success has no body, `T` is read from null.
    pub(crate) async fn exchange<T: DeserializeOwned>(
        mut self,
        client: &Client,
        is_empty: bool,
    ) -> Result<Exchange<T>, TransportError> {
        self.headers = headers(client, self.body.is_some(), self.headers);
        let has_own_key = self.headers.contains_key(IDEMPOTENCY_KEY);
        let needs_key = self.retry.may_repeat() && !self.is_read && client.conduct().keys() != Keys::Ignored;
        if needs_key && !has_own_key {
            self.headers.extend(new_idempotency_key().map(|key| (IDEMPOTENCY_KEY, key)));
        }
        let attempts = self.attempts(client, has_own_key);
        #[cfg(feature = "tracing")]
        let attempts = observe::spanned(&self, attempts);
        let (response, attempts) = attempts.await;
        match response {
            Ok(response) => Ok(self.concluded(response, attempts, is_empty)),
            Err(error) => Err(error.of_call(self.failed(attempts))),
        }
    }

    /// Sends it as often as it helps and does no harm: the last outcome, and how often it was sent.
    async fn attempts(&self, client: &Client, has_own_key: bool) -> (Outcome, u32) {
        let conduct = client.conduct();
        let class = Class::of(&self.method, self.url.path());
        let began = Instant::now();
        let mut turn = timer::timeout(self.retry.patience(LONGEST_TURN), conduct.pace.turn(class)).await.ok().flatten();
        let mut waited = began.elapsed();
        // Waiting behind other calls of this client takes nothing from the time for this one.
        let deadline = self.retry.whole().map(|whole| Instant::now() + whole);
        let left = || deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let mut number = 1;
        loop {
            let sent = Instant::now();
            let timeout = left().filter(|_| number > 1).map_or(self.timeout, |left| left.min(self.timeout));
            let outcome = self.send(client, timeout).await;
            if let Ok(response) = &outcome {
                if let Some(turn) = &turn {
                    turn.learn(response);
                }
                conduct.learn(response);
                if response.status.is_success() {
                    conduct.retries.earn();
                }
            }
            drop(turn.take());
            let is_repeatable = self.method.is_idempotent()
                || match conduct.keys() {
                    Keys::Kept => self.headers.contains_key(IDEMPOTENCY_KEY),
                    Keys::Unknown => has_own_key,
                    Keys::Ignored => false,
                };
            let wait = self.retry.wait(is_repeatable, number, &outcome).and_then(|wait| {
                let length = wait.length(fastrand::f64());
                let is_in_time = left().is_none_or(|left| length < left);
                let is_allowed = is_in_time && (matches!(wait, Wait::Asked(_)) || conduct.retries.spend());
                is_allowed.then_some(length)
            });
            let response = outcome.as_ref().ok();
            let attempt = Attempt {
                operation: self.operation,
                route: self.route,
                method: &self.method,
                number,
                status: response.map(|response| response.status.as_u16()),
                took: sent.elapsed(),
                waited,
                next_in: wait,
                request_id: response.and_then(|response| response.header("x-request-id")),
            };
            #[cfg(feature = "tracing")]
            observe::trace(&attempt);
            if let Some(observer) = &conduct.observer {
                observer.attempted(&attempt);
            }
            let Some(wait) = wait else { return (outcome, number) };
            timer::sleep(wait).await;
            let came_back = Instant::now();
            let patience = self.retry.patience(left().unwrap_or(self.timeout));
            turn = timer::timeout(patience, conduct.pace.turn(class)).await.ok().flatten();
            waited = came_back.elapsed();
            number = number.saturating_add(1);
        }
    }

    async fn send(&self, client: &Client, timeout: Duration) -> Outcome {
        #[cfg(feature = "tower")]
        if let Some(layered) = client.layered() {
            return layered.attempt(self.plain()?, &self.url, timeout).await;
        }
        let sent = Sent {
            method: self.method.clone(),
            url: &self.url,
            headers: self.headers.clone(),
            body: self.body.clone(),
            timeout: Some(timeout),
            named_timeout: timeout,
        };
        attempt::send(client.http(), sent).await
    }

    /// An attempt as layers get it.
    #[cfg(feature = "tower")]
    fn plain(&self) -> Result<http::Request<http_body_util::Full<Bytes>>, InvalidRequest> {
        let uri = self.url.as_str().parse().map_err(|error: http::uri::InvalidUri| InvalidRequest::BaseUrl {
            url: address(&self.url),
            reason: error.to_string(),
        })?;
        let mut request = http::Request::new(self.body.clone().unwrap_or_default().into());
        (*request.method_mut(), *request.uri_mut()) = (self.method.clone(), uri);
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    /// This call, for errors.
    fn failed(&self, attempts: u32) -> FailedCall {
        FailedCall { operation: self.operation, method: self.method.clone(), route: self.route, attempts }
    }

    fn concluded<T: DeserializeOwned>(self, response: ReceivedResponse, attempts: u32, is_empty: bool) -> Exchange<T> {
        let (mut data, mut error, mut undecodable) = (None, None, None);
        if response.status.is_success() {
            // An operation that answers nothing answers `()`, which JSON writes as null.
            let body: &[u8] = if is_empty { b"null" } else { &response.body };
            match serde_json::from_slice(body) {
                Ok(answer) => data = Some(answer),
                Err(fault) => undecodable = Some(DecodeError::read(self.failed(attempts), &response, &fault)),
            }
        } else {
            error = Some(ApiError::read(&response, self.failed(attempts), proxy::of(&self.url)));
        }
        let request = SentRequest {
            method: self.method,
            url: self.url.into(),
            headers: without_token(self.headers),
            body: self.body.unwrap_or_default(),
        };
        Exchange { request, response, data, error, undecodable, attempts }
    }
}
