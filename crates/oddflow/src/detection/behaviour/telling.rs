//! Who is to be told of incidents, and what.

use oddflow_detector::behaviour::{Explainer, Key, Raised};
use oddflow_sinks::{Connection, Event, Examples, Notice, Route, Severity};
use oddflow_store::{Batch, LogIdentity, NewIncident, StoreError};

use super::incident::{KeptRow, OpenIncident};
use super::story::AlertRow;

/// The sinks that are told, and by whom.
#[derive(Clone, Debug, Default)]
pub(crate) struct Telling {
    pub(crate) routes: Vec<Route>,
    /// Whether a shadow finds them, of whose incidents nobody is told.
    pub(crate) is_shadow: bool,
}

impl Telling {
    /// Enters what there is to tell of an incident into the outbox, with what is stored of it. Nothing is told of one that
    /// is over the budget.
    pub(super) fn enqueue(
        &self,
        batch: &mut Batch<'_>,
        (incident, stored): (&mut OpenIncident, &NewIncident<'_>),
        (key, explainer): (Key, &Explainer<'_>),
        place_of: &dyn Fn(&LogIdentity) -> String,
    ) -> Result<(), StoreError> {
        if self.routes.is_empty() || incident.raised != Some(Raised::Within) {
            return Ok(());
        }
        let severity = severity(stored.severity);
        let (event, revision) = match &incident.told_of {
            None => (Event::Raised, 0),
            // A change is one for the worse, so that an incident that goes on isn't told again and again.
            Some(told) if severity > told.severity => (Event::Changed, told.revision + 1),
            Some(_) => return Ok(()),
        };
        let strongest = incident.kept.first().and_then(|kept| match &kept.row {
            KeptRow::Ready(row) => Some(&**row),
            _ => None,
        });
        let peers = incident.kept.iter().filter_map(|kept| kept.peer);
        let mut peers: Vec<_> = peers.collect();
        peers.sort_unstable();
        peers.dedup();
        peers.truncate(EXAMPLES);
        let notice = Notice {
            version: Notice::VERSION,
            event,
            incident: stored.number,
            revision,
            model: explainer.model().id().into(),
            first: stored.first_ts,
            last: stored.last_ts,
            raised: stored.raised_ts,
            host: stored.host.parse().ok(),
            family: stored.family.into(),
            class: stored.class.into(),
            severity,
            score: stored.score,
            threshold: stored.threshold,
            peak: stored.peak,
            rows: stored.rows,
            title: stored.title.into(),
            technique: stored.technique.map(Into::into),
            peers: Examples { examples: peers, count: incident.peers.len() as u64 },
            ports: Examples {
                examples: incident.ports.iter().copied().take(EXAMPLES).collect(),
                count: incident.ports.len() as u64,
            },
            orig_bytes: incident.bytes[0],
            resp_bytes: incident.bytes[1],
            reasons: strongest.map(|row| row.reasons(key, explainer)).unwrap_or_default(),
            sensor: stored.sensor.into(),
            strongest: strongest.map(|row| row.connection(place_of(row.identity()))),
        };
        let json = notice.to_json();
        for route in self.routes.iter().filter(|route| route.takes(&notice)) {
            batch.enqueue(&route.sink, &json)?;
        }
        incident.told_of = Some(ToldOf { severity, revision });
        Ok(())
    }
}

/// Peers and ports that a notice names.
const EXAMPLES: usize = 20;

/// What was told of an incident last.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct ToldOf {
    pub(super) severity: Severity,
    pub(super) revision: u32,
}

fn severity(of: oddflow_store::Severity) -> Severity {
    match of {
        oddflow_store::Severity::Low => Severity::Low,
        oddflow_store::Severity::Medium => Severity::Medium,
        oddflow_store::Severity::High => Severity::High,
        oddflow_store::Severity::Critical => Severity::Critical,
    }
}

impl AlertRow {
    /// The connection as notices have it.
    fn connection(&self, log: String) -> Connection {
        let record = self.record();
        Connection {
            ts: record.ts,
            uid: record.uid.unwrap_or_default().into(),
            orig_h: record.orig_h,
            orig_p: record.orig_p,
            resp_h: record.resp_h,
            resp_p: record.resp_p,
            proto: record.proto.into(),
            service: record.service.map(Into::into),
            conn_state: record.conn_state.map(Into::into),
            community_id: None,
            log,
            line: self.line(),
        }
    }

    /// Why it is odd, the family of its incident first.
    fn reasons(&self, key: Key, explainer: &Explainer<'_>) -> Vec<String> {
        let explanation = self.explain(explainer);
        let mut families = explanation.families;
        families.sort_by_key(|reason| reason.family != key.family);
        families.into_iter().map(|reason| reason.words).collect()
    }
}
