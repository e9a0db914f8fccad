//! Disks that are full, read-only, or broken for a while.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::http::{Answer, Client};
use super::server::{Recipe, Server};
use super::{Outcome, Rig, cycles, load};
use crate::process;
use forgetful_disk::{Fate, INPUT_OUTPUT, NO_SPACE, READ_ONLY, Shim, Word};

/// How large the small disk is, in MiB, and how much of it is left when it is made full: enough for some hundred writes.
const DISK: usize = 48;
const LEFT: u64 = 2;

/// How long the server may take to find out that the disk is well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(30);

/// A file system in memory. Dropped, it is taken down.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one; `None` where that is not allowed.
    fn mount(folder: &Path) -> Option<Self> {
        let mut mount = process::program("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK}m,mode=700"), "tmpfs"]).arg(folder);
        let done = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        done.then(|| Self { folder: folder.to_owned() })
    }

    fn remount(&self, access: &str) -> Result<()> {
        process::succeed(process::program("mount").args(["-o", &format!("remount,{access}")]).arg(&self.folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what still holds a file on it ends soon.
        drop(process::program("umount").arg("-l").arg(&self.folder).status());
    }
}

/// What stops writes, and lets them continue: a disk that is really full, or a shim that says it is.
enum Full<'a> {
    Disk { ballast: PathBuf },
    Played(&'a Shim),
}

impl Full<'_> {
    fn begin(&self) -> Result<()> {
        match self {
            Self::Disk { ballast } => {
                let mut file = fs::File::create(ballast)?;
                while file.write_all(&[1; 64 * 1024]).is_ok() {}
                Ok(file.set_len(file.metadata()?.len().saturating_sub(LEFT * 1024 * 1024))?)
            }
            Self::Played(shim) => shim.set(Word::Writes, NO_SPACE),
        }
    }

    fn end(&self) -> Result<()> {
        match self {
            Self::Disk { ballast } => Ok(fs::remove_file(ballast)?),
            Self::Played(shim) => shim.set(Word::Writes, 0),
        }
    }
}

/// A disk that runs full under load, is full during a kill and a restart, and has room again.
pub(super) fn full(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("disk-full")?;
    let disk = SmallDisk::mount(&folder);
    let shim = Shim::new(&rig.library, &folder, &rig.folder("disk-full-notes")?)?;
    let recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
    let full = match &disk {
        Some(_) => Full::Disk { ballast: folder.join("ballast") },
        None => Full::Played(&shim),
    };
    let loaded = disk.is_none().then_some(&shim);

    let (mut ledgers, contest) = (load::ledgers(&mut rig.rng("disk-full")), AtomicU64::new(0));
    let mut server = Server::start(&recipe, loaded)?;
    let mut tally =
        load::run(server.address(), &mut ledgers, &contest, || std::thread::sleep(Duration::from_millis(500)));
    let mut client = server.client();
    let witness = create(&mut client, 201)?;
    full.begin()?;
    let mut noticed = Ok(());
    tally += load::run(server.address(), &mut ledgers, &contest, || {
        noticed = wait_for_write(&mut client, 503)
            .and_then(|()| wait_for_title(&mut client, "The disk of the database is full"));
        std::thread::sleep(Duration::from_millis(500));
    });
    noticed.context("writes still succeed although the disk is full")?;
    ensure!(tally.turned_away > 0, "nobody was turned away");
    ensure!(client.get(&witness)?.status == 200, "no reads while the disk is full");
    ensure!(client.get("/healthz")?.status == 200, "not alive while the disk is full");
    wait_until_unready(&mut client)?;
    // By itself, with no restart.
    full.end()?;
    wait_for_write(&mut client, 201).context("with room again")?;
    full.begin()?;
    tally += load::run(server.address(), &mut ledgers, &contest, || {
        drop(wait_for_write(&mut client, 503));
    });
    server.kill()?;
    // A start on a full disk either serves or says why not.
    let start = match Server::try_start(&recipe, loaded)? {
        Ok(started) => {
            started.kill()?;
            "a start on it served".to_owned()
        }
        Err(words) => format!("a start on it said \"{}\"", words.lines().last().unwrap_or_default()),
    };
    full.end()?;
    server = Server::start(&recipe, loaded)?;
    wait_for_write(&mut server.client(), 201)?;
    let (held, mut lost) = cycles::settle(&recipe, &server, &folder, &mut ledgers)?;
    let how = if disk.is_some() { "a tmpfs" } else { "played by the shim, as this user may mount none" };
    // The server moves its log into the file, so that there is no room left in it.
    server.stop()?;
    let rebuilt = match &disk {
        Some(_) => rebuild_index(&recipe, &folder.join("ballast"), &mut lost)?,
        None => "reindex was left out".to_owned(),
    };
    let tried = format!(
        "{how}: {} writes acknowledged, {} turned away with 503; reads went on; {start}; went on by itself with room \
         again; {rebuilt}; {held} comparisons",
        tally.acknowledged, tally.turned_away
    );
    Ok(Outcome { tried, lost: lost.into_iter().chain(tally.faults).collect() })
}

