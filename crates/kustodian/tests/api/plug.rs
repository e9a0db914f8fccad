//! The plug pulled at random under load, and whether everything is there afterwards: no acknowledged write lost, no
//! identity held twice, no event missing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::place;
use crate::seed::Chance;
use crate::server::{Server, TOKEN, http};

/// How often something is killed.
const KILLS: usize = 8;

const WRITERS: usize = 6;

/// The acknowledged states of a customer.
struct Known {
    path: String,
    /// The last answer; none once deleted.
    text: Option<String>,
    /// Whether no write was left without an answer since.
    is_certain: bool,
}

/// The state that the writers share.
struct Load {
    urls: Vec<Mutex<String>>,
    races: AtomicUsize,
    is_over: AtomicBool,
}

/// Lets several servers on one database take writes, kills them one after the other, and whatever else `strike` kills,
/// at moments and in an order that chance decides; then reads the records. `strike` says whether it did something,
/// and returns once the database answers again.
pub(crate) fn pull(database: &str, servers: usize, strike: &mut dyn FnMut(&mut Chance) -> bool) {
    let mut chance = Chance::new();
    let mut running: Vec<Server> = (0..servers).map(|_| Server::at(database, &[])).collect();
    let urls = running.iter().map(|server| Mutex::new(server.url.clone())).collect();
    let load = Load { urls, races: AtomicUsize::new(0), is_over: AtomicBool::new(false) };
    let known: Vec<Known> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (load, chance) = (&load, chance.fork());
                scope.spawn(move || Writer::new(number, load, chance).write())
            })
            .collect();
        for _ in 0..KILLS {
            std::thread::sleep(Duration::from_millis(150 + chance.below(450) as u64));
            if !strike(&mut chance) {
                let number = chance.below(servers);
                running[number].signal("KILL");
                running[number].wait();
                running[number] = Server::at(database, &[]);
                *load.urls[number].lock().unwrap() = running[number].url.clone();
            }
        }
        std::thread::sleep(Duration::from_millis(500));
        load.is_over.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    for server in &running {
        within(Duration::from_secs(20), "a server is ready again", || {
            server.request(Method::GET, "/readyz").send().is_ok_and(|answer| answer.status() == 200)
        });
    }
    assert!(known.len() > 50, "only {} customers were acknowledged", known.len());
    nothing_is_lost(&running[0], &known);
    nothing_is_held_twice(database);
    no_event_is_missing(database);
}

struct Writer<'a> {
    number: usize,
    load: &'a Load,
    chance: Chance,
    client: Client,
    known: Vec<Known>,
}

impl<'a> Writer<'a> {
    fn new(number: usize, load: &'a Load, chance: Chance) -> Self {
        let client = http().timeout(Duration::from_secs(5)).build().unwrap();
        Self { number, load, chance, client, known: Vec::new() }
    }

    fn write(mut self) -> Vec<Known> {
        for turn in 0.. {
            if self.load.is_over.load(Ordering::Relaxed) {
                break;
            }
            let own = format!("{}-{turn}", self.number);
            match self.chance.below(10) {
                0..=3 => self.create(json!({
                    "externalId": own,
                    "emails": [{ "email": format!("{own}@acme.example") }],
                    "tags": [format!("tag {}", turn % 40)],
                })),
                4..=5 => {
                    // Several want the same: one may have it.
                    let race = self.load.races.fetch_add(1, Ordering::Relaxed) / 4;
                    self.create(json!({ "externalId": format!("race {race}") }));
                }
                6..=8 => self.change(Method::PATCH, Some(json!({ "name": own, "externalId": format!("moved {own}") }))),
                _ => self.change(Method::DELETE, None),
            }
        }
        self.known
    }

    fn create(&mut self, body: Value) {
        // Of one that was not answered nothing is known: it may be there or not.
        let Some((status, text)) = self.send(Method::POST, "/v1/customers", Some(&body)) else { return };
        if status == 201 {
            let answer: Value = serde_json::from_str(&text).unwrap();
            let path = answer["data"]["links"]["self"].as_str().unwrap().to_owned();
            self.known.push(Known { path, text: Some(text), is_certain: true });
        } else {
            assert_eq!(status, 409, "{text}");
        }
    }

    fn change(&mut self, method: Method, body: Option<Value>) {
        if self.known.is_empty() {
            return;
        }
        let number = self.chance.below(self.known.len());
        let Known { path, text: Some(_), is_certain: true } = &self.known[number] else { return };
        let path = path.clone();
        match self.send(method, &path, body.as_ref()) {
            None => self.known[number].is_certain = false,
            Some((200, text)) => self.known[number].text = Some(text),
            Some((204, _)) => self.known[number].text = None,
            Some((status, text)) => panic!("{path}: {status} {text}"),
        }
    }

