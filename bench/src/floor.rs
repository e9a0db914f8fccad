//! The floor: axum that parses the same body into a struct and answers the same bytes, and does nothing else.

use std::collections::HashMap;
use std::io::Read;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

/// Serves at this address the bytes of standard input.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    let mut answer = Vec::new();
    std::io::stdin().read_to_end(&mut answer).context("cannot read the answer")?;
    let answer = Bytes::from(answer);
    let created = answer.clone();
    let router = Router::new()
        .route("/v1/customers", post(async move |body: Bytes| create(&body, created)))
        .route("/v1/customers/{id}", get(async move || json(StatusCode::OK, answer)));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), router)
            .await?;
        Ok(())
    })
}

fn create(body: &[u8], answer: Bytes) -> Response {
    match serde_json::from_slice::<Customer>(body) {
        Ok(customer) => {
            std::hint::black_box(&customer);
            json(StatusCode::CREATED, answer)
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn json(status: StatusCode, answer: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only parsing is measured")]
struct Customer {
    name: String,
    company: Option<String>,
    external_id: String,
    username: String,
    emails: Vec<Email>,
    phones: Vec<Phone>,
    urls: Vec<HashMap<String, String>>,
    locations: Vec<HashMap<String, String>>,
    locale: String,
    time_zone: String,
    gender: String,
    signed_up_at: String,
    tags: Vec<String>,
    custom: HashMap<String, Value>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsing is measured")]
struct Email {
    r#type: String,
    email: String,
    #[serde(default)]
    verified: bool,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsing is measured")]
struct Phone {
    r#type: String,
    phone: String,
    #[serde(default)]
    verified: bool,
}
