//! The command line.

mod webhooks;

pub(crate) use self::webhooks::WebhookArguments;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use kustodian_core::customer::{CompanyNames, ItemIds, OmittedCompany, UnknownCompanies};
use kustodian_core::rate_limit;
use kustodian_server::{AbsentTypes, BulkMode, CorsOrigin, OutboundAccount, Settings};
use kustomer_api::ObjectId;
use serde::Deserialize;

use crate::api::ApiArguments;
use crate::audit::AuditCommand;
use crate::backup::BackupArguments;
use crate::check::CheckArguments;
use crate::copy::CopyArguments;
use crate::customers::{CustomersCommand, ServerArguments};
use crate::export::ExportArguments;
use crate::import::ImportArguments;
use crate::migrate::MigrateArguments;
use crate::output::Output;
use crate::records::conversations::ConversationsCommand;
use crate::records::outbox::OutboxCommand;
use crate::records::{
    Brands, Companies, Drafts, KObjects, Klasses, Messages, Notes, RecordsCommand, Schedules, segment,
};
use crate::reindex::ReindexArguments;
use crate::restore::RestoreArguments;
use crate::roles::RolesArguments;
use crate::size::Size;
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
#[derive(Debug, Args)]
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
    Serve(ServeArguments),
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
    /// Prints what happens to records, one event a line, and goes on with what happens next.
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
    /// Rebuilds the search index from the records. Stop the server first: its writes would wait.
    Reindex(ReindexArguments),
    /// Prints the OpenAPI document of the API.
    Openapi,
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How to serve. Every flag can be given in the environment and in the configuration file too.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArguments {
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "KUSTODIAN_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    /// The org to make, with a first API key, in an empty database [default: demo]
    #[arg(long, env = "KUSTODIAN_ORG", value_name = "NAME")]
    pub(crate) org: Option<String>,
    /// An API key with the role `org` that is known beforehand. Give it as KUSTODIAN_BOOTSTRAP_TOKEN: other users of
    /// the machine see what is on the command line.
    #[arg(long, env = "KUSTODIAN_BOOTSTRAP_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) bootstrap_token: Option<String>,
    /// The status for a valid key that lacks the role [default: 403]
    #[arg(long, env = "KUSTODIAN_MISSING_ROLE_STATUS", value_name = "STATUS")]
    pub(crate) missing_role_status: Option<MissingRoleStatus>,
    /// Requests an org may make in 60 seconds: off, a number, or those of a plan: enterprise (1000), ultimate (2000),
    /// business (500) or professional (300). A plan also limits what a key creates of one customer: 120 conversations in
    /// 60 seconds, and as many messages, notes, drafts and kobjects [default: off]
    #[arg(long, env = "KUSTODIAN_RATE_LIMIT", value_name = "LIMIT")]
    pub(crate) rate_limit: Option<RateLimit>,
    /// What an update without `company` does to it [default: keep]
    #[arg(long, env = "KUSTODIAN_OMITTED_COMPANY", value_name = "WHAT")]
    pub(crate) omitted_company: Option<CompanyRule>,
    /// What `company` does with the id of no company: refuse (400) or keep (answered without a link) [default: refuse]
    #[arg(long, env = "KUSTODIAN_UNKNOWN_COMPANIES", value_name = "WHAT")]
    pub(crate) unknown_companies: Option<UnknownCompaniesRule>,
    /// What `company` does with text that is no id: keep (as companyName, without a link) or refuse (400) [default: keep]
    #[arg(long, env = "KUSTODIAN_COMPANY_NAMES", value_name = "WHAT")]
    pub(crate) company_names: Option<CompanyNamesRule>,
    /// The `id` of an item of a customer's list, such as of an e-mail address, in what is written from now on: null, as
    /// in the documents, or omit, as recorded [default: null]
    #[arg(long, env = "KUSTODIAN_ITEM_IDS", value_name = "WHAT")]
    pub(crate) item_ids: Option<ItemIdsRule>,
    /// Answers an update that changes no value with the record as it is, without a revision and an event [default: false]
    #[arg(
        long,
        env = "KUSTODIAN_SKIP_UNCHANGED",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) skip_unchanged: Option<bool>,
    /// Ignores query parameters that are not known, instead of answering 400 [default: false]
    #[arg(
        long,
        env = "KUSTODIAN_LENIENT_QUERY",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) lenient_query: Option<bool>,
    /// Holds custom attributes that are chosen from values, as their metadata says, to these values [default: on]
    #[arg(
        long,
        env = "KUSTODIAN_ENFORCE_ENUMERATIONS",
        value_name = "on|off",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) enforce_enumerations: Option<bool>,
    /// Refuses a key where the Host names another org, as in other.api.example.com [default: false]
    #[arg(
        long,
        env = "KUSTODIAN_STRICT_HOST",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) strict_host: Option<bool>,
    /// What is answered about types of records this server does not hold: refuse (400 to a search, 501 to a list),
    /// empty-searches (an empty page to a search) or empty (to a list, too) [default: empty]
    #[arg(long, env = "KUSTODIAN_ABSENT_TYPES", value_name = "WHAT")]
    pub(crate) absent_types: Option<AbsentTypesRule>,
    /// When the items of a bulk operation are done [default: immediate]
    #[arg(long, env = "KUSTODIAN_BULK_MODE", value_name = "WHEN")]
    pub(crate) bulk_mode: Option<BulkModeRule>,
    /// The last page of a search, off or a number; Kustomer's is 100 [default: off]
    #[arg(long, env = "KUSTODIAN_SEARCH_PAGE_CAP", value_name = "PAGES")]
    pub(crate) search_page_cap: Option<PageCap>,
    /// Answers reads only; whatever would change something is answered with 503 [default: false]
    #[arg(
        long,
        env = "KUSTODIAN_READ_ONLY",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) read_only: Option<bool>,
    /// Logs every request on standard error, without query and ids: off, text or json [default: off]
    #[arg(long, env = "KUSTODIAN_ACCESS_LOG", value_name = "FORMAT")]
    pub(crate) access_log: Option<AccessLog>,
    /// An origin whose pages may ask from a browser, such as `https://crm.example`, or * for all; repeat it, or separate
    /// with commas [default: none]
    #[arg(long, env = "KUSTODIAN_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) cors_origin: Vec<CorsOrigin>,
    /// Hands e-mail to this server by SMTP, such as `smtps://user:password@mail.example` or
    /// `smtp://mail.example:587?tls=required`; without it, no e-mail leaves [default: none]
    #[arg(long, env = "KUSTODIAN_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) smtp_url: Option<String>,
    /// An account that clients are shown to send e-mail from (`GET /v1/outboundAccounts`), such as
    /// `Shop <help@shop.example>`; repeat it, or separate with commas [default: none]
    #[arg(long, env = "KUSTODIAN_OUTBOUND_ACCOUNT", value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) outbound_account: Vec<OutboundAccount>,
    /// Opens a SQLite file whose log is damaged, for this once, without what was written behind the damage; the log is kept
    /// as FILE-wal.damaged
    #[arg(long)]
    pub(crate) accept_damaged_log: bool,
    #[command(flatten)]
    pub(crate) attachments: AttachmentsArguments,
    /// The address that clients reach the server at, such as `https://crm.example`, which links to files begin with
    /// [default: that of each request]
    #[arg(long, env = "KUSTODIAN_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<String>,
    #[command(flatten)]
    pub(crate) index: IndexArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) webhooks: WebhookArguments,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
}

