//! The command line.

mod serve;
mod values;

pub(crate) use self::serve::{
    AttachmentsArguments, DatabaseArguments, IndexArguments, OrgArguments, PublicUrlArguments, S3Arguments,
    ServeArguments, TlsArguments,
};
pub(crate) use self::values::{AccessLog, LogFormat};

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use kustomer_api::ObjectId;

use crate::api::ApiArguments;
use crate::audit::AuditCommand;
use crate::backup::BackupArguments;
use crate::check::CheckArguments;
use crate::config::ConfigCommand;
use crate::copy::CopyArguments;
use crate::customers::{CustomersCommand, ServerArguments};
use crate::export::ExportArguments;
use crate::health::HealthArguments;
use crate::import::ImportArguments;
use crate::man::ManArguments;
use crate::migrate::MigrateArguments;
use crate::output::Output;
use crate::records::conversations::ConversationsCommand;
use crate::records::outbox::OutboxCommand;
use crate::records::{
    Brands, Companies, Drafts, Forwards, KObjects, Klasses, Messages, Notes, RecordsCommand, Schedules, Users, segment,
};
use crate::reindex::ReindexArguments;
use crate::restore::RestoreArguments;
use crate::roles::RolesArguments;
use crate::scrub::ScrubArguments;
use crate::tail::TailArguments;
use crate::tokens::CreateToken;
use crate::types::TypesArguments;
use crate::users::PasswordLink;
use crate::webhooks::WebhooksCommand;

/// A server for the Kustomer REST API, and the tools around it.
#[derive(Debug, Parser)]
#[command(name = "kustodian", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes that works on the database.
#[derive(Debug, Clone, Args)]
pub(crate) struct CommonArguments {
    /// The configuration file; kustodian.toml in the working directory when there is one. Its keys are the names of
    /// the flags of `serve`; a flag takes precedence over the environment, that over the file.
    #[arg(long, global = true, help_heading = "Common options", env = "KUSTODIAN_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What to log on standard error, such as info, debug or kustodian_server=debug [default: info for serve, else warn]
    #[arg(long, global = true, help_heading = "Common options", env = "KUSTODIAN_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How to log [default: text]
    #[arg(long, global = true, help_heading = "Common options", env = "KUSTODIAN_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the API until SIGTERM or Ctrl-C.
    Serve(Box<ServeArguments>),
    /// Asks a server whether it is ready: exits with 0 when it is, with 1 when it is not or does not answer. For the health
    /// checks of containers and scripts.
    Health(HealthArguments),
    /// Makes, lists and revokes API keys, also while a server runs on the database.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Makes links by which people set their passwords, for servers that send no e-mail; also while a server runs on the
    /// database.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Lists the roles that a key may have, and the operations that ask for each.
    Roles(RolesArguments),
    /// Makes and lists orgs, also while a server runs on the database.
    Org {
        #[command(subcommand)]
        command: OrgCommand,
    },
    /// Reads and writes customers over the API of a running server.
    #[command(visible_alias = "customer")]
    Customers {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: CustomersCommand,
    },
    /// Reads and writes companies over the API of a running server.
    #[command(visible_alias = "company")]
    Companies {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Companies>,
    },
    /// Reads and writes brands over the API of a running server.
    #[command(visible_alias = "brand")]
    Brands {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Brands>,
    },
    /// Reads and writes schedules, the hours of work, over the API of a running server.
    #[command(visible_alias = "schedule")]
    Schedules {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Schedules>,
    },
    /// Invites, reads, changes and deactivates users over the API of a running server.
    Users {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Users>,
    },
    /// Reads and writes klasses, the types of custom objects, over the API of a running server.
    #[command(visible_alias = "klass")]
    Klasses {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Klasses>,
    },
    /// Reads and writes kobjects of a klass over the API of a running server.
    #[command(visible_alias = "kobject")]
    Kobjects {
        #[command(flatten)]
        server: ServerArguments,
        /// The name of the klass, singular or plural; needed by every command, before or after it.
        #[arg(long, global = true, value_parser = segment)]
        klass: Option<String>,
        #[command(subcommand)]
        command: RecordsCommand<KObjects>,
    },
    /// Reads and writes conversations over the API of a running server.
    #[command(visible_alias = "conversation")]
    Conversations {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: ConversationsCommand,
    },
    /// Reads and writes messages over the API of a running server. Creating one records it, and sends nothing.
    #[command(visible_alias = "message")]
    Messages {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Messages>,
    },
    /// Reads and writes notes over the API of a running server.
    #[command(visible_alias = "note")]
    Notes {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Notes>,
    },
    /// Reads, writes and sends drafts over the API of a running server.
    #[command(visible_alias = "draft")]
    Drafts {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Drafts>,
    },
    /// Reads, writes and sends forwards of conversations over the API of a running server.
    #[command(visible_alias = "forward")]
    Forwards {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: RecordsCommand<Forwards>,
    },
    /// Shows what leaves or would leave for customers.
    Outbox {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: OutboxCommand,
    },
    /// Calls any path of the API: kustodian api /companies, kustodian api POST /companies -f name=Acme.
    #[command(override_usage = "kustodian api [OPTIONS] [METHOD] <PATH>")]
    Api {
        #[command(flatten)]
        server: ServerArguments,
        #[command(flatten)]
        call: ApiArguments,
    },
    /// Creates records out of a CSV or JSON Lines file, over the API of a running server: kustodian import customers FILE.
    /// Exits with 3 when some rows were refused.
    Import(Box<ImportArguments>),
    /// Writes the records of a kind, or of all kinds, into files, over the API of a running server: kustodian export all
    /// --out FOLDER.
    Export(ExportArguments),
    /// Writes the types of custom attributes for programs, as the org's metadata describes them.
    Types {
        #[command(flatten)]
        server: ServerArguments,
        #[command(flatten)]
        arguments: TypesArguments,
    },
    /// Sends events to a program on this machine, or raises one.
    #[command(visible_alias = "webhook")]
    Webhooks {
        #[command(flatten)]
        server: ServerArguments,
        #[command(subcommand)]
        command: WebhooksCommand,
    },
    /// Prints the events of records, one a line, and then new ones as they happen.
    Tail(TailArguments),
    /// Lists who did what, and verifies that the log is unchanged.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Brings the database to the form this version needs, as `serve` does when it starts.
    Migrate(MigrateArguments),
    /// Copies a whole database to another engine or place, and verifies it.
    Copy(CopyArguments),
    /// Backs up the whole database into one file, also while it is served, and reads the backup through.
    Backup(BackupArguments),
    /// Makes a database out of a backup.
    Restore(RestoreArguments),
    /// Reads a whole database and reports what in it does not agree with itself.
    Check(CheckArguments),
    /// Takes erased values off the disk now, as a server does after each erasure.
    Scrub(ScrubArguments),
    /// Rebuilds the search index from the records. Stop the server first: its writes would wait.
    Reindex(ReindexArguments),
    /// Shows the settings, and the source of each.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Prints the OpenAPI document of the API.
    Openapi,
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the reference of all commands, as Markdown.
    #[command(hide = true)]
    Reference,
    /// Writes manual pages, one for each command.
    #[command(hide = true)]
    Man(ManArguments),
}

