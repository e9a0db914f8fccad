//! The counters of the server, as Prometheus reads them.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Which {
    operation: &'static str,
}

pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    /// Of the process, whose names have no prefix, as dashboards expect them.
    process: Mutex<Registry>,
    requests: Family<Outcome, Counter<u64, AtomicU64>>,
    seconds: Family<Which, Histogram, fn() -> Histogram>,
    pub(crate) connections: Gauge,
    pub(crate) shed: Counter<u64, AtomicU64>,
    pub(crate) scrub_pending: Gauge,
    pub(crate) write_limit: Gauge,
    pub(crate) unread_bytes: Gauge,
}

/// From a tenth of a millisecond to ten seconds.
fn request_seconds() -> Histogram {
    Histogram::new([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kustodian");
        let requests = Family::default();
        let seconds: Family<Which, Histogram, fn() -> Histogram> = Family::new_with_constructor(request_seconds);
        let connections = Gauge::default();
        let shed = Counter::default();
        let scrub_pending = Gauge::default();
        let write_limit = Gauge::default();
        let unread_bytes = Gauge::default();
        registry.register("requests", "API requests answered, by operation and status", requests.clone());
        registry.register("request_seconds", "Time to answer an API request, by operation", seconds.clone());
        registry.register("connections", "Connections open now", connections.clone());
        registry.register("shed", "API requests answered 503 because too many were in flight", shed.clone());
        let help = "1 while values that were erased may still be on the disk, and taking them off is tried again";
        registry.register("scrub_pending", help, scrub_pending.clone());
        registry.register("write_limit", "API writes that may be worked on at once now", write_limit.clone());
        let help = "Bytes of answers that clients have not read yet";
        registry.register("unread_bytes", help, unread_bytes.clone());
        let process = Mutex::default();
        Self {
            registry: Mutex::new(registry),
            process,
            requests,
            seconds,
            connections,
            shed,
            scrub_pending,
            write_limit,
            unread_bytes,
        }
    }
}

impl Metrics {
    pub(crate) fn answered(&self, operation: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Outcome { operation, status }).inc();
        self.seconds.get_or_create(&Which { operation }).observe(took.as_secs_f64());
    }

    /// Shows what somebody else counts, too.
    pub(crate) fn add(&self, collector: Box<dyn Collector>) {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register_collector(collector);
    }

    /// The same, for what describes the process.
    pub(crate) fn add_of_process(&self, collector: Box<dyn Collector>) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).register_collector(collector);
    }

    /// All of it in the format OpenMetrics.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        let written = [&self.registry, &self.process].into_iter().try_for_each(|registry| {
            encode_registry(&mut text, &registry.lock().unwrap_or_else(PoisonError::into_inner))
        });
        if written.and_then(|()| encode_eof(&mut text)).is_err() {
            tracing::error!("the metrics could not be written");
        }
        text
    }
}

/// OpenMetrics in the older text format of Prometheus. There a description has the full name of a counter's samples, and
/// information is a gauge.
pub(crate) fn in_text_format(text: &str) -> String {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let types: HashMap<&str, &str> = types.collect();
    let mut written = String::with_capacity(text.len());
    for line in text.lines() {
        let described = ["# HELP ", "# TYPE "].iter().find_map(|begin| Some((*begin, line.strip_prefix(*begin)?)));
        let named = described.and_then(|(begin, rest)| Some((begin, rest.split_once(' ')?)));
        match named.map(|(begin, (name, rest))| (begin, name, rest, types.get(name))) {
            Some((begin, name, rest, Some(&"counter"))) => written.extend([begin, name, "_total ", rest]),
            Some(("# TYPE ", name, _, Some(&"info"))) => written.extend(["# TYPE ", name, "_info gauge"]),
            Some((begin, name, rest, Some(&"info"))) => written.extend([begin, name, "_info ", rest]),
            _ => written.push_str(line),
        }
        written.push('\n');
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_format_has_the_names_of_samples_and_no_type_info() {
        let text = "# HELP k_build Version.\n# TYPE k_build info\nk_build_info{version=\"1\"} 1\n\
                    # HELP k_shed Refused.\n# TYPE k_shed counter\nk_shed_total 2\n\
                    # HELP k_open Open.\n# TYPE k_open gauge\nk_open 3\n# EOF\n";
        assert_eq!(
            in_text_format(text),
            "# HELP k_build_info Version.\n# TYPE k_build_info gauge\nk_build_info{version=\"1\"} 1\n\
             # HELP k_shed_total Refused.\n# TYPE k_shed_total counter\nk_shed_total 2\n\
             # HELP k_open Open.\n# TYPE k_open gauge\nk_open 3\n# EOF\n"
        );
    }
}
