//! Training and scoring by the mixed loss: against a plain computation in f64, and what holds for any run.

use std::ops::ControlFlow;

use oddflow_autoencoder::{
    Adam, End, Epsilon, Event, Loss, Network, Part, Remainder, Schedule, TrainError, Training,
    TrainingOptions, train,
};

const WIDTHS: [usize; 5] = [21, 9, 4, 9, 21];
const NUMERIC: usize = 6;
const CLIP: f32 = 0.8;
const LOSS: Loss = Loss::Mixed { numeric: NUMERIC, clip: CLIP };

fn quiet(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// SplitMix64, the generator behind the order of rows.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The stream that orders rows: seeded with the second stream's first number.
    fn order(seed: u64) -> SplitMix {
        let first = SplitMix(seed).next();
        SplitMix(SplitMix(first).next())
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, ((u128::from(self.next()) * (i as u128 + 1)) >> 64) as usize);
        }
    }
}

/// Numbers with an outlier now and then, and tokens that depend on them.
fn rows(count: usize, seed: u64) -> Vec<f32> {
    let mut random = SplitMix(seed);
    let mut number = move || (random.next() >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
    let mut data = Vec::with_capacity(count * WIDTHS[0]);
    for row in 0..count {
        let causes = [number(), number()];
        for column in 0..WIDTHS[0] {
            let angle = column as f32;
            let value = causes[0] * angle.cos() + causes[1] * angle.sin() + 0.1 * number();
            let outlier = if (row + column) % 17 == 0 { 5.0 } else { 1.0 };
            data.push(if column < NUMERIC { outlier * value } else { f32::from(value > 0.4) });
        }
    }
    data
}

fn options() -> TrainingOptions {
    TrainingOptions {
        batch: 16,
        remainder: Remainder::Skip,
        epochs: 9,
        patience: None,
        loss: LOSS,
        adam: Adam { rate: 1e-2, epsilon: Epsilon::Corrected(1e-8), decay: 1e-3, ..Adam::default() },
        schedule: Schedule::Cosine { floor: 1e-4 },
        seed: 42,
        threads: 2,
    }
}

/// Weights and biases of every layer, in f64.
type Layers = Vec<(Vec<f64>, Vec<f64>)>;

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|x| f64::from(*x)).collect()
}

fn layers(network: &Network) -> Layers {
    network.layers().iter().map(|layer| (wide(layer.weights()), wide(layer.bias()))).collect()
}

/// The input and the values after every layer; the last without ReLU.
fn forward(layers: &Layers, row: &[f64]) -> Vec<Vec<f64>> {
    let mut all = vec![row.to_vec()];
    for (position, (weights, bias)) in layers.iter().enumerate() {
        let mut next = bias.clone();
        for (x, weights) in all[position].iter().zip(weights.chunks(bias.len())) {
            next.iter_mut().zip(weights).for_each(|(next, weight)| *next += x * weight);
        }
        if position + 1 < layers.len() {
            next.iter_mut().for_each(|x| *x = x.max(0.0));
        }
        all.push(next);
    }
    all
}

/// Every column's part of the loss, from the definition.
fn parts(layers: &Layers, row: &[f64]) -> Vec<f64> {
    let outputs = forward(layers, row).pop().expect("a layer");
    let part = |(column, (y, x)): (usize, (f64, &f64))| {
        if column < NUMERIC {
            (y - x) * (y - x)
        } else {
            let z = y.clamp(-30.0, 30.0);
            (-z.abs()).exp().ln_1p() + z.max(0.0) - z * x
        }
    };
    outputs.into_iter().zip(row).enumerate().map(part).collect()
}

