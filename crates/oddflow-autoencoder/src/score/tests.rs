//! Every output of every kernel: right, and the same wherever a row stands.

use std::thread;

use proptest::prelude::*;

use super::*;

fn assert_send_sync<T: Send + Sync>(_: &T) {}

/// The network's output for one row, in f64.
fn plain(network: &Network, row: &[f32]) -> Vec<f64> {
    let mut values: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
    for (position, layer) in network.layers().iter().enumerate() {
        let mut next: Vec<f64> = layer.bias().iter().map(|x| f64::from(*x)).collect();
        for (x, weights) in values.iter().zip(layer.weights().chunks(layer.outputs())) {
            for (next, weight) in next.iter_mut().zip(weights) {
                *next += x * f64::from(*weight);
            }
        }
        if position + 1 < network.layers().len() {
            next.iter_mut().for_each(|x| *x = x.max(0.0));
        }
        values = next;
    }
    values
}

/// The first columns as they are, the others 0 or 1: more often 0.
fn mixed_matrix(rows: usize, width: usize, numeric: usize) -> Vec<f32> {
    let mut data = matrix(rows, width);
    for row in data.chunks_mut(width) {
        row[numeric.min(width)..].iter_mut().for_each(|x| *x = f32::from(*x > 1.0));
    }
    data
}

