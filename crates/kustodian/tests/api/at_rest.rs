//! What lies on the disk: no key, and nothing for anybody but its owner.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::people::{person, try_sign_in};
use crate::server::{Answer, Server, TOKEN, binary};

#[test]
fn a_key_is_kept_as_a_hash_alone() {
    let server = Server::on_file();
    let made = server.token("demo", &["org"]);
    server.call_as(&made, Method::POST, "/v1/customers", Some(json!({ "name": "kept as it is" }))).expect(201);
    // Compressed, its words are in pieces; its search entries are not, once a search has wanted it.
    server.post("/v1/customers/search", json!({})).expect(200);
    let shown = [server.get("/v1/auth/tokens").expect(200).text, server.get("/v1/events").expect(200).text].concat();
    let file = server.file();
    let mut kept = Vec::new();
    for entry in fs::read_dir(file.parent().unwrap()).unwrap() {
        kept.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    let is_kept = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(is_kept("kept as it is"), "the search covers the stored bytes");
    // A made key is a JWT: neither the whole nor its last part, without which the rest is no key.
    for secret in [TOKEN, &made, made.rsplit('.').next().unwrap()] {
        assert!(!is_kept(secret), "the database holds a key");
        assert!(!shown.contains(secret), "the API shows a key");
    }
}

#[test]
#[cfg(unix)]
fn every_file_is_for_its_owner_alone_whatever_the_mask() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("kustodian.db").display());
    let run = |arguments: &[&str]| {
        // The umask removes nothing: private files are created private.
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(binary().get_program()).args(arguments);
        shell.current_dir(folder.path()).env_remove("KUSTODIAN_DATABASE").stdout(Stdio::piped()).spawn().unwrap()
    };
    let done = |arguments: &[&str]| {
        let output = run(arguments).wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    done(&["org", "create", "demo", "--database", &database]);
    let mut server = run(&["serve", "--listen", "127.0.0.1:0", "--database", &database]);
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.contains("listening on")).unwrap();
    done(&["token", "create", "--org", "demo", "--name", "n", "--role", "org", "--database", &database]);
    let seen = |least: usize| {
        let mut files = 0;
        for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.file_name());
            files += 1;
        }
        assert!(files >= least, "{files} files");
    };
    seen(2);
    done(&["backup", "backup.db", "--database", &database]);
    done(&["restore", "backup.db", "--database", &format!("sqlite:{}", folder.path().join("restored.db").display())]);
    done(&["copy", "--from", &database, "--to", &format!("sqlite:{}", folder.path().join("copied.db").display())]);
    seen(5);
    server.kill().unwrap();
    server.wait().unwrap();
    seen(4);
}

#[test]
fn a_password_leaves_no_receipt() {
    let server = Server::on_file();
    let path = person(&server, "ada@acme.example", &["org.user"]);
    let send = |body: Value| {
        let request = server.request(Method::PUT, &path).bearer_auth(TOKEN).header("idempotency-key", "once");
        Answer::of(request.json(&body)).expect(201)
    };
    let receipts = || {
        let database = rusqlite::Connection::open(server.file()).unwrap();
        database.query_row("SELECT count(*) FROM receipts", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for password in ["quite another horse", "a third horse entirely"] {
        send(json!({ "password": password }));
        try_sign_in(&server, "ada@acme.example", password).expect(201);
    }
    assert_eq!(receipts(), 0);
    send(json!({ "name": "Ada" }));
    assert_eq!(receipts(), 1);
}
