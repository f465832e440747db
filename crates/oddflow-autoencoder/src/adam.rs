//! The Adam optimiser (Kingma and Ba 2015), computed as Keras 3 does: both bias corrections go into the step size.

use std::ops::Range;

use crate::layout::{Buffer, Layout};
use crate::simd::{Kernel, Lanes, Simd, Task};

/// The optimiser's settings. The default is Keras' with a learning rate of 1e-4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate, above 0.
    pub rate: f64,
    /// Decay of the first moment, in 0..1.
    pub beta1: f64,
    /// Decay of the second moment, in 0..1.
    pub beta2: f64,
    /// Keeps the step finite where the second moment is zero.
    pub epsilon: Epsilon,
    /// So much of each weight is added to its gradient, at least 0: L2 regularisation. Biases don't decay.
    pub decay: f64,
}

/// The constant in Adam's denominator, above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epsilon {
    /// Added to the root of the second moment as it is: Keras; "epsilon hat" in section 2 of the paper.
    Uncorrected(f64),
    /// Added to the root of the second moment after its bias correction: algorithm 1 of the paper, PyTorch.
    Corrected(f64),
}

impl Epsilon {
    pub(crate) fn value(self) -> f64 {
        match self {
            Epsilon::Uncorrected(value) | Epsilon::Corrected(value) => value,
        }
    }
}

/// How the learning rate goes over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Schedule {
    /// The same at every step.
    #[default]
    Constant,
    /// From Adam's rate down to zero along half a cosine, and always `floor` more (Loshchilov and Hutter 2017): step t of T,
    /// from 1, takes rate * 0.5 * (1 + cos(pi t / T)) + floor. T counts all epochs that may be trained.
    Cosine {
        /// At least 0.
        floor: f64,
    },
}

impl Schedule {
    /// The learning rate at a step, from 1, of so many.
    pub(crate) fn rate(self, rate: f64, step: u64, steps: u64) -> f64 {
        match self {
            Schedule::Constant => rate,
            Schedule::Cosine { floor } => {
                let share = (step as f64 / steps as f64).min(1.0);
                rate * 0.5 * (1.0 + (std::f64::consts::PI * share).cos()) + floor
            }
        }
    }
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: Epsilon::Uncorrected(1e-7), decay: 0.0 }
    }
}

/// The moments of every parameter.
pub(crate) struct Moments {
    first: Buffer,
    second: Buffer,
    /// Steps taken.
    steps: i32,
}

impl Moments {
    pub(crate) fn new(layout: &Layout) -> Moments {
        Moments { first: Buffer::new(layout.len), second: Buffer::new(layout.len), steps: 0 }
    }

    /// One step along `scale` times the sum of the four parts of the gradient, summed pairwise.
    pub(crate) fn step(
        &mut self,
        kernel: Kernel,
        layout: &Layout,
        adam: Adam,
        parameters: &mut Buffer,
        gradients: [&Buffer; 4],
        scale: f64,
    ) {
        // Beyond 2^31 steps the corrections have long been 1.
        self.steps = self.steps.saturating_add(1);
        let root = (1.0 - adam.beta2.powi(self.steps)).sqrt();
        let correction = root / (1.0 - adam.beta1.powi(self.steps));
        let epsilon = match adam.epsilon {
            Epsilon::Uncorrected(epsilon) => epsilon,
            Epsilon::Corrected(epsilon) => epsilon * root,
        };
        let step = |places: Range<usize>, decay: f64, parameters: &mut Buffer, moments: &mut Moments| {
            kernel.run(Step {
                parameters: &mut parameters.lanes_mut()[places.clone()],
                first: &mut moments.first.lanes_mut()[places.clone()],
                second: &mut moments.second.lanes_mut()[places.clone()],
                gradients: gradients.map(|gradient| &gradient.lanes()[places.clone()]),
                scale: scale as f32,
                rate: (adam.rate * correction) as f32,
                new1: (1.0 - adam.beta1) as f32,
                new2: (1.0 - adam.beta2) as f32,
                epsilon: epsilon as f32,
                decay: decay as f32,
            });
        };
        for layer in &layout.layers {
            step(layer.weight_places(), adam.decay, parameters, self);
            step(layer.bias_places(), 0.0, parameters, self);
        }
    }
}

struct Step<'a> {
    parameters: &'a mut [Lanes],
    first: &'a mut [Lanes],
    second: &'a mut [Lanes],
    gradients: [&'a [Lanes]; 4],
    scale: f32,
    /// Learning rate with both bias corrections.
    rate: f32,
    /// Weight of the new gradient in the first moment.
    new1: f32,
    /// Weight of its square in the second.
    new2: f32,
    epsilon: f32,
    decay: f32,
}

impl Task for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) {
        let [a, b, c, d] = self.gradients;
        let gradients = a.iter().zip(b).zip(c.iter().zip(d));
        let moments = self.first.iter_mut().zip(self.second);
        let (scale, rate, epsilon) =
            (simd.splat(self.scale), simd.splat(self.rate), simd.splat(self.epsilon));
        let (new1, new2, decay) = (simd.splat(self.new1), simd.splat(self.new2), simd.splat(self.decay));
        for ((parameter, (first, second)), ((a, b), (c, d))) in
            self.parameters.iter_mut().zip(moments).zip(gradients)
        {
            let left = simd.add(simd.load(a), simd.load(b));
            let right = simd.add(simd.load(c), simd.load(d));
            let value = simd.load(parameter);
            let gradient = simd.mul(simd.add(left, right), scale);
            // Without decay this adds zero, which changes no bit but the sign of a zero.
            let gradient = simd.fma(value, decay, gradient);
            let (m, v) = (simd.load(first), simd.load(second));
            let m = simd.fma(simd.sub(gradient, m), new1, m);
            let v = simd.fma(simd.sub(simd.mul(gradient, gradient), v), new2, v);
            let step = simd.div(simd.mul(m, rate), simd.add(simd.sqrt(v), epsilon));
            simd.store(first, m);
            simd.store(second, v);
            simd.store(parameter, simd.sub(value, step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_falls_from_the_rate_to_its_floor() {
        let rate = |step| Schedule::Cosine { floor: 1e-5 }.rate(2e-3, step, 100);
        assert!((rate(50) - 1.01e-3).abs() < 1e-12);
        assert!((rate(100) - 1e-5).abs() < 1e-12);
        assert!(rate(1) < 2.01e-3 && rate(1) > 2.009e-3);
        assert_eq!(rate(101), rate(100));
        assert!((1..100).all(|step| rate(step) > rate(step + 1)));
        assert_eq!(Schedule::Constant.rate(2e-3, 77, 100), 2e-3);
    }
}
