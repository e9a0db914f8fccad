//! Two orgs on one server: one repeats searches that test every customer, the other works as always. It may take longer,
//! but every operation is answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::Client;
use super::server::{Recipe, Server};
use super::{Outcome, Rig};

/// How many connections repeat expensive searches, and how many do the work of the other org.
const NEIGHBOURS: usize = 4;
const WORKERS: usize = 2;

/// For how long the other org works alone, and then beside its neighbour.
const STRETCH: Duration = Duration::from_secs(7);

/// How long the stretch waits for the answer to the first expensive search.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many connections make the customers.
const MAKERS: usize = 8;

/// How many criteria an expensive search has, as many as a search may have, and how many a group.
const CRITERIA: usize = 100;
const GROUP: usize = 20;

/// The operations of the other org, in turn.
const OPERATIONS: [Operation; 6] = [
    Operation { name: "read", method: "GET", path: "{customer}", body: None },
    Operation { name: "create", method: "POST", path: "/v1/customers", body: Some(r#"{"name":"Quiet"}"#) },
    Operation {
        name: "search",
        method: "POST",
        path: "/v1/customers/search?pageSize=20",
        body: Some(r#"{"and":[{"customer_name":{"contains":"quiet"}}]}"#),
    },
    Operation { name: "list", method: "GET", path: "/v1/customers?pageSize=20", body: None },
    Operation { name: "feed", method: "GET", path: "/v1/events?pageSize=20", body: None },
    Operation { name: "history", method: "GET", path: "{customer}/history", body: None },
];

struct Operation {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
}

/// What came of one stretch of the other org's work.
#[derive(Default)]
struct Work {
    /// How long each operation took, each time.
    times: [Vec<Duration>; OPERATIONS.len()],
    /// Wrong or missing answers.
    faults: Vec<String>,
}

/// What came of the neighbour's searches.
#[derive(Default)]
struct Searches {
    answered: AtomicU64,
    /// 429 or 503.
    turned_away: AtomicU64,
    /// Without an answer.
    broken_off: AtomicU64,
}

/// Both orgs on a SQLite file.
pub(super) fn on_sqlite(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("neighbour")?;
    run(rig, &Recipe::sqlite(&rig.program, &folder, &rig.home))
}

/// Lets one org work alone, then beside its neighbour.
pub(super) fn run(rig: &Rig, recipe: &Recipe) -> Result<Outcome> {
    let server = Server::start(recipe, None)?;
    recipe.output(&["org", "create", "quiet"])?;
    let token = recipe.output(&["token", "create", "--org", "quiet", "--name", "quiet", "--role", "org"])?;
    fill(&server, rig.customers)?;
    let made = Client::with_token(server.address(), &token).send("POST", "/v1/customers", Some("{}"))?;
    let path = made.json()["data"]["links"]["self"].as_str().context("the customer has a link")?.to_owned();

    let address = server.address();
    let alone = work(address, &token, &path, &|| true);
    let (searches, over) = (Searches::default(), AtomicBool::new(false));
    let beside = std::thread::scope(|scope| {
        for _ in 0..NEIGHBOURS {
            scope.spawn(|| search(address, &searches, &over));
        }
        let beside = work(address, &token, &path, &|| searches.answered.load(Ordering::Relaxed) > 0);
        over.store(true, Ordering::Relaxed);
        // Nobody waits for the searches under way.
        server.kill()?;
        Ok::<_, anyhow::Error>(beside)
    })?;
    let mut lost: Vec<String> = alone.faults.iter().map(|fault| format!("alone: {fault}")).collect();
    lost.extend(beside.faults.iter().map(|fault| format!("beside its neighbour: {fault}")));
    let Searches { answered, turned_away, broken_off } = &searches;
    if answered.load(Ordering::Relaxed) == 0 {
        lost.push("no search of the neighbour was answered".to_owned());
    }
    let tried = format!(
        "{NEIGHBOURS} connections of one org searched {} customers with {CRITERIA} criteria and total=exact: {} answered, \
         {} turned away, {} broken off; another org alone and beside it: {}",
        rig.customers,
        answered.load(Ordering::Relaxed),
        turned_away.load(Ordering::Relaxed),
        broken_off.load(Ordering::Relaxed),
        compared(alone, beside)
    );
    Ok(Outcome { tried, lost })
}

/// Two letters that begin a word of every biography, and none of the other text.
fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]);
    format!("{}{}", letter(number / 26), letter(number))
}

