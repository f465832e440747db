//! The work on one chunk of a log, in any thread: from text to flows.

use std::ops::ControlFlow;

use oddflow_detector::behaviour::Model;
use oddflow_features::behaviour::{Fields, Flow};
use oddflow_rollups::{Builders, ChunkRows};
use zeek_filter::Filters;
use zeek_log::{Chunk, ChunkReport, Position, ReadOptions, Schema};

use super::counting::seen;

/// The flows of a chunk, and the chunk itself to read single rows again.
pub(crate) struct FlowChunk {
    pub(crate) flows: Vec<Flow>,
    /// The uid of each row, where they are asked for.
    pub(crate) uids: Vec<Box<str>>,
    /// Where each row lies.
    pub(crate) positions: Vec<Position>,
    /// Earliest and latest start of a connection.
    pub(crate) span: Option<(f64, f64)>,
    /// Columns that its log lacks.
    pub(crate) absent: Fields,
    /// Rows that the filters left out.
    pub(crate) excluded: u64,
    /// The columns of its logs, each with the first of its rows; `None` for JSON, which doesn't say them beforehand.
    pub(crate) schemas: Vec<(usize, Option<Vec<String>>)>,
    /// What is counted of the rows, where that is asked for.
    pub(crate) traffic: Box<ChunkRows>,
    pub(crate) chunk: Chunk,
}

/// How chunks become flows.
pub(crate) struct FlowWork<'m> {
    pub(crate) model: &'m Model,
    pub(crate) options: ReadOptions,
    pub(crate) exclude: &'m Filters,
    /// Whether uids are kept.
    pub(crate) keeps_uids: bool,
    /// What makes rows ready to be counted; `None` where traffic is not.
    pub(crate) traffic: Option<&'m Builders>,
}

impl FlowWork<'_> {
    pub(crate) fn chunk(&self, chunk: &Chunk) -> (FlowChunk, ChunkReport) {
        let rows = chunk.len() / 100;
        let (mut flows, mut positions) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut uids = Vec::new();
        let (mut span, mut excluded, mut absent): (Option<(f64, f64)>, _, _) = (None, 0, Fields::NONE);
        let mut traffic = self.traffic.map(|builders| builders.begin(rows));
        let mut reader = self.model.reader(Fields::NONE);
        let mut schema: Option<*const Schema> = None;
        let mut schemas: Vec<(usize, Option<Vec<String>>)> = Vec::new();
        let report = chunk.conn_rows(&self.options, |record, row| {
            // Only JSON's columns change from row to row, and there nothing is known to be absent.
            if schema != Some(std::ptr::from_ref(row.schema())) {
                schema = Some(std::ptr::from_ref(row.schema()));
                let lacking = Fields::absent(row.schema(), row.is_json());
                absent = absent.union(lacking);
                reader = self.model.reader(lacking);
                let names = || row.schema().columns.iter().map(|column| column.name.clone()).collect();
                let columns = (!row.is_json()).then(names);
                // Of JSON each row may be of another schema.
                if columns.is_some() || schemas.last().is_none_or(|(_, last)| last.is_some()) {
                    schemas.push((flows.len(), columns));
                }
            }
            if self.exclude.matches(record) {
                excluded += 1;
                return ControlFlow::Continue(());
            }
            let (first, last) = span.unwrap_or((record.ts, record.ts));
            span = Some((first.min(record.ts), last.max(record.ts)));
            flows.push(reader.flow(record));
            if let Some((traffic, flow)) = traffic.as_mut().zip(flows.last()) {
                traffic.push(record, &seen(flow));
            }
            positions.push(row.position());
            if self.keeps_uids {
                uids.push(record.uid.unwrap_or_default().into());
            }
            ControlFlow::Continue(())
        });
        let chunk = chunk.clone();
        let traffic = self.traffic.zip(traffic).map(|(builders, builder)| builders.finish(builder));
        let traffic = Box::new(traffic.unwrap_or_default());
        (FlowChunk { flows, uids, positions, span, absent, excluded, schemas, traffic, chunk }, report)
    }
}
