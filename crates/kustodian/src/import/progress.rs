//! How far an import is, on a terminal.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::counts::Counts;

/// How many bytes of a file were read.
pub(crate) type Bytes = Arc<AtomicU64>;

/// Shows on standard error how far an import is, when that is a terminal.
pub(crate) struct Progress {
    read: Bytes,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of a file with so many bytes, when that is known.
    pub(crate) fn begin(length: Option<u64>) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let (bar, template) = match length {
                Some(length) => (ProgressBar::new(length), "{wide_bar} {percent}% {msg} {eta} left"),
                None => (ProgressBar::new_spinner(), "{msg}"),
            };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { read: Bytes::default(), bar }
    }

    /// The counter of the bytes that are read.
    pub(crate) fn bytes(&self) -> Bytes {
        Arc::clone(&self.read)
    }

    /// Shows these counts.
    pub(crate) fn show(&self, counts: &Counts) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(self.read.load(Ordering::Relaxed));
        let total = counts.total();
        let rate = u128::from(total) * 1_000 / bar.elapsed().as_millis().max(1);
        bar.set_message(format!("{total} rows, {rate} a second"));
    }

    /// Takes the bar away while something else is printed.
    pub(crate) fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
