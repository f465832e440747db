//! Single connections: the longest.

use super::EVIDENCE;
use crate::connection::Connection;
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section};
use crate::words;

/// The connections that lasted longest.
pub(super) fn longest(gathered: &Exploration) -> Finding {
    let kept = gathered.longest.kept();
    let title = match kept.first() {
        None => "No connection has a duration.".into(),
        Some(first) => {
            format!(
                "The longest connection lasted {}, from {} to {}.",
                words::duration(first.value),
                first.orig,
                first.resp
            )
        }
    };
    Finding {
        kind: FindingKind::LongestConnections,
        title,
        value: kept.first().map(|first| first.value),
        unit: "seconds",
        section: Section::Columns,
        figure: "duration",
        evidence: evidence(kept, words::duration),
    }
}

fn evidence(kept: &[Connection], text: impl Fn(f64) -> String) -> Vec<Evidence> {
    kept.iter().take(EVIDENCE).map(|one| of(one, one.value, text(one.value))).collect()
}

/// A connection as evidence.
pub(super) fn of(one: &Connection, value: f64, text: String) -> Evidence {
    Evidence {
        subject: one.service.as_deref().map(crate::vocabulary::set_name).unwrap_or_default(),
        host: Some(one.orig),
        peer: Some(one.resp),
        port: Some(one.transport.port(one.port)),
        value,
        text,
        uid: one.uid.as_deref().map(Into::into),
        ts: Some(one.ts),
    }
}
