//! Conditions on a row of `search_records`.

use std::ops::{Bound, RangeBounds as _};

use kustodian_core::kind::Kind;
use kustodian_core::search::{
    Context, Criterion, GRAM, Interval, Manner, Node, Subject, Test, Value, Word, deleted_attribute, id_attribute,
    parent_attribute,
};
use kustodian_core::store::OrgKey;
use kustomer_api::ObjectId;
use kustomer_api::custom::Suffix;
use kustomer_api::search::Class;

use super::super::Syntax;
use super::super::column::{Cell, successor};
use super::super::compile::{Bind, Compiled};
use super::term::{ORDERED, beginning, column_of, is_always, is_mostly_zero, mostly_as, text_term, value_term};
use super::word::{Lookup, code, expression};

/// How many parts of a word are asked for.
const MAX_PARTS: usize = 8;

/// What engines write differently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// Whether statements name the indexes they are answered by, as for a planner without statistics.
    pub(crate) names_indexes: bool,
    /// Between two tables of which the first is read first.
    pub(crate) join: &'static str,
    /// Whether rows of one record are on one machine by their column `home`.
    pub(crate) has_homes: bool,
    /// Whether other records are looked up for each row, and not all of them before the first.
    pub(crate) is_for_each: bool,
    /// What a kind is called in the index.
    pub(crate) name_of: fn(Kind) -> &'static str,
    /// The text of an id in a column.
    pub(crate) text_of: fn(&str) -> String,
    /// How the index of words is asked.
    pub(crate) words: &'static WordsForm,
}

/// How an engine's index of words is asked.
#[derive(Debug)]
pub(crate) struct WordsForm {
    /// The form of a searched term.
    pub(crate) syntax: Syntax,
    /// The condition that a row has the value bound to its `?`.
    pub(crate) among: fn(Row<'_>, Kind) -> String,
    /// The statement that gives the ids of the records of a kind that have it, and a null.
    pub(crate) ids: fn(Kind) -> String,
}

/// Where records are, and how they are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) form: Form,
    pub(crate) org: OrgKey,
}

impl Place {
    /// The query of the index of words for records that have one of these.
    pub(super) fn expression(self, context: Context, any: &[&Lookup]) -> String {
        expression(&self.form.words.syntax, self.org, context, any)
    }

    /// The condition that `id`, an expression over another row, is in a column of a record of a kind for which `inner`
    /// holds; `other` is its name in there.
    pub(crate) fn is_in(self, id: &str, (other, column): (&str, &str), context: Context, inner: Compiled) -> Compiled {
        let of_kind = format!("{other}.org = ? AND {other}.kind = ? AND {other}.deleted = ? AND {}", inner.sql);
        let sql = if self.form.is_for_each {
            let index = self.form.by_column(column);
            format!("EXISTS (SELECT 1 FROM search_records {other}{index} WHERE {other}.{column} = {id} AND {of_kind})")
        } else {
            format!(
                "({id} IS NOT NULL AND {id} IN (SELECT {other}.{column} FROM search_records {other} \
                 WHERE {other}.{column} IS NOT NULL AND {of_kind}))"
            )
        };
        let live = [Bind::Cell(Cell::Boolean(false))];
        let head = kind_of(context).map(|kind| self.of_kind(kind)).unwrap_or_default();
        Compiled { sql, binds: head.into_iter().chain(live).chain(inner.binds).collect(), exact: inner.exact }
    }

    /// The values that every condition begins with.
    pub(super) fn of_kind(self, kind: Kind) -> Vec<Bind> {
        vec![Bind::Cell(Cell::Integer(self.org.0)), Bind::text((self.form.name_of)(kind))]
    }
}

impl Form {
    /// Behind `name` for `search_terms`, where it is read by the record of its terms; and the condition that a row is in that
    /// index.
    pub(super) fn by_record(self, name: &str) -> (&'static str, String) {
        match self.names_indexes {
            true => (
                " INDEXED BY search_terms_by_record",
                format!(" AND ({name}.kind < 'e' OR instr({name}.term, '#') > 0)"),
            ),
            false => ("", String::new()),
        }
    }

    /// Whether all terms in these of a record are read by it. SQLite's index by record holds those of records of which there
    /// are fewer than messages, and numbers and moments.
    pub(super) fn is_by_record(self, context: Context, spans: &[Span]) -> bool {
        !self.names_indexes || code(context) < code(Context::Message) || spans.iter().all(Span::is_ordered)
    }

