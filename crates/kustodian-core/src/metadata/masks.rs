//! Values that only some may see: what takes their place in answers, and what takes the place of the mask when it is sent
//! back. Answers are texts that were stored as they go out, so they are gone through as texts, once, and only where an org
//! has such values at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kustomer_api::metadata::{MASK, Metadata, OF_KLASS};
use kustomer_api::search::Class;
use serde_json::Value;

use super::windows::Shown;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::search::{Query, Subject};

/// The keys of the custom attributes whose values are hidden, by the `type` of their records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masks(BTreeMap<String, BTreeSet<String>>);

impl Masks {
    /// Those of all of an org's metadata.
    ///
    /// # Errors
    /// 500 when a document is not what this version stores.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a str>) -> Result<Self, Refusal> {
        let mut masks = BTreeMap::new();
        for document in documents {
            let metadata: Metadata = resource::read(document)?;
            let properties = metadata.attributes.properties.into_value().unwrap_or_default();
            let keys: BTreeSet<String> =
                properties.into_iter().filter(|(_, about)| about.is_sensitive()).map(|(key, _)| key).collect();
            if !keys.is_empty() {
                masks.insert(metadata.id.into(), keys);
            }
        }
        Ok(Self(masks))
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that are hidden of records of these types; of a type that is not known, whatever any type hides.
    fn keys<'a>(&'a self, of: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        let is_of = move |name: &str| match of {
            None => true,
            Some("kobject") => name.starts_with(OF_KLASS),
            Some(of) => name == of,
        };
        self.0.iter().filter(move |(name, _)| is_of(name)).flat_map(|(_, keys)| keys.iter().map(String::as_str))
    }

    fn hides(&self, of: Option<&str>, key: &str) -> bool {
        self.keys(of).any(|hidden| hidden == key)
    }

    /// A text of JSON with masks in place of hidden values; `None` when it has none.
    pub fn hide(self: &Arc<Self>, text: &str, shown: &Arc<Shown>) -> Option<String> {
        if !self.keys(None).any(|key| names(text, key)) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        Hiding::new(Arc::clone(self), Arc::clone(shown)).hide(text, &mut out);
        Some(out)
    }

    /// The name of the first hidden attribute that a search tests, orders by or counts.
    pub fn named_in(&self, query: &Query) -> Option<String> {
        let mut found = None;
        let klasses = query.klasses();
        let mut look = |subject: &Subject| {
            let context = subject.context().as_str();
            let is_hidden = match subject {
                Subject::Custom(custom) => {
                    let of_klass = custom.klass.as_deref().map(super::name_of_klass);
                    self.hides(Some(of_klass.as_deref().unwrap_or(context)), &custom.key)
                }
                // It looks into every text of a record, those of custom attributes too.
                Subject::Standard(attribute) if attribute.class() == Class::Any => match (&klasses, context) {
                    (Some(klasses), "kobject") => {
                        klasses.iter().any(|klass| self.keys(Some(&super::name_of_klass(klass))).next().is_some())
                    }
                    _ => self.keys(Some(context)).next().is_some(),
                },
                Subject::Standard(_) => false,
            };
            if is_hidden && found.is_none() {
                found = Some(subject.to_string());
            }
        };
        query.root.for_each(&mut |criterion| look(&criterion.subject));
        query.aggregations.iter().for_each(|aggregation| look(aggregation.subject()));
        found
    }

    /// A body in which the masks of records of a type are what the stored record has in their place, or are left out where
    /// it has nothing or `keeps` attributes that are not sent; `None` when it has none.
    ///
    /// # Errors
    /// 500 when the stored document is not what this version stores.
    pub fn restore(
        &self,
        of: &str,
        body: &[u8],
        stored: Option<&str>,
        keeps: bool,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
        let Some(custom) = body.get_mut("custom").and_then(Value::as_object_mut) else { return Ok(None) };
        let masked: Vec<&str> =
            self.keys(Some(of)).filter(|key| custom.get(*key).is_some_and(|value| value == MASK)).collect();
        if masked.is_empty() {
            return Ok(None);
        }
        let stored: Value = stored.map(resource::read).transpose()?.unwrap_or_default();
        for key in masked {
            match &stored["attributes"]["custom"][key] {
                Value::Null => drop(custom.remove(key)),
                _ if keeps => drop(custom.remove(key)),
                value => drop(custom.insert(key.to_owned(), value.clone())),
            }
        }
        resource::render(&body).map(|body| Some(body.into_bytes()))
    }
}

