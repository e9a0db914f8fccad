//! Typed attributes: each type has the operators its class takes, and no other.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde_json::{Map, Value, json};

use super::attribute::Attribute;
use super::body::{Condition, Sort};
use super::class::Operator;
use super::{Class, Context};
use crate::Timestamp;
use crate::custom::{At, Bool, KeyType, Num, Str, Txt, Url};

/// How an attribute is named on the wire.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Name {
    /// One of the table.
    Standard(Attribute),
    /// A custom one of the records of a context, by its key.
    Custom(Context, Cow<'static, str>),
    /// A custom one of the kobjects of a klass, by the klass and its key.
    OfKlass(Cow<'static, str>, Cow<'static, str>),
}

impl Name {
    fn text(&self) -> String {
        match self {
            Self::Standard(attribute) => attribute.name().to_owned(),
            Self::Custom(context, key) => context.custom(None, key),
            Self::OfKlass(klass, key) => Context::KObject.custom(Some(klass.as_ref()), key),
        }
    }

    fn condition(&self, operator: Operator, value: impl Into<Value>) -> Condition {
        let test = Map::from_iter([(operator.as_str().to_owned(), value.into())]);
        Condition::new(Map::from_iter([(self.text(), Value::Object(test))]))
    }
}

/// Marks attributes a search can be sorted by.
#[derive(Debug, Clone, Copy)]
pub enum Sortable {}

/// Marks attributes a search cannot be sorted by.
#[derive(Debug, Clone, Copy)]
pub enum Unsortable {}

/// Declares a typed attribute with `set`, `not_set`, and its order where it has one.
macro_rules! handle {
    ($(#[$doc:meta])* $handle:ident, $sorts:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $handle<S = $sorts> {
            name: Name,
            sorts: PhantomData<S>,
        }

        impl<S> $handle<S> {
            pub(super) const fn new(name: Name) -> Self {
                Self { name, sorts: PhantomData }
            }

            /// The name on the wire.
            pub fn wire_name(&self) -> String {
                self.name.text()
            }
        }

        impl $handle<Sortable> {
            /// Least, earliest or first in the alphabet first; records without a value last.
            pub fn ascending(self) -> Sort {
                Sort::new(self.name.text(), false)
            }

            /// Greatest, latest or last in the alphabet first; records without a value last.
            pub fn descending(self) -> Sort {
                Sort::new(self.name.text(), true)
            }
        }
    };
}

handle!(/** Every text of a record. */ AnyAttribute, Unsortable);
handle!(/** Text that is searched by words or compared whole, case aside. */ StringAttribute, Unsortable);
handle!(/** Long text, searched by words. */ TextAttribute, Unsortable);
handle!(/** Text that is compared exactly, upper and lower case apart. */ ExactAttribute, Unsortable);
handle!(/** Values out of a list. */ ListAttribute, Unsortable);
handle!(/** A moment. */ MomentAttribute, Unsortable);
handle!(/** A number. */ NumberAttribute, Unsortable);
handle!(/** True or false. */ BooleanAttribute, Unsortable);
handle!(/** Something a search is sorted by and cannot ask for. */ SortAttribute, Sortable);

/// `set` and `not_set`, which every class takes.
macro_rules! presence {
    ($($handle:ident)+) => { $(impl<S> $handle<S> {
        /// There is a value.
        pub fn set(self) -> Condition {
            self.name.condition(Operator::Set, true)
        }

        /// There is no value.
        pub fn not_set(self) -> Condition {
            self.name.condition(Operator::NotSet, true)
        }
    })+ };
}
presence!(AnyAttribute StringAttribute TextAttribute ExactAttribute ListAttribute);
presence!(MomentAttribute NumberAttribute BooleanAttribute);

/// Attributes that are searched by words.
macro_rules! words {
    ($($handle:ident)+) => { $(impl<S> $handle<S> {
        /// Every word is found: as the beginning of a word, or as a part of an e-mail address, a number or an id.
        pub fn contains(self, words: impl Into<String>) -> Condition {
            self.name.condition(Operator::Contains, words.into())
        }

        /// Not every word is found.
        pub fn not_contains(self, words: impl Into<String>) -> Condition {
            self.name.condition(Operator::NotContains, words.into())
        }

        /// Every word of one of these texts is found.
        pub fn contains_any<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Condition {
            self.name.condition(Operator::ContainsAny, list(texts))
        }

        /// None of these texts is found with every word.
        pub fn not_contains_any<T: Into<String>>(self, texts: impl IntoIterator<Item = T>) -> Condition {
            self.name.condition(Operator::NotContainsAny, list(texts))
        }
    })+ };
}
words!(AnyAttribute StringAttribute TextAttribute ExactAttribute);

