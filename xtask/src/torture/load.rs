//! Clients that write, and keep a ledger of the answers.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::http::{Answer, Client};
use super::jobs::Jobs;
use super::talk::Talk;
use super::unions::Unions;

/// How many clients write at the same time.
pub(super) const CLIENTS: usize = 12;

/// How many clients try to take the same identity.
const RIVALS: u64 = 4;

/// The answers to one client about one customer, which only that client writes.
pub(super) struct Entry {
    /// The customer's name, unique among all.
    pub(super) name: String,
    /// Whether other clients want its identity too.
    contested: bool,
    /// The last acknowledged state.
    pub(super) known: Known,
    /// The request without an answer, if any: it may have been done or not.
    pub(super) asked: Option<Change>,
    /// Whether it was worked on since it was last compared.
    pub(super) touched: bool,
}

/// The acknowledged state of a customer.
#[derive(Clone)]
pub(super) enum Known {
    /// Nothing was ever acknowledged.
    Nothing,
    /// It is there, and this is its document, byte for byte.
    Live { id: String, document: String },
    /// It was deleted; this is the revision that made it so.
    Deleted { id: String, rev: u64 },
}

/// A change that was asked for.
#[derive(Clone)]
pub(super) enum Change {
    Create(Value),
    Update(Value),
    Delete,
    Restore,
}

/// One client's ledger.
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
    /// The messages it writes.
    pub(super) talk: Talk,
    /// Its bulk request.
    pub(super) jobs: Jobs,
    /// The customers that it merges.
    pub(super) unions: Unions,
    client: usize,
    rng: Rng,
    serial: u64,
}

/// What came of one stretch of work.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) acknowledged: u64,
    /// Broken off, or answered that it is not known whether it was done.
    pub(super) unsure: u64,
    /// 503 with Retry-After.
    pub(super) turned_away: u64,
    /// Answers that should not have been.
    pub(super) faults: Vec<String>,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.unsure += other.unsure;
        self.turned_away += other.turned_away;
        self.faults.extend(other.faults);
    }
}

/// Numbers of identities that several clients want; shared by all clients of a run.
pub(super) type Contest = AtomicU64;

/// One ledger for each client.
pub(super) fn ledgers(rng: &mut Rng) -> Vec<Ledger> {
    (0..CLIENTS)
        .map(|client| Ledger {
            entries: Vec::new(),
            talk: Talk::default(),
            jobs: Jobs::default(),
            unions: Unions::default(),
            client,
            rng: rng.fork(),
            serial: 0,
        })
        .collect()
}

/// Lets every client write until `enough` returns; broken connections are made again until then.
pub(super) fn run(address: SocketAddr, ledgers: &mut [Ledger], contest: &Contest, enough: impl FnOnce()) -> Tally {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let work = |ledger| scope.spawn(|| Ledger::work(ledger, address, contest, &over));
        let workers: Vec<_> = ledgers.iter_mut().map(work).collect();
        enough();
        over.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        for worker in workers {
            match worker.join() {
                Ok(told) => tally += told,
                Err(_) => tally.faults.push("a client panicked".to_owned()),
            }
        }
        tally
    })
}

