//! The gradient of one slice of a batch: gather, forward, error, backward.
//!
//! A block of a register tile's rows is gathered from the training matrix, sent through all layers and back while it is in
//! the first-level cache; its activations and deltas are kept for the weight gradients, which are summed over a whole tile
//! of rows at the end. Scaling by 2 / (rows x columns) is left to the optimiser.
//!
//! What is derived is, for each row, half the squared error of a number (beyond the clip its tangent) plus the
//! cross-entropy of a token.
//!
//! Invariant: the result depends on the slice's rows and their order alone.

use crate::layout::{Buffer, Layout};
use crate::loss::Mixed;
use crate::product::{Finish, Keep, Matrix, Relu, add_bias_gradient, add_weight_gradient, load_at, multiply};
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
    /// Laid out as the parameters.
    pub(crate) values: Buffer,
    /// The loss over all rows and columns: squared error, not halved or clipped, and cross-entropy.
    pub(crate) loss: f64,
}

impl Gradient {
    pub(crate) fn new(layout: &Layout) -> Gradient {
        Gradient { values: Buffer::new(layout.len), loss: 0.0 }
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
    /// None: squared error.
    pub(crate) mixed: Option<&'a Mixed>,
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
        self.gradient.loss = 0.0;
        // Rows lie at random in a matrix far larger than any cache, so that finding their pages takes longer than reading
        // them. Asking for one line of each in a tight loop lets the processor look several pages up at a time; the other
        // lines follow during the computation.
        let width = self.layout.layers[0].inputs;
        for row in self.ahead {
            prefetch(&self.data[*row as usize * width]);
        }
        let mut ahead = self.ahead.chunks(R);
        for tile in self.rows.chunks(TILE_ROWS) {
            let mut losses = simd.zero();
            for (block, rows) in tile.chunks(R).enumerate() {
                self.gather::<S, R>(simd, block, rows);
                for row in ahead.next().unwrap_or_default() {
                    let row = &self.data[*row as usize * width..][..width];
                    for line in 1..width.div_ceil(LANES) {
                        prefetch(&row[line * LANES]);
                    }
                    prefetch(&row[width - 1]);
                }
                losses = simd.add(losses, self.forward::<S, R, V>(simd, block, rows.len()));
                self.backward::<S, R, V>(simd, block);
            }
            self.gradient.loss += f64::from(simd.sum(losses));
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

    /// Fills the block's activations and the last layer's deltas; returns the loss by lane.
    #[inline(always)]
    fn forward<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        block: usize,
        filled: usize,
    ) -> S::V {
        let layers = &self.layout.layers;
        let mut losses = simd.zero();
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
                if let Some(mixed) = self.mixed {
                    multiply::<S, R, V>(
                        simd,
                        input,
                        stride,
                        matrix,
                        &mut Keep { to, vectors: layer.vectors },
                    );
                    losses = compare(simd, mixed, target, to, filled);
                } else {
                    let squares = simd.zero();
                    let mut residual = Residual { target, to, vectors: layer.vectors, filled, squares };
                    multiply::<S, R, V>(simd, input, stride, matrix, &mut residual);
                    losses = residual.squares;
                }
            }
        }
        losses
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

/// The last layer by the mixed loss: turns a block's outputs into deltas, zero in rows that only fill the block; returns
/// the loss by lane.
#[inline(always)]
fn compare<S: Simd>(simd: S, mixed: &Mixed, target: &[Lanes], outputs: &mut [Lanes], filled: usize) -> S::V {
    let (given, padding) = outputs.split_at_mut(filled * mixed.vectors());
    let mut losses = simd.zero();
    for (row, target) in given.chunks_exact_mut(mixed.vectors()).zip(target.chunks_exact(mixed.vectors())) {
        for (vector, (output, target)) in row.iter_mut().zip(target).enumerate() {
            let (sums, target) = (simd.load(output), simd.load(target));
            losses = simd.add(losses, mixed.parts(simd, vector, sums, target));
            simd.store(output, mixed.deltas(simd, vector, sums, target));
        }
    }
    for lanes in padding {
        simd.store(lanes, simd.zero());
    }
    losses
}

/// The last layer by squared error: output minus input, zero in rows that only fill the block.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Loss;
    use crate::network::Network;
    use crate::random::{Purpose, Random};

