//! The network as its owner sees it: widths, weights and biases, checked. How it is computed stands in `layout` and
//! `product`.

use thiserror::Error;

use crate::random::{Purpose, Random};

/// A dense autoencoder: ReLU after every layer but the last, which is linear. The last width equals the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
}

/// One dense layer: `output = input * weights + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Why widths, weights or biases don't make an autoencoder.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum NetworkError {
    /// Fewer than two widths, that is no layer.
    #[error("a network needs at least two widths, input and output; {0} given")]
    TooFewWidths(usize),
    /// A width is zero or beyond [`Network::MAX_WIDTH`].
    #[error("width {width} at position {position} is not within 1..={}", Network::MAX_WIDTH)]
    Width {
        /// 0 for the input.
        position: usize,
        /// The width given.
        width: usize,
    },
    /// The output isn't as wide as the input.
    #[error("an autoencoder's output ({output} columns) must be as wide as its input ({input} columns)")]
    NotAutoencoder {
        /// First width.
        input: usize,
        /// Last width.
        output: usize,
    },
    /// A layer's weights or biases have the wrong length.
    #[error("layer {layer} has {found} {what}, expected {expected}")]
    Length {
        /// 0 for the layer after the input.
        layer: usize,
        /// "weights" or "biases".
        what: &'static str,
        /// Values given.
        found: usize,
        /// Values needed.
        expected: usize,
    },
    /// A weight or bias is NaN or infinite.
    #[error("layer {layer} has {what} that are not finite")]
    NotFinite {
        /// 0 for the layer after the input.
        layer: usize,
        /// "weights" or "biases".
        what: &'static str,
    },
}

impl Network {
    /// The widest layer that is accepted: far beyond any feature row, and small enough that sizes can't overflow.
    pub const MAX_WIDTH: usize = 1 << 14;

    /// Fresh weights, uniform in +-sqrt(6 / (inputs + outputs)), and zero biases (Glorot and Bengio 2010; Keras' default).
    ///
    /// `widths` are those of the input, every hidden layer and the output, such as `[55, 32, 16, 32, 55]`. The same seed
    /// gives the same weights everywhere.
    pub fn glorot(widths: &[usize], seed: u64) -> Result<Network, NetworkError> {
        check_widths(widths)?;
        let mut random = Random::new(seed, Purpose::Weights);
        let layers = widths
            .windows(2)
            .map(|pair| {
                let (inputs, outputs) = (pair[0], pair[1]);
                let limit = (6.0 / (inputs + outputs) as f64).sqrt();
                let weights =
                    (0..inputs * outputs).map(|_| ((2.0 * random.unit() - 1.0) * limit) as f32).collect();
                Layer { inputs, outputs, weights, bias: vec![0.0; outputs] }
            })
            .collect();
        Ok(Network { layers })
    }

    /// Fresh weights, normal with mean 0 and standard deviation sqrt(2 / inputs), and zero biases (He et al. 2015); those of
    /// the last layer are multiplied by `last_scale`, so that the first outputs are small.
    ///
    /// `widths` as for [`glorot`](Network::glorot). The same seed gives the same weights everywhere.
    ///
    /// # Errors
    /// Widths that make no autoencoder, a scale that isn't finite.
    pub fn he(widths: &[usize], seed: u64, last_scale: f32) -> Result<Network, NetworkError> {
        check_widths(widths)?;
        let mut random = Random::new(seed, Purpose::Weights);
        let last = widths.len() - 2;
        let layers: Vec<_> = (widths.windows(2).enumerate())
            .map(|(layer, pair)| {
                let (inputs, outputs) = (pair[0], pair[1]);
                let scale = if layer == last { f64::from(last_scale) } else { 1.0 };
                let deviation = (2.0 / inputs as f64).sqrt() * scale;
                let weights = (0..inputs * outputs).map(|_| (random.normal() * deviation) as f32).collect();
                (weights, vec![0.0; outputs])
            })
            .collect();
        Network::from_layers(widths, layers)
    }

    /// A network from stored values: for each layer its weights (row-major, inputs x outputs) and its biases (outputs).
    /// Lengths and finiteness are checked.
    pub fn from_layers(
        widths: &[usize],
        layers: impl IntoIterator<Item = (Vec<f32>, Vec<f32>)>,
    ) -> Result<Network, NetworkError> {
        check_widths(widths)?;
        let mut given = layers.into_iter();
        let mut layers = Vec::with_capacity(widths.len() - 1);
        for (layer, pair) in widths.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let (weights, bias) = given.next().unwrap_or_default();
            for (what, values, expected) in
                [("weights", &weights, inputs * outputs), ("biases", &bias, outputs)]
            {
                if values.len() != expected {
                    return Err(NetworkError::Length { layer, what, found: values.len(), expected });
                }
                if !all_finite(values) {
                    return Err(NetworkError::NotFinite { layer, what });
                }
            }
            layers.push(Layer { inputs, outputs, weights, bias });
        }
        if let Some((weights, _)) = given.next() {
            return Err(NetworkError::Length {
                layer: layers.len(),
                what: "weights",
                found: weights.len(),
                expected: 0,
            });
        }
        Ok(Network { layers })
    }

    /// Widths of the input, every hidden layer and the output.
    pub fn widths(&self) -> Vec<usize> {
        let mut widths = vec![self.width()];
        widths.extend(self.layers.iter().map(Layer::outputs));
        widths
    }

    /// Columns of the input, and of the output.
    pub fn width(&self) -> usize {
        self.layers[0].inputs
    }

    /// The layers from input to output; at least one.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}