/// Rebuilds the search index on a disk without a free byte: that is refused with its reason, and leaves the database as it
/// was. With room again it is done.
fn rebuild_index(recipe: &Recipe, ballast: &Path, lost: &mut Vec<String>) -> Result<String> {
    let mut file = fs::File::create(ballast)?;
    while file.write_all(&[1; 4096]).is_ok() {}
    drop(file);
    let mut reindex = process::program(&recipe.program);
    let refused = reindex.args(["reindex", "--database", &recipe.database]).output()?;
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    let words = words.lines().last().unwrap_or_default();
    ensure!(refused.status.code() == Some(1), "reindex on a full disk ended with {}: {words}", refused.status);
    ensure!(words.contains("is full"), "reindex does not say that the disk is full: {words}");
    fs::remove_file(ballast)?;
    lost.extend(recipe.check()?);
    let rebuilt = recipe.output(&["reindex"])?;
    lost.extend(recipe.check()?);
    Ok(format!("reindex on it said \"{words}\", and with room again \"{rebuilt}\""))
}

/// A disk that is read-only when the server starts.
pub(super) fn read_only(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("disk-read-only")?;
    let Some(disk) = SmallDisk::mount(&folder) else {
        return Ok(Outcome { tried: "left out: this user may mount no disk".to_owned(), lost: Vec::new() });
    };
    let mut recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
    let (mut ledgers, contest) = (load::ledgers(&mut rig.rng("disk-read-only")), AtomicU64::new(0));
    let server = Server::start(&recipe, None)?;
    let tally = load::run(server.address(), &mut ledgers, &contest, || std::thread::sleep(Duration::from_millis(300)));
    server.stop()?;
    disk.remount("ro")?;
    let mut told = Vec::new();
    for arguments in [&[][..], &["--read-only"][..]] {
        recipe.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        match Server::try_start(&recipe, None)? {
            Ok(started) => {
                ensure!(started.client().get("/healthz")?.status == 200, "a server that started does not serve");
                let status = started.client().send("POST", "/v1/customers", Some("{}"))?.status;
                ensure!(status == 503, "a write on a read-only disk is answered {status}");
                told.push(format!("serve {arguments:?} turned writes away"));
            }
            Err(words) => {
                let words = words.lines().last().unwrap_or_default().to_owned();
                ensure!(words.contains("torture.db"), "it does not name the read-only file: {words}");
                told.push(format!("serve {arguments:?} ended and said why"));
            }
        }
    }
    disk.remount("rw")?;
    recipe.arguments.clear();
    let server = Server::start(&recipe, None)?;
    let (held, lost) = cycles::settle(&recipe, &server, &folder, &mut ledgers)?;
    server.kill()?;
    let tried = format!("{} writes acknowledged; {}; {held} comparisons", tally.acknowledged, told.join("; "));
    Ok(Outcome { tried, lost: lost.into_iter().chain(tally.faults).collect() })
}

