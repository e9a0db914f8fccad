//! `kustodian import`: real files, the real binary, the real server.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::following::Gate;
use crate::ran::Ran;
use crate::server::{Server, TOKEN, binary};

/// `kustodian import …` with the server and its key in the environment.
fn importer(server: &Server, kind: &str, file: &Path) -> Command {
    let mut command = binary();
    command.args(["import", kind]).arg(file).env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    command
}

pub(crate) fn import(server: &Server, kind: &str, file: &Path, more: &[&str]) -> Ran {
    Ran::of(importer(server, kind, file).args(more))
}

/// With another key.
pub(crate) fn import_as(token: &str, server: &Server, kind: &str, file: &Path, more: &[&str]) -> Ran {
    Ran::of(importer(server, kind, file).env("KUSTODIAN_TOKEN", token).args(more))
}

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// A part of the import was done: its output, and its messages about the rest.
#[track_caller]
fn in_part(ran: Ran) -> (String, String) {
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    (ran.stdout, ran.stderr)
}

fn count(server: &Server, path: &str) -> usize {
    let page = server.get(&format!("{path}?pageSize=1000")).expect(200);
    assert_eq!(page.body["links"]["next"], Value::Null, "all are on one page");
    page.data().as_array().unwrap().len()
}

#[test]
fn tables_become_customers_and_clashes_are_refused_passed_over_or_changed() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let text = "\u{feff}Customer no;First name;Last name;E-mail;E-mail;Mobile phone;tier;score;Last order;Tags;Birthday;empty;\r\n\
                c-1;Ada;\"Love\r\nlace\";ada@x.example;ada@y.example;'+1 800 555 1212;gold;12,5;2026-01-31;vip, new;10.12.1815;;\r\n\
                \r\n\
                c-2;Alan;Turing;alan@x.example;;;silver;7;2026-02-01;;46053;;\r\n\
                c-3;Grace;Hopper;nobody;;;;3,75;;;;;\r\n";
    let file = written(folder.path(), "people.csv", text);
    let map = ["--map", "Customer no=externalId"];
    let dry = in_part(import(&server, "customers", &file, &[&map[..], &["--dry-run"]].concat()));
    assert!(dry.0.contains("2 rows could be sent, 1 refused; nothing was sent"), "{}", dry.0);
    for line in ["Customer no externalId", "First name name (its first part)", "Mobile phone phones[].phone (mobile)"] {
        let said = dry.0.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(line), "{said}");
    }
    assert!(
        dry.0.contains("custom.tierStr (by its first values)") && dry.0.contains("custom.lastOrderAt"),
        "{}",
        dry.0
    );
    assert_eq!(count(&server, "/v1/customers"), 0);

    let rejects = folder.path().join("rejects.csv");
    let reject = ["--reject", rejects.to_str().unwrap()];
    let (said, error) = in_part(import(&server, "customers", &file, &[&map[..], &reject].concat()));
    assert!(said.contains("2 created, 0 updated, 0 skipped, 1 refused"), "{said}");
    assert!(error.contains("1 of 3 rows were refused"), "{error}");
    let ada = server.get("/v1/customers/externalId=c-1").expect(200);
    let ada = ada.attributes();
    assert_eq!(ada["name"], "Ada Love\r\nlace");
    assert_eq!(ada["emails"][1]["email"], "ada@y.example");
    assert_eq!((&ada["phones"][0]["phone"], &ada["phones"][0]["type"]), (&json!("+1 800 555 1212"), &json!("mobile")));
    assert_eq!((&ada["custom"]["scoreNum"], &ada["custom"]["tierStr"]), (&json!(12.5), &json!("gold")));
    assert_eq!((&ada["birthdayAt"], ada["tags"].as_array().unwrap().len()), (&json!("1815-12-10T00:00:00.000Z"), 2));
    assert!(ada["importedAt"].is_string(), "{ada}");
    let alan = server.get("/v1/customers/externalId=c-2").expect(200);
    assert_eq!(alan.attributes()["birthdayAt"], "2026-01-31T00:00:00.000Z");
    assert!(!folder.path().join("people.csv.import-state").exists(), "nothing is left of an import that is done");

    // The refused row is corrected where it was put, and imported from there.
    let refused = fs::read_to_string(&rejects).unwrap();
    assert!(refused.contains("c-3") && refused.contains("line 6, column 4 (E-mail)"), "{refused}");
    let corrected = written(folder.path(), "corrected.csv", refused.replace("nobody", "grace@x.example"));
    let said = import(&server, "customers", &corrected, &map).well();
    assert!(said.contains("1 created, 0 updated, 0 skipped, 0 refused"), "{said}");
    let grace = server.get("/v1/customers/email=grace@x.example").expect(200);
    let grace = grace.attributes();
    assert_eq!((&grace["name"], &grace["custom"]["scoreNum"]), (&json!("Grace Hopper"), &json!(3.75)));

    let again = "external_id,name,email\nc-1,Ada King,\n,Alan M. Turing,alan@x.example\nc-4,Mary,mary@x.example\n";
    let again = written(folder.path(), "again.csv", again);
    let (said, error) = in_part(import(&server, "customers", &again, &["--on-conflict", "fail"]));
    assert!(said.contains("1 created, 0 updated, 0 skipped, 2 refused"), "{said}");
    assert!(error.contains("line 2: duplicate detected") && error.contains("line 3: duplicate detected"), "{error}");
    let said = import(&server, "customers", &again, &["--on-conflict", "skip"]).well();
    assert!(said.contains("0 created, 0 updated, 3 skipped, 0 refused"), "{said}");
    assert_eq!(server.get("/v1/customers/externalId=c-2").expect(200).attributes()["name"], "Alan Turing");
    let said = import(&server, "customers", &again, &["--on-conflict", "update"]).well();
    assert!(said.contains("0 created, 3 updated, 0 skipped, 0 refused"), "{said}");
    let names = ["c-1", "c-2", "c-4"].map(|id| server.get(&format!("/v1/customers/externalId={id}")).expect(200));
    let names = names.each_ref().map(|answer| answer.attributes()["name"].as_str().unwrap());
    assert_eq!(names, ["Ada King", "Alan M. Turing", "Mary"]);
    assert_eq!(count(&server, "/v1/customers"), 4);
    // A file that is imported again changes what differs, and leaves no other revision.
    let revs = || {
        ["c-1", "c-2", "c-4"].map(|id| {
            server.get(&format!("/v1/customers/externalId={id}")).expect(200).attributes()["rev"].as_u64().unwrap()
        })
    };
    let before = revs();
    let text = std::fs::read_to_string(&again).unwrap().replace("Mary", "Maria");
    let changed = written(folder.path(), "changed.csv", text);
    let said = import(&server, "customers", &changed, &["--on-conflict", "update"]).well();
    assert!(said.contains("0 created, 3 updated, 0 skipped, 0 refused"), "{said}");
    assert_eq!(revs(), [before[0], before[1], before[2] + 1]);
    // The file of refused rows is not the input file.
    let before = std::fs::read(&again).unwrap();
    let refused = importer(&server, "customers", &again).arg("--reject").arg(&again).output().unwrap();
    assert!(!refused.status.success() && std::fs::read(&again).unwrap() == before);
}

