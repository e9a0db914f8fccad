//! From a listening socket to the pipeline: connections, their timeouts, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kustodian_core::forwarded;
use prometheus_client::collector::Collector;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::CorsLayer;

use crate::app::{App, Services};
use crate::gate::{Gate, HungUp, Then};
use crate::http2::Sliced;
use crate::settings::Settings;
use crate::silence::{Pulse, unless_silent};
use crate::tls::Tls;
use crate::unread_body::Followed;
use crate::unreadable::Outspoken;
use crate::whitelists::Page;
use crate::wire::{self, LargeHeads, Watched};
use crate::{
    access_log, answer, authentication, bulk, cors, docs_page, files, framing, guide, http2, letters, openapi_page,
    password_page, pipeline, posts, presence, sign_in, stopping, timers, tracking, webhooks,
};

/// The server, ready to serve.
pub struct Server {
    app: Arc<App>,
    tls: Option<Tls>,
    gate: Option<Arc<dyn Gate>>,
}

impl Server {
    /// A server over these services.
    pub fn new(services: Services, settings: Settings) -> Self {
        Self { app: Arc::new(App::new(services, settings)), tls: None, gate: None }
    }

    /// The same, telling what `collector` counts at `/metrics` too; its names begin with `kustodian_`.
    #[must_use]
    pub fn with_metrics(self, collector: Box<dyn Collector>) -> Self {
        self.app.metrics.add(collector);
        self
    }

    /// The same, with what `collector` measures of the process at `/metrics` too; its names have no prefix.
    #[must_use]
    pub fn with_process_metrics(self, collector: Box<dyn Collector>) -> Self {
        self.app.metrics.add_of_process(collector);
        self
    }

    /// The same, speaking TLS alone.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same, with a gate that every request passes first.
    #[must_use]
    pub fn with_gate(self, gate: Arc<dyn Gate>) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// Serves until `shutdown` is done, then finishes requests in flight, within [`Settings::shutdown_timeout`].
    ///
    /// # Errors
    /// When the socket is not usable. Faults of single connections end those connections alone.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let Self { app, tls, gate } = self;
        let mut tasks = Vec::new();
        if !app.settings.read_only {
            sign_in::adopt_all_settings(&app.services).await;
            tokio::spawn(Arc::clone(&app.scrubber).resume(Arc::clone(&app.services.store)));
            let settle = 2 * app.settings.answer_timeout;
            tasks.push(tokio::spawn(Arc::clone(&app.following).run(app.services.clone(), settle)));
            tasks.push(tokio::spawn(timers::run(
                app.services.clone(),
                app.settings.mailer.clone(),
                Arc::clone(&app.slas),
            )));
            tasks.push(tokio::spawn(files::run(Arc::clone(&app))));
            tasks.push(tokio::spawn(bulk::run(Arc::clone(&app))));
            tasks.push(tokio::spawn(webhooks::run(Arc::clone(&app))));
            tasks.push(tokio::spawn(authentication::keep_last_uses(Arc::clone(&app))));
            tasks.push(tokio::spawn(letters::run(Arc::clone(&app))));
            tasks.push(tokio::spawn(presence::run(app.services.clone(), presence::Patience::of(&app.settings))));
            tasks.push(tokio::spawn(tracking::run(app.services.clone(), app.settings.tracking_retention)));
            if let Some(retention) = app.settings.post_retention {
                tasks.push(tokio::spawn(posts::run(app.services.clone(), retention)));
            }
        }
        keep_little_unsent(&listener);
        let service = Arc::new(Service::new(Arc::clone(&app), tls.is_some(), gate));
        let places = Arc::new(Semaphore::new(app.settings.max_connections));
        let graceful = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                () = &mut shutdown => break,
            };
            if let Some((stream, from, place)) = accepted {
                Speaker::new(&service, from).spawn(stream, tls.clone(), graceful.watcher(), Some(place));
            }
        }
        service.is_stopping.store(true, Ordering::Relaxed);
        app.stop.begin();
        let admit = |(stream, from)| Speaker::new(&service, from).spawn(stream, tls.clone(), graceful.watcher(), None);
        stopping::accept_waiting(&listener, admit).await;
        drop(listener);
        app.feed_watch.stop();
        // The pending work is noted.
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        stopping::linger(&app).await;
        if tokio::time::timeout(app.settings.shutdown_timeout, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
        Ok(())
    }
}

/// Where proxies name the client.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What all connections share.
struct Service {
    app: Arc<App>,
    /// For requests outside the API.
    router: Router,
    http: auto::Builder<TokioExecutor>,
    cors: Option<CorsLayer>,
    gate: Option<Arc<dyn Gate>>,
    hsts: bool,
    large_heads: LargeHeads,
    /// Whether no connection is to be kept for another request.
    is_stopping: AtomicBool,
}

