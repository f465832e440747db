//! What a network is trained and scored by, column by column: squared error, or a mix of squared error and cross-entropy.

use crate::exponential::{exp, ln_1p};
use crate::simd::{LANES, Lanes, Simd};

/// How far an output is from its input, column by column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// All columns are numbers: their part is the squared error, a row's error the mean over columns.
    #[default]
    Squared,
    /// Numbers first, then tokens, which are 0 or 1: the outputs of the tokens are logits. A row's error is the sum over
    /// columns of the squared error of a number and the binary cross-entropy in nats of a token, its logit clipped to
    /// [`Loss::MAX_LOGIT`].
    Mixed {
        /// The columns that are numbers, the first ones; at least the network's width means all of them.
        numeric: usize,
        /// The gradient of a number grows with its residual up to this bound, above 0, so that one outlier doesn't
        /// outweigh a batch (Huber 1964). It changes training only; errors are not clipped.
        clip: f32,
    },
}

impl Loss {
    /// A token's logit counts at most so much, either way: its cross-entropy stays within 60, its probability off 0 and 1.
    pub const MAX_LOGIT: f32 = 30.0;
}

/// The mixed loss for a network's width, by the vectors of an output row.
#[derive(Clone, Debug)]
pub(crate) struct Mixed {
    vectors: Vec<Columns>,
    numeric: usize,
    clip: f32,
}

/// What the columns of one vector are.
#[derive(Clone, Copy, Debug)]
enum Columns {
    Numbers,
    Tokens,
    /// Some of each, or the end of the row.
    Both(BothLanes),
}

/// 1 in the lanes of each kind, 0 in both beyond the row.
#[derive(Clone, Copy, Debug)]
struct BothLanes {
    numbers: Lanes,
    tokens: Lanes,
}

impl Mixed {
    /// `None` for the squared loss.
    pub(crate) fn new(loss: Loss, width: usize) -> Option<Mixed> {
        let Loss::Mixed { numeric, clip } = loss else {
            return None;
        };
        let columns = |vector: usize| {
            let (first, end) = (vector * LANES, (vector + 1) * LANES);
            if end <= numeric {
                return Columns::Numbers;
            }
            if first >= numeric && end <= width {
                return Columns::Tokens;
            }
            let lanes = |wanted: bool| {
                std::array::from_fn(|lane| {
                    let column = first + lane;
                    f32::from(column < width && (column < numeric) == wanted)
                })
            };
            Columns::Both(BothLanes { numbers: lanes(true), tokens: lanes(false) })
        };
        Some(Mixed {
            vectors: (0..width.div_ceil(LANES)).map(columns).collect(),
            numeric: numeric.min(width),
            clip,
        })
    }

    /// Columns that are numbers; the others are mostly zero.
    pub(crate) fn dense(&self) -> usize {
        self.numeric
    }

    /// Vectors in a row.
    pub(crate) fn vectors(&self) -> usize {
        self.vectors.len()
    }

    /// Every column's part of the loss, zero beyond the row. `sums` is what the last layer gives, `target` the input.
    #[inline(always)]
    pub(crate) fn parts<S: Simd>(&self, simd: S, vector: usize, sums: S::V, target: S::V) -> S::V {
        match &self.vectors[vector] {
            Columns::Numbers => square(simd, simd.sub(sums, target)),
            Columns::Tokens => Logit::new(simd, sums).cross_entropy(simd, target),
            Columns::Both(lanes) => {
                let number = square(simd, simd.sub(sums, target));
                lanes.choose(simd, number, Logit::new(simd, sums).cross_entropy(simd, target))
            }
        }
    }

    /// Half the derivative of a number's part, clipped, and the derivative of a token's part, both by `sums`; zero beyond
    /// the row.
    #[inline(always)]
    pub(crate) fn deltas<S: Simd>(&self, simd: S, vector: usize, sums: S::V, target: S::V) -> S::V {
        match &self.vectors[vector] {
            Columns::Numbers => clipped(simd, simd.sub(sums, target), self.clip),
            Columns::Tokens => simd.sub(Logit::new(simd, sums).probability(simd), target),
            Columns::Both(lanes) => {
                let number = clipped(simd, simd.sub(sums, target), self.clip);
                lanes.choose(simd, number, simd.sub(Logit::new(simd, sums).probability(simd), target))
            }
        }
    }

    /// The reconstruction: `sums` for a number, the probability for a token.
    #[inline(always)]
    pub(crate) fn outputs<S: Simd>(&self, simd: S, vector: usize, sums: S::V) -> S::V {
        match &self.vectors[vector] {
            Columns::Numbers => sums,
            Columns::Tokens => Logit::new(simd, sums).probability(simd),
            Columns::Both(lanes) => lanes.choose(simd, sums, Logit::new(simd, sums).probability(simd)),
        }
    }
}

impl BothLanes {
    /// Each lane by its kind. (The arms above share no function of closures, since a closure is not inlined for certain and
    /// would then not be compiled for the instruction set.)
    #[inline(always)]
    fn choose<S: Simd>(&self, simd: S, number: S::V, token: S::V) -> S::V {
        simd.add(
            simd.where_positive(simd.load(&self.numbers), number),
            simd.where_positive(simd.load(&self.tokens), token),
        )
    }
}

#[inline(always)]
fn square<S: Simd>(simd: S, x: S::V) -> S::V {
    simd.mul(x, x)
}

/// `x` within `bound` of zero, NaN where it is NaN.
#[inline(always)]
fn clipped<S: Simd>(simd: S, x: S::V, bound: f32) -> S::V {
    simd.min(simd.splat(bound), simd.max(simd.splat(-bound), x))
}

/// A clipped logit z, and what both its loss and its probability are made of.
struct Logit<S: Simd> {
    z: S::V,
    /// -z
    negative: S::V,
    /// exp(-|z|)
    decay: S::V,
}

impl<S: Simd> Logit<S> {
    #[inline(always)]
    fn new(simd: S, z: S::V) -> Logit<S> {
        let z = clipped(simd, z, Loss::MAX_LOGIT);
        let negative = simd.sub(simd.zero(), z);
        Logit { z, negative, decay: exp(simd, simd.min(z, negative)) }
    }

    /// ln(1 + exp(-|z|)) + max(z, 0) - z x: no term overflows, and none cancels where the sum is small.
    #[inline(always)]
    fn cross_entropy(&self, simd: S, x: S::V) -> S::V {
        let line = simd.fma(self.negative, x, simd.relu(self.z));
        simd.add(ln_1p(simd, self.decay), line)
    }

    /// 1 / (1 + exp(-z)), without a large exponential.
    #[inline(always)]
    fn probability(&self, simd: S) -> S::V {
        let one = simd.splat(1.0);
        // 1 for a positive z, else the decay.
        let above = simd.max(simd.where_positive(self.z, one), self.decay);
        simd.div(above, simd.add(one, self.decay))
    }
}
