//! Values that only some may see: which they are, who searches by them, and what takes the place of a mask that is sent
//! back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kustomer_api::metadata::{MASK, Metadata, OF_KLASS};
use kustomer_api::search::{Attribute, Class};
use kustomer_api::validation::Fault;
use serde_json::Value;

use super::hiding::{Hiding, names};
use super::standard::{check_sensitive, showing, veil_of};
use super::veil::Veil;
use super::windows::Shown;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::search::{Query, Subject};

/// The attributes whose values are hidden, by the `type` of their records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masks(BTreeMap<String, Hidden>);

/// The attributes of records of one type whose values are hidden.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Hidden {
    custom: BTreeSet<String>,
    /// Those of the kind itself, and what takes the place of their values.
    standard: BTreeMap<String, Veil>,
}

impl Masks {
    /// Those of all of an org's metadata.
    ///
    /// # Errors
    /// 500 when a document is not what this version stores.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a str>) -> Result<Self, Refusal> {
        let mut masks = Self::default();
        for document in documents {
            let metadata: Metadata = resource::read(document)?;
            let name: String = metadata.id.into();
            let sensitive = |about: Option<BTreeMap<String, _>>| {
                let about = about.unwrap_or_default().into_iter();
                about.filter(|(_, about): &(_, kustomer_api::metadata::AttributeMetadata)| about.is_sensitive())
            };
            let custom: Vec<String> =
                sensitive(metadata.attributes.properties.into_value()).map(|(key, _)| key).collect();
            let standard: Vec<String> = sensitive(metadata.attributes.standard_properties.into_value())
                .map(|(attribute, _)| attribute)
                .filter(|attribute| check_sensitive(&name, attribute).is_ok())
                .collect();
            if custom.is_empty() && standard.is_empty() {
                continue;
            }
            let standard = standard.into_iter().map(|attribute| {
                let veil = veil_of(&name, &attribute);
                (attribute, veil)
            });
            let hidden = Hidden { custom: custom.into_iter().collect(), standard: standard.collect() };
            masks.0.insert(name, hidden);
        }
        let sensitive = masks.clone();
        showing(
            |of, attribute| sensitive.hides_standard(Some(of), attribute),
            |of, attribute, veil| {
                masks.0.entry(of.to_owned()).or_default().standard.insert(attribute.to_owned(), veil);
            },
        );
        Ok(masks)
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether records of this type have hidden attributes.
    pub fn has(&self, of: &str) -> bool {
        self.0.contains_key(of)
    }

    /// The hidden attributes of records of these types; of a type that is not known, those of any type.
    fn hidden<'a>(&'a self, of: Option<&'a str>) -> impl Iterator<Item = &'a Hidden> {
        let is_of = move |name: &str| match of {
            None => true,
            Some("kobject") => name.starts_with(OF_KLASS),
            Some(of) => name == of,
        };
        self.0.iter().filter(move |(name, _)| is_of(name)).map(|(_, hidden)| hidden)
    }

    /// Whether a custom attribute is hidden.
    pub(super) fn hides(&self, of: Option<&str>, key: &str) -> bool {
        self.hidden(of).any(|hidden| hidden.custom.contains(key))
    }

    /// Whether an attribute of the kind itself is hidden.
    pub fn hides_standard(&self, of: Option<&str>, attribute: &str) -> bool {
        self.veil(of, attribute).is_some()
    }

    /// Whether any attribute of the kind itself is hidden.
    pub(super) fn hides_any_standard(&self, of: &str) -> bool {
        self.hidden(Some(of)).any(|hidden| !hidden.standard.is_empty())
    }

    /// What takes the place of the values of an attribute of the kind itself, where they are hidden.
    pub(super) fn veil(&self, of: Option<&str>, attribute: &str) -> Option<Veil> {
        self.hidden(of).find_map(|hidden| hidden.standard.get(attribute).copied())
    }

    /// A text of JSON with masks in place of hidden values; `None` when it has none.
    pub fn hide(self: &Arc<Self>, text: &str, shown: &Arc<Shown>) -> Option<String> {
        let mut all = self.0.values().flat_map(|hidden| hidden.custom.iter().chain(hidden.standard.keys()));
        if !all.any(|name| names(text, name)) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        Hiding::new(Arc::clone(self), Arc::clone(shown)).hide(text, &mut out);
        Some(out)
    }

