//! The work on one chunk of a log, in any thread: read, encode, score, flag, explain.

use std::ops::ControlFlow;

use oddflow_detector::classic::Detector;
use oddflow_detector::quantile;
use zeek_log::{Chunk, ChunkReport, Position, ReadOptions};

use super::flagged::{Flagged, MOST_CONTRIBUTIONS};
use super::scored_log::{ScoredPart, ScoredRows};

/// Rows that are scored at a time: their features stay in the cache.
const BLOCK: usize = 256;

/// Which rows are flagged: always those strictly above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Threshold {
    /// A score.
    Fixed(f64),
    /// A share (0 to 1) of each log, the highest scores.
    Top(f64),
}

/// How chunks are worked on.
pub(super) struct Scoring<'d, 'o> {
    pub(super) detector: &'d Detector,
    pub(super) options: &'o ReadOptions,
    pub(super) threshold: Threshold,
    /// Whether, and how, every scored row is written.
    pub(super) rows: Option<ScoredRows>,
    /// Rows from here on are not looked at: they came while the log was being read.
    pub(super) until: Option<u64>,
}

/// What came of a chunk.
pub(super) struct ScoredChunk<'d> {
    pub(super) report: ChunkReport,
    /// Earliest and latest start of a connection.
    pub(super) span: Option<(f64, f64)>,
    pub(super) rows: u64,
    pub(super) outcome: ChunkOutcome<'d>,
}

/// What is known of the flagged rows.
pub(super) enum ChunkOutcome<'d> {
    /// The threshold was known.
    Flagged { threshold: f64, flagged: Vec<Flagged<'d>>, text: Vec<ScoredPart> },
    /// It depends on the rest of the log.
    Scores(Vec<f32>),
}

impl<'d> Scoring<'d, '_> {
    pub(super) fn chunk(&self, chunk: &Chunk, from: Position) -> ScoredChunk<'d> {
        let mut positions = Vec::with_capacity(chunk.len() / 100);
        let mut scores = Vec::with_capacity(positions.capacity());
        let mut block = Vec::with_capacity(BLOCK * self.detector.width());
        let mut span: Option<(f64, f64)> = None;
        let report = chunk.conn_rows(self.options, |record, row| {
            if self.until.is_some_and(|until| row.position().bytes >= until) {
                return ControlFlow::Break(());
            }
            let (first, last) = span.unwrap_or((record.ts, record.ts));
            span = Some((first.min(record.ts), last.max(record.ts)));
            positions.push(row.position());
            self.detector.encode(record, &mut block);
            if positions.len() - scores.len() == BLOCK {
                self.detector.score(&block, &mut scores);
                block.clear();
            }
            ControlFlow::Continue(())
        });
        self.detector.score(&block, &mut scores);

        let whole_log = chunk.last && chunk.start() <= from;
        let threshold = match self.threshold {
            Threshold::Fixed(threshold) => Some(threshold),
            Threshold::Top(share) if whole_log => Some(top(&scores, share)),
            Threshold::Top(_) => None,
        };
        let rows = scores.len() as u64;
        let outcome = match threshold {
            None => ChunkOutcome::Scores(scores),
            Some(threshold) => ChunkOutcome::Flagged {
                threshold,
                flagged: self.flag(chunk, &positions, &scores, threshold),
                text: self.rows.as_ref().map_or_else(Vec::new, |rows| {
                    rows.write(chunk, self.options, &positions, &scores, &|i| {
                        f64::from(scores[i]) > threshold
                    })
                }),
            },
        };
        ScoredChunk { report, span, rows, outcome }
    }

    /// Reads the flagged rows again, as their text was not kept, and says what is odd about them.
    fn flag(
        &self,
        chunk: &Chunk,
        positions: &[Position],
        scores: &[f32],
        threshold: f64,
    ) -> Vec<Flagged<'d>> {
        let above: Vec<usize> = (0..scores.len()).filter(|&i| f64::from(scores[i]) > threshold).collect();
        let mut flagged = Vec::with_capacity(above.len());
        let mut features = Vec::with_capacity(self.detector.width());
        chunk.conn_rows_at(self.options, above.iter().map(|&i| positions[i]), |place, record, row| {
            let score = f64::from(scores[above[place]]);
            features.clear();
            self.detector.encode(record, &mut features);
            let why = self.detector.explain(record, &features, MOST_CONTRIBUTIONS);
            flagged.push(Flagged::new(record, row.line(), score, threshold, why));
        });
        flagged
    }
}

/// The score above which the highest share of the scores lies; infinite where there are none.
fn top(scores: &[f32], share: f64) -> f64 {
    if scores.is_empty() {
        return f64::INFINITY;
    }
    let mut ascending = scores.to_vec();
    ascending.sort_unstable_by(f32::total_cmp);
    quantile(&ascending, 1.0 - share)
}
