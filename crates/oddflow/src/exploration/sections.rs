//! The parts of the page that are words and tables.

use maud::{Markup, html};
use oddflow_explore::{
    Clock as RowClock, Column, Distinct, Evidence, Finding, HostStatistics, Peer, Ranking, Section,
    Statistics, bytes, duration,
};

use super::caveats;
use super::clock::{Clock, since};
use super::host::figure_name as host_figure;
use crate::text::{counted, number, thousands};

/// Gaps and other long lists that are shown at once.
const SHOWN: usize = 20;

pub(super) fn overview(statistics: &Statistics, clock: &Clock) -> Markup {
    let of = &statistics.overview;
    let health = &of.health;
    html! {
        @if let Some(why) = clock.nothing(statistics) { p.warn { (why) } }
        dl.facts {
            (fact("Connections", &thousands(of.rows)))
            (fact("Span", &duration(of.seconds)))
            (fact("Logs", &thousands(health.files)))
            (fact("Addresses", &distinct(&of.addresses)))
            (fact("Local addresses", &distinct(&of.local_addresses)))
            (fact("Missed by the sensor", &format!("{} in {} of rows", bytes(of.missed_bytes), percent(of.missed_share))))
            (fact("Hours without rows", &format!("{} of {}", thousands(of.hours_without_rows), thousands(of.hours))))
            (fact("Unreadable rows", &thousands(health.problems.iter().map(|problem| problem.count).sum())))
        }
        @if of.rows > 0 {
            p { "Connections began from " (clock.span(of.first.zip(of.last))) "."
                @if let Some([first, last]) = of.covered { " The logs cover " (clock.span(Some((first, last)))) ", as Zeek writes a row when its connection ends." }
            }
        }
        p { (of.local.sentence) }
        @if let Some(sentence) = caveats::repeats(statistics) { p.warn { (sentence) } }
        @if !health.zeek_versions.is_empty() { p { "Zeek " (health.zeek_versions.join(", ")) } }
        @if !health.problems.is_empty() {
            h3 { "What could not be read" }
            (table(&["kind", "#rows"], health.problems.iter().map(|problem| vec![
                html! { (problem.kind) }, amount(problem.count),
            ])))
        }
        (trust(statistics, clock))
        details {
            summary { "Columns that are unset" }
            (table(&["column", "#rows unset", "#share"], of.unset.iter().map(|unset| vec![
                html! { code { (unset.column) } }, amount(unset.rows), html! { span.number { (percent(unset.share)) } },
            ])))
        }
    }
}

/// What may be wrong with the sensor.
fn trust(statistics: &Statistics, clock: &Clock) -> Markup {
    let of = &statistics.overview;
    let odd: Vec<_> = of.oddities.iter().filter(|oddity| oddity.rows > 0).collect();
    html! {
        @if of.gap_count > 0 {
            h3 { (counted(of.gap_count, "silence")) " longer than " (duration(of.gap_threshold)) }
            (table(&["from", "to", "length"], of.gaps.iter().take(SHOWN).map(|gap| vec![
                html! { (clock.time(gap.start)) }, html! { (clock.time(gap.end)) }, html! { (duration(gap.seconds)) },
            ])))
            @if of.gap_count > SHOWN as u64 { p.quiet { "and " (thousands(of.gap_count - SHOWN as u64)) " more" } }
        }
        (row_clock(&of.clock))
        @if !odd.is_empty() {
            details {
                summary { "Oddities of the sensor and the network: " (odd.len()) " kinds" }
                (table(&["#rows", "#share", "what it means"], odd.into_iter().map(|oddity| vec![
                    amount(oddity.rows), html! { span.number { (percent(oddity.share)) } }, html! { (oddity.meaning) },
                ])))
            }
        }
    }
}

/// The order of the rows, and rows whose time is none.
fn row_clock(of: &RowClock) -> Markup {
    let far = of.outside.saturating_sub(of.before_1990);
    html! {
        @if of.before_1990 > 0 {
            p.warn { "Time before 1990: " (counted(of.before_1990, "row")) ". The sensor had no clock, or its times count from zero; all that is told in time is without them." }
        }
        @if far > 0 {
            p.warn { "Time far from all others: " (counted(far, "row")) ". The sensor's clock was wrong; all that is told in time is without them." }
        }
        @if of.out_of_order > 0 {
            p.quiet {
                "Out of order: " (counted(of.out_of_order, "row")) " (" (percent(of.out_of_order_share)) "), at most "
                (duration(of.furthest_back)) " behind the latest above. Zeek writes a row when its connection ends."
            }
        }
    }
}

