//! Rebuilding the search index from the stored documents.

use std::collections::HashMap;

use kustodian_core::kind::Kind;
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use tokio_postgres::{Error, Row};

use super::super::connection::{Connection, statement};
use super::super::failure::words;
use super::super::records::stored;
use super::super::sql::statements;
use super::super::values::{Id, Value};
use super::entries::index_all;
use super::row::{json_row, write_all};
use super::slots::{FIND_SLOTS, REVIVE, TAKE_SLOTS, read_slots, revived, taken};
use crate::search::{Slots, custom_keys};

/// How many customers are read at a time.
const CUSTOMERS: i64 = 500;

/// $1 org, $2 id, $3 how many → the next customers. Each is locked by a statement of its own then: where tables are
/// spread, one that locks may concern one shard only.
const PAGE: &str = "SELECT org, id FROM customers WHERE (org, id) > ($1, $2) ORDER BY org, id LIMIT $3";

/// $1 org, $2 ids.
const FORGET: &str = "DELETE FROM customer_search WHERE org = $1 AND id = ANY($2)";

/// An attribute that went without a slot may have one now.
const REOPEN: &str = "DELETE FROM search_slots WHERE attribute = ''";

/// Writes the search entries of customers, without a server.
pub(in crate::postgres) struct Reindexing<'c> {
    connection: &'c Connection,
    limit: usize,
    slots: HashMap<OrgKey, Slots>,
}

impl<'c> Reindexing<'c> {
    /// Gives at most `limit` custom attributes of an org a slot.
    pub(in crate::postgres) fn new(connection: &'c Connection, limit: usize) -> Self {
        Self { connection, limit, slots: HashMap::new() }
    }

    /// Writes the index rows of customers again: (org, id, document). Within a transaction of the caller's or without.
    ///
    /// # Errors
    /// In one line, when the database fails or a document is not a customer of ours.
    pub(in crate::postgres) async fn write(&mut self, customers: &[(OrgKey, ObjectId, &str)]) -> Result<(), String> {
        let mut rows = Vec::new();
        let mut gone: HashMap<OrgKey, Vec<ObjectId>> = HashMap::new();
        for (org, id, document) in customers {
            match Kind::Customer.search_row_of(document).map_err(|refusal| refusal.to_string())? {
                Some(row) => {
                    let slots = self.slots_for(*org, &row).await.map_err(|error| words(&error))?;
                    rows.push(json_row(*org, &row, slots));
                }
                None => gone.entry(*org).or_default().push(*id),
            }
        }
        let written = async {
            for (org, ids) in gone {
                self.connection.unnamed(FORGET, &[Value::Number(org.0), Value::Ids(ids)]).await?;
            }
            let rows = format!("[{}]", rows.join(","));
            self.connection.unnamed(write_all(), &[Value::Text(&rows)]).await
        };
        written.await.map(|_| ()).map_err(|error| words(&error))
    }

    async fn slots_for(&mut self, org: OrgKey, row: &kustodian_core::search::SearchRow) -> Result<&Slots, Error> {
        while !self.slots.get(&org).is_some_and(|slots| slots.suffice_for(custom_keys(row))) {
            let mut slots = read_slots(&self.connection.unnamed(FIND_SLOTS, &[Value::Number(org.0)]).await?.rows)?;
            let retired = slots.retired(custom_keys(row));
            let given = slots.clone().give(custom_keys(row), self.limit);
            if !retired.is_empty() {
                self.connection.unnamed(REVIVE, &revived(org, &retired)).await?;
            }
            if !given.is_empty() {
                self.connection.unnamed(TAKE_SLOTS, &taken(org, &given)).await?;
            }
            if !retired.is_empty() || !given.is_empty() {
                slots = read_slots(&self.connection.unnamed(FIND_SLOTS, &[Value::Number(org.0)]).await?.rows)?;
            }
            self.slots.insert(org, slots);
        }
        Ok(self.slots.entry(org).or_default())
    }
}

/// Rebuilds the whole index, some hundreds of customers at a time; reports after each step how many are done.
/// How many there were. A server that works on the database meanwhile continues without columns for attributes that had
/// none before, and would leave them empty.
///
/// # Errors
/// In one line, when the database fails or a document is not a customer of ours.
pub(in crate::postgres) async fn reindex(
    connection: &Connection,
    limit: usize,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, String> {
    let told = |error: Error| words(&error);
    connection.unnamed(REOPEN, &[]).await.map_err(told)?;
    let mut reindexing = Reindexing::new(connection, limit);
    let (mut done, mut last) = (0, (i64::MIN, String::new()));
    loop {
        connection.command("BEGIN").await.map_err(told)?;
        let values = [Value::Number(last.0), Value::Text(&last.1), Value::Number(CUSTOMERS)];
        let answer = connection.unnamed(PAGE, &values).await.map_err(told)?;
        let read = |row: &Row| Ok((OrgKey(row.try_get(0)?), row.try_get::<_, Id>(1)?.0));
        let page: Vec<(OrgKey, ObjectId)> = answer.rows.iter().map(read).collect::<Result<_, Error>>().map_err(told)?;
        // A slot read for the page before may have been taken back since.
        reindexing.slots.clear();
        let customers = lock(connection, &page).await?;
        let customers: Vec<_> = customers.iter().map(|(org, id, document)| (*org, *id, document.as_str())).collect();
        reindexing.write(&customers).await?;
        connection.command("COMMIT").await.map_err(told)?;
        let Some((org, id)) = page.last() else {
            let others = index_all(connection, &mut |others| tell(done + others)).await?;
            return Ok(done + others);
        };
        last = (org.0, id.to_string());
        done += page.len() as u64;
        tell(done);
    }
}

/// The customers of a page with their documents, which nobody writes until the transaction ends.
async fn lock(connection: &Connection, page: &[(OrgKey, ObjectId)]) -> Result<Vec<(OrgKey, ObjectId, String)>, String> {
    let sql = statements(Kind::Customer).lock;
    let steps: Vec<_> =
        page.iter().map(|(org, id)| statement(sql, vec![Value::Number(org.0), Value::Id(*id)])).collect();
    let answers = connection.run(&steps).await.map_err(|failed| words(&failed.error))?;
    let mut customers = Vec::with_capacity(page.len());
    for ((org, id), answer) in page.iter().zip(answers) {
        if let Some(row) = answer.rows.first() {
            customers.push((*org, *id, stored(row).map_err(|error| words(&error))?.document));
        }
    }
    Ok(customers)
}
