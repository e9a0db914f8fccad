//! `kustodian customers`: customers over the API of a running server, through the Rust client.

pub(crate) mod attributes;
mod edits;
pub(crate) mod json;
mod merges;
pub(crate) mod past;
mod search;
pub(crate) mod show;
pub(crate) mod tags;

use std::fs;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use kustomer_api::customer::{Customer, CustomerInput, ListCustomers};
use kustomer_api::envelope::Document;
use kustomer_api::query::{PageQuery, QueryArguments};
use kustomer_api::{ObjectId, Timestamp};
use kustomer_client::{Call, Client, Endpoint, Exchange};

use crate::arguments::OutputArguments;
use crate::customers::attributes::AttributeArguments;
use crate::customers::edits::UpdateArguments;
use crate::customers::search::SearchArguments;
use crate::failure::Failure;
use crate::output::{Output, print, print_json_text};

/// Which server, and as whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArguments {
    /// The server.
    #[arg(
        long,
        global = true,
        help_heading = "Server",
        env = "KUSTODIAN_URL",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    url: String,
    /// The API key. Give it as KUSTODIAN_TOKEN: other users of the machine see the command line (ps), but
    /// not the environment.
    #[arg(
        long,
        global = true,
        help_heading = "Server",
        env = "KUSTODIAN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<String>,
    /// Trusts the certificates in this PEM file too: an authority's, or that of a self-signed server.
    #[arg(long, global = true, help_heading = "Server", env = "KUSTODIAN_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Takes any certificate. Any server at the address then gets the API key.
    #[arg(long, global = true, help_heading = "Server")]
    insecure: bool,
}