/// Where the bytes of attachments and media are.
#[derive(Debug, Default, Clone, PartialEq, Eq, Args)]
pub(crate) struct AttachmentsArguments {
    /// The folder for the files of attachments and media; all servers of a database need the same one [default: that of a
    /// SQLite file with .attachments behind its name; else kustodian.attachments in the working directory]
    #[arg(long, env = "KUSTODIAN_ATTACHMENTS", value_name = "FOLDER")]
    pub(crate) attachments: Option<PathBuf>,
}

/// An address that links begin with.
pub(crate) fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\?#<>".contains(&byte))
    };
    match rest {
        Some(rest) if is_plain(rest) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is no address: write it like https://crm.example")),
    }
}

/// An address that links begin with, in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicUrl(pub(crate) String);

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        public_url(&text).map(Self)
    }
}

/// What is indexed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Args)]
pub(crate) struct IndexArguments {
    /// How many custom attributes of each org, those it uses first, are indexed for search, 0 to 30 [default: 30]
    #[arg(long, env = "KUSTODIAN_INDEXED_CUSTOM_ATTRIBUTES", value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=30))]
    pub(crate) indexed_custom_attributes: Option<u8>,
}

/// How much the server takes before it says no.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Args)]
pub(crate) struct LimitArguments {
    /// The largest body, in bytes or with a unit such as 1MB; a larger one is answered 413 [default: 100KiB]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_BODY", value_name = "SIZE")]
    pub(crate) max_body: Option<Size>,
    /// The largest body of a bulk operation, in bytes or with a unit such as 1MB; a larger one is answered 413. Each item may
    /// be as large as `--max-body` [default: 4MiB]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_BULK_BODY", value_name = "SIZE")]
    pub(crate) max_bulk_body: Option<Size>,
    /// The largest record as JSON, in bytes or with a unit such as 1MB; a write that makes a larger one is answered 413
    /// [default: 1MiB]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_RECORD", value_name = "SIZE")]
    pub(crate) max_record: Option<Size>,
    /// The largest file of an attachment or of media, in bytes or with a unit such as 25MB; a larger one is answered 413
    /// [default: 1GiB]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_ATTACHMENT", value_name = "SIZE")]
    pub(crate) max_attachment: Option<Size>,
    /// Seconds that the links to files are good [default: 3600]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_LINK_LIFETIME", value_name = "SECONDS")]
    pub(crate) link_lifetime: Option<u32>,
    /// Days that what visitors do is kept; a week of it before it is known who they are [default: 90]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_TRACKING_RETENTION", value_name = "DAYS")]
    pub(crate) tracking_retention: Option<u32>,
    /// Seconds that a customer is online after something was tracked of it [default: 1800]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_PRESENCE_TIMEOUT", value_name = "SECONDS")]
    pub(crate) presence_timeout: Option<u32>,
    /// Seconds a body may take to arrive; then the answer is 408 [default: 30]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_BODY_TIMEOUT", value_name = "SECONDS")]
    pub(crate) body_timeout: Option<u32>,
    /// Seconds the head of a request may take, a connection may idle, and a client may take nothing of its answer; then
    /// the connection is closed [default: 75]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_HEAD_TIMEOUT", value_name = "SECONDS")]
    pub(crate) head_timeout: Option<u32>,
    /// Seconds an answer may take to be worked out; then it is 503 [default: 30]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_ANSWER_TIMEOUT", value_name = "SECONDS")]
    pub(crate) answer_timeout: Option<u32>,
    /// Seconds a search may take; then it answers what it has, with `timed_out` [default: 10]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_SEARCH_TIMEOUT", value_name = "SECONDS")]
    pub(crate) search_timeout: Option<u32>,
    /// Connections open at once; further ones wait to be accepted [default: 20000]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub(crate) max_connections: Option<usize>,
    /// Requests worked on at once; further ones are answered 503 with Retry-After [default: 1024]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_IN_FLIGHT", value_name = "NUMBER")]
    pub(crate) max_in_flight: Option<usize>,
    /// Clients waiting for events at once (`wait=`); further ones are answered 503 with Retry-After [default: 2000]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_FEED_WAITERS", value_name = "NUMBER")]
    pub(crate) max_feed_waiters: Option<usize>,
    /// Bytes of answers that clients have not read yet, for one org half, for one key a quarter; then 503 [default:
    /// 512MiB]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_UNREAD", value_name = "SIZE")]
    pub(crate) max_unread: Option<Size>,
    /// Milliseconds writes may take on average; beyond what the database does in them, 503 with Retry-After [default: 200]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_TARGET_WRITE_TIME", value_name = "MILLISECONDS")]
    pub(crate) target_write_time: Option<u32>,
    /// Seconds that requests in flight get to finish when the server is stopped [default: 20]
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_SHUTDOWN_TIMEOUT", value_name = "SECONDS")]
    pub(crate) shutdown_timeout: Option<u32>,
}

