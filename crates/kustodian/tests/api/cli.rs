//! The command line against the real server.

use std::process::{Command, Stdio};

use kustomer_client::Client;
use kustomer_client::customer::CustomerInput;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::assert_holds;
pub(crate) use crate::ran::Ran;
use crate::server::{Answer, Server, TOKEN, binary, full_customer};

pub(crate) fn kustodian(arguments: &[&str]) -> Ran {
    Ran::of(binary().args(arguments))
}

/// `kustodian customers …` with the server and its key in the environment.
pub(crate) fn customers(server: &Server) -> Command {
    let mut command = binary();
    command.arg("customers").env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    command
}

pub(crate) fn on(server: &Server, arguments: &[&str]) -> Ran {
    Ran::of(customers(server).args(arguments))
}

fn on_database(server: &Server, arguments: &[&str]) -> Ran {
    Ran::of(binary().args(arguments).args(["--database", server.database()]))
}

/// The value of an attribute in the table of one customer.
pub(crate) fn cell<'a>(table: &'a str, attribute: &str) -> Option<&'a str> {
    table.lines().find_map(|line| line.trim().strip_prefix(attribute)?.strip_prefix(' ')).map(str::trim)
}

#[test]
fn a_customer_is_made_found_changed_deleted_and_restored_by_flags() {
    let server = Server::start();
    let made = on(
        &server,
        &[
            "create",
            "--name",
            "Ada Lovelace 李 🎉",
            "--email",
            "ada@acme.example",
            "--email",
            "ada@home.example",
            "--phone",
            "+18005551212",
            "--external-id",
            "crm-1815",
            "--tag",
            "vip",
            "--custom",
            "tierStr=gold",
            "--custom",
            "scoreNum=12.5",
            "--custom",
            "churnedBool=false",
            "--custom",
            "noteTxt=a=b",
            "--custom",
            "goneStr=null",
        ],
    )
    .well();
    let id = cell(&made, "id").unwrap();
    assert_eq!(cell(&made, "name"), Some("Ada Lovelace 李 🎉"));
    assert_eq!(cell(&made, "emails"), Some("ada@acme.example, ada@home.example"));
    assert_eq!(cell(&made, "custom.scoreNum"), Some("12.5"));
    let stored = server.get(&format!("/v1/customers/{id}")).expect(200);
    assert_holds(
        stored.attributes(),
        &json!({
            "name": "Ada Lovelace 李 🎉",
            "externalId": "crm-1815",
            "emails": [{ "email": "ada@acme.example" }, { "email": "ada@home.example" }],
            "phones": [{ "phone": "+18005551212" }],
            "custom": { "tierStr": "gold", "scoreNum": 12.5, "churnedBool": false, "noteTxt": "a=b", "goneStr": null },
        }),
    );
    assert_eq!(stored.attributes()["tags"].as_array().unwrap().len(), 1);

    for which in
        [&["--email", "ADA@acme.example"][..], &["--phone", "+1 800 555 1212"], &["--external-id", "crm-1815"], &[id]]
    {
        let found = on(&server, &[&["get"], which].concat()).well();
        assert_eq!(cell(&found, "id"), Some(id), "{which:?}");
    }
    let changed = on(&server, &["update", id, "--name", "Ada King", "--custom", "scoreNum=13"]).well();
    assert_eq!((cell(&changed, "name"), cell(&changed, "custom.scoreNum")), (Some("Ada King"), Some("13")));
    assert_eq!((cell(&changed, "custom.tierStr"), cell(&changed, "rev")), (Some("gold"), Some("2")));

    assert!(on(&server, &["delete", id]).well().contains(&format!("kustodian customers restore {id}")));
    on(&server, &["get", id]).fails_with("404 notfound");
    assert_eq!(cell(&on(&server, &["restore", id]).well(), "name"), Some("Ada King"));
}

