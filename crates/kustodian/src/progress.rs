//! The progress of work on a whole database.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use kustodian_store::{CopyProgress, CopyStep};

/// How many rows of a table are done between two lines where no bar can be drawn.
const ROWS_A_LINE: u64 = 10_000;

/// Shows on standard error how far the work is: a bar on a terminal, else a line per table and now and then.
pub(crate) struct Report {
    bar: Option<ProgressBar>,
    /// Whether nothing is reported where no bar can be drawn.
    is_silent: bool,
    step: Option<(CopyStep, &'static str)>,
    told: u64,
    /// The last of this step that was not reported yet.
    untold: Option<CopyProgress>,
}

impl Report {
    /// The same for work that is also done by schedules, whose readers want to see only findings:
    /// nothing is reported but on a terminal.
    pub(crate) fn on_terminal() -> Self {
        Self { is_silent: true, ..Self::new() }
    }

    /// Nothing is reported yet.
    pub(crate) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, is_silent: false, step: None, told: 0, untold: None }
    }

    /// Shows one step.
    pub(crate) fn tell(&mut self, progress: CopyProgress) {
        let CopyProgress { step, table, done, total } = progress;
        let is_next = self.step != Some((step, table));
        self.step = Some((step, table));
        match &self.bar {
            Some(bar) => {
                if is_next {
                    bar.set_message(format!("{} {table}", verb(step)));
                    bar.reset_eta();
                }
                bar.set_length(total);
                bar.set_position(done);
            }
            None if self.is_silent => {}
            None if is_next
                || done >= self.told.saturating_add(ROWS_A_LINE)
                || done >= total && self.untold.is_some() =>
            {
                if is_next {
                    self.end_step();
                }
                self.told = done;
                print(progress);
                // A step that ends without another word was done to its end.
                self.untold = (done < total).then_some(CopyProgress { done: total, ..progress });
            }
            None => {}
        }
    }

    /// Takes the bar away. `is_done` when the work went well, so that its last step was done to its end.
    pub(crate) fn end(&mut self, is_done: bool) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if is_done {
            self.end_step();
        }
    }

    /// Reports the end of a step that was reported before its end: work reports its progress before each part of it.
    fn end_step(&mut self) {
        if let Some(progress) = self.untold.take() {
            print(progress);
        }
    }
}

fn print(CopyProgress { step, table, done, total }: CopyProgress) {
    // A closed standard error means that nobody wants to know.
    drop(writeln!(io::stderr().lock(), "{} {table}: {done} of {total}", verb(step)));
}

fn verb(step: CopyStep) -> &'static str {
    match step {
        CopyStep::Carry => "copying",
        CopyStep::CatchUp => "catching up",
        CopyStep::Verify => "verifying",
    }
}
