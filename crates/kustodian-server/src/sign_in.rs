//! Signing in: passwords are tried, few at a time and more slowly after failures, and an answer does not say whether
//! there is such an account.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use kustodian_core::auth_settings;
use kustodian_core::directory::{Directory, Org, Session, TokenHash};
use kustodian_core::kind::Kind;
use kustodian_core::lockout::{Lockouts, OF_ACCOUNT, OF_ADDRESS};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Note, Store, Stored};
use kustodian_core::{password_link, resource, token, user};
use kustomer_api::auth::{AuthSettings, AuthToken, CreateToken, SignIn};
use kustomer_api::error::code;
use kustomer_api::user::User;
use kustomer_api::{ObjectId, Timestamp};

use crate::answer::{self, Answer, unavailable};
use crate::app::{App, Services};
use crate::call::Visit;
use crate::vault;

/// How many accounts and addresses are remembered at most: some 10 MiB.
const MOST: usize = 50_000;

/// Who has failed, on this server.
pub(crate) struct Doors {
    accounts: Mutex<Lockouts<TokenHash>>,
    addresses: Mutex<Lockouts<IpAddr>>,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            accounts: Mutex::new(Lockouts::of_at_most(MOST, OF_ACCOUNT)),
            addresses: Mutex::new(Lockouts::of_at_most(MOST, OF_ADDRESS)),
        }
    }
}

impl Doors {
    /// Counts an attempt on an account, from an address, as failed until [`Self::opened`]: on this server, and with the others
    /// on its database.
    ///
    /// # Errors
    /// 429 when it is too soon after those before; then it is not counted.
    pub(crate) async fn knock(
        &self,
        directory: &dyn Directory,
        account: &TokenHash,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let from = neighbourhood(from);
        self.knock_here(account, Some(from), now)?;
        let address = token::hash(&format!("address\0{from}"));
        for (key, patience) in [(*account, OF_ACCOUNT), (address, OF_ADDRESS)] {
            if let Some(wait) = directory.count_attempt(key, patience, now).await.map_err(unavailable)? {
                self.not_made(account, Some(&from));
                return Err(too_soon(wait));
            }
        }
        Ok(())
    }

    /// The same of an account alone: the caller has been let in already.
    ///
    /// # Errors
    /// As of [`Self::knock`].
    pub(crate) async fn knock_alone(
        &self,
        directory: &dyn Directory,
        account: &TokenHash,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.knock_here(account, None, now)?;
        match directory.count_attempt(*account, OF_ACCOUNT, now).await.map_err(unavailable)? {
            Some(wait) => {
                self.not_made(account, None);
                Err(too_soon(wait))
            }
            None => Ok(()),
        }
    }

    /// Forgets the failures on an account whose owner has come in. Those of the address stay: the owner of an account
    /// could try others in between.
    pub(crate) async fn opened(&self, directory: &dyn Directory, account: &TokenHash) -> Result<(), Refusal> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).succeeded(account);
        directory.forget_attempts_on(*account).await.map_err(unavailable)
    }

    fn knock_here(&self, account: &TokenHash, from: Option<IpAddr>, now: Timestamp) -> Result<(), Refusal> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = from.and_then(|from| addresses.wait(&from, now));
        if let Some(wait) = accounts.wait(account, now).max(of_address) {
            return Err(too_soon(wait));
        }
        accounts.failed(*account, now);
        from.into_iter().for_each(|from| addresses.failed(from, now));
        Ok(())
    }

    fn not_made(&self, account: &TokenHash, from: Option<&IpAddr>) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).not_made(account);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        from.into_iter().for_each(|from| addresses.not_made(from));
    }
}

fn too_soon(wait: i64) -> Refusal {
    let seconds = u64::try_from(wait / 1_000 + 1).unwrap_or(1);
    answer::wait("Too many attempts have failed: wait before the next one", seconds)
}

