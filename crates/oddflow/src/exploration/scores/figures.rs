//! The figures of scores: how they are spread, by service and by hour.

use oddflow_explore::{Histogram, ScoreGroup, Scores};
use oddflow_figures::{
    Distribution, Heading, Mark, Quantiles, QuantilesByName, Quantity, Spacing, distribution,
    quantiles_by_name,
};

use super::super::figures::{Drawn, Place, bins};
use super::super::table::{Cell, Table};
use crate::text::counted;

/// Services that a figure shows.
const SERVICES: usize = 25;

/// All of them.
pub(in super::super) fn figures(of: &Scores) -> Vec<Drawn> {
    if of.rows == 0 {
        return Vec::new();
    }
    let services: Vec<&ScoreGroup> = of.by_service.iter().take(SERVICES).collect();
    let hours: Vec<&ScoreGroup> = of.by_hour.iter().collect();
    let others = of.by_service.iter().skip(SERVICES).map(|group| group.rows).sum::<u64>() + of.other_services;
    let mut notes = Vec::new();
    if others > 0 {
        notes.push(format!("{} of rarer services are left out.", counted(others, "row")));
    }
    vec![
        spread(of, "scores", &of.linear, Spacing::Linear),
        spread(of, "scores-log", &of.log, Spacing::Log),
        groups(of, "scores-by-service", ("Scores by service", "service"), &services, &notes),
        groups(of, "scores-by-hour", ("Scores by hour of the day", "hour"), &hours, &[]),
    ]
}

fn mark(of: &Scores) -> Option<Mark<'static>> {
    of.threshold.map(|value| Mark { value, label: "threshold" })
}

fn spread(of: &Scores, name: &str, histogram: &Histogram, values: Spacing) -> Drawn {
    let mut table = Table::new(&["from", "to", "rows"]);
    for (edges, count) in histogram.edges.windows(2).zip(&histogram.counts) {
        table.row([Cell::number(Some(edges[0])), Cell::number(Some(edges[1])), (*count).into()]);
    }
    let bins = bins(histogram);
    let mut marks: Vec<Mark<'_>> =
        of.quantiles.iter().map(|quantile| Mark { value: quantile.value, label: quantile.name }).collect();
    marks.extend(mark(of));
    Drawn::new(name.into(), Place::Scores, table, |width| {
        distribution(
            &Distribution {
                heading: Heading { title: "Scores", subtitle: &of.recipe, notes: &[] },
                measure: "score",
                counted: "row",
                bins: &bins,
                zeros: if values == Spacing::Log { of.zeros } else { 0 },
                unset: 0,
                values,
                counts: Spacing::Log,
                marks: &marks,
                quantity: Quantity::Count,
            },
            width,
        )
    })
}

fn groups(
    of: &Scores,
    name: &str,
    (title, column): (&str, &str),
    groups: &[&ScoreGroup],
    notes: &[String],
) -> Drawn {
    let mut table = Table::new(&[column, "rows", "above", "p5", "p25", "p50", "p75", "p95", "max"]);
    for group in groups {
        let mut cells = vec![Cell::from(&group.name), group.rows.into(), group.above.into()];
        cells.extend((0..5).map(|i| Cell::number(group.quantiles.map(|quantiles| quantiles[i]))));
        cells.push(Cell::number(group.max));
        table.row(cells);
    }
    let drawn: Vec<Quantiles<'_>> = groups
        .iter()
        .map(|group| Quantiles {
            name: if group.name == "-" { "unset" } else { &group.name },
            count: group.rows,
            // A group without rows has a count of 0 and nothing drawn.
            quantiles: group.quantiles.unwrap_or([f64::NAN; 5]),
            largest: group.max.unwrap_or(f64::NAN),
        })
        .collect();
    Drawn::new(name.into(), Place::Scores, table, |width| {
        quantiles_by_name(
            &QuantilesByName {
                heading: Heading { title, subtitle: &of.recipe, notes },
                measure: "score",
                counted: "row",
                groups: &drawn,
                spacing: Spacing::Linear,
                mark: mark(of),
                quantity: Quantity::Count,
            },
            width,
        )
    })
}
