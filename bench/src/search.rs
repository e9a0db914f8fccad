//! How fast searches are, over customers that differ in what they are searched by: the medians of first pages of 50.
//!
//! The store is asked itself, without HTTP, as what is measured is the index. The customers are made by the rules and
//! committed in large sets.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::{self, Context, Write};
use kustodian_core::directory::Org;
use kustodian_core::search::{self, Settings};
use kustodian_core::search_store::{Count, SearchQuery};
use kustodian_core::store::Store;
use kustodian_store::{Database, Options, open};
use kustomer_api::{ObjectId, Timestamp};

use crate::sqlite::scatter;

/// Customers a commit.
const SET: u32 = 250;

/// Customers made to compare rates.
const COMPARED: u32 = 10_000;

/// Commits under way.
const SETS: usize = 4;

/// Searches of each sort, with other values each.
const ROUNDS: u64 = 21;

/// 2026-01-01.
const NOW: i64 = 1_767_225_600_000;

/// Makes the customers that lack, and prints what the searches take.
pub(crate) fn measure(customers: u32, url: Option<String>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Beside the program, since a temporary folder may be memory.
    let beside = std::env::current_exe()?.parent().map(Path::to_owned).context("the program is in no folder")?;
    let folder = tempfile::Builder::new().prefix("bench-search-").tempdir_in(beside)?;
    let file = folder.path().join("search.db");
    let url = url.unwrap_or_else(|| format!("sqlite:{}", file.display()));
    runtime.block_on(async {
        let options = Options { commit_timeout: Duration::from_secs(120), ..Options::default() };
        let database = open(&url, options).await?;
        let org = fill(&database, customers, true).await?;
        compare_rates(folder.path()).await?;
        let bytes = std::fs::metadata(url.trim_start_matches("sqlite:")).map_or(0, |file| file.len());
        println!("{customers} customers, {} bytes each", bytes / u64::from(customers.max(1)));
        println!("| search | first page of 50 (median) | slowest | with total | found |");
        println!("|---|---:|---:|---:|---:|");
        for (name, body) in searches() {
            report(&*database.store(), &org, customers, name, &body).await?;
        }
        database.close().await;
        Ok(())
    })
}

/// Prints how fast customers are made with and without what they are found by.
async fn compare_rates(folder: &Path) -> Result<()> {
    for indexed in [false, true, false, true] {
        println!("{}", if indexed { "indexed:" } else { "not indexed:" });
        let file = folder.join(format!("rate-{indexed}.db"));
        let database = open(&format!("sqlite:{}", file.display()), Options::default()).await?;
        fill(&database, COMPARED, indexed).await?;
        database.close().await;
        std::fs::remove_file(file)?;
    }
    Ok(())
}

