//! Searches of every context, with criteria about other contexts, against the definition: `Query::finds_among` over all
//! records, in the order of `search::compare`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::place::{Place, SEARCH_CASES};
use crate::search::{options, search, walk};
use crate::setting::{at, changes, id, make_org, next_id, put};
use kustodian_core::change::{ChangeSet, Erasure, Put};
use kustodian_core::kind::Kind;
use kustodian_core::search::{
    Context, Criterion, CustomAttribute, Interval, Node, Query, SearchRow, Sort, Subject, Test, Word, are_tied,
    compare, deleted_attribute, parent_attribute,
};
use kustodian_core::search_store::WalkFrom;
use kustodian_core::store::{OrgKey, Store};
use kustodian_store::{Options, SearchEffort, open};
use kustomer_api::ObjectId;
use kustomer_api::search::{Attribute, Class};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

const NAMES: [&str; 6] = ["Acme", "acme corp", "Straße 7", "O'Brien", "x", "Ünal Acme"];
const IDS: [&str; 3] = ["5c7d1a1f9a1b2c0010a1b2c3", "Ab-1_2", "cd\u{0}e"];
const KLASSES: [&str; 2] = ["order", "ticket"];
const DAY: i64 = 86_400_000;

/// How many records of a context there may be.
const RECORDS: u32 = 8;

#[derive(Debug, Clone)]
struct Written {
    context: Context,
    record: u32,
    name: Option<&'static str>,
    external: Option<&'static str>,
    text: Option<&'static str>,
    number: Option<f64>,
    moment: Option<i64>,
    klass: &'static str,
    customer: Option<u32>,
    company: Option<u32>,
    conversation: Option<u32>,
    deleted: bool,
    is_erased: bool,
}

fn contexts() -> Vec<Context> {
    Context::ALL.into_iter().filter(|context| Kind::searched_as(*context).is_some()).collect()
}

fn record_id(context: Context, record: u32) -> ObjectId {
    // Records of two contexts may have one id.
    id(record + u32::from(context >= Context::KObject) * 3)
}

fn writes() -> impl Strategy<Value = Vec<Written>> {
    let first = (
        select(contexts()),
        0..RECORDS,
        option::of(select(&NAMES[..])),
        option::of(select(&IDS[..])),
        option::of(select(&NAMES[..])),
        option::of(select(&[0.0, -1.5, 2.0, 150.0][..])),
    );
    let second = (
        option::of(0..4_i64),
        select(&KLASSES[..]),
        (option::of(0..RECORDS), option::of(0..RECORDS), option::of(0..RECORDS)),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.05),
    );
    let written = (first, second).prop_map(
        |((context, record, name, external, text, number), (moment, klass, parents, deleted, is_erased))| {
            let (customer, company, conversation) = parents;
            let moment = moment.map(|day| day * DAY);
            Written {
                context,
                record,
                name,
                external,
                text,
                number,
                moment,
                klass,
                customer,
                company,
                conversation,
                deleted,
                is_erased,
            }
        },
    );
    vec(written, 1..70)
}

