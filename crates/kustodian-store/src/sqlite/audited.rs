//! A snapshot of a SQLite file as it is verified.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kustodian_core::chain::Link;
use kustodian_core::kind::Kind;
use rusqlite::types::{FromSql as _, Value, ValueRef};
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::archive::{Archive, cells, names, value};
use super::packed::Unpacked;
use super::sql::statements;
use crate::copy::CopyError;
use crate::copy::table::Row;
use crate::document::FromBytes;
use crate::verify::cells::{CHAIN, HISTORIES};
use crate::verify::{Audited, Documents, EVENTS, RecordName};

/// The order of an index that holds a record's events together.
const HISTORY_KEY: &str = "org, kind, record, rev";

#[async_trait]
impl Audited for Archive {
    async fn orgs(&mut self) -> Result<BTreeMap<i64, String>, CopyError> {
        self.work(|connection| {
            connection
                .prepare("SELECT key, name FROM orgs")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }

    async fn heads(&mut self) -> Result<BTreeMap<i64, (i64, Option<Link>)>, CopyError> {
        self.work(|connection| {
            let mut heads = connection.prepare("SELECT org, position, link FROM feeds")?;
            let head = |row: &rusqlite::Row<'_>| {
                Ok((row.get(0)?, (row.get(1)?, Link::from_bytes(row.get_ref(2)?.as_blob()?).ok())))
            };
            heads.query_map([], head)?.collect()
        })
        .await
    }

    async fn waiting(&mut self) -> Result<BTreeMap<i64, u64>, CopyError> {
        Ok(BTreeMap::new())
    }

    async fn events(&mut self) -> Result<u64, CopyError> {
        let sql = "SELECT count(*) FROM events INDEXED BY events_by_id";
        self.work(move |connection| connection.query_row(sql, [], |row| row.get(0))).await
    }

    async fn chain(&mut self, after: Option<Row>) -> Result<Vec<Row>, CopyError> {
        self.work(move |connection| {
            let condition = if after.is_some() { "(org, position) > (?, ?)" } else { "1" };
            let names = names(&CHAIN).replace("agrees", "1");
            let sql = format!(
                "SELECT {names} FROM events NOT INDEXED WHERE {condition} ORDER BY org, position LIMIT {EVENTS}"
            );
            let after = after.map(|row| CHAIN.key_of(&row)).unwrap_or_default().into_iter().map(value);
            connection.prepare_cached(&sql)?.query_map(params_from_iter(after), |row| cells(&CHAIN, row))?.collect()
        })
        .await
    }

    async fn histories(&mut self, after: Option<Row>) -> Result<Vec<Row>, CopyError> {
        self.work(move |connection| {
            let condition =
                if after.is_some() { format!("({HISTORY_KEY}) < (?2, ?3, unhex(?1), ?4)") } else { "1".to_owned() };
            let sql = format!(
                "SELECT {} FROM events INDEXED BY events_by_record WHERE {condition} \
                 ORDER BY org DESC, kind DESC, record DESC, rev DESC LIMIT {EVENTS}",
                names(&HISTORIES)
            );
            let after: Vec<Value> =
                after.map(|row| HISTORIES.key_of(&row)).unwrap_or_default().into_iter().map(value).collect();
            connection.prepare_cached(&sql)?.query_map(params_from_iter(after), |row| cells(&HISTORIES, row))?.collect()
        })
        .await
    }

    async fn documents(&mut self, kind: Kind, names: Vec<RecordName>) -> Result<Documents, CopyError> {
        self.work(move |connection| {
            let sql = format!("SELECT rev, document FROM {} WHERE org = ?1 AND id = ?2", statements(kind).table);
            let mut find = connection.prepare_cached(&sql)?;
            let mut documents = Documents::new();
            for (org, id) in names {
                let found =
                    find.query_row(params![org, id], |row| Ok((row.get(0)?, text(row.get_ref(1)?)))).optional()?;
                documents.extend(found.map(|found| ((org, id), found)));
            }
            Ok(documents)
        })
        .await
    }

    async fn untold(&mut self, kind: Kind, limit: usize) -> Result<Vec<(i64, String, i64)>, CopyError> {
        self.work(move |connection| {
            let sql = format!(
                "SELECT org, id, rev FROM {} r WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.org = r.org \
                 AND e.kind = ?1 AND e.record = unhex(r.id) AND e.rev = r.rev) LIMIT ?2",
                statements(kind).table
            );
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            connection
                .prepare(&sql)?
                .query_map(params![kind.as_str(), limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })
        .await
    }

    async fn unchained(&mut self, _: usize) -> Result<Vec<(i64, String, String, i64)>, CopyError> {
        // Here an event has its position from the start.
        Ok(Vec::new())
    }
}

/// A stored text; what cannot be read is given as it is, to be reported as a finding.
fn text(value: ValueRef<'_>) -> String {
    match (Unpacked::column_result(value), value) {
        (Ok(Unpacked(text)), _) => text,
        (Err(_), ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        (Err(_), _) => String::new(),
    }
}
