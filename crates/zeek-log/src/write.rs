//! Writes Zeek logs: TSV with header and footer, or JSON lines; plain or gzipped.
//!
//! What is written here reads back as it was, and every tool that reads Zeek's logs, `zeek-cut` among them,
//! understands it. A row costs no allocation: it is composed in one buffer that is handed on when it is full.
//!
//! The escapes are Zeek's (`Ascii` formatter and writer), with one choice: a backslash is always `\x5c`, never
//! `\\`, so that no reader can take what follows it for an escape.
//!
//! ```
//! use zeek_log::{Schema, write::{Format, Value, Writer}};
//! let schema = Schema::new("odd", &[("ts", "time"), ("note", "string")]);
//! let mut log = Writer::new(Vec::new(), &schema, Format::Tsv, None)?;
//! log.row(&[Value::Time(1.5), Value::Text("a\tb")])?;
//! let bytes = log.finish(None)?;
//! assert!(bytes.ends_with(b"1.500000\ta\\x09b\n"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod column;
mod json;
mod number;
mod output;
#[cfg(test)]
mod tests;
mod tsv;

use std::io::{self, Write};
use std::net::IpAddr;

use jiff::Timestamp;

use self::column::Layout;
pub use self::output::Output;
use crate::{ConnRecord, Schema};

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tab-separated values below a header that names columns and types: what Zeek writes by default.
    Tsv,
    /// One JSON object a line, as Zeek writes with `LogAscii::use_json=T`; an unset value has no key.
    Json,
}

/// One value of a row.
///
/// Numbers that are not finite have no place in a log and are written as unset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value: `-` in TSV, no key in JSON.
    Unset,
    /// `T` or `F`.
    Bool(bool),
    /// Zeek's `count`.
    Count(u64),
    /// Zeek's `int`.
    Int(i64),
    /// Zeek's `double`, in the shortest digits that read back to the same value.
    Double(f64),
    /// Seconds since the Unix epoch, rounded to six decimals.
    Time(f64),
    /// Seconds, rounded to six decimals.
    Interval(f64),
    /// A port, or an ICMP type or code.
    Port(u16),
    /// An IP address.
    Addr(IpAddr),
    /// Text, or the name of an enum.
    Text(&'a str),
    /// A string of bytes, as they came off the wire. Bytes that aren't UTF-8 become `\xNN`, in JSON as text.
    Bytes(&'a [u8]),
    /// A set or vector of texts. A single empty text can't be told from an empty set.
    Set(&'a [&'a str]),
    /// A vector of intervals in seconds, rounded to six decimals.
    Intervals(&'a [f64]),
    /// The text of a field as [`Row::text`](crate::Row::text) hands it on. The column's type says what it is: this
    /// only matters for sets, and in JSON for numbers and booleans.
    Field(&'a str),
}

/// Rows are handed to the output in pieces of about this many bytes.
const FLUSH_AT: usize = 64 * 1024;

/// Writes one log.
///
/// Rows are held back in pieces of 64 KiB: without [`flush`](Self::flush) or [`finish`](Self::finish) the last ones
/// are lost.
#[derive(Debug)]
pub struct Writer<W: Write> {
    output: W,
    buffer: Vec<u8>,
    format: Format,
    layout: Layout,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a log with the given columns. `open` is the time for the header's `#open`; without it that line is
    /// left out.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn new(output: W, schema: &Schema, format: Format, open: Option<Timestamp>) -> io::Result<Self> {
        let buffer = Vec::with_capacity(FLUSH_AT + 4096);
        let mut writer = Self { output, buffer, format, layout: Layout::new(schema), rows: 0 };
        writer.header(schema, open);
        Ok(writer)
    }

    /// Changes the columns of the rows that follow. In TSV this writes a new header below the rows so far.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn change_schema(&mut self, schema: &Schema, open: Option<Timestamp>) -> io::Result<()> {
        self.layout = Layout::new(schema);
        self.header(schema, open);
        self.hand_on()
    }

    /// Writes one row: a value a column, in the order of the schema.
    ///
    /// # Errors
    /// `InvalidInput` where there are more or fewer values than columns; else where the output fails.
    pub fn row(&mut self, values: &[Value<'_>]) -> io::Result<()> {
        if values.len() != self.layout.columns.len() {
            let (values, columns) = (values.len(), self.layout.columns.len());
            let message = format!("a row of {values} values for a log of {columns} columns");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let columns = self.layout.columns.iter().zip(values).map(|(column, &value)| (column, value));
        compose(&mut self.buffer, self.format, columns);
        self.rows += 1;
        self.hand_on()
    }

    /// Writes one connection into whatever columns this log has, by name; columns that a record doesn't know are
    /// unset.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn conn(&mut self, record: &ConnRecord<'_>) -> io::Result<()> {
        self.conn_with(record, &[])
    }

    /// Writes one connection as [`conn`](Self::conn) does, and `extra` values into the last columns.
    ///
    /// # Errors
    /// `InvalidInput` where there are more extra values than columns; else where the output fails.
    pub fn conn_with(&mut self, record: &ConnRecord<'_>, extra: &[Value<'_>]) -> io::Result<()> {
        let Some(own) = self.layout.columns.len().checked_sub(extra.len()) else {
            let message = "more extra values than the log has columns";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        let (own, last) = self.layout.columns.split_at(own);
        let own =
            own.iter().map(|column| (column, column.field.map_or(Value::Unset, |field| field.value(record))));
        let last = last.iter().zip(extra).map(|(column, &value)| (column, value));
        compose(&mut self.buffer, self.format, own.chain(last));
        self.rows += 1;
        self.hand_on()
    }

    /// The number of rows written so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Hands everything composed so far to the output and flushes it.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.write_all(&self.buffer)?;
        self.buffer.clear();
        self.output.flush()
    }

    /// Ends the log, in TSV with a `#close` line where a time is given, and returns the output, flushed.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn finish(mut self, close: Option<Timestamp>) -> io::Result<W> {
        if let (Format::Tsv, Some(close)) = (self.format, close) {
            tsv::time_line(&mut self.buffer, "#close", close);
        }
        self.flush()?;
        Ok(self.output)
    }

    fn header(&mut self, schema: &Schema, open: Option<Timestamp>) {
        if self.format == Format::Tsv {
            tsv::header(&mut self.buffer, schema, open);
        }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        if self.buffer.len() >= FLUSH_AT {
            self.output.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

fn compose<'a>(
    buffer: &mut Vec<u8>,
    format: Format,
    values: impl Iterator<Item = (&'a column::Target, Value<'a>)>,
) {
    match format {
        Format::Tsv => tsv::row(buffer, values),
        Format::Json => json::row(buffer, values),
    }
}
