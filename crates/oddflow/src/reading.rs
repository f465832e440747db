//! Reading logs to their ends: the loop that training, detection and evaluation share.
//!
//! Invariant: parts of logs are handed over in the order of the logs and of their rows, whatever the number of threads; a log
//! that has two names is read once.

use std::collections::HashMap;
use std::ops::ControlFlow;

use zeek_log::{Chunk, ChunkReport, LogFile, LogHead, LogIdentity, Part, Planned, Position, read_parallel};

use crate::failure::Failure;
use crate::input::{Input, ProblemReport, distinct};
use crate::interrupt;
use crate::progress::Progress;

/// What came of a part of a log.
pub(crate) struct Visit<T> {
    /// Which log, in the order in which they were begun.
    pub(crate) log: usize,
    /// What the work made of it.
    pub(crate) value: T,
    /// What was read.
    pub(crate) report: ChunkReport,
}

/// What a reading came to.
#[derive(Default)]
pub(crate) struct ReadEnd {
    /// What could not be read.
    pub(crate) problems: ProblemReport,
    /// Whether the user stopped it.
    pub(crate) interrupted: bool,
}

/// Who takes what is read, in the caller's thread.
pub(crate) trait Reader<T> {
    /// A log is begun: where to read from.
    fn begin(&mut self, log: &LogFile, head: &LogHead) -> Result<Position, Failure>;

    /// The next part, in order.
    fn take(&mut self, visit: Visit<T>) -> Result<(), Failure>;
}

/// Reads all logs. `work` runs in any thread.
pub(crate) fn read<T: Send>(
    input: Input,
    verb: &'static str,
    work: &(dyn Fn(&Chunk) -> (T, ChunkReport) + Sync),
    reader: &mut dyn Reader<T>,
) -> Result<ReadEnd, Failure> {
    let mut progress = (!input.for_service).then(|| Progress::reading(verb, input.size()));
    let Input { logs, left_out, options, threads, strict, for_service } = input;
    let mut problems = ProblemReport::starting(left_out);
    let mut ends: HashMap<LogIdentity, Position> = HashMap::new();
    let mut begun = 0;
    let mut left = logs;
    while !left.is_empty() && !interrupt::requested() {
        let (now, later) = distinct(left);
        left = later;
        let first = begun;
        begun += now.len();
        let plan = now
            .into_iter()
            .map(|(log, head)| {
                let from = reader.begin(&log, &head)?;
                let end = head.identity.as_ref().and_then(|identity| ends.get(identity)).copied();
                Ok(Planned { log, head, from: from.max(end.unwrap_or_default()) })
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let mut failure = None;
        let mut lost = Vec::new();
        read_parallel(&plan, &options, threads, work, |file, read| {
            let planned = &plan[file];
            let taken = match read {
                Ok(Part { last, value: (value, report) }) => {
                    if let Some(identity) = &planned.head.identity {
                        let end = ends.entry(identity.clone()).or_default();
                        *end = report.end.max(*end);
                    }
                    let size = if last { planned.log.size().unwrap_or(0) } else { 0 };
                    if let Some(progress) = &mut progress {
                        progress.rows(report.rows, size);
                    }
                    problems.add_other_rows(report.other_rows);
                    problems
                        .add(planned.log.name(), &report.problems, strict)
                        .and_then(|()| reader.take(Visit { log: first + file, value, report }))
                }
                Err(error) => {
                    lost.push(error);
                    Ok(())
                }
            };
            match taken {
                Ok(()) if for_service && !lost.is_empty() => ControlFlow::Break(()),
                Ok(()) => interrupt::check(),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        let is_held_back = for_service && !lost.is_empty();
        lost.into_iter().try_for_each(|error| problems.add_lost(error, strict))?;
        if is_held_back {
            break;
        }
    }
    Ok(ReadEnd { problems, interrupted: interrupt::requested() })
}
