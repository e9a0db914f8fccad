//! Makes conditions out of a search: SQL over a row `s` of `customer_search`.
//!
//! Where a condition cannot say exactly what a criterion means, it is true of every match (or, under a `not`, only of
//! matches), and the records it lets through are checked against the criterion itself. Both engines share all of this;
//! what differs between them is a [`Dialect`]. Values are bound in the order of the `?` that represent them.

use std::ops::Bound;

use kustodian_core::search::{
    Context, Criterion, CustomAttribute, Interval, Manner, Needs, Node, Plan, Subject, Test, Value, Word, plan,
    plan_of_lost,
};
use kustomer_api::ObjectId;
use kustomer_api::custom::Suffix;
use kustomer_api::search::{Attribute, Class};

use super::column::{Cell, Column, Holds, column_of, cut, parts_column, successor, text_limit};
use super::slot::{SLOT_TEXT, Slots};

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind {
    /// A value of a column.
    Cell(Cell),
    /// An id, as 12 bytes.
    Id(ObjectId),
}

impl Bind {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Cell(Cell::Text(text.to_owned()))
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compiled {
    /// It, in SQL; never null.
    pub(crate) sql: String,
    /// The values of its `?`.
    pub(crate) binds: Vec<Bind>,
    /// Whether it holds for the matches alone. Otherwise its candidates must be checked.
    pub(crate) exact: bool,
}

/// What engines say differently.
pub(crate) trait Dialect {
    /// The column of a slot, for values of this type; `s.c7`, say.
    fn slot(&self, slot: usize, holds: Holds) -> String;

    /// The condition that a row has the needed tokens in the inverted index; `None` when that cannot be said of single
    /// rows. It need not be exact.
    fn words(&self, needs: &Needs) -> Option<Compiled>;

    /// A value of a slot, as the slot holds it.
    fn slot_cell(&self, cell: Cell) -> Cell {
        cell
    }

    /// The condition that a node holds for a record of another context beside the customer.
    fn beside(&self, context: Context, node: &Node, over: bool) -> Compiled;

    /// The condition that a text of the row holds a part, which is bound once.
    fn holds_part(&self, column: &str) -> String;

    /// The condition that the number of events tracked of the customer passes a test; `takes_none` when 0 does.
    fn tracked(&self, test: &Counted, takes_none: bool) -> Compiled;
}

/// A test of a number that is not in a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    numbers: Vec<f64>,
    bounds: Vec<(&'static str, f64)>,
}

impl Counted {
    /// The test of a criterion, unless every number passes it or none does; and whether 0 passes it.
    pub(crate) fn of(test: &Test) -> Result<(Self, bool), Compiled> {
        let (numbers, bounds) = match test {
            Test::Set => return Err(Compiled::constant(true)),
            Test::NumberIn(numbers) => (numbers.clone(), Vec::new()),
            Test::Numbers(from, to) => {
                let bound = |bound: &Bound<f64>, included: &'static str, excluded: &'static str| match bound {
                    Bound::Included(number) => Some((included, *number)),
                    Bound::Excluded(number) => Some((excluded, *number)),
                    Bound::Unbounded => None,
                };
                (Vec::new(), bound(from, ">=", ">").into_iter().chain(bound(to, "<=", "<")).collect())
            }
            Test::TextIn(_) | Test::TextStarts(_) | Test::Words(_) | Test::Moments(_) | Test::Boolean(_) => {
                return Err(Compiled::constant(false));
            }
        };
        let counted = Self { numbers, bounds };
        let takes_none = counted.holds(0.0);
        Ok((counted, takes_none))
    }

    fn holds(&self, number: f64) -> bool {
        let within = |(sign, bound): &(&str, f64)| match *sign {
            ">=" => number >= *bound,
            ">" => number > *bound,
            "<=" => number <= *bound,
            _ => number < *bound,
        };
        (self.numbers.is_empty() || self.numbers.contains(&number)) && self.bounds.iter().all(within)
    }

    /// The condition that an expression passes it.
    pub(crate) fn condition(&self, expression: &str) -> Compiled {
        let mut parts: Vec<String> = self.bounds.iter().map(|(sign, _)| format!("{expression} {sign} ?")).collect();
        if !self.numbers.is_empty() {
            parts.push(format!("{expression} IN ({})", vec!["?"; self.numbers.len()].join(", ")));
        }
        let numbers = self.bounds.iter().map(|(_, number)| number).chain(&self.numbers);
        let sql = if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") };
        Compiled::new(sql, numbers.map(|number| Bind::Cell(Cell::Number(*number))).collect())
    }
}

/// The condition of a node.
pub(crate) fn compile(node: &Node, slots: &Slots, dialect: &dyn Dialect) -> Compiled {
    Compiler { slots, dialect }.node(node, true)
}

/// The same; `over`: whether the condition must hold for every match, or for matches alone.
pub(crate) fn compile_side(node: &Node, slots: &Slots, dialect: &dyn Dialect, over: bool) -> Compiled {
    Compiler { slots, dialect }.node(node, over)
}

/// How many values are asked for together: of the longest more would not fit a `tsquery`, which holds 1 MiB.
const TOGETHER: usize = 1_000;

struct Compiler<'a> {
    slots: &'a Slots,
    dialect: &'a dyn Dialect,
}

