//! Connections that come back at regular intervals.

use std::cmp::Reverse;

use super::EVIDENCE;
use crate::conversation::{Conversation, Key};
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section};
use crate::tally::keep_first;
use crate::words;

/// Connections that a conversation must have before its rhythm says something.
const LEAST_ROWS: u64 = 24;
/// Shortest mean interval of a rhythm, in seconds: faster ones are the parts of one exchange.
const SHORTEST: f64 = 10.0;
/// Coefficient of variation from which on intervals are not called regular.
const IRREGULAR: f64 = 0.5;

/// A conversation, its mean interval in seconds and the coefficient of variation.
type Rhythm = (Key, Conversation, (f64, f64));

/// How much a rhythm stands out: the more regular it is and the more often it came.
fn strength((_, conversation, (_, variation)): &Rhythm) -> f64 {
    (1.0 - variation / IRREGULAR) * (conversation.tally.rows as f64).ln()
}

/// Connections that come back at regular intervals, also those to groups, as a beacon may well be one.
pub(super) fn regular(gathered: &Exploration) -> Finding {
    let mut rhythms: Vec<Rhythm> = Vec::new();
    for (key, conversation) in gathered.conversations.kept() {
        if conversation.tally.rows >= LEAST_ROWS
            && let Some((interval, variation)) = conversation.rhythm()
            && interval >= SHORTEST
            && variation <= IRREGULAR
        {
            rhythms.push((*key, *conversation, (interval, variation)));
        }
    }
    // A strength is finite and not negative, so its bits are in its order.
    keep_first(&mut rhythms, EVIDENCE, |rhythm| {
        let key = rhythm.0;
        let ends = (gathered.addresses.address(key.orig), gathered.addresses.address(key.resp));
        (Reverse(strength(rhythm).to_bits()), ends, key.port, key.transport)
    });
    let title = match rhythms.first() {
        None => format!(
            "Nothing comes back at regular intervals: none that does so at least {LEAST_ROWS} times, {} apart or more, with \
             intervals that vary by at most {}.",
            words::duration(SHORTEST),
            words::percent(IRREGULAR)
        ),
        Some((key, conversation, (interval, variation))) => format!(
            "{} connects to {} ({}) every {}, {} times, with intervals that vary by {}.",
            gathered.addresses.address(key.orig),
            gathered.addresses.address(key.resp),
            key.transport.port(key.port),
            words::duration(*interval),
            words::count(conversation.tally.rows),
            words::percent(*variation)
        ),
    };
    let evidence = rhythms.iter().map(|(key, conversation, (interval, variation))| Evidence {
        subject: String::new(),
        host: Some(gathered.addresses.address(key.orig)),
        peer: Some(gathered.addresses.address(key.resp)),
        port: Some(key.transport.port(key.port)),
        value: *variation,
        text: format!(
            "every {}, {} times, ±{}",
            words::duration(*interval),
            words::count(conversation.tally.rows),
            words::percent(*variation)
        ),
        uid: None,
        ts: Some(conversation.first),
    });
    Finding {
        kind: FindingKind::MostRegular,
        title,
        value: rhythms.first().map(|(_, _, (_, variation))| *variation),
        unit: "share",
        section: Section::Hosts,
        figure: "peers",
        evidence: evidence.collect(),
    }
}