    type Layers = Vec<(Vec<f64>, Vec<f64>)>;

    /// What is derived, and the loss that is reported, of a row in plain f64.
    fn objective(widths: &[usize], layers: &Layers, row: &[f64], loss: Loss) -> [f64; 2] {
        let mut values = row.to_vec();
        for (position, (weights, bias)) in layers.iter().enumerate() {
            let outputs = widths[position + 1];
            let mut next = bias.clone();
            for (i, x) in values.iter().enumerate() {
                for (o, next) in next.iter_mut().enumerate() {
                    *next += x * weights[i * outputs + o];
                }
            }
            if position + 1 < layers.len() {
                next.iter_mut().for_each(|x| *x = x.max(0.0));
            }
            values = next;
        }
        let (numeric, clip) = match loss {
            Loss::Squared => (usize::MAX, f64::INFINITY),
            Loss::Mixed { numeric, clip } => (numeric, f64::from(clip)),
        };
        let mut sums = [0.0; 2];
        for (column, (y, x)) in values.iter().zip(row).enumerate() {
            let parts = if column < numeric {
                let off = (y - x).abs();
                let beyond = (off - clip).max(0.0);
                [0.5 * (off * off - beyond * beyond), off * off]
            } else {
                [y.exp().ln_1p() - y * x; 2]
            };
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
        sums
    }

    fn gradient(kernel: Kernel, network: &Network, loss: Loss, data: &[f32], rows: &[u32]) -> Gradient {
        let mixed = Mixed::new(loss, network.width());
        let layout = Layout::new(&network.widths());
        let parameters = layout.pack(network);
        let mut work = Workspace::new(&layout);
        work.transpose(&layout, parameters.lanes());
        let mut gradient = Gradient::new(&layout);
        let slice = Slice {
            layout: &layout,
            parameters: parameters.lanes(),
            mixed: mixed.as_ref(),
            data,
            rows,
            ahead: rows,
            work: &mut work,
            gradient: &mut gradient,
        };
        slice.compute(kernel);
        gradient
    }

    /// A network with biases that aren't zero, and rows for it.
    fn example(widths: &[usize], rows: usize) -> (Network, Vec<f32>) {
        let mut random = Random::new(5, Purpose::Order);
        let mut number = move || (random.unit() - 0.5) as f32;
        let glorot = Network::glorot(widths, 11).unwrap();
        let layers = glorot
            .layers()
            .iter()
            .map(|layer| (layer.weights().to_vec(), (0..layer.outputs()).map(|_| number()).collect()));
        let network = Network::from_layers(widths, layers.collect::<Vec<_>>()).unwrap();
        let data = (0..rows * widths[0]).map(|_| 2.0 * number()).collect();
        (network, data)
    }

    #[test]
    fn gradients_equal_finite_differences() {
        // Numbers and tokens that share a vector, that have their own, that fill one, all of one kind; clipped and not.
        let mixed = |numeric, clip| Loss::Mixed { numeric, clip };
        for (widths, loss) in [
            (&[5, 3, 5][..], Loss::Squared),
            (&[19, 17, 4, 9, 19], Loss::Squared),
            (&[5, 3, 5], mixed(2, 0.3)),
            (&[19, 17, 4, 9, 19], mixed(17, 0.5)),
            (&[40, 6, 40], mixed(16, 1e6)),
            (&[7, 4, 7], mixed(0, 1.0)),
            (&[7, 4, 7], mixed(9, 0.2)),
        ] {
            let (network, data) = example(widths, 13);
            let rows = [0, 3, 12, 7, 1, 2, 4, 5, 11];
            let f64s = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
            let mut layers: Layers =
                network.layers().iter().map(|l| (f64s(l.weights()), f64s(l.bias()))).collect();
            let sums = |layers: &Layers, which: usize| -> f64 {
                let row = |r: &u32| f64s(&data[*r as usize * widths[0]..][..widths[0]]);
                rows.iter().map(|r| objective(widths, layers, &row(r), loss)[which]).sum()
            };
            for kernel in Kernel::available() {
                let gradient = gradient(kernel, &network, loss, &data, &rows);
                assert!((gradient.loss - sums(&layers, 1)).abs() < 1e-4 * gradient.loss);
                let found = Layout::new(widths).unpack(&gradient.values);
                for layer in 0..layers.len() {
                    let (weights, bias) = (layers[layer].0.len(), layers[layer].1.len());
                    for at in 0..weights + bias {
                        let mut difference = |by: f64| {
                            let (w, b) = &mut layers[layer];
                            let value = if at < weights { &mut w[at] } else { &mut b[at - weights] };
                            let before = std::mem::replace(value, *value + by);
                            let moved = sums(&layers, 0);
                            let (w, b) = &mut layers[layer];
                            *(if at < weights { &mut w[at] } else { &mut b[at - weights] }) = before;
                            moved
                        };
                        let expected = (difference(1e-6) - difference(-1e-6)) / 2e-6;
                        let (w, b) = &found[layer];
                        let found = f64::from(if at < weights { w[at] } else { b[at - weights] });
                        assert!(
                            (found - expected).abs() < 1e-4 * (1.0 + expected.abs()),
                            "{}, {loss:?}, layer {layer}, parameter {at}: {found}, expected {expected}",
                            kernel.name()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_lies_beyond_a_row_has_no_gradient() {
        let (network, data) = example(&[21, 6, 21], 10);
        for kernel in Kernel::available() {
            let loss = Loss::Mixed { numeric: 3, clip: 1.0 };
            let gradient = gradient(kernel, &network, loss, &data, &[1, 2, 9]);
            let layout = Layout::new(&network.widths());
            let given: usize = network.layers().iter().map(|l| l.weights().len() + l.bias().len()).sum();
            let set = gradient.values.floats().iter().filter(|x| **x != 0.0).count();
            assert!(set <= given && layout.len * LANES > given, "{}: {set} of {given}", kernel.name());
            let unpacked = layout.unpack(&gradient.values);
            let inside = unpacked.iter().flat_map(|(w, b)| w.iter().chain(b)).filter(|x| **x != 0.0).count();
            assert_eq!(set, inside, "{}", kernel.name());
        }
    }

    #[test]
    fn slices_longer_than_a_tile_add_up() {
        let (network, data) = example(&[7, 6, 7], 300);
        let all: Vec<u32> = (0..300).collect();
        let losses = [Loss::Squared, Loss::Mixed { numeric: 4, clip: 0.5 }];
        for (kernel, loss) in
            Kernel::available().into_iter().flat_map(|kernel| losses.map(|loss| (kernel, loss)))
        {
            let whole = gradient(kernel, &network, loss, &data, &all);
            let parts =
                [0..100, 100..200, 200..300].map(|part| gradient(kernel, &network, loss, &data, &all[part]));
            let sum: f64 = parts.iter().map(|part| part.loss).sum();
            assert!((whole.loss - sum).abs() < 1e-4 * sum);
            for (at, whole) in whole.values.floats().iter().enumerate() {
                let sum: f32 = parts.iter().map(|part| part.values.floats()[at]).sum();
                assert!((whole - sum).abs() < 1e-3, "{whole} {sum}");
            }
        }
    }

    #[test]
    fn fused_kernels_give_the_same_bits() {
        let (network, data) = example(&[55, 32, 16, 32, 55], 100);
        let rows: Vec<u32> = (0..99).rev().collect();
        for loss in [Loss::Squared, Loss::Mixed { numeric: 21, clip: 0.5 }] {
            let all: Vec<Gradient> = Kernel::available()
                .into_iter()
                .map(|kernel| gradient(kernel, &network, loss, &data, &rows))
                .collect();
            if cfg!(target_arch = "x86_64") {
                // The last is the portable kernel, which rounds twice where the baseline has no fused instruction.
                let fused = &all[..all.len() - 1];
                assert!(fused.iter().all(|g| g.values.floats() == fused[0].values.floats()));
            }
            let portable = &all[all.len() - 1];
            for (x, y) in portable.values.floats().iter().zip(all[0].values.floats()) {
                assert!((x - y).abs() <= 1e-5 * (1.0 + x.abs()), "{x} {y}");
            }
        }
    }
}