impl Compiled {
    /// Holds always, or never.
    pub(crate) fn constant(holds: bool) -> Self {
        Self { sql: if holds { "TRUE" } else { "FALSE" }.to_owned(), binds: Vec::new(), exact: true }
    }

    /// Cannot be decided: holds always where it must hold for every match, and never where it must hold for matches alone.
    pub(crate) fn unknown(over: bool) -> Self {
        Self { exact: false, ..Self::constant(over) }
    }

    pub(crate) fn new(sql: impl Into<String>, binds: Vec<Bind>) -> Self {
        Self { sql: sql.into(), binds, exact: true }
    }

    pub(crate) fn inexact(self, over: bool) -> Self {
        if over { Self { exact: false, ..self } } else { Self::unknown(over) }
    }

    /// Its opposite, which is exact when it is.
    pub(crate) fn negated(self) -> Self {
        let sql = match self.sql.as_str() {
            "TRUE" => "FALSE".to_owned(),
            "FALSE" => "TRUE".to_owned(),
            sql => format!("NOT ({sql})"),
        };
        Self { sql, ..self }
    }

    pub(crate) fn join(parts: Vec<Self>, all: bool) -> Self {
        let (absorbing, neutral) = if all { ("FALSE", "TRUE") } else { ("TRUE", "FALSE") };
        if let Some(part) = parts.iter().find(|part| part.sql == absorbing && part.exact) {
            return part.clone();
        }
        let exact = parts.iter().all(|part| part.exact);
        let parts: Vec<Self> = parts.into_iter().filter(|part| part.sql != neutral).collect();
        if parts.is_empty() {
            return Self { exact, ..Self::constant(all) };
        }
        if parts.iter().any(|part| part.sql == absorbing) {
            return Self { exact, ..Self::constant(!all) };
        }
        let binds = parts.iter().flat_map(|part| part.binds.clone()).collect();
        let sql: Vec<String> = parts.into_iter().map(|part| part.sql).collect();
        let sql = match &sql[..] {
            [single] => single.clone(),
            several => format!("({})", several.join(if all { " AND " } else { " OR " })),
        };
        Self { sql, binds, exact }
    }
}

