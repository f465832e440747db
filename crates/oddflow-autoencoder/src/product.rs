//! The matrix products of dense layers, a register tile at a time. Written once for every instruction set.
//!
//! Invariant: every element is one chain of multiply-adds in the order of the summed index. So its bits depend neither on
//! the tile's shape nor on what else is in the block.

use crate::simd::{LANES, Lanes, Simd};

/// The right-hand side of a product: `depth` rows of `vectors` vectors each, and what the sums begin with.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) values: &'a [Lanes],
    pub(crate) depth: usize,
    pub(crate) vectors: usize,
    /// One row; none means zero.
    pub(crate) bias: Option<&'a [Lanes]>,
}

/// What becomes of a finished sum while it is still in a register.
pub(crate) trait Finish<S: Simd> {
    /// Takes the sums of one row of the block, at one vector of the row. Must be `#[inline(always)]`.
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V);
}

/// `bias + input * matrix` for a block of `R` rows that lie `stride` floats apart, in tiles of `V` vectors.
#[inline(always)]
pub(crate) fn multiply<S: Simd, const R: usize, const V: usize>(
    simd: S,
    input: &[f32],
    stride: usize,
    matrix: Matrix<'_>,
    finish: &mut impl Finish<S>,
) {
    let mut vector = 0;
    while vector + V <= matrix.vectors {
        multiply_tile::<S, R, V>(simd, input, stride, matrix, vector, finish);
        vector += V;
    }
    while vector < matrix.vectors {
        multiply_tile::<S, R, 1>(simd, input, stride, matrix, vector, finish);
        vector += 1;
    }
}

#[inline(always)]
fn multiply_tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    input: &[f32],
    stride: usize,
    matrix: Matrix<'_>,
    vector: usize,
    finish: &mut impl Finish<S>,
) {
    let depth = matrix.depth;
    let mut rows: [&[f32]; R] = [&[]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &input[r * stride..][..depth];
    }
    let mut sums = [[simd.zero(); V]; R];
    if let Some(bias) = matrix.bias {
        let bias = &bias[vector..][..V];
        for row in &mut sums {
            for (sum, bias) in row.iter_mut().zip(bias) {
                *sum = simd.load(bias);
            }
        }
    }
    for k in 0..depth {
        let weights = &matrix.values[k * matrix.vectors + vector..][..V];
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let x = simd.splat(row[k]);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = simd.fma(x, simd.load(weights), *sum);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (v, sums) in sums.into_iter().enumerate() {
            finish.take(simd, row, vector + v, sums);
        }
    }
}

/// `multiply` for rows whose columns from `dense` on are mostly zero: those that are take no time. The result is the same
/// (but for the sign of a zero), since a multiply-add with zero changes no sum. `scratch` holds the block's sums.
#[inline(always)]
pub(crate) fn multiply_sparse<S: Simd, const R: usize, const V: usize>(
    simd: S,
    input: &[f32],
    stride: usize,
    matrix: Matrix<'_>,
    dense: usize,
    scratch: &mut [Lanes],
    finish: &mut impl Finish<S>,
) {
    let vectors = matrix.vectors;
    let mut keep = Keep { to: scratch, vectors };
    multiply::<S, R, V>(simd, input, stride, Matrix { depth: dense, ..matrix }, &mut keep);
    for row in 0..R {
        let sums = &scratch[row * vectors..][..vectors];
        let tokens = &input[row * stride..][dense..matrix.depth];
        let mut vector = 0;
        while vector < vectors {
            vector += match vectors - vector {
                1 => sparse_row::<S, 1>(simd, tokens, matrix, dense, sums, row, vector, finish),
                2 => sparse_row::<S, 2>(simd, tokens, matrix, dense, sums, row, vector, finish),
                3 => sparse_row::<S, 3>(simd, tokens, matrix, dense, sums, row, vector, finish),
                _ => sparse_row::<S, 4>(simd, tokens, matrix, dense, sums, row, vector, finish),
            };
        }
    }
}

/// Adds the products of the columns that aren't zero to one row's sums, at `V` vectors; returns `V`.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a row, a matrix, and the tile's place in each")]
fn sparse_row<S: Simd, const V: usize>(
    simd: S,
    columns: &[f32],
    matrix: Matrix<'_>,
    first: usize,
    sums: &[Lanes],
    row: usize,
    vector: usize,
    finish: &mut impl Finish<S>,
) -> usize {
    /// Columns looked at together: one mispredicted end of a loop for all of them.
    const WORD: usize = u64::BITS as usize;
    let mut tile = [simd.zero(); V];
    for (sum, from) in tile.iter_mut().zip(&sums[vector..][..V]) {
        *sum = simd.load(from);
    }
    for (word, columns) in columns.chunks(WORD).enumerate() {
        let mut set = 0_u64;
        for part in 0..columns.len().div_ceil(LANES) {
            set |= u64::from(simd.nonzero(load_at(simd, columns, part))) << (part * LANES);
        }
        let rows = &matrix.values[(first + word * WORD) * matrix.vectors..][..columns.len() * matrix.vectors];
        while set != 0 {
            let column = set.trailing_zeros() as usize;
            set &= set - 1;
            let x = simd.splat(columns[column]);
            let weights = &rows[column * matrix.vectors + vector..][..V];
            for (sum, weights) in tile.iter_mut().zip(weights) {
                *sum = simd.fma(x, simd.load(weights), *sum);
            }
        }
    }
    for (v, sums) in tile.into_iter().enumerate() {
        finish.take(simd, row, vector + v, sums);
    }
    V
}

