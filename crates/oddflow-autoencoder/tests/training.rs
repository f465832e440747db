//! What a training run promises: it learns, stops in time, keeps the best weights, gives the same bytes for any number of
//! threads, and refuses what it can't use.

use std::ops::ControlFlow;

use oddflow_autoencoder::{
    Adam, End, EpochReport, Epsilon, Event, Network, Part, TrainError, Training, TrainingOptions, train,
};

/// Rows of `width` columns that three hidden causes explain, with a little noise. Deterministic.
fn low_rank(rows: usize, width: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    let mut data = Vec::with_capacity(rows * width);
    for _ in 0..rows {
        let causes = [number(), number(), number()];
        for column in 0..width {
            let angle = column as f32;
            let value = causes[0] * angle.cos() + causes[1] * angle.sin() + causes[2] * (2.0 * angle).cos();
            data.push(value + 0.02 * number());
        }
    }
    data
}

fn quiet(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn options(epochs: usize) -> TrainingOptions {
    TrainingOptions {
        batch: 64,
        epochs,
        adam: Adam { rate: 3e-3, ..Adam::default() },
        threads: 2,
        ..TrainingOptions::default()
    }
}

fn mean_error(network: &Network, rows: &[f32]) -> f64 {
    let mut errors = vec![0.0; rows.len() / network.width()];
    network.scorer().errors(rows, &mut errors);
    errors.iter().map(|e| f64::from(*e)).sum::<f64>() / errors.len() as f64
}

#[test]
fn a_low_rank_set_is_learned() {
    let (rows, validation) = (low_rank(2000, 12, 1), low_rank(300, 12, 2));
    let network = Network::glorot(&[12, 16, 6, 16, 12], 3).unwrap();
    let before = mean_error(&network, &validation);
    let training = train(&network, &rows, &validation, &options(60), &mut quiet).unwrap();
    let after = mean_error(&training.network, &validation);
    assert!(after < 0.05 * before, "{before} -> {after}");
    // What it was never shown stands out.
    let mut odd = low_rank(1, 12, 9);
    odd.iter_mut().step_by(2).for_each(|x| *x = -*x + 1.0);
    assert!(mean_error(&training.network, &odd) > 10.0 * after);
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    // 1,003 rows: neither whole batches nor whole blocks.
    let (rows, validation) = (low_rank(1003, 9, 4), low_rank(101, 9, 5));
    let network = Network::glorot(&[9, 7, 3, 7, 9], 6).unwrap();
    let run = |threads| -> Training {
        let options = TrainingOptions { threads, batch: 100, ..options(5) };
        train(&network, &rows, &validation, &options, &mut quiet).unwrap()
    };
    let one = run(1);
    for threads in [1, 2, 3, 4, 9] {
        assert_eq!(run(threads), one, "{threads} threads");
    }
    let reseeded = TrainingOptions { seed: 1, batch: 100, ..options(5) };
    assert_ne!(train(&network, &rows, &validation, &reseeded, &mut quiet).unwrap(), one);
}

#[test]
fn batches_of_any_size_work() {
    let (rows, validation) = (low_rank(37, 5, 4), low_rank(3, 5, 5));
    let network = Network::glorot(&[5, 2, 5], 6).unwrap();
    for batch in [1, 2, 5, 36, 37, 38, 1000, usize::MAX] {
        let run = |threads| {
            let options = TrainingOptions { batch, threads, ..options(2) };
            train(&network, &rows, &validation, &options, &mut quiet).unwrap()
        };
        assert_eq!(run(1), run(2), "batches of {batch}");
    }
}

#[test]
fn training_stops_early_and_keeps_the_best_weights() {
    // Validation rows that have nothing to do with the training rows: their loss rises sooner or later.
    let rows = low_rank(400, 8, 1);
    let validation: Vec<f32> = low_rank(50, 8, 2).iter().map(|x| 0.3 - x * x).collect();
    let network = Network::glorot(&[8, 6, 8], 3).unwrap();
    let training = train(&network, &rows, &validation, &options(500), &mut quiet).unwrap();
    assert_eq!(training.end, End::NoImprovement);
    let losses: Vec<f64> = training.epochs.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    assert_eq!(losses.len(), training.best_epoch + 3);
    let best = losses[training.best_epoch - 1];
    assert!(losses[..training.best_epoch - 1].iter().all(|loss| *loss > best));
    assert!(losses[training.best_epoch..].iter().all(|loss| *loss >= best));
    assert_eq!(mean_error(&training.network, &validation) as f32, best as f32);
    for epoch in &training.epochs {
        let before = losses[..epoch.epoch - 1].iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(epoch.improved, losses[epoch.epoch - 1] < before);
    }

    let patient = TrainingOptions { patience: None, ..options(training.best_epoch + 10) };
    let longer = train(&network, &rows, &validation, &patient, &mut quiet).unwrap();
    assert_eq!((longer.end, longer.epochs.len()), (End::AllEpochs, training.best_epoch + 10));
    assert_eq!(longer.epochs[..losses.len()], training.epochs[..]);
}

#[test]
fn the_observer_sees_every_epoch_and_can_stop() {
    let (rows, validation) = (low_rank(70_000, 3, 1), low_rank(20, 3, 2));
    let network = Network::glorot(&[3, 2, 3], 3).unwrap();
    let mut seen: Vec<EpochReport> = Vec::new();
    let mut progress = Vec::new();
    let training = train(&network, &rows, &validation, &options(9), &mut |event| match event {
        Event::Progress { epoch, rows } => {
            progress.push((epoch, rows));
            ControlFlow::Continue(())
        }
        Event::Epoch(report) => {
            seen.push(*report);
            if report.epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    })
    .unwrap();
    assert_eq!(training.end, End::Stopped);
    assert_eq!(training.epochs, seen);
    assert_eq!(seen.len(), 2);
    assert_eq!(progress, [(1, 32_768), (1, 65_536), (2, 32_768), (2, 65_536)]);

    // Inside an epoch: the finished ones count; without any there is nothing to give.
    let stop_in = |wanted: usize| {
        train(&network, &rows, &validation, &options(9), &mut |event| match event {
            Event::Progress { epoch, .. } if epoch == wanted => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    };
    let training = stop_in(2).unwrap();
    assert_eq!((training.end, &training.epochs[..]), (End::Stopped, &seen[..1]));
    assert!(matches!(stop_in(1), Err(TrainError::Stopped)));
}

#[test]
fn what_cannot_be_trained_on_is_refused() {
    let network = Network::glorot(&[4, 2, 4], 3).unwrap();
    let rows = low_rank(20, 4, 1);
    let refused = |rows: &[f32], validation: &[f32], options: TrainingOptions| -> TrainError {
        train(&network, rows, validation, &options, &mut quiet).unwrap_err()
    };
    assert!(matches!(refused(&[], &rows, options(1)), TrainError::Empty(Part::Training)));
    assert!(matches!(refused(&rows, &[], options(1)), TrainError::Empty(Part::Validation)));
    let shape = refused(&rows, &rows[1..], options(1));
    assert_eq!(shape.to_string(), "79 validation values don't make rows of 4 columns");
    let mut bad = rows.clone();
    bad[4 * 5 + 2] = f32::NAN;
    let nan = refused(&bad, &rows, options(1));
    assert_eq!(nan.to_string(), "the training rows hold NaN at row 5, column 2 (both from 0)");
    for options in [
        TrainingOptions { batch: 0, ..options(1) },
        TrainingOptions { threads: 0, ..options(1) },
        options(0),
        TrainingOptions { adam: Adam { rate: 0.0, ..Adam::default() }, ..options(1) },
        TrainingOptions { adam: Adam { rate: f64::NAN, ..Adam::default() }, ..options(1) },
        TrainingOptions { adam: Adam { beta2: 1.0, ..Adam::default() }, ..options(1) },
        TrainingOptions {
            adam: Adam { epsilon: Epsilon::Uncorrected(1e-60), ..Adam::default() },
            ..options(1)
        },
    ] {
        assert!(matches!(refused(&rows, &rows, options), TrainError::Option { .. }), "{options:?}");
    }
}

#[test]
fn a_loss_that_grows_beyond_bounds_is_an_error() {
    let network = Network::glorot(&[4, 2, 4], 3).unwrap();
    let rows: Vec<f32> = low_rank(200, 4, 1).iter().map(|x| x * 1e25).collect();
    let result = train(&network, &rows, &rows, &options(3), &mut quiet);
    assert!(matches!(result, Err(TrainError::Diverged { epoch: 1, part: Part::Training, .. })), "{result:?}");
}

#[test]
fn an_observer_that_panics_leaves_no_thread_waiting() {
    let network = Network::glorot(&[4, 2, 4], 3).unwrap();
    let rows = low_rank(500, 4, 1);
    let run = std::panic::AssertUnwindSafe(|| {
        train(&network, &rows, &rows, &options(3), &mut |_| panic!("on purpose"))
    });
    assert!(std::panic::catch_unwind(run).is_err());
}
