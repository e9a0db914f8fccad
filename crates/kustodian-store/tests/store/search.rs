//! The index against the definition: `search::matches` over all records, in the order of `search::compare`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use crate::place::{Place, SEARCH_CASES};
use crate::setting::{at, changes, id, make_org, next_id, put};
use kustodian_core::change::{ChangeSet, Erasure, Put};
use kustodian_core::kind::Kind;
use kustodian_core::search::{
    Context, Criterion, CustomAttribute, Interval, Node, Query, SearchRow, Sort, Subject, Test, Word, compare,
};
use kustodian_core::search_store::{Chosen, Count, SearchQuery, WalkFrom, WalkQuery};
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::{Options, SearchEffort, open};
use kustomer_api::ObjectId;
use kustomer_api::search::Attribute;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const WORDS: [&str; 8] = ["ada", "Adam", "Lovelace", "O'Brien", "straße", "Ünal", "42", "x"];
const ADDRESSES: [&str; 5] = ["ada@acme.example", "ADA.l@acme.example", "bo@other.test", "x@y", "Ünal@straße.example"];
const NUMBERS: [&str; 4] = ["+1 (800) 555-1212", "18005551213", "+49 30 1234", "7"];
const IDS: [&str; 3] = ["5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4", "Ab-1_2"];
/// More than there are slots, so that some go without.
const KEYS: [&str; 10] = ["aStr", "bStr", "cNum", "dNum", "eAt", "fBool", "gTxt", "hUrl", "iId", "jNum"];
const SORTS: [Attribute; 9] = [
    Attribute::Name,
    Attribute::Gender,
    Attribute::CreatedAt,
    Attribute::UpdatedAt,
    Attribute::SignedUpAt,
    Attribute::ExternalId,
    Attribute::Open,
    Attribute::ModifiedAt,
    Attribute::Deleted,
];

/// The attributes of a customer; its id and moments are put in when it is written.
fn attributes() -> impl Strategy<Value = Map<String, Value>> {
    let phrase = || vec(select(&WORDS[..]), 0..4).prop_map(|words| words.join(" "));
    let moment = || (0..6_i64).prop_map(|day| at(day * 86_400_000 + day).to_string());
    let custom_of = |most: usize| {
        vec((select(&KEYS[..]), 0..4_usize, phrase()), 0..=most).prop_map(|entries| {
            let value = |(key, number, text): (&str, usize, String)| {
                let value = match &key[1..] {
                    "Num" => json!([0.0, 1.5, -3.0, 1e6][number]),
                    "At" => json!(at(number as i64 * 1_000).to_string()),
                    "Bool" => json!(number % 2 == 0),
                    "Url" => json!(format!("https://example.com/{number}/{text}")),
                    "Id" => json!(IDS[..number.min(3)].to_vec()),
                    // Longer than the text of a slot.
                    "Str" if number == 3 => json!(text.repeat(20)),
                    _ => json!(text),
                };
                (key.to_owned(), value)
            };
            entries.into_iter().map(value).collect::<Map<_, _>>()
        })
    };
    let names = || option::of(phrase());
    let genders = || option::of(select(&["m", "f"][..]));
    let lost = option::weighted(0.3, (names(), genders(), custom_of(2))).prop_map(|lost| {
        let (name, gender, custom) = lost.unwrap_or_default();
        let custom = custom.into_iter().map(|(key, value)| (format!("custom.{key}"), value));
        let name = name.map(|name| ("name".to_owned(), Value::from(name)));
        let gender = gender.map(|gender| ("gender".to_owned(), Value::from(gender)));
        let value = |(attribute, value)| json!({ "attribute": attribute, "customer": IDS[0], "value": value });
        Value::Array(custom.chain(name).chain(gender).map(value).collect())
    });
    let first = (names(), genders(), option::of(moment()), custom_of(4));
    let second = (
        vec(select(&ADDRESSES[..]), 0..3),
        vec(select(&NUMBERS[..]), 0..2),
        vec(select(&IDS[..]), 0..3),
        option::of(select(&IDS[..])),
        0..3_u64,
        option::of(0..4_u32),
    );
    (first, second, vec(select(&IDS[..]), 0..2), lost).prop_map(
        |((name, gender, signed_up, custom), (emails, phones, tags, external, open, score), externals, lost)| {
            let mut of = Map::new();
            let mut set = |name: &str, value: Value| of.insert(name.to_owned(), value);
            if let Some(name) = name {
                set("name", name.into());
            }
            if let Some(gender) = gender {
                set("gender", gender.into());
            }
            if let Some(moment) = signed_up {
                set("signedUpAt", moment.into());
            }
            if let Some(external) = external {
                set("externalId", external.into());
            }
            if let Some(score) = score {
                set("satisfactionLevel", json!({ "avgScore": f64::from(score) / 2.0 }));
            }
            set("externalIds", externals.iter().map(|id| json!({ "externalId": id })).collect());
            set("emails", emails.iter().map(|email| json!({ "email": email })).collect());
            set("phones", phones.iter().map(|phone| json!({ "phone": phone })).collect());
            set("tags", json!(tags));
            set("conversationCounts", json!({ "all": open, "open": open, "done": 0, "snoozed": 0 }));
            set("custom", Value::Object(custom));
            set("lostValues", lost);
            of
        },
    )
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Write { record: u32, attributes: Map<String, Value>, deleted: bool },
    Erase { record: u32 },
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (0..24_u32, attributes(), prop::bool::weighted(0.15))
        .prop_map(|(record, attributes, deleted)| Step::Write { record, attributes, deleted });
    let erase = (0..24_u32).prop_map(|record| Step::Erase { record });
    vec(prop_oneof![12 => write, 1 => erase], 1..60)
}