impl Compiler<'_> {
    /// `over`: whether the condition must hold for every match, or for matches alone.
    fn node(&self, node: &Node, over: bool) -> Compiled {
        match node {
            Node::All(nodes) => Compiled::join(nodes.iter().map(|node| self.node(node, over)).collect(), true),
            Node::Any(nodes) => self.any(nodes, over),
            Node::Not(node) => self.node(node, !over).negated(),
            Node::Has(context, node) => self.dialect.beside(*context, node, over),
            Node::Test(criterion) => self.criterion(criterion, over),
            Node::Lost(criterion) => self.needed(plan_of_lost(criterion), over),
        }
    }

    /// Whole values that are in the inverted index are asked for together, in whatever attributes: one list of them is
    /// answered sooner than one condition each.
    fn any(&self, nodes: &[Node], over: bool) -> Compiled {
        let (mut values, mut others) = (Vec::new(), Vec::new());
        for node in nodes {
            match values_of(node) {
                Some(needs) => values.push(needs),
                None => others.push(node),
            }
        }
        let count: usize = values.iter().filter_map(Needs::values).map(|values| values.len()).sum();
        let is_list = values.len() > 1 && count <= TOGETHER;
        let together = is_list.then(|| self.dialect.words(&Needs::Any(values))).flatten();
        let each = if together.is_some() { others } else { nodes.iter().collect() };
        let each = each.into_iter().map(|node| self.node(node, over));
        let together = together.map(|found| if found.exact { found } else { found.inexact(over) });
        Compiled::join(together.into_iter().chain(each).collect(), false)
    }

    fn criterion(&self, criterion: &Criterion, over: bool) -> Compiled {
        match &criterion.subject {
            Subject::Standard(attribute) => self.standard(*attribute, criterion, over),
            Subject::Custom(attribute) => self.custom(attribute, criterion, over),
        }
    }

    fn standard(&self, attribute: Attribute, criterion: &Criterion, over: bool) -> Compiled {
        if let (Some(column), Test::Words(words)) = (parts_column(attribute), &criterion.test) {
            let parts = self.parts(&format!("s.{column}"), is_of_digits(attribute), words);
            // For single rows, the inverted index narrows down the texts that are read.
            let narrowed = plan(criterion).and_then(|plan| self.dialect.words(&plan.needs));
            return Compiled::join(
                narrowed.into_iter().map(|needs| Compiled { exact: true, ..needs }).chain([parts]).collect(),
                true,
            );
        }
        if plan(criterion).is_some() {
            return self.words(criterion, over);
        }
        match (attribute, column_of(attribute)) {
            (Attribute::Id, _) => of_id(&criterion.test, over),
            (Attribute::TrackingEvents, _) => match Counted::of(&criterion.test) {
                Ok((test, takes_none)) => self.dialect.tracked(&test, takes_none),
                Err(condition) => condition,
            },
            (Attribute::Deleted, _) => match criterion.test {
                Test::Set => Compiled::constant(true),
                Test::Boolean(wanted) => Compiled::new("s.deleted = ?", vec![Bind::Cell(Cell::Boolean(wanted))]),
                _ => Compiled::constant(false),
            },
            (_, Some(Column { name, holds, .. })) if !attribute.is_many() => {
                of_column(&format!("s.{name}"), *holds, text_limit(), &criterion.test, over)
            }
            _ => Compiled::unknown(over),
        }
    }

    fn custom(&self, attribute: &CustomAttribute, criterion: &Criterion, over: bool) -> Compiled {
        if let Test::Words(_) = criterion.test {
            return self.words(criterion, over);
        }
        let holds = match Class::of_suffix(attribute.suffix) {
            Class::Number => Holds::Number,
            Class::Datetime => Holds::Moment,
            Class::Boolean => Holds::Boolean,
            _ => Holds::Text,
        };
        match self.slots.of(attribute) {
            // An id may represent several, and the index does not hold long text whole.
            Some(slot) if !matches!(attribute.suffix, Suffix::Id | Suffix::Txt) || criterion.test == Test::Set => {
                let condition = of_column(&self.dialect.slot(slot, holds), holds, SLOT_TEXT, &criterion.test, over);
                let as_held = |bind| match bind {
                    Bind::Cell(cell) => Bind::Cell(self.dialect.slot_cell(cell)),
                    id @ Bind::Id(_) => id,
                };
                Compiled { binds: condition.binds.into_iter().map(as_held).collect(), ..condition }
            }
            _ => match needs_of_texts(criterion).and_then(|needs| self.dialect.words(&needs)) {
                Some(found) => found.inexact(over),
                None => Compiled::unknown(over),
            },
        }
    }

    /// The condition of the inverted index.
    fn words(&self, criterion: &Criterion, over: bool) -> Compiled {
        plan(criterion).map_or_else(|| Compiled::unknown(over), |plan| self.needed(plan, over))
    }

    fn needed(&self, plan: Plan, over: bool) -> Compiled {
        let Some(found) = self.dialect.words(&plan.needs) else { return Compiled::unknown(over) };
        if plan.exact && found.exact { found } else { found.inexact(over) }
    }

    /// Each word is a part of one of the lines.
    fn parts(&self, column: &str, of_digits: bool, words: &[Word]) -> Compiled {
        let of_word = |word: &Word| match (of_digits, &word.digits) {
            (true, None) => Compiled::constant(false),
            (true, Some(part)) => self.part(column, part),
            (false, _) => self.part(column, &word.part),
        };
        Compiled::join(words.iter().map(of_word).collect(), true)
    }

    fn part(&self, column: &str, part: &str) -> Compiled {
        let holds = self.dialect.holds_part(column);
        Compiled::new(format!("({column} IS NOT NULL AND {holds})"), vec![Bind::text(part)])
    }
}

/// The condition that a node needs of the inverted index, if that is one of some whole values and nothing else.
fn values_of(node: &Node) -> Option<Needs> {
    let Node::Test(criterion) = node else { return None };
    let plan = plan(criterion).filter(|plan| plan.exact)?;
    plan.needs.values().is_some().then_some(plan.needs)
}

fn is_of_digits(attribute: Attribute) -> bool {
    attribute.manner() == Some(Manner::Digits)
}

