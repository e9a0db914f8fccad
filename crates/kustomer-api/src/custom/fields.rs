//! Structs whose fields are custom attributes.

use serde_json::Value;

use super::{At, Bool, CustomAttributes, CustomError, CustomValue, Num, Str, Suffix, Txt, Url};
use crate::{Field, ObjectId, Timestamp};

/// A struct whose fields are custom attributes. Derive it: `#[derive(CustomAttributes)]` of kustomer-client, where the
/// derive is described.
pub trait CustomStruct: Sized {
    /// The keys of its fields, in their order.
    const KEYS: &'static [&'static str];

    /// The struct out of a record's custom attributes. Attributes that are not among its fields are passed over.
    ///
    /// # Errors
    /// When an attribute is absent, null or of another type, and its field cannot hold that.
    fn read_custom(custom: &CustomAttributes) -> Result<Self, CustomReadError>;

    /// Writes the fields over custom attributes; a field that is absent leaves its attribute as it was.
    ///
    /// # Errors
    /// As of [`CustomAttributes::set`].
    fn write_custom(&self, custom: &mut CustomAttributes) -> Result<(), CustomError>;

    /// The fields as custom attributes, for the input of a write.
    ///
    /// # Errors
    /// As of [`CustomAttributes::set`]: a number is not finite, a text is too long or no URI.
    fn to_custom(&self) -> Result<CustomAttributes, CustomError> {
        let mut custom = CustomAttributes::new();
        self.write_custom(&mut custom)?;
        Ok(custom)
    }
}

/// Why custom attributes do not fit a struct. It names no value, as values may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the custom attribute {key:?} is {found}, and its field takes {expected}: make the field an Option, or check \
     what was written there"
)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomReadError {
    /// The key.
    pub key: &'static str,
    /// The values that the field accepts, in words.
    pub expected: &'static str,
    /// The present value, in words: `absent`, `null`, `a number`.
    pub found: &'static str,
}

impl CustomAttributes {
    /// The fields of a struct; other attributes are passed over.
    ///
    /// # Errors
    /// When an attribute is absent, null or of another type, and its field cannot hold that.
    pub fn read<T: CustomStruct>(&self) -> Result<T, CustomReadError> {
        T::read_custom(self)
    }

    /// Sets the fields of a struct, all or none. Those that are absent stay as they were.
    ///
    /// # Errors
    /// As of [`set`](Self::set).
    pub fn write<T: CustomStruct>(&mut self, fields: &T) -> Result<&mut Self, CustomError> {
        self.merge(fields.to_custom()?);
        Ok(self)
    }

    /// The field of a struct under this key. The derive calls it.
    ///
    /// # Errors
    /// When the attribute does not fit the field.
    pub fn read_field<T: CustomField>(&self, key: &'static str) -> Result<T, CustomReadError> {
        let value = self.value(key);
        let wrong = || CustomReadError { key, expected: T::TAKES, found: in_words(value) };
        T::read_field(value).ok_or_else(wrong)
    }

    /// Sets the field of a struct under this key. The derive calls it.
    ///
    /// # Errors
    /// As of [`set`](Self::set).
    pub fn write_field<T: CustomField>(&mut self, key: &'static str, field: &T) -> Result<(), CustomError> {
        match field.write_field() {
            Field::Absent => Ok(()),
            Field::Null => self.set(key, CustomValue::Null).map(drop),
            Field::Value(value) => self.set(key, value).map(drop),
        }
    }
}

impl Field<CustomAttributes> {
    /// The fields of a struct; where a record has no custom attributes, all are absent.
    ///
    /// # Errors
    /// As of [`CustomAttributes::read`].
    pub fn read<T: CustomStruct>(&self) -> Result<T, CustomReadError> {
        match self.value() {
            Some(custom) => custom.read(),
            None => CustomAttributes::new().read(),
        }
    }
}

const fn in_words(value: Option<&Value>) -> &'static str {
    match value {
        None => "absent",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number of another kind",
        Some(Value::String(_)) => "another text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

/// A type that a field of a struct of custom attributes can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a custom attribute",
    label = "no custom attribute holds this",
    note = "take Str, Txt, Url, Num, Bool or At of `custom`; or String, f64, i32, i64, u32, u64, bool, Timestamp, ObjectId or Vec<ObjectId>",
    note = "an attribute that may be missing is an Option of these, and one that may be cleared is a Field of these"
)]
pub trait CustomField: Sized {
    /// The suffixes of keys that may hold it.
    const SUFFIXES: &'static [Suffix];
    /// The values that it accepts, in words.
    const TAKES: &'static str;
    /// Out of JSON; `None` when that is something else. The value is absent when there is none.
    fn read_field(value: Option<&Value>) -> Option<Self>;
    /// The written value: none when absent.
    fn write_field(&self) -> Field<CustomValue>;
}

