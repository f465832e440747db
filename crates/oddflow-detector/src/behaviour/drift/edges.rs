//! Where the parts of each number's range meet: at quantiles of the baseline, zero apart.

use oddflow_features::behaviour::{Features, NOVELTY, NUMERIC, TOKENS};

use super::compared::{BINS, Compared, EDGES, FIRST_NOVELTY, FIRST_SCORE, FIRST_TOKEN};

/// The edges of all numbers and of the score. A value lies in the part whose number is that of the edges that it reaches.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edges {
    /// The edges of a place, of all numbers: so that one instruction compares several numbers. Those that aren't needed are infinite.
    numbers: Box<[[f32; NUMERIC]; EDGES]>,
    score: [f32; EDGES],
}

/// The cells that a row falls into.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells(Vec<u16>);

impl Cells {
    pub(super) fn get(&self) -> &[u16] {
        &self.0
    }
}

impl Edges {
    /// Edges from sampled values of each number, and of the score.
    pub(super) fn new(mut values: impl FnMut(Compared) -> Vec<f32>) -> Self {
        let mut numbers = Box::new([[f32::INFINITY; NUMERIC]; EDGES]);
        for column in 0..FIRST_NOVELTY {
            let edges = quantiles(values(Compared(column)), Compared(column).has_zero());
            for (row, edge) in numbers.iter_mut().zip(edges) {
                row[column] = edge;
            }
        }
        Self { numbers, score: quantiles(values(Compared::SCORE), false) }
    }

    /// The cells of a row in place of those of the row before. Those of novelties only where it `has_novelty`.
    #[inline]
    pub(super) fn of_row(&self, features: &Features, has_novelty: bool, cells: &mut Cells) {
        let cells = &mut cells.0;
        cells.clear();
        let mut reached = [0_i32; NUMERIC];
        for edges in self.numbers.iter() {
            for ((reached, value), edge) in reached.iter_mut().zip(&features.numbers).zip(edges) {
                *reached += i32::from(value >= edge);
            }
        }
        let numbers = reached[..FIRST_NOVELTY].iter().enumerate();
        cells.extend(numbers.map(|(i, reached)| (i * BINS) as u16 + *reached as u16));
        if has_novelty {
            let is_new = |i: usize| u16::from(features.never_seen >> i & 1);
            cells.extend((0..NOVELTY).map(|i| ((FIRST_NOVELTY + i) * BINS) as u16 + is_new(i)));
        }
        let mut left = features.tokens & ((1 << TOKENS) - 1);
        while left != 0 {
            cells.push((FIRST_TOKEN + left.trailing_zeros() as usize) as u16);
            left &= left - 1;
        }
    }

    /// Appends the cell of a score.
    #[inline]
    pub(super) fn of_score(&self, score: f32, cells: &mut Cells) {
        cells.0.push(self.score_cell(score));
    }

    /// The cell of a score.
    pub(super) fn score_cell(&self, score: f32) -> u16 {
        (FIRST_SCORE + self.score.iter().filter(|edge| score >= **edge).count()) as u16
    }

    /// The edge below a part, by its number; `None` below the lowest, or where there is no such part.
    pub(super) fn below(&self, compared: Compared, part: usize) -> Option<f32> {
        let edge = match compared {
            Compared::SCORE => *self.score.get(part.checked_sub(1)?)?,
            Compared(column) => *self.numbers.get(part.checked_sub(1)?)?.get(column)?,
        };
        edge.is_finite().then_some(edge)
    }

    /// As numbers for a file: those of each column after the other, then the score's; infinite ones as the largest number.
    pub(super) fn to_floats(&self) -> Vec<f32> {
        let columns = (0..NUMERIC).flat_map(|column| self.numbers.iter().map(move |edges| edges[column]));
        columns.chain(self.score).map(|edge| edge.min(f32::MAX)).collect()
    }

