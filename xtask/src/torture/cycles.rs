//! The heart of it: load, a strike at a random moment, a restart, and a comparison; again and again.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;

use serde_json::json;

use super::check::{self, Snapshot};
use super::http::Client;
use super::imports::Import;
use super::load::{self, Entry, Known, Ledger, Tally};
use super::server::{Recipe, Server};
use super::{Outcome, Rig, sqlite};
use forgetful_disk::{Cut, Fate, Shim};

/// How many cycles a database lives.
const CYCLES_PER_DATABASE: usize = 25;

/// How many customers are read over HTTP after each strike.
const READ_OVER_HTTP: usize = 60;

/// The target of the strikes, and their means.
pub(super) trait Ground {
    fn recipe(&self) -> &Recipe;
    fn shim(&self) -> Option<&Shim>;
    /// Does the worst, while clients write. Gives the server back if that still runs.
    fn strike(&mut self, server: Server, rng: &mut Rng) -> Result<Option<Server>>;
    /// The fate of a server that was killed while it started.
    fn struck_at_start(&mut self, _: &mut Rng) -> Result<()> {
        Ok(())
    }
    /// Reads the database; the server runs, and nobody writes.
    fn look(&self) -> Result<Snapshot>;
    /// The effects of the strikes, to be reported.
    fn told(&self) -> String;
}

/// Strikes `cycles` times; `make` makes the ground for each database.
pub(super) fn run<G: Ground>(
    rig: &Rig,
    name: &str,
    cycles: usize,
    mut make: impl FnMut(usize) -> Result<G>,
) -> Result<Outcome> {
    let mut rng = rig.rng(name);
    let (mut tally, mut held, mut starts_killed, mut told) = (Tally::default(), 0, 0, Vec::new());
    let (mut outcome, mut importers_killed) = (Outcome::default(), 0);
    for database in 0..cycles.div_ceil(CYCLES_PER_DATABASE) {
        let mut ground = make(database)?;
        let (mut ledgers, contest) = (load::ledgers(&mut rng), AtomicU64::new(0));
        // Making a database is a moment to be killed in too, and so is recovering it.
        starts_killed += kill_while_starting(&mut ground, &mut rng)?;
        let mut server = Some(Server::start(ground.recipe(), ground.shim())?);
        let mut import = Import::of_folder(&rig.program, &rig.folder(&format!("{name}-import-{database}"))?)?;
        for cycle in database * CYCLES_PER_DATABASE..cycles.min((database + 1) * CYCLES_PER_DATABASE) {
            let running = server.take().context("no server runs")?;
            let address = running.address();
            import.go_on(address)?;
            let moment = Duration::from_micros(rng.u64(20_000..900_000));
            let mut struck = Ok(None);
            tally += load::run(address, &mut ledgers, &contest, || {
                std::thread::sleep(moment);
                struck = ground.strike(running, &mut rng);
            });
            import.strike(&mut rng)?;
            let mut restarted = struck?;
            if restarted.is_none() {
                if rng.u8(0..4) == 0 {
                    starts_killed += kill_while_starting(&mut ground, &mut rng)?;
                }
                restarted = Some(Server::start(ground.recipe(), ground.shim())?);
            }
            let running = restarted.context("no server runs")?;
            let mut findings = check::compare(&ground.look()?, &mut ledgers);
            findings.lost.extend(ground.recipe().check()?);
            held += findings.held;
            let (talked, lost) = compare_over_http(&running, &mut ledgers)?;
            held += talked;
            let lost = findings.lost.into_iter().chain(lost);
            outcome.lost.extend(lost.map(|loss| format!("cycle {cycle}: {loss}")));
            if !outcome.lost.is_empty() {
                outcome.lost.push(format!("the server's log ends: {}", ground.recipe().last_words()));
                break;
            }
            server = Some(running);
        }
        importers_killed += import.kills;
        if let Some(running) = &server {
            let (imported, lost) = import.end(running)?;
            held += imported;
            outcome.lost.extend(lost);
        }
        told.push(ground.told());
        if !outcome.lost.is_empty() {
            break;
        }
    }
    outcome.lost.append(&mut tally.faults);
    outcome.tried = format!(
        "{cycles} strikes, {starts_killed} kills while starting and {importers_killed} of imports, {} writes acknowledged, {} unsure, {} turned away; \
         {held} comparisons; {}",
        tally.acknowledged,
        tally.unsure,
        tally.turned_away,
        told.pop().unwrap_or_default()
    );
    Ok(outcome)
}

