//! What an operator sees and does: the log, the access log, SIGHUP, metrics, and the address in a browser.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN, binary, http};

/// A server whose log is read.
struct Logged {
    process: Child,
    url: String,
    log: PathBuf,
}

impl Logged {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let log = folder.join("log");
        let mut process = binary()
            .current_dir(folder)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url =
            lines.map_while(Result::ok).find_map(|line| Some(line.split_once("listening on ")?.1.trim().to_owned()));
        Self { process, url: url.unwrap_or_else(|| fs::read_to_string(&log).unwrap()), log }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits until the log holds `words` `times` times.
    fn wait_for(&self, words: &str, times: usize) {
        let began = Instant::now();
        while self.log().matches(words).count() < times {
            assert!(began.elapsed() < Duration::from_secs(30), "no {words:?} in: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop(&mut self) -> String {
        self.signal("TERM");
        assert!(self.process.wait().unwrap().success());
        self.log()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn the_log_has_one_line_for_the_start_and_one_for_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = Logged::start(folder.path(), &["--log-format", "json"]).stop();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let serving = lines.iter().filter(|line| line["message"] == "serving").collect::<Vec<_>>();
    assert_eq!(serving.len(), 1, "{log}");
    assert_eq!(serving[0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&serving[0]["engine"], &serving[0]["tls"]), (&json!("sqlite"), &json!(false)));
    assert_eq!(serving[0]["database"], folder.path().join("kustodian.db").display().to_string());
    assert!(serving[0]["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{log}");
    assert_eq!(log.matches("stopped serving").count(), 1, "{log}");
}

#[test]
fn the_access_log_names_each_request_by_its_template() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Logged::start(folder.path(), &["--access-log", "json", "--log", "warn"]);
    let client = http().build().unwrap();
    let ask = |method: Method, path: &str, token: &str| {
        let request = client.request(method, format!("{}{path}", server.url)).header("x-request-id", "r-1");
        let answer = request.bearer_auth(token).body("{\"name\":\"Ada\"}").header("content-type", "application/json");
        answer.send().unwrap().bytes().unwrap().len()
    };
    let created = ask(Method::POST, "/v1/customers", TOKEN);
    ask(Method::GET, "/v1/customers/email=ada@acme.example?_=secret", TOKEN);
    ask(Method::GET, "/v1/customers", "unknown");
    ask(Method::GET, "/v1/nothing/here", TOKEN);
    ask(Method::GET, "/healthz", TOKEN);
    let log = server.stop();
    assert!(!log.contains("ada@acme") && !log.contains("secret") && !log.contains("Ada"), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("method"), text("path"), line["status"].as_u64().unwrap(), text("key"))
        })
        .collect();
    let line =
        |method: &str, path: &str, status, key: &str| (method.to_owned(), path.to_owned(), status, key.to_owned());
    assert_eq!(
        seen,
        [
            line("POST", "/v1/customers", 201, "bootstrap key"),
            line("GET", "/v1/customers/email={email}", 404, "bootstrap key"),
            line("GET", "/v1/customers", 401, ""),
            line("GET", "", 404, ""),
            line("GET", "/healthz", 200, ""),
        ]
    );
    assert_eq!(lines[0]["bytes"], created);
    assert_eq!((&lines[0]["client"], &lines[0]["request_id"]), (&json!("127.0.0.1"), &json!("r-1")));
    assert!(lines[0]["duration_ms"].as_f64().unwrap() > 0.0, "{log}");
}

/// A new certificate for this machine, written where the server reads it; as a client trusts it.
fn certificate(folder: &Path) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
}

#[test]
fn a_hangup_reads_certificates_and_log_level_again_and_never_ends_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let first = certificate(path);
    fs::write(path.join("kustodian.toml"), "log = 'info'\ntls-cert = 'cert.pem'\ntls-key = 'key.pem'\n").unwrap();
    let server = Logged::start(path, &[]);
    let trusts = |root: &reqwest::Certificate| {
        // A connection of its own: one that is open keeps its certificate.
        let client = http().tls_certs_only([root.clone()]).build().unwrap();
        client.get(format!("{}/v1/customers", server.url)).bearer_auth(TOKEN).send().is_ok()
    };
    assert!(trusts(&first));
    let read_again = "read the log level and the certificates again";

    let second = certificate(path);
    assert!(trusts(&first) && !trusts(&second), "nobody asked for it yet");
    server.signal("HUP");
    server.wait_for(read_again, 1);
    assert!(trusts(&second) && !trusts(&first));
    assert!(!server.log().contains("DEBUG"), "{}", server.log());

    fs::write(path.join("cert.pem"), "no certificate").unwrap();
    server.signal("HUP");
    server.wait_for("the former files stay in use", 1);
    assert!(trusts(&second));

    let third = certificate(path);
    let settings = "log = 'kustodian_server=debug,kustodian=info'\ntls-cert = 'cert.pem'\ntls-key = 'key.pem'\n";
    fs::write(path.join("kustodian.toml"), settings).unwrap();
    server.signal("HUP");
    server.wait_for(read_again, 2);
    assert!(trusts(&third));
    server.wait_for("DEBUG", 1);
}

