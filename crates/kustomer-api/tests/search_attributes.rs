//! The table of attributes has those that the contract lists (`docs/contract/customer.md`), and the typed builder writes it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustomer_api::custom::{Key, Num, Str};
use kustomer_api::search::{Aggregation, Attribute, Class, Condition, Context, Moment, Operator, Search, attribute};
use serde_json::json;

fn contract() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract/customer.md")).unwrap()
}

/// The texts between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_criterion_of_the_contract_is_there_with_its_class_and_its_values() {
    let contract = contract();
    let mut listed = Vec::new();
    for row in contract.lines().filter(|line| line.starts_with("| `customer_")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = quoted(cells[0])[0];
        let attribute = Attribute::find(name).unwrap();
        assert!(attribute.is_criterion(false), "{name}");
        assert_eq!(attribute.class().as_str(), cells[2], "{name}");
        assert_eq!(attribute.values(), quoted(cells[3]), "{name}");
        listed.push(name);
    }
    assert_eq!(listed.len(), 43);
    let known = of_its_name(Context::Customer).filter(|attribute| attribute.is_criterion(false));
    assert!(known.map(|attribute| attribute.name()).eq(listed));
    let global = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract/behaviour.md"));
    assert!(global.unwrap().contains("| (global) | number | `tracking_events` |"));
    let attribute = Attribute::TrackingEvents;
    assert_eq!((attribute.name(), attribute.class()), ("tracking_events", Class::Number));
}

/// The attributes whose names begin with the type of the records: of customers there is one more, `tracking_events`.
fn of_its_name(context: Context) -> impl Iterator<Item = Attribute> {
    Attribute::of(context).filter(|attribute| *attribute != Attribute::TrackingEvents)
}

#[test]
fn a_search_sorts_by_the_attributes_of_the_contract() {
    let contract = contract();
    let line = contract.lines().find(|line| line.starts_with("Sortable in the plain search: ")).unwrap();
    let mut listed = quoted(line);
    listed.sort_unstable();
    let mut known: Vec<&str> = Attribute::of(Context::Customer)
        .filter(|attribute| attribute.is_sortable(false))
        .map(Attribute::name)
        .collect();
    known.sort_unstable();
    assert_eq!(known, listed);
    let line = contract.lines().find(|line| line.starts_with("Sortable in the archive search: ")).unwrap();
    for name in quoted(line).into_iter().filter(|name| name.starts_with("customer_")) {
        assert!(Attribute::find(name).unwrap().is_sortable(true), "{name}");
    }
}

#[test]
fn the_documents_show_the_same_tables() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/search.md")).unwrap();
    for context in Context::ALL {
        let mut known =
            of_its_name(context).filter(|attribute| attribute.is_criterion(false) || attribute.is_sortable(false));
        let is_of = |line: &str, context: Context| line.starts_with(&format!("| `{context}_"));
        // `conversation_time_…` begins as the names of conversations do.
        let longer: Vec<Context> = Context::ALL
            .into_iter()
            .filter(|other| *other != context && other.as_str().starts_with(context.as_str()))
            .collect();
        let is_of_another = |line: &str| longer.iter().any(|other| is_of(line, *other));
        for row in text.lines().filter(|line| is_of(line, context) && !is_of_another(line)) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let attribute = known.next().unwrap();
            let sorts = match (attribute.is_criterion(false), attribute.is_sortable(false)) {
                (true, true) => "yes",
                (true, false) => "",
                (false, _) => "only",
            };
            assert_eq!(quoted(cells[0]), [attribute.name()]);
            assert_eq!((cells[1], cells[4]), (attribute.class().as_str(), sorts), "{attribute}");
            assert_eq!(cells[2].replace('`', ""), attribute.source());
            assert_eq!(quoted(cells[3]), attribute.values(), "{attribute}");
        }
        assert_eq!(known.next(), None);
    }
}

/// What the contract has and no record of ours holds.
const ABSENT: [&str; 2] = ["conversation_last_done_created_by_teams", "message_created_by_teams"];

#[test]
fn every_attribute_of_the_contract_for_other_types_is_there() {
    let contract =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract/behaviour.md")).unwrap();
    let (mut listed, mut absent) = (0, 0);
    for context in Context::ALL.into_iter().filter(|context| *context != Context::Customer) {
        for row in contract.lines().filter(|line| line.starts_with(&format!("| {context} | "))) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            for name in quoted(cells[2]) {
                let name = format!("{context}_{}", name.trim_end_matches(['\u{2020}', '\u{2021}']));
                listed += 1;
                if ABSENT.contains(&name.as_str()) {
                    assert_eq!(Attribute::find(&name), None);
                    absent += 1;
                    continue;
                }
                let attribute = Attribute::find(&name).unwrap_or_else(|| panic!("{name}"));
                assert!(attribute.context() == context && attribute.is_criterion(false), "{attribute}");
                // The contract has it among the booleans, and compares it with `in` and `out`.
                let class = if name == "message_direction" { "list" } else { cells[1] };
                assert_eq!(attribute.class().as_str(), class, "{attribute}");
            }
        }
    }
    assert_eq!((listed, absent), (139, ABSENT.len()));
}

#[test]
fn the_archive_has_the_contract_attributes_of_conversations_and_messages() {
    for (context, names) in [
        ("conversation", &["id", "created_at", "updated_at", "customer_id", "any_text", "deleted"][..]),
        ("message", &["id", "created_at", "updated_at", "conversation_id", "any_text"]),
        ("note", &[]),
    ] {
        let mut known: Vec<&str> = Attribute::of(Context::named(context).unwrap())
            .filter(|attribute| attribute.is_criterion(true))
            .map(|attribute| &attribute.name()[context.len() + 1..])
            .collect();
        let mut names = names.to_vec();
        known.sort_unstable();
        names.sort_unstable();
        assert_eq!(known, names, "{context}");
    }
}

