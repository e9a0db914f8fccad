//! Commands for the records of a kind over the API of a running server: the same for every kind. What they may do is read
//! from the kind's declaration and the operations on it.

mod brands;
mod companies;
pub(crate) mod conversations;
mod drafts;
mod forwards;
mod klasses;
mod kobjects;
mod messages;
mod notes;
pub(crate) mod outbox;
mod schedules;
mod show;
mod users;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use kustodian_core::kind::Kind;
use kustomer_api::Timestamp;
use kustomer_api::envelope::Page;
use kustomer_api::history::HistoryEntry;
use kustomer_api::operation::{self, Operation};
use kustomer_client::{Client, Exchange, Method, RawCall};
use serde_json::{Map, Value, json};

pub(crate) use self::brands::Brands;
pub(crate) use self::companies::Companies;
pub(crate) use self::drafts::Drafts;
pub(crate) use self::forwards::Forwards;
pub(crate) use self::klasses::Klasses;
pub(crate) use self::kobjects::KObjects;
pub(crate) use self::messages::Messages;
pub(crate) use self::notes::Notes;
pub(crate) use self::schedules::Schedules;
pub(crate) use self::users::Users;
use crate::arguments::OutputArguments;
use crate::customers::past;
use crate::failure::Failure;
use crate::output::{Output, print, print_json_text};

/// A kind with commands.
pub(crate) trait Records {
    /// The kind.
    const KIND: Kind;
    /// What tables of them show: a header, and the place of the value in the record.
    const COLUMNS: &'static [(&'static str, &'static str)];
    /// The flags that give attributes.
    type Attributes: Args + Attributes;
    /// The flags that narrow lists.
    type Filters: Args + Filters;
}

/// Flags that give attributes.
pub(crate) trait Attributes {
    /// The attributes as JSON, ready to send.
    ///
    /// # Errors
    /// When the input cannot be sent.
    fn json(self) -> Result<String, Failure>;

    /// Whether a record can be created with them.
    ///
    /// # Errors
    /// When a flag is missing that every record needs.
    fn check_new(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// The flags whose values never change: only a create offers them.
    const ONLY_NEW: &'static [&'static str] = &[];
}

/// The flags that change a record.
#[derive(Debug)]
pub(crate) struct Changes<A>(A);

impl<A: Attributes> Changes<A> {
    fn offered(command: Command) -> Command {
        A::ONLY_NEW.iter().fold(command, |command, name| command.mut_arg(name, |flag| flag.hide(true)))
    }
}

impl<A: Args + Attributes> Args for Changes<A> {
    fn augment_args(command: Command) -> Command {
        Self::offered(A::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::offered(A::augment_args_for_update(command))
    }
}

impl<A: FromArgMatches> FromArgMatches for Changes<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Flags that narrow lists.
pub(crate) trait Filters {
    /// How the server is asked for what they leave; `path` is that of the whole list.
    fn listed(self, path: &str) -> Listed;
}

/// How the server is asked for a list.
#[derive(Debug)]
pub(crate) struct Listed {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    /// The search that finds it, where the list itself cannot be narrowed so.
    search: Option<Value>,
}

impl Listed {
    /// All that is at a path.
    fn at(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: Vec::new(), search: None }
    }

    /// What belongs to a conversation or to a customer; all at the path when neither is named.
    fn under(path: &str, conversation: Option<String>, customer: Option<String>) -> Self {
        let conversation = conversation.map(|id| format!("/conversations/{id}{path}"));
        let customer = customer.map(|id| format!("/customers/{id}{path}"));
        Self::at(conversation.or(customer).unwrap_or_else(|| path.to_owned()))
    }

    /// With these query parameters.
    fn with(self, query: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { query: query.into_iter().collect(), ..self }
    }

    /// The records that meet all criteria, in the order of changes.
    fn found(kind: Kind, criteria: Vec<Value>) -> Self {
        let context = kind.as_str();
        let search = json!({
            "queryContext": context,
            "and": criteria,
            "sort": [{ format!("{context}_updated_at"): "asc" }],
        });
        let query = vec![("cursor", "*".to_owned())];
        Self { method: Method::POST, path: "/customers/search".to_owned(), query, search: Some(search) }
    }

