//! `kustodian export`: the records of an org as files, over the API of a running server.

mod file;
#[cfg(feature = "parquet")]
mod parquet;
mod snapshot;
mod table;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kustodian_core::kind::Kind;
use kustomer_api::klass::ListKlasses;
use kustomer_api::query::PageQuery;
use kustomer_api::{ObjectId, operation};
use kustomer_client::{Client, Method};
use serde_json::json;

use self::file::Target;
use self::snapshot::Snapshot;
use crate::arguments::OutputArguments;
use crate::customers::{self, ServerArguments};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};

/// What to export, and where to.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The kind of records, such as customers; all for every kind that the API lists but bulk jobs and outbound webhooks
    #[arg(value_parser = kinds)]
    kind: Kinds,
    #[command(flatten)]
    server: ServerArguments,
    /// How to write the files
    #[arg(long, default_value = "jsonl")]
    format: Format,
    /// The folder for the files, which is made when it is not there; files of the same names in it are replaced
    #[arg(long, value_name = "FOLDER", value_parser = folder)]
    out: PathBuf,
    /// Only what changed behind this position, as an earlier export printed it; of deleted records the id and deleted: true
    #[arg(long, value_name = "POSITION")]
    since: Option<ObjectId>,
    #[command(flatten)]
    output: OutputArguments,
}

/// The format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A record in each line, as the API answers it, with the names of tags.
    Jsonl,
    /// A table, safe to open in a spreadsheet.
    Csv,
    /// A table of typed columns, for programs that analyse data.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// A folder by its name. Other programs write to standard output for `-`.
fn folder(text: &str) -> Result<PathBuf, String> {
    match text {
        "" | "-" => Err("an export is several files: name a folder, such as ./export".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}

/// The kinds to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kinds(Vec<Kind>);

/// The kinds that are exported: those whose records the API lists. Bulk jobs are about requests, and are forgotten soon;
/// webhooks hold the keys of their signatures.
fn exported() -> impl Iterator<Item = Kind> {
    let is_listed = |kind: &Kind| {
        let path = path_of(*kind);
        !kind.spec().is_single()
            && operation::all().any(|operation| operation.method == Method::GET && operation.path == path)
    };
    let is_left_out = |kind: &Kind| matches!(kind, Kind::Bulk | Kind::OutboundWebhook);
    Kind::ALL.into_iter().filter(move |kind| !is_left_out(kind)).filter(is_listed)
}

fn kinds(text: &str) -> Result<Kinds, String> {
    let found: Vec<Kind> = exported().filter(|kind| text == "all" || kind.spec().table == text).collect();
    if found.is_empty() {
        let names: Vec<&str> = exported().map(|kind| kind.spec().table).collect();
        return Err(format!("there are: all, {}", names.join(", ")));
    }
    Ok(Kinds(found))
}

/// The path of a kind's list, without the version.
fn path_of(kind: Kind) -> &'static str {
    kind.spec().path.strip_prefix("/v1").unwrap_or(kind.spec().path)
}

/// Exports, and prints the files.
///
/// # Errors
/// When the server refuses, or a file cannot be written.
pub(crate) async fn run(arguments: ExportArguments) -> Result<(), Failure> {
    let ExportArguments { kind, server, format, out, since, output } = arguments;
    let client = customers::client(server)?;
    let failed = |error: std::io::Error| Failure::new(format!("{} cannot be written: {error}", out.display()));
    fs::create_dir_all(&out).map_err(failed)?;
    let mut snapshot = Snapshot::now(&client).await?;
    let tags = tag_names(&client).await?;
    let changed = match since {
        Some(earlier) => Some(snapshot.since(earlier).await?),
        None => None,
    };
    let mut files = Vec::new();
    for kind in kind.0 {
        let lists = lists_of(&client, kind).await?;
        for (at, (name, path)) in lists.iter().enumerate() {
            let mut target = Target::begin(&out, name, format, &tags)?;
            match &changed {
                Some(changed) => snapshot.write_changed(changed, kind, path, &mut target).await?,
                None => snapshot.write(kind, path, at + 1 == lists.len(), &mut target).await?,
            }
            files.push(target.finish()?);
        }
    }
    let position = snapshot.position().map(|position| position.to_string());
    match output.output {
        Output::Json => {
            let files: Vec<_> = files.iter().map(|(name, rows)| json!({ "file": name, "rows": rows })).collect();
            print_json(&json!({ "files": files, "position": position }))
        }
        Output::Table => {
            print_table(&["FILE", "ROWS"], files.into_iter().map(|(name, rows)| vec![name, rows.to_string()]))?;
            match position {
                Some(position) => {
                    print(&format!("position {position}; --since {position} exports what changes from now on"))
                }
                None => Ok(()),
            }
        }
    }
}

/// The lists of a kind: the name of the file of each, and its path. Each klass has a list of its kobjects.
async fn lists_of(client: &Client, kind: Kind) -> Result<Vec<(String, String)>, Failure> {
    let (name, path) = (kind.spec().table, path_of(kind));
    if !path.contains("{name}") {
        return Ok(vec![(name.to_owned(), path.to_owned())]);
    }
    let mut klasses = client.klasses().list(&ListKlasses::default()).walk();
    let mut lists = Vec::new();
    while let Some(klass) = klasses.next().await? {
        let Some(klass) = klass.attributes.name.value().cloned() else { continue };
        lists.push((format!("{name}.{klass}"), path.replace("{name}", &klass)));
    }
    Ok(lists)
}

/// The names of the tags by their ids: an id says nothing where the record is brought to.
async fn tag_names(client: &Client) -> Result<HashMap<String, String>, Failure> {
    let (mut tags, mut names) = (client.tags().list(&PageQuery::default()).walk(), HashMap::new());
    while let Some(tag) = tags.next().await? {
        names.extend(tag.attributes.name.value().map(|name| (String::from(&tag.id), name.clone())));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imported_kind_is_exported_too() {
        let names: Vec<&str> = exported().map(|kind| kind.spec().table).collect();
        for name in
            ["customers", "companies", "klasses", "kobjects", "conversations", "messages", "notes", "tags", "users"]
        {
            assert!(names.contains(&name), "{name} is among {names:?}");
        }
        assert!(kinds("customer").unwrap_err().contains("customers"));
    }
}
