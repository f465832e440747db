//! The gradient of one slice of a batch: gather, forward, error, backward.
//!
//! A block of a register tile's rows is gathered from the training matrix, sent through all layers and back while it is in
//! the first-level cache; its activations and deltas are kept for the weight gradients, which are summed over a whole tile
//! of rows at the end. Scaling by 2 / (rows x columns) is left to the optimiser.
//!
//! Invariant: the result depends on the slice's rows and their order alone.

use crate::layout::{Buffer, Layout};
use crate::product::{Finish, Matrix, Relu, add_bias_gradient, add_weight_gradient, load_at, multiply};
use crate::simd::{Kernel, LANES, Lanes, ROWS, Simd, Task, prefetch};

/// Rows whose activations are kept at a time: about 100 kB for 55-32-16-32-55, so they stay in the second-level cache.
const TILE_ROWS: usize = 128;

/// What a thread needs to compute gradients, made once.
pub(crate) struct Workspace {
    /// Of the input and of every hidden layer: `TILE_ROWS` rows of whole vectors.
    activations: Vec<Buffer>,
    /// Derivative of the error by the sums of every layer.
    deltas: Vec<Buffer>,
    /// Weights of every layer but the first, outputs x inputs.
    transposed: Vec<Buffer>,
}

/// The sum over a slice's rows.
pub(crate) struct Gradient {
    /// Of half the squared error, laid out as the parameters.
    pub(crate) values: Buffer,
    /// Squared error over all rows and columns.
    pub(crate) squared: f64,
}

impl Gradient {
    pub(crate) fn new(layout: &Layout) -> Gradient {
        Gradient { values: Buffer::new(layout.len), squared: 0.0 }
    }
}

impl Workspace {
    pub(crate) fn new(layout: &Layout) -> Workspace {
        let layers = &layout.layers;
        Workspace {
            activations: layers
                .iter()
                .map(|layer| Buffer::new(TILE_ROWS * layer.inputs.div_ceil(LANES)))
                .collect(),
            deltas: layers.iter().map(|layer| Buffer::new(TILE_ROWS * layer.vectors)).collect(),
            transposed: layers[1..]
                .iter()
                .map(|layer| Buffer::new(layer.outputs * layer.inputs.div_ceil(LANES)))
                .collect(),
        }
    }

    /// Takes over new weights. Must follow every change of the parameters.
    pub(crate) fn transpose(&mut self, layout: &Layout, parameters: &[Lanes]) {
        for (layer, transposed) in layout.layers[1..].iter().zip(&mut self.transposed) {
            let (stride, outputs) = (layer.inputs.next_multiple_of(LANES), layer.outputs);
            let weights = layer.weights(parameters).as_flattened();
            let rows = weights.chunks_exact(layer.vectors * LANES).take(layer.inputs);
            let transposed = transposed.floats_mut();
            for (i, row) in rows.enumerate() {
                for (to, weight) in transposed[i..].iter_mut().step_by(stride).zip(&row[..outputs]) {
                    *to = *weight;
                }
            }
        }
    }
}

/// The computation of one slice.
pub(crate) struct Slice<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) parameters: &'a [Lanes],
    /// The whole training matrix.
    pub(crate) data: &'a [f32],
    /// Which of its rows are in the slice.
    pub(crate) rows: &'a [u32],
    /// The rows of the slice that this thread computes next, as far as known.
    pub(crate) ahead: &'a [u32],
    pub(crate) work: &'a mut Workspace,
    pub(crate) gradient: &'a mut Gradient,
}

impl Slice<'_> {
    pub(crate) fn compute(self, kernel: Kernel) {
        kernel.run(self);
    }
}

impl Task for Slice<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(mut self, simd: S) {
        self.gradient.values.floats_mut().fill(0.0);
        self.gradient.squared = 0.0;
        // Rows lie at random in a matrix far larger than any cache, so that finding their pages takes longer than reading
        // them. Asking for one line of each in a tight loop lets the processor look several pages up at a time; the other
        // lines follow during the computation.
        let width = self.layout.layers[0].inputs;
        for row in self.ahead {
            prefetch(&self.data[*row as usize * width]);
        }
        let mut ahead = self.ahead.chunks(R);
        for tile in self.rows.chunks(TILE_ROWS) {
            let mut squares = simd.zero();
            for (block, rows) in tile.chunks(R).enumerate() {
                self.gather::<S, R>(simd, block, rows);
                for row in ahead.next().unwrap_or_default() {
                    let row = &self.data[*row as usize * width..][..width];
                    for line in 1..width.div_ceil(LANES) {
                        prefetch(&row[line * LANES]);
                    }
                    prefetch(&row[width - 1]);
                }
                squares = simd.add(squares, self.forward::<S, R, V>(simd, block, rows.len()));
                self.backward::<S, R, V>(simd, block);
            }
            self.gradient.squared += f64::from(simd.sum(squares));
            self.add_gradients::<S, R, V>(simd, tile.len().next_multiple_of(R));
        }
    }
}