/// The same training by plain loops.
fn plain_training(network: &Network, data: &[f32], options: &TrainingOptions) -> Layers {
    let width = network.width();
    let data: Vec<Vec<f64>> = data.chunks(width).map(wide).collect();
    let mut layers = layers(network);
    let zeros = || layers.iter().map(|(w, b)| (vec![0.0; w.len()], vec![0.0; b.len()])).collect::<Layers>();
    let (mut first, mut second, empty) = (zeros(), zeros(), zeros());
    let batch = options.batch.min(data.len());
    let steps = (options.epochs * (data.len() / batch)) as f64;
    let mut order: Vec<usize> = (0..data.len()).collect();
    let mut random = SplitMix::order(options.seed);
    let mut step = 0;
    for _ in 0..options.epochs {
        random.shuffle(&mut order);
        for rows in order.chunks_exact(batch) {
            let mut gradient = empty.clone();
            for row in rows {
                let values = forward(&layers, &data[*row]);
                let mut delta: Vec<f64> = (values[layers.len()].iter().zip(&values[0]).enumerate())
                    .map(|(column, (y, x))| {
                        let clip = f64::from(CLIP);
                        let off = if column < NUMERIC {
                            (y - x).clamp(-clip, clip)
                        } else {
                            1.0 / (1.0 + (-y.clamp(-30.0, 30.0)).exp()) - x
                        };
                        off * 2.0 / width as f64 / rows.len() as f64
                    })
                    .collect();
                for k in (0..layers.len()).rev() {
                    let mut before = vec![0.0; values[k].len()];
                    for (i, x) in values[k].iter().enumerate() {
                        for (o, delta) in delta.iter().enumerate() {
                            let at = i * delta_len(&layers, k) + o;
                            gradient[k].0[at] += x * delta;
                            before[i] += if *x > 0.0 { layers[k].0[at] * delta } else { 0.0 };
                        }
                    }
                    gradient[k].1.iter_mut().zip(&delta).for_each(|(sum, delta)| *sum += delta);
                    delta = before;
                }
            }
            step += 1;
            let share = (f64::from(step) / steps).min(1.0);
            let rate = 1e-2 * 0.5 * (1.0 + (std::f64::consts::PI * share).cos()) + 1e-4;
            let adam = |p: &mut f64, g: f64, m: &mut f64, v: &mut f64| {
                *m += 0.1 * (g - *m);
                *v += 0.001 * (g * g - *v);
                let corrected = [*m / (1.0 - 0.9_f64.powi(step)), *v / (1.0 - 0.999_f64.powi(step))];
                *p -= rate * corrected[0] / (corrected[1].sqrt() + 1e-8);
            };
            for (k, (weights, bias)) in layers.iter_mut().enumerate() {
                for (at, p) in weights.iter_mut().enumerate() {
                    let g = gradient[k].0[at] + 1e-3 * *p;
                    adam(p, g, &mut first[k].0[at], &mut second[k].0[at]);
                }
                for (at, p) in bias.iter_mut().enumerate() {
                    adam(p, gradient[k].1[at], &mut first[k].1[at], &mut second[k].1[at]);
                }
            }
        }
    }
    layers
}

/// Outputs of layer k.
fn delta_len(layers: &Layers, k: usize) -> usize {
    layers[k].1.len()
}

fn run(data: &[f32], options: &TrainingOptions) -> Training {
    let network = Network::he(&WIDTHS, 3, 0.3).unwrap();
    train(&network, data, &[], options, &mut quiet).unwrap()
}

#[test]
fn a_run_equals_the_plain_one() {
    // Whole batches and a rest; fewer rows than a batch.
    for count in [150, 160, 11] {
        let data = rows(count, 1);
        let found = layers(&run(&data, &options()).network);
        let expected = plain_training(&Network::he(&WIDTHS, 3, 0.3).unwrap(), &data, &options());
        for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let pairs = found.0.iter().zip(&expected.0).chain(found.1.iter().zip(&expected.1));
            for (found, expected) in pairs {
                assert!(
                    (found - expected).abs() < 2e-5,
                    "{count} rows, layer {k}: {found}, expected {expected}"
                );
            }
        }
    }
}

#[test]
fn losses_equal_the_definition() {
    let data = rows(101, 2);
    let network = run(&data, &options()).network;
    let scorer = network.scorer_with(LOSS);
    let mut errors = vec![0.0; 101];
    let mut losses = vec![0.0; data.len()];
    scorer.errors(&data, &mut errors);
    scorer.losses(&data, &mut losses);
    let layers = layers(&network);
    for (row, values) in data.chunks(WIDTHS[0]).enumerate() {
        let expected = parts(&layers, &wide(values));
        let sum: f64 = expected.iter().sum();
        assert!((f64::from(errors[row]) - sum).abs() < 1e-5 * sum, "{} {sum}", errors[row]);
        for (found, expected) in losses[row * WIDTHS[0]..].iter().zip(&expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-5 * (1.0 + expected), "{found} {expected}");
        }
    }
}

