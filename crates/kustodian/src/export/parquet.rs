//! Records as a Parquet file. A column whose values are all numbers, or all booleans, is one of those; any other is text, with JSON
//! where a value is more than a text.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use super::table::Columns;

/// How many records are in memory at a time.
const GROUP: usize = 10_000;

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Boolean,
    Text,
}

impl Sort {
    fn of(value: &Value) -> Self {
        match value {
            // A whole number that a double cannot hold is no number here.
            Value::Number(number) if number.as_f64().is_some_and(|double| is_exact(number, double)) => Self::Number,
            Value::Bool(_) => Self::Boolean,
            _ => Self::Text,
        }
    }
}

fn is_exact(number: &serde_json::Number, double: f64) -> bool {
    // Up to here doubles have every whole number.
    const LARGEST: u64 = 1 << 53;
    number.as_i64().map_or_else(|| number.as_u64().is_none(), |whole| whole.unsigned_abs() <= LARGEST)
        && double.abs() <= f64::MAX
}

/// Writes the records of a file with one in each line, which is read twice.
///
/// # Errors
/// When either file fails.
pub(super) fn write(records: &mut File, columns: &Columns, table: &File) -> io::Result<()> {
    let names = columns.names();
    let mut sorts: Vec<Option<Sort>> = vec![None; names.len()];
    each(records, |record| {
        for (sort, value) in sorts.iter_mut().zip(columns.values(&record)) {
            if let Some(found) = value.filter(|value| !value.is_null()).map(|value| Sort::of(&value)) {
                *sort = Some(match *sort {
                    None => found,
                    Some(sort) if sort == found => found,
                    Some(_) => Sort::Text,
                });
            }
        }
        Ok(())
    })?;
    let sorts: Vec<Sort> = sorts.into_iter().map(|sort| sort.unwrap_or(Sort::Text)).collect();
    let fields = names.iter().zip(&sorts).map(|(name, sort)| field(name, *sort).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let schema = Type::group_type_builder("record").with_fields(fields).build().map_err(failed)?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(table, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
    let mut group: Vec<Value> = Vec::new();
    each(records, |record| {
        group.push(record);
        if group.len() < GROUP {
            return Ok(());
        }
        write_group(&mut writer, columns, &sorts, &std::mem::take(&mut group))
    })?;
    if !group.is_empty() {
        write_group(&mut writer, columns, &sorts, &group)?;
    }
    writer.close().map(drop).map_err(failed)
}

fn each(records: &mut File, mut take: impl FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    records.rewind()?;
    for line in BufReader::new(records).lines() {
        take(serde_json::from_str(&line?)?)?;
    }
    Ok(())
}

fn field(name: &str, sort: Sort) -> Result<Type, ParquetError> {
    let (physical, logical) = match sort {
        Sort::Number => (Physical::DOUBLE, None),
        Sort::Boolean => (Physical::BOOLEAN, None),
        Sort::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    builder.with_logical_type(logical).build()
}

fn write_group(
    writer: &mut SerializedFileWriter<&File>,
    columns: &Columns,
    sorts: &[Sort],
    records: &[Value],
) -> io::Result<()> {
    let rows: Vec<Vec<Option<Cow<'_, Value>>>> = records.iter().map(|record| columns.values(record)).collect();
    let mut group = writer.next_row_group().map_err(failed)?;
    for (at, sort) in sorts.iter().enumerate() {
        let Some(column) = group.next_column().map_err(failed)? else { break };
        let values: Vec<Option<&Value>> =
            rows.iter().map(|row| row.get(at).and_then(Option::as_deref).filter(|value| !value.is_null())).collect();
        write_column(column, *sort, &values).map_err(failed)?;
    }
    group.close().map(drop).map_err(failed)
}

fn write_column(
    mut column: SerializedColumnWriter<'_>,
    sort: Sort,
    values: &[Option<&Value>],
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let there = values.iter().flatten();
    match sort {
        Sort::Number => {
            let numbers: Vec<f64> = there.filter_map(|value| value.as_f64()).collect();
            column.typed::<DoubleType>().write_batch(&numbers, Some(&levels), None)?;
        }
        Sort::Boolean => {
            let booleans: Vec<bool> = there.filter_map(|value| value.as_bool()).collect();
            column.typed::<BoolType>().write_batch(&booleans, Some(&levels), None)?;
        }
        Sort::Text => {
            let text = |value: &&Value| match value {
                Value::String(text) => ByteArray::from(text.as_str()),
                other => ByteArray::from(other.to_string().as_str()),
            };
            let texts: Vec<ByteArray> = there.map(text).collect();
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)?;
        }
    }
    column.close()
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_numbers_booleans_or_texts_and_nothing_stays_nothing() {
        let records = [
            json!({ "id": "1", "attributes": { "name": "=1+1", "rev": 1, "vip": true, "mixed": 7,
                "custom": { "scoreNum": 12.5, "largeNum": 9_007_199_254_740_993_u64 } } }),
            json!({ "id": "2", "attributes": { "name": null, "rev": 2, "mixed": "x", "emails": [{ "email": "a@x" }] } }),
        ];
        let (mut lines, table) = (tempfile::tempfile().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let mut columns = Columns::default();
        for record in &records {
            writeln!(lines, "{record}").unwrap();
            columns.add(record);
        }
        write(&mut lines, &columns, table.as_file()).unwrap();
        let reader = SerializedFileReader::new(File::open(table.path()).unwrap()).unwrap();
        let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 2);
        for part in ["id: \"1\"", "rev: 1.0", "vip: true", "mixed: \"7\"", "name: \"=1+1\"", "custom.scoreNum: 12.5"] {
            assert!(rows[0].contains(part), "{part}: {}", rows[0]);
        }
        assert!(rows[0].contains("custom.largeNum: \"9007199254740993\""), "{}", rows[0]);
        for part in ["name: null", "vip: null", "mixed: \"x\"", "custom.scoreNum: null"] {
            assert!(rows[1].contains(part), "{part}: {}", rows[1]);
        }
    }
}
