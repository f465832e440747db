//! Rows of a log to columns, a chunk at a time, in any thread.

use std::collections::BTreeSet;

use zeek_log::{ConnField, ConnRecord, ProblemKind, Row, Schema};

use crate::buffer::Buffer;
use crate::column_type::ColumnType;
use crate::error::BadValue;
use crate::table::{Column, Table};
use crate::writer::Batch;

/// Rows of one chunk of a log, as columns of a table.
#[derive(Debug)]
pub struct Rows<'t> {
    table: &'t Table,
    buffers: Vec<Buffer>,
    sources: Vec<Source>,
    /// The schema that the sources are of, and how many columns it had: JSON's grows with its rows.
    bound: Option<(*const Schema, usize)>,
    /// Columns of that schema that the table lacks and of which no value has come yet.
    unplaced: Vec<usize>,
    rows: usize,
    left_out: BTreeSet<String>,
}

/// Where the values of a column come from.
#[derive(Debug)]
enum Source {
    /// The typed record.
    Record(ConnField),
    /// Columns of the row; the first that is set counts. Mostly one, none where the log lacks it.
    Cells(Vec<usize>),
}

impl<'t> Rows<'t> {
    /// No rows yet.
    #[must_use]
    pub fn new(table: &'t Table) -> Self {
        Self {
            table,
            buffers: table.columns().iter().map(|column| Buffer::new(column.kind)).collect(),
            sources: Vec::new(),
            bound: None,
            unplaced: Vec::new(),
            rows: 0,
            left_out: BTreeSet::new(),
        }
    }

    /// Adds a row, and the record that was read of it where it is one of a conn log.
    ///
    /// # Errors
    /// When a value isn't of its column's type. Nothing of the row is kept then.
    pub fn push(&mut self, row: &Row<'_>, record: Option<&ConnRecord<'_>>) -> Result<(), BadValue> {
        self.bind(row.schema());
        let columns = self.table.columns();
        for ((column, buffer), source) in columns.iter().zip(&mut self.buffers).zip(&self.sources) {
            let pushed = match source {
                Source::Record(field) => match record {
                    Some(record) => buffer.push(field.value(record)),
                    None => {
                        buffer.push_unset();
                        Ok(())
                    }
                },
                Source::Cells(cells) => push_cell(buffer, column.kind, row, cells),
            };
            if let Err(kind) = pushed {
                let value = match source {
                    Source::Cells(cells) => cells.iter().find_map(|&cell| row.raw(cell)),
                    Source::Record(_) => None,
                };
                let bad = BadValue::new(kind, &column.name, value.unwrap_or_default());
                self.buffers.iter_mut().for_each(|buffer| buffer.truncate(self.rows));
                return Err(bad);
            }
        }
        self.rows += 1;
        // JSON that mixes logs has keys that rows of this one never set: nothing of those is missed.
        self.unplaced.retain(|&at| {
            let is_set = row.text(at).is_some();
            if is_set {
                self.left_out.insert(row.schema().columns[at].name.clone());
            }
            !is_set
        });
        Ok(())
    }

    /// Columns that the rows have values of and the table doesn't have: those of a header within a log, or keys that came after the table was
    /// made. Their values are not in the rows.
    #[must_use]
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    /// The rows as columns.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        let columns = self.buffers.into_iter().map(Buffer::into_array).collect();
        Batch::new(self.table.arrow(), columns, self.rows)
    }

    /// Finds the table's columns in a schema.
    fn bind(&mut self, schema: &Schema) {
        let now = (std::ptr::from_ref(schema), schema.columns.len());
        if self.bound == Some(now) {
            return;
        }
        self.bound = Some(now);
        let is_conn = self.table.is_conn();
        // A record has sets as one text, the row their elements.
        let source = |column: &Column| match ConnField::named(&column.name) {
            Some(field) if is_conn && !column.kind.is_list => Source::Record(field),
            _ => Source::Cells(Vec::new()),
        };
        self.sources = self.table.columns().iter().map(source).collect();
        self.unplaced.clear();
        for (at, column) in schema.columns.iter().enumerate() {
            match self.table.place(self.table.name_of(&column.name)) {
                Some(place) => {
                    if let Source::Cells(cells) = &mut self.sources[place] {
                        cells.push(at);
                    }
                }
                None => self.unplaced.push(at),
            }
        }
    }
}

fn push_cell(
    buffer: &mut Buffer,
    kind: ColumnType,
    row: &Row<'_>,
    cells: &[usize],
) -> Result<(), ProblemKind> {
    if kind.is_list {
        if let Some((cell, elements)) = cells.iter().find_map(|&cell| Some((cell, row.elements(cell)?))) {
            let dash_is_text = dash_is_text(row, cell);
            return buffer.push_list(elements.iter().map(|element| match element.as_str() {
                "-" if !dash_is_text => None,
                element => Some(element),
            }));
        }
    } else if let Some(text) = cells.iter().find_map(|&cell| row.text(cell)) {
        return buffer.push_text(&text);
    }
    buffer.push_unset();
    Ok(())
}

/// Whether a list's element `-` is that text. Unset elements are written so too; Zeek escapes the text where it means it.
fn dash_is_text(row: &Row<'_>, cell: usize) -> bool {
    row.raw(cell).unwrap_or_default().contains(if row.is_json() { "\"-\"" } else { "\\x2d" })
}