#[test]
fn json_is_sent_and_printed_unchanged() {
    let server = Server::start();
    let body = full_customer().to_string();
    let made = Ran::fed(customers(&server).args(["create", "--json", "-", "--output", "json"]), &body).json();
    assert_holds(&made["data"]["attributes"], &completed(full_customer()));
    let id = made["data"]["id"].as_str().unwrap();
    let read = on(&server, &["get", id, "--output", "json"]).well();
    assert_eq!(read.trim_end(), server.get(&format!("/v1/customers/{id}")).text);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customer.json");
    std::fs::write(&file, r#"{"name":"out of a file","gender":null}"#).unwrap();
    let file = file.display().to_string();
    let changed = on(&server, &["update", id, "--json", &file, "--output", "json"]).json();
    assert_eq!(changed["data"]["attributes"]["name"], "out of a file");
    assert!(changed["data"]["attributes"]["gender"].is_null());

    Ran::fed(customers(&server).args(["create", "--json", "-"]), "\u{feff}{}").well();
    Ran::fed(customers(&server).args(["create", "--json", "-"]), r#"{"name":"#)
        .fails_with("standard input holds no JSON");
    Ran::fed(customers(&server).args(["create", "--json", "-"]), r#"{"nmae":1}"#).fails_with("/nmae");
    on(&server, &["create", "--json", "/no/such/file.json"]).fails_with("/no/such/file.json");
    on(&server, &["create", "--json", "-", "--name", "x"]).misused(&["--json", "--name"]);
}

/// The sent body, with its moments as they are answered.
fn completed(mut sent: Value) -> Value {
    sent["signedUpAt"] = json!("2016-11-06T18:54:29.000Z");
    sent
}

#[test]
fn a_custom_attribute_that_does_not_fit_is_refused_before_anything_is_sent() {
    let server = Server::start();
    for (custom, words) in [
        ("aNum=twelve", "a number or null"),
        ("aBool=yes", "true, false or null"),
        ("aAt=yesterday", "a date-time like"),
        ("aUrl=nowhere", "a URI like"),
        ("tier=gold", "must end in one of"),
        ("tierStr", "has no value"),
    ] {
        on(&server, &["create", "--custom", custom]).fails_with(words);
    }
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 0);
}

#[test]
fn lists_are_limited_sorted_and_readable_for_programs() {
    let server = Server::start();
    assert_eq!(on(&server, &["list", "--output", "json"]).json(), json!({ "data": [] }));
    let ids: Vec<String> = (0..205)
        .map(|number| server.create(json!({ "name": format!("n{number}") }))["id"].as_str().unwrap().to_owned())
        .collect();
    let listed = |arguments: &[&str]| -> Vec<String> {
        let ran = on(&server, &[&["list", "--output", "json"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let list: Value = serde_json::from_str(&ran.stdout).unwrap();
        list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&[]), ids[..20]);
    assert_eq!(listed(&["--limit", "101"]), ids[..101]);
    assert_eq!(listed(&["--all"]), ids);
    assert_eq!(listed(&["--sort", "-id", "--limit", "1"]), ids[204..]);
    let table = on(&server, &["list", "--limit", "2", "--sort=-updatedAt"]).stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].trim_start().starts_with("ID ") && lines[1].contains(&ids[204]), "{table}");
    assert_eq!(lines.len(), 3);
    on(&server, &["list", "--sort", "name"]).fails_with("sort must be id, createdAt or updatedAt");
    on(&server, &["list", "--all", "--limit", "3"]).misused(&["--all", "--limit"]);
}

#[test]
fn a_reader_of_the_beginning_alone_is_no_error() {
    let server = Server::start();
    for number in 0..250 {
        server.create(json!({ "name": format!("n{number}") }));
    }
    for output in ["table", "json"] {
        let mut process = customers(&server)
            .args(["list", "--all", "--output", output])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(process.stdout.take());
        let ended = process.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap()), (Some(0), String::new()));
    }
}

#[test]
fn an_impossible_request_is_reported_in_one_line() {
    let server = Server::start();
    let nobody = "5c7d1a1f9a1b2c0010a1b2c3";
    on(&server, &["list", "--token", "nobody-knows-this-one"]).fails_with("401 unauthorized");
    on(&server, &["list", "--url", "http://127.0.0.1:1"]).fails_with("cannot connect to http://127.0.0.1:1");
    on(&server, &["list", "--url", "127.0.0.1:8080"]).fails_with("like http://127.0.0.1:8080");
    on(&server, &["list", "--url", "localhost:8080"]).fails_with("like http://127.0.0.1:8080");
    Ran::of(customers(&server).env_remove("KUSTODIAN_TOKEN").arg("list")).fails_with("KUSTODIAN_TOKEN");
    Ran::of(customers(&server).env("KUSTODIAN_TOKEN", "").arg("list")).fails_with("KUSTODIAN_TOKEN");
    for arguments in
        [&["get", nobody][..], &["update", nobody, "--name", "x"], &["delete", nobody], &["restore", nobody]]
    {
        on(&server, arguments).fails_with("404 notfound");
    }
    on(&server, &["create", "--email", "ada@acme.example"]).well();
    on(&server, &["create", "--email", "ada@acme.example"]).fails_with("409 conflict");
    on(&server, &["create", "--email", "no address"]).fails_with("/emails/0/email");

    on(&server, &["get"]).misused(&["--email", "--phone", "--external-id"]);
    on(&server, &["get", "xyz"]).misused(&["24 hexadecimal characters"]);
    on(&server, &["get", "--email", ""]).misused(&["--email"]);
}

