//! Reads the test: each row is scored by the detectors that go through logs, labelled, and kept in short for the others.
//!
//! All rows of the test are held in memory, some 250 bytes each.

use std::ops::ControlFlow;

use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_detector::classic::{Detector, Model as ClassicModel};
use oddflow_evaluate::baselines::SimpleRow;
use oddflow_evaluate::{Join, JoinReport, Labels, Truth};
use oddflow_features::behaviour::{Fields, LocalNetworks};
use zeek_filter::Filters;
use zeek_log::{Chunk, ConnRecord, LogFile, LogHead, Position, ReadOptions};

use super::judged::{Judged, TestRows};
use super::rivals::{judge_classic, simple};
use super::scores::Name;
use super::watch::{Observed, Watch};
use crate::arguments::CompanionArguments;
use crate::companions::{Companions, Unread};
use crate::detection::behaviour::{FlowChunk, FlowWork};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{Reader, Visit, read};

/// What to do with a test.
pub(crate) struct Task<'t> {
    pub(crate) labels: &'t Labels,
    pub(crate) behaviour: Option<&'t BehaviourModel>,
    /// A model, and its threshold.
    pub(crate) classic: Option<(&'t ClassicModel, Option<f64>)>,
    pub(crate) budget: f64,
    pub(crate) local: &'t LocalNetworks,
    pub(crate) exclude: &'t Filters,
    pub(crate) companions: &'t CompanionArguments,
    /// Whether the rows' names are wanted.
    pub(crate) names: bool,
}

/// What came of it.
pub(crate) struct Test {
    pub(crate) rows: TestRows,
    /// The rows as plain detectors see them.
    pub(crate) simple: Vec<SimpleRow>,
    pub(crate) names: Vec<Name>,
    pub(crate) behaviour: Option<(Judged, Observed)>,
    pub(crate) classic: Option<Judged>,
    pub(crate) join: JoinReport,
    /// Columns that the logs lack.
    pub(crate) absent: Fields,
    pub(crate) problems: ProblemReport,
}

/// A chunk, scored as far as that can be done in any thread.
struct TestChunk {
    flows: Option<FlowChunk>,
    classic: Vec<f32>,
    chunk: Chunk,
}

/// Reads the test.
pub(crate) fn read_test(input: Input, task: &Task<'_>) -> Result<Test, Failure> {
    let options = input.options.clone();
    let flow_work = task.behaviour.map(|model| FlowWork {
        model,
        options: options.clone(),
        exclude: task.exclude,
        keeps_uids: false,
        traffic: None,
    });
    let detector = task.classic.map(|(model, _)| Detector::new(model));
    let work = |chunk: &Chunk| {
        let (mut classic, mut matrix) = (Vec::new(), Vec::new());
        let mut report = chunk.conn_rows(&options, |record, _| {
            if let Some(detector) = detector.as_ref().filter(|_| !task.exclude.matches(record)) {
                detector.encode(record, &mut matrix);
            }
            ControlFlow::Continue(())
        });
        if let Some(detector) = &detector {
            detector.score(&matrix, &mut classic);
        }
        let flows = flow_work.as_ref().map(|work| {
            let (flows, again) = work.chunk(chunk);
            report = again;
            flows
        });
        (TestChunk { flows, classic, chunk: chunk.clone() }, report)
    };
    let mut reading = Reading {
        task,
        options: options.clone(),
        companions: Unread::new(
            Companions::find(&task.companions.with, task.companions.conn_only, &options)?,
            input.threads,
        ),
        watch: task.behaviour.map(|model| Watch::new(model, task.budget)).transpose()?,
        join: Join::new(task.labels),
        ends: Vec::new(),
        truths: Vec::new(),
        simple: Vec::new(),
        names: Vec::new(),
        scores: Vec::new(),
        absent: Fields::NONE,
    };
    let end = read(input, "reading", &work, &mut reading)?;
    if end.interrupted {
        return Err(Failure::interrupted("Nothing was judged."));
    }
    reading.companions.problems.tell();
    let Reading { watch, join, ends, truths, simple, names, scores, absent, .. } = reading;
    let (campaigns, join) = join.finish();
    let behaviour = watch.map(|watch| watch.finish(&truths));
    let classic = task.classic.map(|(_, threshold)| judge_classic(&scores, &simple, threshold));
    let rows = TestRows { ends, truths, campaigns };
    Ok(Test { rows, simple, names, behaviour, classic, join, absent, problems: end.problems })
}

/// What has been read so far.
struct Reading<'t> {
    task: &'t Task<'t>,
    options: ReadOptions,
    companions: Unread,
    watch: Option<Watch>,
    join: Join<'t>,
    ends: Vec<f64>,
    truths: Vec<Truth>,
    simple: Vec<SimpleRow>,
    names: Vec<Name>,
    scores: Vec<f32>,
    absent: Fields,
}

impl Reader<TestChunk> for Reading<'_> {
    fn begin(&mut self, log: &LogFile, head: &LogHead) -> Result<Position, Failure> {
        self.companions.begin(log, head);
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<TestChunk>) -> Result<(), Failure> {
        let Self { task, companions, watch, .. } = self;
        let has_rows = visit.value.flows.as_ref().is_some_and(|flows| !flows.flows.is_empty());
        if let (Some(watch), Some(model), true) = (&mut *watch, task.behaviour, has_rows) {
            let skips = |record: &ConnRecord<'_>| task.exclude.matches(record);
            companions.read(visit.log, &model.reader(Fields::NONE), &skips, &mut |row| watch.take(&row));
        }
        let part = visit.value;
        if let (Some(watch), Some(flows)) = (watch, &part.flows) {
            watch.add(&flows.flows);
            self.absent = self.absent.union(flows.absent);
        }
        self.scores.extend(part.classic);
        part.chunk.conn_rows(&self.options, |record, _| {
            if !task.exclude.matches(record) {
                self.ends.push(record.end());
                self.truths.push(self.join.truth(record));
                self.simple.push(simple(record, task.local));
                if task.names {
                    self.names.push(Name { uid: record.uid.unwrap_or("-").into(), ts: record.ts });
                }
            }
            ControlFlow::Continue(())
        });
        Ok(())
    }
}