pub(crate) fn custom(key: &str) -> Subject {
    Subject::Custom(CustomAttribute::new(key).unwrap())
}

/// Criteria of every kind, each true of some of these customers and not of others.
fn criterion() -> impl Strategy<Value = Criterion> {
    use Attribute as A;
    let standard = |attributes: &'static [Attribute]| select(attributes).prop_map(Subject::Standard);
    let customs = |keys: &'static [&'static str]| select(keys).prop_map(custom);
    let some = |values: &'static [&'static str]| vec(select(values), 1..3);
    let text_in = |values: Vec<&str>| Test::TextIn(values.into_iter().map(ToOwned::to_owned).collect());
    let folded = |values: Vec<&str>| Test::TextIn(values.into_iter().map(kustodian_core::search::fold).collect());
    let words = || {
        let operand = select(
            &[
                "ad",
                "ADA",
                "acme.exam",
                "@acme.example",
                "800",
                "(800) 555",
                "obrien",
                "o'bri",
                "42",
                "x",
                "stra",
                "5c7d",
                "b",
                "--",
                "ab-1",
                "ada lov",
            ][..],
        );
        operand.prop_map(Word::all).prop_filter("no words", |words| !words.is_empty()).prop_map(Test::Words)
    };
    let number = || select(&[0.0, 0.5, 1.0, 1.5, -3.0, 2.0][..]);
    let bound = move || {
        prop_oneof![Just(Bound::Unbounded), number().prop_map(Bound::Included), number().prop_map(Bound::Excluded)]
    };
    let numbers = move || {
        prop_oneof![
            vec(number(), 1..3).prop_map(Test::NumberIn),
            (bound(), bound()).prop_map(|(from, to)| Test::Numbers(from, to)),
            Just(Test::Set),
        ]
    };
    let millis = || option::of((0..6_i64).prop_map(|day| day * 86_400_000));
    let moments = move || {
        prop_oneof![
            (millis(), millis()).prop_map(|(from, until)| Test::Moments(Interval { from, until })),
            Just(Test::Set),
        ]
    };
    // So many that an engine may look them up beforehand.
    let many = |values: &'static [&'static str]| {
        let others: Vec<String> = (0..12).map(|number| format!("{number}@nobody.example")).collect();
        vec(select(values), 1..3).prop_map(move |values| {
            let values = values.into_iter().map(kustodian_core::search::fold);
            Test::TextIn(values.chain(others.clone()).collect())
        })
    };
    let lists = prop_oneof![some(&IDS).prop_map(text_in), many(&IDS), Just(Test::Set)];
    let of_texts = || {
        prop_oneof![
            words(),
            some(&["ada", "lovelace", "ada lovelace", "ada@acme.example", "x@y", "18005551212", "7", "en_us"])
                .prop_map(folded),
            many(&["ada@acme.example", "x@y", "18005551212", "ada"]),
            select(&["a", "ada ", "ada@", "1800", "straß", "5c"][..])
                .prop_map(|text| Test::TextStarts(text.to_owned())),
            Just(Test::Set),
        ]
    };
    let test = |(subject, test)| Criterion { subject, test };
    prop_oneof![
        (standard(&[A::Name, A::Email, A::Phone, A::Urls, A::Locale]), of_texts()).prop_map(test),
        (standard(&[A::AnyText]), prop_oneof![words(), Just(Test::Set)]).prop_map(test),
        (standard(&[A::Tags, A::ExternalId, A::CompanyId]), lists).prop_map(test),
        (standard(&[A::ExternalId, A::SharedExternalId]), words()).prop_map(test),
        (standard(&[A::Gender]), some(&["m", "f"]).prop_map(text_in)).prop_map(test),
        (standard(&[A::Status]), some(&["open", "done"]).prop_map(text_in)).prop_map(test),
        (standard(&[A::SatisfactionAvgScore, A::ConversationsCount]), numbers()).prop_map(test),
        (standard(&[A::CreatedAt, A::UpdatedAt, A::SignedUpAt, A::ImportedAt]), moments()).prop_map(test),
        (standard(&[A::Imported, A::Deleted]), any::<bool>().prop_map(Test::Boolean)).prop_map(test),
        (customs(&["aStr", "bStr", "hUrl"]), of_texts()).prop_map(test),
        (customs(&["gTxt"]), words()).prop_map(test),
        (customs(&["cNum", "dNum", "jNum"]), numbers()).prop_map(test),
        (customs(&["eAt"]), moments()).prop_map(test),
        (customs(&["fBool"]), any::<bool>().prop_map(Test::Boolean)).prop_map(test),
        (customs(&["iId"]), prop_oneof![some(&IDS).prop_map(text_in), many(&IDS), Just(Test::Set), words()])
            .prop_map(test),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    criterion().prop_map(Node::Test).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Node::All),
            vec(inner.clone(), 0..3).prop_map(Node::Any),
            inner.prop_map(Node::negated),
        ]
    })
}

