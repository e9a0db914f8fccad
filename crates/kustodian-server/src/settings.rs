//! What can be set, each with its default.

use std::time::Duration;

use ipnet::IpNet;
use kustodian_core::customer::{CompanyNames, ItemIds, OmittedCompany, UnknownCompanies};
use kustodian_core::record_limit;

use crate::cors::CorsOrigin;
use crate::mail::Mailer;
use crate::outbound::OutboundAccount;

/// Limits, timeouts and the switches for what differs from Kustomer.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The status for a valid credential that lacks the role: 403, or 401 for clients of the older documents.
    pub missing_role_status: u16,
    /// Requests an org may make in 60 seconds, per server; no limit when absent.
    pub rate_limit: Option<u32>,
    /// Conversations that a key may create of one customer in 60 seconds, per server, and as many messages, notes, drafts
    /// and kobjects; no limit when absent. Records with `importedAt` are not counted.
    pub creation_limit: Option<u32>,
    /// What an update without `company` does to it.
    pub omitted_company: OmittedCompany,
    /// What `company` means when it holds the id of no company.
    pub unknown_companies: UnknownCompanies,
    /// What `company` means when it holds text that is no id.
    pub company_names: CompanyNames,
    /// The `id` of an item of a customer's list, in records that are written from now on.
    pub item_ids: ItemIds,
    /// Whether an update that changes no value is answered without a revision and an event.
    pub skip_unchanged: bool,
    /// Whether query parameters that are not known are ignored, instead of being answered with 400.
    pub lenient_query: bool,
    /// Whether custom attributes that are chosen from values, as their metadata says, take no others.
    pub enforce_enumerations: bool,
    /// Whether a merged customer keeps the values of the other one for which it has no place.
    pub keep_lost_values: bool,
    /// Whether a key is refused where the `Host` names another org (`other.api.…`).
    pub strict_host: bool,
    /// The answer about types of records that the server does not hold.
    pub absent_types: AbsentTypes,
    /// The last page of a search, for clients that count on Kustomer's (100); no last one when absent.
    pub search_page_cap: Option<u32>,
    /// How long a search may take; then it answers the results so far, with `timed_out`.
    pub search_timeout: Duration,
    /// What hands e-mail over; without it none leaves this machine.
    pub mailer: Option<Mailer>,
    /// Whether webhooks are sent to addresses that are not on the public internet.
    pub webhook_allow_private: bool,
    /// Whether webhooks may have `http:` URLs.
    pub webhook_allow_http: bool,
    /// How long a receiver may take to answer.
    pub webhook_timeout: Duration,
    /// The pauses after each failure to deliver an event; after one more failure its webhook is disabled.
    pub webhook_retries: Vec<Duration>,
    /// The accounts that clients are shown to send e-mail from.
    pub outbound_accounts: Vec<OutboundAccount>,
    /// Whether only reads are served; what would change something is answered 503.
    pub read_only: bool,
    /// The origins whose pages may ask from a browser; none when empty.
    pub cors_origins: Vec<CorsOrigin>,
    /// Proxies in front of the server: for requests from them the client is the one that `X-Forwarded-For` names.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes: 100 kB, as Kustomer's. A compressed one may unpack to no more.
    pub max_body: usize,
    /// The largest body of a bulk operation, in bytes: 4 MB. Each of its items may be as large as the body of an operation
    /// on a single record.
    pub max_bulk_body: usize,
    /// When the items of a bulk operation are done.
    pub bulk_mode: BulkMode,
    /// The largest record, in bytes of its JSON: 1 MB. A write that would make a larger one is answered 413.
    pub max_record: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long the head of a request may take to arrive, how long a connection may idle between two requests, and how
    /// long a client may take nothing of its answer.
    pub head_timeout: Duration,
    /// How long an answer may take to be worked out; then the answer is 503.
    pub answer_timeout: Duration,
    /// Whether answers over TLS ask browsers to come back over TLS alone (HSTS).
    pub hsts: bool,
    /// How many connections may be open; further ones wait to be accepted.
    pub max_connections: usize,
    /// How many requests may be worked on at once; further ones are answered 503 at once, so that those admitted are
    /// answered in good time however many ask. Requests whose body still arrives do not count, nor do those that wait
    /// for something to happen.
    pub max_in_flight: usize,
    /// How many may wait at the end of a feed at once (`GET /v1/events?wait=`), of all orgs together; one more is
    /// answered 503 at once. Each holds a connection and little else.
    pub max_feed_waiters: usize,
    /// How many bytes of answers may wait for clients that have not read them yet: of one org half, of one key a quarter.
    /// Requests of those who have more waiting are answered 503.
    pub max_unread: usize,
    /// How long writes may take on average, waiting for one another included: as many are worked on at once as the
    /// database does in this time, at least 64; further ones are answered 503 at once.
    pub target_write_time: Duration,
    /// The largest file of an attachment or of media, in bytes: 1 GiB.
    pub max_file: u64,
    /// How long the links to files are good.
    pub link_lifetime: Duration,
    /// The address that clients reach the server at, which links to files begin with; that of the request when absent.
    pub public_url: Option<String>,
    /// Whether the server speaks TLS.
    pub https: bool,
    /// How long what visitors do is kept.
    pub tracking_retention: Duration,
    /// How long posts to inbound webhooks are kept; for ever when absent.
    pub post_retention: Option<Duration>,
    /// After how long without anything tracked a customer who is online is idle; never when it is zero.
    pub presence_idle: Duration,
    /// How long a customer is online after something was last tracked of it.
    pub presence_timeout: Duration,
    /// How long requests in flight may take to finish when the server stops.
    pub shutdown_timeout: Duration,
}

