//! What can be set: each setting is declared here once. Its flag, variable, key in the configuration file, default, help and
//! check follow from that, and docs/configuration.md is written from it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use ipnet::IpNet;
use kustodian_server::{CorsOrigin, Mailer, OutboundAccount, Settings};
use kustodian_store::Options;

use super::values::{
    AbsentTypesRule, AccessLog, BulkModeRule, CompanyNamesRule, CompanyRule, Days, Hours, ItemIdsRule, Milliseconds,
    MissingRoleStatus, PageCap, RateLimit, Seconds, SecondsOrNever, UnknownCompaniesRule, boolean, count, public_url,
};
use crate::size::Size;
use crate::tokens::range;

/// The defaults.
fn usual() -> Settings {
    Settings::default()
}

/// How to serve. Every setting is a flag, a variable and a key of the configuration file.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArguments {
    /// The address to listen on; port 0 is any free port
    #[arg(long, env = "KUSTODIAN_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) org: OrgArguments,
    /// An API key of your choice, with the role `org`. Give it as KUSTODIAN_BOOTSTRAP_TOKEN: other users of the
    /// machine see the command line
    #[arg(long, env = "KUSTODIAN_BOOTSTRAP_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) bootstrap_token: Option<String>,
    /// The status for a valid key that lacks the role
    #[arg(long, env = "KUSTODIAN_MISSING_ROLE_STATUS", value_name = "STATUS", value_enum, default_value_t)]
    pub(crate) missing_role_status: MissingRoleStatus,
    /// Requests an org may make in 60 seconds: off, a number, or those of a plan: enterprise (1000), ultimate (2000),
    /// business (500) or professional (300). A plan also limits the records that a key creates of one customer: 120
    /// conversations in 60 seconds, and as many messages, notes, drafts and kobjects
    #[arg(long, env = "KUSTODIAN_RATE_LIMIT", value_name = "LIMIT", default_value_t)]
    pub(crate) rate_limit: RateLimit,
    /// The effect of an update without `company`
    #[arg(long, env = "KUSTODIAN_OMITTED_COMPANY", value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) omitted_company: CompanyRule,
    /// An unknown id in `company`: refuse (400) or keep (answered without a link)
    #[arg(long, env = "KUSTODIAN_UNKNOWN_COMPANIES", value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) unknown_companies: UnknownCompaniesRule,
    /// A text in `company` that is no id: keep (as companyName, without a link) or refuse (400)
    #[arg(long, env = "KUSTODIAN_COMPANY_NAMES", value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) company_names: CompanyNamesRule,
    /// The `id` of an item of a customer's list, such as of an e-mail address, in records that are written from now on:
    /// null, as in the documents, or omit, as recorded
    #[arg(long, env = "KUSTODIAN_ITEM_IDS", value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) item_ids: ItemIdsRule,
    /// Answers an update that changes no value with the record as it is, without a revision and an event
    #[arg(
        long,
        env = "KUSTODIAN_SKIP_UNCHANGED",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) skip_unchanged: bool,
    /// Ignores unknown query parameters, instead of answering 400
    #[arg(
        long,
        env = "KUSTODIAN_LENIENT_QUERY",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) lenient_query: bool,
    /// Refuses values of custom attributes that are not among those of their metadata
    #[arg(
        long,
        env = "KUSTODIAN_ENFORCE_ENUMERATIONS",
        value_name = "on|off",
        action = ArgAction::Set,
        default_value = "on",
        value_parser = boolean
    )]
    pub(crate) enforce_enumerations: bool,
    /// Keeps the values of a merged customer for which the other one has no place (lostValues), so that searches find it
    #[arg(
        long,
        env = "KUSTODIAN_KEEP_LOST_VALUES",
        value_name = "on|off",
        action = ArgAction::Set,
        default_value = "on",
        value_parser = boolean
    )]
    pub(crate) keep_lost_values: bool,
    /// Refuses a key if the Host names another org, as in other.api.example.com
    #[arg(
        long,
        env = "KUSTODIAN_STRICT_HOST",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) strict_host: bool,
    /// The answer for types of records that this server does not have: refuse (400 to a search, 501 to a list),
    /// empty-searches (an empty page to a search) or empty (to a list, too)
    #[arg(long, env = "KUSTODIAN_ABSENT_TYPES", value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) absent_types: AbsentTypesRule,
    /// When the items of a bulk operation are processed
    #[arg(long, env = "KUSTODIAN_BULK_MODE", value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) bulk_mode: BulkModeRule,
    /// The last page of a search, off or a number; Kustomer's is 100
    #[arg(long, env = "KUSTODIAN_SEARCH_PAGE_CAP", value_name = "PAGES", default_value_t)]
    pub(crate) search_page_cap: PageCap,
    /// Answers only reads; requests that would change something are answered 503
    #[arg(
        long,
        env = "KUSTODIAN_READ_ONLY",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) read_only: bool,
    /// Logs every request on standard error, without query and ids
    #[arg(long, env = "KUSTODIAN_ACCESS_LOG", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) access_log: AccessLog,
    /// An origin whose pages may send requests from a browser, such as `https://crm.example`, or * for all; repeat it, or
    /// separate with commas [default: none]
    #[arg(long, env = "KUSTODIAN_CORS_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    pub(crate) cors_origin: Vec<CorsOrigin>,
    /// A proxy in front of the server, by address or range such as 10.0.0.0/8: for its requests the client is the last
    /// address of X-Forwarded-For that is no trusted proxy itself. Key ranges, waits after failed sign-ins and logs use the
    /// client's address; repeat it, or separate with commas [default: none]
    #[arg(long, env = "KUSTODIAN_TRUSTED_PROXY", value_delimiter = ',', value_parser = range, value_name = "CIDR")]
    pub(crate) trusted_proxy: Vec<IpNet>,
    /// Hands e-mail to this server by SMTP, such as `smtps://user:password@mail.example` or
    /// `smtp://mail.example:587?tls=required`; without it, no e-mail leaves [default: none]
    #[arg(long, env = "KUSTODIAN_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) smtp_url: Option<String>,
    /// A sender address that clients are shown (`GET /v1/outboundAccounts`), such as `Shop
    /// <help@shop.example>`; repeat it, or separate with commas [default: none]
    #[arg(long, env = "KUSTODIAN_OUTBOUND_ACCOUNT", value_delimiter = ',', value_name = "ADDRESS")]
    pub(crate) outbound_account: Vec<OutboundAccount>,
    /// Opens a SQLite file whose log is damaged, for this once, without the writes after the damage; the log is kept
    /// as FILE-wal.damaged
    #[arg(long)]
    pub(crate) accept_damaged_log: bool,
    /// Hours between two walks through a SQLite file, which compare its tables with their indexes and read its records with
    /// their checksums, beside all else; or off
    #[arg(long, env = "KUSTODIAN_PATROL_EVERY", value_name = "HOURS", default_value = "24")]
    pub(crate) patrol_every: Hours,
    #[command(flatten)]
    pub(crate) attachments: AttachmentsArguments,
    #[command(flatten)]
    pub(crate) public_url: PublicUrlArguments,
    #[command(flatten)]
    pub(crate) index: IndexArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) webhooks: WebhookArguments,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatabaseArguments {
    /// The database: sqlite:PATH, postgres://USER:PASSWORD@HOST/NAME, or sqlite::memory: for one that is deleted on exit.
    /// Give an address with a password as KUSTODIAN_DATABASE: other users of the machine see the command line
    #[arg(
        long,
        env = "KUSTODIAN_DATABASE",
        hide_env_values = true,
        value_name = "URL",
        default_value = "sqlite:kustodian.db"
    )]
    pub(crate) database: String,
}

