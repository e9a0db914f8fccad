//! The examples of the client and of the kit work as described.

#[expect(dead_code, reason = "its main is not run")]
#[path = "../../../kustomer-client/examples/create_customer.rs"]
mod create_customer;
#[expect(dead_code, reason = "its main is not run")]
#[path = "../../../kustomer-client/examples/export.rs"]
mod export;
#[expect(dead_code, reason = "its main is not run")]
#[path = "../../../kustomer-client/examples/follow.rs"]
mod follow;
#[expect(dead_code, reason = "its main is not run")]
#[path = "../../../kustomer-client/examples/import.rs"]
mod import;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../../kustomer-client/examples/layers.rs"]
mod layers;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../../kustomer-client/examples/method_names.rs"]
mod method_names;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../examples/pace.rs"]
pub(crate) mod pace;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../../kustomer-client/examples/receive.rs"]
mod receive;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../examples/start.rs"]
mod start;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kustodian_testkit::{Fault, Sandbox};
use kustomer_client::Method;
use kustomer_client::customer::CustomerInput;
use kustomer_client::outbound_webhook::OutboundWebhookInput;
use kustomer_client::webhook::WebhookKey;
use tokio::sync::mpsc;

#[test]
fn every_example_is_run_here_or_by_the_tests_beside() {
    let here = include_str!("examples.rs");
    for folder in ["../kustomer-client/examples", "examples"] {
        for file in std::fs::read_dir(folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(here.contains(&format!("examples/{name}\"]\n")), "{folder}/{name} is run by no test");
        }
    }
}

#[tokio::test]
async fn a_customer_is_created_once_and_found_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let [first, found] = create_customer::run(sandbox.client()).await.unwrap();
    let [second, found_again] = create_customer::run(sandbox.client()).await.unwrap();
    let id = first.strip_prefix("created ").unwrap();
    assert!(second.starts_with("there already: POST /customers: 409 "), "{second}");
    assert_eq!((&*found, &*found_again), (&*format!("{id} has the tier gold"), &*found));
}

#[tokio::test]
async fn a_sandbox_is_started_and_ended_and_methods_are_named() {
    start::once().await.unwrap();
    let names = method_names::lines();
    assert!(names.iter().any(|line| line == "createCustomer client.customers().create(…)"), "{names:?}");
}

#[tokio::test]
async fn people_are_imported_followed_and_exported() {
    let sandbox = Sandbox::start().await.unwrap();
    let lines =
        "ada@acme.example, Ada Lovelace, gold\nbob@acme.example, Bob, silver\nada@acme.example, Ada again, gold\n";
    assert_eq!(import::run(sandbox.client(), lines).await.unwrap(), (2, vec![3]));
    assert!(import::run(sandbox.client(), "ada@acme.example").await.is_err());

    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    let seen = Mutex::new(Vec::new());
    let count = sandbox.client().events().list(&Default::default()).await.unwrap().data.len();
    for part in [count - 1, 1] {
        let take = |event: &kustomer_client::event::Event| seen.lock().unwrap().push(event.id.clone());
        follow::run(sandbox.client(), &place, part, take).await.unwrap();
    }
    let seen = seen.into_inner().unwrap();
    assert_eq!((seen.len(), seen.iter().collect::<std::collections::BTreeSet<_>>().len()), (count, count));

    let mut out = Vec::new();
    assert_eq!(export::run(sandbox.client(), "Ada", &mut out).await.unwrap(), 1);
    assert!(String::from_utf8(out).unwrap().contains("ada@acme.example"));
}

#[tokio::test]
async fn layers_name_and_count_requests() {
    let sandbox = Sandbox::start().await.unwrap();
    let attempts = Arc::new(layers::Attempts::default());
    let builder = sandbox.client_builder().token(sandbox.key());
    let job = http::HeaderValue::from_static("nightly");
    let client = layers::layered(builder, job, Arc::clone(&attempts)).build().unwrap();
    sandbox.faults().add(Fault::status(503).retry_after(Duration::ZERO).on(Method::GET, "/v1/users/current"));
    client.users().current().await.unwrap();
    assert_eq!((attempts.sent.load(Ordering::Relaxed), attempts.failed.load(Ordering::Relaxed)), (2, 1));
}

#[tokio::test]
async fn a_receiver_takes_signed_posts_and_nothing_else() {
    let sandbox = Sandbox::start().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let input = OutboundWebhookInput::new("Test", &url, ["kustomer.customer.create"]);
    let webhook = sandbox.client().outbound_webhooks().create(&input).await.unwrap().data;
    let key = WebhookKey::new(webhook.attributes.token.value().unwrap());
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let shared = receive::Shared { key, seen: Arc::new(move |line| drop(sender.send(line))) };
    let serving = tokio::spawn(async move { axum::serve(listener, receive::app(shared)).await });

    // No feature of reqwest brings cryptography: the server and its client name theirs.
    let _is_set_already = rustls::crypto::ring::default_provider().install_default();
    let forged = reqwest::Client::new().post(&url).header("x-kustomer-webhook-signature", "00".repeat(32));
    assert_eq!(forged.body("{}").send().await.unwrap().status(), 401);
    assert_eq!(reqwest::Client::new().post(&url).body("{}").send().await.unwrap().status(), 401);

    let ada = sandbox.client().customers().create(&CustomerInput::new().name("Ada")).await.unwrap().data;
    let line = tokio::time::timeout(std::time::Duration::from_secs(10), arrived.recv()).await.unwrap();
    assert_eq!(line.unwrap(), format!("kustomer.customer.create: {}", ada.id));
    serving.abort();
}
