//! Records of each type, and criteria about records of another.

use kustodian_core::kind::Kind;
use kustodian_core::search::{self, Context, KlassName, Query, SearchRow, Settings, id_attribute};
use kustomer_api::search::{Attribute, Class};
use serde_json::{Value, json};

fn row(kind: Kind, document: &Value) -> SearchRow {
    kind.search_row_of(&document.to_string()).unwrap().unwrap()
}

fn id(number: u32) -> String {
    format!("5c7d1a1f9a1b2c00{number:08x}")
}

fn related(kind: &str, number: u32) -> Value {
    json!({ "data": { "type": kind, "id": id(number) } })
}

fn kobject(number: u32, klass: &str, attributes: &Value, customer: u32) -> SearchRow {
    let document = json!({
        "type": format!("kobject.{klass}"),
        "id": id(number),
        "attributes": attributes,
        "relationships": { "customer": related("customer", customer), "company": related("company", 9) },
    });
    row(Kind::KObject, &document)
}

fn order(number: u32, total: u32, status: &str, customer: u32) -> SearchRow {
    kobject(number, "order", &json!({ "custom": { "totalNum": total, "statusStr": status } }), customer)
}

/// Reads a body in which `order`, `orders` and `ticket` name klasses.
fn query(body: &Value) -> Query {
    let name = |word: &str, klass: &str| KlassName { word: word.to_owned(), klass: klass.to_owned() };
    let klasses = [name("order", "order"), name("orders", "order"), name("ticket", "ticket")];
    search::parse(body.to_string().as_bytes(), &Settings { klasses: &klasses, ..Settings::default() }).unwrap()
}

/// Two customers of company 9, of whom the first has an open order over 100 and a small one that is done, and a ticket.
fn world() -> Vec<SearchRow> {
    let customer = |number: u32, name: &str| {
        let document = json!({
            "type": "customer",
            "id": id(number),
            "attributes": { "name": name },
            "relationships": { "company": related("company", 9) },
        });
        row(Kind::Customer, &document)
    };
    let company = json!({ "type": "company", "id": id(9), "attributes": { "name": "Acme" }, "relationships": {} });
    vec![
        customer(1, "Ada"),
        customer(2, "Bob"),
        row(Kind::Company, &company),
        order(3, 150, "open", 1),
        order(4, 20, "done", 1),
        kobject(5, "ticket", &json!({ "custom": { "totalNum": 999 } }), 1),
        order(6, 90, "open", 2),
        kobject(7, "order", &json!({ "deleted": true, "custom": { "totalNum": 500 } }), 2),
    ]
}

/// The last digits of the ids found.
fn found(body: &Value) -> Vec<u8> {
    let (query, world) = (query(body), world());
    let rows = world.iter().filter(|row| query.finds_among(row, world.as_slice()));
    rows.map(|row| row.id.as_bytes()[11]).collect()
}

#[test]
fn what_is_asked_together_is_asked_of_one_record() {
    let total = |operator: &str, value: u32| json!({ "kobject_custom_order_totalNum": { operator: value } });
    let status = |value: &str| json!({ "kobject_custom_order_statusStr": { "equals": value } });
    for (body, ids) in [
        (json!({ "and": [total("gt", 100), status("open")] }), &[1][..]),
        (json!({ "and": [total("gt", 100), status("done")] }), &[]),
        (json!({ "and": { "kobject_custom_order_totalNum": { "gt": 100, "lt": 200 } } }), &[1]),
        // Each of its own.
        (json!({ "and": [{ "and": [total("gt", 100)] }, { "and": [status("done")] }] }), &[1]),
        (json!({ "or": [total("gt", 100), status("open")] }), &[1, 2]),
        // None that is so, deleted ones aside.
        (json!({ "not": [total("gt", 100)] }), &[2]),
        (json!({ "not": [total("gt", 100), status("open")] }), &[]),
        // One that is not so.
        (json!({ "and": { "kobject_custom_order_statusStr": { "not_equals": "open" } } }), &[1]),
        // A klass that is not named is the one beside it.
        (json!({ "and": [status("done"), { "kobject_klass": { "equals": "order" } }] }), &[1]),
        (json!({ "and": [{ "kobject_custom_ticket_totalNum": { "gt": 100 } }, status("done")] }), &[1]),
        (json!({ "and": [total("gt", 100), { "company_name": { "equals": "acme" } }] }), &[1]),
        (json!({ "queryContext": "kobject_orders", "and": { "customer_name": { "equals": "ada" } } }), &[3, 4]),
        (json!({ "queryContext": "kobject", "and": { "customer_name": { "equals": "ada" } } }), &[3, 4, 5]),
        (json!({ "queryContext": "kobject", "and": total("gt", 10) }), &[3, 4, 6]),
        (json!({ "queryContext": "company", "and": total("gt", 100) }), &[9]),
        (json!({ "queryContext": "company", "not": { "customer_name": { "equals": "ada" } } }), &[]),
    ] {
        assert_eq!(found(&body), ids, "{body}");
    }
}

#[test]
fn a_full_record_has_a_value_of_every_attribute_of_its_type() {
    let moment = "2026-01-02T03:04:05.000Z";
    let attributes = json!({
        "name": "Acme", "title": "A-1", "externalId": "crm-1", "tags": [id(8)], "defaultLang": "en_us",
        "createdAt": moment, "updatedAt": moment, "importedAt": moment,
    });
    let company = json!({ "type": "company", "id": id(9), "attributes": attributes, "relationships": {} });
    for row in [row(Kind::Company, &company), kobject(3, "order", &attributes, 1)] {
        for attribute in Attribute::of(row.context).filter(|attribute| attribute.class() != Class::Any) {
            assert!(!row.values(attribute).is_empty(), "{attribute}");
            assert!(attribute.is_many() || row.values(attribute).len() == 1, "{attribute}");
            let has_text = row.texts().iter().any(|text| text.source == search::Source::Attribute(attribute));
            assert_eq!(has_text, attribute.manner().is_some(), "{attribute}");
        }
        assert_eq!(row.values(id_attribute(row.context)), [search::Value::Text(row.id.to_string())]);
    }
}

#[test]
fn every_context_is_a_kind_that_is_searched_and_every_such_kind_a_context() {
    for context in Context::ALL {
        assert_eq!(Kind::searched_as(context).and_then(Kind::search_context), Some(context));
    }
    for kind in Kind::ALL {
        assert_eq!(kind.search_context().is_some(), kind.spec().is_searched, "{}", kind.as_str());
    }
}

#[test]
fn the_longest_klass_that_fits_is_meant() {
    let name = |klass: &str| KlassName { word: klass.to_owned(), klass: klass.to_owned() };
    let body = json!({ "queryContext": "kobject", "and": { "kobject_custom_a_b_cStr": { "set": true } } });
    let subject = |klasses: &[KlassName]| {
        let query = search::parse(body.to_string().as_bytes(), &Settings { klasses, ..Settings::default() }).unwrap();
        let mut names = Vec::new();
        query.root.for_each(&mut |criterion| names.push(criterion.subject.clone()));
        match names.pop() {
            Some(search::Subject::Custom(custom)) => (custom.klass.unwrap(), custom.key),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(subject(&[name("a"), name("a_b")]), ("a_b".to_owned(), "cStr".to_owned()));
    assert_eq!(subject(&[name("a")]), ("a".to_owned(), "b_cStr".to_owned()));
}
