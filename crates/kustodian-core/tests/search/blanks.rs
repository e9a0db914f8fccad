//! Empty texts and empty lists in criteria: the same meaning for every class of attribute.

use kustodian_core::search::SearchRow;
use kustomer_api::search::{Attribute, Class, Operator};
use serde_json::{Value, json};

use super::{finds, query, row};

/// A record with a value of every class.
fn filled() -> SearchRow {
    row(json!({
        "name": "Ada King", "externalId": "CRM-1", "gender": "f", "tags": ["5c7d1a1f9a1b2c0010a1b2c4"],
        "emails": [{ "email": "ada@acme.example" }], "phones": [{ "phone": "+1 800" }],
        "signedUpAt": "2026-01-02T03:04:05.678Z", "satisfactionLevel": { "avgScore": 4.5 },
        "custom": { "tierStr": "gold", "bioTxt": "a poet", "scoreNum": 7, "sinceAt": "2026-01-02T00:00:00.000Z",
            "vipBool": true, "refId": ["x-1"], "siteUrl": "https://acme.example" },
    }))
}

/// Attributes of every class that [`filled`] has a value of and an empty record has not.
const ATTRIBUTES: [(&str, Class); 15] = [
    ("customer_any_text", Class::Any),
    ("customer_name", Class::String),
    ("customer_email", Class::String),
    ("customer_phone", Class::String),
    ("customer_externalId", Class::StringNotAnalyzed),
    ("customer_gender", Class::List),
    ("customer_tags", Class::List),
    ("customer_signed_up_at", Class::Datetime),
    ("customer_satisfaction_avg_score", Class::Number),
    ("customer_custom_tierStr", Class::String),
    ("customer_custom_bioTxt", Class::Text),
    ("customer_custom_scoreNum", Class::Number),
    ("customer_custom_sinceAt", Class::Datetime),
    ("customer_custom_vipBool", Class::Boolean),
    ("customer_custom_refId", Class::StringNotAnalyzed),
];

/// The records that a criterion finds.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Finds {
    Everybody,
    Nobody,
    /// Those without a value.
    Without,
    /// Those with a value.
    With,
}

impl Finds {
    fn of(name: &str, operator: Operator, value: &Value) -> Self {
        let criterion = json!({ name: { operator.as_str(): value } });
        match (finds(&filled(), criterion.clone()), finds(&row(json!({})), criterion)) {
            (true, true) => Self::Everybody,
            (false, false) => Self::Nobody,
            (false, true) => Self::Without,
            (true, false) => Self::With,
        }
    }
}

#[test]
fn a_blank_text_asks_for_no_value_or_narrows_nothing() {
    for blank in ["", " ", "\t\n \u{a0}\u{2003}"] {
        for (name, class) in ATTRIBUTES {
            for &operator in class.operators() {
                let expected = match operator {
                    Operator::Equals | Operator::In | Operator::NotSet => Finds::Without,
                    Operator::NotEquals | Operator::NotIn | Operator::Set => Finds::With,
                    Operator::NotContains | Operator::NotContainsAny => Finds::Nobody,
                    _ => Finds::Everybody,
                };
                assert_eq!(Finds::of(name, operator, &json!(blank)), expected, "{name} {operator} {blank:?}");
            }
        }
    }
}

#[test]
fn an_empty_list_has_no_value_to_be_one_of_and_none_to_be_missing() {
    for (name, class) in ATTRIBUTES {
        for &operator in class.operators() {
            let expected = match operator {
                Operator::In | Operator::ContainsAny => Finds::Nobody,
                Operator::NotIn | Operator::NotContainsAny => Finds::Everybody,
                Operator::Contains | Operator::Within => Finds::Everybody,
                Operator::NotContains => Finds::Nobody,
                _ => continue,
            };
            assert_eq!(Finds::of(name, operator, &json!([])), expected, "{name} {operator} []");
        }
    }
}

#[test]
fn a_blank_in_a_list_is_one_value_more() {
    let (name, score, day) = ("customer_name", "customer_custom_scoreNum", "customer_signed_up_at");
    let (gender, tier) = ("customer_gender", "customer_custom_tierStr");
    for (attribute, operator, value, expected) in [
        (name, Operator::In, json!(["", "ada king"]), Finds::Everybody),
        (name, Operator::In, json!(["", "bob"]), Finds::Without),
        (name, Operator::In, json!(["", " "]), Finds::Without),
        (name, Operator::NotIn, json!(["", "bob"]), Finds::With),
        (name, Operator::Contains, json!(["", "ada"]), Finds::With),
        (name, Operator::Contains, json!([""]), Finds::Everybody),
        (name, Operator::ContainsAny, json!(["", "bob"]), Finds::Everybody),
        (name, Operator::NotContainsAny, json!(["", "bob"]), Finds::Nobody),
        (tier, Operator::In, json!(["gold", ""]), Finds::Everybody),
        (gender, Operator::In, json!(["m", ""]), Finds::Without),
        (score, Operator::In, json!(["", 7]), Finds::Everybody),
        (score, Operator::In, json!([8, ""]), Finds::Without),
        (day, Operator::In, json!(["2026-01-02", ""]), Finds::Everybody),
    ] {
        assert_eq!(Finds::of(attribute, operator, &value), expected, "{attribute} {operator} {value}");
    }
}

#[test]
fn a_blank_end_of_a_range_is_open() {
    let (score, day) = ("customer_custom_scoreNum", "customer_signed_up_at");
    for (attribute, value, expected) in [
        (score, json!({ "from": "", "to": 7 }), Finds::With),
        (score, json!([8, ""]), Finds::Nobody),
        (score, json!({ "from": "", "to": "" }), Finds::Everybody),
        (day, json!({ "from": "2026-01-02", "to": "" }), Finds::With),
        (day, json!(["", "2026-01-01"]), Finds::Nobody),
        (day, json!(["", ""]), Finds::Everybody),
        (day, json!({ "last": "" }), Finds::Everybody),
    ] {
        assert_eq!(Finds::of(attribute, Operator::Within, &value), expected, "{attribute} within {value}");
    }
}

#[test]
fn a_criterion_with_a_blank_takes_part_in_its_group() {
    let body = |phone: Value| {
        query(&json!({ "or": [{ "customer_name": { "equals": "Tom" } }, { "customer_phone": { "equals": phone } }] }))
    };
    assert!(body(json!("")).finds(&row(json!({ "name": "Ada" }))), "Ada has no phone");
    assert!(!body(json!("")).finds(&filled()), "a phone, and not Tom");
    let named = query(
        &json!({ "and": [{ "customer_name": { "contains": "ada" } }, { "customer_email": { "contains": "" } }] }),
    );
    assert!(named.finds(&row(json!({ "name": "Ada" }))) && !named.finds(&row(json!({ "name": "Bob" }))));
}

#[test]
fn every_attribute_and_operator_takes_a_blank() {
    for attribute in Attribute::ALL {
        if !attribute.is_criterion(false) {
            continue;
        }
        for operator in attribute.class().operators() {
            query(&json!({ "and": { attribute.name(): { operator.as_str(): "" } } }));
        }
    }
}
