//! Scans: one source that tries many hosts on a port, many ports of a host, or many of both.

use std::collections::{BTreeMap, BTreeSet};

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::gather::{by_key, sessions};
use super::meaning::Meaning;
use super::{Candidate, Shortlist, by_design, is_transport, words};

/// A scan is over when nothing fails for so long. Seconds.
const PAUSE: f64 = 600.0;
/// Fewest ports of one host, fewest hosts on one port, and fewest hosts on whatever port, that make a scan.
const LEAST_PORTS: usize = 10;
const LEAST_HOSTS: usize = 10;
const LEAST_OF_ALL: usize = 30;
/// Least share of what a source tried in a scan that failed.
const LEAST_FAILED: f64 = 0.5;
/// Hosts of the own network that are swept though they all answer: a scan of live hosts, a monitor, or a worm.
const LEAST_ANSWERING: usize = 20;
/// Most hosts that an expression names.
const MOST_NAMED: usize = 8;

/// What one source scanned.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    hosts_of_a_port: Part,
    ports_of_a_host: Part,
    hosts: Part,
    row: usize,
}

/// Its scans of one shape.
#[derive(Debug, Default)]
struct Part {
    /// The ports swept, or the hosts whose ports were tried.
    fixed: BTreeSet<u64>,
    /// Most targets of one of them, targets of all, and of these the failed ones.
    most: usize,
    targets: usize,
    failed: usize,
    rows: usize,
    /// First and last start.
    span: Option<(f64, f64)>,
}

/// One session of a scan.
struct Session {
    targets: usize,
    failed: usize,
    rows: usize,
    span: (f64, f64),
}

/// The sources that scan.
pub(super) fn scanners(flows: &[Flow]) -> BTreeMap<u64, Scanner> {
    let mut scanners: BTreeMap<u64, Scanner> = BTreeMap::new();
    let host = |flow: &Flow| flow.responder().0;
    let port = |flow: &Flow| u64::from(flow.responder().1);
    let class = |flow: &Flow| flow.class.index();
    let counts = |flow: &Flow| flow.class.direction() != Direction::Multicast && !by_design(flow);
    let mut add = |part: fn(&mut Scanner) -> &mut Part, row: usize, fixed: u64, session: &Session| {
        let scanner =
            scanners.entry(flows[row].originator()).or_insert_with(|| Scanner { row, ..Scanner::default() });
        part(scanner).add(fixed, session);
    };
    by_key(
        flows,
        |flow| counts(flow).then(|| (flow.originator(), port(flow), class(flow))),
        |rows| {
            let internal = flows[rows[0]].class.direction() == Direction::Internal;
            let answering = if internal { LEAST_ANSWERING } else { usize::MAX };
            scans(flows, rows, LEAST_HOSTS, answering, host, |session| {
                add(|scanner| &mut scanner.hosts_of_a_port, rows[0], port(&flows[rows[0]]), session);
            });
        },
    );
    let has_ports = |flow: &Flow| counts(flow) && !is_transport(flow, "icmp");
    by_key(
        flows,
        |flow| has_ports(flow).then(|| (flow.originator(), host(flow), class(flow))),
        |rows| {
            scans(flows, rows, LEAST_PORTS, usize::MAX, port, |session| {
                add(|scanner| &mut scanner.ports_of_a_host, rows[0], host(&flows[rows[0]]), session);
            });
        },
    );
    by_key(
        flows,
        |flow| counts(flow).then(|| (flow.originator(), class(flow))),
        |rows| {
            scans(flows, rows, LEAST_OF_ALL, usize::MAX, host, |session| {
                add(|scanner| &mut scanner.hosts, rows[0], 0, session);
            });
        },
    );
    scanners
}