#[test]
fn training_learns_and_keeps_the_last_weights() {
    let data = rows(2000, 5);
    let network = Network::he(&WIDTHS, 3, 0.3).unwrap();
    let error = |network: &Network| {
        let mut errors = vec![0.0; 2000];
        network.scorer_with(LOSS).errors(&data, &mut errors);
        errors.iter().map(|e| f64::from(*e)).sum::<f64>() / 2000.0
    };
    let training = run(&data, &TrainingOptions { epochs: 60, ..options() });
    assert!(error(&training.network) < 0.5 * error(&network));
    assert_eq!((training.end, training.best_epoch, training.epochs.len()), (End::AllEpochs, 60, 60));
    assert!(training.epochs.iter().all(|epoch| epoch.improved && epoch.validation_loss.is_none()));
    let losses = [0, 59].map(|epoch| training.epochs[epoch].training_loss);
    assert!(losses[1] < 0.6 * losses[0], "{losses:?}");
}

#[test]
fn a_validation_loss_is_in_the_unit_of_the_training_loss() {
    let data = rows(64, 5);
    let network = Network::he(&WIDTHS, 3, 0.3).unwrap();
    // One step of hardly any length on all rows.
    let adam = Adam { rate: 1e-9, ..Adam::default() };
    let options = TrainingOptions { batch: 64, epochs: 1, adam, schedule: Schedule::Constant, ..options() };
    let training = train(&network, &data, &data, &options, &mut quiet).unwrap();
    let (training, validation) =
        (training.epochs[0].training_loss, training.epochs[0].validation_loss.unwrap());
    assert!((training - validation).abs() < 1e-5 * training, "{training} {validation}");
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    let data = rows(1003, 4);
    let run = |threads| run(&data, &TrainingOptions { threads, batch: 100, ..options() });
    let one = run(1);
    for threads in [1, 2, 3, 4, 9] {
        assert_eq!(run(threads), one, "{threads} threads");
    }
}

#[test]
fn a_stop_keeps_the_epochs_that_ended() {
    let data = rows(100, 4);
    let network = Network::he(&WIDTHS, 3, 0.3).unwrap();
    for threads in [1, 2] {
        let options = TrainingOptions { threads, schedule: Schedule::Constant, ..options() };
        let stopped = train(&network, &data, &[], &options, &mut |event| match event {
            Event::Epoch(report) if report.epoch == 3 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
        assert_eq!((stopped.end, stopped.best_epoch), (End::Stopped, 3));
        let three =
            train(&network, &data, &[], &TrainingOptions { epochs: 3, ..options }, &mut quiet).unwrap();
        assert_eq!(stopped.network, three.network);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let network = Network::he(&WIDTHS, 3, 0.3).unwrap();
    let data = rows(20, 4);
    let refused = |options| train(&network, &data, &[], &options, &mut quiet).unwrap_err();
    let patient = TrainingOptions { patience: Some(3), ..options() };
    assert!(matches!(refused(patient), TrainError::Empty(Part::Validation)));
    for (name, options) in [
        ("loss.clip", TrainingOptions { loss: Loss::Mixed { numeric: 6, clip: 0.0 }, ..options() }),
        ("loss.clip", TrainingOptions { loss: Loss::Mixed { numeric: 6, clip: f32::NAN }, ..options() }),
        ("schedule.floor", TrainingOptions { schedule: Schedule::Cosine { floor: -1.0 }, ..options() }),
        ("adam.decay", TrainingOptions { adam: Adam { decay: -1e-5, ..Adam::default() }, ..options() }),
    ] {
        assert!(
            matches!(refused(options), TrainError::Option { name: found, .. } if found == name),
            "{name}"
        );
    }
}