    /// Behind the name of `search_records`, where it is read by a column.
    pub(super) fn by_column(self, column: &str) -> String {
        match column {
            "customer" | "company" | "conversation" if self.names_indexes => {
                format!(" INDEXED BY search_records_by_{column}")
            }
            _ => String::new(),
        }
    }

    /// The condition that a row of one table and a row of the other are on one machine.
    pub(super) fn together(self, one: &str, other: &str) -> String {
        if self.has_homes { format!(" AND {one}.home = {other}.home") } else { String::new() }
    }
}

/// The condition on a row of `search_records` of a context, by its name, that a node holds for the customer of the record,
/// or for one of its customers; given by an engine, which has its own index of them.
pub(crate) type OfCustomers<'a> = dyn Fn(&Node, Row<'_>, bool) -> Compiled + 'a;

/// A row of `search_records`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its name in the statement.
    pub(crate) name: &'a str,
    /// The type of the record.
    pub(crate) context: Context,
}

/// The condition on a row that a node holds. `over`: whether it must hold for every match, or for matches alone.
pub(crate) fn of_rows(place: Place, of_customers: &OfCustomers<'_>, node: &Node, row: Row<'_>, over: bool) -> Compiled {
    Compiler { place, of_customers, row }.node(node, over)
}

struct Compiler<'a> {
    place: Place,
    of_customers: &'a OfCustomers<'a>,
    row: Row<'a>,
}

impl Compiler<'_> {
    fn node(&self, node: &Node, over: bool) -> Compiled {
        let each = |nodes: &[Node]| nodes.iter().map(|node| self.node(node, over)).collect();
        match node {
            Node::All(nodes) => Compiled::join(each(nodes), true),
            Node::Any(nodes) => Compiled::join(each(nodes), false),
            Node::Not(node) => self.node(node, !over).negated(),
            Node::Test(criterion) => self.criterion(criterion, over),
            Node::Has(context, node) => self.has(*context, node, over),
            // Only of customers.
            Node::Lost(_) => Compiled::unknown(over),
        }
    }

    fn criterion(&self, criterion: &Criterion, over: bool) -> Compiled {
        let Criterion { subject, test } = criterion;
        if let Subject::Standard(attribute) = subject
            && attribute.class() == Class::Boolean
        {
            let is_deleted = deleted_attribute(self.row.context) == Some(*attribute);
            match test {
                // Every record has one.
                Test::Set => return Compiled::constant(true),
                Test::Boolean(wanted) if is_always(*attribute) => return Compiled::constant(*wanted),
                Test::Boolean(wanted) if is_deleted => {
                    let deleted = vec![Bind::Cell(Cell::Boolean(*wanted))];
                    return Compiled::new(format!("{}.deleted = ?", self.row.name), deleted);
                }
                Test::Boolean(false) => {
                    let opposite = Criterion { subject: subject.clone(), test: Test::Boolean(true) };
                    return self.criterion(&opposite, !over).negated();
                }
                _ => {}
            }
        }
        match ranges(criterion) {
            Ranges::Every => Compiled::unknown(over),
            Ranges::Those { all, exact } => {
                let found = Compiled::join(all.iter().map(|any| self.has_term(any, over)).collect(), true);
                if exact { found } else { found.inexact(over) }
            }
        }
    }

    /// The record has one of these.
    fn has_term(&self, any: &Any, over: bool) -> Compiled {
        let mut parts = Vec::new();
        let form = self.place.form;
        if !any.is_of_values() && !form.is_by_record(self.row.context, &any.terms) {
            parts.push(Compiled::unknown(over));
        } else if !any.terms.is_empty() {
            let (condition, binds) = in_spans("t", &any.terms);
            // Rows of one value are close to each other, so a value is looked for before the record.
            let (by_record, is_in_it) = if any.is_of_values() { ("", String::new()) } else { form.by_record("t") };
            let (row, together) = (self.row.name, form.together("t", self.row.name));
            let sql = format!(
                "EXISTS (SELECT 1 FROM search_terms t{by_record} WHERE t.org = {row}.org AND t.kind = {row}.kind \
                 AND t.record = {row}.id{together}{is_in_it} AND {condition})"
            );
            parts.push(Compiled::new(sql, binds));
        }
        parts.extend(any.columns.iter().map(|held| held.condition(self.row.name)));
        if let (false, Some(kind)) = (any.words.is_empty(), kind_of(self.row.context)) {
            let expression = self.place.expression(self.row.context, &any.words.iter().collect::<Vec<_>>());
            parts.push(Compiled::new((self.place.form.words.among)(self.row, kind), vec![Bind::text(&expression)]));
        }
        Compiled::join(parts, false)
    }

    /// A record of another context is beside this one.
    fn has(&self, context: Context, node: &Node, over: bool) -> Compiled {
        if context == Context::Customer {
            return (self.of_customers)(node, self.row, over);
        }
        let other = if self.row.name == "o" { "p" } else { "o" };
        let inner = Compiler { row: Row { name: other, context }, ..*self }.node(node, over);
        // Whichever of the two belongs to the other.
        let (of_row, of_other) = match parent_attribute(self.row.context, context) {
            Some(_) => (context.as_str(), "id"),
            None => ("id", self.row.context.as_str()),
        };
        self.place.is_in(&format!("{}.{of_row}", self.row.name), (other, of_other), context, inner)
    }
}

