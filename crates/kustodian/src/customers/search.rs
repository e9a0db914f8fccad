//! `kustodian customers search`: the short form that people type, or a body.

use std::collections::BTreeSet;

use clap::Args;
use kustomer_api::customer::{CustomerSort, CustomerSortKey, ListCustomers};
use kustomer_api::query::{MAX_PAGE_SIZE, PageQuery};
use kustomer_api::search::{Search, SearchPage, text};
use kustomer_client::{Call, Client, Endpoint};
use serde_json::Value;

use super::{json, show};
use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::output::{Output, print_json_text, print_line};

/// What to search for, and how much of it to print.
#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// The search in its short form, such as 'email~@acme.example balance>=-3.5 sort:-updated_at'. One that begins with a
    /// minus must follow --.
    #[arg(value_name = "SEARCH", required_unless_present = "json")]
    search: Option<String>,
    /// The search as a body of the API: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "search")]
    json: Option<String>,
    /// Prints ids alone, one a line.
    #[arg(long)]
    ids: bool,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "all")]
    limit: u32,
    /// All of them.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Searches, and prints the result.
pub(super) async fn run(client: &Client, arguments: SearchArguments) -> Result<(), Failure> {
    // A body is sent as given: the server reports unknown members, and their places.
    let (search, body) = match (&arguments.search, &arguments.json) {
        (_, Some(given)) => (Search::default(), Some(json::read_object(given)?)),
        (Some(typed), None) => (read_typed(client, typed).await?, None),
        (None, None) => return Err(Failure::new("nothing to search for: write a search, or a body with --json")),
    };
    let limit = (!arguments.all).then_some(arguments.limit);
    let page_size = limit.map_or(MAX_PAGE_SIZE, |limit| limit.min(MAX_PAGE_SIZE));
    let page = SearchPage {
        paging: PageQuery { page: None, page_size: Some(page_size) },
        cursor: Some("*".to_owned()),
        ..SearchPage::default()
    };
    let customers = client.customers();
    if arguments.ids {
        let mut walk = with_body(customers.search_ids(&search, &page), body).walk();
        let mut left = limit.unwrap_or(u32::MAX);
        let mut ids = Vec::new();
        while left > 0 {
            let Some(customer) = walk.next().await? else { break };
            left -= u32::from(limit.is_some());
            match arguments.output.output {
                Output::Table => print_line(&customer.id)?,
                Output::Json => ids.push(Value::String(customer.id)),
            }
        }
        if left == 0 && walk.has_next() {
            show::note_more();
        }
        return match arguments.output.output {
            Output::Table => Ok(()),
            Output::Json => print_json_text(&serde_json::json!({ "data": ids }).to_string()),
        };
    }
    show::list(with_body(customers.search_page(&search, &page), body).walk(), limit, arguments.output.output).await
}

fn with_body<E: Endpoint>(call: Call<E>, body: Option<String>) -> Call<E> {
    match body {
        Some(body) => call.raw_body(body),
        None => call,
    }
}

/// Reads the short form. A name of a custom attribute without its suffix is looked for among those of the
/// customers that changed last.
async fn read_typed(client: &Client, typed: &str) -> Result<Search, Failure> {
    let error = match text::parse(typed, &[]) {
        Ok(search) => return Ok(search),
        Err(error) => error,
    };
    let last = ListCustomers {
        paging: PageQuery { page: None, page_size: Some(MAX_PAGE_SIZE) },
        sort: Some(CustomerSort { by: CustomerSortKey::UpdatedAt, descending: true }),
        ..ListCustomers::default()
    };
    // A key that may not list customers still gets the fault of the search.
    let Ok(page) = client.customers().list(&last).await else { return Err(Failure::new(error.to_string())) };
    let custom = page.data.iter().filter_map(|customer| customer.attributes.custom.value());
    let keys: BTreeSet<&str> = custom.flat_map(|custom| custom.iter().map(|(key, _)| key)).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    text::parse(typed, &keys).map_err(|error| Failure::new(error.to_string()))
}
