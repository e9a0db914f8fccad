//! Clients that behave badly, in numbers, while a well-behaved one is served.

use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::http::{self, request};
use super::server::{Recipe, Server};
use super::{Outcome, Rig, check, descriptor_limit, disk, sqlite};

/// How much memory a connection may cost, in kB, whatever it does.
const MEMORY_EACH: u64 = 100;

/// How long the server may take to forget connections that are gone.
const FORGETS_WITHIN: Duration = Duration::from_secs(30);

/// A server, the number of its connections and its memory before anything happened.
struct Scene {
    server: Server,
    folder: PathBuf,
    connections: f64,
    memory: u64,
}

impl Scene {
    fn open(rig: &Rig, name: &str, arguments: &[&str]) -> Result<Self> {
        let folder = rig.folder(name)?;
        let mut recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
        recipe.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let server = Server::start(&recipe, None)?;
        disk::create(&mut server.client(), 201)?;
        let (connections, memory) = (server.metric("kustodian_connections")?, server.resident()?);
        Ok(Self { server, folder, connections, memory })
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Writes and reads as a good client does, also over a new connection each time.
    fn serves(&self, times: usize) -> Result<()> {
        let mut client = self.server.client();
        for _ in 0..times {
            let path = disk::create(&mut client, 201)?;
            let read = self.server.client().get(&path)?.status;
            ensure!(read == 200, "a read was answered {read}");
        }
        Ok(())
    }

    /// After `count` bad clients are gone nothing of them is left, and the database is sound.
    fn close(self, count: usize) -> Result<(String, Vec<String>)> {
        let peak = self.server.resident()?;
        let begin = Instant::now();
        loop {
            let connections = self.server.metric("kustodian_connections")?;
            if connections <= self.connections {
                break;
            }
            if begin.elapsed() > FORGETS_WITHIN {
                bail!("{connections} connections are still counted; {} were before", self.connections);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.serves(5)?;
        let mut lost = check::compare(&sqlite::look(&self.folder)?, &mut []).lost;
        let bound = self.memory + count as u64 * MEMORY_EACH / 1024 + 64;
        if peak > bound {
            lost.push(format!("{peak} MB of memory for {count} clients, more than {bound}"));
        }
        let told = format!(
            "memory {} MB before, {peak} MB with them, {} MB after; connections counted as before",
            self.memory,
            self.server.resident()?
        );
        self.server.kill()?;
        Ok((told, lost))
    }
}

/// How many connections this process may open, `wanted` at most; and a word about it when that is fewer.
fn affordable(wanted: usize) -> (usize, String) {
    let limit = descriptor_limit(3).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1_024);
    let count = wanted.min(limit.saturating_sub(200));
    let note =
        if count < wanted { format!(" (not {wanted}: {limit} open files are allowed here)") } else { String::new() };
    (count, note)
}

/// So many connections, each of which has sent the same first bytes.
fn crowd(address: SocketAddr, count: usize, first: &[u8]) -> Result<Vec<TcpStream>> {
    const HANDS: usize = 8;
    let open = |number: usize| -> Result<TcpStream> {
        let mut stream = http::connect(address).with_context(|| format!("connection {number}"))?;
        stream.write_all(first).with_context(|| format!("connection {number}"))?;
        Ok(stream)
    };
    std::thread::scope(|scope| {
        let open = &open;
        let hand =
            |hand: usize| scope.spawn(move || (hand..count).step_by(HANDS).map(open).collect::<Result<Vec<_>>>());
        let hands: Vec<_> = (0..HANDS).map(hand).collect();
        let mut streams = Vec::with_capacity(count);
        for hand in hands {
            streams.extend(hand.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(streams)
    })
}

/// Clients that send a byte a second, in the head and in the body: they are cut off when their time is over.
pub(super) fn slow(rig: &Rig) -> Result<Outcome> {
    const SECONDS: usize = 8;
    let scene = Scene::open(rig, "slow", &["--head-timeout", "4", "--body-timeout", "4"])?;
    let (count, note) = affordable(400);
    let body = request("POST", "/v1/customers", Some(&format!(r#"{{"name":"{}"}}"#, "slow ".repeat(20))));
    let end_of_head = body.find("\r\n\r\n").context("a request has a head")? + 4;
    let mut streams = crowd(scene.address(), count / 2, b"")?;
    streams.extend(crowd(scene.address(), count / 2, &body.as_bytes()[..end_of_head])?);
    let mut cut_off = 0;
    for second in 0..SECONDS {
        for (number, stream) in streams.iter_mut().enumerate() {
            let at = if number < count / 2 { second } else { end_of_head + second };
            // Somebody who was cut off learns so by the second write after it.
            drop(stream.write_all(&body.as_bytes()[at..=at]));
        }
        scene.serves(5).context("while others were slow")?;
        std::thread::sleep(Duration::from_secs(1));
    }
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        // An answer, an end or a reset: anything but silence.
        let is_over = match std::io::Read::read(stream, &mut [0; 512]) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        };
        cut_off += usize::from(is_over);
    }
    drop(streams);
    let (told, mut lost) = scene.close(count)?;
    if cut_off < count {
        lost.push(format!("only {cut_off} of {count} slow clients were cut off"));
    }
    let tried = format!("{count} clients{note} at a byte a second, all cut off after 4 s; others were served; {told}");
    Ok(Outcome { tried, lost })
}

/// Ten thousand connections that say nothing.
pub(super) fn idle(rig: &Rig) -> Result<Outcome> {
    let scene = Scene::open(rig, "idle", &[])?;
    let (count, note) = affordable(10_000);
    let streams = crowd(scene.address(), count, b"")?;
    scene.serves(20).context("beside the idle")?;
    let counted = scene.server.metric("kustodian_connections")?;
    let peak = scene.server.resident()?;
    drop(streams);
    let (told, mut lost) = scene.close(count)?;
    if counted < count as f64 {
        lost.push(format!("{counted} of {count} connections were accepted"));
    }
    let tried = format!("{count} idle connections{note} at {peak} MB; others were served; {told}");
    Ok(Outcome { tried, lost })
}

/// A thousand bodies that never end.
pub(super) fn half_open(rig: &Rig) -> Result<Outcome> {
    let scene = Scene::open(rig, "half-open", &[])?;
    let (count, note) = affordable(1_000);
    let body =
        request("POST", "/v1/customers", Some(&format!(r#"{{"custom":{{"noteTxt":"{}"}}}}"#, "x".repeat(60_000))));
    let streams = crowd(scene.address(), count, &body.as_bytes()[..body.len() / 2])?;
    scene.serves(20).context("beside the half-open")?;
    let peak = scene.server.resident()?;
    drop(streams);
    let (told, lost) = scene.close(count)?;
    let tried = format!("{count} half-sent bodies of 60 kB{note} at {peak} MB; others were served; {told}");
    Ok(Outcome { tried, lost })
}

/// Clients that vanish in the middle: of a head, of a body, before the answer, within it.
pub(super) fn vanishing(rig: &Rig) -> Result<Outcome> {
    let scene = Scene::open(rig, "vanishing", &[])?;
    scene.serves(100)?;
    let mut rng = rig.rng("vanishing");
    let count = 2_000;
    for number in 0..count {
        let whole = match number % 4 {
            0 | 1 => request("POST", "/v1/customers", Some(&format!(r#"{{"externalId":"vanished {number}"}}"#))),
            2 => request("GET", "/v1/customers?pageSize=100", None),
            _ => request("GET", "/v1/customers?pageSize=100", None).repeat(20),
        };
        let length = if number % 4 == 0 { rng.usize(1..whole.len()) } else { whole.len() };
        let mut stream = http::connect(scene.address())?;
        // The server may have closed already.
        drop(stream.write_all(&whole.as_bytes()[..length]));
        if rng.bool() {
            std::thread::sleep(Duration::from_micros(rng.u64(0..2_000)));
        }
        if rng.bool() {
            drop(stream.shutdown(Shutdown::Both));
        }
        if number % 100 == 0 {
            scene.serves(1).context("beside the vanishing")?;
        }
    }
    let (told, lost) = scene.close(count)?;
    Ok(Outcome { tried: format!("{count} clients that vanished; others were served; {told}"), lost })
}
