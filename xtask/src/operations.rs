//! `docs/operations.md`: which operations are served, and which answer 501, if any; the README's number of them;
//! `docs/roles.md`: which role opens which of them; and the lines of the client's documentation about each.
//!
//! Served operations are those of the binary's own OpenAPI document, since router and document have one declaration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::contract::Operation;
use crate::workspace::Metadata;
use crate::{contract, drift, openapi, process, workspace};

/// Writes or checks the table, and the paragraph of the README.
pub(crate) fn run(check: bool) -> Result<()> {
    let document: Document =
        serde_json::from_slice(&openapi::print()?).context("`kustodian openapi` did not print an OpenAPI document")?;
    let contract = contract::operations()?;
    let page = render(&contract, &document)?;
    drift::write_or_check("docs/operations.md", page.as_bytes(), check, COMMAND)?;
    drift::write_or_check("docs/roles.md", roles(&document)?.as_bytes(), check, COMMAND)?;
    drift::write_or_check(LINES, &lines()?, check, COMMAND)?;
    let moving = fs::read_to_string(workspace::root().join(MOVING)).with_context(|| format!("cannot read {MOVING}"))?;
    let moving = between(&moving, METHODS, &names(&contract)?)?;
    drift::write_or_check(MOVING, moving.as_bytes(), check, COMMAND)?;
    let readme = fs::read_to_string(workspace::root().join(README)).context("cannot read README.md")?;
    let readme = with_number(&readme, document.served(&contract).len(), contract.len())?;
    drift::write_or_check(README, readme.as_bytes(), check, COMMAND)
}

const COMMAND: &str = "cargo xtask operations";

const README: &str = "README.md";

/// The lines of the documentation of the client's methods about their operations.
const LINES: &str = "crates/kustomer-client/src/lines.rs";

/// The lines, as an example of kustomer-api prints them: it knows all operations, and compiles when the client does not.
fn lines() -> Result<Vec<u8>> {
    output_of_example("operation_lines")
}

/// With the features that the tests are built with, as in [`process::build`].
fn output_of_example(name: &str) -> Result<Vec<u8>> {
    process::build(&["--example", name])?;
    process::output(&mut process::program(Metadata::load()?.binary("debug/examples", name)))
}

/// The page about moving from the TypeScript client, and the lines around the generated part.
const MOVING: &str = "docs/moving-from-typescript.md";
const METHODS: (&str, &str) = ("<!-- methods: written by `cargo xtask operations` -->\n", "<!-- /methods -->\n");

/// The page with this text between its marks.
fn between(page: &str, (begin, end): (&str, &str), text: &str) -> Result<String> {
    let (head, rest) = page.split_once(begin).with_context(|| format!("{MOVING} lacks the line {begin}"))?;
    let (_, tail) = rest.split_once(end).with_context(|| format!("{MOVING} lacks the line {end}"))?;
    Ok(format!("{head}{begin}{text}{end}{tail}"))
}

/// Each operation of the contract with the methods of the client that call it, as an example of the client prints them.
fn names(contract: &[Operation]) -> Result<String> {
    let printed = String::from_utf8(output_of_example("method_names")?).context("the names of methods are no text")?;
    table_of_names(contract, &printed)
}

/// `printed` has lines of an operation's name and a method.
fn table_of_names(contract: &[Operation], printed: &str) -> Result<String> {
    let mut methods: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (operation, method) in printed.lines().filter_map(|line| line.split_once(' ')) {
        methods.entry(operation).or_default().push(format!("`{method}`"));
    }
    let mut table = "| TypeScript | request | Rust |\n|---|---|---|\n".to_owned();
    for operation in contract {
        let Operation { name, method, .. } = operation;
        let found = methods.get(name.as_str()).with_context(|| format!("the client has no method for {name}"))?;
        writeln!(table, "| `{name}` | {method} `{}` | {} |", operation.template(), found.join("<br>"))?;
    }
    Ok(table)
}

/// The lines of the README around the generated part.
const BEGIN: &str = "<!-- operations: written by `cargo xtask operations` -->\n";
const END: &str = "<!-- /operations -->\n";

/// The README with the number of served operations between its markers.
fn with_number(readme: &str, served: usize, all: usize) -> Result<String> {
    let (head, rest) = readme.split_once(BEGIN).with_context(|| format!("README.md lacks the line {BEGIN}"))?;
    let (_, tail) = rest.split_once(END).with_context(|| format!("README.md lacks the line {END}"))?;
    let said = if served == all {
        format!("All {all} documented operations are served ([docs/operations.md](docs/operations.md)).")
    } else {
        format!(
            "{served} of the {all} documented operations are served. Clients that use only these work against it \
             unchanged. The others\nanswer 501 with their name ([docs/operations.md](docs/operations.md))."
        )
    };
    Ok(format!("{head}{BEGIN}{said}\n{END}{tail}"))
}

