//! Layers of tower around what sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::{ID, Server, answer, customer};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::Full;
use kustomer_client::customer::CustomerInput;
use kustomer_client::{Error, Transport, TransportFault};
use tower::ServiceExt as _;
use tower::layer::layer_fn;
use tower::util::MapRequest;

/// Adds a value to the header `x-way`.
fn through<B>(place: &'static str) -> impl Fn(Request<B>) -> Request<B> + Clone {
    move |mut request| {
        request.headers_mut().append("x-way", HeaderValue::from_static(place));
        request
    }
}

fn way(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all("x-way").iter().map(|place| place.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_layer_has_every_attempt_and_the_one_put_last_has_it_first() {
    let busy = answer(503, "").header("retry-after", "0");
    let server = Server::start([busy, answer(201, &customer(ID))]).await;
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let counting = layer_fn(move |transport: Transport| {
        let counted = Arc::clone(&counted);
        MapRequest::new(transport, move |request: Request<_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            through("inner")(request)
        })
    });
    let client = server.client().layer(counting).layer(layer_fn(|inner| MapRequest::new(inner, through("outer"))));
    let client = client.build().unwrap();
    let created = client.customers().create(&CustomerInput::new().name("Ada")).exchange().await.unwrap();
    assert_eq!((created.attempts, created.data.unwrap().data.id.as_str()), (2, ID));
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    for request in server.received() {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/customers"));
        assert_eq!(request.body, r#"{"name":"Ada"}"#);
        assert_eq!(request.headers["authorization"], "Bearer secret-token");
        assert_eq!(way(&request.headers), ["outer", "inner"]);
    }
}

#[tokio::test]
async fn a_layer_may_answer_itself_with_a_body_of_its_own() {
    let server = Server::start([answer(500, "")]).await;
    let answering = layer_fn(|_: Transport| {
        tower::service_fn(|_| async { Ok::<_, std::convert::Infallible>(Response::new(customer(ID))) })
    });
    let client = server.client().layer(answering).build().unwrap();
    assert_eq!(client.customers().get(ID).await.unwrap().data.id, ID);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn an_error_of_a_layer_is_not_tried_again_and_one_of_the_connection_keeps_its_kind() {
    let server = Server::start([answer(200, &customer(ID))]).await;
    let refusing = layer_fn(|_: Transport| {
        tower::service_fn(|_| async {
            Err::<Response<Full<bytes::Bytes>>, _>(std::io::Error::other("the shop is shut"))
        })
    });
    let exchange = server.client().layer(refusing).build().unwrap().customers().get(ID).exchange().await;
    let refused = exchange.unwrap_err();
    assert!(matches!(&refused.fault, TransportFault::Layer { address, .. } if *address == server.url), "{refused}");
    assert!(refused.to_string().ends_with("the shop is shut"), "{refused}");
    assert!(!Error::from(refused).is_retryable() && server.received().is_empty());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let plain = layer_fn(|inner: Transport| MapRequest::new(inner, |request: Request<_>| request));
    let client = server.client().base_url(&url).layer(plain).build().unwrap();
    // Nobody accepts.
    let late = client.users().current().timeout(Duration::from_millis(50)).exchange().await.unwrap_err();
    assert!(
        matches!(late.fault, TransportFault::Timeout { timeout, .. } if timeout == Duration::from_millis(50)),
        "{late}"
    );
    drop(listener);
    let gone = client.users().current().exchange().await.unwrap_err();
    assert!(matches!(gone.fault, TransportFault::Connect { .. }) && Error::from(gone).is_retryable());
}

#[tokio::test]
async fn a_service_that_must_be_ready_is_waited_for() {
    let server = Server::start([answer(200, &customer(ID))]).await;
    let limiting = layer_fn(|inner: Transport| {
        let gate = Arc::new(tokio::sync::Semaphore::new(1));
        tower::service_fn(move |request| {
            let (gate, inner) = (Arc::clone(&gate), inner.clone());
            async move {
                let _one = gate.acquire().await?;
                inner.oneshot(request).await
            }
        })
    });
    let client = server.client().layer(limiting).build().unwrap();
    let calls = (0..10).map(|_| client.customers().get(ID).send());
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok) && server.received().len() == 10);
}
