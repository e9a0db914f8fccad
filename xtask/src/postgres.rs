//! A private PostgreSQL for tests: made in a temporary folder, reached through a socket in that folder alone, gone
//! afterwards.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// Where the tests find a server in which they may make databases.
const URL: &str = "KUSTODIAN_TEST_POSTGRES";

/// Which engines are tested.
const ENGINES: &str = "KUSTODIAN_TEST_ENGINES";

/// The oldest version that will do.
const OLDEST: u32 = 15;

/// How long the server may take to start.
const START_WITHIN: Duration = Duration::from_secs(60);

/// Runs a server and removes its folder when it has ended, however that came: a signal to this shell, sent on purpose
/// or because its parent died, ends the server first.
const KEEPER: &str = r#"folder=$1; shift
"$@" >"$folder/log" 2>&1 & server=$!
trap 'kill -INT $server 2>/dev/null' INT TERM HUP
while kill -0 $server 2>/dev/null; do wait $server; status=$?; done
[ "$status" = 0 ] || tail -n 3 "$folder/log" >&2
rm -rf -- "$folder""#;

/// The variables added to the environment of every program that is run from now on.
static TOLD: OnceLock<(&'static str, String)> = OnceLock::new();

/// A server. Dropped, it ends.
pub(crate) struct Server {
    keeper: Child,
    url: String,
}

/// Whether what a server acknowledges is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It is, as in production: for measurements.
    Durable,
    /// It is not, as nobody keeps the databases. Tests make and drop hundreds of them, and a durable server writes all its
    /// files each time. Tests that kill PostgreSQL have servers of their own, and so has `cargo xtask torture`.
    Passing,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Durable => &["fsync=on"],
            Self::Passing => &["fsync=off", "full_page_writes=off"],
        }
    }
}

/// Passes the engines to test on to a program.
pub(crate) fn tell(command: &mut Command) {
    if let Some((name, value)) = TOLD.get() {
        command.env(name, value);
    }
}

/// Sees to it that the tests find a PostgreSQL for as long as the answer lives: the one that the environment names, or
/// a private one.
pub(crate) fn provide(durability: Durability) -> Result<Option<Server>> {
    provide_pooler();
    if std::env::var_os(URL).is_some() {
        println!("==> PostgreSQL: the one that {URL} names");
        return Ok(None);
    }
    let server = Server::start(durability).context(
        "no PostgreSQL for the tests: install version 15 or later, or name a server in KUSTODIAN_TEST_POSTGRES, or \
         leave that engine out with --engine sqlite",
    )?;
    println!("==> PostgreSQL: a private one, made for this run");
    // It is set once in the life of this program.
    drop(TOLD.set((URL, server.url.clone())));
    Ok(Some(server))
}

/// Leaves out the tests on PostgreSQL, and says so.
pub(crate) fn leave_out() {
    println!("==> PostgreSQL: left out, its tests are not run");
    drop(TOLD.set((ENGINES, "sqlite".to_owned())));
}

/// Starts a server, prints its URL, and lets it run until this program is interrupted.
pub(crate) fn run() -> Result<()> {
    let mut server = Server::start(Durability::Passing)?;
    println!("export {URL}='{}'", server.url);
    println!("Stop it with Ctrl-C.");
    server.keeper.wait()?;
    Ok(())
}