/// `is_drawn` says whether there is a figure of a name.
pub(super) fn findings(statistics: &Statistics, clock: &Clock, is_drawn: &dyn Fn(&str) -> bool) -> Markup {
    let (told, untold): (Vec<_>, Vec<_>) =
        statistics.findings.iter().partition(|finding| !finding.evidence.is_empty());
    html! {
        p.quiet { "Plain statistics, no model: what is longest, largest, widest and rarest. Large is not bad; it is where to look first." }
        ul.findings { @for finding in told { li { (one(finding, clock, is_drawn)) } } }
        @if !untold.is_empty() {
            p.quiet { "Looked for, and nothing to show: " @for finding in untold { (finding.title) " " } }
        }
    }
}

fn one(of: &Finding, clock: &Clock, is_drawn: &dyn Fn(&str) -> bool) -> Markup {
    let section = match of.section {
        Section::Columns => "columns",
        Section::Time => "time",
        Section::Top => "top",
        Section::Hosts => "hosts",
    };
    // A host that is none of the busiest has no figures of its own.
    let figure = figure_of(of).filter(|name| is_drawn(name));
    let anchor = figure.map_or_else(|| section.to_owned(), |name| format!("figure-{name}"));
    html! {
        h3 { (of.title) }
        ul.evidence { @for evidence in &of.evidence { (row_of(evidence, clock)) } }
        p { a href={ "#" (anchor) } { "look closer" } }
    }
}

/// The name of the figure that a finding belongs to.
fn figure_of(of: &Finding) -> Option<String> {
    let host = of.evidence.first().and_then(|evidence| evidence.host);
    Some(match (of.section, of.figure) {
        (Section::Columns, column) => format!("distribution-{column}-log"),
        (Section::Time, "hour_of_week") => "week-connections".into(),
        (Section::Time, _) => "days-connections".into(),
        (Section::Top, ranking) => format!("top-{}", ranking.replace('_', "-")),
        (Section::Hosts, figure) => host_figure(host?, figure),
    })
}

fn row_of(evidence: &Evidence, clock: &Clock) -> Markup {
    html! {
        li {
            span {
                @if !evidence.subject.is_empty() { (evidence.subject) " " }
                @if let Some(host) = evidence.host { span.address { (host) } }
                @if let Some(peer) = evidence.peer { " to " span.address { (peer) } }
                @if let Some(port) = &evidence.port { " on " (port) }
                @if let Some(since) = since(clock, evidence) { span.quiet { " " (since) } }
                @if let Some(uid) = &evidence.uid { " " code { (uid) } }
            }
            span.number { (evidence.text) }
        }
    }
}

pub(super) fn columns(statistics: &Statistics) -> Markup {
    let names = ["column", "#rows", "#unset", "#mean", "#p50", "#p95", "#p99", "#p99.9", "#largest"];
    table(&names, statistics.columns.iter().map(|of| {
        let written = |value: Option<f64>| html! { span.number { (value.map_or("".into(), |value| natural(of, value))) } };
        let mut cells = vec![
            html! { code { (of.name) } },
            amount(of.count),
            html! { span.number { (percent(of.unset_share)) } },
            written(of.mean),
        ];
        for name in ["p50", "p95", "p99", "p99.9"] {
            cells.push(written(of.quantiles.iter().find(|quantile| quantile.name == name).map(|quantile| quantile.value)));
        }
        cells.push(written(of.max));
        cells
    }))
}

/// A value of a column with its unit.
fn natural(of: &Column, value: f64) -> String {
    match of.unit {
        "bytes" => bytes(value.max(0.0) as u64),
        "seconds" => duration(value),
        _ => number(value),
    }
}

pub(super) fn hosts(statistics: &Statistics, clock: &Clock, figures: &dyn Fn(usize) -> Markup) -> Markup {
    html! {
        @if let Some(host) = &statistics.host { (host_of(host, 0, clock, figures)) }
        @if !statistics.hosts.is_empty() {
            h3 { "The busiest hosts" }
            (table(&["host", "#connections", "#originated", "#sent", "#received", "#talks to", "#is called by"],
                statistics.hosts.iter().map(|host| vec![
                    html! { a.address href={ "#host-" (host.address) } { (host.address) } },
                    amount(host.rows), amount(host.orig_rows),
                    html! { span.number { (bytes(host.sent)) } }, html! { span.number { (bytes(host.received)) } },
                    html! { span.number { (distinct(&host.distinct_peers)) } }, html! { span.number { (distinct(&host.distinct_callers)) } },
                ])))
            p.quiet { "A host of its own: oddflow explore LOGS --host ADDRESS -o DIR" }
            @for (place, host) in statistics.hosts.iter().enumerate() { (host_of(host, place + 1, clock, figures)) }
        }
    }
}

