//! `kustodian config`: the settings and the source of each, and the reference of all settings.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, Subcommand};
use serde_json::{Map, Value, json};

use crate::arguments::{Arguments, OutputArguments, ServeArguments};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};
use crate::settings_file::{SettingsFile, settings};

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints every setting and its source: a flag, a variable, a line of the configuration file, or the default.
    /// Takes the flags of `serve`. Secrets are not printed. Fails when a server would not start with them.
    Show {
        #[command(flatten)]
        serve: Box<ServeArguments>,
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Prints the reference of all settings, as Markdown.
    Reference,
}

impl ConfigCommand {
    pub(crate) fn reads_the_file(&self) -> bool {
        matches!(self, Self::Show { .. })
    }
}

/// Runs a `config` command; `matches` are those of the whole command line.
pub(crate) fn run(command: ConfigCommand, matches: &ArgMatches, file: &SettingsFile) -> Result<(), Failure> {
    match command {
        ConfigCommand::Reference => print(reference().trim_end()),
        ConfigCommand::Show { serve, output } => {
            let matches = matches.subcommand_matches("config").and_then(|config| config.subcommand_matches("show"));
            let shown = matches.map(|matches| show(matches, file)).unwrap_or_default();
            match output.output {
                Output::Json => {
                    let member = |(key, value, source): Shown| (key, json!({ "value": value, "source": source }));
                    print_json(&Value::Object(shown.into_iter().map(member).collect::<Map<_, _>>()))?;
                }
                Output::Table => {
                    let row = |(key, value, source): Shown| vec![key, value.unwrap_or_default(), source];
                    print_table(&["SETTING", "VALUE", "FROM"], shown.into_iter().map(row))?;
                }
            }
            // A server would not start with them.
            crate::serve::check(&serve)
        }
    }
}

/// Name, value when there is one, and source.
type Shown = (String, Option<String>, String);

fn show(matches: &ArgMatches, file: &SettingsFile) -> Vec<Shown> {
    let command = Arguments::command();
    let shown = settings(&command).into_iter().map(|arg| {
        let (id, key) = (arg.get_id().as_str(), arg.get_long().unwrap_or_default());
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => format!("--{key}"),
            Some(ValueSource::EnvVariable) => variable(arg),
            _ => file.place_of(key).unwrap_or_else(|| "default".to_owned()),
        };
        let values = matches.try_get_raw(id).ok().flatten();
        let value = values.map(|values| values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(","));
        (key.to_owned(), value.map(|value| discreet(arg, value)), source)
    });
    shown.collect()
}

/// A value that may be printed. The name of a file is no secret, other databases may have passwords in theirs.
fn discreet(arg: &Arg, value: String) -> String {
    let is_secret = arg.is_hide_env_values_set() && !value.starts_with("sqlite:");
    if is_secret { "(not shown)".to_owned() } else { value }
}

fn variable(arg: &Arg) -> String {
    arg.get_env().map(|variable| variable.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The reference of all settings: docs/configuration.md.
fn reference() -> String {
    let command = Arguments::command();
    let mut headings: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for arg in settings(&command) {
        let heading = match arg.get_help_heading() {
            Some("Common options") => "Logs",
            Some(heading) => heading,
            None => "Server",
        };
        match headings.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, args)) => args.push(arg),
            None => headings.push((heading, vec![arg])),
        }
    }
    let mut text = INTRODUCTION.to_owned();
    for (heading, args) in headings {
        text += &format!("\n## {heading}\n\n| setting | default | effect |\n|---|---|---|\n");
        for arg in args {
            text += &row(arg);
        }
    }
    text
}

const INTRODUCTION: &str = "\
<!-- Written by `kustodian config reference`. -->

# Settings

Each setting of `kustodian serve` is a flag, an environment variable and a key of the configuration file. `max-body` is
`--max-body`, `KUSTODIAN_MAX_BODY`, or this line of the file:

```toml
max-body = \"1MB\"
```

A flag takes precedence over the environment, the environment over the file, and the file over the default. The file is
`kustodian.toml` in the working directory, or the one that `--config` or `KUSTODIAN_CONFIG` names. An unknown key stops
the start, with its line and the nearest setting. An empty variable counts as none.

```sh
kustodian config show
```

This prints each setting and its source. It takes the flags of `serve`; `--output json` is for programs.
";

fn row(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, described) = match help.rsplit_once(" [default: ") {
        Some((help, default)) => (help.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (help, String::new()),
    };
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let described = if described.is_empty() { "none".to_owned() } else { described };
    let default = if defaults.is_empty() { described } else { format!("`{}`", defaults.join(",")) };
    let possible = arg.get_possible_values();
    let is_flag = possible.iter().any(|value| value.get_name() == "true");
    let is_said = is_flag || possible.iter().all(|value| help.contains(value.get_name()));
    let names: Vec<String> = possible.iter().map(|value| format!("`{}`", value.get_name())).collect();
    let choice = if is_said { String::new() } else { format!(": {}", names.join(" or ")) };
    let name = arg.get_long().unwrap_or_default();
    format!("| `{name}` | {default} | {}{choice} |\n", help.replace('|', "\\|").trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINT: &str = "write it again: cargo run -- config reference > docs/configuration.md";

    #[test]
    fn the_reference_of_settings_is_that_of_this_version() {
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md"));
        let kept = kept.unwrap_or_default();
        for (kept, printed) in kept.lines().zip(reference().lines()) {
            assert_eq!(kept, printed, "{HINT}");
        }
        assert_eq!(kept.lines().count(), reference().lines().count(), "{HINT}");
    }
}
