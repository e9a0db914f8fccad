//! Metadata: what an org says of the attributes of a kind of record (`docs/contract/behaviour.md` §6.2). It is named
//! by the kind, or by the klass of kobjects, and its record's id follows from the name: writes find it without a look-up by
//! another key, and two that make it at the same time make one.

mod hiding;
mod masks;
mod rules;
mod standard;
mod veil;
mod windows;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use kustomer_api::custom::{Suffix, is_key};
use kustomer_api::envelope::{Relationships, Resource, SelfLink};
use kustomer_api::error::code;
use kustomer_api::metadata::{
    AttributeMetadata, MAX_PER_WRITE, MAX_RELATIONSHIPS, Metadata, MetadataAttributes, MetadataInput, OF_KLASS, TYPE,
};
use kustomer_api::validation::{Fault, escape, shortened};
use kustomer_api::{Field, ObjectId};
use serde_json::Map;
use sha2::{Digest as _, Sha256};

use crate::change::{ChangeSet, Columns, EventSeed};
use crate::customer::Context;
use crate::directory::Org;
use crate::kind::Kind;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::store::Stored;
use crate::{lifecycle, resource};

pub use hiding::Hiding;
pub use masks::Masks;
pub use rules::{Checked, MAX_REFERENCES, Reference, Rules, spare_unchanged};
pub use standard::sensitive_of;
pub use windows::{Shown, Window};
pub use words::display_name;
use words::type_of;

/// The kinds of records, beside the kobjects of a klass, whose attributes can be described: those that have custom ones.
pub const DESCRIBED: [Kind; 6] =
    [Kind::Customer, Kind::Company, Kind::Conversation, Kind::Message, Kind::Note, Kind::User];

/// How many attributes may be described over many writes.
const MAX_DESCRIBED: usize = 1_000;

/// The column that holds whether any of the attributes are sensitive; empty when none is.
pub const MASKED: &str = "masked";

/// The value of the column when some are sensitive.
pub const IS_MASKED: &str = "true";

impl Record for MetadataAttributes {
    fn columns(metadata: &Metadata) -> Columns {
        let all = [&metadata.attributes.properties, &metadata.attributes.standard_properties];
        let mut described = all.into_iter().filter_map(Field::value).flat_map(BTreeMap::values);
        let is_masked = described.any(AttributeMetadata::is_sensitive);
        Columns::of([(MASKED, is_masked.then(|| IS_MASKED.to_owned()))])
    }

    fn is_shown_as(id: ObjectId, shown: &str) -> bool {
        id_of(shown) == id
    }
}

/// The id of the record that holds the metadata with this name.
pub fn id_of(name: &str) -> ObjectId {
    let hash = Sha256::digest(format!("{TYPE}\0{name}"));
    let mut id = [0; 12];
    id.copy_from_slice(&hash[..12]);
    ObjectId::from_bytes(id)
}

/// The name of the metadata of the kobjects of a klass.
pub fn name_of_klass(klass: &str) -> String {
    format!("{OF_KLASS}{klass}")
}

/// The target of an attribute whose key ends in `Id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A record of a kind.
    Kind(Kind),
    /// A kobject of the klass with this name.
    KObject(String),
}

impl Target {
    /// Out of its name, such as `customer` or `kobject.order`.
    ///
    /// ```
    /// use kustodian_core::kind::Kind;
    /// use kustodian_core::metadata::Target;
    ///
    /// assert_eq!(Target::named("customer"), Some(Target::Kind(Kind::Customer)));
    /// assert_eq!(Target::named("kobject.order"), Some(Target::KObject("order".to_owned())));
    /// assert_eq!(Target::named("kobject"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        if let Some(klass) = name.strip_prefix(OF_KLASS) {
            return (!klass.is_empty()).then(|| Self::KObject(klass.to_owned()));
        }
        // A kobject is named with its klass, and metadata by its name.
        Kind::named(name).filter(|kind| !matches!(kind, Kind::KObject | Kind::Metadata)).map(Self::Kind)
    }
}

/// The klasses that the targets of a write name, each where it is.
pub fn klasses_in(input: &mut MetadataInput) -> impl Iterator<Item = &mut String> {
    let targets =
        input.properties.iter_mut().flat_map(BTreeMap::values_mut).filter_map(|about| match &mut about.target {
            Field::Value(target) => Some(target),
            Field::Absent | Field::Null => None,
        });
    targets.filter(|target| target.starts_with(OF_KLASS))
}

