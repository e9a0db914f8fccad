//! A whole run: everything is set up first, then measured in rounds in turn, so that what the machine does meanwhile
//! falls on all alike.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::body::Numbers;
use crate::load::{self, Known};
use crate::report::{Costs, Report, Sample, Subject};
use crate::request::Work;
use crate::server::{Server, free_address};
use crate::sqlite::{Bare, Rows};
use crate::{pocketbase, postgres, usage};

/// Connections that work at the same time, each with one request in flight.
pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What every server does at each of them.
pub(crate) const EVERYWHERE: [Work; 3] = [Work::Create, Work::ReadById, Work::ReadByEmail];

/// The measured operations at 16 connections alone.
pub(crate) const ONCE: [Work; 5] = [Work::ReadByExternalId, Work::List, Work::Search, Work::Update, Work::Mixed];

/// Customers on PostgreSQL and PocketBase that are there before anything is measured.
const KNOWN: u64 = 2_000;

/// Creates after which memory is measured.
const BUSY: u64 = 100_000;

/// Starts of a server whose median is reported.
const STARTS: usize = 5;

/// Room that a customer of the large database takes, its copy and the log included, and that of all else, in bytes.
const ROOM_OF_CUSTOMER: u64 = 16_000;
const ROOM_OF_REST: u64 = 4_000_000_000;

/// What to measure, and how long.
pub(crate) struct Plan {
    pub(crate) kustodian: PathBuf,
    pub(crate) pocketbase: Option<PathBuf>,
    /// Customers of the large database.
    pub(crate) customers: u64,
    pub(crate) rounds: usize,
    /// How long each cell is measured in each round.
    pub(crate) time: Duration,
    /// Customers a round that bare SQLite writes once more.
    pub(crate) rewritten: u64,
}

/// Measures everything.
pub(crate) fn run(plan: &Plan) -> Result<Report> {
    // Beside the binaries, since a temporary folder may be memory, where a durable write costs nothing.
    let beside = plan.kustodian.parent().context("the server's path has no folder")?;
    usage::ensure_room(beside, ROOM_OF_REST + plan.customers * ROOM_OF_CUSTOMER)?;
    let folder =
        tempfile::Builder::new().prefix("bench-").tempdir_in(beside).context("cannot make a folder for data")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut run = Run { plan, folder: folder.path(), runtime, numbers: Numbers::default(), report: Report::default() };
    run.report.ours.program = std::fs::metadata(&plan.kustodian)?.len();

    let (new, rows) = run.prepare_new()?;
    let axum = run.prepare_axum(&new.known)?;
    let peer = plan.pocketbase.as_deref().map(|binary| run.prepare_peer(binary)).transpose()?;
    let large = run.prepare_large()?;
    let mut on_postgres = run.prepare_postgres()?;

    for round in 0..plan.rounds {
        let mut subjects: Vec<&Measured> =
            [Some(&new), Some(&axum), peer.as_ref(), Some(&large)].into_iter().flatten().collect();
        let turn = round % subjects.len();
        subjects.rotate_left(turn);
        for (work, connections) in cells() {
            for measured in &subjects {
                run.cell(measured, work, connections)?;
            }
        }
        run.bare(&rows, round, &large)?;
        if let Some(on_postgres) = &mut on_postgres {
            run.round_on_postgres(on_postgres)?;
        }
        println!("round {} of {} done", round + 1, plan.rounds);
    }
    if let Some((database, measured)) = on_postgres {
        drop(measured);
        database.remove(&run.runtime)?;
    }
    if let Some(peer) = peer {
        run.finish_peer(peer)?;
    }
    Ok(run.report)
}

/// Every kind of work, at as many connections as it is measured at.
fn cells() -> impl Iterator<Item = (Work, usize)> {
    let everywhere = CONNECTIONS.into_iter().flat_map(|width| EVERYWHERE.map(|work| (work, width)));
    everywhere.chain(ONCE.map(|work| (work, 16)))
}

/// A server, and who can be read there.
struct Measured {
    subject: Subject,
    server: Server,
    known: Known,
}