/// The misuse of `kustodian kobjects` without the klass. A flag that may be behind the command, too, cannot be required.
pub(crate) fn without_klass() -> clap::Error {
    let mut command = Arguments::command();
    let kobjects = command.find_subcommand_mut("kobjects").map(|found| found.clone().bin_name("kustodian kobjects"));
    let message = "which klass? Give --klass NAME, such as: kustodian kobjects list --klass order";
    kobjects.unwrap_or(command).error(ErrorKind::MissingRequiredArgument, message)
}

impl LimitArguments {
    /// These, and those of `other` where these say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            max_body: self.max_body.or(other.max_body),
            max_bulk_body: self.max_bulk_body.or(other.max_bulk_body),
            max_record: self.max_record.or(other.max_record),
            max_attachment: self.max_attachment.or(other.max_attachment),
            link_lifetime: self.link_lifetime.or(other.link_lifetime),
            tracking_retention: self.tracking_retention.or(other.tracking_retention),
            presence_timeout: self.presence_timeout.or(other.presence_timeout),
            body_timeout: self.body_timeout.or(other.body_timeout),
            head_timeout: self.head_timeout.or(other.head_timeout),
            answer_timeout: self.answer_timeout.or(other.answer_timeout),
            search_timeout: self.search_timeout.or(other.search_timeout),
            max_connections: self.max_connections.or(other.max_connections),
            max_in_flight: self.max_in_flight.or(other.max_in_flight),
            max_feed_waiters: self.max_feed_waiters.or(other.max_feed_waiters),
            max_unread: self.max_unread.or(other.max_unread),
            target_write_time: self.target_write_time.or(other.target_write_time),
            shutdown_timeout: self.shutdown_timeout.or(other.shutdown_timeout),
        }
    }

    /// Sets what is given. A limit of nothing would serve nobody: it counts as the least there is.
    pub(crate) fn apply(self, settings: &mut Settings) {
        let number =
            |given: Option<usize>, setting: &mut usize| *setting = given.map_or(*setting, |given| given.max(1));
        let seconds = |given: Option<u32>, setting: &mut Duration| {
            *setting = given.map_or(*setting, |given| Duration::from_secs(given.max(1).into()));
        };
        number(self.max_body.map(|size| size.0), &mut settings.max_body);
        number(self.max_bulk_body.map(|size| size.0), &mut settings.max_bulk_body);
        number(self.max_record.map(|size| size.0), &mut settings.max_record);
        number(self.max_connections, &mut settings.max_connections);
        number(self.max_in_flight, &mut settings.max_in_flight);
        number(self.max_feed_waiters, &mut settings.max_feed_waiters);
        number(self.max_unread.map(|size| size.0), &mut settings.max_unread);
        if let Some(millis) = self.target_write_time {
            settings.target_write_time = Duration::from_millis(millis.max(1).into());
        }
        if let Some(Size(bytes)) = self.max_attachment {
            settings.max_file = bytes.max(1) as u64;
        }
        if let Some(days) = self.tracking_retention {
            settings.tracking_retention = Duration::from_secs(u64::from(days.max(1)) * 24 * 60 * 60);
        }
        seconds(self.link_lifetime, &mut settings.link_lifetime);
        seconds(self.presence_timeout, &mut settings.presence_timeout);
        seconds(self.body_timeout, &mut settings.body_timeout);
        seconds(self.head_timeout, &mut settings.head_timeout);
        seconds(self.answer_timeout, &mut settings.answer_timeout);
        seconds(self.search_timeout, &mut settings.search_timeout);
        seconds(self.shutdown_timeout, &mut settings.shutdown_timeout);
    }
}

