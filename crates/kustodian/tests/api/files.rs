//! The files that a start leaves: none after a failure, none of a killed server, and files for the owner alone.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::process::{fails_in_one_line, serve};
use crate::server::{Server, TOKEN, binary};

#[test]
fn a_bootstrap_token_that_is_refused_leaves_nothing_made() {
    let mut server = Server::on_file();
    server.stop();
    let orgs = || {
        let listed = binary().args(["org", "list", "--database", server.database()]).output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let before = orgs();
    let start = |org: &str, token: &str, database: &str| {
        serve(&["--listen", "127.0.0.1:0", "--org", org, "--bootstrap-token", token, "--database", database])
    };
    fails_in_one_line(&start("acme", TOKEN, server.database()), "belongs to the org demo");
    fails_in_one_line(&start("acme", "no blanks allowed", server.database()), "bootstrap token");
    assert_eq!(orgs(), before);

    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new.db");
    let database = format!("sqlite:{}", new.display());
    fails_in_one_line(&start("acme", "no blanks allowed", &database), "bootstrap token");
    fails_in_one_line(&start("acme corp", TOKEN, &database), "cannot name an org");
    assert!(!new.exists());
}

#[test]
fn a_memory_database_of_a_killed_server_is_removed_by_the_next_start() {
    let (temporary, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = || {
        let mut command = binary();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"])
            .env("TMPDIR", temporary.path())
            .current_dir(folder.path());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
        lines.map_while(Result::ok).find(|line| line.contains("listening on ")).unwrap();
        process
    };
    let left = || fs::read_dir(temporary.path()).unwrap().count();
    let mut killed = start();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(left(), 1);
    let mut living = start();
    let mut another = start();
    assert_eq!(left(), 2, "that of the killed server is gone, those in use are not");
    for process in [&mut living, &mut another] {
        assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
        process.wait().unwrap();
    }
    assert_eq!(left(), 0);
}

#[test]
fn files_that_exist_are_brought_to_0600() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::on_file();
    server.create(json!({ "name": "in the log" }));
    let files = ["", "-wal", "-shm"].map(|ending| PathBuf::from(format!("{}{ending}", server.file().display())));
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    // Killed, it leaves all three to the next one.
    let _second = server.kill_and_restart();
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}
