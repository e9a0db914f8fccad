//! `kustodian tail`: prints events as they happen.

use clap::Args;
use kustomer_api::ObjectId;
use kustomer_api::event::{Event, ListEvents};

use crate::arguments::OutputArguments;
use crate::customers::{ServerArguments, client};
use crate::failure::Failure;
use crate::output::{Output, print_json_text, print_line};

/// Where to begin, and when to end.
#[derive(Debug, Args)]
pub(crate) struct TailArguments {
    #[command(flatten)]
    server: ServerArguments,
    /// How many of the last events to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=500))]
    lines: u32,
    /// Begins behind the event with this id, as an earlier tail printed it
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["lines", "from_start"])]
    after: Option<ObjectId>,
    /// Begins with the first event there is
    #[arg(long, conflicts_with = "lines")]
    from_start: bool,
    /// Ends at the last event instead of waiting for further ones
    #[arg(long)]
    no_follow: bool,
    /// Only events of records of this type: customer, tag, user
    #[arg(long = "type", value_name = "TYPE")]
    object_type: Option<String>,
    #[command(flatten)]
    output: OutputArguments,
}

/// Prints events, one a line. Without `--no-follow` it ends when it is stopped; a server that is away is waited for.
///
/// # Errors
/// When the server refuses, or nobody reads the output any more.
pub(crate) async fn run(arguments: TailArguments) -> Result<(), Failure> {
    let TailArguments { server, lines, after, from_start, no_follow, object_type, output } = arguments;
    let client = client(server)?;
    let last = (after.is_none() && !from_start).then_some(lines);
    let query = ListEvents { after, last, object_type, ..ListEvents::default() };
    if no_follow {
        let mut events = client.events().list(&query).walk();
        while let Some(event) = events.next().await? {
            show(&event, output.output)?;
        }
        return Ok(());
    }
    let mut events = client.events().stream(query);
    loop {
        show(&events.next().await?, output.output)?;
    }
}

fn show(event: &Event, output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => {
            print_json_text(&serde_json::to_string(event).map_err(|error| Failure::new(error.to_string()))?)
        }
        Output::Table => print_line(&line(event)),
    }
}

/// For people: when, what, which record, who, and the names of what changed. No values: those are in the JSON.
fn line(event: &Event) -> String {
    let Event { id, created_at, name, data_id, client, .. } = event;
    let rev = event.rev.map(|rev| format!(" rev {rev}")).unwrap_or_default();
    let user = event.user_id.value().map(|user| format!(" by {user}")).unwrap_or_default();
    let changed = event
        .changes
        .value()
        .into_iter()
        .flat_map(|changes| changes.attributes.keys().chain(changes.relationships.keys()));
    let names: Vec<&str> = changed.map(String::as_str).collect();
    let told = match (&event.data, names.as_slice()) {
        (None, _) => " (erased since)".to_owned(),
        (Some(_), []) => String::new(),
        (Some(_), names) => format!(": {}", names.join(", ")),
    };
    format!("{created_at} {id} {name} {data_id}{rev}{user} from {client}{told}")
}