#[test]
fn every_kind_is_imported_from_every_form_of_file() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let ada = server.create(json!({ "name": "Ada", "externalId": "c-1" }))["id"].as_str().unwrap().to_owned();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);

    let companies = "name,domain,employee_count\nAcme,acme.example,12\nInitech,,\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(companies.as_bytes()).unwrap();
    let file = written(folder.path(), "companies.csv.gz", gzip.finish().unwrap());
    let said = import(&server, "companies", &file, &["--output", "json"]).json();
    assert_eq!((&said["created"], &said["mapping"][1]["becomes"]), (&json!(2), &json!("domains[].domain")));
    let acme = server.get("/v1/companies?filter=acme").expect(200);
    assert_eq!(acme.data()[0]["attributes"]["employeeCount"], 12);

    let orders = format!("title\tcustomerId\ttotal\nOrder 1\t{ada}\t9.5\n");
    let zstd = zstd::encode_all(orders.as_bytes(), 1).unwrap();
    let file = written(folder.path(), "orders.tsv.zst", zstd);
    import(&server, "kobjects", &file, &["--klass", "order"]).well();
    let orders = server.get(&format!("/v1/customers/{ada}/klasses/order")).expect(200);
    assert_eq!(orders.data()[0]["attributes"]["custom"]["totalNum"], 9.5);
    import(&server, "kobjects", &file, &[]).misused(&["--klass"]);

    let conversation = "5c7d1a1f9a1b2c0010a1b2c3";
    let line = json!({ "id": conversation, "customer": ada, "name": "An old parcel", "status": "done", "createdAt": "2020-01-31" });
    let file = written(folder.path(), "conversations.jsonl", format!("{line}\n"));
    import(&server, "conversations", &file, &[]).well();
    let stored = server.get(&format!("/v1/conversations/{conversation}")).expect(200);
    assert_eq!(
        (&stored.attributes()["createdAt"], &stored.attributes()["status"]),
        (&json!("2020-01-31T00:00:00.000Z"), &json!("done"))
    );

    let line = json!({ "conversation": conversation, "channel": "email", "app": "old", "direction": "in", "sentAt": "2020-01-31T10:00:00Z" });
    let mut command = importer(&server, "messages", Path::new("-"));
    let said = Ran::fed(command.args(["--format", "jsonl"]), &format!("{line}\n")).well();
    assert!(said.contains("1 created"), "{said}");
    let stored = server.get(&format!("/v1/conversations/{conversation}")).expect(200);
    let attributes = stored.attributes();
    assert_eq!(
        (&attributes["messageCount"], &attributes["status"]),
        (&json!(1), &json!("done")),
        "an old message opens nothing"
    );

    let file = written(folder.path(), "notes.csv", format!("text,Conversation ID\n\"She, called\",{conversation}\n"));
    import(&server, "notes", &file, &[])
        .fails_with("column 1 (text): no attribute is called so; say what it becomes with --map 'text=");
    import(&server, "notes", &file, &["--map", "text=body"]).well();
    assert_eq!(server.get(&format!("/v1/conversations/{conversation}")).expect(200).attributes()["noteCount"], 1);

    import(&server, "customers", &folder.path().join("none.csv"), &[]).fails_with("none.csv cannot be read");
    import(&server, "customers", Path::new("-"), &[]).fails_with("--format csv or --format jsonl");
    import(&server, "customers", Path::new("-"), &["--format", "csv", "--resume"]).fails_with("cannot be resumed");
    let broken = written(folder.path(), "broken.csv", "name\n\"Ada\nAlan\n");
    import(&server, "customers", &broken, &[]).fails_with("line 2: a quote that is opened in this row is never closed");
}

