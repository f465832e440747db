//! The features of a recipe, a row for each connection.
//!
//! Features of `behaviour` depend on the rows before, so that all rows that no filter leaves out go through its state, also those
//! before `--from`; those within the time are written.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use oddflow_features::behaviour::{Features, Fields, Flow, NUMERIC, State, TOKENS};
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
    let mut file = FileKind::features(&columns);
    for (key, value) in source.metadata() {
        file = file.with(key, value);
    }
    let writing = destination.write(&file, found.input.threads)?;
    let work = Work { columns: &columns, selection, options: found.input.options.clone() };
    let (end, into) = match source.maker {
        Maker::Classic(encoder) => {
            let work = |chunk: &Chunk| {
                let mut values = vec![0.0; encoder.width()];
                work.chunk(chunk, &mut |_, record, rows| {
                    if let Some(rows) = rows {
                        encoder.encode(record, &mut values);
                        rows.push_features(values.iter().copied(), None);
                    }
                })
            };
            let mut into = Into::new(writing, |_: &mut Part, ()| {});
            (read(found.input, "exporting", &|chunk| with(work(chunk), ()), &mut into)?, into.done)
        }
        Maker::Behaviour(mut state, reader) => {
            let work = |chunk: &Chunk| {
                let (mut flows, mut reader) = (Flows::default(), reader.clone());
                let absent = reader.absent;
                let part = work.chunk(chunk, &mut |lacking, record, rows| {
                    reader.absent = absent.union(lacking);
                    flows.flows.push(reader.flow(record));
                    flows.written.push(rows.is_some());
                });
                with(part, flows)
            };
            let mut into = Into::new(writing, |part: &mut Part, flows: Flows| flows.track(&mut state, &mut part.rows));
            (read(found.input, "exporting", &work, &mut into)?, into.done)
        }
    };
    let _ = (end, into);
    todo!()
}
