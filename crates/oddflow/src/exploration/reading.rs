//! One pass over the logs, in parallel; what each chunk comes to is put together in the order of the chunks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use oddflow_explore::{Exploration, Health, Options, Partial, ReadProblem, Statistics};
use zeek_log::{Chunk, ChunkReport, LogFile, LogHead, Position, ReadOptions};

use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{Reader, Visit, read};

/// What came of reading.
pub(crate) struct Explored {
    pub(crate) statistics: Statistics,
    pub(crate) problems: ProblemReport,
}

/// What a chunk comes to.
struct Part {
    rows: Partial,
    left_out: u64,
}

/// Reads all logs. `from` and `to` bound the starts of connections, in seconds since the Unix epoch.
pub(crate) fn explore(
    input: Input,
    options: &Options,
    (from, to): (Option<f64>, Option<f64>),
) -> Result<Explored, Failure> {
    let read_options: ReadOptions = input.options.clone();
    let (from, to) = (from.unwrap_or(f64::NEG_INFINITY), to.unwrap_or(f64::INFINITY));
    let work = |chunk: &Chunk| {
        let mut part = Part { rows: Partial::default(), left_out: 0 };
        let report = chunk.conn_rows(&read_options, |record, _| {
            if (from..to).contains(&record.ts) {
                part.rows.add(record);
            } else {
                part.left_out += 1;
            }
            ControlFlow::Continue(())
        });
        (Part { rows: part.rows.settled(), ..part }, report)
    };
    let mut whole =
        Whole { exploration: Exploration::new(options), health: Health::default(), ends: BTreeMap::new() };
    let end = read(input, "exploring", &work, &mut whole)?;
    if end.interrupted {
        return Err(Failure::interrupted("Nothing was written."));
    }
    let Whole { exploration, mut health, ends } = whole;
    health.bytes = ends.values().sum();
    health.problems =
        end.problems.kinds().map(|(kind, count)| ReadProblem { kind: kind.to_string(), count }).collect();
    Ok(Explored { statistics: exploration.finish(&health), problems: end.problems })
}

/// All chunks so far.
struct Whole {
    exploration: Exploration,
    health: Health,
    /// Where reading of each log has come to, in bytes of text.
    ends: BTreeMap<usize, u64>,
}

impl Reader<Part> for Whole {
    fn begin(&mut self, _: &LogFile, _: &LogHead) -> Result<Position, Failure> {
        self.health.files += 1;
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<Part>) -> Result<(), Failure> {
        let Visit { log, value, report } = visit;
        self.ends.insert(log, report.end.bytes);
        self.take_in(value, &report);
        Ok(())
    }
}

impl Whole {
    fn take_in(&mut self, part: Part, report: &ChunkReport) {
        self.health.rows_left_out += part.left_out;
        self.health.other_rows += report.other_rows;
        self.exploration.merge(part.rows);
    }
}