#[test]
fn a_key_is_printed_alone_and_works_until_it_is_revoked() {
    let server = Server::on_file();
    let create = ["token", "create", "--name", "nightly import", "--role", "org.user.customer.read"];
    let more = ["--role", "org.user.tag", "--expires-in-days", "30", "--cidr", "127.0.0.1"];
    let secret = on_database(&server, &[&create[..], &more].concat()).well();
    let token = secret.trim_end();
    assert!(!token.contains(char::is_whitespace) && secret.ends_with('\n'), "{secret:?}");
    server.call_as(token, Method::GET, "/v1/customers", None).expect(200);

    let list = on_database(&server, &["token", "list", "--output", "json"]).json();
    let listed = list.as_array().unwrap().iter().find(|key| key["name"] == "nightly import").unwrap();
    assert_eq!(listed["roles"], json!(["org.user.customer.read", "org.user.tag"]));
    assert_eq!((&listed["org"], &listed["cidr"]), (&json!("demo"), &json!("127.0.0.1/32")));
    assert!(listed["expiresAt"].as_str() > listed["createdAt"].as_str() && listed["revokedAt"].is_null());
    let id = listed["id"].as_str().unwrap();
    let table = on_database(&server, &["token", "list", "--org", "demo"]).well();
    assert!(table.contains(id) && table.contains("nightly import") && !table.contains(token), "{table}");

    assert_eq!(on_database(&server, &["token", "revoke", id]).well(), format!("revoked {id}\n"));
    on_database(&server, &["token", "revoke", id]).fails_with("kustodian token list");
    assert!(on_database(&server, &["token", "list"]).well().contains("revoked "));
}

#[test]
fn the_roles_are_listed_with_the_operations_that_ask_for_them() {
    let listed: Value = serde_json::from_str(&kustodian(&["roles", "--output", "json"]).well()).unwrap();
    let opened = |role: &str| {
        let found = listed.as_array().unwrap().iter().find(|listed| listed["role"] == role);
        found.unwrap_or_else(|| panic!("no {role}"))["operations"].clone()
    };
    assert!(opened("org.user.customer.read").as_array().unwrap().contains(&json!("getCustomers")));
    assert!(opened("org.admin").as_array().unwrap().contains(&json!("eraseCustomer")));
    // Each role of each operation is there, and can be given.
    for operation in kustomer_api::operation::all() {
        for role in operation.roles {
            assert!(opened(role).as_array().unwrap().contains(&json!(operation.name)), "{role}");
        }
    }
    // So are those that grant all beneath them.
    for umbrella in ["org", "org.user", "org.permission"] {
        assert!(opened(umbrella).as_array().unwrap().contains(&json!("getCustomers")), "{umbrella}");
    }
    assert!(!opened("org.admin").as_array().unwrap().contains(&json!("getCustomers")));
    let table = kustodian(&["roles", "--operation", "eraseCustomer"]).well();
    assert!(table.contains("org.admin") && !table.contains("org.user.customer.read"), "{table}");
    kustodian(&["roles", "--operation", "eraseCustomers"]).misused(&["did you mean eraseCustomer?"]);
}

