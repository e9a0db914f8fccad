//! E-mails with the link that sets a password. Only the recipient is noted, never the link: that is created when the
//! e-mail is handed over, by whichever server does it. A reset is noted whether or not there is such a user, so that the
//! request takes as long and answers the same.

use std::sync::Arc;
use std::time::Duration;

use kustodian_core::delivery::Outcome;
use kustodian_core::directory::Org;
use kustodian_core::password_link::{self, Purpose};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::{Note, StoreError};
use kustodian_core::{token, user};
use kustomer_api::Timestamp;
use kustomer_api::delivery::{Delivery, DeliveryAttributes};
use kustomer_api::draft::{Address, Recipients, Sender};
use kustomer_api::envelope::Relationships;
use kustomer_api::user::User;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::timeout;
use url::Url;

use crate::answer::unavailable;
use crate::app::App;
use crate::mail::Mailer;
use crate::sign_in::find_user;

const PREFIX: &str = "letter/";

/// How often letters are looked for that other servers noted.
const INTERVAL: Duration = Duration::from_secs(10);

/// For how long a letter is left to the server that hands it over: longer than that can take, in milliseconds.
const LEASE: i64 = 150_000;

/// The first wait after a failure, in milliseconds; it doubles.
const PAUSE: i64 = 30_000;

/// For how long handing over is tried, in milliseconds.
const GIVEN_UP: i64 = 24 * 60 * 60 * 1_000;

#[derive(Default)]
pub(crate) struct Letters {
    wake: Notify,
}

#[derive(Serialize, Deserialize)]
struct Letter {
    domain: String,
    email: String,
    purpose: Purpose,
    noted: Timestamp,
    due: Timestamp,
    tries: u32,
}

impl Letters {
    /// Notes a letter to an address. A newer one replaces an older one.
    ///
    /// # Errors
    /// When the database cannot answer.
    pub(crate) async fn note(&self, app: &App, domain: &str, email: &str, purpose: Purpose) -> Result<(), Refusal> {
        let now = app.services.clock.now();
        let (domain, email) = (domain.to_owned(), email.to_owned());
        let name: String = token::hash(&format!("{}\0{}", domain.to_lowercase(), email.to_lowercase()))
            .0
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let letter = Letter { domain, email, purpose, noted: now, due: now, tries: 0 };
        let value = serde_json::to_vec(&letter).map_err(|_| resource::fault("The letter could not be noted"))?;
        let note = Note { name: format!("{PREFIX}{name}"), value };
        app.services.store.keep_note(note).await.map_err(unavailable)?;
        self.wake.notify_one();
        Ok(())
    }
}

/// Hands letters over as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = pass(&app).await {
            tracing::debug!(%error, "letters are looked for again after a pause");
        }
        drop(timeout(INTERVAL, app.letters.wake.notified()).await);
    }
}

async fn pass(app: &App) -> Result<(), StoreError> {
    let store = &app.services.store;
    for note in store.list_notes(PREFIX).await? {
        let Ok(mut letter) = serde_json::from_slice::<Letter>(&note.value) else {
            store.replace_note(&note, None).await?;
            continue;
        };
        let now = app.services.clock.now();
        if letter.due > now {
            continue;
        }
        letter.due = Timestamp::from_millis(now.as_millis() + LEASE);
        letter.tries += 1;
        let Some(leased) = write(&note.name, &letter) else { continue };
        // Another server may have it by now.
        if !store.replace_note(&note, Some(leased.value.clone())).await? {
            continue;
        }
        let again = match hand_over(app, &letter).await {
            Ok(Outcome::Taken) => None,
            Ok(Outcome::Refused { code, .. }) => {
                tracing::warn!(code, "an e-mail with a link to set a password was refused");
                None
            }
            not_now => {
                let wait = PAUSE << letter.tries.min(7);
                let reason = match &not_now {
                    Ok(outcome) => outcome.reason_to_log(),
                    Err(refusal) => Some(refusal.to_string()),
                };
                tracing::warn!(
                    reason,
                    seconds = wait / 1_000,
                    "an e-mail with a link to set a password is tried again"
                );
                letter.due = Timestamp::from_millis(now.as_millis() + wait);
                (now.as_millis() - letter.noted.as_millis() < GIVEN_UP).then(|| write(&note.name, &letter)).flatten()
            }
        };
        store.replace_note(&leased, again.map(|note| note.value)).await?;
    }
    Ok(())
}

fn write(name: &str, letter: &Letter) -> Option<Note> {
    serde_json::to_vec(letter).ok().map(|value| Note { name: name.to_owned(), value })
}

/// Sends a letter; one without a recipient counts as sent.
async fn hand_over(app: &App, letter: &Letter) -> Result<Outcome, Refusal> {
    let Some((mailer, base)) = post(app) else { return Ok(Outcome::Taken) };
    let org = app.services.directory.find_org(&letter.domain).await.map_err(unavailable)?;
    let Some(org) = org else { return Ok(Outcome::Taken) };
    let store = &*app.services.store;
    let Some(stored) = find_user(store, &org, &letter.email).await? else { return Ok(Outcome::Taken) };
    let person: User = resource::read(&stored.document)?;
    if stored.deleted || user::is_machine(&person.attributes) {
        return Ok(Outcome::Taken);
    }
    let now = app.services.clock.now();
    let Some(made) = password_link::make(app.services.ids.secret(), &org, stored.id, letter.purpose, now) else {
        return Ok(Outcome::Taken);
    };
    store.keep_note(made.note).await.map_err(unavailable)?;
    let link = format!("{}{}", base.as_str().trim_end_matches('/'), made.path);
    Ok(mailer.hand_over(write_letter(app, &org, &person, letter.purpose, &base, &link), Vec::new()).await)
}

/// What letters need: a server that takes them, and the address that links begin with.
fn post(app: &App) -> Option<(Mailer, Url)> {
    let base = app.settings.public_url.as_deref().and_then(|url| Url::parse(url).ok())?;
    Some((app.settings.mailer.clone()?, base))
}

fn write_letter(app: &App, org: &Org, person: &User, purpose: Purpose, base: &Url, link: &str) -> Delivery {
    let name = &org.name;
    let (subject, begin, good) = match purpose {
        Purpose::Invitation => (
            format!("You are invited to {name}"),
            format!("You are invited to {name}. Set a password to sign in with:"),
            "seven days",
        ),
        Purpose::Reset => (
            format!("Set a new password for {name}"),
            format!("Somebody asked for a new password of yours for {name}. If it was you, set it:"),
            "an hour",
        ),
    };
    let body = format!(
        "{begin}\n\n{link}\n\nThe link works once, for {good}. If you do not know what this is about, do nothing.\n"
    );
    let host = base.host_str().unwrap_or("localhost");
    let to = Address::of(person.attributes.email.value().cloned().unwrap_or_default());
    Delivery {
        kind: kustomer_api::delivery::TYPE.to_owned(),
        id: app.services.ids.next().into(),
        attributes: DeliveryAttributes {
            from: Sender::Address(Address::of(format!("no-reply@{host}"))).into(),
            to: Recipients::Addresses(vec![to]).into(),
            subject: subject.into(),
            body: body.into(),
            ..DeliveryAttributes::default()
        },
        relationships: Relationships::new(),
        links: None,
        extra: serde_json::Map::new(),
    }
}
