//! How a network lies in memory while it computes: every row of weights padded to whole vectors, everything in one
//! contiguous, aligned block.
//!
//! Invariant: padding is zero. A padded output is then zero after the bias and the activation, its gradient is zero, and Adam
//! leaves it at zero.

use std::ops::Range;

use crate::network::Network;
use crate::simd::{LANES, Lanes, ROWS};

/// Where the parts of one layer lie, in vectors.
#[derive(Clone, Debug)]
pub(crate) struct LayerLayout {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Vectors in a row of weights, that is in the layer's output.
    pub(crate) vectors: usize,
    /// First vector of the weights: a row for each input, rows padded to [`ROWS`].
    weights: usize,
    /// First vector of the biases.
    bias: usize,
}

/// Where all parameters lie.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) layers: Vec<LayerLayout>,
    /// Vectors in all.
    pub(crate) len: usize,
}

impl LayerLayout {
    /// One vector after the last row of weights, padding included.
    fn rows(&self) -> usize {
        self.inputs.next_multiple_of(ROWS)
    }

    pub(crate) fn weights<'a>(&self, all: &'a [Lanes]) -> &'a [Lanes] {
        &all[self.weights..][..self.rows() * self.vectors]
    }

    pub(crate) fn bias<'a>(&self, all: &'a [Lanes]) -> &'a [Lanes] {
        &all[self.bias..][..self.vectors]
    }

    /// The vectors of the weights, padding included.
    pub(crate) fn weight_places(&self) -> Range<usize> {
        self.weights..self.bias
    }

    /// The vectors of the biases.
    pub(crate) fn bias_places(&self) -> Range<usize> {
        self.bias..self.bias + self.vectors
    }

    /// Weights and biases, to write.
    pub(crate) fn parts<'a>(&self, all: &'a mut [Lanes]) -> (&'a mut [Lanes], &'a mut [Lanes]) {
        let (weights, bias) = all[self.weights..].split_at_mut(self.bias - self.weights);
        (weights, &mut bias[..self.vectors])
    }
}

impl Layout {
    pub(crate) fn new(widths: &[usize]) -> Layout {
        let mut len = 0;
        let layers = widths
            .windows(2)
            .map(|pair| {
                let (inputs, outputs) = (pair[0], pair[1]);
                let vectors = outputs.div_ceil(LANES);
                let weights = len;
                let bias = weights + inputs.next_multiple_of(ROWS) * vectors;
                len = bias + vectors;
                LayerLayout { inputs, outputs, vectors, weights, bias }
            })
            .collect();
        Layout { layers, len }
    }

    /// The widest layer, input included, in vectors.
    pub(crate) fn widest(&self) -> usize {
        let input = self.layers[0].inputs.div_ceil(LANES);
        self.layers.iter().map(|layer| layer.vectors).fold(input, usize::max)
    }

    pub(crate) fn pack(&self, network: &Network) -> Buffer {
        let mut packed = Buffer::new(self.len);
        for (place, layer) in self.layers.iter().zip(network.layers()) {
            let (weights, bias) = place.parts(packed.lanes_mut());
            let stride = place.vectors * LANES;
            let weights = weights.as_flattened_mut();
            for (to, from) in
                weights.chunks_exact_mut(stride).zip(layer.weights().chunks_exact(place.outputs))
            {
                to[..place.outputs].copy_from_slice(from);
            }
            bias.as_flattened_mut()[..place.outputs].copy_from_slice(layer.bias());
        }
        packed
    }

    /// Weights and biases of each layer, without the padding.
    pub(crate) fn unpack(&self, packed: &Buffer) -> Vec<(Vec<f32>, Vec<f32>)> {
        let unpack = |layer: &LayerLayout| {
            let rows = layer.weights(packed.lanes()).as_flattened().chunks_exact(layer.vectors * LANES);
            let weights = rows.take(layer.inputs).flat_map(|row| &row[..layer.outputs]).copied().collect();
            (weights, layer.bias(packed.lanes()).as_flattened()[..layer.outputs].to_vec())
        };
        self.layers.iter().map(unpack).collect()
    }
}

/// Zeroed vectors that begin on a cache line, so that no load crosses one.
#[derive(Debug)]
pub(crate) struct Buffer {
    store: Vec<f32>,
    start: usize,
    len: usize,
}

/// Bytes of a cache line.
const LINE: usize = 64;

impl Buffer {
    pub(crate) fn new(vectors: usize) -> Buffer {
        let len = vectors * LANES;
        let store = vec![0.0; len + LANES];
        // `align_offset` may refuse by returning a huge number; speed is then all that is lost.
        let start = store.as_ptr().align_offset(LINE).min(LANES);
        Buffer { store, start, len }
    }

    pub(crate) fn floats(&self) -> &[f32] {
        &self.store[self.start..][..self.len]
    }

    pub(crate) fn floats_mut(&mut self) -> &mut [f32] {
        &mut self.store[self.start..][..self.len]
    }

    pub(crate) fn lanes(&self) -> &[Lanes] {
        self.floats().as_chunks().0
    }

    pub(crate) fn lanes_mut(&mut self) -> &mut [Lanes] {
        self.floats_mut().as_chunks_mut().0
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        let mut copy = Buffer::new(self.len / LANES);
        copy.floats_mut().copy_from_slice(self.floats());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_values_and_pads_with_zero() {
        let network = Network::glorot(&[5, 17, 3, 5], 3).unwrap();
        let layout = Layout::new(&network.widths());
        let packed = layout.pack(&network);
        let back = Network::from_layers(&network.widths(), layout.unpack(&packed)).unwrap();
        assert_eq!(back, network);
        let values: usize = network.layers().iter().map(|l| l.weights().len()).sum();
        assert_eq!(packed.floats().iter().filter(|x| **x != 0.0).count(), values);
        assert_eq!(layout.len, (8 * 2 + 2) + (24 + 1) + (8 + 1));
        assert_eq!(layout.widest(), 2);
    }

    #[test]
    fn buffers_begin_on_a_cache_line() {
        let buffer = Buffer::new(3);
        assert_eq!(buffer.lanes().len(), 3);
        assert_eq!(buffer.clone().floats().as_ptr().align_offset(LINE), 0);
    }
}