    /// What [`to_floats`](Self::to_floats) wrote; `None` where it isn't that.
    pub(super) fn from_floats(floats: &[f32]) -> Option<Self> {
        let is_sound = |edges: &[f32]| edges.is_sorted() && edges.iter().all(|edge| edge.is_finite());
        let (columns, []) = floats.as_chunks::<EDGES>() else { return None };
        if columns.len() != NUMERIC + 1 || !columns.iter().all(|edges| is_sound(edges)) {
            return None;
        }
        let back = |edge: f32| if edge == f32::MAX { f32::INFINITY } else { edge };
        let mut numbers = Box::new([[f32::INFINITY; NUMERIC]; EDGES]);
        for (column, edges) in columns[..NUMERIC].iter().enumerate() {
            for (row, edge) in numbers.iter_mut().zip(edges) {
                row[column] = back(*edge);
            }
        }
        Some(Self { numbers, score: columns[NUMERIC].map(back) })
    }
}

/// Ascending edges at equal shares of the values, each once; where zero is a part of its own, of the values above it.
fn quantiles(mut values: Vec<f32>, zero_apart: bool) -> [f32; EDGES] {
    let mut edges = [f32::INFINITY; EDGES];
    let mut room = edges.iter_mut();
    let mut last = f32::NEG_INFINITY;
    let parts = if zero_apart { EDGES } else { BINS };
    if zero_apart {
        values.retain(|value| *value > 0.0);
        last = f32::MIN_POSITIVE;
        room.next().into_iter().for_each(|edge| *edge = last);
    }
    values.sort_unstable_by(f32::total_cmp);
    for part in 1..parts {
        let Some(value) = values.get(part * values.len() / parts) else { break };
        // Nothing lies below the lowest value.
        if *value > last && (zero_apart || *value > values[0]) {
            last = *value;
            room.next().into_iter().for_each(|edge| *edge = last);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_part_of_its_own() {
        let edges = quantiles((0..1000).map(|i| if i < 900 { 0.0 } else { i as f32 }).collect(), true);
        assert_eq!(edges[0], f32::MIN_POSITIVE);
        assert_eq!(edges[1..], [910.0, 920.0, 930.0, 940.0, 950.0, 960.0, 970.0, 980.0, 990.0]);
        let plain = quantiles((0..1100).map(|i| i as f32 - 300.0).collect(), false);
        assert_eq!((plain[0], plain[9]), (-200.0, 700.0));
        assert_eq!(quantiles(vec![2.0; 50], false), [f32::INFINITY; EDGES]);
        assert_eq!(quantiles(Vec::new(), true)[1], f32::INFINITY);
    }

    #[test]
    fn edges_come_back_and_bins_are_counted() {
        let edges = Edges::new(|compared| (0..100).map(|i| (i * (compared.0 % 3)) as f32).collect());
        let floats = edges.to_floats();
        assert_eq!(Edges::from_floats(&floats).as_ref(), Some(&edges));
        assert!(Edges::from_floats(&floats[1..]).is_none());
        let mut damaged = floats.clone();
        damaged[3] = f32::NAN;
        assert!(Edges::from_floats(&damaged).is_none());
        let mut features = Features { tokens: 1 << 3 | 1 << 103, ..Features::default() };
        features.numbers[1] = 55.0;
        features.numbers[2] = -1.0;
        let mut cells = Cells::default();
        features.never_seen = 1 << 7;
        edges.of_row(&features, true, &mut cells);
        assert_eq!(cells.get().len(), NUMERIC + 2);
        let count =
            (0..EDGES).filter(|part| edges.below(Compared(1), part + 1).is_some_and(|e| 55.0 >= e)).count();
        assert_eq!(usize::from(cells.get()[1]), BINS + count);
        assert_eq!(cells.get()[2], 2 * BINS as u16);
        assert_eq!(usize::from(cells.get()[NUMERIC - 1]), (NUMERIC - 1) * BINS + 1);
        assert_eq!(&cells.get()[NUMERIC..], [(FIRST_TOKEN + 3) as u16, (FIRST_TOKEN + 103) as u16]);
    }
}