/// Whether a text may have a member with this key somewhere, or name it behind `custom.`. What a client sent may have its
/// keys escaped.
fn names(text: &str, key: &str) -> bool {
    let is_name = |at: usize| text[..at].ends_with(['"', '.']) && text[at + key.len()..].starts_with('"');
    text.contains("\\u") || text.match_indices(key).any(|(at, _)| is_name(at))
}

/// Masks an answer, which may be several texts. None of them ends within a value.
#[derive(Debug)]
pub struct Hiding {
    masks: Arc<Masks>,
    /// The customers of whom nothing is hidden.
    shown: Arc<Shown>,
    inside: Vec<Frame>,
}

/// An object or a list that has begun.
#[derive(Debug, Default)]
struct Frame {
    is_list: bool,
    /// The type of the record that it belongs to, once that is known.
    of: Option<String>,
    /// Whether its keys are those of custom attributes.
    is_custom: bool,
    /// The key of the value that is next.
    key: Option<String>,
    /// Whether its `attribute` names a custom attribute that is hidden: what a merge would lose, with its `value`.
    is_about_hidden: bool,
    /// Whether it is, or is within, a record of which nothing is hidden.
    is_shown: bool,
}

impl Hiding {
    /// At the beginning of an answer.
    pub fn new(masks: Arc<Masks>, shown: Arc<Shown>) -> Self {
        Self { masks, shown, inside: Vec::new() }
    }

    /// Appends a text with masks in place of hidden values.
    pub fn hide(&mut self, text: &str, out: &mut String) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            let end = match byte {
                b'}' | b']' => {
                    self.inside.pop();
                    at + 1
                }
                b',' => {
                    if let Some(frame) = self.inside.last_mut() {
                        frame.key = None;
                    }
                    at + 1
                }
                b':' | b' ' | b'\n' | b'\r' | b'\t' => at + 1,
                b'"' if self.awaits_key() => {
                    let end = end_of_text(bytes, at);
                    if let Some(frame) = self.inside.last_mut() {
                        frame.key = Some(unescaped(inner(text, at, end)));
                    }
                    end
                }
                b'n' => end_of_word(bytes, at),
                _ if self.is_hidden() => {
                    out.push('"');
                    out.push_str(MASK);
                    out.push('"');
                    at = end_of_value(bytes, at);
                    continue;
                }
                b'{' | b'[' => {
                    let is_shown = byte == b'{' && self.shows(text, at);
                    self.enter(byte == b'[', is_shown);
                    at + 1
                }
                b'"' => {
                    let end = end_of_text(bytes, at);
                    self.note(inner(text, at, end));
                    end
                }
                _ => end_of_word(bytes, at),
            };
            out.push_str(text.get(at..end).unwrap_or_default());
            at = end;
        }
    }

    fn awaits_key(&self) -> bool {
        self.inside.last().is_some_and(|frame| !frame.is_list && frame.key.is_none())
    }

    /// Whether the object that begins at a place is a record of which nothing is hidden.
    fn shows(&self, text: &str, at: usize) -> bool {
        if self.shown.is_empty() || self.inside.len() >= DEEPEST {
            return false;
        }
        let object = text.get(at..end_of_value(text.as_bytes(), at)).unwrap_or_default();
        self.shown.takes(object)
    }

    fn is_hidden(&self) -> bool {
        match self.inside.last() {
            Some(Frame { is_shown: true, .. }) => false,
            Some(Frame { of, is_custom: true, key: Some(key), .. }) => self.masks.hides(of.as_deref(), key),
            Some(Frame { is_about_hidden: true, key: Some(key), .. }) => key == "value",
            _ => false,
        }
    }

    fn enter(&mut self, is_list: bool, is_shown: bool) {
        let frame = match self.inside.last() {
            None => Frame { is_list, is_shown, ..Frame::default() },
            Some(around) => Frame {
                is_list,
                of: around.of.clone(),
                // Differences have the values before and after within.
                is_custom: around.is_custom || around.key.as_deref() == Some("custom"),
                key: None,
                is_about_hidden: false,
                is_shown: is_shown || around.is_shown,
            },
        };
        self.inside.push(frame);
    }

    /// Learns of what type the record is by its `type`, by the name of an event about it, or by what the audit log
    /// says. Values within a record do not count, nor values deeper in an answer than records and events: they may hold
    /// anything.
    fn note(&mut self, value: &str) {
        if let Some(frame) = self.inside.last_mut()
            && frame.key.as_deref() == Some("attribute")
            && let Some(key) = value.strip_prefix("custom.")
        {
            frame.is_about_hidden = self.masks.hides(None, key);
        }
        if self.inside.len() > DEEPEST {
            return;
        }
        let Some(Frame { of, key: Some(key), .. }) = self.inside.last_mut() else { return };
        let is_of_klass = value.starts_with(OF_KLASS);
        let kind = match key.as_str() {
            "type" if of.as_deref() == Some("kobject") => is_of_klass.then_some(value),
            _ if of.is_some() => None,
            "type" if is_of_klass => Some(value),
            "type" | "objectType" => described(value),
            "name" | "eventName" => {
                value.strip_prefix("kustomer.").and_then(|rest| rest.split('.').next()).and_then(described)
            }
            _ => None,
        };
        if let Some(kind) = kind {
            *of = Some(kind.to_owned());
        }
    }
}