/// A record has one of these; none when there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Any {
    pub(super) terms: Vec<Span>,
    pub(super) words: Vec<Lookup>,
    pub(super) columns: Vec<InColumn>,
}

/// A column of `search_records` holds one of these ids, or any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InColumn {
    pub(super) column: &'static str,
    pub(super) ids: Option<Vec<ObjectId>>,
}

impl InColumn {
    /// The condition on a row of `search_records` with this name; never null.
    pub(super) fn condition(&self, row: &str) -> Compiled {
        let Self { column, ids } = self;
        let is_there = format!("{row}.{column} IS NOT NULL");
        match ids {
            None => Compiled::new(is_there, Vec::new()),
            Some(ids) => {
                let places = vec!["?"; ids.len()].join(", ");
                let binds = ids.iter().map(|id| Bind::Id(*id)).collect();
                Compiled::new(format!("({is_there} AND {row}.{column} IN ({places}))"), binds)
            }
        }
    }
}

impl Any {
    /// One of any of these.
    pub(super) fn concat(all: Vec<Self>) -> Self {
        let mut any = Self::default();
        for Self { terms, words, columns } in all {
            any.terms.extend(terms);
            any.words.extend(words);
            any.columns.extend(columns);
        }
        any
    }

    /// Whether it is one of some values.
    pub(super) fn is_of_values(&self) -> bool {
        let is_of_terms = self.words.is_empty() && self.columns.is_empty() && !self.terms.is_empty();
        is_of_terms && self.terms.iter().all(|span| matches!(span, Span::In(_)))
    }

    /// One of these terms.
    pub(super) fn of_terms(terms: Vec<String>) -> Self {
        Self::term(Span::In(terms))
    }

    /// The terms, if it is one of them.
    pub(super) fn single_terms(&self) -> Option<&[String]> {
        match &self.terms[..] {
            [Span::In(terms)] if self.is_of_values() => Some(terms),
            _ => None,
        }
    }

    fn term(span: Span) -> Self {
        Self { terms: vec![span], ..Self::default() }
    }

    fn words(words: Vec<Lookup>) -> Self {
        Self { words, ..Self::default() }
    }

    fn in_column(column: &'static str, ids: Option<Vec<ObjectId>>) -> Self {
        Self { columns: vec![InColumn { column, ids }], ..Self::default() }
    }
}

/// Which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// One of these.
    In(Vec<String>),
    /// From one, included, to another, not included where there is one.
    Between(String, Option<String>),
}

impl Span {
    /// Whether all terms in it are ordered: those between two begin as the first one does.
    fn is_ordered(&self) -> bool {
        match self {
            Self::In(terms) => terms.iter().all(|term| term.contains(ORDERED)),
            Self::Between(from, _) => from.contains(ORDERED),
        }
    }

    pub(super) fn prefix(text: String) -> Self {
        let end = successor(&text);
        Self::Between(text, end)
    }
}

