//! The measured part of the page about benchmarks, in Markdown. What people wrote around it stays.

use std::fmt::{Result as Written, Write as _};
use std::path::Path;

use anyhow::{Context, Result};

use crate::postgres;
use crate::report::{Costs, Report, Spread, Subject, millis};
use crate::request::Work;
use crate::run::{CONNECTIONS, EVERYWHERE, ONCE};
use crate::target;

/// A part of the page that a run writes, between two marks.
pub(crate) struct Part {
    begin: &'static str,
    end: &'static str,
}

/// The tables of the whole run.
pub(crate) const MEASURED: Part =
    Part { begin: "<!-- measured: begin; written by cargo xtask bench -->", end: "<!-- measured: end -->" };

/// The tables of the run beyond the capacity.
pub(crate) const OVERLOAD: Part =
    Part { begin: "<!-- overload: begin; written by cargo xtask bench overload -->", end: "<!-- overload: end -->" };

/// The tables of the run of messages.
pub(crate) const MESSAGES: Part =
    Part { begin: "<!-- messages: begin; written by cargo xtask bench messages -->", end: "<!-- messages: end -->" };

/// The tables of the run of bulk operations.
pub(crate) const BULK: Part =
    Part { begin: "<!-- bulk: begin; written by cargo xtask bench bulk -->", end: "<!-- bulk: end -->" };

/// The tables of the run of tracked events.
pub(crate) const TRACKING: Part =
    Part { begin: "<!-- tracking: begin; written by cargo xtask bench tracking -->", end: "<!-- tracking: end -->" };

/// What the run of the clients writes.
pub(crate) const CLIENT: Part =
    Part { begin: "<!-- client: begin; written by cargo xtask bench client -->", end: "<!-- client: end -->" };

/// Puts `measured` between the marks of its part of the page at `path`.
pub(crate) fn put(path: &Path, part: &Part, measured: &str) -> Result<()> {
    let Part { begin, end } = part;
    let page = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, rest) = page.split_once(begin).with_context(|| format!("{} lacks {begin}", path.display()))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("{} lacks {end}", path.display()))?;
    let page = format!("{before}{begin}\n{measured}{end}{after}");
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// All tables; `about` are the sentences about the run.
pub(crate) fn measured(report: &Report, about: &[String]) -> Result<String> {
    let mut page = String::new();
    write(&mut page, report, about).context("cannot write the tables")?;
    Ok(page)
}

fn write(page: &mut String, report: &Report, about: &[String]) -> Written {
    for line in about {
        writeln!(page, "- {line}")?;
    }
    writeln!(page, "\n| target | at least / at most | reach for | measured | |\n|---|---:|---:|---:|---|")?;
    for line in target::lines(report) {
        writeln!(page, "{}", line.row())?;
    }
    on_a_new_database(page, report)?;
    on_a_large_database(page, report)?;
    bare_sqlite(page, report)?;
    on_postgres(page, report)?;
    costs(page, report)
}

fn on_a_new_database(page: &mut String, report: &Report) -> Written {
    writeln!(page, "\n**A new database**, per second; in parentheses the slowest and the fastest round.\n")?;
    writeln!(page, "| | connections | kustodian | of bare axum | times PocketBase | p99, ms | processor, µs |")?;
    writeln!(page, "|---|---:|---:|---:|---:|---:|---:|")?;
    let everywhere = EVERYWHERE.into_iter().flat_map(|work| CONNECTIONS.map(|width| (work, width)));
    for (work, width) in everywhere.chain(ONCE.map(|work| (work, 16))) {
        let Some(rate) = report.rate(Subject::New, work.name(), width) else { continue };
        let against = |subject| report.ratio((Subject::New, work.name(), width), (subject, work.name(), width));
        let beside = |ours: Option<f64>, peer: Option<f64>| match peer {
            Some(peer) => format!("{} ({:.1})", number(ours, 1), peer),
            None => number(ours, 1),
        };
        writeln!(
            page,
            "| {} | {width} | {} | {} | {} | {} | {} |",
            work.name(),
            told(rate),
            number(against(Subject::Axum), 2),
            number(against(Subject::PocketBase), 1),
            beside(report.p99(Subject::New, work, width), report.p99(Subject::PocketBase, work, width)),
            beside(report.processor(Subject::New, work, width), report.processor(Subject::PocketBase, work, width)),
        )?;
    }
    if report.peer.is_some() {
        writeln!(page, "\nIn parentheses behind p99 and processor time: PocketBase's.")?;
    }
    Ok(())
}

fn on_a_large_database(page: &mut String, report: &Report) -> Written {
    let customers = report.ours.disk.map_or(0, |(customers, _)| customers);
    writeln!(page, "\n**A database of {customers} customers**, per second.\n")?;
    writeln!(page, "| | connections | kustodian | of itself when new | p99, ms | processor, µs |")?;
    writeln!(page, "|---|---:|---:|---:|---:|---:|")?;
    let creates = CONNECTIONS.map(|width| (Work::Create, width));
    let reads = [Work::ReadById, Work::ReadByEmail].into_iter().chain(ONCE).map(|work| (work, 16));
    for (work, width) in creates.into_iter().chain(reads) {
        let Some(rate) = report.rate(Subject::Large, work.name(), width) else { continue };
        writeln!(
            page,
            "| {} | {width} | {} | {} | {} | {} |",
            work.name(),
            told(rate),
            number(report.ratio((Subject::Large, work.name(), width), (Subject::New, work.name(), width)), 2),
            number(report.p99(Subject::Large, work, width), 1),
            number(report.processor(Subject::Large, work, width), 1),
        )?;
    }
    Ok(())
}