/// TLS; plain HTTP without.
#[derive(Debug, Default, Clone, PartialEq, Eq, Args)]
pub(crate) struct TlsArguments {
    /// A file with the server's certificate and those that vouch for it, PEM; the server then speaks HTTPS alone
    #[arg(long, help_heading = "TLS", env = "KUSTODIAN_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// A file with the certificate's private key, PEM, not encrypted
    #[arg(long, help_heading = "TLS", env = "KUSTODIAN_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Asks browsers to use HTTPS alone for a year (HSTS), on answers over TLS [default: true]
    #[arg(
        long,
        help_heading = "TLS",
        env = "KUSTODIAN_HSTS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) hsts: Option<bool>,
}

/// Which database.
#[derive(Debug, Default, Args)]
pub(crate) struct DatabaseArguments {
    /// The database: sqlite:PATH, postgres://USER:PASSWORD@HOST/NAME, or sqlite::memory: for one that is gone on exit.
    /// Give an address with a password as KUSTODIAN_DATABASE: other users of the machine see what is on the command
    /// line [default: sqlite:kustodian.db]
    #[arg(long, env = "KUSTODIAN_DATABASE", hide_env_values = true, value_name = "URL")]
    pub(crate) database: Option<String>,
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
        #[arg(long, value_name = "NAME")]
        org: Option<String>,
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

/// How logs are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// Whether and how requests are logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum AccessLog {
    /// Not at all.
    #[default]
    Off,
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

/// The status for a valid key that lacks the role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum MissingRoleStatus {
    /// As Kustomer's newer documents have it.
    #[default]
    #[value(name = "403")]
    Forbidden,
    /// As its older documents have it.
    #[value(name = "401")]
    Unauthorized,
}