/// When the items of a bulk operation are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BulkMode {
    /// Before the request is answered.
    #[default]
    Immediate,
    /// Afterwards: the answer is a job that waits.
    Queued,
}

/// The answer about types of records that the server does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AbsentTypes {
    /// A search answers 400 and a list 501; both say so.
    Refuse,
    /// A search answers an empty page; a list answers 501.
    EmptySearches,
    /// Searches and lists answer an empty page, because exporters go through every type whatever an org has.
    #[default]
    Empty,
}

impl Settings {
    /// How long a search may take: less than its answer, which has to be sent yet.
    pub(crate) fn search_time(&self) -> Duration {
        self.search_timeout.min(self.answer_timeout.mul_f64(0.8))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            missing_role_status: 403,
            rate_limit: None,
            creation_limit: None,
            omitted_company: OmittedCompany::Keep,
            unknown_companies: UnknownCompanies::Refuse,
            company_names: CompanyNames::Keep,
            item_ids: ItemIds::Null,
            skip_unchanged: false,
            lenient_query: false,
            enforce_enumerations: true,
            keep_lost_values: true,
            strict_host: false,
            absent_types: AbsentTypes::default(),
            search_page_cap: None,
            search_timeout: Duration::from_secs(10),
            mailer: None,
            webhook_allow_private: false,
            webhook_allow_http: false,
            webhook_timeout: Duration::from_secs(10),
            webhook_retries: [1, 1, 2, 5, 10, 15, 30].map(|minutes| Duration::from_secs(60 * minutes)).to_vec(),
            outbound_accounts: Vec::new(),
            read_only: false,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            max_body: 100 * 1024,
            max_bulk_body: 4 * 1024 * 1024,
            bulk_mode: BulkMode::default(),
            max_record: record_limit::DEFAULT,
            body_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(75),
            answer_timeout: Duration::from_secs(30),
            hsts: true,
            max_connections: 20_000,
            max_in_flight: 1_024,
            max_feed_waiters: 2_000,
            max_unread: 512 * 1024 * 1024,
            target_write_time: Duration::from_millis(200),
            max_file: 1024 * 1024 * 1024,
            link_lifetime: Duration::from_secs(3_600),
            public_url: None,
            https: false,
            tracking_retention: Duration::from_secs(90 * 24 * 60 * 60),
            post_retention: None,
            presence_idle: Duration::ZERO,
            presence_timeout: Duration::from_secs(30 * 60),
            shutdown_timeout: Duration::from_secs(20),
        }
    }
}