/// The condition that a row of `search_terms` is in one of these.
pub(super) fn in_spans(table: &str, spans: &[Span]) -> (String, Vec<Bind>) {
    let mut binds = Vec::new();
    let parts: Vec<String> = spans
        .iter()
        .map(|span| match span {
            Span::In(terms) => {
                binds.extend(terms.iter().map(|term| Bind::text(term)));
                format!("{table}.term IN ({})", vec!["?"; terms.len()].join(", "))
            }
            Span::Between(from, None) => {
                binds.push(Bind::text(from));
                format!("{table}.term >= ?")
            }
            Span::Between(from, Some(to)) => {
                binds.extend([Bind::text(from), Bind::text(to)]);
                format!("({table}.term >= ? AND {table}.term < ?)")
            }
        })
        .collect();
    match &parts[..] {
        [single] => (single.clone(), binds),
        several => (format!("({})", several.join(" OR ")), binds),
    }
}

/// What entries a record has that meets a criterion.
pub(super) enum Ranges {
    /// Any.
    Every,
    /// Each of these; `exact` when no other record has.
    Those { all: Vec<Any>, exact: bool },
}

/// What terms a record has that meets a criterion.
pub(super) fn ranges(criterion: &Criterion) -> Ranges {
    let Criterion { subject, test } = criterion;
    if let Test::Words(words) = test {
        return of_words(subject, words);
    }
    // False has no term, and neither has whether a record is deleted.
    let is_flag = matches!(subject, Subject::Standard(attribute) if attribute.class() == Class::Boolean
        && (*test != Test::Boolean(true) || is_always(*attribute)
            || deleted_attribute(attribute.context()) == Some(*attribute)));
    if subject.class() == Class::Any || is_flag {
        return Ranges::Every;
    }
    if let Subject::Standard(attribute) = subject {
        if is_mostly_zero(*attribute) && takes_zero(test) {
            return Ranges::Every;
        }
        if let Some(other) = mostly_as(*attribute) {
            return as_another(&beginning(subject), &beginning(&Subject::Standard(other)), test);
        }
        if let Some(column) = column_of(*attribute) {
            return in_column(column, test);
        }
    }
    let beginning = beginning(subject);
    let one = |span: Span, exact: bool| Ranges::Those { all: vec![Any::term(span)], exact };
    let value = |value: Value| value_term(&beginning, &value);
    match test {
        Test::Set => one(Span::prefix(beginning), true),
        Test::TextIn(texts) => {
            let (terms, cuts): (Vec<String>, Vec<bool>) =
                texts.iter().map(|text| value(Value::Text(text.clone()))).unzip();
            one(Span::In(terms), !cuts.contains(&true))
        }
        Test::TextStarts(text) => match text_term(text) {
            (_, false) => one(Span::prefix(format!("{beginning}{text}")), true),
            (term, true) => one(Span::In(vec![format!("{beginning}{term}")]), false),
        },
        Test::NumberIn(numbers) => {
            one(Span::In(numbers.iter().map(|number| value(Value::Number(*number)).0).collect()), true)
        }
        Test::Numbers(from, to) => {
            let number = |number: &f64| value(Value::Number(*number)).0;
            one(between(&beginning, from.as_ref().map(number), to.as_ref().map(number)), true)
        }
        Test::Moments(Interval { from, until }) => {
            let moment = |millis: Option<i64>| millis.map(|millis| value(Value::Moment(millis)).0);
            let from = moment(*from).map_or(Bound::Unbounded, Bound::Included);
            let to = moment(*until).map_or(Bound::Unbounded, Bound::Excluded);
            one(between(&beginning, from, to), true)
        }
        Test::Boolean(wanted) => one(Span::In(vec![value(Value::Boolean(*wanted)).0]), true),
        Test::Words(_) => Ranges::Every,
    }
}

/// Whether zero meets a test of numbers.
fn takes_zero(test: &Test) -> bool {
    match test {
        Test::Set => true,
        Test::NumberIn(numbers) => numbers.contains(&0.0),
        Test::Numbers(from, to) => (from.as_ref(), to.as_ref()).contains(&0.0),
        Test::TextIn(_) | Test::TextStarts(_) | Test::Words(_) | Test::Moments(_) | Test::Boolean(_) => false,
    }
}

/// The records with one of these values of an attribute, or of the one that has its values in nearly every record.
fn as_another(own: &str, of_other: &str, test: &Test) -> Ranges {
    let Test::TextIn(texts) = test else { return Ranges::Every };
    let both = [own, of_other]
        .into_iter()
        .flat_map(|beginning| texts.iter().map(move |text| value_term(beginning, &Value::Text(text.clone())).0));
    Ranges::Those { all: vec![Any::term(Span::In(both.collect()))], exact: false }
}