impl MissingRoleStatus {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::Unauthorized => 401,
        }
    }
}

/// What an update without `company` does to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum CompanyRule {
    /// It stays.
    #[default]
    Keep,
    /// It is unlinked, as Kustomer's documents say.
    Unlink,
}

impl From<CompanyRule> for OmittedCompany {
    fn from(rule: CompanyRule) -> Self {
        match rule {
            CompanyRule::Keep => Self::Keep,
            CompanyRule::Unlink => Self::Unlink,
        }
    }
}

/// What `company` does with the id of no company.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum UnknownCompaniesRule {
    /// It is answered 400.
    #[default]
    Refuse,
    /// It is kept without a link.
    Keep,
}

impl From<UnknownCompaniesRule> for UnknownCompanies {
    fn from(rule: UnknownCompaniesRule) -> Self {
        match rule {
            UnknownCompaniesRule::Refuse => Self::Refuse,
            UnknownCompaniesRule::Keep => Self::Keep,
        }
    }
}

/// What `company` does with text that is no id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum CompanyNamesRule {
    /// It is kept as `companyName`.
    #[default]
    Keep,
    /// It is answered 400.
    Refuse,
}

/// The `id` of an item of a customer's list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum ItemIdsRule {
    /// It is null.
    #[default]
    Null,
    /// There is none.
    Omit,
}

impl From<ItemIdsRule> for ItemIds {
    fn from(rule: ItemIdsRule) -> Self {
        match rule {
            ItemIdsRule::Null => Self::Null,
            ItemIdsRule::Omit => Self::Omit,
        }
    }
}

impl From<CompanyNamesRule> for CompanyNames {
    fn from(rule: CompanyNamesRule) -> Self {
        match rule {
            CompanyNamesRule::Keep => Self::Keep,
            CompanyNamesRule::Refuse => Self::Refuse,
        }
    }
}

/// What is answered about types of records this server does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum AbsentTypesRule {
    /// 400 to a search and 501 to a list.
    Refuse,
    /// An empty page to a search and 501 to a list.
    EmptySearches,
    /// An empty page to both.
    #[default]
    Empty,
}

impl From<AbsentTypesRule> for AbsentTypes {
    fn from(rule: AbsentTypesRule) -> Self {
        match rule {
            AbsentTypesRule::Refuse => Self::Refuse,
            AbsentTypesRule::EmptySearches => Self::EmptySearches,
            AbsentTypesRule::Empty => Self::Empty,
        }
    }
}

