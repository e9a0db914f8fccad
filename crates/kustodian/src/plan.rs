//! `kustodian plan`: what each operation sends to PostgreSQL, found out by doing it: a server of its own on an empty
//! schema of its own, and every operation asked of it over HTTP.

mod steps;
mod transactions;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use kustodian_core::chance::Ids as _;
use kustodian_core::token::TokenRequest;
use kustodian_server::{Server, Settings};
use kustodian_store::{Reach, Scratch, Touch, Trip};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use self::steps::{ROLES, STEPS, Step};
use self::transactions::{Keys, wide};
use crate::arguments::{DatabaseArguments, OutputArguments};
use crate::chance::{SystemClock, SystemIds};
use crate::configuration::File;
use crate::database::Registry;
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};
use crate::serve::services;

/// What to plan.
#[derive(Debug, Args)]
#[command(after_help = "\
The plan is made by doing: a schema kustodian_plan_… is made in that database, with all tables, and removed again \
afterwards; a server works on it and is asked for each operation, some on a handful of records. Nothing else in the \
database is read or written. The user needs the right CREATE in the database.")]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Send what is sent when the tables are spread over several machines; it runs on one machine, too
    #[arg(long)]
    spread: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// What one operation sent.
struct Planned {
    operation: &'static str,
    what: &'static str,
    trips: Vec<Trip>,
}

/// Plans, and prints the plan.
///
/// # Errors
/// When the database does not do, or an operation does not answer as it should.
pub(crate) async fn run(arguments: PlanArguments, file: File) -> Result<(), Failure> {
    let PlanArguments { database, spread, output } = arguments;
    let ids = SystemIds::new(SystemClock)?;
    let scratch = Scratch::make(&file.database(database), &ids.next().to_string(), spread).await?;
    let planned = tokio::select! {
        planned = plan(&scratch, ids) => planned,
        _ = tokio::signal::ctrl_c() => Err(Failure::new("interrupted: the schema of the plan was removed")),
    };
    let removed = scratch.remove().await;
    let planned = planned?;
    removed?;
    match output.output {
        Output::Json => print_json(&as_json(&planned)),
        Output::Table => print_tables(&planned),
    }
}

async fn plan(scratch: &Scratch, ids: SystemIds<SystemClock>) -> Result<Vec<Planned>, Failure> {
    let database = scratch.database();
    let registry = Registry { directory: database.directory(), clock: SystemClock, ids };
    let mut planned = Vec::new();
    scratch.take_trips();
    let org = registry.create_org("plan").await?;
    planned.push(Planned { operation: "(org create)", what: "from the command line", trips: requested(scratch) });
    let request = |name: &str| TokenRequest {
        name: name.to_owned(),
        roles: vec!["org".to_owned()],
        expires_at: None,
        cidr: None,
        secret: None,
    };
    registry.create_token(&org, request("first")).await?;
    scratch.take_trips();
    let token = registry.create_token(&org, request("plan")).await?;
    planned.push(Planned { operation: "(token create)", what: "from the command line", trips: requested(scratch) });

    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(|error| Failure::new(format!("cannot listen on 127.0.0.1: {error}")))?;
    let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(services(database, registry), Settings::default());
    let serving = tokio::spawn(server.serve(listener, async move { drop(stopped.await) }));
    let asked = Caller::new(address, token)?.ask_all(scratch, &mut planned).await;
    drop(stop);
    drop(serving.await);
    asked.map(|()| planned)
}

/// What was sent for requests since the last time.
fn requested(scratch: &Scratch) -> Vec<Trip> {
    scratch.take_trips().into_iter().filter(|trip| !trip.is_background).collect()
}

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How long positions may keep us waiting.
const POSITIONS_WITHIN: Duration = Duration::from_secs(1);

/// Asks the server.
struct Caller {
    client: Client,
    base: String,
    token: String,
    /// What earlier answers gave, to be put into later requests.
    known: HashMap<&'static str, String>,
}

