//! What a start makes: on an empty database the org and its first API key, so that the first request needs nothing
//! else; and the words about it.

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use kustodian_core::chance::Clock;
use kustodian_core::directory::{Org, Token};
use kustodian_core::token::{self, TokenRequest, hash};
use kustomer_api::Timestamp;
use tempfile::NamedTempFile;

use crate::arguments::ServeArguments;
use crate::database::Registry;
use crate::failure::Failure;
use crate::orgs::check_name;

/// The message to the person who started the server.
pub(crate) enum Welcome {
    /// A key was made; it is shown once.
    FirstKey {
        /// The org.
        org: String,
        /// The key.
        secret: String,
        /// The file with the key, when standard output is no terminal: text printed there ends in a log.
        file: Option<PathBuf>,
    },
    /// The key is known beforehand and not shown.
    BootstrapToken {
        /// The org.
        org: String,
    },
    /// There were keys before.
    KnownDatabase {
        /// The org to make a key in.
        org: String,
    },
}

const FIRST_KEY: &str = "first key";
const BOOTSTRAP_KEY: &str = "bootstrap key";

/// Everything beneath `org`, which is everything.
const ROLE: &str = "org";

/// Refuses a configuration that [`prepare`] would refuse on any database, before one is made.
///
/// # Errors
/// When the org's name or the bootstrap token is not acceptable.
pub(crate) fn check(arguments: &ServeArguments) -> Result<(), Failure> {
    check_name(&arguments.org.org)?;
    let Some(secret) = arguments.known_key() else { return Ok(()) };
    token::check(&request(BOOTSTRAP_KEY, Some(secret.to_owned()))).map_err(not_registered)
}

/// Creates the missing parts.
///
/// # Errors
/// When the org's name or the bootstrap token is not acceptable, or the database cannot answer.
pub(crate) async fn prepare(registry: &Registry, arguments: &ServeArguments) -> Result<Welcome, Failure> {
    let name = arguments.org.org.as_str();
    if let Some(secret) = arguments.known_key() {
        // A token of another org is refused before this org is made.
        if let Some((owner, token)) = registry.directory.find_token(hash(secret)).await? {
            accept(&owner, &token, name, registry.clock.now())?;
            return Ok(Welcome::KnownDatabase { org: owner.name.clone() });
        }
        let org = find_or_create(registry, name).await?;
        register(registry, &org, secret).await?;
        return Ok(Welcome::BootstrapToken { org: org.name });
    }
    let orgs = registry.directory.list_orgs().await?;
    let has_keys = !registry.directory.list_tokens(None).await?.is_empty();
    let is_ours = orgs.is_empty() || orgs.iter().any(|org| org.name == name);
    if has_keys || !is_ours {
        let org = orgs.iter().find(|org| org.name == name).or(orgs.first());
        return Ok(Welcome::KnownDatabase { org: org.map_or(name, |org| org.name.as_str()).to_owned() });
    }
    let file = if std::io::stdout().is_terminal() { None } else { Some(KeyFile::make(&arguments.database.database)?) };
    let org = find_or_create(registry, name).await?;
    let secret = registry.create_token(&org, request(FIRST_KEY, None)).await?;
    let file = file.map(|file| file.keep(&secret)).transpose()?;
    Ok(Welcome::FirstKey { org: org.name, secret, file })
}

/// A file for the first key, which nobody else can read.
struct KeyFile {
    /// Has a random name until the key is in it.
    file: NamedTempFile,
    path: PathBuf,
}

impl KeyFile {
    /// Makes one: beside the file of a SQLite database, else in the working directory.
    fn make(database: &str) -> Result<Self, Failure> {
        let beside = database.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let path = match beside {
            Some(path) if path != ":memory:" => PathBuf::from(format!("{path}.key")),
            _ => PathBuf::from("kustodian.key"),
        };
        let path = std::path::absolute(&path).unwrap_or(path);
        let folder = path.parent().unwrap_or(Path::new("/"));
        match NamedTempFile::new_in(folder) {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(not_kept(&path, &error)),
        }
    }

    fn keep(mut self, secret: &str) -> Result<PathBuf, Failure> {
        let written = writeln!(self.file, "{secret}").and_then(|()| self.file.as_file().sync_all());
        match written.and_then(|()| self.file.persist(&self.path).map_err(|error| error.error)) {
            Ok(_) => Ok(self.path),
            Err(error) => Err(not_kept(&self.path, &error)),
        }
    }
}

fn not_kept(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!(
        "the first API key cannot be written to {} ({error}): start the server in a terminal, or give it a key with \
         KUSTODIAN_BOOTSTRAP_TOKEN, or make one with kustodian token create",
        path.display()
    ))
}

fn request(name: &str, secret: Option<String>) -> TokenRequest {
    TokenRequest { name: name.to_owned(), roles: vec![ROLE.to_owned()], expires_at: None, cidr: None, secret }
}

