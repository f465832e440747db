//! One pass over the logs, in parallel; what each chunk comes to is put together in the order of the chunks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use oddflow_explore::{Exploration, Health, Options, Partial, ReadProblem, Statistics};
use zeek_filter::Filters;
use zeek_log::{Chunk, ChunkReport, ConnRecord, LogFile, LogHead, Position, ReadOptions};

use super::scores::{Judge, JudgedChunk, Subject};
use crate::arguments::CompanionArguments;
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{Reader, Visit, read};

/// What came of reading.
pub(crate) struct Explored {
    pub(crate) statistics: Statistics,
    pub(crate) problems: ProblemReport,
}

/// What is wanted.
pub(crate) struct Asked<'a> {
    pub(crate) options: &'a Options,
    /// Connections that began from here on, in seconds since the Unix epoch.
    pub(crate) from: Option<f64>,
    /// Those that began before.
    pub(crate) to: Option<f64>,
    /// The model that scores them.
    pub(crate) subject: Option<&'a Subject>,
    pub(crate) companions: &'a CompanionArguments,
    /// Connections that one of these means, where there are any.
    pub(crate) only: Option<&'a Filters>,
    /// Is told how many bytes of text were read by now, and says whether to go on.
    pub(crate) watch: Option<&'a dyn Fn(u64) -> bool>,
}

/// What a chunk comes to.
struct Part {
    rows: Partial,
    left_out: u64,
    /// Start of the earliest and the latest of these.
    left_out_span: Option<[f64; 2]>,
    judged: Option<JudgedChunk>,
}

/// Reads all logs.
pub(crate) fn explore(input: Input, asked: &Asked<'_>) -> Result<Explored, Failure> {
    let Asked { options, subject, .. } = asked;
    let read_options: ReadOptions = input.options.clone();
    let (from, to) = (asked.from.unwrap_or(f64::NEG_INFINITY), asked.to.unwrap_or(f64::INFINITY));
    let only = asked.only;
    let counts = |record: &ConnRecord<'_>| {
        (from..to).contains(&record.ts) && only.is_none_or(|only| only.matches(record))
    };
    let work = |chunk: &Chunk| {
        let mut part =
            Part { rows: Partial::new(&options.local), left_out: 0, left_out_span: None, judged: None };
        let report = chunk.conn_rows(&read_options, |record, _| {
            if counts(record) {
                part.rows.add(record);
            } else {
                part.left_out += 1;
                widen(&mut part.left_out_span, [record.ts; 2]);
            }
            ControlFlow::Continue(())
        });
        part.judged = subject.map(|subject| subject.chunk(chunk, &read_options, &counts));
        (Part { rows: part.rows.settled(), ..part }, report)
    };
    let judge =
        subject.map(|subject| Judge::new(subject, &input, &options.zone, asked.companions)).transpose()?;
    let mut whole = Whole {
        exploration: Exploration::new(options),
        health: Health::default(),
        ends: BTreeMap::new(),
        judge,
        watch: asked.watch,
    };
    let end = read(input, "exploring", &work, &mut whole)?;
    if end.interrupted {
        return Err(Failure::interrupted("Nothing was written."));
    }
    let Whole { exploration, mut health, ends, judge, .. } = whole;
    let mut problems = end.problems;
    health.asked = [asked.from, asked.to];
    health.bytes = ends.values().sum();
    health.problems =
        problems.kinds().map(|(kind, count)| ReadProblem { kind: kind.to_string(), count }).collect();
    let mut statistics = exploration.finish(&health);
    if let (Some(judge), Some(subject)) = (judge, subject) {
        let (scores, beside) = judge.finish(subject);
        statistics.scores = Some(scores);
        problems.merge(beside);
    }
    Ok(Explored { statistics, problems })
}

/// Makes a span reach as far as another.
fn widen(span: &mut Option<[f64; 2]>, other: [f64; 2]) {
    let [first, last] = span.unwrap_or(other);
    *span = Some([first.min(other[0]), last.max(other[1])]);
}

/// All chunks so far.
struct Whole<'a> {
    exploration: Exploration,
    health: Health,
    /// Where reading of each log has come to, in bytes of text.
    ends: BTreeMap<usize, u64>,
    judge: Option<Judge<'a>>,
    watch: Option<&'a dyn Fn(u64) -> bool>,
}

impl Reader<Part> for Whole<'_> {
    fn begin(&mut self, log: &LogFile, head: &LogHead) -> Result<Position, Failure> {
        self.health.files += 1;
        if let Some(judge) = &mut self.judge {
            judge.begin(log, head);
        }
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<Part>) -> Result<(), Failure> {
        let Visit { log, value, report } = visit;
        self.ends.insert(log, report.end.bytes);
        if let (Some(judge), Some(judged)) = (&mut self.judge, &value.judged) {
            judge.take(log, judged);
        }
        self.take_in(value, &report);
        match self.watch {
            Some(watch) if !watch(self.ends.values().sum()) => {
                Err(Failure::interrupted("Nothing was written."))
            }
            _ => Ok(()),
        }
    }
}

impl Whole<'_> {
    fn take_in(&mut self, part: Part, report: &ChunkReport) {
        self.health.rows_left_out += part.left_out;
        if let Some(span) = part.left_out_span {
            widen(&mut self.health.left_out, span);
        }
        self.health.other_rows += report.other_rows;
        self.exploration.merge(part.rows);
    }
}
