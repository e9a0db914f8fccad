//! Logs: on standard error, so that standard output stays readable for programs.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use crate::arguments::LogFormat;
use crate::failure::Failure;

/// Whatever is asked for: below this the PostgreSQL client logs the values of its statements, which are records.
const DISCREET: &str = "tokio_postgres=info";

/// Starts to log what `filter` lets through, such as `info` or `kustodian_server=debug`.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::new(format!(
            "the log filter {filter:?} cannot be read ({error}): write --log (or KUSTODIAN_LOG) like info or debug"
        ))
    })?;
    let Ok(discreet) = DISCREET.parse::<Directive>() else {
        return Err(Failure::new(format!("the log filter {DISCREET:?} cannot be read")));
    };
    let filter = filter.add_directive(discreet);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Failure::new(format!("logging cannot be started: {error}")))
}