/// The index has every word of it for every customer, though in another attribute: each customer is tested for each.
fn expensive() -> Value {
    let criterion = |number| json!({ "customer_custom_otherTxt": { "contains": word(number) } });
    let group = |first| json!({ "or": (first..first + GROUP).map(criterion).collect::<Vec<_>>() });
    json!({ "or": (0..CRITERIA).step_by(GROUP).map(group).collect::<Vec<_>>() })
}

/// Makes the customers for which a search is expensive.
fn fill(server: &Server, customers: u32) -> Result<()> {
    let bio: String = (0..CRITERIA).map(|number| format!("{}zz ", word(number))).collect();
    let other: String = (0..200).map(|number| format!("z{number} ")).collect();
    let body = json!({ "custom": { "bioTxt": bio, "otherTxt": other } }).to_string();
    let made = AtomicU32::new(0);
    let make = || -> Result<()> {
        let mut client = server.client();
        while made.fetch_add(1, Ordering::Relaxed) < customers {
            let answer = client.send("POST", "/v1/customers", Some(&body))?;
            if answer.status != 201 {
                bail!("a create was answered {} {}", answer.status, answer.body);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(make)).collect();
        makers.into_iter().try_for_each(|maker| maker.join().map_err(|_| anyhow::anyhow!("a client panicked"))?)
    })
}

/// Repeats expensive searches until it is over; a refused search is repeated a moment later.
fn search(address: SocketAddr, searches: &Searches, over: &AtomicBool) {
    let body = expensive().to_string();
    let mut client = Client::new(address);
    while !over.load(Ordering::Relaxed) {
        let outcome = match client.send("POST", "/v1/customers/search?total=exact", Some(&body)) {
            _ if over.load(Ordering::Relaxed) => return,
            Ok(answer) if answer.status == 200 => &searches.answered,
            Ok(_) => {
                std::thread::sleep(Duration::from_millis(50));
                &searches.turned_away
            }
            Err(_) => &searches.broken_off,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does everything in turn over some connections, for a stretch and until it is enough.
fn work(address: SocketAddr, token: &str, customer: &str, is_enough: &(dyn Fn() -> bool + Sync)) -> Work {
    let worker = || {
        let mut client = Client::with_token(address, token);
        let (begin, mut work) = (Instant::now(), Work::default());
        while begin.elapsed() < STRETCH || (begin.elapsed() < PATIENCE && !is_enough()) {
            for (operation, times) in OPERATIONS.iter().zip(&mut work.times) {
                let path = operation.path.replace("{customer}", customer);
                let asked = Instant::now();
                match client.send(operation.method, &path, operation.body) {
                    Ok(answer) if answer.status / 100 == 2 => times.push(asked.elapsed()),
                    Ok(answer) => work.faults.push(format!("{}: {} {}", operation.name, answer.status, answer.body)),
                    Err(error) => work.faults.push(format!("{}: no answer: {error}", operation.name)),
                }
            }
        }
        work
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        let mut all = Work::default();
        for worker in workers {
            match worker.join() {
                Ok(work) => {
                    all.times.iter_mut().zip(work.times).for_each(|(all, times)| all.extend(times));
                    all.faults.extend(work.faults);
                }
                Err(_) => all.faults.push("a client panicked".to_owned()),
            }
        }
        all
    })
}

/// The median and the 99th percentile of each operation, alone and beside the neighbour.
fn compared(alone: Work, beside: Work) -> String {
    let of_operation = |((operation, alone), beside): ((&Operation, Vec<Duration>), Vec<Duration>)| {
        let (alone, beside) = (sorted(alone), sorted(beside));
        let at = |percent: usize| {
            let (alone, beside) = (percentile(&alone, percent), percentile(&beside, percent));
            let millis = |time: Duration| time.as_secs_f64() * 1e3;
            format!("{:.1} → {:.1} ms (×{:.1})", millis(alone), millis(beside), beside.div_duration_f64(alone))
        };
        format!("{} {}, p99 {}", operation.name, at(50), at(99))
    };
    let operations = OPERATIONS.iter().zip(alone.times).zip(beside.times).map(of_operation);
    operations.collect::<Vec<_>>().join("; ")
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

/// Of times in order; nothing when there are none.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}
