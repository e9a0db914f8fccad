//! The process itself: how it starts, greets, refuses to start, and stops.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use serde_json::json;

use crate::server::{Server, TOKEN, binary, http};

pub(crate) fn serve(arguments: &[&str]) -> Output {
    binary().arg("serve").args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
pub(crate) fn fails_in_one_line(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "one line: {error}");
    assert!(error.contains(words), "{error:?} should speak of {words:?}");
    assert!(!error.contains("panicked"), "{error}");
}

/// Starts the server as a newcomer does, in a folder; returns the process, and its output until it listened.
fn start_in(folder: &Path) -> (Child, String) {
    let mut process =
        binary().current_dir(folder).args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
    let mut greeting = Vec::new();
    while !greeting.iter().any(|line: &String| line.contains("listening on http://127.0.0.1:")) {
        greeting.push(lines.next().expect("a line that says it listens").unwrap());
    }
    (process, greeting.join("\n"))
}

/// The curl in a greeting.
fn curl_in(greeting: &str) -> String {
    let begin = greeting.find("curl").unwrap_or_else(|| panic!("no curl in {greeting}"));
    let lines = greeting[begin..].lines().scan(true, |go_on, line| {
        let take = *go_on;
        *go_on = line.trim_end().ends_with('\\');
        take.then_some(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_first_start_makes_an_org_and_a_key_and_prints_a_curl_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let start = || start_in(folder.path());
    let (mut process, greeting) = start();
    let command = curl_in(&greeting);
    let output =
        std::process::Command::new("sh").args(["-c", &format!("{command} --silent --show-error")]).output().unwrap();
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.contains(r#""type":"customer""#), "{command}: {answer} {}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join("kustodian.db").exists(), "the default database");
    process.kill().unwrap();
    process.wait().unwrap();

    let (mut process, greeting) = start();
    assert!(greeting.contains("kustodian token create"), "{greeting}");
    assert!(!greeting.contains("eyJ"), "no key is shown twice: {greeting}");
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn the_commands_of_the_readme_work_as_printed_after_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, greeting) = start_in(folder.path());
    let url = greeting.rsplit_once("listening on ").unwrap().1.trim().to_owned();
    let readme = include_str!("../../../../README.md");
    let block = readme.split_once("## The command line").unwrap().1.split("```").nth(1).unwrap();
    // The last one follows new events and does not end.
    let lines = block.trim_start_matches("sh").replace("kustodian tail", "");
    // The text below the block speaks of these; its key may do them.
    let spoken_of = "kustodian audit list --limit 1000\nkustodian customers erase --yes \"$found\"";
    let lines = format!("{lines}\nfound=$(kustodian customers search tier=gold --ids)\n{spoken_of}");
    let programs = Path::new(env!("CARGO_BIN_EXE_kustodian")).parent().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-ec", &format!("{} --silent --show-error >/dev/null\n{lines}", curl_in(&greeting))])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").unwrap()))
        .env("KUSTODIAN_URL", url)
        .output()
        .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    let lines: Vec<&str> = said.lines().collect();
    let audit = lines.iter().position(|line| line.trim_start().starts_with("WHEN ")).expect("the log of the audit");
    assert!(
        lines[audit - 1].contains("alan@acme.example"),
        "the search finds whom the first line made: {said}{errors}"
    );
    assert!(lines.last().unwrap().starts_with("erased "), "{said}{errors}");
}

#[test]
fn a_key_known_beforehand_is_not_printed() {
    let server = Server::start();
    assert!(!server.greeting.contains(TOKEN), "{}", server.greeting);
}

#[test]
fn requests_in_flight_are_finished_and_the_exit_is_0() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::on_file();
        let path = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4).map(|_| scope.spawn(|| server.create(json!({ "name": "last" })))).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap()["links"]["self"].as_str().unwrap().to_owned())
                .next()
                .unwrap()
        });
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{signal}");
        assert!(!server.rest_of_stdout().contains("panicked"));
        let server = server.kill_and_restart();
        server.get(&path).expect(200);
    }
}

