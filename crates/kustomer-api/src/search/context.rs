//! The types of records that can be searched for.

use std::fmt;

use crate::{company, conversation, conversation_time, customer, kobject, message, note};

/// A type of records that can be searched for, and that criteria can be about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Context {
    /// Customers.
    #[default]
    Customer,
    /// Companies.
    Company,
    /// Kobjects, of every klass.
    KObject,
    /// Conversations.
    Conversation,
    /// Messages.
    Message,
    /// Notes.
    Note,
    /// Conversation times.
    ConversationTime,
}

impl Context {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Customer,
        Self::Company,
        Self::KObject,
        Self::Conversation,
        Self::Message,
        Self::Note,
        Self::ConversationTime,
    ];

    /// The word for it: the prefix of its attributes' names, and `queryContext`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => customer::TYPE,
            Self::Company => company::TYPE,
            Self::KObject => kobject::TYPE,
            Self::Conversation => conversation::TYPE,
            Self::Message => message::TYPE,
            Self::Note => note::TYPE,
            Self::ConversationTime => conversation_time::TYPE,
        }
    }

    /// The context with this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.as_str() == word)
    }

    /// Whether its records have custom attributes.
    pub const fn has_custom(self) -> bool {
        !matches!(self, Self::Note | Self::ConversationTime)
    }

    /// The prefix of its custom attributes' names; the key follows, for kobjects the klass and the key.
    pub fn custom_prefix(self) -> String {
        format!("{}_custom_", self.as_str())
    }

    /// The name of a custom attribute on the wire.
    ///
    /// ```
    /// use kustomer_api::search::Context;
    ///
    /// assert_eq!(Context::Customer.custom(None, "tierStr"), "customer_custom_tierStr");
    /// assert_eq!(Context::KObject.custom(Some("order"), "totalNum"), "kobject_custom_order_totalNum");
    /// ```
    pub fn custom(self, klass: Option<&str>, key: &str) -> String {
        let prefix = self.custom_prefix();
        match klass {
            Some(klass) => format!("{prefix}{klass}_{key}"),
            None => format!("{prefix}{key}"),
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
