//! PocketBase, the peer that a user would pick instead: one binary over SQLite, too. It gets a collection with the same
//! fields, the same unique values and an index for the order of its pages, and is asked with a token of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::load::Target;
use crate::request::Api;
use crate::server::{Server, free_address};

const ACCOUNT: &str = "bench@example.com";
const PASSWORD: &str = "a-password-for-the-benchmark";

/// Starts it on a new folder, makes the collection, and takes a token. It keeps no log of requests, which it would write
/// to a database of its own.
pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Server> {
    let mut account = Command::new(binary);
    account.args(["superuser", "upsert", ACCOUNT, PASSWORD, "--dir"]).arg(folder);
    let made = account.stdout(Stdio::null()).status().context("cannot start PocketBase")?;
    ensure!(made.success(), "PocketBase did not make an account: {made}");
    let address = free_address()?;
    let server = serve(binary, folder, address, String::new())?;
    let login = json!({ "identity": ACCOUNT, "password": PASSWORD });
    let answer = ask(address, "", "POST", "/api/collections/_superusers/auth-with-password", &login)?;
    let token = answer.get("token").and_then(Value::as_str).context("PocketBase gave no token")?.to_owned();
    ask(address, &token, "PATCH", "/api/settings", &json!({ "logs": { "maxDays": 0 } }))?;
    ask(address, &token, "POST", "/api/collections", &collection())?;
    server.stop()?;
    serve(binary, folder, address, token)
}

/// Which version it is.
pub(crate) fn version(binary: &Path) -> Result<String> {
    let told = Command::new(binary).arg("--version").output().context("cannot start PocketBase")?.stdout;
    Ok(String::from_utf8_lossy(&told).trim().replace("pocketbase version ", "PocketBase "))
}

/// Starts it on an existing folder, for the holder of this token.
pub(crate) fn serve(binary: &Path, folder: &Path, address: SocketAddr, token: String) -> Result<Server> {
    let mut command = Command::new(binary);
    command.args(["serve", "--http", &address.to_string(), "--dir"]).arg(folder).stdin(Stdio::null());
    Server::start(command, Target { address, api: Api::PocketBase, token }, "/api/health", &[])
}

fn collection() -> Value {
    let mut fields: Vec<Value> =
        ["name", "company", "externalId", "username", "email", "workEmail", "phone", "locale", "timeZone", "gender"]
            .map(|name| json!({ "name": name, "type": "text" }))
            .into();
    fields.extend(["urls", "locations", "tags", "custom"].map(|name| json!({ "name": name, "type": "json" })));
    fields.push(json!({ "name": "signedUpAt", "type": "date" }));
    fields.push(json!({ "name": "created", "type": "autodate", "onCreate": true }));
    fields.push(json!({ "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true }));
    let unique = ["externalId", "email", "workEmail", "phone"];
    let mut indexes: Vec<Value> =
        unique.map(|name| json!(format!("CREATE UNIQUE INDEX customers_by_{name} ON customers ({name})"))).into();
    indexes.push(json!("CREATE INDEX customers_by_created ON customers (created)"));
    json!({ "name": "customers", "type": "base", "fields": fields, "indexes": indexes })
}

/// One request that must succeed; returns its answer.
fn ask(address: SocketAddr, token: &str, method: &str, path: &str, body: &Value) -> Result<Value> {
    let mut stream = TcpStream::connect(address).context("cannot connect to PocketBase")?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let body = body.to_string();
    // HTTP/1.0, so that the answer is one piece and ends with the connection.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("PocketBase did not answer")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("PocketBase answered half")?;
    ensure!(head.contains(" 200 "), "PocketBase refused {method} {path}: {body}");
    serde_json::from_str(body).context("PocketBase answered no JSON")
}
