//! Reads the value of an operator, as the class of the attribute asks, into a test.

use std::ops::Bound;

use kustomer_api::search::{
    Attribute, Class, DEFAULT_TERMS, MAX_RANGES, MAX_TERMS, MAX_TEXT, MAX_VALUES, MAX_WORDS, Operator, nearest,
};
use kustomer_api::{ObjectId, Timestamp};
use serde_json_borrow::Value;

use super::fault::Faults;
use super::moment::{self, Interval, Zone};
use super::query::{Aggregation, Criterion, Node, Range, Ranges, Subject, Test};
use super::words::{Word, digits, fold};

/// The context in which a value is read.
pub(super) struct Reading<'a> {
    pub(super) subject: &'a Subject,
    pub(super) zone: &'a Zone,
    pub(super) now: Option<Timestamp>,
}

/// The test of an operator that the subject's class takes; nothing and a fault when its value is not one.
pub(super) fn read(reading: &Reading<'_>, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
    if let Some(positive) = positive(operator) {
        return read(reading, positive, value, faults).map(Node::negated);
    }
    if operator == Operator::Set {
        return match value {
            // Clients send "" or true; a client that sends false means the opposite, or does not know.
            Value::Bool(false) => fault(faults, "enum", "Send true, or use the opposite of this operator"),
            _ => Some(reading.test(Test::Set)),
        };
    }
    if let Some(node) = reading.blank(operator, value) {
        return Some(node);
    }
    let node = reading.filled(operator, value, faults)?;
    // The rest are lists with a blank among other values.
    Some(match operator {
        Operator::In if has_blank(value) => Node::Any(vec![reading.not_set(), node]),
        Operator::ContainsAny if has_blank(value) => everything(),
        _ => node,
    })
}

/// Holds for every record.
const fn everything() -> Node {
    Node::All(Vec::new())
}

/// Whether it is a text of nothing but blanks, as a form sends for a field that was left empty.
fn is_blank(value: &Value<'_>) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn has_blank(value: &Value<'_>) -> bool {
    value.as_array().is_some_and(|list| list.iter().any(is_blank))
}

/// The operator that this one denies.
const fn positive(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::NotEquals => Some(Operator::Equals),
        Operator::NotIn => Some(Operator::In),
        Operator::NotContains => Some(Operator::Contains),
        Operator::NotContainsAny => Some(Operator::ContainsAny),
        Operator::NotSet => Some(Operator::Set),
        _ => None,
    }
}

fn fault<T>(faults: &mut Faults, rule: &str, title: impl Into<String>) -> Option<T> {
    faults.push(rule, title);
    None
}

