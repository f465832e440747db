//! Rows on their way through state, scores and incidents: those of a part of a log, or of parts of several loggers' logs in their
//! common order.

use std::sync::Arc;

use oddflow_features::behaviour::Flow;

use super::flows::FlowChunk;
use crate::reading::Visit;

/// Rows in the order in which they go through the state.
pub(super) enum Rows {
    /// A part of a log.
    Part(Box<Visit<FlowChunk>>),
    /// Rows of several.
    Merged(MergedRows),
}

/// Where a row is.
#[derive(Clone, Copy)]
pub(super) struct RowPlace {
    /// Among all rows.
    pub(super) row: usize,
    /// In its part.
    pub(super) in_part: usize,
}

/// Rows of several loggers.
#[derive(Default)]
pub(super) struct MergedRows {
    flows: Vec<Flow>,
    /// The parts that they are of, each with its log.
    parts: Vec<(usize, Arc<FlowChunk>)>,
    /// Part and place in it of each row.
    origins: Vec<(u32, u32)>,
}

impl Rows {
    pub(super) fn flows(&self) -> &[Flow] {
        match self {
            Self::Part(visit) => &visit.value.flows,
            Self::Merged(rows) => &rows.flows,
        }
    }

    /// Part and place in it of a row.
    pub(super) fn origin(&self, row: usize) -> (usize, usize) {
        match self {
            Self::Part(_) => (0, row),
            Self::Merged(rows) => rows.origin(row),
        }
    }

    /// The parts that they are of.
    pub(super) fn parts(&self) -> impl Iterator<Item = &FlowChunk> {
        let (one, several) = match self {
            Self::Part(visit) => (Some(&visit.value), &[][..]),
            Self::Merged(rows) => (None, &rows.parts[..]),
        };
        one.into_iter().chain(several.iter().map(|(_, part)| &**part))
    }

    /// A part by its number.
    pub(super) fn part(&self, number: usize) -> &FlowChunk {
        match self {
            Self::Part(visit) => &visit.value,
            Self::Merged(rows) => &rows.parts[number].1,
        }
    }
}

impl MergedRows {
    /// Takes in the next row.
    pub(super) fn push(&mut self, log: usize, part: &Arc<FlowChunk>, place: usize) {
        // The part of this row is among the last ones, one a logger.
        let known = self.parts.iter().rposition(|(_, known)| Arc::ptr_eq(known, part));
        let number = known.unwrap_or_else(|| {
            self.parts.push((log, Arc::clone(part)));
            self.parts.len() - 1
        });
        self.flows.push(part.flows[place]);
        self.origins.push((number as u32, place as u32));
    }

    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }

    /// The log of a row.
    pub(super) fn log(&self, row: usize) -> usize {
        self.parts[self.origins[row].0 as usize].0
    }

    /// Part and place in it of a row.
    pub(super) fn origin(&self, row: usize) -> (usize, usize) {
        let (part, place) = self.origins[row];
        (part as usize, place as usize)
    }

    /// The parts: log, part, and of some rows those that are of it.
    pub(super) fn parts<'r>(
        &'r self,
        rows: &'r [usize],
    ) -> impl Iterator<Item = (usize, &'r FlowChunk, Vec<RowPlace>)> {
        self.parts.iter().enumerate().map(move |(number, (log, part))| {
            let of_part = rows.iter().filter(|row| self.origins[**row].0 as usize == number);
            (
                *log,
                &**part,
                of_part.map(|row| RowPlace { row: *row, in_part: self.origins[*row].1 as usize }).collect(),
            )
        })
    }
}
