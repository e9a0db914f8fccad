//! The client: what all calls share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method};
use kustomer_api::Endpoint;
use kustomer_api::endpoint::PathArguments;
use serde_json::Value;

use crate::call::Call;
use crate::conduct::Conduct;
use crate::error::{Error, InvalidRequest};
#[cfg(feature = "tower")]
use crate::layers::Transport;
use crate::observe::Observer;
use crate::pace::Pacing;
use crate::raw::RawCall;
use crate::retry::Retry;
use crate::target::Target;
#[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
use crate::trust;

/// A client of one server with one token. Cloning is cheap, and clones share their connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    target: Target,
    /// `Bearer …`, marked as sensitive.
    authorization: Option<HeaderValue>,
    timeout: Duration,
    retry: Retry,
    conduct: Conduct,
    /// What sends in place of `http`; none without layers.
    #[cfg(feature = "tower")]
    layered: Option<Transport>,
}

impl Client {
    /// Begins a client.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kustomer_client::Client;
    ///
    /// let local = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let hosted = Client::builder().org("acme").token("the API key").timeout(Duration::from_secs(10)).build()?;
    /// assert!(!format!("{local:?} {hosted:?}").contains("the API key"));
    /// # Ok::<(), kustomer_client::InvalidRequest>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client of the server that the environment names, by the variables that the command line `kustodian` reads:
    ///
    /// - `KUSTODIAN_URL`: the server; `http://127.0.0.1:8080` when it is not set.
    /// - `KUSTODIAN_TOKEN`: the API key.
    /// - `KUSTODIAN_CACERT`: a file of certificates in PEM to trust beside those of the system; may be missing.
    ///
    /// ```no_run
    /// let client = kustomer_client::Client::from_env()?;
    /// # Ok::<(), kustomer_client::InvalidRequest>(())
    /// ```
    ///
    /// # Errors
    /// When `KUSTODIAN_TOKEN` is not set or the file cannot be read; else as of [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, InvalidRequest> {
        Self::builder().env()?.build()
    }

    /// Any declared operation: what all the others are made of.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::GetCustomerByEmail;
    /// use kustomer_client::query::Include;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let call = client.call::<GetCustomerByEmail>("ada@acme.example".to_owned(), &Include::default(), &());
    /// println!("{}", call.await?.data.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<E: Endpoint>(&self, path: E::Path, query: &E::Query, body: &E::Body) -> Call<E> {
        Call::new(self.clone(), &path.write(), query, body)
    }

    /// The same with the values of the path as texts, in order.
    pub(crate) fn at<E: Endpoint>(
        &self,
        values: impl IntoIterator<Item = String>,
        query: &E::Query,
        body: &E::Body,
    ) -> Call<E> {
        let values: Vec<String> = values.into_iter().collect();
        Call::new(self.clone(), &values, query, body)
    }

    /// A call of any method and path below `/v1`: the way out for what this version does not know.
    ///
    /// ```no_run
    /// use kustomer_client::{Client, Method};
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let order = r#"{"title":"Order 17"}"#;
    /// let answer = client.request(Method::POST, "/klasses/order").json(order).await?;
    /// println!("{}", answer["data"]["id"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RawCall {
        RawCall::new(self.clone(), method, path)
    }

    /// Reads any path below `/v1` as JSON.
    ///
    /// ```no_run
    /// # async fn example(client: kustomer_client::Client) -> Result<(), kustomer_client::Error> {
    /// let page = client.get_json("/customers?pageSize=5").await?;
    /// println!("{}", page["data"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call.
    pub async fn get_json(&self, path: &str) -> Result<Value, Error> {
        self.request(Method::GET, path).await
    }

    /// Posts JSON to any path below `/v1`, and reads the answer as JSON.
    ///
    /// ```no_run
    /// # async fn example(client: kustomer_client::Client) -> Result<(), kustomer_client::Error> {
    /// let ada = serde_json::json!({ "name": "Ada" });
    /// println!("{}", client.post_json("/customers", &ada).await?["data"]["id"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call; or the body cannot be written as JSON.
    pub async fn post_json(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.request(Method::POST, path).json(body.to_string()).await
    }

    /// Puts JSON to any path below `/v1`, and reads the answer as JSON.
    ///
    /// ```no_run
    /// # async fn example(client: kustomer_client::Client) -> Result<(), kustomer_client::Error> {
    /// let ada = serde_json::json!({ "name": "Ada" });
    /// client.put_json("/customers/5c7d1a1f9a1b2c0010a1b2c3", &ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call.
    pub async fn put_json(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.request(Method::PUT, path).json(body.to_string()).await
    }

    /// Sends a PATCH with JSON to any path below `/v1`, and reads the answer as JSON.
    ///
    /// ```no_run
    /// # async fn example(client: kustomer_client::Client) -> Result<(), kustomer_client::Error> {
    /// let ada = serde_json::json!({ "name": "Ada" });
    /// client.patch_json("/customers/5c7d1a1f9a1b2c0010a1b2c3", &ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call.
    pub async fn patch_json(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.request(Method::PATCH, path).json(body.to_string()).await
    }

    /// Sends a DELETE to any path below `/v1`, and reads the answer as JSON: null when there is none.
    ///
    /// ```no_run
    /// # async fn example(client: kustomer_client::Client) -> Result<(), kustomer_client::Error> {
    /// client.delete_json("/customers/5c7d1a1f9a1b2c0010a1b2c3").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of any call.
    pub async fn delete_json(&self, path: &str) -> Result<Value, Error> {
        self.request(Method::DELETE, path).await
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.shared.http
    }

    #[cfg(feature = "tower")]
    pub(crate) fn layered(&self) -> Option<&Transport> {
        self.shared.layered.as_ref()
    }

    pub(crate) fn target(&self) -> &Target {
        &self.shared.target
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.shared.authorization.as_ref()
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    pub(crate) fn retry(&self) -> Retry {
        self.shared.retry
    }

    pub(crate) fn conduct(&self) -> &Conduct {
        &self.shared.conduct
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base_url", &self.target().as_str())
            .field("token", &self.authorization().map(|_| "***"))
            .field("timeout", &self.timeout())
            .field("retry", &self.retry())
            .finish()
    }
}

