//! What visitors did: that each event is of a visit, that a visit has as many as it says, that its customer exists, and
//! that the stored values can be read. Visits and events are read side by side, in the order of their keys.

use std::collections::{HashSet, VecDeque};

use kustodian_core::kind::Kind;
use kustomer_api::ObjectId;
use serde_json::{Map, Value};

use super::CheckError;
use super::finding::{Finding, Findings};
use crate::copy::table::{Cell, Row, TRACKING, Table, table_of};
use crate::copy::{CopyProgress, CopyStep, Source};

/// How many customers are remembered that were looked up.
const MAX_REMEMBERED: usize = 100_000;

/// The rows of a table, one after the other.
struct Rows {
    table: &'static Table,
    read: VecDeque<Row>,
    after: Option<Vec<Cell>>,
    is_over: bool,
    done: u64,
    total: u64,
}

impl Rows {
    async fn of(table: &'static Table, source: &mut dyn Source) -> Result<Self, CheckError> {
        let total = source.count(table).await?;
        Ok(Self { table, read: VecDeque::new(), after: None, is_over: false, done: 0, total })
    }

    async fn next(
        &mut self,
        source: &mut dyn Source,
        tell: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> Result<Option<Row>, CheckError> {
        if self.read.is_empty() && !self.is_over {
            let (done, total) = (self.done, self.total.max(self.done));
            tell(CopyProgress { step: CopyStep::Verify, table: self.table.name, done, total });
            self.read = source.rows(self.table, self.after.take()).await?.into();
            self.done += self.read.len() as u64;
            self.after = self.read.back().map(|row| self.table.key_of(row));
            self.is_over = self.read.is_empty();
        }
        Ok(self.read.pop_front())
    }
}

/// The customers that were looked up and are there.
#[derive(Default)]
struct Customers(HashSet<(i64, String)>);

impl Customers {
    async fn have(&mut self, source: &mut dyn Source, org: i64, id: &str) -> Result<bool, CheckError> {
        let key = (org, id.to_owned());
        if self.0.contains(&key) {
            return Ok(true);
        }
        if source.record(table_of(Kind::Customer), org, id).await?.is_none() {
            return Ok(false);
        }
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(key);
        Ok(true)
    }
}

/// Reads all that was tracked.
pub(super) async fn look_at(
    source: &mut dyn Source,
    findings: &mut Findings,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CheckError> {
    let [visitors, visits, tracked] = &TRACKING;
    let mut customers = Customers::default();
    let mut rows = Rows::of(visitors, source).await?;
    while let Some(row) = rows.next(source, tell).await? {
        let named = Named::of(visitors, &row, "id");
        let is_sound = ["epoch", "unidentified"].iter().all(|count| visitors.number(&row, count) >= Some(0));
        if !named.is_an_id() || !is_sound {
            findings.note(named.finding(visitors, "cannot be read"));
        }
        look_at_customer(visitors, &row, &named, &mut customers, source, findings).await?;
    }
    let (mut rows, mut events) = (Rows::of(visits, source).await?, Rows::of(tracked, source).await?);
    let mut event = events.next(source, tell).await?;
    while let Some(row) = rows.next(source, tell).await? {
        let visit = Named::of(visits, &row, "id");
        let times = (visits.number(&row, "first_at"), visits.number(&row, "last_at"));
        if !visit.is_an_id() || times.0 > times.1 {
            findings.note(visit.finding(visits, "cannot be read"));
        }
        look_at_customer(visits, &row, &visit, &mut customers, source, findings).await?;
        let mut count = 0;
        let mut lost = None;
        while let Some(one) = event.take_if(|one| Named::of(tracked, one, "visit") <= visit) {
            let of = Named::of(tracked, &one, "visit");
            look_at_event(tracked, &one, findings);
            if of == visit {
                count += 1;
            } else if lost.as_ref() != Some(&of) {
                findings.note(of.finding(visits, NOT_THERE));
                lost = Some(of);
            }
            event = events.next(source, tell).await?;
        }
        if visits.number(&row, "count") != Some(count) {
            findings.note(visit.finding(visits, "has another number of events than it says"));
        }
    }
    let mut lost = None;
    while let Some(one) = event {
        let of = Named::of(tracked, &one, "visit");
        look_at_event(tracked, &one, findings);
        if lost.as_ref() != Some(&of) {
            findings.note(of.finding(visits, NOT_THERE));
            lost = Some(of);
        }
        event = events.next(source, tell).await?;
    }
    Ok(())
}

const NOT_THERE: &str = "is not there, and has events";

async fn look_at_customer(
    table: &'static Table,
    row: &Row,
    named: &Named,
    customers: &mut Customers,
    source: &mut dyn Source,
    findings: &mut Findings,
) -> Result<(), CheckError> {
    if let Some(customer) = table.text(row, "customer")
        && !customers.have(source, named.org, customer).await?
    {
        findings.note(named.finding(table, "is of a customer that is not there"));
    }
    Ok(())
}

fn look_at_event(table: &'static Table, row: &Row, findings: &mut Findings) {
    let named = Named::of(table, row, "id");
    let details = table.text(row, "details").map(serde_json::from_str::<Map<String, Value>>);
    let has_name = table.text(row, "name").is_some_and(|name| !name.is_empty());
    if !named.is_an_id() || !has_name || !matches!(details, Some(Ok(_))) {
        findings.note(named.finding(table, "cannot be read"));
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    org: i64,
    id: String,
}

impl Named {
    fn of(table: &Table, row: &Row, column: &str) -> Self {
        let org = table.number(row, "org").unwrap_or_default();
        Self { org, id: table.text(row, column).unwrap_or_default().to_owned() }
    }

    fn is_an_id(&self) -> bool {
        self.id.parse::<ObjectId>().is_ok()
    }

    fn finding(&self, table: &'static Table, what: &'static str) -> Finding {
        Finding::Tracked { org: self.org, table: table.name, row: self.id.clone(), what }
    }
}