    /// The name of the first hidden attribute that a search tests, orders by or counts.
    pub fn named_in(&self, query: &Query) -> Option<String> {
        let mut found = None;
        let klasses = query.klasses();
        // Of kobjects of any klass, unless the search names their klasses.
        let hidden = |context: &str, is_it: &dyn Fn(&Hidden) -> bool| match (&klasses, context) {
            (Some(klasses), "kobject") => {
                klasses.iter().any(|klass| self.hidden(Some(&super::name_of_klass(klass))).any(is_it))
            }
            _ => self.hidden(Some(context)).any(is_it),
        };
        let is_hidden = |attribute: Attribute| {
            let context = attribute.context().as_str();
            match attribute.class() {
                // It looks into every text of a record, those of custom attributes too.
                Class::Any => hidden(context, &|_| true),
                _ => hidden(context, &|hidden| hidden.standard.keys().any(|name| attribute.reads(name))),
            }
        };
        let mut look = |subject: &Subject| {
            let is_hidden = match subject {
                Subject::Custom(custom) => {
                    let of_klass = custom.klass.as_deref().map(super::name_of_klass);
                    self.hides(Some(of_klass.as_deref().unwrap_or(subject.context().as_str())), &custom.key)
                }
                Subject::Standard(attribute) => is_hidden(*attribute),
            };
            if is_hidden && found.is_none() {
                found = Some(subject.to_string());
            }
        };
        query.root.for_each(&mut |criterion| look(&criterion.subject));
        query.aggregations.iter().for_each(|aggregation| look(aggregation.subject()));
        query.sort.iter().for_each(|sort| look(&Subject::Standard(sort.by)));
        found
    }

    /// A body in which the masks of records of a type are what the stored record has in their place, or are left out where
    /// it has nothing or `keeps` attributes that are not sent; `None` when it has none. A caller who `sees` the values may send
    /// null for a moment or a number.
    ///
    /// # Errors
    /// 400 for a list of which only some items are masked; 500 when the stored document is not what this version stores.
    pub fn restore(
        &self,
        of: &str,
        body: &[u8],
        stored: Option<&str>,
        keeps: bool,
        sees: bool,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
        let Some(members) = body.as_object_mut() else { return Ok(None) };
        let veils: Vec<(&String, Veil)> = self
            .hidden(Some(of))
            .flat_map(|hidden| hidden.standard.iter().map(|(name, veil)| (name, *veil)))
            .filter(|(name, veil)| members.get(*name).is_some_and(|sent| veil.is_in(sent, sees)))
            .collect();
        let custom = members.get("custom").and_then(Value::as_object);
        let masked: Vec<&String> = self
            .hidden(Some(of))
            .flat_map(|hidden| &hidden.custom)
            .filter(|key| custom.is_some_and(|custom| custom.get(*key).is_some_and(|value| value == MASK)))
            .collect();
        if veils.is_empty() && masked.is_empty() {
            return Ok(None);
        }
        let stored: Value = stored.map(resource::read).transpose()?.unwrap_or_default();
        let stored = &stored["attributes"];
        let mut faults = Vec::new();
        for (name, veil) in veils {
            let Some(sent) = members.remove(name) else { continue };
            let (former, whole) = (&stored[name], sent.is_null() || veil.over(&stored[name]) == sent);
            if keeps && whole {
                continue;
            }
            match veil.lifted(sent, former) {
                Ok(value) => members.extend(value.map(|value| (name.clone(), value))),
                Err(super::veil::Ambiguous(count)) => {
                    let title = format!("Some items of {name} are masked");
                    let advice = format!("send all {count} masked items as they were answered, or none of them");
                    faults.push(Fault::of_attribute(name, title, advice));
                }
            }
        }
        if !faults.is_empty() {
            return Err(Refusal::bad_input(faults));
        }
        if let Some(custom) = members.get_mut("custom").and_then(Value::as_object_mut) {
            for key in masked {
                match &stored["custom"][key] {
                    Value::Null => drop(custom.remove(key)),
                    _ if keeps => drop(custom.remove(key)),
                    value => drop(custom.insert(key.clone(), value.clone())),
                }
            }
        }
        resource::render(&body).map(|body| Some(body.into_bytes()))
    }