fn document(of: &Written, rev: u64) -> String {
    let Written { context, record, name, external, text, number, moment, klass, deleted, .. } = of;
    let mut attributes = json!({
        "createdAt": at(i64::from(*record) % 3 * DAY).to_string(),
        "updatedAt": at(1_000 + i64::try_from(rev).unwrap()).to_string(),
        "deleted": deleted,
        "tags": external.iter().collect::<Vec<_>>(),
        "shortcuts": external.iter().collect::<Vec<_>>(),
    });
    if let (Context::Message, Some(number)) = (context, number) {
        attributes["size"] = json!(number.abs());
    }
    if *context == Context::Conversation {
        attributes["status"] = if *klass == KLASSES[0] { "open" } else { "done" }.into();
        attributes["assignedUsers"] = external.iter().chain(&IDS[..usize::from(number.is_some())]).copied().collect();
        attributes["assignedTeams"] = attributes["tags"].clone();
    }
    if *context == Context::ConversationTime {
        attributes["assignedUsers"] = attributes["tags"].clone();
        attributes["resolved"] = text.is_some().into();
        if let Some(number) = number {
            attributes["handleTime"] = json!(number.abs() as u64);
        }
        if let Some(moment) = moment {
            attributes["handleAt"] = at(*moment).to_string().into();
        }
    }
    let mut custom = json!({});
    if let Some(name) = name {
        let member = match context {
            Context::Customer | Context::Company | Context::Conversation | Context::ConversationTime => "name",
            Context::KObject => "title",
            Context::Message => "subject",
            Context::Note => "body",
        };
        attributes[member] = (*name).into();
    }
    if let Some(external) = external {
        attributes["externalId"] = (*external).into();
        custom["iId"] = (*external).into();
    }
    if let Some(text) = text {
        custom["aStr"] = (*text).into();
        custom["gTxt"] = text.repeat(30).into();
    }
    if let Some(number) = number {
        custom["cNum"] = (*number).into();
        custom["fBool"] = (*number > 0.0).into();
    }
    if let Some(moment) = moment {
        custom["eAt"] = at(*moment).to_string().into();
        attributes["importedAt"] = at(*moment).to_string().into();
    }
    attributes["custom"] = custom;
    let mut relationships = json!({});
    let mut tie = |to: Context, record: Option<u32>| {
        if let Some(record) = record {
            relationships[to.as_str()] = json!({ "data": { "type": to.as_str(), "id": record_id(to, record) } });
        }
    };
    for (to, record) in
        [(Context::Customer, of.customer), (Context::Company, of.company), (Context::Conversation, of.conversation)]
    {
        if parent_attribute(*context, to).is_some() {
            tie(to, record);
        }
    }
    if let (Context::Message | Context::Note, Some(external)) = (context, external) {
        let by = |id: &str| json!({ "data": { "type": "user", "id": id } });
        relationships["createdBy"] = by(external);
        // Mostly, but not always, its creator changed it last.
        relationships["modifiedBy"] = by(if number.is_some() { IDS[0] } else { external });
    }
    if let (Context::Note, Some(external)) = (context, external) {
        relationships["userMentions"] = json!({ "data": [{ "type": "user", "id": external }] });
    }
    let kind = if *context == Context::KObject { format!("kobject.{klass}") } else { context.to_string() };
    let id = record_id(*context, *record);
    json!({ "type": kind, "id": id, "attributes": attributes, "relationships": relationships }).to_string()
}

/// The record that stays after an erasure.
fn erased(of: &Written) -> String {
    let attributes = json!({ "deleted": true, "erasedAt": at(0).to_string() });
    let (kind, id) = (of.context.to_string(), record_id(of.context, of.record));
    json!({ "type": kind, "id": id, "attributes": attributes, "relationships": {} }).to_string()
}

/// The plainest model: every record that can be found.
#[derive(Default)]
struct Model {
    revs: BTreeMap<(Context, u32), u64>,
    rows: BTreeMap<(Context, u32), SearchRow>,
}

impl Model {
    async fn take(&mut self, store: &dyn Store, org: OrgKey, of: &Written) {
        let kind = Kind::searched_as(of.context).unwrap();
        let name = (of.context, of.record);
        let id = record_id(of.context, of.record);
        let rev = self.revs.get(&name).copied().unwrap_or_default() + 1;
        let home = kind.spec().has_home().then_some(id);
        let document = document(of, rev);
        // Companies are not erased.
        let is_erased = of.is_erased && of.context != Context::Company;
        let search = kind.search_row_of(&document).unwrap();
        let base =
            Put { kind, home, created_at: at(i64::from(of.record) % 3 * DAY), deleted: of.deleted, ..put(id, rev) };
        let set = match is_erased {
            false => {
                // Some decisions say what they replace.
                let former = self.rows.get(&name).filter(|_| rev % 2 == 0 && of.context != Context::Customer);
                let (search, former) = (search.clone().map(Arc::new), former.cloned().map(Arc::new));
                changes(vec![Put { document, search, former, ..base }])
            }
            true if rev == 1 => return,
            true => ChangeSet {
                erasures: vec![Erasure::whole(kind, id)],
                ..changes(vec![Put { deleted: true, document: erased(of), ..base }])
            },
        };
        self.revs.insert(name, rev);
        match search.filter(|_| !is_erased) {
            Some(row) => self.rows.insert(name, row),
            None => self.rows.remove(&name),
        };
        store.commit(org, set).await.unwrap();
    }

