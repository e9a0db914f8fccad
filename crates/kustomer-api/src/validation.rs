//! Checks input against a [`Schema`], and reports everything that is wrong in the words of the validator Kustomer uses
//! (`docs/contract/behaviour.md` §3.2).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json_borrow::Value;

use crate::custom::{self, Suffix};
use crate::error::{ErrorItem, ErrorSource, code};
use crate::schema::{Forms, Kind, Object, ReadOnly, Schema, Text};

/// How many faults one answer lists; further ones are not looked for.
pub const MAX_FAULTS: usize = 20;

/// How deep a value that may be anything nests, with the attribute that holds it. The stored data is wrapped some levels
/// deeper by events and answers, and readers of JSON give up at 128 levels.
pub const MAX_DEPTH: usize = 64;

/// For `""` where it is not read as null, although null is legal.
const NULL_FOR_NONE: &str = "send null for no value";

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Fault {
    /// The bare name of the attribute, as recorded.
    pub parameter: String,
    /// The JSON pointer to the value.
    pub pointer: String,
    /// The fault.
    pub title: String,
    /// The path of the schema rule that failed, as recorded.
    pub rule: String,
    /// What to do about it; empty when the title says it.
    pub advice: Cow<'static, str>,
}

impl Fault {
    /// A fault of the parameter `name` that is in the query or the path, not in the body.
    pub fn of_parameter(name: &str, title: impl Into<String>) -> Self {
        Self {
            parameter: name.to_owned(),
            pointer: String::new(),
            title: title.into(),
            rule: String::new(),
            advice: Cow::Borrowed(""),
        }
    }

