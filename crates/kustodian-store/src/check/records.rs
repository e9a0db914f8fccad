//! Checks records one by one: their columns against their documents, and their claims.

use std::collections::BTreeMap;

use kustodian_core::kind::Kind;
use kustodian_core::resource;
use kustodian_core::store::OrgKey;
use kustomer_api::{ObjectId, Timestamp};
use serde::Deserialize;

use super::CheckError;
use super::claims::Claimed;
use super::finding::{Finding, Findings};
use crate::copy::table::{Cell, Row, Table, table_of};
use crate::copy::{CopyProgress, CopyStep, Source};

/// The parts of a document that are also in columns.
#[derive(Deserialize)]
struct Document {
    id: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    rev: Option<i64>,
    deleted: Option<bool>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

/// A record's row.
struct Record<'a> {
    org: i64,
    id: &'a str,
    rev: i64,
    deleted: bool,
    created_at: i64,
    updated_at: i64,
    document: &'a str,
    /// The values of the kind's columns, in their order.
    columns: Vec<(&'static str, Option<&'a str>)>,
}

impl<'a> Record<'a> {
    fn of(kind: Kind, table: &Table, row: &'a Row) -> Option<Self> {
        let cell = |column: &str| table.place(column).and_then(|place| row.get(place));
        let number = |column: &str| if let Some(Cell::Integer(number)) = cell(column) { Some(*number) } else { None };
        let text = |column: &str| if let Some(Cell::Text(text)) = cell(column) { Some(text.as_str()) } else { None };
        Some(Self {
            org: number("org")?,
            id: text("id")?,
            rev: number("rev")?,
            deleted: if let Some(Cell::Boolean(deleted)) = cell("deleted") { *deleted } else { return None },
            created_at: number("created_at")?,
            updated_at: number("updated_at")?,
            document: text("document")?,
            columns: kind.spec().columns.iter().map(|column| (column.name, text(column.name))).collect(),
        })
    }
}

/// Reads every record of one kind, in the order of their ids; how many of each org are live.
pub(super) async fn look_at(
    kind: Kind,
    source: &mut dyn Source,
    claimed: &mut Claimed,
    findings: &mut Findings,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<BTreeMap<i64, i64>, CheckError> {
    let mut live = BTreeMap::new();
    let table = table_of(kind);
    let total = source.count(table).await?;
    let (mut done, mut after, mut former) = (0, None, None);
    loop {
        tell(CopyProgress { step: CopyStep::Verify, table: table.name, done, total: total.max(done) });
        let rows = source.rows(table, after.take()).await?;
        let Some(last) = rows.last() else { return Ok(live) };
        done += rows.len() as u64;
        for row in &rows {
            let key = Some(table.key_of(row));
            if let Some(record) = Record::of(kind, table, row) {
                if key == former {
                    findings.note(Finding::Twice { org: record.org, kind, record: record.id.to_owned() });
                }
                *live.entry(record.org).or_default() += i64::from(!record.deleted);
                look_at_one(kind, &record, claimed, findings);
            }
            former = key;
        }
        after = Some(table.key_of(last));
    }
}

fn look_at_one(kind: Kind, record: &Record<'_>, claimed: &mut Claimed, findings: &mut Findings) {
    let Record { org, id, .. } = *record;
    let unreadable = || Finding::Unreadable { org, kind, record: id.to_owned() };
    let (Ok(owner), Ok(document)) = (id.parse::<ObjectId>(), resource::read::<Document>(record.document)) else {
        return findings.note(unreadable());
    };
    let Attributes { rev, deleted, created_at, updated_at } = document.attributes;
    let agreements = [
        ("id", kind.is_shown_as(owner, &document.id)),
        ("rev", rev.is_none_or(|rev| rev == record.rev)),
        ("deleted", deleted.is_none_or(|deleted| deleted == record.deleted)),
        ("created_at", created_at.is_none_or(|at| at.as_millis() == record.created_at)),
        ("updated_at", updated_at.is_none_or(|at| at.as_millis() == record.updated_at)),
    ];
    let Ok(columns) = kind.columns_of(record.document) else { return findings.note(unreadable()) };
    let narrowing = record.columns.iter().map(|(column, value)| (*column, columns.get(column) == *value));
    for (column, _) in agreements.into_iter().chain(narrowing).filter(|(_, agrees)| !agrees) {
        findings.note(Finding::Column { org, kind, record: id.to_owned(), column });
    }
    if record.deleted {
        return;
    }
    match kind.claims_of(OrgKey(org), owner, record.document) {
        Ok(claims) => claimed.expect(org, claims),
        Err(_) => findings.note(unreadable()),
    }
}
