//! Training the behaviour detector: fit on the earlier part of the baseline, calibrate on the later.

use std::ops::{ControlFlow, Range};

use oddflow_autoencoder::{
    Adam, Epsilon, Event, Network, NetworkError, Remainder, Schedule, TrainingOptions,
};
use oddflow_features::Recipe;
use oddflow_features::behaviour::{CLASSES, Features, Fields, Flow, NUMERIC, State, TOKENS, WIDTH};
use oddflow_features::companion::{BesideRow, CompanionState};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::baseline::{Baseline, Known};
use super::budget::{Alarm, Budget, Raised};
use super::calibration::{Calibration, Collector, LEAST_OF_CLASS, watched};
use super::drift::Gatherer;
use super::families::{NOVELTIES, PLACES};
use super::forecast::{CalibrationIncidents, MOST_RECENT, MOST_SCORES, REPLAYED};
use super::hosts::HostCollector;
use super::incidents::{DAY, Groups, Key};
use super::model::{Content, Model, Parts, Training};
use super::reference::Reference;
use super::score::{Scale, Scored, Scorer, Session, Tracked, Workspace};
use crate::loss::BEHAVIOUR_LOSS;
use crate::manifest::Manifest;
use crate::quantile::quantile;

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Adam's rate at the beginning; it falls along a cosine.
    pub rate: f64,
    /// Rows a step.
    pub batch: usize,
    /// Epochs, unless so few steps come of them that more are taken.
    pub epochs: usize,
    /// Rows that the network learns from at most, drawn by seed.
    pub sample: usize,
    /// Gives the sample, the weights and the order of rows.
    pub seed: u64,
    /// Threads; the result is the same for any number.
    pub threads: usize,
    /// Incidents a day that the owner wants to see.
    pub budget: f64,
    /// Whether to leave addresses out of the model.
    pub no_addresses: bool,
    /// Rows that were left out of the baseline by expressions, and by trimming; for the record.
    pub left_out: [u64; 2],
    /// Name and version of the program that trains.
    pub tool: String,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            hidden: vec![48, 12, 48],
            rate: 2e-3,
            batch: 256,
            epochs: 30,
            sample: 40_000,
            seed: 0,
            threads: 1,
            budget: 20.0,
            no_addresses: false,
            left_out: [0; 2],
            tool: format!("oddflow {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Share of the baseline that is fitted; the rest calibrates.
const FIT: f64 = 0.7;
/// Share of the fit rows that only warm the state up: in an empty state everything is new.
const WARM_UP: f64 = 0.15;
/// Fewest steps of the optimiser, and most epochs that they may take.
const LEAST_STEPS: usize = 2200;
const MOST_EPOCHS: usize = 400;
/// Where the rate ends up.
const LEAST_RATE: f64 = 1e-5;
/// Weight decay.
const DECAY: f64 = 1e-5;
/// Scale of the last layer's first weights.
const LAST_LAYER: f32 = 0.3;
/// Rows taken in at a time.
const BLOCK: usize = 4096;

/// Fewest rows that a model is trained on.
pub const LEAST_ROWS: usize = 100;

/// Why nothing could be learned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too few rows to fit and to calibrate.
    #[error("{rows} rows are too few to train on, at least {LEAST_ROWS} are needed")]
    TooFewRows {
        /// Rows of the baseline.
        rows: u64,
    },
    /// The budget is no number of incidents.
    #[error("the budget {0} is not above 0")]
    Budget(f64),
    /// The widths don't make a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network can't be trained.
    #[error(transparent)]
    Training(#[from] oddflow_autoencoder::TrainError),
}

/// A model, and what its figures are drawn of.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// The network's errors on the calibration slice, ascending.
    pub errors: Vec<f32>,
    /// A row of the baseline with a median error, as the network sees it; empty where none was kept.
    pub example: Vec<f32>,
}

