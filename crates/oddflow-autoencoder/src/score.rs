//! Reconstruction and its error, row by row, as fast as the machine allows.
//!
//! Invariant: a row's result is the same to the bit whatever the batch, its place in it, or the number of threads. Rows go
//! through in blocks of a register tile's rows; the last block is filled up with zero rows and takes the same path.

use std::cell::RefCell;

use crate::layout::{Buffer, Layout};
use crate::loss::{Loss, Mixed};
use crate::network::Network;
use crate::product::{Finish, Keep, Matrix, Relu, load_at, multiply, multiply_sparse, store_at};
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
    /// None: squared error.
    mixed: Option<Mixed>,
}

impl Network {
    /// Lays the network out for inference by [`Loss::Squared`], for the instruction set of this processor.
    pub fn scorer(&self) -> Scorer {
        self.scorer_with(Loss::Squared)
    }

    /// Lays the network out for inference by the loss it was trained with.
    pub fn scorer_with(&self, loss: Loss) -> Scorer {
        Scorer::with_kernel(self, loss, Kernel::best())
    }
}

impl Scorer {
    pub(crate) fn with_kernel(network: &Network, loss: Loss, kernel: Kernel) -> Scorer {
        let layout = Layout::new(&network.widths());
        let parameters = layout.pack(network);
        Scorer::from_packed(layout, parameters, loss, kernel)
    }

    /// The same layout with other parameters: training scores its validation rows by what it has at hand.
    pub(crate) fn from_packed(layout: Layout, parameters: Buffer, loss: Loss, kernel: Kernel) -> Scorer {
        let width = layout.layers[0].inputs;
        Scorer { width, layout, parameters, kernel, mixed: Mixed::new(loss, width) }
    }

    pub(crate) fn mixed(&self) -> Option<&Mixed> {
        self.mixed.as_ref()
    }

    /// The columns whose parts add up to a row's error: one where the error is their mean.
    pub(crate) fn error_columns(&self) -> usize {
        if self.mixed.is_some() { self.width } else { 1 }
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

    /// Writes the network's output for `rows` to `out`, a matrix of the same shape. For the tokens of [`Loss::Mixed`] that
    /// is their probability.
    ///
    /// # Panics
    /// If the length of `rows` isn't a multiple of the width, or `out` differs from it in length.
    pub fn reconstruct(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len(), "rows and output differ in size");
        self.run(rows, Output::Reconstruction(out));
    }

    /// Writes the error of every row to `out`, one value a row: the mean squared error over columns, or, for
    /// [`Loss::Mixed`], the sum of all columns' parts.
    ///
    /// # Panics
    /// If the length of `rows` isn't the width times that of `out`.
    pub fn errors(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len() * self.width, "one error a row");
        self.run(rows, Output::Errors(out));
    }

    /// Writes every column's part of the loss to `out`, a matrix of the same shape: squared error, or a token's
    /// cross-entropy. What explains a row: its share of a column is the value over the row's sum.
    ///
    /// # Panics
    /// If the length of `rows` isn't a multiple of the width, or `out` differs from it in length.
    pub fn losses(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len(), "rows and output differ in size");
        self.run(rows, Output::Parts(out));
    }

    fn run(&self, rows: &[f32], output: Output<'_>) {
        assert_eq!(rows.len() % self.width, 0, "rows of {} columns", self.width);
        thread_local! {
            static SCRATCH: RefCell<Buffer> = RefCell::new(Buffer::new(0));
        }
        // Two blocks of activations to go back and forth, one for the last rows, one for the output.
        let block = ROWS * self.layout.widest();
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.lanes().len() < 4 * block {
                *scratch = Buffer::new(4 * block);
            }
            let (front, rest) = scratch.lanes_mut().split_at_mut(block);
            let (back, rest) = rest.split_at_mut(block);
            let (last, sums) = rest.split_at_mut(block);
            self.kernel.run(Pass { scorer: self, rows, output, front, back, last, sums });
        });
    }
}

/// Blocks between the one computed and the one asked for: about half a microsecond, some times the latency of memory.
const AHEAD: usize = 2;

