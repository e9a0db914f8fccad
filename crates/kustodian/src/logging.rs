//! Logs: on standard error, so that standard output stays readable for programs.

use std::io::{self, IsTerminal};

use kustodian_server::ACCESS_LOG;
use tracing::Level;
use tracing_subscriber::filter::{Directive, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::arguments::{AccessLog, LogFormat};
use crate::failure::Failure;

/// Whatever is asked for: below this the PostgreSQL client logs the values of its statements, which are records.
const DISCREET: &str = "tokio_postgres=info";

/// What is logged, for as long as the process runs.
#[derive(Clone)]
pub(crate) struct LogLevel {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl LogLevel {
    /// Logs what `filter` lets through from now on.
    ///
    /// # Errors
    /// When the filter cannot be read; then all stays as it was.
    pub(crate) fn set(&self, filter: &str) -> Result<(), Failure> {
        let filter = read(filter)?;
        self.filter.reload(filter).map_err(|error| Failure::new(format!("the log level cannot be changed: {error}")))
    }
}

/// Starts to log what `filter` lets through, such as `info` or `kustodian_server=debug`, and requests when asked to.
pub(crate) fn start(filter: &str, format: LogFormat, access: AccessLog) -> Result<LogLevel, Failure> {
    let (filter, handle) = reload::Layer::new(read(filter)?);
    let general = lines(format).with_filter(filter);
    let requests = match access {
        AccessLog::Off => None,
        AccessLog::Text => Some(LogFormat::Text),
        AccessLog::Json => Some(LogFormat::Json),
    };
    let only_requests = || Targets::new().with_target(ACCESS_LOG, Level::INFO);
    let requests = requests.map(|format| lines(format).with_filter(only_requests()));
    let started = tracing_subscriber::registry().with(general).with(requests).try_init();
    started.map_err(|error| Failure::new(format!("logging cannot be started: {error}")))?;
    Ok(LogLevel { filter: handle })
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    }
}

fn read(filter: &str) -> Result<EnvFilter, Failure> {
    let mut read = EnvFilter::try_new(filter).map_err(|error| {
        Failure::new(format!(
            "the log filter {filter:?} cannot be read ({error}): write --log (or KUSTODIAN_LOG) like info or debug"
        ))
    })?;
    // Requests are logged by --access-log alone, whatever else is.
    for directive in [DISCREET.to_owned(), format!("{ACCESS_LOG}=off")] {
        let parsed = directive.parse::<Directive>();
        let parsed = parsed.map_err(|_| Failure::new(format!("the log filter {directive:?} cannot be read")))?;
        read = read.add_directive(parsed);
    }
    Ok(read)
}
