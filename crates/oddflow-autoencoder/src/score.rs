//! Reconstruction and its error, row by row, as fast as the machine allows.
//!
//! Invariant: a row's result is the same to the bit whatever the batch, its place in it, or the number of threads. Rows go
//! through in blocks of a register tile's rows; the last block is filled up with zero rows and takes the same path.

use std::cell::RefCell;

use crate::layout::{Buffer, Layout};
use crate::network::Network;
use crate::product::{Finish, Matrix, Relu, load_at, multiply};
use crate::simd::{Kernel, LANES, Lanes, ROWS, Simd, Task, prefetch};

/// A network laid out for inference. Cheap to make, immutable, shared between threads by reference.
///
/// Matrices are row-major with [`width`](Scorer::width) columns. A NaN in a row gives NaN in the error of that row.
#[derive(Clone)]
pub struct Scorer {
    width: usize,
    layout: Layout,
    parameters: Buffer,
    kernel: Kernel,
}

impl Network {
    /// Lays the network out for inference, for the instruction set of this processor.
    pub fn scorer(&self) -> Scorer {
        Scorer::with_kernel(self, Kernel::best())
    }
}

impl Scorer {
    pub(crate) fn with_kernel(network: &Network, kernel: Kernel) -> Scorer {
        let layout = Layout::new(&network.widths());
        let parameters = layout.pack(network);
        Scorer { width: network.width(), layout, parameters, kernel }
    }

    /// The same layout with other parameters: training scores its validation rows by what it has at hand.
    pub(crate) fn from_packed(layout: Layout, parameters: Buffer, kernel: Kernel) -> Scorer {
        Scorer { width: layout.layers[0].inputs, layout, parameters, kernel }
    }

    pub(crate) fn parameters(&self) -> &Buffer {
        &self.parameters
    }

    pub(crate) fn parameters_mut(&mut self) -> &mut Buffer {
        &mut self.parameters
    }

    /// Columns of every matrix given.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Writes the network's output for `rows` to `out`, a matrix of the same shape.
    ///
    /// # Panics
    /// If the length of `rows` isn't a multiple of the width, or `out` differs from it in length.
    pub fn reconstruct(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len(), "rows and output differ in size");
        self.run(rows, Output::Reconstruction(out));
    }

    /// Writes the mean squared error over columns of every row to `out`, one value a row.
    ///
    /// # Panics
    /// If the length of `rows` isn't the width times that of `out`.
    pub fn errors(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len() * self.width, "one error a row");
        self.run(rows, Output::Errors(out));
    }

    /// Writes the squared error of every value to `out`, a matrix of the same shape. What explains a row: its share of a
    /// column is the value over the row's sum.
    ///
    /// # Panics
    /// If the length of `rows` isn't a multiple of the width, or `out` differs from it in length.
    pub fn squared_errors(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len(), "rows and output differ in size");
        self.run(rows, Output::Squares(out));
    }

    fn run(&self, rows: &[f32], output: Output<'_>) {
        assert_eq!(rows.len() % self.width, 0, "rows of {} columns", self.width);
        thread_local! {
            static SCRATCH: RefCell<Buffer> = RefCell::new(Buffer::new(0));
        }
        // Two blocks of activations to go back and forth, and one for the last rows.
        let block = ROWS * self.layout.widest();
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.lanes().len() < 3 * block {
                *scratch = Buffer::new(3 * block);
            }
            let (front, rest) = scratch.lanes_mut().split_at_mut(block);
            let (back, last) = rest.split_at_mut(block);
            self.kernel.run(Pass { scorer: self, rows, output, front, back, last });
        });
    }
}

/// Blocks between the one computed and the one asked for: about half a microsecond, some times the latency of memory.
const AHEAD: usize = 2;

/// What is wanted of the rows, and where it goes.
enum Output<'a> {
    Reconstruction(&'a mut [f32]),
    Squares(&'a mut [f32]),
    Errors(&'a mut [f32]),
}

/// One call: all its rows, block after block.
struct Pass<'a> {
    scorer: &'a Scorer,
    rows: &'a [f32],
    output: Output<'a>,
    front: &'a mut [Lanes],
    back: &'a mut [Lanes],
    last: &'a mut [Lanes],
}

impl Task for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(mut self, simd: S) {
        let width = self.scorer.width;
        let count = self.rows.len() / width;
        let mut row = 0;
        while row < count {
            let ahead = self.rows.len().min((row + AHEAD * R) * width);
            let block_ahead = &self.rows[ahead..self.rows.len().min(ahead + R * width)];
            block_ahead.iter().step_by(LANES).for_each(prefetch);
            let filled = (count - row).min(R);
            let given = &self.rows[row * width..][..filled * width];
            let input = if filled == R {
                given
            } else {
                let last = &mut self.last.as_flattened_mut()[..R * width];
                last.fill(0.0);
                last[..given.len()].copy_from_slice(given);
                last
            };
            let mut finish = Residual::<S, R> {
                input,
                width,
                row,
                filled,
                output: &mut self.output,
                squares: [simd.zero(); R],
            };
            forward::<S, R, V>(simd, self.scorer, self.front, self.back, &mut finish);
            finish.end(simd);
            row += R;
        }
    }
}