impl Caller {
    fn new(address: SocketAddr, token: String) -> Result<Self, Failure> {
        let client = Client::builder().timeout(ANSWER_WITHIN).no_proxy().build();
        let client = client.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { client, base: format!("http://{address}"), token, known: HashMap::new() })
    }

    /// Asks for every step; what each sent, and what was done beside them.
    async fn ask_all(mut self, scratch: &Scratch, planned: &mut Vec<Planned>) -> Result<(), Failure> {
        // The first request finds out whose key it is, and for an operation without statements that is all.
        self.ask(&ROLES).await?;
        let authentication = requested(scratch);
        let mut background = Vec::new();
        for step in STEPS {
            let answer = self.ask(step).await?;
            if let Some((name, pointer)) = step.keeps {
                let value = answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                self.known.insert(name, value.to_owned());
            }
            let (beside, mut trips): (Vec<_>, Vec<_>) =
                scratch.take_trips().into_iter().partition(|trip| trip.is_background);
            background.extend(beside);
            // A key is believed for a second; the question belongs to whatever request comes then.
            trips.retain(|trip| !authentication.iter().any(|asked| asked.statements[..] == trip.statements[..]));
            planned.push(Planned { operation: step.operation, what: step.what, trips });
        }
        tokio::time::sleep(POSITIONS_WITHIN).await;
        background.extend(scratch.take_trips().into_iter().filter(|trip| trip.is_background));
        let what = "the key is looked up, once a second for each key and server";
        planned.push(Planned { operation: "(any)", what, trips: authentication });
        let what = "positions and counts for what was committed, one round";
        planned.push(Planned { operation: "(background)", what, trips: one_round(background) });
        Ok(())
    }

    /// Asks, as many times at once as the step says; the last answer.
    async fn ask(&self, step: &'static Step) -> Result<Value, Failure> {
        let mut asked = JoinSet::new();
        for _ in 0..step.together {
            asked.spawn(answer(self.request(step)?, step));
        }
        let mut last = Value::Null;
        while let Some(answered) = asked.join_next().await {
            last = answered.map_err(|error| Failure::new(error.to_string()))??;
        }
        Ok(last)
    }

    fn request(&self, step: &Step) -> Result<RequestBuilder, Failure> {
        let filled = |text: &str| {
            self.known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let method = Method::from_bytes(step.method.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
        let url = format!("{}{}", self.base, filled(step.path));
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if !step.body.is_empty() {
            request = request.header("content-type", "application/json").body(filled(step.body));
        }
        if !step.key.is_empty() {
            request = request.header("idempotency-key", step.key);
        }
        Ok(request)
    }
}

/// What the server answers, which must have the step's status.
async fn answer(request: RequestBuilder, step: &Step) -> Result<Value, Failure> {
    let failed = |reason: String| Failure::new(format!("{} {}: {reason}", step.method, step.path));
    let response = request.send().await.map_err(|error| failed(error.to_string()))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| failed(error.to_string()))?;
    if StatusCode::from_u16(step.status).ok() != Some(status) {
        return Err(failed(format!("answered {status}, not {}: {text}", step.status)));
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The trips of the last transaction that gave positions, with the questions before it.
fn one_round(trips: Vec<Trip>) -> Vec<Trip> {
    let writes = |trip: &Trip| trip.statements.iter().flat_map(|sent| &sent.touches).any(|touch| touch.is_write);
    let Some(last) = trips.iter().rposition(writes) else { return Vec::new() };
    let is_first = |trip: &Trip| trip.statements.iter().any(|sent| sent.sql.starts_with("BEGIN"));
    let first = trips.iter().take(last + 1).rposition(is_first).unwrap_or(last);
    trips.into_iter().take(last + 1).skip(first.saturating_sub(1)).collect()
}

fn as_json(planned: &[Planned]) -> Value {
    let operations: Vec<Value> = planned.iter().map(operation_as_json).collect();
    let wide: Vec<Value> = planned
        .iter()
        .flat_map(|planned| {
            let named = move |why| json!({ "operation": planned.operation, "what": planned.what, "reaches": why });
            wide(&planned.trips).into_iter().map(named)
        })
        .collect();
    json!({ "operations": operations, "wideTransactions": wide })
}

fn operation_as_json(planned: &Planned) -> Value {
    let statements: Vec<Value> = numbered(&planned.trips)
        .map(|(number, sent)| {
            let touches: Vec<Value> = sent.touches.iter().map(touch_as_json).collect();
            json!({ "trip": number, "sql": sent.sql, "touches": touches })
        })
        .collect();
    json!({
        "operation": planned.operation,
        "what": planned.what,
        "trips": planned.trips.len(),
        "statements": statements,
    })
}

fn touch_as_json(touch: &Touch) -> Value {
    let (reach, by, keys) = match &touch.reach {
        Reach::Everywhere => ("everywhere", None, None),
        Reach::Keys { group, keys } => ("keys", Some(group), Some(keys)),
        Reach::All { group } => ("all", Some(group), None),
    };
    json!({ "table": touch.table, "writes": touch.is_write, "reach": reach, "shardsOf": by, "keys": keys })
}

fn numbered(trips: &[Trip]) -> impl Iterator<Item = (usize, &kustodian_store::Sent)> {
    trips.iter().zip(1..).flat_map(|(trip, number)| trip.statements.iter().map(move |sent| (number, sent)))
}

/// How much of a statement a table shows.
const SHOWN: usize = 100;

fn print_tables(planned: &[Planned]) -> Result<(), Failure> {
    for planned in planned {
        let Planned { operation, what, trips } = planned;
        let statements: usize = trips.iter().map(|trip| trip.statements.len()).sum();
        let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let head = format!("{operation}, {what}");
        let head = head.trim_end_matches(", ");
        print(&format!("\n{head}: {}, {}", counted(trips.len(), "round trip"), counted(statements, "statement")))?;
        if !trips.is_empty() {
            let mut keys = Keys::default();
            let rows = numbered(trips).map(|(number, sent)| {
                let touches: Vec<String> = sent.touches.iter().map(|touch| keys.told(touch)).collect();
                vec![number.to_string(), sent.sql.chars().take(SHOWN).collect(), touches.join("; ")]
            });
            print_table(&["TRIP", "STATEMENT", "REACHES"], rows)?;
        }
    }
    print("\nTransactions that touch more than the rows of one customer, and claims:")?;
    let rows: Vec<Vec<String>> = planned
        .iter()
        .flat_map(|planned| {
            let row = |why: Vec<String>| vec![planned.operation.to_owned(), planned.what.to_owned(), why.join(", ")];
            wide(&planned.trips).into_iter().map(row)
        })
        .collect();
    print_table(&["OPERATION", "", "WRITES BESIDES"], rows)
}
