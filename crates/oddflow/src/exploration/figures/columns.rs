//! Figures of columns: how each is distributed, and how they go together.

use oddflow_explore::{Column, Correlations, Histogram};
use oddflow_figures::{
    Bin, CellColors, Distribution, Heading, HeatMap, Mark, Quantity, Spacing, distribution, heat_map,
};

use super::{Drawn, Place};
use crate::exploration::table::{Cell, Table};

pub(super) fn correlations(of: &Correlations) -> Vec<Drawn> {
    let all: Vec<usize> = (0..of.columns.len()).collect();
    let views = [
        ("correlation", "Pearson correlation", &of.pearson, &all),
        ("correlation-without-ip-bytes", "Pearson correlation", &of.pearson, &of.without_ip_bytes),
        ("log-correlation", "Pearson correlation of ln(1 + x)", &of.log_pearson, &all),
        (
            "log-correlation-without-ip-bytes",
            "Pearson correlation of ln(1 + x)",
            &of.log_pearson,
            &of.without_ip_bytes,
        ),
    ];
    views
        .into_iter()
        .map(|(name, measure, matrix, kept)| {
            let names: Vec<String> = kept.iter().map(|i| of.columns[*i].to_owned()).collect();
            let mut values = Vec::with_capacity(kept.len() * kept.len());
            let mut table = Table::new(&["column", "other", "coefficient", "rows"]);
            for &i in kept {
                for &j in kept {
                    values.push(matrix[i][j]);
                    table.row([
                        of.columns[i].into(),
                        of.columns[j].into(),
                        Cell::number(matrix[i][j]),
                        of.rows[i][j].into(),
                    ]);
                }
            }
            let without = if kept.len() < of.columns.len() { ", without the ip_bytes columns" } else { "" };
            let title = format!("{measure}{without}");
            let notes = ["Pairs of which either is unset are left out of that pair.".to_owned()];
            Drawn::new(name.into(), Place::Correlations, table, |width| {
                heat_map(
                    &HeatMap {
                        heading: Heading { title: &title, subtitle: "", notes: &notes },
                        rows: &names,
                        columns: &names,
                        values: &values,
                        measure,
                        colors: CellColors::Diverging { limit: 1.0 },
                    },
                    width,
                )
            })
        })
        .collect()
}

/// How numbers of a column are written.
fn quantity(unit: &str) -> Quantity {
    match unit {
        "seconds" => Quantity::Seconds,
        "bytes" => Quantity::Bytes,
        _ => Quantity::Count,
    }
}

pub(super) fn column(of: &Column) -> Vec<Drawn> {
    let marks: Vec<Mark<'_>> =
        of.quantiles.iter().map(|quantile| Mark { label: quantile.name, value: quantile.value }).collect();
    let measure = format!("{} ({})", of.name, of.unit);
    let one = |axis: &str, histogram: &Histogram, values: Spacing| {
        let bins = bins(histogram);
        let mut table = Table::new(&["from", "to", "rows"]);
        for bin in &bins {
            table.row([bin.from.into(), bin.to.into(), bin.count.into()]);
        }
        let title = format!("{} on a {axis} axis", of.name);
        let notes = [format!(
            "Quantiles and inner edges within {:.1}% of their values.",
            (100.0 * of.relative_error).max(0.1)
        )];
        Drawn::new(format!("distribution-{}-{axis}", of.name), Place::Columns, table, |width| {
            distribution(
                &Distribution {
                    heading: Heading { title: &title, subtitle: "", notes: &notes },
                    measure: &measure,
                    counted: "row",
                    bins: &bins,
                    zeros: if values == Spacing::Log { of.zeros } else { 0 },
                    unset: of.unset,
                    values,
                    counts: Spacing::Log,
                    marks: &marks,
                    quantity: quantity(of.unit),
                },
                width,
            )
        })
    };
    vec![one("linear", &of.linear, Spacing::Linear), one("log", &of.log, Spacing::Log)]
}

pub(in crate::exploration) fn bins(histogram: &Histogram) -> Vec<Bin> {
    let edges = histogram.edges.windows(2);
    edges
        .zip(&histogram.counts)
        .map(|(edge, count)| Bin { from: edge[0], to: edge[1], count: *count })
        .collect()
}