/// 400 for a target that names no klass there is.
pub fn unknown_klass(target: &str) -> Refusal {
    let klass = shortened(target.strip_prefix(OF_KLASS).unwrap_or(target));
    let title = format!("There is no klass with the name {klass}: create it first");
    Refusal::new(400, code::BAD_PARAM, "target", title).with_meta("pointer", "/properties")
}

/// The document of metadata that nobody has written yet.
///
/// # Errors
/// 500 when it cannot be rendered.
pub fn unwritten(org: &Org, name: &str) -> Result<String, Refusal> {
    resource::render(&Metadata {
        kind: TYPE.to_owned(),
        id: name.into(),
        attributes: blank(),
        relationships: Relationships::from([("org".to_owned(), resource::org_relationship(org))]),
        links: Some(link(name)),
        extra: Map::new(),
    })
}

fn blank() -> MetadataAttributes {
    MetadataAttributes { properties: Field::Value(BTreeMap::new()), ..MetadataAttributes::default() }
}

fn link(name: &str) -> SelfLink {
    SelfLink::new(format!("{}/{name}", Kind::Metadata.spec().path))
}

/// Describes the attributes of the input, and keeps the descriptions of others. `if_match` is met by the state that an
/// unwritten one is read with, too.
///
/// # Errors
/// 400 when the input cannot be meant; 409 when `rev` is another; 412 when `If-Match` names another state.
pub fn put(
    context: &Context<'_>,
    name: &str,
    stored: Option<&Stored>,
    event: EventSeed,
    input: MetadataInput,
    if_match: Option<&str>,
) -> Result<ChangeSet, Refusal> {
    check_size(&input)?;
    let Some(stored) = stored else {
        let etag = resource::etag(unwritten(context.org, name)?.as_bytes());
        if if_match.is_some_and(|header| !resource::names_etag(header, &etag)) {
            return Err(Refusal::precondition_failed());
        }
        if let Some(rev) = input.rev.as_ref().filter(|rev| rev.as_f64() != Some(0.0)) {
            return Err(Refusal::stale_rev(&rev.to_string(), 0));
        }
        let mut attributes = blank();
        write(context, name, &mut attributes, input)?;
        return lifecycle::create_with(context, id_of(name), event, attributes, |record: &mut Resource<_>| {
            (record.id, record.links) = (name.into(), Some(link(name)));
        });
    };
    resource::check_rev(stored, input.rev.as_ref())?;
    let context = &context.not_before(stored.updated_at);
    lifecycle::update(context, Some(stored), event, |attributes| write(context, name, attributes, input))
}

