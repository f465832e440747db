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

#[derive(Clone, Default)]
struct Port {
    rows: u64,
    answered: u64,
    /// Originator and responder of the busiest conversation, and when it began.
    example: Option<(u64, u32, u32, f64)>,
}

/// The responders' ports that occur least, of those that answered and that are not chosen for a while.
pub(super) fn ports(gathered: &Exploration) -> Finding {
    let address = |host: u32| gathered.addresses.address(host);
    let mut ports: HashMap<(u16, Transport), Port, FixedState> = HashMap::default();
    for (key, one) in gathered.conversations.kept() {
        if !key.transport.has_ports() || key.port >= EPHEMERAL {
            continue;
        }
        let port = ports.entry((key.port, key.transport)).or_default();
        port.rows += one.tally.rows;
        port.answered += one.tally.rows - one.unanswered;
        if one.tally.rows > one.unanswered {
            // Hosts are numbered in the order of the log: ties go to those that came first.
            let order = |rows: u64, orig: u32, resp: u32| (Reverse(rows), orig, resp);
            let is_before = port.example.is_none_or(|(rows, orig, resp, _)| {
                order(one.tally.rows, key.orig, key.resp) < order(rows, orig, resp)
            });
            if is_before {
                port.example = Some((one.tally.rows, key.orig, key.resp, one.first));
            }
        }
    }
    let mut ports: Vec<_> = ports.into_iter().filter(|(_, port)| port.answered > 0).collect();
    let all = ports.len() as u64;
    let once = ports.iter().filter(|(_, port)| port.rows == 1).count() as u64;
    keep_first(&mut ports, EVIDENCE, |(port, seen)| (seen.rows, *port));
    let title = match ports.first() {
        None => "No port below 49,152 answered.".into(),
        Some(_) if once > 1 => format!(
            "Of {} below 49,152 that answered, {} occur in one connection only.",
            words::counted(all, "port", "ports"),
            words::count(once)
        ),
        Some(((port, transport), seen)) => format!(
            "{} is the rarest of {} below 49,152 that answered, with {}.",
            transport.port(*port),
            words::counted(all, "port", "ports"),
            connections(seen.rows)
        ),
    };
    let evidence = ports.iter().filter_map(|((port, transport), seen)| {
        let (_, orig, resp, first) = seen.example?;
        Some(Evidence {
            subject: String::new(),
            host: Some(address(orig)),
            peer: Some(address(resp)),
            port: Some(transport.port(*port)),
            value: seen.rows as f64,
            text: connections(seen.rows),
            uid: None,
            ts: Some(first),
        })
    });
    Finding {
        kind: FindingKind::RarestPorts,
        title,
        value: ports.first().map(|(_, port)| port.rows as f64),
        unit: "connections",
        section: Section::Top,
        figure: "destination_ports",
        evidence: evidence.collect(),
    }
}
