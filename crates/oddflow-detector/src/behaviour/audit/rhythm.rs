//! Regular channels: a source that comes back to one port of a destination as if by the clock.
//!
//! What is measured is the whole of a channel, not its latest gaps as in the recipe: connections close together are one visit,
//! and the regularity is 1 - MAD/median of the gaps between visits (MAD: median absolute deviation; so do RITA and others that
//! look for beacons). A night's pause or a few retries do not hide a rhythm.

use std::collections::{BTreeMap, BTreeSet};

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::gather::by_key;
use super::meaning::Meaning;
use super::{Candidate, Shortlist, is_transport, words};

/// Connections nearer to each other than this are one visit. Seconds.
const VISIT: f64 = 2.0;
/// Fewest visits that make a rhythm.
const LEAST_VISITS: usize = 12;
/// Visits from which the rhythm is beyond doubt.
const CERTAIN: f64 = 48.0;
/// Least regularity. People come out near 0.3; a jitter of a third of the gap at 0.83.
const LEAST_REGULARITY: f64 = 0.8;
/// Shortest time, in seconds, for which a rhythm must go on: a page that is open for a while also asks by the clock.
const LEAST_SECONDS: f64 = 1800.0;
/// A gap belongs to the rhythm up to this many times the median.
const SAME_RHYTHM: f64 = 1.5;
/// Services over UDP that go by the clock by design: DNS, DHCP, NTP, NetBIOS, discovery.
const BY_DESIGN: [u16; 13] = [53, 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5351, 5353, 5355];

/// One regular channel.
struct Rhythm {
    source: u64,
    row: usize,
    gap: f64,
    regularity: f64,
    /// Time that it ran, in seconds.
    seconds: f64,
    connections: usize,
    span: (f64, f64),
}

/// The regular channels, those to one port of one destination together.
pub(super) fn find(flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
    let mut services: BTreeMap<(u64, u16, usize), Vec<Rhythm>> = BTreeMap::new();
    by_key(flows, channel, |rows| {
        if let Some(rhythm) = rhythm(flows, rows) {
            let flow = &flows[rhythm.row];
            let (destination, port) = flow.responder();
            services.entry((destination, port, flow.class.index())).or_default().push(rhythm);
        }
    });
    for rhythms in services.values() {
        offer(flows, book, rhythms, found);
    }
}

fn channel(flow: &Flow) -> Option<(u64, u64, u16, usize)> {
    let (destination, port) = flow.responder();
    let by_design = is_transport(flow, "udp") && BY_DESIGN.contains(&port);
    (flow.class.direction() != Direction::Multicast && !by_design)
        .then(|| (flow.originator(), destination, port, flow.class.index()))
}

fn rhythm(flows: &[Flow], rows: &[usize]) -> Option<Rhythm> {
    if rows.len() < LEAST_VISITS {
        return None;
    }
    let mut gaps = Vec::new();
    let mut visit = flows[rows[0]].start;
    for pair in rows.windows(2) {
        let (before, now) = (flows[pair[0]].start, flows[pair[1]].start);
        if now - before > VISIT {
            gaps.push(now - visit);
            visit = now;
        }
    }
    if gaps.len() + 1 < LEAST_VISITS {
        return None;
    }
    let gap = median(&mut gaps);
    let mut off: Vec<f64> = gaps.iter().map(|x| (x - gap).abs()).collect();
    let regularity = 1.0 - median(&mut off) / gap;
    let seconds: f64 = gaps.iter().filter(|x| **x <= SAME_RHYTHM * gap).sum();
    let first = flows[rows[0]].start;
    let last = flows[rows[rows.len() - 1]].start;
    (regularity >= LEAST_REGULARITY && seconds >= LEAST_SECONDS).then_some(Rhythm {
        source: flows[rows[0]].originator(),
        row: rows[0],
        gap,
        regularity,
        seconds,
        connections: rows.len(),
        span: (first, last),
    })
}

/// The median; the upper of two. There is at least one value.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn offer(flows: &[Flow], book: &AddressBook, rhythms: &[Rhythm], found: &mut Shortlist) {
    let best = |of: fn(&Rhythm) -> f64| rhythms.iter().map(of).fold(0.0, f64::max);
    let flow = &flows[rhythms[0].row];
    let certainty = (best(|r| r.connections as f64) / CERTAIN).min(1.0);
    // What leaves is more news than what stays or comes in; what many hosts do alike is most likely meant.
    let way = if flow.class.direction() == Direction::Out { 1.0 } else { 0.5 };
    let way = if is_transport(flow, "icmp") { way * 0.5 } else { way };
    let common = (rhythms.len() as f64).sqrt();
    let score = 8.0 * best(|r| r.regularity) * certainty * way / common;
    found.offer(score, || {
        let (destination, port) = flow.responder();
        let sources: BTreeSet<u64> = rhythms.iter().map(|rhythm| rhythm.source).collect();
        let mut gaps: Vec<f64> = rhythms.iter().map(|rhythm| rhythm.gap).collect();
        let connections: usize = rhythms.iter().map(|rhythm| rhythm.connections).sum();
        let words = format!(
            "{} {} to {}{} every {} for {}, {connections} connections",
            words::hosts(&sources, book),
            if sources.len() == 1 { "connects" } else { "connect" },
            words::host(destination, book),
            words::port(flow),
            words::seconds(median(&mut gaps)),
            words::seconds(best(|r| r.seconds)),
        );
        let first = rhythms.iter().map(|r| r.span.0).fold(f64::INFINITY, f64::min);
        let span = Some((first, best(|r| r.span.1)));
        let meaning =
            Meaning { sources, destination: Some(destination), port: Some(port), ..Meaning::default() };
        Candidate { words, span, meaning: Some(meaning), narrow: false }
    });
}
