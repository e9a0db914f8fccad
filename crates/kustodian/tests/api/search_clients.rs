//! Searching with the Rust client and on the command line.

use std::future::ready;
use std::process::Command;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use kustomer_client::bulk::BulkItem;
use kustomer_client::conversation::{Conversation, ConversationInput};
use kustomer_client::custom::{Key, Num, Str};
use kustomer_client::customer::{Customer, CustomerInput};
use kustomer_client::envelope::Page;
use kustomer_client::query::PageQuery;
use kustomer_client::search::{Aggregation, Search, SearchPage, attribute};
use kustomer_client::{Endpoint, Error, Timestamp, Walk};
use serde_json::{Value, json};

use crate::client::{client, wait_for};
use crate::server::{Server, TOKEN, binary};

const TIER: Key<Str> = Key::new("tierStr");
const SCORE: Key<Num> = Key::new("scoreNum");

fn populated() -> Server {
    let server = Server::start();
    (0..12).for_each(|number| {
        let tier = if number % 3 == 0 { "gold" } else { "silver" };
        server.create(json!({ "name": format!("Ada {number:02}"), "gender": "f", "custom": { "tierStr": tier, "scoreNum": number * 10 } }));
    });
    server
}

#[test]
fn the_rust_client_searches_page_by_page_and_walks_over_everything() {
    let server = populated();
    let client = client(&server);
    let search = Search::customers()
        .and(attribute::custom(TIER).equals("gold"))
        .and(attribute::custom(SCORE).gte(30.0))
        .sort(attribute::NAME.descending())
        .aggregate("gender", Aggregation::terms(attribute::GENDER, 2));
    wait_for(async {
        let customers = client.customers();
        let page = customers.search(&search).await.unwrap();
        let names: Vec<_> =
            page.data.iter().map(|customer| customer.attributes.name.value().cloned().unwrap()).collect();
        assert_eq!(
            (names, page.meta.total),
            (vec!["Ada 09".to_owned(), "Ada 06".to_owned(), "Ada 03".to_owned()], Some(3))
        );
        assert_eq!(page.meta.extra["aggregations"]["gender"]["buckets"][0]["count"], 3);

        let everything = Search::customers().sort(attribute::NAME.ascending());
        let paging = PageQuery { page: Some(3), page_size: Some(5) };
        let last = customers.search_page(&everything, &SearchPage { paging, ..SearchPage::default() }).await.unwrap();
        assert_eq!((last.data.len(), last.meta.total_pages), (2, Some(3)));
        let found = all(customers.search_all(&everything)).await;
        let by_pages = SearchPage {
            paging: PageQuery { page: None, page_size: Some(5) },
            cursor: Some("*".to_owned()),
            ..SearchPage::default()
        };
        let walked: Vec<_> = all(customers.search_page(&everything, &by_pages).walk()).await;
        let ids = all(customers.search_all_ids(&everything)).await;
        assert_eq!((found.len(), &walked), (12, &found));
        assert!(found.iter().map(|customer| &customer.id).eq(ids.iter().map(|resource| &resource.id)));
        let archived = customers.search_archive(&Search::default(), &SearchPage::default()).await.unwrap();
        assert_eq!(archived.data.len(), 12);
    });
    assert_eq!(client.customers().search(&search).send_blocking().unwrap().data.len(), 3);
}

/// How many pages of a search there are, as on Kustomer; of two records.
const PAGES: [&str; 2] = ["--search-page-cap", "100"];
const PAGE: u32 = 2;
const REACHED: usize = 200;

/// An id and the moment of the last change, in the order of a search.
type Place = (String, Timestamp);

/// How many of the oldest records have to go so that the last record of the last page shares its moment with the next one.
fn too_old(places: &[Place]) -> usize {
    let shared = places[REACHED - 1..].windows(2).position(|pair| pair[0].1 == pair[1].1);
    shared.expect("records that were created at the same time share a moment")
}

async fn places<T>(found: impl Stream<Item = Result<T, Error>>, place: impl Fn(T) -> Place) -> Vec<Place> {
    found.map_ok(place).try_collect().await.unwrap()
}