    fn find(&self, query: &Query) -> Vec<ObjectId> {
        let all: Vec<SearchRow> = self.rows.values().cloned().collect();
        let mut found: Vec<&SearchRow> = all.iter().filter(|row| query.finds_among(row, all.as_slice())).collect();
        found.sort_by(|one, other| compare(&query.sort, one, other));
        found.into_iter().map(|row| row.id).collect()
    }
}

/// Criteria about records of a context.
fn criterion(context: Context) -> BoxedStrategy<Criterion> {
    use Attribute as A;
    let custom = move |key: &'static str| {
        let of = move |klass: Option<&str>| Subject::Custom(CustomAttribute::of(context, klass, key).unwrap());
        match context {
            Context::KObject => select(&KLASSES[..]).prop_map(move |klass| of(Some(klass))).boxed(),
            _ => Just(of(None)).boxed(),
        }
    };
    let words = || {
        let operand = select(&["ac", "ACME", "acme co", "o'bri", "7", "cd1a", "b-1", "x", "--", "stra"][..]);
        operand.prop_map(|text| Test::Words(Word::all(text)))
    };
    let whole = |values: &'static [&'static str], is_folded: bool| {
        vec(select(values), 1..3).prop_map(move |values| {
            let fold = |value: &str| if is_folded { kustodian_core::search::fold(value) } else { value.to_owned() };
            Test::TextIn(values.into_iter().map(fold).collect())
        })
    };
    let starts = |values: &'static [&'static str]| select(values).prop_map(|text| Test::TextStarts(text.to_owned()));
    let of_texts = move || {
        prop_oneof![words(), whole(&NAMES, true), starts(&["a", "acme", "straß", "ü"]), Just(Test::Set)].boxed()
    };
    let of_long_texts = move || prop_oneof![words(), Just(Test::Set)].boxed();
    let of_ids = move || prop_oneof![words(), whole(&IDS, false), starts(&["5c", "Ab", "cd"]), Just(Test::Set)].boxed();
    let number = || select(&[0.0, -1.5, 2.0, 150.0, 3.0][..]);
    let bound = move || {
        prop_oneof![Just(Bound::Unbounded), number().prop_map(Bound::Included), number().prop_map(Bound::Excluded)]
    };
    let numbers = || {
        prop_oneof![
            vec(number(), 1..3).prop_map(Test::NumberIn),
            (bound(), bound()).prop_map(|(from, to)| Test::Numbers(from, to)),
            Just(Test::Set),
        ]
    };
    let (numbers, sizes) = (numbers(), numbers());
    let millis = || option::of((0..4_i64).prop_map(|day| day * DAY));
    let moments = move || {
        prop_oneof![
            (millis(), millis()).prop_map(|(from, until)| Test::Moments(Interval { from, until })),
            Just(Test::Set),
        ]
    };
    let ids_of = move |of: Context| {
        let among = vec(0..RECORDS, 1..4).prop_map(move |ids| {
            Test::TextIn(ids.into_iter().map(|record| record_id(of, record).to_string()).collect())
        });
        let beginning = (0..RECORDS, 20..24_usize)
            .prop_map(move |(record, length)| Test::TextStarts(record_id(of, record).to_string()[..length].to_owned()));
        let none = Just(Test::TextIn(vec!["5C7D1A1F9A1B2C0010A1B2C3".to_owned(), "x".to_owned()]));
        prop_oneof![4 => among, 1 => beginning, 1 => Just(Test::Set), 1 => none]
    };
    let [name, external, anywhere, tags, created, imported_at, imported] = match context {
        Context::Customer => [A::Name, A::ExternalId, A::AnyText, A::Tags, A::CreatedAt, A::ImportedAt, A::Imported],
        Context::Company => [
            A::CompanyName,
            A::CompanyExternalId,
            A::CompanyAnyText,
            A::CompanyTags,
            A::CompanyCreatedAt,
            A::CompanyImportedAt,
            A::CompanyImported,
        ],
        Context::KObject => [
            A::KObjectTitle,
            A::KObjectExternalId,
            A::KObjectAnyText,
            A::KObjectTags,
            A::KObjectCreatedAt,
            A::KObjectImportedAt,
            A::KObjectImported,
        ],
        Context::Conversation => [
            A::ConversationName,
            A::ConversationExternalId,
            A::ConversationAnyText,
            A::ConversationTags,
            A::ConversationCreatedAt,
            A::ConversationImportedAt,
            A::ConversationImported,
        ],
        Context::Message => [
            A::MessageSubject,
            A::MessageExternalId,
            A::MessageAnyText,
            A::MessageShortcuts,
            A::MessageCreatedAt,
            A::MessageImportedAt,
            A::MessageImported,
        ],
        Context::Note => [
            A::NoteBody,
            A::NoteExternalId,
            A::NoteAnyText,
            A::NoteUserMentions,
            A::NoteCreatedAt,
            A::NoteImportedAt,
            A::NoteImported,
        ],
        // It has no texts.
        Context::ConversationTime => {
            let of = |attribute: Attribute| Just(Subject::Standard(attribute));
            let test = |(subject, test)| Criterion { subject, test };
            return prop_oneof![
                (of(A::ConversationTimeAssignedUsers), prop_oneof![whole(&IDS, false), Just(Test::Set)]).prop_map(test),
                (of(A::ConversationTimeHandleTime), numbers).prop_map(test),
                (prop_oneof![of(A::ConversationTimeCreatedAt), of(A::ConversationTimeHandleAt)], moments())
                    .prop_map(test),
                (of(A::ConversationTimeResolved), prop_oneof![any::<bool>().prop_map(Test::Boolean), Just(Test::Set)])
                    .prop_map(test),
                (of(A::ConversationTimeConversationId), ids_of(Context::Conversation)).prop_map(test),
            ]
            .boxed();
        }
    };
    let parent = match context {
        Context::Customer => (A::CompanyId, Context::Company),
        Context::Company => (A::CompanyRecordId, Context::Company),
        Context::KObject => (A::KObjectCustomerId, Context::Customer),
        Context::Conversation => (A::ConversationCustomerId, Context::Customer),
        Context::Message => (A::MessageConversationId, Context::Conversation),
        Context::Note => (A::NoteConversationId, Context::Conversation),
        Context::ConversationTime => (A::ConversationTimeConversationId, Context::Conversation),
    };
    let flags = || prop_oneof![any::<bool>().prop_map(Test::Boolean), Just(Test::Set)];
    let of = |attribute: Attribute| Just(Subject::Standard(attribute));
    let test = |(subject, test)| Criterion { subject, test };
    let common = prop_oneof![
        (of(name), if name.class() == Class::Text { of_long_texts() } else { of_texts() }).prop_map(test),
        (of(external), of_ids()).prop_map(test),
        (of(anywhere), prop_oneof![words(), Just(Test::Set)]).prop_map(test),
        (of(tags), prop_oneof![whole(&IDS, false), Just(Test::Set)]).prop_map(test),
        (prop_oneof![of(created), of(imported_at)], moments()).prop_map(test),
        (of(deleted_attribute(context).filter(|_| context != Context::Customer).unwrap_or(imported)), flags())
            .prop_map(test),
        (of(imported), flags()).prop_map(test),
        (of(parent.0), ids_of(parent.1)).prop_map(test),
    ];
    if !context.has_custom() {
        return common.boxed();
    }
    let customs = prop_oneof![
        (custom("aStr"), of_texts()).prop_map(test),
        (custom("gTxt"), words()).prop_map(test),
        (custom("iId"), of_ids()).prop_map(test),
        (custom("cNum"), numbers).prop_map(test),
        (custom("eAt"), moments()).prop_map(test),
        (custom("fBool"), any::<bool>().prop_map(Test::Boolean)).prop_map(test),
    ];
    let all = prop_oneof![common, customs];
    if context == Context::Message {
        let people = prop_oneof![of(A::MessageCreatedBy), of(A::MessageModifiedBy)];
        let by = prop_oneof![whole(&IDS, false), Just(Test::Set)];
        return prop_oneof![
            6 => all,
            1 => (people, by).prop_map(test),
            1 => (of(A::MessageSize), sizes).prop_map(test),
            1 => (of(A::MessageId), ids_of(Context::Message)).prop_map(test),
        ]
        .boxed();
    }
    if context == Context::Conversation {
        let people = prop_oneof![of(A::ConversationAssignedUsers), of(A::ConversationAssignedTeams)];
        return prop_oneof![
            6 => all,
            1 => (people, prop_oneof![whole(&IDS, false), Just(Test::Set)]).prop_map(test),
            1 => (of(A::ConversationStatus), whole(&["open", "done", "snoozed"], false)).prop_map(test),
        ]
        .boxed();
    }
    if context == Context::KObject {
        let klass = vec(select(&KLASSES[..]), 1..3)
            .prop_map(|klasses| Test::TextIn(klasses.into_iter().map(ToOwned::to_owned).collect()));
        return prop_oneof![6 => all, 1 => (of(A::KObjectKlass), klass).prop_map(test)].boxed();
    }
    all.boxed()
}

