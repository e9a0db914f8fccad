//! Layers of tower around what sends an attempt.

use std::fmt;
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use reqwest::Url;
use tower_layer::Layer;
use tower_service::Service;

use crate::attempt::{self, Sent};
use crate::client::CONNECT_TIMEOUT;
use crate::error::{TransportError, TransportFault};
use crate::exchange::ReceivedResponse;
use crate::retry::Outcome;
use crate::target::address;
use crate::timer;

/// Any error, as layers of tower give them.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

type Sending = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, AnyError>> + Send>>;

/// What sends one attempt of a call and receives its whole answer: the innermost service of the layers that
/// [`ClientBuilder::layer`](crate::ClientBuilder::layer) puts around it. Its error is a [`TransportError`] in a box.
#[derive(Clone)]
pub struct Transport {
    send: Arc<dyn Fn(Request<Full<Bytes>>) -> Sending + Send + Sync>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Transport")
    }
}

impl Service<Request<Full<Bytes>>> for Transport {
    type Response = Response<Full<Bytes>>;
    type Error = AnyError;
    type Future = Sending;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        (self.send)(request)
    }
}

impl Transport {
    /// What sends without layers.
    pub(crate) fn over(http: reqwest::Client) -> Self {
        let send = move |request: Request<Full<Bytes>>| -> Sending { Box::pin(send(http.clone(), request)) };
        Self { send: Arc::new(send) }
    }

    /// This one with one more layer around it. Each attempt has a clone of the layer's service.
    pub(crate) fn within<L, B>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Request<Full<Bytes>>, Response = Response<B>, Future: Send, Error: Into<AnyError>>
            + Clone
            + Send
            + 'static,
        B: Body<Data: Send, Error: Into<AnyError>> + Send + 'static,
    {
        // Not every service may be shared by threads, so that a clone is made under a lock.
        let service = Mutex::new(layer.layer(self));
        let send = move |request: Request<Full<Bytes>>| -> Sending {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(async move {
                future::poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
                let (head, body) = service.call(request).await.map_err(Into::into)?.into_parts();
                let body = body.collect().await.map_err(Into::into)?.to_bytes();
                Ok(Response::from_parts(head, Full::new(body)))
            })
        };
        Self { send: Arc::new(send) }
    }

    /// Sends an attempt, which ends with its timeout.
    pub(crate) async fn attempt(&self, request: Request<Full<Bytes>>, url: &Url, timeout: Duration) -> Outcome {
        let answered = match timer::timeout(timeout, (self.send)(request)).await {
            Ok(answered) => answered,
            Err(_) => return Err(TransportError::late(address(url), timeout)),
        };
        let failed = |error: AnyError| match error.downcast::<TransportError>() {
            Ok(transport) => *transport,
            Err(source) => TransportFault::Layer { address: address(url), source }.into(),
        };
        let (head, body) = answered.map_err(failed)?.into_parts();
        // A body that is whole already cannot fail.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        Ok(ReceivedResponse { status: head.status, headers: head.headers, body, version: head.version })
    }
}

async fn send(http: reqwest::Client, request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, AnyError> {
    let (head, body) = request.into_parts();
    let url = Url::parse(&head.uri.to_string())?;
    let body = Some(body.collect().await?.to_bytes()).filter(|body| !body.is_empty());
    // The whole attempt has a timeout around all layers: here only connecting can end for want of time.
    let sent = Sent {
        method: head.method,
        url: &url,
        headers: head.headers,
        body,
        timeout: None,
        named_timeout: CONNECT_TIMEOUT,
    };
    let received = attempt::send(&http, sent).await?;
    let mut response = Response::new(Full::new(received.body));
    (*response.status_mut(), *response.headers_mut()) = (received.status, received.headers);
    *response.version_mut() = received.version;
    Ok(response)
}
