//! A cell's text as the JSON that an attribute takes.

use std::borrow::Cow;

use clap::ValueEnum;
use kustomer_api::custom::Suffix;
use kustomer_api::moment::Moment;
use kustomer_api::schema::{DATE_TIME, Kind, Schema, URI, URL};
use kustomer_api::validation::{schema_of_suffix, shortened};
use kustomer_api::{ObjectId, Timestamp, format};
use serde_json::{Map, Number, Value, json};

use super::kinds::properties;

/// In which order dates with slashes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DateOrder {
    /// 31/12/2026.
    DayFirst,
    /// 12/31/2026.
    MonthFirst,
}

/// How cells are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether numbers have decimal commas.
    pub(crate) has_decimal_commas: bool,
    /// The order of dates with slashes; `None` when nobody said it.
    pub(crate) dates: Option<DateOrder>,
}

/// What may be between the items of a list that hold none of these themselves.
pub(crate) const LIST_SEPARATORS: [char; 4] = ['|', '\n', ',', ';'];

/// The day that spreadsheets count from, in days before 1970. They take 1900 for a leap year, which no date that is read
/// here is near to.
const SPREADSHEET_EPOCH: f64 = 25_569.0;

/// What numbers are days of a spreadsheet: those from 1927 to 2173. Others are seconds or milliseconds since 1970.
const SPREADSHEET_DAYS: std::ops::Range<f64> = 10_000.0..100_000.0;

const MILLIS_A_DAY: f64 = 86_400_000.0;

/// The value of a cell that is not empty, as this schema takes it. What cannot be read otherwise is text: the check of the
/// whole row then reports its fault.
///
/// # Errors
/// The fault of the text.
pub(crate) fn value(schema: &Schema, text: &str, style: Style) -> Result<Value, String> {
    match &schema.kind {
        Kind::Boolean => boolean(text),
        Kind::Number { .. } => number(text, style),
        Kind::Integer { .. } => number(text, style).map(whole),
        Kind::Text(of) if of.format.is_some_and(|format| format.name == DATE_TIME.name) => {
            moment(text, style).map(Value::String)
        }
        Kind::Text(of) => {
            let is_written_exactly = of.format.is_some() || !of.one_of.is_empty();
            let trimmed = text.trim();
            let one_of = of.one_of.iter().find(|value| value.eq_ignore_ascii_case(trimmed));
            let plain = if is_written_exactly { trimmed } else { text };
            Ok(Value::from(one_of.copied().unwrap_or(plain)))
        }
        Kind::List { items, .. } => list(items, text, style),
        // An object that names a record, as a table shows it.
        Kind::Object(object)
            if object.properties.iter().any(|member| member.name == "id")
                && text.trim().parse::<ObjectId>().is_ok() =>
        {
            Ok(json!({ "id": text.trim() }))
        }
        Kind::Object(_) | Kind::Map(_) | Kind::Forms(_) | Kind::Custom => {
            json(text, |value| value.is_object(), "object")
        }
        Kind::Any => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
    }
}

/// The value of a custom attribute with this suffix.
///
/// # Errors
/// The fault of the text.
pub(crate) fn custom(suffix: Suffix, text: &str, style: Style) -> Result<Value, String> {
    match suffix {
        // It is kept as it was sent, so that an offset stays.
        Suffix::At if format::is_date_time(text.trim()) => Ok(Value::from(text.trim())),
        Suffix::At => moment(text, style).map(Value::String),
        Suffix::Id => ids(text),
        _ => value(schema_of_suffix(suffix), text, style),
    }
}

/// The member that an item of a list of objects is recognized by: the only one that is required.
pub(crate) fn identifying(items: &Schema) -> Option<&'static kustomer_api::schema::Property> {
    let mut required = properties(items).iter().filter(|property| property.required);
    required.next().filter(|_| required.next().is_none())
}

