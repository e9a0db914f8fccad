//! Merging customers, undoing it, and who may be the same person.

use kustomer_api::ObjectId;
use kustomer_api::query::PageQuery;
use kustomer_client::Client;

use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};

/// Merges `source` into `target`; with `dry_run`, shows what would be lost.
pub(super) async fn merge(
    client: &Client,
    (source, target): (ObjectId, ObjectId),
    dry_run: bool,
    output: Output,
) -> Result<(), Failure> {
    if dry_run {
        let preview = client.customers().preview_merge(source, target).await?;
        return match output {
            Output::Json => print_json(&preview),
            Output::Table if preview.meta.losing.is_empty() => print("nothing would be lost"),
            Output::Table => {
                let losing = preview.meta.losing.into_iter();
                print_table(&LOSING, losing.map(|lost| vec![lost.customer, lost.attribute, lost.value.to_string()]))
            }
        };
    }
    let merge = client.customers().merge(source, target).await?.data;
    match output {
        Output::Json => print_json(&merge),
        Output::Table => {
            let id = &merge.id;
            print(&format!("merged {source} into {target}; kustodian customers undo-merge {id} undoes it"))
        }
    }
}

const LOSING: [&str; 3] = ["LOST OF", "ATTRIBUTE", "VALUE"];

/// Undoes a merge; with `dry_run`, shows what would not return.
pub(super) async fn undo(client: &Client, merge: ObjectId, dry_run: bool, output: Output) -> Result<(), Failure> {
    let merges = client.customer_merges();
    let undone = if dry_run { merges.preview_undo(merge).await? } else { merges.undo(merge).await? };
    if output == Output::Json {
        return print_json(&undone);
    }
    let kept = undone.meta.map(|meta| meta.kept).unwrap_or_default();
    if kept.is_empty() {
        return print(if dry_run { "everything would return" } else { "undone: everything has returned" });
    }
    let rows = kept.iter().map(|identity| serde_json::to_string(identity).map(|text| vec![text]));
    let rows: Vec<Vec<String>> = rows.collect::<Result<_, _>>().map_err(|error| Failure::new(error.to_string()))?;
    print_table(&["DOES NOT RETURN"], rows)
}

/// Prints who may be the same person.
pub(super) async fn duplicates(client: &Client, id: ObjectId, limit: u32, output: Output) -> Result<(), Failure> {
    let page = PageQuery { page: None, page_size: Some(limit) };
    let found = client.customers().duplicates(id, &page).await?;
    match output {
        Output::Json => print_json(&found),
        Output::Table => print_table(
            &["ID", "NAME", "SCORE", "REASONS"],
            found.data.into_iter().map(|candidate| {
                let reasons = candidate.attributes.reasons.iter();
                let reasons: Vec<String> = reasons.map(|reason| format!("{} {}", reason.name, reason.value)).collect();
                let score = candidate.attributes.score.to_string();
                vec![candidate.id.into(), candidate.attributes.display_name, score, reasons.join(", ")]
            }),
        ),
    }
}
