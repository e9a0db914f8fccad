//! `kustodian outbox`: what leaves or would leave for customers. The server writes it; it can only be read.

use clap::Subcommand;
use kustomer_client::{Client, Method};

use super::{ListArguments, Listed, Place, segment};
use crate::arguments::OutputArguments;
use crate::failure::Failure;

const COLUMNS: &[(&str, &str)] = &[
    ("ID", "/id"),
    ("CHANNEL", "/attributes/channel"),
    ("STATUS", "/attributes/status"),
    ("TO", "/attributes/to"),
    ("SUBJECT", "/attributes/subject"),
    ("CREATED", "/attributes/createdAt"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Lists deliveries, newest first.
    List(ListArguments),
    /// Shows one.
    Get {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// Runs a command.
pub(crate) async fn run(client: &Client, place: Place<'_>, command: OutboxCommand) -> Result<(), Failure> {
    match command {
        OutboxCommand::List(list) => list.print(client, Listed::at(place.path), COLUMNS).await,
        OutboxCommand::Get { id, output } => {
            let call = client.request(Method::GET, &format!("{}/{id}", place.path));
            super::show(client, call.exchange().await, output.output).await
        }
    }
}
