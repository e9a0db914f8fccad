//! schemathesis against a running server: whatever it makes of the document, the server answers as the document says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{self, Metadata};
use crate::{process, python};

/// The program's version, and which of its findings the document itself announces.
const FOLDER: &str = "tests/schemathesis";

/// What one run makes up, the next makes up again.
const SEED: &str = "1815";

/// Known to the server beforehand, and to nobody for longer than this run.
const TOKEN: &str = "a-key-for-the-run-of-schemathesis";

/// How long one answer may take, in seconds.
const ANSWER_WITHIN: &str = "10";

/// Installs schemathesis beside the build products and lets it make at most `examples` requests of each operation, all
/// checks on. As many of it run as there are processors, for it uses one alone: each with the operations on some kinds of
/// records, against a server of its own on an empty database.
///
/// # Errors
/// When Python is missing, or an answer is not as the document says; the request to repeat it is in the output.
pub(crate) fn run(examples: u32) -> Result<()> {
    let metadata = Metadata::load()?;
    let schemathesis = python::install(&metadata.target_directory, "schemathesis")?.join("schemathesis");
    process::build(&["--bin", "kustodian"])?;
    let binary = metadata.binary("debug", "kustodian");
    let shares = shares(std::thread::available_parallelism().map_or(1, usize::from))?;
    let run_one = |(number, Share { operations, phases }): (usize, &Share)| -> Result<()> {
        let server = Server::start(&binary)?;
        // It leaves a folder with its attempts where it runs.
        let folder = metadata.target_directory.join(format!("schemathesis-{number}"));
        std::fs::create_dir_all(&folder)?;
        let mut check = process::program(&schemathesis);
        check.args(["run", &format!("{}/openapi.json", server.url), "--url", &format!("{}/v1", server.url)]);
        check.args(["--header", &format!("Authorization: Bearer {TOKEN}")]);
        check.args(["--checks", "all", "--continue-on-failure", "--seed", SEED, "--request-timeout", ANSWER_WITHIN]);
        check.args(["--max-examples", &examples.to_string()]);
        if let Some(phases) = phases {
            check.args(["--phases", phases]);
        }
        for operation in operations {
            check.args(["--include-operation-id", operation]);
        }
        check.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", workspace::root().join(FOLDER));
        check.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&folder);
        let output = check.output().context("cannot start schemathesis")?;
        // Whole, so that those of several do not mix.
        println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            bail!("schemathesis failed: {}", output.status);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.iter().enumerate().map(|share| scope.spawn(move || run_one(share))).collect();
        let ended: Vec<Result<()>> = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a run of schemathesis panicked")))
            .collect();
        ended.into_iter().collect()
    })
}

/// Operations that one run tests.
struct Share {
    operations: Vec<String>,
    /// Its arguments for them; everything when absent.
    phases: Option<&'static str>,
}

/// The operations that can end the key of the run, or take its roles. All others would be refused from then on, so these
/// have a server of their own, and are sent their examples alone.
const ENDING: &[&str] = &[
    "deleteCurrentAuthToken",
    "deleteAuthTokenById",
    "deleteApiKey",
    "rotateApiKey",
    "updateCurrentUser",
    "updateUserById",
];

/// The operations that the document says are served, in as many shares of about the same size. Those of one tag stay
/// together, as it follows the links between them. Bulk operations are a share of their own: each of their items is what an
/// operation on a single record takes, whose every member was gone through there.
fn shares(count: usize) -> Result<Vec<Share>> {
    let path = workspace::root().join("docs/openapi.json");
    let document: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let mut by_tag: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let paths = document["paths"].as_object().context("the document has no paths")?;
    let mut bulk = Share { operations: Vec::new(), phases: Some("examples,fuzzing") };
    let mut ending = Share { operations: Vec::new(), phases: Some("examples") };
    let described = paths.iter().filter_map(|(path, methods)| Some((path, methods.as_object()?)));
    for (path, operation) in described.flat_map(|(path, methods)| methods.values().map(move |method| (path, method))) {
        let Some(id) = operation["operationId"].as_str() else { continue };
        if ENDING.contains(&id) {
            ending.operations.push(id.to_owned());
        } else if path.ends_with("/bulk") {
            bulk.operations.push(id.to_owned());
        } else if let Some(tag) = operation["tags"][0].as_str() {
            by_tag.entry(tag).or_default().push(id.to_owned());
        }
    }
    let mut groups: Vec<Vec<String>> = by_tag.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut shares = vec![Vec::new(); count.max(1)];
    for group in groups {
        if let Some(smallest) = shares.iter_mut().min_by_key(|share| share.len()) {
            smallest.extend(group);
        }
    }
    let shares = shares.into_iter().map(|operations| Share { operations, phases: None });
    Ok(shares.chain([bulk, ending]).filter(|share| !share.operations.is_empty()).collect())
}

/// A running server; killed when dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(binary: &Path) -> Result<Self> {
        let mut command = process::program(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"]);
        command.env("KUSTODIAN_BOOTSTRAP_TOKEN", TOKEN).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = process.stdout.take().context("a started program has no standard output")?;
        let mut server = Self { process, url: String::new() };
        for line in BufReader::new(stdout).lines() {
            if let Some((_, url)) = line?.split_once(" listening on ") {
                url.trim().clone_into(&mut server.url);
                return Ok(server);
            }
        }
        bail!("the server ended before it was ready; above is what it said");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended cannot be killed, which is as well.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