pub(crate) fn query() -> impl Strategy<Value = Query> {
    let sort = vec((select(&SORTS[..]), any::<bool>()), 0..3);
    (vec(node(), 0..3), sort, prop::bool::weighted(0.3)).prop_map(|(nodes, sort, include_deleted)| Query {
        context: Context::Customer,
        root: Node::All(nodes),
        sort: sort.into_iter().map(|(by, descending)| Sort { by, descending }).collect(),
        include_deleted,
        aggregations: Vec::new(),
    })
}

/// A database whose searches try everything early.
pub(crate) fn options() -> Options {
    Options {
        search_effort: SearchEffort { few: 3, tries: 5, many: 9, sortable: 4 },
        indexed_custom_attributes: 4,
        ..Options::default()
    }
}

/// A put of a customer with these attributes.
pub(crate) fn customer(id: ObjectId, rev: u64, attributes: &Map<String, Value>, deleted: bool) -> Put {
    let mut attributes = attributes.clone();
    let base = put(id, rev);
    let number = i64::from(id.as_bytes()[11]);
    let created_at = at(number % 5 * 86_400_000);
    attributes.insert("createdAt".to_owned(), created_at.to_string().into());
    attributes.insert("updatedAt".to_owned(), base.updated_at.to_string().into());
    attributes.insert("modifiedAt".to_owned(), base.updated_at.to_string().into());
    attributes.insert("deleted".to_owned(), deleted.into());
    let document = json!({ "type": "customer", "id": id, "attributes": attributes, "relationships": {} }).to_string();
    let search = Some(Arc::new(SearchRow::read(&document).unwrap()));
    Put { created_at, deleted, document, search, ..base }
}

/// The plainest model: every record that can be found.
#[derive(Default)]
pub(crate) struct Model {
    revs: BTreeMap<ObjectId, u64>,
    rows: BTreeMap<ObjectId, SearchRow>,
}

impl Model {
    pub(crate) async fn take(&mut self, store: &dyn Store, org: OrgKey, step: &Step) {
        let (Step::Write { record, .. } | Step::Erase { record }) = step;
        let id = id(*record);
        let rev = self.revs.get(&id).copied().unwrap_or_default() + 1;
        // A decision may know the replaced record, or not.
        let former = self.rows.get(&id).filter(|_| rev % 3 > 0).cloned().map(Arc::new);
        let set = match step {
            Step::Write { attributes, deleted, .. } => {
                changes(vec![Put { former, ..customer(id, rev, attributes, *deleted) }])
            }
            Step::Erase { .. } if rev == 1 => return,
            Step::Erase { .. } => ChangeSet {
                erasures: vec![Erasure::whole(Kind::Customer, id)],
                ..changes(vec![Put { deleted: true, ..put(id, rev) }])
            },
        };
        self.revs.insert(id, rev);
        match &set.puts[0].search {
            Some(row) => self.rows.insert(id, SearchRow::clone(row)),
            None => self.rows.remove(&id),
        };
        store.commit(org, set).await.unwrap();
    }