/// Criteria that are often combined: the people of conversations and their status.
fn criteria_of_pairs() -> impl Strategy<Value = Node> {
    let one_of = |attribute: Attribute, values: &'static [&'static str]| {
        let values = vec(select(values), 1..3);
        values.prop_map(move |values| {
            let test = Test::TextIn(values.into_iter().map(ToOwned::to_owned).collect());
            Node::Test(Criterion { subject: Subject::Standard(attribute), test })
        })
    };
    let people = prop_oneof![
        one_of(Attribute::ConversationAssignedUsers, &IDS),
        one_of(Attribute::ConversationAssignedTeams, &IDS)
    ];
    let other = option::of(criterion(Context::Conversation).prop_map(Node::Test));
    (people, one_of(Attribute::ConversationStatus, &["open", "done", "snoozed"]), other)
        .prop_map(|(people, status, other)| Node::All([status, people].into_iter().chain(other).collect()))
}

fn leaf(context: Context) -> BoxedStrategy<Node> {
    let one = criterion(context).prop_map(Node::Test);
    match context {
        Context::Conversation => prop_oneof![2 => one, 1 => criteria_of_pairs()].boxed(),
        _ => one.boxed(),
    }
}

/// What holds for records of a context, without others.
fn alone(context: Context) -> BoxedStrategy<Node> {
    let nodes = leaf(context).prop_recursive(2, 5, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(Node::All),
            vec(inner.clone(), 1..3).prop_map(Node::Any),
            inner.prop_map(Node::negated),
        ]
    });
    nodes.boxed()
}

