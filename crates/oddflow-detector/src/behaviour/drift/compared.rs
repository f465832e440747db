//! What is compared between a day and the baseline: the numbers of a row, the tokens in their groups, and the score.

use std::ops::Range;

use oddflow_features::behaviour::{COLUMNS, Fields, NUMERIC, TOKEN_GROUPS, TOKENS, Unit, column_name};

/// Parts of a number's range: zero, and about ten of the rest.
pub(super) const BINS: usize = 11;
/// Where the parts meet.
pub(super) const EDGES: usize = BINS - 1;
/// How many things are compared.
pub(super) const COMPARED: usize = NUMERIC + TOKEN_GROUPS.len() + 1;
/// Cells that rows are counted in: the bins of the numbers, the tokens, the bins of the score.
pub(super) const CELLS: usize = NUMERIC * BINS + TOKENS + BINS;
/// First cell of the tokens, and of the score.
pub(super) const FIRST_TOKEN: usize = NUMERIC * BINS;
pub(super) const FIRST_SCORE: usize = FIRST_TOKEN + TOKENS;
/// First number of novelty.
pub(super) const FIRST_NOVELTY: usize = NUMERIC - oddflow_features::behaviour::NOVELTY;

/// One thing that is compared, by its place: the numbers, the groups of tokens, the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Compared(pub(super) usize);

impl Compared {
    /// The score.
    pub(super) const SCORE: Self = Self(COMPARED - 1);

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..COMPARED).map(Self)
    }

    /// Its cells.
    pub(super) fn cells(self) -> Range<usize> {
        if self == Self::SCORE {
            FIRST_SCORE..CELLS
        } else if let Some(group) = self.group() {
            FIRST_TOKEN + group.1.start..FIRST_TOKEN + group.1.end
        } else {
            self.0 * BINS..(self.0 + 1) * BINS
        }
    }

    /// Whether a row falls into one of its cells at most; what falls into none counts as one more.
    pub(super) fn is_exclusive(self) -> bool {
        self.group().is_some_and(|group| group.2)
    }

    /// Whether it is a group of tokens.
    pub(super) fn is_group(self) -> bool {
        self.group().is_some()
    }

    fn group(self) -> Option<&'static (&'static str, Range<usize>, bool)> {
        TOKEN_GROUPS.get(self.0.checked_sub(NUMERIC)?)
    }

    /// Whether it is measured against the later part of the baseline alone: the earlier part has no such numbers.
    pub(super) fn is_late(self) -> bool {
        self == Self::SCORE || self.is_novelty()
    }

    /// Whether it is a novelty: of that only whether something was never seen is compared, as its bits grow with the rows seen.
    pub(super) fn is_novelty(self) -> bool {
        (FIRST_NOVELTY..NUMERIC).contains(&self.0)
    }

    /// Whether it grows with the time that a detector has been running, so that a difference from the baseline says nothing.
    pub(super) fn grows(self) -> bool {
        COLUMNS.get(self.0).is_some_and(|column| column.name == "ch_age")
    }

    /// Its name, as in explanations: a column of the recipe, a column of conn.log, or `score`.
    pub(super) fn name(self) -> &'static str {
        match (self.group(), COLUMNS.get(self.0)) {
            (Some(group), _) => group.0,
            (_, Some(column)) => column.name,
            _ => "score",
        }
    }

    /// What it says, in a few words.
    pub(super) fn words(self) -> &'static str {
        match (self.name(), COLUMNS.get(self.0)) {
            (_, Some(column)) => column.words,
            ("proto", _) => "protocol",
            ("service", _) => "service",
            ("conn_state", _) => "state of the connection",
            ("history", _) => "history of the connection",
            ("id.resp_p", _) => "port of the responder",
            ("id.orig_h", _) => "kind of the originator's address",
            ("id.resp_h", _) => "kind of the responder's address",
            ("local_orig", _) => "whether the originator is local",
            ("local_resp", _) => "whether the responder is local",
            ("ipv6", _) => "whether it is IPv6",
            _ => "score",
        }
    }

    /// Whether its lowest part is zero alone. A ratio's logarithm is zero where both sides are equal, which is nothing special.
    pub(super) fn has_zero(self) -> bool {
        COLUMNS.get(self.0).is_some_and(|column| column.unit != Unit::LogRatio)
    }

    /// A value of a number or of the score in words, with its unit.
    pub(super) fn amount(self, value: f32) -> String {
        match COLUMNS.get(self.0) {
            Some(column) => column.amount(column.natural(f64::from(value))),
            None => format!("{value:.1}"),
        }
    }

    /// What one of its cells is of, for tokens: `service=dns`.
    pub(super) fn token(cell: usize) -> String {
        column_name(NUMERIC + cell - FIRST_TOKEN)
    }

    /// What can't be compared where some columns of conn.log are absent.
    pub(super) fn unknown(absent: Fields) -> [bool; COMPARED] {
        let columns = absent.unknown_columns();
        std::array::from_fn(|place| match TOKEN_GROUPS.get(place.wrapping_sub(NUMERIC)) {
            Some((_, tokens, _)) => tokens.clone().any(|token| columns[NUMERIC + token]),
            None => columns.get(place).copied().unwrap_or(false) && place < NUMERIC,
        })
    }
}

#[cfg(test)]
mod tests {
    use oddflow_features::behaviour::Field;

    use super::*;

    #[test]
    fn cells_follow_each_other() {
        let mut next = 0;
        for compared in Compared::all() {
            assert_eq!(compared.cells().start, next, "{}", compared.name());
            next = compared.cells().end;
        }
        assert_eq!(next, CELLS);
        assert_eq!(
            (Compared(0).name(), Compared(NUMERIC).name(), Compared::SCORE.name()),
            ("duration", "proto", "score")
        );
        assert_eq!(Compared::token(Compared(NUMERIC + 1).cells().start), "service=dns");
        assert_eq!(Compared::all().filter(|compared| compared.grows()).count(), 1);
    }

    #[test]
    fn what_a_log_lacks_is_not_compared() {
        let off = Compared::unknown(Fields::NONE.with(Field::History));
        let names: Vec<&str> = Compared::all().filter(|c| off[c.0]).map(Compared::name).collect();
        assert_eq!(names, ["new_history", "history"]);
        assert!(!Compared::unknown(Fields::NONE).contains(&true));
    }
}
