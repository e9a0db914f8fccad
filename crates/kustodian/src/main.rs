//! `kustodian`: the server for the Kustomer REST API, and the command line around it. Wiring and configuration only;
//! decisions are in the crates below.

mod api;
mod arguments;
mod attachments;
mod audit;
mod backup;
mod check;
mod config;
mod copy;
mod csv_line;
mod customers;
mod database;
mod environment;
mod export;
mod failure;
mod first_start;
mod health;
mod import;
mod logging;
mod man;
mod migrate;
mod orgs;
mod output;
mod process_metrics;
mod progress;
mod records;
mod reference;
mod reindex;
mod reload;
mod restore;
mod roles;
mod scrub;
mod serve;
mod service_manager;
mod settings_file;
mod size;
mod stop;
mod store_metrics;
mod tail;
mod tokens;
mod types;
mod users;
mod webhooks;

use std::pin::Pin;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::{AccessLog, Arguments, Command, CommonArguments};
use crate::customers::ServerArguments;
use crate::environment::Given;
use crate::failure::Failure;
use crate::records::{Records, RecordsCommand};

fn main() -> ExitCode {
    // No feature of reqwest brings cryptography.
    let _is_set_already = rustls::crypto::ring::default_provider().install_default();
    match environment::read().and_then(run) {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

fn run(given: Given) -> Result<(), Failure> {
    let Given { arguments, matches, file } = given;
    if arguments.command.reads_the_file() && !matches!(arguments.command, Command::Serve(_)) {
        start_quiet_logs(&arguments.common)?;
    }
    match arguments.command {
        Command::Serve(serve) => {
            let filter = arguments.common.log_of_the_server();
            let log = logging::start(filter, arguments.common.log_format.unwrap_or_default(), serve.access_log)?;
            many_threads()?.block_on(serve::run(*serve, log))
        }
        Command::Health(health) => on_one_thread(health::run(health)),
        Command::Token { command } => on_one_thread(tokens::run(command)),
        Command::User { command } => on_one_thread(users::run(command)),
        Command::Config { command } => config::run(command, &matches, &file),
        Command::Roles(arguments) => roles::run(arguments),
        Command::Org { command } => on_one_thread(orgs::run(command)),
        Command::Customers { server, command } => on_one_thread(customers::run(server, command)),
        Command::Companies { server, command } => of_records(server, "/companies", "companies", command),
        Command::Brands { server, command } => of_records(server, "/brands", "brands", command),
        Command::Schedules { server, command } => of_records(server, "/schedules", "schedules", command),
        Command::Users { server, command } => of_records(server, "/users", "users", command),
        Command::Klasses { server, command } => of_records(server, "/klasses", "klasses", command),
        Command::Conversations { server, command } => {
            let client = customers::client(server)?;
            let place = records::Place { path: "/conversations", command: "kustodian conversations" };
            on_one_thread(records::conversations::run(&client, place, command))
        }
        Command::Messages { server, command } => of_records(server, "/messages", "messages", command),
        Command::Notes { server, command } => of_records(server, "/notes", "notes", command),
        Command::Drafts { server, command } => of_records(server, "/drafts", "drafts", command),
        Command::Forwards { server, command } => of_records(server, "/forwards", "forwards", command),
        Command::Outbox { server, command } => {
            let client = customers::client(server)?;
            let place = records::Place { path: "/outbox", command: "kustodian outbox" };
            on_one_thread(records::outbox::run(&client, place, command))
        }
        Command::Kobjects { server, klass, command } => {
            let klass = klass.unwrap_or_else(|| arguments::without_klass().exit());
            let client = customers::client(server)?;
            let (path, command_line) = (format!("/klasses/{klass}"), format!("kustodian kobjects --klass {klass}"));
            let place = records::Place { path: &path, command: &command_line };
            on_one_thread(records::run(&client, place, command))
        }
        Command::Api { server, call } => {
            let client = customers::client(server)?;
            on_one_thread(api::run(&client, call))
        }
        Command::Export(export) => on_one_thread(export::run(export)),
        Command::Import(import) => on_one_thread(import::run(*import)),
        Command::Types { server, arguments } => {
            let client = customers::client(server)?;
            on_one_thread(types::run(&client, arguments))
        }
        Command::Webhooks { server, command } => {
            let client = customers::client(server)?;
            on_one_thread(webhooks::run(&client, command))
        }
        Command::Tail(tail) => on_one_thread(tail::run(tail)),
        Command::Audit { command } => on_one_thread(audit::run(command)),
        Command::Migrate(migrate) => on_one_thread(migrate::run(migrate)),
        Command::Copy(copy) => on_one_thread(copy::run(copy)),
        Command::Backup(backup) => on_one_thread(backup::run(backup)),
        Command::Restore(restore) => on_one_thread(restore::run(restore)),
        Command::Check(check) => on_one_thread(check::run(check)),
        Command::Reindex(reindex) => on_one_thread(reindex::run(reindex)),
        Command::Scrub(scrub) => on_one_thread(scrub::run(scrub)),
        Command::Openapi => output::print_json(&kustodian_server::openapi::document()),
        Command::Reference => reference::run(),
        Command::Man(pages) => man::run(&pages),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "kustodian", &mut script);
            output::print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Logs warnings only, unless asked for more.
fn start_quiet_logs(common: &CommonArguments) -> Result<(), Failure> {
    let filter = common.log.as_deref().unwrap_or("warn");
    logging::start(filter, common.log_format.unwrap_or_default(), AccessLog::Off).map(drop)
}

fn of_records<R: Records>(
    server: ServerArguments,
    path: &str,
    command: &str,
    what: RecordsCommand<R>,
) -> Result<(), Failure> {
    let client = customers::client(server)?;
    let command = format!("kustodian {command}");
    on_one_thread(records::run(&client, records::Place { path, command: &command }, what))
}

fn many_threads() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(no_runtime)
}

/// Boxed, so that the runtime is compiled for one kind of work and not for each command.
fn on_one_thread<'a>(work: impl Future<Output = Result<(), Failure>> + 'a) -> Result<(), Failure> {
    let work: Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>> = Box::pin(work);
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_runtime)?.block_on(work)
}

fn no_runtime(error: std::io::Error) -> Failure {
    Failure::new(format!("the operating system gives no threads ({error}): raise the limits of this user"))
}
