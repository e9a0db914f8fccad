//! What metadata asks of the custom attributes that are written.

use std::collections::{HashMap, HashSet};

use kustomer_api::ObjectId;
use kustomer_api::custom::{CustomAttributes, Suffix};
use kustomer_api::metadata::{AttributeMetadata, Metadata};
use kustomer_api::validation::{Fault, escape, shortened};
use serde_json::{Map, Value};

use super::{Target, fault};
use crate::refusal::Refusal;
use crate::resource;

/// How many records the custom attributes of one write may name.
pub const MAX_REFERENCES: usize = 500;

/// How many of the legal values a refusal lists.
const LISTED: usize = 20;

/// What metadata asks, by the keys of attributes that it asks anything of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules(HashMap<String, Rule>);

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    /// One of these values.
    Chosen(Vec<String>),
    /// The ids of records that there are.
    Names { target: Target, word: String, multi: bool },
}

/// The faults of custom attributes, and the records that must exist.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    /// The faults, each with the key as its parameter.
    pub faults: Vec<Fault>,
    /// Which records they name; at most [`MAX_REFERENCES`].
    pub references: Vec<Reference>,
}

/// A record that a custom attribute names.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Its id.
    pub id: ObjectId,
    /// The expected form.
    pub target: Target,
    /// The fault when it is not there.
    pub fault: Fault,
}

impl Rules {
    /// Those of a metadata document.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub fn of(document: &str) -> Result<Self, Refusal> {
        let metadata: Metadata = resource::read(document)?;
        let properties = metadata.attributes.properties.into_value().unwrap_or_default();
        let rule = |(key, about): (String, AttributeMetadata)| Some((key, Rule::of(about)?));
        Ok(Self(properties.into_iter().filter_map(rule).collect()))
    }

    /// Checks the input. Values of enumerations are only checked when `enforces_choices`.
    pub fn check(&self, custom: &CustomAttributes, enforces_choices: bool) -> Checked {
        let mut checked = Checked::default();
        for (key, value) in custom.iter() {
            match (self.0.get(key), Suffix::of(key)) {
                _ if value.is_null() => {}
                (Some(Rule::Chosen(values)), _) => {
                    let text = value.as_str().unwrap_or_default();
                    // The empty text chooses nothing.
                    if enforces_choices && !text.is_empty() && !values.iter().any(|value| value == text) {
                        checked.faults.push(no_choice(key, values));
                    }
                }
                (Some(Rule::Names { target, word, multi }), _) => {
                    names(key, value, (target, word, *multi), &mut checked)
                }
                (None, Some(Suffix::Id)) => checked.faults.push(undescribed(key)),
                (None, _) => {}
            }
        }
        if checked.references.len() > MAX_REFERENCES {
            let count = checked.references.len();
            checked.references.clear();
            let title = format!("custom names too many records ({count}), maximum {MAX_REFERENCES}");
            checked.faults.push(Fault::of_attribute("custom", title, "write them one after the other"));
        }
        checked
    }
}

impl Rule {
    fn of(about: AttributeMetadata) -> Option<Self> {
        if about.deleted_at.value().is_some() {
            return None;
        }
        if let Some(word) = about.target.value() {
            let multi = about.multi.value().copied().unwrap_or_default();
            return Some(Self::Names { target: Target::named(word)?, word: word.clone(), multi });
        }
        let values = match (about.tree.value(), about.enumeration.into_value()) {
            (Some(tree), _) => {
                let last_only = about.last_node_required.value().copied().unwrap_or_default();
                let mut values = Vec::new();
                // It was checked when it was written.
                walk(tree, "", last_only, &mut values).ok()?;
                values
            }
            (None, values) => values.unwrap_or_default(),
        };
        (!values.is_empty()).then_some(Self::Chosen(values))
    }
}

/// Collects the values that may be chosen from a tree: of each node its path, which is the ids from the root on with dots
/// between them, and its id where that is no path.
fn walk(node: &Map<String, Value>, path: &str, last_only: bool, values: &mut Vec<String>) -> Result<(), &'static str> {
    let Some(children) = node.get("children") else { return Ok(()) };
    let children = children.as_array().ok_or("children is a list of nodes")?;
    for child in children {
        let child = child.as_object().ok_or("a node is an object with an id")?;
        let id = child.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or("a node has an id, which is a text")?;
        if child.get("displayName").is_some_and(|name| !name.is_string() && !name.is_null()) {
            return Err("the displayName of a node is a text");
        }
        let whole = whole_of(path, id);
        let is_path = whole == id;
        let is_last = child.get("children").and_then(Value::as_array).is_none_or(Vec::is_empty);
        if is_last || !last_only {
            values.push(whole.clone());
            if !is_path {
                values.push(id.to_owned());
            }
        }
        walk(child, &whole, last_only, values)?;
    }
    Ok(())
}

