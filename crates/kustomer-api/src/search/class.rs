//! Classes of attributes and the operators each takes. The contract names the classes (§9.2); most spellings of
//! operators are unknown there and are chosen here and described in `docs/search.md`.

use std::fmt;

use crate::custom::Suffix;

/// The type of an attribute, in the contract's words; it fixes which operators and values a criterion takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Class {
    /// Every text of a record.
    Any,
    /// Text that is searched by words or compared whole, case aside.
    String,
    /// Long text, searched by words only.
    Text,
    /// Text that is compared exactly.
    StringNotAnalyzed,
    /// One or several values out of a list: ids, statuses.
    List,
    /// A moment, or a day.
    Datetime,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

impl Class {
    /// The contract's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::String => "string",
            Self::Text => "text",
            Self::StringNotAnalyzed => "string_notanalyzed",
            Self::List => "list",
            Self::Datetime => "datetime",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    /// The class of the custom attributes whose key ends in `suffix`.
    pub const fn of_suffix(suffix: Suffix) -> Self {
        match suffix {
            Suffix::Str | Suffix::Url => Self::String,
            Suffix::Txt => Self::Text,
            Suffix::Id => Self::StringNotAnalyzed,
            Suffix::Num => Self::Number,
            Suffix::At => Self::Datetime,
            Suffix::Bool => Self::Boolean,
        }
    }

    /// The operators its attributes take.
    pub const fn operators(self) -> &'static [Operator] {
        use Operator::{
            Contains, ContainsAny, Equals, Gt, Gte, In, Lt, Lte, NotContains, NotContainsAny, NotEquals, NotIn, NotSet,
            Set, StartsWith, Within,
        };
        match self {
            Self::Any | Self::Text => &[Contains, NotContains, ContainsAny, NotContainsAny, Set, NotSet],
            Self::String | Self::StringNotAnalyzed => &[
                Equals,
                NotEquals,
                In,
                NotIn,
                Contains,
                NotContains,
                ContainsAny,
                NotContainsAny,
                StartsWith,
                Set,
                NotSet,
            ],
            Self::List => {
                &[Equals, NotEquals, In, NotIn, Contains, NotContains, ContainsAny, NotContainsAny, Set, NotSet]
            }
            Self::Datetime | Self::Number => &[Equals, NotEquals, In, NotIn, Gt, Gte, Lt, Lte, Within, Set, NotSet],
            Self::Boolean => &[Equals, NotEquals, Set, NotSet],
        }
    }

    /// Whether its attributes take `operator`.
    pub fn takes(self, operator: Operator) -> bool {
        self.operators().contains(&operator)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How a criterion compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Operator {
    /// The value is this one.
    Equals,
    /// The value is not this one; holds for a record without a value too, like every `not_`.
    NotEquals,
    /// The value is one of these.
    In,
    /// The value is none of these.
    NotIn,
    /// Every word is found.
    Contains,
    /// Not every word is found.
    NotContains,
    /// A word, or one of several texts, is found.
    ContainsAny,
    /// No word, and none of several texts, is found.
    NotContainsAny,
    /// The value begins so.
    StartsWith,
    /// Greater, later.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less, earlier.
    Lt,
    /// Less or equal.
    Lte,
    /// From one value to another, or as long before or after now.
    Within,
    /// There is a value.
    Set,
    /// There is no value.
    NotSet,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 16] = [
        Self::Equals,
        Self::NotEquals,
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::NotContains,
        Self::ContainsAny,
        Self::NotContainsAny,
        Self::StartsWith,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Within,
        Self::Set,
        Self::NotSet,
    ];

    /// Another word for `starts_with`.
    pub const PREFIX: &str = "prefix";

    /// The operator as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::ContainsAny => "contains_any",
            Self::NotContainsAny => "not_contains_any",
            Self::StartsWith => "starts_with",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Within => "within",
            Self::Set => "set",
            Self::NotSet => "not_set",
        }
    }

    /// The operator of a word; `prefix` is another word for `starts_with`.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            Self::PREFIX => Some(Self::StartsWith),
            word => Self::ALL.into_iter().find(|operator| operator.as_str() == word),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