/// Makes a [`Client`].
#[derive(Clone, Default)]
pub struct ClientBuilder {
    base_url: Option<String>,
    org: Option<String>,
    token: Option<String>,
    timeout: Option<Duration>,
    user_agent: Option<String>,
    retry: Retry,
    pacing: Pacing,
    observer: Option<Arc<dyn Observer>>,
    root_certificates: Option<Vec<u8>>,
    accept_invalid_certificates: bool,
    proxy: Option<String>,
    http_client: Option<reqwest::Client>,
    #[cfg(feature = "tower")]
    layers: Vec<Wrap>,
}

/// Puts a layer around what sends.
#[cfg(feature = "tower")]
type Wrap = Arc<dyn Fn(Transport) -> Transport + Send + Sync>;

/// How long an attempt may take when nothing else is said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take to come about.
#[cfg(any(not(target_arch = "wasm32"), feature = "tower"))]
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The variables of the environment that [`Client::from_env`] reads.
const URL: &str = "KUSTODIAN_URL";
const TOKEN: &str = "KUSTODIAN_TOKEN";
const CACERT: &str = "KUSTODIAN_CACERT";

/// Where a server is when the environment does not say.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// A variable; one that is set to nothing counts as missing.
fn variable(name: &'static str) -> Result<Option<String>, InvalidRequest> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(InvalidRequest::Environment { variable: name, reason: error.to_string() }),
    }
}

const USER_AGENT: &str = concat!("kustomer-client/", env!("CARGO_PKG_VERSION"));

impl ClientBuilder {
    /// What the environment names, as [`Client::from_env`] reads it.
    ///
    /// # Errors
    /// When `KUSTODIAN_TOKEN` is not set, a variable is not Unicode, or the file of certificates cannot be read.
    pub fn env(mut self) -> Result<Self, InvalidRequest> {
        self.base_url = Some(variable(URL)?.unwrap_or_else(|| DEFAULT_URL.to_owned()));
        let missing = || InvalidRequest::Environment { variable: TOKEN, reason: "set it to an API key".to_owned() };
        self.token = Some(variable(TOKEN)?.ok_or_else(missing)?);
        if let Some(file) = variable(CACERT)? {
            let pem = std::fs::read(&file).map_err(|error| InvalidRequest::Environment {
                variable: CACERT,
                reason: format!("cannot read {file}: {error}"),
            })?;
            self.root_certificates = Some(pem);
        }
        Ok(self)
    }

