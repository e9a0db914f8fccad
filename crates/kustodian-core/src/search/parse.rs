//! Reads the body of a search into a [`Query`], and reports everything that is wrong with it.

use kustomer_api::Timestamp;
use kustomer_api::search::{
    ARCHIVE_SEARCH, Attribute, Context, MAX_AGGREGATIONS, MAX_CRITERIA, MAX_DEPTH, MAX_GROUP, MAX_SORT, Operator,
    SEARCH,
};
use serde::de::IgnoredAny;
use serde_json_borrow::{ObjectAsVec, Value};

use super::fault::{Faults, shortened};
use super::moment::Zone;
use super::naming::{KlassName, Named, Names, meant};
use super::operand::{self, Reading};
use super::query::{Aggregation, Criterion, Node, Query, Sort, Subject, Test};
use super::row::{are_tied, deleted_attribute};
use crate::input;
use crate::refusal::Refusal;

/// Which of the two searches a body is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `customerSearch`.
    #[default]
    Plain,
    /// `customerArchiveSearch`, with a short list of attributes (`docs/contract/behaviour.md` §9.7).
    Archive,
}

/// How a body is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    /// Which search it is for.
    pub dialect: Dialect,
    /// The moment that dates relative to now are reckoned from; they are refused without it.
    pub now: Option<Timestamp>,
    /// The klasses of the words in the body that may name one ([`super::klass_words`]).
    pub klasses: &'a [KlassName],
}

/// Reads a body. An empty one finds every record.
///
/// # Errors
/// 400 that names each offending attribute, operator and value with its place in the body.
pub fn parse(body: &[u8], settings: &Settings<'_>) -> Result<Query, Refusal> {
    let schema = match settings.dialect {
        Dialect::Plain => &SEARCH,
        Dialect::Archive => &ARCHIVE_SEARCH,
    };
    // The outline first: JSON, the closed list of keys, and their types.
    input::read::<IgnoredAny>(schema, body)?;
    let text = std::str::from_utf8(body).unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.trim().is_empty() { "{}" } else { text };
    let body: Value<'_> = serde_json::from_str(text).unwrap_or(Value::Null);

    let names =
        Names { archive: settings.dialect == Dialect::Archive, klasses: settings.klasses, context: Context::default() };
    let mut reader =
        Reader { now: settings.now, names, klass: None, zone: Zone::default(), faults: Faults::default(), criteria: 0 };
    let query = reader.query(&body);
    reader.faults.into_result().map_err(Refusal::bad_input)?;
    Ok(query)
}

struct Reader<'a> {
    now: Option<Timestamp>,
    names: Names<'a>,
    /// The klass of the kobjects that are searched for, when it is one.
    klass: Option<String>,
    zone: Zone,
    faults: Faults,
    criteria: usize,
}

/// The three groups.
#[derive(Clone, Copy)]
enum Group {
    And,
    Or,
    Not,
}

impl Group {
    fn of(key: &str) -> Option<Self> {
        match key {
            "and" => Some(Self::And),
            "or" => Some(Self::Or),
            "not" => Some(Self::Not),
            _ => None,
        }
    }

    fn node(self, members: Vec<Node>) -> Node {
        match self {
            Self::And => Node::All(Node::together(members)),
            // A choice of nothing is no choice to make.
            Self::Or if members.is_empty() => Node::All(members),
            Self::Or => Node::Any(members),
            Self::Not => Node::All(members.into_iter().map(Node::negated).collect()),
        }
    }
}