#[test]
fn an_attribute_has_texts_where_its_operators_look_for_words() {
    for attribute in Attribute::ALL {
        let is_of_texts = matches!(attribute.class(), Class::String | Class::Text);
        assert!(!is_of_texts || attribute.manner().is_some(), "{attribute}");
        let has_none =
            matches!(attribute.class(), Class::Any | Class::List | Class::Datetime | Class::Number | Class::Boolean);
        assert!(!has_none || attribute.manner().is_none(), "{attribute}");
        let is_named = attribute.name().starts_with(&format!("{}_", attribute.context()));
        assert!(is_named || *attribute == Attribute::TrackingEvents, "{attribute}");
    }
}

#[test]
fn the_builder_writes_other_contexts() {
    const TIER: Key<Str> = Key::new("tierStr");
    const TOTAL: Key<Num> = Key::new("totalNum");
    let search = Search::kobjects_of("order")
        .and(attribute::kobject_custom("order", TOTAL).gt(100.0))
        .and(attribute::company_custom(TIER).equals("gold"))
        .and(attribute::ADDRESS.contains("berlin"))
        .sort(attribute::KOBJECT_UPDATED_AT.descending());
    assert_eq!(
        serde_json::to_value(search).unwrap(),
        json!({
            "queryContext": "kobject_order",
            "and": [
                { "kobject_custom_order_totalNum": { "gt": 100.0 } },
                { "company_custom_tierStr": { "equals": "gold" } },
                { "customer_address": { "contains": "berlin" } },
            ],
            "sort": [{ "kobject_updated_at": "desc" }],
        })
    );
    assert_eq!(serde_json::to_value(Search::companies()).unwrap(), json!({ "queryContext": "company" }));
}

#[test]
fn every_operator_is_read_as_it_is_written_and_taken_by_some_class() {
    let classes = [
        Class::Any,
        Class::String,
        Class::Text,
        Class::StringNotAnalyzed,
        Class::List,
        Class::Datetime,
        Class::Number,
        Class::Boolean,
    ];
    for operator in Operator::ALL {
        assert_eq!(Operator::of(operator.as_str()), Some(operator));
        assert!(classes.iter().any(|class| class.takes(operator)), "{operator}");
    }
    assert_eq!(Operator::of("prefix"), Some(Operator::StartsWith));
    assert_eq!(Operator::of("eq"), None);
}

#[test]
fn the_builder_writes_the_wire() {
    let search = Search::customers()
        .and(
            attribute::CREATED_AT
                .within(Moment::day(2026, 1, 31), "2026-02-01T00:00:00Z".parse::<kustomer_api::Timestamp>().unwrap()),
        )
        .and(attribute::TAGS.is_in(["vip"]))
        .and(attribute::EXTERNAL_ID.starts_with("crm-"))
        .and(attribute::ANY_TEXT.contains_any(["ada", "bob"]))
        .not(attribute::EMAIL.not_set())
        .not(Condition::none([attribute::CONVERSATIONS_COUNT.gt(3.0)]))
        .time_zone("Europe/Berlin")
        .include_deleted(true)
        .sort(attribute::NAME.ascending())
        .sort(attribute::OPEN.descending())
        .aggregate("byGender", Aggregation::terms(attribute::GENDER, 5))
        .aggregate(
            "byScore",
            Aggregation::number_ranges(attribute::SATISFACTION_AVG_SCORE, [(None, Some(2.5)), (Some(2.5), None)]),
        )
        .aggregate(
            "byYear",
            Aggregation::moment_ranges(attribute::CREATED_AT, [(Some(Moment::day(2026, 1, 1)), None)]),
        );
    assert_eq!(
        serde_json::to_value(search).unwrap(),
        json!({
            "queryContext": "customer",
            "and": [
                { "customer_created_at": { "within": { "from": "2026-01-31", "to": "2026-02-01T00:00:00.000Z" } } },
                { "customer_tags": { "in": ["vip"] } },
                { "customer_externalId": { "starts_with": "crm-" } },
                { "customer_any_text": { "contains_any": ["ada", "bob"] } },
            ],
            "not": [{ "customer_email": { "not_set": true } }, { "not": [{ "customer_conversations_count": { "gt": 3.0 } }] }],
            "timeZone": "Europe/Berlin",
            "includeDeleted": true,
            "sort": [{ "customer_name": "asc" }, { "customer_open": "desc" }],
            "aggs": {
                "byGender": { "terms": { "field": "customer_gender", "size": 5 } },
                "byScore": { "range": { "field": "customer_satisfaction_avg_score", "ranges": [{ "to": 2.5 }, { "from": 2.5 }] } },
                "byYear": { "range": { "field": "customer_created_at", "ranges": [{ "from": "2026-01-01" }] } },
            },
        })
    );
}

#[test]
fn a_search_that_was_read_can_be_widened() {
    let search: Search = serde_json::from_value(json!({ "and": { "customer_name": { "set": true } } })).unwrap();
    let search = search.and(attribute::EMAIL.set());
    assert_eq!(
        serde_json::to_value(search).unwrap(),
        json!({ "and": [{ "customer_name": { "set": true } }, { "customer_email": { "set": true } }] })
    );
}