#[test]
fn only_tls_answers_ask_browsers_to_require_tls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let root = certificate(path);
    let client = http().tls_certs_only([root]).build().unwrap();
    let told = |arguments: &[&str]| {
        let server = Logged::start(path, arguments);
        let answer = client.get(format!("{}/v1/customers", server.url)).bearer_auth(TOKEN).send().unwrap();
        assert_eq!(answer.status(), 200);
        answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned())
    };
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    assert_eq!(told(&tls).unwrap(), "max-age=31536000; includeSubDomains");
    assert_eq!(told(&[&tls[..], &["--hsts=false"]].concat()), None);
    assert_eq!(told(&[]), None);
}

#[test]
fn a_browser_at_the_address_of_the_server_gets_the_documentation() {
    let server = Server::start();
    let client = http().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let browser = client.get(format!("{}/", server.url)).header("accept", "text/html,*/*;q=0.8").send().unwrap();
    assert_eq!((browser.status().as_u16(), &browser.headers()["location"]), (303, &"/docs".parse().unwrap()));
    let program = Answer::of(server.request(Method::GET, "/").header("accept", "application/json"));
    assert_eq!(program.expect(404).error()["code"], "notfound");
}

#[test]
fn the_metrics_describe_the_build_the_process_and_the_disk() {
    let server = Server::on_file();
    let metrics = server.request(Method::GET, "/metrics").send().unwrap().text().unwrap();
    let number = |name: &str| -> f64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
    };
    let build = format!("kustodian_build_info{{version=\"{}\",engine=\"sqlite\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(metrics.contains(&build), "{metrics}");
    for name in [
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "kustodian_store_database_bytes",
        "kustodian_store_free_bytes",
    ] {
        assert!(number(name) > 0.0, "{name}");
    }
    assert_eq!(number("kustodian_store_database_bytes"), fs::metadata(server.file()).unwrap().len() as f64);
    assert!(metrics.ends_with("# EOF\n") && metrics.matches("# EOF").count() == 1, "{metrics}");
}

#[test]
fn the_first_key_is_printed_on_a_terminal_and_else_written_to_a_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let start = |wrapped: bool, database: &str| {
        let mut command = if wrapped {
            // util-linux' script runs a command in a terminal of its own.
            let program = binary().get_program().to_str().unwrap().to_owned();
            let line = format!("exec {program} serve --listen 127.0.0.1:0 --database sqlite:{database}");
            let mut script = Command::new("script");
            script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
            script
        } else {
            let mut command = binary();
            command.args(["serve", "--listen", "127.0.0.1:0", "--database", &format!("sqlite:{database}")]);
            command
        };
        let mut process =
            command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut greeting = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok) {
            greeting.push(line);
            if greeting.last().unwrap().contains("listening on ") {
                break;
            }
        }
        process.kill().unwrap();
        process.wait().unwrap();
        greeting.join("\n")
    };
    let journal = start(false, "a.db");
    let file = folder.path().join("a.db.key");
    let key = fs::read_to_string(&file).unwrap();
    assert!(key.starts_with("eyJ") && key.ends_with('\n'), "{key}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(journal.contains(&file.display().to_string()) && !journal.contains("eyJ"), "{journal}");

    let terminal = start(true, "b.db");
    assert!(terminal.contains("Bearer eyJ"), "{terminal}");
    assert!(!folder.path().join("b.db.key").exists());
}

#[test]
fn a_server_does_not_start_when_its_folder_of_attachments_takes_no_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("below")] {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:a.db", "--attachments"]).arg(&place);
        let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("--attachments (or KUSTODIAN_ATTACHMENTS)"), "{said}");
    }
    assert!(!folder.path().join("a.db.key").exists(), "no key was made for a server that does not run");
    // One that it makes is its own alone.
    let made = folder.path().join("made");
    let server = Server::start_with(&["--attachments", made.to_str().unwrap()]);
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
    drop(server);
}