/// Starts a server and kills it before or after it listens, once or several times.
fn kill_while_starting(ground: &mut impl Ground, rng: &mut Rng) -> Result<u64> {
    let times = rng.u64(1..4);
    for _ in 0..times {
        let after = Duration::from_micros(rng.u64(1_000..150_000));
        Server::start_and_kill(ground.recipe(), ground.shim(), after)?;
        ground.struck_at_start(rng)?;
    }
    Ok(times)
}

/// Reads some of the customers that were worked on, and searches for them, all messages and merges, and some of the bulk writes;
/// how many of those are as acknowledged, and the differences.
pub(super) fn compare_over_http(server: &Server, ledgers: &mut [Ledger]) -> Result<(u64, Vec<String>)> {
    let mut client = server.client();
    let (mut held, mut lost) = (0, Vec::new());
    for ledger in ledgers.iter_mut() {
        let (as_acknowledged, wrong) = ledger.talk.compare(&mut client)?;
        held += as_acknowledged;
        lost.extend(wrong);
        let (as_acknowledged, wrong) = ledger.jobs.compare(&mut client)?;
        held += as_acknowledged;
        lost.extend(wrong);
        let (as_acknowledged, wrong) = ledger.unions.compare(&mut client)?;
        held += as_acknowledged;
        lost.extend(wrong);
    }
    let touched = ledgers.iter_mut().flat_map(|ledger| ledger.entries.iter_mut()).filter(|entry| entry.touched);
    for (index, entry) in touched.enumerate() {
        entry.touched = false;
        if index % 8 != 0 || index / 8 >= READ_OVER_HTTP {
            continue;
        }
        lost.extend(search_over_http(&mut client, entry)?);
        match &entry.known {
            Known::Live { id, document } => {
                let answer = client.get(&format!("/v1/customers/{id}"))?;
                if answer.status != 200 || answer.body != format!("{{\"data\":{document}}}") {
                    lost.push(format!("{}: reads as {} {}", entry.name, answer.status, answer.body));
                }
            }
            Known::Deleted { id, .. } => {
                let status = client.get(&format!("/v1/customers/{id}"))?.status;
                if status != 404 {
                    lost.push(format!("{}: is deleted and reads as {status}", entry.name));
                }
            }
            Known::Nothing => {}
        }
    }
    Ok((held, lost))
}

/// Searches for a customer by its name, which no other has: it is found while it is there. The first search after a kill
/// finds customers that the index does not know yet.
fn search_over_http(client: &mut Client, entry: &Entry) -> Result<Option<String>> {
    let expected: Vec<&str> = match &entry.known {
        Known::Live { id, .. } => vec![id],
        Known::Deleted { .. } => Vec::new(),
        Known::Nothing => return Ok(None),
    };
    let body = json!({ "and": [{ "customer_name": { "equals": &entry.name } }] }).to_string();
    let answer = client.send("POST", "/v1/customers/search", Some(&body))?;
    let found = answer.json();
    let found: Vec<&str> =
        found["data"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
    let is_right = answer.status == 200 && found == expected;
    Ok((!is_right).then(|| format!("{}: a search finds {} {found:?}, not {expected:?}", entry.name, answer.status)))
}

/// SQLite, and the server killed.
struct Killed {
    recipe: Recipe,
    folder: std::path::PathBuf,
}

/// `kill -9` of a server on SQLite.
pub(super) fn kill(rig: &Rig) -> Result<Outcome> {
    run(rig, "kill", rig.cycles, |database| {
        let folder = rig.folder(&format!("kill-{database}"))?;
        let recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
        Ok(Killed { recipe, folder })
    })
}

impl Ground for Killed {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn shim(&self) -> Option<&Shim> {
        None
    }

    fn strike(&mut self, server: Server, _: &mut Rng) -> Result<Option<Server>> {
        server.kill()?;
        Ok(None)
    }

    fn look(&self) -> Result<Snapshot> {
        sqlite::look(&self.folder)
    }

    fn told(&self) -> String {
        moved(&self.folder)
    }
}

/// How much the last database's log had been moved into its file: kills came in the middle of that too.
fn moved(folder: &Path) -> String {
    let bytes = std::fs::metadata(folder.join("torture.db")).map_or(0, |about| about.len());
    format!("integrity_check clean; {} kB moved from the log into the file", bytes / 1024)
}

/// SQLite, and the power cut.
struct Cutting<'a> {
    recipe: Recipe,
    folder: std::path::PathBuf,
    shim: Shim,
    total: &'a std::cell::Cell<Cut>,
}

