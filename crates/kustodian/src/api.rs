//! `kustodian api`: a raw call, for operations that have no command of their own.

use std::io::IsTerminal as _;

use clap::Args;
use kustomer_api::ObjectId;
use kustomer_client::{Client, Exchange, Method};
use serde_json::{Map, Value};

use crate::customers::json::read_object_or_list;
use crate::failure::Failure;
use crate::output::{print_json, print_json_text, print_line};

/// A call of any path.
#[derive(Debug, Args)]
pub(crate) struct ApiArguments {
    /// The method, which may be left out (GET, or POST with a body), and the path: with or without /v1, with or without a
    /// query, or a link that the server answered.
    #[arg(value_names = ["METHOD", "PATH"], num_args = 1..=2, required = true)]
    call: Vec<String>,
    /// The body: a JSON object or list, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "field")]
    json: Option<String>,
    /// A member of the body: key=value, where the value is JSON (numbers, true, null, lists), or else a text; repeat it. An id
    /// is a text, too, when it has no letters.
    #[arg(long, short = 'f', value_name = "KEY=VALUE", value_parser = pair)]
    field: Vec<(String, String)>,
    /// A query parameter: name=value; repeat it.
    #[arg(long, short = 'q', value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
    /// A header: 'Name: value'; repeat it.
    #[arg(long, short = 'H', value_name = "HEADER", value_parser = header)]
    header: Vec<(String, String)>,
    /// Prints the status and the headers of the answer first.
    #[arg(long, short = 'i', conflicts_with = "paginate")]
    include: bool,
    /// Follows links.next to the end of a list, and prints each record on a line of its own.
    #[arg(long)]
    paginate: bool,
    /// Prints only the value at this JSON pointer of the answer, a text without its quotes: /data/id, for scripts.
    #[arg(long, value_name = "POINTER", conflicts_with_all = ["include", "paginate"])]
    pick: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as 'Name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Sends the call and prints the body of the answer as it came: a refusal's, too, before it fails.
pub(crate) async fn run(client: &Client, arguments: ApiArguments) -> Result<(), Failure> {
    let body = body(arguments.json.as_deref(), &arguments.field)?;
    let (method, path) = match arguments.call.as_slice() {
        [method, path] => {
            let method =
                method.to_ascii_uppercase().parse().map_err(|_| Failure::new(format!("{method} is no method")))?;
            (method, path.as_str())
        }
        [path, ..] => (if body.is_some() { Method::POST } else { Method::GET }, path.as_str()),
        [] => return Err(Failure::new("give a path, such as /customers")),
    };
    let mut call = client.request(method.clone(), path);
    for (name, value) in &arguments.query {
        call = call.query(name, value);
    }
    for (name, value) in &arguments.header {
        call = call.header(name, value);
    }
    if let Some(body) = body {
        call = call.json(body);
    }
    let failed = |error: kustomer_client::Error| Failure::of_call(&method, path, error);
    let exchange = call.exchange().await.map_err(|error| failed(error.into()))?;
    if !exchange.response.status.is_success() {
        print_exchange(&exchange, arguments.include)?;
        return exchange.into_result().map(drop).map_err(failed);
    }
    if arguments.paginate {
        return print_pages(client, exchange).await;
    }
    match arguments.pick {
        Some(pointer) => print_picked(exchange, &pointer),
        None => print_exchange(&exchange, arguments.include),
    }
}

/// Prints one value of the answer.
fn print_picked(exchange: Exchange<Value>, pointer: &str) -> Result<(), Failure> {
    let answer = exchange.into_result()?;
    match answer.pointer(pointer) {
        Some(Value::String(text)) => print_line(text),
        Some(value) => print_json_text(&value.to_string()),
        None => {
            Err(Failure::new(format!("the answer has nothing at {pointer}: it is a JSON pointer, such as /data/id")))
        }
    }
}

fn body(json: Option<&str>, fields: &[(String, String)]) -> Result<Option<String>, Failure> {
    if let Some(json) = json {
        return read_object_or_list(json).map(Some);
    }
    let members: Map<String, Value> = fields.iter().map(|(key, value)| (key.clone(), member(value))).collect();
    Ok((!members.is_empty()).then(|| Value::Object(members).to_string()))
}

/// The value of a member. An id may be written like a number: of digits alone, or with one `e` between them.
fn member(value: &str) -> Value {
    let is_id = value.parse::<ObjectId>().is_ok();
    let read = if is_id { None } else { serde_json::from_str(value).ok() };
    read.unwrap_or_else(|| Value::from(value))
}

fn print_exchange(exchange: &Exchange<Value>, include: bool) -> Result<(), Failure> {
    if include {
        print_line(&format!("HTTP {}", exchange.response.status))?;
        for (name, value) in &exchange.response.headers {
            print_line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
        }
        print_line("")?;
    }
    let body = &exchange.response.body;
    if !body.is_empty() {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if std::io::stdout().is_terminal() => print_json(&value)?,
            _ => print_json_text(&String::from_utf8_lossy(body))?,
        }
    }
    Ok(())
}

/// Prints each record of a list, page by page.
async fn print_pages(client: &Client, first: Exchange<Value>) -> Result<(), Failure> {
    let mut page = first.into_result()?;
    loop {
        let Some(Value::Array(records)) = page.get("data") else {
            return Err(Failure::new("the answer is no list: leave --paginate out"));
        };
        // The feed has a next page even at its end.
        let is_end = records.is_empty();
        for record in records {
            print_json_text(&record.to_string())?;
        }
        let next = page.pointer("/links/next").and_then(Value::as_str).map(str::to_owned);
        let Some(next) = next.filter(|_| !is_end) else { return Ok(()) };
        page = client.get_json(&next).await?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_json_a_text_or_an_id() {
        for (value, read) in [
            ("12", json!(12)),
            ("1.50", json!(1.5)),
            ("null", json!(null)),
            ("[1]", json!([1])),
            ("Acme", json!("Acme")),
            ("600000000000000000000001", json!("600000000000000000000001")),
            ("60000000000000000000e001", json!("60000000000000000000e001")),
        ] {
            assert_eq!(member(value), read, "{value}");
        }
    }
}
