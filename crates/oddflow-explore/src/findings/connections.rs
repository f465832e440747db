//! Single connections: the longest, and those in which most was sent.

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

/// The connections in which a local host sent most to the outside; where no host is local, in which the originator sent most.
pub(super) fn uploads(gathered: &Exploration) -> Finding {
    let outside = !gathered.uploads.kept().is_empty();
    let kept = if outside { gathered.uploads.kept() } else { gathered.most_sent.kept() };
    let bytes = |value: f64| words::bytes(value as u64);
    let title = match kept.first() {
        None => "No connection sent anything.".into(),
        Some(first) => {
            let (sender, receiver) =
                if first.by_resp { (first.resp, first.orig) } else { (first.orig, first.resp) };
            let outside = if outside { " outside" } else { "" };
            format!("{sender} sent most{outside} in one connection: {}, to {receiver}.", bytes(first.value))
        }
    };
    Finding {
        kind: FindingKind::LargestUploads,
        title,
        value: kept.first().map(|first| first.value),
        unit: "bytes",
        section: Section::Columns,
        figure: "orig_bytes",
        evidence: evidence(kept, bytes),
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