/// Learns from a baseline, in the order in which the sensor wrote it.
///
/// # Errors
/// Too few rows, widths that make no network, a loss that diverges, a stop before the first epoch has ended.
pub fn train(
    baseline: &Baseline,
    mut manifest: Manifest,
    options: &TrainOptions,
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Trained, Error> {
    let flows = baseline.flows();
    if flows.len() < LEAST_ROWS {
        return Err(Error::TooFewRows { rows: baseline.seen() });
    }
    if !(options.budget.is_finite() && options.budget > 0.0) {
        return Err(Error::Budget(options.budget));
    }
    manifest.rows_used = flows.len() as u64;
    let absent = baseline.absent();
    let Range { start: warm_up, end: calibration_start } = fit(flows);
    // Where very many rows end at one moment, they all calibrate and few are left to fit.
    if calibration_start - warm_up < LEAST_ROWS / 4 {
        return Err(Error::TooFewRows { rows: (calibration_start - warm_up) as u64 });
    }

    let mut state = State::new();
    let mut before_calibration = None;
    let mut features = Features::default();
    let mut sample = Sample::new(options.sample, options.seed);
    let mut watched = watched();
    let mut late = Late::new();
    let mut hosts = HostCollector::default();
    let mut drift = Gatherer::new(!options.no_addresses);
    let known = baseline.known();
    let mut shown = known.iter().peekable();
    let mut neighbours = Vec::with_capacity(known.len());
    let mut companions: Option<CompanionState> = None;
    let mut companions_before: Option<CompanionState> = None;
    let mut application = Collector::new(oddflow_features::companion::WIDTH);
    let mut rows_beside = baseline.companions().peekable();
    for (i, flow) in flows.iter().enumerate() {
        if i == calibration_start {
            state.begin_calibration();
            before_calibration = Some(state.clone());
            if let Some(companions) = &mut companions {
                companions.begin_calibration();
            }
            companions_before = companions.clone();
        }
        while let Some((_, row)) = rows_beside.next_if(|(place, _)| *place <= i) {
            let fresh = || begun(CompanionState::new(), i >= calibration_start);
            match row {
                BesideRow::Joined(row) => drop(companions.get_or_insert_with(fresh).take(row)),
                BesideRow::Interim(row) => state.take(row),
            }
        }
        if let Some(companions) = &mut companions {
            let joined = companions.connection(flow.uid, flow.end);
            if i >= warm_up {
                joined
                    .values
                    .iter()
                    .enumerate()
                    .for_each(|(column, value)| application.add_known(column, *value));
            }
        }
        state.update(flow, &mut features);
        if i >= warm_up {
            for (column, place) in PLACES.into_iter().enumerate() {
                watched.add(column, features.numbers[place]);
            }
            drift.add(flow, &features, i >= calibration_start);
            if !options.no_addresses {
                hosts.add(flow.originator(), PLACES.map(|place| features.numbers[place]));
            }
        }
        if i >= calibration_start {
            late.add(&features);
        } else if i >= warm_up {
            sample.offer(&features);
        }
        if let Some((_, known)) = shown.next_if(|(row, _)| *row == i)
            && i >= warm_up
        {
            neighbours.push((*known, features.clone()));
        }
    }
    let state_before = before_calibration.expect("the calibration slice has rows");
    state.end_baseline();
    if let Some(companions) = &mut companions {
        companions.end_baseline();
    }

    let scale = sample.scale();
    let matrix = sample.matrix(&scale, absent);
    drop(sample);
    let sampled = matrix.len() / WIDTH;
    let steps_an_epoch = (sampled / options.batch).max(1);
    let epochs = options.epochs.max(LEAST_STEPS / steps_an_epoch + 1).min(MOST_EPOCHS);
    let mut widths = vec![WIDTH];
    widths.extend(&options.hidden);
    widths.push(WIDTH);
    let network = Network::he(&widths, options.seed, LAST_LAYER)?;
    let settings = TrainingOptions {
        batch: options.batch,
        epochs,
        patience: None,
        remainder: Remainder::Skip,
        adam: Adam { rate: options.rate, epsilon: Epsilon::Corrected(1e-8), decay: DECAY, ..Adam::default() },
        schedule: Schedule::Cosine { floor: LEAST_RATE },
        loss: BEHAVIOUR_LOSS,
        seed: options.seed,
        threads: options.threads,
    };
    let trained = oddflow_autoencoder::train(&network, &matrix, &[], &settings, observer)?;
    drop(matrix);

    let mut calibration = late.finish(watched.finish(), application.finish());
    let scorer = Scorer::new(&trained.network, scale.clone(), calibration.clone());
    let mut session = Session::new(scorer, state_before, companions_before);
    let mut rows_beside =
        baseline.companions().skip_while(|(place, _)| *place < calibration_start).peekable();
    let mut raw: Vec<(Scored, f32)> = Vec::with_capacity(flows.len() - calibration_start);
    let mut errors = Vec::with_capacity(raw.capacity());
    let (mut tracked, mut workspace) = (Tracked::default(), Workspace::default());
    let mut start = calibration_start;
    while start < flows.len() {
        while let Some((_, row)) = rows_beside.next_if(|(place, _)| *place <= start) {
            if matches!(row, BesideRow::Joined(_)) && session.companions().is_none() {
                session.begin_companions(begun(CompanionState::new(), true));
            }
            session.take(row);
        }
        // Up to where the next rows of companion logs come in.
        let next = rows_beside.peek().map_or(flows.len(), |(place, _)| (*place).min(flows.len()));
        let end = next.min(start + BLOCK);
        session.track(&flows[start..end], &mut tracked);
        let scorer = session.scorer();
        scorer.errors(&flows[start..end], &tracked, &mut workspace, |features, absent, error, joined| {
            errors.push(error);
            raw.push((scorer.score(features, absent, error, joined), error));
        });
        start = end;
    }
    let mut logarithms: Vec<f32> = errors.iter().map(|error| (error + super::score::SMALLEST).ln()).collect();
    logarithms.sort_unstable_by(f32::total_cmp);
    calibration.error_q50 = quantile(&logarithms, 0.5) as f32;
    calibration.error_q99 = quantile(&logarithms, 0.99) as f32;
    session.scorer_mut().set_error_quantiles(calibration.error_q50, calibration.error_q99);

    let mut groups = Groups::new();
    let slice = &flows[calibration_start..];
    let mut rows: Vec<(f64, Key, f32)> = Vec::with_capacity(slice.len());
    for (i, (flow, (scored, error))) in slice.iter().zip(&raw).enumerate() {
        let a = session.scorer().a(*error);
        let (key, score) = (Key::of(flow, scored), a + (scored.score - scored.a));
        groups.add(i as u64, flow.end, key, score);
        rows.push((flow.end, key, score));
    }
    drop(raw);
    let mut scores: Vec<f32> = groups.groups().iter().map(super::incidents::Group::score).collect();
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    scores.truncate(MOST_SCORES);
    let (first, last) = slice
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), flow| (a.min(flow.end), b.max(flow.end)));
    let mut recent: Vec<(f64, f32)> = groups
        .groups()
        .iter()
        .filter(|group| last - group.first <= DAY)
        .map(|group| (group.first, group.score()))
        .collect();
    recent.sort_by(|a, b| b.1.total_cmp(&a.1));
    recent.truncate(MOST_RECENT);
    let mut incidents =
        CalibrationIncidents { scores, days: (last - first) / DAY, recent, replayed: Vec::new() };
    let mut budgets: Vec<f64> = REPLAYED.into_iter().chain([options.budget]).collect();
    budgets.sort_by(f64::total_cmp);
    budgets.dedup();
    incidents.replayed =
        budgets.into_iter().map(|budget| (budget, replay(&rows, &incidents, budget))).collect();
    let scores: Vec<(f64, u64, f32)> =
        rows.iter().map(|(end, key, score)| (*end, key.host, *score)).collect();
    drop(rows);
    let drift = drift.finish(&scores, absent, baseline.columns().cloned());
    drop(scores);
    errors.sort_unstable_by(f32::total_cmp);
    let mut rows = vec![0.0; neighbours.len() * WIDTH];
    for ((_, features), row) in neighbours.iter().zip(rows.chunks_exact_mut(WIDTH)) {
        scale.encode(features, absent, row);
    }
    let example = median_row(session.scorer(), &rows);
    let without_addresses = |known: &Known| match options.no_addresses {
        true => Known { orig_h: String::new(), resp_h: String::new(), ..known.clone() },
        false => known.clone(),
    };
    let content = Content {
        recipe: Recipe::Behaviour,
        tool: options.tool.clone(),
        widths,
        key: baseline.reader().seed,
        local: baseline.reader().local,
        absent,
        no_addresses: options.no_addresses,
        budget: options.budget,
        calibration_days: 0.0,
        recent: Vec::new(),
        replayed: Vec::new(),
        errors: (0.0, 0.0),
        references: Vec::new(),
        classes: Vec::new(),
        neighbours: neighbours.iter().map(|(known, _)| without_addresses(known)).collect(),
        training: Training {
            seed: options.seed,
            rows: [warm_up, calibration_start - warm_up, slice.len()],
            sample: sampled,
            batch: options.batch,
            rate: options.rate,
            losses: trained.epochs.iter().map(|epoch| epoch.training_loss).collect(),
            seconds: baseline.seconds(),
            left_out: options.left_out,
        },
        manifest,
        drift: None,
    };
    let parts = Parts {
        network: trained.network,
        scale,
        calibration,
        incidents,
        neighbours: rows,
        hosts: hosts.finish(),
        state: state.to_bytes(),
        companions: companions.map_or_else(Vec::new, |companions| companions.to_bytes()),
        drift,
    };
    Ok(Trained { model: Model::new(content, parts), errors, example })
}