    pub(crate) fn find(&self, query: &Query) -> Vec<ObjectId> {
        let mut found: Vec<&SearchRow> = self.rows.values().filter(|row| query.finds(row)).collect();
        found.sort_by(|one, other| compare(&query.sort, one, other));
        found.into_iter().map(|row| row.id).collect()
    }
}

pub(crate) fn search(query: &Query, offset: u64, limit: u32) -> SearchQuery {
    SearchQuery {
        query: query.clone(),
        offset,
        limit,
        chosen: Chosen::First,
        bytes: usize::MAX,
        ids_only: true,
        total: Count::Exact,
        time: Duration::from_secs(60),
        key: id(1),
    }
}

pub(crate) fn walk(query: &Query, from: WalkFrom, limit: u32) -> WalkQuery {
    WalkQuery {
        query: query.clone(),
        from,
        limit,
        bytes: usize::MAX,
        ids_only: true,
        total: Count::None,
        time: Duration::from_secs(60),
        now: at(0),
        key: id(1),
    }
}

async fn walk_all(store: &dyn Store, org: OrgKey, query: &Query, limit: u32) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    let mut from = WalkFrom::Start { walk: next_id() };
    loop {
        let step = store.walk(org, walk(query, from, limit)).await.unwrap();
        ids.extend(step.records.ids());
        match step.next {
            Some(place) => from = WalkFrom::After(place),
            None => return ids,
        }
    }
}

async fn agree(steps: &[Step], queries: &[Query]) {
    let Some(place) = Place::make().await else { return };
    let database = open(place.url(), options()).await.unwrap();
    let (store, directory) = (database.store(), database.directory());
    let orgs = [make_org(&*directory, "a").await.key, make_org(&*directory, "b").await.key];
    let mut models = [Model::default(), Model::default()];
    for (number, step) in steps.iter().enumerate() {
        // Both orgs hold records with the same ids.
        let of = usize::from(number % 4 == 0);
        models[of].take(&*store, orgs[of], step).await;
        if number % 5 == 4 {
            // Some are then known to the index, others not yet.
            store.search(orgs[of], search(&all_by(&[]), 0, 1)).await.unwrap();
        }
    }
    for query in queries {
        for (org, model) in orgs.into_iter().zip(&models) {
            let expected = model.find(query);
            for (offset, limit) in [(0, 50), (0, 2), (3, 4), (100, 5), (0, 0)] {
                let found = store.search(org, search(query, offset, limit)).await.unwrap();
                let page = expected.iter().skip(usize::try_from(offset).unwrap()).take(usize::try_from(limit).unwrap());
                assert_eq!(found.records.ids(), page.copied().collect::<Vec<_>>(), "{query:?}");
                assert_eq!(found.total.map(|total| total.count), Some(expected.len() as u64), "{query:?}");
                assert!(!found.timed_out);
            }
            for limit in [50, 2, 1] {
                let asked = SearchQuery { chosen: Chosen::Any, total: Count::None, ..search(query, 0, limit) };
                let found = store.search(org, asked.clone()).await.unwrap();
                let ids: BTreeSet<ObjectId> = found.records.ids().into_iter().collect();
                assert_eq!(ids.len(), expected.len().min(limit as usize), "{query:?}");
                assert_eq!(found.records.len(), ids.len(), "each is given once: {query:?}");
                assert!(ids.iter().all(|id| expected.contains(id)), "{query:?}");
                assert!(!found.timed_out);
                let counted = store.search(org, SearchQuery { total: Count::Exact, ..asked }).await.unwrap();
                assert_eq!(counted.total.map(|total| total.count), Some(expected.len() as u64), "{query:?}");
            }
            assert_eq!(walk_all(&*store, org, query, 3).await, expected, "{query:?}");
        }
    }
    database.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: SEARCH_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_agrees_with_the_definition(steps in steps(), queries in vec(query(), 12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&steps, &queries));
    }
}