/// What every match of a criterion on a custom attribute's whole text has in the inverted index, where nothing else
/// leads to it.
pub(crate) fn needs_of_texts(criterion: &Criterion) -> Option<Needs> {
    let Subject::Custom(CustomAttribute { suffix, .. }) = &criterion.subject else { return None };
    let Test::TextIn(values) = &criterion.test else { return None };
    let of_value = |value: &String| {
        let words = match suffix {
            Suffix::Id => vec![Word { pieces: Vec::new(), part: kustodian_core::search::fold(value), digits: None }],
            Suffix::Str | Suffix::Txt | Suffix::Url => {
                Word::all(value).into_iter().filter(|word| !word.pieces.is_empty()).collect()
            }
            _ => return None,
        };
        let words = (!words.is_empty()).then_some(Test::Words(words))?;
        Some(plan(&Criterion { subject: criterion.subject.clone(), test: words })?.needs)
    };
    let mut needs = values.iter().map(of_value).collect::<Option<Vec<_>>>()?;
    match needs.len() {
        0 => None,
        1 => needs.pop(),
        _ => Some(Needs::Any(needs)),
    }
}

fn of_id(test: &Test, over: bool) -> Compiled {
    match test {
        Test::Set => Compiled::constant(true),
        Test::TextIn(ids) => {
            // Ids are compared as they are written, in lower case.
            let ids =
                ids.iter().filter_map(|id| id.parse::<ObjectId>().ok().filter(|parsed| parsed.to_string() == *id));
            let binds: Vec<Bind> = ids.map(Bind::Id).collect();
            is_one_of("s.id", binds)
        }
        _ => Compiled::unknown(over),
    }
}

fn is_one_of(column: &str, binds: Vec<Bind>) -> Compiled {
    match binds.len() {
        0 => Compiled::constant(false),
        1 => Compiled::new(format!("({column} IS NOT NULL AND {column} = ?)"), binds),
        several => {
            let places = vec!["?"; several].join(", ");
            Compiled::new(format!("({column} IS NOT NULL AND {column} IN ({places}))"), binds)
        }
    }
}

/// A test of a column with a single value.
fn of_column(column: &str, holds: Holds, limit: usize, test: &Test, over: bool) -> Compiled {
    let between = |from: Option<(&str, Bind)>, to: Option<(&str, Bind)>| {
        let mut sql = format!("({column} IS NOT NULL");
        let mut binds = Vec::new();
        for (sign, bind) in from.into_iter().chain(to) {
            sql.push_str(&format!(" AND {column} {sign} ?"));
            binds.push(bind);
        }
        Compiled::new(sql + ")", binds)
    };
    match (test, holds) {
        (Test::Set, _) => Compiled::new(format!("{column} IS NOT NULL"), Vec::new()),
        (Test::TextIn(values), Holds::Text) => {
            let cuts: Vec<(String, bool)> = values.iter().map(|value| cut(value, limit)).collect();
            let was_cut = cuts.iter().any(|(_, was_cut)| *was_cut);
            let found = is_one_of(column, cuts.iter().map(|(value, _)| Bind::text(value)).collect());
            if was_cut { found.inexact(over) } else { found }
        }
        (Test::TextStarts(beginning), Holds::Text) => match cut(beginning, limit) {
            (value, true) => is_one_of(column, vec![Bind::text(&value)]).inexact(over),
            (value, false) => {
                between(Some((">=", Bind::text(&value))), successor(&value).map(|end| ("<", Bind::text(&end))))
            }
        },
        (Test::NumberIn(numbers), Holds::Number) => {
            is_one_of(column, numbers.iter().map(|number| Bind::Cell(Cell::Number(*number))).collect())
        }
        (Test::Numbers(from, to), Holds::Number) => {
            let bound = |bound: &Bound<f64>, included: &'static str, excluded: &'static str| match bound {
                Bound::Included(number) => Some((included, Bind::Cell(Cell::Number(*number)))),
                Bound::Excluded(number) => Some((excluded, Bind::Cell(Cell::Number(*number)))),
                Bound::Unbounded => None,
            };
            between(bound(from, ">=", ">"), bound(to, "<=", "<"))
        }
        (Test::Moments(Interval { from, until }), Holds::Moment) => {
            let bound = |millis: i64| Bind::Cell(Cell::Integer(millis));
            between(from.map(|from| (">=", bound(from))), until.map(|until| ("<", bound(until))))
        }
        (Test::Boolean(wanted), Holds::Boolean) => is_one_of(column, vec![Bind::Cell(Cell::Boolean(*wanted))]),
        // A value of another type passes no test of this one.
        _ => Compiled::constant(false),
    }
}

/// The value of a column, as the order of results compares it.
pub(crate) fn value_of(cell: Cell, holds: Holds) -> Value {
    match (cell, holds) {
        (Cell::Text(text), _) => Value::Text(text),
        (Cell::Boolean(boolean), _) => Value::Boolean(boolean),
        (Cell::Number(number), _) => Value::Number(number),
        (Cell::Integer(integer), Holds::Moment) => Value::Moment(integer),
        (Cell::Integer(integer), Holds::Boolean) => Value::Boolean(integer != 0),
        (Cell::Integer(integer), Holds::Number | Holds::Text) => Value::Number(integer as f64),
    }
}