impl Ledger {
    fn work(&mut self, address: SocketAddr, contest: &Contest, over: &AtomicBool) -> Tally {
        let mut client = Client::new(address);
        let mut tally = Tally::default();
        while !over.load(Ordering::Relaxed) {
            let sent = match self.rng.u8(0..40) {
                0 => self.ask_in_bulk(&mut client, &mut tally),
                1..11 => self.say(&mut client, &mut tally),
                11..13 => self.unite(&mut client, &mut tally),
                _ => self.change(&mut client, contest, &mut tally),
            };
            if sent.is_err() {
                tally.unsure += 1;
                while !over.load(Ordering::Relaxed) && client.connect().is_err() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        tally
    }

    fn ask_in_bulk(&mut self, client: &mut Client, tally: &mut Tally) -> io::Result<()> {
        self.serial += 1;
        let key = format!("client {} job {}", self.client, self.serial);
        self.jobs.go_on(client, key, tally)
    }

    fn unite(&mut self, client: &mut Client, tally: &mut Tally) -> io::Result<()> {
        self.serial += 1;
        let name = format!("client {} pair {}", self.client, self.serial);
        self.unions.go_on(client, &name, tally)
    }

    fn say(&mut self, client: &mut Client, tally: &mut Tally) -> io::Result<()> {
        self.serial += 1;
        let words = format!("client {} says {}", self.client, self.serial);
        let turned_away = tally.turned_away;
        self.talk.go_on(client, words, tally)?;
        if tally.turned_away > turned_away {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn change(&mut self, client: &mut Client, contest: &Contest, tally: &mut Tally) -> io::Result<()> {
        let index = self.choose(contest);
        let entry = &mut self.entries[index];
        entry.touched = true;
        let answer = entry.send(client)?;
        match entry.hear(&answer, tally) {
            Heard::GoOn => {}
            Heard::NeverWas => drop(self.entries.swap_remove(index)),
            Heard::SlowDown => std::thread::sleep(Duration::from_millis(20)),
        }
        Ok(())
    }

    /// Which entry to work on next; what to ask for is noted in it before it is sent.
    fn choose(&mut self, contest: &Contest) -> usize {
        for _ in 0..4 {
            let Some(index) = (!self.entries.is_empty()).then(|| self.rng.usize(0..self.entries.len())) else { break };
            let dice = self.rng.u8(0..100);
            // Nobody knows what became of it until it was compared.
            if self.entries[index].asked.is_some() {
                continue;
            }
            let change = match (&self.entries[index].known, dice) {
                (Known::Live { .. }, 0..40) => Change::Update(self.some_changes()),
                (Known::Live { .. }, 40..50) => Change::Delete,
                (Known::Deleted { .. }, 0..70) => Change::Restore,
                _ => continue,
            };
            self.entries[index].asked = Some(change);
            return index;
        }
        self.serial += 1;
        let name = format!("client {} customer {}", self.client, self.serial);
        let contested = self.rng.u8(0..10) == 0;
        let body = if contested {
            let number = contest.fetch_add(1, Ordering::Relaxed) / RIVALS;
            json!({ "name": &name, "externalId": format!("wanted {number}"), "custom": self.some_custom() })
        } else {
            let Self { client, serial, .. } = self;
            json!({
                "name": &name,
                "externalId": format!("crm-{client}-{serial}"),
                "emails": [{ "email": format!("c{client}.{serial}@acme.example"), "type": "work" },
                           { "email": format!("c{client}.{serial}@home.example") }],
                "phones": [{ "phone": format!("+1555{client:03}{serial:07}"), "type": "mobile" }],
                "socials": [{ "type": "twitter", "username": format!("c{client}x{serial}") }],
                "tags": [format!("tag {}", self.rng.u8(0..50))],
                "custom": self.some_custom(),
            })
        };
        let asked = Some(Change::Create(body));
        self.entries.push(Entry { name, contested, known: Known::Nothing, asked, touched: true });
        self.entries.len() - 1
    }

    fn some_custom(&mut self) -> Value {
        let length = self.rng.usize(10..800);
        let text: String = std::iter::repeat_with(|| self.rng.alphanumeric()).take(length).collect();
        json!({ "noteTxt": text, "scoreNum": self.rng.u32(..), "churnedBool": self.rng.bool() })
    }

    /// Identities come and go with updates too.
    fn some_changes(&mut self) -> Value {
        self.serial += 1;
        let (client, serial) = (self.client, self.serial);
        match self.rng.u8(0..3) {
            0 => json!({ "custom": self.some_custom() }),
            1 => json!({ "emails": [{ "email": format!("u{client}.{serial}@acme.example") }] }),
            _ => json!({ "phones": [], "custom": self.some_custom() }),
        }
    }
}

/// What to do after an answer.
enum Heard {
    GoOn,
    /// The customer was refused for good.
    NeverWas,
    SlowDown,
}

impl Entry {
    fn send(&self, client: &mut Client) -> io::Result<Answer> {
        let path = match &self.known {
            Known::Nothing => "/v1/customers".to_owned(),
            Known::Live { id, .. } | Known::Deleted { id, .. } => format!("/v1/customers/{id}"),
        };
        match &self.asked {
            Some(Change::Create(body)) => client.send("POST", &path, Some(&body.to_string())),
            Some(Change::Update(body)) => client.send("PATCH", &path, Some(&body.to_string())),
            Some(Change::Delete) => client.send("DELETE", &path, None),
            Some(Change::Restore) => client.send("POST", &format!("{path}/restore"), Some("{}")),
            None => client.get(&path),
        }
    }

    fn hear(&mut self, answer: &Answer, tally: &mut Tally) -> Heard {
        let is_create = matches!(self.asked, Some(Change::Create(_)));
        match (answer.status, &self.asked, &self.known) {
            (204, Some(Change::Delete), Known::Live { id, document }) => {
                self.known = Known::Deleted { id: id.clone(), rev: rev_of(document) + 1 };
            }
            (200 | 201, ..) if (answer.status == 201) == is_create => match document_of(&answer.body) {
                Some((id, document)) => self.known = Known::Live { id, document },
                None => tally.faults.push(format!("an answer without a record: {}", answer.body)),
            },
            (409, Some(Change::Create(_)), _) if self.contested => {
                tally.acknowledged += 1;
                return Heard::NeverWas;
            }
            // Somebody else took the identity while this one was deleted.
            (409, Some(Change::Restore), _) if self.contested => {}
            (503, ..) => {
                // Whether it was done is not known: it stays as asked.
                tally.turned_away += 1;
                if answer.retry_after.is_none() || answer.json()["errors"][0]["status"] != 503 {
                    tally.faults.push(format!("a 503 without Retry-After or in no dialect: {}", answer.body));
                }
                return Heard::SlowDown;
            }
            _ => {
                tally.faults.push(format!("{} to {}: {}", answer.status, self.name, answer.body));
                return Heard::SlowDown;
            }
        }
        tally.acknowledged += 1;
        self.asked = None;
        Heard::GoOn
    }
}

/// The id and the document in an answer; the document is the text of `data`, byte for byte.
fn document_of(body: &str) -> Option<(String, String)> {
    let document = body.strip_prefix("{\"data\":")?.strip_suffix('}')?;
    let parsed: Value = serde_json::from_str(document).ok()?;
    Some((parsed["id"].as_str()?.to_owned(), document.to_owned()))
}

/// The revision of a document.
pub(super) fn rev_of(document: &str) -> u64 {
    let parsed: Value = serde_json::from_str(document).unwrap_or(Value::Null);
    parsed["attributes"]["rev"].as_u64().unwrap_or(0)
}