/// The owner of one IPv6 address has all of its /64.
fn neighbourhood(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// The key that an account's failures are counted by, whether there is such an account or not.
pub(crate) fn account(domain: &str, email: &str) -> TokenHash {
    token::hash(&format!("{}\0{}", domain.to_lowercase(), email.to_lowercase()))
}

pub(crate) async fn create_token(visit: Visit) -> Result<Answer, Refusal> {
    let sent = visit.input::<CreateToken>()?;
    let (domain, email, password) = read(sent)?;
    let app = &visit.app;
    let store = &*app.services.store;
    let account = account(&domain, &email);
    app.doors.knock(&*app.services.directory, &account, visit.from, visit.now).await?;

    let org = app.services.directory.find_org(&domain).await.map_err(unavailable)?;
    let settings = match &org {
        Some(org) => Some(settings(&app.services, org).await?),
        None => None,
    };
    // Before the password: the answer must not say whether it is right.
    if settings.as_ref().is_some_and(|settings| !auth_settings::takes_passwords(settings)) {
        let title = "The org has closed signing in by passwords";
        return Err(Refusal::new(400, code::BAD_PARAM, "password", title));
    }
    let found = match &org {
        Some(org) => find_user(store, org, &email).await?,
        None => None,
    };
    let name = match (&org, &found) {
        (Some(org), Some(stored)) => password_link::password_name(org.key, stored.id),
        // Nobody's: as much is read of an account that there is not.
        _ => "password/0/".to_owned(),
    };
    let kept = vault::find(store, &name).await.map_err(unavailable)?;
    let is_right = app.passwords.is_right(password, kept.as_ref().map(|note| note.value.as_slice())).await?;
    let (Some(org), Some(settings), Some(stored), true) = (org, settings, found, is_right) else { return Err(wrong()) };
    let user: User = resource::read(&stored.document)?;
    if stored.deleted || user::is_machine(&user.attributes) {
        return Err(wrong());
    }
    app.doors.opened(&*app.services.directory, &account).await?;

    let header = visit.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let user_agent = header.map(|agent| agent.chars().take(MAX_USER_AGENT).collect());
    let session = Session { ip_address: visit.from.to_canonical().to_string(), user_agent };
    let key = app.services.directory.signing_key(app.services.ids.secret()).await.map_err(unavailable)?;
    let times = (visit.now, auth_settings::session_end(&settings, visit.now));
    let issued = token::begin_session(&org, &user, app.services.ids.next(), session, &key, times)?;
    let mut shown: AuthToken = token::show(&org, &issued.new.token);
    if !visit.is_rehearsal {
        app.services.directory.create_token(issued.new).await.map_err(|_| wrong())?;
        shown.attributes.token = issued.secret.into();
    }
    Ok(Answer::created(resource::render(&shown)?))
}

/// How much of what names the program is kept.
const MAX_USER_AGENT: usize = 256;

/// The same for every account that does not open, whether there is one or not.
fn wrong() -> Refusal {
    Refusal::new(401, code::UNAUTHORIZED, "", "The domain, the address or the password is wrong")
}

/// The domain, the address and the password.
fn read(sent: SignIn) -> Result<(String, String, String), Refusal> {
    let others = [
        ("singleAccessToken", &sent.single_access_token),
        ("googleAuthToken", &sent.google_auth_token),
        ("samlAuthToken", &sent.saml_auth_token),
    ];
    if let Some((name, _)) = others.iter().find(|(_, token)| token.is_some()) {
        let title = format!("Signing in by {name} is not configured on this server: send domain, email and password");
        return Err(Refusal::new(400, code::BAD_PARAM, name, title).with_meta("pointer", format!("/{name}")));
    }
    let needed = |name: &str, value: Option<String>| {
        let missing = || {
            let title = format!("{name} is needed to sign in: send domain, email and password");
            Refusal::new(400, code::BAD_PARAM, name, title).with_meta("pointer", format!("/{name}"))
        };
        value.filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    Ok((needed("domain", sent.domain)?, needed("email", sent.email)?, needed("password", sent.password)?))
}

/// The user with an address, who is not deactivated.
pub(crate) async fn find_user(store: &dyn Store, org: &Org, email: &str) -> Result<Option<Stored>, Refusal> {
    let key = user::email_key(org.key, email);
    store.find_by_claim(org.key, Kind::User, key).await.map_err(unavailable)
}

/// How people of an org sign in.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn settings(services: &Services, org: &Org) -> Result<AuthSettings, Refusal> {
    auth_settings::read(org, stored_settings(services, org).await?.as_ref())
}

/// The settings as they are stored; `None` while nobody has written them. Those that an earlier version kept in a note are
/// read as the record that [`adopt_settings`] makes of them: a read writes nothing.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn stored_settings(services: &Services, org: &Org) -> Result<Option<Stored>, Refusal> {
    let store = &*services.store;
    let find = || store.find(org.key, Kind::AuthSettings, org.id);
    if let Some(stored) = find().await.map_err(unavailable)? {
        return Ok(Some(stored));
    }
    let Some(note) = vault::find(store, &note_of_settings(org)).await.map_err(unavailable)? else {
        // Another server may have made the record of it meanwhile.
        return find().await.map_err(unavailable);
    };
    let changes = auth_settings::adopt(org, org.created_at, services.ids.next_event(), &note.value)?;
    Ok(changes.puts.into_iter().next().map(Stored::from))
}