/// Tells of the scans among the rows of one source.
fn scans(
    flows: &[Flow],
    rows: &[usize],
    least: usize,
    answering: usize,
    target: impl Fn(&Flow) -> u64,
    mut tell: impl FnMut(&Session),
) {
    if rows.len() < least {
        return;
    }
    let targets = |rows: &[usize]| -> BTreeSet<u64> { rows.iter().map(|row| target(&flows[*row])).collect() };
    let span = |rows: &[usize]| (flows[rows[0]].start, flows[rows[rows.len() - 1]].start);
    let failed: Vec<usize> = rows.iter().copied().filter(|row| flows[*row].failed).collect();
    let mut told = false;
    for session in sessions(flows, &failed, PAUSE) {
        let tried = targets(session);
        if tried.len() < least {
            continue;
        }
        let span = span(session);
        let from = rows.partition_point(|row| flows[*row].start < span.0);
        let to = rows.partition_point(|row| flows[*row].start <= span.1);
        let all = targets(&rows[from..to]).len();
        if tried.len() as f64 >= LEAST_FAILED * all as f64 {
            told = true;
            tell(&Session { targets: all, failed: tried.len(), rows: to - from, span });
        }
    }
    if told || rows.len() < answering {
        return;
    }
    for session in sessions(flows, rows, PAUSE) {
        let tried = targets(session);
        if tried.len() >= answering {
            let failed: Vec<usize> = session.iter().copied().filter(|row| flows[*row].failed).collect();
            let failed = targets(&failed).len();
            tell(&Session { targets: tried.len(), failed, rows: session.len(), span: span(session) });
        }
    }
}

impl Part {
    fn add(&mut self, fixed: u64, session: &Session) {
        self.fixed.insert(fixed);
        self.most = self.most.max(session.targets);
        self.targets += session.targets;
        self.failed += session.failed;
        self.rows += session.rows;
        let (first, last) = self.span.unwrap_or(session.span);
        self.span = Some((first.min(session.span.0), last.max(session.span.1)));
    }
}

impl Scanner {
    /// Puts the scans of a source into words.
    pub(super) fn offer(&self, flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
        let flow = &flows[self.row];
        // A scan of many ports on many hosts is both; the shape that explains more is told, the simpler one of equals.
        let (ports, hosts) = (&self.hosts_of_a_port, &self.ports_of_a_host);
        let (part, by_port) = if hosts.rows > ports.rows { (hosts, false) } else { (ports, true) };
        let (part, spread) =
            if self.hosts.rows > 2 * part.rows { (&self.hosts, true) } else { (part, false) };
        let Some(span) = part.span else { return };
        let share = part.failed as f64 / part.targets as f64;
        found.offer(score(flow, part.targets, share), || {
            let (most, several) = (part.most, part.fixed.len());
            let source = flow.originator();
            let mut meaning = Meaning::of_source(source);
            let what = if spread {
                format!("{most} hosts on many ports")
            } else if by_port {
                let port = part.fixed.first().copied().unwrap_or(0) as u16;
                match several {
                    1 => {
                        meaning.port = Some(port);
                        format!("{most} hosts{}", words::port_of(flow, port, " on"))
                    }
                    _ => format!("up to {most} hosts on each of {several} ports"),
                }
            } else {
                if several <= MOST_NAMED {
                    meaning.destinations.clone_from(&part.fixed);
                }
                match several {
                    1 => format!("{most} ports of {}", words::hosts(&part.fixed, book)),
                    _ => format!("up to {most} ports of each of {several} hosts"),
                }
            };
            let words = format!(
                "{} tries {what} within {}, {:.0}% failed",
                words::host(source, book),
                words::seconds((span.1 - span.0).max(1.0)),
                (100.0 * share).floor(),
            );
            Candidate { words, span: Some(span), meaning: Some(meaning), own: part.rows }
        });
    }
}

/// Ten targets that fail give 5, a thousand 10; a scan that is answered, and one from outside, as the Internet always sends some,
/// half of that.
fn score(flow: &Flow, targets: usize, share: f64) -> f64 {
    let way = if flow.class.is_seen_from_responder() { 0.5 } else { 1.0 };
    (2.5 + 2.5 * (targets as f64).log10()).min(10.0) * (0.5 + 0.5 * share) * way
}
