//! Training and scoring against `reference.txt`, which `reference.py` computes with numpy in double precision.

use std::collections::HashMap;
use std::ops::ControlFlow;

use oddflow_autoencoder::{Adam, Network, TrainingOptions, train};

const WIDTHS: [usize; 5] = [7, 5, 3, 5, 7];

fn fixture() -> HashMap<&'static str, Vec<f64>> {
    let line = |line: &'static str| {
        let mut words = line.split(' ');
        let name = words.next().expect("a name");
        (name, words.map(|word| word.parse().expect("a number")).collect())
    };
    include_str!("reference.txt").lines().map(line).collect()
}

fn floats(values: &[f64]) -> Vec<f32> {
    values.iter().map(|x| *x as f32).collect()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(difference <= tolerance * (1.0 + expected.abs()), "value {at}: {found}, expected {expected}");
    }
}

#[test]
fn a_run_equals_the_reference() {
    let fixture = fixture();
    let network = Network::glorot(&WIDTHS, 42).unwrap();
    for (k, layer) in network.layers().iter().enumerate() {
        assert_close(layer.weights(), &fixture[format!("first_weights_{k}").as_str()], 0.0);
    }
    let (rows, validation) = (floats(&fixture["training"]), floats(&fixture["validation"]));
    let options = TrainingOptions {
        batch: 16,
        epochs: 6,
        patience: None,
        adam: Adam { rate: 1e-2, ..Adam::default() },
        seed: 42,
        ..TrainingOptions::default()
    };
    let training = train(&network, &rows, &validation, &options, &mut |_| ControlFlow::Continue(())).unwrap();

    let losses = |f: fn(&oddflow_autoencoder::EpochReport) -> f64| -> Vec<f32> {
        training.epochs.iter().map(|epoch| f(epoch) as f32).collect()
    };
    assert_close(&losses(|epoch| epoch.training_loss), &fixture["training_losses"], 1e-6);
    assert_close(&losses(|epoch| epoch.validation_loss.unwrap()), &fixture["validation_losses"], 1e-6);
    // The reference keeps the last weights; here they are the best as well.
    assert_eq!(training.best_epoch, 6);
    for (k, layer) in training.network.layers().iter().enumerate() {
        assert_close(layer.weights(), &fixture[format!("last_weights_{k}").as_str()], 1e-5);
        assert_close(layer.bias(), &fixture[format!("last_biases_{k}").as_str()], 1e-5);
    }
    let mut out = vec![0.0; validation.len()];
    training.network.scorer().reconstruct(&validation, &mut out);
    assert_close(&out, &fixture["reconstruction"], 1e-5);
}