/// What is wanted of the rows, and where it goes.
enum Output<'a> {
    Reconstruction(&'a mut [f32]),
    Parts(&'a mut [f32]),
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
    sums: &'a mut [Lanes],
}

impl Task for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(mut self, simd: S) {
        let width = self.scorer.width;
        let count = self.rows.len() / width;
        let mut row = 0;
        while row < count {
            let ahead = &self.rows[self.rows.len().min((row + AHEAD * R) * width)..];
            let ahead = &ahead[..ahead.len().min(R * width)];
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
            let (scorer, front, back) = (self.scorer, &mut *self.front, &mut *self.back);
            if let Some(mixed) = &scorer.mixed {
                let mut keep = Keep { to: self.sums, vectors: mixed.vectors() };
                forward::<S, R, V>(simd, scorer, input, Some(mixed.dense()), front, back, &mut keep);
                let block = Block { rows: given, ahead, width, sums: self.sums, first: row };
                block.compare(simd, mixed, &mut self.output);
            } else {
                ahead.iter().step_by(LANES).for_each(prefetch);
                let squares = [simd.zero(); R];
                let output = &mut self.output;
                let mut finish = Residual::<S, R> { input, width, row, filled, output, squares };
                forward::<S, R, V>(simd, scorer, input, None, front, back, &mut finish);
                finish.end(simd);
            }
            row += R;
        }
    }
}

/// Sends one block of rows through the layers. From column `dense` on they are mostly zero.
#[inline(always)]
fn forward<S: Simd, const R: usize, const V: usize>(
    simd: S,
    scorer: &Scorer,
    rows: &[f32],
    dense: Option<usize>,
    front: &mut [Lanes],
    back: &mut [Lanes],
    finish: &mut impl Finish<S>,
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
            (rows, scorer.width)
        } else {
            (from.as_flattened(), layer.inputs.next_multiple_of(LANES))
        };
        if position == last {
            multiply::<S, R, V>(simd, input, stride, matrix, finish);
        } else {
            let mut relu = Relu { to, vectors: layer.vectors };
            if position == 0
                && let Some(dense) = dense
            {
                let stride = scorer.width;
                multiply_sparse::<S, R, V>(simd, rows, stride, matrix, dense, from, &mut relu);
            } else {
                multiply::<S, R, V>(simd, input, stride, matrix, &mut relu);
            }
            (from, to) = (relu.to, from);
        }
    }
}

/// A block's rows, and what the last layer gave for them.
struct Block<'a> {
    /// Without padding.
    rows: &'a [f32],
    /// The rows to ask memory for.
    ahead: &'a [f32],
    width: usize,
    sums: &'a [Lanes],
    /// The first row's place in the call.
    first: usize,
}

impl Block<'_> {
    /// Compares both by the mixed loss.
    #[inline(always)]
    fn compare<S: Simd>(self, simd: S, mixed: &Mixed, output: &mut Output<'_>) {
        let width = self.width;
        let mut ahead = self.ahead.chunks(width);
        let sums = self.sums.chunks_exact(mixed.vectors());
        for (row, (input, sums)) in self.rows.chunks_exact(width).zip(sums).enumerate() {
            // A row at a time: all at once are more than the processor can wait for beside its work.
            ahead.next().unwrap_or_default().iter().step_by(LANES).for_each(prefetch);
            let row = self.first + row;
            match output {
                Output::Errors(out) => {
                    let mut total = simd.zero();
                    for (vector, sums) in sums.iter().enumerate() {
                        let target = load_at(simd, input, vector);
                        total = simd.add(total, mixed.parts(simd, vector, simd.load(sums), target));
                    }
                    out[row] = simd.sum(total);
                }
                Output::Parts(out) => {
                    let out = &mut out[row * width..][..width];
                    for (vector, sums) in sums.iter().enumerate() {
                        let target = load_at(simd, input, vector);
                        store_at(simd, out, vector, mixed.parts(simd, vector, simd.load(sums), target));
                    }
                }
                Output::Reconstruction(out) => {
                    let out = &mut out[row * width..][..width];
                    for (vector, sums) in sums.iter().enumerate() {
                        store_at(simd, out, vector, mixed.outputs(simd, vector, simd.load(sums)));
                    }
                }
            }
        }
    }
}

/// Compares the last layer's sums with the input, by squared error.
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
            Output::Parts(out) => (out, simd.mul(difference, difference)),
        };
        if row < self.filled {
            store_at(simd, &mut out[(self.row + row) * self.width..][..self.width], vector, value);
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
mod tests;
