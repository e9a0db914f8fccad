//! `POST /v1/customers/search`, `/v1/customers/archive/search`.

mod contexts;
mod conversations;
mod criteria;
mod pages;
mod rules;
mod walks;
mod writes;

use serde_json::Value;

use crate::server::{Answer, Server};

const PATH: &str = "/v1/customers/search";

fn search(server: &Server, body: Value) -> Answer {
    server.post(PATH, body).expect(200)
}

/// The names found, in order.
fn names(answer: &Answer) -> Vec<String> {
    let data = answer.data().as_array().unwrap();
    data.iter().map(|record| record["attributes"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}