#[test]
fn a_key_that_cannot_be_made_is_refused_with_a_reason() {
    let server = Server::on_file();
    let create = |arguments: &[&str]| on_database(&server, &[&["token", "create", "--name", "x"], arguments].concat());
    create(&["--force-role", "Not A Role!"]).fails_with("is no role");
    create(&["--role", "org.user.customers.read"]).misused(&["org.user.customer.read", "kustodian roles"]);
    create(&["--role", "org.user.customers.read"]).misused(&["write --force-role org.user.customers.read in place of"]);
    create(&["--role", "org.usr"]).misused(&["did you mean org.user?"]);
    for written in
        ["kobject_order.write", "org.user.kobject_order.write", "org.permission.kobject.kobject_order.upadte"]
    {
        create(&["--role", written]).misused(&["did you mean org.permission.kobject.kobject_order.update?"]);
    }
    for known in ["org.permission", "org.user.*", "org.permission.kobject.kobject_order.read", "org.tracking"] {
        create(&["--role", known]).well();
    }
    create(&["--force-role", "org.user.of_tomorrow.read"]).well();
    create(&["--role", "org", "--org", "nope"]).fails_with("there are: demo");
    create(&[]).misused(&["--role"]);
    create(&["--role", "org", "--cidr", "around here"]).misused(&["--cidr", "203.0.113.0/24"]);
    create(&["--role", "org", "--expires-in-days", "0"]).misused(&["--expires-in-days", "1..="]);
    create(&["--role", "org", "--expires-in-days", "4000000000"]).misused(&["--expires-in-days", "36500"]);
    create(&["--role", "org", "--expires-in-days", "36500"]).well();
    on_database(&server, &["token", "create", "--name", "", "--role", "org"]).fails_with("1 to 255 characters");
    on_database(&server, &["token", "revoke", "5c7d1a1f9a1b2c0010a1b2c3"]).fails_with("kustodian token list");
    on_database(&server, &["token", "list"]).well();
}

#[test]
fn orgs_are_made_and_listed() {
    let server = Server::on_file();
    assert!(on_database(&server, &["org", "create", "acme"]).well().contains("acme"));
    let made = on_database(&server, &["org", "create", "zenith", "--output", "json"]).json();
    let list = on_database(&server, &["org", "list", "--output", "json"]).json();
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|org| org["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme", "demo", "zenith"], "by name");
    assert_eq!(list[2], made);
    assert!(on_database(&server, &["org", "list"]).well().contains("zenith"));
    on_database(&server, &["org", "create", "acme"]).fails_with("acme already");
    on_database(&server, &["org", "create", "ACME"]).fails_with("hosts do not distinguish them");
    on_database(&server, &["org", "create", "a b"]).fails_with("letters, digits and hyphens");
}

#[test]
fn a_misspelt_database_is_reported_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typo.db");
    let database = format!("sqlite:{}", path.display());
    for command in [&["org", "list"][..], &["token", "list"], &["token", "create", "--name", "x", "--role", "org"]] {
        kustodian(&[command, &["--database", &database]].concat()).fails_with("typo.db");
    }
    assert!(!path.exists());
    kustodian(&["org", "create", "acme", "--database", &database]).well();
    assert!(kustodian(&["org", "list", "--database", &database]).well().contains("acme"));
    let nowhere = format!("sqlite:{}", folder.path().join("no/folder.db").display());
    kustodian(&["org", "create", "acme", "--database", &nowhere]).fails_with("folder.db");
}

#[test]
fn migrations_are_shown_applied_and_then_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.db");
    let migrate = |more: &[&str]| {
        let database = format!("sqlite:{}", path.display());
        kustodian(&[&["migrate", "--database", &database], more].concat())
    };
    migrate(&["--check"]).fails_with("there is no database");
    std::fs::write(&path, "").unwrap();
    let check = migrate(&["--check"]);
    let pending: Vec<&str> = check.stdout.lines().collect();
    assert_eq!(check.code, Some(1), "{}", check.stderr);
    assert!(!pending.is_empty() && check.stderr.starts_with(&format!("error: {} pending", pending.len())));
    let applied: String = pending.iter().map(|name| format!("applied {name}\n")).collect();
    assert_eq!(migrate(&[]).well(), applied);
    for again in [&["--check"][..], &[]] {
        assert_eq!(migrate(again).well(), "the database is up to date\n");
    }
    let distributed = migrate(&["--distribute"]);
    assert_eq!(distributed.code, Some(1));
    assert!(distributed.stderr.contains("postgres://"), "{}", distributed.stderr);
    migrate(&["--check", "--distribute"]).misused(&["--check", "--distribute"]);
}

