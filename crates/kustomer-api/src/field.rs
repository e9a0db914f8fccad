//! Absent, null and value are three different things.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Id;

/// An attribute that may be absent, explicitly null, or hold a value.
///
/// On a write, absent means "leave it alone" and null means "clear it"; on a read, absent means "never set" and null
/// means "somebody cleared it" (`docs/contract/behaviour.md` §2). Mark fields of this type with
/// `#[serde(default, skip_serializing_if = "Field::is_absent")]`.
///
/// ```
/// use kustomer_api::Field;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Patch {
///     #[serde(default, skip_serializing_if = "Field::is_absent")]
///     name: Field<String>,
/// }
///
/// assert!(serde_json::from_str::<Patch>("{}")?.name.is_absent());
/// assert!(serde_json::from_str::<Patch>(r#"{"name":null}"#)?.name.is_null());
/// assert_eq!(serde_json::from_str::<Patch>(r#"{"name":"Ada"}"#)?.name.value(), Some(&"Ada".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The key was not there.
    #[default]
    Absent,
    /// The key was there with `null`.
    Null,
    /// The key was there with a value.
    Value(T),
}

impl<T> Field<T> {
    /// Whether the key was not there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the key was there with `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value, when there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value to change, when there is one.
    pub const fn as_mut_value(&mut self) -> Option<&mut T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The target of the value, if there is one: the `str` of a `String`.
    ///
    /// ```
    /// use kustomer_api::customer::Customer;
    ///
    /// let answer = r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"name":"Ada","username":null}}"#;
    /// let customer: Customer = serde_json::from_str(answer)?;
    /// assert_eq!(customer.name.as_deref(), Some("Ada"));
    /// assert_eq!(Option::from(customer.username.clone()), None::<String>);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn as_deref(&self) -> Option<&T::Target>
    where
        T: Deref,
    {
        self.value().map(Deref::deref)
    }

    /// The value by move, when there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same field with its value borrowed.
    pub const fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(value),
        }
    }

    /// The same field with its value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(change(value)),
        }
    }

    /// The stored data after a write of `self` over `former`: absent leaves the former, null and value replace it.
    #[must_use]
    pub fn over(self, former: Self) -> Self {
        match self {
            Self::Absent => former,
            sent => sent,
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

/// The value, when there is one: absent and null are none.
impl<T> From<Field<T>> for Option<T> {
    fn from(field: Field<T>) -> Self {
        field.into_value()
    }
}

/// The value, when there is one: absent and null are none.
impl<'a, T> From<&'a Field<T>> for Option<&'a T> {
    fn from(field: &'a Field<T>) -> Self {
        field.value()
    }
}

impl<T> From<Id<T>> for Field<String> {
    fn from(id: Id<T>) -> Self {
        Self::Value(id.into())
    }
}

impl<T> From<&Id<T>> for Field<String> {
    fn from(id: &Id<T>) -> Self {
        Self::Value(id.into())
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            None => Self::Null,
            Some(value) => Self::Value(value),
        })
    }
}
