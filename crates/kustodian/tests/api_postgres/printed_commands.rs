//! The commands of the pages that need PostgreSQL.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::place::{self, Place};
use crate::printed::{block, run, shell};
use crate::server::{Server, TOKEN};

#[test]
fn the_commands_that_create_a_database_work_as_printed() {
    let server = place::server();
    let config: tokio_postgres::Config = server.parse().unwrap();
    let host = match config.get_hosts().first().unwrap() {
        tokio_postgres::config::Host::Tcp(host) => host.clone(),
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let password = config.get_password().map(|it| String::from_utf8(it.to_vec()).unwrap()).unwrap_or_default();
    let user = config.get_user().unwrap_or("postgres");
    let variables = [("PGHOST", host.as_str()), ("PGPORT", &port), ("PGUSER", user), ("PGPASSWORD", &password)];
    let folder = tempfile::tempdir().unwrap();
    let name = format!("kustodian_printed_{}", std::process::id());
    let remove = format!("dropdb --if-exists --force {name} && dropuser --if-exists {name}");
    run(folder.path(), &remove, &variables);

    let create = block("docs/running.md", "createuser").replace(" kustodian", &format!(" {name}"));
    assert_eq!(create.matches(&name).count(), 3, "{create}");
    // Without a terminal the password is read from the standard input.
    let mut creating = shell(folder.path(), "exec setsid --wait bash -euc \"$create\"", &variables);
    let mut creating = creating.env("create", create).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    creating.stdin.take().unwrap().write_all(b"PASSWORD\nPASSWORD\n").unwrap();
    assert!(creating.wait().unwrap().success());

    let environment = block("docs/running.md", "KUSTODIAN_DATABASE=");
    let printed = "kustodian:PASSWORD@db.example/kustodian";
    assert!(environment.contains(printed), "{environment}");
    let place = format!("{name}:PASSWORD@{}:{port}/{name}", host.replace('/', "%2F"));
    fs::write(folder.path().join("environment"), environment.replace(printed, &place)).unwrap();
    let serve = "set -a\n. ./environment\nset +a\nkustodian serve";
    let server = Server::printed(folder.path(), serve, &[("KUSTODIAN_ATTACHMENTS", "attachments")]);
    let ada = server.create(json!({ "name": "Ada" }));
    server.get(ada["links"]["self"].as_str().unwrap()).expect(200);
    drop(server);
    run(folder.path(), &remove, &variables);
}

#[test]
fn the_commands_that_move_to_another_engine_work_as_printed() {
    let (folder, target) = (tempfile::tempdir().unwrap(), Place::bare());
    let source = format!("sqlite:{}", folder.path().join("kustodian.db").display());
    let attachments = folder.path().join("kustodian.db.attachments").display().to_string();
    let serve = |more: &[&str]| Server::at(&source, &[&["--attachments", attachments.as_str()], more].concat());
    let commands = block("docs/operating.md", "export KUSTODIAN_COPY_FROM");
    let printed = "postgres://kustodian:…@db.example/kustodian";
    assert!(commands.contains(printed), "{commands}");
    let commands = commands.replace(printed, target.url());
    let (variables, passes): (Vec<&str>, Vec<&str>) = commands.lines().partition(|line| line.starts_with("export "));
    let pass = |number: &str| {
        let line = passes.iter().find(|line| line.contains(&format!("# {number}. "))).unwrap();
        run(folder.path(), &format!("{}\n{line}", variables.join("\n")), &[]);
    };

    let server = serve(&[]);
    server.create(json!({ "externalId": "a" }));
    pass("1");
    server.create(json!({ "externalId": "b" }));
    pass("2");
    server.create(json!({ "externalId": "c" }));
    drop(server);
    let server = serve(&["--read-only"]);
    let answers = ["a", "b", "c"].map(|id| server.get(&format!("/v1/customers/externalId={id}")).expect(200).text);
    pass("4");
    drop(server);
    let server = Server::at(target.url(), &["--attachments", &attachments]);
    for (id, before) in ["a", "b", "c"].into_iter().zip(answers) {
        let answer = server.call_as(TOKEN, reqwest::Method::GET, &format!("/v1/customers/externalId={id}"), None);
        assert_eq!(answer.expect(200).text, before);
    }
}
