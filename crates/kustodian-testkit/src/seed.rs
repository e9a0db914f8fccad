//! Records that are there before a test begins.

use std::collections::BTreeMap;
use std::path::Path;

use kustomer_api::ObjectId;
use kustomer_client::{Client, Method};
use serde::Deserialize;
use serde_json::Value;

/// Requests that make records, in order. Each has a name; `{name}` in the path or in a text of the body of a later one is
/// the id of what it made.
///
/// A file of it is JSON:
///
/// ```
/// use kustodian_testkit::Seed;
///
/// let seed = Seed::from_json(
///     r#"[
///         { "as": "acme", "post": "/companies", "body": { "name": "Acme" } },
///         { "as": "ada", "post": "/customers", "body": { "name": "Ada", "company": "{acme}" } },
///         { "as": "question", "post": "/customers/{ada}/conversations", "body": { "name": "A question" } }
///     ]"#,
/// )?;
/// assert_eq!(seed.len(), 3);
/// # Ok::<(), kustodian_testkit::SeedError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Seed(Vec<Step>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(rename = "as")]
    name: String,
    post: String,
    #[serde(default)]
    body: Value,
}

impl Seed {
    /// No records.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more record.
    #[must_use]
    pub fn post(mut self, name: &str, path: &str, body: Value) -> Self {
        self.0.push(Step { name: name.to_owned(), post: path.to_owned(), body });
        self
    }

    /// The seed in a text of JSON.
    ///
    /// # Errors
    /// When it is not such JSON.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        serde_json::from_str(text).map(Self).map_err(|error| SeedError::Form { reason: error.to_string() })
    }

    /// The seed in a file of JSON.
    ///
    /// # Errors
    /// When it cannot be read, or is not such JSON.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SeedError> {
        let path = path.as_ref();
        let unreadable = |error| SeedError::Form { reason: format!("{}: {error}", path.display()) };
        Self::from_json(&std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// How many records it makes.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it makes none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the records, with any client.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn plant(self, client: &Client) -> Result<Seeded, SeedError> {
        let mut seeded = Seeded::default();
        for Step { name, post, mut body } in self.0 {
            let path = seeded.fill_in(&post);
            seeded.fill_in_all(&mut body);
            let made = client.request(Method::POST, &path).json(body.to_string()).await;
            let made = made.map_err(|error| SeedError::Refused { name: name.clone(), reason: error.to_string() })?;
            let id = made["data"]["id"].as_str().and_then(|id| id.parse().ok());
            seeded.0.insert(name.clone(), id.ok_or(SeedError::NoRecord { name })?);
        }
        Ok(seeded)
    }
}

/// The ids of the seeded records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seeded(BTreeMap<String, ObjectId>);

impl Seeded {
    /// The id of the record with this name.
    ///
    /// # Errors
    /// When nothing was seeded as that.
    pub fn id(&self, name: &str) -> Result<ObjectId, SeedError> {
        self.0.get(name).copied().ok_or_else(|| SeedError::Unknown { name: name.to_owned() })
    }

    fn fill_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), &id.to_string()))
    }

    fn fill_in_all(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.fill_in(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_in_all(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill_in_all(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Why records were not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The file or text is no seed.
    #[error("the seed cannot be read: {reason}; it is a JSON list of {{\"as\", \"post\", \"body\"}}")]
    Form {
        /// Why.
        reason: String,
    },
    /// The server refused a record.
    #[error("the seed {name:?} was refused: {reason}")]
    Refused {
        /// Its name.
        name: String,
        /// The answer of the server.
        reason: String,
    },
    /// The answer has no id.
    #[error("the answer to the seed {name:?} has no data.id: post to a path that makes a record")]
    NoRecord {
        /// Its name.
        name: String,
    },
    /// Nothing was seeded under this name.
    #[error("nothing was seeded as {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
}