fn bare_sqlite(page: &mut String, report: &Report) -> Written {
    writeln!(page, "\n**Bare SQLite**, per second: the rows that the server wrote, without it.\n")?;
    writeln!(page, "| | customers a transaction | rate | the server's part of it |\n|---|---:|---:|---|")?;
    let create = Work::Create.name();
    let cells = [
        ("new database", Subject::BareNew, 1, Subject::New, 1),
        ("new database", Subject::BareNew, 64, Subject::New, 64),
        ("large database", Subject::BareLarge, 64, Subject::Large, 64),
    ];
    for (what, bare, group, ours, width) in cells {
        let Some(rate) = report.rate(bare, create, group) else { continue };
        let part = number(report.ratio((ours, create, width), (bare, create, group)), 2);
        writeln!(page, "| creates, {what} | {group} | {} | {part} at {width} connections |", told(rate))?;
    }
    let read = Work::ReadById.name();
    if let Some(rate) = report.rate(Subject::BareLarge, read, 1) {
        let part = number(report.ratio((Subject::Large, read, 16), (Subject::BareLarge, read, 1)), 2);
        writeln!(page, "| reads by id, large database | | {} | {part} at 16 connections |", told(rate))?;
    }
    Ok(())
}

fn on_postgres(page: &mut String, report: &Report) -> Written {
    let bare = |work| report.rate(Subject::BarePostgres, work, postgres::CONNECTIONS);
    let inserts = [postgres::INSERT_OF_RECORD, postgres::INSERT_OF_ALL, postgres::INSERT_OF_FINDABLE].map(bare);
    let ([Some(record), Some(all), Some(findable)], Some(read)) = (inserts, bare(postgres::BARE_READ)) else {
        return Ok(());
    };
    writeln!(page, "\n**On PostgreSQL**, per second, beside bare statements at 16 connections.\n")?;
    writeln!(page, "| | connections | kustodian | of bare | p99, ms | the server's processor, µs |")?;
    writeln!(page, "|---|---:|---:|---:|---:|---:|")?;
    for work in EVERYWHERE {
        for width in CONNECTIONS {
            let Some(rate) = report.rate(Subject::OnPostgres, work.name(), width) else { continue };
            let bare = if work == Work::Create { findable } else { read };
            writeln!(
                page,
                "| {} | {width} | {} | {:.2} | {} | {} |",
                work.name(),
                told(rate),
                rate.median / bare.median,
                number(report.p99(Subject::OnPostgres, work, width), 1),
                number(report.processor(Subject::OnPostgres, work, width), 1),
            )?;
        }
    }
    writeln!(
        page,
        "\nBare inserts: of the record alone {}, of record, claims and event {}, with its search entries {}. Bare \
         reads: {}.",
        told(record),
        told(all),
        told(findable),
        told(read)
    )
}

fn costs(page: &mut String, report: &Report) -> Written {
    writeln!(page, "\n**Costs**\n\n| | kustodian | PocketBase |\n|---|---:|---:|")?;
    let nothing = Costs::default();
    let peer = report.peer.as_ref().unwrap_or(&nothing);
    let mut row =
        |what: &str, of: &dyn Fn(&Costs) -> String| writeln!(page, "| {what} | {} | {} |", of(&report.ours), of(peer));
    row("bytes on disk per customer", &|costs| {
        costs.disk.map_or_else(none, |(customers, bytes)| format!("{} of {customers}", bytes / customers.max(1)))
    })?;
    row("cold start, new database, ms", &|costs| number(millis(&costs.cold_new), 1))?;
    row("cold start, full database, ms", &|costs| number(millis(&costs.cold_full), 1))?;
    row("memory idle, MB", &|costs| number(costs.idle.map(|bytes| bytes as f64 / 1e6), 1))?;
    row("anonymous memory after creates, MB", &|costs| {
        costs.busy.map_or_else(none, |(creates, bytes)| format!("{:.1} after {creates}", bytes as f64 / 1e6))
    })?;
    row("program, MB", &|costs| {
        if costs.program == 0 { none() } else { format!("{:.1}", costs.program as f64 / 1e6) }
    })
}

fn told(rate: Spread) -> String {
    format!("{:.0} ({:.0}–{:.0})", rate.median, rate.low, rate.high)
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(none, |value| format!("{value:.digits$}"))
}

fn none() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_around_the_numbers_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        let Part { begin, end } = MEASURED;
        std::fs::write(&path, format!("before\n{begin}\nold\n{end}\nafter\n")).unwrap();
        put(&path, &MEASURED, "new\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("before\n{begin}\nnew\n{end}\nafter\n"));
    }

    #[test]
    fn a_page_without_marks_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        std::fs::write(&path, "by hand").unwrap();
        assert!(put(&path, &OVERLOAD, "new").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "by hand");
    }
}
