//! File descriptors used up.

use std::net::TcpStream;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::http::Client;
use super::server::{Recipe, Server};
use super::{Outcome, Rig, cycles, disk, load};

/// How many files the server may have open.
const LIMIT: usize = 96;

/// A server that may open few files meets more clients than that: those it has are still served, and when they are
/// gone it takes new ones.
pub(super) fn run(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("descriptors")?;
    let mut recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
    recipe.before = Some(format!("ulimit -n {LIMIT}"));
    let mut server = Server::start(&recipe, None)?;
    let (mut ledgers, contest) = (load::ledgers(&mut rig.rng("descriptors")), AtomicU64::new(0));
    let mut inside = server.client();
    let witness = disk::create(&mut inside, 201)?;
    // The kernel takes into its queue those that the server cannot, until that is full too.
    let join = || TcpStream::connect_timeout(&server.address(), Duration::from_millis(300)).ok();
    let crowd: Vec<_> = (0..3 * LIMIT).map_while(|_| join()).collect();
    ensure!(crowd.len() > LIMIT, "only {} connections were taken", crowd.len());
    for _ in 0..50 {
        disk::create(&mut inside, 201).context("while no descriptor was left")?;
        ensure!(inside.get(&witness)?.status == 200, "a read failed while no descriptor was left");
    }
    ensure!(server.lives(), "the server ended: {}", recipe.last_words());
    let waiting = crowd.len();
    drop(crowd);
    let begin = Instant::now();
    let mut newcomer = Client::new(server.address());
    while newcomer.get("/healthz").map_or(0, |answer| answer.status) != 200 {
        if begin.elapsed() > Duration::from_secs(30) {
            bail!("no new connection is served after the crowd left");
        }
    }
    let tally = load::run(server.address(), &mut ledgers, &contest, || std::thread::sleep(Duration::from_millis(500)));
    server.kill()?;
    recipe.before = None;
    server = Server::start(&recipe, None)?;
    let (held, lost) = cycles::settle(&recipe, &server, &folder, &mut ledgers)?;
    server.kill()?;
    let tried = format!(
        "{waiting} connections to a server that may open {LIMIT} files: those inside were served, newcomers once the \
         crowd had left; {} writes acknowledged, {held} comparisons",
        tally.acknowledged
    );
    Ok(Outcome { tried, lost: lost.into_iter().chain(tally.faults).collect() })
}
