//! Every command of the pages runs in a test. Those of the guide that need a server alone are blocks of `sh`, which
//! `readme.rs` runs; this runs the others, and names those that nothing runs.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::json;

use crate::erase::wait_for;
use crate::post_office::PostOffice;
use crate::printed::{Block, block, blocks, root, run, shell};
use crate::server::{Server, TOKEN};
use crate::webhooks::{Mood, Receiver};

/// A block: its page and its beginning.
type Name = (&'static str, &'static str);

/// Fails if the block does not work.
type Works = fn(&str);

/// The blocks that this file runs.
const RUN: [(Name, Works); 11] = [
    (("docs/drafts.md", "kustodian serve --smtp-url"), sends_e_mail),
    (("docs/import-export.md", "kustodian import metadata"), is_imported_into_another_server),
    (("docs/import-export.md", "echo \"$old_user"), |_| {}),
    (("docs/metrics.md", "scrape_configs:"), is_taken_by_prometheus),
    (("docs/moving.md", "KUSTODIAN_BOOTSTRAP_TOKEN="), serves_with_the_limits_of_a_plan),
    (("docs/quick-start.md", "kustodian serve"), serves_with_a_key),
    (("docs/running.md", "[Service]"), is_taken_by_systemd),
    (("docs/running.md", "[Socket]"), is_taken_by_systemd),
    (("docs/security.md", "location ~"), keeps_strangers_out),
    (("docs/webhooks.md", "kustodian webhooks listen"), forwards_events),
    (("packaging/README.md", "ssh-keygen"), verifies_a_release),
];

/// The blocks that other tests run, and the file of the test.
const RUN_ELSEWHERE: [(Name, &str); 4] = [
    (("docs/operating.md", "export AWS_ACCESS_KEY_ID"), include_str!("object_storage.rs")),
    (("docs/operating.md", "export KUSTODIAN_COPY_FROM"), include_str!("../api_postgres/printed_commands.rs")),
    (("docs/running.md", "createuser"), include_str!("../api_postgres/printed_commands.rs")),
    (("docs/running.md", "KUSTODIAN_DATABASE="), include_str!("../api_postgres/printed_commands.rs")),
];

/// The blocks that nothing runs, and why. The list may only become shorter.
const NOT_RUN: [(Name, &str); 12] = [
    (("README.md", "cargo run --release"), "it builds for minutes; the program is the one that all tests run"),
    (("README.md", "cargo xtask test"), "it runs this test"),
    (("docs/installing.md", "systemctl status"), "no systemd is the first process of a container"),
    (
        ("docs/installing.md", "docker load"),
        "it needs a container engine; `cargo xtask dist --check` runs the image without",
    ),
    (("docs/installing.md", "docker compose"), "it needs a container engine"),
    (("docs/installing.md", "cargo binstall"), "it downloads a release, of which there is none yet"),
    (("docs/installing.md", "brew install"), "it needs Homebrew"),
    (("docs/quick-start.md", "cargo build --profile dist"), "it builds for minutes; the release workflow does"),
    (("docs/running.md", "sudo systemctl restart"), "no systemd is the first process of a container"),
    (("docs/running.md", "docker load"), "as in docs/installing.md"),
    (("docs/running.md", "sudo systemctl stop"), "no systemd is the first process of a container"),
    (("docs/torture.md", "cargo xtask torture"), "they run for hours; `.ci/run` has a shorter one"),
];

/// The languages whose blocks are no commands and no settings of other programs. Other tests read `json`, `python`, `rust`,
/// `toml` and `ts`.
const NO_COMMANDS: [&str; 6] = ["json", "python", "rust", "text", "toml", "ts"];

/// Whether a block is run with its page: by `readme.rs`, or with a package by `cargo xtask dist --check`.
fn is_run_with_its_page(block: &Block) -> bool {
    match block.page.as_str() {
        "docs/installing.md" => block.info.starts_with("sh "),
        "README.md" => block.info == "sh" && block.text.contains("kustodian tail"),
        page => block.info == "sh" && page.starts_with("docs/"),
    }
}

