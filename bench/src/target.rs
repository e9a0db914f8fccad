//! The targets of the server, as ratios within one run wherever that is possible.

use crate::postgres;
use crate::report::{Report, Subject, millis};
use crate::request::Work;

const MEGABYTE: f64 = 1e6;

/// One line of the table.
pub(crate) struct Line {
    pub(crate) what: String,
    /// The minimum, and the goal.
    at_least: f64,
    reach_for: f64,
    measured: Option<f64>,
    is_ceiling: bool,
    pub(crate) unit: &'static str,
}

impl Line {
    /// At least `at_least`.
    pub(crate) fn floor(what: impl Into<String>, at_least: f64, reach_for: f64, measured: Option<f64>) -> Self {
        Self { what: what.into(), at_least, reach_for, measured, is_ceiling: false, unit: "" }
    }

    /// At most `at_least`.
    pub(crate) fn ceiling(what: impl Into<String>, at_least: f64, reach_for: f64, measured: Option<f64>) -> Self {
        Self { is_ceiling: true, ..Self::floor(what, at_least, reach_for, measured) }
    }

    pub(crate) fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    fn meets(&self, wanted: f64) -> Option<bool> {
        self.measured.map(|measured| if self.is_ceiling { measured <= wanted } else { measured >= wanted })
    }

    /// The line in Markdown.
    pub(crate) fn row(&self) -> String {
        let number = |value: f64| format!("{}{}", told(value), self.unit);
        let verdict = match (self.meets(self.at_least), self.meets(self.reach_for)) {
            (None, _) => "not measured",
            (_, Some(true)) => "reached for",
            (Some(true), _) => "met",
            (Some(false), _) => "**missed**",
        };
        let measured = self.measured.map_or_else(|| "–".to_owned(), number);
        format!("| {} | {} | {} | {measured} | {verdict} |", self.what, number(self.at_least), number(self.reach_for))
    }
}

/// A number with as many digits as it is worth.
fn told(value: f64) -> String {
    match value {
        value if value.abs() >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Every target, with the result of this run.
pub(crate) fn lines(report: &Report) -> Vec<Line> {
    let mut lines = creates(report);
    lines.extend(reads(report));
    lines.extend(on_postgres(report));
    lines.extend(costs(report));
    lines
}

fn creates(report: &Report) -> Vec<Line> {
    let create = Work::Create.name();
    let ours = |width| (Subject::New, create, width);
    let mut lines = vec![Line::floor(
        "durable creates at 64 connections, of bare SQLite at 64 a transaction",
        0.45,
        0.65,
        report.ratio(ours(64), (Subject::BareNew, create, 64)),
    )];
    for (width, at_least, reach_for) in [(1, 0.8, 1.5), (16, 2.0, 4.0), (64, 2.2, 5.0)] {
        let times = report.ratio(ours(width), (Subject::PocketBase, create, width));
        lines.push(Line::floor(format!("durable creates at {width}, times PocketBase"), at_least, reach_for, times));
    }
    let p99 = |subject| report.p99(subject, Work::Create, 16);
    let p99 = p99(Subject::New).zip(p99(Subject::PocketBase)).map(|(ours, peer)| ours / peer);
    lines.push(Line::ceiling("create p99 at 16, of PocketBase's", 0.5, 0.25, p99));
    let large = report.ratio((Subject::Large, create, 64), (Subject::BareLarge, create, 64));
    lines.push(Line::floor("creates at 64 on the large database, of bare SQLite on a copy", 0.45, 0.65, large));
    lines
}

fn reads(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for (work, at_least, reach_for) in [(Work::ReadById, 0.5, 0.65), (Work::ReadByEmail, 0.45, 0.55)] {
        for width in [16, 64] {
            let part = report.ratio((Subject::New, work.name(), width), (Subject::Axum, work.name(), width));
            lines.push(Line::floor(format!("{} at {width}, of bare axum", work.name()), at_least, reach_for, part));
        }
    }
    for (work, at_least, reach_for) in [(Work::ReadById, 8.0, 12.0), (Work::List, 15.0, 28.0)] {
        let times = report.ratio((Subject::New, work.name(), 16), (Subject::PocketBase, work.name(), 16));
        lines.push(Line::floor(format!("{} at 16, times PocketBase", work.name()), at_least, reach_for, times));
    }
    for (work, at_least, reach_for) in [(Work::Create, 0.25, 0.15), (Work::ReadById, 0.08, 0.04)] {
        let (ours, peer) = (Subject::New, Subject::PocketBase);
        let part =
            report.processor(ours, work, 16).zip(report.processor(peer, work, 16)).map(|(ours, peer)| ours / peer);
        let what = format!("processor time per {} at 16, of PocketBase's", work.name());
        lines.push(Line::ceiling(what, at_least, reach_for, part));
    }
    lines
}

fn on_postgres(report: &Report) -> Vec<Line> {
    let of = |work: Work, bare| {
        report.ratio((Subject::OnPostgres, work.name(), 16), (Subject::BarePostgres, bare, postgres::CONNECTIONS))
    };
    vec![
        Line::floor(
            "PostgreSQL: creates at 16, of bare single-statement inserts of the same rows",
            0.6,
            0.8,
            of(Work::Create, postgres::INSERT_OF_FINDABLE),
        ),
        Line::floor("PostgreSQL: reads by id at 16, of bare reads", 0.5, 0.7, of(Work::ReadById, postgres::BARE_READ)),
    ]
}

fn costs(report: &Report) -> Vec<Line> {
    let ours = &report.ours;
    let each = |(customers, bytes): (u64, u64)| bytes as f64 / customers.max(1) as f64;
    let megabytes = |bytes: u64| bytes as f64 / MEGABYTE;
    let busy = ours.busy.map_or(0, |(creates, _)| creates);
    vec![
        Line::ceiling("bytes on disk per customer, everything", 4_500.0, 3_200.0, ours.disk.map(each)),
        Line::ceiling("cold start to the first 200, new", 50.0, 15.0, millis(&ours.cold_new)).of(" ms"),
        Line::ceiling("cold start to the first 200, large", 50.0, 15.0, millis(&ours.cold_full)).of(" ms"),
        Line::ceiling("memory idle", 20.0, 10.0, ours.idle.map(megabytes)).of(" MB"),
        Line::ceiling(
            format!("anonymous memory after {busy} creates"),
            120.0,
            80.0,
            ours.busy.map(|(_, bytes)| megabytes(bytes)),
        )
        .of(" MB"),
        Line::ceiling("stripped release binary", 40.0, 20.0, Some(megabytes(ours.program))).of(" MB"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_met_from_below_and_a_floor_from_above() {
        assert!(Line::ceiling("", 0.5, 0.25, Some(0.4)).row().ends_with("| met |"));
        assert!(Line::ceiling("", 0.5, 0.25, Some(0.6)).row().ends_with("| **missed** |"));
        assert!(Line::floor("", 0.5, 0.65, Some(0.6)).row().ends_with("| met |"));
        assert!(Line::floor("", 0.5, 0.65, Some(0.7)).row().ends_with("| reached for |"));
        assert!(Line::floor("", 0.5, 0.65, None).row().ends_with("| not measured |"));
    }
}
