//! The bodies of search as the contract closes them (§9.1, §9.7). The content of the groups depends on the attribute
//! and is checked where it is read; documents describe its shape by [`components`].

use serde_json::{Map, Value, json};

use super::{MAX_AGGREGATIONS, MAX_FIELDS, MAX_GROUP, MAX_RANGES, MAX_SORT, MAX_TERMS, MAX_TEXT, MAX_VALUES, Operator};
use crate::schema::{Object, Property, Schema};

static ANY: Schema = Schema::any();
static MEMBERS: Schema = Schema::map(&ANY);

const GROUP: Schema = Schema::any().described_by(CRITERIA);

const COMMON: [Property; 7] = [
    Property::optional(
        "queryContext",
        Schema::text_of(0, MAX_TEXT).about("The type of the records that are answered; customer when absent"),
    ),
    Property::optional("and", GROUP.about("Criteria that must all hold: an object, or a list of at most 20")),
    Property::optional("or", GROUP.about("Criteria one of which must hold: an object, or a list of at most 20")),
    Property::optional("not", GROUP.about("Criteria none of which may hold: an object, or a list of at most 20")),
    Property::optional("sort", Schema::any().described_by(SORT)),
    Property::optional(
        "timeZone",
        Schema::text_of(0, MAX_TEXT).about("The IANA name of the time zone that days are reckoned in; GMT when absent"),
    ),
    Property::optional("includeDeleted", Schema::boolean().about("Whether deleted records are found too")),
];

/// The body of `customerSearch`.
pub static SEARCH: Schema = Schema::object(&Object {
    name: "CustomerSearch",
    open: false,
    properties: &[
        COMMON[0],
        COMMON[1],
        COMMON[2],
        COMMON[3],
        COMMON[4],
        COMMON[5],
        COMMON[6],
        Property::optional("fields", Schema::list_of(MAX_FIELDS, &MEMBERS).about("Accepted, without effect")),
        Property::optional(
            "aggs",
            Schema::map(&ANY).described_by(AGGREGATIONS).about("Counts to answer in meta.aggregations, by name"),
        ),
        Property::optional("searchHash", Schema::text_of(0, MAX_TEXT).about("Accepted, without effect")),
    ],
});

/// The body of `customerArchiveSearch`.
pub static ARCHIVE_SEARCH: Schema =
    Schema::object(&Object { name: "CustomerArchiveSearch", open: false, properties: &COMMON });

const CRITERIA: &str = "SearchCriteria";
const CRITERION: &str = "SearchCriterion";
const CONDITION: &str = "SearchCondition";
const SORT: &str = "SearchSort";
const SORT_KEYS: &str = "SearchSortKeys";
const AGGREGATIONS: &str = "SearchAggregations";
const AGGREGATION: &str = "SearchAggregation";

/// The JSON Schemas, by name, of the parts that the bodies above leave open: groups of criteria, sort keys and
/// counts. Which operators an attribute takes depends on its class.
pub fn components() -> Vec<(&'static str, Value)> {
    let is = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let operators: Map<String, Value> = Operator::ALL
        .iter()
        .map(|operator| (operator.as_str(), *operator))
        .chain([(Operator::PREFIX, Operator::StartsWith)])
        .map(|(word, operator)| (word.to_owned(), operand(operator)))
        .collect();
    let bound = json!({ "type": ["number", "string"] });
    vec![
        (CRITERIA, one_or_list(&is(CRITERION), MAX_GROUP)),
        (
            CRITERION,
            json!({
                "type": "object",
                "description": "Conditions by the name of an attribute, such as customer_name; members may be groups.",
                "properties": { "and": is(CRITERIA), "or": is(CRITERIA), "not": is(CRITERIA) },
                "additionalProperties": is(CONDITION),
            }),
        ),
        (
            CONDITION,
            json!({
                "type": "object",
                "description": "Values by operator; all must hold.",
                "properties": operators,
                "additionalProperties": false,
                "minProperties": 1,
            }),
        ),
        (SORT, one_or_list(&is(SORT_KEYS), MAX_SORT)),
        (
            SORT_KEYS,
            json!({
                "type": "object",
                "description": "Directions by the name of an attribute, such as customer_updated_at.",
                "additionalProperties": { "type": "string", "enum": ["asc", "desc"] },
                "maxProperties": MAX_SORT,
            }),
        ),
        (
            AGGREGATIONS,
            json!({ "type": "object", "additionalProperties": is(AGGREGATION), "maxProperties": MAX_AGGREGATIONS }),
        ),
        (
            AGGREGATION,
            json!({
                "type": "object",
                "description": "One of its members: the most frequent values, or numbers of records in ranges.",
                "properties": {
                    "terms": {
                        "type": "object",
                        "properties": {
                            "field": { "type": "string" },
                            "size": { "type": "integer", "minimum": 1, "maximum": MAX_TERMS },
                        },
                        "required": ["field"],
                        "additionalProperties": false,
                    },
                    "range": {
                        "type": "object",
                        "properties": {
                            "field": { "type": "string" },
                            "ranges": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": { "from": bound, "to": bound },
                                    "additionalProperties": false,
                                },
                                "minItems": 1,
                                "maxItems": MAX_RANGES,
                            },
                        },
                        "required": ["field", "ranges"],
                        "additionalProperties": false,
                    },
                },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
            }),
        ),
    ]
}

/// What an operator takes. Which of it depends on the attribute: texts, numbers, true or false, moments as texts.
fn operand(operator: Operator) -> Value {
    let scalar = json!({ "type": ["string", "number", "boolean"] });
    let ordered = json!({ "type": ["string", "number"] });
    match operator {
        Operator::Equals | Operator::NotEquals => scalar,
        Operator::In
        | Operator::NotIn
        | Operator::Contains
        | Operator::NotContains
        | Operator::ContainsAny
        | Operator::NotContainsAny => {
            json!({ "anyOf": [scalar, { "type": "array", "items": scalar, "maxItems": MAX_VALUES }] })
        }
        Operator::StartsWith | Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => ordered,
        Operator::Within => json!({ "anyOf": [
            { "type": "array", "items": ordered, "minItems": 2, "maxItems": 2 },
            { "type": "object", "additionalProperties": ordered, "minProperties": 1, "maxProperties": 2 },
            { "type": "string" },
        ] }),
        Operator::Set | Operator::NotSet => json!({ "type": ["boolean", "string"], "description": "true" }),
    }
}

fn one_or_list(one: &Value, most: usize) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one, "maxItems": most, "uniqueItems": true }] })
}
