//! From a listening socket to the pipeline: connections, their timeouts, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use prometheus_client::collector::Collector;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::app::{App, Services};
use crate::settings::Settings;
use crate::silence::{Pulse, unless_silent};
use crate::tls::Tls;
use crate::unreadable::Outspoken;
use crate::{access_log, answer, docs_page, openapi, pipeline};

/// The server, ready to serve.
pub struct Server {
    app: Arc<App>,
    tls: Option<Tls>,
}

impl Server {
    /// A server over these services.
    pub fn new(services: Services, settings: Settings) -> Self {
        Self { app: Arc::new(App::new(services, settings)), tls: None }
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

    /// Serves until `shutdown` is done, then finishes what is in flight, within [`Settings::shutdown_timeout`].
    ///
    /// # Errors
    /// When the socket is not usable. Faults of single connections end those connections alone.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let Self { app, tls } = self;
        if !app.settings.read_only {
            tokio::spawn(Arc::clone(&app.scrubber).resume(Arc::clone(&app.services.store)));
        }
        let router = router(Arc::clone(&app));
        let places = Arc::new(Semaphore::new(app.settings.max_connections));
        let graceful = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                () = &mut shutdown => break,
            };
            let Some((stream, from, place)) = accepted else { continue };
            let hsts = tls.is_some() && app.settings.hsts;
            let speaker = Speaker { app: Arc::clone(&app), router: router.clone(), from, hsts, pulse: Pulse::new() };
            let watcher = graceful.watcher();
            let tls = tls.clone();
            tokio::spawn(async move {
                speaker.app.metrics.connections.inc();
                let app = Arc::clone(&speaker.app);
                match tls {
                    None => speaker.speak(stream, watcher).await,
                    Some(tls) => speaker.speak_tls(stream, &tls, watcher).await,
                }
                app.metrics.connections.dec();
                drop(place);
            });
        }
        drop(listener);
        app.feed_watch.stop();
        if tokio::time::timeout(app.settings.shutdown_timeout, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
        Ok(())
    }
}

/// One connection's side of the conversation.
struct Speaker {
    app: Arc<App>,
    /// For what is not of the API.
    router: Router,
    from: SocketAddr,
    hsts: bool,
    pulse: Pulse,
}

impl Speaker {
    async fn speak_tls(self, stream: TcpStream, tls: &Tls, watcher: Watcher) {
        match tokio::time::timeout(HANDSHAKE_WITHIN, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let stream = Outspoken::new(stream, Arc::clone(&self.app));
        let connection = hyper::server::conn::http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service_fn(|request| self.answer(request)));
        let patience = self.app.settings.head_timeout;
        match unless_silent(watcher.watch(connection), &self.pulse, patience).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            None => tracing::debug!("a connection was silent for too long"),
        }
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Result<Response<Either<Full<Bytes>, Body>>, Infallible> {
        self.pulse.asked();
        let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let mut response = if is_of_the_api(request.uri().path()) {
            pipeline::answer(&self.app, self.from, request.map(body)).await.map(|body| Either::Left(Full::new(body)))
        } else {
            request.extensions_mut().insert(self.from);
            self.router.clone().oneshot(request.map(body)).await?.map(Either::Right)
        };
        answer::protect(response.headers_mut(), self.hsts);
        // A length sent beside the chunks is taken away before anybody sees it. A proxy that went by it would take what
        // follows for a part of the body: so nothing follows (RFC 9112 §6.3).
        if is_chunked {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self.pulse.answered();
        Ok(response)
    }
}

/// Whether the router has nothing at this path for sure.
fn is_of_the_api(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/v2/")
}

/// The body of a request; that of most reads is known to be empty, and costs nothing.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The most bytes a request's line and headers may take together.
const MAX_HEAD: usize = 64 * 1024;

/// Waits for a place and for a connection. A fault, such as too many open files, is waited out: the connections that
/// are open go on.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection could not be set up");
            }
            Some((stream, from, place))
        }
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
        .route("/openapi.json", get(openapi_json))
        .merge(docs_page::router())
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

/// What is not of the API is never kept.
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
        Ok(Ok(())) => plain(JSON, r#"{"status":"ready"}"#),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, plain(JSON, r#"{"status":"unavailable"}"#)).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, plain(JSON, r#"{"status":"slow"}"#)).into_response(),
    }
}

const READY_WITHIN: Duration = Duration::from_secs(5);

/// The text is OpenMetrics, which readers of the older Prometheus text format take as well; it is called what was
/// asked for.
async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let kind = if accept.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    app.metrics.write_limit.set(i64::try_from(app.admission.write_limit()).unwrap_or(i64::MAX));
    plain(kind, app.metrics.render())
}

async fn openapi_json() -> Response {
    plain(JSON, openapi::document().to_string())
}
