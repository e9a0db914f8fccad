//! The progress of work on a whole database.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kustodian_store::{CopyProgress, CopyStep};

/// Whether progress is reported without a terminal.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ProgressArguments {
    /// Reports the progress on standard error in lines, where no terminal shows a bar
    #[arg(long)]
    progress: bool,
}

impl ProgressArguments {
    /// A report of this form.
    pub(crate) fn report(self) -> Report {
        Report::new(self.progress)
    }
}

/// How many rows of a table are done between two lines where no bar can be drawn.
const ROWS_A_LINE: u64 = 10_000;

/// Shows on standard error how far the work is: a bar on a terminal, else nothing, or a line per table and now and then.
pub(crate) struct Report {
    bar: Option<ProgressBar>,
    /// Whether lines report it where no bar can be drawn.
    in_lines: bool,
    step: Option<(CopyStep, &'static str)>,
    told: u64,
    /// The last of this step that was not reported yet.
    untold: Option<CopyProgress>,
}

impl Report {
    /// Nothing is reported yet. Work that a schedule runs has readers who want to see only findings: `in_lines` when its
    /// progress is wanted without a terminal, too.
    pub(crate) fn new(in_lines: bool) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, in_lines, step: None, told: 0, untold: None }
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
            None if !self.in_lines => {}
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
