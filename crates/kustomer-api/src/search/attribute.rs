//! What records can be searched by: the one table of attributes (`docs/contract/behaviour.md` §9.4, §9.5, §9.7), and a
//! typed constant for each.

use std::borrow::Cow;

use super::class::Class;
use super::context::Context;
use super::handle::{Name, Searchable};
use crate::conversation::{Direction, SlaMetricName, SlaStatus};
use crate::custom::{CustomError, Key, Suffix, is_key};
use crate::message::{Channel, DirectionType, MessageStatus};

/// The row of an attribute in the table.
#[derive(Debug, Clone, Copy)]
struct Entry {
    context: Context,
    name: &'static str,
    class: Class,
    source: &'static str,
    manner: Option<Manner>,
    many: bool,
    values: &'static [&'static str],
    plain: Place,
    archive: Place,
}

/// How words are found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Manner {
    /// As the beginning of one of its words.
    Words,
    /// As a part of it: e-mail addresses, external ids, names and ids on networks.
    Part,
    /// As a part of its digits: phone numbers.
    Digits,
}

const WORDS: Option<Manner> = Some(Manner::Words);
const PART: Option<Manner> = Some(Manner::Part);
const DIGITS: Option<Manner> = Some(Manner::Digits);
/// Words are not looked for in it, or in whatever text the record has.
const TEXTLESS: Option<Manner> = None;

/// Where the name of an attribute may be in a body.
#[derive(Debug, Clone, Copy)]
struct Place {
    criterion: bool,
    sort: bool,
}

const NOWHERE: Place = Place { criterion: false, sort: false };
const CRITERION: Place = Place { criterion: true, sort: false };
const SORT: Place = Place { criterion: false, sort: true };
const BOTH: Place = Place { criterion: true, sort: true };

const ONE: bool = false;
const MANY: bool = true;

const ANYTHING: &[&str] = &[];
const GENDERS: &[&str] = &["m", "f"];
const PRESENCES: &[&str] = &["online", "offline", "idle"];
const STATUSES: &[&str] = &["snoozed", "open", "done"];
const SENTIMENTS: &[&str] = &["happy", "unhappy", "indifferent"];
const CHANNELS: &[&str] = Channel::VALUES;
const DIRECTIONS: &[&str] = Direction::VALUES;
const DIRECTION_TYPES: &[&str] = DirectionType::VALUES;
const MESSAGE_STATUSES: &[&str] = MessageStatus::VALUES;
const SOURCES: &[&str] = &["bulk", "satisfaction"];
const SURVEYS: &[&str] = &["canceled", "scheduled", "offered", "unresponded", "rated", "commented"];
const SLA_STATUSES: &[&str] = SlaStatus::VALUES;
const SLA_METRICS: &[&str] = SlaMetricName::VALUES;
const QUEUES: &[&str] = &["amazon-connect"];
const NETWORKS: &[&str] = &["facebook", "instagram", "whatsapp", "linkedin", "pinterest", "twitter"];

