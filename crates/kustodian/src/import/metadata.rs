//! Metadata out of a file, as `kustodian export metadata` writes it: a line for each kind of record. There are few, so each is
//! written by a request of its own, over what the server says already; to write it twice changes nothing.

use kustodian_core::unchanged;
use kustomer_api::metadata::{MAX_PER_WRITE, METADATA_INPUT};
use kustomer_client::{Client, Error, Method};
use serde_json::{Map, Value};

use super::counts::Counts;
use super::item::faults;
use super::jsonl::JsonRows;
use super::progress::Progress;
use super::reject::Rejects;
use super::rows::{Content, Row, RowFault, Rows};
use super::source::{Format, Source};
use super::{ImportArguments, ends};
use crate::customers;
use crate::failure::Failure;

/// The metadata of a kind of record, with its name.
struct Said {
    name: String,
    /// Requests to make one after the other: one describes a hundred attributes at most.
    bodies: Vec<Map<String, Value>>,
}

/// Imports, and prints what became of the lines.
///
/// # Errors
/// When the file or the server does not do; [`Failure::Partial`] when some lines were refused.
pub(super) async fn run(arguments: ImportArguments) -> Result<(), Failure> {
    // With --ids nothing is to do: metadata has names.
    let ImportArguments { map, resume, klass, delimiter, .. } = &arguments;
    if !map.is_empty() || *resume || klass.is_some() || delimiter.is_some() {
        let unfit = "--map, --resume, --klass and --delimiter are about rows of records: metadata has names of its own, \
            and may be imported again as a whole";
        return Err(Failure::new(unfit));
    }
    let source = Source::of(&arguments.file);
    if arguments.format.or_else(|| source.format()) != Some(Format::Jsonl) {
        return Err(Failure::new(
            "metadata is JSON Lines, as kustodian export metadata writes it: --format jsonl says so",
        ));
    }
    let client = match arguments.dry_run {
        true => None,
        false => Some(customers::client(arguments.server.clone())?),
    };
    let progress = Progress::begin(source.length());
    let mut rows = Rows::Json(JsonRows::new(source.open(progress.bytes())?));
    let mut rejects = Rejects::begin(arguments.reject.as_deref(), &rows, None)?;
    let mut counts = Counts::default();
    while let Some(read) = rows.next()? {
        let done = match &read {
            Ok(row) => match said(row) {
                Ok(said) => write(client.as_ref(), row.line, said).await?,
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault.clone()),
        };
        match done {
            Ok(true) => counts.created += 1,
            Ok(false) => counts.updated += 1,
            Err(fault) => {
                counts.refused += 1;
                progress.suspend(|| rejects.take(read.as_ref().ok(), &fault))?;
            }
        }
        progress.show(&counts);
    }
    rejects.flush()?;
    progress.end();
    ends(&counts, arguments.output.output, arguments.dry_run, None)
}

/// What a line says, checked as the server checks it.
fn said(row: &Row) -> Result<Said, RowFault> {
    let fault = |reason: String| RowFault::of_row(row.line, reason);
    let Content::Object(object) = &row.content else { return Err(fault("the line is no JSON object".to_owned())) };
    let name = object.get("id").and_then(Value::as_str).map(str::to_owned);
    let (Some(name), Some(Value::Object(attributes))) = (name, object.get("attributes")) else {
        let reason =
            "a line needs id, such as customer or kobject.order, and attributes: kustodian export metadata writes both";
        return Err(fault(reason.to_owned()));
    };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return Err(fault(
            "the id is none of metadata: it is a kind of record, or kobject. and the name of a klass".to_owned(),
        ));
    }
    let mut bodies = vec![Map::new()];
    for (member, value) in attributes {
        match (member.as_str(), value) {
            ("properties" | "standardProperties", Value::Object(described)) => {
                let described: Vec<_> = described.iter().collect();
                for (at, part) in described.chunks(MAX_PER_WRITE).enumerate() {
                    if bodies.len() <= at {
                        bodies.push(Map::new());
                    }
                    let part = part.iter().map(|(key, about)| ((*key).clone(), (*about).clone())).collect();
                    bodies[at].insert(member.clone(), Value::Object(part));
                }
            }
            ("properties" | "standardProperties" | "relationships" | "validations", value) => {
                bodies[0].insert(member.clone(), value.clone());
            }
            // The server keeps them.
            ("rev" | "deleted" | "createdAt" | "updatedAt" | "modifiedAt", _) => {}
            (unknown, _) => return Err(fault(format!("{unknown} is no part of metadata"))),
        }
    }
    for body in &bodies {
        if let Some(wrong) = faults(&METADATA_INPUT, body).into_iter().next() {
            return Err(fault(format!("{} ({})", wrong.title, wrong.pointer)));
        }
    }
    Ok(Said { name, bodies })
}

