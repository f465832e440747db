//! Training: from a baseline to a model.

use std::ops::ControlFlow;

use oddflow_autoencoder::{Adam, Event, Network, NetworkError, TrainingOptions};
use oddflow_features::Recipe;
use oddflow_features::classic::{FitError, Fitter, RawEncoder};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use super::baseline::{Baseline, BaselineRow};
use super::detector::Detector;
use super::model::{Content, Losses, Model, Training};
use super::split::{Split, parts};
use crate::manifest::Manifest;
use crate::quantile::{QUANTILES, quantile};

/// How to train. The default is the `classic` recipe's: 55-32-16-32-55 on the seed network's vocabulary, Adam 1e-4, batches
/// of 512, at most 500 epochs, stop after 3 without improvement.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// How rows are divided.
    pub split: Split,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Adam's rate.
    pub rate: f64,
    /// Rows a step.
    pub batch: usize,
    /// The most epochs.
    pub epochs: usize,
    /// Stop after so many epochs in a row without a lower validation loss.
    pub patience: usize,
    /// Gives the sample, the split, the weights and the order of rows.
    pub seed: u64,
    /// The quantile (0 to 1) of held-out errors that becomes the default threshold.
    pub quantile: f64,
    /// Threads; the result is the same for any number.
    pub threads: usize,
    /// Name and version of the program that trains.
    pub tool: String,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            split: Split::Time,
            hidden: vec![32, 16, 32],
            rate: 1e-4,
            batch: 512,
            epochs: 500,
            patience: 3,
            seed: 0,
            quantile: 0.99,
            threads: 1,
            tool: format!("oddflow {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Why no model could be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Too few rows to divide into three parts.
    #[error("{rows} rows are too few to train on, at least {LEAST_ROWS} are needed")]
    TooFewRows {
        /// Rows of the baseline.
        rows: u64,
    },
    /// An option is out of its range.
    #[error("the quantile {0} is not between 0 and 1")]
    Quantile(f64),
    /// The widths don't make a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The encoder can't be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The network can't be trained.
    #[error(transparent)]
    Training(#[from] oddflow_autoencoder::TrainError),
}

/// Fewest rows that a model is trained on: fewer leave a handful for the test part, and a threshold of chance.
pub const LEAST_ROWS: u64 = 100;

/// One row of the held-out part and what the network makes of it, both standardised.
#[derive(Clone, Debug)]
pub struct Example {
    /// The feature row.
    pub input: Vec<f32>,
    /// Its reconstruction.
    pub output: Vec<f32>,
    /// Its error.
    pub error: f32,
}

/// A model, and what its figures are drawn of.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// The errors of the held-out part, ascending.
    pub errors: Vec<f32>,
    /// The row of the held-out part whose error is the median.
    pub example: Example,
}

