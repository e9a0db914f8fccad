//! A search as the rules see it: checked, typed, and with the negations made plain.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Bound;

use kustomer_api::ObjectId;
use kustomer_api::custom::Suffix;
use kustomer_api::search::{Attribute, Class, Context};

use super::moment::Interval;
use super::words::Word;
use crate::customer::may_be_lost;

/// The searched type.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The type of the records.
    pub context: Context,
    /// What must hold.
    pub root: Node,
    /// The order; by id, ascending, when empty.
    pub sort: Vec<Sort>,
    /// Whether deleted records are found too: asked for, or implied by a criterion on whether they are deleted.
    pub include_deleted: bool,
    /// What to count beside.
    pub aggregations: Vec<Aggregation>,
}

/// What must hold for a record. `All` of nothing holds, `Any` of nothing does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Each of these holds.
    All(Vec<Node>),
    /// One of these holds.
    Any(Vec<Node>),
    /// This does not hold; also for a record without a value.
    Not(Box<Node>),
    /// A criterion holds.
    Test(Criterion),
    /// It holds for a value that only customers had who were merged into the record. Part of a [`Test`](Self::Test) by
    /// itself, which an engine looks up in another place.
    Lost(Criterion),
    /// A record of another context belongs to the record, or the record to it, for which this holds. Deleted records do
    /// not count.
    Has(Context, Box<Node>),
}

impl Node {
    /// The same, negated.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(node) => *node,
            node => Self::Not(Box::new(node)),
        }
    }

    /// What must hold together, with the parts about records of another context joined: they hold for one and the same
    /// record, which is a kobject of one klass where a klass is named.
    pub fn together(nodes: Vec<Self>) -> Vec<Self> {
        let mut kept = Vec::with_capacity(nodes.len());
        let mut beside: Vec<(Context, Option<String>, Vec<Self>)> = Vec::new();
        for node in nodes {
            let Self::Has(context, node) = node else {
                kept.push(node);
                continue;
            };
            let klass = node.klass().map(str::to_owned);
            match beside.iter_mut().find(|(of, named, _)| *of == context && *named == klass) {
                Some((_, _, nodes)) => nodes.push(*node),
                None => beside.push((context, klass, vec![*node])),
            }
        }
        let kobjects = || beside.iter().enumerate().filter(|(_, (context, ..))| *context == Context::KObject);
        let of_any = kobjects().find(|(_, (_, klass, _))| klass.is_none()).map(|(place, _)| place);
        if let (Some(of_any), 2) = (of_any, kobjects().count()) {
            let (context, _, of_any) = beside.remove(of_any);
            if let Some((_, _, nodes)) = beside.iter_mut().find(|(of, ..)| *of == context) {
                nodes.extend(of_any);
            }
        }
        kept.extend(beside.into_iter().map(|(context, _, nodes)| Self::Has(context, Box::new(Self::all(nodes)))));
        kept
    }

    /// All of these hold.
    #[must_use]
    pub fn all(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            1 => nodes.remove(0),
            _ => Self::All(nodes),
        }
    }

    /// The klass that kobjects must be of for this to hold, where it is said.
    fn klass(&self) -> Option<&str> {
        match self {
            Self::All(nodes) => nodes.iter().find_map(Self::klass),
            Self::Test(Criterion {
                subject: Subject::Standard(Attribute::KObjectKlass),
                test: Test::TextIn(klasses),
            }) => match &klasses[..] {
                [klass] => Some(klass),
                _ => None,
            },
            Self::Any(_) | Self::Not(_) | Self::Test(_) | Self::Lost(_) | Self::Has(..) => None,
        }
    }

    /// Visits the criteria about other records.
    pub fn each_has<'a>(&'a self, visit: &mut impl FnMut(Context, &'a Self)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.each_has(visit)),
            Self::Not(node) => node.each_has(visit),
            Self::Test(_) | Self::Lost(_) => {}
            Self::Has(context, node) => visit(*context, node),
        }
    }

    /// Replaces the criteria about other records, in the order in which they are
    /// [visited](Self::each_has); `None` leaves it.
    pub fn replace_has(&mut self, next: &mut impl FnMut() -> Option<Self>) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter_mut().for_each(|node| node.replace_has(next)),
            Self::Not(node) => node.replace_has(next),
            Self::Test(_) | Self::Lost(_) => {}
            Self::Has(..) => {
                if let Some(node) = next() {
                    *self = node;
                }
            }
        }
    }

    /// Visits every criterion, those about other records too.
    pub fn for_each<'a>(&'a self, visit: &mut impl FnMut(&'a Criterion)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.for_each(visit)),
            Self::Not(node) | Self::Has(_, node) => node.for_each(visit),
            Self::Test(criterion) | Self::Lost(criterion) => visit(criterion),
        }
    }

    /// Whether a criterion is about an attribute, those about other records too.
    pub fn is_about(&self, attribute: Attribute) -> bool {
        let mut is_about = false;
        self.for_each(&mut |criterion| is_about |= criterion.subject == Subject::Standard(attribute));
        is_about
    }

    fn for_each_mut(&mut self, visit: &mut impl FnMut(&mut Criterion)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter_mut().for_each(|node| node.for_each_mut(visit)),
            Self::Not(node) | Self::Has(_, node) => node.for_each_mut(visit),
            Self::Test(criterion) | Self::Lost(criterion) => visit(criterion),
        }
    }

    /// Adds to each criterion that [may be lost](Criterion::may_be_lost), in the order in which they are
    /// [visited](Self::for_each), another way to meet it; `None` adds nothing.
    pub fn add_ways(&mut self, next: &mut impl FnMut(&Criterion) -> Option<Self>) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter_mut().for_each(|node| node.add_ways(next)),
            Self::Not(node) | Self::Has(_, node) => node.add_ways(next),
            Self::Test(criterion) if criterion.may_be_lost() => {
                if let Some(way) = next(criterion) {
                    *self = Self::Any(vec![Self::Test(criterion.clone()), way]);
                }
            }
            Self::Test(_) | Self::Lost(_) => {}
        }
    }
}

