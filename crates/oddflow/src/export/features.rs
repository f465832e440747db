//! The features of a recipe, a row for each connection.
//!
//! Features of `behaviour` depend on the rows before: all rows that no filter leaves out go through its state, also those before
//! `--from`; those within the time are written.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use oddflow_features::behaviour::{Features, Fields, Flow, FlowReader, NUMERIC, State, WIDTH};
use oddflow_features::classic::ClassicEncoder;
use oddflow_parquet::{FeatureColumns, FeatureRows, FileKind};
use zeek_log::{Chunk, ChunkReport, ConnRecord, LogFile, LogHead, Position, ReadOptions, Schema};

use super::Exported;
use super::destination::{Destination, Writing};
use super::find::Found;
use super::recipe::{Maker, Source};
use super::selection::Selection;
use crate::failure::Failure;
use crate::reading::{Reader, Visit, read};

/// Rows whose entries of the state are brought into the cache together: few enough to find room there.
const AHEAD: usize = 32;

/// Columns before the features: time and uid.
const LEADING: usize = 2;

/// Writes the features of connections.
pub(crate) fn export_features(
    found: Found,
    source: Source,
    selection: &Selection<'_>,
    destination: Destination,
) -> Result<Exported, Failure> {
    if found.kind != "conn" && !found.input.logs.is_empty() {
        return Err(Failure::usage(
            format!("recipes look at connections, and these logs are `{}`", found.kind),
            "Name conn logs, or leave out --recipe and --model to export the logs themselves.",
        ));
    }
    let columns = source.columns();
    let file = (source.metadata().into_iter())
        .fold(FileKind::features(&columns), |file, (key, value)| file.with(key, value));
    let writing = destination.write(&file, found.input.threads)?;
    let (how, state) = match source.maker {
        Maker::Classic(encoder) => (How::Classic(encoder), None),
        Maker::Behaviour(state, reader) => (How::Behaviour(reader), Some(state)),
    };
    let work = Work { columns: &columns, how, selection, options: found.input.options.clone() };
    let mut into = Into { writing, state, features: Features::default(), logs: 0, left_out: 0 };
    let end = read(found.input, "exporting", &|chunk| work.chunk(chunk), &mut into)?;
    if end.interrupted {
        return Err(Failure::interrupted("Nothing was written."));
    }
    let Into { writing, logs, left_out, .. } = into;
    let whole = writing.finish()?;
    Ok(Exported {
        rows: whole.rows,
        columns: LEADING + columns.features(),
        row_groups: whole.row_groups,
        bytes: whole.bytes,
        logs,
        left_out,
        missing: BTreeSet::new(),
        problems: end.problems,
    })
}

/// What a thread makes of a record.
enum How {
    /// Its features.
    Classic(Box<ClassicEncoder>),
    /// A flow, for the state to make features of.
    Behaviour(FlowReader),
}

/// The work on one chunk, in any thread.
struct Work<'w> {
    columns: &'w FeatureColumns,
    how: How,
    selection: &'w Selection<'w>,
    options: ReadOptions,
}

/// What came of a chunk.
struct Part {
    rows: FeatureRows,
    /// Behaviour: the flows, and of each whether its features are written.
    flows: Vec<(Flow, bool)>,
    left_out: u64,
}

impl Work<'_> {
    fn chunk(&self, chunk: &Chunk) -> (Part, ChunkReport) {
        let mut part = Part { rows: FeatureRows::new(self.columns), flows: Vec::new(), left_out: 0 };
        let mut encoded = vec![0.0; self.columns.features()];
        let mut reader: Option<(*const Schema, FlowReader)> = None;
        let report = chunk.conn_rows(&self.options, |record, row| {
            if self.selection.excludes(record) {
                part.left_out += 1;
                return ControlFlow::Continue(());
            }
            let is_written = self.selection.holds_time(Some(record.ts));
            part.add(record, is_written);
            match &self.how {
                How::Classic(encoder) if is_written => {
                    encoder.encode(record, &mut encoded);
                    part.rows.push_features(encoded.iter().copied(), None);
                }
                How::Classic(_) => {}
                How::Behaviour(model) => {
                    // Only JSON's columns change from row to row, and there nothing is known to be absent.
                    let schema = std::ptr::from_ref(row.schema());
                    if reader.as_ref().is_none_or(|(known, _)| *known != schema) {
                        let absent = model.absent.union(Fields::absent(row.schema(), row.is_json()));
                        reader = Some((schema, FlowReader { absent, ..model.clone() }));
                    }
                    part.flows.extend(reader.iter().map(|(_, reader)| (reader.flow(record), is_written)));
                }
            }
            ControlFlow::Continue(())
        });
        (part, report)
    }
}

impl Part {
    fn add(&mut self, record: &ConnRecord<'_>, is_written: bool) {
        if is_written {
            self.rows.push_connection(record);
        } else {
            self.left_out += 1;
        }
    }

    /// Takes the flows through a state, which makes features of them.
    fn track(&mut self, state: &mut State, features: &mut Features) {
        let mut ahead = Vec::with_capacity(AHEAD);
        for flows in self.flows.chunks(AHEAD) {
            ahead.clear();
            ahead.extend(flows.iter().map(|(flow, _)| *flow));
            state.prefetch(&ahead);
            for (flow, is_written) in flows {
                state.update(flow, features);
                if *is_written {
                    let unknown = (!flow.absent.is_empty()).then(|| flow.absent.unknown_columns());
                    let values = (0..WIDTH).map(|column| match column.checked_sub(NUMERIC) {
                        None => features.numbers[column],
                        Some(token) => f32::from(u8::from(features.tokens >> token & 1 == 1)),
                    });
                    self.rows.push_features(values, unknown.as_ref().map(|unknown| &unknown[..]));
                }
            }
        }
    }
}

/// Where parts go, in order.
struct Into {
    writing: Writing,
    state: Option<Box<State>>,
    features: Features,
    logs: u64,
    left_out: u64,
}

impl Reader<Part> for Into {
    fn begin(&mut self, _: &LogFile, _: &LogHead) -> Result<Position, Failure> {
        self.logs += 1;
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<Part>) -> Result<(), Failure> {
        let mut part = visit.value;
        if let Some(state) = &mut self.state {
            part.track(state, &mut self.features);
        }
        self.left_out += part.left_out;
        self.writing.add(part.rows.into_batch())
    }
}
