//! What holds for every schema of a write, as a walk through it shows: what `""` means where null is legal, and that every
//! value has a limit.

use std::collections::BTreeSet;

use kustomer_api::canonical::canonicalize;
use kustomer_api::custom::Suffix;
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::schema::{Kind, Schema, Text};
use kustomer_api::validation::{check, schema_of_suffix};
use serde_json::{Value, json};

/// The bodies of all writes that are served, each once.
fn bodies() -> Vec<&'static Schema> {
    let mut schemas: Vec<&'static Schema> = Vec::new();
    for declaration in kustodian_server::declarations() {
        let Some(body) = declaration.body.filter(|_| !declaration.operation.is_read()) else { continue };
        if !schemas.iter().any(|schema| std::ptr::eq(*schema, body)) {
            schemas.push(body);
        }
    }
    schemas
}

/// The schemas of writes; where a body may have several forms, each of them.
fn writes() -> Vec<&'static Schema> {
    let mut writes = bodies();
    let mut at = 0;
    while let Some(write) = writes.get(at).copied() {
        walk(write, "", &mut |_, schema| {
            if let Kind::Forms(forms) = schema.kind {
                writes.extend(forms.all);
            }
        });
        at += 1;
    }
    writes.retain(|write| !matches!(write.kind, Kind::Forms(_)));
    writes
}

/// Calls `visit` with every schema of a value and its path. Custom attributes are those of one key per suffix.
fn walk(schema: &'static Schema, path: &str, visit: &mut impl FnMut(&str, &'static Schema)) {
    visit(path, schema);
    match schema.kind {
        Kind::List { items, .. } => walk(items, &format!("{path}/0"), visit),
        Kind::Object(object) => {
            // Keys that are numbers, as the days of a week have, look like items of a list in a path.
            let named = object.properties.iter().filter(|it| it.name.parse::<u8>().is_err());
            named.for_each(|it| walk(&it.schema, &format!("{path}/{}", it.name), visit));
        }
        Kind::Custom => {
            for suffix in Suffix::ALL.into_iter().filter(|suffix| *suffix != Suffix::Id) {
                walk(schema_of_suffix(suffix), &format!("{path}/x{suffix}"), visit);
            }
        }
        _ => {}
    }
}

/// A value that is `inner` at `path`.
fn at(path: &str, inner: Value) -> Value {
    path.split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .fold(inner, |inner, step| if step == "0" { json!([inner]) } else { json!({ step: inner }) })
}

/// The faults at exactly this place: others are of members that the value lacks.
fn titles_at(schema: &Schema, path: &str, value: &Value) -> Vec<(String, String)> {
    let text = value.to_string();
    let value = serde_json::from_str(&text).unwrap();
    let faults = check(schema, &value).into_iter().filter(|fault| fault.pointer == path);
    faults.map(|fault| (fault.title, fault.advice.into_owned())).collect()
}

/// Where null is legal and `""` is no value: it is read as null, or refused with the advice to send null.
#[test]
fn a_blank_is_null_or_refused_wherever_null_is_legal_and_no_text_can_be_meant() {
    let (mut taken, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for write in writes() {
        walk(write, "", &mut |path, schema| {
            let takes_text = matches!(schema.kind, Kind::Text(Text { min: 0, one_of: [], format: None, .. }));
            if !schema.nullable || takes_text || matches!(schema.kind, Kind::Any) {
                assert!(!schema.blank_is_null, "{path}: text can be meant, or null is not legal");
                return;
            }
            let blank = at(path, json!(""));
            let titles = titles_at(write, path, &blank);
            // An item of a bulk operation has the schema of the operation on a single record, and so has a visitor's
            // identity.
            let of_record = path.strip_prefix("/0").or(path.strip_prefix("/identity")).unwrap_or(path);
            if titles.is_empty() {
                let text = blank.to_string();
                let canonical = canonicalize(write, &serde_json::from_str(&text).unwrap()).unwrap();
                assert_eq!(canonical.pointer(path), Some(&Value::Null), "{path}");
                taken.insert(of_record.to_owned());
            } else {
                assert_eq!(titles[0].1, "send null for no value", "{path}: {titles:?}");
                refused.insert(of_record.to_owned());
            }
        });
    }
    let list = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(
        list(&taken),
        "/assignedUser /avatarUrl /birthdayAt /company /custom/xAt /custom/xUrl /customer /gender /iconUrl /lastActivityAt \
         /lastCustomerActivityAt /lastSeenAt /location/countryCode /location/type /locations/0/countryCode \
         /locations/0/type /modifiedBy /queue /queue/id /sendAt /sentAt /signedUpAt \
         /template"
    );
    // Null takes the primary external id away, which an empty cell must not; the others take no text at all.
    assert_eq!(
        list(&refused),
        "/conversation /criteria /custom/xBool /custom/xNum /deleted /draft /externalId /from /location/latitude \
         /location/longitude /locations/0/latitude /locations/0/longitude /payload /position /satisfaction /scale"
    );
}

#[test]
fn every_text_list_and_free_object_that_is_written_has_a_limit() {
    for write in writes() {
        walk(write, "", &mut |path, schema| match schema.kind {
            Kind::Text(text) => {
                let is_limited = text.max.is_some()
                    || !text.one_of.is_empty()
                    || text.format.is_some_and(|format| format.max.is_some() || format.name == "object-id");
                assert!(is_limited, "{path} has no greatest length");
                let longest = text.max.into_iter().chain(text.format.and_then(|format| format.max)).min();
                let endless = format!("https://acme.example/{}", "x".repeat(longest.unwrap_or(1_000)));
                assert!(!titles_at(write, path, &at(path, json!(endless))).is_empty(), "{path} takes anything");
            }
            Kind::List { max, .. } => assert!(max.is_some(), "{path} has no greatest length"),
            Kind::Map(_) | Kind::Any => {
                let max = schema.max_bytes.unwrap_or_else(|| panic!("{path} has no greatest size"));
                // `{"a":"…"}` takes eight bytes beside its text.
                let object = |size: usize| at(path, json!({ "a": "x".repeat(size - 8) }));
                assert_eq!(titles_at(write, path, &object(max)), [], "{path}");
                let title = format!("Object is too large ({} bytes of JSON), maximum {max}", max + 1);
                assert_eq!(titles_at(write, path, &object(max + 1))[0].0, title, "{path}");
            }
            _ => {}
        });
    }
}

#[test]
fn a_url_ends_at_4096_characters() {
    let url = |length: usize| format!("https://acme.example/{}", "x".repeat(length - 21));
    for path in ["/avatarUrl", "/custom/xUrl", "/urls/0/url", "/socials/0/url", "/sharedSocials/0/url"] {
        let titles = |length: usize| titles_at(&CUSTOMER_INPUT, path, &at(path, json!(url(length))));
        assert_eq!(titles(4_096), [], "{path}");
        assert_eq!(titles(4_097)[0].0, "String is too long (4097 chars), maximum 4096", "{path}");
    }
}
