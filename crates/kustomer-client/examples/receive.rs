//! Receives webhooks with axum, and accepts only signed events.
//!
//! `WEBHOOK_TOKEN=… cargo run --example receive --features axum`

use std::env;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::post;
use kustomer_client::webhook::{Happened, Webhook, WebhookKey};

/// The state that the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) key: WebhookKey,
    pub(crate) seen: Arc<dyn Fn(String) + Send + Sync>,
}

impl FromRef<Shared> for WebhookKey {
    fn from_ref(shared: &Shared) -> Self {
        shared.key.clone()
    }
}

async fn receive(State(shared): State<Shared>, Webhook(event): Webhook) -> StatusCode {
    match Happened::of(&event) {
        Ok(Happened::Customer(customer)) => (shared.seen)(format!("{}: {}", event.name, customer.id)),
        Ok(_) => (shared.seen)(event.name),
        Err(_) => return StatusCode::BAD_REQUEST,
    }
    StatusCode::NO_CONTENT
}

pub(crate) fn app(shared: Shared) -> Router {
    Router::new().route("/hook", post(receive)).with_state(shared)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = WebhookKey::new(&env::var("WEBHOOK_TOKEN")?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8081").await?;
    axum::serve(listener, app(Shared { key, seen: Arc::new(|line| eprintln!("{line}")) })).await?;
    Ok(())
}
