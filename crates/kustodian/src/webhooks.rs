//! `kustodian webhooks`: events on a developer's own machine, as a webhook would be sent them, and what raises them.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use kustodian_core::chance::Ids as _;
use kustodian_core::outbound_webhook::{event_names, signature};
use kustodian_server::{SystemClock, SystemIds, outgoing_tls};
use kustomer_api::event::{Event, ListEvents};
use kustomer_api::operation;
use kustomer_api::outbound_webhook::{EVENT_HEADER, SIGNATURE_HEADER};
use kustomer_client::{Client, Method};
use reqwest::Url;
use serde_json::{Value, json};

use crate::failure::{Failure, root_cause};
use crate::output::{note, print_json_text, print_line};

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Sends events from now on to a URL of this machine, as a webhook would: signed, in order. It ends when it is
    /// stopped. The server needs no webhook for it, and does not reach this machine.
    Listen(ListenArguments),
    /// Raises an event: creates a sample record, and changes or deletes it.
    Trigger {
        /// The name of the event, such as kustomer.customer.update.
        event: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// Where to send the events, such as `http://localhost:3000/hook`; without it they are only printed
    #[arg(long, value_name = "URL", value_parser = receiver)]
    forward: Option<Url>,
    /// Only events of these names; repeat it, or separate with commas
    #[arg(long = "event", value_name = "NAME", value_delimiter = ',', value_parser = event_name)]
    events: Vec<String>,
    /// The key of the signatures [default: made up and printed]
    #[arg(long, env = "KUSTODIAN_WEBHOOK_SECRET", hide_env_values = true, value_name = "KEY")]
    secret: Option<String>,
    /// Prints whole events instead of a line each
    #[arg(long)]
    json: bool,
}

fn receiver(text: &str) -> Result<Url, String> {
    let url = text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| format!("{text:?} is no address: write it like http://localhost:3000/hook"))
}

fn event_name(text: &str) -> Result<String, String> {
    if event_names().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    Err("there is no event of this name; GET /v1/outbound-webhooks/events lists those that there are".to_owned())
}

/// # Errors
/// When the server refuses, or nobody reads the output any more.
pub(crate) async fn run(client: &Client, command: WebhooksCommand) -> Result<(), Failure> {
    match command {
        WebhooksCommand::Listen(arguments) => listen(client, arguments).await,
        WebhooksCommand::Trigger { event } => trigger(client, &event).await,
    }
}

/// How long a receiver may take.
const RECEIVED_WITHIN: Duration = Duration::from_secs(10);

async fn listen(client: &Client, arguments: ListenArguments) -> Result<(), Failure> {
    let ListenArguments { forward, events, secret, json } = arguments;
    let secret = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => secret,
        None => {
            let secret = new_secret()?;
            if forward.is_some() {
                note(&format!("the key of the signatures: {secret}"));
            }
            secret
        }
    };
    let tls = outgoing_tls().map_err(|error| Failure::new(format!("nothing can be sent: {error}")))?;
    let poster = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(RECEIVED_WITHIN)
        .no_proxy()
        .build()
        .map_err(|error| Failure::new(format!("nothing can be sent: {error}")))?;
    let last = client.events().list(&ListEvents { last: Some(1), ..ListEvents::default() }).await?;
    let after = last.data.last().and_then(|event| event.id.parse().ok());
    note("listening");
    let mut stream = client.events().stream(ListEvents { after, ..ListEvents::default() });
    loop {
        let event = stream.next().await?;
        let is_sent = event_names().any(|name| name == event.name);
        if !is_sent || !events.is_empty() && !events.contains(&event.name) {
            continue;
        }
        let body = serde_json::to_string(&event).map_err(|error| Failure::new(error.to_string()))?;
        if json {
            print_json_text(&body)?;
        }
        let outcome = match &forward {
            Some(url) => format!(" -> {}", post(&poster, url, &secret, &event, body).await),
            None => String::new(),
        };
        if !json || forward.is_some() {
            let line = format!("{} {} {}{outcome}", event.created_at, event.name, event.data_id);
            if json { note(&line) } else { print_line(&line)? }
        }
    }
}

/// Sends an event; returns the receiver's answer.
async fn post(poster: &reqwest::Client, url: &Url, secret: &str, event: &Event, body: String) -> String {
    let request = poster
        .post(url.clone())
        .header("content-type", "application/json")
        .header(EVENT_HEADER, &event.name)
        .header(SIGNATURE_HEADER, signature(secret, body.as_bytes()))
        .body(body);
    match request.send().await {
        Ok(answer) => answer.status().to_string(),
        Err(error) => root_cause(&error),
    }
}

fn new_secret() -> Result<String, Failure> {
    let secret = SystemIds::new(SystemClock)?.secret();
    Ok(secret.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    }))
}

/// What raises events: a word of the API, the path of its list, and a body that creates a record.
fn samples() -> [(&'static str, &'static str, Value); 6] {
    let name = "Sample of kustodian webhooks trigger";
    [
        ("customer", "/customers", json!({ "name": name })),
        ("company", "/companies", json!({ "name": name })),
        ("team", "/teams", json!({ "name": name, "icon": "sun" })),
        ("shortcut", "/shortcuts", json!({ "name": name })),
        ("note", "/notes", json!({ "body": name })),
        ("conversation", "/conversations", json!({ "name": name })),
    ]
}

/// Whether records of a list have an operation of this method.
fn has(method: &Method, path: &str) -> bool {
    let one = format!("{path}/{{id}}");
    operation::all().any(|operation| operation.method == *method && operation.path == one)
}

async fn trigger(client: &Client, event: &str) -> Result<(), Failure> {
    let sample = samples().into_iter().find_map(|(word, path, body)| {
        let verb = event.strip_prefix(&format!("kustomer.{word}."))?;
        ["create", "update", "delete"].contains(&verb).then_some((path, body, verb))
    });
    let Some((path, mut body, verb)) = sample else {
        let words: Vec<&str> = samples().iter().map(|(word, ..)| *word).collect();
        let message = "this event cannot be raised by a sample: ask for kustomer.RECORD.VERB, with RECORD one of";
        return Err(Failure::new(format!("{message} {} and VERB create, update or delete", words.join(", "))));
    };
    if path == "/conversations" {
        let customer = client.request(Method::POST, "/customers").json(r#"{"name":"Sample"}"#).await?;
        body["customer"] = customer["data"]["id"].clone();
    }
    let made = client.request(Method::POST, path).json(body.to_string()).await?;
    let id = made["data"]["id"].as_str().unwrap_or_default();
    let one = format!("{path}/{id}");
    let change = if has(&Method::PATCH, path) { Method::PATCH } else { Method::PUT };
    match verb {
        "update" => {
            let attribute = if path == "/notes" { "body" } else { "name" };
            let body = json!({ attribute: "Sample, changed" });
            client.request(change, &one).json(body.to_string()).await?;
        }
        "delete" if has(&Method::DELETE, path) => drop(client.request(Method::DELETE, &one).await?),
        "delete" => drop(client.request(change, &one).json(r#"{"deleted":true}"#).await?),
        _ => {}
    }
    print_line(&format!("{event} {id}"))
}
