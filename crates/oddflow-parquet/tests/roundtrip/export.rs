//! From the text of a log to the rows of its file, on the way that the program takes.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::ControlFlow;

use oddflow_parquet::{BadValue, FileKind, Keys, Rows, Table, Writer};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use zeek_log::{Chunk, LogFile, LogStream, Position, ReadOptions};

/// A log as a file.
pub(crate) struct Exported {
    pub(crate) file: Vec<u8>,
    pub(crate) refused: Vec<BadValue>,
    /// Columns that the file hasn't.
    pub(crate) left_out: BTreeSet<String>,
}

/// Exports a log of some kind, read so many bytes at a time, and encoded by so many threads.
pub(crate) fn export(text: &str, kind: &str, chunk: usize, threads: usize) -> Exported {
    let options = ReadOptions { chunk, ..ReadOptions::default() };
    let log = LogFile::memory("a.log", text.as_bytes());
    let head = if kind == "conn" { log.conn_head(&options) } else { log.any_head(&options) }.unwrap();
    let chunks = || -> Vec<Chunk> {
        let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).unwrap();
        std::iter::from_fn(|| stream.next_chunk()).collect()
    };
    let mut table = Table::new(kind);
    match head.schema() {
        Some(schema) => table.add_schema(schema),
        None => {
            let mut keys = Keys::default();
            for chunk in chunks() {
                let mut of_chunk = Keys::default();
                chunk.rows(&options, |row| {
                    of_chunk.add(row);
                    ControlFlow::Continue(())
                });
                keys.merge(of_chunk);
            }
            table.add_keys(&keys);
        }
    }
    let file = FileKind::table(&table).with("oddflow.log", kind);
    let mut writer = Writer::new(Vec::new(), &file, threads).unwrap();
    let (mut refused, mut left_out) = (Vec::new(), BTreeSet::new());
    for chunk in chunks() {
        let mut rows = Rows::new(&table);
        if kind == "conn" {
            chunk.conn_rows(&options, |record, row| {
                refused.extend(rows.push(row, Some(record)).err());
                ControlFlow::Continue(())
            });
        } else {
            chunk.rows(&options, |row| {
                refused.extend(rows.push(row, None).err());
                ControlFlow::Continue(())
            });
        }
        left_out.extend(rows.left_out().iter().cloned());
        writer.write(rows.into_batch()).unwrap();
    }
    Exported { file: writer.finish().unwrap().sink, refused, left_out }
}

/// A value as it was read back, whatever its width.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Whole(i128),
    Real(f64),
    Text(String),
    /// Microseconds since the Unix epoch.
    Time(i64),
    List(Vec<Value>),
}

impl From<&Field> for Value {
    fn from(field: &Field) -> Self {
        match field {
            Field::Null => Self::Null,
            Field::Bool(value) => Self::Bool(*value),
            Field::Long(value) => Self::Whole((*value).into()),
            Field::UShort(value) => Self::Whole((*value).into()),
            Field::ULong(value) => Self::Whole((*value).into()),
            Field::Float(value) => Self::Real((*value).into()),
            Field::Double(value) => Self::Real(*value),
            Field::Str(value) => Self::Text(value.clone()),
            Field::TimestampMicros(value) => Self::Time(*value),
            Field::ListInternal(list) => Self::List(list.elements().iter().map(Self::from).collect()),
            other => panic!("no column is of this type: {other:?}"),
        }
    }
}

/// A row, its columns by name.
pub(crate) type Row = Vec<(String, Value)>;

/// The rows of a file.
pub(crate) fn rows(file: &[u8]) -> Vec<Row> {
    let reader = reader(file);
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        row.get_column_iter().map(|(name, field)| (name.clone(), field.into())).collect()
    })
    .collect()
}

pub(crate) fn metadata(file: &[u8]) -> ParquetMetaData {
    reader(file).metadata().clone()
}

fn reader(bytes: &[u8]) -> SerializedFileReader<std::fs::File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    SerializedFileReader::new(file).unwrap()
}

/// The value of a column.
#[track_caller]
pub(crate) fn value<'r>(row: &'r Row, name: &str) -> &'r Value {
    &row.iter().find(|(column, _)| column == name).unwrap_or_else(|| panic!("no column {name} in {row:?}")).1
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|element| text(element)).collect())
}