/// Which org.
#[derive(Debug, Clone, Args)]
pub(crate) struct OrgArguments {
    /// The org; in an empty database the server creates it, with a first API key
    #[arg(long, env = "KUSTODIAN_ORG", value_name = "NAME", default_value = "demo")]
    pub(crate) org: String,
}

/// The address that clients reach the server at.
#[derive(Debug, Clone, Args)]
pub(crate) struct PublicUrlArguments {
    /// The address that clients reach the server at, such as `https://crm.example`, which links begin with [default: that
    /// of each request]
    #[arg(long, env = "KUSTODIAN_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<String>,
}

/// Where the bytes of attachments and media are.
#[derive(Debug, Clone, Args)]
pub(crate) struct AttachmentsArguments {
    /// The place for the files of attachments and media, a folder or `s3://BUCKET/PREFIX`; all servers of a database need
    /// the same one [default: the name of a SQLite file with .attachments appended; else kustodian.attachments in the
    /// working directory]
    #[arg(long, env = "KUSTODIAN_ATTACHMENTS", value_name = "PLACE")]
    pub(crate) attachments: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) s3: S3Arguments,
}

/// How S3-compatible storage is reached. Its variables are those that other programs for S3 read.
#[derive(Clone, Args)]
pub(crate) struct S3Arguments {
    /// The address of S3-compatible storage; its variable is AWS_ENDPOINT_URL [default: that of AWS]
    #[arg(long, help_heading = "S3", env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// The region of the bucket; its variable is AWS_REGION [default: us-east-1]
    #[arg(long, help_heading = "S3", env = "AWS_REGION", value_name = "REGION")]
    pub(crate) s3_region: Option<String>,
    /// The access key for S3-compatible storage; its variable is AWS_ACCESS_KEY_ID [default: a role of the machine or
    /// container]
    #[arg(long, help_heading = "S3", env = "AWS_ACCESS_KEY_ID", hide_env_values = true, value_name = "ID")]
    pub(crate) s3_access_key_id: Option<String>,
    /// Its secret. Give it as AWS_SECRET_ACCESS_KEY: other users of the machine see the command line
    #[arg(long, help_heading = "S3", env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    pub(crate) s3_secret_access_key: Option<String>,
}

