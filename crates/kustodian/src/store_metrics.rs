//! The counters of the database, in the form of the server's metrics.

use std::fmt;

use kustodian_store::Metrics;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Asks the database each time the metrics are read.
pub(crate) struct StoreCollector<F>(F);

impl<F: Fn() -> Metrics> StoreCollector<F> {
    pub(crate) fn new(meter: F) -> Self {
        Self(meter)
    }
}

impl<F> fmt::Debug for StoreCollector<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreCollector")
    }
}

impl<F: Fn() -> Metrics + Send + Sync + 'static> Collector for StoreCollector<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = (self.0)();
        let mut tell = |name: &str, help: &str, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        tell("store_commits", "Writes committed", &ConstCounter::new(metrics.commits))?;
        tell("store_groups", "Transactions they were committed in", &ConstCounter::new(metrics.groups))?;
        tell("store_refused", "Writes answered with a conflict or a refusal", &ConstCounter::new(metrics.refused))?;
        tell("store_failed", "Writes lost to the database", &ConstCounter::new(metrics.failed))?;
        tell("store_checkpoints", "Times the log was moved into the file", &ConstCounter::new(metrics.checkpoints))?;
        tell("store_patrols", "Times the file was walked through and agreed", &ConstCounter::new(metrics.patrols))?;
        tell(
            "store_index_patrols",
            "Times the index of searches was compared with the documents and agreed",
            &ConstCounter::new(metrics.index_patrols),
        )?;
        tell("store_log_bytes", "Length of the log", &level(metrics.log_bytes))?;
        tell("store_queued", "Writes waiting now", &level(metrics.queued))?;
        for (name, help, bytes) in [
            ("store_database_bytes", "Length of the database's file, without its log", metrics.database_bytes),
            ("store_free_bytes", "Free space where the database's file is", metrics.free_bytes),
        ] {
            bytes.map_or(Ok(()), |bytes| tell(name, help, &level(bytes)))?;
        }
        tell("store_queue_length", "Writes that may wait, or be under way", &level(metrics.queue_length))
    }
}

/// What rises and falls.
fn level(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}
