//! The conditions of a search, as SQL of PostgreSQL.

use std::fmt::Write as _;

use kustodian_core::kind::Kind;
use kustodian_core::search::{Context, Needs, Node, Query, Subject, parent_attribute};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;

use super::super::values::{Value, storable};
use super::absent::Terms;
use super::finding::Means;
use super::listed::Listed;
use super::shares::Shares;
use crate::search::entries::{Form, Place, Row, WordsForm, of_rows};
use crate::search::{
    Bind, Cell, Compiled, Counted, Dialect, Grams, Holds, Known, MAX_NEEDS, Match, Syntax, compile, compile_side,
    expression, ordered,
};

/// The language of `tsquery`.
pub(super) const SYNTAX: Syntax = Syntax { quote: '\'', beginning: ":*", and: " & ", or: " | " };

/// The condition that a row has the tokens of a query.
const HAS_TOKENS: &str = "s.tokens @@ ?::text::tsquery";

/// How the index of the kinds beside customers is asked.
pub(super) const fn form(is_spread: bool) -> Form {
    Form {
        names_indexes: false,
        join: "JOIN",
        has_homes: is_spread,
        is_for_each: false,
        name_of: Kind::as_str,
        text_of: str::to_owned,
        words: &WORDS,
    }
}

static WORDS: WordsForm = WordsForm { syntax: SYNTAX, among: words_among, ids: ids_of_words };

fn words_among(Row { name, .. }: Row<'_>, _: Kind) -> String {
    format!("coalesce({name}.words @@ ?::text::tsquery, false)")
}

fn ids_of_words(_: Kind) -> String {
    "SELECT r.id, NULL FROM search_records r WHERE r.words @@ ?::text::tsquery".to_owned()
}

struct Postgres<'s> {
    org: OrgKey,
    is_spread: bool,
    shares: &'s Shares,
    looked_up: &'s LookedUp,
}

/// The look-ups that a search made before in its snapshot.
#[derive(Debug, Default)]
pub(super) struct LookedUp {
    /// Terms that no record has.
    pub(super) absent: Terms,
    /// The records that have one of many values.
    pub(super) listed: Listed,
}

impl Dialect for Postgres<'_> {
    fn beside(&self, context: Context, node: &Node, over: bool) -> Compiled {
        let place = Place { form: form(self.is_spread), org: self.org };
        // Of a customer's other records no criterion is about customers again.
        let of_customers = |_: &Node, _: Row<'_>, over: bool| Compiled::unknown(over);
        let inner = of_rows(place, &of_customers, node, Row { name: "r", context }, over);
        match parent_attribute(Context::Customer, context) {
            Some(_) => place.is_in("s.company_id", ("r", "id"), context, inner),
            None => place.is_in("s.id", ("r", "customer"), context, inner),
        }
    }

    fn slot(&self, slot: usize, _: Holds) -> String {
        format!("s.c{slot}")
    }

    fn slot_cell(&self, cell: Cell) -> Cell {
        Cell::Text(ordered(cell))
    }

    fn words(&self, needs: &Needs) -> Option<Compiled> {
        Some(match needs {
            // One key of the index for each: GIN leaps along the rarest, where it would otherwise read every record that
            // has any part of a single long query.
            Needs::All(each) if each.len() <= MAX_NEEDS && each.iter().any(|needs| matches!(needs, Needs::Any(_))) => {
                Compiled::join(each.iter().map(|needs| self.tokens(needs, each.len() > 1)).collect(), true)
            }
            needs => self.tokens(needs, false),
        })
    }

    fn holds_part(&self, column: &str) -> String {
        format!("strpos({column}, ?) > 0")
    }

    /// All who pass are listed, once for the statement: visits may be on another machine than customers.
    fn tracked(&self, test: &Counted, takes_none: bool) -> Compiled {
        let Compiled { sql, binds, .. } = test.condition("sum(v.count)::double precision");
        let (is_in, sql) = if takes_none { ("NOT IN", format!("NOT ({sql})")) } else { ("IN", sql) };
        let sql = format!(
            "s.id {is_in} (SELECT v.customer FROM visits v WHERE v.org = ? AND v.customer > '' \
             GROUP BY v.customer HAVING {sql})"
        );
        let org = Bind::Cell(Cell::Integer(self.org.0));
        Compiled::new(sql, std::iter::once(org).chain(binds).collect())
    }
}

impl Postgres<'_> {
    /// The condition that a row has the tokens that are needed.
    fn tokens(&self, needs: &Needs, is_among_others: bool) -> Compiled {
        if let Some(condition) = self.looked_up.listed.condition(self.org, needs) {
            return condition;
        }
        let is_absent = |_, _, term: &str| self.looked_up.absent.contains(term);
        let (found, exact) = grams(self.shares, is_among_others, |grams| {
            expression(&SYNTAX, Known { grams, is_absent: &is_absent }, self.org, needs)
        });
        let (sql, binds) = match found {
            Match::Everything => ("TRUE", Vec::new()),
            Match::Nothing => ("FALSE", Vec::new()),
            Match::Expression(text) => (HAS_TOKENS, vec![Bind::Cell(Cell::Text(text))]),
        };
        Compiled { sql: sql.to_owned(), binds, exact }
    }
}