/// A test of an attribute. It holds when one of the attribute's values passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// The tested attribute.
    pub subject: Subject,
    /// How.
    pub test: Test,
}

impl Criterion {
    /// Whether it also holds for a value that only customers had who were merged into the record: when it is about a value
    /// of an attribute whose lost values are kept. Whether there is a value is asked of the record's own.
    pub fn may_be_lost(&self) -> bool {
        let is_kept = match &self.subject {
            Subject::Standard(attribute) => may_be_lost(*attribute),
            Subject::Custom(custom) => custom.context == Context::Customer,
        };
        is_kept && !matches!(self.test, Test::Set | Test::Words(_))
    }
}

/// The attribute of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An attribute of the table.
    Standard(Attribute),
    /// A custom attribute.
    Custom(CustomAttribute),
}

/// A custom attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomAttribute {
    /// The records that have it.
    pub context: Context,
    /// Their klass, when they are kobjects.
    pub klass: Option<String>,
    /// Its key in `custom`, suffix included.
    pub key: String,
    /// What its key ends in.
    pub suffix: Suffix,
}

impl CustomAttribute {
    /// The custom attribute of customers with this key, when it ends in a legal suffix.
    pub fn new(key: &str) -> Option<Self> {
        Self::of(Context::Customer, None, key)
    }

    /// The custom attribute with this key, when it ends in a legal suffix.
    pub fn of(context: Context, klass: Option<&str>, key: &str) -> Option<Self> {
        Suffix::of(key).map(|suffix| Self { context, klass: klass.map(str::to_owned), key: key.to_owned(), suffix })
    }
}

impl Subject {
    /// The records it is an attribute of.
    pub const fn context(&self) -> Context {
        match self {
            Self::Standard(attribute) => attribute.context(),
            Self::Custom(custom) => custom.context,
        }
    }

    /// Whether its values are ids of tags.
    const fn is_of_tags(&self) -> bool {
        matches!(
            self,
            Self::Standard(
                Attribute::Tags | Attribute::CompanyTags | Attribute::KObjectTags | Attribute::ConversationTags
            )
        )
    }

    /// Its class.
    pub fn class(&self) -> Class {
        match self {
            Self::Standard(attribute) => attribute.class(),
            Self::Custom(custom) => Class::of_suffix(custom.suffix),
        }
    }
}

impl fmt::Display for Subject {
    /// The name on the wire.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(attribute) => formatter.write_str(attribute.name()),
            Self::Custom(CustomAttribute { context, klass, key, .. }) => {
                formatter.write_str(&context.custom(klass.as_deref(), key))
            }
        }
    }
}

