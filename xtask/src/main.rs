//! The project's own commands, run as `cargo xtask <command>`.
//!
//! It depends on no crate of the workspace, so that it still runs when the files it generates do not compile.
#![expect(clippy::print_stdout, reason = "a command line tool speaks through standard output")]

mod bench;
mod book;
mod budget;
mod contract;
mod dist;
mod drift;
mod files;
mod fuzz;
mod layers;
mod object_storage;
mod openapi;
mod operations;
mod plan;
mod postgres;
mod process;
mod published;
mod python;
mod recording;
mod schema;
mod schemathesis;
mod singer;
mod tally;
mod test;
mod torture;
mod words;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test: Rust, documentation examples, and foreign clients against the real binary
    Test {
        /// The storage engines to test
        #[arg(long, value_enum, default_value_t = Engine::All)]
        engine: Engine,
    },
    /// Install rclone and run the tests of S3-compatible storage on it
    ObjectStorage,
    /// Let the Singer tap for Kustomer read everything from a running server, twice
    Singer {
        /// The storage engines to test
        #[arg(long, value_enum, default_value_t = Engine::All)]
        engine: Engine,
    },
    /// Start a private PostgreSQL for tests and print its URL; Ctrl-C stops it
    Postgres,
    /// Write the operations of the contract as Rust
    Contract {
        /// Only fail if the file is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Print the statements that create the table of a kind, for a migration of each engine; without a kind, write the schema
    /// of new SQLite files from the migrations
    Schema {
        /// The kind's word, such as company
        kind: Option<String>,
    },
    /// Write docs/openapi.json
    Openapi {
        /// Only fail if the file is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Write docs/operations.md (which operations are served), docs/roles.md, and the lines of the client's documentation
    Operations {
        /// Only fail if the file is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Print what each operation sends to PostgreSQL: statements, round trips, and the shards they reach
    Plan,
    /// Build a program with the Rust client, and with clients of other services: time, size, number of dependencies
    Budget(budget::BudgetArguments),
    /// Check the crates that are published: what crates.io shows of them, and what their packages hold
    Published(published::PublishedArguments),
    /// Check which crate may depend on which
    Layers,
    /// Check that no file is in the repository by accident
    Files,
    /// Check every link of the documents, and make the book in target/book where mdBook is installed
    Book {
        /// Only check the links
        #[arg(long)]
        check: bool,
    },
    /// Run the first commands that a newcomer runs, and write what the terminal shows: docs/recording.svg
    Recording {
        /// Only fail if the file shows something else
        #[arg(long)]
        check: bool,
    },
    /// Check that no sentence has a word that needs a second reading
    Words(words::WordsArguments),
    /// Feed made-up input to everything that reads input from outside, guided by what it covers
    Fuzz {
        /// One target alone, such as customer_body
        target: Option<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
    },
    /// Let schemathesis hold a running server to its own OpenAPI document
    Schemathesis {
        /// How many requests are made up for each operation, at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        examples: u32,
    },
    /// Measure the release build beside bare axum, bare databases and a peer, and write docs/benchmarks.md
    Bench(bench::BenchArguments),
    /// Make packages in target/dist-packages: tarball, wheel, npm, deb, image
    Dist(dist::DistArguments),
    /// Kill servers, cut their power, fill their disks and more; nothing acknowledged may be lost
    Torture(torture::TortureArguments),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// SQLite, and PostgreSQL: a private server is started for it
    All,
    /// SQLite alone
    Sqlite,
}

/// Why a line such as `cargo xtask words --long` is no command of these; `None` when it is one.
pub(crate) fn refusal(line: &str) -> Option<String> {
    let words = line.strip_prefix("cargo ")?.split_whitespace();
    let error = Arguments::try_parse_from(words).err().filter(clap::Error::use_stderr)?;
    error.to_string().lines().next().map(str::to_owned)
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Test { engine } => test::run(engine),
        Command::ObjectStorage => object_storage::run(),
        Command::Singer { engine } => singer::run(engine),
        Command::Postgres => postgres::run(),
        Command::Contract { check } => contract::run(check),
        Command::Schema { kind } => schema::run(kind.as_deref()),
        Command::Openapi { check } => openapi::run(check),
        Command::Operations { check } => operations::run(check),
        Command::Budget(arguments) => budget::run(&arguments),
        Command::Plan => plan::run(),
        Command::Published(arguments) => published::run(&arguments),
        Command::Layers => layers::run(),
        Command::Files => files::run(),
        Command::Book { check } => book::run(check),
        Command::Recording { check } => recording::run(check),
        Command::Words(arguments) => words::run(&arguments),
        Command::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Command::Schemathesis { examples } => schemathesis::run(examples),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Torture(arguments) => torture::run(&arguments),
    }
}
