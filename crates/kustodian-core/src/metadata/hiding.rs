//! Masks in answers. Answers are texts that were stored as they go out, so they are gone through as texts, once, and only
//! where an org has hidden values at all.

use std::sync::Arc;

use kustomer_api::bulk;
use kustomer_api::metadata::OF_KLASS;

use super::masks::Masks;
use super::veil::Veil;
use super::windows::Shown;
use crate::kind::Kind;

/// Whether a text may have a member with this key somewhere, or name it behind `custom.`. What a client sent may have its
/// keys escaped.
pub(super) fn names(text: &str, key: &str) -> bool {
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
    place: Place,
    /// Whether its keys are those of custom attributes.
    is_custom: bool,
    /// Whether it belongs to a bulk job.
    is_job: bool,
    /// The key of the value that is next.
    key: Option<String>,
    /// Whether its `attribute` names an attribute that is hidden: what a merge would lose, with its `value`.
    is_about_hidden: bool,
    /// Whether it is, or is within, the values that a customer keeps of others that were merged into it.
    is_lost: bool,
    /// Whether it is, or is within, a record of which nothing is hidden.
    is_shown: bool,
}

/// Which part of an answer an object or a list is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// What records and events are in.
    #[default]
    Around,
    /// A record with attributes that may be hidden.
    Record,
    /// The attributes of one.
    Attributes,
    /// What an event changed.
    Changes,
    /// The attributes that an event changed.
    Differences,
    /// The difference of an attribute that is hidden.
    Difference(Veil),
    /// Within the value of an attribute.
    Value,
    /// What a bulk job was sent, and the details of its errors.
    Sent,
    Details,
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
                _ => match self.veil() {
                    Some(veil) => {
                        let end = end_of_value(bytes, at);
                        out.push_str(&veil.over_text(text.get(at..end).unwrap_or_default()));
                        at = end;
                        continue;
                    }
                    None => self.pass(text, at),
                },
            };
            out.push_str(text.get(at..end).unwrap_or_default());
            at = end;
        }
    }

    /// Passes the beginning of an object or a list, or a whole value of another form; returns its end.
    fn pass(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        match bytes.get(at) {
            Some(byte @ (b'{' | b'[')) => {
                let is_shown = *byte == b'{' && self.shows(text, at);
                self.enter(*byte == b'[', is_shown);
                at + 1
            }
            Some(b'"') => {
                let end = end_of_text(bytes, at);
                self.note(inner(text, at, end));
                end
            }
            _ => end_of_word(bytes, at),
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

    /// What takes the place of the value that is next, when it is hidden.
    fn veil(&self) -> Option<Veil> {
        let Frame { of, place, is_custom, key, is_about_hidden, is_shown, .. } = self.inside.last()?;
        let key = key.as_deref().filter(|_| !is_shown)?;
        if *is_custom {
            return self.masks.hides(of.as_deref(), key).then_some(Veil::Whole);
        }
        if *is_about_hidden && key == "value" {
            return Some(Veil::Whole);
        }
        match place {
            Place::Attributes => self.masks.veil(of.as_deref(), key),
            Place::Difference(veil) => matches!(key, "before" | "after").then_some(*veil),
            // A request says nothing of its type.
            Place::Sent => self.masks.veil(None, key),
            // Who holds a value already.
            Place::Details => (described(key).is_some() && self.masks.hides_any_standard(key)).then_some(Veil::Whole),
            _ => None,
        }
    }

    fn enter(&mut self, is_list: bool, is_shown: bool) {
        let frame = match self.inside.last() {
            None => Frame { is_list, is_shown, ..Frame::default() },
            Some(around) => Frame {
                is_list,
                of: around.of.clone(),
                place: self.place_within(around),
                // Differences have the values before and after within.
                is_custom: around.is_custom || around.key.as_deref() == Some("custom"),
                is_job: around.is_job,
                key: None,
                is_about_hidden: false,
                is_lost: around.is_lost || around.key.as_deref() == Some("lostValues"),
                is_shown: is_shown || around.is_shown,
            },
        };
        self.inside.push(frame);
    }

    fn place_within(&self, around: &Frame) -> Place {
        let key = around.key.as_deref().unwrap_or_default();
        match (around.place, key) {
            (place @ (Place::Sent | Place::Details), _) => place,
            (_, "data") if around.is_job => Place::Sent,
            (_, "meta") if around.is_job => Place::Details,
            (Place::Record, "attributes") => Place::Attributes,
            (Place::Around | Place::Record, "changes") => Place::Changes,
            (Place::Changes, "attributes") => Place::Differences,
            (Place::Differences, attribute) => match self.masks.veil(around.of.as_deref(), attribute) {
                Some(veil) if !around.is_shown => Place::Difference(veil),
                _ => Place::Value,
            },
            (Place::Attributes | Place::Difference(_) | Place::Value, _) => Place::Value,
            (Place::Around | Place::Record | Place::Changes, _) => Place::Around,
        }
    }

    /// Learns of what type the record is by its `type`, by the name of an event about it, or by what the audit log
    /// says. Values within a record do not count, nor values deeper in an answer than records and events: they may hold
    /// anything.
    fn note(&mut self, value: &str) {
        let depth = self.inside.len();
        let Some(frame) = self.inside.last_mut() else { return };
        if frame.key.as_deref() == Some("attribute") {
            frame.is_about_hidden = match value.strip_prefix("custom.") {
                Some(key) => self.masks.hides(None, key),
                None if depth > DEEPEST && !frame.is_lost => false,
                None => self.masks.hides_standard(Some(Kind::Customer.as_str()), value),
            };
        }
        if depth > DEEPEST {
            return;
        }
        let Frame { of, place, is_job, key: Some(key), .. } = frame else { return };
        let known = |word: &str| described(word).is_some() || self.masks.has(word);
        let is_of_klass = value.starts_with(OF_KLASS);
        if key == "type" && *place == Place::Around {
            *is_job |= [bulk::TYPE, bulk::BATCH_TYPE].contains(&value);
            if is_of_klass || known(value) {
                *place = Place::Record;
            }
        }
        let word = match key.as_str() {
            // A record that is shown within an event, or beside it, is of its own type.
            "type" if *place == Place::Record => (of.as_deref() != Some("kobject") || is_of_klass).then_some(value),
            _ if of.is_some() => None,
            "type" | "objectType" => Some(value),
            "name" | "eventName" => value.strip_prefix("kustomer.").and_then(|rest| rest.split('.').next()),
            _ => None,
        };
        if let Some(word) = word.filter(|word| word.starts_with(OF_KLASS) || known(word)) {
            *of = Some(word.to_owned());
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
    use kustomer_api::metadata::MASK;
    use serde_json::{Value, json};

    use super::super::masks::tests::masks;
    use super::*;

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
    fn attributes_of_the_kind_itself_are_masked_in_records_and_differences_alone() {
        let customer = |email: &str, name: &str| {
            json!({ "type": "customer", "id": "1", "attributes": { "displayName": name,
                "emails": [{ "email": email, "type": "home", "verified": true }], "locale": "birthdayAt",
                "urls": [{ "url": "x", "emails": "kept" }], "birthdayAt": "1990-01-01" } })
        };
        let hidden_one = |mut masked: Value| {
            masked["attributes"]["birthdayAt"] = Value::Null;
            masked["attributes"]["emails"][0]["type"] = json!(MASK);
            masked
        };
        let masked = hidden_one(customer(MASK, MASK));
        assert_eq!(hidden(&customer("a@b.example", "Ada")), masked);
        let page =
            |customer: Value| json!({ "data": [{ "type": "company", "attributes": { "emails": 1 } }, customer] });
        assert_eq!(hidden(&page(customer("a@b.example", "Ada"))), page(masked.clone()));
        let event = |data: Value, before: Value, name: &str| {
            json!({ "type": "event", "attributes": { "name": "kustomer.customer.update", "data": data, "changes": {
                "attributes": { "emails": { "op": "replace", "before": [{ "email": before }], "after": [] },
                    "displayName": { "op": "add", "after": name }, "locale": { "op": "add", "after": "emails" } } } } })
        };
        let shown = event(customer("a@b.example", "Ada"), json!("a@b.example"), "Ada");
        assert_eq!(hidden(&shown), event(masked, json!(MASK), MASK));
        let loss = |value: &str| json!({ "meta": { "losing": [{ "attribute": "emails", "value": value }] } });
        assert_eq!(hidden(&loss("a@b.example")), loss(MASK));
        let kept = |value: &str| {
            let lost = json!([{ "attribute": "emails", "value": value }, { "attribute": "custom.secretStr", "value": [value] }, { "attribute": "username", "value": "seen" }]);
            json!({ "data": [{ "type": "customer", "id": "1", "attributes": { "lostValues": lost } }],
                "changes": { "attributes": { "lostValues": { "op": "add", "after": lost } } } })
        };
        let masked: Value =
            serde_json::from_str(&kept(MASK).to_string().replace(&json!([MASK]).to_string(), &json!(MASK).to_string()))
                .unwrap();
        assert_eq!(hidden(&kept("a@b.example")), masked);
        let job = |value: &str, holder: &str| {
            json!({ "type": "bulk", "attributes": {
                "payload": { "api": { "data": [{ "emails": [{ "email": value }] }], "path": "/v1/customers/bulk" } },
                "results": [{ "errors": [{ "title": "emails", "meta": { "pointer": "/emails/0", "customer": holder } }] }] } })
        };
        assert_eq!(hidden(&job("a@b.example", "5c7d1a1f9a1b2c0010a1b2c3")), job(MASK, MASK));
    }
}
