//! Metadata: what an org says of the custom attributes of a kind of record (`docs/contract/behaviour.md` §6.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::attribute::{AttributeValue as _, answered_object, attribute_values};
use crate::custom::MAX_TEXT;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::system::{DATE, EXPECTED};
use crate::{Field, Timestamp};

/// How many attributes one write may describe.
pub const MAX_PER_WRITE: usize = 100;

/// How many relationships one write may describe.
pub const MAX_RELATIONSHIPS: usize = 20;

/// How many validations there may be.
pub const MAX_VALIDATIONS: usize = 10;

/// How many values an attribute may be chosen from; Kustomer documents no limit.
pub const MAX_ENUMERATION: usize = 1_000;

/// The most bytes of JSON that a tree of values may take, and so may all relationships; Kustomer documents no limit.
pub const MAX_FREE_BYTES: usize = 64 * 1024;

/// The most bytes of JSON that the attributes of one write may take.
pub const MAX_PROPERTIES_BYTES: usize = 1024 * 1024;

/// What takes the place of a sensitive value in answers to those who may not see it. Sent back, it leaves the value as it
/// is.
pub const MASK: &str = "********";

/// The beginning of the name of the metadata of the kobjects of a klass, whose name follows.
pub const OF_KLASS: &str = "kobject.";

resource! {
    /// The metadata of a kind of record. Its id is the name of the kind, such as `customer` or `kobject.order`.
    Metadata = "metadata";

    /// The descriptions of the attributes of a kind of record.
    answer MetadataAttributes = METADATA;

    attributes {
        /// The descriptions of custom attributes, by their keys.
        properties: BTreeMap<String, AttributeMetadata>;
        /// The descriptions of the kind's own attributes, by their names.
        standard_properties: BTreeMap<String, AttributeMetadata>;
        /// The descriptions of relationships, by their names; kept as they are sent.
        relationships: Map<String, Value> => FREE;
        /// The ids of validations; kept as they are sent.
        validations: Vec<String>;
    }

    system;
}

static ANY: Schema = Schema::any();
const FREE: Schema = Schema::map(&ANY).of_bytes(MAX_FREE_BYTES).about("At most 64 KiB of JSON.");

attribute_values! {
    BTreeMap<String, AttributeMetadata>: Schema::map(&ANSWERED);
}

/// The description of one attribute. Members that are absent in a write stay as they are; null removes a member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct AttributeMetadata {
    /// What its values are: `string`, `number`, `boolean` or `date`. It follows from the suffix of the key, and is ignored
    /// in a write.
    #[serde(rename = "type", default, skip_serializing_if = "Field::is_absent")]
    pub kind: Field<String>,
    /// The name to show; that of the key in words unless another is sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub display_name: Field<String>,
    /// The values it is chosen from.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub enumeration: Field<Vec<String>>,
    /// The values it is chosen from, as a tree: `{"children":[{"id":…,"displayName":…,"children":[…]}]}`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tree: Field<Map<String, Value>>,
    /// Whether only values without children may be chosen from the tree.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub last_node_required: Field<bool>,
    /// What an id names: `customer`, `kobject.order`, ….
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub target: Field<String>,
    /// Whether a list of ids is taken.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub multi: Field<bool>,
    /// Kept as it is sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub array: Field<bool>,
    /// Whether its values are sensitive, as older clients write it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub has_sensitive_attributes: Field<bool>,
    /// Whether its values are sensitive: only those who hold a role for it see them, others see [`MASK`].
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub sensitive: Field<Sensitive>,
    /// When it was taken back: it is not enforced any more.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted_at: Field<Timestamp>,
    /// The id of the user who took it back.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted_by: Field<String>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// The id of the user who last changed it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_by: Field<String>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

answered_object! {
    /// Whether the values of an attribute are sensitive.
    Sensitive {
        /// Whether they are.
        enabled: bool,
        /// The kind of mask, which is kept as it is sent: there is one mask, [`MASK`].
        mask_type: String,
    }
}

impl AttributeMetadata {
    /// Whether its values are sensitive. They stay so when the description of the attribute is withdrawn.
    pub fn is_sensitive(&self) -> bool {
        let is_enabled = self.sensitive.value().is_some_and(|sensitive| sensitive.enabled.value() == Some(&true));
        is_enabled || self.has_sensitive_attributes.value() == Some(&true)
    }

    /// With values that only those see who hold a role for it.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        let sensitive = Sensitive { enabled: Field::Value(true), ..Sensitive::default() };
        self.sensitive = Field::Value(sensitive);
        self
    }

    /// One that is chosen from these values.
    pub fn chosen_from<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let enumeration = values.into_iter().map(Into::into).collect::<Vec<_>>().into();
        Self { enumeration, ..Self::default() }
    }

    /// One that names a record of a kind, such as `customer` or `kobject.order`.
    pub fn naming(target: impl Into<String>) -> Self {
        Self { target: Field::Value(target.into()), ..Self::default() }
    }

    /// With a name to show.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Field::Value(name.into());
        self
    }
}

const VALUE: Schema = Schema::text_of(1, MAX_TEXT);
static ENUMERATED: Schema = VALUE;
const NAME: Schema = Schema::text_of(1, 255);
const MOMENT: Schema = Schema::format(DATE_TIME);
const USER: Schema = Schema::format(OBJECT_ID);