/// The part of an OpenAPI document that is read here.
#[derive(Deserialize)]
struct Document {
    /// Path, then method in small letters (or another member of a path, such as `parameters`).
    paths: BTreeMap<String, BTreeMap<String, Value>>,
}

/// A declared operation: (path below `/v1`, method, name).
type Declared = BTreeSet<(String, String, String)>;

impl Document {
    fn declared(&self) -> Declared {
        let mut declared = Declared::new();
        for (path, members) in &self.paths {
            for (method, operation) in members {
                // Two operations may share a path and a method; the document describes one and notes the other.
                let also = operation.get("x-also").and_then(Value::as_array).into_iter().flatten();
                for name in operation.get("operationId").into_iter().chain(also).filter_map(Value::as_str) {
                    let path = path.strip_prefix("/v1").unwrap_or(path);
                    declared.insert((path.to_owned(), method.to_ascii_uppercase(), name.to_owned()));
                }
            }
        }
        declared
    }

    /// The operations of the contract that are served.
    fn served<'a>(&self, contract: &'a [Operation]) -> Vec<&'a Operation> {
        let declared = self.declared();
        contract.iter().filter(|operation| declared.iter().any(|(_, _, name)| *name == operation.name)).collect()
    }
}

fn render(contract: &[Operation], document: &Document) -> Result<String> {
    let declared = document.declared();
    let served = document.served(contract);
    let is_served = |operation: &Operation| served.iter().any(|served| served.name == operation.name);
    let own: Vec<_> =
        declared.iter().filter(|(_, _, name)| !contract.iter().any(|operation| operation.name == *name)).collect();

    let mut page = String::new();
    writeln!(page, "<!-- Generated by `cargo xtask operations`; do not edit. -->\n\n# Operations\n")?;
    if served.len() == contract.len() {
        writeln!(page, "All {} operations of the Kustomer API are served. Paths are below `/v1`.", contract.len())?;
    } else {
        writeln!(
            page,
            "Of the {} operations of the Kustomer API, {} are served. The others answer 501 with the operation's name\n\
             in the error, after the credential and its roles have been checked. Paths are below `/v1`.",
            contract.len(),
            served.len()
        )?;
    }
    let tags: BTreeSet<&str> = contract.iter().map(|operation| operation.tag.as_str()).collect();
    for tag in tags {
        heading(&mut page, tag)?;
        for operation in contract.iter().filter(|operation| operation.tag == tag) {
            let state = if is_served(operation) { "served" } else { "501" };
            row(&mut page, &operation.name, &operation.method, operation.template(), state)?;
        }
    }
    if !own.is_empty() {
        heading(&mut page, "Not in the documented API")?;
        for (path, method, name) in own {
            row(&mut page, name, method, path, "served")?;
        }
    }
    Ok(page)
}

/// Which role opens which operation, by the resources of the operations.
fn roles(document: &Document) -> Result<String> {
    let mut page = String::new();
    writeln!(page, "<!-- Generated by `cargo xtask operations`; do not edit. -->\n\n# Roles\n")?;
    writeln!(
        page,
        "A key needs one of the roles in the operation's line. If the line has an \"and\", it needs one of each side. A role also\n\
         grants all roles beneath it: `org.user` grants `org.user.customer.read`, and `org` grants everything.\n\
         [people.md](people.md) describes how people get roles. `kustodian roles` prints the same list. Paths are below `/v1`."
    )?;
    let mut by_tag: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, members) in &document.paths {
        for (method, operation) in members {
            let Some(name) = operation.get("operationId").and_then(Value::as_str) else { continue };
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
            let list = |member: &str| -> String {
                let listed = operation.get(member).and_then(Value::as_array).into_iter().flatten();
                listed.filter_map(Value::as_str).map(|role| format!("`{role}`")).collect::<Vec<_>>().join(", ")
            };
            let opens = match (list("x-roles"), list("x-roles-also")) {
                _ if operation.get("security").is_some() => "no credential".to_owned(),
                (roles, _) if roles.is_empty() => "any credential".to_owned(),
                (roles, also) if also.is_empty() => roles,
                (roles, also) => format!("{roles} and {also}"),
            };
            let (path, method) = (path.strip_prefix("/v1").unwrap_or(path), method.to_ascii_uppercase());
            by_tag.entry(tag).or_default().push(format!("| `{name}` | {method} `{path}` | {opens} |"));
        }
    }
    for (tag, rows) in by_tag {
        writeln!(page, "\n## {tag}\n\n| operation | request | roles |\n|---|---|---|\n{}", rows.join("\n"))?;
    }
    Ok(page)
}