fn node(context: Context) -> BoxedStrategy<Node> {
    let others: Vec<Context> = contexts().into_iter().filter(|other| are_tied(context, *other)).collect();
    let has = select(others).prop_flat_map(|other| alone(other).prop_map(move |node| Node::Has(other, Box::new(node))));
    let leaf = prop_oneof![leaf(context), has];
    let nodes = leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Node::All),
            vec(inner.clone(), 0..3).prop_map(Node::Any),
            inner.prop_map(Node::negated),
        ]
    });
    nodes.boxed()
}

fn query() -> impl Strategy<Value = Query> {
    select(contexts()).prop_flat_map(|context| {
        let sorts: Vec<Attribute> = Attribute::of(context)
            .filter(|attribute| attribute.is_sortable(false) || attribute.is_sortable(true))
            .collect();
        let sort = vec((select(sorts), any::<bool>()), 0..3);
        (vec(node(context), 0..3), sort, prop::bool::weighted(0.3)).prop_map(move |(nodes, sort, include_deleted)| {
            let sort = sort.into_iter().map(|(by, descending)| Sort { by, descending }).collect();
            Query { context, root: Node::All(nodes), sort, include_deleted, aggregations: Vec::new() }
        })
    })
}

async fn walk_all(store: &dyn Store, org: OrgKey, query: &Query) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    let mut from = WalkFrom::Start { walk: next_id() };
    loop {
        let step = store.walk(org, walk(query, from, 3)).await.unwrap();
        ids.extend(step.records.ids());
        match step.next {
            Some(place) => from = WalkFrom::After(place),
            None => return ids,
        }
    }
}

