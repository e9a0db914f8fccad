//! The configuration file. Its keys are the names of the flags of `serve`; its values replace the defaults.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};
use toml::{Spanned, Value};

use crate::failure::Failure;

/// The file that is read when it is there and no other is named.
const USUAL_FILE: &str = "kustodian.toml";

/// Settings of the root command, which logs alone are.
const OF_THE_ROOT: [&str; 2] = ["log", "log_format"];

/// The content of a configuration file.
#[derive(Debug, Default)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    settings: BTreeMap<String, Written>,
}

/// What one key says.
#[derive(Debug)]
struct Written {
    line: usize,
    /// As they would be written on the command line.
    values: Vec<String>,
}

/// Every setting of the server, out of the command line that declares them.
pub(crate) fn settings(command: &Command) -> Vec<&Arg> {
    let serve = command.find_subcommand("serve").into_iter().flat_map(Command::get_arguments);
    let of_the_root = command.get_arguments().filter(|arg| OF_THE_ROOT.contains(&arg.get_id().as_str()));
    serve.chain(of_the_root).filter(|arg| arg.get_long().is_some() && arg.get_env().is_some()).collect()
}

impl SettingsFile {
    /// Reads the file that is named, or the usual one when there is one.
    ///
    /// # Errors
    /// When it cannot be read, or has a key that is no setting or a value that is none of the setting.
    pub(crate) fn read(named: Option<PathBuf>, command: &Command) -> Result<Self, Failure> {
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let path = named.clone().unwrap_or_else(|| PathBuf::from(USUAL_FILE));
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text, command),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(Self::default()),
            Err(error) => Err(Failure::new(format!(
                "the configuration file {} cannot be read ({error}): name another with --config",
                path.display()
            ))),
        }
    }

    fn parse(path: &Path, text: &str, command: &Command) -> Result<Self, Failure> {
        let line_of = |start: usize| text.get(..start).unwrap_or(text).matches('\n').count() + 1;
        let fault = |line: usize, what: &str| Failure::new(format!("{}, line {line}: {what}", path.display()));
        let read: BTreeMap<String, Spanned<Value>> = toml::from_str(text)
            .map_err(|error| fault(error.span().map_or(1, |span| line_of(span.start)), error.message()))?;
        let known = settings(command);
        let mut settings = BTreeMap::new();
        for (key, value) in read {
            let line = line_of(value.span().start);
            let Some(arg) = known.iter().find(|arg| arg.get_long() == Some(&key)) else {
                return Err(fault(line, &unknown(&key, &known)));
            };
            let values = words(value.get_ref()).ok_or_else(|| fault(line, &format!("{key} is no table")))?;
            check(arg, &values).map_err(|reason| fault(line, &format!("{key}: {reason}")))?;
            settings.insert(key, Written { line, values });
        }
        Ok(Self { path: path.to_owned(), settings })
    }

    /// A command line whose defaults are those of the file. Its settings of logs are meant for the server, `is_server`.
    pub(crate) fn over_defaults(&self, command: Command, is_server: bool) -> Command {
        let replace = |arg: Arg| {
            let written = self
                .settings
                .iter()
                .find(|(key, _)| arg.get_long() == Some(key) && arg.get_id().as_str() == key.replace('-', "_"));
            match written {
                Some((_, written)) if is_server || !OF_THE_ROOT.contains(&arg.get_id().as_str()) => {
                    arg.default_values(written.values.clone())
                }
                _ => arg,
            }
        };
        command.mut_args(replace).mut_subcommands(|below| self.over_defaults(below, is_server))
    }

    /// Where a setting is written: the file and the line.
    pub(crate) fn place_of(&self, key: &str) -> Option<String> {
        let written = self.settings.get(key)?;
        Some(format!("{}, line {}", self.path.display(), written.line))
    }
}

/// A value as it would be written on the command line: `401` as well as `"401"`, a list as several.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::Float(number) => Some(vec![number.to_string()]),
        Value::Boolean(flag) => Some(vec![flag.to_string()]),
        Value::Array(values) => values.iter().map(words).collect::<Option<Vec<_>>>().map(|values| values.concat()),
        Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn unknown(key: &str, known: &[&Arg]) -> String {
    let names = known.iter().filter_map(|arg| arg.get_long());
    let nearest = names.max_by(|left, right| strsim::jaro(key, left).total_cmp(&strsim::jaro(key, right)));
    let meant = nearest.filter(|name| strsim::jaro(key, name) > 0.7);
    let meant = meant.map(|name| format!(": did you mean {name}?")).unwrap_or_default();
    format!("there is no setting {key:?}{meant}")
}

