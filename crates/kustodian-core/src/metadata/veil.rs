//! What takes the place of a sensitive value that is no custom attribute, in a form that readers of its type still read;
//! and the value again, where that form is sent back.

use kustomer_api::metadata::MASK;
use serde_json::{Map, Value, json};

/// The form of a masked value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Veil {
    /// The mask, whatever the value is.
    Whole,
    /// The value with a mask in place of every text in it, and null in place of every number.
    Parts,
    /// An object with the mask alone: the names of free members may be values, too.
    Members,
    /// Null: a moment or a number has no other form.
    Nothing,
}

impl Veil {
    /// A value that is hidden. Null stays: there is nothing to hide.
    pub(super) fn over(self, value: &Value) -> Value {
        match (self, value) {
            (_, Value::Null) | (Self::Nothing, _) => Value::Null,
            (Self::Parts, _) => parts(value),
            (Self::Members, Value::Object(members)) if members.is_empty() => value.clone(),
            (Self::Members, Value::Object(_)) => json!({ MASK: MASK }),
            (Self::Whole | Self::Members, _) => MASK.into(),
        }
    }

    /// The same of the text of a value.
    pub(super) fn over_text(self, text: &str) -> String {
        match self {
            Self::Whole => format!("\"{MASK}\""),
            _ => {
                serde_json::from_str(text).map_or_else(|_| format!("\"{MASK}\""), |value| self.over(&value).to_string())
            }
        }
    }

    /// Whether a value that was sent has something in it that takes the place of another. To who `sees` the values, null
    /// is a value.
    pub(super) fn is_in(self, sent: &Value, sees: bool) -> bool {
        holds_mask(sent) || (self == Self::Nothing && !sees && sent.is_null())
    }

    /// A value that was sent, with the parts of the stored one in place of masks; `None` when nothing is left. There is no
    /// stored one where a record is made.
    ///
    /// # Errors
    /// A list has another number of masked items than the stored one has items, so that nobody can know which is which.
    pub(super) fn lifted(self, sent: Value, stored: &Value) -> Result<Option<Value>, Ambiguous> {
        match self {
            Self::Whole | Self::Nothing => Ok(Some(stored.clone()).filter(|stored| !stored.is_null())),
            Self::Parts | Self::Members => lifted(sent, stored),
        }
    }
}

/// Which items of a list are meant cannot be known; there are this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ambiguous(pub(super) usize);

fn parts(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(_) => Value::Null,
        Value::String(_) => MASK.into(),
        Value::Array(items) => items.iter().map(parts).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), parts(value))).collect(),
    }
}

fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.iter().any(|(key, value)| key == MASK || holds_mask(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn lifted(sent: Value, stored: &Value) -> Result<Option<Value>, Ambiguous> {
    if !holds_mask(&sent) {
        return Ok(Some(sent));
    }
    match (sent, stored) {
        (Value::Array(items), Value::Array(former)) => {
            let masked = items.iter().filter(|item| holds_mask(item)).count();
            if masked != former.len() {
                return Err(Ambiguous(former.len()));
            }
            let mut former = former.iter();
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                all.extend(match holds_mask(&item) {
                    true => lifted(item, former.next().unwrap_or(&Value::Null))?,
                    false => Some(item),
                });
            }
            Ok(Some(all.into()))
        }
        // Nothing is stored: masks stand for nothing.
        (Value::Array(items), _) => {
            let items: Vec<Value> = items.into_iter().filter(|item| !holds_mask(item)).collect();
            Ok((!items.is_empty()).then(|| items.into()))
        }
        (Value::Object(members), _) => {
            let mut all = match (members.contains_key(MASK), stored) {
                (true, Value::Object(stored)) => stored.clone(),
                _ => Map::new(),
            };
            for (key, value) in members.into_iter().filter(|(key, _)| key != MASK) {
                let former = stored.get(&key).unwrap_or(&Value::Null);
                let member = match value.is_null() && former.is_number() {
                    true => Some(former.clone()),
                    false => lifted(value, former)?,
                };
                all.extend(member.map(|member| (key, member)));
            }
            Ok((!all.is_empty()).then(|| all.into()))
        }
        (_, stored) => Ok(Some(stored.clone()).filter(|stored| !stored.is_null())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_value_keeps_its_form_and_sent_back_is_the_value() {
        let list = json!([{ "id": null, "email": "a@b.example", "type": "home", "verified": true }]);
        let place = json!([{ "address": "1 Main", "latitude": 1.5, "name": null }]);
        for (veil, value, masked) in [
            (Veil::Parts, json!("Ada"), json!(MASK)),
            (Veil::Parts, list, json!([{ "id": null, "email": MASK, "type": MASK, "verified": true }])),
            (Veil::Parts, place, json!([{ "address": MASK, "latitude": null, "name": null }])),
            (Veil::Parts, json!([]), json!([])),
            (Veil::Members, json!({ "to": "a@b.example" }), json!({ MASK: MASK })),
            (Veil::Members, json!({}), json!({})),
            (Veil::Nothing, json!("1990-01-01T00:00:00.000Z"), Value::Null),
            (Veil::Nothing, json!(120), Value::Null),
            (Veil::Whole, json!([1]), json!(MASK)),
        ] {
            assert_eq!(veil.over(&value), masked);
            assert_eq!(veil.over(&Value::Null), Value::Null);
            assert_eq!(veil.over_text(&value.to_string()), masked.to_string());
            if veil.is_in(&masked, false) {
                assert_eq!(veil.lifted(masked, &value), Ok(Some(value)));
            } else {
                assert_eq!(masked, value);
            }
        }
        assert!(!Veil::Nothing.is_in(&Value::Null, true));
        assert!(!Veil::Parts.is_in(&Value::Null, false));
    }

    #[test]
    fn items_beside_masked_ones_are_added_and_masked_ones_can_be_changed() {
        let stored = json!([{ "email": "a@b.example", "verified": false }, { "email": "c@d.example" }]);
        let sent = json!([{ "email": "new@b.example" }, { "email": MASK, "verified": true }, { "email": MASK }]);
        let lifted = Veil::Parts.lifted(sent, &stored);
        let whole = json!([{ "email": "new@b.example" }, { "email": "a@b.example", "verified": true }, { "email": "c@d.example" }]);
        assert_eq!(lifted, Ok(Some(whole)));
        assert_eq!(Veil::Parts.lifted(json!([{ "email": MASK }]), &stored), Err(Ambiguous(2)));
        assert_eq!(Veil::Parts.lifted(json!([{ "email": MASK }, "x"]), &Value::Null), Ok(Some(json!(["x"]))));
        assert_eq!(Veil::Parts.lifted(json!([{ "email": MASK }]), &Value::Null), Ok(None));
        let meta = Veil::Members.lifted(json!({ MASK: MASK, "a": 1 }), &json!({ "b": 2 }));
        assert_eq!(meta, Ok(Some(json!({ "b": 2, "a": 1 }))));
    }
}
