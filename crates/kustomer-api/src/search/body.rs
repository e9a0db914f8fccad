//! A search as it is sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::aggregation::Aggregation;

/// What one member of a group asks: a criterion, or groups inside the group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Condition(Map<String, Value>);

impl Condition {
    pub(super) const fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Holds when all of these do. Groups inside groups are this server's; Kustomer's are flat.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::group("and", conditions)
    }

    /// Holds when one of these does.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::group("or", conditions)
    }

    /// Holds when none of these does.
    #[must_use]
    pub fn none(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::group("not", conditions)
    }

    pub(super) fn group(name: &str, conditions: impl IntoIterator<Item = Self>) -> Self {
        let members: Vec<Value> = conditions.into_iter().map(Value::from).collect();
        Self(Map::from_iter([(name.to_owned(), Value::Array(members))]))
    }
}

impl From<Condition> for Value {
    fn from(condition: Condition) -> Self {
        Self::Object(condition.0)
    }
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    name: String,
    descending: bool,
}

impl Sort {
    pub(super) const fn new(name: String, descending: bool) -> Self {
        Self { name, descending }
    }
}

impl From<Sort> for Value {
    fn from(sort: Sort) -> Self {
        let direction = if sort.descending { "desc" } else { "asc" };
        Self::Object(Map::from_iter([(sort.name, direction.into())]))
    }
}

/// The body of a search. Its three groups must all hold; nothing set finds every record.
///
/// Reads any object; the server checks it with [`super::SEARCH`] and against the attributes it names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Search(Map<String, Value>);

impl Search {
    /// A search for customers.
    #[must_use]
    pub fn customers() -> Self {
        Self::of(crate::customer::TYPE)
    }

    /// A search for companies.
    #[must_use]
    pub fn companies() -> Self {
        Self::of(crate::company::TYPE)
    }

    /// A search for conversations.
    #[must_use]
    pub fn conversations() -> Self {
        Self::of(crate::conversation::TYPE)
    }

    /// A search for messages.
    #[must_use]
    pub fn messages() -> Self {
        Self::of(crate::message::TYPE)
    }

    /// A search for notes.
    #[must_use]
    pub fn notes() -> Self {
        Self::of(crate::note::TYPE)
    }

    /// A search for conversation times.
    #[must_use]
    pub fn conversation_times() -> Self {
        Self::of(crate::conversation_time::TYPE)
    }

    /// A search for kobjects, of every klass.
    #[must_use]
    pub fn kobjects() -> Self {
        Self::of(crate::kobject::TYPE)
    }

    /// A search for the kobjects of a klass, by its name, singular or plural.
    #[must_use]
    pub fn kobjects_of(klass: &str) -> Self {
        Self::of(&format!("{}_{klass}", crate::kobject::TYPE))
    }

    fn of(context: &str) -> Self {
        Self(Map::from_iter([("queryContext".to_owned(), context.into())]))
    }

    /// The body as JSON.
    pub const fn as_json(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The body as JSON, by move.
    pub fn into_json(self) -> Map<String, Value> {
        self.0
    }

    /// Adds a condition to those that must all hold; at most [`super::MAX_GROUP`].
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.push("and", condition);
        self
    }

    /// Adds conditions to those one of which must hold; at most [`super::MAX_GROUP`]. Two calls widen one group; for a
    /// second choice that must hold beside the first, use `and` with [`Condition::any`].
    #[must_use]
    pub fn or(mut self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        for condition in conditions {
            self.push("or", condition);
        }
        self
    }

    /// Adds a condition to those that must not hold; at most [`super::MAX_GROUP`].
    #[must_use]
    pub fn not(mut self, condition: Condition) -> Self {
        self.push("not", condition);
        self
    }

    /// Adds a key to the order; at most [`super::MAX_SORT`]. The first decides, the next where it is equal.
    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.push("sort", sort);
        self
    }

    /// Reckons days in this time zone (an IANA name) instead of GMT.
    #[must_use]
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.0.insert("timeZone".to_owned(), Value::String(name.into()));
        self
    }

    /// Finds deleted records too.
    #[must_use]
    pub fn include_deleted(mut self, include: bool) -> Self {
        self.0.insert("includeDeleted".to_owned(), include.into());
        self
    }

    /// Asks for counts under a name of your choice; at most [`super::MAX_AGGREGATIONS`].
    #[must_use]
    pub fn aggregate(mut self, name: impl Into<String>, aggregation: Aggregation) -> Self {
        let aggregations = self.0.entry("aggs").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(aggregations) = aggregations {
            aggregations.insert(name.into(), aggregation.into());
        }
        self
    }

    fn push(&mut self, name: &str, member: impl Into<Value>) {
        let group = self.0.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        // A body that was read may have one object instead of a list.
        if !group.is_array() {
            *group = Value::Array(vec![group.take()]);
        }
        if let Value::Array(members) = group {
            members.push(member.into());
        }
    }
}
