//! What `tracing` is shown of calls.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::support::{ID, Server, answer, customer};
use kustomer_client::customer::CustomerInput;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Everything that was written.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_call_is_a_span_with_its_attempts_and_without_data_of_people() {
    let log = Log::default();
    // Everything at all, of other crates too.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let server = Server::start([
        answer(503, "ada@acme.example").header("retry-after", "0").header("x-request-id", "r-17"),
        answer(201, &customer(ID)),
        answer(404, r#"{"errors":[{"title":"no ada@acme.example"}]}"#),
    ])
    .await;
    let client = server.client().build().unwrap();
    let guard = tracing::subscriber::set_default(subscriber);
    client.customers().create(&CustomerInput::new().name("Lovelace")).await.unwrap();
    client.customers().get_by_email("ada@acme.example").await.unwrap_err();
    client.request(kustomer_client::Method::GET, "/any/Lovelace").query("q", "Lovelace").await.unwrap_err();
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = log.lines().filter(|line| line.contains(" kustomer_client: ")).collect();
    let find = |words: &[&str]| ours.iter().filter(|line| words.iter().all(|word| line.contains(word))).count();
    let create = r#"call{operation="createCustomer" method=POST route="/customers""#;
    assert_eq!(
        find(&[create, "attempted", "attempt=1", "status=503", "next_in_ms=0", "request_id=\"r-17\""]),
        1,
        "{log}"
    );
    assert_eq!(find(&[create, "attempted", "attempt=2", "status=201"]), 1, "{log}");
    assert_eq!(find(&[create, "attempts=2 status=201", "close"]), 1, "{log}");
    let by_email = r#"operation="getCustomerByEmail" method=GET route="/customers/email={email}""#;
    assert_eq!(find(&[by_email, "attempts=1 status=404", "close"]), 1, "{log}");
    assert_eq!(find(&[r#"operation="a raw call""#, r#"route="""#, "close"]), 1, "{log}");
    for secret in ["secret-token", "ada@", "ada%40", "acme", "Lovelace"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
