//! `kustodian import`: records out of a file, through the bulk operations of a running server; and metadata.

mod batch;
mod cell;
mod counts;
mod csv;
mod headers;
mod ids;
mod infer;
mod item;
mod journal;
mod jsonl;
mod kinds;
mod mapping;
mod metadata;
mod names;
mod progress;
mod reject;
mod rows;
mod run;
mod send;
mod shown;
mod source;

use std::path::PathBuf;

use clap::Args;

use self::cell::{DateOrder, Style};
use self::counts::Counts;
use self::csv::CsvRows;
use self::jsonl::JsonRows;
use self::kinds::Imported;
use self::mapping::{Mapping, Override};
use self::rows::{ReadRow, Rows};
use self::run::Run;
use self::send::OnConflict;
use self::source::{Format, Source};
use crate::arguments::OutputArguments;
use crate::customers::ServerArguments;
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};
use crate::records::segment;

/// How many rows at the beginning decide about types.
const FIRST_ROWS: usize = 200;

/// What to import, and how.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The kind of the records in the rows
    kind: Imported,
    /// A CSV or JSON Lines file, compressed when it ends in .gz or .zst; - for standard input
    file: PathBuf,
    #[command(flatten)]
    server: ServerArguments,
    /// The klass of kobjects, singular or plural
    #[arg(long, value_parser = segment, required_if_eq("kind", "kobjects"))]
    klass: Option<String>,
    /// The format, where the name of the file does not say it
    #[arg(long)]
    format: Option<Format>,
    /// The separator of columns, if it is not detected: one character
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The attribute of a column, such as --map 'Kundennr=externalId' or --map tier=tierStr; nothing behind = leaves it
    /// out. #3 is the third column. Repeatable
    #[arg(long, value_name = "COLUMN=ATTRIBUTE")]
    map: Vec<Override>,
    /// Whether the day or the month is first in dates with slashes
    #[arg(long, value_name = "ORDER")]
    dates: Option<DateOrder>,
    /// Checks all rows and shows what columns become; nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// What to do with a row whose external id or e-mail address a record has already, or whose record is known by --ids
    #[arg(long, value_name = "WHAT", default_value = "fail")]
    on_conflict: OnConflict,
    /// Gets the rows that are refused, each with its line and the reason: correct it and import it
    #[arg(long, value_name = "FILE")]
    reject: Option<PathBuf>,
    /// Continues with an import of this file that was interrupted
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    /// Where it is kept how far the import is [default: FILE.import-state]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Keeps which id each record had where it was exported, and which it has now; later imports with the same file refer to
    /// the new ones
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArguments,
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(*byte),
        _ => Err("give one ASCII character, or \\t for a tab"),
    }
}

/// Imports, and prints what became of the rows.
///
/// # Errors
/// When the file or the server does not do; [`Failure::Partial`] when some rows were refused.
pub(crate) async fn run(arguments: ImportArguments) -> Result<(), Failure> {
    if arguments.kind == Imported::Metadata {
        return metadata::run(arguments).await;
    }
    let (output, is_dry) = (arguments.output.output, arguments.dry_run);
    let (counts, mapping) = Run::begin(arguments)?.finish().await?;
    ends(&counts, output, is_dry, Some(&mapping))
}

/// Prints what became of the rows.
fn ends(counts: &Counts, output: Output, is_dry: bool, mapping: Option<&Mapping>) -> Result<(), Failure> {
    match output {
        Output::Json => {
            let mut summary = serde_json::to_value(counts).map_err(|error| Failure::new(error.to_string()))?;
            if let Some(mapping) = mapping {
                summary["mapping"] = shown::as_json(mapping);
            }
            print_json(&summary)?;
        }
        Output::Table => print(&in_words(counts, is_dry))?,
    }
    match (counts.refused, counts.incomplete) {
        (0, 0) => Ok(()),
        (0, incomplete) => Err(Failure::Partial(format!("{incomplete} records are without some of their values"))),
        (refused, _) => Err(Failure::Partial(format!("{refused} of {} rows were refused", counts.total()))),
    }
}