    /// The call for one of its pages.
    fn call(&self, client: &Client, path: &str) -> RawCall {
        let call = client.request(self.method.clone(), path);
        match &self.search {
            Some(search) => call.json(search.to_string()),
            None => call,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordsCommand<R: Records> {
    /// Creates one.
    Create {
        #[command(flatten)]
        attributes: R::Attributes,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Shows one, as it is or as it was.
    Get {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Lists them.
    List {
        #[command(flatten)]
        filters: R::Filters,
        #[command(flatten)]
        list: ListArguments,
    },
    /// Changes the attributes given and keeps the others; lists given replace those stored.
    Update {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        #[command(flatten)]
        attributes: Changes<R::Attributes>,
        /// Changes nothing unless it still has this revision.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        rev: Option<u64>,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Deletes one.
    #[command(hide = deletion(R::KIND).is_none())]
    Delete {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
    },
    /// Restores a deleted one.
    #[command(hide = R::KIND.spec().restored_by.is_none())]
    Restore {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Lists what happened to one: who changed what, when and from where, newest first.
    History {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        /// How many entries at most.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// How much of a list to print, and how.
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

impl ListArguments {
    /// Prints so much of a list.
    async fn print(self, client: &Client, listed: Listed, columns: &[(&str, &str)]) -> Result<(), Failure> {
        let limit = (!self.all).then_some(self.limit);
        show::list(client, listed, limit, columns, self.output.output).await
    }
}

/// An id, or a name where records have one: a segment of a path.
pub(crate) fn segment(text: &str) -> Result<String, String> {
    let is_fit = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if !text.is_empty() && text.chars().all(is_fit) {
        Ok(text.to_owned())
    } else {
        Err("an id has letters, digits, _ and - alone".to_owned())
    }
}

/// Which state to show; the present one when nothing is said.
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

/// Where the records of a command are.
pub(crate) struct Place<'a> {
    /// The path of their list, without the version.
    pub(crate) path: &'a str,
    /// The command, for messages about it.
    pub(crate) command: &'a str,
}

/// Runs a command.
pub(crate) async fn run<R: Records>(
    client: &Client,
    place: Place<'_>,
    command: RecordsCommand<R>,
) -> Result<(), Failure> {
    let of = |id: &str| format!("{}/{id}", place.path);
    match command {
        RecordsCommand::Create { attributes, output } => {
            attributes.check_new()?;
            let call = client.request(Method::POST, place.path).json(attributes.json()?);
            show(client, call.exchange().await, output.output).await
        }
        RecordsCommand::Get { id, when, output } => {
            let mut call = client.request(Method::GET, &of(&id));
            if let Some(rev) = when.rev {
                call = call.query("rev", &rev.to_string());
            }
            if let Some(moment) = when.as_of {
                call = call.query("asOf", &moment.to_string());
            }
            show(client, call.exchange().await, output.output).await
        }
        RecordsCommand::List { filters, list } => list.print(client, filters.listed(place.path), R::COLUMNS).await,
        RecordsCommand::Update { id, attributes, rev, output } => {
            let mut body: Map<String, Value> = serde_json::from_str(&attributes.0.json()?)
                .map_err(|error| Failure::new(format!("the attributes are no JSON object: {error}")))?;
            body.extend(rev.map(|rev| ("rev".to_owned(), rev.into())));
            let update = update(R::KIND).ok_or_else(|| refused(R::KIND, "changed"))?;
            let call = client.request(update.method.clone(), &of(&id)).json(Value::Object(body).to_string());
            show(client, call.exchange().await, output.output).await
        }
        RecordsCommand::Delete { id } => {
            let (method, body) = deletion(R::KIND).ok_or_else(|| refused(R::KIND, "deleted"))?;
            let mut call = client.request(method, &of(&id));
            if let Some(body) = body {
                call = call.json(body.to_string());
            }
            call.await?;
            let hint = R::KIND.spec().restored_by.map(|_| format!("; {} restore {id} restores it", place.command));
            print(&format!("deleted {id}{}", hint.unwrap_or_default()))
        }
        RecordsCommand::Restore { id, output } => {
            let by = R::KIND.spec().restored_by.ok_or_else(|| refused(R::KIND, "restored"))?;
            let rest = by.path.strip_prefix(R::KIND.spec().read_operation.path).unwrap_or_default();
            let body = if rest.is_empty() { json!({ "deleted": false }) } else { json!({}) };
            let call = client.request(by.method.clone(), &format!("{}{rest}", of(&id))).json(body.to_string());
            show(client, call.exchange().await, output.output).await
        }
        RecordsCommand::History { id, limit, output } => {
            let call = client.request(Method::GET, &format!("{}/history", of(&id)));
            let exchange = call.query("pageSize", &limit.to_string()).exchange().await;
            let exchange = exchange.map_err(kustomer_client::Error::from)?;
            let body = exchange.response.body.clone();
            let page: Page<HistoryEntry> = serde_json::from_value(exchange.into_result()?)
                .map_err(|error| Failure::new(format!("the answer is no history: {error}")))?;
            past::print_history(&body, &page, output.output)
        }
    }
}

/// The operation that changes a record of the kind.
fn update(kind: Kind) -> Option<&'static Operation> {
    let path = kind.spec().read_operation.path;
    [Method::PATCH, Method::PUT].iter().find_map(|method| operation(method, path))
}

/// The request that deletes a record of the kind: its own operation, or an update.
fn deletion(kind: Kind) -> Option<(Method, Option<Value>)> {
    match operation(&Method::DELETE, kind.spec().read_operation.path) {
        Some(_) => Some((Method::DELETE, None)),
        None => kind.spec().restored_by.map(|by| (by.method.clone(), Some(json!({ "deleted": true })))),
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Operation> {
    operation::all().find(|operation| operation.method == *method && operation.path == path)
}

fn refused(kind: Kind, what: &str) -> Failure {
    Failure::new(format!("no {} can be {what}", kind.as_str()))
}

/// Prints the record that was answered: for programs exactly as it came.
async fn show(
    client: &Client,
    exchange: Result<Exchange<Value>, kustomer_client::TransportError>,
    output: Output,
) -> Result<(), Failure> {
    let exchange = exchange.map_err(kustomer_client::Error::from)?;
    let body = exchange.response.body.clone();
    let answer = exchange.into_result()?;
    match output {
        Output::Json => print_json_text(&String::from_utf8_lossy(&body)),
        Output::Table => show::one(client, &answer["data"]).await,
    }
}
