//! The items of a job, read out of its body. The fault of one item is its own error; the request is refused when
//! nobody could know what the items are.

use std::collections::HashSet;

use kustomer_api::ObjectId;
use kustomer_api::bulk::{CLIENT_REF, MAX_CLIENT_REF, MAX_ITEMS, Verb};
use kustomer_api::error::code;
use kustomer_api::validation::Fault;
use serde_json::value::RawValue;

use crate::input;
use crate::members::Members;
use crate::refusal::Refusal;

/// One item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// The record it is about; `None` when one is created.
    pub id: Option<ObjectId>,
    /// Its reference.
    pub client_ref: Option<String>,
    /// The body for the operation on a single record.
    pub body: String,
    /// Items of one group are done one after the other, in their order: they are about one record, or count in one.
    pub group: Option<String>,
    /// Why it is not even tried.
    pub fault: Option<Refusal>,
}

/// The items of a list.
///
/// # Errors
/// 400 without a list, for too many items, and when some items have a reference and others do not, or two have the
/// same.
pub fn items(verb: Verb, body: &[u8]) -> Result<Vec<Item>, Refusal> {
    let text = input::text(body)?;
    let listed: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| match text.trim_start().chars().next() {
            Some('[') => input::not_read(text, &error),
            None => input::missing(),
            Some(_) => {
                let title =
                    format!("The body must be a list of at most {MAX_ITEMS} items: put [ and ] around the body");
                Refusal::new(400, code::BAD_PARAM, "body", title)
            }
        })?;
    if listed.len() > MAX_ITEMS {
        let title = format!("The list has {} items: send at most {MAX_ITEMS} in one request", listed.len());
        return Err(Refusal::new(400, code::BAD_PARAM, "body", title));
    }
    check_values(text)?;
    let items: Vec<Item> = listed.iter().map(|raw| item(verb, raw.get())).collect::<Result<_, _>>()?;
    check_references(&items)?;
    Ok(items)
}

/// The items of a request that names records and has one body for all of them, or none.
///
/// # Errors
/// 400 when it names none, or the body is no object or has a reference.
pub fn items_named(verb: Verb, ids: &[ObjectId], body: &[u8]) -> Result<Vec<Item>, Refusal> {
    if ids.is_empty() {
        let title = "ids is missing: name the records, joined by commas";
        return Err(Refusal::bad_input(vec![Fault::of_parameter("ids", title.to_owned())]));
    }
    let text = input::text(body)?;
    if verb != Verb::Delete {
        let members: Members<'_> =
            serde_json::from_str(text).map_err(|error| match text.trim_start().chars().next() {
                Some('{') => input::not_read(text, &error),
                None => input::missing(),
                Some(_) => {
                    let title = "With ids the body is one object: the same change is made to every record named";
                    Refusal::new(400, code::BAD_PARAM, "body", title)
                }
            })?;
        if members.get(CLIENT_REF).is_some() {
            let title = format!("{CLIENT_REF} cannot be sent with ids: the outcomes are reported with the ids");
            return Err(Refusal::new(400, code::BAD_PARAM, CLIENT_REF, title));
        }
    }
    let body = if verb == Verb::Delete { "" } else { text };
    if !body.is_empty() {
        check_values(body)?;
    }
    let item =
        |id: &ObjectId| Item { id: Some(*id), body: body.to_owned(), group: Some(id.to_string()), ..Item::default() };
    Ok(ids.iter().map(item).collect())
}

/// Refuses values that only a reader that skips them takes for JSON: halves of surrogate pairs, numbers that nothing
/// can hold. The input is answered.
fn check_values(text: &str) -> Result<(), Refusal> {
    let read = serde_json::from_str::<serde_json_borrow::Value<'_>>(text);
    read.map(drop).map_err(|error| input::not_read(text, &error))
}

fn item(verb: Verb, raw: &str) -> Result<Item, Refusal> {
    let Ok(members) = serde_json::from_str::<Members<'_>>(raw) else {
        // An item that is not an object is refused as the body of a single record is.
        let fault = (verb != Verb::Create).then(missing_id);
        return Ok(Item { body: raw.to_owned(), fault, ..Item::default() });
    };
    let client_ref = members.get(CLIENT_REF).map(read_reference).transpose()?;
    let mut item = Item { client_ref, ..Item::default() };
    let mut left_out = vec![CLIENT_REF];
    if verb == Verb::Create {
        let owner = members.text("conversation").or_else(|| members.text("customer"));
        item.group = owner.map(str::to_ascii_lowercase);
    } else {
        left_out.push("id");
        item.id = members.text("id").and_then(|id| id.parse().ok());
        item.group = item.id.map(|id| id.to_string());
        item.fault = item.id.is_none().then(missing_id);
    }
    item.body = if left_out.iter().any(|name| members.get(name).is_some()) {
        members.without(&left_out)
    } else {
        raw.to_owned()
    };
    Ok(item)
}