    /// A fault of the body's attribute `name` found outside the schema.
    pub fn of_attribute(name: &str, title: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Self {
        Self {
            parameter: name.to_owned(),
            pointer: format!("/{}", escape(name)),
            title: title.into(),
            rule: format!("/properties/{name}"),
            advice: advice.into(),
        }
    }
}

impl From<Fault> for ErrorItem {
    fn from(fault: Fault) -> Self {
        let place = match (fault.pointer.is_empty(), fault.parameter.is_empty()) {
            (false, _) => format!(" at {}", fault.pointer),
            // Most titles of query parameters begin with the name.
            (true, false) if !fault.title.contains(&fault.parameter) => format!(" in {}", fault.parameter),
            (true, _) => String::new(),
        };
        let advice = if fault.advice.is_empty() { String::new() } else { format!(": {}", fault.advice) };
        let message = format!("{}{place}{advice}", fault.title);
        let mut meta = serde_json::Map::new();
        if !fault.pointer.is_empty() {
            meta.insert("pointer".to_owned(), fault.pointer.into());
        }
        Self {
            status: Some(400),
            source: (!fault.parameter.is_empty())
                .then(|| ErrorSource { parameter: Some(fault.parameter), ..ErrorSource::default() }),
            code: Some(code::BAD_PARAM.to_owned()),
            title: Some(fault.title),
            detail: (!fault.rule.is_empty()).then_some(fault.rule),
            message: Some(message),
            meta,
            extra: serde_json::Map::new(),
        }
    }
}

/// Everything that is wrong with `value`, in the order of the value, at most [`MAX_FAULTS`].
pub fn check(schema: &Schema, value: &Value<'_>) -> Vec<Fault> {
    check_with_room(schema, value, &|_| 0)
}

/// The same of a write that may bring longer lists, where they are lists that a merge unites ([`Schema::united`]).
pub fn check_with_room(schema: &Schema, value: &Value<'_>, room: Room<'_>) -> Vec<Fault> {
    let mut walk = Walk { faults: Vec::new(), place: Vec::new(), rule: Vec::new(), room };
    walk.value(schema, value);
    walk.faults
}

/// How many items the list of an attribute may have, where that is more than its schema says.
pub type Room<'a> = &'a dyn Fn(&str) -> usize;

/// Where the walk is. The paths are only rendered when something is wrong.
struct Walk<'a> {
    faults: Vec<Fault>,
    place: Vec<Step<'a>>,
    rule: Vec<&'a str>,
    room: Room<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Walk<'a> {
    fn value(&mut self, schema: &'a Schema, value: &'a Value<'_>) {
        if self.faults.len() >= MAX_FAULTS || (schema.nullable && value.is_null()) {
            return;
        }
        let is_blank = value.as_str().is_some_and(str::is_empty);
        if schema.blank_is_null && is_blank {
            return;
        }
        if schema.empty_is_absent && value.as_object().is_some_and(|members| members.is_empty()) {
            return;
        }
        match (&schema.kind, value) {
            (Kind::Any, _) => {
                if let Some(max) = schema.max_bytes {
                    self.bytes(value, max);
                }
                self.anything(value);
            }
            (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Number { range }, Value::Number(number)) => {
                let number = number.as_f64().unwrap_or_default();
                if let Some((least, greatest)) = *range {
                    if number < least {
                        self.fault("minimum", format!("Value {number} is less than minimum {least}"), "");
                    } else if number > greatest {
                        self.fault("maximum", format!("Value {number} is greater than maximum {greatest}"), "");
                    }
                }
            }
            (Kind::Integer { one_of, range }, Value::Number(number)) => {
                let number = number.as_f64().unwrap_or_default();
                if number.fract() != 0.0 {
                    self.fault("type", "Invalid type: number (expected integer)".to_owned(), "");
                } else if !one_of.is_empty() && !one_of.iter().any(|legal| *legal as f64 == number) {
                    self.fault("enum", format!("No enum match for: {number}"), choice(one_of));
                } else if let Some((least, greatest)) = *range {
                    if number < least as f64 {
                        self.fault("minimum", format!("Value {number} is less than minimum {least}"), "");
                    } else if number > greatest as f64 {
                        self.fault("maximum", format!("Value {number} is greater than maximum {greatest}"), "");
                    }
                }
            }
            (Kind::Text(text), Value::Str(value)) => self.text(text, value, schema.nullable),
            (Kind::List { items, max, unique }, Value::Array(list)) => {
                let max = max.map(|max| if schema.united { max.max(self.room_here()) } else { max });
                self.list(items, max, *unique, list);
            }
            (Kind::Object(object), Value::Object(members)) => self.object(object, schema.read_only, members),
            (Kind::List { items, .. }, Value::Object(_)) if schema.takes_lone => self.value(items, value),
            (Kind::Custom, Value::Object(members)) => self.custom(members),
            (Kind::Forms(forms), Value::Object(members)) => self.forms(forms, value, members),
            (Kind::Map(values), Value::Object(members)) => {
                if let Some(max) = schema.max_bytes {
                    self.bytes(value, max);
                }
                self.refuse_repeated(members);
                for (key, value) in members.iter() {
                    self.enter(Step::Key(key), |walk| walk.value(values, value));
                }
            }
            (kind, value) => {
                let null = if schema.nullable { "/null" } else { "" };
                let advice = if schema.nullable && is_blank { NULL_FOR_NONE } else { "" };
                let title = format!("Invalid type: {} (expected {}{null})", name_of(value), expected(kind));
                self.fault("type", title, advice);
            }
        }
    }

    fn text(&mut self, limits: &Text, value: &str, nullable: bool) {
        // Every code point takes one to four bytes, so short texts need no count.
        if let Some(max) = limits.max
            && value.len() > max
        {
            let length = value.chars().count();
            if length > max {
                return self.fault("maxLength", format!("String is too long ({length} chars), maximum {max}"), "");
            }
        }
        if limits.min > 0 && value.len() < limits.min * 4 {
            let (length, min) = (value.chars().count(), limits.min);
            if length < min {
                let advice = if nullable && value.is_empty() { NULL_FOR_NONE } else { "" };
                return self.fault("minLength", format!("String is too short ({length} chars), minimum {min}"), advice);
            }
        }
        if !limits.one_of.is_empty() && !limits.one_of.contains(&value) {
            return self.fault("enum", format!("No enum match for: {}", quoted(value)), choice(limits.one_of));
        }
        if let Some(format) = limits.format
            && !(format.check)(value)
        {
            self.fault(
                "format",
                format!("Format validation failed ({} expected, such as {})", format.name, format.example),
                format.about,
            );
        }
    }