#[tokio::test]
async fn as_many_and_as_long_values_as_a_search_may_have_are_looked_for() {
    let Some(place) = Place::make().await else { return };
    // Where no value of a custom attribute is looked up in a column.
    let options = Options { indexed_custom_attributes: 0, ..options() };
    let database = open(place.url(), options).await.unwrap();
    let (store, org) = (database.store(), make_org(&*database.directory(), "a").await.key);
    let of = |kind: char, number: usize| format!("{number:05}{}", kind.to_string().repeat(240));
    let words = |number: usize| (0..30).map(|word| format!("w{number}x{word} ")).collect::<String>().trim().to_owned();
    for number in 0..9 {
        let attributes = json!({
            "tags": [of('t', number as usize)],
            "custom": { "aStr": words(number as usize), "iId": of('i', number as usize) },
        });
        let put = customer(id(number), 1, attributes.as_object().unwrap(), false);
        store.commit(org, changes(vec![put])).await.unwrap();
    }
    let list = |subject: &Subject, values: Vec<String>| {
        Node::Test(Criterion { subject: subject.clone(), test: Test::TextIn(values) })
    };
    let tags = Subject::Standard(Attribute::Tags);
    for (what, root) in [
        (
            "tags",
            Node::Any(
                (0..40)
                    .map(|group| list(&tags, (0..200).map(|number| of('t', group * 200 + number)).collect()))
                    .collect(),
            ),
        ),
        ("words", list(&custom("aStr"), (0..200).map(words).collect())),
        ("parts", list(&custom("iId"), (0..200).map(|number| of('i', number)).collect())),
    ] {
        let query = Query { root, ..all_by(&[]) };
        let found = store.search(org, search(&query, 0, 50)).await.unwrap();
        assert_eq!(found.records.ids(), (0..9).map(id).collect::<Vec<_>>(), "{what}");
    }
    database.close().await;
}

/// Customers whose score is their number.
fn scored(number: u32, rev: u64, score: u32) -> Put {
    let attributes = json!({ "name": format!("Customer {number}"), "custom": { "scoreNum": score } });
    customer(id(number), rev, attributes.as_object().unwrap(), false)
}

pub(crate) fn all_by(sort: &[Sort]) -> Query {
    Query {
        context: Context::Customer,
        root: Node::Test(Criterion {
            subject: custom("scoreNum"),
            test: Test::Numbers(Bound::Included(0.0), Bound::Unbounded),
        }),
        sort: sort.to_vec(),
        include_deleted: false,
        aggregations: Vec::new(),
    }
}

#[tokio::test]
async fn a_walk_gives_what_matched_throughout_once_whatever_is_written_meanwhile() {
    let Some((database, store, org)) = crate::setting::engine_with_org().await else { return };
    let count = 300_u32;
    for number in 0..count {
        store.commit(org, changes(vec![scored(number, 1, number)])).await.unwrap();
    }
    for sort in [
        &[][..],
        &[Sort { by: Attribute::UpdatedAt, descending: true }],
        &[Sort { by: Attribute::Name, descending: false }],
    ] {
        let query = all_by(sort);
        let before = store.feed_head(org).await.unwrap().position;
        let first = store.walk(org, walk(&query, WalkFrom::Start { walk: next_id() }, 50)).await.unwrap();
        // Positions are given after the commit, on one of the engines.
        assert!(first.position.is_some_and(|position| position >= before));
        let writer = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in (0..count).filter(|number| number % 3 == 0) {
                    let rev = store.find(org, Kind::Customer, id(number)).await.unwrap().unwrap().rev;
                    store.commit(org, changes(vec![scored(number, rev + 1, count - number)])).await.unwrap();
                }
            })
        };
        let mut ids = first.records.ids();
        let mut next = first.next;
        while let Some(place) = next {
            let step = store.walk(org, walk(&query, WalkFrom::After(place), 7)).await.unwrap();
            ids.extend(step.records.ids());
            next = step.next;
        }
        writer.await.unwrap();
        ids.sort_unstable();
        assert_eq!(ids, (0..count).map(id).collect::<Vec<_>>());
    }
    database.close().await;
}

#[tokio::test]
async fn a_walk_that_is_not_kept_any_longer_is_refused() {
    let Some((_database, store, org)) = crate::setting::engine_with_org().await else { return };
    for number in 0..9 {
        store.commit(org, changes(vec![scored(number, 1, number)])).await.unwrap();
    }
    let query = all_by(&[Sort { by: Attribute::Name, descending: false }]);
    let first = store.walk(org, walk(&query, WalkFrom::Start { walk: next_id() }, 2)).await.unwrap();
    let later = WalkQuery { now: at(25 * 3_600_000), ..walk(&query, WalkFrom::After(first.next.unwrap()), 2) };
    let error = store.walk(org, later).await.unwrap_err().to_string();
    assert!(error.contains("cursor=*"), "{error}");
}

#[tokio::test]
async fn a_search_whose_time_is_over_says_so() {
    let Some((_database, store, org)) = crate::setting::engine_with_org().await else { return };
    for number in 0..200 {
        store.commit(org, changes(vec![scored(number, 1, number)])).await.unwrap();
    }
    let query = SearchQuery { time: Duration::ZERO, ..search(&all_by(&[]), 0, 50) };
    let found = store.search(org, query).await.unwrap();
    assert!(found.timed_out);
    assert!(!store.search(org, search(&all_by(&[]), 0, 50)).await.unwrap().timed_out);
}
