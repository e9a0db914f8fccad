//! The operating system's numbers about this process, under the names that Prometheus clients give it everywhere, and
//! which build it is.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;

/// Asks the operating system each time the metrics are read.
#[derive(Debug)]
pub(crate) struct ProcessCollector {
    /// `sqlite` or `postgres`.
    pub(crate) engine: &'static str,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut tell = |name: &str, help: &str, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("engine", self.engine)]);
        tell("kustodian_build", "The version of this server and the engine of its database", &build)?;
        let Some(usage) = Usage::now() else { return Ok(()) };
        let bytes = ConstGauge::new(i64::try_from(usage.resident_bytes).unwrap_or(i64::MAX));
        tell("process_resident_memory_bytes", "Memory in use", &bytes)?;
        let seconds = prometheus_client::metrics::counter::ConstCounter::new(usage.cpu_seconds);
        tell("process_cpu_seconds", "Processor time used since the start", &seconds)?;
        let files = ConstGauge::new(i64::try_from(usage.open_files).unwrap_or(i64::MAX));
        tell("process_open_fds", "Open files, connections included", &files)
    }
}

/// The resources that the process uses.
struct Usage {
    resident_bytes: u64,
    cpu_seconds: f64,
    open_files: usize,
}

impl Usage {
    #[cfg(target_os = "linux")]
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^53")]
    fn now() -> Option<Self> {
        let process = procfs::process::Process::myself().ok()?;
        let stat = process.stat().ok()?;
        Some(Self {
            resident_bytes: stat.rss.saturating_mul(procfs::page_size()),
            cpu_seconds: (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64,
            open_files: process.fd_count().ok()?,
        })
    }

    /// Known on Linux alone.
    #[cfg(not(target_os = "linux"))]
    fn now() -> Option<Self> {
        None
    }
}
