//! Rows counted by what is compared: one small table, which adds up and can be taken apart again.

use super::compared::{CELLS, Compared};
use super::stability::psi;

/// Rows by cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) rows: u32,
    pub(super) cells: Vec<u32>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { rows: 0, cells: vec![0; CELLS] }
    }
}

impl Counts {
    /// Counts a row that falls into some cells.
    #[inline]
    pub(super) fn add(&mut self, cells: &[u16]) {
        self.rows += 1;
        for cell in cells {
            self.cells[usize::from(*cell)] += 1;
        }
    }

    /// Takes in the rows of another table.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.cells.iter_mut().zip(&other.cells).for_each(|(mine, its)| *mine = mine.saturating_add(*its));
    }

    /// Takes the rows of another table out, as far as they are in it.
    pub(super) fn remove(&mut self, other: &Self) {
        self.rows = self.rows.saturating_sub(other.rows);
        self.cells.iter_mut().zip(&other.cells).for_each(|(mine, its)| *mine = mine.saturating_sub(*its));
    }

    /// As if only every second row had been counted.
    pub(super) fn halve(&mut self) {
        self.rows /= 2;
        self.cells.iter_mut().for_each(|rows| *rows /= 2);
    }

    /// The same shares of another number of rows.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scale = |rows: u32| (f64::from(rows) * factor).round() as u32;
        Self { rows: scale(self.rows), cells: self.cells.iter().map(|rows| scale(*rows)).collect() }
    }

    /// Rows that something that is compared was counted of.
    pub(super) fn rows_of(&self, compared: Compared) -> u32 {
        match compared.is_exclusive() {
            true => self.rows,
            false => self.cells[compared.cells()].iter().sum(),
        }
    }

    /// Rows in each part of something that is compared; the last one is of rows in no other.
    fn parts(&self, compared: Compared) -> impl Iterator<Item = u32> + Clone {
        let cells = &self.cells[compared.cells()];
        let rest = compared.is_exclusive().then(|| self.rows.saturating_sub(cells.iter().sum()));
        cells.iter().copied().chain(rest)
    }

    /// How stable something is from one population to the other.
    pub(super) fn psi(&self, other: &Self, compared: Compared) -> f64 {
        psi(self.parts(compared).zip(other.parts(compared)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tables() -> impl Strategy<Value = (Vec<Vec<u16>>, usize)> {
        let row = prop::collection::vec(0..CELLS as u16, 1..20);
        (prop::collection::vec(row, 2..60), 1_usize..60)
    }

    proptest! {
        #[test]
        fn parts_add_up_and_come_apart((rows, at) in tables()) {
            let of = |rows: &[Vec<u16>]| {
                let mut counts = Counts::default();
                rows.iter().for_each(|row| counts.add(row));
                counts
            };
            let (first, second) = rows.split_at(at.min(rows.len()));
            let (whole, first, second) = (of(&rows), of(first), of(second));
            let mut forth = first.clone();
            forth.merge(&second);
            let mut back = second.clone();
            back.merge(&first);
            prop_assert_eq!((&forth, &back), (&whole, &whole));
            prop_assert!(Compared::all().all(|compared| whole.psi(&forth, compared) == 0.0));
            forth.remove(&first);
            prop_assert_eq!(forth, second);
            // Each part that was halved still fits into the whole.
            let (mut whole, mut halves) = (whole, first);
            whole.halve();
            halves.halve();
            prop_assert!(whole.cells.iter().zip(&halves.cells).all(|(all, part)| all >= part));
        }
    }
}
