//! The audit of a baseline: what in it looks like an attack or a fault, told before it is learned as normal.
//!
//! The owner decides: each finding is a sentence and, where leaving rows out makes sense, the expression that does it. Nothing
//! is left out by itself. An [`Audit`] looks at each row once as it passes through the recipe, and at all rows once more at the
//! end; it keeps no row. Thresholds are such that of a clean baseline little is told.

mod book;
mod failures;
mod gather;
mod hosts;
mod meaning;
mod rhythm;
mod scans;
mod sensor;
#[cfg(test)]
pub(in crate::behaviour) mod testing;
#[cfg(test)]
mod tests;
mod uploads;
mod words;

use std::fmt;

use oddflow_features::behaviour::{Features, Flow, State};
use serde::Serialize;
use zeek_filter::Filter;

pub use book::AddressBook;

use meaning::Meaning;
use sensor::Sensor;
use uploads::Uploads;

/// Most findings of a kind, and of all kinds.
pub const MOST_OF_A_KIND: usize = 5;
/// See [`MOST_OF_A_KIND`].
pub const MOST_FINDINGS: usize = 20;

/// What scores less is not told.
const LEAST_SCORE: f64 = 1.5;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A fault of the sensor.
    Sensor,
    /// Many hosts or ports tried.
    Scan,
    /// Many failures, or short logins, in little time.
    Failures,
    /// A channel that goes by the clock.
    Regular,
    /// Many bytes sent out.
    Upload,
    /// A host that hardly appears.
    Rare,
}

/// Something in the baseline that its owner should look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub kind: Kind,
    /// A sentence with the numbers, without a full stop.
    pub words: String,
    /// The expression that leaves it out; none where that would mend nothing, or an address is not known any more.
    pub filter: Option<Filter>,
    /// Rows that the expression leaves out; 0 without one.
    pub rows: u64,
    /// How much it matters, 0 to 10; comparable between kinds.
    pub score: f64,
    /// First and last time of it, in seconds since the Unix epoch.
    pub span: Option<(f64, f64)>,
}

/// Looks at the rows of a baseline in their order.
#[derive(Debug, Default)]
pub struct Audit {
    sensor: Sensor,
    uploads: Uploads,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Sensor, Self::Scan, Self::Failures, Self::Regular, Self::Upload, Self::Rare];

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sensor => "sensor",
            Self::Scan => "scan",
            Self::Failures => "failures",
            Self::Regular => "regular",
            Self::Upload => "upload",
            Self::Rare => "rare",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Audit {
    /// Looks at the next row. `features` are what the recipe's state made of it.
    #[inline]
    pub fn look(&mut self, flow: &Flow, features: &Features) {
        self.sensor.add(flow, features);
        self.uploads.add(flow, features);
    }

    /// The findings of a whole baseline, by a pass of its own through the recipe.
    #[must_use]
    pub fn of(flows: &[Flow], book: &AddressBook) -> Vec<Finding> {
        let mut audit = Self::default();
        let mut state = State::new();
        let mut features = Features::default();
        for flow in flows {
            state.update(flow, &mut features);
            audit.look(flow, &features);
        }
        audit.finish(flows, book)
    }

    /// What was found, the most important first. `flows` are the rows that were looked at, `book` their addresses.
    ///
    /// It takes up to 24 bytes a row while it runs.
    #[must_use]
    pub fn finish(&self, flows: &[Flow], book: &AddressBook) -> Vec<Finding> {
        let seconds = match (flows.first(), flows.last()) {
            (Some(first), Some(last)) => last.end - first.end,
            _ => return Vec::new(),
        };
        let scanners = scans::scanners(flows);
        let sources = scanners.keys().copied().collect();
        let mut lists = Kind::ALL.map(Shortlist::new);
        for list in &mut lists {
            match list.kind {
                Kind::Sensor => self.sensor.find(flows, list),
                Kind::Scan => scanners.values().for_each(|scanner| scanner.offer(flows, book, list)),
                Kind::Failures => failures::find(flows, book, &sources, list),
                Kind::Regular => rhythm::find(flows, book, list),
                Kind::Upload => self.uploads.find(seconds, book, list),
                Kind::Rare => hosts::find(flows, book, list),
            }
        }
        let mut found: Vec<_> = lists.into_iter().flat_map(Shortlist::into_candidates).collect();
        found.sort_by(|(kind, score, candidate), (other_kind, other_score, other)| {
            let order = other_score.total_cmp(score).then(kind.cmp(other_kind));
            order.then_with(|| candidate.words.cmp(&other.words))
        });
        found.truncate(MOST_FINDINGS);
        finished(found, flows, book)
    }
}

