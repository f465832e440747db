//! The families of evidence: six of the conn log, and one of the logs beside it, and the columns that each looks at.

use oddflow_features::behaviour::COLUMNS;
use serde::{Deserialize, Serialize};

/// A kind of behaviour that attacks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Family {
    /// Many new destinations, ports or hosts on a port.
    Fan,
    /// Many connections.
    Rate,
    /// Many failures.
    Fail,
    /// Many bytes.
    Volume,
    /// Clockwork.
    Regular,
    /// What was never seen.
    Novelty,
    /// What other logs say of the connection: names, programs, certificates, logins, files.
    Application,
}

/// How many families there are.
pub const FAMILIES: usize = 7;

impl Family {
    /// All of them, in the order in which ties are broken.
    pub const ALL: [Self; FAMILIES] =
        [Self::Fan, Self::Rate, Self::Fail, Self::Volume, Self::Regular, Self::Novelty, Self::Application];

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fan => "fan",
            Self::Rate => "rate",
            Self::Fail => "fail",
            Self::Volume => "volume",
            Self::Regular => "regular",
            Self::Novelty => "novelty",
            Self::Application => "application",
        }
    }

    /// By its one word.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }
}

/// A column whose place in the tail of the baseline is evidence of a family.
pub(super) struct Watched {
    pub(super) family: Family,
    pub(super) column: &'static str,
    /// What the surprise counts for.
    pub(super) weight: f32,
}

const fn watched(family: Family, column: &'static str) -> Watched {
    Watched { family, column, weight: 1.0 }
}

/// How many columns are watched.
pub(super) const WATCHED: usize = 26;

/// The columns that are compared with all rows of the baseline.
pub(super) const WATCH: [Watched; WATCHED] = {
    use Family::{Fail, Fan, Rate, Regular, Volume};
    [
        watched(Fan, "fan_60"),
        watched(Fan, "fan_600"),
        watched(Fan, "fan_3600"),
        watched(Fan, "vertical_60"),
        watched(Fan, "vertical_600"),
        watched(Fan, "vertical_3600"),
        watched(Fan, "horizontal_60"),
        watched(Fan, "horizontal_600"),
        watched(Fan, "horizontal_3600"),
        watched(Fail, "fail_60"),
        watched(Fail, "fail_600"),
        watched(Fail, "fail_3600"),
        watched(Rate, "n_60"),
        watched(Rate, "n_600"),
        watched(Rate, "n_3600"),
        watched(Rate, "pair_n60"),
        watched(Rate, "pair_n3600"),
        watched(Rate, "dst_n60"),
        watched(Rate, "ch_n"),
        watched(Volume, "pair_out_1h"),
        watched(Volume, "pair_out_24h"),
        watched(Volume, "pair_in_1h"),
        watched(Volume, "dns_bytes"),
        watched(Volume, "orig_bytes"),
        watched(Volume, "resp_bytes"),
        // A regular channel that was there before is half as much news.
        Watched { family: Regular, column: "ch_regular", weight: 0.5 },
    ]
};

/// Places of the watched columns in a row.
pub(super) const PLACES: [usize; WATCHED] = {
    let mut places = [0; WATCHED];
    let mut i = 0;
    while i < WATCHED {
        places[i] = place(WATCH[i].column);
        i += 1;
    }
    places
};

const fn place(name: &str) -> usize {
    let mut place = 0;
    while place < COLUMNS.len() {
        if equal(COLUMNS[place].name.as_bytes(), name.as_bytes()) {
            return place;
        }
        place += 1;
    }
    panic!("a watched column is one of the recipe");
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Novelties that make the family, from the first one; the last, of the history, is the network's alone.
pub(super) const NOVELTIES: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for family in Family::ALL {
            assert_eq!(Family::named(family.name()), Some(family));
        }
        assert_eq!(Family::named("colour"), None);
    }

    #[test]
    fn every_family_but_novelty_watches_something() {
        for family in Family::ALL {
            let elsewhere = matches!(family, Family::Novelty | Family::Application);
            assert_eq!(WATCH.iter().any(|w| w.family == family), !elsewhere);
        }
        for (watched, place) in WATCH.iter().zip(PLACES) {
            assert_eq!(COLUMNS[place].name, watched.column);
        }
    }
}