/// The path of a node with this id, below the node with that path. Some systems name a node by its whole path.
fn whole_of(path: &str, id: &str) -> String {
    let is_path = path.is_empty() || id.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    if is_path { id.to_owned() } else { format!("{path}.{id}") }
}

/// Whether two nodes have the same path: beside each other with one id, or where an id has a dot in it.
fn has_twins(node: &Map<String, Value>, path: &str, paths: &mut HashSet<String>) -> bool {
    node.get("children").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).any(|child| {
        let whole = whole_of(path, child.get("id").and_then(Value::as_str).unwrap_or_default());
        has_twins(child, &whole, paths) || !paths.insert(whole)
    })
}

/// Checks the description of one custom attribute, as a write leaves it.
pub(super) fn check_definition(key: &str, suffix: Suffix, about: &AttributeMetadata, faults: &mut Vec<Fault>) {
    let mut refuse = |member: &str, title: String, advice: &'static str| {
        faults.push(fault("properties", key, member, title, advice));
    };
    let (has_tree, has_values) = (about.tree.value().is_some(), about.enumeration.value().is_some());
    for (member, is_there) in [("enumeration", has_values), ("tree", has_tree)] {
        if is_there && suffix != Suffix::Str {
            refuse(member, format!("{member} belongs to attributes whose key ends in Str"), "leave it out");
        }
    }
    if has_tree && has_values {
        refuse(
            "tree",
            "An attribute is chosen from an enumeration or from a tree".to_owned(),
            "send null for one of them",
        );
    }
    if let Some(tree) = about.tree.value() {
        match walk(tree, "", false, &mut Vec::new()) {
            Err(advice) => refuse("tree", "The tree cannot be read".to_owned(), advice),
            Ok(()) if has_twins(tree, "", &mut HashSet::new()) => {
                let title = "Two nodes have the same path".to_owned();
                refuse("tree", title, "give each an id of its own: a value names one of them");
            }
            Ok(()) => {}
        }
    }
    match (suffix, about.target.value()) {
        (Suffix::Id, Some(target)) if Target::named(target).is_none() => {
            let title = format!("No enum match for: {}", Value::from(shortened(target)));
            refuse("target", title, "send the name of a kind of record, such as customer, or kobject.<klass>");
        }
        (Suffix::Id, None) if about.deleted_at.value().is_none() => {
            let advice = "an attribute that ends in Id says what it names, such as customer or kobject.order";
            refuse("target", "Missing required property: target".to_owned(), advice);
        }
        (Suffix::Id, _) | (_, None) => {}
        (_, Some(_)) => {
            refuse("target", "target belongs to attributes whose key ends in Id".to_owned(), "leave it out")
        }
    }
    if suffix != Suffix::Id && about.multi.value() == Some(&true) {
        refuse("multi", "multi belongs to attributes whose key ends in Id".to_owned(), "leave it out");
    }
}

fn at(key: &str, index: Option<usize>, (rule, title): (&str, String), advice: String) -> Fault {
    let item = index.map_or_else(String::new, |index| format!("/{index}"));
    Fault {
        parameter: key.to_owned(),
        pointer: format!("/custom/{}{item}", escape(key)),
        title,
        rule: format!("/properties/custom/{rule}"),
        advice: advice.into(),
    }
}

/// The value is not repeated: it may be one that only some may see, and errors are kept with bulk jobs.
fn no_choice(key: &str, values: &[String]) -> Fault {
    let listed: Vec<String> = values.iter().take(LISTED).map(|value| shortened(value)).collect();
    let rest = values.len() - listed.len();
    let rest = if rest == 0 { String::new() } else { format!(", or one of {rest} more") };
    let advice = format!("send one of: {}{rest}", listed.join(", "));
    at(key, None, ("patternProperties/Str/enum", format!("No enum match for: {}", Value::from(key))), advice)
}

fn undescribed(key: &str) -> Fault {
    let advice = "an attribute that ends in Id needs metadata first: PUT /v1/metadata/… with its target";
    at(key, None, ("additionalProperties", "Additional properties not allowed".to_owned()), advice.to_owned())
}

