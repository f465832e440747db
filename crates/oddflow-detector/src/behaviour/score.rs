//! A row's score: the term A of its reconstruction, and its two largest families.

use oddflow_autoencoder::Network;
use oddflow_features::behaviour::{Features, Fields, Flow, NUMERIC, ROW, State, TOKENS, WIDTH};

use oddflow_features::companion::{BesideRow, CompanionFeatures, CompanionState};

use super::calibration::Calibration;
use super::families::{FAMILIES, Family, NOVELTIES, PLACES, WATCH};
use crate::loss::BEHAVIOUR_LOSS;

/// Standardised numbers are cut at this many standard deviations.
pub(super) const CLIP: f32 = 8.0;
/// Added to an error before its logarithm is taken.
pub(super) const SMALLEST: f32 = 1e-6;
/// A at the 99th percentile of calibration.
const A_AT_99: f32 = 5.0;
/// Most that a new regular channel, and one novelty, can count for.
pub(super) const MOST_NEW_REGULAR: f32 = 4.0;
const MOST_NOVELTY: f32 = 3.0;
/// Place of the first novelty in a row.
const NOVELTY: usize = NUMERIC - oddflow_features::behaviour::NOVELTY;
/// Rows that are scored at a time: their matrix stays in the cache.
const BLOCK: usize = 128;
/// Rows whose entries of the state are brought into the cache together: few enough to find room there.
const AHEAD: usize = 32;

/// What a row scored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// The score, 0 or more: `a` and the two largest of `families`.
    pub score: f32,
    /// The term of the reconstruction error, 0 or more; 5 at the 99th percentile of calibration.
    pub a: f32,
    /// The families in the order of [`Family::ALL`], each 0 to 6.
    pub families: [f32; FAMILIES],
    /// The column of the companion logs that says most, with its value; `None` where they say nothing.
    pub application: Option<(u8, f32)>,
}

impl Scored {
    /// The strongest family; the first of equals.
    #[must_use]
    pub fn family(&self) -> Family {
        let mut strongest = Family::Fan;
        for family in Family::ALL {
            if self.families[family as usize] > self.families[strongest as usize] {
                strongest = family;
            }
        }
        strongest
    }

    /// The families from the strongest to the weakest.
    #[must_use]
    pub fn ranked(&self) -> [Family; FAMILIES] {
        let mut order = Family::ALL;
        order.sort_by(|a, b| self.families[*b as usize].total_cmp(&self.families[*a as usize]));
        order
    }
}

/// Mean and scale of the numbers, and how common each token is.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Mean of each number.
    pub(crate) mean: Vec<f32>,
    /// Standard deviation of each number; 1 where it is none.
    pub(crate) deviation: Vec<f32>,
    /// Share of rows with each token.
    pub(crate) tokens: Vec<f32>,
}

/// Turns features into scores. Shared between threads by reference.
#[derive(Clone)]
pub struct Scorer {
    network: oddflow_autoencoder::Scorer,
    scale: Scale,
    calibration: Calibration,
}

/// A scorer and what it carries from row to row.
#[derive(Clone)]
pub struct Session {
    scorer: Scorer,
    state: State,
    /// Of the companion logs; `None` while no row of one has come, so that a run without them carries nothing.
    companions: Option<Box<CompanionState>>,
    workspace: Workspace,
    tracked: Tracked,
}

/// What rows are scored by: all that depends on the rows before them.
#[derive(Clone, Debug, Default)]
pub struct Tracked {
    /// The features of each row.
    pub features: Vec<Features>,
    /// What companion logs said of each row; empty while none has come.
    joined: Vec<CompanionFeatures>,
}

/// Room for rows as the network sees them, to be used again and again.
#[derive(Clone, Default)]
pub struct Workspace {
    matrix: Vec<f32>,
    losses: Vec<f32>,
    errors: Vec<f32>,
}

impl Scale {
    /// Writes the row that the network sees.
    #[inline]
    pub(super) fn encode(&self, features: &Features, absent: Fields, out: &mut [f32]) {
        let (numbers, tokens) = out.split_at_mut(NUMERIC);
        for (((out, x), mean), deviation) in
            numbers.iter_mut().zip(&features.numbers).zip(&self.mean).zip(&self.deviation)
        {
            *out = ((x - mean) / deviation).clamp(-CLIP, CLIP);
        }
        // Bit by bit from the two halves: shifting a u128 takes several instructions.
        let (low, high) = (features.tokens as u64, (features.tokens >> 64) as u64);
        for (i, token) in tokens.iter_mut().enumerate() {
            let half = if i < 64 { low } else { high };
            *token = (half >> (i % 64) & 1) as f32;
        }
        if !absent.is_empty() {
            // What isn't known is taken for average.
            for (column, unknown) in absent.unknown_columns().into_iter().enumerate() {
                if unknown {
                    out[column] = if column < NUMERIC { 0.0 } else { self.tokens[column - NUMERIC] };
                }
            }
        }
    }
}