impl std::fmt::Debug for S3Arguments {
    /// Without keys.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { s3_endpoint, s3_region, .. } = self;
        formatter.debug_struct("S3Arguments").field("s3_endpoint", s3_endpoint).field("s3_region", s3_region).finish()
    }
}

/// The search index.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct IndexArguments {
    /// How many custom attributes of each org are indexed for search, 0 to 30: the first ones that it uses
    #[arg(long, env = "KUSTODIAN_INDEXED_CUSTOM_ATTRIBUTES", value_name = "NUMBER", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=30))]
    pub(crate) indexed_custom_attributes: u8,
}

/// How much the server takes before it says no.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LimitArguments {
    /// The largest body, in bytes or with a unit such as 1MB; a larger one is answered 413
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_BODY", value_name = "SIZE", default_value_t = Size(usual().max_body))]
    pub(crate) max_body: Size,
    /// The largest body of a bulk operation, in bytes or with a unit such as 1MB; a larger one is answered 413. Each item
    /// may be as large as `--max-body`
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_BULK_BODY", value_name = "SIZE", default_value_t = Size(usual().max_bulk_body))]
    pub(crate) max_bulk_body: Size,
    /// The largest record as JSON, in bytes or with a unit such as 1MB; a write that makes a larger one is answered 413
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_RECORD", value_name = "SIZE", default_value_t = Size(usual().max_record))]
    pub(crate) max_record: Size,
    /// The largest file of an attachment or of media, in bytes or with a unit such as 25MB; a larger one is answered 413
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_ATTACHMENT", value_name = "SIZE", default_value_t = Size(usize::try_from(usual().max_file).unwrap_or(usize::MAX)))]
    pub(crate) max_attachment: Size,
    /// Seconds that the links to files are valid
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_LINK_LIFETIME", value_name = "SECONDS", default_value_t = usual().link_lifetime.into())]
    pub(crate) link_lifetime: Seconds,
    /// Days that tracked events are kept; a week for unknown visitors
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_TRACKING_RETENTION", value_name = "DAYS", default_value_t = usual().tracking_retention.into())]
    pub(crate) tracking_retention: Days,
    /// Hours that posts to inbound webhooks are kept, in the feed and in histories too, or off to keep them for ever; up to a day more while newer ones are kept
    #[arg(
        long,
        help_heading = "Limits",
        env = "KUSTODIAN_POST_RETENTION",
        value_name = "HOURS",
        default_value = "off"
    )]
    pub(crate) post_retention: Hours,
    /// Seconds without anything tracked after which a customer who is online is idle; 0 for never
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_PRESENCE_IDLE", value_name = "SECONDS", default_value_t = usual().presence_idle.into())]
    pub(crate) presence_idle: SecondsOrNever,
    /// Seconds that a customer is online after something was tracked of it
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_PRESENCE_TIMEOUT", value_name = "SECONDS", default_value_t = usual().presence_timeout.into())]
    pub(crate) presence_timeout: Seconds,
    /// Seconds a body may take to arrive; then the answer is 408
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_BODY_TIMEOUT", value_name = "SECONDS", default_value_t = usual().body_timeout.into())]
    pub(crate) body_timeout: Seconds,
    /// Seconds the head of a request may take, a connection may idle, and a client may read nothing of its answer; then the
    /// connection is closed
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_HEAD_TIMEOUT", value_name = "SECONDS", default_value_t = usual().head_timeout.into())]
    pub(crate) head_timeout: Seconds,
    /// Seconds that the server may take for an answer; then it is 503
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_ANSWER_TIMEOUT", value_name = "SECONDS", default_value_t = usual().answer_timeout.into())]
    pub(crate) answer_timeout: Seconds,
    /// Seconds a search may take; then it answers the results so far, with `timed_out`
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_SEARCH_TIMEOUT", value_name = "SECONDS", default_value_t = usual().search_timeout.into())]
    pub(crate) search_timeout: Seconds,
    /// Connections open at once; further ones wait to be accepted
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_CONNECTIONS", value_name = "NUMBER", default_value_t = usual().max_connections, value_parser = count)]
    pub(crate) max_connections: usize,
    /// Requests processed at once; further ones are answered 503 with Retry-After
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_IN_FLIGHT", value_name = "NUMBER", default_value_t = usual().max_in_flight, value_parser = count)]
    pub(crate) max_in_flight: usize,
    /// Clients waiting for events at once (`wait=`); further ones are answered 503 with Retry-After
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_FEED_WAITERS", value_name = "NUMBER", default_value_t = usual().max_feed_waiters, value_parser = count)]
    pub(crate) max_feed_waiters: usize,
    /// Bytes of answers that clients have not read yet, for one org half, for one key a quarter; then 503
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_MAX_UNREAD", value_name = "SIZE", default_value_t = Size(usual().max_unread))]
    pub(crate) max_unread: Size,
    /// Milliseconds writes may take on average; writes above the database's capacity get 503 with Retry-After
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_TARGET_WRITE_TIME", value_name = "MILLISECONDS", default_value_t = usual().target_write_time.into())]
    pub(crate) target_write_time: Milliseconds,
    /// Seconds in which requests in flight may finish when the server is stopped
    #[arg(long, help_heading = "Limits", env = "KUSTODIAN_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value_t = usual().shutdown_timeout.into())]
    pub(crate) shutdown_timeout: Seconds,
}