fn matrix(rows: usize, width: usize) -> Vec<f32> {
    (0..rows * width).map(|i| ((i * 7919 + i / 31) % 997) as f32 / 250.0 - 2.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_row_scores_the_same_wherever_it_stands(
        width in 1_usize..70,
        hidden in prop::collection::vec(1_usize..40, 0..4),
        rows in 1_usize..40,
        seed: u64,
        cuts in prop::collection::vec(0_usize..40, 0..4),
    ) {
        let mut widths = vec![width];
        widths.extend(hidden);
        widths.push(width);
        let network = Network::glorot(&widths, seed).unwrap();
        let data = matrix(rows, width);
        for kernel in Kernel::available() {
            let scorer = Scorer::with_kernel(&network, Loss::Squared, kernel);
            let mut errors = vec![0.0; rows];
            let mut squares = vec![0.0; rows * width];
            let mut outputs = vec![0.0; rows * width];
            scorer.errors(&data, &mut errors);
            scorer.losses(&data, &mut squares);
            scorer.reconstruct(&data, &mut outputs);

            // Cut anywhere, on another thread.
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % rows).chain([0, rows]).collect();
            cuts.sort_unstable();
            let mut again = (vec![0.0; rows], vec![0.0; rows * width], vec![0.0; rows * width]);
            thread::scope(|scope| {
                scope.spawn(|| for cut in cuts.windows(2) {
                    let (part, values) = (cut[0]..cut[1], cut[0] * width..cut[1] * width);
                    scorer.errors(&data[values.clone()], &mut again.0[part]);
                    scorer.losses(&data[values.clone()], &mut again.1[values.clone()]);
                    scorer.reconstruct(&data[values.clone()], &mut again.2[values]);
                });
            });
            prop_assert_eq!(&errors, &again.0);
            prop_assert_eq!(&squares, &again.1);
            prop_assert_eq!(&outputs, &again.2);

            // And right: against f64.
            for (r, row) in data.chunks(width).enumerate() {
                for (c, expected) in plain(&network, row).into_iter().enumerate() {
                    let found = f64::from(outputs[r * width + c]);
                    prop_assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()));
                    let square = (outputs[r * width + c] - row[c]).powi(2);
                    prop_assert!((squares[r * width + c] - square).abs() <= 1e-5 * square);
                }
                let mean = squares[r * width..][..width].iter().sum::<f32>() / width as f32;
                prop_assert!((errors[r] - mean).abs() <= 1e-5 * mean);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_row_of_numbers_and_tokens_scores_the_same_wherever_it_stands(
        width in 1_usize..90,
        numeric in 0_usize..100,
        hidden in prop::collection::vec(1_usize..90, 0..4),
        rows in 1_usize..30,
        seed: u64,
        cut in 0_usize..30,
        scale in prop::sample::select(vec![1.0_f32, 50.0]),
    ) {
        let mut widths = vec![width];
        widths.extend(hidden);
        widths.push(width);
        let network = Network::he(&widths, seed, scale).unwrap();
        let data = mixed_matrix(rows, width, numeric);
        let cut = cut % rows;
        for kernel in Kernel::available() {
            let scorer = Scorer::with_kernel(&network, Loss::Mixed { numeric, clip: 1.0 }, kernel);
            let all = |data: &[f32]| {
                let mut errors = vec![0.0; data.len() / width];
                let (mut losses, mut outputs) = (vec![0.0; data.len()], vec![0.0; data.len()]);
                scorer.errors(data, &mut errors);
                scorer.losses(data, &mut losses);
                scorer.reconstruct(data, &mut outputs);
                (errors, losses, outputs)
            };
            let (errors, losses, outputs) = all(&data);
            for part in [0..cut, cut..rows] {
                let values = part.start * width..part.end * width;
                let again = all(&data[values.clone()]);
                prop_assert_eq!(&errors[part], &again.0);
                prop_assert_eq!(&losses[values.clone()], &again.1);
                prop_assert_eq!(&outputs[values], &again.2);
            }

            // And right: against f64.
            for (r, row) in data.chunks(width).enumerate() {
                let mut sum = 0.0;
                for (c, (y, x)) in plain(&network, row).into_iter().zip(row).enumerate() {
                    let x = f64::from(*x);
                    let z = y.clamp(-30.0, 30.0);
                    let (output, loss) = if c < numeric {
                        (y, (y - x).powi(2))
                    } else {
                        (1.0 / (1.0 + (-z).exp()), (-z.abs()).exp().ln_1p() + z.max(0.0) - z * x)
                    };
                    sum += loss;
                    let found = [outputs[r * width + c], losses[r * width + c]].map(f64::from);
                    // The network's rounding, as the error sees it.
                    let slack = 1e-4 * f64::from(scale) * (1.0 + y.abs());
                    prop_assert!((found[0] - output).abs() < slack, "{} {output}", found[0]);
                    let loss_slack = slack * (2.0 + 2.0 * (y - x).abs());
                    prop_assert!((found[1] - loss).abs() < loss_slack, "{} {loss}", found[1]);
                }
                let total: f64 = losses[r * width..][..width].iter().map(|x| f64::from(*x)).sum();
                prop_assert!((f64::from(errors[r]) - total).abs() <= 1e-5 * total);
                prop_assert!((total - sum).abs() < 1e-3 * f64::from(scale) * (1.0 + sum), "{total} {sum}");
            }
        }
    }
}

#[test]
fn logits_are_clipped_and_never_overflow() {
    // Without hidden layers an output is a weight: 1e9 for the first row, -1e9 for the second.
    let network = Network::from_layers(&[2, 2], [(vec![0.0, 1e9, 0.0, 0.0], vec![0.0; 2])]).unwrap();
    let data = [1.0, 0.0, -1.0, 0.0, 1.0, 1.0, -1.0, 1.0];
    for kernel in Kernel::available() {
        let scorer = Scorer::with_kernel(&network, Loss::Mixed { numeric: 1, clip: 1.0 }, kernel);
        let (mut losses, mut outputs) = ([0.0; 8], [0.0; 8]);
        scorer.losses(&data, &mut losses);
        scorer.reconstruct(&data, &mut outputs);
        let decay = (-30.0_f32).exp();
        for (row, (loss, output)) in
            [(30.0, 1.0), (decay, decay), (decay, 1.0), (30.0, decay)].into_iter().enumerate()
        {
            let found = [losses[2 * row + 1], outputs[2 * row + 1]];
            assert!((found[0] - loss).abs() <= 1e-6 * loss, "{found:?} {loss}");
            assert!((found[1] - output).abs() <= 1e-6 * output, "{found:?} {output}");
        }
    }
}

#[test]
fn kernels_agree() {
    let network = Network::glorot(&[55, 32, 16, 32, 55], 4).unwrap();
    let data = matrix(101, 55);
    let errors: Vec<Vec<f32>> = Kernel::available()
        .into_iter()
        .map(|kernel| {
            let mut errors = vec![0.0; 101];
            Scorer::with_kernel(&network, Loss::Squared, kernel).errors(&data, &mut errors);
            errors
        })
        .collect();
    for other in &errors[1..] {
        for (x, y) in other.iter().zip(&errors[0]) {
            assert!((x - y).abs() <= 1e-5 * y, "{x} {y}");
        }
    }
}

#[test]
fn a_nan_shows_in_its_row_only() {
    let network = Network::glorot(&[20, 6, 20], 4).unwrap();
    for (column, loss) in [
        (7, Loss::Squared),
        (7, Loss::Mixed { numeric: 9, clip: 1.0 }),
        (12, Loss::Mixed { numeric: 9, clip: 1.0 }),
    ] {
        let mut data = mixed_matrix(11, 20, 9);
        data[3 * 20 + column] = f32::NAN;
        for kernel in Kernel::available() {
            let scorer = Scorer::with_kernel(&network, loss, kernel);
            assert_send_sync(&scorer);
            let mut errors = vec![0.0; 11];
            scorer.errors(&data, &mut errors);
            let bad: Vec<usize> = (0..11).filter(|r| errors[*r].is_nan()).collect();
            assert_eq!(bad, [3]);
        }
    }
}

#[test]
fn no_rows_are_fine() {
    let scorer = Network::glorot(&[3, 2, 3], 0).unwrap().scorer();
    scorer.errors(&[], &mut []);
    scorer.reconstruct(&[], &mut []);
}

#[test]
#[should_panic(expected = "one error a row")]
fn a_matrix_of_another_width_is_refused() {
    Network::glorot(&[3, 2, 3], 0).unwrap().scorer().errors(&[0.0; 8], &mut [0.0; 2]);
}
