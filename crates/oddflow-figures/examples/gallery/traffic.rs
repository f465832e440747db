//! Every figure of traffic, on a page and on a phone, with ordinary numbers and with those that are hard to draw.

use oddflow_figures::{
    Bin, CellColors, DailyBars, DayChoice, DayPanels, DaySeries, Distribution, Figure, Heading, HeatMap,
    HourOfWeek, Item, Mark, Pie, PortDistribution, Quantiles, QuantilesByName, Quantity, RankedBars, Rest,
    Spacing, Width, daily_bars, day_panels, distribution, heat_map, hour_of_week, pie, port_distribution,
    quantiles_by_name, ranked_bars,
};

use crate::random::Random;

/// A figure's name, and how it is drawn for a width.
type Drawing = (&'static str, Box<dyn Fn(Width) -> Figure>);

/// 2026-03-02, a Monday.
const MONDAY: i32 = 20_514;

pub(crate) fn figures(random: &mut Random) -> Vec<(String, Figure)> {
    let mut drawings: Vec<Drawing> = Vec::new();
    heat_maps(&mut drawings, random);
    hours(&mut drawings, random);
    distributions(&mut drawings, random);
    days(&mut drawings, random);
    panels(&mut drawings, random);
    ranks(&mut drawings, random);
    ports(&mut drawings, random);
    quantiles(&mut drawings, random);
    let widths = [(Width::Page, ""), (Width::Phone, "-phone")];
    drawings
        .into_iter()
        .flat_map(|(name, draw)| widths.map(|(width, suffix)| (format!("{name}{suffix}"), draw(width))))
        .collect()
}

fn heading(title: &'static str, subtitle: &'static str) -> Heading<'static> {
    Heading { title, subtitle, notes: &[] }
}

fn names(count: usize) -> Vec<String> {
    const NUMERIC: [&str; 10] = [
        "duration",
        "orig_bytes",
        "resp_bytes",
        "missed_bytes",
        "orig_pkts",
        "orig_ip_bytes",
        "resp_pkts",
        "resp_ip_bytes",
        "id.orig_p",
        "id.resp_p",
    ];
    (0..count).map(|i| if i < 10 { NUMERIC[i].into() } else { format!("{}_{i}", NUMERIC[i % 10]) }).collect()
}

fn heat_maps(drawings: &mut Vec<Drawing>, random: &mut Random) {
    for (name, count) in [("heat-10", 10), ("heat-1", 1), ("heat-30", 30), ("heat-100", 100), ("heat-0", 0)] {
        let names = names(count);
        let mut values = vec![None; count * count];
        for i in 0..count {
            for j in 0..=i {
                let value = if i == j { 1.0 } else { (random.normal() * 0.5).tanh() };
                let value = if i == 3 || j == 3 { None } else { Some(value) };
                (values[i * count + j], values[j * count + i]) = (value, value);
            }
        }
        drawings.push((
            name,
            Box::new(move |width| {
                let map = HeatMap {
                    heading: heading("Correlation of the numeric columns", "1,243,021 rows"),
                    rows: &names,
                    columns: &names,
                    values: &values,
                    measure: "Pearson correlation",
                    colors: CellColors::default(),
                };
                heat_map(&map, width)
            }),
        ));
    }
    let columns: Vec<String> = (0..24).map(|hour| format!("{hour}")).collect();
    let rows: Vec<String> = ["dns", "ssl", "http"].map(String::from).to_vec();
    let values: Vec<Option<f64>> = (0..72).map(|_| Some((random.normal() * 2.0 + 6.0).exp())).collect();
    drawings.push((
        "heat-sequential",
        Box::new(move |width| {
            let map = HeatMap {
                heading: heading("Median score by service and hour", ""),
                rows: &rows,
                columns: &columns,
                values: &values,
                measure: "score",
                colors: CellColors::Sequential,
            };
            heat_map(&map, width)
        }),
    ));
}

fn hours(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let mut week = [[0.0; 24]; 7];
    for (day, hours) in week.iter_mut().enumerate() {
        for (hour, value) in hours.iter_mut().enumerate() {
            let at_work = day < 5 && (8..18).contains(&hour);
            *value = if at_work { 9000.0 } else { 300.0 } * (1.0 + 0.2 * random.normal()).abs().round();
        }
    }
    let mut gaps = week;
    (gaps[6], gaps[2][3], gaps[1][4]) = ([f64::NAN; 24], 0.0, 1.0);
    for (name, values, spacing) in [
        ("week", week, Spacing::Linear),
        ("week-log-gaps", gaps, Spacing::Log),
        ("week-zero", [[0.0; 24]; 7], Spacing::Linear),
    ] {
        drawings.push((
            name,
            Box::new(move |width| {
                let week = HourOfWeek {
                    heading: heading("Connections by hour of the week", "1,243,021 connections, UTC"),
                    measure: "connections per hour, mean",
                    quantity: Quantity::Count,
                    values: &values,
                    spacing,
                };
                hour_of_week(&week, width)
            }),
        ));
    }
}