impl Reading<'_> {
    fn test(&self, test: Test) -> Node {
        Node::Test(Criterion { subject: self.subject.clone(), test })
    }

    fn not_set(&self) -> Node {
        self.test(Test::Set).negated()
    }

    /// The meaning of an operator whose value is blank or an empty list, the same for each class; `None` for any other
    /// value. Clients rely on `equals ""` for "not set", and send blanks for fields of a form that were left
    /// empty, so that a blank narrows nothing elsewhere.
    fn blank(&self, operator: Operator, value: &Value<'_>) -> Option<Node> {
        if is_blank(value) {
            return Some(match operator {
                Operator::Equals | Operator::In => self.not_set(),
                _ => everything(),
            });
        }
        match (operator, value) {
            (Operator::In, Value::Array(list)) if list.is_empty() => Some(Node::Any(Vec::new())),
            (Operator::In, Value::Array(list)) if list.iter().all(is_blank) => Some(self.not_set()),
            (Operator::ContainsAny, Value::Array(list)) if list.is_empty() => Some(Node::Any(Vec::new())),
            (Operator::Contains | Operator::ContainsAny | Operator::Within, Value::Array(list))
                if list.iter().all(is_blank) =>
            {
                Some(everything())
            }
            (Operator::Within, Value::Object(ends)) if !ends.is_empty() && ends.values().all(is_blank) => {
                ends.keys().all(|key| matches!(key, "from" | "to" | "last" | "next")).then(everything)
            }
            _ => None,
        }
    }

    /// The meaning of an operator with at least one value that is not blank.
    fn filled(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        match self.subject.class() {
            Class::Any | Class::Text => self.words(operator, value, faults),
            Class::String | Class::StringNotAnalyzed => match operator {
                Operator::Contains | Operator::ContainsAny => self.words(operator, value, faults),
                _ => self.whole(operator, value, faults),
            },
            Class::List => self.listed(operator, value, faults),
            Class::Datetime => self.moment(operator, value, faults),
            Class::Number => self.number(operator, value, faults),
            Class::Boolean => match value {
                Value::Bool(value) => Some(self.test(Test::Boolean(*value))),
                _ => fault(faults, "type", format!("{} takes true or false", self.subject)),
            },
        }
    }

    /// One value, or where the operator takes several also those of a list that are not blank: never none.
    fn several<'v, T>(
        &self,
        operator: Operator,
        value: &'v Value<'v>,
        faults: &mut Faults,
        mut read: impl FnMut(&'v Value<'v>, &mut Faults) -> Option<T>,
    ) -> Option<Vec<T>> {
        let takes_list = matches!(operator, Operator::In | Operator::Contains | Operator::ContainsAny);
        let Value::Array(list) = value else { return read(value, faults).map(|value| vec![value]) };
        if !takes_list {
            return fault(faults, "type", format!("{operator} takes one value, in a list of them"));
        }
        let length = list.len();
        if length > MAX_VALUES {
            return fault(faults, "maxItems", format!("Array is too long ({length}), maximum {MAX_VALUES}"));
        }
        let mut values = Vec::with_capacity(length);
        let mut is_read = true;
        for (index, item) in list.iter().enumerate().filter(|(_, item)| !is_blank(item)) {
            faults.enter_at(index);
            let value = read(item, faults);
            faults.leave();
            is_read &= value.is_some();
            values.extend(value);
        }
        is_read.then_some(values)
    }

    fn text<'v>(&self, value: &'v Value<'v>, faults: &mut Faults) -> Option<&'v str> {
        let Value::Str(text) = value else {
            return fault(faults, "type", format!("{} takes a string, and not_set asks for none", self.subject));
        };
        let length = text.chars().count();
        if length > MAX_TEXT {
            let title = format!("String is too long ({length} chars), maximum {MAX_TEXT}");
            return fault(faults, "maxLength", title);
        }
        Some(text)
    }

    fn words(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        let texts = self.several(operator, value, faults, |value, faults| self.text(value, faults).map(Word::all))?;
        if texts.iter().map(Vec::len).sum::<usize>() > MAX_WORDS {
            return fault(faults, "maxItems", format!("{operator} takes at most {MAX_WORDS} words"));
        }
        let any = |choices: Vec<Vec<Word>>| {
            let mut tests: Vec<Node> = choices.into_iter().map(|words| self.test(Test::Words(words))).collect();
            if tests.len() == 1 { tests.remove(0) } else { Node::Any(tests) }
        };
        Some(match (operator, value) {
            (Operator::ContainsAny, Value::Array(_)) => any(texts),
            (Operator::ContainsAny, _) => any(texts.into_iter().flatten().map(|word| vec![word]).collect()),
            _ => self.test(Test::Words(texts.into_iter().flatten().collect())),
        })
    }

    fn whole(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        let texts = self.several(operator, value, faults, |value, faults| {
            self.text(value, faults).map(|text| form(self.subject, text))
        })?;
        Some(self.test(match operator {
            Operator::StartsWith => Test::TextStarts(texts.into_iter().next().unwrap_or_default()),
            _ => Test::TextIn(texts),
        }))
    }

    fn listed(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        let values = self.several(operator, value, faults, |value, faults| {
            let text = self.text(value, faults)?;
            self.check_listed(text, faults).then(|| form(self.subject, text))
        })?;
        Some(match operator {
            Operator::Contains if values.len() > 1 => {
                Node::All(values.into_iter().map(|value| self.test(Test::TextIn(vec![value]))).collect())
            }
            _ => self.test(Test::TextIn(values)),
        })
    }

    /// Whether a value is one the contract lists, where it lists any.
    fn check_listed(&self, text: &str, faults: &mut Faults) -> bool {
        let Subject::Standard(attribute) = self.subject else { return true };
        let values = attribute.values();
        let is_listed = values.is_empty() || values.contains(&text);
        if !is_listed {
            let meant = nearest(text, values.iter().copied());
            let meant = meant.map(|value| format!("; did you mean {value}?")).unwrap_or_default();
            faults.push("enum", format!("{attribute} is one of {}{meant}", values.join(", ")));
        }
        is_listed
    }

    fn moment(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        let tests = |intervals: Vec<Interval>| {
            let mut tests: Vec<Node> =
                intervals.into_iter().map(|interval| self.test(Test::Moments(interval))).collect();
            if tests.len() == 1 { tests.remove(0) } else { Node::Any(tests) }
        };
        if operator == Operator::Within {
            let interval = match self.relative(value, faults) {
                Some(relative) => relative?,
                None => {
                    let [from, to] = ends(value, faults, |value, faults| self.interval(value, faults))?;
                    Interval { from: from.and_then(|from| from.from), until: to.and_then(|to| to.until) }
                }
            };
            return Some(tests(vec![interval]));
        }
        let days = self.several(operator, value, faults, |value, faults| self.interval(value, faults))?;
        let meaning = |day: Interval| match operator {
            Operator::Gt => day.after(),
            Operator::Gte => day.and_after(),
            Operator::Lt => day.before(),
            Operator::Lte => day.up_to(),
            _ => day,
        };
        Some(tests(days.into_iter().map(meaning).collect()))
    }

    fn interval(&self, value: &Value<'_>, faults: &mut Faults) -> Option<Interval> {
        let read = moment::read(value, self.zone);
        if read.is_none() {
            let title = "A date is a day like 2026-01-31, a date-time like 2026-01-31T13:45:00Z, or milliseconds \
                         since 1970";
            faults.push("format", title);
        }
        read
    }

    /// `{"last": "7d"}` and `{"next": "7d"}`; the outer `None` when it is neither.
    fn relative(&self, value: &Value<'_>, faults: &mut Faults) -> Option<Option<Interval>> {
        let members = value.as_object().filter(|members| members.len() == 1)?;
        let (ahead, length) = match members.iter().next()? {
            ("last", length) => (false, length),
            ("next", length) => (true, length),
            _ => return None,
        };
        let Some(length) = length.as_str().and_then(moment::length) else {
            return Some(fault(faults, "format", "A length of time is a whole number with w, d, h, m or s, like 7d"));
        };
        let Some(now) = self.now else {
            return Some(fault(faults, "enum", "Dates relative to now are not known here: send both ends"));
        };
        Some(Some(moment::around(now, length, ahead)))
    }

    fn number(&self, operator: Operator, value: &Value<'_>, faults: &mut Faults) -> Option<Node> {
        let read = |value: &Value<'_>, faults: &mut Faults| match value.as_f64().filter(|_| value.is_number()) {
            Some(number) if number.is_finite() => Some(number),
            _ => fault(faults, "type", format!("{} takes a number", self.subject)),
        };
        if operator == Operator::Within {
            let bound = |end: Option<f64>| end.map_or(Bound::Unbounded, Bound::Included);
            let [from, to] = ends(value, faults, read)?;
            return Some(self.test(Test::Numbers(bound(from), bound(to))));
        }
        let numbers = self.several(operator, value, faults, read)?;
        let first = numbers.first().copied().unwrap_or_default();
        Some(self.test(match operator {
            Operator::Gt => Test::Numbers(Bound::Excluded(first), Bound::Unbounded),
            Operator::Gte => Test::Numbers(Bound::Included(first), Bound::Unbounded),
            Operator::Lt => Test::Numbers(Bound::Unbounded, Bound::Excluded(first)),
            Operator::Lte => Test::Numbers(Bound::Unbounded, Bound::Included(first)),
            _ => Test::NumberIn(numbers),
        }))
    }
}

