//! Sets of numbers as ranges, made for asking.

/// Closed ranges in order, none touching the next by more than its neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranges<T>(Box<[(T, T)]>);

impl<T: Copy + Ord> Ranges<T> {
    /// The union of closed ranges, each with its lower end first.
    pub(crate) fn new(mut ranges: Vec<(T, T)>) -> Self {
        ranges.sort_unstable();
        let mut union: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match union.last_mut() {
                Some(last) if low <= last.1 => last.1 = last.1.max(high),
                _ => union.push((low, high)),
            }
        }
        Self(union.into())
    }

    /// Whether a number lies in one of them.
    #[inline]
    pub(crate) fn hold(&self, value: T) -> bool {
        // Most filters have one or two: a search among these costs more than it saves.
        const FEW: usize = 4;
        if self.0.len() <= FEW {
            return self.0.iter().any(|&(low, high)| (low..=high).contains(&value));
        }
        let after = self.0.partition_point(|&(low, _)| low <= value);
        after > 0 && value <= self.0[after - 1].1
    }

    /// The ranges, lowest first; no two of them overlap.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (T, T)> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hold_what_one_of_them_holds(ranges in prop::collection::vec((0u8..60, 0u8..6), 0..12)) {
            let ranges: Vec<_> = ranges.into_iter().map(|(low, width)| (low, low + width)).collect();
            let union = Ranges::new(ranges.clone());
            for value in 0..=80 {
                prop_assert_eq!(
                    union.hold(value),
                    ranges.iter().any(|&(low, high)| low <= value && value <= high)
                );
            }
            prop_assert_eq!(Ranges::new(union.iter().collect()), union);
        }
    }
}
