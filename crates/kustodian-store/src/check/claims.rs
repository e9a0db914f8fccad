//! Whether the claims that are held are those that documents name, in bounded memory: both sides are summed in parts by
//! the first byte of the claim's key, and only parts whose sums differ are held against each other.

use std::collections::BTreeSet;

use kustodian_core::claim::Claim;
use kustodian_core::kind::Kind;

use super::CheckError;
use super::finding::{Finding, Findings};
use super::records;
use crate::copy::table::{CLAIMS, Cell, Row, Table, Tally};
use crate::copy::{CopyProgress, CopyStep, Source};

/// How many parts are held against each other at most: with more, something is wrong with most claims, and a part is enough.
const PARTS: usize = 8;

/// One claim, as both sides have it: key, org, kind and owner.
type Held = (Vec<u8>, i64, String, String);

/// What documents name.
pub(super) struct Claimed {
    tallies: Vec<Tally>,
    /// Claims of these parts are kept, too.
    parts: BTreeSet<u8>,
    kept: BTreeSet<Held>,
}

impl Claimed {
    /// Sums alone.
    pub(super) fn sums() -> Self {
        Self::keeping(BTreeSet::new())
    }

    fn keeping(parts: BTreeSet<u8>) -> Self {
        Self { tallies: vec![Tally::default(); 256], parts, kept: BTreeSet::new() }
    }

    /// What one record's document names; the same thing named twice is held once.
    pub(super) fn expect(&mut self, org: i64, claims: Vec<Claim>) {
        let held = claims
            .into_iter()
            .map(|claim| (claim.key.as_bytes().to_vec(), org, claim.kind.as_str().to_owned(), claim.owner.to_string()));
        held.collect::<BTreeSet<Held>>().into_iter().for_each(|held| self.add(held));
    }

    fn add(&mut self, held: Held) {
        let part = held.0.first().copied().unwrap_or_default();
        if let Some(tally) = self.tallies.get_mut(usize::from(part)) {
            let (key, org, kind, owner) = held.clone();
            tally.add(&vec![Cell::Bytes(key), Cell::Integer(org), Cell::Text(kind), Cell::Text(owner)]);
        }
        if self.parts.contains(&part) {
            self.kept.insert(held);
        }
    }
}

fn held(table: &Table, row: &Row) -> Option<Held> {
    let cell = |column: &str| table.place(column).and_then(|place| row.get(place));
    match (cell("key")?, cell("org")?, cell("kind")?, cell("owner")?) {
        (Cell::Bytes(key), Cell::Integer(org), Cell::Text(kind), Cell::Text(owner)) => {
            Some((key.clone(), *org, kind.clone(), owner.clone()))
        }
        _ => None,
    }
}

/// Compares the claims with the identities in the documents of the same snapshot.
pub(super) async fn look_at(
    source: &mut dyn Source,
    claimed: &Claimed,
    findings: &mut Findings,
    tell: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CheckError> {
    let table = &CLAIMS;
    let total = source.count(table).await?;
    let mut there = Claimed::sums();
    let (mut done, mut after) = (0, None);
    loop {
        tell(CopyProgress { step: CopyStep::Verify, table: table.name, done, total: total.max(done) });
        let rows = source.rows(table, after.take()).await?;
        let Some(last) = rows.last() else { break };
        done += rows.len() as u64;
        rows.iter().filter_map(|row| held(table, row)).for_each(|held| there.add(held));
        after = Some(table.key_of(last));
    }
    let sums = claimed.tallies.iter().zip(&there.tallies);
    let differing: Vec<u8> =
        (0..=u8::MAX).zip(sums).filter(|(_, (one, other))| one != other).map(|(part, _)| part).collect();
    if differing.is_empty() {
        return Ok(());
    }
    compare(table, source, differing.iter().copied().take(PARTS).collect(), findings).await?;
    if differing.len() > PARTS {
        findings.note(Finding::More);
    }
    Ok(())
}

/// Holds the claims of some parts against each other.
async fn compare(
    table: &'static Table,
    source: &mut dyn Source,
    parts: BTreeSet<u8>,
    findings: &mut Findings,
) -> Result<(), CheckError> {
    let mut claimed = Claimed::keeping(parts.clone());
    for kind in Kind::ALL {
        // Faults of the records themselves were noted the first time.
        records::look_at(kind, source, &mut claimed, &mut Findings::default(), &mut |_| {}).await?;
    }
    let mut there = BTreeSet::new();
    for part in parts {
        let mut after = Some(vec![Cell::Bytes(vec![part])]);
        while let Some(key) = after.take() {
            let rows = source.rows(table, Some(key)).await?;
            let held: Vec<Held> = rows.iter().filter_map(|row| held(table, row)).collect();
            let all = held.len();
            let of_part: Vec<Held> = held.into_iter().filter(|(key, ..)| key.first() == Some(&part)).collect();
            if of_part.len() == all {
                after = rows.last().map(|row| table.key_of(row));
            }
            there.extend(of_part);
        }
    }
    for (key, org, claim, owner) in claimed.kept.difference(&there).cloned() {
        findings.note(Finding::Unclaimed { org, claim, key: hexadecimal(&key), owner });
    }
    for (key, org, claim, owner) in there.difference(&claimed.kept).cloned() {
        findings.note(Finding::Stray { org, claim, key: hexadecimal(&key), owner });
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
