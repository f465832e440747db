//! One host's own story, for a terminal.

use oddflow_explore::{HostStatistics, Peer, Ranking, bytes};

use super::clock::Clock;
use super::sections::{and_more, distinct, unset};
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{counted, thousands, visible};

/// Entries of a list.
const FEW: usize = 8;

/// Writes what the page tells of a host.
pub(super) fn tell(of: &HostStatistics, clock: &Clock, output: &mut Output) -> Result<(), Failure> {
    if of.rows == 0 {
        return Ok(());
    }
    output.line("")?;
    output.line(format_args!(
        "{}{}: {}, {} of them originated by it, {} ({})",
        of.address,
        if of.local { " (local)" } else { "" },
        counted(of.rows, "connection"),
        thousands(of.orig_rows),
        clock.span(of.first.zip(of.last)),
        clock.name
    ))?;
    output.line(format_args!("  sent {}, received {}", bytes(of.sent), bytes(of.received)))?;
    rankings(of, output)?;
    let days: Vec<_> = of.days.iter().map(|day| format!("{} {}", day.date, thousands(day.rows))).collect();
    if !days.is_empty() {
        let shown = days.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
        output.line(format_args!(
            "  days: {}",
            and_more(&shown, days.len().saturating_sub(FEW) as u64, "day")
        ))?;
    }
    peers(&format!("Talks to {}", hosts(&distinct(&of.distinct_peers))), &of.peers, output)?;
    peers(&format!("Is called by {}", hosts(&distinct(&of.distinct_callers))), &of.callers, output)?;
    let unusual = format!("{} outside that nobody else talks to", counted(of.unusual_count, "host"));
    peers(&unusual, &of.unusual_peers, output)
}

fn hosts(count: &str) -> String {
    format!("{count} {}", if count == "1" { "host" } else { "hosts" })
}

fn rankings(of: &HostStatistics, output: &mut Output) -> Result<(), Failure> {
    let lists: [(&str, &Ranking, &str); 4] = [
        ("ports it talks to", &of.ports, "port"),
        ("ports that others talk to", &of.served_ports, "port"),
        ("services it uses", &of.services, "service"),
        ("services it offers", &of.served_services, "service"),
    ];
    for (name, ranking, noun) in lists.into_iter().filter(|(_, ranking, _)| !ranking.items.is_empty()) {
        let items = ranking.items.iter().take(FEW);
        let items: Vec<_> =
            items.map(|item| format!("{} {}", visible(unset(&item.name)), thousands(item.rows))).collect();
        let more = ranking.distinct.count.saturating_sub(items.len() as u64);
        output.line(format_args!("  {name}: {}", and_more(&items.join(", "), more, noun)))?;
    }
    let notable = of.source_ports.notable.iter().take(FEW);
    let notable: Vec<_> = notable.map(|port| format!("{} {}", port.port, thousands(port.rows))).collect();
    if !notable.is_empty() {
        output.line(format_args!("  notable source ports: {}", notable.join(", ")))?;
    }
    Ok(())
}

fn peers(title: &str, peers: &[Peer], output: &mut Output) -> Result<(), Failure> {
    if peers.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.line(title)?;
    for peer in peers {
        let ports = super::sections::ports(peer);
        output.line(format_args!(
            "  {:>20}  {}  {ports}  sent {}, received {}",
            counted(peer.rows, "connection"),
            peer.address,
            bytes(peer.sent),
            bytes(peer.received)
        ))?;
    }
    Ok(())
}
