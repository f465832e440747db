//! From values to pixels.

use crate::drawing::spacing::Spacing;

/// Where the values of an axis lie on the scene, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    offset: f64,
    scale: f64,
    spacing: Spacing,
}

/// On a log axis everything below lies here: zero has no place, but a bar has to stand somewhere.
const SMALLEST: f64 = 1e-300;

/// The largest number that is drawn. Beyond it sums and differences would leave the range of f64.
pub(crate) const TOO_LARGE: f64 = 1e30;

/// Whether an amount can be drawn: at least zero, and not too large.
pub(crate) fn is_amount(value: f64) -> bool {
    (0.0..=TOO_LARGE).contains(&value)
}

/// The highest of some amounts, or 1 where that leaves nothing to be seen: none, all zero, all too small for pixels.
pub(crate) fn highest(amounts: impl Iterator<Item = f64>) -> f64 {
    let highest = amounts.fold(0.0, f64::max);
    if highest < 1.0 / TOO_LARGE { 1.0 } else { highest }
}

impl Map {
    /// An axis from the value `range.0` at the pixel `pixels.0` to `range.1` at `pixels.1`. A range without an extent
    /// lies at the first pixel.
    pub(crate) fn new(range: (f64, f64), pixels: (f64, f64), spacing: Spacing) -> Self {
        let place = |v: f64| if spacing == Spacing::Log { v.max(SMALLEST).log10() } else { v };
        let (from, to) = (place(range.0), place(range.1));
        let scale = (pixels.1 - pixels.0) / (to - from);
        // Neither a range without an extent nor one lost in rounding has room for anything.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        Self { offset: pixels.0 - from * scale, scale, spacing }
    }

    /// The pixel of a value.
    pub(crate) fn pixel(&self, value: f64) -> f64 {
        let place = if self.spacing == Spacing::Log { value.max(SMALLEST).log10() } else { value };
        self.offset + place * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middles_are_where_they_should_be() {
        let linear = Map::new((2.0, 4.0), (100.0, 0.0), Spacing::Linear);
        assert_eq!([2.0, 3.0, 4.0].map(|v| linear.pixel(v)), [100.0, 50.0, 0.0]);
        let log = Map::new((1.0, 100.0), (0.0, 100.0), Spacing::Log);
        assert_eq!([1.0, 10.0, 100.0].map(|v| log.pixel(v)), [0.0, 50.0, 100.0]);
        assert!(log.pixel(0.0).is_finite() && log.pixel(-1.0).is_finite());
        assert_eq!(Map::new((5.0, 5.0), (7.0, 9.0), Spacing::Linear).pixel(5.0), 7.0);
    }
}