/// A disk on which writes, then syncs fail for a while under load; and after each time the power is cut.
pub(super) fn errors(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("disk-errors")?;
    let shim = Shim::new(&rig.library, &folder, &rig.folder("disk-errors-notes")?)?;
    let recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
    let mut rng = rig.rng("disk-errors");
    let (mut ledgers, contest) = (load::ledgers(&mut rng), AtomicU64::new(0));
    let mut outcome = Outcome::default();
    let mut told = load::Tally::default();
    let mut held = 0;
    let faults = [(Word::Writes, INPUT_OUTPUT), (Word::Syncs, INPUT_OUTPUT), (Word::Writes, READ_ONLY)];
    for (word, number) in faults {
        let server = Server::start(&recipe, Some(&shim))?;
        let mut done = Ok(());
        told += load::run(server.address(), &mut ledgers, &contest, || {
            done = trouble(&server, &shim, word, number);
        });
        done.with_context(|| format!("with errno {number}"))?;
        server.kill()?;
        shim.cut(&mut rng, Fate::All)?;
        let server = Server::start(&recipe, Some(&shim))?;
        let (compared, lost) = cycles::settle(&recipe, &server, &folder, &mut ledgers)?;
        held += compared;
        outcome.lost.extend(lost.into_iter().map(|loss| format!("after errno {number}: {loss}")));
        server.kill()?;
    }
    outcome.lost.append(&mut told.faults);
    outcome.tried = format!(
        "writes answered EIO, syncs answered EIO, writes answered EROFS, each in bursts and ending in a power cut: {} \
         writes acknowledged, {} turned away with 503; reads went on; {held} comparisons",
        told.acknowledged, told.turned_away
    );
    Ok(outcome)
}

/// Three bursts of an error; after each the server continues by itself.
fn trouble(server: &Server, shim: &Shim, word: Word, number: i64) -> Result<()> {
    let mut client = server.client();
    let witness = create(&mut client, 201)?;
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(200));
        shim.set(word, number)?;
        let noticed = wait_for_write(&mut client, 503);
        let read = client.get(&witness)?.status;
        shim.set(word, 0)?;
        noticed?;
        ensure!(read == 200, "a read was answered {read} meanwhile");
        wait_for_write(&mut client, 201).context("after the disk was well again")?;
    }
    Ok(())
}

/// Makes a customer; its path. Fails when the answer has another status.
pub(super) fn create(client: &mut Client, status: u16) -> Result<String> {
    let answer = client.send("POST", "/v1/customers", Some("{}"))?;
    ensure!(answer.status == status, "a create was answered {} {}", answer.status, answer.body);
    let path = answer.json()["data"]["links"]["self"].as_str().map(str::to_owned);
    Ok(path.unwrap_or_default())
}

/// A disk on which a group of writes found no room may have some for a small one: readiness ends with the last of it.
fn wait_until_unready(client: &mut Client) -> Result<()> {
    let begin = Instant::now();
    while client.get("/readyz")?.status != 503 {
        let status = client.send("POST", "/v1/customers", Some("{}"))?.status;
        ensure!(begin.elapsed() < RECOVERS_WITHIN, "ready although the disk is full; creates are answered {status}");
    }
    Ok(())
}

/// Makes customers until one is answered with this status.
pub(super) fn wait_for_write(client: &mut Client, status: u16) -> Result<()> {
    wait_for_answer(client, status.to_string().as_str(), |answer| answer.status == status)
}

/// Makes customers until one is refused with this title.
fn wait_for_title(client: &mut Client, title: &str) -> Result<()> {
    wait_for_answer(client, title, |answer| answer.body.contains(title))
}

fn wait_for_answer(client: &mut Client, wanted: &str, is_wanted: impl Fn(&Answer) -> bool) -> Result<()> {
    let begin = Instant::now();
    loop {
        let answer = client.send("POST", "/v1/customers", Some("{}"))?;
        if is_wanted(&answer) {
            return Ok(());
        }
        if begin.elapsed() > RECOVERS_WITHIN {
            bail!("creates are still answered {} {} and not {wanted}", answer.status, answer.body);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