/// The two ends of `within`: `{"from": …, "to": …}` or `[…, …]`; a blank one is open.
fn ends<T>(
    value: &Value<'_>,
    faults: &mut Faults,
    mut read: impl FnMut(&Value<'_>, &mut Faults) -> Option<T>,
) -> Option<[Option<T>; 2]> {
    let (from, to) = match value {
        Value::Array(list) => match list.as_slice() {
            [from, to] => (from, to),
            _ => return fault(faults, "maxItems", WITHIN),
        },
        Value::Object(members) if members.len() == 2 => match (members.get("from"), members.get("to")) {
            (Some(from), Some(to)) => (from, to),
            _ => return fault(faults, "required", WITHIN),
        },
        _ => return fault(faults, "type", WITHIN),
    };
    let mut end = |value: &Value<'_>| if is_blank(value) { Some(None) } else { read(value, faults).map(Some) };
    let (from, to) = (end(from), end(to));
    Some([from?, to?])
}

const WITHIN: &str =
    "within takes {\"from\": …, \"to\": …}, both included; for dates also {\"last\": \"7d\"} or {\"next\": \"7d\"}";

/// A text in the form that the values of an attribute have in a [`super::SearchRow`].
fn form(subject: &Subject, text: &str) -> String {
    match (subject.class(), subject) {
        (_, Subject::Standard(Attribute::Phone | Attribute::SharedPhone)) => {
            let digits = digits(text);
            // A text without digits is no phone number, and finds none.
            if digits.is_empty() { fold(text) } else { digits }
        }
        (Class::String, _) => fold(text),
        // Ids are kept in lower case.
        (Class::List, _) => text.parse::<ObjectId>().map_or_else(|_| text.to_owned(), |id| id.to_string()),
        (_, Subject::Standard(Attribute::Id)) => text.to_lowercase(),
        _ => text.to_owned(),
    }
}

/// What an aggregation asks for, before its field is known.
pub(super) struct Asked<'v> {
    pub(super) kind: &'static str,
    pub(super) field: &'v str,
    detail: Option<&'v Value<'v>>,
}

