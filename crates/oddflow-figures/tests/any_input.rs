//! No number and no name makes a figure of traffic panic, and each can be drawn as SVG and PNG with only numbers in its
//! places. The strange values are chosen often: that is where figures break.

use oddflow_figures::{
    Bin, CellColors, DailyBars, DayChoice, DayPanels, DaySeries, Distribution, Figure, Heading, HeatMap,
    HourOfWeek, Item, Mark, Pie, PortDistribution, Quantiles, QuantilesByName, Quantity, RankedBars, Rest,
    Spacing, Width, daily_bars, day_panels, distribution, heat_map, hour_of_week, pie, port_distribution,
    quantiles_by_name, ranked_bars,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Ordinary values, those at the ends of what can be drawn, and what is no number.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1e6_f64,
        2 => -1e3..1e3_f64,
        1 => prop::num::f64::ANY,
        2 => prop::sample::select(vec![
            0.0, -0.0, 1.0, 1e30, 1.1e30, -1e30, 1e-30, 1e-300, f64::MIN_POSITIVE, f64::EPSILON,
            f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]),
    ]
}

/// Names as they come from logs, and those that markup and layout have trouble with.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{1,8}",
        1 => "\\PC{0,12}",
        1 => prop::sample::select(vec![
            String::new(), "a$b$c".into(), "<script>&\"'".into(), "]]>".into(), "\0\n\t\u{202E}".into(),
            "2001:db8:1234:5678:9abc:def0:1234:5678".into(), "x".repeat(400),
        ]),
    ]
}

fn spacing() -> impl Strategy<Value = Spacing> {
    prop::sample::select(vec![Spacing::Linear, Spacing::Log])
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop::sample::select(vec![Quantity::Count, Quantity::Bytes, Quantity::Seconds, Quantity::Plain])
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..1_000_000_u64, 1 => Just(u64::MAX), 1 => Just(1)]
}

/// Draws for both widths and checks what is drawn.
fn check(draw: impl Fn(Width) -> Figure) {
    for width in [Width::Page, Width::Phone] {
        let figure = draw(width);
        assert_eq!(figure.size().0, width.pixels());
        for svg in [figure.svg(), figure.svg_for_page()] {
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
            // Attributes stand between quotation marks, which text has escaped.
            for attribute in svg.split('"').skip(1).step_by(2) {
                assert!(!attribute.contains("NaN") && !attribute.contains("inf"), "{attribute}");
            }
            assert!(!svg.contains("<script") && !svg.contains('\0') && !svg.contains('\u{202E}'));
        }
        let png = figure.png(0.1).expect("a PNG");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    }
}

/// The words around every figure here.
const HEADING: Heading<'static> =
    Heading { title: "a <title> & \u{202E}\0$more$\"", subtitle: "", notes: &[] };

fn marks(of: &[(String, f64)]) -> Vec<Mark<'_>> {
    of.iter().map(|(label, value)| Mark { label, value: *value }).collect()
}

fn items(of: &[(String, f64)]) -> Vec<Item<'_>> {
    of.iter().map(|(name, value)| Item { name, value: *value }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn heat_maps(
        rows in vec(name(), 0..12), columns in vec(name(), 0..40), values in vec(option::of(value()), 0..200),
        limit in option::of(value()), measure in name(),
    ) {
        let colors = limit.map_or(CellColors::Sequential, |limit| CellColors::Diverging { limit });
        let (rows, columns, values) = (&rows[..], &columns[..], &values[..]);
        check(|width| {
            heat_map(&HeatMap { heading: HEADING, rows, columns, values, measure: &measure, colors }, width)
        });
    }

    #[test]
    fn hours_of_the_week(values in vec(value(), 168), quantity in quantity(), spacing in spacing()) {
        let mut week = [[0.0; 24]; 7];
        for (hour, value) in week.iter_mut().flatten().zip(&values) {
            *hour = *value;
        }
        check(|width| {
            let of = HourOfWeek { heading: HEADING, measure: "x", quantity, values: &week, spacing };
            hour_of_week(&of, width)
        });
    }

    #[test]
    fn distributions(
        bins in vec((value(), value(), count()), 0..60), zeros in count(), unset in count(),
        spacings in (spacing(), spacing()), names in vec((name(), value()), 0..14), quantity in quantity(),
    ) {
        let bins: Vec<Bin> = bins.into_iter().map(|(from, to, count)| Bin { from, to, count }).collect();
        let marks = marks(&names);
        check(|width| {
            let of = Distribution {
                heading: HEADING, measure: "x (y)", counted: "row", bins: &bins, zeros, unset,
                values: spacings.0, counts: spacings.1, marks: &marks, quantity,
            };
            distribution(&of, width)
        });
    }

    #[test]
    fn days(first in any::<i32>(), values in vec(option::of(value()), 0..800), quantity in quantity()) {
        check(|width| {
            let of = DailyBars { heading: HEADING, measure: "x", quantity, first, values: &values };
            daily_bars(&of, width)
        });
    }

    #[test]
    fn panels(
        days in vec((any::<i32>(), vec(vec(value(), 0..52), 0..4)), 0..35), names in vec(name(), 0..4),
        quantity in quantity(),
        choice in prop::sample::select(vec![DayChoice::Highest, DayChoice::First, DayChoice::Last]),
    ) {
        let days: Vec<DaySeries> = days.into_iter().map(|(day, lines)| DaySeries { day, lines }).collect();
        let lines: Vec<&str> = names.iter().map(String::as_str).collect();
        check(|width| {
            let of = DayPanels { heading: HEADING, measure: "x", quantity, lines: &lines, days: &days, choice };
            day_panels(&of, width)
        });
    }

    #[test]
    fn ranks_and_pies(
        names in vec((name(), value()), 0..55), rest in option::of((name(), value())),
        total in option::of(value()), quantity in quantity(),
    ) {
        let items = items(&names);
        let rest = rest.as_ref().map(|(name, value)| Rest { name, value: *value });
        check(|width| {
            let of = RankedBars { heading: HEADING, measure: "x", quantity, items: &items, rest, total };
            ranked_bars(&of, width)
        });
        check(|width| pie(&Pie { heading: HEADING, quantity, items: &items, total }, width));
    }

    #[test]
    fn ports(
        counts in vec(count(), 0..300), mean in option::of(value()), names in vec((name(), value()), 0..14),
        spacing in spacing(),
    ) {
        let notable = marks(&names);
        check(|width| {
            let (counted, counts, notable) = ("row", &counts[..], &notable[..]);
            let of = PortDistribution { heading: HEADING, counted, counts, spacing, mean, notable };
            port_distribution(&of, width)
        });
    }

    #[test]
    fn quantiles(
        groups in vec((name(), count(), vec(value(), 6)), 0..55), spacing in spacing(),
        mark in option::of((name(), value())), quantity in quantity(),
    ) {
        let groups: Vec<Quantiles<'_>> = groups
            .iter()
            .map(|(name, count, v)| Quantiles {
                name, count: *count, quantiles: [v[0], v[1], v[2], v[3], v[4]], largest: v[5],
            })
            .collect();
        let mark = mark.as_ref().map(|(label, value)| Mark { label, value: *value });
        check(|width| {
            let (measure, counted, groups) = ("x", "row", &groups[..]);
            let of = QuantilesByName { heading: HEADING, measure, counted, groups, spacing, mark, quantity };
            quantiles_by_name(&of, width)
        });
    }
}