/// When the items of a bulk operation are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) enum BulkModeRule {
    /// Before the request is answered: the answer says what became of each.
    #[default]
    Immediate,
    /// Afterwards: the answer is a job to read again.
    Queued,
}

impl From<BulkModeRule> for BulkMode {
    fn from(rule: BulkModeRule) -> Self {
        match rule {
            BulkModeRule::Immediate => Self::Immediate,
            BulkModeRule::Queued => Self::Queued,
        }
    }
}

/// The last page of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) struct PageCap(pub(crate) Option<u32>);

impl FromStr for PageCap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            number => match number.parse() {
                Ok(cap) if cap > 0 => Ok(Self(Some(cap))),
                _ => Err(format!("{text:?} is neither off nor a number from 1")),
            },
        }
    }
}

impl TryFrom<Word> for PageCap {
    type Error = String;

    fn try_from(word: Word) -> Result<Self, String> {
        word.to_string().parse()
    }
}

/// How many requests an org may make in 60 seconds; under a plan of Kustomer, creations of one customer are limited, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Word")]
pub(crate) struct RateLimit {
    pub(crate) requests: Option<u32>,
    /// How many records of a kind a key may create of one customer in 60 seconds.
    pub(crate) creations: Option<u32>,
}

impl RateLimit {
    /// A limit of requests alone.
    pub(crate) const fn of(requests: u32) -> Self {
        Self { requests: Some(requests), creations: None }
    }

    /// The limits of a plan.
    const fn of_plan(requests: u32) -> Self {
        Self { requests: Some(requests), creations: Some(rate_limit::CREATIONS) }
    }
}

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::default()),
            // The plans' limits: docs/contract/behaviour.md §5.
            "enterprise" => Ok(Self::of_plan(1_000)),
            "ultimate" => Ok(Self::of_plan(2_000)),
            "business" => Ok(Self::of_plan(500)),
            "professional" => Ok(Self::of_plan(300)),
            number => match number.parse() {
                Ok(limit) if limit > 0 => Ok(Self::of(limit)),
                _ => {
                    let plans = "off, enterprise, ultimate, business, professional";
                    Err(format!("{text:?} is neither {plans} nor a number from 1"))
                }
            },
        }
    }
}

/// A value in the configuration file that is a word of the command line: `401` as well as `"401"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a word or a whole number")]
pub(crate) enum Word {
    Number(i64),
    Text(String),
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

macro_rules! value_enum_in_file {
    ($($name:ty),+) => { $(
        impl TryFrom<Word> for $name {
            type Error = String;

            fn try_from(word: Word) -> Result<Self, String> {
                let words = || {
                    let values = <$name>::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                    values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(" or ")
                };
                ValueEnum::from_str(&word.to_string(), false).map_err(|_| format!("{:?} is not {}", word.to_string(), words()))
            }
        }
    )+ };
}
value_enum_in_file!(
    LogFormat,
    AccessLog,
    MissingRoleStatus,
    CompanyRule,
    CompanyNamesRule,
    UnknownCompaniesRule,
    ItemIdsRule,
    AbsentTypesRule,
    BulkModeRule
);

impl TryFrom<Word> for RateLimit {
    type Error = String;

    fn try_from(word: Word) -> Result<Self, String> {
        word.to_string().parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_rate_limit_is_off_a_plan_or_a_number() {
        let plan = |requests| RateLimit { requests: Some(requests), creations: Some(120) };
        assert_eq!("off".parse(), Ok(RateLimit { requests: None, creations: None }));
        for (word, requests) in [("enterprise", 1_000), ("ultimate", 2_000), ("business", 500), ("professional", 300)] {
            assert_eq!(word.parse(), Ok(plan(requests)));
        }
        assert_eq!("17".parse(), Ok(RateLimit { requests: Some(17), creations: None }));
        for wrong in ["", "0", "-1", "on"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong:?}");
        }
    }
}