fn list(items: &Schema, text: &str, style: Style) -> Result<Value, String> {
    if text.trim_start().starts_with(['[', '{']) {
        let value = json(text, |value| value.is_array() || value.is_object(), "list")?;
        return Ok(if value.is_array() { value } else { Value::Array(vec![value]) });
    }
    let member = identifying(items);
    let of = member.map_or(items, |member| &member.schema);
    // An address may hold commas and semicolons.
    let may_hold_commas = match of.kind {
        Kind::Text(text) => text.format.is_none_or(|format| [URI.name, URL.name].contains(&format.name)),
        _ => false,
    };
    let separates =
        |character: char| LIST_SEPARATORS.contains(&character) && !(may_hold_commas && matches!(character, ',' | ';'));
    let mut list = Vec::new();
    for part in text.split(separates).map(str::trim).filter(|part| !part.is_empty()) {
        let value = value(of, part, style)?;
        list.push(match member {
            Some(member) => Value::Object(Map::from_iter([(member.name.to_owned(), value)])),
            None => value,
        });
    }
    Ok(Value::Array(list))
}

/// An id, or a list of ids.
fn ids(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('[') {
        return json(text, Value::is_array, "list");
    }
    let mut ids: Vec<&str> = text.split(LIST_SEPARATORS).map(str::trim).filter(|part| !part.is_empty()).collect();
    Ok(match (ids.pop(), ids.is_empty()) {
        (Some(only), true) => Value::from(only),
        (last, _) => ids.into_iter().chain(last).collect(),
    })
}

fn json(text: &str, is_fit: fn(&Value) -> bool, what: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value) if is_fit(&value) => Ok(value),
        _ => Err(format!("{:?} is no JSON {what}, which this attribute takes", shortened(text))),
    }
}

/// Whether a cell says yes.
pub(crate) fn is_true(text: &str) -> bool {
    boolean(text) == Ok(Value::Bool(true))
}

fn boolean(text: &str) -> Result<Value, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(Value::Bool(true)),
        "false" | "no" | "n" | "0" => Ok(Value::Bool(false)),
        _ => Err(format!("{:?} is neither true nor false", shortened(text))),
    }
}

fn number(text: &str, style: Style) -> Result<Value, String> {
    let with_point = with_point(text.trim(), style);
    let number: Result<Number, _> = serde_json::from_str(&with_point);
    number.map(Value::Number).map_err(|_| format!("{:?} is no number: write it like 1234.5", shortened(text)))
}

/// A number with a decimal point, where it has a comma.
pub(crate) fn with_point(text: &str, style: Style) -> Cow<'_, str> {
    if style.has_decimal_commas && !text.contains('.') { text.replacen(',', ".", 1).into() } else { text.into() }
}

/// A whole number that a spreadsheet wrote as `3.0`.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(float) if value.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            serde_json::from_str(&format!("{float:.0}")).unwrap_or(value)
        }
        _ => value,
    }
}

/// A moment as people, programs and spreadsheets write it.
fn moment(text: &str, style: Style) -> Result<String, String> {
    let trimmed = text.trim();
    let refused = |advice: &str| Err(format!("{:?} is no date: {advice}", shortened(text)));
    if format::is_date_time(trimmed) {
        return Ok(trimmed.to_owned());
    }
    if let Some(days) = trimmed.parse::<f64>().ok().filter(|number| SPREADSHEET_DAYS.contains(number)) {
        // Spreadsheets keep times as fractions, which are not exact: they mean whole seconds.
        let seconds = ((days - SPREADSHEET_EPOCH) * MILLIS_A_DAY / 1_000.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "the range of days bounds it")]
        return Ok(Timestamp::from_millis(seconds as i64 * 1_000).to_string());
    }
    if let Some((date, time)) = with_separator(trimmed, '/') {
        let [first, second, _] = date;
        let order = match (first > 12, second > 12) {
            (true, _) => DateOrder::DayFirst,
            (_, true) => DateOrder::MonthFirst,
            _ if first == second => DateOrder::MonthFirst,
            _ => match style.dates {
                Some(order) => order,
                None => return refused("the day or the month may come first: say which with --dates"),
            },
        };
        return match order {
            DateOrder::DayFirst => day_of([date[2], date[1], date[0]], time),
            DateOrder::MonthFirst => day_of([date[2], date[0], date[1]], time),
        }
        .map_or_else(|| refused(ADVICE), Ok);
    }
    if let Some((date, time)) = with_separator(trimmed, '.') {
        return day_of([date[2], date[1], date[0]], time).map_or_else(|| refused(ADVICE), Ok);
    }
    Moment::read(trimmed).map(|moment| moment.in_utc().to_string()).map_or_else(|| refused(ADVICE), Ok)
}