/// Attributes that are compared whole, as text.
macro_rules! whole {
    ($($handle:ident)+) => { $(impl<S> $handle<S> {
        /// A value is this one.
        pub fn equals(self, value: impl Into<String>) -> Condition {
            self.name.condition(Operator::Equals, value.into())
        }

        /// No value is this one.
        pub fn not_equals(self, value: impl Into<String>) -> Condition {
            self.name.condition(Operator::NotEquals, value.into())
        }

        /// A value is one of these.
        pub fn is_in<T: Into<String>>(self, values: impl IntoIterator<Item = T>) -> Condition {
            self.name.condition(Operator::In, list(values))
        }

        /// No value is one of these.
        pub fn not_in<T: Into<String>>(self, values: impl IntoIterator<Item = T>) -> Condition {
            self.name.condition(Operator::NotIn, list(values))
        }
    })+ };
}
whole!(StringAttribute ExactAttribute ListAttribute);

macro_rules! beginning {
    ($($handle:ident)+) => { $(impl<S> $handle<S> {
        /// A value begins so.
        pub fn starts_with(self, beginning: impl Into<String>) -> Condition {
            self.name.condition(Operator::StartsWith, beginning.into())
        }
    })+ };
}
beginning!(StringAttribute ExactAttribute);

/// Attributes with an order.
macro_rules! ordered {
    ($handle:ident, $value:ty) => {
        impl<S> $handle<S> {
            /// The value is this one; with a day, it falls on this day.
            pub fn equals(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::Equals, value.into())
            }

            /// The value is not this one.
            pub fn not_equals(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::NotEquals, value.into())
            }

            /// Greater; with a day, after its end.
            pub fn gt(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::Gt, value.into())
            }

            /// Greater or equal; with a day, from its beginning.
            pub fn gte(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::Gte, value.into())
            }

            /// Less; with a day, before its beginning.
            pub fn lt(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::Lt, value.into())
            }

            /// Less or equal; with a day, up to its end.
            pub fn lte(self, value: impl Into<$value>) -> Condition {
                self.name.condition(Operator::Lte, value.into())
            }

            /// From one to another, both included.
            pub fn within(self, from: impl Into<$value>, to: impl Into<$value>) -> Condition {
                let (from, to): (Value, Value) = (from.into().into(), to.into().into());
                self.name.condition(Operator::Within, json!({ "from": from, "to": to }))
            }
        }
    };
}
ordered!(MomentAttribute, Moment);
ordered!(NumberAttribute, f64);

impl<S> BooleanAttribute<S> {
    /// The value is this one.
    pub fn equals(self, value: bool) -> Condition {
        self.name.condition(Operator::Equals, value)
    }
}

fn list<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Value {
    values.into_iter().map(|value| Value::String(value.into())).collect()
}

/// A value to compare a moment with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Moment {
    /// A point in time, which no time zone shifts.
    At(Timestamp),
    /// A day in the search's time zone.
    Day {
        /// 0 to 9999.
        year: u16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
}

impl Moment {
    /// A day in the search's time zone. The server refuses one that no calendar has.
    pub const fn day(year: u16, month: u8, day: u8) -> Self {
        Self::Day { year, month, day }
    }
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self::At(moment)
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Self {
        Self::String(match moment {
            Moment::At(moment) => moment.to_string(),
            Moment::Day { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        })
    }
}

/// Types of custom attributes that can be searched by.
pub trait Searchable: KeyType + Sized {
    /// The typed attribute.
    type Attribute;
    /// What its class is.
    const CLASS: Class = Class::of_suffix(Self::SUFFIX);
    /// The typed attribute of a name.
    #[doc(hidden)]
    fn of_name(name: Name) -> Self::Attribute;
}

macro_rules! searchable {
    ($($key:ident: $handle:ident;)+) => { $(impl Searchable for $key {
        type Attribute = $handle;
        fn of_name(name: Name) -> $handle {
            $handle::new(name)
        }
    })+ };
}
searchable! {
    Str: StringAttribute;
    Url: StringAttribute;
    Txt: TextAttribute;
    Num: NumberAttribute;
    At: MomentAttribute;
    Bool: BooleanAttribute;
}
