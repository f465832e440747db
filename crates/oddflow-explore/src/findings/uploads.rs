//! What hosts sent to one other host, in all connections of the two.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::EVIDENCE;
use crate::address::is_group;
use crate::connection::{Connection, Transport};
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section};
use crate::tally::keep_first;
use crate::words;

/// What one host sent to another.
#[derive(Clone, Debug)]
struct Sent {
    bytes: u64,
    /// Connections of the two, whoever originated them.
    rows: u64,
    /// The responder's port where it is always the same.
    port: Option<(u16, Transport)>,
    /// Start of the first connection.
    first: f64,
    /// The connection, where it is one alone.
    uid: Option<String>,
}

/// What local hosts sent to one host outside; where no host is local, or none sent anything, what originators sent.
pub(super) fn uploads(gathered: &Exploration) -> Finding {
    let mut pairs = largest(gathered, true);
    let outside = if pairs.is_empty() { "" } else { " outside" };
    if pairs.is_empty() {
        pairs = largest(gathered, false);
    }
    // What was forgotten is missing from a sum.
    let at_least = if gathered.conversations.forgotten > 0 { "at least " } else { "" };
    let amount = |sent: &Sent| {
        let rows = words::counted(sent.rows, "connection", "connections");
        (words::bytes(sent.bytes), rows)
    };
    let title = match pairs.first() {
        None => "No connection sent anything.".into(),
        Some(((sender, receiver), sent)) => {
            let (bytes, rows) = amount(sent);
            format!("{sender} sent most{outside}: {at_least}{bytes} to {receiver} in {rows}.")
        }
    };
    let evidence = pairs.iter().map(|((sender, receiver), sent)| {
        let (bytes, rows) = amount(sent);
        Evidence {
            subject: String::new(),
            host: Some(*sender),
            peer: Some(*receiver),
            port: sent.port.map(|(port, transport)| transport.port(port)),
            value: sent.bytes as f64,
            text: format!("{bytes} in {rows}"),
            uid: sent.uid.clone(),
            ts: Some(sent.first),
        }
    });
    Finding {
        kind: FindingKind::LargestUploads,
        title,
        value: pairs.first().map(|(_, sent)| sent.bytes as f64),
        unit: "bytes",
        section: Section::Hosts,
        figure: "peers",
        evidence: evidence.collect(),
    }
}

/// The pairs of sender and receiver with most bytes.
fn largest(gathered: &Exploration, outside: bool) -> Vec<((IpAddr, IpAddr), Sent)> {
    let address = |host: u32| gathered.addresses.address(host);
    let mut pairs: HashMap<(u32, u32), Sent, FixedState> = HashMap::default();
    for (key, one) in gathered.conversations.kept() {
        let from_orig = !outside || gathered.addresses.is_local(key.orig);
        if is_group(address(key.resp)) || (outside && from_orig == gathered.addresses.is_local(key.resp)) {
            continue;
        }
        // Who sends to the outside may have been asked to: both directions count.
        let (pair, bytes) = if from_orig {
            ((key.orig, key.resp), one.tally.orig_bytes)
        } else {
            ((key.resp, key.orig), one.tally.resp_bytes)
        };
        let port = Some((key.port, key.transport));
        let known =
            pairs.entry(pair).or_insert(Sent { bytes: 0, rows: 0, port, first: one.first, uid: None });
        known.bytes = known.bytes.saturating_add(bytes);
        known.rows += one.tally.rows;
        known.port = known.port.filter(|known| Some(*known) == port);
        known.first = known.first.min(one.first);
    }
    let mut pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(_, sent)| sent.bytes > 0)
        .map(|((sender, receiver), sent)| ((address(sender), address(receiver)), sent))
        .collect();
    let order = |(pair, sent): &((IpAddr, IpAddr), Sent)| (Reverse(sent.bytes), *pair);
    let singles = if outside { &gathered.uploads } else { &gathered.most_sent }.kept();
    keep_first(&mut pairs, EVIDENCE + singles.len(), order);
    for single in singles {
        add_single(&mut pairs, single);
    }
    keep_first(&mut pairs, EVIDENCE, order);
    pairs
}

/// Single connections are never forgotten: one that is larger than what is known of its pair stands for it.
fn add_single(pairs: &mut Vec<((IpAddr, IpAddr), Sent)>, single: &Connection) {
    let pair = if single.by_resp { (single.resp, single.orig) } else { (single.orig, single.resp) };
    let bytes = single.value as u64;
    match pairs.iter_mut().find(|known| known.0 == pair) {
        Some((_, known)) if known.bytes >= bytes => {
            if known.rows == 1 {
                known.uid = single.uid.as_deref().map(Into::into);
            }
        }
        Some((_, known)) => known.bytes = bytes,
        None => pairs.push((
            pair,
            Sent {
                bytes,
                rows: 1,
                port: Some((single.port, single.transport)),
                first: single.ts,
                uid: single.uid.as_deref().map(Into::into),
            },
        )),
    }
}
