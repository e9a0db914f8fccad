//! A snapshot of a PostgreSQL database as it is verified.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kustodian_core::chain::Link;
use kustodian_core::kind::{Kind, Placement};
use tokio_postgres::{Error, Row as Returned};

use super::archive::{Archive, LAST, PLACED, failed, value};
use super::events::SAME;
use super::sql::statements;
use super::values::Value;
use crate::copy::CopyError;
use crate::copy::table::{Cell, Row};
use crate::document::FromBytes;
use crate::verify::cells::{CHAIN, HISTORIES};
use crate::verify::{Audited, Documents, EVENTS, RecordName};

impl Archive {
    async fn ask<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Returned) -> Result<T, Error>,
    ) -> Result<Vec<T>, CopyError> {
        let answer = self.connection.unnamed(sql, values).await.map_err(failed)?;
        answer.rows.iter().map(read).collect::<Result<_, _>>().map_err(failed)
    }

    /// How many live records of each kind each org has by the stored counts: (org, kind) → number.
    pub(crate) async fn totals(&self) -> Result<BTreeMap<(i64, String), i64>, CopyError> {
        let read = |row: &Returned| Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get::<_, i64>(2)?));
        let counted = self.ask("SELECT org, kind, live FROM live_counts", &[], read).await?;
        let mut totals: BTreeMap<(i64, String), i64> = counted.into_iter().collect();
        // Where tables are spread, what waits may have a position already, and be counted. By itself: feeds and outbox are
        // distributed differently.
        let ends: BTreeMap<i64, i64> =
            self.ask("SELECT org, position FROM feeds", &[], pair).await?.into_iter().collect();
        let waiting =
            format!("SELECT o.org, o.kind, o.delta, p.position FROM outbox o LEFT JOIN positions p ON {PLACED}");
        let read = |row: &Returned| {
            Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get::<_, i64>(2)?, row.try_get::<_, Option<i64>>(3)?))
        };
        for ((org, kind), delta, position) in self.ask(&waiting, &[], read).await? {
            if position.is_none_or(|position| ends.get(&org).is_none_or(|end| position > *end)) {
                *totals.entry((org, kind)).or_default() += delta;
            }
        }
        Ok(totals)
    }
}

fn pair<K, V>(row: &Returned) -> Result<(K, V), Error>
where
    K: for<'a> tokio_postgres::types::FromSql<'a>,
    V: for<'a> tokio_postgres::types::FromSql<'a>,
{
    Ok((row.try_get(0)?, row.try_get(1)?))
}

#[async_trait]
impl Audited for Archive {
    async fn orgs(&mut self) -> Result<BTreeMap<i64, String>, CopyError> {
        Ok(self.ask("SELECT key, name FROM orgs", &[], pair).await?.into_iter().collect())
    }

    async fn heads(&mut self) -> Result<BTreeMap<i64, (i64, Option<Link>)>, CopyError> {
        let head = |row: &Returned| Ok((row.try_get(0)?, (row.try_get(1)?, Link::from_bytes(row.try_get(2)?).ok())));
        Ok(self.ask(LAST, &[], head).await?.into_iter().collect())
    }

    async fn waiting(&mut self) -> Result<BTreeMap<i64, u64>, CopyError> {
        let sql = format!(
            "SELECT o.org, count(*) FROM outbox o WHERE o.id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM positions p WHERE {PLACED}) GROUP BY o.org"
        );
        let counts = self.ask(&sql, &[], pair::<i64, i64>).await?;
        Ok(counts.into_iter().map(|(org, count)| (org, u64::try_from(count).unwrap_or_default())).collect())
    }

    async fn events(&mut self) -> Result<u64, CopyError> {
        let count = self.ask("SELECT count(*) FROM events", &[], |row| row.try_get::<_, i64>(0)).await?;
        Ok(count.first().and_then(|count| u64::try_from(*count).ok()).unwrap_or_default())
    }