/// How many incidents of some rows would have been raised at a budget.
fn replay(rows: &[(f64, Key, f32)], incidents: &CalibrationIncidents, per_day: f64) -> u64 {
    let mut alarm = Alarm::new(Budget { per_day, threshold: incidents.live_threshold(per_day) });
    let mut raised = 0;
    for (number, (end, key, score)) in (0..).zip(rows) {
        let placed = alarm.add(number, *end, *key, *score);
        raised += u64::from(placed.is_new && placed.raised == Some(Raised::Within));
    }
    raised
}

/// Which rows the network learns from: behind those that warm the state up, before those that calibrate.
pub(super) fn fit(flows: &[Flow]) -> Range<usize> {
    let mut end = (FIT * flows.len() as f64) as usize;
    // Rows of one moment stay together.
    while end > 1 && flows[end - 1].end == flows[end].end {
        end -= 1;
    }
    (WARM_UP * end as f64) as usize..end
}

/// A state of companion logs whose first row comes during calibration.
fn begun(mut state: CompanionState, calibrates: bool) -> CompanionState {
    if calibrates {
        state.begin_calibration();
    }
    state
}

/// The row, of several, with the median error; empty where there is none.
fn median_row(scorer: &Scorer, rows: &[f32]) -> Vec<f32> {
    let mut errors = vec![0.0; rows.len() / WIDTH];
    scorer.network().errors(rows, &mut errors);
    let mut order: Vec<usize> = (0..errors.len()).collect();
    order.sort_by(|a, b| errors[*a].total_cmp(&errors[*b]));
    order.get(order.len() / 2).map(|row| rows[row * WIDTH..][..WIDTH].to_vec()).unwrap_or_default()
}

