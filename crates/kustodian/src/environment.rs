//! The settings of this process, on its command line, in its environment and in its configuration file. An empty variable
//! is as good as none, and a variable that holds nonsense is named, not the flag that nobody wrote.

use std::env;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue, Error};
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::arguments::{self, Arguments};
use crate::failure::Failure;
use crate::settings_file::SettingsFile;

/// The settings of this process.
pub(crate) struct Given {
    pub(crate) arguments: Arguments,
    /// The source of each of them.
    pub(crate) matches: ArgMatches,
    pub(crate) file: SettingsFile,
}

/// The settings. Ends the process when command line or environment are faulty, and after `--help` or `--version`.
///
/// # Errors
/// When the configuration file does not do.
pub(crate) fn read() -> Result<Given, Failure> {
    gather(|error| error.exit())
}

/// The settings, with the file as it is now.
///
/// # Errors
/// When the configuration file does not do.
pub(crate) fn read_again() -> Result<Given, Failure> {
    gather(|error| Failure::new(error.to_string()))
}

fn gather(refuse: impl Fn(Error) -> Failure) -> Result<Given, Failure> {
    let command = with_negative_numbers(without_empty_variables(Arguments::command()));
    // The file is named on the command line, and is what flags are missing in.
    let (arguments, matches) = parse(command.clone()).map_err(&refuse)?;
    if !arguments.command.reads_the_file() {
        return Ok(Given { arguments, matches, file: SettingsFile::default() });
    }
    let file = SettingsFile::read(arguments.common.config, &Arguments::command())?;
    let is_server = matches!(arguments.command, arguments::Command::Serve(_) | arguments::Command::Config { .. });
    let (arguments, matches) = parse(file.over_defaults(command, is_server)).map_err(&refuse)?;
    Ok(Given { arguments, matches, file })
}

fn parse(mut command: Command) -> Result<(Arguments, ArgMatches), Error> {
    let matches = command.try_get_matches_from_mut(env::args_os());
    let parsed = matches.and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        Ok((arguments, matches))
    });
    parsed.map_err(|error| blame_the_variable(error, &command))
}

/// An empty variable is how a compose file says "not set".
fn without_empty_variables(command: Command) -> Command {
    let forget = |arg: Arg| {
        let is_empty = arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
        if is_empty { arg.env(Resettable::<OsStr>::Reset) } else { arg }
    };
    command.mut_args(forget).mut_subcommands(without_empty_variables)
}

/// A number below zero is a value: clap then reports its fault. Otherwise it would report an unknown flag.
fn with_negative_numbers(command: Command) -> Command {
    let allow = |arg: Arg| {
        let takes_values = arg.get_action().takes_values();
        if takes_values { arg.allow_negative_numbers(true) } else { arg }
    };
    command.mut_args(allow).mut_subcommands(with_negative_numbers)
}

/// clap names the flag in any case.
fn blame_the_variable(mut error: Error, command: &Command) -> Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return error };
    let flag = argument.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
    let on_the_line = |given: String| given == flag || given.starts_with(&format!("{flag}="));
    if env::args_os().any(|given| on_the_line(given.to_string_lossy().into_owned())) {
        return error;
    }
    if let Some(variable) = flag.strip_prefix("--").and_then(|name| variable_of(command, name)) {
        let named = format!("{variable} (or {argument})");
        error.insert(ContextKind::InvalidArg, ContextValue::String(named));
    }
    error
}

/// The variable of a flag, when it is set. Flags of the same name have the same variable everywhere.
fn variable_of(command: &Command, flag: &str) -> Option<String> {
    let own = command.get_arguments().find(|arg| arg.get_long() == Some(flag)).and_then(Arg::get_env);
    match own {
        Some(variable) => env::var_os(variable).map(|_| variable.to_string_lossy().into_owned()),
        None => command.get_subcommands().find_map(|below| variable_of(below, flag)),
    }
}
