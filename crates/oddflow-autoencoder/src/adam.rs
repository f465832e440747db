//! The Adam optimiser (Kingma and Ba 2015), as Keras 3 computes it: `epsilon` is added to the root of the uncorrected second
//! moment, and both bias corrections go into the step size.

use crate::layout::{Buffer, Layout};
use crate::simd::{Kernel, Simd, Task};

/// The optimiser's settings. The default is Keras' with a learning rate of 1e-4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate, above 0.
    pub rate: f64,
    /// Decay of the first moment, in 0..1.
    pub beta1: f64,
    /// Decay of the second moment, in 0..1.
    pub beta2: f64,
    /// Added to the root of the second moment, above 0.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
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
        adam: &Adam,
        parameters: &mut Buffer,
        gradients: [&Buffer; 4],
        scale: f64,
    ) {
        // Beyond 2^31 steps the corrections have long been 1.
        self.steps = self.steps.saturating_add(1);
        let correction = (1.0 - adam.beta2.powi(self.steps)).sqrt() / (1.0 - adam.beta1.powi(self.steps));
        kernel.run(Step {
            parameters,
            moments: self,
            gradients,
            scale: scale as f32,
            rate: (adam.rate * correction) as f32,
            new1: (1.0 - adam.beta1) as f32,
            new2: (1.0 - adam.beta2) as f32,
            epsilon: adam.epsilon as f32,
        });
    }
}

struct Step<'a> {
    parameters: &'a mut Buffer,
    moments: &'a mut Moments,
    gradients: [&'a Buffer; 4],
    scale: f32,
    /// Learning rate with both bias corrections.
    rate: f32,
    /// Weight of the new gradient in the first moment.
    new1: f32,
    /// Weight of its square in the second.
    new2: f32,
    epsilon: f32,
}

impl Task for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const R: usize, const V: usize>(self, simd: S) {
        let [a, b, c, d] = self.gradients.map(Buffer::lanes);
        let gradients = a.iter().zip(b).zip(c.iter().zip(d));
        let moments = self.moments.first.lanes_mut().iter_mut().zip(self.moments.second.lanes_mut());
        let (scale, rate, epsilon) =
            (simd.splat(self.scale), simd.splat(self.rate), simd.splat(self.epsilon));
        let (new1, new2) = (simd.splat(self.new1), simd.splat(self.new2));
        for ((parameter, (first, second)), ((a, b), (c, d))) in
            self.parameters.lanes_mut().iter_mut().zip(moments).zip(gradients)
        {
            let left = simd.add(simd.load(a), simd.load(b));
            let right = simd.add(simd.load(c), simd.load(d));
            let gradient = simd.mul(simd.add(left, right), scale);
            let (m, v) = (simd.load(first), simd.load(second));
            let m = simd.fma(simd.sub(gradient, m), new1, m);
            let v = simd.fma(simd.sub(simd.mul(gradient, gradient), v), new2, v);
            let step = simd.div(simd.mul(m, rate), simd.add(simd.sqrt(v), epsilon));
            simd.store(first, m);
            simd.store(second, v);
            simd.store(parameter, simd.sub(simd.load(parameter), step));
        }
    }
}