fn check_size(input: &MetadataInput) -> Result<(), Refusal> {
    let sizes = [
        ("properties", input.properties.as_ref().map_or(0, BTreeMap::len), MAX_PER_WRITE),
        ("standardProperties", input.standard_properties.as_ref().map_or(0, BTreeMap::len), MAX_PER_WRITE),
        ("relationships", input.relationships.as_ref().map_or(0, Map::len), MAX_RELATIONSHIPS),
    ];
    let too_many = sizes.into_iter().filter(|(_, count, max)| count > max);
    let faults: Vec<Fault> = too_many
        .map(|(member, count, max)| Fault {
            rule: format!("/properties/{member}/maxProperties"),
            ..Fault::of_attribute(member, format!("Too many properties defined ({count}), maximum {max}"), "")
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

fn write(
    context: &Context<'_>,
    of: &str,
    metadata: &mut MetadataAttributes,
    input: MetadataInput,
) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if let Some(sent) = input.properties {
        let mut properties = std::mem::take(&mut metadata.properties).into_value().unwrap_or_default();
        for (key, about) in sent {
            let Some(suffix) = Suffix::of(&key).filter(|_| is_key(&key)) else {
                let advice = "a custom attribute's key ends in Num, At, Str, Txt, Bool, Url or Id, and has letters, \
                    digits, _ and - alone, at most 255 of them";
                faults.push(fault("properties", &key, "", "Additional properties not allowed", advice));
                continue;
            };
            let about = laid_over(context, properties.get(&key), about, Some((&key, suffix)));
            rules::check_definition(&key, suffix, &about, &mut faults);
            properties.insert(key, about);
        }
        if properties.len() > MAX_DESCRIBED {
            let title = format!("More than {MAX_DESCRIBED} custom attributes would be described");
            faults.push(Fault::of_attribute("properties", title, ""));
        }
        metadata.properties = properties.into();
    }
    if let Some(sent) = input.standard_properties {
        let mut properties = std::mem::take(&mut metadata.standard_properties).into_value().unwrap_or_default();
        for (name, about) in sent {
            if name.is_empty() || shortened(&name) != name {
                let title = "The name of an attribute has 1 to 256 characters";
                faults.push(fault("standardProperties", &name, "", title, ""));
                continue;
            }
            let about = laid_over(context, properties.get(&name), about, None);
            if about.is_sensitive()
                && let Err((title, advice)) = standard::check_sensitive(of, &name)
            {
                faults.push(fault("standardProperties", &name, "sensitive", title, advice));
            }
            properties.insert(name, about);
        }
        if properties.len() > MAX_DESCRIBED {
            let title = format!("More than {MAX_DESCRIBED} attributes would be described");
            faults.push(Fault::of_attribute("standardProperties", title, ""));
        }
        metadata.standard_properties = properties.into();
    }
    if let Some(sent) = input.relationships {
        let mut relationships = std::mem::take(&mut metadata.relationships).into_value().unwrap_or_default();
        relationships.extend(sent);
        metadata.relationships = relationships.into();
    }
    if let Some(sent) = input.validations {
        metadata.validations = sent.into();
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// A fault of the description of one attribute, or of one member of it.
fn fault(of: &str, key: &str, member: &str, title: impl Into<String>, advice: impl Into<Cow<'static, str>>) -> Fault {
    let key = shortened(key);
    let (place, rule) = match member {
        "" => (String::new(), "additionalProperties".to_owned()),
        member => (format!("/{member}"), member.to_owned()),
    };
    Fault {
        parameter: if member.is_empty() { key.clone() } else { member.to_owned() },
        pointer: format!("/{of}/{}{place}", escape(&key)),
        title: title.into(),
        rule: format!("/properties/{of}/{rule}"),
        advice: advice.into(),
    }
}

/// The description of an attribute after a write; `key` is that of a custom one. An unchanged description stays as it is,
/// with the moment of its last change.
fn laid_over(
    context: &Context<'_>,
    former: Option<&AttributeMetadata>,
    sent: AttributeMetadata,
    key: Option<(&str, Suffix)>,
) -> AttributeMetadata {
    fn lay<T>(over: &mut Field<T>, sent: Field<T>) {
        match sent {
            Field::Absent => {}
            Field::Null => *over = Field::Absent,
            Field::Value(value) => *over = Field::Value(value),
        }
    }
    let mut about = former.cloned().unwrap_or_default();
    lay(&mut about.display_name, sent.display_name);
    lay(&mut about.enumeration, sent.enumeration);
    lay(&mut about.tree, sent.tree);
    lay(&mut about.last_node_required, sent.last_node_required);
    lay(&mut about.target, sent.target);
    lay(&mut about.multi, sent.multi);
    lay(&mut about.array, sent.array);
    lay(&mut about.has_sensitive_attributes, sent.has_sensitive_attributes);
    lay(&mut about.sensitive, sent.sensitive);
    match (&about.deleted_at, sent.deleted_at) {
        (_, Field::Null) => (about.deleted_at, about.deleted_by) = (Field::Absent, Field::Absent),
        (Field::Absent | Field::Null, Field::Value(_)) => {
            about.deleted_at = context.now.into();
            about.deleted_by = context.actor.to_string().into();
        }
        (Field::Value(_), Field::Value(_)) | (_, Field::Absent) => {}
    }
    if let Some((key, suffix)) = key {
        about.kind = type_of(suffix).into();
        if about.display_name.is_absent() {
            about.display_name = display_name(key).into();
        }
        if suffix == Suffix::Id && about.multi.is_absent() {
            about.multi = false.into();
        }
    }
    if former != Some(&about) {
        about.modified_at = context.now.into();
        about.modified_by = context.actor.to_string().into();
        about.updated_at = context.now.into();
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_metadata_follows_from_its_name_and_never_changes() {
        assert_eq!(id_of("customer"), id_of("customer"));
        assert_ne!(id_of("customer"), id_of("company"));
        assert!(MetadataAttributes::is_shown_as(id_of("kobject.order"), "kobject.order"));
        assert!(!MetadataAttributes::is_shown_as(id_of("kobject.order"), "kobject.orders"));
    }
}
