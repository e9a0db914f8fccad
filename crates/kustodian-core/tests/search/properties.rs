//! What holds for every search and every record.

use kustodian_core::search::{self, Criterion, Dialect, Node, Settings};
use kustomer_api::custom::Suffix;
use kustomer_api::search::{Attribute, Class, Operator};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{query, row};

/// JSON that now and then uses the words of the language.
fn anything() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "and",
            "or",
            "not",
            "sort",
            "aggs",
            "timeZone",
            "queryContext",
            "fields",
            "equals",
            "contains",
            "within",
            "gte",
            "in",
            "terms",
            "field",
            "range",
            "ranges",
            "from",
            "to",
            "last",
            "customer_name",
            "customer_email",
            "customer_created_at",
            "customer_conversations_count",
            "customer_custom_xNum",
            "customer_imported",
        ])
        .prop_map(ToOwned::to_owned),
        "\\PC{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9 :.TZ+-]{0,30}".prop_map(Value::from),
        key.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Few letters, so that words meet.
const TEXT: &str = "[aAbB@. 12'-]{1,8}";

fn record() -> impl Strategy<Value = Value> {
    (
        (
            TEXT,
            prop::collection::vec("[ab1.]{1,4}@[ab]{1,3}", 0..3),
            prop::collection::vec("[12 -]{0,3}1[12]{1,4}", 0..2),
        ),
        (TEXT, TEXT, 0u8..4, prop::option::of(TEXT)),
    )
        .prop_map(|((name, emails, phones), (external, tier, count, username))| {
            json!({
                "name": name,
                "emails": emails.into_iter().map(|email| json!({ "email": email })).collect::<Vec<_>>(),
                "phones": phones.into_iter().map(|phone| json!({ "phone": phone })).collect::<Vec<_>>(),
                "externalId": external,
                "username": username,
                "conversationCounts": { "all": count, "open": count },
                "custom": { "tierStr": tier, "bioTxt": name, "scoreNum": count },
            })
        })
}

fn criterion() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "customer_any_text",
        "customer_name",
        "customer_email",
        "customer_phone",
        "customer_externalId",
        "customer_custom_tierStr",
        "customer_custom_bioTxt",
        "customer_status",
        "customer_conversations_count",
    ]);
    (name, any::<prop::sample::Index>(), TEXT, 0u8..4, 0u8..6).prop_map(|(name, at, text, count, form)| {
        let class = match name.strip_prefix("customer_custom_") {
            Some(key) => Class::of_suffix(Suffix::of(key).unwrap()),
            None => Attribute::find(name).unwrap().class(),
        };
        let operator = *at.get(class.operators());
        let value = match (class, operator) {
            (_, Operator::Set | Operator::NotSet) => json!(true),
            (Class::Number, Operator::Within) => json!([0, count]),
            (Class::Number, _) => json!(count),
            (Class::List, _) => json!("open"),
            _ => json!(text),
        };
        use Operator::{Contains, ContainsAny, In, NotContains, NotContainsAny, NotIn};
        let takes_list = [In, NotIn, Contains, NotContains, ContainsAny, NotContainsAny].contains(&operator);
        let value = match form {
            0 => json!(" "),
            1 if takes_list => json!([]),
            2 if takes_list => json!(["", value]),
            _ => value,
        };
        json!({ name: { operator.as_str(): value } })
    })
}

fn tree() -> impl Strategy<Value = Value> {
    criterion().prop_recursive(4, 24, 3, |inner| {
        let group = prop::sample::select(vec!["and", "or", "not"]);
        (group, prop::collection::hash_set(inner.prop_map(|value| value.to_string()), 1..3)).prop_map(
            |(group, members)| {
                let members: Vec<Value> = members.iter().map(|member| serde_json::from_str(member).unwrap()).collect();
                json!({ group: members })
            },
        )
    })
}

/// Every criterion of a tree.
fn criteria(node: &Node) -> Vec<Criterion> {
    let mut found = Vec::new();
    node.for_each(&mut |criterion| found.push(criterion.clone()));
    found
}

proptest! {
    #[test]
    fn no_body_makes_it_panic_and_every_refusal_names_a_place(body in anything(), archive: bool) {
        let dialect = if archive { Dialect::Archive } else { Dialect::Plain };
        if let Err(refusal) = search::parse(body.to_string().as_bytes(), &Settings { dialect, ..Settings::default() }) {
            prop_assert_eq!(refusal.status, 400);
            prop_assert!(!refusal.errors.is_empty() && refusal.errors.len() <= 20);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = search::parse(&body, &Settings::default());
    }

    #[test]
    fn a_negation_finds_exactly_the_other_records(tree in tree(), record in record()) {
        let record = row(record);
        let found = query(&json!({ "and": [tree] })).finds(&record);
        prop_assert_eq!(query(&json!({ "not": [tree] })).finds(&record), !found);
        prop_assert_eq!(query(&json!({ "not": [{ "not": [tree] }] })).finds(&record), found);
        prop_assert_eq!(query(&json!({ "or": [tree] })).finds(&record), found);
    }

    #[test]
    fn a_plan_misses_no_match_and_an_exact_one_finds_nothing_else(criterion in criterion(), record in record()) {
        let record = row(record);
        let tokens = record.tokens();
        for criterion in criteria(&query(&json!({ "and": criterion })).root) {
            let Some(plan) = search::plan(&criterion) else { continue };
            let (met, holds) = (plan.needs.are_met_by(&tokens), search::holds(&criterion, &record));
            prop_assert!(met || !holds, "{criterion:?} holds for {record:?}, and {plan:?} misses it");
            prop_assert!(!plan.exact || met == holds, "{criterion:?} does not hold for {record:?}, and {plan:?} is exact");
        }
    }

    #[test]
    fn what_tokens_differ_by_is_what_their_sets_differ_by(former in record(), record in record()) {
        let (former, record) = (row(former), row(record));
        let (was, is) = (former.tokens(), record.tokens());
        let (removed, added) = record.token_difference(&former);
        prop_assert_eq!(removed, was.difference(&is).cloned().collect::<Vec<_>>());
        prop_assert_eq!(added, is.difference(&was).cloned().collect::<Vec<_>>());
    }

    #[test]
    fn every_whole_value_and_every_word_finds_its_record(record in record()) {
        let found = row(record.clone());
        for (name, value) in [("customer_name", &record["name"]), ("customer_externalId", &record["externalId"])] {
            if value.as_str().unwrap().trim().is_empty() {
                continue;
            }
            for operator in ["equals", "starts_with"] {
                let whole = query(&json!({ "and": { name: { operator: value } } }));
                prop_assert!(whole.finds(&found));
            }
            let any = query(&json!({ "and": { "customer_any_text": { "contains": value } } }));
            let has_letters = value.as_str().unwrap().split_whitespace().all(|word| word.contains(char::is_alphanumeric));
            prop_assert!(!has_letters || any.finds(&found));
        }
    }
}
