//! Testing records one by one.

use kustodian_core::search::{SearchRow, Sort, matches_among};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;
use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params_from_iter};

use super::super::packed::Unpacked;
use super::super::values::Hex;
use super::pages::Finding;
use super::time::Halt;
use crate::search::{Candidate, Cell, Holds, column_of, value_of};

/// Tests records one by one.
pub(super) struct Tests<'c> {
    row: CachedStatement<'c>,
    values: Vec<Value>,
    check: Check<'c>,
}

impl<'c> Tests<'c> {
    /// `more`: what else must hold.
    pub(super) fn prepare(finding: &Finding<'c>, more: Option<&str>) -> rusqlite::Result<Self> {
        let (condition, mut bound) = finding.condition(more);
        let columns: String = finding.sort.iter().map(|key| format!(", {}", sort_column(key))).collect();
        let sql = format!("SELECT s.id{columns} FROM customer_search s WHERE s.key = ? AND {condition}");
        bound.insert(0, Value::Null);
        Ok(Self { row: finding.connection.prepare_cached(&sql)?, values: bound, check: Check::prepare(finding)? })
    }

    /// The record with this key, when it matches.
    pub(super) fn candidate(&mut self, finding: &Finding<'_>, key: i64) -> Result<Option<Candidate>, Halt> {
        if let Some(place) = self.values.first_mut() {
            *place = Value::Integer(key);
        }
        let read = |row: &rusqlite::Row<'_>| {
            let values = finding.sort.iter().enumerate().map(|(at, key)| sort_value(row.get_ref(at + 1)?, key));
            Ok(Candidate { key, id: row.get(0)?, values: values.collect::<rusqlite::Result<_>>()? })
        };
        let candidate = self.row.query_row(params_from_iter(&self.values), read).optional()?;
        match candidate {
            Some(candidate) if self.check.holds(finding, key)? => Ok(Some(candidate)),
            _ => Ok(None),
        }
    }
}

fn sort_column(key: &Sort) -> String {
    column_of(key.by).map_or_else(|| "s.deleted".to_owned(), |column| format!("s.{}", column.name))
}

fn sort_value(value: ValueRef<'_>, key: &Sort) -> rusqlite::Result<Option<kustodian_core::search::Value>> {
    let holds = column_of(key.by).map_or(Holds::Boolean, |column| column.holds);
    let cell = match value {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(integer) => Some(Cell::Integer(integer)),
        ValueRef::Real(number) => Some(Cell::Number(number)),
        ValueRef::Text(text) => Some(Cell::Text(String::from_utf8_lossy(text).into_owned())),
    };
    Ok(cell.map(|cell| value_of(cell, holds)))
}

/// Checks records against the criteria that no index and no condition settles.
pub(super) struct Check<'c> {
    document: CachedStatement<'c>,
}

const DOCUMENT: &str = "SELECT document FROM customers WHERE key = ?1";

impl<'c> Check<'c> {
    pub(super) fn prepare(finding: &Finding<'c>) -> rusqlite::Result<Self> {
        Ok(Self { document: finding.connection.prepare_cached(DOCUMENT)? })
    }

    pub(super) fn holds(&mut self, finding: &Finding<'_>, key: i64) -> Result<bool, Halt> {
        let mut open = finding.conjuncts.iter().filter(|conjunct| !conjunct.is_settled()).peekable();
        if open.peek().is_none() {
            return Ok(true);
        }
        let mut row = self.document.query_row([key], |row| parse(&row.get::<_, Unpacked>(0)?.0))?;
        if open.clone().any(|conjunct| conjunct.node.is_about(Attribute::TrackingEvents)) {
            row.count_tracked(count_tracked(finding.connection, finding.within.org, row.id)?);
        }
        let others = finding.around(&row)?;
        Ok(open.all(|conjunct| matches_among(conjunct.node, &row, others.as_slice())))
    }
}

/// How many events were tracked of a customer.
pub(super) fn count_tracked(connection: &Connection, org: OrgKey, customer: ObjectId) -> rusqlite::Result<u64> {
    const SQL: &str = "SELECT ifnull(sum(count), 0) FROM visits INDEXED BY visits_by_customer \
         WHERE org = ?1 AND customer = ?2";
    connection.prepare_cached(SQL)?.query_row((org.0, Hex::of(customer)), |row| row.get(0))
}

/// The searchable values of a record.
pub(super) fn read_row(connection: &Connection, key: i64) -> rusqlite::Result<SearchRow> {
    connection.prepare_cached(DOCUMENT)?.query_row([key], |row| parse(&row.get::<_, Unpacked>(0)?.0))
}

fn parse(document: &str) -> rusqlite::Result<SearchRow> {
    SearchRow::read(document)
        .map_err(|refusal| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(refusal)))
}
