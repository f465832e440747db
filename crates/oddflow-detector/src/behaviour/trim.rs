//! The most extreme rows of a baseline, which it may be better not to learn from.
//!
//! A network reconstructs well whatever it was trained on, an attack too: by the model's own error nothing in its baseline looks
//! like one. So the baseline is cut into blocks of time, and the rows of each are judged by a small network that learned from the
//! other blocks alone. What was done once and never again stands out. What goes on through the whole baseline does not; to tell
//! that is the [audit](super::Audit)'s work.

use std::ops::{ControlFlow, Range};

use oddflow_autoencoder::{Adam, Epsilon, Network, Remainder, Schedule, Scorer, TrainingOptions};
use oddflow_features::behaviour::{Direction, Features, Fields, Flow, NUMERIC, State, TOKENS, WIDTH};

use super::baseline::Baseline;
use super::score::{SMALLEST, Scale};
use super::train::{Error, TrainOptions};
use crate::loss::BEHAVIOUR_LOSS;
use crate::quantile::quantile;

/// Blocks of time, each judged by what the others taught.
const BLOCKS: usize = 4;
/// Rows of a block that are learned from at most.
const SAMPLE: usize = 4000;
/// Steps of the optimiser: enough to learn the ordinary, and a fraction of a model's training.
const STEPS: usize = 600;
/// Widths of the hidden layers.
const HIDDEN: [usize; 3] = [32, 8, 32];
/// Scale of the last layer's first weights, least rate and weight decay, as in training.
const LAST_LAYER: f32 = 0.3;
const LEAST_RATE: f64 = 1e-5;
const DECAY: f64 = 1e-5;
/// A row is extreme where the logarithm of its error lies so many times farther above the median than the 90th percentile does,
const BEYOND: f32 = 1.5;
/// and among so small a share of the rows: what is rare and harmless must be learned as well.
const MOST: f64 = 0.005;
/// Networks that learn from the same blocks, each from other first weights; the mean of their verdicts depends less on these.
const JUDGES: usize = 3;
/// Rows that are judged at a time.
const BATCH: usize = 128;

/// Networks that learned from the other blocks.
struct Judge {
    scale: Scale,
    networks: Vec<Scorer>,
}

/// The places of the rows to leave out, ascending. `fit` are the places of the rows that the model learns from.
///
/// At most 0.5% of these are named. The rows before them are not learned from. Those behind, which calibrate, must stay as the
/// traffic is: without their most extreme rows the threshold would be too low for the budget.
///
/// # Errors
/// Those of training, on the rows of a block.
///
/// # Panics
/// `fit` lies outside of the baseline.
pub fn extreme(baseline: &Baseline, fit: Range<usize>, options: &TrainOptions) -> Result<Vec<usize>, Error> {
    let flows = &baseline.flows()[..fit.end];
    let absent = baseline.absent();
    if fit.len() < BLOCKS * BATCH {
        return Ok(Vec::new());
    }
    let samples = samples(flows, &fit);
    let judges: Vec<Judge> =
        (0..BLOCKS).map(|block| Judge::new(&samples, block, absent, options)).collect::<Result<_, _>>()?;
    drop(samples);
    let errors = errors(flows, &fit, absent, &judges);
    let mut sorted = errors.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let (middle, high) = (quantile(&sorted, 0.5) as f32, quantile(&sorted, 0.9) as f32);
    let limit = middle + BEYOND * (high - middle);
    // Chatter to groups is rare and varied, and not what attacks are made of.
    let judged = |place: usize| flows[place].class.direction() != Direction::Multicast;
    let mut far: Vec<(usize, f32)> =
        fit.clone().zip(errors).filter(|(place, error)| *error > limit && judged(*place)).collect();
    far.sort_by(|a, b| b.1.total_cmp(&a.1));
    far.truncate((MOST * fit.len() as f64) as usize);
    let mut places: Vec<usize> = far.into_iter().map(|(place, _)| place).collect();
    places.sort_unstable();
    Ok(places)
}

/// The block of a row, counted from the first that is fitted.
fn block(row: usize, rows: usize) -> usize {
    row * BLOCKS / rows
}

/// Some rows of each block, evenly spread.
fn samples(flows: &[Flow], fit: &Range<usize>) -> Vec<Vec<Features>> {
    let step = fit.len().div_ceil(BLOCKS * SAMPLE);
    let mut samples = vec![Vec::new(); BLOCKS];
    let mut state = State::new();
    let mut features = Features::default();
    for (place, flow) in flows.iter().enumerate() {
        state.update(flow, &mut features);
        if let Some(row) = place.checked_sub(fit.start)
            && row % step == 0
        {
            samples[block(row, fit.len())].push(features.clone());
        }
    }
    samples
}

