//! Comparing the index of the kinds beside customers with their documents, some hundreds at a time.

use std::collections::{BTreeSet, HashMap};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use tokio_postgres::{Error, Row};

use super::super::connection::Connection;
use super::super::values::{Id, Value};
use crate::check::index::{EVERYTHING, Misfounds, WORDS};
use crate::search::entries::{Entries, differing, digest};

/// How many records are read at a time.
const RECORDS: i64 = 500;

/// $1 kind, $2 ids.
const HEADS: &str = "SELECT org, id, deleted, customer, company, conversation, tsvector_to_array(words) FROM search_records \
     WHERE kind = $1 AND id = ANY($2)";

/// $1 kind, $2 ids.
const TERMS: &str = "SELECT org, record, term FROM search_terms WHERE kind = $1 AND record = ANY($2)";

/// Terms of no record. Both tables are distributed by the same column.
const LOOSE: &str = "SELECT DISTINCT t.org, t.kind, t.record FROM search_terms t LEFT JOIN search_records r \
     ON r.org = t.org AND r.kind = t.kind AND r.id = t.record AND r.home = t.home WHERE r.id IS NULL LIMIT 1000";

/// Compares every record of these kinds, and what the index holds without a record.
pub(super) async fn compare_entries(connection: &Connection, misfounds: &mut Misfounds) -> Result<(), Error> {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in_entries()) {
        let table = kind.spec().table;
        let page =
            format!("SELECT org, id, document FROM {table} WHERE (org, id) > ($1, $2) ORDER BY org, id LIMIT $3");
        let mut last = (i64::MIN, String::new());
        loop {
            let values = [Value::Number(last.0), Value::Text(&last.1), Value::Number(RECORDS)];
            let rows = connection.unnamed(&page, &values).await?.rows;
            let read = |row: &Row| Ok((OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0));
            let names = rows.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
            let Some((org, id)) = names.last() else { break };
            last = (org.0, id.to_string());
            let mut held = held(connection, kind, names.iter().map(|(_, id)| *id).collect()).await?;
            for (row, (org, id)) in rows.iter().zip(names) {
                let is = held.remove(&(org, id));
                // What cannot be read is reported by others.
                let Ok(should) = kind.search_row_of(row.try_get(2)?) else { continue };
                for part in differing(should.map(|row| Entries::of(org, &row)).as_ref(), is.as_ref()) {
                    misfounds.note_of(kind, org.0, id, part);
                }
            }
        }
        let same = if kind.spec().has_home() { " AND t.home = r.home" } else { " AND t.id = r.home" };
        let stray = format!(
            "SELECT r.org, r.id FROM search_records r LEFT JOIN {table} t ON t.org = r.org AND t.id = r.id{same} \
             WHERE r.kind = $1 AND t.id IS NULL LIMIT 1000"
        );
        for row in &connection.unnamed(&stray, &[Value::Text(kind.as_str())]).await?.rows {
            misfounds.note_of(kind, row.try_get(0)?, row.try_get::<_, Id>(1)?.0, EVERYTHING);
        }
    }
    for row in &connection.unnamed(LOOSE, &[]).await?.rows {
        if let Some(kind) = Kind::named(row.try_get(1)?) {
            misfounds.note_of(kind, row.try_get(0)?, row.try_get::<_, Id>(2)?.0, WORDS);
        }
    }
    Ok(())
}

/// What the index holds of these records.
async fn held(
    connection: &Connection,
    kind: Kind,
    ids: Vec<ObjectId>,
) -> Result<HashMap<(OrgKey, ObjectId), Entries>, Error> {
    let values = [Value::Text(kind.as_str()), Value::Ids(ids)];
    let mut held = HashMap::new();
    for row in &connection.unnamed(HEADS, &values).await?.rows {
        let id = |place| Ok::<_, Error>(row.try_get::<_, Option<Id>>(place)?.map(|id| id.0));
        let (customer, company, conversation) = (id(3)?, id(4)?, id(5)?);
        let words: BTreeSet<String> =
            row.try_get::<_, Option<Vec<String>>>(6)?.unwrap_or_default().into_iter().collect();
        let (deleted, terms, digest) = (row.try_get(2)?, BTreeSet::new(), digest(&words));
        let entries = Entries { deleted, customer, company, conversation, terms, words, digest };
        held.insert((OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0), entries);
    }
    for row in &connection.unnamed(TERMS, &values).await?.rows {
        if let Some(entries) = held.get_mut(&(OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0)) {
            entries.terms.insert(row.try_get(2)?);
        }
    }
    Ok(held)
}