fn in_words(counts: &Counts, is_dry: bool) -> String {
    let Counts { created, updated, skipped, refused, incomplete, waiting } = counts;
    if is_dry {
        return format!("{created} rows could be sent, {refused} refused; nothing was sent");
    }
    let mut words = format!("{created} created, {updated} updated, {skipped} skipped, {refused} refused");
    if *incomplete > 0 {
        words += &format!("; {incomplete} without some of their values");
    }
    if *waiting > 0 {
        words += &format!("; {waiting} references wait for records that are not here yet");
    }
    words
}

/// A file with its first rows, and what its columns become.
struct Opened {
    rows: Rows,
    first: Vec<ReadRow>,
    mapping: Mapping,
}

impl Opened {
    fn open(arguments: &ImportArguments, source: &Source, read: progress::Bytes) -> Result<Self, Failure> {
        let format = arguments.format.or_else(|| source.format()).ok_or_else(|| {
            Failure::new("the name of the file does not show its format: --format csv or --format jsonl does")
        })?;
        let input = source.open(read)?;
        let mut style = Style { has_decimal_commas: false, dates: arguments.dates };
        let mut rows = match format {
            Format::Csv => {
                let rows = CsvRows::new(input, arguments.delimiter)?;
                style.has_decimal_commas = rows.has_decimal_commas();
                Rows::Csv(Box::new(rows))
            }
            Format::Jsonl => Rows::Json(JsonRows::new(input)),
        };
        let mut first = Vec::new();
        while first.len() < FIRST_ROWS {
            let Some(row) = rows.next()? else { break };
            first.push(row);
        }
        let mapping = Mapping::new(arguments.kind, rows.columns(), &first, arguments.map.clone(), style)?;
        Ok(Self { rows, first, mapping })
    }

    fn show(&self) -> Result<(), Failure> {
        print_table(&["COLUMN", "BECOMES"], shown::rows(&self.mapping))?;
        print("")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::source::Input;
    use super::*;

    /// Pieces that files are made of, right and wrong.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        const WORDS: &[&str] = &[
            "name",
            "e-mail",
            "Phone 2",
            "custom",
            "tierStr",
            "a@x.example",
            "\"",
            "\"\"",
            ",",
            ";",
            "\t",
            "|",
            "\r\n",
            "\n",
            "\r",
            "{",
            "}",
            "[",
            "]",
            ":",
            "{\"name\":",
            "null",
            "1e999",
            "-",
            "46053",
            "31/12/2026",
            "\u{feff}",
            "ü",
            "=1+1",
            "'",
            " ",
        ];
        prop_oneof![
            8 => proptest::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..8),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_refused_with_reasons(pieces in proptest::collection::vec(piece(), 0..60), is_json: bool) {
            let input = Input::of_bytes(pieces.concat());
            let opened = match is_json {
                true => Ok(Rows::Json(JsonRows::new(input))),
                false => CsvRows::new(input, None).map(|rows| Rows::Csv(Box::new(rows))),
            };
            let Ok(mut rows) = opened else { return Ok(()) };
            let mut first = Vec::new();
            while let Ok(Some(row)) = rows.next() {
                first.push(row);
            }
            for kind in Imported::in_bulk() {
                let style = Style::default();
                let Ok(mut mapping) = Mapping::new(kind, rows.columns(), &first, Vec::new(), style) else { continue };
                let mut line = 0;
                for row in first.iter().filter_map(|row| row.as_ref().ok()) {
                    prop_assert!(row.line > line, "each row is in a line of its own");
                    line = row.line;
                    if let Ok(Ok(item)) = item::item(&mut mapping, row) {
                        let (created, _) = item::parted(kind, &item);
                        let text = serde_json::to_string(&created).unwrap();
                        let value: serde_json_borrow::Value<'_> = serde_json::from_str(&text).unwrap();
                        let faults = kustomer_api::validation::check(kind.item(), &value);
                        prop_assert!(faults.is_empty(), "{text}: {:?}", faults.first().map(|fault| &fault.title));
                    }
                }
            }
        }
    }
}