fn names(key: &str, value: &Value, (target, word, multi): (&Target, &str, bool), checked: &mut Checked) {
    let ids = match value {
        Value::Array(_) if !multi => {
            let title = "Invalid type: array (expected string/null)".to_owned();
            let advice = "its metadata says that it names one record; set multi to let it name several".to_owned();
            return checked.faults.push(at(key, None, ("patternProperties/Id/type", title), advice));
        }
        Value::Array(ids) => ids.as_slice(),
        value => std::slice::from_ref(value),
    };
    for (index, id) in ids.iter().enumerate() {
        let Some(id) = id.as_str().and_then(|id| id.parse::<ObjectId>().ok()) else { continue };
        let title = format!("There is no {word} with the id {id}");
        let index = value.is_array().then_some(index);
        let advice = "create it first, or leave the attribute out".to_owned();
        let fault = at(key, index, ("patternProperties/Id/target", title), advice);
        checked.references.push(Reference { id, target: target.clone(), fault });
    }
}

/// Takes out of `faults` those about attributes that the stored record has with the same value: an answer can be sent
/// back, whatever the metadata says by now.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn spare_unchanged(faults: &mut Vec<Fault>, sent: &CustomAttributes, document: &str) -> Result<(), Refusal> {
    let stored: Value = resource::read(document)?;
    let stored = &stored["attributes"]["custom"];
    faults.retain(|fault| {
        let (was, is) = (stored.get(&fault.parameter), sent.value(&fault.parameter));
        is.is_none() || was != is
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(properties: &Value) -> Rules {
        let document = json!({ "type": "metadata", "id": "customer", "attributes": { "properties": properties } });
        Rules::of(&document.to_string()).unwrap()
    }

    fn refused(rules: &Rules, custom: &Value) -> Vec<(String, String)> {
        let custom: CustomAttributes = serde_json::from_value(custom.clone()).unwrap();
        rules.check(&custom, true).faults.into_iter().map(|fault| (fault.pointer, fault.advice.into_owned())).collect()
    }

    #[test]
    fn a_tree_takes_paths_and_the_ids_of_nodes_and_only_its_ends_where_that_is_asked() {
        let tree = json!({ "children": [
            { "id": "food", "children": [{ "id": "fruit", "displayName": "Fruit" }, { "id": "food.bread" }] },
            { "id": "tools", "children": [] },
        ] });
        let free = rules(&json!({ "reasonStr": { "tree": tree } }));
        let strict = rules(&json!({ "reasonStr": { "tree": tree, "lastNodeRequired": true } }));
        for (value, is_end) in
            [("food", false), ("food.fruit", true), ("fruit", true), ("food.bread", true), ("tools", true)]
        {
            assert_eq!(refused(&free, &json!({ "reasonStr": value })), [], "{value}");
            assert_eq!(refused(&strict, &json!({ "reasonStr": value })).is_empty(), is_end, "{value}");
        }
        for value in ["Fruit", "bread", "food.tools", "food."] {
            assert_eq!(refused(&free, &json!({ "reasonStr": value })).len(), 1, "{value}");
        }
    }

    #[test]
    fn no_two_nodes_of_a_tree_have_the_same_path() {
        for (children, is_ambiguous) in [
            (json!([{ "id": "a" }, { "id": "a" }]), true),
            (json!([{ "id": "a.b" }, { "id": "a", "children": [{ "id": "b" }] }]), true),
            (json!([{ "id": "a", "children": [{ "id": "b" }, { "id": "a.b" }] }]), true),
            (json!([{ "id": "a", "children": [{ "id": "c" }] }, { "id": "b", "children": [{ "id": "c" }] }]), false),
        ] {
            let tree = Map::from_iter([("children".to_owned(), children)]);
            assert_eq!(has_twins(&tree, "", &mut HashSet::new()), is_ambiguous, "{tree:?}");
        }
    }

    #[test]
    fn a_refusal_lists_twenty_values_at_most() {
        let many: Vec<String> = (0..40).map(|number| format!("v{number}")).collect();
        let rules = rules(&json!({ "tierStr": { "enumeration": many } }));
        let faults = refused(&rules, &json!({ "tierStr": "none", "otherStr": "any" }));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].0, "/custom/tierStr");
        assert!(faults[0].1.starts_with("send one of: v0, v1, ") && faults[0].1.ends_with("v19, or one of 20 more"));
        assert_eq!(refused(&rules, &json!({ "tierStr": null })), []);
        assert_eq!(refused(&rules, &json!({ "tierStr": "" })), []);
    }

    #[test]
    fn a_withdrawn_description_is_not_enforced() {
        let taken_back = "2026-01-01T00:00:00.000Z";
        let rules = rules(&json!({ "tierStr": { "enumeration": ["a"], "deletedAt": taken_back } }));
        assert_eq!(refused(&rules, &json!({ "tierStr": "b" })), []);
    }
}
