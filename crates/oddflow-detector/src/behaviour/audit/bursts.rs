//! Bursts of failures: scans, which fail on many ports of a host or on many hosts, and connections that fail again and again.

use std::collections::BTreeSet;

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::gather::{by_key, densest, sessions};
use super::meaning::Meaning;
use super::{Candidate, Shortlist, is_transport, words};

/// A burst is over when nothing fails for so long. Seconds.
const PAUSE: f64 = 600.0;
/// Fewest ports of one host, and fewest hosts on one port, that make a scan.
const LEAST_PORTS: usize = 10;
const LEAST_HOSTS: usize = 10;
/// Least share of what a source tried in a scan that failed.
const LEAST_FAILED: f64 = 0.5;
/// Hosts of the own network that are swept though they all answer: a scan of live hosts, a monitor, or a worm.
const LEAST_ANSWERING: usize = 20;
/// Window in which failures of one service are counted, in seconds, and fewest of them.
const WINDOW: f64 = 600.0;
const LEAST_FAILURES: usize = 20;
/// Where one logs in over TCP: FTP, SSH, SMB, RDP.
const LOGIN_PORTS: [u16; 4] = [21, 22, 445, 3389];
/// Where a login that fails still is a whole connection, only a short one, and for how many seconds at most.
const BRIEF_PORTS: [u16; 3] = [21, 22, 3389];
const BRIEF: f64 = 10.0;

/// Scans: hosts swept on one port, and ports tried on one host.
pub(super) fn scans(flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
    let sweep = |flow: &Flow| {
        let is_scan = flow.class.direction() != Direction::Multicast;
        is_scan.then(|| (flow.originator(), flow.responder().1, flow.class.index()))
    };
    by_key(flows, sweep, |rows| {
        let answering = flows[rows[0]].class.direction() == Direction::Internal;
        scan(
            flows,
            rows,
            LEAST_HOSTS,
            answering,
            |flow| flow.responder().0,
            |first, targets, share, span| {
                found.offer(score(targets, share), || {
                    let flow = &flows[first];
                    let source = flow.originator();
                    let words = format!(
                        "{} tries {} hosts{} within {}{}",
                        words::host(source, book),
                        targets,
                        if is_transport(flow, "icmp") {
                            " with ICMP".into()
                        } else {
                            format!(" on{}", words::port(flow))
                        },
                        words::seconds((span.1 - span.0).max(1.0)),
                        failing(share),
                    );
                    let meaning = Meaning { port: Some(flow.responder().1), ..Meaning::of_source(source) };
                    Candidate { words, span: Some(span), meaning: Some(meaning), narrow: true }
                });
            },
        );
    });
    let pair = |flow: &Flow| {
        let has_ports = !is_transport(flow, "icmp") && flow.class.direction() != Direction::Multicast;
        has_ports.then(|| (flow.originator(), flow.responder().0, flow.class.index()))
    };
    by_key(flows, pair, |rows| {
        scan(
            flows,
            rows,
            LEAST_PORTS,
            false,
            |flow| u64::from(flow.responder().1),
            |first, targets, share, span| {
                found.offer(score(targets, share), || {
                    let flow = &flows[first];
                    let (source, destination) = (flow.originator(), flow.responder().0);
                    let words = format!(
                        "{} tries {targets} ports of {} within {}{}",
                        words::host(source, book),
                        words::host(destination, book),
                        words::seconds((span.1 - span.0).max(1.0)),
                        failing(share),
                    );
                    let meaning = Meaning { destination: Some(destination), ..Meaning::of_source(source) };
                    Candidate { words, span: Some(span), meaning: Some(meaning), narrow: true }
                });
            },
        );
    });
}

fn failing(share: f64) -> String {
    format!(", {}% failed", (100.0 * share).floor())
}

