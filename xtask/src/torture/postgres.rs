//! PostgreSQL: the server killed, and the database killed under it, in a cluster of this run's own.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use serde_json::Value;

use super::check::{Event, Record, Snapshot};
use super::cycles::{self, Ground};
use super::disk::wait_for_write;
use super::server::{Recipe, Server};
use super::{Outcome, Rig, neighbour};
use crate::{postgres, process};
use forgetful_disk::Shim;

/// How long the cluster may take to start and to recover; and the events to get their positions.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A cluster. Dropped, it ends.
struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    postmaster: Option<Child>,
}

impl Cluster {
    fn make(folder: PathBuf) -> Result<Self> {
        let programs = postgres::programs()?;
        if postgres::is_root() {
            process::succeed(process::program("chown").arg("postgres").arg(&folder))?;
        }
        let mut initdb = postgres::as_owner(&programs.join("initdb"));
        initdb.args(["--username=kustodian", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("-D").arg(folder.join("data")).current_dir(&folder);
        process::succeed(initdb.stdout(Stdio::null()))?;
        let mut cluster = Self { programs, folder, postmaster: None };
        cluster.start()?;
        Ok(cluster)
    }

    /// Starts it, also over what a killed one left: that one's processes hold its memory for a moment, and until they
    /// are gone a start is refused.
    fn start(&mut self) -> Result<()> {
        let begin = Instant::now();
        loop {
            if self.postmaster.as_mut().is_none_or(|postmaster| !matches!(postmaster.try_wait(), Ok(None))) {
                self.postmaster = Some(self.spawn()?);
            }
            let mut ready = process::program(self.programs.join("pg_isready"));
            if ready.arg("-q").arg("-h").arg(&self.folder).status()?.success() {
                return Ok(());
            }
            if begin.elapsed() > READY_WITHIN {
                bail!("PostgreSQL did not start; its log is {}", self.folder.join("log").display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn spawn(&self) -> Result<Child> {
        let mut command = postgres::as_owner(&self.programs.join("postgres"));
        command.arg("-D").arg(self.folder.join("data"));
        for setting in ["listen_addresses=", "max_connections=100", "shared_buffers=64MB", "fsync=on"] {
            command.args(["-c", setting]);
        }
        command.args(["-c", &format!("unix_socket_directories={}", self.folder.display())]);
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        command.current_dir("/").stdout(log.try_clone()?).stderr(log);
        command.spawn().context("cannot start PostgreSQL")
    }

    fn url(&self, database: &str) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://kustodian@{host}/{database}")
    }

    /// The lines that statements answer.
    fn ask(&self, database: &str, statements: &[String]) -> Result<Vec<String>> {
        let mut psql = process::program(self.programs.join("psql"));
        psql.args(["-U", "kustodian", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database]);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        let answer = process::output(psql.arg("-h").arg(&self.folder).env("PGCLIENTENCODING", "UTF8"))?;
        Ok(String::from_utf8(answer)?.lines().map(str::to_owned).collect())
    }

    /// The same of one moment of the database.
    fn ask_at_once(&self, database: &str, statements: &[String]) -> Result<Vec<String>> {
        let begin = ["BEGIN ISOLATION LEVEL REPEATABLE READ".to_owned()];
        self.ask(database, &[&begin, statements].concat())
    }

    /// Kills the postmaster, or only one of its processes, after which it restarts all others by itself.
    fn kill(&mut self, rng: &mut Rng) -> Result<&'static str> {
        let postmaster = self.postmaster.as_mut().context("no PostgreSQL runs")?;
        if rng.bool() {
            postmaster.kill()?;
            postmaster.wait()?;
            std::thread::sleep(Duration::from_millis(rng.u64(0..300)));
            self.start()?;
            return Ok("postmaster");
        }
        let children = children(postmaster.id());
        let victim = rng.choice(&children).context("PostgreSQL has no processes")?;
        // It may have ended by itself meanwhile.
        drop(process::program("kill").args(["-KILL", &victim.to_string()]).stderr(Stdio::null()).status());
        std::thread::sleep(Duration::from_millis(100));
        self.start()?;
        Ok("process")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            drop(
                process::program("kill").args([OsStr::new("-INT"), OsStr::new(&postmaster.id().to_string())]).status(),
            );
            drop(postmaster.wait());
        }
    }
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name, in parentheses, may have spaces in it.
        let parent_of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    let mut children: Vec<u32> = ids.filter(is_child).collect();
    children.sort_unstable();
    children
}

/// A database on a cluster that several share.
struct Place {
    cluster: Rc<std::cell::RefCell<Cluster>>,
    database: String,
    recipe: Recipe,
    victim: Victim,
    told: Vec<&'static str>,
}

#[derive(Clone, Copy)]
enum Victim {
    Server,
    Database,
}

/// `kill -9` of a server on PostgreSQL, a quarter as often as on SQLite.
pub(super) fn kill_server(rig: &Rig) -> Result<Outcome> {
    run(rig, "postgres-server", rig.cycles.div_ceil(4), Victim::Server)
}

/// `kill -9` of PostgreSQL under a server, which continues by itself: an eighth as often.
pub(super) fn kill_database(rig: &Rig) -> Result<Outcome> {
    run(rig, "postgres-database", rig.cycles.div_ceil(8), Victim::Database)
}

/// An org whose neighbour repeats expensive searches.
pub(super) fn neighbour(rig: &Rig) -> Result<Outcome> {
    let cluster = Cluster::make(rig.folder("postgres-neighbour")?)?;
    cluster.ask("postgres", &["CREATE DATABASE neighbour".to_owned()])?;
    neighbour::run(rig, &Recipe::new(&rig.program, cluster.url("neighbour"), &rig.home))
}

fn run(rig: &Rig, name: &str, cycles: usize, victim: Victim) -> Result<Outcome> {
    let cluster = OnceCell::new();
    cycles::run(rig, name, cycles, |number| {
        if cluster.get().is_none() {
            let made = Cluster::make(rig.folder(name)?)?;
            drop(cluster.set(Rc::new(std::cell::RefCell::new(made))));
        }
        let cluster = Rc::clone(cluster.get().context("a cluster was made")?);
        let database = format!("torture_{number}");
        cluster.borrow().ask("postgres", &[format!("CREATE DATABASE {database}")])?;
        let url = cluster.borrow().url(&database);
        let recipe = Recipe::new(&rig.program, url, Path::new(&rig.home));
        Ok(Place { cluster, database, recipe, victim, told: Vec::new() })
    })
}

impl Place {
    /// Everything that matters, as of one moment: servers may write. Nothing while events have no position yet.
    fn snapshot(&self) -> Result<Option<Snapshot>> {
        let rows = |table: &str, columns: &str, from: &str| {
            format!("SELECT json_build_array('{table}', {columns}) FROM {from}")
        };
        let lines = self.cluster.borrow().ask_at_once(
            &self.database,
            &[
                rows("waiting", "count(*)", "outbox"),
                // A row of JSON each, so that every document is read byte for byte.
                rows("customer", "id, rev, deleted, document", "customers"),
                rows("tag", "id", "tags WHERE NOT deleted"),
                rows("claim", "owner, kind", "claims"),
                rows(
                    "event",
                    "kind, record, rev, coalesce(position, 0)",
                    "events LEFT JOIN positions USING (record, org, kind, rev)",
                ),
                rows("position", "coalesce(sum(position), 0)", "feeds"),
                rows("live", "coalesce(sum(live), 0)", "live_counts WHERE kind = 'customer'"),
            ],
        )?;
        let mut snapshot = Snapshot::default();
        for line in lines {
            let row: Vec<Value> = serde_json::from_str(&line)?;
            let text = |column: usize| row[column].as_str().unwrap_or_default().to_owned();
            let number = |column: usize| row[column].as_u64().context("no number");
            match text(0).as_str() {
                "waiting" if number(1)? > 0 => return Ok(None),
                "waiting" => {}
                "customer" => snapshot.customers.push(Record {
                    id: text(1),
                    rev: number(2)?,
                    deleted: row[3] == true,
                    document: text(4),
                }),
                "tag" => snapshot.tags.push(text(1)),
                "claim" => snapshot.claims.push((text(1), text(2))),
                "event" => snapshot.events.push(Event {
                    kind: text(1),
                    record: text(2),
                    rev: number(3)?,
                    position: number(4)?,
                }),
                "position" => snapshot.last_position = number(1)?,
                "live" => snapshot.live = number(1)?,
                other => bail!("a row of no table: {other}"),
            }
        }
        Ok(Some(snapshot))
    }
}

impl Ground for Place {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn shim(&self) -> Option<&Shim> {
        None
    }

    fn strike(&mut self, server: Server, rng: &mut Rng) -> Result<Option<Server>> {
        match self.victim {
            Victim::Server => {
                server.kill()?;
                Ok(None)
            }
            Victim::Database => {
                self.told.push(self.cluster.borrow_mut().kill(rng)?);
                wait_for_write(&mut server.client(), 201).context("after PostgreSQL was back")?;
                Ok(Some(server))
            }
        }
    }

    fn look(&self) -> Result<Snapshot> {
        let begin = Instant::now();
        loop {
            if let Some(snapshot) = self.snapshot()? {
                return Ok(snapshot);
            }
            if begin.elapsed() > READY_WITHIN {
                bail!("events are still without a position");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn told(&self) -> String {
        let count = |what: &str| self.told.iter().filter(|told| **told == what).count();
        match self.victim {
            Victim::Server => "positions without a hole".to_owned(),
            Victim::Database => format!(
                "the postmaster {} times and one of its processes {} times; the server went on by itself",
                count("postmaster"),
                count("process")
            ),
        }
    }
}