impl Slice<'_> {
    /// Copies the block's rows side by side, padded; rows that the block lacks are zero.
    #[inline(always)]
    fn gather<S: Simd, const R: usize>(&mut self, simd: S, block: usize, rows: &[u32]) {
        let width = self.layout.layers[0].inputs;
        let vectors = width.div_ceil(LANES);
        let to = &mut self.work.activations[0].lanes_mut()[block * R * vectors..][..R * vectors];
        for (to, row) in to.chunks_exact_mut(vectors).zip(rows) {
            let from = &self.data[*row as usize * width..][..width];
            for (vector, to) in to.iter_mut().enumerate() {
                simd.store(to, load_at(simd, from, vector));
            }
        }
        for lanes in &mut to[rows.len() * vectors..] {
            simd.store(lanes, simd.zero());
        }
    }

    /// Fills the block's activations and the last layer's deltas; returns the squared error by lane.
    #[inline(always)]
    fn forward<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        block: usize,
        filled: usize,
    ) -> S::V {
        let layers = &self.layout.layers;
        let mut squares = simd.zero();
        for (position, layer) in layers.iter().enumerate() {
            let matrix = Matrix {
                values: layer.weights(self.parameters),
                depth: layer.inputs,
                vectors: layer.vectors,
                bias: Some(layer.bias(self.parameters)),
            };
            let stride = layer.inputs.next_multiple_of(LANES);
            let (before, after) = self.work.activations.split_at_mut(position + 1);
            let input = &before[position].floats()[block * R * stride..][..R * stride];
            let place = block * R * layer.vectors;
            if let Some(after) = after.first_mut() {
                let to = &mut after.lanes_mut()[place..][..R * layer.vectors];
                multiply::<S, R, V>(simd, input, stride, matrix, &mut Relu { to, vectors: layer.vectors });
            } else {
                let target = &before[0].lanes()[place..][..R * layer.vectors];
                let to = &mut self.work.deltas[position].lanes_mut()[place..][..R * layer.vectors];
                let mut residual = Residual { target, to, vectors: layer.vectors, filled, squares };
                multiply::<S, R, V>(simd, input, stride, matrix, &mut residual);
                squares = residual.squares;
            }
        }
        squares
    }

    /// Fills the block's deltas from the last layer's to the first's.
    #[inline(always)]
    fn backward<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, block: usize) {
        for (position, layer) in self.layout.layers.iter().enumerate().skip(1).rev() {
            let vectors = layer.inputs.div_ceil(LANES);
            let matrix = Matrix {
                values: self.work.transposed[position - 1].lanes(),
                depth: layer.outputs,
                vectors,
                bias: None,
            };
            let (before, after) = self.work.deltas.split_at_mut(position);
            let stride = layer.vectors * LANES;
            let delta = &after[0].floats()[block * R * stride..][..R * stride];
            let place = block * R * vectors;
            let activation = &self.work.activations[position].lanes()[place..][..R * vectors];
            let to = &mut before[position - 1].lanes_mut()[place..][..R * vectors];
            multiply::<S, R, V>(simd, delta, stride, matrix, &mut Gate { activation, to, vectors });
        }
    }

    #[inline(always)]
    fn add_gradients<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, rows: usize) {
        for (position, layer) in self.layout.layers.iter().enumerate() {
            let (weights, bias) = layer.parts(self.gradient.values.lanes_mut());
            let stride = layer.inputs.next_multiple_of(LANES);
            let input = &self.work.activations[position].floats()[..rows * stride];
            let delta = &self.work.deltas[position].lanes()[..rows * layer.vectors];
            add_weight_gradient::<S, R, V>(simd, input, stride, delta, layer.vectors, weights);
            add_bias_gradient(simd, delta, bias);
        }
    }
}

// A block of `ROWS` rows never straddles a tile's end.
const _: () = assert!(TILE_ROWS.is_multiple_of(ROWS));

/// The last layer: output minus input, zero in rows that only fill the block.
struct Residual<'a, S: Simd> {
    target: &'a [Lanes],
    to: &'a mut [Lanes],
    vectors: usize,
    filled: usize,
    squares: S::V,
}

impl<S: Simd> Finish<S> for Residual<'_, S> {
    #[inline(always)]
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V) {
        let at = row * self.vectors + vector;
        let difference =
            if row < self.filled { simd.sub(sums, simd.load(&self.target[at])) } else { simd.zero() };
        self.squares = simd.fma(difference, difference, self.squares);
        simd.store(&mut self.to[at], difference);
    }
}

/// A hidden layer on the way back: the derivative of ReLU, which is zero at zero.
struct Gate<'a> {
    activation: &'a [Lanes],
    to: &'a mut [Lanes],
    vectors: usize,
}

impl<S: Simd> Finish<S> for Gate<'_> {
    #[inline(always)]
    fn take(&mut self, simd: S, row: usize, vector: usize, sums: S::V) {
        let at = row * self.vectors + vector;
        let gate = simd.load(&self.activation[at]);
        simd.store(&mut self.to[at], simd.where_positive(gate, sums));
    }
}