    /// The server, with or without `/v1`: `http://127.0.0.1:8080`. Takes precedence over [`org`](Self::org).
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The org at Kustomer: calls go to `https://<org>.api.kustomerapp.com/v1`.
    #[must_use]
    pub fn org(mut self, org: impl Into<String>) -> Self {
        self.org = Some(org.into());
        self
    }

    /// The API key, without `Bearer`. Neither `Debug` nor an [`Exchange`](crate::Exchange) shows it.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long an attempt may take from connecting to the last byte of the answer; 30 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The `User-Agent`; `kustomer-client/<version>` by default.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// When calls are sent again; see [`Retry`].
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Whether calls keep below the server's limit; see [`Pacing`].
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// Who is shown every attempt of every call; see [`Observer`].
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Certificates to trust beside those of the system, in PEM: an authority's, or that of a self-signed server.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Whether to take any certificate. The token is then sent to any server that answers at the address: for trying
    /// things out on your own machine only. False by default.
    #[must_use]
    pub fn accept_invalid_certificates(mut self, accept: bool) -> Self {
        self.accept_invalid_certificates = accept;
        self
    }

    /// Connects through this proxy, such as `http://proxy.acme.example:3128`, in place of those that `http_proxy`,
    /// `https_proxy` and `all_proxy` name. Credentials may be in it.
    ///
    /// ```
    /// use kustomer_client::Client;
    ///
    /// let client = Client::builder().org("acme").token("the API key").proxy("http://127.0.0.1:3128").build()?;
    /// # Ok::<(), kustomer_client::InvalidRequest>(())
    /// ```
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Sends with a client of your own. Its proxy, certificates, user agent and connection timeout count, and not those
    /// named here. Let it follow no redirects: one turns a POST into a GET.
    ///
    /// ```
    /// use kustomer_client::{Client, reqwest};
    ///
    /// let own = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    /// # let own = own.tls_backend_preconfigured(rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
    /// #     rustls::crypto::ring::default_provider())).with_safe_default_protocol_versions()?
    /// #     .with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth());
    /// let client = Client::builder().org("acme").token("the API key").http_client(own.build()?).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Puts a layer of tower around what sends an attempt, and around the layers that were put there before. It gets each attempt of
    /// each call, with token, when it has its turn under the limit: retries, pacing and what reads the answer are outside of it. Each
    /// attempt has a clone of the layer's service, within the timeout for the attempt. The bytes of attachments go past it.
    ///
    /// An error of a layer is a [`TransportFault::Layer`](crate::TransportFault::Layer), and is not tried again; an
    /// error of the transport below is returned as it is.
    ///
    /// ```
    /// use http::{HeaderName, HeaderValue, Request};
    /// use kustomer_client::{Client, Transport};
    /// use tower::layer::layer_fn;
    /// use tower::util::MapRequest;
    ///
    /// fn named<B>(mut request: Request<B>) -> Request<B> {
    ///     request.headers_mut().insert(HeaderName::from_static("x-team"), HeaderValue::from_static("billing"));
    ///     request
    /// }
    ///
    /// let layer = layer_fn(|transport: Transport| MapRequest::new(transport, named));
    /// let client = Client::builder().org("acme").token("the API key").layer(layer).build()?;
    /// # Ok::<(), kustomer_client::InvalidRequest>(())
    /// ```
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<Transport> + Send + Sync + 'static,
        L::Service: tower_service::Service<
                http::Request<http_body_util::Full<bytes::Bytes>>,
                Response = http::Response<B>,
                Future: Send,
                Error: Into<Box<dyn std::error::Error + Send + Sync>>,
            > + Clone
            + Send
            + 'static,
        B: http_body::Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        self.layers.push(Arc::new(move |transport| transport.within(&layer)));
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// When no server is named, the base URL, org, token, user agent or root certificates are not such, or the system has
    /// no trusted certificates although the base URL is `https`.
    pub fn build(self) -> Result<Client, InvalidRequest> {
        let target = match (&self.base_url, &self.org) {
            (Some(url), _) => Target::of_url(url)?,
            (None, Some(org)) => Target::of_org(org)?,
            (None, None) => return Err(InvalidRequest::NoServer),
        };
        let authorization = self.token.as_deref().map(bearer).transpose()?;
        let user_agent = HeaderValue::from_str(self.user_agent.as_deref().unwrap_or(USER_AGENT))
            .map_err(|_| InvalidRequest::Header { name: "user-agent".to_owned() })?;
        let http = match &self.http_client {
            Some(http) => http.clone(),
            None => self.own_http_client(&user_agent, &target)?,
        };
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let conduct = Conduct::new(self.pacing, self.observer);
        #[cfg(feature = "tower")]
        let layered = match self.layers.as_slice() {
            [] => None,
            layers => Some(layers.iter().fold(Transport::over(http.clone()), |transport, wrap| wrap(transport))),
        };
        Ok(Client {
            shared: Arc::new(Shared {
                http,
                target,
                authorization,
                timeout,
                retry: self.retry,
                conduct,
                #[cfg(feature = "tower")]
                layered,
            }),
        })
    }