impl Scorer {
    /// A scorer of its parts.
    ///
    /// # Panics
    /// The network is not as wide as a row.
    #[must_use]
    pub fn new(network: &Network, scale: Scale, calibration: Calibration) -> Self {
        assert_eq!(network.width(), WIDTH, "a network over rows of the recipe");
        Self { network: network.scorer_with(BEHAVIOUR_LOSS), scale, calibration }
    }

    /// What it was calibrated with.
    #[must_use]
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Replaces the quantiles that A is measured by.
    pub(super) fn set_error_quantiles(&mut self, q50: f32, q99: f32) {
        self.calibration.error_q50 = q50;
        self.calibration.error_q99 = q99;
    }

    /// The row that the network sees of features.
    pub fn encode(&self, features: &Features, absent: Fields, out: &mut [f32]) {
        self.scale.encode(features, absent, out);
    }

    /// Mean and scale of the columns.
    #[must_use]
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The network, ready.
    #[must_use]
    pub fn network(&self) -> &oddflow_autoencoder::Scorer {
        &self.network
    }

    /// The score of features whose row the network has an error of.
    #[must_use]
    #[inline]
    pub fn score(
        &self,
        features: &Features,
        absent: Fields,
        error: f32,
        companions: Option<&CompanionFeatures>,
    ) -> Scored {
        let a = self.a(error);
        let mut families = self.families(features, absent);
        let mut application = None;
        if let Some(companions) = companions {
            let (strength, column) = self.calibration.application(companions);
            if strength > 0.0 {
                families[Family::Application as usize] = strength;
                application = Some((column as u8, companions.values[column]));
            }
        }
        let (mut first, mut second) = (0.0_f32, 0.0_f32);
        for family in families {
            if family > first {
                (first, second) = (family, first);
            } else if family > second {
                second = family;
            }
        }
        Scored { score: a + first + second, a, families, application }
    }

    /// Appends the score of each row, in any thread. `flows` are those that were tracked.
    pub fn score_rows(
        &self,
        flows: &[Flow],
        tracked: &Tracked,
        workspace: &mut Workspace,
        scored: &mut Vec<Scored>,
    ) {
        self.errors(flows, tracked, workspace, |features, absent, error, joined| {
            scored.push(self.score(features, absent, error, joined));
        });
    }

    /// Hands the features of each row to `take` with the network's error, and with what companion logs say of it.
    pub(super) fn errors(
        &self,
        flows: &[Flow],
        tracked: &Tracked,
        workspace: &mut Workspace,
        mut take: impl FnMut(&Features, Fields, f32, Option<&CompanionFeatures>),
    ) {
        let Workspace { matrix, losses, errors } = workspace;
        matrix.resize(BLOCK * WIDTH, 0.0);
        errors.resize(BLOCK, 0.0);
        let mut joined = tracked.joined.iter();
        for (flows, features) in flows.chunks(BLOCK).zip(tracked.features.chunks(BLOCK)) {
            let matrix = &mut matrix[..flows.len() * WIDTH];
            for ((flow, features), row) in flows.iter().zip(features).zip(matrix.chunks_exact_mut(WIDTH)) {
                self.scale.encode(features, flow.absent, row);
            }
            let errors = &mut errors[..flows.len()];
            self.network.errors(matrix, errors);
            if flows.iter().any(|flow| !flow.absent.is_empty()) {
                losses.resize(BLOCK * WIDTH, 0.0);
                self.leave_out_unknown(flows, matrix, &mut losses[..matrix.len()], errors);
            }
            for ((flow, features), error) in flows.iter().zip(features).zip(errors) {
                take(features, flow.absent, *error, joined.next());
            }
        }
    }

    /// Takes what isn't known out of the errors of rows: no column that a log lacks is to be held against it.
    fn leave_out_unknown(&self, flows: &[Flow], matrix: &[f32], losses: &mut [f32], errors: &mut [f32]) {
        self.network.losses(matrix, losses);
        for ((flow, losses), error) in flows.iter().zip(losses.chunks_exact(WIDTH)).zip(errors) {
            if !flow.absent.is_empty() {
                let unknown = flow.absent.unknown_columns();
                *error =
                    losses.iter().zip(unknown).filter(|(_, unknown)| !unknown).map(|(loss, _)| loss).sum();
            }
        }
    }