impl Measured {
    /// Whether it does this work, and enough of it to be reported.
    fn does(&self, work: Work, connections: usize) -> bool {
        match self.subject {
            Subject::Axum => EVERYWHERE.contains(&work),
            // It would read every record for a value inside a document.
            Subject::PocketBase => work != Work::Search,
            Subject::Large => work == Work::Create || connections == 16,
            _ => true,
        }
    }
}

struct Run<'a> {
    plan: &'a Plan,
    folder: &'a Path,
    runtime: Runtime,
    numbers: Numbers,
    report: Report,
}

impl Run<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn kustodian(&self, file: &Path) -> Result<Server> {
        Server::kustodian(&self.plan.kustodian, &format!("sqlite:{}", file.display()))
    }

    fn fill(&mut self, server: &Server, count: u64, keep: u64, connections: u64) -> Result<Known> {
        self.runtime.block_on(load::create_known(&server.target(), count, keep, connections, &mut self.numbers))
    }

    /// The server on a new database, and its rows there for bare SQLite to write once more.
    fn prepare_new(&mut self) -> Result<(Measured, Rows)> {
        for start in 0..STARTS {
            let server = self.kustodian(&self.file(&format!("start-{start}.db")))?;
            self.report.ours.cold_new.push(server.cold_start);
            self.report.ours.idle = usage::memory(server.process()).map(|memory| memory.resident);
            server.stop()?;
        }
        let file = self.file("new.db");
        let server = self.kustodian(&file)?;
        let count = self.plan.rewritten * self.plan.rounds as u64;
        let known = self.fill(&server, count, count, 64)?;
        let rows = Rows::of(&file, usize::try_from(count)?).context("cannot take the rows out of the database")?;
        println!("{} customers, of {} rows each and the words of their index", rows.len(), rows.each());
        Ok((Measured { subject: Subject::New, server, known }, rows))
    }

    fn prepare_axum(&self, known: &Known) -> Result<Measured> {
        let known = Known { customers: known.customers.clone(), answer: known.answer.clone() };
        Ok(Measured { subject: Subject::Axum, server: Server::floor(&known.answer)?, known })
    }

    fn prepare_peer(&mut self, binary: &Path) -> Result<Measured> {
        let mut costs = Costs { program: std::fs::metadata(binary)?.len(), ..Costs::default() };
        for start in 0..STARTS {
            let folder = self.file(&format!("peer-{start}"));
            let server = pocketbase::serve(binary, &folder, free_address()?, String::new())?;
            costs.cold_new.push(server.cold_start);
            server.stop()?;
            std::fs::remove_dir_all(folder)?;
        }
        let server = pocketbase::start(binary, &self.file("peer"))?;
        costs.idle = usage::memory(server.process()).map(|memory| memory.resident);
        let known = self.fill(&server, KNOWN, KNOWN, 16)?;
        self.report.peer = Some(costs);
        Ok(Measured { subject: Subject::PocketBase, server, known })
    }

    /// The server on a database with many customers, and a copy of its file for bare SQLite.
    fn prepare_large(&mut self) -> Result<Measured> {
        let customers = self.plan.customers;
        let file = self.file("large.db");
        let server = self.kustodian(&file)?;
        let start = std::time::Instant::now();
        let first = customers.min(BUSY);
        let keep = self.plan.rewritten;
        let mut known = self.fill(&server, first, keep, 64)?;
        self.report.ours.busy = usage::memory(server.process()).map(|memory| (first, memory.anonymous));
        if customers > first {
            known = self.fill(&server, customers - first, keep, 64)?;
        }
        println!("{customers} customers, {:.0}/s", customers as f64 / start.elapsed().as_secs_f64());
        server.stop()?;
        self.report.ours.disk = Some((customers, std::fs::metadata(&file)?.len()));
        std::fs::copy(&file, self.file("bare-large.db")).context("cannot copy the large database")?;
        for _ in 1..STARTS {
            let server = self.kustodian(&file)?;
            self.report.ours.cold_full.push(server.cold_start);
            server.stop()?;
        }
        let server = self.kustodian(&file)?;
        self.report.ours.cold_full.push(server.cold_start);
        Ok(Measured { subject: Subject::Large, server, known })
    }

    /// A new database on the PostgreSQL that the environment names; without one, prints which measurements are left out.
    fn prepare_postgres(&mut self) -> Result<Option<(postgres::Database, Measured)>> {
        let Ok(url) = std::env::var(postgres::URL) else {
            println!("PostgreSQL is left out: {} does not name a server", postgres::URL);
            return Ok(None);
        };
        let database = postgres::Database::make(&self.runtime, &url)?;
        let server = Server::kustodian(&self.plan.kustodian, &database.url)?;
        let known = self.fill(&server, KNOWN, KNOWN, 16)?;
        Ok(Some((database, Measured { subject: Subject::OnPostgres, server, known })))
    }

    fn cell(&mut self, measured: &Measured, work: Work, connections: usize) -> Result<()> {
        if !measured.does(work, connections) {
            return Ok(());
        }
        let process = measured.server.process();
        let before = usage::processor_seconds(process);
        let target = measured.server.target();
        let load = load::measure(&target, &measured.known, work, connections, self.plan.time, &mut self.numbers);
        let outcome = self.runtime.block_on(load)?;
        let used = before.zip(usage::processor_seconds(process)).map(|(before, after)| after - before);
        let sample = Sample {
            rate: outcome.requests as f64 / outcome.seconds,
            p99: Some(outcome.p99),
            processor: used.map(|used| used * 1e6 / outcome.requests.max(1) as f64),
            requests: outcome.requests,
        };
        self.report.add(measured.subject, work.name(), connections, sample);
        Ok(())
    }

    /// Bare SQLite on a new database, and on the copy of the large one.
    fn bare(&mut self, rows: &Rows, round: usize, large: &Measured) -> Result<()> {
        let create = Work::Create.name();
        for group in [1, 64] {
            let file = self.file("bare.db");
            let part = rows.len() / if group == 1 { 8 } else { 1 };
            let rate = Bare::new(&file, rows)?.write(rows, 0..part, group)?;
            self.report.add(Subject::BareNew, create, group, Sample::rate(rate));
            std::fs::remove_file(file)?;
        }
        let part = rows.len() / self.plan.rounds;
        let bare = Bare::on(&self.file("bare-large.db"))?;
        let rate = bare.write(rows, round * part..(round + 1) * part, 64)?;
        self.report.add(Subject::BareLarge, create, 64, Sample::rate(rate));
        let ids: Vec<String> = large.known.customers.iter().map(|customer| customer.id.clone()).collect();
        let rate = bare.read(&ids, self.plan.time)?;
        self.report.add(Subject::BareLarge, Work::ReadById.name(), 1, Sample::rate(rate));
        Ok(())
    }

    fn round_on_postgres(&mut self, (database, measured): &mut (postgres::Database, Measured)) -> Result<()> {
        for width in CONNECTIONS {
            for work in EVERYWHERE {
                self.cell(measured, work, width)?;
            }
        }
        for (work, rate) in database.measure(&self.runtime, &measured.known.answer, self.plan.time)? {
            self.report.add(Subject::BarePostgres, work, postgres::CONNECTIONS, Sample::rate(rate));
        }
        Ok(())
    }

    fn finish_peer(&mut self, peer: Measured) -> Result<()> {
        let made = KNOWN + self.report.requests(Subject::PocketBase, Work::Create);
        let memory = usage::memory(peer.server.process());
        let target = peer.server.target();
        peer.server.stop()?;
        let folder = self.file("peer");
        let bytes = usage::bytes_in(&folder)?;
        let Some(costs) = &mut self.report.peer else { return Ok(()) };
        costs.busy = memory.map(|memory| (made, memory.anonymous));
        costs.disk = Some((made, bytes));
        let Some(binary) = &self.plan.pocketbase else { return Ok(()) };
        for _ in 0..STARTS {
            let server = pocketbase::serve(binary, &folder, target.address, target.token.clone())?;
            costs.cold_full.push(server.cold_start);
            server.stop()?;
        }
        Ok(())
    }
}