fn heading(page: &mut String, title: &str) -> Result<()> {
    Ok(writeln!(page, "\n## {title}\n\n| operation | method | path | state |\n|---|---|---|---|")?)
}

fn row(page: &mut String, name: &str, method: &str, path: &str, state: &str) -> Result<()> {
    Ok(writeln!(page, "| `{name}` | {method} | `{path}` | {state} |")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_served_when_the_document_declares_it() {
        let contract: Vec<Operation> = serde_json::from_str(
            r#"[{"operation": "getThings", "method": "GET", "path": "/things", "tag": "things", "deprecated": false,
                 "roles": null, "responses": {"200": {}}},
                {"operation": "createThing", "method": "POST", "path": "/things", "tag": "things", "deprecated": false,
                 "roles": null, "responses": {"201": {}}}]"#,
        )
        .unwrap();
        let document: Document = serde_json::from_str(
            r#"{"paths": {"/v1/things": {"get": {"operationId": "getThings"}, "parameters": []},
                          "/v1/ours": {"get": {"operationId": "getOurs", "x-also": ["getOurOthers"]}}}}"#,
        )
        .unwrap();
        let page = render(&contract, &document).unwrap();
        assert!(page.contains("Of the 2 operations of the Kustomer API, 1 are served."), "{page}");
        assert!(page.contains("| `getThings` | GET | `/things` | served |"), "{page}");
        assert!(page.contains("| `createThing` | POST | `/things` | 501 |"), "{page}");
        assert!(page.contains("| `getOurs` | GET | `/ours` | served |"), "{page}");
        assert!(page.contains("| `getOurOthers` | GET | `/ours` | served |"), "{page}");
        let page = render(&contract[..1], &document).unwrap();
        assert!(page.contains("All 1 operations") && !page.contains("501"), "{page}");
    }

    #[test]
    fn the_roles_that_open_an_operation_are_listed() {
        let document: Document = serde_json::from_str(
            r#"{"paths": {"/things": {"get": {"operationId": "getThings", "tags": ["things"], "x-roles": ["org.a", "org.b"]},
                                      "post": {"operationId": "openThing", "tags": ["things"], "security": []}},
                          "/mine": {"get": {"operationId": "getMine", "tags": ["mine"], "x-roles": []}}}}"#,
        )
        .unwrap();
        let page = roles(&document).unwrap();
        assert!(page.contains("| `getThings` | GET `/things` | `org.a`, `org.b` |"), "{page}");
        assert!(page.contains("| `openThing` | POST `/things` | no credential |"), "{page}");
        assert!(page.contains("| `getMine` | GET `/mine` | any credential |"), "{page}");
    }

    #[test]
    fn each_operation_is_listed_with_its_methods() {
        let contract: Vec<Operation> = serde_json::from_str(
            r#"[{"operation": "getThing", "method": "GET", "path": "/things/{id}", "tag": "things", "deprecated": false,
                 "roles": null, "responses": {"200": {}}}]"#,
        )
        .unwrap();
        let table =
            table_of_names(&contract, "getThing client.things().get(…)\ngetThing client.things().at_rev(…)\n").unwrap();
        let row = "| `getThing` | GET `/things/{id}` | `client.things().get(…)`<br>`client.things().at_rev(…)` |";
        assert!(table.ends_with(&format!("{row}\n")), "{table}");
        assert!(table_of_names(&contract, "").is_err());
    }

    #[test]
    fn the_number_stands_between_the_markers_of_the_readme() {
        let readme = format!("# Title\n{BEGIN}out of date\n{END}more\n");
        let written = with_number(&readme, 29, 166).unwrap();
        assert!(written.starts_with(&format!("# Title\n{BEGIN}29 of the 166 documented operations are served")));
        assert!(written.ends_with(&format!("\n{END}more\n")) && !written.contains("out of date"), "{written}");
        assert_eq!(with_number(&written, 29, 166).unwrap(), written);
        assert!(with_number("# Title\n", 29, 166).unwrap_err().to_string().contains("operations"));
    }
}