fn host_of(of: &HostStatistics, place: usize, clock: &Clock, figures: &dyn Fn(usize) -> Markup) -> Markup {
    // The one that was asked for.
    let is_open = place == 0;
    html! {
        details open[is_open] {
            summary { span.address { (of.address) } " " (counted(of.rows, "connection")) }
            // Whoever follows a link to what lies in a closed one finds it open.
            div id={ "host-" (of.address) } {
                p.quiet {
                    @if of.local { "local, " }
                    (clock.span(of.first.zip(of.last))) "; sent " (bytes(of.sent)) ", received " (bytes(of.received))
                }
                (figures(place))
                @if !is_open { (words("Ports it talks to", &of.ports)) (words("Ports that others talk to", &of.served_ports)) (words("Services", &of.services)) }
                @if !of.unusual_peers.is_empty() {
                    h3 { (counted(of.unusual_count, "host")) " outside that nobody else talks to" }
                    (peers(&of.unusual_peers))
                }
                @if of.forgotten_in_time > 0 {
                    p.warn { (counted(of.forgotten_in_time, "row")) " are missing from its days, hours, services and ports: there was more than is kept of a host." }
                }
                @if of.forgotten_days > 0 {
                    p.warn { (counted(of.forgotten_days, "row")) " are missing from its days: there are more days than are kept of a host." }
                }
                @if of.without_time > 0 {
                    p.warn { (counted(of.without_time, "row")) " are missing from its days and hours: their time is none." }
                }
                @if of.forgotten_peers > 0 {
                    p.warn { (counted(of.forgotten_peers, "row")) " are missing from its peers: there are more than are kept of a host." }
                }
            }
        }
    }
}

/// A ranking in a line.
fn words(name: &str, of: &Ranking) -> Markup {
    html! {
        @if !of.items.is_empty() {
            p { (name) ": "
                @for (i, item) in of.items.iter().take(8).enumerate() {
                    @if i > 0 { ", " }
                    (unset(&item.name)) " " span.quiet { (thousands(item.rows)) }
                }
            }
        }
    }
}

fn peers(peers: &[Peer]) -> Markup {
    table(
        &["host", "ports", "#connections", "#sent", "#received"],
        peers.iter().map(|peer| {
            vec![
                html! { span.address { (peer.address) } },
                html! { (ports(peer)) },
                amount(peer.rows),
                html! { span.number { (bytes(peer.sent)) } },
                html! { span.number { (bytes(peer.received)) } },
            ]
        }),
    )
}

pub(super) fn precision(statistics: &Statistics) -> Markup {
    table(
        &["numbers", "exact", "how"],
        statistics.precision.iter().map(|of| {
            vec![
                html! { (of.subject) },
                html! { (if of.exact { "yes" } else { "no" }) },
                html! { (of.method) },
            ]
        }),
    )
}

pub(super) fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn amount(count: u64) -> Markup {
    html! { span.number { (thousands(count)) } }
}

/// A table below names. The heading of a column of numbers begins with `#`: it stands at the right, as they do.
pub(super) fn table(names: &[&str], rows: impl Iterator<Item = Vec<Markup>>) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    @for name in names {
                        @match name.strip_prefix('#') {
                            Some(name) => { th.right scope="col" { (name) } },
                            None => { th scope="col" { (name) } },
                        }
                    }
                } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            }
        }
    }
}

pub(super) fn distinct(of: &Distinct) -> String {
    if of.error > 0.0 { format!("about {}", thousands(of.count)) } else { thousands(of.count) }
}

pub(super) fn percent(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0%".into(),
        percent if percent < 0.01 => "<0.01%".into(),
        percent if percent < 10.0 => format!("{percent:.2}%"),
        percent => format!("{percent:.1}%"),
    }
}

/// A value's name: Zeek's sign of an unset one is a word.
pub(super) fn unset(name: &str) -> &str {
    if name == "-" { "unset" } else { name }
}

/// The ports of a peer, and how many there are besides.
pub(super) fn ports(peer: &Peer) -> String {
    and_more(&peer.ports.join(" "), peer.port_count.saturating_sub(peer.ports.len() as u64), "port")
}

/// Words, and how many there are besides.
pub(super) fn and_more(words: &str, more: u64, noun: &str) -> String {
    match more {
        0 => words.into(),
        1 => format!("{words} and 1 more {noun}"),
        more => format!("{words} and {} more {noun}s", thousands(more)),
    }
}