/// Where earlier versions kept the settings of an org.
fn note_of_settings(org: &Org) -> String {
    format!("auth-settings/{}", org.key.0)
}

/// Makes records of the settings that an earlier version kept in notes, of every org: when a server starts that may write.
/// After a failure the next start does it, or the next change of the settings.
pub(crate) async fn adopt_all_settings(services: &Services) {
    let adopted = async {
        for org in services.directory.list_orgs().await.map_err(unavailable)? {
            adopt_settings(services, &org).await?;
        }
        Ok::<(), Refusal>(())
    };
    if let Err(refusal) = adopted.await {
        tracing::warn!(%refusal, "settings of an earlier version are not records yet");
    }
}

/// The same of one org.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn adopt_settings(services: &Services, org: &Org) -> Result<(), Refusal> {
    let store = &*services.store;
    let Some(note) = vault::find(store, &note_of_settings(org)).await.map_err(unavailable)? else { return Ok(()) };
    let changes = auth_settings::adopt(org, services.clock.now(), services.ids.next_event(), &note.value)?;
    match store.commit(org.key, changes).await {
        // The record was written meanwhile, or by another server: the note is older.
        Ok(_) | Err(CommitError::Stale { .. }) => {}
        Err(error) => return Err(answer::not_committed(error, |_| false)),
    }
    store.replace_note(&note, None).await.map_err(unavailable)?;
    Ok(())
}

/// Keeps another password of a user, and ends the user's sessions but `kept`.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn keep_password(
    app: &App,
    org: &Org,
    user: ObjectId,
    hash: Vec<u8>,
    kept: Option<ObjectId>,
) -> Result<(), Refusal> {
    let note = Note { name: password_link::password_name(org.key, user), value: hash };
    app.services.store.keep_note(note).await.map_err(unavailable)?;
    forget_link(app, org, user).await?;
    end_sessions(app, org, user, kept).await
}

/// Ends the link by which a user could set a password: it was sent to a former address, or before the password was changed
/// or the user deactivated.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn forget_link(app: &App, org: &Org, user: ObjectId) -> Result<(), Refusal> {
    let store = &app.services.store;
    if let Some(note) = vault::find(&**store, &password_link::note_name(org.key, user)).await.map_err(unavailable)? {
        store.replace_note(&note, None).await.map_err(unavailable)?;
    }
    Ok(())
}

/// Ends the sessions of a user but `kept`.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn end_sessions(app: &App, org: &Org, user: ObjectId, kept: Option<ObjectId>) -> Result<(), Refusal> {
    let directory = &app.services.directory;
    let now = app.services.clock.now();
    let tokens = directory.list_tokens_of(org.key, user).await.map_err(unavailable)?;
    let ends = |token: &&kustodian_core::directory::Token| {
        token.session.is_some() && token.revoked_at.is_none() && Some(token.id) != kept
    };
    for token in tokens.iter().filter(ends) {
        directory.revoke_token(token.id, now).await.map_err(unavailable)?;
    }
    app.tokens.forget_all();
    Ok(())
}
