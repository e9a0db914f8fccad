//! A search as the rules see it: checked, typed, and with the negations made plain.

use std::fmt;
use std::ops::Bound;

use kustomer_api::ObjectId;
use kustomer_api::custom::Suffix;
use kustomer_api::search::{Attribute, CUSTOM_PREFIX, Class};

use super::moment::Interval;
use super::words::Word;

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The type of the records.
    pub context: Context,
    /// What must hold.
    pub root: Node,
    /// The order; by id, ascending, when empty.
    pub sort: Vec<Sort>,
    /// Whether deleted records are found too: asked for, or implied by a criterion on `customer_deleted`.
    pub include_deleted: bool,
    /// What to count beside.
    pub aggregations: Vec<Aggregation>,
}

/// The types of records that can be searched for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Context {
    /// Customers.
    #[default]
    Customer,
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

    /// Visits every criterion.
    pub fn for_each<'a>(&'a self, visit: &mut impl FnMut(&'a Criterion)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.for_each(visit)),
            Self::Not(node) => node.for_each(visit),
            Self::Test(criterion) => visit(criterion),
        }
    }

    fn for_each_mut(&mut self, visit: &mut impl FnMut(&mut Criterion)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter_mut().for_each(|node| node.for_each_mut(visit)),
            Self::Not(node) => node.for_each_mut(visit),
            Self::Test(criterion) => visit(criterion),
        }
    }
}

/// A test of an attribute. It holds when one of the attribute's values passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// What is tested.
    pub subject: Subject,
    /// How.
    pub test: Test,
}

/// What a criterion is about.
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
    /// Its key in `custom`, suffix included.
    pub key: String,
    /// What its key ends in.
    pub suffix: Suffix,
}

impl CustomAttribute {
    /// The custom attribute with this key, when it ends in a legal suffix.
    pub fn new(key: &str) -> Option<Self> {
        Suffix::of(key).map(|suffix| Self { key: key.to_owned(), suffix })
    }
}

impl Subject {
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
            Self::Custom(custom) => write!(formatter, "{CUSTOM_PREFIX}{}", custom.key),
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
    /// Greatest first; records without a value stand last either way.
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

    /// What is counted.
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
    /// The names of tags that criteria mention. Records hold ids: look these up and call
    /// [`resolve_tags`](Self::resolve_tags) before searching.
    pub fn tag_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        self.root.for_each(&mut |criterion| {
            if let (Subject::Standard(Attribute::Tags), Test::TextIn(values)) = (&criterion.subject, &criterion.test) {
                for name in values.iter().filter(|value| value.parse::<ObjectId>().is_err()) {
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
            }
        });
        names
    }

    /// Puts the ids of tags where their names stand. A name without an id stays, and is found nowhere.
    pub fn resolve_tags(&mut self, id: impl Fn(&str) -> Option<ObjectId>) {
        self.root.for_each_mut(&mut |criterion| {
            if let (Subject::Standard(Attribute::Tags), Test::TextIn(values)) =
                (&criterion.subject, &mut criterion.test)
            {
                for value in values.iter_mut().filter(|value| value.parse::<ObjectId>().is_err()) {
                    if let Some(id) = id(value) {
                        *value = id.to_string();
                    }
                }
            }
        });
    }
}