/// How an attribute is tested. The negative operators are these under a [`Node::Not`].
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// There is a value.
    Set,
    /// A value is one of these, in the form a [`super::SearchRow`] holds values of the attribute in: never empty.
    TextIn(Vec<String>),
    /// A value begins with this, in that form.
    TextStarts(String),
    /// Each of these is found: never empty.
    Words(Vec<Word>),
    /// A value is one of these: never empty.
    NumberIn(Vec<f64>),
    /// A value lies between these.
    Numbers(Bound<f64>, Bound<f64>),
    /// A value lies in this.
    Moments(Interval),
    /// The value is this.
    Boolean(bool),
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what. Of several values the first counts.
    pub by: Attribute,
    /// Greatest first; records without a value are last either way.
    pub descending: bool,
}

/// What to count, and the name it is answered under.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregation {
    /// How many records have each value.
    Terms {
        /// The name.
        name: String,
        /// Of what: of class list, string, `string_notanalyzed` or boolean.
        of: Subject,
        /// How many values at most, the most frequent ones: 1 to [`kustomer_api::search::MAX_TERMS`].
        size: usize,
    },
    /// How many records have a value in each range.
    Ranges {
        /// The name.
        name: String,
        /// Of what.
        of: Subject,
        /// The ranges, in the order asked.
        ranges: Ranges,
    },
}

impl Aggregation {
    /// The name it is answered under.
    pub fn name(&self) -> &str {
        match self {
            Self::Terms { name, .. } | Self::Ranges { name, .. } => name,
        }
    }

    /// The counted attribute.
    pub const fn subject(&self) -> &Subject {
        match self {
            Self::Terms { of, .. } | Self::Ranges { of, .. } => of,
        }
    }
}

/// Ranges of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Ranges {
    /// Of a number.
    Numbers(Vec<Range<f64>>),
    /// Of a moment, in milliseconds.
    Moments(Vec<Range<i64>>),
}

/// From a bound, included, to another, not included; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range<T> {
    /// Included.
    pub from: Option<T>,
    /// Not included.
    pub to: Option<T>,
}

impl<T: PartialOrd> Range<T> {
    /// Whether `value` lies in it.
    pub fn holds(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|from| value >= from) && self.to.as_ref().is_none_or(|to| value < to)
    }
}

impl Query {
    /// Whether a criterion or a count is about the tracked events of customers, which no document has:
    /// [`SearchRow::count_tracked`](super::SearchRow::count_tracked) adds them to a row.
    pub fn is_about_tracking(&self) -> bool {
        let subject = Subject::Standard(Attribute::TrackingEvents);
        self.root.is_about(Attribute::TrackingEvents) || self.aggregations.iter().any(|of| *of.subject() == subject)
    }

    /// The klass of all kobjects that the query finds, where it says so.
    pub fn klass(&self) -> Option<&str> {
        self.root.klass()
    }

    /// The klasses of all kobjects that the query is about; `None` when some may be of any klass.
    pub fn klasses(&self) -> Option<BTreeSet<String>> {
        let mut klasses = BTreeSet::new();
        let mut are_named = true;
        let mut note = |node: &'_ Node| match node.klass() {
            Some(klass) => {
                klasses.insert(klass.to_owned());
            }
            None => are_named = false,
        };
        if self.context == Context::KObject {
            note(&self.root);
        }
        self.root.each_has(&mut |context, node| {
            if context == Context::KObject {
                note(node);
            }
        });
        are_named.then_some(klasses)
    }

    /// The contexts that the query is about: that of the records it finds, and those of other records that criteria
    /// name.
    pub fn contexts(&self) -> BTreeSet<Context> {
        let mut contexts = BTreeSet::from([self.context]);
        self.root.for_each(&mut |criterion| {
            contexts.insert(criterion.subject.context());
        });
        contexts
    }

    /// The names of tags that criteria mention. Records hold ids: look these up and call
    /// [`resolve_tags`](Self::resolve_tags) before searching.
    pub fn tag_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        self.root.for_each(&mut |criterion| {
            if let (true, Test::TextIn(values)) = (criterion.subject.is_of_tags(), &criterion.test) {
                for name in values.iter().filter(|value| value.parse::<ObjectId>().is_err()) {
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
            }
        });
        names
    }

    /// Puts the ids of tags where their names are. A name without an id stays, and is found nowhere.
    pub fn resolve_tags(&mut self, id: impl Fn(&str) -> Option<ObjectId>) {
        self.root.for_each_mut(&mut |criterion| {
            if let (true, Test::TextIn(values)) = (criterion.subject.is_of_tags(), &mut criterion.test) {
                for value in values.iter_mut().filter(|value| value.parse::<ObjectId>().is_err()) {
                    if let Some(id) = id(value) {
                        *value = id.to_string();
                    }
                }
            }
        });
    }
}
