//! Which figures are drawn of the statistics, and the numbers behind each.

mod columns;
mod rankings;
mod time;

use oddflow_explore::Statistics;
use oddflow_figures::{Figure, Width};

pub(super) use columns::bins;
pub(super) use rankings::ranking;
pub(super) use time::{day_number, densest, place, spacing};

use super::host;
use super::scores;
use super::table::Table;

/// What the user wants beyond the defaults.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// Rankings as pies too.
    pub(crate) pies: bool,
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Correlations,
    Columns,
    Time,
    Top,
    Scores,
    /// A host's own part, by its place: 0 is the one that was asked for, the busiest ones follow.
    Host(usize),
}

/// A figure, for a page and for a phone, with its numbers.
pub(crate) struct Drawn {
    /// Name of its files, without an ending.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) page: Figure,
    pub(crate) phone: Figure,
    pub(crate) table: Table,
}

impl Drawn {
    pub(super) fn new(name: String, place: Place, table: Table, draw: impl Fn(Width) -> Figure) -> Self {
        Self { name, place, page: draw(Width::Page), phone: draw(Width::Phone), table }
    }

    /// Whether it takes the width of a page where there is one.
    pub(super) fn is_wide(&self) -> bool {
        self.name.starts_with("half-hours")
    }
}

/// All figures, in the order of the report.
pub(crate) fn draw(statistics: &Statistics, choice: Choice) -> Vec<Drawn> {
    let mut all = Vec::new();
    if statistics.overview.rows == 0 {
        all.extend(statistics.scores.iter().flat_map(scores::figures));
        return all;
    }
    all.extend(columns::correlations(&statistics.correlations));
    all.extend(statistics.columns.iter().flat_map(columns::column));
    all.extend(time::time(statistics));
    all.extend(rankings::top(statistics, choice));
    all.extend(statistics.scores.iter().flat_map(scores::figures));
    for (place, told) in statistics.host.iter().chain(&statistics.hosts).enumerate() {
        // Without one that was asked for, the busiest begin at 1 all the same.
        let place = if statistics.host.is_none() { place + 1 } else { place };
        all.extend(host::figures(told, Place::Host(place), statistics));
    }
    // A figure without anything in it is a heading less.
    all.retain(|drawn| drawn.table.rows() > 0);
    all
}