    /// A refusal without the id of who holds a hidden value, which would be a look-up by it.
    #[must_use]
    pub fn without_holder(&self, mut refusal: Refusal) -> Refusal {
        for item in &mut refusal.errors {
            let Some(attribute) = item.source.as_ref().and_then(|source| source.parameter.clone()) else { continue };
            let named: Vec<&str> = super::DESCRIBED.into_iter().chain([Kind::KObject]).map(Kind::as_str).collect();
            item.meta.retain(|of, _| !named.contains(&of.as_str()) || !self.hides_standard(Some(of), &attribute));
        }
        refusal
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::metadata) fn masks() -> Arc<Masks> {
        let document = |name: &str, key: &str, standard: &[&str]| {
            let sensitive = json!({ "sensitive": { "enabled": true } });
            let properties = json!({ key: sensitive, "openStr": {} });
            let standard: Value = standard.iter().map(|name| ((*name).to_owned(), sensitive.clone())).collect();
            let attributes = json!({ "properties": properties, "standardProperties": standard });
            json!({ "type": "metadata", "id": name, "attributes": attributes }).to_string()
        };
        let documents =
            [document("customer", "secretStr", &["emails", "birthdayAt"]), document("kobject.order", "priceNum", &[])];
        Arc::new(Masks::of(documents.iter().map(String::as_str)).unwrap())
    }

    #[test]
    fn a_mask_that_is_sent_back_leaves_the_value() {
        let masks = masks();
        let body = json!({ "name": "a", "custom": { "secretStr": MASK, "openStr": MASK } }).to_string();
        let stored = json!({ "attributes": { "custom": { "secretStr": "zq" } } }).to_string();
        let restored = |stored: Option<&str>, keeps: bool| -> Value {
            serde_json::from_slice(&masks.restore("customer", body.as_bytes(), stored, keeps, false).unwrap().unwrap())
                .unwrap()
        };
        assert_eq!(restored(Some(&stored), true)["custom"], json!({ "openStr": MASK }));
        assert_eq!(restored(Some(&stored), false)["custom"], json!({ "openStr": MASK, "secretStr": "zq" }));
        assert_eq!(restored(None, false)["custom"], json!({ "openStr": MASK }));
        assert_eq!(masks.restore("company", body.as_bytes(), None, true, false).unwrap(), None);
    }

    #[test]
    fn a_masked_form_of_a_standard_attribute_that_is_sent_back_leaves_the_value() {
        let masks = masks();
        let stored = json!({ "attributes": { "emails": [{ "email": "a@b.example" }], "birthdayAt": "1990-01-01" } });
        let restore = |body: &Value, keeps: bool, sees: bool| -> Option<Value> {
            let body = body.to_string();
            let restored = masks.restore("customer", body.as_bytes(), Some(&stored.to_string()), keeps, sees).unwrap();
            restored.map(|body| serde_json::from_slice(&body).unwrap())
        };
        let masked = json!({ "name": "a", "emails": [{ "email": MASK }], "birthdayAt": null });
        assert_eq!(restore(&masked, true, false), Some(json!({ "name": "a" })));
        let whole = json!({ "name": "a", "emails": [{ "email": "a@b.example" }], "birthdayAt": "1990-01-01" });
        assert_eq!(restore(&masked, false, false), Some(whole));
        assert_eq!(restore(&json!({ "birthdayAt": null }), true, true), None);
        assert_eq!(restore(&json!({ "emails": [] }), true, false), None);
        let more = json!({ "emails": [{ "email": MASK }, { "email": "b@b.example" }] });
        let both = json!({ "emails": [{ "email": "a@b.example" }, { "email": "b@b.example" }] });
        assert_eq!(restore(&more, true, false), Some(both));
        let twice = json!({ "emails": [{ "email": MASK }, { "email": MASK }] }).to_string();
        let refused = masks.restore("customer", twice.as_bytes(), Some(&stored.to_string()), true, false);
        assert_eq!(refused.unwrap_err().status, 400);
    }
}
