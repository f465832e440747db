//! Connections that fail again and again, and logins that are too many and too short to be a person's.

use std::collections::BTreeSet;

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::gather::{by_key, densest};
use super::meaning::Meaning;
use super::{Candidate, Shortlist, is_transport, words};

/// Window in which failures of one service are counted, in seconds.
const WINDOW: f64 = 600.0;
/// Fewest failures in it, and fewest logins.
const LEAST_FAILURES: usize = 20;
const LEAST_LOGINS: usize = 10;
/// Where one logs in over TCP: FTP, SSH, SMB, RDP.
const LOGIN_PORTS: [u16; 4] = [21, 22, 445, 3389];
/// Where a login that fails still is a whole connection, only a short one, and for how many seconds at most.
const BRIEF_PORTS: [u16; 3] = [21, 22, 3389];
const BRIEF: f64 = 10.0;

/// The bursts of failures. What `scanners` fail at is part of their scans.
pub(super) fn find(flows: &[Flow], book: &AddressBook, scanners: &BTreeSet<u64>, found: &mut Shortlist) {
    let service = |flow: &Flow| {
        let (destination, port) = flow.responder();
        let counts = (flow.failed || is_brief(flow)) && flow.class.direction() != Direction::Multicast;
        counts.then(|| (flow.originator(), destination, port, flow.class.index()))
    };
    by_key(flows, service, |rows| {
        let flow = &flows[rows[0]];
        let (destination, port) = flow.responder();
        let login = is_transport(flow, "tcp") && LOGIN_PORTS.contains(&port);
        let (most, at) = densest(flows, rows, WINDOW);
        if most < if login { LEAST_LOGINS } else { LEAST_FAILURES }
            || (!login && scanners.contains(&flow.originator()))
        {
            return;
        }
        // What comes from outside is no doing of the owner's hosts.
        let way = if flow.class.is_seen_from_responder() { 0.7 } else { 1.0 };
        let kind = if login { 3.0 } else { 1.0 };
        let score = (2.0 * (most as f64 / 10.0).log10() + kind).min(8.0) * way;
        found.offer(score, || {
            let what = if login { "failed or brief logins" } else { "failed connections" };
            let span = (flows[rows[at]].start, flows[rows[at + most - 1]].start);
            let in_all = if rows.len() > most { format!(", {} in all", rows.len()) } else { String::new() };
            let words = format!(
                "{} makes {most} {what} to {}{} within {}{in_all}",
                words::host(flow.originator(), book),
                words::host(destination, book),
                words::port(flow),
                words::seconds((span.1 - span.0).max(1.0)),
            );
            let meaning = Meaning { port: Some(port), ..Meaning::of_pair(flow.originator(), destination) };
            Candidate { words, span: Some(span), meaning: Some(meaning), own: rows.len() }
        });
    });
}

fn is_brief(flow: &Flow) -> bool {
    is_transport(flow, "tcp") && BRIEF_PORTS.contains(&flow.responder().1) && flow.end - flow.start <= BRIEF
}
