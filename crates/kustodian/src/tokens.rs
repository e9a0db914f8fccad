//! `kustodian token`: API keys, straight in the database.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;
use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::{DirectoryError, Org, Token};
use kustodian_core::token::{TokenRequest, issue, last_chars};
use kustomer_api::{ObjectId, Timestamp, role};
use serde_json::{Value, json};

use crate::arguments::{DatabaseArguments, OrgArguments, TokenCommand};
use crate::database::{Registry, with_existing_registry};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};

/// What to make.
#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    org: OrgArguments,
    /// Its name, which is also its user's.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A role, such as org or org.user.customer.read; repeatable. `kustodian roles` lists them. Roles cannot be changed
    /// afterwards
    #[arg(long = "role", value_name = "ROLE", value_parser = known_role, required_unless_present = "forced_roles")]
    roles: Vec<String>,
    /// In place of --role, a role that this version does not know; repeatable
    #[arg(long = "force-role", value_name = "ROLE")]
    forced_roles: Vec<String>,
    /// After how many days it is refused, 36500 at most; never when not given.
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=MAX_DAYS))]
    expires_in_days: Option<u32>,
    /// The addresses it may be used from, such as 203.0.113.0/24; all when not given.
    #[arg(long, value_name = "C", value_parser = range)]
    cidr: Option<IpNet>,
}

/// A hundred years; a key for longer is one that never expires.
const MAX_DAYS: i64 = 36_500;

/// A role that opens something. A mistyped one would make a key that is refused everywhere.
fn known_role(text: &str) -> Result<String, String> {
    if role::opens_something(text) {
        return Ok(text.to_owned());
    }
    let meant = role::nearest_role(text).map(|role| format!("did you mean {role}? ")).unwrap_or_default();
    Err(format!(
        "no operation asks for this role: {meant}`kustodian roles` lists them; to give a role that this \
         version does not know, write --force-role {text} in place of --role {text}"
    ))
}

/// A range of addresses, or a single one.
pub(crate) fn range(text: &str) -> Result<IpNet, String> {
    let single = |_| text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(single).map_err(|_| "write an address or a range like 203.0.113.0/24".to_owned())
}

/// Runs a `token` command.
pub(crate) async fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create(wanted) => create(wanted).await,
        TokenCommand::List { database, of_org, output } => {
            with_existing_registry(&database.database, async |registry| list(registry, of_org, output.output).await)
                .await
        }
        TokenCommand::Revoke { database, id } => {
            with_existing_registry(&database.database, async |registry| revoke(registry, id).await).await
        }
    }
}

async fn create(wanted: CreateToken) -> Result<(), Failure> {
    let CreateToken { database, org, name, roles, forced_roles, expires_in_days, cidr } = wanted;
    let roles = [roles, forced_roles].concat();
    let org = org.org;
    let make = async |registry: &Registry| {
        let org = registry.org(&org).await?;
        let expires_at = expires_in_days.map(|days| after_days(registry.clock.now(), days));
        registry.create_token(&org, TokenRequest { name, roles, expires_at, cidr, secret: None }).await
    };
    let secret = with_existing_registry(&database.database, make).await?;
    print(&secret).map_err(|failure| {
        let advice = "find its id with kustodian token list, and revoke it with kustodian token revoke";
        let last = last_chars(&secret);
        Failure::new(format!("the key …{last} was made, and could not be printed: {advice} ({failure})"))
    })
}

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1_000;

fn after_days(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_millis(now.as_millis() + i64::from(days) * MILLIS_A_DAY)
}

impl Registry {
    /// Makes a key and keeps it; gives the secret, which is not kept.
    ///
    /// # Errors
    /// When a name, role or known secret is not acceptable, or the database cannot answer.
    pub(crate) async fn create_token(&self, org: &Org, request: TokenRequest) -> Result<String, Failure> {
        let signing_key = self.directory.signing_key(self.ids.secret()).await?;
        let (token, user, event) = (self.ids.next(), self.ids.next(), self.ids.next_event());
        let issued = issue(request, org, token, user, event, &signing_key, self.clock.now())?;
        match self.directory.create_token(issued.new).await {
            // Somebody with the same secret has registered it meanwhile, which is the wanted state.
            Ok(()) | Err(DirectoryError::Exists) => Ok(issued.secret),
            Err(error) => Err(error.into()),
        }
    }
}

async fn list(registry: &Registry, org: Option<String>, output: Output) -> Result<(), Failure> {
    let org = match org {
        Some(name) => Some(registry.org(&name).await?.key),
        None => None,
    };
    let tokens = registry.directory.list_tokens(org).await?;
    let tokens: Vec<_> = tokens.into_iter().filter(|(_, token)| token.session.is_none()).collect();
    match output {
        Output::Json => print_json(&tokens.iter().map(|(org, token)| as_json(org, token)).collect::<Vec<_>>()),
        Output::Table => {
            let now = registry.clock.now();
            let header = ["ID", "ORG", "NAME", "ROLES", "LAST CHARS", "CREATED", "STATE"];
            print_table(&header, tokens.iter().map(|(org, token)| row(org, token, now)))
        }
    }
}

fn as_json(org: &str, token: &Token) -> Value {
    json!({
        "id": token.id,
        "org": org,
        "user": token.user,
        "name": token.name,
        "roles": token.roles,
        "lastTokenChars": token.last_chars,
        "cidr": token.cidr,
        "createdAt": token.created_at,
        "expiresAt": token.expires_at,
        "revokedAt": token.revoked_at,
        "lastUsedAt": token.last_used_at,
    })
}

fn row(org: &str, token: &Token, now: Timestamp) -> Vec<String> {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "valid".to_owned(),
    };
    let state = token.cidr.map_or_else(|| state.clone(), |cidr| format!("{state}, from {cidr}"));
    vec![
        token.id.to_string(),
        org.to_owned(),
        token.name.clone(),
        token.roles.join(" "),
        format!("…{}", token.last_chars),
        token.created_at.to_string(),
        state,
    ]
}

async fn revoke(registry: &Registry, id: ObjectId) -> Result<(), Failure> {
    if registry.directory.revoke_token(id, registry.clock.now()).await? {
        return print(&format!("revoked {id}"));
    }
    Err(Failure::new(format!("no key that is not revoked yet has the id {id}: see kustodian token list")))
}