/// Lets the flag itself judge the values.
fn check(arg: &Arg, values: &[String]) -> Result<(), String> {
    let flag = arg.get_long().unwrap_or_default();
    let given = values.iter().map(|value| format!("--{flag}={value}"));
    let is_list = matches!(arg.get_action(), clap::ArgAction::Append);
    if values.len() > 1 && !is_list {
        return Err("takes a single value".to_owned());
    }
    let command = Command::new("file").no_binary_name(true).arg(arg.clone().env(Resettable::<OsStr>::Reset));
    let Err(error) = command.try_get_matches_from(given) else { return Ok(()) };
    if let Some(source) = error.source() {
        return Err(source.to_string());
    }
    let texts = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let (value, valid) = (texts(ContextKind::InvalidValue).concat(), texts(ContextKind::ValidValue).join(" or "));
    Err(if valid.is_empty() { format!("{value:?} is no value of it") } else { format!("{value:?} is not {valid}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command as Asked};
    use clap::{CommandFactory as _, FromArgMatches as _};

    fn parse(text: &str) -> Result<SettingsFile, Failure> {
        SettingsFile::parse(Path::new("kustodian.toml"), text, &Arguments::command())
    }

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_command_line_takes_precedence_over_the_file_and_the_file_over_the_defaults() {
        let text = "listen = '127.0.0.1:1'\norg = 'acme'\nrate-limit = 17\nmissing-role-status = 401\nlog = 'debug'\n\
                    cors-origin = ['https://a.example', 'https://b.example']\nwebhook-retries = [1, 2]\n";
        let command = parse(text).unwrap().over_defaults(Arguments::command(), true);
        let matches = command.try_get_matches_from(["kustodian", "serve", "--listen", "127.0.0.1:2"]).unwrap();
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        let Asked::Serve(serve) = arguments.command else { panic!("another command") };
        assert_eq!((serve.listen.as_str(), serve.org.org.as_str()), ("127.0.0.1:2", "acme"));
        assert_eq!(serve.rate_limit.requests, Some(17));
        assert_eq!(serve.missing_role_status.status(), 401);
        assert_eq!(
            (serve.database.database.as_str(), arguments.common.log.as_deref()),
            ("sqlite:kustodian.db", Some("debug"))
        );
        assert_eq!((serve.cors_origin.len(), serve.webhooks.webhook_retries.len()), (2, 2));
    }

    #[test]
    fn other_commands_take_common_settings_and_none_of_logs() {
        let file = parse("database = 'sqlite:other.db'\norg = 'acme'\nlog = 'debug'\n").unwrap();
        let command = file.over_defaults(Arguments::command(), false);
        let matches = command.try_get_matches_from(["kustodian", "token", "list"]).unwrap();
        let list = matches.subcommand_matches("token").and_then(|token| token.subcommand_matches("list")).unwrap();
        assert_eq!(list.get_one::<String>("database").map(String::as_str), Some("sqlite:other.db"));
        // Here the flag of that name picks some of the keys.
        assert_eq!(list.get_one::<String>("of_org"), None);
        assert_eq!(matches.get_one::<String>("log"), None);
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line_and_the_nearest_one() {
        assert_eq!(
            refused("listen = 'a'\nlisten-on = 'b'\n"),
            r#"kustodian.toml, line 2: there is no setting "listen-on": did you mean listen?"#
        );
        assert_eq!(refused("zzz = 1"), r#"kustodian.toml, line 1: there is no setting "zzz""#);
        assert!(refused("config = 'a'").contains("no setting"), "the file cannot name itself");
        let limit = refused("rate-limit = 'lots'");
        assert!(limit.contains(r#"rate-limit: "lots" is neither off"#), "{limit}");
        assert_eq!(
            refused("missing-role-status = 404"),
            r#"kustodian.toml, line 1: missing-role-status: "404" is not 403 or 401"#
        );
        assert!(refused("listen = ['a', 'b']").contains("single value"));
        assert!(refused("listen = { a = 1 }").contains("no table"));
        assert!(!refused("listen = [").contains('\n'));
    }
}