impl CommonArguments {
    /// The log of a server.
    pub(crate) fn log_of_the_server(&self) -> &str {
        self.log.as_deref().unwrap_or("info")
    }
}

impl Command {
    /// Whether the command reads the configuration file. What talks to a running server does not.
    pub(crate) fn reads_the_file(&self) -> bool {
        use Command::{
            Audit, Backup, Check, Config, Copy, Health, Migrate, Org, Reindex, Restore, Scrub, Serve, Token, User,
        };
        match self {
            Config { command } => command.reads_the_file(),
            command => matches!(
                command,
                Serve(_)
                    | Health(_)
                    | Token { .. }
                    | User { .. }
                    | Org { .. }
                    | Audit { .. }
                    | Migrate(_)
                    | Copy(_)
                    | Backup(_)
                    | Restore(_)
                    | Check(_)
                    | Reindex(_)
                    | Scrub(_)
            ),
        }
    }
}

/// For whom to print.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes an API key and prints it, and nothing else. It is shown once.
    Create(CreateToken),
    /// Lists the API keys.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only those of this org.
        #[arg(long = "org", value_name = "NAME")]
        of_org: Option<String>,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Revokes an API key; a running server refuses it within a second.
    Revoke {
        #[command(flatten)]
        database: DatabaseArguments,
        /// The key's id, as `token list` shows it.
        id: ObjectId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Prints the link by which an invited person sets a password. It works once, for seven days, and in the place of
    /// links that were made before.
    InviteLink(PasswordLink),
    /// Prints the link by which a person sets another password. It works once, for an hour, and in the place of links that
    /// were made before.
    PasswordLink(PasswordLink),
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// Makes an org.
    Create {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Its name: letters, digits and hyphens.
        name: String,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Lists the orgs.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// The misuse of `kustodian kobjects` without the klass. A flag that may be behind the command, too, cannot be required.
pub(crate) fn without_klass() -> clap::Error {
    let mut command = Arguments::command();
    let kobjects = command.find_subcommand_mut("kobjects").map(|found| found.clone().bin_name("kustodian kobjects"));
    let message = "which klass? Give --klass NAME, such as: kustodian kobjects list --klass order";
    kobjects.unwrap_or(command).error(ErrorKind::MissingRequiredArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
