//! Records that have one of many values, such as 200 e-mail addresses.
//!
//! PostgreSQL expects that one record in 200 has a value that is not among the most common ones. It therefore expects
//! most records to have one of 200 values, and reads the whole table: 4 s for 200,000 customers where the index takes
//! 5 ms. So the values are looked up before, in the snapshot of the search, and the search is for the ids of the records
//! that have them, which the planner counts right. Where that would be very many ids, the planner's way is the better one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use kustodian_core::search::{Context, Needs, Node, Query};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;

use super::condition::{Given, Piece, SYNTAX};
use super::session::{Halt, Session};
use crate::search::{Bind, Cell, Compiled, Counted, Dialect, Holds, Known, Match, Slots, compile, expression};

/// How many values the planner is left alone with: it uses the index for them.
const FEW: usize = 8;

/// How many values one read of the index is for. Each read also reads the list of the newest entries, and compares the
/// records of each value with all others of the look.
const LOOK: usize = 16;

/// The records that have one of many values, by the terms of the values.
#[derive(Debug, Default)]
pub(super) struct Listed(BTreeMap<BTreeSet<String>, Vec<ObjectId>>);

/// Looks up the values of a search of which there are many, and gives those up that more than `most` records have.
pub(super) async fn listed(
    session: &mut Session<'_>,
    query: &Query,
    slots: &Slots,
    most: usize,
    is_spread: bool,
) -> Result<Listed, Halt> {
    let lists = Lists { org: session.org, lists: RefCell::default() };
    compile(&query.root, slots, &lists);
    let mut listed = Listed::default();
    for terms in lists.lists.into_inner() {
        if let Some(ids) = ids(session, &terms, most, is_spread).await? {
            listed.0.insert(terms, ids);
        }
    }
    Ok(listed)
}

/// The records that have one of the terms, unless there are more than `most`.
async fn ids(
    session: &mut Session<'_>,
    terms: &BTreeSet<String>,
    most: usize,
    is_spread: bool,
) -> Result<Option<Vec<ObjectId>>, Halt> {
    let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
    let looks = terms.chunks(LOOK).map(|terms| terms.join(SYNTAX.or));
    let limit = Given::Number(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1));
    let piece = if is_spread { on_machines(looks, limit) } else { on_one_machine(looks, limit) };
    let mut ids = session.ids(&piece).await?;
    if ids.len() > most {
        return Ok(None);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

/// The planner does not know the terms, which would have it read the whole table.
fn on_one_machine(looks: impl Iterator<Item = String>, limit: Given) -> Piece {
    let sql = "SELECT found.id FROM unnest(string_to_array(?, E'\\n')) AS look (terms), \
         LATERAL (SELECT s.id FROM customer_search s WHERE s.tokens @@ look.terms::tsquery LIMIT ?) AS found LIMIT ?";
    let looks = Given::Bind(Bind::Cell(Cell::Text(looks.collect::<Vec<_>>().join("\n"))));
    Piece::new(sql, vec![looks, limit.clone(), limit])
}

/// Where tables are spread, a subquery with a limit may not refer to the looks. Each look is a part of its own, of so few
/// terms that the planner uses the index for it.
fn on_machines(looks: impl Iterator<Item = String>, limit: Given) -> Piece {
    let (mut parts, mut values) = (Vec::new(), Vec::new());
    for look in looks {
        parts.push("SELECT s.id FROM customer_search s WHERE s.tokens @@ ?::text::tsquery");
        values.push(Given::Bind(Bind::Cell(Cell::Text(look))));
    }
    values.push(limit);
    Piece::new(format!("SELECT found.id FROM ({}) AS found LIMIT ?", parts.join(" UNION ALL ")), values)
}

/// The terms of the values of which a record must have one, and whether they are the values' alone.
fn terms(org: OrgKey, needs: &Needs) -> Option<(BTreeSet<String>, bool)> {
    let values: Vec<Needs> = match (needs.values(), needs) {
        (Some(values), _) => values.into_iter().cloned().map(Needs::Token).collect(),
        // Values of which the index has only the words or parts.
        (None, Needs::Any(values)) => values.clone(),
        (None, _) => return None,
    };
    if values.len() <= FEW {
        return None;
    }
    let mut all = (BTreeSet::new(), true);
    for value in values {
        let (found, exact) = expression(&SYNTAX, Known::NOTHING, org, &value);
        let Match::Expression(term) = found else { return None };
        all.0.insert(term);
        all.1 &= exact;
    }
    Some(all)
}

impl Listed {
    /// The condition that a row has the needed tokens, from a look-up before.
    pub(super) fn condition(&self, org: OrgKey, needs: &Needs) -> Option<Compiled> {
        let (terms, exact) = terms(org, needs)?;
        let ids: Vec<String> = self.0.get(&terms)?.iter().map(ObjectId::to_string).collect();
        let found = if ids.is_empty() {
            ("FALSE", Vec::new())
        } else {
            ("s.id = ANY(string_to_array(?, ' '))", vec![Bind::Cell(Cell::Text(ids.join(" ")))])
        };
        Some(Compiled { sql: found.0.to_owned(), binds: found.1, exact })
    }
}

/// Collects the lists of values that a search asks for.
struct Lists {
    org: OrgKey,
    lists: RefCell<BTreeSet<BTreeSet<String>>>,
}

impl Dialect for Lists {
    fn beside(&self, _: Context, _: &Node, over: bool) -> Compiled {
        Compiled::unknown(over)
    }

    fn slot(&self, slot: usize, _: Holds) -> String {
        format!("s.c{slot}")
    }

    fn words(&self, needs: &Needs) -> Option<Compiled> {
        let (terms, exact) = terms(self.org, needs)?;
        self.lists.borrow_mut().insert(terms);
        Some(Compiled { sql: String::new(), binds: Vec::new(), exact })
    }

    fn holds_part(&self, _: &str) -> String {
        String::new()
    }

    fn tracked(&self, _: &Counted, _: bool) -> Compiled {
        Compiled::new(String::new(), Vec::new())
    }
}
