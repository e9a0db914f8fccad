//! Logs: on standard error, so that standard output stays readable for programs.

use std::io::{self, IsTerminal};

use kustodian_server::ACCESS_LOG;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{Directive, FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::arguments::{AccessLog, LogFormat};
use crate::failure::Failure;

/// What begins the names of our own crates. Whatever is asked for, other crates log nothing below `info`: there they write
/// out what passes through them, as the PostgreSQL client does with the values of statements and HTTP/2 with headers.
const OURS: &str = "kusto";

fn is_discreet(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target().starts_with(OURS)
}

/// The log filter, for as long as the process runs.
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
    let general = lines(format).with_filter(filter.and(filter_fn(is_discreet)));
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
        // The journal has the time of each line itself.
        LogFormat::Text if is_journal(std::env::var("JOURNAL_STREAM").ok().as_deref(), io::stderr()) => {
            layer.with_ansi(false).without_time().boxed()
        }
        LogFormat::Text => layer.with_ansi(io::stderr().is_terminal() && takes_colors()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    }
}

/// Whether the environment does not ask for text without colors, as `NO_COLOR` with any value and `TERM=dumb` do.
fn takes_colors() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether `output` is the stream of systemd's journal whose device and inode systemd names (`systemd.exec(5)`). The variable
/// alone does not say it: programs inherit it together with another output.
#[cfg(unix)]
fn is_journal(named: Option<&str>, output: impl std::os::fd::AsFd) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let Some((device, inode)) = named.and_then(|named| named.split_once(':')) else { return false };
    let found = output.as_fd().try_clone_to_owned().and_then(|output| std::fs::File::from(output).metadata());
    found.is_ok_and(|found| (device.parse(), inode.parse()) == (Ok(found.dev()), Ok(found.ino())))
}

/// There is no journal elsewhere.
#[cfg(not(unix))]
fn is_journal<T>(_named: Option<&str>, _output: T) -> bool {
    false
}

fn read(filter: &str) -> Result<EnvFilter, Failure> {
    let read = EnvFilter::try_new(filter).map_err(|error| {
        Failure::new(format!(
            "the log filter {filter:?} cannot be read ({error}): write --log (or KUSTODIAN_LOG) like info or debug"
        ))
    })?;
    // Requests are logged by --access-log alone, whatever else is.
    let directive = format!("{ACCESS_LOG}=off");
    let parsed = directive.parse::<Directive>();
    let parsed = parsed.map_err(|_| Failure::new(format!("the log filter {directive:?} cannot be read")))?;
    Ok(read.add_directive(parsed))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_journal_is_known_by_the_device_and_the_inode_of_its_stream() {
        use std::os::unix::fs::MetadataExt as _;

        let [stream, other] = [(); 2].map(|()| tempfile::tempfile().unwrap());
        let found = stream.metadata().unwrap();
        let named = format!("{}:{}", found.dev(), found.ino());
        assert!(is_journal(Some(&named), &stream));
        assert!(!is_journal(Some(&named), &other));
        assert!(!is_journal(Some("1:x"), &stream) && !is_journal(Some("1"), &stream) && !is_journal(None, &stream));
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn other_crates_log_nothing_below_info_whatever_is_asked_for() {
        let written = Written::default();
        let writer = written.clone();
        let filter = read("trace,tokio_postgres::query=trace").unwrap().and(filter_fn(is_discreet));
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).with_filter(filter);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::trace!(target: "tokio_postgres::query", "a value");
            tracing::debug!(target: "h2::hpack", "a header");
            tracing::info!(target: "tokio_postgres", "a notice");
            tracing::trace!(target: "kustodian_store::postgres", "a step");
        });
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(written.contains("a notice") && written.contains("a step"), "{written}");
        assert!(!written.contains("a value") && !written.contains("a header"), "{written}");
    }
}
