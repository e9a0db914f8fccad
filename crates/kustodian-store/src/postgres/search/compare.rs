//! Comparing the search entries of customers with their documents, some hundreds at a time.

use std::collections::{BTreeSet, HashMap};

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use serde_json::{Map, Value as Json};
use tokio_postgres::{Error, Row};

use super::super::Archive;
use super::super::archive::failed;
use super::super::values::{Id, Value};
use super::compare_entries::compare_entries;
use super::row::{json_row, read_rows};
use super::slots::{FIND_SLOTS, read_slots};
use crate::check::index::{EVERYTHING, Misfounds, WORDS};
use crate::copy::{CopyError, CopyProgress, CopyStep};
use crate::search::Slots;

/// How many customers are read at a time.
const CUSTOMERS: i64 = 500;

/// $1 org, $2 id, $3 how many → the next customers.
const PAGE: &str = "SELECT org, id, document FROM customers WHERE (org, id) > ($1, $2) ORDER BY org, id LIMIT $3";

/// $1 how many → rows without a customer. Both tables are distributed by the same column.
const STRAY: &str = "SELECT s.org, s.id FROM customer_search s LEFT JOIN customers c ON c.org = s.org AND c.id = s.id \
     WHERE c.id IS NULL LIMIT $1";

/// A row of the index, by the names of its columns and without nulls.
type Object = Map<String, Json>;

impl Archive {
    /// Compares the search entries of customers with their documents.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn compare_index(
        &mut self,
        tell: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> Result<Misfounds, CopyError> {
        let total = u64::try_from(self.number("SELECT count(*) FROM customers").await?).unwrap_or_default();
        let mut misfounds = Misfounds::default();
        let mut slots: HashMap<OrgKey, Slots> = HashMap::new();
        let (mut done, mut last) = (0, (i64::MIN, String::new()));
        loop {
            tell(CopyProgress { step: CopyStep::Verify, table: "customer_search", done, total: total.max(done) });
            let values = [Value::Number(last.0), Value::Text(&last.1), Value::Number(CUSTOMERS)];
            let page = self.connection.unnamed(PAGE, &values).await.map_err(failed)?.rows;
            let page = page.iter().map(customer).collect::<Result<Vec<_>, Error>>().map_err(failed)?;
            let Some((org, id, _)) = page.last() else { break };
            last = (org.0, id.to_string());
            done += page.len() as u64;
            let ids = page.iter().map(|(_, id, _)| *id).collect();
            let mut there = self.index_of(ids).await?;
            for (org, id, document) in page {
                let is = there.remove(&(org.0, id.to_string()));
                // What cannot be read is reported by others.
                let Ok(row) = Kind::Customer.search_row_of(document) else { continue };
                let slots = match slots.entry(org) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(place) => place.insert(self.slots_of(org).await?),
                };
                let should = row.map(|row| json_row(org, &row, slots));
                match (should.and_then(|should| serde_json::from_str(&should).ok()), is) {
                    (Some(should), Some(is)) => {
                        differing(&should, &is).into_iter().for_each(|part| misfounds.note(org.0, id, part));
                    }
                    (None, None) => {}
                    _ => misfounds.note(org.0, id, EVERYTHING),
                }
            }
        }
        let stray = self.connection.unnamed(STRAY, &[Value::Number(CUSTOMERS)]).await.map_err(failed)?;
        for row in &stray.rows {
            let (org, Id(id)) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            misfounds.note(org, id, EVERYTHING);
        }
        tell(CopyProgress { step: CopyStep::Verify, table: "search_records", done: 0, total: 1 });
        compare_entries(&self.connection, &mut misfounds).await.map_err(failed)?;
        tell(CopyProgress { step: CopyStep::Verify, table: "search_records", done: 1, total: 1 });
        Ok(misfounds)
    }

    /// The rows of these customers, by org and id.
    async fn index_of(&self, ids: Vec<ObjectId>) -> Result<HashMap<(i64, String), Object>, CopyError> {
        let answer = self.connection.unnamed(read_rows(), &[Value::Ids(ids)]).await.map_err(failed)?;
        let mut rows = HashMap::with_capacity(answer.rows.len());
        for row in &answer.rows {
            let (text, tokens): (&str, &str) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
            let Ok(mut object) = serde_json::from_str::<Object>(text) else { continue };
            object.insert("tokens".to_owned(), tokens.into());
            let (org, id) = (object.get("org").and_then(Json::as_i64), object.get("id").and_then(Json::as_str));
            if let (Some(org), Some(id)) = (org, id.map(str::to_owned)) {
                rows.insert((org, id), object);
            }
        }
        Ok(rows)
    }

    async fn slots_of(&self, org: OrgKey) -> Result<Slots, CopyError> {
        let answer = self.connection.unnamed(FIND_SLOTS, &[Value::Number(org.0)]).await.map_err(failed)?;
        read_slots(&answer.rows).map_err(failed)
    }
}

/// A row of [`PAGE`].
fn customer(row: &Row) -> Result<(OrgKey, ObjectId, &str), Error> {
    Ok((OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0, row.try_get(2)?))
}

/// The columns in which two rows differ.
fn differing<'a>(should: &'a Object, is: &'a Object) -> BTreeSet<&'a str> {
    let names = should.keys().chain(is.keys()).map(String::as_str);
    let value = |of: &'a Object, name: &str| of.get(name).filter(|value| !value.is_null());
    let differs = |name: &&str| match (value(should, name), value(is, name)) {
        // In no particular order.
        (Some(Json::String(should)), Some(Json::String(is))) if *name == "tokens" => {
            should.lines().collect::<BTreeSet<_>>() != is.lines().collect::<BTreeSet<_>>()
        }
        // A whole number may be written as an integer or not.
        (Some(Json::Number(should)), Some(Json::Number(is))) => should.as_f64() != is.as_f64(),
        (should, is) => should != is,
    };
    names.filter(differs).map(|name| if name == "tokens" { WORDS } else { name }).collect()
}