    fn bytes(&mut self, value: &Value<'_>, max: usize) {
        let size = serde_json::to_string(value).map_or(0, |json| json.len());
        if size > max {
            let noun = if value.is_object() { "Object" } else { "Value" };
            self.fault("maxBytes", format!("{noun} is too large ({size} bytes of JSON), maximum {max}"), "");
        }
    }

    /// The room for the attribute that the walk is at.
    fn room_here(&self) -> usize {
        match self.place.as_slice() {
            [Step::Key(name)] => (self.room)(name),
            _ => 0,
        }
    }

    fn list(&mut self, items: &'a Schema, max: Option<usize>, unique: bool, list: &'a [Value<'_>]) {
        if let Some(max) = max
            && list.len() > max
        {
            let length = list.len();
            return self.fault("maxItems", format!("Array is too long ({length}), maximum {max}"), "");
        }
        self.rule.push("items");
        for (index, item) in list.iter().enumerate() {
            self.place.push(Step::Index(index));
            self.value(items, item);
            self.place.pop();
        }
        self.rule.pop();
        if unique && let Some((earlier, later)) = twins(list) {
            let title = format!("Array items are not unique (indices {earlier} and {later})");
            self.fault("uniqueItems", title, "");
        }
    }

    fn object(&mut self, object: &'a Object, read_only: &[ReadOnly], members: &'a serde_json_borrow::ObjectAsVec<'_>) {
        self.refuse_repeated(members);
        self.rule.push("properties");
        for (key, value) in members.iter() {
            if self.faults.len() >= MAX_FAULTS {
                break;
            }
            if let Some(property) = object.properties.iter().find(|property| property.name == key) {
                self.rule.push(property.name);
                self.enter(Step::Key(key), |walk| walk.value(&property.schema, value));
                self.rule.pop();
            } else if !object.open {
                self.rule.pop();
                self.place.push(Step::Key(key));
                self.fault(
                    "additionalProperties",
                    "Additional properties not allowed".to_owned(),
                    nearest(object, read_only, key),
                );
                self.place.pop();
                self.rule.push("properties");
            }
        }
        self.rule.pop();
        for property in object.properties.iter().filter(|property| property.required) {
            if members.get(property.name).is_none() {
                self.place.push(Step::Key(property.name));
                self.fault("required", format!("Missing required property: {}", property.name), "");
                self.place.pop();
            }
        }
    }

    fn forms(&mut self, forms: &'a Forms, value: &'a Value<'_>, members: &'a serde_json_borrow::ObjectAsVec<'_>) {
        if let Some(form) = (forms.choose)(&|path| text_at(value, path)) {
            return self.value(form, value);
        }
        let (title, keyword) = match members.get(forms.key) {
            None => (format!("Missing required property: {}", forms.key), "required"),
            Some(Value::Str(other)) => (format!("No enum match for: {}", quoted(other)), "enum"),
            Some(other) => (format!("Invalid type: {} (expected string)", name_of(other)), "type"),
        };
        self.place.push(Step::Key(forms.key));
        self.fault(keyword, title, choice(forms.values));
        self.place.pop();
    }

    fn custom(&mut self, members: &'a serde_json_borrow::ObjectAsVec<'_>) {
        self.refuse_repeated(members);
        let count = members.len();
        if count > custom::MAX_PER_WRITE {
            let max = custom::MAX_PER_WRITE;
            return self.fault("maxProperties", format!("Too many properties defined ({count}), maximum {max}"), "");
        }
        for (key, value) in members.iter() {
            self.place.push(Step::Key(key));
            match Suffix::of(key) {
                _ if !custom::is_key(key) => self.fault(
                    "additionalProperties",
                    "Additional properties not allowed".to_owned(),
                    "a custom attribute's key has letters, digits, _ and - alone, at most 255 of them",
                ),
                None => self.fault(
                    "additionalProperties",
                    "Additional properties not allowed".to_owned(),
                    "a custom attribute's key ends in Num, At, Str, Txt, Bool or Url, or in Id",
                ),
                Some(suffix) => {
                    let schema = match (suffix, value) {
                        (Suffix::Id, Value::Array(_)) => &IDS,
                        _ => custom_schema(suffix),
                    };
                    self.rule.extend(["patternProperties", suffix.as_str()]);
                    self.value(schema, value);
                    self.rule.truncate(self.rule.len() - 2);
                }
            }
            self.place.pop();
        }
    }

    /// Two values under one key: readers disagree on which counts, so neither is taken.
    fn refuse_repeated(&mut self, members: &'a serde_json_borrow::ObjectAsVec<'_>) {
        let mut seen = HashSet::with_capacity(members.len());
        for (key, _) in members.iter() {
            if !seen.insert(key) {
                self.place.push(Step::Key(key));
                self.fault("uniqueKeys", format!("Duplicate property: {}", shortened(key)), "send each key once");
                self.place.pop();
            }
        }
    }

    /// What may be anything: its keys, and how deep it nests.
    fn anything(&mut self, value: &'a Value<'_>) {
        let is_nested = matches!(value, Value::Object(_) | Value::Array(_));
        if is_nested && self.place.len() >= MAX_DEPTH {
            // It is about the attribute: a pointer of that length helps nobody.
            let inner = self.place.split_off(1);
            self.fault("maxDepth", format!("The value nests deeper than {MAX_DEPTH} levels"), "");
            return self.place.extend(inner);
        }
        match value {
            Value::Object(members) => {
                self.refuse_repeated(members);
                for (key, value) in members.iter() {
                    self.within(Step::Key(key), value);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.within(Step::Index(index), value);
                }
            }
            _ => {}
        }
    }

    fn within(&mut self, step: Step<'a>, value: &'a Value<'_>) {
        if self.faults.len() >= MAX_FAULTS {
            return;
        }
        let depth = self.place.len();
        self.place.push(step);
        self.anything(value);
        self.place.truncate(depth);
    }

    fn enter(&mut self, step: Step<'a>, visit: impl FnOnce(&mut Self)) {
        self.place.push(step);
        visit(self);
        self.place.pop();
    }

    fn fault(&mut self, keyword: &str, title: String, advice: impl Into<Cow<'static, str>>) {
        if self.faults.len() >= MAX_FAULTS {
            return;
        }
        let parameter = self.place.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(shortened(key)),
            Step::Index(_) => None,
        });
        let pointer = self.place.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path + "/" + &escape(&shortened(key)),
            Step::Index(index) => format!("{path}/{index}"),
        });
        let rule = self.rule.iter().chain([&keyword]).fold(String::new(), |path, step| path + "/" + step);
        let (parameter, advice) = (parameter.unwrap_or_default(), advice.into());
        self.faults.push(Fault { parameter, pointer, title, rule, advice });
    }
}

