//! Puts layers of tower around the transport: one names each request, one counts the requests under way.
//!
//! `KUSTOMER_URL=http://127.0.0.1:8080 KUSTOMER_TOKEN=… cargo run --example layers --features tower`

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, Request};
use kustomer_client::{Client, ClientBuilder, Transport};
use tower::ServiceExt as _;
use tower::layer::layer_fn;
use tower::util::MapRequest;

/// What happened to the attempts of a client.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    pub(crate) sent: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// Says in each request which job sends it.
fn named<B>(job: &HeaderValue, mut request: Request<B>) -> Request<B> {
    request.headers_mut().insert(HeaderName::from_static("x-job"), job.clone());
    request
}

pub(crate) fn layered(builder: ClientBuilder, job: HeaderValue, attempts: Arc<Attempts>) -> ClientBuilder {
    let naming = layer_fn(move |transport: Transport| {
        let job = job.clone();
        MapRequest::new(transport, move |request| named(&job, request))
    });
    let counting = layer_fn(move |transport: Transport| {
        let attempts = Arc::clone(&attempts);
        tower::service_fn(move |request| {
            let (transport, attempts) = (transport.clone(), Arc::clone(&attempts));
            async move {
                attempts.sent.fetch_add(1, Ordering::Relaxed);
                let answered = transport.oneshot(request).await;
                if !answered.as_ref().is_ok_and(|answer| answer.status().is_success()) {
                    attempts.failed.fetch_add(1, Ordering::Relaxed);
                }
                answered
            }
        })
    });
    builder.layer(naming).layer(counting)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Client::builder().base_url(env::var("KUSTOMER_URL")?).token(env::var("KUSTOMER_TOKEN")?);
    let attempts = Arc::new(Attempts::default());
    let client = layered(builder, HeaderValue::from_static("nightly"), Arc::clone(&attempts)).build()?;
    let me = client.users().current().await?.data;
    eprintln!("{} after {attempts:?}", me.id);
    Ok(())
}