/// Commits customers until there are as many as wanted.
async fn fill(database: &Database, customers: u32, indexed: bool) -> Result<Org> {
    let directory = database.directory();
    let org = match directory.find_org("bench").await? {
        Some(org) => org,
        None => directory.create_org(id(u64::MAX), "bench", Timestamp::from_millis(NOW)).await?,
    };
    let store = database.store();
    let there = everything(&*store, &org).await?;
    let start = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    let mut next = u32::try_from(there)?;
    while next < customers {
        if under_way.len() >= SETS {
            under_way.join_next().await.context("no commit is under way")???;
        }
        let mut set = set(&org, next, customers.min(next + SET))?;
        if !indexed {
            set.puts.iter_mut().for_each(|put| put.search = None);
        }
        next += SET;
        let (store, org) = (Arc::clone(&store), org.key);
        under_way.spawn(async move { store.commit(org, set).await.map(drop) });
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    let made = u64::from(customers).saturating_sub(there);
    println!("made {made} customers, {:.0}/s", made as f64 / start.elapsed().as_secs_f64());
    Ok(org)
}

async fn everything(store: &dyn Store, org: &Org) -> Result<u64> {
    let query = search::parse(b"{}", &Settings::default()).map_err(|refusal| anyhow!("{refusal}"))?;
    let query =
        SearchQuery { query, offset: 0, limit: 0, ids_only: true, total: Count::Exact, time: Duration::from_secs(60) };
    Ok(store.search(org.key, query).await?.total.map_or(0, |total| total.count))
}

fn set(org: &Org, from: u32, to: u32) -> Result<ChangeSet> {
    let mut all = ChangeSet::default();
    for number in from..to {
        let number = u64::from(number);
        let now = Timestamp::from_millis(NOW + i64::try_from(number)? * 50);
        let context = Context { org, actor: id(1), now, client: "bench", request_id: "bench" };
        let event = EventSeed { id: id(number << 1 | 1 << 40), salt: Salt([7; 16]) };
        let write = Write { input: serde_json::from_str(&body(number))?, tags: None };
        let set = customer::create(&context, id(number), event, write).map_err(|refusal| anyhow!("{refusal}"))?;
        all.puts.extend(set.puts);
        all.claims.extend(set.claims);
        all.events.extend(set.events);
    }
    Ok(all)
}

fn id(number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// A number below `end` that belongs to a customer's attribute.
fn pick(number: u64, attribute: u64, end: u64) -> u64 {
    scatter(number * 64 + attribute) % end
}

const SYLLABLES: [&str; 20] = [
    "an", "bel", "cor", "dan", "el", "fer", "gus", "har", "il", "jo", "kar", "len", "mar", "nor", "ol", "pet", "quin",
    "ros", "sam", "tor",
];

/// One of 400 first names or 8,000 last names.
fn name(which: u64, parts: u32) -> String {
    (0..parts).map(|part| SYLLABLES[usize::try_from(which / 20_u64.pow(part) % 20).unwrap_or_default()]).collect()
}

fn domain(number: u64) -> String {
    format!("{}{}.example", name(number, 2), number / 400)
}

fn body(number: u64) -> String {
    let (first, last) = (name(pick(number, 1, 400), 2), name(pick(number, 2, 8_000), 3));
    let domain = domain(pick(number, 3, 2_000));
    let day = |attribute: u64| {
        let millis = NOW - i64::try_from(pick(number, attribute, 94_608_000_000)).unwrap_or_default();
        Timestamp::from_millis(millis).to_string()
    };
    let gender = ["m", "f"][usize::try_from(pick(number, 4, 2)).unwrap_or_default()];
    let tier = ["bronze", "bronze", "bronze", "silver", "silver", "gold"]
        [usize::try_from(pick(number, 5, 6)).unwrap_or_default()];
    format!(
        r#"{{"name":"{first} {last}","externalId":"crm-{number:09}","emails":[{{"type":"work","email":"{first}.{last}.{number}@{domain}"}}],
"phones":[{{"type":"mobile","phone":"+{}"}}],"createdAt":"{}","signedUpAt":"{}","gender":"{gender}","locale":"en_US",
"locations":[{{"type":"home","address":"{} {last} Street","zipCode":"{:05}","countryCode":"US"}}],
"custom":{{"loyaltyTierStr":"{tier}","scoreNum":{},"orderCountNum":{},"lastOrderAt":"{}","newsletterBool":{},
"shopStr":"{}","notesTxt":"Prefers {} and {}, asked about {} in spring and sent {} back"}}}}"#,
        10_000_000_000 + number,
        day(6),
        day(7),
        pick(number, 8, 300),
        pick(number, 9, 100_000),
        pick(number, 10, 100_000),
        pick(number, 11, 50),
        day(12),
        pick(number, 13, 4) == 0,
        name(pick(number, 14, 300), 2),
        name(pick(number, 15, 8_000), 3),
        name(pick(number, 16, 8_000), 3),
        name(pick(number, 17, 400), 2),
        name(pick(number, 18, 400), 2),
    )
}

type Body = Box<dyn Fn(u64) -> String>;

