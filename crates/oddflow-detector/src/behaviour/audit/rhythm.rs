//! Regular channels: a source that comes back to one port of a destination as if by the clock.
//!
//! What is measured is the whole of a channel, not its latest gaps as in the recipe: connections close together are one visit,
//! and the regularity is 1 - MAD/median of the gaps between visits (MAD: median absolute deviation; so do RITA and others that
//! look for beacons). A night's pause or a few retries do not hide a rhythm.

use std::collections::BTreeSet;

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::gather::by_key;
use super::meaning::Meaning;
use super::{Candidate, Shortlist, by_design, is_transport, words};

/// Connections nearer to each other than this are one visit. Seconds.
const VISIT: f64 = 2.0;
/// Fewest visits that make a rhythm.
const LEAST_VISITS: usize = 12;
/// Visits of one channel from which its rhythm is beyond doubt.
const CERTAIN: f64 = 48.0;
/// Least regularity. People come out near 0.3; a jitter of a third of the gap at 0.83.
const LEAST_REGULARITY: f64 = 0.8;
/// Shortest time, in seconds, for which a rhythm must go on: a page that is open for a while also asks by the clock.
const LEAST_SECONDS: f64 = 1800.0;
/// A gap belongs to the rhythm up to this many times the median.
const SAME_RHYTHM: f64 = 1.5;
/// A channel is the same as another of its source to the same port where their gaps differ by so little: one program that asks
/// several servers.
const SAME_GAP: f64 = 1.05;

/// Regular channels that are told together: of one source to several destinations, or of several sources to one.
#[derive(Clone, Debug)]
struct Rhythm {
    sources: BTreeSet<u64>,
    destinations: BTreeSet<u64>,
    /// A row of it.
    row: usize,
    /// Seconds.
    gap: f64,
    /// The best of the channels.
    regularity: f64,
    /// Longest time that a channel ran, in seconds, and most of its visits.
    seconds: f64,
    visits: usize,
    connections: usize,
    span: (f64, f64),
}

impl Rhythm {
    fn join(&mut self, other: &Self) {
        self.sources.extend(&other.sources);
        self.destinations.extend(&other.destinations);
        self.regularity = self.regularity.max(other.regularity);
        self.seconds = self.seconds.max(other.seconds);
        self.visits = self.visits.max(other.visits);
        self.connections += other.connections;
        self.span = (self.span.0.min(other.span.0), self.span.1.max(other.span.1));
    }
}

/// The regular channels.
pub(super) fn find(flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
    let mut channels = Vec::new();
    by_key(flows, channel, |rows| channels.extend(rhythm(flows, rows)));
    let service = |rhythm: &Rhythm| (flows[rhythm.row].responder().1, flows[rhythm.row].class.index());
    channels.sort_by(|a, b| {
        let key = |rhythm: &Rhythm| (rhythm.sources.first().copied(), service(rhythm));
        key(a).cmp(&key(b)).then(a.gap.total_cmp(&b.gap)).then(a.row.cmp(&b.row))
    });
    let mut rhythms: Vec<Rhythm> = channels
        .chunk_by(|a, b| a.sources == b.sources && service(a) == service(b) && b.gap <= SAME_GAP * a.gap)
        .map(joined)
        .collect();
    rhythms.sort_by_key(|rhythm| (rhythm.destinations.clone(), service(rhythm), rhythm.row));
    for alike in rhythms.chunk_by(|a, b| a.destinations == b.destinations && service(a) == service(b)) {
        offer(&flows[alike[0].row], book, joined(alike), found);
    }
}

/// There is at least one.
fn joined(rhythms: &[Rhythm]) -> Rhythm {
    let mut all = rhythms[0].clone();
    rhythms[1..].iter().for_each(|other| all.join(other));
    all
}

fn channel(flow: &Flow) -> Option<(u64, u64, u16, usize)> {
    let (destination, port) = flow.responder();
    (flow.class.direction() != Direction::Multicast && !by_design(flow))
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
        sources: BTreeSet::from([flows[rows[0]].originator()]),
        destinations: BTreeSet::from([flows[rows[0]].responder().0]),
        row: rows[0],
        gap,
        regularity,
        seconds,
        visits: gaps.len() + 1,
        connections: rows.len(),
        span: (first, last),
    })
}

/// The median; the upper of two. There is at least one value.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn offer(flow: &Flow, book: &AddressBook, rhythm: Rhythm, found: &mut Shortlist) {
    let certainty = (rhythm.visits as f64 / CERTAIN).min(1.0);
    // What leaves is more news than what stays or comes in; what many hosts do alike is most likely meant.
    let way = if flow.class.direction() == Direction::Out { 1.0 } else { 0.5 };
    let way = if is_transport(flow, "icmp") { way * 0.5 } else { way };
    let common = (rhythm.sources.len() as f64).sqrt();
    let score = 8.0 * rhythm.regularity * certainty * way / common;
    found.offer(score, || {
        let words = format!(
            "{} {} to {}{} every {} for {}, {} connections",
            words::hosts(&rhythm.sources, book),
            if rhythm.sources.len() == 1 { "connects" } else { "connect" },
            words::hosts(&rhythm.destinations, book),
            words::port(flow),
            words::seconds(rhythm.gap),
            words::seconds(rhythm.seconds),
            rhythm.connections,
        );
        let meaning = Meaning {
            sources: rhythm.sources,
            destinations: rhythm.destinations,
            port: Some(flow.responder().1),
            ..Meaning::default()
        };
        Candidate { words, span: Some(rhythm.span), meaning: Some(meaning), own: rhythm.connections }
    });
}