    /// Status and body; none when there was no answer, or one that says that it is unknown.
    fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Option<(u16, String)> {
        let url = self.chance.of(&self.load.urls).lock().unwrap().clone();
        let mut request = self.client.request(method, format!("{url}{path}")).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().and_then(|response| Ok((response.status().as_u16(), response.text()?)));
        let answer = answer.ok().filter(|(status, _)| *status < 500);
        if answer.is_none() {
            std::thread::sleep(Duration::from_millis(10));
        }
        answer
    }
}

fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "{what}: not within {} s", limit.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn nothing_is_lost(server: &Server, known: &[Known]) {
    for Known { path, text, is_certain } in known {
        let answer = server.get(path);
        match text {
            Some(text) if *is_certain => assert_eq!((answer.status, &answer.text), (200, text), "{path}"),
            None if *is_certain => assert_eq!(answer.status, 404, "{path} was deleted"),
            // The write without an answer was done or not; every acknowledged one before it was.
            _ => assert!(matches!(answer.status, 200 | 404), "{path}: {} {}", answer.status, answer.text),
        }
    }
}

/// Every identity of a live record is claimed by it, and nothing else is claimed.
fn nothing_is_held_twice(database: &str) {
    let mut held: Vec<(String, String)> = Vec::new();
    let mut values = HashSet::new();
    for row in place::rows(database, "SELECT id, document FROM customers WHERE NOT deleted") {
        let document: Value = serde_json::from_str(&row[1]).unwrap();
        let attributes = &document["attributes"];
        let emails = attributes["emails"].as_array().into_iter().flatten().map(|email| ("email", &email["email"]));
        for (kind, value) in [("externalId", &attributes["externalId"])].into_iter().chain(emails) {
            if let Some(value) = value.as_str() {
                assert!(values.insert((kind, value.to_owned())), "{kind} {value} is held twice");
                held.push((kind.to_owned(), row[0].clone()));
            }
        }
    }
    for row in place::rows(database, "SELECT id, document FROM tags WHERE NOT deleted") {
        let document: Value = serde_json::from_str(&row[1]).unwrap();
        let name = document["attributes"]["name"].as_str().unwrap().to_owned();
        assert!(values.insert(("tagName", name.clone())), "there are two tags {name}");
        held.push(("tagName".to_owned(), row[0].clone()));
    }
    let claims = place::rows(database, "SELECT kind, owner FROM claims");
    let mut claims: Vec<(String, String)> = claims.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    claims.sort_unstable();
    held.sort_unstable();
    assert_eq!(claims, held, "claims on the left, what live records hold on the right");
}

/// For every revision of every record there is an event, and the events of an org are numbered without a gap.
fn no_event_is_missing(database: &str) {
    let count = |sql: &str| place::rows(database, sql)[0][0].clone();
    let all = count("SELECT count(*) FROM events");
    let placed = format!("SELECT count(*) FROM {}", place::POSITIONS);
    within(Duration::from_secs(20), "every event has its position", || count(&placed) == all);
    let mut revisions: BTreeMap<(String, String), BTreeSet<u64>> = BTreeMap::new();
    for row in place::rows(database, &format!("SELECT kind, {}, rev FROM events", place::RECORD_OF_EVENT)) {
        let is_new = revisions.entry((row[0].clone(), row[1].clone())).or_default().insert(row[2].parse().unwrap());
        assert!(is_new, "there are two events for {row:?}");
    }
    for (kind, table) in [("customer", "customers"), ("tag", "tags"), ("user", "users")] {
        for row in place::rows(database, &format!("SELECT id, rev FROM {table}")) {
            let found = revisions.remove(&(kind.to_owned(), row[0].clone())).unwrap_or_default();
            assert_eq!(found, (1..=row[1].parse().unwrap()).collect(), "events of {kind} {}", row[0]);
        }
    }
    assert!(revisions.is_empty(), "events of records that are not there: {:?}", revisions.keys());
    let ends = "count(*), min(position), max(position), count(DISTINCT position)";
    for row in place::rows(database, &format!("SELECT {ends} FROM {} GROUP BY org", place::POSITIONS)) {
        assert_eq!((&row[0], row[1].as_str(), &row[0]), (&row[2], "1", &row[3]), "positions are dense: {row:?}");
    }
}