/// `few`: how many records lead a search to all of them; with none, each is tested by the index.
async fn agree(writes: &[Written], queries: &[Query], few: usize) {
    let Some(place) = Place::make().await else { return };
    let options = options();
    let options = Options { search_effort: SearchEffort { few, ..options.search_effort }, ..options };
    let database = open(place.url(), options).await.unwrap();
    let (store, directory) = (database.store(), database.directory());
    let orgs = [make_org(&*directory, "a").await.key, make_org(&*directory, "b").await.key];
    let mut models = [Model::default(), Model::default()];
    for (number, written) in writes.iter().enumerate() {
        // Both orgs hold records with the same ids.
        let of = usize::from(number % 4 == 0);
        models[of].take(&*store, orgs[of], written).await;
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
            assert_eq!(walk_all(&*store, org, query).await, expected, "{query:?}");
        }
    }
    database.close().await;
}

#[tokio::test]
async fn conversations_are_found_by_whose_they_are_and_their_status() {
    let written = |record: u32| Written {
        context: Context::Conversation,
        record: record % RECORDS,
        name: None,
        external: Some(IDS[record as usize % 2]),
        text: None,
        number: record.is_multiple_of(3).then_some(1.0),
        moment: None,
        klass: KLASSES[(record / 2) as usize % 2],
        customer: None,
        company: None,
        conversation: None,
        deleted: record == 5,
        is_erased: false,
    };
    // Some change hands and status.
    let writes: Vec<Written> = (0..RECORDS + 3).map(written).collect();
    let asks = |subject: Attribute, values: &[&str]| {
        let test = Test::TextIn(values.iter().map(|value| (*value).to_owned()).collect());
        Node::Test(Criterion { subject: Subject::Standard(subject), test })
    };
    let mut queries = Vec::new();
    for people in [Attribute::ConversationAssignedUsers, Attribute::ConversationAssignedTeams] {
        for (ids, statuses, include_deleted) in [
            (&IDS[..1], &["open"][..], false),
            (&IDS[1..2], &["open"], true),
            (&IDS[..2], &["done", "snoozed"], false),
            (&IDS[..1], &["done"], true),
        ] {
            let root = Node::All(vec![asks(Attribute::ConversationStatus, statuses), asks(people, ids)]);
            let sort = vec![Sort { by: Attribute::ConversationCreatedAt, descending: include_deleted }];
            queries.push(Query {
                context: Context::Conversation,
                root,
                sort,
                include_deleted,
                aggregations: Vec::new(),
            });
        }
    }
    for few in [0, 3, 50] {
        agree(&writes, &queries, few).await;
    }
}

/// No term says whether a record is deleted.
#[tokio::test]
async fn conversations_are_sorted_by_whether_they_are_deleted() {
    let written = |record: u32| Written {
        context: Context::Conversation,
        record,
        name: Some(NAMES[record as usize % 2]),
        external: None,
        text: None,
        number: None,
        moment: None,
        klass: KLASSES[0],
        customer: None,
        company: None,
        conversation: None,
        deleted: record.is_multiple_of(3),
        is_erased: false,
    };
    let writes: Vec<Written> = (0..RECORDS).map(written).collect();
    let mut queries = Vec::new();
    for (descending, include_deleted) in [(false, true), (true, true), (false, false), (true, false)] {
        let by = |by: Attribute| Sort { by, descending };
        for sort in [
            vec![by(Attribute::ConversationDeleted)],
            vec![by(Attribute::ConversationDeleted), by(Attribute::ConversationName)],
            vec![by(Attribute::ConversationName), by(Attribute::ConversationDeleted)],
        ] {
            let root = Node::All(Vec::new());
            queries.push(Query {
                context: Context::Conversation,
                root,
                sort,
                include_deleted,
                aggregations: Vec::new(),
            });
        }
    }
    for few in [0, 50] {
        agree(&writes, &queries, few).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: SEARCH_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_are_found_by_what_belongs_to_them_as_the_definition_says(
        writes in writes(),
        queries in vec(query(), 12),
        few in select(&[0_usize, 1, 3][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&writes, &queries, few));
    }
}