#[test]
fn an_import_that_was_killed_continues_and_makes_nothing_twice() {
    const ROWS: usize = 900;
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    // Nothing in these rows clashes: a row sent twice would make a second customer.
    let mut rows = String::from("name,birthday\n");
    for number in 0..ROWS {
        rows.push_str(&format!("Customer {number},{}\n", if number % 100 == 50 { "soon" } else { "2000-01-31" }));
    }
    let file = written(folder.path(), "people.csv", &rows);
    let (state, rejects) = (folder.path().join("people.csv.import-state"), folder.path().join("rejects.csv"));
    let reject = ["--reject", rejects.to_str().unwrap()];
    let begun = || -> Option<Value> { serde_json::from_slice(&fs::read(&state).ok()?).ok() };

    let mut process =
        importer(&server, "customers", &file).args(reject).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while begun().is_none_or(|state| state["line"] == 0) {
        assert!(process.try_wait().unwrap().is_none(), "it has rows left when it is killed");
        std::thread::yield_now();
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let left = begun().expect("what the killed import left");

    import(&server, "customers", &file, &reject).fails_with("was interrupted behind line");
    import(&server, "customers", &file, &["--resume", "--on-conflict", "skip"]).fails_with("other options");
    fs::write(&file, rows.replace("Customer 7,", "Somebody,")).unwrap();
    import(&server, "customers", &file, &[&reject[..], &["--resume"]].concat()).fails_with("has changed since");
    fs::write(&file, &rows).unwrap();
    // As if it had been killed before it noted any batch: all that was sent is sent again.
    let mut unaware = left;
    (unaware["line"], unaware["rejectBytes"]) = (json!(0), json!(0));
    unaware["counts"] = json!({ "created": 0, "updated": 0, "skipped": 0, "refused": 0 });
    fs::write(&state, unaware.to_string()).unwrap();

    let (said, _) = in_part(import(&server, "customers", &file, &[&reject[..], &["--resume"]].concat()));
    assert!(said.contains("891 created, 0 updated, 0 skipped, 9 refused"), "{said}");
    assert_eq!(count(&server, "/v1/customers"), ROWS - 9);
    let refused = fs::read_to_string(&rejects).unwrap();
    assert_eq!(refused.lines().count(), 1 + 9, "each is in the file once: {refused}");
    import(&server, "customers", &file, &["--resume"]).fails_with("no import of");
}

#[test]
fn an_import_outlives_its_server_and_makes_nothing_twice() {
    const ROWS: usize = 900;
    let (server, folder) = (Server::on_file(), tempfile::tempdir().unwrap());
    let gate = Gate::before(&server);
    // Nothing in these rows clashes: a row sent twice would make a second customer.
    let mut rows = String::from("name\n");
    (0..ROWS).for_each(|number| rows.push_str(&format!("Customer {number}\n")));
    let file = written(folder.path(), "people.csv", &rows);
    // The third batch or so is stored, and its answer is lost.
    gate.lose_an_answer_after(60_000);
    let mut command = importer(&server, "customers", &file);
    let command = command.env("KUSTODIAN_URL", &gate.url).stdin(Stdio::null());
    let mut importing = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !gate.has_lost_it() {
        assert!(importing.try_wait().unwrap().is_none(), "it has rows left");
        std::thread::sleep(Duration::from_millis(5));
    }
    let server = server.kill_and_restart();
    assert!(importing.try_wait().unwrap().is_none(), "it waits");
    gate.lead_to(&server);
    let output = importing.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{said}");
    assert!(said.contains("900 created, 0 updated, 0 skipped, 0 refused"), "{said}");
    let all = server.get("/v1/customers?pageSize=1000").expect(200);
    let name = |customer: &Value| customer["attributes"]["name"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = all.data().as_array().unwrap().iter().map(name).collect();
    assert_eq!((names.len(), all.data().as_array().unwrap().len()), (ROWS, ROWS), "none twice, none lost");
}

/// A command without a terminal and with a closed input, which must end by itself.
fn unattended(command: &mut Command) -> Ran {
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..600 {
        if process.try_wait().unwrap().is_some() {
            let output = process.wait_with_output().unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            return Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill().unwrap();
    panic!("it waits for somebody");
}

#[test]
fn an_import_shows_its_mapping_before_it_writes_and_asks_nobody() {
    let (server, folder) = (Server::on_file(), tempfile::tempdir().unwrap());
    let file = written(folder.path(), "people.csv", "Customer no,tier\nc-1,gold\n");
    let command = |kind: &str, file: &Path| importer(&server, kind, file);
    // The first request is refused, and the mapping was shown before it.
    let map = ["--map", "Customer no=externalId"];
    let refused = unattended(command("customers", &file).args(map).env("KUSTODIAN_TOKEN", "no key of this server"));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    let shown = refused.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("Customer no externalId") && shown.contains("tier custom.tierStr"), "{}", refused.stdout);
    assert_eq!(count(&server, "/v1/customers"), 0);
    assert!(!folder.path().join("people.csv.import-state").exists(), "there is nothing to continue");
    // Nor is there after a refusal of the rows: a role or a klass is missing.
    let reads = server.token("demo", &["org.user.customer.read"]);
    let refused = unattended(command("customers", &file).args(map).env("KUSTODIAN_TOKEN", &reads));
    assert!(refused.code == Some(1) && refused.stderr.contains("403"), "{}", refused.stderr);
    let orders = written(folder.path(), "orders.csv", "title\nOrder 1815\n");
    let refused = unattended(command("kobjects", &orders).args(["--klass", "order"]));
    assert!(refused.code == Some(1) && refused.stderr.contains("404"), "{}", refused.stderr);
    for name in ["people.csv.import-state", "orders.csv.import-state"] {
        assert!(!folder.path().join(name).exists(), "{name}: there is nothing to continue");
    }
    // An import without a fault shows it first, too.
    let said = unattended(command("customers", &file).args(map)).well();
    assert!(said.find("custom.tierStr") < said.find("1 created"), "{said}");

    // A missing value is an error, and no question.
    let state = written(folder.path(), "again.csv.import-state", "{}");
    let again = written(folder.path(), "again.csv", "name\nAda\n");
    for (mut command, code, words) in [
        (command("customers", &again), 1, "import-state"),
        (command("kobjects", &file), 2, "--klass"),
        (command("customers", Path::new("-")), 1, "--format csv or --format jsonl"),
        (command("notes", &file), 1, "no attribute is called so"),
        (command("customers", &file), 3, "duplicate detected"),
    ] {
        if words == "duplicate detected" {
            command.args(map);
        }
        let ran = unattended(&mut command);
        assert_eq!(ran.code, Some(code), "{words}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    fs::remove_file(state).unwrap();
    let mut command = command("customers", &again);
    let ran = unattended(command.env_remove("KUSTODIAN_TOKEN").env("HOME", folder.path()));
    assert_eq!((ran.code, ran.stderr.contains("no API key")), (Some(1), true), "{}", ran.stderr);
}

#[test]
fn a_record_of_every_kind_that_is_there_is_refused_passed_over_or_changed() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let owner = server.create(json!({}))["id"].clone();
    let said = json!({ "customer": owner, "channel": "chat", "app": "web", "direction": "in" });
    for (kind, list, identity, attribute, fixed) in [
        ("companies", "companies", "externalId", "name", json!({})),
        ("kobjects", "klasses/order", "externalId", "title", json!({})),
        ("conversations", "conversations", "externalId", "name", json!({ "customer": owner })),
        ("messages", "messages", "externalId", "subject", said),
        ("notes", "notes", "id", "body", json!({ "customer": owner })),
    ] {
        let named = |number: u64| match identity {
            "id" => json!(format!("{number:024x}")),
            _ => json!(format!("x-{number}")),
        };
        let row = |number: u64, text: &str| {
            let mut row = fixed.clone();
            (row[identity], row[attribute]) = (named(number), json!(text));
            row.to_string()
        };
        let import_of = |rows: &[(u64, &str)], what: &str| {
            let lines: Vec<String> = rows.iter().map(|(number, text)| row(*number, text)).collect();
            let file = written(folder.path(), "rows.jsonl", lines.join("\n"));
            let more: &[&str] = if kind == "kobjects" { &["--klass", "order"] } else { &[] };
            let ran = import(&server, kind, &file, &[more, &["--on-conflict", what]].concat());
            (ran.code, ran.stdout, ran.stderr)
        };
        let texts = || {
            let all = server.get(&format!("/v1/{list}?pageSize=100")).expect(200);
            let mut texts: Vec<(Value, Value)> = all
                .data()
                .as_array()
                .unwrap()
                .iter()
                .map(|one| {
                    let named = if identity == "id" { &one["id"] } else { &one["attributes"][identity] };
                    (named.clone(), one["attributes"][attribute].clone())
                })
                .collect();
            texts.sort_by_key(|(named, _)| named.to_string());
            texts
        };
        let (code, said, error) = import_of(&[(1, "first")], "fail");
        assert_eq!(code, Some(0), "{kind}: {said}{error}");
        let both = [(1, "second"), (2, "second")];
        let (code, said, error) = import_of(&both, "fail");
        assert_eq!(code, Some(3), "{kind}: {said}{error}");
        assert!(said.contains("1 created, 0 updated, 0 skipped, 1 refused"), "{kind}: {said}{error}");
        assert_eq!(texts(), [(named(1), json!("first")), (named(2), json!("second"))], "{kind}");
        let both = [(1, "third"), (2, "third")];
        let (code, said, error) = import_of(&both, "skip");
        assert_eq!(code, Some(0), "{kind}: {said}{error}");
        assert!(said.contains("0 created, 0 updated, 2 skipped, 0 refused"), "{kind}: {said}{error}");
        assert_eq!(texts(), [(named(1), json!("first")), (named(2), json!("second"))], "{kind}");
        let (code, said, error) = import_of(&both, "update");
        assert_eq!(code, Some(0), "{kind}: {said}{error}");
        assert!(said.contains("0 created, 2 updated, 0 skipped, 0 refused"), "{kind}: {said}{error}");
        assert_eq!(texts(), [(named(1), json!("third")), (named(2), json!("third"))], "{kind}");
    }
}

#[test]
fn rows_that_cannot_be_read_are_in_the_file_of_the_refused_and_are_refused_until_they_are_corrected() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    for (name, text, kept, corrected) in [
        ("people.csv", "externalId,name\nr1,Ann,extra\nr2,Bob\n", "\"r1\",\"Ann\",\"extra\"", ("Ann,extra,2", "Ann,2")),
        (
            "people.jsonl",
            "{\"externalId\":\"r1\"\n{\"externalId\":\"r2\"}\n",
            "{\\\"externalId\\\":\\\"r1\\\"",
            ("import_text", "name"),
        ),
    ] {
        server.get("/v1/customers").expect(200).ids().iter().for_each(|id| {
            server.delete(&format!("/v1/customers/{id}")).expect(204);
        });
        let file = written(folder.path(), name, text);
        let rejects = folder.path().join(format!("rejects.{name}"));
        in_part(import(&server, "customers", &file, &["--reject", rejects.to_str().unwrap()]));
        let rejected = fs::read_to_string(&rejects).unwrap();
        let unquoted = |text: &str| text.replace(['"', '\\'], "");
        assert!(unquoted(&rejected).contains(&unquoted(kept)), "{rejected}");
        in_part(import(&server, "customers", &rejects, &[]));
        assert_eq!(count(&server, "/v1/customers"), 1, "{name}");
        let correct = written(folder.path(), name, rejected.replace(corrected.0, corrected.1));
        let ran = import(&server, "customers", &correct, &[]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        assert_eq!(count(&server, "/v1/customers"), 2, "{name}");
    }
}

#[test]
fn a_deleted_record_of_an_export_is_refused() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let record = json!({ "id": "5c7d1a1f9a1b2c0010a1b2c3", "type": "customer", "attributes": { "deleted": true } });
    for (name, text) in
        [("gone.jsonl", format!("{record}\n")), ("gone.csv", "id,deleted\n5c7d1a1f9a1b2c0010a1b2c3,yes\n".to_owned())]
    {
        let (_, said) = in_part(import(&server, "customers", &written(folder.path(), name, text), &[]));
        assert!(said.contains("the record is deleted"), "{said}");
    }
    assert_eq!(count(&server, "/v1/customers"), 0);
    let other = written(folder.path(), "other.csv", "name,Deleted\nAda,true\n");
    let ran = import(&server, "customers", &other, &["--map", "Deleted=isGoneBool"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_table_that_was_exported_gives_the_same_values_back() {
    let (server, folder) = (Server::on_file(), tempfile::tempdir().unwrap());
    let klass = json!({ "name": "shop" });
    server.post("/v1/klasses", klass).expect(200);
    let shops = ["a", "b"].map(|title| {
        let shop = server.post("/v1/klasses/shops", json!({ "title": title })).expect(201);
        shop.data()["id"].as_str().unwrap().to_owned()
    });
    let about = json!({ "properties": { "favsId": { "target": "kobject.shop", "multi": true } } });
    server.put("/v1/metadata/customer", about).expect(200);
    let queue = server.post("/v1/routing/queues", json!({ "name": "first" })).expect(201).data()["id"].clone();
    for (number, favs) in [&shops[..], &shops[..1]].into_iter().enumerate() {
        let customer = server.create(json!({ "externalId": format!("c{number}"), "custom": { "favsId": favs } }));
        let conversation =
            json!({ "customer": customer["id"], "externalId": format!("q{number}"), "queue": { "id": queue } });
        server.post("/v1/conversations", conversation).expect(201);
    }
    for kind in ["customers", "conversations"] {
        let out = folder.path().join(kind);
        let exported = Ran::of(
            binary()
                .args(["export", kind, "--format", "csv", "--out"])
                .arg(&out)
                .env("KUSTODIAN_URL", &server.url)
                .env("KUSTODIAN_TOKEN", TOKEN),
        );
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        let before = server.get(&format!("/v1/{kind}")).expect(200).body["data"].clone();
        let ran = import(&server, kind, &out.join(format!("{kind}.csv")), &["--on-conflict", "update"]);
        assert_eq!(ran.code, Some(0), "{kind}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(server.get(&format!("/v1/{kind}")).expect(200).body["data"], before, "{kind}");
    }
    let orders = written(folder.path(), "orders.csv", "Name,Order ID\nAnn,A-123\n");
    assert_eq!(import(&server, "customers", &orders, &[]).code, Some(0));
    let newest = server.get("/v1/customers?sort=-createdAt&pageSize=1").expect(200).body["data"][0].clone();
    assert_eq!(newest["attributes"]["custom"], json!({ "orderIdStr": "A-123" }));
}
