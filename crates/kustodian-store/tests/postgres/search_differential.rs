//! The same random customers and searches on both engines: the same pages, totals and counts beside.

use kustodian_core::search::{Aggregation, Context, Criterion, Node, Query, Range, Ranges, Subject, Test, Word};
use kustodian_core::search_store::{Count, Found, SearchQuery};
use kustodian_store::open;
use kustomer_api::search::Attribute;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::place::{Place, SEARCH_CASES};
use crate::search::{Model, Step, custom, options, query, search, steps};
use crate::setting::{id, make_org};

/// Counts of every kind: of one value, of several, of columns, of slots, and of attributes with neither.
fn aggregations() -> Vec<Aggregation> {
    let terms = |name: &str, of: Subject, size| Aggregation::Terms { name: name.to_owned(), of, size };
    fn range<T>(from: Option<T>, to: Option<T>) -> Range<T> {
        Range { from, to }
    }
    let numbers = || Ranges::Numbers(vec![range(None, Some(0.5)), range(Some(0.5), Some(1.5)), range(Some(1.0), None)]);
    let ranges = |name: &str, of: Subject, ranges| Aggregation::Ranges { name: name.to_owned(), of, ranges };
    let day = 86_400_000;
    vec![
        terms("gender", Subject::Standard(Attribute::Gender), 10),
        terms("tags", Subject::Standard(Attribute::Tags), 2),
        terms("names", Subject::Standard(Attribute::Name), 3),
        terms("imported", Subject::Standard(Attribute::Imported), 2),
        terms("aStr", custom("aStr"), 4),
        terms("fBool", custom("fBool"), 4),
        ranges("score", Subject::Standard(Attribute::SatisfactionAvgScore), numbers()),
        ranges("cNum", custom("cNum"), numbers()),
        ranges(
            "created",
            Subject::Standard(Attribute::CreatedAt),
            Ranges::Moments(vec![range(None, Some(2 * day)), range(Some(day), Some(4 * day))]),
        ),
    ]
}

/// An estimate is each engine's own.
fn without_estimates(mut found: Found) -> Found {
    found.total = found.total.filter(|total| !total.is_estimate);
    found
}

/// How many steps statistics were made after. With them the parts of words are looked for another way, and what they
/// do not know of is first looked for in the places it could be in.
async fn agree(steps: &[Step], queries: &[Query], analyzed_after: Option<usize>) {
    let Some(place) = Place::make().await else { return };
    let one = open("sqlite::memory:", options()).await.unwrap();
    let other = open(place.url(), options()).await.unwrap();
    let mut engines = Vec::new();
    for database in [&one, &other] {
        let org = make_org(&*database.directory(), "a").await.key;
        let (store, mut model) = (database.store(), Model::default());
        for (number, step) in steps.iter().enumerate() {
            if analyzed_after == Some(number) {
                place.client().await.batch_execute("ANALYZE customer_search").await.unwrap();
            }
            model.take(&*store, org, step).await;
        }
        engines.push((store, org));
    }
    for query in queries {
        let query = Query { aggregations: aggregations(), ..query.clone() };
        for (offset, total) in [(0, Count::Exact), (2, Count::UpTo(4)), (0, Count::None)] {
            let query = SearchQuery { ids_only: false, total, ..search(&query, offset, 7) };
            let mut answers = Vec::new();
            for (store, org) in &engines {
                answers.push(without_estimates(store.search(*org, query.clone()).await.unwrap()));
            }
            let known = answers.iter().all(|found| found.total.is_some());
            answers.iter_mut().filter(|_| !known).for_each(|found| found.total = None);
            assert_eq!(answers[0], answers[1], "{query:?}");
        }
    }
    one.close().await;
    other.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: SEARCH_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_find_and_count_the_same(
        steps in steps(),
        queries in vec(query(), 8),
        analyzed: Option<Index>,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&steps, &queries, analyzed.map(|index| index.index(steps.len()))));
    }
}

#[tokio::test]
async fn text_is_found_in_a_place_that_held_none_when_statistics_were_made() {
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), options()).await.unwrap();
    let org = make_org(&*database.directory(), "a").await.key;
    let (store, mut model) = (database.store(), Model::default());
    let write = |record, attributes: Value| Step::Write {
        record,
        attributes: attributes.as_object().unwrap().clone(),
        deleted: false,
    };
    for record in 0..20 {
        let address = format!("ada{record}@acme.example");
        model.take(&*store, org, &write(record, json!({ "name": "Ada", "emails": [{ "email": address }] }))).await;
    }
    place.client().await.batch_execute("ANALYZE customer_search").await.unwrap();
    let anywhere = |words: &str| Query {
        context: Context::Customer,
        root: Node::Test(Criterion {
            subject: Subject::Standard(Attribute::AnyText),
            test: Test::Words(Word::all(words)),
        }),
        sort: Vec::new(),
        include_deleted: false,
        aggregations: Vec::new(),
    };
    let found = async |words| store.search(org, search(&anywhere(words), 0, 7)).await.unwrap().records.ids();
    let texts = [
        ("lovel acme", json!({ "urls": [{ "url": "https://lovelace.example/" }], "externalId": "acme-7" })),
        ("bytes 4930", json!({ "sharedEmails": [{ "email": "bytes@x.test" }], "phones": [{ "phone": "+49 30 1" }] })),
        ("poet notes", json!({ "custom": { "gTxt": "A Poet" }, "defaultLang": "notes" })),
    ];
    for (record, (words, attributes)) in (30..).zip(texts) {
        assert_eq!(found(words).await, [], "{words}");
        model.take(&*store, org, &write(record, attributes)).await;
        assert_eq!(found(words).await, [id(record)], "{words}");
    }
    assert_eq!(found("ada7 acme").await, [id(7)]);
    database.close().await;
}
