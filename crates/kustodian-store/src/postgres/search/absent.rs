//! Terms that no record has.
//!
//! A search in any text asks for each word in every place a text can be in, and GIN reads all of these for every
//! record that has one of them. Most orgs use few of the places. Whether a term is there at all is soon known where no
//! term of its place is common, and an absent term need not be asked for. It is looked up in the snapshot of the
//! search, so that nothing is missed that was just written.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use kustodian_core::search::{Needs, Query, Scope, Subject, Test, TokenKind, plan};
use kustodian_core::store::OrgKey;
use kustomer_api::search::{Attribute, Class};

use super::condition::{Given, Piece, SYNTAX, grams};
use super::session::{Halt, Session};
use super::shares::Shares;
use crate::search::{Bind, Cell, Known, MAX_NEEDS, expression};

/// Where nearly every org has words, so many that none need be common: whether one is there is not soon known.
const OF_MANY_WORDS: [Scope; 2] = [Scope::Attribute(Attribute::Name), Scope::Custom];

/// The characters behind the org that name a term's place: its kind and its scope.
const PLACE: usize = 3;

/// The length, in bytes, of a beginning that few terms share.
const SHORTEST_BEGINNING: usize = 3;

/// The terms that a search would ask for, as it would ask for them.
pub(super) type Terms = HashSet<String>;

/// Which of a search's terms no record has, as far as that is soon known. Nothing when how common terms are is unknown.
pub(super) async fn absent(session: &mut Session<'_>, query: &Query, shares: &Shares) -> Result<Terms, Halt> {
    let places = rare(session.org, query, shares);
    if places.is_empty() {
        return Ok(Terms::new());
    }
    // The newest rows are in a list that each look-up reads: mostly one look is enough.
    let all = places.concat();
    if held(session, std::slice::from_ref(&all)).await?.is_empty() {
        return Ok(all.into_iter().collect());
    }
    let held = held(session, &places).await?;
    let absent = places.into_iter().zip(1..).filter(|(_, number)| !held.contains(number));
    Ok(absent.flat_map(|(terms, _)| terms).collect())
}

/// The numbers, from 1 on, of those sets of terms of which a record has one.
async fn held(session: &mut Session<'_>, sets: &[Vec<String>]) -> Result<HashSet<i64>, Halt> {
    // The planner does not know the terms: it would take many rare ones for a common one, and read the whole table.
    let sql = "SELECT asked.number FROM unnest(string_to_array(?, E'\\n')) WITH ORDINALITY AS asked (terms, number) \
         WHERE EXISTS (SELECT FROM customer_search s WHERE s.tokens @@ asked.terms::tsquery)";
    let lines: Vec<String> = sets.iter().map(|terms| terms.join(SYNTAX.or)).collect();
    let lines = Given::Bind(Bind::Cell(Cell::Text(lines.join("\n"))));
    session.ask(&Piece::new(sql, vec![lines])).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The terms of a search in places of which no term is known to be common, place by place.
fn rare(org: OrgKey, query: &Query, shares: &Shares) -> Vec<Vec<String>> {
    let mut places = BTreeMap::<String, Vec<String>>::new();
    if shares.is_empty() {
        return Vec::new();
    }
    let end = org.0.to_string().len() + PLACE;
    let common: HashSet<&str> = shares.keys().filter_map(|term| term.get(..end)).collect();
    query.root.for_each(&mut |criterion| {
        let Subject::Standard(attribute) = &criterion.subject else { return };
        let (Class::Any, Test::Words(_), Some(plan)) = (attribute.class(), &criterion.test, plan(criterion)) else {
            return;
        };
        let asked = RefCell::new(Vec::new());
        let is_absent = |kind, scope, term: &str| {
            if kind != TokenKind::Word || !OF_MANY_WORDS.contains(&scope) {
                asked.borrow_mut().push(term.to_owned());
            }
            false
        };
        let Needs::All(words) = &plan.needs else { return };
        for needs in words.iter().take(MAX_NEEDS) {
            grams(shares, words.len() > 1, |grams| {
                expression(&SYNTAX, Known { grams, is_absent: &is_absent }, org, needs);
            });
        }
        for asked in asked.into_inner() {
            let is_beginning = asked.ends_with(SYNTAX.beginning);
            let term = asked.trim_end_matches(SYNTAX.beginning).trim_matches(SYNTAX.quote);
            let Some((place, text)) = term.split_at_checked(end) else { continue };
            if !common.contains(place) && (!is_beginning || text.len() >= SHORTEST_BEGINNING) {
                places.entry(place.to_owned()).or_default().push(asked);
            }
        }
    });
    places.into_values().collect()
}