impl Service {
    fn new(app: Arc<App>, is_tls: bool, gate: Option<Arc<dyn Gate>>) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().header_read_timeout(None).max_buf_size(MAX_HEAD);
        http2::limit(&mut http, MAX_HEAD);
        Self {
            router: router(Arc::clone(&app)),
            http,
            cors: cors::layer(&app.settings.cors_origins),
            gate,
            hsts: is_tls && app.settings.hsts,
            large_heads: LargeHeads::new(wire::LARGE_HEADS),
            is_stopping: AtomicBool::new(false),
            app,
        }
    }

    /// The client of a request from `peer`, with the port of the connection.
    fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let trusted = &self.app.settings.trusted_proxies;
        if trusted.is_empty() {
            return peer;
        }
        let lists: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().map(|list| list.to_str().unwrap_or_default()).collect();
        let named: Vec<&str> = lists.iter().flat_map(|list| list.split(',')).collect();
        SocketAddr::new(forwarded::client(trusted, peer.ip(), named), peer.port())
    }

    async fn answer(&self, peer: SocketAddr, mut request: Request<Body>) -> Outgoing {
        let from = self.client(peer, request.headers());
        if is_of_the_api(request.uri().path()) {
            return pipeline::answer(&self.app, from, request).await.map(Into::into);
        }
        let (head, body) = request.into_parts();
        let is_sound = framing::check(&head).is_ok();
        request = Request::from_parts(head, body);
        if !is_sound {
            return pipeline::answer(&self.app, from, request).await.map(Into::into);
        }
        request.extensions_mut().insert(from);
        let Ok(response) = self.router.clone().oneshot(request).await;
        response.map(Either::Right)
    }

    /// The same for a page of another origin.
    async fn answer_page(self: &Arc<Self>, cors: &CorsLayer, from: SocketAddr, request: Request<Body>) -> Outgoing {
        let service = tower::service_fn(|request| async move {
            let response = self.answer(from, request).await;
            Ok::<_, Infallible>(response.map(Body::new))
        });
        let Ok(response) = cors.layer(service).oneshot(request).await;
        response.map(Either::Right)
    }
}

/// An answer on its way out.
type Outgoing = Response<Either<Full<Bytes>, Body>>;

/// One connection's side of the conversation.
#[derive(Clone)]
struct Speaker {
    service: Arc<Service>,
    from: SocketAddr,
    pulse: Arc<Pulse>,
}

impl Speaker {
    fn new(service: &Arc<Service>, from: SocketAddr) -> Self {
        Self { service: Arc::clone(service), from, pulse: Arc::new(Pulse::new()) }
    }

