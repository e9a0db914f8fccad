//! Searching with the Rust client and on the command line.

use std::process::Command;

use kustomer_client::custom::{Key, Num, Str};
use kustomer_client::envelope::Page;
use kustomer_client::query::PageQuery;
use kustomer_client::search::{Aggregation, Search, SearchPage, attribute};
use kustomer_client::{Endpoint, Walk};
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
