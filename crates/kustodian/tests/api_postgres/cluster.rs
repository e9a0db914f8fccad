//! A PostgreSQL of a test's own, which it may kill: in a temporary folder, reached through a socket there alone.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place;

/// How long a server may take to answer, recovery after a kill included.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// A server. Dropped, it ends and is gone.
pub(crate) struct Cluster {
    postmaster: Child,
    programs: PathBuf,
    url: String,
    folder: tempfile::TempDir,
}

impl Cluster {
    /// With the programs of the server that the tests were given.
    pub(crate) fn start() -> Self {
        let asked = place::rows(&place::server(), "SELECT setting FROM pg_config WHERE name = 'BINDIR'");
        let programs = PathBuf::from(&asked[0][0]);
        let advice = "this test starts a PostgreSQL of its own: run it with a server of this machine";
        assert!(programs.join("initdb").exists(), "{advice}");
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(given.unwrap().success());
        }
        let made = as_owner(&programs.join("initdb"))
            .args(["--username=kustodian", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let host = folder.path().display().to_string().replace('/', "%2F");
        let url = format!("postgres://kustodian@{host}/postgres");
        let postmaster = serve(&programs, folder.path());
        let mut cluster = Self { postmaster, programs, url, folder };
        cluster.wait();
        cluster
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills the postmaster, which takes every backend along, and starts it again.
    pub(crate) fn kill_all(&mut self) {
        self.postmaster.kill().unwrap();
        self.postmaster.wait().unwrap();
        self.postmaster = serve(&self.programs, self.folder.path());
    }

    /// Kills one of the backends that work for our servers: PostgreSQL then ends all of them and recovers.
    pub(crate) fn kill_a_backend(&self, number: u64) {
        let working = "SELECT pid FROM pg_stat_activity WHERE application_name = 'kustodian' ORDER BY pid";
        let backends = place::rows(&self.url, working);
        let Some(count) = u64::try_from(backends.len()).ok().filter(|count| *count > 0) else { return };
        let backend = &backends[usize::try_from(number % count).unwrap()][0];
        // It may have ended by itself meanwhile.
        drop(Command::new("kill").args(["-KILL", backend]).status());
    }

    /// Waits until it answers. A postmaster that finds backends of a killed one gives up; then it is started again.
    pub(crate) fn wait(&mut self) {
        let began = Instant::now();
        std::thread::sleep(Duration::from_millis(100));
        while place::try_rows(&self.url, "SELECT 1").is_err() {
            assert!(began.elapsed() < ANSWERS_WITHIN, "PostgreSQL does not answer again");
            if self.postmaster.try_wait().unwrap().is_some() {
                self.postmaster = serve(&self.programs, self.folder.path());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let id = self.postmaster.id().to_string();
        drop(Command::new("kill").args(["-INT", &id]).status());
        drop(self.postmaster.wait());
    }
}

fn serve(programs: &Path, folder: &Path) -> Child {
    let mut command = as_owner(&programs.join("postgres"));
    command.arg("-D").arg(folder.join("data"));
    for setting in ["listen_addresses=", "max_connections=100", "shared_buffers=32MB", "fsync=on"] {
        command.args(["-c", setting]);
    }
    command.args(["-c", &format!("unix_socket_directories={}", folder.display())]);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The program as the user who may run a server (PostgreSQL refuses root), ended by the system when this program is
/// gone. The process that is started becomes the program.
fn as_owner(program: &Path) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "INT"]).arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