    /// The term A of a network error.
    #[must_use]
    #[inline]
    pub(super) fn a(&self, error: f32) -> f32 {
        let logarithm = (error + SMALLEST).ln();
        A_AT_99 * ((logarithm - self.calibration.error_q50) / self.calibration.error_spread()).max(0.0)
    }

    /// How far each family lies in the tail of the baseline, 0 to 6.
    #[inline]
    fn families(&self, features: &Features, absent: Fields) -> [f32; FAMILIES] {
        let calibration = &self.calibration;
        let mut families = [0.0_f32; FAMILIES];
        for ((watched, place), reference) in WATCH.iter().zip(PLACES).zip(&calibration.watched) {
            let value = features.numbers[place];
            // A gated column is zero on most rows.
            if value > 0.0 {
                let family = &mut families[watched.family as usize];
                // Mostly another column of the family says more.
                if watched.weight * reference.surprise_at_most(value) > *family {
                    *family = family.max(watched.weight * reference.surprise(value));
                }
            }
        }
        if features.new_regular > 0.0 {
            let regular = &mut families[Family::Regular as usize];
            let surprise = calibration.new_regular.surprise(features.new_regular);
            *regular = regular.max(surprise.min(MOST_NEW_REGULAR));
        }
        let unknown = (!absent.is_empty()).then(|| absent.unknown_columns());
        let references = calibration.novelty(features.class);
        let mut sum = 0.0;
        for (i, reference) in references.iter().enumerate() {
            if unknown.is_none_or(|unknown| !unknown[NOVELTY + i]) {
                sum += reference.tail(features.numbers[NOVELTY + i], MOST_NOVELTY);
            }
        }
        families[Family::Novelty as usize] = sum / NOVELTIES as f32;
        families
    }
}

impl Session {
    /// A session that goes on from a state.
    #[must_use]
    pub fn new(scorer: Scorer, state: State, companions: Option<CompanionState>) -> Self {
        let companions = companions.map(Box::new);
        Self { scorer, state, companions, workspace: Workspace::default(), tracked: Tracked::default() }
    }

    /// What is carried from row to row.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is carried of the companion logs; `None` while no row of one has come.
    #[must_use]
    pub fn companions(&self) -> Option<&CompanionState> {
        self.companions.as_deref()
    }

    /// Begins with a state of the companion logs.
    pub(super) fn begin_companions(&mut self, companions: CompanionState) {
        self.companions = Some(Box::new(companions));
    }

    /// Takes in a row of a log beside `conn`. What is joined with a connection counts for it where it comes before the connection; later
    /// rows are counted. What a connection has moved that is still open counts in the windows of its hosts.
    pub fn take(&mut self, row: &BesideRow) {
        match row {
            BesideRow::Joined(row) => {
                self.companions.get_or_insert_with(Box::default).take(row);
            }
            BesideRow::Interim(row) => self.state.take(row),
        }
    }

    /// What it scores with.
    #[must_use]
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// What it scores with, to be calibrated.
    pub(super) fn scorer_mut(&mut self) -> &mut Scorer {
        &mut self.scorer
    }

    /// Takes in rows, in their order, and appends the score of each.
    pub fn score(&mut self, flows: &[Flow], scored: &mut Vec<Scored>) {
        let mut tracked = std::mem::take(&mut self.tracked);
        self.track(flows, &mut tracked);
        self.tracked = tracked;
        self.scorer.score_rows(flows, &self.tracked, &mut self.workspace, scored);
    }

    /// Takes in rows, in their order. What `tracked` held is replaced.
    ///
    /// This is the part of the work that rows must go through one after the other; the scores of what comes of it may be
    /// [had](Scorer::score_rows) in another thread.
    pub fn track(&mut self, flows: &[Flow], tracked: &mut Tracked) {
        // Written over row by row: what a former row left needs no clearing.
        tracked.features.resize(flows.len(), Features::default());
        for (flows, features) in flows.chunks(AHEAD).zip(tracked.features.chunks_mut(AHEAD)) {
            self.state.prefetch(flows);
            for (flow, features) in flows.iter().zip(features) {
                self.state.update(flow, features);
            }
        }
        tracked.joined.clear();
        if let Some(companions) = &mut self.companions {
            tracked.joined.extend(flows.iter().map(|flow| companions.connection(flow.uid, flow.end)));
        }
    }
}

// A row is the numbers of the row, of behaviour and of novelty, and the tokens.
const _: () = assert!(ROW < NOVELTY && NUMERIC + TOKENS == WIDTH);
