//! Records of any kind on the screen.

use kustomer_client::Client;
use serde_json::Value;

use super::Listed;
use crate::customers::show::note_more;
use crate::customers::tags;
use crate::failure::Failure;
use crate::output::{Output, print, print_json_text, print_table};

/// Prints one record, an attribute a line. Those without a value are left out.
pub(super) async fn one(client: &Client, record: &Value) -> Result<(), Failure> {
    let attributes = record["attributes"].as_object().cloned().unwrap_or_default();
    let mut rows = vec![("id".to_owned(), plain(&record["id"]))];
    rows.extend(attributes.get("name").map(|name| ("name".to_owned(), plain(name))));
    for (name, value) in &attributes {
        match (name.as_str(), value) {
            ("name", _) | ("deleted", Value::Bool(false)) => {}
            ("custom", Value::Object(custom)) => {
                rows.extend(custom.iter().map(|(key, value)| (format!("custom.{key}"), plain(value))));
            }
            ("tags", Value::Array(ids)) => {
                let ids: Vec<String> = ids.iter().map(plain).collect();
                let named = tags::named(client, &ids).await;
                rows.push((name.clone(), named.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(", ")));
            }
            _ => rows.push((name.clone(), plain(value))),
        }
    }
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    print_table(&["ATTRIBUTE", "VALUE"], filled.map(|(name, value)| vec![name, value]))
}

/// The most records a page may hold on Kustomer itself (`docs/contract/behaviour.md` §4.1).
const PAGE_SIZE: u32 = 100;

/// Prints the records of a list, at most `limit`: for programs one object with `data`, as a page has it.
pub(super) async fn list(
    client: &Client,
    listed: Listed,
    limit: Option<u32>,
    columns: &[(&str, &str)],
    output: Output,
) -> Result<(), Failure> {
    let header: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
    let mut left = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let page_size = limit.map_or(PAGE_SIZE, |limit| limit.min(PAGE_SIZE)).to_string();
    let mut call = listed.call(client, &listed.path).query("pageSize", &page_size);
    for (name, value) in &listed.query {
        call = call.query(name, value);
    }
    let (mut any, mut is_more) = (false, false);
    let mut page = call.await?;
    loop {
        let records = page["data"].as_array().cloned().unwrap_or_default();
        let is_end = records.is_empty();
        is_more |= records.len() > left;
        let shown = &records[..records.len().min(left)];
        left -= shown.len();
        match output {
            Output::Json => {
                for record in shown {
                    print_json_text(&format!("{}{record}", if any { "," } else { "{\"data\":[" }))?;
                    any = true;
                }
            }
            Output::Table if !shown.is_empty() || !any => {
                any = true;
                let row = |record: &Value| {
                    columns.iter().map(|(_, place)| record.pointer(place).map(plain).unwrap_or_default()).collect()
                };
                print_table(&header, shown.iter().map(row))?;
            }
            Output::Table => {}
        }
        let next = page.pointer("/links/next").and_then(Value::as_str).map(str::to_owned);
        let Some(next) = next.filter(|_| !is_end) else { break };
        if left == 0 {
            is_more = true;
            break;
        }
        page = listed.call(client, &next).await?;
    }
    if is_more {
        note_more();
    }
    match output {
        Output::Json => print(if any { "]}" } else { "{\"data\":[]}" }),
        Output::Table => Ok(()),
    }
}

/// The members that identify an item of a list, for people.
const NAMES: [&str; 7] = ["email", "phone", "domain", "url", "username", "name", "cityName"];

/// A value in a cell: a text without its quotes, a list joined, nothing for null.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => match NAMES.iter().find_map(|name| members.get(*name)?.as_str()) {
            Some(name) => name.to_owned(),
            None => value.to_string(),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_shown_by_what_identifies_it() {
        for (value, shown) in [
            (json!(null), ""),
            (json!("text"), "text"),
            (json!(7.5), "7.5"),
            (json!([]), ""),
            (json!([{ "id": null, "domain": "a.example" }, { "domain": "b.example" }]), "a.example, b.example"),
            (json!({ "text": "Good day" }), r#"{"text":"Good day"}"#),
        ] {
            assert_eq!(plain(&value), shown);
        }
    }
}
