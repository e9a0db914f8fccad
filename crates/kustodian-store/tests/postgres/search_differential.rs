//! The same random customers and searches on both engines: the same pages, totals and counts beside.

use kustodian_core::search::{Aggregation, Query, Range, Ranges, Subject};
use kustodian_core::search_store::{Count, Found, SearchQuery};
use kustodian_store::open;
use kustomer_api::search::Attribute;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::place::{Place, SEARCH_CASES};
use crate::search::{Model, Step, custom, options, query, search, steps};
use crate::setting::make_org;

/// Counts of every kind: of one value, of several, of columns, of slots, and of what has neither.
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

async fn agree(steps: &[Step], queries: &[Query], is_analyzed: bool) {
    let Some(place) = Place::make().await else { return };
    let one = open("sqlite::memory:", options()).await.unwrap();
    let other = open(place.url(), options()).await.unwrap();
    let mut engines = Vec::new();
    for database in [&one, &other] {
        let org = make_org(&*database.directory(), "a").await.key;
        let (store, mut model) = (database.store(), Model::default());
        for step in steps {
            model.take(&*store, org, step).await;
        }
        engines.push((store, org));
    }
    if is_analyzed {
        // With statistics the parts of words are looked for another way.
        place.client().await.batch_execute("ANALYZE customer_search").await.unwrap();
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
        is_analyzed: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&steps, &queries, is_analyzed));
    }
}