/// Declares the table, by the type of the records. A row: the variant, the typed constant with its type, the class, the
/// name on the wire, where in the record the value is, how words are found in it, one value or many, the legal values,
/// where the plain search takes it, and where the archive search does.
macro_rules! attributes {
    ($(in $context:ident {
        $($(#[$doc:meta])* $variant:ident $constant:ident: $handle:ty, $class:ident, $name:literal, $source:literal,
          $manner:ident, $many:ident, $values:ident, $plain:ident, $archive:ident;)+
    })+) => {
        /// An attribute of a record that the search knows. The order is the table's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Attribute {
            $($($(#[$doc])* $variant,)+)+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Self] = &[$($(Self::$variant),+),+];

            pub(super) const fn entry(self) -> Entry {
                match self {
                    $($(Self::$variant => Entry {
                        context: Context::$context,
                        name: $name,
                        class: Class::$class,
                        source: $source,
                        manner: $manner,
                        many: $many,
                        values: $values,
                        plain: $plain,
                        archive: $archive,
                    },)+)+
                }
            }
        }

        $($($(#[$doc])* pub const $constant: $handle = <$handle>::new(Name::Standard(Attribute::$variant));)+)+
    };
}

mod table;

pub use table::*;

impl Attribute {
    /// The attribute of a name on the wire.
    ///
    /// ```
    /// use kustomer_api::search::Attribute;
    ///
    /// assert_eq!(Attribute::find("customer_email"), Some(Attribute::Email));
    /// assert_eq!(Attribute::find("email"), None);
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|attribute| attribute.name() == name)
    }

    /// Every attribute of the records of a context.
    pub fn of(context: Context) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.iter().copied().filter(move |attribute| attribute.context() == context)
    }

    /// The records that it is an attribute of.
    pub const fn context(self) -> Context {
        self.entry().context
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// What kind of value it has.
    pub const fn class(self) -> Class {
        self.entry().class
    }

    /// How words are found in its texts; `None` when it has none of its own.
    pub const fn manner(self) -> Option<Manner> {
        self.entry().manner
    }

    /// Where in the record its values are, for people.
    pub const fn source(self) -> &'static str {
        self.entry().source
    }

    /// Whether its values are those of this attribute of the record, or follow from them.
    ///
    /// ```
    /// use kustomer_api::search::Attribute;
    ///
    /// assert!(Attribute::SocialType.reads("socials") && Attribute::SocialType.reads("whatsapps"));
    /// assert!(!Attribute::SocialType.reads("type"));
    /// ```
    pub fn reads(self, attribute: &str) -> bool {
        let mut parts = self.source().split([' ', ',']);
        parts.any(|part| part.split(['.', '[']).next() == Some(attribute))
    }

    /// Whether a record may have several values of it.
    pub const fn is_many(self) -> bool {
        self.entry().many
    }

    /// The legal values, as the contract lists them; every value when empty.
    pub const fn values(self) -> &'static [&'static str] {
        self.entry().values
    }

    /// Whether a criterion of the plain (`archive`: the archive) search may name it.
    pub const fn is_criterion(self, archive: bool) -> bool {
        if archive { self.entry().archive.criterion } else { self.entry().plain.criterion }
    }

    /// Whether the plain (`archive`: the archive) search sorts by it.
    pub const fn is_sortable(self, archive: bool) -> bool {
        if archive { self.entry().archive.sort } else { self.entry().plain.sort }
    }
}

impl std::fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A custom attribute of customers, typed by its key.
///
/// ```
/// use kustomer_api::custom::{At, Key};
/// use kustomer_api::search::{Moment, attribute};
///
/// const RENEWS: Key<At> = Key::new("renewsAt");
///
/// let condition = attribute::custom(RENEWS).lt(Moment::day(2027, 1, 1));
/// assert_eq!(serde_json::to_string(&condition)?, r#"{"customer_custom_renewsAt":{"lt":"2027-01-01"}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::of_name(Name::Custom(Context::Customer, Cow::Borrowed(key.name())))
}

/// A custom attribute of the records of a context, by a key that is known at run time alone. `T` says its type.
///
/// ```
/// use kustomer_api::custom::Str;
/// use kustomer_api::search::{Context, attribute};
///
/// let key = String::from("tier") + "Str";
/// let condition = attribute::custom_named::<Str>(Context::Customer, key)?.equals("gold");
/// assert_eq!(serde_json::to_string(&condition).unwrap(), r#"{"customer_custom_tierStr":{"equals":"gold"}}"#);
/// assert!(attribute::custom_named::<Str>(Context::Customer, "scoreNum").is_err());
/// # Ok::<(), kustomer_api::custom::CustomError>(())
/// ```
///
/// # Errors
/// When the key is none, or has another suffix than that of `T`.
pub fn custom_named<T: Searchable>(context: Context, key: impl Into<String>) -> Result<T::Attribute, CustomError> {
    let key = key.into();
    match Suffix::of(&key) {
        None => Err(CustomError::Suffix { key }),
        Some(_) if !is_key(&key) => Err(CustomError::Key { key }),
        Some(suffix) if suffix != T::SUFFIX => {
            Err(CustomError::Type { key, suffix, expected: "values of another type" })
        }
        Some(_) => Ok(T::of_name(Name::Custom(context, key.into()))),
    }
}

/// A custom attribute of companies, typed by its key.
pub fn company_custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::of_name(Name::Custom(Context::Company, Cow::Borrowed(key.name())))
}

/// A custom attribute of conversations, typed by its key.
pub fn conversation_custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::of_name(Name::Custom(Context::Conversation, Cow::Borrowed(key.name())))
}

/// A custom attribute of messages, typed by its key.
pub fn message_custom<T: Searchable>(key: Key<T>) -> T::Attribute {
    T::of_name(Name::Custom(Context::Message, Cow::Borrowed(key.name())))
}

/// A custom attribute of the kobjects of a klass, typed by its key.
///
/// ```
/// use kustomer_api::custom::{Key, Num};
/// use kustomer_api::search::{Search, attribute};
///
/// const TOTAL: Key<Num> = Key::new("totalNum");
///
/// let search = Search::customers().and(attribute::kobject_custom("order", TOTAL).gt(100.0));
/// assert_eq!(
///     serde_json::to_value(&search)?["and"],
///     serde_json::json!([{ "kobject_custom_order_totalNum": { "gt": 100.0 } }])
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn kobject_custom<T: Searchable>(klass: &'static str, key: Key<T>) -> T::Attribute {
    T::of_name(Name::OfKlass(Cow::Borrowed(klass), Cow::Borrowed(key.name())))
}