/// A figure's name, its bins, the spacing of values and of counts, and the marks.
type Case = (&'static str, Vec<Bin>, Spacing, Spacing, Vec<(&'static str, f64)>);

fn distributions(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let durations: Vec<f64> = (0..120_000).map(|_| (2.5 * random.normal() - 2.0).exp()).collect();
    let bins = |values: &[f64], edges: &[f64]| -> Vec<Bin> {
        edges
            .windows(2)
            .map(|edge| Bin {
                from: edge[0],
                to: edge[1],
                count: values.iter().filter(|v| edge[0] <= **v && **v < edge[1]).count() as u64,
            })
            .collect()
    };
    let log: Vec<f64> = (-60..=50).map(|i| 10f64.powf(f64::from(i) / 10.0)).collect();
    let linear: Vec<f64> = (0..=100).map(|i| f64::from(i) * 60.0).collect();
    let mut sorted = durations.clone();
    sorted.sort_by(f64::total_cmp);
    let quantile = |q: f64| sorted[(q * 119_999.0) as usize];
    let marks: Vec<(&str, f64)> = vec![
        ("p50", quantile(0.5)),
        ("p95", quantile(0.95)),
        ("p99", quantile(0.99)),
        ("p99.9", quantile(0.999)),
    ];
    let one = vec![Bin { from: 443.0, to: 443.0, count: 7 }];
    let cases: Vec<Case> = vec![
        ("distribution-log", bins(&durations, &log), Spacing::Log, Spacing::Linear, marks.clone()),
        ("distribution-linear", bins(&durations, &linear), Spacing::Linear, Spacing::Log, marks),
        (
            "distribution-one",
            one.clone(),
            Spacing::Linear,
            Spacing::Linear,
            vec![("p50", 443.0), ("p99", 443.0)],
        ),
        ("distribution-one-log", one, Spacing::Log, Spacing::Linear, vec![("p50", 443.0), ("p99", 443.0)]),
        ("distribution-none", vec![], Spacing::Log, Spacing::Linear, vec![]),
    ];
    for (name, bins, values, counts, marks) in cases {
        drawings.push((
            name,
            Box::new(move |width| {
                let marks: Vec<Mark<'_>> =
                    marks.iter().map(|&(label, value)| Mark { label, value }).collect();
                let zeros = if bins.len() > 1 { 3120 } else { 0 };
                let of = Distribution {
                    heading: heading("Duration of connections", ""),
                    measure: "duration (seconds)",
                    counted: "row",
                    bins: &bins,
                    zeros,
                    unset: zeros * 2,
                    values,
                    counts,
                    marks: &marks,
                    quantity: Quantity::Seconds,
                };
                distribution(&of, width)
            }),
        ));
    }
}

fn days(drawings: &mut Vec<Drawing>, random: &mut Random) {
    for (name, count, gap) in [
        ("days-730", 730, 0),
        ("days-30", 30, 10),
        ("days-7", 7, 0),
        ("days-1", 1, 0),
        ("days-5000", 5000, 40),
        ("days-0", 0, 0),
    ] {
        let values: Vec<Option<f64>> = (0..count)
            .map(|i| {
                let value = (170_000.0 * (1.0 + 0.2 * random.normal())).abs().round();
                let value = if i % 7 > 4 { value * 0.2 } else { value };
                (i < 8 || i >= 8 + gap).then_some(value)
            })
            .collect();
        drawings.push((
            name,
            Box::new(move |width| {
                let bars = DailyBars {
                    heading: heading("Connections by day", "Days of Europe/Berlin"),
                    measure: "connections",
                    quantity: Quantity::Count,
                    first: MONDAY,
                    values: &values,
                };
                daily_bars(&bars, width)
            }),
        ));
    }
}

fn panels(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let mut day = |number: i32, lines: usize, slots: usize| DaySeries {
        day: number,
        lines: (0..lines)
            .map(|line| {
                (0..slots)
                    .map(|slot| {
                        let busy = if (16..36).contains(&slot) { 4e7 } else { 3e6 };
                        let value = busy / (1.0 + 3.0 * line as f64) * (1.0 + 0.3 * random.normal()).abs();
                        if number % 5 == 0 && slot < 12 { f64::NAN } else { value.round() }
                    })
                    .collect()
            })
            .collect(),
    };
    for (name, count, lines) in
        [("panels-7", 7, 2), ("panels-1", 1, 1), ("panels-40", 40, 1), ("panels-0", 0, 1), ("panels-2", 2, 2)]
    {
        let days: Vec<DaySeries> =
            (0..count).map(|i| day(MONDAY + i, lines, if i == 6 { 50 } else { 48 })).collect();
        let keys: &[&str] = if lines == 2 { &["sent by originators", "sent by responders"] } else { &[] };
        drawings.push((
            name,
            Box::new(move |width| {
                let panels = DayPanels {
                    heading: heading("Bytes each way", ""),
                    measure: "bytes per 30 minutes",
                    quantity: Quantity::Bytes,
                    lines: keys,
                    days: &days,
                    choice: DayChoice::Highest,
                };
                day_panels(&panels, width)
            }),
        ));
    }
}

