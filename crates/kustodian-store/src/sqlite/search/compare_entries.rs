//! Comparing the index of the kinds beside customers with their documents.

use std::collections::BTreeSet;

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use rusqlite::{Connection, OptionalExtension};

use super::super::packed::Unpacked;
use super::super::values::Id;
use crate::check::index::{EVERYTHING, Misfounds, WORDS};
use crate::search::entries::{Entries, differing};

const HEAD: &str = "SELECT deleted, customer, company FROM search_records WHERE org = ?1 AND kind = ?2 AND id = ?3";
const TERMS: &str = "SELECT term FROM search_terms WHERE org = ?1 AND kind = ?2 AND record = ?3";

/// Terms of no record.
const LOOSE: &str = "SELECT DISTINCT t.org, t.kind, t.record FROM search_terms t WHERE NOT EXISTS (SELECT 1 FROM search_records r \
     WHERE r.org = t.org AND r.kind = t.kind AND r.id = t.record) LIMIT 1000";

/// Compares every record of these kinds, and what the index holds without a record.
pub(super) fn compare_entries(connection: &Connection, misfounds: &mut Misfounds) -> rusqlite::Result<()> {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_in_entries()) {
        let table = kind.spec().table;
        let mut page = connection.prepare(&format!("SELECT org, id, document FROM {table}"))?;
        let mut rows = page.query([])?;
        while let Some(row) = rows.next()? {
            let (org, id) = (OrgKey(row.get(0)?), row.get::<_, Id>(1)?.0);
            // What cannot be read is reported by others.
            let Ok(Unpacked(document)) = row.get(2) else { continue };
            let Ok(should) = kind.search_row_of(&document) else { continue };
            let is = held(connection, (org, kind, id))?;
            for part in differing(should.as_ref().map(Entries::of).as_ref(), is.as_ref()) {
                misfounds.note_of(kind, org.0, id, part);
            }
        }
        let stray = format!(
            "SELECT r.org, r.id FROM search_records r WHERE r.kind = ?1 AND NOT EXISTS (SELECT 1 FROM {table} t \
             WHERE t.org = r.org AND t.id = lower(hex(r.id))) LIMIT 1000"
        );
        let mut stray = connection.prepare(&stray)?;
        let mut rows = stray.query([kind.as_str()])?;
        while let Some(row) = rows.next()? {
            misfounds.note_of(kind, row.get(0)?, ObjectId::from_bytes(row.get(1)?), EVERYTHING);
        }
    }
    let mut loose = connection.prepare(LOOSE)?;
    let mut rows = loose.query([])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        if let Some(kind) = Kind::named(&kind) {
            misfounds.note_of(kind, row.get(0)?, ObjectId::from_bytes(row.get(2)?), WORDS);
        }
    }
    Ok(())
}

/// What the index holds of a record.
fn held(connection: &Connection, (org, kind, id): (OrgKey, Kind, ObjectId)) -> rusqlite::Result<Option<Entries>> {
    let name = (org.0, kind.as_str(), id.as_bytes());
    let id_of = |bytes: Option<[u8; 12]>| bytes.map(ObjectId::from_bytes);
    let head = connection.prepare_cached(HEAD)?.query_row(name, |row| {
        Ok(Entries {
            deleted: row.get(0)?,
            customer: id_of(row.get(1)?),
            company: id_of(row.get(2)?),
            terms: BTreeSet::new(),
        })
    });
    let Some(head) = head.optional()? else { return Ok(None) };
    let mut terms = connection.prepare_cached(TERMS)?;
    let terms = terms.query_map(name, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Entries { terms, ..head }))
}
