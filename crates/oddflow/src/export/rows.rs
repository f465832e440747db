//! The rows of logs, column by column.
//!
//! The columns must be known before the first row is written: headers declare them, and where logs are JSON all of their rows are
//! looked at first.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use oddflow_parquet::{Batch, FileKind, Keys, Rows, Table};
use zeek_log::{
    Chunk, ChunkReport, ConnRecord, LogFile, LogHead, Position, Problems, ReadOptions, Row, value,
};

use super::Exported;
use super::destination::{Destination, Writing};
use super::find::{Found, is_of_another_kind};
use super::selection::Selection;
use crate::failure::Failure;
use crate::input::{Input, Logs};
use crate::reading::{Reader, Visit, read};

/// Writes the selected rows of logs.
pub(crate) fn export_rows(
    found: Found,
    selection: &Selection<'_>,
    destination: Destination,
) -> Result<Exported, Failure> {
    let table = table(&found)?;
    check(selection, &table)?;
    let options = found.input.options.clone();
    let work = |chunk: &Chunk| Work { table: &table, selection, options: &options }.chunk(chunk);
    let file = FileKind::table(&table).with("oddflow.log", table.log());
    let mut into = Into {
        writing: destination.write(&file, found.input.threads)?,
        logs: 0,
        left_out: 0,
        missing: BTreeSet::new(),
    };
    let end = read(found.input, "exporting", &work, &mut into)?;
    if end.interrupted {
        return Err(Failure::interrupted("Nothing was written."));
    }
    let Into { writing, logs, left_out, missing } = into;
    let whole = writing.finish()?;
    Ok(Exported {
        rows: whole.rows,
        columns: table.columns().len(),
        row_groups: whole.row_groups,
        bytes: whole.bytes,
        logs,
        left_out,
        missing,
        problems: end.problems,
    })
}

/// The columns of all logs.
fn table(found: &Found) -> Result<Table, Failure> {
    let mut table = Table::new(&found.kind);
    let mut json = Logs::new();
    for (log, head) in &found.input.logs {
        match head.schema() {
            Some(schema) => table.add_schema(schema),
            None if log.is_pipe() => {
                return Err(Failure::usage(
                    "the columns of JSON are known at its end, and a pipe can be read only once",
                    "Write it to a file first.",
                ));
            }
            None => json.push((log.clone(), head.clone())),
        }
    }
    if !json.is_empty() {
        table.add_keys(&keys(json, found)?);
    }
    if table.columns().is_empty() {
        if !table.is_conn() && !found.input.logs.is_empty() && !table.log().is_empty() {
            return Err(no_columns(table.log()));
        }
        // Nothing happened and nothing says what would have: the columns of conn at least make a table.
        table = Table::new("conn");
        table.add_schema(&zeek_log::Schema::conn());
    }
    Ok(table)
}

fn no_columns(kind: &str) -> Failure {
    Failure::usage(
        format!("these logs have no row of `{kind}`, nor a header that says its columns"),
        "Name logs that have, or another kind with --log.",
    )
}

/// Looks at all rows of JSON logs for their keys. What can't be read is told when they are read again.
fn keys(logs: Logs, found: &Found) -> Result<Keys, Failure> {
    struct Merged(Keys);
    impl Reader<Keys> for Merged {
        fn begin(&mut self, _: &LogFile, _: &LogHead) -> Result<Position, Failure> {
            Ok(Position::default())
        }

        fn take(&mut self, visit: Visit<Keys>) -> Result<(), Failure> {
            self.0.merge(visit.value);
            Ok(())
        }
    }
    let Input { ref options, threads, strict, .. } = found.input;
    let work = |chunk: &Chunk| {
        let mut keys = Keys::default();
        let report = chunk.rows(options, |row| {
            if !is_of_another_kind(row, &found.kind) {
                keys.add(row);
            }
            ControlFlow::Continue(())
        });
        (keys, report)
    };
    let input = Input { logs, left_out: 0, options: options.clone(), threads, strict, for_service: false };
    let mut merged = Merged(Keys::default());
    let end = read(input, "looking", &work, &mut merged)?;
    if end.interrupted { Err(Failure::interrupted("Nothing was written.")) } else { Ok(merged.0) }
}

/// Refuses a selection by what the logs don't have.
fn check(selection: &Selection<'_>, table: &Table) -> Result<(), Failure> {
    if selection.has_filters() && !table.is_conn() {
        return Err(Failure::usage(
            format!("--exclude looks at connections, and these logs are `{}`", table.log()),
            "Leave it out, and filter where the file is read.",
        ));
    }
    if selection.bounds_time() && !table.columns().iter().any(|column| column.name == "ts") {
        return Err(Failure::usage(
            "--from and --to look at the column `ts`, and these logs have none",
            "Leave them out.",
        ));
    }
    Ok(())
}

/// The work on one chunk, in any thread.
struct Work<'w> {
    table: &'w Table,
    selection: &'w Selection<'w>,
    options: &'w ReadOptions,
}

/// What came of a chunk.
struct Part {
    rows: Batch,
    left_out: u64,
    missing: BTreeSet<String>,
}

/// What became of a row.
#[derive(Default)]
struct Tally {
    left_out: u64,
    other_rows: u64,
    bad_rows: u64,
    problems: Problems,
}

impl Work<'_> {
    fn chunk(&self, chunk: &Chunk) -> (Part, ChunkReport) {
        let mut rows = Rows::new(self.table);
        let mut tally = Tally::default();
        let mut report = if self.table.is_conn() {
            chunk.conn_rows(self.options, |record, row| {
                if self.selection.holds_time(Some(record.ts)) && !self.selection.excludes(record) {
                    tally.push(&mut rows, row, Some(record));
                } else {
                    tally.left_out += 1;
                }
                ControlFlow::Continue(())
            })
        } else {
            chunk.rows(self.options, |row| {
                if is_of_another_kind(row, self.table.log()) {
                    tally.other_rows += 1;
                } else if self.holds_time(row) {
                    tally.push(&mut rows, row, None);
                } else {
                    tally.left_out += 1;
                }
                ControlFlow::Continue(())
            })
        };
        report.rows -= tally.other_rows + tally.bad_rows;
        report.other_rows += tally.other_rows;
        report.problems.merge(&tally.problems);
        let missing = rows.left_out().clone();
        (Part { rows: rows.into_batch(), left_out: tally.left_out, missing }, report)
    }

    fn holds_time(&self, row: &Row<'_>) -> bool {
        !self.selection.bounds_time()
            || self.selection.holds_time(row.get("ts").and_then(|ts| value::time(ts.as_bytes())))
    }
}

impl Tally {
    fn push(&mut self, rows: &mut Rows<'_>, row: &Row<'_>, record: Option<&ConnRecord<'_>>) {
        if let Err(bad) = rows.push(row, record) {
            self.bad_rows += 1;
            self.problems.add(bad.kind, row.line(), || bad.detail);
        }
    }
}

/// Where parts go, in order.
struct Into {
    writing: Writing,
    logs: u64,
    left_out: u64,
    missing: BTreeSet<String>,
}

impl Reader<Part> for Into {
    fn begin(&mut self, _: &LogFile, _: &LogHead) -> Result<Position, Failure> {
        self.logs += 1;
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<Part>) -> Result<(), Failure> {
        self.left_out += visit.value.left_out;
        self.missing.extend(visit.value.missing);
        self.writing.add(visit.value.rows)
    }
}