/// Sends one block of rows through the layers.
#[inline(always)]
fn forward<S: Simd, const R: usize, const V: usize>(
    simd: S,
    scorer: &Scorer,
    front: &mut [Lanes],
    back: &mut [Lanes],
    finish: &mut Residual<'_, '_, S, R>,
) {
    let all = scorer.parameters.lanes();
    let (mut from, mut to) = (front, back);
    let last = scorer.layout.layers.len() - 1;
    for (position, layer) in scorer.layout.layers.iter().enumerate() {
        let matrix = Matrix {
            values: layer.weights(all),
            depth: layer.inputs,
            vectors: layer.vectors,
            bias: Some(layer.bias(all)),
        };
        let (input, stride) = if position == 0 {
            (finish.input, finish.width)
        } else {
            (from.as_flattened(), layer.inputs.next_multiple_of(LANES))
        };
        if position == last {
            multiply::<S, R, V>(simd, input, stride, matrix, finish);
        } else {
            let mut relu = Relu { to, vectors: layer.vectors };
            multiply::<S, R, V>(simd, input, stride, matrix, &mut relu);
            (from, to) = (relu.to, from);
        }
    }
}

/// Compares the last layer's sums with the input.
struct Residual<'a, 'o, S: Simd, const R: usize> {
    input: &'a [f32],
    width: usize,
    /// First row of the block.
    row: usize,
    /// Rows of the block that were given; the others are padding.
    filled: usize,
    output: &'a mut Output<'o>,
    squares: [S::V; R],
}

impl<S: Simd, const R: usize> Finish<S> for Residual<'_, '_, S, R> {
    #[inline(always)]
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V) {
        let difference = simd.sub(sums, load_at(simd, &self.input[row * self.width..][..self.width], vector));
        let (out, value) = match self.output {
            Output::Errors(_) => {
                self.squares[row] = simd.fma(difference, difference, self.squares[row]);
                return;
            }
            Output::Reconstruction(out) => (out, sums),
            Output::Squares(out) => (out, simd.mul(difference, difference)),
        };
        if row < self.filled {
            let out = &mut out[(self.row + row) * self.width..][..self.width];
            let rest = &mut out[vector * LANES..];
            let part = rest.len().min(LANES);
            simd.store_part(&mut rest[..part], value);
        }
    }
}

impl<S: Simd, const R: usize> Residual<'_, '_, S, R> {
    #[inline(always)]
    fn end(self, simd: S) {
        if let Output::Errors(out) = self.output {
            let out = &mut out[self.row..][..self.filled];
            for (out, squares) in out.iter_mut().zip(self.squares) {
                *out = simd.sum(squares) / self.width as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
                let scorer = Scorer::with_kernel(&network, kernel);
                let mut errors = vec![0.0; rows];
                let mut squares = vec![0.0; rows * width];
                let mut outputs = vec![0.0; rows * width];
                scorer.errors(&data, &mut errors);
                scorer.squared_errors(&data, &mut squares);
                scorer.reconstruct(&data, &mut outputs);

                // Cut anywhere, on another thread.
                let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % rows).chain([0, rows]).collect();
                cuts.sort_unstable();
                let mut again = (vec![0.0; rows], vec![0.0; rows * width], vec![0.0; rows * width]);
                thread::scope(|scope| {
                    scope.spawn(|| for cut in cuts.windows(2) {
                        let (part, values) = (cut[0]..cut[1], cut[0] * width..cut[1] * width);
                        scorer.errors(&data[values.clone()], &mut again.0[part]);
                        scorer.squared_errors(&data[values.clone()], &mut again.1[values.clone()]);
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

    #[test]
    fn kernels_agree() {
        let network = Network::glorot(&[55, 32, 16, 32, 55], 4).unwrap();
        let data = matrix(101, 55);
        let errors: Vec<Vec<f32>> = Kernel::available()
            .into_iter()
            .map(|kernel| {
                let mut errors = vec![0.0; 101];
                Scorer::with_kernel(&network, kernel).errors(&data, &mut errors);
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
        let mut data = matrix(11, 20);
        data[3 * 20 + 7] = f32::NAN;
        for kernel in Kernel::available() {
            let scorer = Scorer::with_kernel(&network, kernel);
            assert_send_sync(&scorer);
            let mut errors = vec![0.0; 11];
            scorer.errors(&data, &mut errors);
            let bad: Vec<usize> = (0..11).filter(|r| errors[*r].is_nan()).collect();
            assert_eq!(bad, [3]);
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
}
