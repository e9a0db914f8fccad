//! The addresses, numbers, names and ids that a customer has or had. Other records that hold them are erased with the customer.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::resource;

/// All of them, as they were written. Those of `shared…` lists are also of others, and are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities(BTreeSet<String>);

/// The attributes of a customer that hold them.
const ATTRIBUTES: [&str; 9] = [
    "emails",
    "phones",
    "whatsapps",
    "socials",
    "facebookIds",
    "instagramIds",
    "externalIds",
    "externalId",
    "username",
];

/// The members of the items of those.
const MEMBERS: [&str; 8] = ["email", "phone", "username", "userid", "userId", "threadId", "instagramId", "externalId"];

impl Identities {
    /// Adds those of a state of a customer.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn add_customer(&mut self, document: &str) -> Result<(), Refusal> {
        #[derive(Deserialize)]
        struct State {
            attributes: Map<String, Value>,
        }
        let state: State = resource::read(document)?;
        state.attributes.iter().for_each(|(name, value)| self.add_attribute(name, value));
        Ok(())
    }

    /// Adds those that a change of a customer took away or brought.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub fn add_changes(&mut self, changes: &str) -> Result<(), Refusal> {
        #[derive(Deserialize)]
        struct Changes {
            #[serde(default)]
            attributes: Map<String, Value>,
        }
        let changes: Changes = resource::read(changes)?;
        for (name, change) in &changes.attributes {
            ["before", "after"].iter().filter_map(|side| change.get(*side)).for_each(|it| self.add_attribute(name, it));
        }
        Ok(())
    }

    fn add_attribute(&mut self, name: &str, value: &Value) {
        if !ATTRIBUTES.contains(&name) {
            return;
        }
        match value {
            Value::String(text) => {
                self.0.insert(text.clone());
            }
            Value::Array(items) => {
                let named = items.iter().flat_map(|item| MEMBERS.iter().filter_map(|name| item.get(*name)?.as_str()));
                self.0.extend(named.map(str::to_owned));
            }
            _ => {}
        }
    }

    /// Each of them once.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