/// Adds to each candidate its expression, and how many rows that leaves out: counted in one pass.
fn finished(found: Vec<(Kind, f64, Candidate)>, flows: &[Flow], book: &AddressBook) -> Vec<Finding> {
    let spans: Vec<_> = found.iter().map(|(_, _, candidate)| candidate.seconds()).collect();
    // At all times, and within the finding's.
    let mut counts = vec![[0_usize; 2]; found.len()];
    for flow in flows {
        for (((_, _, candidate), span), [always, within]) in found.iter().zip(&spans).zip(&mut counts) {
            if candidate.meaning.as_ref().is_some_and(|meaning| meaning.holds(flow)) {
                *always += 1;
                *within +=
                    usize::from(span.is_some_and(|(first, last)| (first..=last).contains(&flow.start)));
            }
        }
    }
    let mut findings = Vec::with_capacity(found.len());
    for (((kind, score, candidate), span), [always, within]) in found.into_iter().zip(spans).zip(counts) {
        let Candidate { words, span: when, meaning, own } = candidate;
        // The time is named only where most of the same is done at other times, which need not be left out.
        let span = span.filter(|_| within < always && own.saturating_mul(2) < always);
        let filter = meaning.and_then(|meaning| meaning.filter(span, book));
        let rows = if filter.is_none() {
            0
        } else if span.is_some() {
            within
        } else {
            always
        };
        findings.push(Finding { kind, words, filter, rows: rows as u64, score, span: when });
    }
    findings
}

/// A finding in the making.
struct Candidate {
    words: String,
    span: Option<(f64, f64)>,
    meaning: Option<Meaning>,
    /// Rows that the finding consists of. Where they are less than half of what is meant, only those of its time are meant.
    own: usize,
}

impl Candidate {
    /// Its time in whole seconds, as it is to be typed.
    fn seconds(&self) -> Option<(f64, f64)> {
        self.span.map(|(first, last)| (first.floor(), last.ceil()))
    }
}

/// The best candidates of a kind.
struct Shortlist {
    kind: Kind,
    best: Vec<(f64, Candidate)>,
}

impl Shortlist {
    fn new(kind: Kind) -> Self {
        Self { kind, best: Vec::new() }
    }

    /// Makes a candidate where its score is among the best.
    fn offer(&mut self, score: f64, make: impl FnOnce() -> Candidate) {
        if score < LEAST_SCORE {
            return;
        }
        let place = self.best.partition_point(|(other, _)| *other >= score);
        if place < MOST_OF_A_KIND {
            self.best.insert(place, (score, make()));
            self.best.truncate(MOST_OF_A_KIND);
        }
    }

    fn into_candidates(self) -> impl Iterator<Item = (Kind, f64, Candidate)> {
        let kind = self.kind;
        self.best.into_iter().map(move |(score, candidate)| (kind, score, candidate))
    }
}

/// Services over UDP that go to many hosts by the clock, and often without an answer, by design: DNS, DHCP, NTP, NetBIOS, port
/// mapping, discovery.
const BY_DESIGN: [u16; 13] = [53, 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5351, 5353, 5355];

/// Whether a row belongs to a service whose rhythm and failures are no news.
fn by_design(flow: &Flow) -> bool {
    is_transport(flow, "udp") && BY_DESIGN.contains(&flow.responder().1)
}

/// Whether a row is `tcp`, `udp`, or `icmp`; other transports count as the last.
fn is_transport(flow: &Flow, name: &str) -> bool {
    flow.class.name().ends_with(name)
}