/// The ids, sorted.
fn ids(places: &[Place]) -> Vec<&str> {
    let mut ids: Vec<&str> = places.iter().map(|(id, _)| id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn the_rust_client_finds_all_records_when_the_hundredth_page_ends_within_a_moment() {
    let server = Server::start_with(&PAGES);
    let client = client(&server);
    let customers = client.customers();
    let behind = SearchPage::default().page(101).page_size(PAGE);
    wait_for(async {
        let ada = CustomerInput::new().name("Ada");
        let outcomes = customers.bulk_create_all(vec![BulkItem::new(&ada); 300]);
        assert!(outcomes.all(|outcome| ready(outcome.is_done())).await);
        let adas = Search::customers().and(attribute::NAME.contains("Ada"));
        let place = |it: Customer| (it.id.to_string(), *it.attributes.updated_at.value().unwrap());
        let sorted = adas.clone().sort(attribute::UPDATED_AT.ascending());
        let all = places(customers.search_all(&sorted).into_stream(), place).await;
        let (old, kept) = all.split_at(too_old(&all));
        for (id, _) in old {
            customers.delete(id.as_str()).await.unwrap();
        }
        assert_eq!(customers.search_page(&adas, &behind).await.unwrap_err().status(), Some(400));
        let found = places(customers.search_beyond_pages(&adas, PAGE), place).await;
        assert_eq!(ids(&found), ids(kept));
    });
    wait_for(async {
        // Those of one customer are created one after the other.
        let owners = (0..8).map(|_| async { customers.create(&CustomerInput::new().name("Owner")).await.unwrap() });
        let owners: Vec<_> = stream::iter(owners).buffer_unordered(8).collect().await;
        let asked = (0..304).map(|number| {
            let owner = owners[number % owners.len()].data.id.to_string();
            let question = ConversationInput::default().name("A question".to_owned()).customer(owner);
            let client = &client;
            async move { client.conversations().create(&question).await.unwrap() }
        });
        stream::iter(asked).buffer_unordered(8).for_each(|_| ready(())).await;
        let questions = Search::conversations().and(attribute::CONVERSATION_NAME.contains("question"));
        let place = |it: Conversation| (it.id.to_string(), *it.attributes.updated_at.value().unwrap());
        let sorted = questions.clone().sort(attribute::CONVERSATION_UPDATED_AT.ascending());
        let all = places(customers.search_all_conversations(&sorted).into_stream(), place).await;
        let (old, kept) = all.split_at(too_old(&all));
        for (id, _) in old {
            client.conversations().delete(id.as_str()).await.unwrap();
        }
        assert_eq!(customers.search_conversations(&questions, &behind).await.unwrap_err().status(), Some(400));
        let found = places(customers.search_conversations_beyond_pages(&questions, PAGE), place).await;
        assert_eq!(ids(&found), ids(kept));
    });
}

async fn all<E, T>(mut walk: Walk<E, T>) -> Vec<T>
where
    E: Endpoint<Answer = Page<T>>,
{
    let mut found = Vec::new();
    while let Some(item) = walk.next().await.unwrap() {
        found.push(item);
    }
    found
}

fn searching(server: &Server, arguments: &[&str]) -> Command {
    let mut command = binary();
    command
        .env("KUSTODIAN_URL", &server.url)
        .env("KUSTODIAN_TOKEN", TOKEN)
        .args(["customers", "search"])
        .args(arguments);
    command
}

#[track_caller]
fn printed(server: &Server, arguments: &[&str]) -> String {
    let output = searching(server, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_line_takes_the_short_form_and_bodies() {
    let server = populated();
    let short = "tier=gold and score>=30 sort:-name";
    let table = printed(&server, &[short]);
    let rows: Vec<&str> = table.lines().skip(1).map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(rows, ["09", "06", "03"], "{table}");
    let found: Value = serde_json::from_str(&printed(&server, &[short, "--output", "json", "--limit", "2"])).unwrap();
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
    assert_eq!(printed(&server, &["ada", "--ids", "--all"]).lines().count(), 12);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("search.json");
    std::fs::write(&file, r#"{"and":{"customer_custom_scoreNum":{"lt":20}}}"#).unwrap();
    let named = format!("@{}", file.display());
    assert_eq!(printed(&server, &["--json", &named, "--ids"]).lines().count(), 2);
    assert_eq!(printed(&server, &["--json", "{}", "--ids", "--limit", "5"]).lines().count(), 5);
}

#[test]
fn what_customers_are_found_by_can_be_made_anew() {
    let mut server = Server::on_file();
    server.create(json!({ "name": "Ada", "custom": { "tierStr": "gold" } }));
    assert!(server.stop().success());
    let mut reindex = binary();
    reindex.args(["reindex", "--database", server.database(), "--indexed-custom-attributes", "0"]);
    let output = reindex.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.success(), told.as_str()), (true, "1 records are indexed again\n"));
    let server = server.kill_and_restart();
    // Without an index of its own the attribute is found all the same, by a scan.
    assert_eq!(printed(&server, &["tierStr=gold", "--ids"]).lines().count(), 1);
}

#[test]
fn an_error_on_the_command_line_points_at_its_column() {
    let server = populated();
    let output = searching(&server, &["name=ada and emial=x"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), told.as_str()),
        (Some(1), "error: column 14: there is no attribute emial; did you mean email?\n")
    );
}
