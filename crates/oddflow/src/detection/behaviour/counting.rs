//! What all traffic comes to: counted with the rows and their scores, stored with the progress.
//!
//! Invariant: a row is counted in the transaction that says it was read. A model on trial counts nothing: the active one reads the
//! same rows.

use oddflow_features::behaviour::{Direction, Flow, Transport};
use oddflow_rollups::{Places, Proto, Seen, Traffic};

use super::limits::Limits;
use super::run::BehaviourRun;
use super::scoring::TrackedRows;
use crate::failure::Failure;
use oddflow_store::{Store, StoreError};

/// What is counted of a row besides what its record says.
pub(super) fn seen(flow: &Flow) -> Seen {
    let direction = flow.class.direction();
    Seen {
        end: flow.end,
        keys: [flow.originator(), flow.responder().0],
        service: flow.service(),
        proto: match flow.transport() {
            Transport::Tcp => Proto::Tcp,
            Transport::Udp => Proto::Udp,
            Transport::Icmp => Proto::Icmp,
            Transport::Other => Proto::Other,
        },
        is_orig_local: matches!(direction, Direction::Out | Direction::Internal | Direction::Multicast),
        is_resp_local: matches!(direction, Direction::In | Direction::Internal),
        has_failed: flow.failed,
    }
}

/// Traffic that goes on with the channels that the store has.
pub(super) fn resume(store: &Store, whose: (&str, &str), limits: Limits) -> Result<Traffic, StoreError> {
    let share = limits.share();
    Ok(Traffic::new(store.channels_known(whose, share)?, share))
}

impl BehaviourRun<'_> {
    /// Counts rows, with their scores.
    pub(super) fn count_traffic(&mut self, scored: &TrackedRows) -> Result<(), Failure> {
        let Self { traffic: Some(traffic), store: Some(store), model, sensor, .. } = self else {
            return Ok(());
        };
        let mut known = |day| store.traffic_known((model.id(), sensor), day);
        let mut places: Vec<Places> = Vec::new();
        for (row, score) in scored.scores.iter().enumerate() {
            let (part, place) = scored.rows.origin(row);
            if part >= places.len() {
                places.resize_with(part + 1, Places::default);
            }
            let chunk = &scored.rows.part(part).traffic;
            traffic.add((chunk, &mut places[part]), place, score.score, &mut known)?;
        }
        traffic.tidy();
        Ok(())
    }
}
