//! What stands out, by plain statistics: ten findings, a sentence and a few rows of evidence each.
//!
//! None of it is a verdict. A finding that has nothing to tell says so, so that a reader knows it was looked for.

mod clock;
mod connections;
mod hosts;
mod rare;
mod reach;
mod rhythm;
mod uploads;

use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Time};
use crate::story::Stories;
use crate::words;

/// Rows of evidence for a finding, at most.
const EVIDENCE: usize = 5;

/// All findings, in the order of their kinds.
pub(crate) fn all(gathered: &Exploration, time: &Time, stories: &Stories) -> Vec<Finding> {
    if gathered.rows == 0 {
        return Vec::new();
    }
    let mut all = vec![
        connections::longest(gathered),
        uploads::uploads(gathered),
        reach::fan_out(gathered, stories),
        hosts::failures(gathered),
        rare::services(gathered),
        rare::ports(gathered),
        hosts::new_hosts(gathered),
        clock::nights(gathered, time),
        clock::weekends(gathered, time),
        rhythm::regular(gathered),
    ];
    let forgotten = gathered.conversations.forgotten;
    if forgotten > 0 {
        // The others are told from counts that are kept of every host and port.
        for finding in all.iter_mut().filter(|finding| finding.kind == FindingKind::MostRegular) {
            let rows = words::counted(forgotten, "connection was", "connections were");
            finding
                .title
                .push_str(&format!(" {rows} not looked at: there are more pairs of hosts than are kept."));
        }
    }
    all
}

/// A host as evidence, with when it was first seen.
fn about_host(gathered: &Exploration, host: u32, value: f64, text: String) -> Evidence {
    let first = gathered.addresses.of(host).first;
    Evidence {
        host: Some(gathered.addresses.address(host)),
        value,
        text,
        ts: Some(first).filter(|first| first.is_finite()),
        ..Evidence::default()
    }
}