impl Reader<'_> {
    fn query(&mut self, body: &Value<'_>) -> Query {
        let nothing = ObjectAsVec::default();
        let body = body.as_object().unwrap_or(&nothing);
        if let Some(context) = body.get("queryContext").and_then(Value::as_str) {
            self.context(context);
        }
        if let Some(name) = body.get("timeZone").and_then(Value::as_str) {
            match Zone::find(name) {
                Ok(zone) => self.zone = zone,
                Err(title) => self.faults.push_under("timeZone", "format", title),
            }
        }
        let mut groups = Vec::new();
        for key in ["and", "or", "not"] {
            if let (Some(value), Some(group)) = (body.get(key), Group::of(key)) {
                self.in_group(key, group, value, 1, &mut groups);
            }
        }
        if let Some(klass) = &self.klass {
            groups.insert(0, of_klass(klass));
        }
        let root = Node::all(groups);
        let mut mentions_deleted = false;
        root.for_each(&mut |criterion| {
            let deleted = deleted_attribute(self.names.context).map(Subject::Standard);
            mentions_deleted |= deleted.as_ref() == Some(&criterion.subject);
        });
        Query {
            context: self.names.context,
            root,
            sort: body.get("sort").map(|sort| self.sort(sort)).unwrap_or_default(),
            include_deleted: mentions_deleted
                || body.get("includeDeleted").and_then(Value::as_bool).unwrap_or_default(),
            aggregations: self.aggregations(body.get("aggs").and_then(Value::as_object).unwrap_or(&nothing)),
        }
    }

    fn context(&mut self, name: &str) {
        let title = match self.names.context_of(name) {
            Ok((context, klass)) => {
                self.names.context = context;
                self.klass = klass;
                return;
            }
            Err(title) => title,
        };
        self.faults.push_under("queryContext", "enum", title);
    }

    /// Reads the value under `and`, `or` or `not`: a list of members, or one object each of whose keys is a member.
    fn in_group(&mut self, key: &str, group: Group, value: &Value<'_>, depth: usize, into: &mut Vec<Node>) {
        self.enter(key, |reader| {
            if depth > MAX_DEPTH {
                return reader.faults.push("maxDepth", format!("Groups stand in groups at most {MAX_DEPTH} deep"));
            }
            match value {
                Value::Object(members) => {
                    let members = reader.members(members, depth);
                    into.push(group.node(members));
                }
                Value::Array(list) => into.push(group.node(reader.list(list, depth))),
                _ => reader.faults.push(
                    "type",
                    format!(
                        "{key} takes a criterion {{\"<attribute>\": {{\"<operator>\": <value>}}}}, or a list of them"
                    ),
                ),
            }
        });
    }

    fn list(&mut self, list: &[Value<'_>], depth: usize) -> Vec<Node> {
        if self.is_too_long(list, MAX_GROUP) {
            return Vec::new();
        }
        let mut nodes = Vec::with_capacity(list.len());
        for (index, member) in list.iter().enumerate() {
            self.place(index, |reader| match member {
                // The criteria of one member hold together.
                Value::Object(members) if members.is_empty() => {
                    reader.faults.push("minProperties", "A criterion names an attribute");
                }
                Value::Object(members) => {
                    let members = reader.members(members, depth);
                    nodes.push(Node::all(Node::together(members)));
                }
                _ => reader
                    .faults
                    .push("type", "A criterion is an object like {\"<attribute>\": {\"<operator>\": <value>}}"),
            });
        }
        nodes
    }

    /// Whether a list has too many members, or one twice.
    fn is_too_long(&mut self, list: &[Value<'_>], most: usize) -> bool {
        let length = list.len();
        if length > most {
            self.faults.push("maxItems", format!("Array is too long ({length}), maximum {most}"));
            return true;
        }
        let list: Vec<serde_json::Value> = list.iter().map(serde_json::Value::from).collect();
        let twin = (1..length).find_map(|later| (0..later).find(|at| list[*at] == list[later]).map(|at| (at, later)));
        if let Some((earlier, later)) = twin {
            self.faults.push("uniqueItems", format!("Array items are not unique (indices {earlier} and {later})"));
        }
        twin.is_some()
    }

    /// The members of an object: criteria by attribute, and groups.
    fn members(&mut self, members: &ObjectAsVec<'_>, depth: usize) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(members.len());
        self.refuse_repeated(members);
        for (key, value) in members.iter() {
            match Group::of(key) {
                Some(group) => self.in_group(key, group, value, depth + 1, &mut nodes),
                None => self.enter(key, |reader| reader.criterion(key, value, &mut nodes)),
            }
        }
        nodes
    }

    fn criterion(&mut self, name: &str, value: &Value<'_>, into: &mut Vec<Node>) {
        self.criteria += 1;
        if self.criteria > MAX_CRITERIA {
            if self.criteria == MAX_CRITERIA + 1 {
                self.faults.push("maxItems", format!("A search has at most {MAX_CRITERIA} criteria"));
            }
            return;
        }
        let Some(Named { subject, klass }) = self.subject(name) else { return };
        let Some(operators) = value.as_object().filter(|operators| !operators.is_empty()) else {
            let example = subject.class().operators().first().map_or("equals", |operator| operator.as_str());
            let title = format!("{name} takes an operator and a value, such as {{\"{example}\": …}}");
            return self.faults.push("type", title);
        };
        self.refuse_repeated(operators);
        let is_own = subject.context() == self.names.context;
        if !is_own && !are_tied(self.names.context, subject.context()) {
            let (own, other) = (self.names.context, subject.context());
            let tied = Context::ALL.into_iter().filter(|context| *context == own || are_tied(own, *context));
            let tied: Vec<&str> = tied.map(Context::as_str).collect();
            let title = format!(
                "A record of type {own} has none of type {other} beside it: criteria are about {}",
                tied.join(", ")
            );
            return self.faults.push("additionalProperties", title);
        }
        // Of the klass that is searched for all records are.
        let klass = klass.filter(|klass| !(is_own && self.klass.as_ref() == Some(klass)));
        let mut tests: Vec<Node> = klass.iter().map(|klass| of_klass(klass)).collect();
        for (word, value) in operators.iter() {
            self.enter(word, |reader| {
                if let Some(operator) = reader.operator(&subject, word) {
                    let reading = Reading { subject: &subject, zone: &reader.zone, now: reader.now };
                    tests.extend(operand::read(&reading, operator, value, &mut reader.faults));
                }
            });
        }
        let node = Node::all(tests);
        into.push(if is_own { node } else { Node::Has(subject.context(), Box::new(node)) });
    }

    fn operator(&mut self, subject: &Subject, word: &str) -> Option<Operator> {
        let class = subject.class();
        let taken = || {
            let words: Vec<&str> = class.operators().iter().map(|operator| operator.as_str()).collect();
            words.join(", ")
        };
        let operator = Operator::of(word);
        match operator {
            None => {
                let meant = meant(word, class.operators().iter().map(|operator| operator.as_str()));
                let title = format!("Unknown operator{meant}: {} takes {}", shortened(&subject.to_string()), taken());
                self.faults.push("additionalProperties", title);
                None
            }
            Some(operator) if !class.takes(operator) => {
                let name = shortened(&subject.to_string());
                let title = format!("{name} is of class {class}, which does not take {operator} but {}", taken());
                self.faults.push("additionalProperties", title);
                None
            }
            operator => operator,
        }
    }

    /// The attribute of a name, where it may be searched by.
    fn subject(&mut self, name: &str) -> Option<Named> {
        let title = match self.names.subject(name) {
            Ok(Named { subject, klass: Some(klass) })
                if subject.context() == self.names.context && self.klass.as_ref().is_some_and(|own| *own != klass) =>
            {
                format!("The search is for kobjects of another klass than {}", shortened(&klass))
            }
            Ok(named) => return Some(named),
            Err(title) => title,
        };
        self.faults.push("additionalProperties", title);
        None
    }

    /// The attribute of a name, of the records that are searched for.
    fn own_subject(&mut self, name: &str) -> Option<Subject> {
        let subject = self.subject(name)?.subject;
        if subject.context() == self.names.context {
            return Some(subject);
        }
        let title = format!("Counts are of the records searched for, which are of the type {}", self.names.context);
        self.faults.push("additionalProperties", title);
        None
    }

    fn sort(&mut self, value: &Value<'_>) -> Vec<Sort> {
        let mut keys = Vec::new();
        self.enter("sort", |reader| {
            match value {
                Value::Object(members) => reader.sort_keys(members, &mut keys),
                Value::Array(list) => {
                    if reader.is_too_long(list, MAX_SORT) {
                        return;
                    }
                    for (index, member) in list.iter().enumerate() {
                        reader.place(index, |reader| match member {
                            Value::Object(members) => reader.sort_keys(members, &mut keys),
                            _ => reader.faults.push("type", SORT_SHAPE),
                        });
                    }
                }
                _ => reader.faults.push("type", SORT_SHAPE),
            }
            if keys.len() > MAX_SORT {
                reader.faults.push("maxItems", format!("A search is sorted by at most {MAX_SORT} keys"));
            }
        });
        keys
    }

    fn sort_keys(&mut self, members: &ObjectAsVec<'_>, keys: &mut Vec<Sort>) {
        for (name, direction) in members.iter() {
            self.enter(name, |reader| {
                let Some(by) = reader.sort_attribute(name) else { return };
                match direction.as_str().map(str::to_ascii_lowercase).as_deref() {
                    _ if keys.iter().any(|key: &Sort| key.by == by) => {
                        reader.faults.push("uniqueKeys", format!("The search is sorted by {name} already"));
                    }
                    Some("asc") => keys.push(Sort { by, descending: false }),
                    Some("desc") => keys.push(Sort { by, descending: true }),
                    _ => reader.faults.push("enum", "The direction is \"asc\" or \"desc\""),
                }
            });
        }
    }

    fn sort_attribute(&mut self, name: &str) -> Option<Attribute> {
        match self.names.sort(name, self.klass.as_deref()) {
            Ok(attribute) => Some(attribute),
            Err(title) => {
                self.faults.push("additionalProperties", title);
                None
            }
        }
    }

    fn aggregations(&mut self, members: &ObjectAsVec<'_>) -> Vec<Aggregation> {
        let mut found = Vec::new();
        self.enter("aggs", |reader| {
            if members.len() > MAX_AGGREGATIONS {
                let title = format!("Too many properties defined ({}), maximum {MAX_AGGREGATIONS}", members.len());
                return reader.faults.push("maxProperties", title);
            }
            reader.refuse_repeated(members);
            for (name, value) in members.iter() {
                reader.enter(name, |reader| {
                    let asked = operand::read_aggregation(value, &mut reader.faults);
                    let Some(asked) = asked else { return };
                    let subject = reader
                        .enter(asked.kind, |reader| reader.enter("field", |reader| reader.own_subject(asked.field)));
                    let Some(subject) = subject else { return };
                    found.extend(operand::aggregation(name, subject, &asked, &reader.zone, &mut reader.faults));
                });
            }
        });
        found
    }

    /// Two values under one key: readers disagree on which counts, so neither is taken.
    fn refuse_repeated(&mut self, members: &ObjectAsVec<'_>) {
        let keys: Vec<&str> = members.keys().collect();
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].contains(key) {
                self.enter(key, |reader| {
                    reader.faults.push("uniqueKeys", "This property is there twice: send it once")
                });
            }
        }
    }

    fn enter<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.faults.enter(key);
        let read = read(self);
        self.faults.leave();
        read
    }

    fn place<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        self.faults.enter_at(index);
        let read = read(self);
        self.faults.leave();
        read
    }
}

const SORT_SHAPE: &str = "sort takes {\"<attribute>\": \"asc\" or \"desc\"}, or a list of such objects";

/// The condition that a kobject is of a klass.
fn of_klass(klass: &str) -> Node {
    let subject = Subject::Standard(Attribute::KObjectKlass);
    Node::Test(Criterion { subject, test: Test::TextIn(vec![klass.to_owned()]) })
}