/// Power cuts of a server on SQLite: half as many as there are kills.
pub(super) fn power(rig: &Rig) -> Result<Outcome> {
    let total = std::cell::Cell::new(Cut::default());
    run(rig, "power", rig.cycles.div_ceil(2), |database| {
        let folder = rig.folder(&format!("power-{database}"))?;
        let shim = Shim::new(&rig.library, &folder, &rig.folder(&format!("power-{database}-notes"))?)?;
        let recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
        Ok(Cutting { recipe, folder, shim, total: &total })
    })
}

impl Cutting<'_> {
    fn cut(&self, rng: &mut Rng) -> Result<()> {
        let fate = *rng.choice(&[Fate::All, Fate::Since, Fate::Any]).unwrap_or(&Fate::All);
        let mut total = self.total.get();
        total += self.shim.cut(rng, fate)?;
        self.total.set(total);
        Ok(())
    }
}

impl Ground for Cutting<'_> {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn shim(&self) -> Option<&Shim> {
        Some(&self.shim)
    }

    fn strike(&mut self, server: Server, rng: &mut Rng) -> Result<Option<Server>> {
        server.kill()?;
        self.cut(rng)?;
        Ok(None)
    }

    fn struck_at_start(&mut self, rng: &mut Rng) -> Result<()> {
        self.cut(rng)
    }

    fn look(&self) -> Result<Snapshot> {
        sqlite::look(&self.folder)
    }

    fn told(&self) -> String {
        let Cut { unsynced, sectors_forgotten, sectors_kept, files_forgotten } = self.total.get();
        format!(
            "{unsynced} unsynced writes: {sectors_forgotten} sectors and {files_forgotten} files forgotten, \
             {sectors_kept} sectors kept; {}",
            moved(&self.folder)
        )
    }
}

/// After a strike everything must be as acknowledged; the last part of the scenarios that strike by other means.
pub(super) fn settle(
    recipe: &Recipe,
    server: &Server,
    folder: &Path,
    ledgers: &mut [Ledger],
) -> Result<(u64, Vec<String>)> {
    let mut findings = check::compare(&sqlite::look(folder)?, ledgers);
    findings.lost.extend(recipe.check()?);
    let (talked, lost) = compare_over_http(server, ledgers)?;
    findings.lost.extend(lost);
    Ok((findings.held + talked, findings.lost))
}

/// SIGTERM under load, a fifth as often as SIGKILL: the server ends in good order, and what it had acknowledged is
/// there.
pub(super) fn stop(rig: &Rig) -> Result<Outcome> {
    run(rig, "stop", rig.cycles.div_ceil(5), |database| {
        let folder = rig.folder(&format!("stop-{database}"))?;
        Ok(Stopped(Killed { recipe: Recipe::sqlite(&rig.program, &folder, &rig.home), folder }))
    })
}

struct Stopped(Killed);

impl Ground for Stopped {
    fn recipe(&self) -> &Recipe {
        self.0.recipe()
    }

    fn shim(&self) -> Option<&Shim> {
        None
    }

    fn strike(&mut self, server: Server, _: &mut Rng) -> Result<Option<Server>> {
        let code = server.stop()?;
        anyhow::ensure!(code == Some(0), "the server ended with {code:?} on SIGTERM");
        Ok(None)
    }

    fn look(&self) -> Result<Snapshot> {
        self.0.look()
    }

    fn told(&self) -> String {
        format!("exit code 0 each time; {}", self.0.told())
    }
}