#[test]
fn every_block_of_commands_is_run_or_named_with_the_reason_why_not() {
    let here = RUN.iter().map(|(name, _)| name);
    let elsewhere = RUN_ELSEWHERE.iter().map(|(name, _)| name);
    let named: Vec<_> = here.chain(elsewhere).chain(NOT_RUN.iter().map(|(name, _)| name)).collect();
    let language = |block: &Block| block.info.split([' ', ',']).next().unwrap_or_default().to_owned();
    let blocks: Vec<_> =
        blocks().into_iter().filter(|block| !NO_COMMANDS.contains(&language(block).as_str())).collect();
    assert!(blocks.iter().filter(|block| is_run_with_its_page(block)).count() > 80);
    let mut unused = named.clone();
    for block in blocks.iter().filter(|block| !is_run_with_its_page(block)) {
        let is_it = |(page, begin): &&&Name| block.page == *page && block.text.starts_with(begin);
        assert_eq!(named.iter().filter(is_it).count(), 1, "nothing, or more than one test, runs {block:?}");
        unused.retain(|name| !is_it(&name));
    }
    assert!(unused.is_empty(), "no page has these blocks: {unused:?}");
    for ((page, begin), file) in RUN_ELSEWHERE {
        assert!(file.contains(&format!("block({page:?}, {begin:?}")), "the test does not run {begin} of {page}");
    }
}

#[test]
fn the_blocks_that_need_more_than_a_server_work_as_printed() {
    let queue = std::sync::Mutex::new(RUN.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(((page, begin), works)) = queue.lock().unwrap().next() else { break };
                    works(&block(page, begin));
                }
            });
        }
    });
}

/// Whether a program is there; the log says when it is not.
fn is_there(program: &str, argument: &str) -> bool {
    let is_there = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        eprintln!("left out: {program} is missing");
    }
    is_there
}

fn serves_with_a_key(block: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::printed(folder.path(), block, &[]);
    assert!(folder.path().join("kustodian.db").exists());
    let make = "kustodian token create --name 'my key' --role org";
    let key = run(folder.path(), make, &[]);
    server.call_as(key.trim(), Method::GET, "/v1/customers", None).expect(200);
}

fn serves_with_the_limits_of_a_plan(block: &str) {
    let server = Server::printed(tempfile::tempdir().unwrap().path(), block, &[]);
    let list = server.call_as("a-key-for-tests", Method::GET, "/v1/customers", None).expect(200);
    assert_eq!(list.header("x-ratelimit-limit"), "1000");
}

fn sends_e_mail(block: &str) {
    let (post, folder) = (PostOffice::open(), tempfile::tempdir().unwrap());
    let (url, printed) = (post.url(), "smtps://user:password@mail.example");
    assert!(block.contains(printed), "{block}");
    let server = Server::printed(folder.path(), &block.replace(printed, &url), &[]);
    let customer = server.create(json!({ "name": "Ada" }));
    let draft = json!({
        "channel": "email", "status": "sent", "from": { "email": "help@shop.example" },
        "to": [{ "email": "ada@acme.example" }], "subject": "Your order", "body": "It is on its way.",
    });
    server.post(&format!("{}/drafts", customer["links"]["self"].as_str().unwrap()), draft).expect(200);
    wait_for("the e-mail", || post.letters().iter().any(|letter| letter.to == ["ada@acme.example"]));
}

fn is_imported_into_another_server(block_of_files: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (Server::start(), Server::start());
    let user = |server: &Server| {
        let user = server.get("/v1/users/current").expect(200).data()["id"].clone();
        user.as_str().unwrap().to_owned()
    };
    let (old, new) = (user(&from), user(&to));
    from.put("/v1/metadata/customer", json!({ "properties": { "scoreNum": { "displayName": "Points" } } })).expect(200);
    let ada = from.create(json!({ "name": "Ada", "externalId": "crm-1815" }));
    let conversation = from.post("/v1/conversations", json!({ "customer": ada["id"], "name": "Lamp" })).expect(201);
    let conversation = format!("/v1/conversations/{}", conversation.data()["id"].as_str().unwrap());
    let note = json!({ "body": "Call her.", "userMentions": [{ "user": old }] });
    from.post(&format!("{conversation}/notes"), note).expect(201);

    let of = |server: &Server| [("KUSTODIAN_URL".to_owned(), server.url.clone())];
    let command = |server: &Server, commands: &str, more: &[(&str, &str)]| {
        let server = of(server);
        let server = server.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = server.chain([("KUSTODIAN_TOKEN", TOKEN)]).chain(more.iter().copied()).collect();
        run(folder.path(), commands, &variables)
    };
    command(&from, "kustodian export all --out out", &[]);
    command(&to, block_of_files, &[]);
    command(&to, "kustodian import notes out/notes.jsonl --ids ids", &[]);
    let notes = || to.get(&format!("{conversation}/notes")).expect(200).data()[0].clone();
    assert_eq!(notes()["relationships"]["userMentions"]["data"], json!([]));
    let rest = block("docs/import-export.md", "echo \"$old_user");
    command(&to, &rest, &[("old_user", &old), ("new_user", &new)]);
    assert_eq!(notes()["relationships"]["userMentions"]["data"], json!([{ "type": "user", "id": new }]));
}