async fn find_or_create(registry: &Registry, name: &str) -> Result<Org, Failure> {
    if let Some(org) = registry.directory.find_org(name).await? {
        return Ok(org);
    }
    match registry.create_org(name).await {
        Ok(org) => Ok(org),
        // Another server that starts on the same database may have made it meanwhile.
        Err(failure) => registry.directory.find_org(name).await?.ok_or(failure),
    }
}

/// Registers the bootstrap token. Another server that starts on the same database may have done so meanwhile.
async fn register(registry: &Registry, org: &Org, secret: &str) -> Result<(), Failure> {
    let Err(failure) = registry.create_token(org, request(BOOTSTRAP_KEY, Some(secret.to_owned()))).await else {
        return Ok(());
    };
    match registry.directory.find_token(hash(secret)).await? {
        Some((owner, token)) => accept(&owner, &token, &org.name, registry.clock.now()),
        None => Err(not_registered(failure)),
    }
}

fn not_registered(reason: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the bootstrap token (KUSTODIAN_BOOTSTRAP_TOKEN) cannot be registered: {reason}"))
}

/// Accepts a bootstrap token that is registered already, when it opens the org `name` now.
fn accept(owner: &Org, token: &Token, name: &str, now: Timestamp) -> Result<(), Failure> {
    let problem = if owner.name != name {
        format!("belongs to the org {}: give it as --org, or another token", owner.name)
    } else if token.revoked_at.is_some() {
        "was revoked: give another".to_owned()
    } else if token.expires_at.is_some_and(|at| at <= now) {
        "has expired: give another".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::new(format!("the bootstrap token (…{}) {problem}", token.last_chars)))
}

impl Welcome {
    /// The words, for a server that listens on `address` and works on the database at `url`.
    pub(crate) fn words(&self, scheme: &str, address: SocketAddr, url: &str) -> String {
        match self {
            Self::FirstKey { org, secret, file: None } => format!(
                "Made the org {org} and its first API key, which is shown only now. Create a customer with it:\n\n{}\n",
                curl(scheme, address, secret)
            ),
            Self::FirstKey { org, file: Some(file), .. } => {
                let file = file.display().to_string().replace('\'', r"'\''");
                format!(
                    "Made the org {org} and its first API key. The key is in the file {file}, which only you can read: \
                     keep the key, then delete the file. Create a customer with it:\n\n{}\n",
                    curl(scheme, address, &format!("$(cat '{file}')"))
                )
            }
            Self::BootstrapToken { org } => format!(
                "The org {org} takes the bootstrap token. Create a customer with it:\n\n{}\n",
                curl(scheme, address, "$KUSTODIAN_BOOTSTRAP_TOKEN")
            ),
            Self::KnownDatabase { org } => format!(
                "Make another API key with: kustodian token create{} --org {org} --name \"another key\" --role org",
                database_flag(url)
            ),
        }
    }
}

/// A command to paste. Double quotes around the header, so that a shell puts a variable's value in.
fn curl(scheme: &str, address: SocketAddr, token: &str) -> String {
    format!(
        "curl -sS {scheme}://{}/v1/customers -H \"Authorization: Bearer {token}\" -H \"Content-Type: application/json\" \
         -d '{{\"name\":\"Ada Byron\",\"emails\":[{{\"email\":\"ada.byron@acme.example\"}}]}}'",
        reachable(address)
    )
}

/// A server that listens on every address is reached on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The URL of a file is shown; any other may hold a password.
fn database_flag(url: &str) -> String {
    match url {
        "sqlite:kustodian.db" => String::new(),
        file if file.starts_with("sqlite:") => format!(" --database '{}'", file.replace('\'', r"'\''")),
        _ => " --database \"$KUSTODIAN_DATABASE\"".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_hold_a_command_that_reaches_the_server() {
        let words = Welcome::FirstKey { org: "demo".to_owned(), secret: "key".to_owned(), file: None }.words(
            "http",
            "0.0.0.0:8080".parse().unwrap(),
            "sqlite:kustodian.db",
        );
        let curl = words.lines().find(|line| line.starts_with("curl ")).unwrap();
        assert!(curl.contains("http://127.0.0.1:8080/v1/customers") && curl.contains("Bearer key"), "{curl}");
    }

    #[test]
    fn the_words_never_hold_a_bootstrap_token_or_a_database_password() {
        let welcome = Welcome::KnownDatabase { org: "demo".to_owned() };
        let words = welcome.words("http", "[::]:8080".parse().unwrap(), "postgres://me:secret@host/db");
        assert!(!words.contains("secret"), "{words}");
        let words = welcome.words("http", "[::]:8080".parse().unwrap(), "sqlite:o'hara.db");
        assert!(words.contains(r"--database 'sqlite:o'\''hara.db'"), "{words}");
    }
}
