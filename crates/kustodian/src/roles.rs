//! `kustodian roles`: which roles there are, and which operations each opens.

use std::collections::BTreeSet;

use clap::Args;
use kustomer_api::{operation, role};
use serde_json::json;

use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::output::{Output, print_json, print_table};

/// Which to list.
#[derive(Debug, Args)]
pub(crate) struct RolesArguments {
    /// Only roles that open this operation, such as createCustomer
    #[arg(long, value_name = "OPERATION", value_parser = operation_name)]
    operation: Option<&'static str>,
    #[command(flatten)]
    output: OutputArguments,
}

fn operation_name(text: &str) -> Result<&'static str, String> {
    let known = operation::Operation::named(text).map(|operation| operation.name);
    known.ok_or_else(|| {
        let names = operation::all().map(|operation| operation.name);
        let meant = kustomer_api::search::nearest(text, names).map(|name| format!(": did you mean {name}?"));
        format!("there is no such operation{}", meant.unwrap_or_default())
    })
}

/// Lists the roles. A parent, such as org.user, opens all that the roles beneath it open.
pub(crate) fn run(arguments: RolesArguments) -> Result<(), Failure> {
    let umbrellas = role::umbrellas();
    let opened = |role: &'static str| -> Vec<&'static str> {
        let by = |operation: &operation::Operation| {
            let mut asked = operation.roles.iter().chain(operation.also);
            asked.any(|asked| *asked == role || (umbrellas.contains(role) && role::grants(role, asked)))
        };
        operation::all().filter(|operation| by(operation)).map(|operation| operation.name).collect()
    };
    let roles: BTreeSet<&'static str> = role::all().union(&umbrellas).copied().collect();
    let listed = roles.into_iter().map(|role| (role, opened(role)));
    let listed = listed.filter(|(_, opened)| arguments.operation.is_none_or(|name| opened.contains(&name)));
    match arguments.output.output {
        Output::Json => {
            let listed: Vec<_> = listed.map(|(role, opened)| json!({ "role": role, "operations": opened })).collect();
            print_json(&listed)
        }
        Output::Table => {
            let words = |role: &'static str, opened: Vec<&str>| match umbrellas.contains(role) {
                true => format!("{} operations: all that roles beneath {role} open", opened.len()),
                false => opened.join(" "),
            };
            print_table(
                &["ROLE", "OPERATIONS"],
                listed.map(|(role, opened)| vec![role.to_owned(), words(role, opened)]),
            )
        }
    }
}