fn missing_id() -> Refusal {
    let title = "id must be the id of the record, of 24 hexadecimal characters";
    Refusal::new(400, code::BAD_PARAM, "id", title).with_meta("pointer", "/id")
}

fn read_reference(raw: &RawValue) -> Result<String, Refusal> {
    let reference: Option<String> = serde_json::from_str(raw.get()).ok();
    reference.filter(|reference| (1..=MAX_CLIENT_REF).contains(&reference.chars().count())).ok_or_else(|| {
        let title = format!("{CLIENT_REF} must be a text of 1 to {MAX_CLIENT_REF} characters");
        Refusal::new(400, code::BAD_PARAM, CLIENT_REF, title)
    })
}

fn check_references(items: &[Item]) -> Result<(), Refusal> {
    let refused = |title: String| Err(Refusal::new(400, code::BAD_PARAM, CLIENT_REF, title));
    let sent = items.iter().filter(|item| item.client_ref.is_some()).count();
    if sent != 0 && sent != items.len() {
        return refused(format!("{sent} of {} items have {CLIENT_REF}: send it with all of them or none", items.len()));
    }
    let mut seen = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        if item.client_ref.as_ref().is_some_and(|reference| !seen.insert(reference)) {
            return refused(format!("The item at {index} has the {CLIENT_REF} of an earlier one: each is sent once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        items(Verb::Create, body.as_bytes()).unwrap_err().errors[0].title.clone().unwrap()
    }

    #[test]
    fn items_are_passed_on_as_they_were_written() {
        let body = r#"[{"name":"A","_clientRef":"1","custom":{"n\u00e4Num":1.250}},{"_clientRef":"2"}]"#;
        let items = items(Verb::Create, body.as_bytes()).unwrap();
        assert_eq!(items[0].body, r#"{"name":"A","custom":{"n\u00e4Num":1.250}}"#);
        assert_eq!((items[0].client_ref.as_deref(), items[1].body.as_str()), (Some("1"), "{}"));
    }

    #[test]
    fn an_update_names_its_record_and_a_fault_is_that_of_the_item() {
        let body = r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","name":"A"},{"name":"B"},7]"#;
        let items = items(Verb::Update, body.as_bytes()).unwrap();
        assert_eq!((items[0].body.as_str(), items[0].id.is_some(), &items[0].fault), (r#"{"name":"A"}"#, true, &None));
        assert!(items[1].fault.is_some() && items[2].fault.is_some());
    }

    #[test]
    fn items_of_one_owner_are_one_group() {
        let body = r#"[{"customer":"5C7D1A1F9A1B2C0010A1B2C3"},{"customer":"5c7d1a1f9a1b2c0010a1b2c3"},{"name":"A"}]"#;
        let items = items(Verb::Create, body.as_bytes()).unwrap();
        assert_eq!((items[0].group == items[1].group, &items[2].group), (true, &None));
    }

    #[test]
    fn items_that_cannot_be_distinguished_refuse_the_whole_request() {
        assert!(refused("{}").contains("must be a list"));
        assert!(refused("").contains("missing"));
        assert!(refused("[1,").contains("not JSON"));
        let many = vec!["{}"; MAX_ITEMS + 1].join(",");
        assert!(refused(&format!("[{many}]")).contains("101 items"));
        assert!(refused(r#"[{"_clientRef":"1"},{}]"#).contains("1 of 2"));
        assert!(refused(r#"[{"_clientRef":"1"},{"_clientRef":"1"}]"#).contains("at 1"));
        for reference in ["\"\"".to_owned(), "7".to_owned(), "null".to_owned(), format!("\"{}\"", "x".repeat(256))] {
            assert!(refused(&format!(r#"[{{"_clientRef":{reference}}}]"#)).contains("1 to 255"), "{reference}");
        }
    }

    #[test]
    fn one_body_is_for_every_record_named() {
        let ids = ["5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4"].map(|id| id.parse().unwrap());
        let items = items_named(Verb::Update, &ids, br#"{"name":"A"}"#).unwrap();
        assert_eq!(items.iter().map(|item| item.id).collect::<Vec<_>>(), ids.map(Some));
        assert!(items.iter().all(|item| item.body == r#"{"name":"A"}"#));
        for (ids, body) in [(&ids[..], r#"[{}]"#), (&ids[..], r#"{"_clientRef":"1"}"#), (&[], "{}"), (&ids[..], "")] {
            assert_eq!(items_named(Verb::Update, ids, body.as_bytes()).unwrap_err().status, 400, "{body}");
        }
    }
}
