//! `kustodian audit`: who did what, and whether the log was rewritten.

use std::str::FromStr;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use kustodian_core::chain::Link;
use kustodian_store::{Verification, VerifiedOrg, verify};
use kustomer_api::audit::{AuditLog, ListAuditLogs, OBJECT_TYPES};
use kustomer_api::query::read_moment;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::json;

use crate::arguments::{DatabaseArguments, OutputArguments};
use crate::customers::{ServerArguments, client};
use crate::failure::Failure;
use crate::output::{Output, note, print, print_json, print_json_text, print_table};
use crate::progress::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Lists who did what to which record, newest first, over the API of a running server.
    List {
        #[command(flatten)]
        server: ServerArguments,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Only of records of this type
        #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(OBJECT_TYPES))]
        object_type: Option<String>,
        /// Only of this record
        #[arg(long = "id", value_name = "ID", requires = "object_type")]
        object_id: Option<ObjectId>,
        /// Only what this user did
        #[arg(long, value_name = "ID")]
        user: Option<ObjectId>,
        /// Only from this moment on, such as 2026-01-31 or 2026-01-31T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Timestamp>,
        /// Only up to this moment
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Timestamp>,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Follows every chain of events and every record back to its first revision, also while servers continue, and prints
    /// where each chain ends. Keep that where nobody can write who can write the database, and expect it the next time:
    /// it then finds that events were rewritten too. The exit code is 1 when something was found.
    Verify {
        #[command(flatten)]
        database: DatabaseArguments,
        /// The end of a chain that an earlier verification printed
        #[arg(long, value_name = "POSITION:HASH")]
        expect: Option<Expected>,
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// A moment, or a day.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    read_moment("the moment", text).map_err(|fault| fault.title)
}

/// A position and its link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected(u64, Link);

impl FromStr for Expected {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "it is written POSITION:HASH, a number and 64 hexadecimal characters";
        let (position, hash) = text.split_once(':').ok_or(FORM)?;
        let position = position.parse().map_err(|_| FORM)?;
        let mut link = [0; 32];
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FORM);
        }
        for (index, byte) in link.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hash[2 * index..2 * index + 2], 16).map_err(|_| FORM)?;
        }
        Ok(Self(position, Link(link)))
    }
}

/// Does what an `audit` command asks for.
///
/// # Errors
/// When the server refuses, the database cannot be read, or something was found.
pub(crate) async fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::List { server, limit, object_type, object_id, user, since, until, output } => {
            let query = ListAuditLogs {
                count: Some(limit),
                object_type,
                object_id,
                user_id: user,
                start: since,
                end: until,
                ..ListAuditLogs::default()
            };
            let exchange = client(server)?.audit_logs().list(&query).exchange().await;
            let exchange = exchange.map_err(kustomer_client::Error::from)?;
            let body = exchange.response.body.clone();
            let page = exchange.into_result()?;
            if page.links.next.value().is_some() {
                note("there are more: a greater --limit prints more of them, --until prints older ones");
            }
            match output.output {
                Output::Json => print_json_text(&String::from_utf8_lossy(&body)),
                Output::Table => print_table(&HEADER, page.data.iter().map(row)),
            }
        }
        AuditCommand::Verify { database, expect, output } => {
            let url = database.database;
            let expect = expect.map(|Expected(position, link)| (position, link));
            let mut report = Report::new(false);
            let verified = verify(&url, expect, &mut |progress| report.tell(progress.into())).await;
            report.end(verified.is_ok());
            tell(&verified.map_err(|error| Failure::new(error.to_string()))?, output.output)
        }
    }
}

const HEADER: [&str; 6] = ["WHEN", "EVENT", "RECORD", "USER", "FROM", "CHANGED"];

fn row(entry: &AuditLog) -> Vec<String> {
    let told = &entry.attributes;
    let names = told.changes.value().map(|changes| {
        let names = changes.attributes.keys().chain(changes.relationships.keys());
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    });
    vec![
        told.created_at.value().map(Timestamp::to_string).unwrap_or_default(),
        told.event_name.value().cloned().unwrap_or_default(),
        told.object_id.value().cloned().unwrap_or_default(),
        told.user_id.value().cloned().unwrap_or_default(),
        told.client.value().cloned().unwrap_or_default(),
        names.unwrap_or_default(),
    ]
}

fn tell(verified: &Verification, output: Output) -> Result<(), Failure> {
    let end = |org: &VerifiedOrg| format!("{}:{}", org.position, org.link);
    let org_name = |key: i64| verified.orgs.iter().find(|org| org.key == key).map(|org| org.name.as_str());
    let findings: Vec<String> = verified
        .findings
        .iter()
        .map(|finding| match org_name(finding.org) {
            Some(name) => format!("{name}, {finding}"),
            None => finding.to_string(),
        })
        .collect();
    match output {
        Output::Json => print_json(&json!({
            "events": verified.events,
            "erased": verified.erased,
            "orgs": verified.orgs.iter().map(|org| json!({ "org": org.name, "end": end(org) })).collect::<Vec<_>>(),
            "findings": findings,
            "furtherFindings": verified.further_findings,
        }))?,
        Output::Table => {
            print_table(&["ORG", "END"], verified.orgs.iter().map(|org| vec![org.name.clone(), end(org)]))?;
            findings.iter().try_for_each(|finding| print(finding))?;
        }
    }
    if verified.is_sound() {
        return Ok(());
    }
    let count = u64::try_from(findings.len()).unwrap_or(u64::MAX).saturating_add(verified.further_findings);
    Err(Failure::new(format!(
        "{count} found: events were changed, removed or put in; keep the database as it is, and compare it with a backup"
    )))
}