/// How deep records and events are: within an answer, a list, an event, and its attributes.
const DEEPEST: usize = 4;

/// The word of a kind whose records have custom attributes. Others, such as bulk jobs, may hold such records.
fn described(word: &str) -> Option<&'static str> {
    super::DESCRIBED.into_iter().chain([Kind::KObject]).map(Kind::as_str).find(|kind| *kind == word)
}

fn inner(text: &str, at: usize, end: usize) -> &str {
    text.get(at + 1..end.saturating_sub(1)).unwrap_or_default()
}

/// The text between quotes, as it is meant.
fn unescaped(inner: &str) -> String {
    let read = inner.contains('\\').then(|| serde_json::from_str(&format!("\"{inner}\"")).ok());
    read.flatten().unwrap_or_else(|| inner.to_owned())
}

/// Behind the text that begins at a place.
fn end_of_text(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

/// Behind the number, `true`, `false` or `null` that begins at a place.
fn end_of_word(bytes: &[u8], at: usize) -> usize {
    let length = bytes[at..].iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
    length.map_or(bytes.len(), |length| at + length.max(1))
}

/// Behind the value that begins at a place.
fn end_of_value(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut end) = (0_usize, at);
    loop {
        end = match bytes.get(end) {
            None => return bytes.len(),
            Some(b'{' | b'[') => {
                depth += 1;
                end + 1
            }
            Some(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                end + 1
            }
            Some(b'"') => end_of_text(bytes, end),
            Some(b',' | b':' | b' ' | b'\n' | b'\r' | b'\t') => end + 1,
            Some(_) => end_of_word(bytes, end),
        };
        if depth == 0 {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn masks() -> Arc<Masks> {
        let document = |name: &str, key: &str| {
            let properties = json!({ key: { "sensitive": { "enabled": true } }, "openStr": {} });
            json!({ "type": "metadata", "id": name, "attributes": { "properties": properties } }).to_string()
        };
        let documents = [document("customer", "secretStr"), document("kobject.order", "priceNum")];
        Arc::new(Masks::of(documents.iter().map(String::as_str)).unwrap())
    }

    /// As answers are written: the member that says the type of a record is before its contents.
    fn written(value: &Value) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match value {
            Value::Object(members) => {
                let is_first = |name: &str| ["type", "name", "objectType", "eventName"].contains(&name);
                let (first, rest): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| is_first(name));
                let member = |(name, value): (&String, &Value)| format!("{}:{}", json!(name), written(value));
                format!("{{{}}}", joined(first.into_iter().chain(rest).map(member).collect()))
            }
            Value::Array(items) => format!("[{}]", joined(items.iter().map(written).collect())),
            other => other.to_string(),
        }
    }

    fn hidden(value: &Value) -> Value {
        let text = written(value);
        serde_json::from_str(&masks().hide(&text, &Arc::default()).unwrap_or(text)).unwrap()
    }

    #[test]
    fn hidden_values_of_any_form_are_masked_and_absent_ones_are_not() {
        let record = |secret: Value| json!({ "type": "customer", "id": "1", "attributes": { "custom": { "openStr": "seen", "secretStr": secret, "zNum": 1 } } });
        for secret in [json!("a\"}],\\"), json!(1.5), json!(false), json!(["a", ["b"]]), json!({ "a": { "b": "c" } })] {
            assert_eq!(hidden(&json!({ "data": record(secret.clone()) })), json!({ "data": record(json!(MASK)) }));
            assert_eq!(hidden(&json!([record(secret)])), json!([record(json!(MASK))]));
        }
        assert_eq!(hidden(&record(json!(null))), record(json!(null)));
        let other = json!({ "type": "company", "attributes": { "custom": { "secretStr": "of no customer" } } });
        assert_eq!(hidden(&other), other);
    }

    #[test]
    fn differences_are_masked_in_events_histories_and_the_audit_log() {
        let changes = |secret: &str| {
            let custom =
                json!({ "op": "replace", "before": { "secretStr": secret }, "after": { "secretStr": secret } });
            json!({ "attributes": { "custom": custom, "name": { "after": "kustomer.company.update", "op": "add" } } })
        };
        let shown = |secret: &str| {
            json!([
                { "name": "kustomer.customer.update", "data": { "type": "customer", "attributes":
                    { "name": "kustomer.company.update", "type": "company", "custom": { "secretStr": secret } } },
                    "changes": changes(secret) },
                { "type": "history_entry", "attributes": { "eventName": "kustomer.customer.update", "changes": changes(secret) } },
                { "type": "audit_log", "attributes": { "objectType": "customer", "changes": changes(secret) } },
                { "changes": changes(secret) },
            ])
        };
        assert_eq!(hidden(&shown("zq")), shown(MASK));
    }

    #[test]
    fn kobjects_are_masked_by_their_klass_and_where_that_is_not_said_by_any() {
        let of = |kind: &str, price: Value| json!({ "type": kind, "attributes": { "custom": { "priceNum": price } } });
        assert_eq!(hidden(&of("kobject.order", json!(7))), of("kobject.order", json!(MASK)));
        assert_eq!(hidden(&of("kobject.device", json!(7))), of("kobject.device", json!(7)));
        let event =
            |price: Value| json!({ "name": "kustomer.kobject.create", "changes": { "custom": { "priceNum": price } } });
        assert_eq!(hidden(&event(json!(7))), event(json!(MASK)));
    }

    #[test]
    fn an_answer_in_pieces_is_masked_as_one() {
        let mut hiding = Hiding::new(masks(), Arc::default());
        let mut out = String::new();
        for piece in [
            r#"{"data":["#,
            r#"{"type":"customer","attributes":{"custom":{"secretStr":"a"}}},{"type":"customer","id":"2"}"#,
            r#",{"type":"customer","attributes":{"custom":{"secretStr":"b"}}}"#,
            r#"],"links":{"self":"x"}}"#,
        ] {
            hiding.hide(piece, &mut out);
        }
        let all: Value = serde_json::from_str(&out).unwrap();
        for place in ["/data/0", "/data/2"] {
            assert_eq!(all.pointer(place).unwrap()["attributes"]["custom"]["secretStr"], MASK);
        }
    }

    #[test]
    fn a_mask_that_is_sent_back_leaves_the_value() {
        let masks = masks();
        let body = json!({ "name": "a", "custom": { "secretStr": MASK, "openStr": MASK } }).to_string();
        let stored = json!({ "attributes": { "custom": { "secretStr": "zq" } } }).to_string();
        let restored = |stored: Option<&str>, keeps: bool| -> Value {
            serde_json::from_slice(&masks.restore("customer", body.as_bytes(), stored, keeps).unwrap().unwrap())
                .unwrap()
        };
        assert_eq!(restored(Some(&stored), true)["custom"], json!({ "openStr": MASK }));
        assert_eq!(restored(Some(&stored), false)["custom"], json!({ "openStr": MASK, "secretStr": "zq" }));
        assert_eq!(restored(None, false)["custom"], json!({ "openStr": MASK }));
        assert_eq!(masks.restore("company", body.as_bytes(), None, true).unwrap(), None);
    }
}