/// Adds the gradient of one layer's weights, `inputᵀ * delta`, to `gradient`.
///
/// `input` has `rows` rows of `stride` floats, the padding zero; `delta` as many rows of `vectors` vectors. `gradient` has
/// a row of `vectors` for each input, and whole tiles of them.
#[inline(always)]
pub(crate) fn add_weight_gradient<S: Simd, const R: usize, const V: usize>(
    simd: S,
    input: &[f32],
    stride: usize,
    delta: &[Lanes],
    vectors: usize,
    gradient: &mut [Lanes],
) {
    for (tile, gradient) in gradient.chunks_exact_mut(R * vectors).enumerate() {
        let mut vector = 0;
        while vector + V <= vectors {
            gradient_tile::<S, R, V>(simd, input, stride, tile * R, delta, vectors, vector, gradient);
            vector += V;
        }
        while vector < vectors {
            gradient_tile::<S, R, 1>(simd, input, stride, tile * R, delta, vectors, vector, gradient);
            vector += 1;
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "two matrices, their strides and the tile's place in each")]
fn gradient_tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    input: &[f32],
    stride: usize,
    column: usize,
    delta: &[Lanes],
    vectors: usize,
    vector: usize,
    gradient: &mut [Lanes],
) {
    let mut sums = [[simd.zero(); V]; R];
    for (r, row) in sums.iter_mut().enumerate() {
        for (sum, from) in row.iter_mut().zip(&gradient[r * vectors + vector..][..V]) {
            *sum = simd.load(from);
        }
    }
    for (input, delta) in input.chunks_exact(stride).zip(delta.chunks_exact(vectors)) {
        let input = &input[column..][..R];
        let delta = &delta[vector..][..V];
        for (sums, x) in sums.iter_mut().zip(input) {
            let x = simd.splat(*x);
            for (sum, delta) in sums.iter_mut().zip(delta) {
                *sum = simd.fma(x, simd.load(delta), *sum);
            }
        }
    }
    for (r, row) in sums.into_iter().enumerate() {
        for (sum, to) in row.into_iter().zip(&mut gradient[r * vectors + vector..][..V]) {
            simd.store(to, sum);
        }
    }
}

/// Adds the gradient of one layer's biases, the sum of `delta`'s rows.
#[inline(always)]
pub(crate) fn add_bias_gradient<S: Simd>(simd: S, delta: &[Lanes], gradient: &mut [Lanes]) {
    // Four chains at a time hide the latency of an addition.
    const CHAINS: usize = 4;
    let vectors = gradient.len();
    let mut vector = 0;
    while vector + CHAINS <= vectors {
        bias_tile::<S, CHAINS>(simd, delta, vector, gradient);
        vector += CHAINS;
    }
    while vector < vectors {
        bias_tile::<S, 1>(simd, delta, vector, gradient);
        vector += 1;
    }
}

#[inline(always)]
fn bias_tile<S: Simd, const V: usize>(simd: S, delta: &[Lanes], vector: usize, gradient: &mut [Lanes]) {
    let mut sums = [simd.zero(); V];
    for (sum, from) in sums.iter_mut().zip(&gradient[vector..][..V]) {
        *sum = simd.load(from);
    }
    for row in delta.chunks_exact(gradient.len()) {
        for (sum, delta) in sums.iter_mut().zip(&row[vector..][..V]) {
            *sum = simd.add(*sum, simd.load(delta));
        }
    }
    for (sum, to) in sums.into_iter().zip(&mut gradient[vector..][..V]) {
        simd.store(to, sum);
    }
}

/// Writes ReLU of the sums to a block of rows.
pub(crate) struct Relu<'a> {
    pub(crate) to: &'a mut [Lanes],
    pub(crate) vectors: usize,
}

impl<S: Simd> Finish<S> for Relu<'_> {
    #[inline(always)]
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V) {
        simd.store(&mut self.to[row * self.vectors + vector], simd.relu(sums));
    }
}

/// Writes the sums as they are to a block of rows.
pub(crate) struct Keep<'a> {
    pub(crate) to: &'a mut [Lanes],
    pub(crate) vectors: usize,
}

impl<S: Simd> Finish<S> for Keep<'_> {
    #[inline(always)]
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V) {
        simd.store(&mut self.to[row * self.vectors + vector], sums);
    }
}

/// The values of one row at one vector, zero after the row's end.
#[inline(always)]
pub(crate) fn load_at<S: Simd>(simd: S, row: &[f32], vector: usize) -> S::V {
    let rest = &row[vector * LANES..];
    match rest.first_chunk() {
        Some(lanes) => simd.load(lanes),
        None => simd.load_part(rest),
    }
}

/// Stores the values of one row at one vector, up to the row's end.
#[inline(always)]
pub(crate) fn store_at<S: Simd>(simd: S, row: &mut [f32], vector: usize, values: S::V) {
    let rest = &mut row[vector * LANES..];
    let part = rest.len().min(LANES);
    simd.store_part(&mut rest[..part], values);
}
