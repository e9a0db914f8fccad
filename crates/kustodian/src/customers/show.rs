//! Customers on the screen.

use kustomer_api::Field;
use kustomer_api::customer::Customer;
use kustomer_api::envelope::Page;
use kustomer_client::{Endpoint, Walk};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::{Output, note, print, print_json_text, print_table};

/// Prints one customer, an attribute a line, with these names of its tags.
pub(super) fn one(customer: &Customer, tags: &[String]) -> Result<(), Failure> {
    let attributes = &customer.attributes;
    let text = |field: &Field<String>| field.value().cloned().unwrap_or_default();
    let mut rows = vec![
        ("id".to_owned(), customer.id.to_string()),
        ("name".to_owned(), text(&attributes.name)),
        ("displayName".to_owned(), text(&attributes.display_name)),
        ("emails".to_owned(), emails(customer)),
        ("phones".to_owned(), phones(customer)),
        ("externalId".to_owned(), text(&attributes.external_id)),
        ("tags".to_owned(), tags.join(", ")),
    ];
    let custom = attributes.custom.value().into_iter().flat_map(|custom| custom.iter());
    rows.extend(custom.map(|(key, value)| (format!("custom.{key}"), plain(value))));
    let moments = [("createdAt", attributes.created_at), ("updatedAt", attributes.updated_at)];
    rows.extend(moments.map(|(name, moment)| (name.to_owned(), shown(&moment))));
    rows.push(("rev".to_owned(), shown(&attributes.rev)));
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    print_table(&["ATTRIBUTE", "VALUE"], filled.map(|(name, value)| vec![name, value]))
}

/// How many rows share one table: its columns fit them, and a long list begins to show before it is all there.
const ROWS: usize = 100;

/// Prints the results of a walk, at most `limit`: for programs one object with `data`, as a page has it.
pub(super) async fn list<E>(mut walk: Walk<E, Customer>, limit: Option<u32>, output: Output) -> Result<(), Failure>
where
    E: Endpoint<Answer = Page<Customer>>,
{
    let mut left = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let (mut rows, mut any) = (Vec::new(), false);
    while left > 0 {
        let Some(customer) = walk.next().await? else { break };
        left -= 1;
        match output {
            Output::Json => {
                let json = serde_json::to_string(&customer).map_err(|error| Failure::new(error.to_string()))?;
                print_json_text(&format!("{}{json}", if any { "," } else { "{\"data\":[" }))?;
            }
            Output::Table => rows.push(row(&customer)),
        }
        any = true;
        if rows.len() == ROWS {
            print_table(&HEADER, rows.drain(..))?;
        }
    }
    if left == 0 && walk.has_next() {
        note_more();
    }
    match output {
        Output::Json => print(if any { "]}" } else { "{\"data\":[]}" }),
        Output::Table if rows.is_empty() && any => Ok(()),
        Output::Table => print_table(&HEADER, rows),
    }
}

/// Says on standard error that a limit left something out.
pub(crate) fn note_more() {
    note("there are more: a greater --limit prints more of them, --all prints all");
}

const HEADER: [&str; 6] = ["ID", "NAME", "EMAILS", "PHONES", "EXTERNAL ID", "UPDATED"];

fn row(customer: &Customer) -> Vec<String> {
    let attributes = &customer.attributes;
    let name = attributes.display_name.value().or(attributes.name.value());
    vec![
        customer.id.to_string(),
        name.cloned().unwrap_or_default(),
        emails(customer),
        phones(customer),
        attributes.external_id.value().cloned().unwrap_or_default(),
        shown(&attributes.updated_at),
    ]
}

fn emails(customer: &Customer) -> String {
    let emails = customer.attributes.emails.value().into_iter().flatten();
    emails.map(|email| email.email.as_str()).collect::<Vec<_>>().join(", ")
}

fn phones(customer: &Customer) -> String {
    let phones = customer.attributes.phones.value().into_iter().flatten();
    phones.map(|phone| phone.phone.as_str()).collect::<Vec<_>>().join(", ")
}

fn shown(field: &Field<impl ToString>) -> String {
    field.value().map(ToString::to_string).unwrap_or_default()
}

/// A text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
