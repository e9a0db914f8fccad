//! A time of day that steps, mostly back.

use std::collections::HashSet;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::server::{Recipe, Server};
use super::{Outcome, Rig, cycles, load};
use forgetful_disk::{Shim, Word};

/// Seconds the clock is off, one after the other.
const STEPS: [i64; 7] = [0, -3_600, -3_601, 7_200, -86_400, 30, 0];

/// Requests the limited server allows a minute.
const BUDGET: usize = 40;

const NANOSECONDS: i64 = 1_000_000_000;

/// Load while the clock steps; then records, ids, keys and budgets are checked.
pub(super) fn run(rig: &Rig) -> Result<Outcome> {
    let folder = rig.folder("clock")?;
    // No folder for the shim to forget: only the clock is played with.
    let shim = Shim::new(&rig.library, &rig.folder("clock-nothing")?, &rig.folder("clock-notes")?)?;
    let recipe = Recipe::sqlite(&rig.program, &folder, &rig.home);
    let mut rng = rig.rng("clock");
    let (mut ledgers, contest) = (load::ledgers(&mut rng), AtomicU64::new(0));
    let server = Server::start(&recipe, Some(&shim))?;
    let mut outcome = Outcome::default();

    let (mut ids, mut last_id, mut last_update) = (HashSet::new(), String::new(), String::new());
    let mut client = server.client();
    let witness = client.send("POST", "/v1/customers", Some("{}"))?.json();
    let witness = witness["data"]["links"]["self"].as_str().unwrap_or_default().to_owned();
    let mut seen = Ok(());
    let tally = load::run(server.address(), &mut ledgers, &contest, || {
        let mut step = |seconds: i64| -> Result<()> {
            shim.set(Word::Clock, seconds * NANOSECONDS)?;
            for number in 0..10 {
                let made = client.send("POST", "/v1/customers", Some("{}"))?;
                ensure!(made.status == 201, "a create was answered {}: {}", made.status, made.body);
                let id = text(&made.json()["data"]["id"]);
                ensure!(id > last_id, "id {id} was given after {last_id}, at {seconds} s");
                ensure!(ids.insert(id.clone()), "id {id} was given twice");
                last_id = id;
                let changed =
                    client.send("PATCH", &witness, Some(&format!(r#"{{"custom":{{"stepNum":{number}}}}}"#)))?;
                ensure!(changed.status == 200, "an update was answered {}: {}", changed.status, changed.body);
                let attributes = &changed.json()["data"]["attributes"];
                let updated = text(&attributes["updatedAt"]);
                ensure!(updated >= last_update, "updatedAt went from {last_update} to {updated}, at {seconds} s");
                ensure!(updated >= text(&attributes["createdAt"]), "updated before it was made, at {seconds} s");
                last_update = updated;
            }
            std::thread::sleep(Duration::from_millis(100));
            Ok(())
        };
        seen = STEPS.into_iter().try_for_each(&mut step);
    });
    outcome.lost.extend(seen.err().map(|error| error.to_string()));
    server.kill()?;
    // In the past, too, the key of the future is a key.
    shim.set(Word::Clock, -3_600 * NANOSECONDS)?;
    let server = Server::start(&recipe, Some(&shim))?;
    let (held, lost) = cycles::settle(&recipe, &server, &folder, &mut ledgers)?;
    outcome.lost.extend(lost.into_iter().chain(tally.faults));
    server.kill()?;
    outcome.lost.extend(budget(&recipe, &shim)?);
    outcome.tried = format!(
        "steps to {STEPS:?} s under load: {} writes acknowledged, {} ids ascending, updatedAt never back, keys valid, \
         no window of the rate limit longer than a minute; {held} comparisons",
        tally.acknowledged,
        ids.len()
    );
    Ok(outcome)
}

/// A window of the rate limit outlasts no step.
fn budget(recipe: &Recipe, shim: &Shim) -> Result<Option<String>> {
    let mut limited = recipe.clone();
    limited.arguments = vec!["--rate-limit".to_owned(), BUDGET.to_string()];
    shim.set(Word::Clock, 0)?;
    let server = Server::start(&limited, Some(shim))?;
    let mut client = server.client();
    for _ in 0..BUDGET {
        client.get("/v1/users/current")?;
    }
    let status = client.get("/v1/users/current")?.status;
    if status != 429 {
        return Ok(Some(format!("request {} of {BUDGET} a minute was answered {status}", BUDGET + 1)));
    }
    for seconds in [-3_600, -3_600 + 61] {
        shim.set(Word::Clock, seconds * NANOSECONDS)?;
        let answer = client.get("/v1/users/current")?;
        let wait = answer.retry_after.as_deref().and_then(|wait| wait.parse::<u64>().ok());
        let is_sane = answer.status == 200 || (seconds == -3_600 && wait.is_some_and(|wait| wait <= 60));
        if !is_sane {
            return Ok(Some(format!("at {seconds} s the budget answers {} and to wait {wait:?} s", answer.status)));
        }
    }
    Ok(None)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