/// The text at a path of keys; empty for a value that is none.
fn text_at(value: &Value<'_>, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, key| value.as_object()?.get(key))?;
    Some(found.as_str().unwrap_or_default().to_owned())
}

static ID: Schema = Schema::format(crate::schema::OBJECT_ID);

/// Several ids under one key; whether it takes several, its metadata says.
static IDS: Schema = Schema::set_of(custom::MAX_IDS, &ID);

fn custom_schema(suffix: Suffix) -> &'static Schema {
    use crate::schema::{DATE_TIME, MAX_URL, OBJECT_ID, URI};
    static NUMBER: Schema = Schema::number().or_null();
    static MOMENT: Schema = Schema::format(DATE_TIME).or_blank();
    static WORDS: Schema = Schema::text_of(0, custom::MAX_TEXT).or_null();
    static BOOLEAN: Schema = Schema::boolean().or_null();
    static ADDRESS: Schema = Schema::format_of(0, MAX_URL, URI).or_blank();
    static REFERENCE: Schema = Schema::format(OBJECT_ID).or_blank();
    match suffix {
        Suffix::Num => &NUMBER,
        Suffix::At => &MOMENT,
        Suffix::Str | Suffix::Txt => &WORDS,
        Suffix::Bool => &BOOLEAN,
        Suffix::Url => &ADDRESS,
        Suffix::Id => &REFERENCE,
    }
}

