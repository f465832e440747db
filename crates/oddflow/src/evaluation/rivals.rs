//! The plain detectors that stand beside the one that is judged: `classic`, and those of `oddflow-evaluate`. They learn from the
//! same logs.

use std::ops::ControlFlow;

use oddflow_detector::Manifest;
use oddflow_detector::classic::{
    Baseline as ClassicRows, BaselineChunk, Detector, Model as ClassicModel, TrainOptions,
};
use oddflow_evaluate::baselines::{Baseline, SimpleRow, group, run};
use oddflow_evaluate::{days_covered, threshold_for};
use oddflow_features::behaviour::LocalNetworks;
use zeek_filter::Filters;
use zeek_log::{Chunk, ConnRecord};

use super::judged::Judged;
use super::pass::pass;
use super::subject::MEMORY;
use crate::failure::Failure;
use crate::input::Input;
use crate::training::classic;

/// Rows that the plain detectors learn from at most: of more the latest. They need far fewer.
const MOST_ROWS: usize = 2_000_000;

/// Share of the rows, the latest, by which the `classic` recipe's threshold is found: those that its training holds out.
const HELD_OUT: f64 = 0.2;

/// What rivals need from the baseline.
pub(crate) struct Rivals {
    rows: Vec<SimpleRow>,
    budget: f64,
    seed: u64,
}

/// The `classic` recipe, trained, and its threshold.
pub(crate) struct Classic {
    pub(crate) model: ClassicModel,
    pub(crate) threshold: Option<f64>,
}

/// How a row is made: with the local networks that the owner named.
pub(super) fn simple(record: &ConnRecord<'_>, local: &LocalNetworks) -> SimpleRow {
    if local.0.is_empty() {
        return SimpleRow::new(record);
    }
    let is_local = |address| Some(local.0.iter().any(|network| network.contains(address)));
    SimpleRow::new(&ConnRecord {
        local_orig: is_local(record.orig_h),
        local_resp: is_local(record.resp_h),
        ..*record
    })
}

impl Rivals {
    /// Learns from the logs, and trains the `classic` recipe on them. The logs are found twice: pipes can't be.
    pub(crate) fn learn(
        inputs: [Input; 2],
        local: &LocalNetworks,
        exclude: &Filters,
        budget: f64,
        seed: u64,
    ) -> Result<(Self, Classic), Failure> {
        let [first, second] = inputs;
        let (options, threads) = (first.options.clone(), first.threads);
        let mut baseline = ClassicRows::new(MEMORY, seed);
        let mut rows: Vec<SimpleRow> = Vec::new();
        let work = |chunk: &Chunk| {
            let (mut classic, mut simple_rows) = (BaselineChunk::default(), Vec::new());
            let report = chunk.conn_rows(&options, |record, _| {
                if !exclude.matches(record) {
                    classic.add(record);
                    simple_rows.push(simple(record, local));
                }
                ControlFlow::Continue(())
            });
            ((classic, simple_rows), report)
        };
        pass(first, &work, &mut |(classic, more)| {
            baseline.append(&classic);
            rows.extend(more);
            if rows.len() > 2 * MOST_ROWS {
                rows.drain(..rows.len() - MOST_ROWS);
            }
            Ok(())
        })?;
        rows.drain(..rows.len().saturating_sub(MOST_ROWS));
        let train = TrainOptions { seed, threads, ..TrainOptions::default() };
        let model = classic::learn(baseline, Manifest::default(), &train, false)?.model;

        let detector = Detector::new(&model);
        let since = held_out_since(&rows);
        let work = |chunk: &Chunk| {
            let (mut late, mut matrix) = (Vec::new(), Vec::new());
            let report = chunk.conn_rows(&options, |record, _| {
                if record.end() > since && !exclude.matches(record) {
                    late.push(simple(record, local));
                    detector.encode(record, &mut matrix);
                }
                ControlFlow::Continue(())
            });
            let mut scores = Vec::with_capacity(late.len());
            detector.score(&matrix, &mut scores);
            ((late, scores), report)
        };
        let (mut late, mut scores) = (Vec::new(), Vec::new());
        pass(second, &work, &mut |(more, scored): (Vec<SimpleRow>, Vec<f32>)| {
            late.extend(more);
            scores.extend(scored.into_iter().map(f64::from));
            Ok(())
        })?;
        let incidents: Vec<f64> = group(&late, &scores, None).iter().map(|incident| incident.score).collect();
        let threshold = threshold_for(budget, days_covered(late.iter().map(|row| row.end)), &incidents);
        Ok((Self { rows, budget, seed }, Classic { model, threshold }))
    }

    /// What the plain detectors of `oddflow-evaluate` make of the test.
    pub(crate) fn judge(&self, test: &[SimpleRow]) -> Vec<Judged> {
        let judge = |baseline: Baseline| {
            let run = run(baseline, &self.rows, test, self.budget, self.seed);
            Judged {
                name: baseline.name(),
                scores: run.scores,
                incidents: run.incidents,
                threshold: run.threshold,
            }
        };
        Baseline::ALL.into_iter().map(judge).collect()
    }
}

/// What the `classic` recipe makes of the test.
pub(crate) fn judge_classic(scores: &[f32], rows: &[SimpleRow], threshold: Option<f64>) -> Judged {
    let scores: Vec<f64> = scores.iter().copied().map(f64::from).collect();
    let incidents = group(rows, &scores, threshold);
    Judged { name: "classic", scores, incidents, threshold }
}

/// The end of a connection after which rows were held out.
fn held_out_since(rows: &[SimpleRow]) -> f64 {
    let mut ends: Vec<f64> = rows.iter().map(|row| row.end).collect();
    ends.sort_unstable_by(f64::total_cmp);
    let place = (ends.len() as f64 * (1.0 - HELD_OUT)) as usize;
    ends.get(place.saturating_sub(1)).copied().unwrap_or(f64::NEG_INFINITY)
}
