//! Hours of work: spans of minutes on the days of a week.

use kustomer_api::schedule::{Hours, MINUTES};
use kustomer_api::validation::{Fault, MAX_FAULTS, shortened};
use serde_json::Number;

/// Checks spans, and writes their minutes as whole numbers.
pub(super) fn check(hours: &mut Hours, faults: &mut Vec<Fault>) {
    for (day, spans) in hours {
        let mut worked_until = 0;
        for (number, span) in spans.iter_mut().flatten().enumerate() {
            match read_span(span) {
                Some((from, to)) if from >= worked_until => {
                    worked_until = to;
                    *span = vec![from.into(), to.into()];
                }
                Some(_) => {
                    let title = "Spans of one day must follow each other and cannot overlap";
                    faults.push(fault(day, number, title));
                }
                None => {
                    let title = "A span must be two whole numbers of minutes from 0 to 1440, the first one less";
                    faults.push(fault(day, number, title));
                }
            }
            if faults.len() >= MAX_FAULTS {
                return;
            }
        }
    }
}

/// The minutes of a span; `None` when it is none.
pub(super) fn read_span(span: &[Number]) -> Option<(u16, u16)> {
    let minute = |number: &Number| {
        let number =
            number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=f64::from(MINUTES)).contains(number));
        // Within the range of a day.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1440, and whole")]
        number.map(|number| number as u16)
    };
    match span {
        [from, to] => Some((minute(from)?, minute(to)?)).filter(|(from, to)| from < to),
        _ => None,
    }
}

fn fault(day: &str, number: usize, title: &str) -> Fault {
    let example = "such as [[480,720],[780,1020]] for eight to twelve and one to five";
    Fault { pointer: format!("/hours/{day}/{number}"), ..Fault::of_attribute("hours", title, example) }
}

/// Checks that there is a time zone with this name.
pub(super) fn check_zone(name: &str, faults: &mut Vec<Fault>) {
    if jiff::tz::db().get(name).is_err() {
        let title = format!("There is no time zone {}", shortened(name));
        faults.push(Fault::of_attribute("timezone", title, "send its IANA name, such as Europe/Berlin or UTC"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(day: serde_json::Value) -> Vec<String> {
        let mut hours: Hours = serde_json::from_value(json!({ "1": day })).unwrap();
        let mut faults = Vec::new();
        check(&mut hours, &mut faults);
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn spans_follow_each_other_within_a_day() {
        for fine in [json!(null), json!([]), json!([[0, 1440]]), json!([[480.0, 720], [720, 1020]])] {
            assert_eq!(faults(fine.clone()), [""; 0], "{fine}");
        }
        for wrong in [json!([[480]]), json!([[480, 480]]), json!([[0.5, 1]]), json!([[-1, 5]]), json!([[0, 1441]])] {
            assert_eq!(faults(wrong.clone()), ["/hours/1/0"], "{wrong}");
        }
        for second in [json!([[480, 720], [719, 800]]), json!([[600, 700], [480, 500]])] {
            assert_eq!(faults(second.clone()), ["/hours/1/1"], "{second}");
        }
    }

    #[test]
    fn the_zones_of_the_tz_database_are_known() {
        let mut faults = Vec::new();
        for zone in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"] {
            check_zone(zone, &mut faults);
        }
        assert_eq!(faults, []);
        check_zone("Mars/Olympus", &mut faults);
        assert_eq!(faults.len(), 1);
    }
}
