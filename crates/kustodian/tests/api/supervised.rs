//! The server under somebody who watches it: a service manager that opens its socket and waits for its reports, and a
//! monitor that runs a command.
#![cfg(target_os = "linux")]

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::kustodian;
use crate::ran::Ran;
use crate::server::{Server, binary, http};

/// Does what systemd does: passes sockets from descriptor 3 on, names this process, and becomes the server.
const LAUNCHER: &str = r#"
import os, socket, sys
kinds = sys.argv[1].split(",")
sockets = []
for kind in kinds:
    if kind == "tcp":
        passed = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(passed.getsockname()[1], flush=True)
    else:
        passed = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sockets.append(os.dup(passed.fileno()))
for number, passed in enumerate(sockets):
    os.dup2(passed, 20 + number)
for number in range(len(sockets)):
    os.dup2(20 + number, 3 + number, inheritable=True)
os.environ["LISTEN_FDS"] = str(len(kinds))
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"#;

/// A server that was passed these sockets, not yet started.
fn launched(kinds: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", LAUNCHER, kinds, env!("CARGO_BIN_EXE_kustodian")]);
    // The address in the settings must not be used: no machine has it.
    command.args(["serve", "--listen", "192.0.2.1:1", "--database", "sqlite::memory:", "--bootstrap-token", "key"]);
    command.current_dir(std::env::temp_dir()).stdout(Stdio::piped());
    command
}

/// A server that was launched; killed when dropped.
struct Launched(Child);

impl Launched {
    /// Asks it to stop.
    fn ask(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap().success());
    }

    /// Asks it to stop; whether it ended in good order.
    fn stop(mut self) -> bool {
        self.ask();
        self.0.wait().unwrap().success()
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The next report of the server, of these bytes at most.
fn report(reports: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let count = reports.recv(&mut bytes).expect("a report within the time of the socket");
    String::from_utf8_lossy(&bytes[..count]).trim_end().to_owned()
}

#[test]
fn a_socket_of_the_service_manager_is_served_and_what_happens_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let reports = UnixDatagram::bind(&path).unwrap();
    reports.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut command = launched("tcp");
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "30000");
    let mut process = Launched(command.spawn().unwrap());
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(process.0.stdout.take().unwrap()));
    let port = lines.next().unwrap().unwrap();
    // The manager listens before the server does: a client that connects now is answered, too.
    let url = format!("http://127.0.0.1:{port}");
    let healthy = http().build().unwrap().get(format!("{url}/healthz")).send().unwrap();
    assert_eq!(healthy.status(), 200);
    assert_eq!(report(&reports), "READY=1");
    let greeting = lines.find(|line| line.as_ref().unwrap().contains("listening on")).unwrap().unwrap();
    assert!(greeting.ends_with(&format!("listening on {url}")), "{greeting}");
    assert_eq!([report(&reports), report(&reports)], ["WATCHDOG=1", "WATCHDOG=1"]);

    assert_eq!(kustodian(&["health", "--url", &url]).well(), format!("{url} is ready\n"));
    // Nobody reads any more, and the queue of the socket is short: that holds nothing up.
    assert!(process.stop());
}

#[test]
fn a_server_that_ends_reports_that_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let reports = UnixDatagram::bind(&path).unwrap();
    reports.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let process = Launched(launched("tcp").env("NOTIFY_SOCKET", &path).spawn().unwrap());
    assert_eq!(report(&reports), "READY=1");
    process.ask();
    assert_eq!(report(&reports), "STOPPING=1");
    drop(reports);
    let mut process = process;
    assert!(process.0.wait().unwrap().success());
}

#[test]
fn sockets_that_cannot_be_served_are_refused_in_one_line() {
    for (kinds, words) in [("tcp,tcp", "passed 2 sockets"), ("unix", "must be an address and a port")] {
        let output = launched(kinds).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words) && error.trim_end().lines().count() == 1, "{error}");
    }
}

#[test]
fn health_says_by_its_exit_code_whether_a_server_is_ready() {
    let server = Server::start();
    let address = server.url.strip_prefix("http://").unwrap();
    let ready = format!("{} is ready\n", server.url);
    // Where the server is follows from its own settings.
    assert_eq!(Ran::of(binary().arg("health").env("KUSTODIAN_LISTEN", address)).well(), ready);
    let everywhere = format!("0.0.0.0:{}", address.rsplit(':').next().unwrap());
    assert_eq!(Ran::of(binary().arg("health").env("KUSTODIAN_LISTEN", everywhere)).well(), ready);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kustodian.toml");
    std::fs::write(&file, format!("listen = \"{address}\"\n")).unwrap();
    assert_eq!(kustodian(&["health", "--config", &file.display().to_string()]).well(), ready);
    assert_eq!(
        kustodian(&["health", "--url", &format!("{}/", server.url)]).well(),
        format!("{}/ is ready\n", server.url)
    );

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    kustodian(&["health", "--url", &format!("http://{closed}")]).fails_with("is the server running there?");
    kustodian(&["health", "--url", "nonsense"]).fails_with("is no URL");
}

#[test]
fn health_takes_any_certificate_and_notices_a_database_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["crm.example".to_owned()]).unwrap();
    let at = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (cert, key) = (at("cert.pem", made.cert.pem()), at("key.pem", made.signing_key.serialize_pem()));
    let server = Server::on_file_with(&["--tls-cert", &cert, "--tls-key", &key]);
    let address = server.url.strip_prefix("https://").unwrap();
    let health = || Ran::of(binary().arg("health").env("KUSTODIAN_LISTEN", address).env("KUSTODIAN_TLS_CERT", &cert));
    assert_eq!(health().well(), format!("{} is ready\n", server.url));
    std::fs::rename(server.file(), server.file().with_extension("away")).unwrap();
    health().fails_with("is not ready");
}