impl ServerArguments {
    /// The address of the server.
    pub(crate) fn address(&self) -> &str {
        &self.url
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum CustomersCommand {
    /// Creates a customer.
    Create {
        #[command(flatten)]
        attributes: AttributeArguments,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Shows a customer.
    Get {
        #[command(flatten)]
        which: WhichCustomer,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Lists customers.
    List {
        /// How many at most.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "all")]
        limit: u32,
        /// All of them.
        #[arg(long)]
        all: bool,
        /// The order: id, createdAt or updatedAt, with a leading minus for descending.
        #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
        sort: Option<String>,
        /// Deleted ones alone.
        #[arg(long)]
        deleted: bool,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Finds customers: kustodian customers search 'tier=gold and score>=100 sort:-updated_at'.
    Search(SearchArguments),
    /// Changes the attributes given and keeps the others; lists given replace those stored, --add-… and --remove-…
    /// change single items.
    Update(Box<UpdateArguments>),
    /// Deletes a customer.
    Delete {
        /// The customer's id.
        id: ObjectId,
    },
    /// Lists what happened to a customer: who changed what, when and from where, newest first.
    History {
        /// The customer's id.
        id: ObjectId,
        /// How many entries at most.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Erases a customer and all its history for ever, on the disk too.
    Erase {
        /// The customer's id.
        id: ObjectId,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Merges a customer into another one. Its records move too.
    Merge {
        /// The customer that is merged into the other.
        source: ObjectId,
        /// The customer that stays.
        target: ObjectId,
        /// Shows every value that would be lost, and merges nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Undoes a merge: both customers are there again, and later changes stay.
    UndoMerge {
        /// The id of the merge.
        merge: ObjectId,
        /// Shows what would not return, and undoes nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Lists customers who may be the same person, with the reasons.
    Duplicates {
        /// The customer's id.
        id: ObjectId,
        /// How many at most.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Brings a deleted customer back.
    Restore {
        /// The customer's id.
        id: ObjectId,
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// Which state of a customer to show; the present one when nothing is said.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct When {
    /// As it was at this revision, from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rev: Option<u64>,
    /// As it was at this moment, such as 2026-01-31 or 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::moment)]
    as_of: Option<Timestamp>,
}

/// Which customer to show.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichCustomer {
    /// The customer's id.
    id: Option<ObjectId>,
    /// The customer who holds this e-mail address.
    #[arg(long, value_name = "ADDRESS", value_parser = NonEmptyStringValueParser::new())]
    email: Option<String>,
    /// The customer who holds this phone number.
    #[arg(long, value_name = "NUMBER", value_parser = NonEmptyStringValueParser::new())]
    phone: Option<String>,
    /// The customer who holds this external id.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    external_id: Option<String>,
}

/// Runs a `customers` command.
pub(crate) async fn run(server: ServerArguments, command: CustomersCommand) -> Result<(), Failure> {
    let client = client(server)?;
    let customers = client.customers();
    match command {
        CustomersCommand::Create { attributes, output } => {
            let call = customers.create(&CustomerInput::new()).raw_body(attributes.json()?);
            show(&client, call, output.output).await
        }
        CustomersCommand::Get { which, when, output } => get(&client, which, when, output.output).await,
        CustomersCommand::List { limit, all, sort, deleted, output } => {
            let query =
                ListCustomers { deleted: deleted.then_some(true), ..list_query((!all).then_some(limit), sort)? };
            let walk = customers.all(query);
            show::list(walk, if all { None } else { Some(limit) }, output.output).await
        }
        CustomersCommand::Search(arguments) => search::run(&client, arguments).await,
        CustomersCommand::Update(arguments) => {
            let output = arguments.output.output;
            show_exchange(&client, edits::update(&client, *arguments).await?, output).await
        }
        CustomersCommand::Delete { id } => {
            customers.delete(id).await?;
            print(&format!("deleted {id}; kustodian customers restore {id} brings it back"))
        }
        CustomersCommand::History { id, limit, output } => past::history(&client, id, limit, output.output).await,
        CustomersCommand::Erase { id, yes } => past::erase(&client, id, yes).await,
        CustomersCommand::Merge { source, target, dry_run, output } => {
            merges::merge(&client, (source, target), dry_run, output.output).await
        }
        CustomersCommand::UndoMerge { merge, dry_run, output } => {
            merges::undo(&client, merge, dry_run, output.output).await
        }
        CustomersCommand::Duplicates { id, limit, output } => {
            merges::duplicates(&client, id, limit, output.output).await
        }
        CustomersCommand::Restore { id, output } => show(&client, customers.restore(id), output.output).await,
    }
}

/// The client of a server.
///
/// # Errors
/// When there is no key, the URL is none, or the certificates cannot be read.
pub(crate) fn client(server: ServerArguments) -> Result<Client, Failure> {
    let token = server.token.filter(|token| !token.is_empty()).ok_or_else(|| {
        Failure::new("no API key: set KUSTODIAN_TOKEN to one; kustodian token create makes them where the database is")
    })?;
    let user_agent = concat!("kustodian/", env!("CARGO_PKG_VERSION"));
    let mut builder = Client::builder()
        .base_url(server.url)
        .token(token)
        .user_agent(user_agent)
        .accept_invalid_certificates(server.insecure);
    if let Some(path) = server.cacert {
        let pem = fs::read(&path)
            .map_err(|error| Failure::new(format!("the certificates {} cannot be read: {error}", path.display())))?;
        builder = builder.root_certificates(pem);
    }
    Ok(builder.build()?)
}

/// The most customers a page may hold on Kustomer itself (`docs/contract/behaviour.md` §4.1).
const PAGE_SIZE: u32 = 100;

fn list_query(limit: Option<u32>, sort: Option<String>) -> Result<ListCustomers, Failure> {
    let pairs: Vec<_> = sort.into_iter().map(|sort| ("sort".to_owned(), sort)).collect();
    let query = ListCustomers::read(&pairs).map_err(|faults| {
        let titles: Vec<String> = faults.into_iter().map(|fault| fault.title).collect();
        Failure::new(titles.join("; "))
    })?;
    let page_size = limit.map_or(PAGE_SIZE, |limit| limit.min(PAGE_SIZE));
    Ok(ListCustomers { paging: PageQuery { page: None, page_size: Some(page_size) }, ..query })
}

/// Sends a call that answers a customer, and prints it.
async fn show<E>(client: &Client, call: Call<E>, output: Output) -> Result<(), Failure>
where
    E: Endpoint<Answer = Document<Customer>>,
{
    let exchange = call.exchange().await.map_err(kustomer_client::Error::from)?;
    show_exchange(client, exchange, output).await
}

/// Prints the customer that was answered: for programs exactly as it came.
async fn show_exchange(client: &Client, exchange: Exchange<Document<Customer>>, output: Output) -> Result<(), Failure> {
    let body = exchange.response.body.clone();
    let customer = exchange.into_result()?.data;
    match output {
        Output::Json => print_json_text(&String::from_utf8_lossy(&body)),
        Output::Table => {
            let ids = customer.attributes.tags.value().map_or(&[][..], Vec::as_slice);
            let tags = tags::named(client, ids).await.into_iter().map(|(_, name)| name).collect::<Vec<_>>();
            show::one(&customer, &tags)
        }
    }
}

/// Shows a customer; an earlier state of it is read by its id, which a look-up gives.
async fn get(client: &Client, which: WhichCustomer, when: When, output: Output) -> Result<(), Failure> {
    let customers = client.customers();
    let id = match which {
        WhichCustomer { id: Some(id), .. } => id,
        WhichCustomer { email: Some(email), .. } => id_of(customers.get_by_email(&email)).await?,
        WhichCustomer { phone: Some(phone), .. } => id_of(customers.get_by_phone(&phone)).await?,
        WhichCustomer { external_id, .. } => {
            id_of(customers.get_by_external_id(&external_id.unwrap_or_default())).await?
        }
    };
    match (when.rev, when.as_of) {
        (Some(rev), _) => show(client, customers.at_rev(id, rev), output).await,
        (None, Some(moment)) => show(client, customers.as_of(id, moment), output).await,
        (None, None) => show(client, customers.get(id), output).await,
    }
}

async fn id_of<E>(call: Call<E>) -> Result<ObjectId, Failure>
where
    E: Endpoint<Answer = Document<Customer>> + 'static,
{
    let found = call.await?;
    found
        .data
        .id
        .parse()
        .map_err(|_| Failure::new(format!("the server answered a customer with the id {}", found.data.id)))
}
