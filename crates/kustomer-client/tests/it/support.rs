//! A real HTTP server on a free port: it keeps requests and gives prepared answers, the last one for ever.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kustomer_client::{Client, ClientBuilder};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    /// Path and query, still encoded.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A prepared answer.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: &str) -> Prepared {
    Prepared { status, headers: Vec::new(), body: body.to_owned() }
}

impl Prepared {
    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[derive(Clone)]
struct Script {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<Prepared>>>,
}

/// The server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: String,
    script: Script,
}

impl Server {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Prepared>) -> Self {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let script = Script { received: Arc::default(), answers };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(respond).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, script }
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().base_url(&self.url).token("secret-token")
    }

    /// Gives this answer from now on.
    pub(crate) fn answers_with(&self, prepared: Prepared) {
        *self.script.answers.lock().unwrap() = VecDeque::from([prepared]);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.script.received.lock().unwrap().clone()
    }
}

async fn respond(State(script): State<Script>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    script.received.lock().unwrap().push(Received { method, target: uri.to_string(), headers, body });
    let mut answers = script.answers.lock().unwrap();
    let prepared = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    let mut response = (StatusCode::from_u16(prepared.status).unwrap(), prepared.body).into_response();
    for (name, value) in prepared.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A customer as a server answers it, with an attribute this version does not know.
pub(crate) fn customer(id: &str) -> String {
    format!(r#"{{"data":{{"type":"customer","id":"{id}","attributes":{{"name":"Ada","newInV9":[1]}}}}}}"#)
}

pub(crate) const ID: &str = "5c7d1a1f9a1b2c0010a1b2c3";