/// Trains a model on a baseline. The observer sees the progress and may stop the training, which then ends with the best
/// network so far.
///
/// # Errors
/// Too few rows, options out of range, a loss that diverges, a stop before the first epoch has ended.
pub fn train(
    baseline: Baseline,
    mut manifest: Manifest,
    options: &TrainOptions,
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Trained, TrainError> {
    if baseline.seen() < LEAST_ROWS || baseline.kept() < LEAST_ROWS as usize {
        return Err(TrainError::TooFewRows { rows: baseline.kept() as u64 });
    }
    if !(options.quantile > 0.0 && options.quantile < 1.0) {
        return Err(TrainError::Quantile(options.quantile));
    }
    manifest.rows_used = baseline.kept() as u64;
    let (levels, mut rows) = baseline.into_parts();
    arrange(&mut rows, options);
    let parts = parts(rows.len()).ok_or(TrainError::TooFewRows { rows: rows.len() as u64 })?;
    let [training, validation, test] = parts.map(|part| &rows[part]);

    let mut fitter = Fitter::new();
    training.iter().for_each(|row| fitter.add(&row.raw));
    let encoder = fitter.finish(&levels)?;
    let bound = encoder.bind(&levels);
    let width = encoder.width();

    let mut widths = vec![width];
    widths.extend(&options.hidden);
    widths.push(width);
    let network = Network::glorot(&widths, options.seed)?;
    let settings = TrainingOptions {
        batch: options.batch,
        epochs: options.epochs,
        patience: Some(options.patience),
        adam: Adam { rate: options.rate, ..Adam::default() },
        seed: options.seed,
        threads: options.threads,
        ..TrainingOptions::default()
    };
    let learned = {
        let (training, validation) = (matrix(&bound, width, training), matrix(&bound, width, validation));
        oddflow_autoencoder::train(&network, &training, &validation, &settings, observer)?
    };

    let scorer = learned.network.scorer();
    let errors = |rows: &[BaselineRow]| {
        let mut errors = Vec::with_capacity(rows.len());
        for block in rows.chunks(4096) {
            let start = errors.len();
            errors.resize(start + block.len(), 0.0);
            scorer.errors(&matrix(&bound, width, block), &mut errors[start..]);
        }
        errors
    };
    let losses = Losses {
        training: mean(&errors(training)),
        validation: mean(&errors(validation)),
        test: mean(&errors(test)),
    };
    let unsorted = errors(test);
    let mut ascending = unsorted.clone();
    ascending.sort_unstable_by(f32::total_cmp);
    let median = ascending[ascending.len() / 2];
    let position = unsorted.iter().position(|&error| error.to_bits() == median.to_bits()).unwrap_or(0);
    let input = matrix(&bound, width, &test[position..=position]);
    let mut output = vec![0.0; width];
    scorer.reconstruct(&input, &mut output);

    let mut quantiles = QUANTILES.to_vec();
    quantiles.push(options.quantile);
    quantiles.sort_unstable_by(f64::total_cmp);
    quantiles.dedup();
    let content = Content {
        recipe: Recipe::Classic,
        tool: options.tool.clone(),
        widths,
        default_quantile: options.quantile,
        thresholds: quantiles.into_iter().map(|q| (q, finite(quantile(&ascending, q)))).collect(),
        training: Training {
            split: options.split,
            seed: options.seed,
            rows: [training.len(), validation.len(), test.len()],
            batch: options.batch,
            rate: options.rate,
            epochs: (learned.epochs.iter())
                .map(|e| (e.training_loss, e.validation_loss.expect("there are validation rows")))
                .collect(),
            best_epoch: learned.best_epoch,
            losses,
        },
        manifest,
        encoder,
    };
    let model = Model::new(content, learned.network);
    Ok(Trained { model, errors: ascending, example: Example { input, output, error: median } })
}

/// Brings the rows into the order in which they are divided.
fn arrange(rows: &mut [BaselineRow], options: &TrainOptions) {
    match options.split {
        Split::Time => rows.sort_unstable_by(|a, b| a.end.total_cmp(&b.end).then(a.number.cmp(&b.number))),
        Split::Random => {
            rows.sort_unstable_by_key(|row| row.number);
            rows.shuffle(&mut Pcg64Mcg::seed_from_u64(options.seed ^ 0x7370_6c69_7473));
        }
    }
}

fn matrix(encoder: &RawEncoder<'_>, width: usize, rows: &[BaselineRow]) -> Vec<f32> {
    let mut matrix = vec![0.0; rows.len() * width];
    for (row, out) in rows.iter().zip(matrix.chunks_exact_mut(width)) {
        encoder.encode(&row.raw, out);
    }
    matrix
}

fn mean(errors: &[f32]) -> f64 {
    finite(errors.iter().map(|&error| f64::from(error)).sum::<f64>() / errors.len() as f64)
}

/// An absurd value in a held-out row can square beyond the range of its error; JSON has no infinity.
fn finite(error: f64) -> f64 {
    error.min(f64::from(f32::MAX))
}

impl Trained {
    /// The detector of the model.
    #[must_use]
    pub fn detector(&self) -> Detector {
        Detector::new(&self.model)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::classic::baseline::BaselineChunk;
    use zeek_log::ConnRecord;

    /// A plausible record that ends at the given time.
    pub(crate) fn record(end: f64) -> ConnRecord<'static> {
        let k = end as u64;
        let originator = ([10, 0, 0, (k % 20) as u8], 40_000 + (k % 1000) as u16);
        let responder = ([10, 0, 1, (k % 7) as u8], [53, 443, 80][k as usize % 3]);
        let proto = if k.is_multiple_of(3) { "udp" } else { "tcp" };
        ConnRecord {
            uid: Some(["Ca1", "Cb2", "Cc3", "Cd4"][k as usize % 4]),
            service: [Some("dns"), Some("ssl"), None][k as usize % 3],
            duration: Some(0.5),
            orig_bytes: Some(100 + k % 50),
            resp_bytes: Some(400 + k % 300),
            conn_state: Some("SF"),
            local_orig: Some(true),
            local_resp: Some(k.is_multiple_of(2)),
            missed_bytes: Some(0),
            history: Some("ShADadFf"),
            orig_pkts: Some(4),
            orig_ip_bytes: Some(400),
            resp_pkts: Some(3),
            resp_ip_bytes: Some(900),
            ..ConnRecord::bare(end - 0.5, originator, responder, proto)
        }
    }

    pub(crate) fn trained(options: &TrainOptions) -> Trained {
        let mut baseline = Baseline::new(1 << 24, options.seed);
        for start in 0..8 {
            let mut chunk = BaselineChunk::default();
            (0..250).for_each(|i| chunk.add(&record(f64::from(1000 + 250 * start + i))));
            baseline.append(&chunk);
        }
        train(baseline, Manifest::default(), options, &mut |_| ControlFlow::Continue(())).unwrap()
    }

    fn quick() -> TrainOptions {
        TrainOptions { epochs: 4, batch: 64, rate: 1e-3, ..TrainOptions::default() }
    }

    #[test]
    fn the_same_seed_gives_the_same_model_with_any_number_of_threads() {
        let one = trained(&quick());
        let two = trained(&TrainOptions { threads: 2, ..quick() });
        assert_eq!(one.model.id(), two.model.id());
        let other = trained(&TrainOptions { seed: 1, ..quick() });
        assert_ne!(one.model.id(), other.model.id());
    }

    #[test]
    fn parts_thresholds_and_losses_are_those_of_the_rows() {
        let trained = trained(&TrainOptions { quantile: 0.97, ..quick() });
        let training = trained.model.training();
        assert_eq!(training.rows, [1350, 250, 400]);
        assert_eq!(trained.errors.len(), 400);
        assert_eq!(trained.model.threshold(0.97), Some(quantile(&trained.errors, 0.97)));
        assert!((training.losses.test - mean(&trained.errors)).abs() < 1e-9);
        assert!(trained.model.thresholds().is_sorted());
        assert_eq!(trained.model.threshold(0.123), None);
    }

    #[test]
    fn an_odd_record_scores_higher_and_says_why() {
        let trained = trained(&TrainOptions { epochs: 30, ..quick() });
        let detector = trained.detector();
        let (mut rows, mut scores) = (Vec::new(), Vec::new());
        detector.encode(&record(3000.0), &mut rows);
        detector.encode(&ConnRecord { orig_bytes: Some(50_000_000), ..record(3000.0) }, &mut rows);
        detector.score(&rows, &mut scores);
        assert!(scores[1] > 100.0 * scores[0], "{scores:?}");
        let odd = ConnRecord { orig_bytes: Some(50_000_000), ..record(3000.0) };
        let why = detector.explain(&odd, &rows[detector.width()..], 3);
        assert_eq!((why[0].name, why[0].value, why.len()), ("src_bytes", 50_000_000.0, 3));
        assert!(why[0].expected < why[0].value, "{why:?}");
        assert!(why[0].share > 0.5 && why.is_sorted_by(|a, b| a.share >= b.share));
    }

    #[test]
    fn too_few_rows_and_odd_options_are_refused() {
        let baseline = |rows: u32| {
            let mut baseline = Baseline::new(1 << 20, 0);
            let mut chunk = BaselineChunk::default();
            (0..rows).for_each(|i| chunk.add(&record(f64::from(i))));
            baseline.append(&chunk);
            baseline
        };
        let run = |rows, options: &TrainOptions| {
            train(baseline(rows), Manifest::default(), options, &mut |_| ControlFlow::Continue(()))
                .unwrap_err()
        };
        assert!(matches!(run(99, &quick()), TrainError::TooFewRows { rows: 99 }));
        assert!(matches!(run(0, &quick()), TrainError::TooFewRows { rows: 0 }));
        assert!(matches!(run(200, &TrainOptions { quantile: 1.0, ..quick() }), TrainError::Quantile(_)));
        assert!(matches!(run(200, &TrainOptions { hidden: vec![0], ..quick() }), TrainError::Network(_)));
        assert!(matches!(run(200, &TrainOptions { batch: 0, ..quick() }), TrainError::Training(_)));
    }
}