const ADVICE: &str = "write it like 2026-01-31 or 2026-01-31T12:00:00Z";

/// The three numbers of a date that ends in its year, and the time behind it.
pub(crate) fn with_separator(text: &str, separator: char) -> Option<([u16; 3], &str)> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut parts = date.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_date = parts.next().is_none() && year.len() == 4 && first.len() <= 2 && second.len() <= 2;
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    if is_date { Some(([number(first)?, number(second)?, number(year)?], time)) } else { None }
}

fn day_of([year, month, day]: [u16; 3], time: &str) -> Option<String> {
    let text = format!("{year:04}-{month:02}-{day:02} {time}");
    Moment::read(text.trim()).map(|moment| moment.in_utc().to_string())
}

#[cfg(test)]
mod tests {
    use kustomer_api::schema::{EMAIL, TAG};
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_read_as_spreadsheets_and_people_write_them() {
        let day_first = Style { dates: Some(DateOrder::DayFirst), ..Style::default() };
        for (text, style, read) in [
            ("2026-01-31", Style::default(), "2026-01-31T00:00:00.000Z"),
            ("2026-01-31T12:00:00+02:00", Style::default(), "2026-01-31T12:00:00+02:00"),
            ("46053", Style::default(), "2026-01-31T00:00:00.000Z"),
            ("46053.5", Style::default(), "2026-01-31T12:00:00.000Z"),
            ("46053.4375", Style::default(), "2026-01-31T10:30:00.000Z"),
            ("31.01.2026", Style::default(), "2026-01-31T00:00:00.000Z"),
            ("31/1/2026", Style::default(), "2026-01-31T00:00:00.000Z"),
            ("1/31/2026 10:30", Style::default(), "2026-01-31T10:30:00.000Z"),
            ("3/5/2026", day_first, "2026-05-03T00:00:00.000Z"),
        ] {
            assert_eq!(moment(text, style).as_deref(), Ok(read), "{text}");
        }
        assert!(moment("3/5/2026", Style::default()).unwrap_err().contains("--dates"));
        for text in ["soon", "31/31/2026", "2026-02-30", "32.01.2026"] {
            assert!(moment(text, Style::default()).unwrap_err().contains("write it like"), "{text}");
        }
    }

    #[test]
    fn cells_become_values_of_the_attributes_type() {
        static TAG_ITEM: Schema = Schema::format(TAG);
        static URL_ITEM: Schema = Schema::format(URL);
        static EMAIL_ITEM: Schema = Schema::object(&kustomer_api::schema::Object {
            name: "EmailItem",
            open: false,
            properties: &[kustomer_api::schema::Property::required("email", Schema::format(EMAIL))],
        });
        let commas = Style { has_decimal_commas: true, ..Style::default() };
        for (schema, text, style, read) in [
            (Schema::boolean(), "Yes", Style::default(), json!(true)),
            (Schema::number(), "1,5", commas, json!(1.5)),
            (Schema::number(), "-12", Style::default(), json!(-12)),
            (Schema::integer(), "3.0", Style::default(), json!(3)),
            (Schema::one_of(&["open", "done"]), " Done", Style::default(), json!("done")),
            (Schema::text(), " as it is ", Style::default(), json!(" as it is ")),
            (Schema::list(&TAG_ITEM), "vip; new,a b", Style::default(), json!(["vip", "new", "a b"])),
            (
                Schema::list(&URL_ITEM),
                "a.example/x;y,z | b.example",
                Style::default(),
                json!(["a.example/x;y,z", "b.example"]),
            ),
            (Schema::list(&EMAIL_ITEM), "a@x, b@y", Style::default(), json!([{ "email": "a@x" }, { "email": "b@y" }])),
            (Schema::list(&EMAIL_ITEM), r#"[{"email":"a@x"}]"#, Style::default(), json!([{ "email": "a@x" }])),
        ] {
            assert_eq!(value(&schema, text, style), Ok(read), "{text}");
        }
        for (schema, text) in [(Schema::number(), "1,5"), (Schema::boolean(), "maybe"), (Schema::custom(), "[]")] {
            assert!(value(&schema, text, Style::default()).is_err(), "{text}");
        }
        assert_eq!(custom(Suffix::At, "2026-01-31T12:00:00+02:00", commas), Ok(json!("2026-01-31T12:00:00+02:00")));
    }
}