impl Layer {
    /// Width of what goes in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Width of what comes out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Row-major, inputs x outputs: the weight from input i to output o is at `i * outputs + o`.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// One value an output.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }
}

fn check_widths(widths: &[usize]) -> Result<(), NetworkError> {
    let [input, .., output] = *widths else {
        return Err(NetworkError::TooFewWidths(widths.len()));
    };
    if let Some(position) = widths.iter().position(|w| !(1..=Network::MAX_WIDTH).contains(w)) {
        return Err(NetworkError::Width { position, width: widths[position] });
    }
    if input != output {
        return Err(NetworkError::NotAutoencoder { input, output });
    }
    Ok(())
}

/// Whether no value is NaN or infinite. Summing `x * 0` has no early exit, so that it runs at the speed of memory.
pub(crate) fn all_finite(values: &[f32]) -> bool {
    let (lanes, rest) = values.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for chunk in lanes {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x * 0.0;
        }
    }
    sums.iter().chain(rest).all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glorot_stays_within_its_limit_and_follows_the_seed() {
        let network = Network::glorot(&[55, 32, 16, 32, 55], 7).unwrap();
        assert_eq!(network.widths(), [55, 32, 16, 32, 55]);
        for layer in network.layers() {
            let limit = (6.0 / (layer.inputs() + layer.outputs()) as f32).sqrt();
            let largest = layer.weights().iter().fold(0.0_f32, |m, w| m.max(w.abs()));
            assert!(largest <= limit && largest > 0.9 * limit, "{largest} of {limit}");
            assert!(layer.bias().iter().all(|b| *b == 0.0));
        }
        assert_eq!(network, Network::glorot(&[55, 32, 16, 32, 55], 7).unwrap());
        assert_ne!(network, Network::glorot(&[55, 32, 16, 32, 55], 8).unwrap());
    }

    #[test]
    fn he_has_its_deviation_and_follows_the_seed() {
        let network = Network::he(&[155, 48, 12, 48, 155], 7, 0.3).unwrap();
        for (position, layer) in network.layers().iter().enumerate() {
            let weights: Vec<f64> = layer.weights().iter().map(|w| f64::from(*w)).collect();
            let expected = (2.0 / layer.inputs() as f64).sqrt() * if position == 3 { 0.3 } else { 1.0 };
            let count = weights.len() as f64;
            let mean = weights.iter().sum::<f64>() / count;
            let deviation = (weights.iter().map(|w| w * w).sum::<f64>() / count).sqrt();
            // Within four standard errors.
            assert!(mean.abs() < 4.0 * expected / count.sqrt(), "{mean}");
            assert!((deviation / expected - 1.0).abs() < 4.0 / (2.0 * count).sqrt(), "{deviation}");
            assert!(layer.bias().iter().all(|b| *b == 0.0));
        }
        assert_eq!(network, Network::he(&[155, 48, 12, 48, 155], 7, 0.3).unwrap());
        assert_ne!(network, Network::he(&[155, 48, 12, 48, 155], 8, 0.3).unwrap());
        let refused = Network::he(&[5, 3, 5], 0, f32::INFINITY).unwrap_err();
        assert_eq!(refused, NetworkError::NotFinite { layer: 1, what: "weights" });
        assert_eq!(Network::he(&[5], 0, 1.0).unwrap_err(), NetworkError::TooFewWidths(1));
    }

    #[test]
    fn layers_come_back_as_they_went() {
        let network = Network::glorot(&[5, 3, 5], 1).unwrap();
        let parts = network.layers().iter().map(|l| (l.weights().to_vec(), l.bias().to_vec()));
        assert_eq!(Network::from_layers(&network.widths(), parts).unwrap(), network);
    }

    #[test]
    fn shapes_that_make_no_autoencoder_are_refused() {
        let refused = |widths: &[usize]| Network::glorot(widths, 0).unwrap_err();
        assert_eq!(refused(&[]), NetworkError::TooFewWidths(0));
        assert_eq!(refused(&[5]), NetworkError::TooFewWidths(1));
        assert_eq!(refused(&[5, 0, 5]), NetworkError::Width { position: 1, width: 0 });
        assert_eq!(refused(&[5, 1 << 20, 5]), NetworkError::Width { position: 1, width: 1 << 20 });
        assert_eq!(refused(&[5, 3, 4]), NetworkError::NotAutoencoder { input: 5, output: 4 });
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        let layer = |w: usize, b: usize| (vec![0.5; w], vec![0.5; b]);
        let refused = |layers: Vec<_>| Network::from_layers(&[2, 1, 2], layers).unwrap_err();
        let length = |layer, what, found, expected| NetworkError::Length { layer, what, found, expected };
        assert_eq!(refused(vec![layer(2, 1)]), length(1, "weights", 0, 2));
        assert_eq!(refused(vec![layer(2, 1), layer(2, 3)]), length(1, "biases", 3, 2));
        assert_eq!(refused(vec![layer(3, 1), layer(2, 2)]), length(0, "weights", 3, 2));
        assert_eq!(refused(vec![layer(2, 1), layer(2, 2), layer(4, 2)]), length(2, "weights", 4, 0));
        let mut bad = layer(2, 2);
        bad.1[1] = f32::NAN;
        assert_eq!(refused(vec![layer(2, 1), bad]), NetworkError::NotFinite { layer: 1, what: "biases" });
    }

    #[test]
    fn finiteness_is_found_anywhere() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in 0..40 {
                let mut values = vec![f32::MAX; 40];
                assert!(all_finite(&values));
                values[at] = bad;
                assert!(!all_finite(&values));
            }
        }
    }
}