const AGGREGATION: &str = "An aggregation is {\"terms\": {\"field\": …, \"size\": …}} or {\"range\": {\"field\": …, \"ranges\": [{\"from\": …, \
     \"to\": …}]}}";

/// Reads the outline of an aggregation.
pub(super) fn read_aggregation<'v>(value: &'v Value<'v>, faults: &mut Faults) -> Option<Asked<'v>> {
    let members = value.as_object().filter(|members| members.len() == 1);
    let Some((kind, inner)) = members.and_then(|members| members.iter().next()) else {
        return fault(faults, "type", AGGREGATION);
    };
    let (kind, detail) = match kind {
        "terms" => ("terms", "size"),
        "range" => ("range", "ranges"),
        _ => return fault(faults, "additionalProperties", AGGREGATION),
    };
    let Some(inner) = inner.as_object() else { return fault(faults, "type", AGGREGATION) };
    if inner.keys().any(|key| key != "field" && key != detail) {
        return fault(faults, "additionalProperties", AGGREGATION);
    }
    match inner.get("field").and_then(Value::as_str) {
        Some(field) => Some(Asked { kind, field, detail: inner.get(detail) }),
        None => fault(faults, "required", AGGREGATION),
    }
}

/// The aggregation, when its field fits it.
pub(super) fn aggregation(
    name: &str,
    of: Subject,
    asked: &Asked<'_>,
    zone: &Zone,
    faults: &mut Faults,
) -> Option<Aggregation> {
    faults.enter(asked.kind);
    let name = name.to_owned();
    let aggregation = match (asked.kind, of.class()) {
        ("terms", Class::List | Class::String | Class::StringNotAnalyzed | Class::Boolean) => {
            terms_size(asked.detail, faults).map(|size| Aggregation::Terms { name, of, size })
        }
        ("range", Class::Number) => {
            let read = |value: &Value<'_>| value.as_f64().filter(|number| value.is_number() && number.is_finite());
            let ranges = read_ranges(asked.detail, faults, "a number", read);
            ranges.map(|ranges| Aggregation::Ranges { name, of, ranges: Ranges::Numbers(ranges) })
        }
        ("range", Class::Datetime) => {
            let read = |value: &Value<'_>| moment::read(value, zone).and_then(|interval| interval.from);
            let ranges = read_ranges(asked.detail, faults, "a date", read);
            ranges.map(|ranges| Aggregation::Ranges { name, of, ranges: Ranges::Moments(ranges) })
        }
        (kind, class) => {
            let fits = if kind == "terms" { "lists, strings and booleans" } else { "numbers and dates" };
            faults.enter("field");
            faults.push("enum", format!("{of} is of class {class}; {kind} counts {fits}"));
            faults.leave();
            None
        }
    };
    faults.leave();
    aggregation
}

fn terms_size(size: Option<&Value<'_>>, faults: &mut Faults) -> Option<usize> {
    let Some(size) = size else { return Some(DEFAULT_TERMS) };
    let size = size.as_u64().and_then(|size| usize::try_from(size).ok()).filter(|size| (1..=MAX_TERMS).contains(size));
    if size.is_none() {
        faults.push_under("size", "maximum", format!("size is a whole number from 1 to {MAX_TERMS}"));
    }
    size
}

fn read_ranges<T>(
    ranges: Option<&Value<'_>>,
    faults: &mut Faults,
    takes: &str,
    read: impl Fn(&Value<'_>) -> Option<T>,
) -> Option<Vec<Range<T>>> {
    let Some(list) = ranges.and_then(Value::as_array).filter(|list| (1..=MAX_RANGES).contains(&list.len())) else {
        faults.push_under("ranges", "type", format!("ranges is a list of 1 to {MAX_RANGES} ranges"));
        return None;
    };
    faults.enter("ranges");
    let mut found = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        faults.enter_at(index);
        let members = item.as_object().filter(|members| members.keys().all(|key| key == "from" || key == "to"));
        let bound = |name: &str| members.and_then(|members| members.get(name)).map(&read);
        match (members, bound("from"), bound("to")) {
            (None, ..) | (_, Some(None), _) | (_, _, Some(None)) => {
                faults.push(
                    "type",
                    format!("A range is {{\"from\": …, \"to\": …}}, each {takes}, one of which may be absent"),
                );
            }
            (_, from, to) => found.push(Range { from: from.flatten(), to: to.flatten() }),
        }
        faults.leave();
    }
    faults.leave();
    (found.len() == list.len()).then_some(found)
}