/// Which grams to search for, by their frequency as far as it is known.
pub(super) fn grams<T>(shares: &Shares, is_among_others: bool, ask: impl FnOnce(Grams<'_>) -> T) -> T {
    if shares.is_empty() {
        return ask(Grams::Covering);
    }
    // A gram that is not known to be common has at most the least share that is known.
    let least = shares.values().copied().fold(1.0, f32::min);
    let share = |term: &str| shares.get(term).copied().unwrap_or(least);
    ask(Grams::Rarest { share: &share, is_among_others })
}

/// A text as it is bound, for values within JSON.
pub(super) fn clean(text: String) -> String {
    storable(&text).into_owned()
}

/// A piece of SQL with a `?` for each of its values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Piece {
    pub(super) sql: String,
    pub(super) values: Vec<Given>,
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Bind(Bind),
    Number(i64),
    Ids(Vec<ObjectId>),
}

impl Piece {
    pub(super) fn new(sql: impl Into<String>, values: Vec<Given>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// Adds another behind this one.
    pub(super) fn push(&mut self, other: Self) {
        self.sql.push_str(&other.sql);
        self.values.extend(other.values);
    }

    /// This one, and behind it another.
    pub(super) fn then(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// As PostgreSQL takes it: with numbered parameters.
    pub(super) fn numbered(&self) -> String {
        let mut sql = String::with_capacity(self.sql.len() + 32);
        for (number, part) in self.sql.split('?').enumerate() {
            if number > 0 {
                let _ = write!(sql, "${number}");
            }
            sql.push_str(part);
        }
        sql
    }

    /// The values of its parameters.
    pub(super) fn bound(&self) -> Vec<Value<'static>> {
        let value = |given: &Given| match given {
            Given::Bind(Bind::Id(id)) => Value::Id(*id),
            Given::Bind(Bind::Cell(Cell::Text(text))) => Value::Owned(Some(text.clone())),
            Given::Bind(Bind::Cell(Cell::Number(number))) => Value::MaybeFloat(Some(*number)),
            Given::Bind(Bind::Cell(Cell::Integer(integer))) => Value::Number(*integer),
            Given::Bind(Bind::Cell(Cell::Boolean(boolean))) => Value::Flag(*boolean),
            Given::Number(number) => Value::Number(*number),
            Given::Ids(ids) => Value::Ids(ids.clone()),
        };
        self.values.iter().map(value).collect()
    }
}

/// The condition on a row `s` of `customer_search`.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// All of it, org and deletion included.
    pub(super) all: Piece,
    /// Those of its parts that are about one column, with the column's attribute.
    pub(super) of_columns: Vec<(Attribute, Piece)>,
    /// Whether it holds for the matches alone.
    pub(super) is_exact: bool,
    /// Whether every record of the org matches.
    pub(super) is_everything: bool,
}

impl Condition {
    /// Whether it asks the inverted index.
    pub(super) fn asks_tokens(&self) -> bool {
        self.all.sql.contains(HAS_TOKENS)
    }

    pub(super) fn of(org: OrgKey, query: &Query, means: &Means, looked_up: &LookedUp) -> Self {
        let Means { slots, shares, is_spread, .. } = means;
        let dialect = Postgres { org, is_spread: *is_spread, shares, looked_up };
        let mut nodes = Vec::new();
        flatten(&query.root, &mut nodes);
        let mut all = Piece::new("s.org = ?", vec![Given::Number(org.0)]);
        if !query.include_deleted {
            all = all.then(" AND NOT s.deleted");
        }
        let mut condition = Self { all, of_columns: Vec::new(), is_exact: true, is_everything: !query.include_deleted };
        for node in nodes {
            let Compiled { sql, binds, exact } = compile(node, slots, &dialect);
            condition.is_exact &= exact;
            condition.is_everything &= sql == "TRUE" && exact;
            if sql == "TRUE" {
                continue;
            }
            let piece = Piece::new(sql, binds.into_iter().map(Given::Bind).collect());
            condition.all.push(Piece::new(" AND ", Vec::new()));
            condition.all.push(piece.clone());
            if let Node::Test(criterion) = node
                && let Subject::Standard(attribute) = criterion.subject
                && piece.sql.contains("IS NOT NULL")
            {
                condition.of_columns.push((attribute, piece));
            }
        }
        condition
    }
}

/// The condition on a row `s` of `customer_search` that a node holds, or holds for matches alone.
pub(super) fn of_customers(org: OrgKey, node: &Node, means: &Means, over: bool) -> Compiled {
    let looked_up = LookedUp::default();
    let dialect = Postgres { org, is_spread: means.is_spread, shares: &means.shares, looked_up: &looked_up };
    compile_side(node, &means.slots, &dialect, over)
}

fn flatten<'q>(node: &'q Node, into: &mut Vec<&'q Node>) {
    match node {
        Node::All(nodes) => nodes.iter().for_each(|node| flatten(node, into)),
        node => into.push(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Slots;
    use kustodian_core::search::{Criterion, Test};

    #[test]
    fn values_of_several_criteria_are_asked_for_together() {
        let equals = |attribute, value: &str| {
            let test = Test::TextIn(vec![value.to_owned()]);
            Node::Test(Criterion { subject: Subject::Standard(attribute), test })
        };
        let name = equals(Attribute::Name, "ada");
        let any = Node::Any(vec![equals(Attribute::Email, "a@b"), name, equals(Attribute::Tags, "x")]);
        let (shares, looked_up) = (Shares::new(), LookedUp::default());
        let dialect = Postgres { org: OrgKey(1), is_spread: false, shares: &shares, looked_up: &looked_up };
        let compiled = compile(&any, &Slots::default(), &dialect);
        assert_eq!(compiled.sql, format!("({HAS_TOKENS} OR (s.name IS NOT NULL AND s.name = ?))"));
        assert_eq!(compiled.binds[0], Bind::Cell(Cell::Text("('1xema@b' | '1xtax')".to_owned())));
    }
}