/// What is searched for; the number makes every search another one.
fn searches() -> Vec<(&'static str, Body)> {
    const NEWEST: &str = r#"[{"customer_created_at":"desc"}]"#;
    let body = |criteria: &dyn Fn(u64) -> String, sort: &str, round: u64| {
        format!(r#"{{"and":[{}],"sort":{sort}}}"#, criteria(round))
    };
    let search = move |criteria: fn(u64) -> String, sort: &'static str| -> Body {
        Box::new(move |round| body(&criteria, sort, round))
    };
    vec![
        ("everything, newest first", search(|_| String::new(), NEWEST)),
        ("exact e-mail", search(|n| format!(r#"{{"customer_email":{{"equals":"{}"}}}}"#, email(n)), NEWEST)),
        (
            "exact external id",
            search(|n| format!(r#"{{"customer_externalId":{{"equals":"crm-{:09}"}}}}"#, n * 911), NEWEST),
        ),
        (
            "exact name",
            search(|n| format!(r#"{{"customer_name":{{"equals":"{} {}"}}}}"#, name(n, 2), name(n * 7, 3)), NEWEST),
        ),
        (
            "gender, newest first",
            search(|n| format!(r#"{{"customer_gender":{{"equals":"{}"}}}}"#, ["m", "f"][(n % 2) as usize]), NEWEST),
        ),
        (
            "gender, by name",
            search(|_| r#"{"customer_gender":{"equals":"f"}}"#.to_owned(), r#"[{"customer_name":"asc"}]"#),
        ),
        (
            "signed up on a day",
            search(|n| format!(r#"{{"customer_signed_up_at":{{"equals":"2025-03-{:02}"}}}}"#, n % 28 + 1), NEWEST),
        ),
        (
            "signed up in a half year, newest first",
            search(
                |n| {
                    format!(
                        r#"{{"customer_signed_up_at":{{"gte":"2025-01-{:02}"}}}},{{"customer_signed_up_at":{{"lt":"2025-07-01"}}}}"#,
                        n % 28 + 1
                    )
                },
                NEWEST,
            ),
        ),
        (
            "created in a month, by name",
            search(
                |n| {
                    format!(
                        r#"{{"customer_created_at":{{"gte":"2025-{:02}-01"}}}},{{"customer_created_at":{{"lt":"2025-{:02}-28"}}}}"#,
                        n % 12 + 1,
                        n % 12 + 1
                    )
                },
                r#"[{"customer_name":"asc"}]"#,
            ),
        ),
        (
            "custom: shop, 1 in 300",
            search(|n| format!(r#"{{"customer_custom_shopStr":{{"equals":"{}"}}}}"#, name(n, 2)), NEWEST),
        ),
        (
            "custom: tier, 1 in 6",
            search(|_| r#"{"customer_custom_loyaltyTierStr":{"equals":"gold"}}"#.to_owned(), NEWEST),
        ),
        (
            "custom: number range, 1 in 1,000",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_scoreNum":{{"gte":{}}}}},{{"customer_custom_scoreNum":{{"lt":{}}}}}"#,
                        n * 1000,
                        n * 1000 + 100
                    )
                },
                NEWEST,
            ),
        ),
        (
            "custom: number range, half",
            search(|n| format!(r#"{{"customer_custom_scoreNum":{{"gte":{}}}}}"#, 50_000 + n), NEWEST),
        ),
        (
            "custom: moments, a month",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_lastOrderAt":{{"gte":"2025-{:02}-01"}}}},{{"customer_custom_lastOrderAt":{{"lt":"2025-{:02}-28"}}}}"#,
                        n % 12 + 1,
                        n % 12 + 1
                    )
                },
                NEWEST,
            ),
        ),
        (
            "tier and score",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_loyaltyTierStr":{{"equals":"gold"}}}},{{"customer_custom_scoreNum":{{"gte":{}}}}}"#,
                        90_000 + n
                    )
                },
                NEWEST,
            ),
        ),
        (
            "tier and gender and half the scores, by name",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_loyaltyTierStr":{{"equals":"silver"}}}},{{"customer_gender":{{"equals":"m"}}}},{{"customer_custom_scoreNum":{{"gte":{}}}}}"#,
                        50_000 + n
                    )
                },
                r#"[{"customer_name":"asc"}]"#,
            ),
        ),
        (
            "shop and tier, by two keys",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_shopStr":{{"equals":"{}"}}}},{{"customer_custom_loyaltyTierStr":{{"equals":"bronze"}}}}"#,
                        name(n, 2)
                    )
                },
                r#"[{"customer_gender":"asc"},{"customer_name":"desc"}]"#,
            ),
        ),
        (
            "two words of a name",
            search(
                |n| format!(r#"{{"customer_name":{{"contains":"{} {}"}}}}"#, name(n, 2), &name(n * 7, 3)[..5]),
                NEWEST,
            ),
        ),
        (
            "two words anywhere",
            search(
                |n| format!(r#"{{"customer_any_text":{{"contains":"{} {}"}}}}"#, name(n, 2), name(n * 7, 3)),
                NEWEST,
            ),
        ),
        (
            "two words of a custom text",
            search(
                |n| format!(r#"{{"customer_custom_notesTxt":{{"contains":"{} {}"}}}}"#, name(n * 7, 3), name(n, 2)),
                NEWEST,
            ),
        ),
        (
            "a common word of a custom text",
            search(|_| r#"{"customer_custom_notesTxt":{"contains":"spring"}}"#.to_owned(), NEWEST),
        ),
        (
            "e-mail contains a domain, 1 in 2,000",
            search(|n| format!(r#"{{"customer_email":{{"contains":"@{}"}}}}"#, domain(n)), NEWEST),
        ),
        ("e-mail contains what all do", search(|_| r#"{"customer_email":{"contains":".example"}}"#.to_owned(), NEWEST)),
        (
            "phone contains digits",
            search(|n| format!(r#"{{"customer_phone":{{"contains":"{:05}"}}}}"#, n * 37 % 100_000), NEWEST),
        ),
        (
            "not silver, by name",
            search(
                |_| r#"{"customer_custom_loyaltyTierStr":{"not_equals":"silver"}}"#.to_owned(),
                r#"[{"customer_name":"desc"}]"#,
            ),
        ),
    ]
}

fn email(number: u64) -> String {
    let number = number * 911;
    let (first, last) = (name(pick(number, 1, 400), 2), name(pick(number, 2, 8_000), 3));
    format!("{first}.{last}.{number}@{}", domain(pick(number, 3, 2_000)))
}

async fn report(store: &dyn Store, org: &Org, customers: u32, name: &str, body: &Body) -> Result<()> {
    let (mut pages, mut totals) = (Vec::new(), Vec::new());
    let mut found = String::new();
    for round in 1..=ROUNDS {
        let body = body(round % (u64::from(customers) / 911).max(1));
        let query = search::parse(body.as_bytes(), &Settings::default())
            .map_err(|refusal| anyhow!("{name}: {body}: {:?}", refusal.errors))?;
        let query = SearchQuery {
            query,
            offset: 0,
            limit: 50,
            ids_only: false,
            total: Count::None,
            time: Duration::from_secs(30),
        };
        let counting = SearchQuery { total: Count::UpTo(10_000), ..query.clone() };
        let start = Instant::now();
        store.search(org.key, query).await?;
        pages.push(start.elapsed());
        let start = Instant::now();
        let counted = store.search(org.key, counting).await?;
        totals.push(start.elapsed());
        found = counted.total.map_or_else(String::new, |total| {
            format!("{}{}", if total.is_estimate { "about " } else { "" }, total.count)
        });
    }
    pages.sort_unstable();
    totals.sort_unstable();
    let millis = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!(
        "| {name} | {:.1} ms | {:.1} ms | {:.1} ms | {found} |",
        millis(pages.get(pages.len() / 2)),
        millis(pages.last()),
        millis(totals.get(totals.len() / 2))
    );
    Ok(())
}
