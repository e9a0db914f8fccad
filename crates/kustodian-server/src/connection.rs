//! From a listening socket to the pipeline: connections, their timeouts, and an orderly end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::app::{App, Services};
use crate::settings::Settings;
use crate::{docs_page, openapi, pipeline};

/// The server, ready to serve.
pub struct Server {
    app: Arc<App>,
}

impl Server {
    /// A server over these services.
    pub fn new(services: Services, settings: Settings) -> Self {
        Self { app: Arc::new(App::new(services, settings)) }
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
        let app = self.app;
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
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(app.settings.head_timeout)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), {
                    let router = router.clone();
                    service_fn(move |mut request: Request<hyper::body::Incoming>| {
                        request.extensions_mut().insert(from);
                        router.clone().oneshot(request.map(Body::new))
                    })
                });
            let connection = graceful.watch(connection);
            let app = Arc::clone(&app);
            tokio::spawn(async move {
                app.metrics.connections.inc();
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended early");
                }
                app.metrics.connections.dec();
                drop(place);
            });
        }
        drop(listener);
        if tokio::time::timeout(app.settings.shutdown_timeout, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
        Ok(())
    }
}

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
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi_json))
        .merge(docs_page::router())
        .fallback(api)
        .method_not_allowed_fallback(api)
        .with_state(app)
}

async fn api(State(app): State<Arc<App>>, Extension(from): Extension<SocketAddr>, request: Request<Body>) -> Response {
    pipeline::answer(app, from, request).await
}

const JSON: &str = "application/json; charset=utf-8";

/// The process is alive.
async fn healthz() -> Response {
    ([(CONTENT_TYPE, JSON)], r#"{"status":"ok"}"#).into_response()
}

/// The process can do its work: the database answers.
async fn readyz(State(app): State<Arc<App>>) -> Response {
    match tokio::time::timeout(READY_WITHIN, app.services.store.check()).await {
        Ok(Ok(())) => ([(CONTENT_TYPE, JSON)], r#"{"status":"ready"}"#).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, JSON)], r#"{"status":"unavailable"}"#).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, JSON)], r#"{"status":"slow"}"#).into_response(),
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
    ([(CONTENT_TYPE, kind)], app.metrics.render()).into_response()
}

async fn openapi_json() -> Response {
    ([(CONTENT_TYPE, JSON)], openapi::document().to_string()).into_response()
}