/// How events are sent to webhooks.
#[derive(Debug, Clone, Args)]
pub(crate) struct WebhookArguments {
    /// Sends webhooks to addresses that are not on the public internet, too, such as those of this machine
    #[arg(
        long,
        env = "KUSTODIAN_WEBHOOK_ALLOW_PRIVATE",
        help_heading = "Webhooks",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) webhook_allow_private: bool,
    /// Allows http: URLs for webhooks; anybody on the network can then read the events
    #[arg(
        long,
        env = "KUSTODIAN_WEBHOOK_ALLOW_HTTP",
        help_heading = "Webhooks",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = boolean
    )]
    pub(crate) webhook_allow_http: bool,
    /// Seconds a receiver may take to answer
    #[arg(long, help_heading = "Webhooks", env = "KUSTODIAN_WEBHOOK_TIMEOUT", value_name = "SECONDS", default_value_t = usual().webhook_timeout.into())]
    pub(crate) webhook_timeout: Seconds,
    /// The pauses, in seconds, after each failure to deliver an event; after one more failure the webhook is disabled
    #[arg(
        long,
        help_heading = "Webhooks",
        env = "KUSTODIAN_WEBHOOK_RETRIES",
        value_name = "SECONDS",
        value_delimiter = ',',
        default_values_t = usual().webhook_retries.into_iter().map(Seconds::from)
    )]
    pub(crate) webhook_retries: Vec<Seconds>,
}

/// TLS; plain HTTP without.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct TlsArguments {
    /// A file with the server's certificate and the intermediate ones, PEM; the server then listens on HTTPS only
    #[arg(long, help_heading = "TLS", env = "KUSTODIAN_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// A file with the certificate's private key, PEM, not encrypted
    #[arg(long, help_heading = "TLS", env = "KUSTODIAN_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Asks browsers to use only HTTPS for a year (HSTS), on answers over TLS
    #[arg(
        long,
        env = "KUSTODIAN_HSTS",
        help_heading = "TLS",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "true",
        value_parser = boolean
    )]
    pub(crate) hsts: bool,
}

