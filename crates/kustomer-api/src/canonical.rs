//! The one form of a value that can be written in several ways: the form that is stored and answered.

use serde_json::{Number, Value};
use serde_json_borrow::Value as Borrowed;

use crate::custom::Suffix;
use crate::schema::{Kind, Schema};
use crate::validation::schema_of_suffix;

/// The canonical form of `value`, which `schema` accepts; `None` when it is canonical already.
///
/// - A whole number has no fraction and no exponent: `120.0` and `1.2e2` become `120`, `-0` becomes `0`, as Node prints
///   them.
/// - `""` becomes null where the schema says so ([`Schema::or_blank`]).
///
/// ```
/// use kustomer_api::canonical::canonicalize;
/// use kustomer_api::customer::CUSTOMER_INPUT;
/// use serde_json::json;
///
/// let sent = serde_json::from_str(r#"{"name":"","birthdayAt":"","custom":{"scoreNum":1e2}}"#)?;
/// let canonical = canonicalize(&CUSTOMER_INPUT, &sent);
/// assert_eq!(canonical, Some(json!({ "name": "", "birthdayAt": null, "custom": { "scoreNum": 100 } })));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn canonicalize(schema: &Schema, value: &Borrowed<'_>) -> Option<Value> {
    if is_canonical(value) {
        return None;
    }
    let mut owned = Value::from(value);
    rewrite(schema, &mut owned);
    Some(owned)
}

/// Whether there is nothing to rewrite, whatever the schema. Nearly every body is so, and need not be copied.
fn is_canonical(value: &Borrowed<'_>) -> bool {
    match value {
        Borrowed::Null | Borrowed::Bool(_) => true,
        Borrowed::Number(number) => !number.is_f64() || number.as_f64().and_then(whole).is_none(),
        Borrowed::Str(text) => !text.is_empty(),
        Borrowed::Array(list) => list.iter().all(is_canonical),
        Borrowed::Object(members) => members.iter().all(|(_, value)| is_canonical(value)),
    }
}

fn rewrite(schema: &Schema, value: &mut Value) {
    static ANY: Schema = Schema::any();
    if let Kind::Forms(forms) = schema.kind {
        let form = (forms.choose)(&|path| {
            let found = path.iter().try_fold(&*value, |value, key| value.get(key))?;
            Some(found.as_str().unwrap_or_default().to_owned())
        });
        return rewrite(form.unwrap_or(&ANY), value);
    }
    match value {
        Value::String(text) if text.is_empty() && schema.blank_is_null => *value = Value::Null,
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole) {
                *number = whole;
            }
        }
        Value::Array(list) => {
            let items = if let Kind::List { items, .. } = schema.kind { items } else { &ANY };
            list.iter_mut().for_each(|item| rewrite(items, item));
        }
        Value::Object(members) => {
            for (key, member) in members {
                let schema = match schema.kind {
                    Kind::Object(object) => object.properties.iter().find(|it| it.name == key).map(|it| &it.schema),
                    Kind::Custom => Suffix::of(key).map(schema_of_suffix),
                    Kind::Map(values) => Some(values),
                    _ => None,
                };
                rewrite(schema.unwrap_or(&ANY), member);
            }
        }
        _ => {}
    }
}

/// A whole number of 64 bits without its fraction, in the digits that Node prints: the shortest that name this double.
fn whole(double: f64) -> Option<Number> {
    if double.fract() != 0.0 {
        return None;
    }
    let digits = double.to_string();
    digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_as_node_prints_them() {
        let canonical = |json: &str| {
            let sent: Borrowed<'_> = serde_json::from_str(json).unwrap();
            canonicalize(&Schema::any(), &sent).map_or_else(|| json.to_owned(), |value| value.to_string())
        };
        for (sent, printed) in [
            ("120.0", "120"),
            ("1e2", "100"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0.5", "0.5"),
            ("-3.0", "-3"),
            ("1234567890123456768.0", "1234567890123456800"),
            ("9007199254740993", "9007199254740993"),
            ("[1.0,{\"a\":[2.50,3.0]}]", "[1,{\"a\":[2.5,3]}]"),
            ("\"\"", "\"\""),
        ] {
            assert_eq!(canonical(sent), printed, "{sent}");
        }
    }
}