#[test]
fn the_document_is_the_one_the_server_serves() {
    let server = Server::start();
    let served = Answer::of(server.request(Method::GET, "/openapi.json")).expect(200);
    assert_eq!(kustodian(&["openapi"]).json(), served.body);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = kustodian(&["completions", shell]).well();
        assert!(script.contains("customers") && script.contains("external-id"), "{shell}: {script}");
    }
    kustodian(&["completions", "cmd.exe"]).misused(&["bash"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    kustodian(&["man", "--out", out.to_str().unwrap()]).well();
    let mut left = vec![Vec::new()];
    while let Some(path) = left.pop() {
        let name = [&["kustodian".to_owned()], path.as_slice()].concat().join("-");
        let page =
            std::fs::read_to_string(out.join(format!("{name}.1"))).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
        left.extend(commands(&path).into_iter().map(|below| [path.as_slice(), &[below]].concat()));
    }
    kustodian(&["man", "--out", "/dev/null/man"]).fails_with("/dev/null/man");
}

/// The commands below one, as its help lists them.
fn commands(path: &[String]) -> Vec<String> {
    let help = Ran::of(binary().args(path).arg("--help")).well();
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_help_names_the_variables_of_its_command() {
    let mut seen = 0;
    let mut left = vec![Vec::new()];
    while let Some(path) = left.pop() {
        let below = commands(&path);
        let line = path.join(" ");
        let help = Ran::of(binary().args(&path).arg("--help")).well();
        let variables: &[&str] = match path.first().map(String::as_str) {
            Some("customers") => &["KUSTODIAN_URL", "KUSTODIAN_TOKEN"],
            Some("serve") => &[
                "KUSTODIAN_LISTEN",
                "KUSTODIAN_DATABASE",
                "KUSTODIAN_ORG",
                "KUSTODIAN_BOOTSTRAP_TOKEN",
                "KUSTODIAN_MISSING_ROLE_STATUS",
                "KUSTODIAN_RATE_LIMIT",
                "KUSTODIAN_OMITTED_COMPANY",
                "KUSTODIAN_READ_ONLY",
            ],
            Some("token" | "org" | "migrate") if below.is_empty() => &["KUSTODIAN_DATABASE"],
            _ => &[],
        };
        for variable in variables.iter().chain(&["KUSTODIAN_CONFIG", "KUSTODIAN_LOG", "KUSTODIAN_LOG_FORMAT"]) {
            assert!(help.contains(&format!("[env: {variable}")), "{line}: {variable}\n{help}");
        }
        seen += 1;
        left.extend(below.into_iter().map(|name| [path.as_slice(), &[name]].concat()));
    }
    assert!(seen >= 18, "{seen} commands");
}

#[test]
fn a_wrong_value_is_reported_with_the_variable_or_the_flag_that_holds_it() {
    let serve = |variable: &str, value: &str| Ran::of(binary().arg("serve").env(variable, value));
    serve("KUSTODIAN_RATE_LIMIT", "abc").misused(&[
        "KUSTODIAN_RATE_LIMIT",
        "abc",
        "off, enterprise, ultimate",
        "a number",
    ]);
    serve("KUSTODIAN_MISSING_ROLE_STATUS", "500").misused(&["KUSTODIAN_MISSING_ROLE_STATUS", "500", "403", "401"]);
    serve("KUSTODIAN_OMITTED_COMPANY", "drop").misused(&["KUSTODIAN_OMITTED_COMPANY", "drop", "keep", "unlink"]);
    serve("KUSTODIAN_LOG_FORMAT", "xml").misused(&["KUSTODIAN_LOG_FORMAT", "xml", "text", "json"]);
    serve("KUSTODIAN_READ_ONLY", "maybe").misused(&["KUSTODIAN_READ_ONLY", "maybe"]);
    serve("KUSTODIAN_LISTEN", "nonsense").fails_with("KUSTODIAN_LISTEN) like 127.0.0.1:8080");
    serve("KUSTODIAN_LOG", "=!%").fails_with("KUSTODIAN_LOG");

    let flag = Ran::of(binary().args(["serve", "--rate-limit", "abc"]).env("KUSTODIAN_RATE_LIMIT", "17"));
    assert!(!flag.stderr.contains("KUSTODIAN_RATE_LIMIT"), "the flag is to blame: {}", flag.stderr);
    flag.misused(&["--rate-limit", "abc", "off, enterprise, ultimate"]);
    kustodian(&["serve", "--databse", "x"]).misused(&["--database"]);
    kustodian(&["serv"]).misused(&["serve"]);
}

#[test]
fn an_empty_variable_is_not_set() {
    let empty =
        ["RATE_LIMIT", "MISSING_ROLE_STATUS", "OMITTED_COMPANY", "READ_ONLY", "ORG", "LOG", "LOG_FORMAT", "CONFIG"];
    let mut command = binary();
    command.env("KUSTODIAN_DATABASE", "").args(["token", "list"]);
    for name in empty {
        command.env(format!("KUSTODIAN_{name}"), "");
    }
    let folder = tempfile::tempdir().unwrap();
    Ran::of(command.current_dir(folder.path())).fails_with("there is no database kustodian.db");
    let mut serve = binary();
    for name in empty {
        serve.env(format!("KUSTODIAN_{name}"), "");
    }
    // It gets as far as the address, the last of the values that can be wrong.
    Ran::of(serve.args(["serve", "--listen", "nonsense"])).fails_with("cannot listen on nonsense");
}

#[test]
fn a_read_only_server_answers_only_reads() {
    let server = Server::on_file();
    let path = server.create(json!({ "name": "Ada" }))["links"]["self"].as_str().unwrap().to_owned();
    let reader = server.token("demo", &["org.user.customer.read"]);
    let server = server.restart_with(&["--read-only"]);
    assert_eq!(server.get(&path).expect(200).attributes()["name"], "Ada");
    server.get("/v1/customers").expect(200);
    for (method, path) in [
        (Method::POST, "/v1/customers"),
        (Method::PATCH, path.as_str()),
        (Method::PUT, &path),
        (Method::DELETE, &path),
        (Method::POST, &format!("{path}/restore")),
    ] {
        let refused = server.call(method, path, None).expect(503);
        assert_eq!(refused.error()["code"], "unavailable");
        assert_eq!(refused.header("retry-after"), "60");
    }
    // After the credential, before its roles and the body.
    server.call_as("nobody-knows-this-one", Method::DELETE, &path, None).expect(401);
    server.call_as(&reader, Method::POST, "/v1/customers", Some(json!({ "nmae": 1 }))).expect(503);
    server.post("/v1/customers/search", json!({})).expect(200);
    server.post("/v1/hooks/web/any", json!({})).expect(503);
    on(&server, &["create", "--name", "x"]).fails_with("503 unavailable");

    let server = server.restart_with(&["--read-only=false"]);
    assert_eq!(server.get("/v1/customers").body["meta"]["total"], 1);
    server.create(json!({}));
}

/// One of the ways to create a customer; gives the text of the 201.
type Way = fn(server: &Server, token: &str) -> String;

fn with_curl(server: &Server, token: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--fail-with-body", &format!("{}/v1/customers", server.url), "--data-binary", "@-"]);
    curl.args(["-H", &format!("Authorization: Bearer {token}"), "-H", "Content-Type: application/json"]);
    Ran::fed(&mut curl, &full_customer().to_string()).well()
}

fn with_the_client(server: &Server, token: &str) -> String {
    let client = Client::builder().base_url(&server.url).token(token).build().unwrap();
    let input: CustomerInput = serde_json::from_value(full_customer()).unwrap();
    let exchange = client.customers().create(&input).exchange_blocking().unwrap();
    assert_eq!(exchange.response.status, 201);
    String::from_utf8(exchange.response.body.to_vec()).unwrap()
}

fn with_the_command_line(server: &Server, token: &str) -> String {
    let mut command = customers(server);
    command.env("KUSTODIAN_TOKEN", token).args(["create", "--json", "-", "--output", "json"]);
    Ran::fed(&mut command, &full_customer().to_string()).well().trim_end().to_owned()
}

#[test]
fn curl_the_client_and_the_command_line_make_the_same_customer_and_it_outlives_the_plug_being_pulled() {
    let mut server = Server::on_file();
    let mut made = Vec::new();
    for (org, way) in [("one", with_curl as Way), ("two", with_the_client), ("three", with_the_command_line)] {
        server.org(org);
        let token = server.token(org, &["org"]);
        let created = way(&server, &token);
        server = server.kill_and_restart();
        made.push((token, created));
    }
    let read_all = |server: &Server| {
        let mut seen = Vec::new();
        for (token, created) in &made {
            let created: Value = serde_json::from_str(created).unwrap();
            let path = created["data"]["links"]["self"].as_str().unwrap();
            let read = server.call_as(token, Method::GET, path, None).expect(200);
            assert_eq!(read.body, created);
            assert_holds(read.attributes(), &completed(full_customer()));
            seen.push(comparable(read.body["data"]["attributes"].clone()));
        }
        assert!(seen.iter().all(|attributes| attributes == &seen[0]), "{seen:#?}");
    };
    read_all(&server);
    read_all(&server.restart());
}

/// The attributes without what differs from record to record: when it was written, its colours, its org's tags.
fn comparable(mut attributes: Value) -> Value {
    let members = attributes.as_object_mut().unwrap();
    for volatile in ["updatedAt", "modifiedAt", "displayColor", "displayIcon", "tags", "recentLocation"] {
        assert!(members.remove(volatile).is_some(), "{volatile}");
    }
    attributes
}