/// The JSON Schema of the value of a custom attribute, for documents.
pub fn schema_of_suffix(suffix: Suffix) -> &'static Schema {
    custom_schema(suffix)
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Any => "anything",
        Kind::Boolean => "boolean",
        Kind::Number { .. } => "number",
        Kind::Integer { .. } => "integer",
        Kind::Text(_) => "string",
        Kind::List { .. } => "array",
        Kind::Object(_) | Kind::Custom | Kind::Map(_) | Kind::Forms(_) => "object",
    }
}

fn name_of(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Str(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Lists up to this length are compared pair by pair.
const FEW: usize = 64;

/// The first item of a list that is the same as an earlier one, behind that one.
fn twins(list: &[Value<'_>]) -> Option<(usize, usize)> {
    if list.len() <= FEW {
        return (1..list.len())
            .find_map(|later| (0..later).find(|earlier| same(&list[*earlier], &list[later])).map(|at| (at, later)));
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    list.iter().enumerate().find_map(|(later, item)| {
        let mut text = String::new();
        spell(item, &mut text);
        seen.insert(text, later).map(|earlier| (earlier, later))
    })
}

/// Writes a value in a form that is equal for the same JSON, as of [`same`].
fn spell(value: &Value<'_>, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in members {
                text.push_str(&serde_json::Value::from(key).to_string());
                spell(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                spell(item, text);
                text.push(',');
            }
            text.push(']');
        }
        // Zero has two signs.
        Value::Number(number) => text.push_str(&format!("{:?}", number.as_f64().map(|number| number + 0.0))),
        other => text.push_str(&serde_json::to_string(other).unwrap_or_default()),
    }
}

/// Whether two values are the same JSON, the order of keys aside, as `uniqueItems` asks.
fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    }
}

/// Advice for a value that is none of these.
fn choice(values: &[impl ToString]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    match values.split_last() {
        Some((last, [])) => format!("send {last}"),
        Some((last, others)) => format!("send {} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Advice for a key that cannot be written.
fn nearest(object: &Object, read_only: &[ReadOnly], key: &str) -> &'static str {
    if object.properties.iter().any(|property| property.name.eq_ignore_ascii_case(key)) {
        "check upper and lower case"
    } else if let Some(attribute) = read_only.iter().find(|attribute| attribute.name == key) {
        attribute.advice
    } else if Suffix::of(key).is_some() && object.properties.iter().any(|property| property.name == "custom") {
        "custom attributes go inside the object custom, and this attribute is not one of the record's own"
    } else if key == "id" {
        "the server gives the id, and it never changes"
    } else {
        "remove it, or check its spelling"
    }
}

/// The beginning of a long text, since input is not echoed whole: at most 256 characters, then `…`.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 256;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(shortened(text)).to_string()
}

/// Escapes a key for a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_and_a_short_one_name_the_same_twins() {
        let different: Vec<String> = (0..FEW).map(|at| format!(r#"{{"email":"a{at}@x.example"}}"#)).collect();
        for (one, other) in [
            (r#"{"a":1,"b":[1.0,"x"]}"#, r#"{"b":[1,"x"],"a":1e0}"#),
            (r#"-0.0"#, "0"),
            (r#""1""#, "1"),
            (r#"[["a"],"b"]"#, r#"["a",["b"]]"#),
            (r#"{"a":null}"#, r#"{}"#),
        ] {
            let list = |others: &[String]| {
                format!("[{one},{}{other}]", others.iter().map(|item| format!("{item},")).collect::<String>())
            };
            let found = |text: &str| {
                let Value::Array(list) = serde_json::from_str(text).unwrap() else { panic!() };
                twins(&list)
            };
            let in_short = found(&list(&[]));
            assert_eq!(found(&list(&different)), in_short.map(|_| (0, FEW + 1)), "{one} {other}");
        }
    }
}