/// Whether a key with this suffix holds fields of these suffixes. The derive asks it when a program is compiled.
pub const fn holds(suffixes: &[Suffix], suffix: Suffix) -> bool {
    let mut at = 0;
    while at < suffixes.len() {
        if suffixes[at] as u8 == suffix as u8 {
            return true;
        }
        at += 1;
    }
    false
}

impl<T: CustomField> CustomField for Option<T> {
    const SUFFIXES: &'static [Suffix] = T::SUFFIXES;
    const TAKES: &'static str = T::TAKES;

    fn read_field(value: Option<&Value>) -> Option<Self> {
        match value {
            None | Some(Value::Null) => Some(None),
            value => T::read_field(value).map(Some),
        }
    }

    fn write_field(&self) -> Field<CustomValue> {
        self.as_ref().map_or(Field::Absent, T::write_field)
    }
}

impl<T: CustomField> CustomField for Field<T> {
    const SUFFIXES: &'static [Suffix] = T::SUFFIXES;
    const TAKES: &'static str = T::TAKES;

    fn read_field(value: Option<&Value>) -> Option<Self> {
        match value {
            None => Some(Self::Absent),
            Some(Value::Null) => Some(Self::Null),
            value => T::read_field(value).map(Self::Value),
        }
    }

    fn write_field(&self) -> Field<CustomValue> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => value.write_field(),
        }
    }
}

macro_rules! custom_field {
    ($($type:ty: [$($suffix:ident),+], $takes:literal, $read:expr, $write:expr;)+) => { $(
        impl CustomField for $type {
            const SUFFIXES: &'static [Suffix] = &[$(Suffix::$suffix),+];
            const TAKES: &'static str = $takes;
            fn read_field(value: Option<&Value>) -> Option<Self> {
                let read: fn(&Value) -> Option<Self> = $read;
                read(value?)
            }
            fn write_field(&self) -> Field<CustomValue> {
                let write: fn(&Self) -> CustomValue = $write;
                Field::Value(write(self))
            }
        }
    )+ };
}

/// A whole number, also when it is written as 12.0.
fn whole(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough to be exact")]
    let rounded = |number: f64| (number.fract() == 0.0 && number.abs() < 2_f64.powi(53)).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(rounded))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn parsed<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

custom_field! {
    Str: [Str], "a text", |value| text(value).map(Self), |field| field.as_str().into();
    Txt: [Txt], "a text", |value| text(value).map(Self), |field| field.as_str().into();
    Url: [Url], "a URI", |value| text(value).map(Self), |field| field.as_str().into();
    Num: [Num], "a number", |value| value.as_f64().map(Self), |field| field.0.into();
    Bool: [Bool], "true or false", |value| value.as_bool().map(Self), |field| field.0.into();
    At: [At], "a date-time", |value| parsed(value).map(Self), |field| field.0.into();
    String: [Str, Txt, Url], "a text", text, |field| field.as_str().into();
    f64: [Num], "a number", Value::as_f64, |field| (*field).into();
    i32: [Num], "a whole number of 32 bits", |value| whole(value)?.try_into().ok(), |field| (*field).into();
    i64: [Num], "a whole number", whole, |field| (*field).into();
    u32: [Num], "a whole number from 0 of 32 bits", |value| whole(value)?.try_into().ok(), |field| (*field).into();
    u64: [Num], "a whole number from 0", |value| value.as_u64().or_else(|| whole(value)?.try_into().ok()),
        |field| (*field).into();
    bool: [Bool], "true or false", Value::as_bool, |field| (*field).into();
    Timestamp: [At], "a date-time", parsed, |field| (*field).into();
    ObjectId: [Id], "an id", parsed, |field| (*field).into();
    Vec<ObjectId>: [Id], "a list of ids",
        |value| value.as_array()?.iter().map(parsed).collect(), |field| field.clone().into();
}
