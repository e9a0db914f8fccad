//! The control: does the disk that forgets bite? A bare SQLite writer that does not sync must lose rows on it, and one
//! that syncs must not. If the first lost nothing, the power cuts would prove nothing.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{Outcome, Rig, sqlite};
use crate::process;
use forgetful_disk::{Fate, Shim};

/// Rows reported as committed before the power is cut.
const ROWS: usize = 200;

/// Runs both.
pub(super) fn run(rig: &Rig) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let (told, kept) = cut_bare_writer(rig, "OFF")?;
    if kept >= told {
        outcome.lost.push(format!("the shim does not bite: a writer that never syncs kept {kept} of {told} rows"));
    }
    let (told_full, kept_full) = cut_bare_writer(rig, "FULL")?;
    if kept_full < told_full {
        outcome.lost.push(format!("the shim bites too much: a writer that syncs kept {kept_full} of {told_full} rows"));
    }
    outcome.tried = format!(
        "a bare SQLite writer with synchronous=OFF lost {} of {told} rows, as it should, and one with FULL none of \
         {told_full}",
        told.saturating_sub(kept)
    );
    Ok(outcome)
}

/// How many rows a bare writer reported as committed, and how many were there after a power cut.
fn cut_bare_writer(rig: &Rig, synchronous: &str) -> Result<(u64, u64)> {
    let folder = rig.folder(&format!("control-{synchronous}"))?;
    let shim = Shim::new(&rig.library, &folder, &rig.folder(&format!("control-{synchronous}-notes"))?)?;
    let path = folder.join("bare.db");
    let mut command = process::program(std::env::current_exe()?);
    command.args(["torture", "--bare-writer"]).arg(&path).args(["--synchronous", synchronous]);
    shim.tell(&mut command);
    let mut writer = command.stdout(Stdio::piped()).spawn().context("cannot start the bare writer")?;
    let lines = BufReader::new(writer.stdout.take().context("no standard output")?).lines();
    let told = lines.map_while(std::result::Result::ok).take(ROWS).filter_map(|line| line.parse().ok()).last();
    writer.kill()?;
    writer.wait()?;
    shim.cut(&mut rig.rng(synchronous), Fate::All)?;
    Ok((told.context("the bare writer printed nothing")?, sqlite::count_bare(&path).unwrap_or(0)))
}
