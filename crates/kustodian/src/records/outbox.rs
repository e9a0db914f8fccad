//! `kustodian outbox`: what leaves or would leave for customers. The server writes it; it can only be read.

use clap::{Args, Subcommand};
use kustomer_client::{Client, Method};

use super::{Listed, Place, segment, show};
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

/// How much to list.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "all")]
    limit: u32,
    /// All of them.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Does what a command asks for.
pub(crate) async fn run(client: &Client, place: Place<'_>, command: OutboxCommand) -> Result<(), Failure> {
    match command {
        OutboxCommand::List(ListArguments { limit, all, output }) => {
            let limit = (!all).then_some(limit);
            show::list(client, Listed::at(place.path), limit, COLUMNS, output.output).await
        }
        OutboxCommand::Get { id, output } => {
            let call = client.request(Method::GET, &format!("{}/{id}", place.path));
            super::show(client, call.exchange().await, output.output).await
        }
    }
}
