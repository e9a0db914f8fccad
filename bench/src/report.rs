//! Medians over the rounds, and ratios.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

use crate::postgres;

/// The server on PostgreSQL.
pub(crate) const ON_POSTGRES: &str = "kustodian on PostgreSQL";

/// PostgreSQL alone.
pub(crate) const BARE_POSTGRES: &str = "bare PostgreSQL";

/// Every rate measured so far.
#[derive(Default)]
pub(crate) struct Report {
    /// (work, what was measured, connections or rows a transaction) to one rate a round.
    rates: BTreeMap<(&'static str, &'static str, usize), Vec<f64>>,
}

impl Report {
    /// Adds the rate of one round, per second.
    pub(crate) fn add(&mut self, work: &'static str, subject: &'static str, width: usize, rate: f64) {
        self.rates.entry((work, subject, width)).or_default().push(rate);
    }

    fn median(&self, work: &'static str, subject: &'static str, width: usize) -> Option<f64> {
        let mut rates = self.rates.get(&(work, subject, width))?.clone();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        if rates.len() % 2 == 1 {
            return rates.get(middle).copied();
        }
        Some((rates.get(middle.checked_sub(1)?)? + rates.get(middle)?) / 2.0)
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        writeln!(
            out,
            "{:<15} {:>11} {:>13} {:>13} {:>8}   beside SQLite",
            "per second", "connections", "kustodian", "bare axum", "ratio"
        )?;
        for work in ["create", "read by id", "read by e-mail"] {
            for connections in crate::CONNECTIONS {
                let Some(ours) = self.median(work, "kustodian", connections) else { continue };
                write!(out, "{work:<15} {connections:>11} {ours:>13.0}")?;
                if let Some(axum) = self.median(work, "bare axum", connections) {
                    write!(out, " {axum:>13.0} {:>8.2}", ours / axum)?;
                }
                // Against the transaction that as many connections could share: one row, or 64.
                let rows = if work == "create" && connections > 1 { 64 } else { 1 };
                if let Some(sqlite) = self.median(work, "bare SQLite", rows) {
                    write!(out, "   {:.2} of {sqlite:.0}", ours / sqlite)?;
                    if work == "create" {
                        write!(out, " at {rows} a transaction")?;
                    }
                }
                writeln!(out)?;
            }
        }
        self.on_postgres(out)
    }
}

impl Report {
    /// The part about PostgreSQL, if it was measured.
    fn on_postgres(&self, out: &mut Formatter<'_>) -> Result {
        let bare = |work| self.median(work, BARE_POSTGRES, postgres::CONNECTIONS);
        let (Some(record), Some(all), Some(read)) =
            (bare(postgres::INSERT_OF_RECORD), bare(postgres::INSERT_OF_ALL), bare(postgres::BARE_READ))
        else {
            return Ok(());
        };
        let beside = postgres::CONNECTIONS;
        writeln!(
            out,
            "\n{:<15} {:>11} {:>13}   beside bare PostgreSQL at {beside} connections",
            "on PostgreSQL", "connections", "kustodian"
        )?;
        for work in ["create", "read by id", "read by e-mail"] {
            for connections in crate::CONNECTIONS {
                let Some(ours) = self.median(work, ON_POSTGRES, connections) else { continue };
                write!(out, "{work:<15} {connections:>11} {ours:>13.0}")?;
                if work == "create" {
                    write!(out, "   {:.2} of {record:.0} inserts of the record alone", ours / record)?;
                    writeln!(out, ", {:.2} of {all:.0} inserts of all its rows", ours / all)?;
                } else {
                    writeln!(out, "   {:.2} of {read:.0} reads by primary key", ours / read)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_rounds_is_between_its_two_middles() {
        let mut report = Report::default();
        for rate in [4.0, 1.0, 3.0, 100.0] {
            report.add("create", "kustodian", 1, rate);
        }
        assert_eq!(report.median("create", "kustodian", 1), Some(3.5));
        report.add("create", "kustodian", 1, 5.0);
        assert_eq!(report.median("create", "kustodian", 1), Some(4.0));
    }
}
