//! A place in an order of incidents, so that a list can be read page by page while it grows.

use super::{Incident, IncidentSort};
use crate::query::{Sql, bits, from_bits};

/// A place in an order of incidents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidentCursor {
    /// The score or the time there.
    key: f64,
    /// How bad it is, where that comes first.
    rank: i64,
    id: i64,
}

impl Incident {
    /// The incident's place in an order, for [`IncidentQuery::after`](crate::IncidentQuery::after).
    #[must_use]
    pub fn cursor(&self, sort: IncidentSort) -> IncidentCursor {
        let key = match sort {
            IncidentSort::Score | IncidentSort::Severity => self.score,
            IncidentSort::Newest | IncidentSort::Oldest => self.raised_ts,
        };
        IncidentCursor { key, rank: self.severity.rank(), id: self.id }
    }
}

impl IncidentCursor {
    /// As a word that can stand in an address. It holds for one order alone.
    #[must_use]
    pub fn to_word(self, sort: IncidentSort) -> String {
        format!("{}{}.{}.{}", sort.letter(), bits(self.key), self.rank, self.id)
    }

    /// What [`IncidentCursor::to_word`] wrote for an order; `None` where it isn't that.
    #[must_use]
    pub fn from_word(word: &str, sort: IncidentSort) -> Option<Self> {
        let mut parts = word.strip_prefix(sort.letter())?.split('.');
        let (key, rank, id) = (parts.next()?, parts.next()?, parts.next()?);
        let cursor = Self { key: from_bits(key)?, rank: rank.parse().ok()?, id: id.parse().ok()? };
        parts.next().is_none().then_some(cursor)
    }

    /// What follows it, as a condition.
    pub(super) fn behind(&self, sort: IncidentSort, sql: &mut Sql) -> String {
        let (key, id) = (sql.bind(self.key), sql.bind(self.id));
        match sort {
            IncidentSort::Score => {
                format!("score <= {key} AND (score < {key} OR score = {key} AND id > {id})")
            }
            IncidentSort::Newest => {
                format!("raised_ts <= {key} AND (raised_ts < {key} OR raised_ts = {key} AND id < {id})")
            }
            IncidentSort::Oldest => {
                format!("raised_ts >= {key} AND (raised_ts > {key} OR raised_ts = {key} AND id > {id})")
            }
            IncidentSort::Severity => {
                let rank = sql.bind(self.rank);
                format!(
                    "severity_rank <= {rank} AND (severity_rank < {rank}
                    OR severity_rank = {rank} AND (score < {key} OR score = {key} AND id > {id}))"
                )
            }
        }
    }
}

impl IncidentSort {
    /// What a place in this order begins with.
    fn letter(self) -> char {
        match self {
            Self::Score => 's',
            Self::Newest => 'n',
            Self::Oldest => 'o',
            Self::Severity => 'v',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_word_of_its_order() {
        let cursor = IncidentCursor { key: -1.5e-300, rank: 3, id: 17 };
        for sort in [IncidentSort::Score, IncidentSort::Newest, IncidentSort::Oldest, IncidentSort::Severity]
        {
            let word = cursor.to_word(sort);
            assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'), "{word}");
            assert_eq!(IncidentCursor::from_word(&word, sort), Some(cursor));
        }
        let word = cursor.to_word(IncidentSort::Score);
        for wrong in ["", "s", "s.", "s0.1", "n0.1.2", &format!("{word}.1"), "s7ff8000000000000.1.1"] {
            assert_eq!(IncidentCursor::from_word(wrong, IncidentSort::Score), None, "{wrong}");
        }
    }
}