#[test]
fn a_start_that_cannot_be_says_why_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("sqlite:{}", folder.path().join(name).display());

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fails_in_one_line(&serve(&["--listen", &address, "--database", "sqlite::memory:"]), &address);

    std::fs::write(folder.path().join("text.db"), "this is no database, however long it is ".repeat(100)).unwrap();
    fails_in_one_line(&serve(&["--listen", "127.0.0.1:0", "--database", &at("text.db")]), "text.db");
    fails_in_one_line(&serve(&["--listen", "127.0.0.1:0", "--database", &at("no/such/folder/x.db")]), "x.db");
    fails_in_one_line(&serve(&["--listen", "127.0.0.1:0", "--database", "mysql://x"]), "sqlite:");
    fails_in_one_line(&serve(&["--config", &folder.path().join("none.toml").display().to_string()]), "none.toml");

    // A database of a newer version: one made by this one, with its version raised.
    let copy = folder.path().join("newer.db");
    let mut server = Server::on_file();
    server.stop();
    std::fs::copy(server.file(), &copy).unwrap();
    // `PRAGMA user_version` is at byte 60 of the file, big-endian.
    let mut handle = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
    std::io::Seek::seek(&mut handle, std::io::SeekFrom::Start(60)).unwrap();
    handle.write_all(&9_999_u32.to_be_bytes()).unwrap();
    drop(handle);
    fails_in_one_line(&serve(&["--listen", "127.0.0.1:0", "--database", &at("newer.db")]), "newer");
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "database = \"sqlite::memory:\"\nlisten = \"127.0.0.1:0\"\norg = \"from-file\"\nbootstrap-token = \"a-token-from-the-file\"\n").unwrap();
    let org_of = |environment: Option<&str>, flag: Option<&str>| {
        let mut command = binary();
        command.arg("serve").arg("--config").arg(&file).stdout(Stdio::piped());
        environment.map(|org| command.env("KUSTODIAN_ORG", org));
        flag.map(|org| command.args(["--org", org]));
        let mut process = command.spawn().unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("listening on ")?.1.split_whitespace().next()?.to_owned()))
            .unwrap();
        let client = http().build().unwrap();
        let get = |path: &str| -> serde_json::Value {
            client.get(format!("{url}{path}")).bearer_auth("a-token-from-the-file").send().unwrap().json().unwrap()
        };
        let user = get("/v1/users/current");
        let org = get(user["data"]["relationships"]["org"]["links"]["self"].as_str().unwrap());
        process.kill().unwrap();
        process.wait().unwrap();
        org["data"]["attributes"]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(org_of(None, None), "from-file");
    assert_eq!(org_of(Some("from-environment"), None), "from-environment");
    assert_eq!(org_of(Some("from-environment"), Some("from-flag")), "from-flag");

    let shown = binary()
        .args(["config", "show", "--output", "json", "--max-body", "1MB", "--config"])
        .arg(&file)
        .env("KUSTODIAN_RATE_LIMIT", "17")
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let of = |name: &str| (shown[name]["value"].clone(), shown[name]["source"].as_str().unwrap().to_owned());
    assert_eq!(of("max-body"), ("1MB".into(), "--max-body".to_owned()));
    assert_eq!(of("rate-limit"), ("17".into(), "KUSTODIAN_RATE_LIMIT".to_owned()));
    assert_eq!(of("org"), ("from-file".into(), format!("{}, line 3", file.display())));
    assert_eq!(of("bulk-mode"), ("immediate".into(), "default".to_owned()));
    assert_eq!(of("bootstrap-token").0, "(not shown)");

    // It accepts what a server accepts: the settings are shown, then the fault.
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("new.db").display());
    for (more, words) in [
        (&["--listen", "x"][..], "cannot listen on x"),
        (&["--tls-cert", "cert.pem"], "both --tls-cert and --tls-key"),
        (&["--database", "mysql://localhost/a"], "mysql"),
        (&["--smtp-url", "nonsense"], "--smtp-url"),
        (&["--bootstrap-token", "with blanks"], "without blanks"),
    ] {
        let database = if more.contains(&"--database") { &[][..] } else { &["--database", &database] };
        let shown = binary().args(["config", "show"]).args(database).args(more).output().unwrap();
        let (said, error) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
        assert_eq!(shown.status.code(), Some(1), "{more:?}: {said}");
        assert!(said.contains("rate-limit") && error.contains(words), "{more:?}: {error}");
        let served = binary().arg("serve").args(database).args(more).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&served.stderr), error, "serve refuses it with the same words");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no database is made");

    std::fs::write(&file, "lisen = \"127.0.0.1:0\"\n").unwrap();
    fails_in_one_line(&serve(&["--config", &file.display().to_string()]), "did you mean listen?");
}

#[test]
fn the_database_and_what_lies_beside_it_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::on_file();
    server.create(json!({}));
    let folder = server.file().parent().unwrap().to_owned();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert!(seen >= 2, "the database and its log");
}

#[test]
fn two_servers_on_one_file_see_each_others_acknowledged_writes() {
    let first = Server::on_file();
    let second = first.beside();
    for number in 0..10 {
        let (writer, reader) = if number % 2 == 0 { (&first, &second) } else { (&second, &first) };
        let created = writer.create(json!({ "externalId": format!("x{number}") }));
        assert_eq!(reader.get(&format!("/v1/customers/externalId=x{number}")).expect(200).data(), &created);
    }
    assert_eq!(first.get("/v1/customers?pageSize=0").body["meta"]["total"], 10);
}

#[test]
fn a_url_that_is_no_server_for_e_mail_is_refused_at_the_start() {
    let output = serve(&["--database", "sqlite::memory:", "--smtp-url", "https://user:zqsecret@mail.example"]);
    fails_in_one_line(&output, "--smtp-url");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("zqsecret"));
}
