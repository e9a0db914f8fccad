//! `kustodian copy`: a whole database carried to another engine, or another place.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kustodian_store::{CopiedTable, CopyOptions, CopyProgress, CopyStep, copy};
use serde_json::{Value, json};

use crate::arguments::OutputArguments;
use crate::failure::Failure;
use crate::output::{Output, print_json, print_table};

/// What to copy.
#[derive(Debug, Args)]
pub(crate) struct CopyArguments {
    /// The database to read, also while a server works on it: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, env = "KUSTODIAN_COPY_FROM", hide_env_values = true, value_name = "URL")]
    from: String,
    /// The database to fill: empty or, with --resume, one that a copy of the same source was begun in. No server may
    /// write it before the last pass
    #[arg(long, env = "KUSTODIAN_COPY_TO", hide_env_values = true, value_name = "URL")]
    to: String,
    /// Go on with a copy that was interrupted; after one that was not, carry what was added or changed since
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Copies, and prints the tables once both sides were found equal.
///
/// # Errors
/// When a database does not do, the target is not what it must be, or the sides differ in the end.
pub(crate) async fn run(arguments: CopyArguments) -> Result<(), Failure> {
    let CopyArguments { from, to, resume, output } = arguments;
    let mut report = Report::new();
    let copied = copy(&from, &to, CopyOptions { resume }, &mut |progress| report.tell(progress)).await;
    report.end();
    let tables = copied.map_err(|error| Failure::new(error.to_string()))?;
    match output.output {
        Output::Json => print_json(&tables.iter().map(as_json).collect::<Vec<_>>()),
        Output::Table => print_table(&["TABLE", "ROWS", "CHECKSUM"], tables.into_iter().map(row)),
    }
}

fn as_json(table: &CopiedTable) -> Value {
    json!({ "table": table.name, "rows": table.rows, "checksum": table.checksum })
}

fn row(table: CopiedTable) -> Vec<String> {
    vec![table.name.to_owned(), table.rows.to_string(), table.checksum]
}

/// How many rows of a table are done between two lines where no bar can be drawn.
const ROWS_A_LINE: u64 = 10_000;

/// Tells on standard error how far the copy is: a bar on a terminal, else a line per table and now and then.
struct Report {
    bar: Option<ProgressBar>,
    step: Option<(CopyStep, &'static str)>,
    told: u64,
}

impl Report {
    fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, step: None, told: 0 }
    }

    fn tell(&mut self, progress: CopyProgress) {
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
            None if is_next || done >= self.told.saturating_add(ROWS_A_LINE) => {
                self.told = done;
                // Whoever closed standard error does not want to know.
                drop(writeln!(io::stderr().lock(), "{} {table}: {done} of {total}", verb(step)));
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn verb(step: CopyStep) -> &'static str {
    match step {
        CopyStep::Carry => "copying",
        CopyStep::CatchUp => "catching up",
        CopyStep::Verify => "verifying",
    }
}