impl ServeArguments {
    /// The key that is known beforehand. An empty one is how a compose file says "not set".
    pub(crate) fn known_key(&self) -> Option<&str> {
        self.bootstrap_token.as_deref().filter(|token| !token.is_empty())
    }

    /// The settings of the server.
    pub(crate) fn settings(&self, mailer: Option<Mailer>, https: bool) -> Settings {
        let Self { limits, webhooks, .. } = self;
        Settings {
            missing_role_status: self.missing_role_status.status(),
            rate_limit: self.rate_limit.requests,
            creation_limit: self.rate_limit.creations,
            omitted_company: self.omitted_company.into(),
            unknown_companies: self.unknown_companies.into(),
            company_names: self.company_names.into(),
            item_ids: self.item_ids.into(),
            skip_unchanged: self.skip_unchanged,
            lenient_query: self.lenient_query,
            enforce_enumerations: self.enforce_enumerations,
            keep_lost_values: self.keep_lost_values,
            strict_host: self.strict_host,
            absent_types: self.absent_types.into(),
            search_page_cap: self.search_page_cap.0,
            search_timeout: limits.search_timeout.into(),
            mailer,
            webhook_allow_private: webhooks.webhook_allow_private,
            webhook_allow_http: webhooks.webhook_allow_http,
            webhook_timeout: webhooks.webhook_timeout.into(),
            webhook_retries: webhooks.webhook_retries.iter().map(|pause| Duration::from(*pause)).collect(),
            outbound_accounts: self.outbound_account.clone(),
            read_only: self.read_only,
            cors_origins: self.cors_origin.clone(),
            trusted_proxies: self.trusted_proxy.clone(),
            max_body: limits.max_body.0,
            max_bulk_body: limits.max_bulk_body.0,
            bulk_mode: self.bulk_mode.into(),
            max_record: limits.max_record.0,
            body_timeout: limits.body_timeout.into(),
            head_timeout: limits.head_timeout.into(),
            answer_timeout: limits.answer_timeout.into(),
            hsts: self.tls.hsts,
            max_connections: limits.max_connections,
            max_in_flight: limits.max_in_flight,
            max_feed_waiters: limits.max_feed_waiters,
            max_unread: limits.max_unread.0,
            target_write_time: limits.target_write_time.into(),
            max_file: limits.max_attachment.0 as u64,
            link_lifetime: limits.link_lifetime.into(),
            public_url: self.public_url.public_url.clone(),
            https,
            tracking_retention: limits.tracking_retention.into(),
            post_retention: limits.post_retention.0,
            presence_idle: limits.presence_idle.into(),
            presence_timeout: limits.presence_timeout.into(),
            shutdown_timeout: limits.shutdown_timeout.into(),
        }
    }
}

impl IndexArguments {
    /// How the database is used with this.
    pub(crate) fn options(self) -> Options {
        Options { indexed_custom_attributes: self.indexed_custom_attributes.into(), ..Options::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command};
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn a_setting_that_nobody_gives_is_the_default_of_the_library() {
        let arguments = Arguments::try_parse_from(["kustodian", "serve"]).unwrap();
        let Command::Serve(serve) = arguments.command else { panic!("another command") };
        assert_eq!(format!("{:?}", serve.settings(None, false)), format!("{:?}", Settings::default()));
    }

    #[test]
    fn the_variable_of_a_setting_is_named_like_its_flag_or_as_other_programs_name_it() {
        let command = Arguments::command();
        let serve = command.find_subcommand("serve").unwrap();
        let mut named = 0;
        for arg in serve.get_arguments() {
            let (Some(flag), Some(variable)) = (arg.get_long(), arg.get_env()) else { continue };
            if !flag.starts_with("s3-") {
                let expected = format!("KUSTODIAN_{}", flag.to_uppercase().replace('-', "_"));
                assert_eq!(variable.to_str(), Some(expected.as_str()));
            }
            assert_eq!(arg.get_id().as_str(), flag.replace('-', "_"));
            named += 1;
        }
        assert!(named > 40, "{named}");
    }
}
