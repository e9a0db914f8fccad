//! Starts the real binary and speaks to it.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::{Client, ClientBuilder};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::place::Place;

/// The key every test server knows beforehand.
pub(crate) const TOKEN: &str = "a-key-known-beforehand";

pub(crate) fn binary() -> Command {
    binary_in(Command::new(env!("CARGO_BIN_EXE_kustodian")), &[])
}

fn binary_in(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    // The settings of the person who runs the tests are not those of the tests.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KUSTODIAN_") || name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.current_dir(std::env::temp_dir());
    command
}

/// A client of the tests' own. No feature of reqwest brings cryptography: the server and its client name theirs.
pub(crate) fn http() -> ClientBuilder {
    let _is_set_already = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    process: Child,
    stdout: Option<BufReader<ChildStdout>>,
    /// Its output until it was ready.
    pub(crate) greeting: String,
    pub(crate) url: String,
    /// There until the server is dropped.
    client: Option<Client>,
    database: String,
    /// Dropped after the process has ended; `None` for a server beside another.
    place: Option<Place>,
}

impl Server {
    /// A server on a throw-away database.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::on(Place::passing(), arguments)
    }

    /// A server on a database that outlives it.
    pub(crate) fn on_file() -> Self {
        Self::on_file_with(&[])
    }

    pub(crate) fn on_file_with(arguments: &[&str]) -> Self {
        Self::on(Place::lasting(), arguments)
    }

    /// Another server on the same database.
    pub(crate) fn beside(&self) -> Self {
        Self::at(&self.database, &[])
    }

    fn on(place: Place, arguments: &[&str]) -> Self {
        let mut server = Self::at(place.url(), arguments);
        server.place = Some(place);
        server
    }

    /// A server on a database that somebody else looks after.
    pub(crate) fn at(database: &str, arguments: &[&str]) -> Self {
        Self::run(&mut binary(), database, arguments)
    }

    fn run(command: &mut Command, database: &str, arguments: &[&str]) -> Self {
        let usual = crate::place::attachments(database).filter(|_| !arguments.contains(&"--attachments"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--bootstrap-token", TOKEN])
            .args(usual.iter().flat_map(|folder| ["--attachments", folder.as_str()]))
            .args(arguments);
        Self::started(command, database)
    }

    /// The server that commands of a page start last, in this folder and with these variables. It has a port of its own.
    pub(crate) fn printed(folder: &Path, commands: &str, variables: &[(&str, &str)]) -> Self {
        // The server takes the place of the shell, which would not end it.
        let program = env!("CARGO_BIN_EXE_kustodian");
        let commands = format!("kustodian() {{ exec '{program}' \"$@\"; }}\n{commands}");
        let mut command = crate::printed::shell(folder, &commands, &[("KUSTODIAN_LISTEN", "127.0.0.1:0")]);
        command.env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN).envs(variables.iter().copied());
        Self::started(&mut command, "")
    }

    fn started(command: &mut Command, database: &str) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        let url = loop {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "the server ended before it was ready: {greeting}");
            greeting.push_str(&line);
            if let Some((_, url)) = line.split_once("listening on ") {
                break url.split_whitespace().next().unwrap().to_owned();
            }
        };
        let client = http().timeout(Duration::from_secs(30)).build().unwrap();
        Self {
            process,
            stdout: Some(stdout),
            greeting,
            url,
            client: Some(client),
            database: database.to_owned(),
            place: None,
        }
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.database.strip_prefix("sqlite:").unwrap().into()
    }

    /// Pulls the plug and starts again on the same file.
    pub(crate) fn kill_and_restart(self) -> Self {
        self.kill_and_restart_with(&[])
    }

    pub(crate) fn kill_and_restart_with(mut self, arguments: &[&str]) -> Self {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        Self::on(self.place.take().unwrap(), arguments)
    }

    /// A server on a file that may write none larger than this, in bytes.
    #[cfg(unix)]
    pub(crate) fn limited_to(bytes: u64) -> Self {
        let place = Place::lasting();
        // The signal is ignored, so that a write fails as on a full disk; a unit of `ulimit` has 512 bytes or 1,024.
        let script = format!("trap '' XFSZ; ulimit -f {} && exec \"$0\" \"$@\"", bytes / 1_024);
        let mut command = binary_in(Command::new("sh"), &["-c", &script, env!("CARGO_BIN_EXE_kustodian")]);
        let mut server = Self::run(&mut command, place.url(), &[]);
        server.place = Some(place);
        server
    }

    /// Stops it in good order and starts again on the same file.
    pub(crate) fn restart(self) -> Self {
        self.restart_with(&[])
    }

    pub(crate) fn restart_with(mut self, arguments: &[&str]) -> Self {
        assert!(self.stop().success());
        Self::on(self.place.take().unwrap(), arguments)
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.process.wait().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// A line of `/proc/PID/status` in kB: `VmRSS` is the memory that the server has, `VmHWM` the most that it has had.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.process.wait().unwrap()
    }

    pub(crate) fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout.take().unwrap(), &mut rest).unwrap();
        rest
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::blocking::RequestBuilder {
        self.client.as_ref().unwrap().request(method, format!("{}{path}", self.url))
    }

    pub(crate) fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call_as(TOKEN, method, path, body)
    }

    pub(crate) fn call_as(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path).bearer_auth(token);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None)
    }

    /// Creates a customer, and gives its resource object.
    pub(crate) fn create(&self, body: Value) -> Value {
        let answer = self.post("/v1/customers", body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"].clone()
    }

    /// Makes a key with the CLI, beside the running server. Needs a database on a file.
    pub(crate) fn token(&self, org: &str, roles: &[&str]) -> String {
        self.token_with(org, roles, &[])
    }

    pub(crate) fn token_with(&self, org: &str, roles: &[&str], more: &[&str]) -> String {
        let mut command = binary();
        command.args(["token", "create", "--database", &self.database, "--org", org, "--name", "test"]);
        roles.iter().for_each(|role| {
            command.args(["--force-role", role]);
        });
        let output = command.args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Makes an org with the CLI.
    pub(crate) fn org(&self, name: &str) {
        let output = binary().args(["org", "create", name, "--database", &self.database]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Sends bytes as they are and reads the answer until the connection ends or falls silent.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = std::net::TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = std::io::Read::read(&mut stream, &mut chunk) {
            answer.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that stops waits half a second for connections that are kept open.
        self.client = None;
        // A temporary database is only deleted by a server that is asked to stop.
        let goes = self.place.as_ref().is_some_and(Place::ends_with_its_server);
        if goes && self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("TERM");
        } else {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Without what differs each time that it is answered: see [`lasting`].
    pub(crate) text: String,
    /// As it was sent.
    pub(crate) whole: String,
    /// Null when there was none.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn of(request: reqwest::blocking::RequestBuilder) -> Self {
        let response = request.send().unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
        };
        Self { status, headers, text: lasting(&text), whole: text, body }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The resource object.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn attributes(&self) -> &Value {
        &self.body["data"]["attributes"]
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.body["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The first error, and that it has the shape of `docs/contract/behaviour.md` §3.1.
    #[track_caller]
    pub(crate) fn error(&self) -> &Value {
        let error = &self.body["errors"][0];
        assert_eq!(error["status"], self.status, "{}", self.body);
        for member in ["code", "title", "message"] {
            assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", self.body);
        }
        error
    }

    /// The parameter the first error names.
    #[track_caller]
    pub(crate) fn parameter(&self) -> &str {
        self.error()["source"]["parameter"].as_str().unwrap_or_default()
    }
}

/// A text without what differs each time that it is answered: the links to files, which are good for a while, and where to
/// send them; when a token was last used.
pub(crate) fn lasting(text: &str) -> String {
    const LAST_USED: &str = r#","lastAccessedAt":""#;
    let mut used = text.split(LAST_USED);
    let first = used.next().unwrap().to_owned();
    let text = &used.fold(first, |text, part| text + part.split_once('"').map_or("", |(_, rest)| rest));
    let text = match text.find(r#","meta":{"upload":"#).or(text.find(r#","meta":{"provider":"#)) {
        Some(at) => format!("{}}}", &text[..at]),
        None => text.to_owned(),
    };
    let mut parts = text.split(r#","related":"http"#);
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or(part, |(_, rest)| rest))
}

/// One of everything the seed page and the request schema name.
pub(crate) fn full_customer() -> Value {
    json!({
        "name": "Ada Lovelace",
        "externalId": "crm-1815",
        "username": "ada",
        "signedUpAt": "2016-11-06T13:54:29-05:00",
        "lastActivityAt": "2020-01-01T00:00:00.000Z",
        "lastCustomerActivityAt": "2020-01-02T00:00:00.000Z",
        "lastSeenAt": "2020-01-03T00:00:00.000Z",
        "avatarUrl": "https://acme.example/ada.png",
        "externalIds": [{ "externalId": "erp-7", "verified": true }],
        "sharedExternalIds": [{ "externalId": "household-1" }],
        "emails": [{ "email": "ada@acme.example", "type": "work", "verified": true }, { "email": "ada@home.example" }],
        "sharedEmails": [{ "email": "desk@acme.example", "type": "other" }],
        "phones": [{ "phone": "+1 800 555 1212", "type": "mobile" }],
        "sharedPhones": [{ "phone": "+18005550000", "type": "fax" }],
        "whatsapps": [{ "phone": "whatsapp:+18005551313" }],
        "facebookIds": [{ "pageId": "p1", "userId": "u1", "name": "Ada" }],
        "instagramIds": [{ "pageId": "p1", "threadId": "t1", "username": "ada", "instagramId": "i1" }],
        "socials": [{ "type": "twitter", "username": "ada", "userid": "1815", "url": "https://twitter.example/ada", "verified": true }],
        "sharedSocials": [{ "type": "linkedin", "username": "acme" }],
        "urls": [{ "url": "https://ada.example", "type": "blog" }],
        "locations": [{ "type": "work", "name": "HQ", "address": "1 Main St", "address2": "Floor 2", "address3": null,
            "latitude": 51.5, "longitude": -0.125, "countryCode": "GB", "countryName": "United Kingdom",
            "regionCode": "EN", "regionName": "England", "cityName": "London", "zipCode": "W1", "areaCode": "020" }],
        "locale": "en_GB",
        "timeZone": "Europe/London",
        "tags": ["vip", "pioneer"],
        "sentiment": { "polarity": 1, "confidence": 0.75 },
        "custom": { "scoreNum": 12.5, "sinceAt": "2016-11-06T13:54:29-05:00", "loyaltyTierStr": "gold",
            "noteTxt": "two\nlines", "churnedBool": false, "siteUrl": "https://acme.example/a?b=c", "goneStr": null },
        "birthdayAt": "1815-12-10T00:00:00.000Z",
        "gender": "f",
        "createdAt": "2014-01-01T00:00:00.000Z",
        "importedAt": "2014-01-02T00:00:00.000Z",
        "defaultLang": "en_us",
    })
}
