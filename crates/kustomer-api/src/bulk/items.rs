//! The items of a job, as they are sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CLIENT_REF;

/// The body of a bulk create or update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum BulkItems {
    /// An item for each record.
    Each(Vec<Map<String, Value>>),
    /// The same change of every record that the query names ([`BulkIds`](super::BulkIds)).
    Same(Map<String, Value>),
}

impl BulkItems {
    /// The same change of every record that the query names.
    pub fn same(input: &impl Serialize) -> Self {
        Self::Same(BulkItem::new(input).0)
    }
}

impl Default for BulkItems {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

/// One item: the body of the operation on a single record, and the members that only a job needs.
///
/// ```
/// use kustomer_api::bulk::{BulkItem, BulkItems};
/// use kustomer_api::customer::CustomerInput;
///
/// let ada = CustomerInput::new().name("Ada Lovelace");
/// let items: BulkItems = [BulkItem::new(&ada).with_ref("row 1")].into_iter().collect();
/// assert_eq!(serde_json::to_string(&items)?, r#"[{"_clientRef":"row 1","name":"Ada Lovelace"}]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BulkItem(Map<String, Value>);

impl BulkItem {
    /// The body for a single record. An input that is not a JSON object makes an empty item, which the
    /// server refuses; the inputs of this crate all are.
    pub fn new(input: &impl Serialize) -> Self {
        match serde_json::to_value(input) {
            Ok(Value::Object(members)) => Self(members),
            _ => Self::default(),
        }
    }

    /// The same for the record with this id, which an update needs.
    #[must_use]
    pub fn with_id(mut self, id: impl std::fmt::Display) -> Self {
        self.0.insert("id".to_owned(), id.to_string().into());
        self
    }

    /// The same with a reference of 1 to 255 characters, which its outcome is reported with. All items of a job have
    /// one or none has, and no two are equal.
    #[must_use]
    pub fn with_ref(mut self, client_ref: impl Into<String>) -> Self {
        self.0.insert(CLIENT_REF.to_owned(), client_ref.into().into());
        self
    }
}

impl FromIterator<BulkItem> for BulkItems {
    fn from_iter<T: IntoIterator<Item = BulkItem>>(items: T) -> Self {
        Self::Each(items.into_iter().map(|item| item.0).collect())
    }
}