    /// Speaks until the connection ends, which gives its place back.
    fn spawn(self, stream: TcpStream, tls: Option<Tls>, watcher: Watcher, place: Option<OwnedSemaphorePermit>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection could not be set up");
        }
        self.service.app.metrics.connections.inc();
        tokio::spawn(async move {
            match tls {
                None => self.speak(self.watch(stream), watcher).await,
                Some(tls) => Box::pin(self.speak_tls(stream, &tls, watcher)).await,
            }
            self.service.app.metrics.connections.dec();
            drop(place);
        });
    }

    fn watch<S>(&self, stream: S) -> Watched<S> {
        Watched::new(stream, Arc::clone(&self.pulse), self.service.large_heads.of(self.from.ip()))
    }

    async fn speak_tls(&self, stream: TcpStream, tls: &Tls, watcher: Watcher) {
        match tokio::time::timeout(HANDSHAKE_WITHIN, tls.acceptor().accept(self.watch(stream))).await {
            Ok(Ok(stream)) => self.speak(stream, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let app = &self.service.app;
        let stream = Outspoken::new(stream, Arc::clone(app), Arc::clone(&self.pulse));
        let answer = service_fn(|request| {
            let speaker = self.clone();
            // In a place of its own: a connection would have room for it all the time.
            async move { Box::pin(speaker.pass(request)).await }
        });
        let connection = self.service.http.serve_connection(TokioIo::new(stream), answer);
        // In a place of its own: handed on it would take room at each step.
        let connection = Box::pin(watcher.watch(connection));
        match unless_silent(connection, &self.pulse, app.settings.head_timeout, &self.service.is_stopping).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            None => tracing::debug!("a connection was silent for too long"),
        }
    }

    /// Answers a request, unless the gate has something else happen.
    async fn pass(self, request: Request<Incoming>) -> Result<Outgoing, HungUp> {
        let Some(gate) = self.service.gate.clone() else { return Ok(self.answer(request).await) };
        let (head, body) = request.into_parts();
        let passage = gate.pass(&head);
        let request = Request::from_parts(head, body);
        tokio::time::sleep(passage.wait).await;
        match passage.then {
            Then::Serve => Ok(self.answer(request).await),
            Then::Answer(response) => Ok(response.map(|body| Either::Left(Full::new(body)))),
            Then::HangUp => Err(HungUp),
            Then::LoseAnswer => {
                self.answer(request).await;
                Err(HungUp)
            }
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Outgoing {
        let version = request.version();
        let working = self.pulse.asked(version);
        let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let mut request = request.map(|incoming| body(incoming, &self.pulse));
        if is_chunked && self.pulse.has_two_lengths() {
            request.extensions_mut().insert(framing::TwoLengths);
        }
        let page = Page::of(&request);
        let mut response = match &self.service.cors {
            Some(cors) if cors::is_asked(request.method(), request.headers()) => {
                self.service.answer_page(cors, self.from, request).await
            }
            _ => self.service.answer(self.from, request).await,
        };
        if let Some(page) = page {
            page.complete(&self.service.app, &mut response, Either::Left(Full::default())).await;
        }
        answer::protect(response.headers_mut(), self.service.hsts);
        // A length sent beside the chunks is taken away before anybody sees it. A proxy that went by it would take what follows
        // for a part of the body: so nothing follows (RFC 9112 §6.3).
        if is_chunked || self.service.is_stopping.load(Ordering::Relaxed) && version != Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        drop(working);
        match version {
            Version::HTTP_2 => response.map(|body| Either::Right(Body::new(Sliced::new(body, self.pulse.sends())))),
            _ => response,
        }
    }
}

/// Lets little of an answer wait in the kernel: bytes there are out of our sight. Sockets inherit it from the listener.
fn keep_little_unsent(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(listener).set_tcp_notsent_lowat(wire::UNSENT) {
        tracing::debug!(%error, "the socket's buffer could not be bounded");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
}

/// Whether the router has nothing at this path for sure.
fn is_of_the_api(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/v2/")
}

/// The body of a request; that of most reads is known to be empty, and costs nothing.
fn body(incoming: Incoming, pulse: &Arc<Pulse>) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(Followed::new(incoming, Arc::clone(pulse))) }
}

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The most bytes a request's line and headers may take together.
const MAX_HEAD: usize = 64 * 1024;

/// Waits for a place and for a connection. A fault, such as too many open files, is waited out: the connections that
/// are open continue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => Some((stream, from, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi_page::get))
        .route(files::UPLOAD_PATH, files::uploads())
        .route(files::DOWNLOAD_PATH, files::downloads())
        .merge(docs_page::router())
        .merge(guide::router())
        .merge(password_page::router())
        .route_layer(axum::middleware::from_fn(access_log::log_page))
        .fallback(api)
        .method_not_allowed_fallback(api)
        .with_state(app)
}

async fn api(State(app): State<Arc<App>>, Extension(from): Extension<SocketAddr>, request: Request<Body>) -> Response {
    pipeline::answer(&app, from, request).await.map(Body::from)
}

/// People who open the server's address in a browser get the documentation; programs get the API's answer.
async fn root(State(app): State<Arc<App>>, from: Extension<SocketAddr>, request: Request<Body>) -> Response {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        Redirect::to("/docs").into_response()
    } else {
        api(State(app), from, request).await
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// An answer outside the API is never kept.
fn plain(kind: &'static str, body: impl IntoResponse) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache,private")];
    (headers, body).into_response()
}

/// The process is alive.
async fn healthz() -> Response {
    plain(JSON, r#"{"status":"ok"}"#)
}

/// The process can do its work: the database answers.
async fn readyz(State(app): State<Arc<App>>) -> Response {
    match tokio::time::timeout(READY_WITHIN, app.services.store.check()).await {
        Ok(Ok(())) => {
            app.unready.lock().unwrap_or_else(PoisonError::into_inner).clear();
            plain(JSON, r#"{"status":"ready"}"#)
        }
        Ok(Err(error)) => {
            if app.unready.lock().unwrap_or_else(PoisonError::into_inner).is_due(&error.to_string(), Instant::now()) {
                tracing::warn!(%error, "not ready");
            }
            (StatusCode::SERVICE_UNAVAILABLE, plain(JSON, r#"{"status":"unavailable"}"#)).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, plain(JSON, r#"{"status":"slow"}"#)).into_response(),
    }
}

const READY_WITHIN: Duration = Duration::from_secs(5);

/// In the format OpenMetrics for readers that ask for it, else in the text format of Prometheus.
async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    app.metrics.unread_bytes.set(i64::try_from(app.unread.held()).unwrap_or(i64::MAX));
    app.metrics.write_limit.set(i64::try_from(app.admission.write_limit()).unwrap_or(i64::MAX));
    let text = app.metrics.render();
    if accept.contains("application/openmetrics-text") {
        plain("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    } else {
        plain("text/plain; version=0.0.4; charset=utf-8", crate::metrics::in_text_format(&text))
    }
}
