//! Reads the test: each row is scored by the detectors that go through logs, labelled, and kept in short for the others.
//!
//! All rows of the test are held in memory, some 250 bytes each.

use std::ops::ControlFlow;

use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_detector::classic::{Detector, Model as ClassicModel};
use oddflow_evaluate::baselines::SimpleRow;
use oddflow_evaluate::{Join, JoinReport, Labels};
use oddflow_features::behaviour::{Fields, LocalNetworks};
use zeek_filter::Filters;
use zeek_log::Chunk;

use super::judged::{Judged, TestRows};
use super::pass::pass;
use super::rivals::{judge_classic, simple};
use super::scores::Name;
use super::watch::{Observed, Watch};
use crate::detection::behaviour::{FlowChunk, FlowWork};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};

/// What to do with a test.
pub(crate) struct Task<'t> {
    pub(crate) labels: &'t Labels,
    pub(crate) behaviour: Option<&'t BehaviourModel>,
    /// A model, and its threshold.
    pub(crate) classic: Option<(&'t ClassicModel, Option<f64>)>,
    pub(crate) budget: f64,
    pub(crate) local: &'t LocalNetworks,
    pub(crate) exclude: &'t Filters,
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
    let flow_work =
        task.behaviour.map(|model| FlowWork { model, options: options.clone(), exclude: task.exclude });
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
    let mut watch = task.behaviour.map(|model| Watch::new(model, task.budget)).transpose()?;
    let mut join = Join::new(task.labels);
    let (mut ends, mut truths, mut simple_rows, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut scores, mut absent) = (Vec::new(), Fields::NONE);
    let problems = pass(input, &work, &mut |part: TestChunk| {
        if let (Some(watch), Some(flows)) = (&mut watch, &part.flows) {
            watch.add(&flows.flows);
            absent = absent.union(flows.absent);
        }
        scores.extend(part.classic);
        part.chunk.conn_rows(&options, |record, _| {
            if !task.exclude.matches(record) {
                ends.push(record.end());
                truths.push(join.truth(record));
                simple_rows.push(simple(record, task.local));
                if task.names {
                    names.push(Name { uid: record.uid.unwrap_or("-").into(), ts: record.ts });
                }
            }
            ControlFlow::Continue(())
        });
        Ok(())
    })?;
    let (campaigns, join) = join.finish();
    let behaviour = watch.map(|watch| watch.finish(&truths));
    let classic = task.classic.map(|(_, threshold)| judge_classic(&scores, &simple_rows, threshold));
    let rows = TestRows { ends, truths, campaigns };
    Ok(Test { rows, simple: simple_rows, names, behaviour, classic, join, absent, problems })
}
