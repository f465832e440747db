//! Reconstruction and its error, row by row, as fast as the machine allows.
//!
//! Invariant: a row's result is the same to the bit whatever the batch, its place in it, or the number of threads. Rows go
//! through in blocks of a register tile's rows; the last block is filled up with zero rows and takes the same path.

use std::cell::RefCell;

use crate::layout::{Buffer, Layout};
use crate::network::Network;
use crate::product::{Finish, Matrix, Relu, load_at, multiply};
use crate::simd::{Kernel, LANES, Lanes, ROWS, Simd, Task};

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