impl Server {
    /// Where its first database is, which is empty.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Makes one and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is missing and cannot be installed, or does not start.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let programs = programs()?;
        let folder = std::env::temp_dir().join(format!("kustodian-postgres-{}", random()?));
        make_private(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        if is_root() {
            process::succeed(process::program("chown").args([OsStr::new("-R"), OsStr::new("postgres")]).arg(&folder))?;
        }
        let data = folder.join("data");
        let mut initdb = as_owner(&programs.join("initdb"));
        initdb.args(["--username=kustodian", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("-D").arg(&data).current_dir(&folder);
        let made = process::succeed(initdb.stdout(Stdio::null()));
        if made.is_err() {
            fs::remove_dir_all(&folder)?;
        }
        made?;
        let mut keeper = as_owner(Path::new("sh"));
        keeper.args(["-c", KEEPER, "sh"]).arg(&folder).arg(programs.join("postgres")).arg("-D").arg(&data);
        for setting in
            ["listen_addresses=", "max_connections=300", "shared_buffers=64MB"].iter().chain(durability.settings())
        {
            keeper.args(["-c", setting]);
        }
        keeper.args(["-c", &format!("unix_socket_directories={}", folder.display())]);
        let keeper = keeper.current_dir("/").stdin(Stdio::null()).spawn().context("cannot start PostgreSQL")?;
        let host = folder.display().to_string().replace('/', "%2F");
        let mut server = Self { keeper, url: format!("postgres://kustodian@{host}/postgres") };
        server.wait(&programs, &folder)?;
        Ok(server)
    }

    fn wait(&mut self, programs: &Path, folder: &Path) -> Result<()> {
        let start = Instant::now();
        loop {
            let mut ready = process::program(programs.join("pg_isready"));
            ready.arg("-q").arg("-h").arg(folder);
            if ready.status().context("cannot start pg_isready")?.success() {
                return Ok(());
            }
            if self.keeper.try_wait()?.is_some() || start.elapsed() > START_WITHIN {
                bail!("PostgreSQL did not start within {} s; above is what it said last", START_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be stopped now ends with this program.
        drop(process::program("kill").args(["-TERM", &self.keeper.id().to_string()]).status());
        drop(self.keeper.wait());
    }
}

/// The program as the user who may run a server (PostgreSQL refuses root), ended by the system when this program is
/// gone.
pub(crate) fn as_owner(program: &Path) -> Command {
    if !cfg!(target_os = "linux") {
        return process::program(program);
    }
    let mut command = process::program("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "TERM"]).arg(program);
    command
}

pub(crate) fn is_root() -> bool {
    process::output(process::program("id").arg("-u")).is_ok_and(|user| user == b"0\n")
}

/// The folder of the server's programs; installed first where that is possible.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !process::answers("apt-get", &["--version"]) || !is_root() {
        bail!("PostgreSQL {OLDEST} or later is not installed");
    }
    println!("==> PostgreSQL: installing the package postgresql");
    install("postgresql")?;
    find().with_context(|| format!("the package postgresql is older than version {OLDEST}"))
}

/// Sees to it that there is a PgBouncer, or says that its tests are left out.
fn provide_pooler() {
    // Where its tests look.
    let is_there = || ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].iter().any(|path| Path::new(path).exists());
    if is_there() {
        return;
    }
    if process::answers("apt-get", &["--version"]) && is_root() {
        println!("==> PgBouncer: installing the package pgbouncer");
        if let Err(error) = install("pgbouncer") {
            println!("==> PgBouncer: {error:#}");
        }
    }
    if !is_there() {
        println!("==> PgBouncer: left out, it is not installed; its tests are not run");
    }
}

/// Installs one of Debian's packages.
fn install(package: &str) -> Result<()> {
    let mut update = process::program("apt-get");
    process::succeed(update.args(["update", "-qq"]).stdout(Stdio::null()))?;
    let mut install = process::program("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends", package]);
    process::succeed(install.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()))
}

/// The newest version there is. Debian keeps the programs of each in a folder of its own, away from the search path,
/// where at most links to some of them are.
fn find() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = debian.map(|entry| entry.path().join("bin")).chain(std::env::split_paths(&path));
    let servers = folders.filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok());
    let versions = servers.filter_map(|server| Some((version(&server)?, server.parent()?.to_owned())));
    let complete =
        versions.filter(|(_, folder)| ["initdb", "pg_isready"].iter().all(|name| folder.join(name).exists()));
    complete.max().map(|(_, folder)| folder)
}

/// The major version of a server, if it will do.
fn version(server: &Path) -> Option<u32> {
    let told = process::output(process::program(server).arg("--version")).ok()?;
    let told = String::from_utf8(told).ok()?;
    let number = told.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok().filter(|major| *major >= OLDEST)
}

/// A folder for its owner alone: only that protects the server in it, which trusts everyone who reaches it.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// 12 characters that nobody has used.
fn random() -> Result<String> {
    let mut bytes = [0; 6];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