/// Ten targets give 5, a thousand 10; a scan that is answered half of that.
fn score(targets: usize, share: f64) -> f64 {
    (2.5 * (1.0 + (targets as f64 / 10.0).log10())).min(10.0) * (0.5 + 0.5 * share) + 2.5 * share
}

/// Tells of scans among the rows of one source: the first row, distinct targets, share of targets that failed, first and last start.
fn scan(
    flows: &[Flow],
    rows: &[usize],
    least: usize,
    answering: bool,
    target: impl Fn(&Flow) -> u64,
    mut tell: impl FnMut(usize, usize, f64, (f64, f64)),
) {
    if rows.len() < least {
        return;
    }
    let failed: Vec<usize> = rows.iter().copied().filter(|row| flows[*row].failed).collect();
    let mut told = false;
    for session in sessions(flows, &failed, PAUSE) {
        let targets: BTreeSet<u64> = session.iter().map(|row| target(&flows[*row])).collect();
        if targets.len() < least {
            continue;
        }
        let span = (flows[session[0]].start, flows[session[session.len() - 1]].start);
        let from = rows.partition_point(|row| flows[*row].start < span.0);
        let answered: BTreeSet<u64> = rows[from..]
            .iter()
            .map(|row| &flows[*row])
            .take_while(|flow| flow.start <= span.1)
            .filter(|flow| !flow.failed)
            .map(&target)
            .filter(|target| !targets.contains(target))
            .collect();
        let all = targets.len() + answered.len();
        let share = targets.len() as f64 / all as f64;
        if share >= LEAST_FAILED {
            told = true;
            tell(session[0], all, share, span);
        }
    }
    if !answering || told {
        return;
    }
    for session in sessions(flows, rows, PAUSE) {
        let targets: BTreeSet<u64> = session.iter().map(|row| target(&flows[*row])).collect();
        if targets.len() >= LEAST_ANSWERING {
            let failed = session.iter().filter(|row| flows[**row].failed).count();
            let share = failed as f64 / session.len() as f64;
            let span = (flows[session[0]].start, flows[session[session.len() - 1]].start);
            tell(session[0], targets.len(), share, span);
        }
    }
}

/// Connections of one source to one service that fail in numbers, and short ones to where one logs in.
pub(super) fn failures(flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
    let service = |flow: &Flow| {
        let (destination, port) = flow.responder();
        let counts = (flow.failed || is_brief(flow)) && flow.class.direction() != Direction::Multicast;
        counts.then(|| (flow.originator(), destination, port, flow.class.index()))
    };
    by_key(flows, service, |rows| {
        let (most, at) = densest(flows, rows, WINDOW);
        if most < LEAST_FAILURES {
            return;
        }
        let flow = &flows[rows[0]];
        let (destination, port) = flow.responder();
        let login = is_transport(flow, "tcp") && LOGIN_PORTS.contains(&port);
        let score = (2.0 * (most as f64 / 10.0).log10() + 1.0).min(6.0) + if login { 2.0 } else { 0.0 };
        found.offer(score, || {
            let of_all = rows.len();
            let what = if login { "failed or brief logins" } else { "failed connections" };
            let span = (flows[rows[at]].start, flows[rows[at + most - 1]].start);
            let in_all = if of_all > most { format!(", {of_all} in all") } else { String::new() };
            let words = format!(
                "{} makes {most} {what} to {}{} within {}{in_all}",
                words::host(flow.originator(), book),
                words::host(destination, book),
                words::port(flow),
                words::seconds((span.1 - span.0).max(1.0)),
            );
            let meaning = Meaning {
                destination: Some(destination),
                port: Some(port),
                ..Meaning::of_source(flow.originator())
            };
            Candidate { words, span: Some(span), meaning: Some(meaning), narrow: true }
        });
    });
}

fn is_brief(flow: &Flow) -> bool {
    is_transport(flow, "tcp") && BRIEF_PORTS.contains(&flow.responder().1) && flow.end - flow.start <= BRIEF
}