/// Writes metadata: whether that kind had none before, or why the server refuses it.
async fn write(client: Option<&Client>, line: u64, said: Said) -> Result<Result<bool, RowFault>, Failure> {
    // A dry run sends nothing.
    let Some(client) = client else { return Ok(Ok(true)) };
    let path = format!("/metadata/{}", said.name);
    let fault = |error: Error| match is_about_line(&error) {
        true => Ok(Err(RowFault::of_row(line, error.to_string()))),
        false => Err(Failure::from(error)),
    };
    // Of some kinds there is metadata before anybody wrote it, at no revision.
    let is_new = match client.request(Method::GET, &path).await {
        Ok(there) => there.pointer("/data/attributes/rev").and_then(Value::as_u64).unwrap_or_default() == 0,
        Err(error) if error.status() == Some(404) => true,
        // A key may write what it may not read: then it is counted as an update.
        Err(error) if error.status() == Some(403) => false,
        Err(error) => return fault(error),
    };
    for body in said.bodies {
        let call = client.request(Method::PUT, &path).json(Value::Object(body).to_string());
        // A file that is imported again writes what changed.
        if let Err(error) = call.header(unchanged::HEADER, unchanged::ASKS).await {
            return fault(error);
        }
    }
    Ok(Ok(is_new))
}

/// Whether a refusal is about this line: another line may be taken.
fn is_about_line(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 404 | 409 | 413 | 422))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> Row {
        let Value::Object(object) = value else { panic!() };
        Row { line: 3, content: Content::Object(object), text: String::new() }
    }

    #[test]
    fn descriptions_of_many_attributes_are_several_requests() {
        let properties: Map<String, Value> = (0..250).map(|at| (format!("a{at}Str"), json!({}))).collect();
        let attributes =
            json!({ "properties": properties, "validations": [], "rev": 7, "createdAt": "2026-01-01T00:00:00.000Z" });
        let said = said(&row(json!({ "type": "metadata", "id": "customer", "attributes": attributes }))).unwrap();
        let sizes: Vec<usize> =
            said.bodies.iter().map(|body| body["properties"].as_object().map_or(0, Map::len)).collect();
        assert_eq!((said.name.as_str(), sizes), ("customer", vec![100, 100, 50]));
        assert!(said.bodies[0].contains_key("validations") && !said.bodies[1].contains_key("validations"));
        assert!(said.bodies.iter().all(|body| !body.contains_key("rev")));
    }

    #[test]
    fn a_line_that_is_no_metadata_is_refused_with_the_reason() {
        for (line, word) in [
            (json!({ "id": "customer" }), "attributes"),
            (json!({ "attributes": {} }), "id"),
            (json!({ "id": "customer", "attributes": { "colour": 1 } }), "colour"),
            (
                json!({ "id": "customer", "attributes": { "properties": { "aStr": { "enumeration": 7 } } } }),
                "enumeration",
            ),
        ] {
            let refused = said(&row(line)).err().unwrap().to_string();
            assert!(refused.starts_with("line 3: ") && refused.contains(word), "{refused}");
        }
    }
}