/// A process that is killed when dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn forwards_events(block: &str) {
    let (server, receiver, folder) = (Server::on_file(), Receiver::start(Mood::Takes), tempfile::tempdir().unwrap());
    let printed = "http://localhost:3000/hook";
    assert!(block.contains(printed), "{block}");
    let variables = [("KUSTODIAN_URL", server.url.as_str()), ("KUSTODIAN_TOKEN", TOKEN)];
    let listen = format!("exec {}", block.replace(printed, &receiver.url));
    let listen = shell(folder.path(), &listen, &variables).stderr(Stdio::piped()).spawn().unwrap();
    let mut listen = Killed(listen);
    let mut lines = BufReader::new(listen.0.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("listening")), "it ended");
    run(folder.path(), "kustodian webhooks trigger kustomer.customer.update", &variables);
    wait_for("both events", || receiver.arrived().len() == 2);
}

fn keeps_strangers_out(block: &str) {
    if !is_there("nginx", "-v") {
        return;
    }
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let printed = "http://127.0.0.1:8080";
    assert!(block.contains(printed), "{block}");
    let folders =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {of};")).concat();
    let settings = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{}}\n\
         http {{ access_log off; {folders} server {{ listen {address};\n{} }} }}\n",
        block.replace(printed, &server.url)
    );
    fs::write(folder.path().join("nginx.conf"), settings).unwrap();
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
    let mut nginx = Killed(nginx.current_dir(folder.path()).spawn().unwrap());
    while std::net::TcpStream::connect(address).is_err() {
        assert_eq!(nginx.0.try_wait().unwrap(), None, "nginx ended");
    }
    let client = crate::server::http().build().unwrap();
    let ask = |path: &str| client.get(format!("http://{address}{path}")).send().unwrap().status().as_u16();
    for path in ["/metrics", "/healthz", "/readyz", "/docs", "/openapi.json"] {
        assert_eq!(ask(path), 403, "{path}");
        assert_eq!(server.request(Method::GET, path).send().unwrap().status().as_u16(), 200, "{path}");
    }
    assert_eq!(ask("/v1/customers"), 401, "the API asks for a key");
}

fn is_taken_by_prometheus(block: &str) {
    if !is_there("promtool", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prometheus.yml"), block).unwrap();
    let rules = "kustodian-alerts.yaml";
    assert!(block.contains(rules), "{block}");
    fs::copy(root().join("contrib/prometheus").join(rules), folder.path().join(rules)).unwrap();
    run(folder.path(), "promtool check config prometheus.yml", &[]);
}

/// As a file beside a unit of the package, which `systemctl edit` makes.
fn is_taken_by_systemd(block: &str) {
    if !is_there("systemd-analyze", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["kustodian.service", "kustodian.socket"] {
        let unit = fs::read_to_string(root().join("packaging/deb").join(name)).unwrap();
        let unit = unit.replace("/usr/bin/kustodian ", &format!("{} ", env!("CARGO_BIN_EXE_kustodian")));
        fs::write(folder.path().join(name), unit).unwrap();
    }
    let unit = if block.starts_with("[Socket]") { "kustodian.socket" } else { "kustodian.service" };
    let beside = folder.path().join(format!("{unit}.d"));
    fs::create_dir(&beside).unwrap();
    let verify = |settings: &str| {
        fs::write(beside.join("override.conf"), settings).unwrap();
        let mut verify = Command::new("systemd-analyze");
        let output =
            verify.args(["verify", "--man=no", "--recursive-errors=no"]).arg(folder.path().join(unit)).output();
        let output = output.unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (is_taken, said) = verify(block);
    assert!(is_taken && !said.contains("override.conf"), "{block}\n{said}");
    let (_, said) = verify(&block.replacen('=', "x=", 1));
    assert!(said.contains("override.conf"), "a word that systemd does not know is reported: {said}");
}

fn verifies_a_release(block: &str) {
    if !is_there("ssh-keygen", "-?") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let make = "ssh-keygen -q -t ed25519 -N '' -C releases -f key
        echo \"releases namespaces=\\\"kustodian-release\\\" $(cut -d ' ' -f 1,2 key.pub)\" > allowed-signers
        echo 'a  checksum' > SHA256SUMS";
    let sign = "ssh-keygen -q -Y sign -f key -n kustodian-release SHA256SUMS";
    let workflow = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    assert!(workflow.contains("-Y sign") && workflow.contains("-n kustodian-release"));
    run(folder.path(), &format!("{make}\n{sign}\n{block}"), &[]);
    fs::write(folder.path().join("SHA256SUMS"), "another\n").unwrap();
    assert!(!shell(Path::new(folder.path()), block, &[]).output().unwrap().status.success());
}