/// A uniform sample of the fit rows (reservoir sampling, Vitter's algorithm R, 1985).
struct Sample {
    rows: Vec<Features>,
    seen: u64,
    size: usize,
    random: Pcg64Mcg,
}

impl Sample {
    fn new(size: usize, seed: u64) -> Self {
        Self { rows: Vec::new(), seen: 0, size, random: Pcg64Mcg::seed_from_u64(seed ^ 0x7361_6d70_6c65) }
    }

    fn offer(&mut self, features: &Features) {
        self.seen += 1;
        if self.rows.len() < self.size {
            self.rows.push(features.clone());
        } else {
            let place = self.random.random_range(0..self.seen);
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| self.rows.get_mut(place)) {
                *slot = features.clone();
            }
        }
    }

    fn scale(&self) -> Scale {
        let count = self.rows.len().max(1) as f64;
        let mut mean = vec![0.0_f64; NUMERIC];
        let mut tokens = vec![0.0_f64; TOKENS];
        for row in &self.rows {
            mean.iter_mut().zip(&row.numbers).for_each(|(mean, x)| *mean += f64::from(*x));
            tokens.iter_mut().enumerate().for_each(|(i, share)| *share += (row.tokens >> i & 1) as f64);
        }
        mean.iter_mut().for_each(|mean| *mean /= count);
        let mut squares = vec![0.0_f64; NUMERIC];
        for row in &self.rows {
            for ((square, x), mean) in squares.iter_mut().zip(&row.numbers).zip(&mean) {
                *square += (f64::from(*x) - mean).powi(2);
            }
        }
        let deviation = squares.iter().map(|square| match (square / count).sqrt() {
            small if small < 1e-6 => 1.0,
            deviation => deviation as f32,
        });
        Scale {
            deviation: deviation.collect(),
            mean: mean.iter().map(|mean| *mean as f32).collect(),
            tokens: tokens.iter().map(|share| (share / count) as f32).collect(),
        }
    }

    fn matrix(&self, scale: &Scale, absent: Fields) -> Vec<f32> {
        let mut matrix = vec![0.0; self.rows.len() * WIDTH];
        for (row, out) in self.rows.iter().zip(matrix.chunks_exact_mut(WIDTH)) {
            scale.encode(row, absent, out);
        }
        matrix
    }
}

/// What is compared with the calibration slice alone.
struct Late {
    new_regular: Collector,
    by_class: Vec<Vec<[f32; NOVELTIES]>>,
}

impl Late {
    fn new() -> Self {
        Self { new_regular: Collector::new(1), by_class: vec![Vec::new(); CLASSES] }
    }

    fn add(&mut self, features: &Features) {
        self.new_regular.add(0, features.new_regular);
        let novelty = &features.numbers[NUMERIC - oddflow_features::behaviour::NOVELTY..];
        self.by_class[features.class.index()].push(std::array::from_fn(|i| novelty[i]));
    }

    fn finish(self, watched: Vec<Reference>, application: Vec<Reference>) -> Calibration {
        let references = |rows: &[&[f32; NOVELTIES]]| -> [Reference; NOVELTIES] {
            std::array::from_fn(|i| Reference::new(rows.iter().map(|row| row[i]).collect(), 0))
        };
        let all: Vec<&[f32; NOVELTIES]> = self.by_class.iter().flatten().collect();
        let all = references(&all);
        let mut classes = self.by_class.iter().map(|rows| {
            (rows.len() >= LEAST_OF_CLASS).then(|| Box::new(references(&rows.iter().collect::<Vec<_>>())))
        });
        Calibration {
            error_q50: 0.0,
            error_q99: 1.0,
            watched,
            new_regular: self.new_regular.finish().remove(0),
            all,
            by_class: std::array::from_fn(|_| classes.next().flatten()),
            application,
        }
    }
}
