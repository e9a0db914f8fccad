//! The parameters of a PostgreSQL URL: those of libpq, and four of our own.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::failure::OpenError;
use crate::options::Options;

/// How to connect.
pub(super) struct Place {
    /// For the driver. It holds the password.
    pub(super) config: Config,
    /// Whether and how the server proves who it is.
    pub(super) trust: Trust,
    /// Where the certificates are that are trusted; the system's when absent.
    pub(super) root_certificates: Option<PathBuf>,
    /// Whether sessions are shared with others, by a pooler that hands them out for a transaction each.
    pub(super) shares_sessions: bool,
    /// How many connections to hold at most.
    pub(super) pool_size: usize,
    /// How long a statement may take.
    pub(super) statement_timeout: Duration,
    /// The hosts and the database, to show: no password.
    pub(super) name: String,
}

/// Whom to trust when talking TLS; the words are libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Any server that answers: `prefer`, `require`.
    Anybody,
    /// A server with a certificate of a trusted authority: `verify-ca`.
    Authority,
    /// Only a server whose trusted certificate names its host: `verify-full`.
    Host,
}

/// The parameters that the driver reads by itself.
const DRIVERS: &[&str] = &[
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "sslnegotiation",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

/// The parameters that are read here.
const OURS: &[&str] = &["sslmode", "sslrootcert", "pooler", "pool_size", "statement_timeout"];

/// The fewest connections that do: for reading, for lists, for writing and for the sequencer.
pub(super) const SMALLEST_POOL: usize = 4;

/// How long data may stay unacknowledged before a connection counts as lost.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);

impl Place {
    /// Reads a URL.
    ///
    /// # Errors
    /// When a parameter is unknown or has a value that does not do; the error names it, and no value that is secret.
    pub(super) fn parse(url: &str, options: &Options) -> Result<Self, OpenError> {
        let wrong = |reason: String| OpenError::PostgresUrl { reason };
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut trust = Trust::Anybody;
        let mut encryption = SslMode::Prefer;
        let mut root_certificates = None;
        let mut shares_sessions = false;
        let mut pool_size = options.pool_size;
        let mut statement_timeout = options.statement_timeout;
        let mut is_verified = false;
        let mut passed_on = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => {
                    (encryption, trust, is_verified) = match value {
                        "disable" => (SslMode::Disable, Trust::Anybody, false),
                        "prefer" => (SslMode::Prefer, Trust::Anybody, false),
                        "require" => (SslMode::Require, Trust::Anybody, false),
                        "verify-ca" => (SslMode::Require, Trust::Authority, true),
                        "verify-full" => (SslMode::Require, Trust::Host, true),
                        _ => {
                            let known = "disable, prefer, require, verify-ca or verify-full";
                            return Err(wrong(format!("sslmode={value} is not {known}")));
                        }
                    }
                }
                "sslrootcert" if value == "system" => root_certificates = None,
                "sslrootcert" => root_certificates = Some(PathBuf::from(decoded(value))),
                "pooler" => {
                    shares_sessions = match value {
                        "transaction" => true,
                        "session" => false,
                        _ => return Err(wrong(format!("pooler={value} is not transaction or session"))),
                    }
                }
                "pool_size" => {
                    pool_size =
                        value.parse().ok().filter(|size| (SMALLEST_POOL..=10_000).contains(size)).ok_or_else(|| {
                            wrong(format!("pool_size={value} is not a number from {SMALLEST_POOL} to 10000"))
                        })?;
                }
                "statement_timeout" => {
                    let millis = value.parse().ok().filter(|millis| (1..=3_600_000).contains(millis));
                    statement_timeout = Duration::from_millis(millis.ok_or_else(|| {
                        wrong(format!("statement_timeout={value} is not a number of milliseconds from 1 to 3600000"))
                    })?);
                }
                known if DRIVERS.contains(&known) => passed_on.push(parameter),
                unknown => {
                    let mut names: Vec<_> = DRIVERS.iter().chain(OURS).copied().collect();
                    names.sort_unstable();
                    return Err(wrong(format!("the parameter {unknown:?} is unknown: there are {}", names.join(", "))));
                }
            }
        }
        // As libpq does: naming an authority without saying how far to trust means to trust that one.
        if encryption == SslMode::Require && !is_verified && root_certificates.is_some() {
            trust = Trust::Authority;
        }
        let separator = if passed_on.is_empty() { "" } else { "?" };
        let mut config: Config = format!("{base}{separator}{}", passed_on.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| wrong(told(&error)))?;
        config.ssl_mode(encryption);
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("kustodian");
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(TCP_USER_TIMEOUT);
        }
        let name = name(&config);
        Ok(Self { config, trust, root_certificates, shares_sessions, pool_size, statement_timeout, name })
    }
}

/// The driver's complaint. Its words name a parameter, never a value.
fn told(error: &tokio_postgres::Error) -> String {
    super::failure::words(error)
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn name(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let more = if config.get_hosts().len() > 1 { ", …" } else { "" };
    let database = config.get_dbname().or(config.get_user()).unwrap_or("the user's own");
    format!("database {database} on PostgreSQL at {host}:{port}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Place, OpenError> {
        Place::parse(url, &Options::default())
    }

    fn refusal(url: &str) -> String {
        parse(url).err().unwrap().to_string()
    }

    #[test]
    fn our_parameters_are_taken_and_the_others_handed_on() {
        let url = "postgres://me:secret@one:5432,two:5433/data?target_session_attrs=read-write&pooler=transaction\
                   &pool_size=40&statement_timeout=2500&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=7";
        let place = parse(url).unwrap();
        assert!(place.shares_sessions);
        assert_eq!((place.pool_size, place.statement_timeout), (40, Duration::from_millis(2_500)));
        assert_eq!((place.trust, place.config.get_ssl_mode()), (Trust::Host, SslMode::Require));
        assert_eq!(place.root_certificates, Some(PathBuf::from("/etc/ca.pem")));
        assert_eq!(place.config.get_ports(), [5432, 5433]);
        assert_eq!(place.config.get_connect_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(place.name, "database data on PostgreSQL at one:5432, …");
    }

    #[test]
    fn an_authority_without_a_mode_is_the_one_to_trust() {
        assert_eq!(parse("postgres://host/data").unwrap().trust, Trust::Anybody);
        assert_eq!(parse("postgres://host/data?sslmode=require").unwrap().trust, Trust::Anybody);
        assert_eq!(parse("postgres://host/data?sslmode=require&sslrootcert=ca").unwrap().trust, Trust::Authority);
    }

    #[test]
    fn what_does_not_do_is_named_without_the_password() {
        for (url, part) in [
            ("postgres://me:secret@host/db?colour=red", "\"colour\" is unknown"),
            ("postgres://me:secret@host/db?sslmode=maybe", "sslmode=maybe"),
            ("postgres://me:secret@host/db?pool_size=1", "pool_size=1"),
            ("postgres://me:secret@host/db?statement_timeout=0", "statement_timeout=0"),
            ("postgres://me:secret@host/db?pooler=statement", "pooler=statement"),
            ("postgres://me:secret@host:port/db", "port"),
            ("postgres://me:secret@host/db?connect_timeout=soon", "connect_timeout"),
        ] {
            let line = refusal(url);
            assert!(line.contains(part) && !line.contains("secret") && !line.contains('\n'), "{line}");
        }
    }
}