    #[cfg(target_arch = "wasm32")]
    fn own_http_client(&self, user_agent: &HeaderValue, _: &Target) -> Result<reqwest::Client, InvalidRequest> {
        if self.proxy.is_some() || self.root_certificates.is_some() || self.accept_invalid_certificates {
            let reason = "a browser decides itself about proxies and certificates";
            return Err(InvalidRequest::Setup { reason: reason.to_owned() });
        }
        let builder = reqwest::Client::builder().user_agent(user_agent.clone());
        builder.build().map_err(|error| InvalidRequest::Setup { reason: error.to_string() })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn own_http_client(&self, user_agent: &HeaderValue, target: &Target) -> Result<reqwest::Client, InvalidRequest> {
        // A redirect would turn a POST into a GET; the API has none, so one is an answer like any other error.
        let mut builder = reqwest::Client::builder()
            .user_agent(user_agent.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(proxy) = &self.proxy {
            let proxy = reqwest::Proxy::all(proxy)
                .map_err(|_| InvalidRequest::Proxy { url: crate::target::without_credentials(proxy) })?;
            builder = builder.proxy(proxy);
        }
        self.with_tls(builder, target)?.build().map_err(|error| InvalidRequest::Setup { reason: error.to_string() })
    }

    #[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
    fn with_tls(
        &self,
        builder: reqwest::ClientBuilder,
        target: &Target,
    ) -> Result<reqwest::ClientBuilder, InvalidRequest> {
        let named = self.root_certificates.as_deref().map(trust::read_certificates).transpose()?;
        let tls = if self.accept_invalid_certificates {
            trust::accepting_any()?
        } else {
            trust::trusting(named.unwrap_or_default(), target.is_encrypted())?
        };
        Ok(builder.tls_backend_preconfigured(tls))
    }

    #[cfg(all(feature = "native-tls", not(feature = "__rustls"), not(target_arch = "wasm32")))]
    fn with_tls(&self, builder: reqwest::ClientBuilder, _: &Target) -> Result<reqwest::ClientBuilder, InvalidRequest> {
        let named = match &self.root_certificates {
            Some(pem) => reqwest::Certificate::from_pem_bundle(pem).map_err(|_| InvalidRequest::RootCertificates)?,
            None => Vec::new(),
        };
        Ok(builder.tls_certs_merge(named).tls_danger_accept_invalid_certs(self.accept_invalid_certificates))
    }

    #[cfg(not(any(feature = "native-tls", feature = "__rustls", target_arch = "wasm32")))]
    fn with_tls(
        &self,
        builder: reqwest::ClientBuilder,
        target: &Target,
    ) -> Result<reqwest::ClientBuilder, InvalidRequest> {
        if target.is_encrypted() || self.root_certificates.is_some() || self.accept_invalid_certificates {
            let reason = "it is built without TLS: switch on the feature rustls or native-tls of kustomer-client";
            return Err(InvalidRequest::Setup { reason: reason.to_owned() });
        }
        Ok(builder)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientBuilder")
            .field("org", &self.org)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("timeout", &self.timeout)
            .field("user_agent", &self.user_agent)
            .field("retry", &self.retry)
            .field("accept_invalid_certificates", &self.accept_invalid_certificates)
            .finish_non_exhaustive()
    }
}

fn bearer(token: &str) -> Result<HeaderValue, InvalidRequest> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| InvalidRequest::Token)?;
    value.set_sensitive(true);
    Ok(value)
}