static ANSWERED: Schema = Schema::object(&Object {
    name: "AttributeMetadata",
    open: true,
    properties: &[
        Property::optional("type", Schema::text()),
        Property::optional("displayName", Schema::text()),
        Property::optional("enumeration", Schema::list(&ENUMERATED)),
        Property::optional("tree", Schema::map(&ANY)),
        Property::optional("lastNodeRequired", Schema::boolean()),
        Property::optional("target", Schema::text()),
        Property::optional("multi", Schema::boolean()),
        Property::optional("array", Schema::boolean()),
        Property::optional("hasSensitiveAttributes", Schema::boolean()),
        Property::optional("sensitive", Sensitive::ANSWER),
        Property::optional("deletedAt", MOMENT),
        Property::optional("deletedBy", USER),
        Property::optional("modifiedAt", MOMENT),
        Property::optional("modifiedBy", USER),
        Property::optional("updatedAt", MOMENT),
    ],
});

const IGNORED: &str = "Ignored: the server sets it.";

const SENSITIVE: Schema = Schema::object(&Object {
    name: "SensitiveInput",
    open: false,
    properties: &[
        Property::optional("enabled", Schema::boolean()),
        Property::optional("maskType", Schema::text_of(0, 64).about("Kept as it is sent: there is one mask.")),
    ],
});

static WRITTEN: Schema = Schema::object(&Object {
    name: "AttributeMetadataInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::text_of(0, 255).about("Ignored: it follows from the suffix of the key.")),
        Property::optional("displayName", NAME.or_null()),
        Property::optional("enumeration", Schema::set_of(MAX_ENUMERATION, &ENUMERATED).or_null()),
        Property::optional("tree", FREE.or_null()),
        Property::optional("lastNodeRequired", Schema::boolean().or_null()),
        Property::optional("target", NAME.or_null()),
        Property::optional("multi", Schema::boolean().or_null()),
        Property::optional("array", Schema::boolean().or_null()),
        Property::optional("hasSensitiveAttributes", Schema::boolean().or_null()),
        Property::optional("sensitive", SENSITIVE.or_null()),
        Property::optional("deletedAt", MOMENT.or_null().about("A moment takes the attribute back, null restores it.")),
        Property::optional("deletedBy", USER.or_null().about(IGNORED)),
        Property::optional("modifiedAt", MOMENT.or_null().about(IGNORED)),
        Property::optional("modifiedBy", USER.or_null().about(IGNORED)),
        Property::optional("updatedAt", MOMENT.or_null().about(IGNORED)),
    ],
});

static VALIDATION: Schema = Schema::format(OBJECT_ID);
const ATTRIBUTES: Schema = Schema::map(&WRITTEN).of_bytes(MAX_PROPERTIES_BYTES);

/// The body that changes metadata.
pub static METADATA_INPUT: Schema = Schema::object(&Object {
    name: "MetadataInput",
    open: false,
    properties: &[
        Property::optional("properties", ATTRIBUTES.about("At most 100 custom attributes, by their keys.")),
        Property::optional(
            "standardProperties",
            ATTRIBUTES.about("At most 100 attributes of the kind, by their names."),
        ),
        Property::optional("relationships", FREE),
        Property::optional("validations", Schema::set_of(MAX_VALIDATIONS, &VALIDATION)),
        Property::optional("rev", EXPECTED),
        Property::optional("deleted", Schema::boolean().about(IGNORED)),
        Property::optional("createdAt", DATE.about(IGNORED)),
        Property::optional("updatedAt", DATE.about(IGNORED)),
        Property::optional("modifiedAt", DATE.about(IGNORED)),
    ],
});

/// What to change of metadata. Attributes that are not sent stay as they are. The attributes of an answer can be sent back:
/// the server's own members are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MetadataInput {
    /// What to say of custom attributes, by their keys; at most [`MAX_PER_WRITE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, AttributeMetadata>>,
    /// What to say of the attributes that the kind has of its own; at most [`MAX_PER_WRITE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_properties: Option<BTreeMap<String, AttributeMetadata>>,
    /// What to say of relationships, by their names; at most [`MAX_RELATIONSHIPS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationships: Option<Map<String, Value>>,
    /// The ids of validations, instead of those there are; at most [`MAX_VALIDATIONS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validations: Option<Vec<String>>,
    /// The revision that the metadata must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Number>,
}

impl MetadataInput {
    /// With this said of a custom attribute.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, about: AttributeMetadata) -> Self {
        self.properties.get_or_insert_default().insert(key.into(), about);
        self
    }
}

crate::macros::builders! {
    MetadataInput {
        properties: BTreeMap<String, AttributeMetadata>, standard_properties: BTreeMap<String, AttributeMetadata>,
        relationships: Map<String, Value>, validations: Vec<String>, rev: Number
    }
}

endpoint! {
    /// `getMetadata`, of Kustodian alone.
    GetMetadata = &own::GET_METADATA, "Lists the metadata that was written.";
    path: (), query: ListRecords, body: (), answer: Page<Metadata>: Answer::Uncounted(&METADATA)
}

endpoint! {
    /// `getCustomAttributeMetadata`.
    GetCustomAttributeMetadata = &contract::GET_CUSTOM_ATTRIBUTE_METADATA,
        "Reads the metadata of a kind of record, as it is or as it was.";
    path: String = "customer", query: StateQuery, body: (), answer: Document<Metadata>: Answer::One(&METADATA)
}

endpoint! {
    /// `updateCustomAttributeMetadata`.
    UpdateCustomAttributeMetadata = &contract::UPDATE_CUSTOM_ATTRIBUTE_METADATA,
        "Describes the attributes of the body and keeps the descriptions of others.";
    path: String = "customer", query: (), body: MetadataInput: &METADATA_INPUT,
    example: r#"{"properties":{"shoeSizeStr":{"displayName":"Size of shoes","enumeration":["small","large"]}}}"#,
    answer: Document<Metadata>: Answer::One(&METADATA)
}

history!(
    GetMetadataHistory = &own::GET_METADATA_HISTORY,
    "Lists what happened to the metadata of a kind of record, newest first.";
    path: String = "customer"
);