fn ranks(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let services = ["dns", "ssl", "http", "ssl,http,quic", "ntp", "<b>&\"$x$", "", "gssapi,smb,ntlm"];
    let long: Vec<String> =
        (0..30).map(|i| format!("{i}-{}", "service-with-a-very-long-name-".repeat(2))).collect();
    let addresses: Vec<String> = (0..25)
        .map(|_| {
            let mut group = || format!("{:x}", (random.uniform() * 65_535.0) as u32);
            format!("2001:db8:{}:{}:{}:{}:{}:{}", group(), group(), group(), group(), group(), group())
        })
        .collect();
    let cases: Vec<(&'static str, Vec<String>, Quantity)> = vec![
        ("ranked-services", services.map(String::from).to_vec(), Quantity::Count),
        ("ranked-long", long, Quantity::Bytes),
        ("ranked-addresses", addresses, Quantity::Count),
        ("ranked-one", vec!["192.0.2.7".into()], Quantity::Seconds),
        ("ranked-none", vec![], Quantity::Count),
    ];
    for (name, names, quantity) in cases {
        let values: Vec<f64> = (0..names.len()).map(|i| (1.2e6 / (i as f64 + 1.0).powi(2)).round()).collect();
        let pie_name: &'static str = match name {
            "ranked-services" => "pie-services",
            "ranked-long" => "pie-long",
            "ranked-addresses" => "pie-addresses",
            "ranked-one" => "pie-one",
            _ => "pie-none",
        };
        let (pie_names, pie_values) = (names.clone(), values.clone());
        drawings.push((
            name,
            Box::new(move |width| {
                let items: Vec<Item<'_>> =
                    names.iter().zip(&values).map(|(name, &value)| Item { name, value }).collect();
                let rest = (items.len() > 1).then_some(Rest { name: "1,204 others", value: 200_000.0 });
                let bars = RankedBars {
                    heading: heading("Services", "8 of 1,212 services"),
                    measure: "connections and their share",
                    quantity,
                    items: &items,
                    rest,
                    total: Some(2_500_000.0),
                };
                ranked_bars(&bars, width)
            }),
        ));
        drawings.push((
            pie_name,
            Box::new(move |width| {
                let items: Vec<Item<'_>> =
                    pie_names.iter().zip(&pie_values).map(|(name, &value)| Item { name, value }).collect();
                pie(&Pie { heading: heading("Services", ""), quantity, items: &items, total: None }, width)
            }),
        ));
    }
}

fn ports(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let used: Vec<u64> =
        (0..128).map(|i| if i < 64 { 3 } else { (900.0 + 200.0 * random.normal()).abs() as u64 }).collect();
    for (name, counts, mean, notable) in [
        (
            "ports",
            used,
            Some(48_312.4),
            &[("dns", 53.0), ("https", 443.0), ("ntp", 123.0), ("rdp", 3389.0)][..],
        ),
        ("ports-none", vec![], None, &[][..]),
    ] {
        drawings.push((
            name,
            Box::new(move |width| {
                let marks: Vec<Mark<'_>> =
                    notable.iter().map(|&(label, value)| Mark { label, value }).collect();
                let ports = PortDistribution {
                    heading: heading("Source ports of 192.0.2.7", ""),
                    counted: "connection",
                    counts: &counts,
                    spacing: Spacing::Linear,
                    mean,
                    notable: &marks,
                };
                port_distribution(&ports, width)
            }),
        ));
    }
}

fn quantiles(drawings: &mut Vec<Drawing>, random: &mut Random) {
    let services = ["dns", "ssl", "http", "ssl,http,quic", "2001:db8:1234:5678:9abc:def0:1234:5678", "ntp"];
    let hours: Vec<String> = (0..24).map(|hour| format!("{hour:02}:00")).collect();
    let cases: Vec<(&'static str, Vec<String>, Spacing)> = vec![
        ("quantiles-services", services.map(String::from).to_vec(), Spacing::Log),
        ("quantiles-hours", hours, Spacing::Linear),
        ("quantiles-none", vec![], Spacing::Linear),
        ("quantiles-one", vec!["dns".into()], Spacing::Linear),
    ];
    for (name, names, spacing) in cases {
        let middles: Vec<f64> = names.iter().map(|_| 0.5 + 0.3 * random.uniform()).collect();
        drawings.push((
            name,
            Box::new(move |width| {
                let groups: Vec<Quantiles<'_>> = names
                    .iter()
                    .zip(&middles)
                    .enumerate()
                    .map(|(i, (name, m))| Quantiles {
                        name,
                        count: 1_203_112 / (i as u64 + 1),
                        quantiles: [m * 0.1, m * 0.5, *m, m * 1.6, m * 3.0],
                        largest: m * 9.0,
                    })
                    .collect();
                let of = QuantilesByName {
                    heading: heading("Scores by service", "1,243,021 rows"),
                    measure: "score",
                    counted: "row",
                    groups: &groups,
                    spacing,
                    mark: (groups.len() > 1).then_some(Mark { label: "threshold", value: 3.07 }),
                    quantity: Quantity::Plain,
                };
                quantiles_by_name(&of, width)
            }),
        ));
    }
}