/// The mean logarithm of each fitted row's errors.
fn errors(flows: &[Flow], fit: &Range<usize>, absent: Fields, judges: &[Judge]) -> Vec<f32> {
    let mut errors = Vec::with_capacity(fit.len());
    let mut state = State::new();
    let mut features = Features::default();
    let mut matrix = vec![0.0; BATCH * WIDTH];
    let mut of_batch = vec![0.0; BATCH];
    let (mut rows, mut of_block) = (0, 0);
    let mut judge = |rows: usize, of_block: usize, matrix: &[f32]| {
        let start = errors.len();
        errors.resize(start + rows, 0.0);
        for network in &judges[of_block].networks {
            network.errors(&matrix[..rows * WIDTH], &mut of_batch[..rows]);
            for (sum, error) in errors[start..].iter_mut().zip(&of_batch) {
                *sum += (error + SMALLEST).ln() / JUDGES as f32;
            }
        }
    };
    for (place, flow) in flows.iter().enumerate() {
        state.update(flow, &mut features);
        let Some(row) = place.checked_sub(fit.start) else { continue };
        let next = block(row, fit.len());
        if rows == BATCH || next != of_block {
            judge(rows, of_block, &matrix);
            rows = 0;
        }
        of_block = next;
        judges[of_block].scale.encode(&features, absent, &mut matrix[rows * WIDTH..][..WIDTH]);
        rows += 1;
    }
    judge(rows, of_block, &matrix);
    errors
}

impl Judge {
    /// Learns from all blocks but one.
    fn new(
        samples: &[Vec<Features>],
        without: usize,
        absent: Fields,
        options: &TrainOptions,
    ) -> Result<Self, Error> {
        let others = samples.iter().enumerate().filter(|(block, _)| *block != without);
        let rows: Vec<&Features> = others.flat_map(|(_, rows)| rows).collect();
        let scale = scale(&rows);
        let mut matrix = vec![0.0; rows.len() * WIDTH];
        for (row, out) in rows.iter().zip(matrix.chunks_exact_mut(WIDTH)) {
            scale.encode(row, absent, out);
        }
        let mut widths = vec![WIDTH];
        widths.extend(HIDDEN);
        widths.push(WIDTH);
        let batch = options.batch.min(rows.len());
        let seed = |judge: usize| options.seed.wrapping_mul(JUDGES as u64).wrapping_add(judge as u64);
        let network = |judge: usize| -> Result<Scorer, Error> {
            let settings = TrainingOptions {
                batch,
                epochs: STEPS.div_ceil(rows.len() / batch),
                patience: None,
                remainder: Remainder::Skip,
                adam: Adam {
                    rate: options.rate,
                    epsilon: Epsilon::Corrected(1e-8),
                    decay: DECAY,
                    ..Adam::default()
                },
                schedule: Schedule::Cosine { floor: LEAST_RATE },
                loss: BEHAVIOUR_LOSS,
                seed: seed(judge),
                threads: options.threads,
            };
            let network = Network::he(&widths, seed(judge), LAST_LAYER)?;
            let go_on = &mut |_: oddflow_autoencoder::Event<'_>| ControlFlow::Continue(());
            let trained = oddflow_autoencoder::train(&network, &matrix, &[], &settings, go_on)?;
            Ok(trained.network.scorer_with(BEHAVIOUR_LOSS))
        };
        let networks = (0..JUDGES).map(network).collect::<Result<_, _>>()?;
        Ok(Self { scale, networks })
    }
}

fn scale(rows: &[&Features]) -> Scale {
    let count = rows.len() as f64;
    let mean = |of: &dyn Fn(&Features) -> f64| rows.iter().map(|row| of(row)).sum::<f64>() / count;
    let means: Vec<f64> = (0..NUMERIC).map(|i| mean(&|row| row.numbers[i].into())).collect();
    let deviation = |i: usize| {
        let variance = mean(&|row| (f64::from(row.numbers[i]) - means[i]).powi(2));
        if variance < 1e-12 { 1.0 } else { variance.sqrt() as f32 }
    };
    Scale {
        deviation: (0..NUMERIC).map(deviation).collect(),
        tokens: (0..TOKENS).map(|i| mean(&|row| (row.tokens >> i & 1) as f64) as f32).collect(),
        mean: means.iter().map(|mean| *mean as f32).collect(),
    }
}

#[cfg(test)]
mod tests {
    use zeek_log::ConnRecord;

    use super::super::audit::testing::{MORNING, Traffic, connection, host, refused, server};
    use super::*;

    fn options() -> TrainOptions {
        TrainOptions { batch: 64, ..TrainOptions::default() }
    }

    #[test]
    fn a_planted_attack_is_left_out() {
        let mut traffic = Traffic::office();
        for i in 0..8_u16 {
            let ts = MORNING + 12_000.0 + f64::from(i);
            let upload = connection(ts, host(14), server(240));
            traffic.0.push(ConnRecord {
                orig_bytes: Some(30_000_000),
                resp_p: 4_444,
                service: None,
                ..upload
            });
            traffic.0.push(refused(ts, host(14), host(200), 1_000 + i));
        }
        let (baseline, _) = traffic.baseline();
        let rows = extreme(&baseline, 400..2200, &options()).unwrap();
        let is_attack = |row: &usize| {
            let record = &traffic.0[*row];
            record.resp_h == server(240) || record.resp_h == host(200)
        };
        let attack = rows.iter().filter(|row| is_attack(row)).count();
        assert!(rows.is_sorted() && rows.len() <= 9, "{rows:?}");
        assert!(attack >= 7, "{attack} of {}", rows.len());
        assert_eq!(rows, extreme(&baseline, 400..2200, &options()).unwrap(), "the same again");
    }

    #[test]
    fn few_rows_are_left_as_they_are() {
        let (baseline, _) = Traffic::office().baseline();
        assert!(extreme(&baseline, 100..600, &options()).unwrap().is_empty());
        assert!(extreme(&baseline, 0..0, &options()).unwrap().is_empty());
    }
}