    async fn chain(&mut self, after: Option<Row>) -> Result<Vec<Row>, CopyError> {
        // A position may be held twice, by different rows: they are distinguished by their records.
        let key = "p.org, p.position, p.record, p.kind, p.rev";
        let after = after.map(|row| {
            let place = |name: &&str| CHAIN.place(name).and_then(|place| row.get(place).cloned());
            ["org", "position", "record", "kind", "rev"].iter().filter_map(place).collect::<Vec<Cell>>()
        });
        let condition = if after.is_some() { format!("({key}) > ($1, $2, $3, $4, $5)") } else { "true".to_owned() };
        let column = |(name, _): &(&str, _)| match *name {
            // Of the position, so that one without an event is met all the same.
            "org" | "position" | "link" | "record" | "kind" | "rev" => format!("p.{name}"),
            "agrees" => {
                "coalesce(e.id = p.id AND e.at = p.at AND e.actor IS NOT DISTINCT FROM p.actor, false)".to_owned()
            }
            name => format!("e.{name}"),
        };
        let columns: Vec<String> = CHAIN.columns.iter().map(column).collect();
        // The page is not cut off before the join: citus would then bring all events together on one machine.
        let sql = format!(
            "SELECT {} FROM positions p LEFT JOIN events e ON {SAME} WHERE {condition} ORDER BY {key} LIMIT {EVENTS}",
            columns.join(", ")
        );
        let values: Vec<Value<'_>> = after.iter().flatten().map(value).collect();
        self.select(&CHAIN, &sql, &values).await
    }

    async fn histories(&mut self, after: Option<Row>) -> Result<Vec<Row>, CopyError> {
        let key = HISTORIES.key.join(", ");
        let after = after.map(|row| HISTORIES.key_of(&row));
        let condition = if after.is_some() { format!("({key}) < ($1, $2, $3, $4)") } else { "true".to_owned() };
        let sql = format!(
            "SELECT {} FROM events WHERE {condition} ORDER BY record DESC, org DESC, kind DESC, rev DESC LIMIT {EVENTS}",
            HISTORIES.names()
        );
        let values: Vec<Value<'_>> = after.iter().flatten().map(value).collect();
        self.select(&HISTORIES, &sql, &values).await
    }

    async fn documents(&mut self, kind: Kind, names: Vec<RecordName>) -> Result<Documents, CopyError> {
        let sql = format!(
            "SELECT r.org, r.id, r.rev, r.document FROM {} r JOIN unnest($1, $2) AS w (org, id) \
             ON w.org = r.org AND w.id = r.id",
            statements(kind).table
        );
        let orgs = Value::Numbers(names.iter().map(|(org, _)| *org).collect());
        let ids = Value::Texts(names.iter().map(|(_, id)| id.as_str()).collect());
        let document = |row: &Returned| Ok(((row.try_get(0)?, row.try_get(1)?), (row.try_get(2)?, row.try_get(3)?)));
        Ok(self.ask(&sql, &[orgs, ids], document).await?.into_iter().collect())
    }

    async fn untold(&mut self, kind: Kind, limit: usize) -> Result<Vec<(i64, String, i64)>, CopyError> {
        let table = statements(kind).table;
        let told = "e.record = r.id AND e.org = r.org AND e.rev = r.rev";
        let sql = match kind.spec().placement {
            Placement::ById => format!(
                "SELECT r.org, r.id, r.rev FROM {table} r WHERE NOT EXISTS (SELECT 1 FROM events e WHERE {told} \
                 AND e.kind = $1) LIMIT {limit}"
            ),
            // A table that is everywhere has no row whose events are beside it: citus refuses a subquery for each, and
            // brings the events of the kind to one machine when they are a table of their own.
            Placement::Everywhere | Placement::ByHome => format!(
                "SELECT r.org, r.id, r.rev FROM {table} r LEFT JOIN \
                 (SELECT org, record, rev FROM events WHERE kind = $1 OFFSET 0) e ON {told} \
                 WHERE e.record IS NULL LIMIT {limit}"
            ),
        };
        let name = |row: &Returned| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        self.ask(&sql, &[Value::Text(kind.as_str())], name).await
    }

    async fn unchained(&mut self, limit: usize) -> Result<Vec<(i64, String, String, i64)>, CopyError> {
        let of = |other: &str| format!("NOT EXISTS (SELECT 1 FROM {other} p WHERE {SAME} AND p.id = e.id)");
        let sql = format!(
            "SELECT e.org, e.kind, e.record, e.rev FROM events e WHERE {} AND {} LIMIT {limit}",
            of("positions"),
            of("outbox")
        );
        let name = |row: &Returned| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
        self.ask(&sql, &[], name).await
    }
}
