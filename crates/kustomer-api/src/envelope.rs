//! The envelope around resources (`docs/contract/behaviour.md` §2, §4.1).

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Field, Id};

/// An answer that holds one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Document<T> {
    /// The resource.
    pub data: T,
    /// Resources loaded beside it, where `?include=` is supported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<Value>,
}

/// An answer that holds a page of resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Page<T> {
    /// Where this page is and how much there is.
    #[serde(default)]
    pub meta: PageMeta,
    /// The resources.
    pub data: Vec<T>,
    /// The pages around it.
    #[serde(default)]
    pub links: PageLinks,
    /// Resources loaded beside them, where `?include=` is supported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<Value>,
}

/// Where a page is. `total` and `totalPages` are on lists that count alone; `cursor` on lists read by cursor alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct PageMeta {
    /// How many resources a page holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// The number of this page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// How many resources there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many pages there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_pages: Option<u64>,
    /// Continues a list read by cursor; null at its end.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub cursor: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Links to the pages around one: host-relative paths, null at the ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct PageLinks {
    /// This page.
    #[serde(rename = "self", default, skip_serializing_if = "Field::is_absent")]
    pub this: Field<String>,
    /// The first page.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub first: Field<String>,
    /// The page before.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub prev: Field<String>,
    /// The page after; follow it until it is null.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub next: Field<String>,
    /// The last page, on lists that count.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last: Field<String>,
}

/// A resource: its type, id, attributes, relationships and links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Resource<A> {
    /// `customer`, `user`, `tag`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// 24 hexadecimal characters, or a name where the contract says so (roles, metadata).
    pub id: Id<Self>,
    /// Its attributes.
    pub attributes: A,
    /// Its relationships.
    #[serde(default, skip_serializing_if = "Relationships::is_empty")]
    pub relationships: Relationships,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<SelfLink>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The attributes: `customer.name` is `customer.attributes.name`.
impl<A> Deref for Resource<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.attributes
    }
}

impl<A> DerefMut for Resource<A> {
    fn deref_mut(&mut self) -> &mut A {
        &mut self.attributes
    }
}

/// Relationships by name.
pub type Relationships = BTreeMap<String, Relationship>;

/// A tie to another resource or to a list of them. To-many ties carry only a link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Relationship {
    /// Where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<SelfLink>,
    /// Type and id of the other side; null when there is none. See [`id`](Self::id).
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub data: Field<Related>,
    /// Members this version does not know, such as `meta`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Relationship {
    /// A tie to one resource: its type, its id and the link to it.
    pub fn to_one(kind: &str, id: impl std::fmt::Display, link: String) -> Self {
        Self { links: Some(SelfLink::new(link)), ..Self::named(kind, id) }
    }

    /// A tie to one resource that has no link of its own.
    pub fn named(kind: &str, id: impl std::fmt::Display) -> Self {
        let data = Related::One(RelatedId::new(kind, id.to_string().into()));
        Self { data: Field::Value(data), ..Self::default() }
    }

    /// A tie to these resources.
    pub fn to_these(related: Vec<RelatedId>) -> Self {
        Self { data: Field::Value(Related::Many(related)), ..Self::default() }
    }

    /// A tie to a list: only the link to it.
    pub fn to_many(link: String) -> Self {
        Self { links: Some(SelfLink::new(link)), ..Self::default() }
    }

    /// The id of the other side. `None` for a list, for no other side, and for the user of an action of the system.
    ///
    /// ```
    /// use kustomer_api::envelope::Relationship;
    ///
    /// let by_system: Relationship =
    ///     serde_json::from_str(r#"{"links":{"self":"/v1/users/null"},"data":{"type":"user","id":null}}"#)?;
    /// assert_eq!(by_system.id(), None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn id(&self) -> Option<&str> {
        match self.data.value()? {
            Related::One(related) => related.id.value().map(String::as_str),
            Related::Many(_) => None,
        }
    }
}

/// The other side of a relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Related {
    /// One resource.
    One(RelatedId),
    /// Several, such as the users that a note mentions.
    Many(Vec<RelatedId>),
}

impl<'de> Deserialize<'de> for Related {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RelatedVisitor)
    }
}

/// Reads an object or an array without keeping it twice, as `untagged` would: every read of a record passes here.
struct RelatedVisitor;

impl<'de> serde::de::Visitor<'de> for RelatedVisitor {
    type Value = Related;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("type and id of a resource, or a list of them")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Related, A::Error> {
        RelatedId::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Related::One)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, list: A) -> Result<Related, A::Error> {
        Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(list)).map(Related::Many)
    }
}

/// Type and id of the other side of a relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RelatedId {
    /// `customer`, `user`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id. Null for the user of an action of the system (`docs/contract/behaviour.md` §18).
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl RelatedId {
    /// The type and the id alone.
    pub fn new(kind: &str, id: Field<String>) -> Self {
        Self { kind: kind.to_owned(), id, extra: Map::new() }
    }
}

/// Type and id of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ResourceId {
    /// `customer`, `user`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A host-relative link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SelfLink {
    /// A path that begins with `/v1/`.
    #[serde(rename = "self")]
    pub this: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl SelfLink {
    /// A link to `path`.
    pub fn new(path: String) -> Self {
        Self { this: path, extra: Map::new() }
    }
}
