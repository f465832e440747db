//! What occurs least: services, and ports that answered.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::EVIDENCE;
use super::connections;
use crate::connection::Transport;
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section};
use crate::tally::keep_first;
use crate::words;

/// Ports from which on systems choose one for a while (RFC 6335): that such a port is rare says nothing.
const EPHEMERAL: u16 = 49_152;

fn connections(rows: u64) -> String {
    words::counted(rows, "connection", "connections")
}

/// The services that occur least.
pub(super) fn services(gathered: &Exploration) -> Finding {
    let words = gathered.services.words().iter().filter(|(name, _)| &**name != "-");
    let mut services: Vec<_> = words.collect();
    let all = services.len() as u64;
    keep_first(&mut services, EVIDENCE, |(name, word)| (word.tally.rows, name.clone()));
    let title = match services.first() {
        None => "Zeek found no service in any connection.".into(),
        Some((name, word)) if all == 1 => {
            format!("{name} is the only service, with {}.", connections(word.tally.rows))
        }
        Some((name, word)) if !gathered.services.is_exact() => format!(
            "{name} is the rarest of the first {}, with {}; there are about {} in all.",
            words::counted(all, "service", "services"),
            connections(word.tally.rows),
            words::count(gathered.services.distinct().count)
        ),
        Some((name, word)) => format!(
            "{name} is the rarest of {}, with {}.",
            words::counted(all, "service", "services"),
            connections(word.tally.rows)
        ),
    };
    let evidence = services.iter().filter_map(|(name, word)| {
        let example = word.example.as_ref()?;
        let its_text = connections(word.tally.rows);
        let row = connections::of(example, word.tally.rows as f64, its_text);
        // Only where there is one connection alone is the example all of it.
        let uid = row.uid.clone().filter(|_| word.tally.rows == 1);
        Some(Evidence { subject: name.to_string(), uid, ..row })
    });
    Finding {
        kind: FindingKind::RarestServices,
        title,
        value: services.first().map(|(_, word)| word.tally.rows as f64),
        unit: "connections",
        section: Section::Top,
        figure: "services",
        evidence: evidence.collect(),
    }
}

/// Connections of a conversation, its originator and responder, and when it began.
type Example = (u64, u32, u32, f64);

/// The busiest kept conversation that was answered on each of some ports.
fn examples(
    gathered: &Exploration,
    ports: impl Iterator<Item = (u16, Transport)>,
) -> HashMap<(u16, Transport), Example, FixedState> {
    // Hosts are numbered in the order of the log: ties go to those that came first.
    let order = |(rows, orig, resp, _): Example| (Reverse(rows), orig, resp);
    let mut examples: HashMap<_, Option<Example>, FixedState> = ports.map(|port| (port, None)).collect();
    for (key, one) in gathered.conversations.kept() {
        if one.tally.rows > one.unanswered
            && let Some(example) = examples.get_mut(&(key.port, key.transport))
        {
            let this = (one.tally.rows, key.orig, key.resp, one.first);
            if example.is_none_or(|example| order(this) < order(example)) {
                *example = Some(this);
            }
        }
    }
    examples.into_iter().filter_map(|(port, example)| Some((port, example?))).collect()
}

/// The responders' ports that occur least, of those that answered and that are not chosen for a while.
pub(super) fn ports(gathered: &Exploration) -> Finding {
    let both = gathered.destination_ports.all().zip(gathered.answered_ports.all());
    let mut ports: Vec<_> = both
        .filter(|(((port, _), _), (_, answered))| *port < EPHEMERAL && answered.rows > 0)
        .map(|((port, tally), (_, answered))| (port, tally.rows, *answered))
        .collect();
    let all = ports.len() as u64;
    let once = ports.iter().filter(|(_, rows, _)| *rows == 1).count() as u64;
    keep_first(&mut ports, EVIDENCE, |(port, rows, _)| (*rows, *port));
    let examples = examples(gathered, ports.iter().map(|(port, ..)| *port));
    let title = match ports.first() {
        None => "No port below 49,152 answered.".into(),
        Some(_) if once > 1 => format!(
            "Of {} below 49,152 that answered, {} occur in one connection only.",
            words::counted(all, "port", "ports"),
            words::count(once)
        ),
        Some(((port, transport), rows, _)) => format!(
            "{} is the rarest of {} below 49,152 that answered, with {}.",
            transport.port(*port),
            words::counted(all, "port", "ports"),
            connections(*rows)
        ),
    };
    let evidence = ports.iter().map(|((port, transport), rows, answered)| {
        let kept = examples.get(&(*port, *transport)).map(|&(_, orig, resp, first)| {
            (gathered.addresses.address(orig), gathered.addresses.address(resp), first)
        });
        let example = kept.or(answered.example);
        Evidence {
            subject: String::new(),
            host: example.map(|(orig, ..)| orig),
            peer: example.map(|(_, resp, _)| resp),
            port: Some(transport.port(*port)),
            value: *rows as f64,
            text: connections(*rows),
            uid: None,
            ts: example.map(|(.., first)| first),
        }
    });
    Finding {
        kind: FindingKind::RarestPorts,
        title,
        value: ports.first().map(|(_, rows, _)| *rows as f64),
        unit: "connections",
        section: Section::Top,
        figure: "destination_ports",
        evidence: evidence.collect(),
    }
}