/// The records of which a column has the tested value. Ids are compared as they are written.
fn in_column(column: &'static str, test: &Test) -> Ranges {
    let one = |any: Any| Ranges::Those { all: vec![any], exact: true };
    match test {
        Test::Set => one(Any::in_column(column, None)),
        Test::TextIn(texts) => {
            let id = |text: &String| text.parse().ok().filter(|id: &ObjectId| id.to_string() == *text);
            let ids: Vec<ObjectId> = texts.iter().filter_map(id).collect();
            one(if ids.is_empty() { Any::default() } else { Any::in_column(column, Some(ids)) })
        }
        Test::TextStarts(_) => Ranges::Every,
        Test::NumberIn(_) | Test::Numbers(..) | Test::Words(_) | Test::Moments(_) | Test::Boolean(_) => {
            one(Any::default())
        }
    }
}

/// Terms of one attribute between two of them. All terms of numbers are of one length, so that the first text behind one
/// is it with a character more.
fn between(beginning: &str, from: Bound<String>, to: Bound<String>) -> Span {
    let behind = |term: String| format!("{term}\u{1}");
    let from = match from {
        Bound::Included(term) => term,
        Bound::Excluded(term) => behind(term),
        Bound::Unbounded => beginning.to_owned(),
    };
    let to = match to {
        Bound::Included(term) => Some(behind(term)),
        Bound::Excluded(term) => Some(term),
        Bound::Unbounded => successor(beginning),
    };
    Span::Between(from, to)
}

/// Each word is in some text: of which attribute is left to the document.
fn of_words(subject: &Subject, words: &[Word]) -> Ranges {
    let manner = match subject {
        Subject::Standard(attribute) if attribute.class() == Class::Any => None,
        Subject::Standard(attribute) => match attribute.manner() {
            Some(manner) => Some(manner),
            None => return Ranges::Those { all: vec![Any::default()], exact: true },
        },
        Subject::Custom(custom) if custom.suffix == Suffix::Id => Some(Manner::Part),
        Subject::Custom(_) => Some(Manner::Words),
    };
    let mut all = Vec::new();
    for Word { pieces, part, digits } in words {
        let by_words = || pieces.iter().map(|piece| Lookup::word(piece));
        let by_digits = || digits.iter().flat_map(|digits| by_part(digits));
        let one = |lookup: Lookup| Any::words(vec![lookup]);
        match manner {
            Some(Manner::Words) if pieces.is_empty() => all.push(Any::default()),
            Some(Manner::Words) => all.extend(by_words().map(one)),
            Some(Manner::Part) => all.extend(by_part(part).map(one)),
            Some(Manner::Digits) if digits.is_none() => all.push(Any::default()),
            Some(Manner::Digits) => all.extend(by_digits().map(one)),
            // One of each way to be found.
            None => {
                all.push(Any::words(
                    by_words().take(1).chain(by_part(part).take(1)).chain(by_digits().take(1)).collect(),
                ));
            }
        }
    }
    Ranges::Those { all, exact: false }
}

/// The grams of a text that has this part: some of them.
fn by_part(part: &str) -> impl Iterator<Item = Lookup> {
    let characters: Vec<char> = part.chars().collect();
    let parts: Vec<Lookup> = match characters.len() {
        0..GRAM => vec![Lookup::part(part, true)],
        // A text that ends there has the gram alone, one that continues too: grams have three characters at most.
        _ => {
            let last = characters.len() - GRAM;
            let windows = characters.windows(GRAM).enumerate().filter(|(at, _)| at % GRAM == 0 || *at == last);
            windows.take(MAX_PARTS).map(|(_, window)| Lookup::part(&window.iter().collect::<String>(), false)).collect()
        }
    };
    parts.into_iter()
}

/// The kind of a context's records, and its attributes that tie it to another.
pub(super) fn kind_of(context: Context) -> Option<Kind> {
    Kind::searched_as(context)
}

/// The criterion that a record of `of` is, or belongs to, one of these of `context`.
pub(super) fn among(of: Context, context: Context, ids: Vec<String>) -> Node {
    if ids.is_empty() {
        return Node::Any(Vec::new());
    }
    let attribute = parent_attribute(of, context).unwrap_or(id_attribute(of));
    Node::Test(Criterion { subject: Subject::Standard(attribute), test: Test::TextIn(ids) })
}
