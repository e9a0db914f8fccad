//! Former states of a customer, and its history.

use std::io::{self, IsTerminal, Write};

use kustomer_api::ObjectId;
use kustomer_api::envelope::Page;
use kustomer_api::history::HistoryEntry;
use kustomer_api::query::PageQuery;
use kustomer_client::Client;

use crate::failure::Failure;
use crate::output::{Output, note, print, print_json_text, print_table};

/// Prints what happened to a customer, newest first, at most `limit`.
pub(super) async fn history(client: &Client, id: ObjectId, limit: u32, output: Output) -> Result<(), Failure> {
    let query = PageQuery { page: None, page_size: Some(limit) };
    let exchange = client.customers().history(id, &query).exchange().await.map_err(kustomer_client::Error::from)?;
    let body = exchange.response.body.clone();
    print_history(&body, &exchange.into_result()?, output)
}

/// Prints a page of a history: for programs exactly as it came.
pub(crate) fn print_history(body: &[u8], page: &Page<HistoryEntry>, output: Output) -> Result<(), Failure> {
    if page.links.next.value().is_some() {
        note("there is more: a greater --limit prints more of it");
    }
    match output {
        Output::Json => print_json_text(&String::from_utf8_lossy(body)),
        Output::Table => print_table(&HEADER, page.data.iter().flat_map(rows)),
    }
}

const HEADER: [&str; 8] = ["REV", "WHEN", "EVENT", "USER", "FROM", "ATTRIBUTE", "BEFORE", "AFTER"];

/// An entry's rows: one for each thing that changed.
fn rows(entry: &HistoryEntry) -> Vec<Vec<String>> {
    let told = &entry.attributes;
    let mut lead = vec![
        told.rev.value().map(u64::to_string).unwrap_or_default(),
        told.created_at.value().map(ToString::to_string).unwrap_or_default(),
        told.event_name.value().cloned().unwrap_or_default(),
        told.user_id.value().cloned().unwrap_or_default(),
        told.client.value().cloned().unwrap_or_default(),
    ];
    let changes =
        told.changes.value().into_iter().flat_map(|changes| changes.attributes.iter().chain(&changes.relationships));
    let shown = |value: &kustomer_api::Field<serde_json::Value>| {
        value.value().map(serde_json::Value::to_string).unwrap_or_default()
    };
    let changed: Vec<[String; 3]> =
        changes.map(|(name, change)| [name.clone(), shown(&change.before), shown(&change.after)]).collect();
    if changed.is_empty() {
        lead.extend(std::iter::repeat_n(String::new(), 3));
        return vec![lead];
    }
    let mut rows = Vec::new();
    for cells in changed {
        rows.push(lead.iter().cloned().chain(cells).collect());
        lead.iter_mut().for_each(String::clear);
    }
    rows
}

/// Erases a customer, when it was said so twice.
pub(super) async fn erase(client: &Client, id: ObjectId, yes: bool) -> Result<(), Failure> {
    if !yes && !confirmed(id)? {
        return Err(Failure::new(format!("nothing was erased; --yes erases {id} without asking")));
    }
    client.customers().erase(id).await?;
    print(&format!("erased {id}; backups made before still hold it"))
}

fn confirmed(id: ObjectId) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    let asked = write!(io::stderr().lock(), "Erase {id} and all its history for ever? Type yes: ");
    let mut answer = String::new();
    asked.and_then(|()| io::stdin().read_line(&mut answer)).map_err(|error| Failure::new(error.to_string()))?;
    Ok(answer.trim() == "yes")
}
